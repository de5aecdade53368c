"""Advisories in the admin. Whatever is saved of a published one ends in one `publish`."""

from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import ForeignKey, ManyToManyField, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _

from advisories.actions import RevisionConflict, publish, withdraw
from advisories.admin_tables import AdvisoryTables
from advisories.forms import (
    AdvisoryForm,
    AffectedProductForm,
    AffectedProductFormSet,
    ReferenceForm,
    ReferenceFormSet,
    WithdrawalForm,
)
from advisories.models import Advisory, AffectedProduct, DocumentRevision, Reference, Release
from portal.admin_fields import TickList
from portal.models import User


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
    fields = (("number", "url"), ("successor", "successor_url"), ("product", "position"))


@admin.register(Advisory)
class AdvisoryAdmin(AdvisoryTables):
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
        kwargs["widget"] = TickList(db_field.verbose_name)
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

    # Saving

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """Locked while it is saved, so that what the form is compared with stays what it is."""
        advisory = super().get_object(request, object_id, from_field)
        if advisory is not None and transaction.get_connection().in_atomic_block:
            advisory = Advisory.objects.select_for_update().get(pk=advisory.pk)
        return advisory

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, *args, **kwargs)
        form.refusals = getattr(request, "refusals", [])
        return form

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """What `publish` refuses is shown in the form, with all that was typed."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except RevisionConflict as conflict:
            request.refusals = [str(conflict)]  # type: ignore[attr-defined]
        except ValidationError as refused:
            request.refusals = refused.messages  # type: ignore[attr-defined]
        # The transaction was rolled back; the form cannot be valid this time.
        return super().changeform_view(request, *args, **kwargs)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        advisory = form.instance
        if not form.publishing:
            text = _("Saved as a draft. No checklist uses it before it is published.")
            messages.info(request, str(text))
            return
        before = advisory.revision
        revision = publish(
            advisory=advisory,
            note=form.cleaned_data.get("note", ""),
            expected_revision=before,
            by=cast(User, request.user),
        )
        if revision.number == before:
            text = _("Nothing differs from revision %(n)s, so there is no new one.")
        else:
            text = _("Published as revision %(n)s.")
        messages.info(request, text % {"n": revision.number})

    # Withdrawing

    def get_urls(self) -> Any:
        withdrawing = path(
            "<int:pk>/withdraw/",
            self.admin_site.admin_view(self.withdraw_view),
            name="advisories_advisory_withdraw",
        )
        return [withdrawing, *super().get_urls()]

    def withdraw_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for the reason, then withdraw a published advisory."""
        advisory = get_object_or_404(Advisory, pk=pk)
        if not self.has_change_permission(request, advisory):
            raise PermissionDenied
        change = reverse("admin:advisories_advisory_change", args=[pk])
        if advisory.state != Advisory.State.PUBLISHED:
            messages.error(request, _("Only a published advisory can be withdrawn."))
            return redirect(change)
        form = WithdrawalForm(request.POST or None, initial={"seen": advisory.revision})
        if form.is_valid():
            try:
                withdraw(
                    advisory=advisory,
                    reason=form.cleaned_data["reason"],
                    expected_revision=form.cleaned_data["seen"],
                    by=cast(User, request.user),
                )
            except RevisionConflict as conflict:
                form.add_error(None, str(conflict))
            except ValidationError as refused:
                form.add_error(None, refused)
            else:
                self.log_change(request, advisory, str(_("Withdrawn.")))
                messages.success(request, _("The advisory is withdrawn."))
                return redirect(change)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Withdraw this advisory"),
            "opts": self.opts,
            "original": advisory,
            "form": form,
        }
        return TemplateResponse(request, "admin/advisories/advisory/withdraw.html", context)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Advisory]:
        return Advisory.objects.order_by("document", "position", "pk")
