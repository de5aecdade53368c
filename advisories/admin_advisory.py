"""Advisories in the admin: list, form, health page. Saving is in admin_publishing.py."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.templatetags.admin_urls import admin_urlname
from django.core.exceptions import PermissionDenied
from django.db.models import ForeignKey, ManyToManyField, Max, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from advisories.admin_publishing import AdvisoryPublishing
from advisories.forms import (
    AdvisoryForm,
    AffectedProductForm,
    AffectedProductFormSet,
    ReferenceForm,
    ReferenceFormSet,
)
from advisories.health import CHECKS, findings, untranslated
from advisories.link_actions import with_checks
from advisories.models import (
    Advisory,
    AffectedProduct,
    DocumentRevision,
    LinkCheck,
    Reference,
    Release,
)
from portal.admin_fields import RowsField, TickList

CHANGE_PAGE = SafeString("change")


class AffectedProductInline(admin.StackedInline):  # type: ignore[type-arg]
    model = AffectedProduct
    form = AffectedProductForm
    formset = AffectedProductFormSet
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

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Releases with the product that each names, in one query."""
        if db_field.name == "fixed_in":
            kwargs["queryset"] = Release.objects.select_related("product")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class ReferenceInline(admin.StackedInline):  # type: ignore[type-arg]
    model = Reference
    form = ReferenceForm
    formset = ReferenceFormSet
    extra = 0
    fields = (
        ("number", "url"),
        ("successor", "successor_url"),
        ("product", "position"),
        "link",
    )
    readonly_fields = ("link",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reference]:
        return with_checks(super().get_queryset(request))

    @admin.display(description=_("last check of the link"))
    def link(self, reference: Any) -> str:
        state = getattr(reference, "link_state", None)
        if state is None:
            return "—"  # the admin would write None here, whatever the empty value is
        day = timezone.localtime(reference.link_checked_at)
        return f"{LinkCheck.State(state).label} ({date_format(day, 'Y-m-d')})"


class HealthFilter(admin.SimpleListFilter):
    """Advisories that one check of the health page hits."""

    title = _("health")
    parameter_name = "health"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(check.slug, check.label) for check in CHECKS.values()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        check = CHECKS.get(self.value() or "")
        return check.select(queryset, timezone.localdate()) if check else queryset


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
        HealthFilter,
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
    readonly_fields = ("state", "withdrawn_reason", "revision", "reviewed_on")
    actions = ("mark_reviewed",)
    fieldsets = (
        (
            None,
            {"fields": ("tracking_id", ("state", "revision", "reviewed_on"), "withdrawn_reason")},
        ),
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

    # What can be chosen

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Editions with the document that each names, in one query."""
        if db_field.name == "source_revision":
            kwargs["queryset"] = DocumentRevision.objects.select_related("document")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(
        self, db_field: "ManyToManyField[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        kwargs.update(form_class=RowsField, widget=TickList(db_field.verbose_name))
        return super().formfield_for_manytomany(db_field, request, **kwargs)

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

    # Health

    @admin.action(description=_("Mark as reviewed today"), permissions=["change"])
    def mark_reviewed(self, request: HttpRequest, advisories: QuerySet[Advisory]) -> None:
        """Somebody has read them again and found nothing to change: no revision comes of it."""
        marked = list(advisories)
        Advisory.objects.filter(pk__in=[row.pk for row in marked]).update(
            reviewed_on=timezone.localdate()
        )
        LogEntry.objects.log_actions(
            cast(int, request.user.pk), marked, CHANGE, change_message=gettext("Reviewed.")
        )
        text = ngettext(
            "%(n)s advisory is marked as reviewed today.",
            "%(n)s advisories are marked as reviewed today.",
            len(marked),
        )
        messages.success(request, text % {"n": len(marked)})

    def get_urls(self) -> Any:
        health = path(
            "health/",
            self.admin_site.admin_view(self.health_view),
            name="advisories_advisory_health",
        )
        return [health, *super().get_urls()]

    def health_view(self, request: HttpRequest) -> HttpResponse:
        """What the catalogue lacks: a count for each check, with a link to the list."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": _("Health of the catalogue"),
            "opts": self.opts,
            "findings": findings(Advisory.objects.all(), timezone.localdate()),
            "untranslated": [
                (row, reverse(admin_urlname(row.model._meta, CHANGE_PAGE), args=[row.pk]))
                for row in untranslated()
            ],
            "checked_at": LinkCheck.objects.aggregate(at=Max("checked_at"))["at"],
        }
        return TemplateResponse(request, "admin/advisories/advisory/health.html", context)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Advisory]:
        return Advisory.objects.order_by("document", "position", "pk")
