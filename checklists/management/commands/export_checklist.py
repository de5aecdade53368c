"""Write the hand-over of a checklist into a file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

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
                    raise CommandError(
                        _("This edition was issued without %(format)s.") % {"format": extension}
                    )
                data = files.read(file["sha256"])
        except PdfFailed as error:
            text = _("The PDF could not be made: %(error)s.")
            raise CommandError(text % {"error": error}) from error
        except files.FileChanged as error:
            raise CommandError(_("The stored file is not the one that was issued.")) from error
        except FileNotFoundError as error:
            raise CommandError(_("The stored file is not there any more.")) from error
        try:
            options["output"].write_bytes(data)
        except OSError as error:
            text = _("%(path)s cannot be written: %(error)s.")
            raise CommandError(text % {"path": options["output"], "error": error}) from error
        state = edition.State.DRAFT if edition.issued_at is None else edition.State.ISSUED
        named = _("Edition %(number)s") % {"number": edition.number}
        self.stdout.write(f"{options['output']}: {named} ({state.label})")


def find_checklist(text: str) -> Checklist:
    """Raises CommandError for what is no UUID, or nobody's."""
    try:
        checklist: Checklist = Checklist.objects.select_related("rollout", "created_by").get(
            pk=UUID(text)
        )
    except ValueError as error:
        said = _("%(text)s is no identifier of a checklist (a UUID).")
        raise CommandError(said % {"text": text}) from error
    except Checklist.DoesNotExist as error:
        raise CommandError(_("There is no checklist %(id)s.") % {"id": text}) from error
    return checklist
