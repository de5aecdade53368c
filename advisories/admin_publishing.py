"""Saving advisories in the admin. Whatever is saved of a published one ends in one `publish`.

A change of a published advisory is shown before it is published: what differs and how far it
reaches. A preview saves everything, renders the page and rolls back.
"""

import hashlib
from dataclasses import dataclass
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from advisories.actions import (
    REACH,
    Change,
    RevisionConflict,
    change_of,
    publish,
    restore,
    withdraw,
)
from advisories.admin_tables import AdvisoryTables
from advisories.content import Content, canonical
from advisories.detail import detail_context
from advisories.differences import Difference, Names, differences, left_behind
from advisories.forms import PREVIEW, REVIEW, RestoreForm, WithdrawalForm
from advisories.models import Advisory, AdvisoryRevision
from advisories.writing import ContentWriter
from portal.models import User

Step = AdvisoryRevision.Step
# What a step does to checklists that are open.
EFFECTS = {
    Step.PATCH: _("Open checklists keep their decisions."),
    Step.MINOR: _("Open checklists keep their decisions and ask to read them again."),
    Step.MAJOR: _("Open checklists decide anew whether it applies to their box."),
}


@dataclass(frozen=True)
class Review:
    """A change as it is shown before it is published. `changed`: the form was edited since;
    `left_behind`: texts that did not change while their other language did."""

    change: Change
    token: str
    step: AdvisoryRevision.Step
    differences: list[Difference]
    left_behind: list[str]
    changed: bool

    @property
    def choices(self) -> list[tuple[str, str, Any]]:
        """The steps it may be published with: value, name, what it does."""
        allowed = REACH[REACH.index(self.step) :]
        return [(step.value, str(step.label), EFFECTS[step]) for step in allowed]


class ReviewNeeded(Exception):
    """The editor has to see this before it is published."""

    def __init__(self, review: Review) -> None:
        self.review = review


