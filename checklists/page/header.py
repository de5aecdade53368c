"""What the head of a checklist's page says of the box, from its frozen header. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from advisories.texts import in_language
from checklists import wording
from checklists.freezing import NOT_KNOWN
from checklists.page.recorded import day


@dataclass(frozen=True)
class Document:
    title: str
    version: str
    published: str
    age: str


@dataclass(frozen=True)
class Header:
    """`mode` is "" where the product has no modes; `mode_notes` are the mode's and the product's;
    `ended`: support is over."""

    product: str
    product_name: str
    release: str
    newer: bool
    mode: str
    mode_notes: list[str]
    installed_with: str
    support: str
    support_source: str
    ended: bool
    documents: list[Document]
    check_date: str


def header_of(frozen: Mapping[str, Any], answers: Mapping[str, str], today: date) -> Header:
    """The head in the active language. `answers` are the present ones (question -> value)."""
    release, mode = frozen["release"], answers.get("mode", NOT_KNOWN)
    chosen: Mapping[str, Any] = next((m for m in frozen["modes"] if m["slug"] == mode), {})
    end = release["end_of_support"] and date.fromisoformat(release["end_of_support"])
    return Header(
        product=frozen["product"]["short_name"],
        product_name=frozen["product"]["name"],
        release=in_language(release["label"]),
        newer=not release["in_source"],
        mode=wording.value_text(frozen, "mode", mode) if frozen["modes"] else "",
        mode_notes=[
            text
            for note in (chosen.get("note"), frozen["product"]["modes_note"])
            if (text := in_language(note))
        ],
        installed_with=wording.value_text(
            frozen, "installed_with", answers.get("installed_with", NOT_KNOWN)
        ),
        support=_support(end, today),
        support_source=release["end_of_support_source"],
        ended=bool(end and end < today),
        documents=[_document(document, today) for document in frozen["documents"]],
        check_date=day(frozen["check_date"]),
    )


def _support(end: date | None, today: date) -> str:
    if end is None:
        return _("End of support: not stated")
    if end < today:
        return _("Support ended on %(day)s") % {"day": day(end.isoformat())}
    return _("Supported until %(day)s") % {"day": day(end.isoformat())}


def _document(document: Mapping[str, Any], today: date) -> Document:
    published = document["date"]
    return Document(
        title=in_language(document["title"]),
        version=document["version"],
        published=day(published) if published else "",
        age=age_text(date.fromisoformat(published), today) if published else "",
    )


def age_text(published: date, today: date) -> str:
    """ "4 years 5 months old"; whole months, "" within the first one."""
    months = (today.year - published.year) * 12 + today.month - published.month
    months -= today.day < published.day
    if months < 1:
        return ""
    years, months = divmod(months, 12)
    in_years = ngettext("%(n)d year", "%(n)d years", years) % {"n": years} if years else ""
    in_months = ngettext("%(n)d month", "%(n)d months", months) % {"n": months} if months else ""
    age = _("%(years)s %(months)s") % {"years": in_years, "months": in_months}
    return _("%(age)s old") % {"age": age.strip()}
