"""`manage.py load_catalogue FILE [--take TRACKING_ID ...]` (design section 9)."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation

from advisories.catalogue_file import FaultyFile
from advisories.loading import load


class Command(BaseCommand):
    help = (
        "Load a catalogue file. Work done in the portal is kept; a faulty file is refused whole."
        " Loading the same file again changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE")
        parser.add_argument(
            "--take",
            metavar="TRACKING_ID",
            nargs="+",
            action="extend",
            default=[],
            help="take the file's version of these advisories, although they were edited here",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with translation.override("en"):  # as the rest of what this command prints
                report = load(options["file"], take=options["take"])
        except FaultyFile as error:
            raise CommandError(f"The file was refused, nothing was loaded.\n{error}") from None
        for line in report.lines():
            self.stdout.write(line)
