"""Write the hand-over of a checklist into a file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from advisories.texts import LANGUAGES
from checklists import files
from checklists.actions.rendering import FORMATS, render_now, stored_file
from checklists.content import content_of
from checklists.handover.pdf_file import PdfFailed
from checklists.models import Checklist


class Command(BaseCommand):
    help = (
        "Write a checklist's hand-over: the open edition as it stands, marked as a draft, or else"
        " the newest issued edition's own file. JSON is one file for both languages."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("uuid", metavar="UUID")
        parser.add_argument("--format", required=True, choices=sorted(FORMATS))
        parser.add_argument("--language", default="ja", choices=LANGUAGES)
        parser.add_argument("--output", required=True, type=Path, metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        checklist = find_checklist(options["uuid"])
        edition = checklist.editions.order_by("-minor").prefetch_related("sign_offs")[0]
        extension, language = options["format"], options["language"]
        try:
            if edition.issued_at is None:
                content = content_of(checklist, edition)
                data = render_now(checklist, edition, content, language, extension, timezone.now())
            else:
                file = stored_file(edition, extension, language)
                if file is None:
                    raise CommandError(f"This edition was issued without {extension}.")
                data = files.read(file["sha256"])
        except PdfFailed as error:
            raise CommandError(f"The PDF could not be made: {error}.") from error
        except files.FileChanged as error:
            raise CommandError("The stored file is not the one that was issued.") from error
        except FileNotFoundError as error:
            raise CommandError("The stored file is not there any more.") from error
        try:
            options["output"].write_bytes(data)
        except OSError as error:
            raise CommandError(f"{options['output']} cannot be written: {error}.") from error
        state = "draft" if edition.issued_at is None else "issued"
        self.stdout.write(f"{options['output']}: edition {edition.number} ({state})")


def find_checklist(text: str) -> Checklist:
    """Raises CommandError for what is no UUID, or nobody's."""
    try:
        checklist: Checklist = Checklist.objects.select_related("rollout", "created_by").get(
            pk=UUID(text)
        )
    except ValueError as error:
        raise CommandError(f"{text} is no identifier of a checklist (a UUID).") from error
    except Checklist.DoesNotExist as error:
        raise CommandError(f"There is no checklist {text}.") from error
    return checklist