class AdvisoryPublishing(AdvisoryTables):
    """Saving, publishing, previewing, withdrawing and restoring in the advisories' admin."""

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """Locked while it is saved, so that what the form is compared with stays what it is."""
        advisory = super().get_object(request, object_id, from_field)
        if advisory is not None and transaction.get_connection().in_atomic_block:
            advisory = Advisory.objects.select_for_update().get(pk=advisory.pk)
        return advisory

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, *args, **kwargs)
        form.refusals = getattr(request, "refusals", [])
        form.asking = hasattr(request, "review")
        return form

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """What `publish` refuses is shown in the form, with all that was typed."""
        try:
            answer = super().changeform_view(request, *args, **kwargs)
        except RevisionConflict as conflict:
            request.refusals = [str(conflict)]  # type: ignore[attr-defined]
        except ValidationError as refused:
            request.refusals = refused.messages  # type: ignore[attr-defined]
        except ReviewNeeded as needed:
            request.review = needed.review  # type: ignore[attr-defined]
        else:
            return self._no_preview(request, answer) if PREVIEW in request.POST else answer
        # The transaction was rolled back; the form cannot be valid this time.
        return super().changeform_view(request, *args, **kwargs)

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if review := getattr(request, "review", None):
            # Nothing is wrong with the form: it only waits for the editor's look.
            context |= {"review": review, "errors": []}
        context["languages"] = settings.LANGUAGES
        answer: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return answer

    # Saving

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if form.previewing:
            return  # `response_add` and `response_change` render it and roll back
        advisory = form.instance
        if not form.publishing:
            text = _("Saved as a draft. No checklist uses it before it is published.")
            messages.info(request, str(text))
            return
        self._require_review(form)
        before = advisory.revision
        chosen = form.cleaned_data.get("at_least")
        revision = publish(
            advisory=advisory,
            note=form.cleaned_data.get("note", ""),
            expected_revision=before,
            at_least=Step(chosen) if chosen else None,
            by=cast(User, request.user),
        )
        # Whoever publishes from the form has read it.
        Advisory.objects.filter(pk=advisory.pk).update(reviewed_on=timezone.localdate())
        if revision.number == before:
            text = _("Nothing differs from revision %(n)s, so there is no new one.")
        else:
            text = _("Published as revision %(n)s.")
        messages.info(request, text % {"n": revision.number})

    def _require_review(self, form: Any) -> None:
        """Raises ReviewNeeded when the button asks for it, or the form was edited afterwards."""
        seen = form.cleaned_data.get("reviewed", "")
        if REVIEW not in form.data and not seen:
            return
        change = change_of(form.instance)
        token = hashlib.sha256(canonical(change.after)).hexdigest()
        if change.step not in REACH or (seen == token and REVIEW not in form.data):
            return
        raise ReviewNeeded(
            Review(
                change=change,
                token=token,
                step=Step(change.step),
                differences=differences(change.before, change.after, Names.from_portal()),
                left_behind=left_behind(change.before, change.after),
                changed=bool(seen) and seen != token,
            )
        )

    # Previewing

    def response_add(self, request: HttpRequest, obj: Any, *args: Any, **kwargs: Any) -> Any:
        if PREVIEW in request.POST:
            return self._preview(request, obj)
        return super().response_add(request, obj, *args, **kwargs)

    def response_change(self, request: HttpRequest, obj: Any) -> Any:
        if PREVIEW in request.POST:
            return self._preview(request, obj)
        return super().response_change(request, obj)

    def _preview(self, request: HttpRequest, obj: Advisory) -> HttpResponse:
        """The page as readers will see it in the chosen language; then nothing of it happened."""
        advisory = Advisory.objects.with_terms().get(pk=obj.pk)
        advisory.state, advisory.withdrawn_reason = Advisory.State.PUBLISHED, ""
        wanted = request.POST[PREVIEW]
        known = dict(settings.LANGUAGES)
        with translation.override(wanted if wanted in known else translation.get_language()):
            context = detail_context(advisory, user=request.user)
            context |= {"may_edit": False, "may_write_note": False}
            answer = render(request, "advisories/preview.html", context)
            answer.headers["Content-Language"] = translation.get_language() or "ja"
        transaction.set_rollback(True)
        return answer

    def _no_preview(self, request: HttpRequest, answer: HttpResponse) -> HttpResponse:
        """What is missing for a preview, instead of a second form in the new tab."""
        context = getattr(answer, "context_data", {})
        if not context.get("errors"):
            return answer
        forms = [context["adminform"].form]
        for inline in context["inline_admin_formsets"]:
            forms += inline.formset.forms
        faults = [
            (form.fields[name].label if name in form.fields else "", error)
            for form in forms
            for name, errors in form.errors.items()
            for error in errors
        ]
        return render(request, "advisories/preview_refused.html", {"faults": faults})

    # Withdrawing and restoring

    def get_urls(self) -> Any:
        pages = [
            path(
                "<int:pk>/withdraw/",
                self.admin_site.admin_view(self.withdraw_view),
                name="advisories_advisory_withdraw",
            ),
            path(
                "<int:pk>/restore/<int:number>/",
                self.admin_site.admin_view(self.restore_view),
                name="advisories_advisory_restore",
            ),
        ]
        return [*pages, *super().get_urls()]

    def withdraw_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for the reason, then withdraw a published advisory."""
        advisory = self._to_change(request, pk)
        change = reverse("admin:advisories_advisory_change", args=[pk])
        if advisory.state != Advisory.State.PUBLISHED:
            messages.error(request, _("Only a published advisory can be withdrawn."))
            return redirect(change)
        form: Any = WithdrawalForm(request.POST or None, initial={"seen": advisory.revision})
        newer: list[Difference] = []
        if form.is_valid():
            try:
                withdraw(
                    advisory=advisory,
                    reason=form.cleaned_data["reason"],
                    expected_revision=form.cleaned_data["seen"],
                    by=cast(User, request.user),
                )
            except RevisionConflict as conflict:
                form = form.after_conflict(conflict)
                newer = _between(advisory, conflict)
            except ValidationError as refused:
                form.add_error(None, refused)
            else:
                self.log_change(request, advisory, str(_("Withdrawn.")))
                messages.success(request, _("The advisory is withdrawn."))
                return redirect(change)
        return self._page(
            request,
            advisory,
            "withdraw",
            {"title": _("Withdraw this advisory"), "form": form, "newer": newer},
        )

    def restore_view(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        """Show what restoring the revision would change, then make it the newest one."""
        advisory = self._to_change(request, pk)
        revision = get_object_or_404(advisory.revisions.select_related("editor"), number=number)
        newest = advisory.revisions.order_by("-number")[0]
        form: Any = RestoreForm(request.POST or None, initial={"seen": newest.number})
        newer: list[Difference] = []
        if form.is_valid():
            try:
                made = restore(
                    advisory=advisory,
                    revision=revision,
                    note=form.cleaned_data["note"],
                    expected_revision=form.cleaned_data["seen"],
                    by=cast(User, request.user),
                )
            except RevisionConflict as conflict:
                form = form.after_conflict(conflict)
                newer = _between(advisory, conflict)
                newest = advisory.revisions.order_by("-number")[0]
            except ValidationError as refused:
                form.add_error(None, refused)
            else:
                text = _("Revision %(old)s is restored as revision %(new)s.") % {
                    "old": number,
                    "new": made.number,
                }
                self.log_change(request, advisory, str(text))
                messages.success(request, text)
                return redirect("admin:advisories_advisory_change", pk)
        restored = {**revision.content, "state": Advisory.State.PUBLISHED, "withdrawn_reason": ""}
        return self._page(
            request,
            advisory,
            "restore",
            {
                "title": _("Restore an older revision"),
                "form": form,
                "newer": newer,
                "revision": revision,
                "newest": newest,
                "missing": ContentWriter().missing(revision.content),
                "differences": differences(newest.content, restored, Names.from_portal()),
            },
        )

    def _to_change(self, request: HttpRequest, pk: int) -> Advisory:
        advisory = get_object_or_404(Advisory, pk=pk)
        if not self.has_change_permission(request, advisory):
            raise PermissionDenied
        return advisory

    def _page(
        self, request: HttpRequest, advisory: Advisory, name: str, context: dict[str, Any]
    ) -> TemplateResponse:
        shared = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": advisory,
        }
        template = f"admin/advisories/advisory/{name}.html"
        return TemplateResponse(request, template, shared | context)


def _between(advisory: Advisory, conflict: RevisionConflict) -> list[Difference]:
    """What was published between the revision an editor saw and the newest one."""
    contents: dict[int, Content] = dict(
        advisory.revisions.filter(number__in=[conflict.expected, conflict.current]).values_list(
            "number", "content"
        )
    )
    seen, newest = contents.get(conflict.expected), contents[conflict.current]
    return differences(seen, newest, Names.from_portal())
