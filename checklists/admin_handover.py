"""The admin's page "hand-over": one row, its logo, and what the document number looks like."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from checklists import files
from checklists.models import HandoverSettings
from checklists.numbering import EXAMPLE, PLACEHOLDERS, document_number, validate_pattern
from checklists.pictures import NotUsable, clean_logo


class HandoverForm(forms.ModelForm):  # type: ignore[type-arg]
    logo = forms.FileField(
        label=_("Logo"),
        required=False,
        help_text=_("PNG or JPEG, at most 2 MB. It is made smaller where it is large."),
        widget=forms.FileInput(attrs={"accept": ".png,.jpg,.jpeg"}),
    )
    without_logo = forms.BooleanField(label=_("Print no logo"), required=False)

    def clean_logo(self) -> bytes | None:
        upload = self.cleaned_data["logo"]
        if upload is None:
            return None
        try:
            return clean_logo(upload.read())
        except NotUsable as error:
            raise forms.ValidationError(str(error)) from error


@admin.register(HandoverSettings)
class HandoverAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """There is one hand-over: it stands in the place of the list, and nobody adds or deletes it."""

    form = HandoverForm
    readonly_fields = ("present_logo", "example", "placeholders")
    fieldsets = (
        (None, {"fields": ("company", "present_logo", "logo", "without_logo")}),
        (_("Document number"), {"fields": ("number_pattern", "example", "placeholders")}),
        (_("Paper"), {"fields": ("signature", "calendar", "classification")}),
        (_("Our own steps"), {"fields": ("local_notes",)}),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: HandoverSettings | None = None
    ) -> bool:
        return False

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.logo_view)
        return [path("logo.png", view, name="checklists_handover_logo"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return self.changeform_view(request, "1", extra_context=extra_context)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: Any = None
    ) -> HandoverSettings | None:
        """The row, or the defaults while nobody has saved any."""
        return HandoverSettings.current() if object_id == "1" else None

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if form.cleaned_data["without_logo"]:
            obj.logo_sha256 = ""
        elif form.cleaned_data["logo"]:
            obj.logo_sha256 = files.store(form.cleaned_data["logo"])
        obj.save()

    def logo_view(self, request: HttpRequest) -> HttpResponse:
        settings = HandoverSettings.current()
        if not self.has_view_or_change_permission(request) or not settings.logo_sha256:
            raise Http404
        try:
            data = files.read(settings.logo_sha256)
        except (files.FileChanged, FileNotFoundError) as error:
            raise Http404 from error
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        return HttpResponse(data, content_type="image/png", headers=headers)

    @admin.display(description=_("Present logo"))
    def present_logo(self, settings: HandoverSettings) -> str:
        if not settings.logo_sha256:
            return "—"
        address = reverse("admin:checklists_handover_logo")
        return format_html('<img class="logo" src="{}" alt="{}">', address, _("Present logo"))

    @admin.display(description=_("Example"))
    def example(self, settings: HandoverSettings) -> str:
        try:
            validate_pattern(settings.number_pattern)
        except ValidationError:  # the page shows again what was refused
            return "—"
        return document_number(settings.number_pattern, EXAMPLE)

    @admin.display(description=_("Placeholders"))
    def placeholders(self, settings: HandoverSettings) -> str:
        lines = [(name, meaning, example) for name, (meaning, example) in PLACEHOLDERS.items()]
        return format_html(
            "<ul>{}</ul>",
            format_html_join("", "<li><code>{{{}}}</code> {} <code>{}</code></li>", lines),
        )
