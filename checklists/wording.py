"""Sentences about a box, in the active language, from frozen values (never from the catalogue)."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from advisories.applicability import OLDER, FixScope, Reason
from advisories.texts import in_language
from checklists.freezing import CONDITION, NOT_KNOWN

QUESTION = {
    "mode": gettext_lazy("Deployment mode"),
    "installed_with": gettext_lazy("First installed with"),
}
YES_NO = {
    "yes": gettext_lazy("Yes"),
    "no": gettext_lazy("No"),
    NOT_KNOWN: gettext_lazy("Not answered"),
}


def question_text(header: Mapping[str, Any], question: str) -> str:
    """The question behind an answer: "mode", "installed_with" or "condition:<slug>"."""
    if question in QUESTION:
        return str(QUESTION[question])
    slug = question.removeprefix(CONDITION)
    return in_language(next(c["name"] for c in header["conditions"] if c["slug"] == slug))


def value_text(header: Mapping[str, Any], question: str, value: str) -> str:
    """The answer in words."""
    if question.startswith(CONDITION):
        return str(YES_NO[value])
    if value == NOT_KNOWN:
        return _("Not known")
    if value == OLDER.value:
        return _("An older release")
    choices = header["modes"] if question == "mode" else header["releases"]
    chosen = next(choice for choice in choices if choice["slug"] == value)
    return in_language(chosen["name"] if question == "mode" else chosen["label"])


def reason_text(
    reason: Reason,
    content: Mapping[str, Any],
    header: Mapping[str, Any],
    answers: Mapping[str, str],
) -> str:
    """Why the item has its verdict: which condition, which mode, which release (design 4)."""
    words = {
        "product": header["product"]["short_name"],
        "modes": _names(content["modes"]),
        "mode": value_text(header, "mode", answers.get("mode", NOT_KNOWN)),
        "fixed_in": in_language(content["fix"]["fixed_in"]) if content["fix"] else "",
        "first": value_text(header, "installed_with", answers.get("installed_with", NOT_KNOWN)),
        "conditions": _conditions(reason, content, answers),
    }
    return _sentence(reason, content) % words


def _sentence(reason: Reason, content: Mapping[str, Any]) -> str:
    match reason:
        case Reason.MODE:
            return _("Not for %(mode)s. The document lists %(modes)s.")
        case Reason.PRODUCT:
            return _("%(product)s is not affected.")
        case Reason.CONDITION:
            return _("Answered no: %(conditions)s")
        case Reason.FIXED if content["fix"]["scope"] == FixScope.NEW_INSTALLS:
            return _(
                "Fixed in %(fixed_in)s for new installations; this box was first installed"
                " with %(first)s. Verify the value."
            )
        case Reason.FIXED:
            return _("Fixed in %(fixed_in)s for all installations. Verify the value.")
        case Reason.LINEAGE:
            return _(
                "Fixed in %(fixed_in)s for new installations only. Which release this box was"
                " first installed with is not known."
            )
        case Reason.MODE_OPEN:
            return _("The deployment mode is not known. The document lists %(modes)s.")
        case Reason.UNNAMED:
            return _("The document does not say whether %(product)s is affected.")
        case Reason.CONDITION_OPEN:
            return _("Not answered: %(conditions)s")
        case Reason.AFFECTED if content["conditions"]:
            return _("Applies to this box. Answered yes: %(conditions)s")
        case Reason.AFFECTED:
            return _("Applies to this box.")


def _conditions(reason: Reason, content: Mapping[str, Any], answers: Mapping[str, str]) -> str:
    decided = {Reason.CONDITION: ("no",), Reason.AFFECTED: ("yes",)}
    wanted = decided.get(reason, (NOT_KNOWN, ""))
    return _names(
        [c for c in content["conditions"] if answers.get(CONDITION + c["slug"], "") in wanted]
    )


def _names(terms: list[dict[str, Any]]) -> str:
    return _(", ").join(in_language(term["name"]) for term in terms)


def statement_text(counts: Mapping[str, int]) -> str:
    """What a signer says of the whole list. `counts`: total, risk_accepted, not_needed, pending,
    pending_high, unseen (of any verdict, without a decision), not_applicable (of these)."""
    return _(
        "This checklist has %(total)d items. Risk accepted: %(risk_accepted)d. Not needed:"
        " %(not_needed)d. Pending: %(pending)d (of these high: %(pending_high)d). Without a"
        " decision: %(unseen)d (of these not applicable, which need none: %(not_applicable)d)."
    ) % dict(counts)


def acceptance_text(content: Mapping[str, Any], code: str) -> str:
    """What a customer says of an issued edition; `code` is its verification code."""
    accepted = _(
        "I have received edition %(edition)s of the deployment checklist for %(host)s (verification"
        " code %(code)s) and accept it."
    ) % {
        "edition": content["edition"]["number"],
        "host": content["checklist"]["host"],
        "code": code,
    }
    said = {"accepted": accepted, "counted": in_language(content["statement"])}
    return _("%(accepted)s %(counted)s") % said


def open_points_text(pending: int) -> str:
    """What an edition with pending items says on its cover; "" for none."""
    if not pending:
        return ""
    return ngettext("%(n)d open point", "%(n)d open points", pending) % {"n": pending}
