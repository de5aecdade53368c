"""Advisories in the admin: the list and the form. Saving is in admin_publishing.py."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from advisories.admin_publishing import AdvisoryPublishing
from advisories.forms import (
    AdvisoryForm,
    AffectedProductForm,
    AffectedProductFormSet,
    ReferenceForm,
    ReferenceFormSet,
)
from advisories.models import Advisory, AffectedProduct, Reference


class AffectedProductInline(admin.StackedInline):  # type: ignore[type-arg]
    model = AffectedProduct
    form = AffectedProductForm
    formset = AffectedProductFormSet
    autocomplete_fields = ("fixed_in",)
    extra = 0
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("product", "status", "basis"),
                    ("fixed_in", "fix_scope", "fix_kind"),
                    ("fix_note_ja", "fix_note_en"),
                )
            },
        ),
    )


class ReferenceInline(admin.StackedInline):  # type: ignore[type-arg]
    model = Reference
    form = ReferenceForm
    formset = ReferenceFormSet
    extra = 0
    fields = (("number", "url"), ("successor", "successor_url"), ("product", "position"))


@admin.register(Advisory)
class AdvisoryAdmin(AdvisoryPublishing):
    form = AdvisoryForm
    inlines = (AffectedProductInline, ReferenceInline)
    list_display = (
        "tracking_id",
        "shown_title",
        "state",
        "severity",
        "category",
        "document",
        "revision",
    )
    list_filter = (
        "state",
        "document",
        "affected__product",
        "severity",
        "category",
        "topics",
        "modes",
    )
    list_select_related = ("category", "document")
    list_per_page = 50
    search_fields = (
        "tracking_id",
        "title_ja",
        "title_en",
        "summary_ja",
        "summary_en",
        "references__number",
        "references__successor",
    )
    search_help_text = _("Tracking ID, words of title or summary, or the number of a Q&A.")
    autocomplete_fields = (
        "document",
        "category",
        "topics",
        "modes",
        "conditions",
        "source_revision",
    )
    readonly_fields = ("state", "withdrawn_reason", "revision")
    fieldsets = (
        (None, {"fields": ("tracking_id", ("state", "revision"), "withdrawn_reason")}),
        (
            _("Text"),
            {
                "fields": (
                    ("title_ja", "title_en"),
                    ("summary_ja", "summary_en"),
                    ("action_ja", "action_en"),
                    ("check_ja", "check_en"),
                )
            },
        ),
        (
            _("Applicability and severity"),
            {"fields": (("category", "severity"), "topics", "modes", "conditions")},
        ),
        (_("Planning"), {"fields": (("phase", "acts"), ("impact_ja", "impact_en"))}),
        (
            _("Source"),
            {
                "fields": (
                    ("document", "position"),
                    ("source_revision", "source_table", "source_row"),
                )
            },
        ),
        (_("This change"), {"fields": ("note", "replace", "seen"), "classes": ("this-change",)}),
    )

    @admin.display(description=_("title"), ordering="title_ja")
    def shown_title(self, advisory: Advisory) -> str:
        return str(advisory.title)

    # Who may do what

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A tracking ID that was published is never changed or used again."""
        fixed = ("tracking_id",) if obj and obj.revision else ()
        return (*super().get_readonly_fields(request, obj), *fixed)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Without the last one for people who may only look."""
        fieldsets = super().get_fieldsets(request, obj)
        may_save = self.has_change_permission(request, obj) if obj else True
        return fieldsets if may_save else fieldsets[:-1]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only a draft that was never published; the others are withdrawn."""
        never_published = obj is None or obj.revision == 0
        return bool(super().has_delete_permission(request, obj) and never_published)

    def get_actions(self, request: HttpRequest) -> Any:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def get_queryset(self, request: HttpRequest) -> QuerySet[Advisory]:
        return Advisory.objects.order_by("document", "position", "pk")
