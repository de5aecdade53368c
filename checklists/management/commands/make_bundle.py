"""Write the bundle of a checklist's newest issued edition, or of a whole rollout, into a file."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from checklists import files
from checklists.actions import hand_out
from checklists.bundles import Bundle, bundle_of_edition, bundle_of_rollout, parts_of
from checklists.models import Edition, Rollout


class Command(BaseCommand):
    help = (
        "Write everything of the newest issued edition of a checklist, or of every box of a"
        " rollout, as one ZIP. It says how far it is, and can be stopped and started again: the"
        " file appears under its name when it is whole."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("uuid", metavar="UUID", help="of a checklist or a rollout")
        parser.add_argument("--output", required=True, type=Path, metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        bundle, path = self._bundle(options["uuid"]), options["output"]
        draft = path.with_name(f"{path.name}.part")
        try:
            size = bundle.size
            with draft.open("wb") as file:
                for chunk in bundle.chunks():
                    file.write(chunk)
                    self._tell(file.tell(), size)
                file.flush()
                os.fsync(file.fileno())
            hand_out(editions=bundle.editions, tag=bundle.tag)
            os.replace(draft, path)
        except files.FileChanged as error:
            raise CommandError("A stored file is not the one that was issued.") from error
        except (OSError, ValueError) as error:
            raise CommandError(f"{path} cannot be written: {error}.") from error
        self.stdout.write(f"{path}: {len(bundle.entries)} files, {size:,} bytes.")

    def _bundle(self, text: str) -> Bundle:
        try:
            uuid = UUID(text)
        except ValueError as error:
            raise CommandError(f"{text} is no identifier (a UUID).") from error
        rollout = Rollout.objects.filter(pk=uuid).first()
        if rollout is not None:
            for part in parts_of(rollout):
                if part.edition is None:
                    self.stdout.write(f"Left out: {part.checklist.host}, {part.why_not}.")
            return bundle_of_rollout(rollout)
        issued = Edition.objects.filter(checklist=uuid, issued_at__isnull=False)
        edition = issued.select_related("checklist").order_by("minor").last()
        if edition is None:
            raise CommandError(
                f"There is no rollout {text}, nor an issued checklist with that identifier."
            )
        return bundle_of_edition(edition)

    def _tell(self, done: int, size: int) -> None:
        if self.stdout.isatty():
            self.stdout.write(f"\r{done * 100 // size} %", ending="\r")
