"""Import and export of advisories in the admin: CSV and XLSX, a dry run, then the import."""

import time
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.admin.options import IncorrectLookupParameters
from django.core import signing
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from import_export.admin import ImportExportModelAdmin
from import_export.forms import ExportForm, ImportForm
from import_export.results import Result, RowResult
from import_export.tmp_storages import BaseStorage

from advisories.resources import AdvisoryResource
from advisories.table_files import CSV, XLSX
from advisories.table_parsing import MOST_ROWS, FileRefused
from advisories.tidy import UNPRINTABLE
from advisories.uploads import MOST_BYTES

FORMATS: list[Any] = [CSV, XLSX]
SALT = "advisories.import"
KEPT_SECONDS = 24 * 60 * 60
STALE = _("This preview is no longer valid. Upload the file again.")


class UploadStorage(BaseStorage):
    """Uploaded tables between dry run and import: any worker can read them, for a day."""

    @property
    def folder(self) -> Path:
        return Path(settings.MEDIA_ROOT) / "imports"

    @property
    def path(self) -> Path:
        return self.folder / str(self.name)

    def save(self, data: bytes) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for old in self.folder.iterdir():
            if old.stat().st_mtime < time.time() - KEPT_SECONDS:
                old.unlink(missing_ok=True)
        self.name = uuid4().hex
        self.path.write_bytes(data)

    def read(self) -> bytes:
        return self.path.read_bytes()

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)


class TableForm(ImportForm):
    """One file; its name says which format it is."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["format"].required = False
        self.fields["format"].widget = forms.HiddenInput()
        field = self.fields["import_file"]
        field.widget.attrs = {"accept": ".csv,.xlsx"}
        field.help_text = _("CSV (UTF-8) or XLSX, at most 2 MB and %(rows)s rows.") % {
            "rows": f"{MOST_ROWS:,}"
        }

    @property
    def media(self) -> forms.Media:
        return forms.Media()

    def clean_import_file(self) -> Any:
        uploaded = self.cleaned_data["import_file"]
        if uploaded.size > MOST_BYTES:
            raise ValidationError(_("The file is larger than 2 MB. Split it."))
        if format_of(uploaded.name) is None:
            raise ValidationError(_("Choose a file whose name ends in .csv or .xlsx."))
        return uploaded

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if uploaded := cleaned.get("import_file"):
            cleaned["format"] = str(format_of(uploaded.name))
        return cleaned


def format_of(file_name: str) -> int | None:
    """Index in FORMATS; None for another kind of file."""
    endings = {".csv": 0, ".xlsx": 1}
    return endings.get(Path(file_name).suffix.lower())


class TicketForm(forms.Form):
    """What the dry run read, signed: which file, for whom."""

    ticket = forms.CharField(widget=forms.HiddenInput)

    def clean_ticket(self) -> dict[str, Any]:
        try:
            ticket: dict[str, Any] = signing.loads(
                self.cleaned_data["ticket"], salt=SALT, max_age=KEPT_SECONDS
            )
        except signing.BadSignature:
            raise ValidationError(
                _("This preview is no longer valid. Upload the file again.")
            ) from None
        return ticket

    def clean(self) -> dict[str, Any]:
        ticket = self.cleaned_data.get("ticket") or {}
        return {**self.cleaned_data, "original_file_name": ticket.get("file", "")}


class AdvisoryTables(ImportExportModelAdmin):  # type: ignore[type-arg]
    """Import and export of the advisories' admin."""

    resource_classes = [AdvisoryResource]
    formats = FORMATS
    import_formats = FORMATS
    export_formats = FORMATS
    import_form_class = TableForm
    confirm_form_class = TicketForm
    export_form_class = ExportForm
    tmp_storage_class = UploadStorage
    to_encoding = "utf-8-sig"
    import_template_name = "admin/advisories/advisory/import.html"
    export_template_name = "admin/advisories/advisory/export.html"

    def export_action(self, request: HttpRequest) -> HttpResponse:  # type: ignore[override]
        try:
            response: HttpResponse = super().export_action(request)
        except IncorrectLookupParameters:  # as Django's own list answers it
            return redirect(reverse("admin:advisories_advisory_changelist") + "?e=1")
        return response

    def has_import_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perms(["advisories.add_advisory", "advisories.change_advisory"])

    def has_export_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("advisories.view_advisory")

    def get_export_filename(self, request: HttpRequest, queryset: Any, file_format: Any) -> str:  # type: ignore[override]
        return f"advisories.{file_format.get_extension()}"

    def get_confirm_form_initial(self, request: HttpRequest, import_form: Any) -> dict[str, Any]:
        if import_form is None:
            return {}
        uploaded = import_form.cleaned_data["import_file"]
        ticket = {
            "user": request.user.pk,
            "stored": uploaded.tmp_storage_name,
            "file": UNPRINTABLE.sub("", uploaded.name)[-150:],
            "format": import_form.cleaned_data["format"],
        }
        return {"ticket": signing.dumps(ticket, salt=SALT)}

    def add_data_read_fail_error_to_form(self, form: Any, e: Exception) -> None:
        if not isinstance(e, FileRefused):
            raise e
        form.add_error("import_file", str(e))

    @method_decorator(require_POST)
    def process_import(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Import what the dry run has shown; if it no longer fits, show why and write nothing."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        form = self.create_confirm_form(request)
        storage = self._stored(request, form)
        if storage is None:
            messages.error(request, STALE)
            return redirect("admin:advisories_advisory_import")
        table = FORMATS[int(form.cleaned_data["ticket"]["format"])]()
        result: Result = self.process_dataset(table.create_dataset(storage.read()), form, request)
        storage.remove()
        if result.has_errors() or result.has_validation_errors():
            return self._refused(request, result)
        answer: HttpResponse = self.process_result(result, request)
        return answer

    def _stored(self, request: HttpRequest, form: forms.Form) -> UploadStorage | None:
        if not form.is_valid() or form.cleaned_data["ticket"]["user"] != request.user.pk:
            return None
        storage = UploadStorage(name=form.cleaned_data["ticket"]["stored"])
        return storage if storage.path.is_file() else None

    def _refused(self, request: HttpRequest, result: Result) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("Import"),
            "opts": self.opts,
            "form": TableForm(FORMATS, self.resource_classes),
            "result": result,
        }
        return TemplateResponse(request, self.import_template_name, context)

    def add_success_message(self, result: Result, request: HttpRequest) -> None:
        text = _("Imported: %(new)s new, %(update)s changed, %(skip)s left as they were.")
        messages.success(request, text % result.totals)

    def generate_log_entries(self, result: Result, request: HttpRequest) -> None:
        """One line in the history of each advisory that was written."""
        for kind, flag in (
            (RowResult.IMPORT_TYPE_NEW, ADDITION),
            (RowResult.IMPORT_TYPE_UPDATE, CHANGE),
        ):
            written = [row.instance for row in result.rows if row.import_type == kind]
            if written:
                LogEntry.objects.log_actions(
                    cast(int, request.user.pk),
                    written,
                    flag,
                    change_message=str(_("Imported from a table.")),
                )
