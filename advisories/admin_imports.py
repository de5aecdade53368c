"""Imports of a whole edition in the admin: upload, look at what it changes, choose, apply."""

import json
import re
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from advisories import import_actions
from advisories.catalogue_file import FaultyFile
from advisories.import_actions import ENDINGS, ImportRefused
from advisories.models import Advisory, DocumentImport
from advisories.proposals import Kind, Proposal, proposal_of
from advisories.table_parsing import MOST_ROWS
from advisories.tidy import tidy
from advisories.uploads import MOST_BYTES
from portal.models import User

TRACKING_ID = re.compile("[A-Za-z0-9._-]{1,80}")
TERM_NOUNS = {
    "document": _("source document"),
    "edition": _("edition"),
    "mode": _("deployment mode"),
    "category": _("category"),
    "topic": _("topic"),
    "condition": _("condition"),
    "product": _("product"),
    "release": _("release"),
}
TERM_GROUPS = {
    "added": _("New"),
    "changed": _("Changed"),
    "edited_here": _("Edited here, kept"),
    "shared": _("Brought by another document, kept"),
}


RESULTS = {
    "added": _("Added"),
    "changed": _("Changed"),
    "withdrawn": _("Withdrawn"),
    "left": _("Left as they were"),
}


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("File of the edition"),
        widget=forms.FileInput(attrs={"accept": ",".join(ENDINGS)}),
        help_text=_(
            "JSON in the catalogue format, or CSV (UTF-8) or XLSX with the columns of an export."
            " At most 2 MB and %(rows)s advisories."
        )
        % {"rows": f"{MOST_ROWS:,}"},
    )

    def clean_file(self) -> Any:
        uploaded = self.cleaned_data["file"]
        if uploaded.size > MOST_BYTES:
            raise ValidationError(_("The file is larger than 2 MB. Split it."))
        return uploaded


