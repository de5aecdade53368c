"""How two contents of an advisory differ, field by field and in words."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext as _

from advisories.applicability import FixScope, Severity, Status
from advisories.content import (
    ACTION_KEYS,
    APPLICABILITY_KEYS,
    APPLICABILITY_OF_A_PRODUCT,
    Content,
)
from advisories.models import (
    Advisory,
    AdvisoryRevision,
    AffectedProduct,
    Category,
    Condition,
    Mode,
    Product,
    Release,
    SourceDocument,
    Topic,
)
from advisories.texts import LANGUAGES

EMPTY: Content = {
    "document": None,
    "position": None,
    "state": None,
    "withdrawn_reason": "",
    "title": None,
    "summary": None,
    "action": None,
    "check": None,
    "impact": None,
    "phase": None,
    "acts": None,
    "category": None,
    "topics": [],
    "severity": None,
    "modes": [],
    "conditions": [],
    "provenance": {"revision": None, "table": None, "row": None},
    "affected": [],
    "references": [],
}


@dataclass(frozen=True)
class Difference:
    """One field that is not the same, as people read it; `step` is how far it alone reaches."""

    label: str
    before: str
    after: str
    step: AdvisoryRevision.Step

    @property
    def marked(self) -> str:
        """The text afterwards, with what went and what came marked (HTML)."""
        return marked(self.before, self.after)


@dataclass
class Names:
    """What slugs are called, in the active language; seven queries when it is made."""

    of: dict[str, dict[str, str]] = field(default_factory=dict)

    @classmethod
    def from_portal(cls) -> "Names":
        named: tuple[tuple[str, Any], ...] = (
            ("document", SourceDocument.objects.all()),
            ("category", Category.objects.all()),
            ("topics", Topic.objects.all()),
            ("modes", Mode.objects.all()),
            ("conditions", Condition.objects.all()),
            ("product", Product.objects.all()),
            ("fixed_in", Release.objects.select_related("product")),
        )
        return cls({kind: {row.slug: str(row) for row in rows} for kind, rows in named})

    def name(self, kind: str, slug: str | None) -> str:
        """The name; a slug that is gone stands for itself, and nothing for nothing."""
        return "" if slug is None else self.of.get(kind, {}).get(slug, slug)


def differences(before: Content | None, after: Content, names: Names) -> list[Difference]:
    """Every field in which the two differ, in the order of the form; `before` None: all of it."""
    old = before or EMPTY
    return [
        Difference(label, was, now, STEPS.get(part, AdvisoryRevision.Step.PATCH))
        for key in EMPTY
        if old[key] != after[key]
        for part, label, was, now in _parts(key, old[key], after[key], names)
        if was != now
    ]


def left_behind(before: Content | None, after: Content) -> list[str]:
    """The labels of texts that stayed as they were while the same text in the other language
    changed: what one of them says may no longer be what the other does."""
    stayed = []
    for key in ("title", "summary", "action", "check", "impact"):
        old, new = (before or EMPTY)[key] or {}, after[key] or {}
        same = [language for language in LANGUAGES if old.get(language) == new.get(language)]
        if len(same) == 1 and new.get(same[0]):
            stayed.append(_label(Advisory, f"{key}_{same[0]}"))
    return stayed


# How far each part of a content reaches by itself; what is not here is wording.
STEPS = {
    **dict.fromkeys(APPLICABILITY_KEYS, AdvisoryRevision.Step.MAJOR),
    **dict.fromkeys(APPLICABILITY_OF_A_PRODUCT, AdvisoryRevision.Step.MAJOR),
    **dict.fromkeys(ACTION_KEYS, AdvisoryRevision.Step.MINOR),
}

Part = tuple[str, str, str, str]


def _parts(key: str, old: Any, new: Any, names: Names) -> Iterator[Part]:
    """Name, label, text before and text after of each part of a key of the content."""
    match key:
        case "title" | "summary" | "action" | "check" | "impact":
            for language in LANGUAGES:
                label = _label(Advisory, f"{key}_{language}")
                yield key, label, (old or {}).get(language, ""), (new or {}).get(language, "")
        case "topics" | "modes" | "conditions":
            was, now = (_lines(names.name(key, slug) for slug in slugs) for slugs in (old, new))
            yield key, _label(Advisory, key), was, now
        case "document" | "category":
            label = _label(Advisory, key)
            yield key, label, names.name(key, old), names.name(key, new)
        case "provenance":
            for part in ("revision", "table", "row"):
                label = _label(Advisory, f"source_{part}")
                yield key, label, _text(old[part]), _text(new[part])
        case "affected":
            yield from _affected(old, new, names)
        case "references":
            was, now = (_lines(_reference(row, names) for row in rows) for rows in (old, new))
            yield key, _("references"), was, now
        case "state" | "phase" | "acts" | "severity":
            yield key, _label(Advisory, key), CHOICES[key](old), CHOICES[key](new)
        case _:
            yield key, _label(Advisory, key), _text(old), _text(new)


def _label(model: Any, name: str) -> str:
    return str(model._meta.get_field(name).verbose_name)


def _lines(texts: Iterable[str]) -> str:
    return "\n".join(texts)


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _chosen(labels: Mapping[Any, Any]) -> Callable[[str | None], str]:
    return lambda value: str(labels.get(value, value)) if value else ""


CHOICES = {
    "state": _chosen(dict(Advisory.State.choices)),
    "phase": _chosen(dict(Advisory.Phase.choices)),
    "acts": _chosen(dict(Advisory.Actor.choices)),
    "severity": _chosen({severity.slug: severity.label for severity in Severity}),
    "status": _chosen(dict(Status.choices)),
    "basis": _chosen(dict(AffectedProduct.Basis.choices)),
    "fix_scope": _chosen(dict(FixScope.choices)),
    "fix_kind": _chosen(dict(AffectedProduct.FixKind.choices)),
}


def _affected(old: list[Content], new: list[Content], names: Names) -> Iterator[Part]:
    """Per product, what its row says; a product without a row says nothing."""
    before = {row["product"]: row for row in old}
    after = {row["product"]: row for row in new}
    for product in sorted({*before, *after}):
        was, now = before.get(product, {}), after.get(product, {})
        name = names.name("product", product)
        for key in ("status", "basis", "fixed_in", "fix_scope", "fix_kind"):
            said, says = (_of_product(key, row.get(key), names) for row in (was, now))
            yield key, f"{name}: {_label(AffectedProduct, key)}", said, says
        for language in LANGUAGES:
            label = f"{name}: {_label(AffectedProduct, f'fix_note_{language}')}"
            said, says = ((row.get("fix_note") or {}).get(language, "") for row in (was, now))
            yield "fix_note", label, said, says


def _of_product(key: str, value: str | None, names: Names) -> str:
    return names.name(key, value) if key == "fixed_in" else CHOICES[key](value)


def _reference(row: Content, names: Names) -> str:
    """A reference in one line: the numbers, whom it is for, the addresses."""
    parts = [row["number"]]
    if row["successor"]:
        parts.append(f"→ {row['successor']}")
    if row["product"]:
        parts.append(f"({names.name('product', row['product'])})")
    return " ".join([*parts, row["url"], row["successor_url"] or ""]).strip()


def marked(old: str, new: str) -> str:
    """`new` with what went and what came, between what both begin and end with."""
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    gone, come = old[head : len(old) - tail], new[head : len(new) - tail]
    return format_html(
        "{}{}{}{}",
        new[:head],
        format_html("<del>{}</del>", gone) if gone else "",
        format_html("<ins>{}</ins>", come) if come else "",
        new[len(new) - tail :] if tail else "",
    )


def _common(one: str, other: str) -> int:
    """How many characters both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))
