"""Check a checklist (chain, digests, signatures, files), or a file that was handed over."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from checklists.file_verification import said_of
from checklists.management.commands.export_checklist import find_checklist
from checklists.verification import findings

# As the program in the bundle says it.
WORDS = {True: "OK", False: "NG", None: gettext_lazy("Note")}


class Command(BaseCommand):
    help = (
        "With a UUID: check that the chain of events is whole, that it adds up to what the"
        " checklist shows, and that issued editions, signatures and files are as they were. With a"
        " FILE (a bundle, unpacked or not, JSON, PDF, XLSX or CSV): say what holds of it, by itself"
        " and by what was issued here. Exit status 1 when something does not hold, or the file is"
        " not one of ours."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", metavar="UUID|FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        what = options["what"]
        if _is_uuid(what):
            self._verify_checklist(what)
        elif Path(what).exists():
            self._verify_file(Path(what))
        else:
            text = _("%(what)s is neither a checklist's identifier (a UUID) nor a file.")
            raise CommandError(text % {"what": what})

    def _verify_checklist(self, uuid: str) -> None:
        checklist = find_checklist(uuid)
        wrong = findings(checklist)
        for sentence in wrong:
            self.stdout.write(f"[NG] {sentence}")
        if wrong:
            raise _wrong(checklist.host, len(wrong))
        issued = [e for e in checklist.editions.all() if e.issued_at is not None]
        self.stdout.write(
            _(
                "%(host)s: everything holds. Events in one chain: %(events)s; issued editions:"
                " %(editions)s."
            )
            % {"host": checklist.host, "events": checklist.last_seq, "editions": len(issued)}
        )
        for edition in issued:
            self.stdout.write(_("Edition %(number)s") % {"number": edition.number})
            self.stdout.write(f"  {_('Digest of the content (SHA-256)')}: {edition.digest}")
            self.stdout.write(f"  {_('Chain head')}: {edition.chain_head}")
        self.stdout.write(
            _("Compare digest and chain head with those printed in the files that you hand out.")
        )

    def _verify_file(self, path: Path) -> None:
        said = said_of(path)
        for each in said:
            self.stdout.write(f"[{WORDS[each.holds]}] {each.text}")
        wrong = sum(each.holds is False for each in said)
        if wrong:
            raise _wrong(path, wrong)
        self.stdout.write(_("%(path)s: everything holds.") % {"path": path})


def _wrong(what: Path | str, number: int) -> CommandError:
    text = ngettext("%(n)d thing does not hold.", "%(n)d things do not hold.", number)
    return CommandError(f"{what}: {text % {'n': number}}")


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
