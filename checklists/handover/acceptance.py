"""The acceptance sheet: one page that says who accepted which edition, when and how."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from advisories.texts import in_language

from .dates import calendar, day, moment
from .fonts import breakable, clean
from .pdf_file import set_pages
from .settings_shape import JAPANESE, WESTERN, settings_in

HOW: dict[str, Promise] = {
    "link": gettext_lazy("By the link that was sent to the customer"),
    "device": gettext_lazy("On the integrator's device, in the presence of %(name)s"),
    "paper": gettext_lazy("On paper dated %(date)s, received by %(name)s"),
}
POINTS = 9.0
# Millimetres of the columns, without their padding.
LABEL_WIDTH, VALUE_WIDTH, BOX_WIDTH, FILE_WIDTH = 38.0, 124.0, 66.0, 84.0


@dataclass(frozen=True)
class Accepted:
    """What the sheet proves. `dated` (ISO), `witness` and `scan_sha256` are "" where there is
    none; `files` are the edition's, as it keeps them; `issued_at` is an ISO time."""

    name: str
    company: str
    at: datetime
    how: str
    statement: Mapping[str, str]
    digest: str
    chain_head: str
    code: str
    issued_at: str
    issuer: str
    files: Sequence[Mapping[str, Any]]
    dated: str = ""
    witness: str = ""
    scan_sha256: str = ""
    demo: bool = False


def write_sheet(
    content: Mapping[str, Any], accepted: Accepted, *, language: str, time_zone: str
) -> bytes:
    """The sheet as PDF (PDF/UA-1 and PDF/A-2a). Raises PdfFailed."""
    japanese = language == "ja" and settings_in(content).calendar == JAPANESE
    with override(language), calendar(JAPANESE if japanese else WESTERN):
        data = _data(content, accepted, language, ZoneInfo(time_zone))
    return set_pages("acceptance.typ", data, at=accepted.at)


def _data(
    content: Mapping[str, Any], accepted: Accepted, language: str, zone: ZoneInfo
) -> dict[str, Any]:
    settings, checklist = settings_in(content), content["checklist"]
    release = in_language(checklist["release"]["label"], language)
    when = moment(accepted.at.isoformat(), zone)
    how = HOW[accepted.how] % {"name": accepted.witness, "date": day(accepted.dated)}
    facts = (
        (_("Project"), checklist["project"]),
        (_("Project number"), checklist["number"]),
        (_("Host"), checklist["host"]),
        (_("Product and release"), f"{checklist['product']['short_name']} {release}"),
        (_("Title of the document"), _("Deployment checklist")),
        (_("Document number"), settings.document_number),
        (_("Edition"), content["edition"]["number"]),
        (_("Issued at"), moment(accepted.issued_at, zone)),
        (_("Verification code"), accepted.code),
    )
    proof = (
        (_("Accepted at"), f"{when} ({zone})"),
        (_("How"), how),
        (_("Digest of the content (SHA-256)"), accepted.digest),
        (_("Chain head"), accepted.chain_head),
        (_("Scanned paper (SHA-256)"), accepted.scan_sha256),
    )
    title = _("Acceptance sheet")
    return {
        "language": language,
        "title": title,
        "subject": clean(f"{title} {checklist['host']} {content['edition']['number']}"),
        "marks": [_("DEMO")] if accepted.demo else [],
        "classification": _text(settings.classification, BOX_WIDTH),
        "issuer": _text(_("To: %(company)s") % {"company": accepted.issuer or "—"}, VALUE_WIDTH),
        "customer": _text(accepted.company or checklist["customer"], BOX_WIDTH),
        "name": _text(accepted.name, BOX_WIDTH),
        "at": when,
        "date": day(accepted.dated or accepted.at.astimezone(zone).date().isoformat()),
        "facts": [(label, _text(value, VALUE_WIDTH)) for label, value in facts if value],
        "statement": _text(in_language(dict(accepted.statement), language), VALUE_WIDTH),
        "files": [(_text(f["name"], FILE_WIDTH), f["sha256"]) for f in accepted.files],
        "proof": [(label, _text(value, VALUE_WIDTH)) for label, value in proof if value],
        "box": _("Signature") if settings.signature == "sign" else _("Seal"),
        "words": {
            "says": _("We have received what is listed here and accept it."),
            "what": _("What was handed over"),
            "statement": _("Statement"),
            "files": _("Files"),
            "file": _("File"),
            "proof": _("Record of the acceptance"),
            "company": _("Company"),
            "name": _("Name"),
            "date": _("Date"),
            "note": _(
                "This sheet belongs to the edition with this digest and changes none of its files."
            ),
        },
    }


def _text(text: str, millimetres: float) -> str:
    return breakable(clean(text), millimetres, POINTS)