class ChoiceForm(forms.Form):
    """What is taken over. `seen` is what the page showed: tracking ID -> token."""

    seen = forms.CharField(required=False)
    note = forms.CharField(
        label=_("change note"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("It is written into the history of every advisory that is taken over."),
    )
    reason = forms.CharField(
        label=_("Reason of the withdrawals"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Only for advisories that are no longer in the document and ticked."),
    )

    @property
    def ticked(self) -> list[str]:
        return list(dict.fromkeys(self.data.getlist("take")))  # type: ignore[attr-defined]

    def clean_seen(self) -> dict[str, str]:
        try:
            seen = json.loads(self.cleaned_data["seen"] or "{}")
        except ValueError:
            seen = {}
        return seen if isinstance(seen, dict) else {}

    def clean(self) -> dict[str, Any]:
        """With `take`, the ticked tracking IDs; whether they are offered is for `apply` to say."""
        cleaned = super().clean() or self.cleaned_data
        cleaned["take"] = self.ticked
        if not all(TRACKING_ID.fullmatch(name) for name in self.ticked):
            raise ValidationError(_("This line is not offered."))
        for name in ("note", "reason"):
            if name in cleaned:
                cleaned[name] = tidy(cleaned[name])
        return cleaned


@admin.register(DocumentImport)
class DocumentImportAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = (
        "file_name",
        "document",
        "edition",
        "state",
        "uploaded_by",
        "uploaded_at",
        "decided_by",
    )
    list_filter = ("state", "document")
    list_select_related = ("uploaded_by", "decided_by")
    search_fields = ("file_name", "document", "edition")
    list_per_page = 50

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_actions(self, request: HttpRequest) -> Any:
        return {}

    def _require_permission(self, request: HttpRequest) -> None:
        """An import writes advisories: who may not do that, may not import."""
        if not request.user.has_perms(["advisories.add_advisory", "advisories.change_advisory"]):
            raise PermissionDenied

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Upload: a faulty file is refused whole, with every place that is wrong."""
        self._require_permission(request)
        form = UploadForm(request.POST or None, request.FILES or None)
        faults: list[str] = []
        if form.is_valid():
            uploaded = form.cleaned_data["file"]
            try:
                staged = import_actions.stage(
                    file_name=uploaded.name, data=uploaded.read(), by=cast(User, request.user)
                )
            except FaultyFile as faulty:
                faults = str(faulty).split("\n")
            else:
                self.log_addition(request, staged, gettext("Uploaded."))
                return redirect("admin:advisories_documentimport_change", staged.pk)
        context = {"title": _("Import an edition"), "form": form, "faults": faults}
        return self._page(request, "upload", context)

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """What the edition changes, with a tick for each line; or what became of it."""
        self._require_permission(request)
        staged = self.get_object(request, unquote(object_id))
        if staged is None:
            raise Http404
        if staged.state != DocumentImport.State.STAGED:
            return self._page(request, "decided", self._decided(staged))
        if "_discard" in request.POST:
            return self._discard(request, staged)
        try:
            proposal = proposal_of(staged)
        except FaultyFile as faulty:
            context = {"title": str(staged), "staged": staged, "faults": str(faulty).split("\n")}
            return self._page(request, "proposal", context)
        form = ChoiceForm(request.POST or None, initial=self._initial(staged))
        if form.is_valid():
            try:
                done = self._apply(request, staged, form)
            except ImportRefused as refused:
                for message in refused.messages:
                    form.add_error(None, message)
            except FaultyFile as faulty:
                form.add_error(None, ValidationError(str(faulty).split("\n")))
            else:
                return done
        return self._page(request, "proposal", self._proposal(staged, proposal, form))

    def _decided(self, staged: DocumentImport) -> dict[str, Any]:
        results = [(label, staged.result.get(name, [])) for name, label in RESULTS.items()]
        return {"title": str(staged), "staged": staged, "results": results}

    def _initial(self, staged: DocumentImport) -> dict[str, str]:
        name = " ".join(part for part in (staged.document, staged.edition) if part)
        return {
            "note": name,
            "reason": gettext("No longer in %(edition)s.") % {"edition": name},
        }

    def _proposal(
        self, staged: DocumentImport, proposal: Proposal, form: ChoiceForm
    ) -> dict[str, Any]:
        ticked = set(form.ticked) if form.is_bound else None
        groups = [
            (
                kind,
                [
                    (line, line.tracking_id in ticked if ticked is not None else kind.is_ticked)
                    for line in lines
                ],
            )
            for kind, lines in proposal.groups()
        ]
        terms = [
            (label, TERM_NOUNS[noun], names)
            for group, label in TERM_GROUPS.items()
            for noun, names in staged.terms.get(group, {}).items()
        ]
        return {
            "title": _("What this edition changes"),
            "staged": staged,
            "proposal": proposal,
            "groups": groups,
            "terms": terms,
            "withdraws": any(kind == Kind.MISSING for kind, _lines in groups),
            "seen": json.dumps({line.tracking_id: line.token for line in proposal.lines}),
            "form": form,
        }

    def _apply(
        self, request: HttpRequest, staged: DocumentImport, form: ChoiceForm
    ) -> HttpResponse:
        user = cast(User, request.user)
        chosen = form.cleaned_data["take"]
        done = import_actions.apply(
            staged=staged,
            chosen=chosen,
            seen=form.cleaned_data["seen"],
            note=form.cleaned_data["note"],
            reason=form.cleaned_data["reason"],
            by=user,
        )
        added = done.result["added"]
        for names, flag in ((added, ADDITION), (set(chosen) - set(added), CHANGE)):
            rows = list(Advisory.objects.filter(tracking_id__in=names))
            if rows:
                message = gettext("Imported from %(file)s.") % {"file": staged.file_name}
                LogEntry.objects.log_actions(user.pk, rows, flag, change_message=message)
        self.log_change(request, staged, gettext("Taken over."))
        messages.success(request, _("The edition is taken over."))
        return redirect("admin:advisories_documentimport_change", staged.pk)

    def _discard(self, request: HttpRequest, staged: DocumentImport) -> HttpResponse:
        try:
            import_actions.discard(staged=staged, by=cast(User, request.user))
        except ImportRefused as refused:
            messages.error(request, str(refused))
        else:
            self.log_change(request, staged, gettext("Discarded."))
            messages.success(request, _("The import is discarded. Nothing was changed."))
        return redirect("admin:advisories_documentimport_changelist")

    def _page(self, request: HttpRequest, name: str, context: dict[str, Any]) -> TemplateResponse:
        shared = {**self.admin_site.each_context(request), "opts": self.opts}
        template = f"admin/advisories/documentimport/{name}.html"
        return TemplateResponse(request, template, shared | context)
