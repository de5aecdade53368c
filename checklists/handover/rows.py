"""One advisory of a hand-over, every word in one language."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext as _

from advisories.note_words import as_text, picture_names, pictures_in, steps
from advisories.texts import in_language

from . import words
from .dates import day, moment
from .verify import digest

# What a person enters when deciding.
DECIDED = (
    *("decision", "note", "before", "after", "reason", "approver"),
    *("waiting_for", "due", "agreed_by"),
)
# typst refuses addresses of 8,000 characters and more; none that long is a link anyway.
LONGEST_URL = 2_000


@dataclass(frozen=True)
class Link:
    """`text` has both numbers, "1120273 → KA-0008812"; `url` the newer one, "" if not http(s)."""

    text: str
    url: str


@dataclass(frozen=True)
class NotePicture:
    """A picture of the company's own note: `name` is its number and caption, `alt` the caption
    (the name where there is none), the size in pixels."""

    sha256: str
    name: str
    alt: str
    width: int
    height: int


@dataclass(frozen=True)
class Row:
    """One advisory. The `*_key` are the content's own keys; all else is text, "" where none.

    `version` is the item's and `was` the hash of its decision: with them a check sheet comes back.
    `record` is what the decision says as (label, text); `attention_rank` is 1 open, 2 pending,
    3 risk accepted, 0 none of these. `local_note` is the company's own note with the names of its
    pictures, for tables; `steps` and `pictures` are its parts.
    """

    number: str
    tracking_id: str
    version: str
    was: str
    revision: str
    category: str
    topics: str
    severity: str
    severity_key: str
    severity_rank: int
    verdict: str
    verdict_key: str
    reason: str
    decision: str
    decision_key: str
    attention: str
    moved: str
    attention_rank: int
    decision_reason: str
    note: str
    before: str
    after: str
    approver: str
    waiting_for: str
    due: str
    agreed_by: str
    who: str
    when: str
    record: tuple[tuple[str, str], ...]
    title: str
    summary: str
    action: str
    check: str
    impact: str
    phase: str
    acts: str
    fix: str
    local_note: str
    steps: str
    pictures: tuple[NotePicture, ...]
    modes: str
    conditions: str
    links: tuple[Link, ...]
    reference_numbers: str
    reference_urls: str
    provenance: str

    @property
    def counted_key(self) -> str:
        """The decision that it is counted as, a key of words.COUNTED."""
        undecided = self.decision_key == "open" and not self.attention
        needs_none = undecided and self.verdict_key == "not_applicable"
        return words.NONE_NEEDED if needs_none else self.decision_key

    @property
    def counted_as(self) -> str:
        return str(words.COUNTED[self.counted_key])


def make_row(
    item: Mapping[str, Any],
    *,
    language: str,
    zone: tzinfo,
    product: str,
    offer: Mapping[str, Any] | None = None,
) -> Row:
    """The row of one item of the content; only references for all products or for `product`.

    `offer` is what the catalogue did to its advisory that is not part of it.
    """
    decision = item["decision"]
    severity_key, severity = words.SEVERITIES[item["severity"]]
    links = tuple(
        _link(reference)
        for reference in item["references"]
        if reference["product"] in (None, product)
    )
    texts = ("title", "summary", "action", "check", "impact", "phase", "acts")
    said = ("note", "before", "after", "approver", "waiting_for", "agreed_by")
    moved = _moved(offer) if offer else ("", "")
    note = item.get("local_note")
    return Row(
        number=str(item["position"]),
        tracking_id=item["tracking_id"],
        version=str(decision["version"]),
        was=_hash_of(decision),
        revision=str(item["revision"]),
        category=in_language(item["category"]["name"], language),
        topics=_names(item["topics"], language),
        severity=str(severity),
        severity_key=severity_key,
        severity_rank=item["severity"] or 0,
        verdict=str(words.VERDICTS[item["verdict"]]),
        verdict_key=item["verdict"],
        reason=in_language(item["reason_text"], language),
        decision=str(words.DECISIONS[decision["decision"]]),
        decision_key=decision["decision"],
        attention=_attention(decision),
        moved=": ".join(part for part in moved if part),
        attention_rank=_attention_rank(item["verdict"], decision),
        decision_reason=decision["reason"],
        due=day(decision["due"]),
        who=decision["by"],
        when=moment(decision["at"], zone),
        record=_record(decision, moved),
        fix=_fix(item["fix"], language),
        local_note=as_text(note),
        steps=steps(note),
        pictures=_pictures(note),
        modes=_names(item["modes"], language),
        conditions=_names(item["conditions"], language),
        links=links,
        reference_numbers="; ".join(link.text for link in links),
        reference_urls="\n".join(link.url for link in links if link.url),
        provenance=_provenance(item["provenance"]),
        **{key: in_language(item[key], language) for key in texts},
        **{key: decision[key] for key in said},
    )


def _pictures(note: Mapping[str, Any] | None) -> tuple[NotePicture, ...]:
    return tuple(
        NotePicture(p["sha256"], name, p["caption"] or name, p["width"], p["height"])
        for p, name in zip(pictures_in(note), picture_names(note), strict=True)
    )


def _hash_of(decision: Mapping[str, Any]) -> str:
    """The hash by which a check sheet shows whether its row was changed."""
    # Content has no lone surrogates; if one got in, a "?" is better than no file.
    return digest({k: decision[k].encode("utf-8", "replace").decode() for k in DECIDED})


def _names(things: list[dict[str, Any]], language: str) -> str:
    return _(", ").join(in_language(thing["name"], language) for thing in things)


def _link(reference: Mapping[str, Any]) -> Link:
    successor = reference["successor"] or ""
    url = (reference["successor_url"] if successor else "") or reference["url"] or ""
    text = f"{reference['number']} → {successor}" if successor else reference["number"]
    return Link(text, _safe_url(url))


def _safe_url(url: str) -> str:
    """`url` in ASCII if it is one a hand-over may link to (http and https), else ""."""
    if not url.lower().startswith(("http://", "https://")) or len(url) > LONGEST_URL:
        return ""
    return quote(url, safe="%/:?#[]@!$&'()*+,;=~", errors="ignore")


def _attention(decision: Mapping[str, Any]) -> str:
    marks = []
    if decision["returned"]:
        comment = decision["returned_comment"]
        marks.append(f"{_('Returned')}: {comment}" if comment else _("Returned"))
    if decision["flagged"]:
        marks.append(_("To be read again: the advisory has changed"))
    return "\n".join(marks)


def _moved(offer: Mapping[str, Any]) -> tuple[str, str]:
    """A label and what it says: how the advisory moved while the row stayed as it is."""
    step = str(words.STEPS[offer["step"]])
    if offer["step"] == "withdrawn":
        return _("Withdrawn since"), offer["withdrawn_reason"]
    if offer["step"] == "left":
        return _("Catalogue"), step
    if offer["step"] == "note":
        return _("Our own steps"), _("A newer version was not taken")
    return _("Newer revision not taken"), f"{step} ({revisions(offer)})"


def revisions(offer: Mapping[str, Any]) -> str:
    return _("revision %(held)s → %(newest)s") % offer


def _attention_rank(verdict: str, decision: Mapping[str, Any]) -> int:
    if decision["returned"] or decision["flagged"]:
        return 1
    if decision["decision"] == "open":
        return 1 if verdict in ("required", "confirm") else 0
    return {"pending": 2, "risk_accepted": 3}.get(decision["decision"], 0)


def _record(decision: Mapping[str, Any], moved: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    change = ""
    if decision["before"] or decision["after"]:
        change = f"{decision['before'] or '—'} → {decision['after'] or '—'}"
    lines = (
        ("", _attention(decision)),
        moved,
        (_("Reason"), decision["reason"]),
        (_("Approved by"), decision["approver"]),
        (_("Waiting for"), decision["waiting_for"]),
        (_("Due"), day(decision["due"])),
        (_("Hand-over with this open agreed by"), decision["agreed_by"]),
        (_("Note"), decision["note"]),
        (_("Before → after"), change),
    )
    return tuple(line for line in lines if line[1])


def _fix(fix: Mapping[str, Any] | None, language: str) -> str:
    """What the fix is, then where it came and for whom, in brackets."""
    if not fix:
        return ""
    release = in_language(fix["fixed_in"], language)
    scope = words.FIX_SCOPES.get(fix["scope"])
    details = (
        _("Fixed in %(release)s") % {"release": release} if release else "",
        in_language(fix["kind"], language),
        str(scope) if scope else "",
    )
    known = _(", ").join(detail for detail in details if detail)
    note = in_language(fix["note"], language)
    return " ".join(part for part in (note, f"({known})" if known else "") if part)


def _provenance(provenance: Mapping[str, Any]) -> str:
    parts = [str(provenance["version"])]
    if provenance["table"] is not None:
        parts.append(_("table %(number)s") % {"number": provenance["table"]})
    if provenance["row"] is not None:
        parts.append(_("row %(number)s") % {"number": provenance["row"]})
    return " ".join(parts)
