"""What a newer revision says other than the frozen one, field by field, in the active language.
Pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from advisories.applicability import FixScope, Severity, Status
from advisories.changed_words import Part, compare
from advisories.texts import LANGUAGES, in_language

LANGUAGE_NAMES = {"ja": gettext_lazy("Japanese"), "en": gettext_lazy("English")}

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Difference:
    label: str
    parts: tuple[Part, ...]


def differences(old: Json, new: Json) -> list[Difference]:
    """What differs between two states of an item, {"severity", "content", "facts"}.

    A text that differs in the other language only is shown in that one.
    """
    return [
        Difference(words, tuple(compare(before, after)))
        for label, text in FIELDS
        for words, before, after in _differing(label, text(old), text(new))
    ]


def _differing(
    label: str | Promise, old: dict[str, str], new: dict[str, str]
) -> Iterator[tuple[str, str, str]]:
    """(label, old text, new text) in the active language when they differ in it, else in each
    one in which they do."""
    before, after = in_language(old), in_language(new)
    if before != after:
        yield str(label), before, after
        return
    for language, name in LANGUAGE_NAMES.items():
        before, after = old.get(language, ""), new.get(language, "")
        if before != after:
            named = {"label": label, "language": name}
            yield _("%(label)s (%(language)s)") % named, before, after


# ---------------------------------------------------------------- the fields and their words


def _both(word: str | Promise) -> dict[str, str]:
    """A word of the active language in the shape of a frozen text."""
    return dict.fromkeys(LANGUAGES, str(word))


def _severity(state: Json) -> dict[str, str]:
    severity = state["severity"]
    return _both("—" if severity is None else Severity(severity).label)


def _status(state: Json) -> dict[str, str]:
    status = state["facts"]["status"]
    return _both(Status(status).label if status else _("Not stated"))


def _of(name: str) -> Callable[[Json], dict[str, str]]:
    def text(state: Json) -> dict[str, str]:
        value: dict[str, str] = state["content"][name]
        return value

    return text


def _category(state: Json) -> dict[str, str]:
    name: dict[str, str] = state["content"]["category"]["name"]
    return name


def _terms(name: str, none: str | Promise) -> Callable[[Json], dict[str, str]]:
    """The names of the terms, a line each; `none` where there are none."""

    def text(state: Json) -> dict[str, str]:
        terms = state["content"][name]
        if not terms:
            return _both(none)
        return {
            language: "\n".join(in_language(term["name"], language) for term in terms)
            for language in LANGUAGES
        }

    return text


def _fixed_in(state: Json) -> dict[str, str]:
    fix = state["content"]["fix"]
    if not fix:
        return _both(_("in no release known here"))
    scope = FixScope(fix["scope"]).label
    return {
        language: " / ".join(
            part
            for part in (
                in_language(fix["fixed_in"], language),
                str(scope),
                in_language(fix["kind"], language),
            )
            if part
        )
        for language in LANGUAGES
    }


def _fix_note(state: Json) -> dict[str, str]:
    fix = state["content"]["fix"]
    note: dict[str, str] = fix["note"] if fix else _both("")
    return note


def _references(state: Json) -> dict[str, str]:
    return _both("\n".join(_reference_lines(state["content"]["references"])))


def _reference_lines(references: list[Json]) -> Iterator[str]:
    for reference in references:
        said = (reference["product_name"], reference["number"], reference["url"])
        line = " ".join(part for part in said if part)
        successor = (reference["successor"], reference["successor_url"])
        newer = " ".join(part for part in successor if part)
        yield f"{line} → {newer}" if newer else line


def _place(state: Json) -> dict[str, str]:
    place = state["content"]["provenance"]
    said = [place["document"], place["version"]]
    if place["table"] is not None:
        said.append(_("table %(number)s") % {"number": place["table"]})
    if place["row"] is not None:
        said.append(_("row %(number)s") % {"number": place["row"]})
    return _both(" ".join(part for part in said if part))


FIELDS: tuple[tuple[str | Promise, Callable[[Json], dict[str, str]]], ...] = (
    (gettext_lazy("Severity"), _severity),
    (gettext_lazy("Title"), _of("title")),
    (gettext_lazy("Summary"), _of("summary")),
    (gettext_lazy("What to do"), _of("action")),
    (gettext_lazy("How to prove it"), _of("check")),
    (gettext_lazy("Service impact"), _of("impact")),
    (gettext_lazy("Phase"), _of("phase")),
    (gettext_lazy("Who acts"), _of("acts")),
    (gettext_lazy("Applies in modes"), _terms("modes", gettext_lazy("every mode"))),
    (gettext_lazy("Conditions"), _terms("conditions", gettext_lazy("none"))),
    (gettext_lazy("Status"), _status),
    (gettext_lazy("Basis"), _of("basis")),
    (gettext_lazy("Fixed in"), _fixed_in),
    (gettext_lazy("Note on the fix"), _fix_note),
    (gettext_lazy("Category"), _category),
    (gettext_lazy("Topics"), _terms("topics", gettext_lazy("none"))),
    (gettext_lazy("References"), _references),
    (gettext_lazy("Place in the document"), _place),
)
