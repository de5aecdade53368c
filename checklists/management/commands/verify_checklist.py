"""Check a checklist (chain, digests, signatures, files), or say where a file comes from."""

import hashlib
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from checklists.management.commands.export_checklist import find_checklist
from checklists.models import Edition
from checklists.verification import findings, origins


class Command(BaseCommand):
    help = (
        "With a UUID: check that the chain of events is whole, that it adds up to what the"
        " checklist shows, and that issued editions, signatures and files are as they were. With a"
        " FILE (PDF or CSV): say which issued edition it is. Exit status 1 when something does not"
        " hold, or the file is not one of ours."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", metavar="UUID|FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        what = options["what"]
        if _is_uuid(what):
            self._verify_checklist(what)
        elif Path(what).is_file():
            self._verify_file(Path(what))
        else:
            raise CommandError(f"{what} is neither a checklist's identifier (a UUID) nor a file.")

    def _verify_checklist(self, uuid: str) -> None:
        checklist = find_checklist(uuid)
        wrong = findings(checklist)
        for sentence in wrong:
            self.stdout.write(f"NOT RIGHT: {sentence}")
        if wrong:
            raise CommandError(f"{checklist.host}: {len(wrong)} things do not hold.")
        issued = [e for e in checklist.editions.all() if e.issued_at is not None]
        self.stdout.write(
            f"{checklist.host}: everything holds. {checklist.last_seq} events in one chain,"
            f" {len(issued)} issued editions."
        )
        for edition in issued:
            self.stdout.write(f"Edition {edition.number}: digest {edition.digest}")
            self.stdout.write(f"             chain head {edition.chain_head}")
        self.stdout.write(
            "Compare digest and chain head with those printed in the files that you hand out."
        )

    def _verify_file(self, path: Path) -> None:
        found = origins(hashlib.sha256(path.read_bytes()).hexdigest())
        if not found:
            raise CommandError(
                f"{path} is not one of the files issued here: it comes from elsewhere, or was"
                " changed since, or is a draft."
            )
        for origin in found:
            edition, checklist = origin.edition, origin.edition.checklist
            self.stdout.write(
                f"{path}: issued here as {origin.name}, edition {edition.number} of"
                f" {checklist.host} ({checklist.customer} / {checklist.project}), checklist"
                f" {checklist.pk}, digest {edition.digest}."
            )
            self._warn(edition)

    def _warn(self, edition: Edition) -> None:
        if hasattr(edition, "revocation"):
            self.stdout.write(f"It was revoked: {edition.revocation.reason}")
        later = Edition.objects.filter(
            checklist=edition.checklist, minor__gt=edition.minor, issued_at__isnull=False
        ).first()
        if later:
            self.stdout.write(f"A later edition is issued: {later.number}.")


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
