"""Document numbers: a pattern with placeholders, and what it gives for one edition. Pure."""

import re
from collections.abc import Mapping
from string import Formatter

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

DEFAULT_PATTERN = "{project_number}-{host}-{edition}"
LENGTH = 200
# Placeholder -> (what it stands for, an example)
PLACEHOLDERS = {
    "project_number": (gettext_lazy("Project number"), "P-2026-118"),
    "host": (gettext_lazy("Host"), "proxy01"),
    "edition": (gettext_lazy("Edition"), "1.0"),
    "checklist": (gettext_lazy("First eight letters of the checklist's identifier"), "0d3f6e1c"),
    "year": (gettext_lazy("Year in which the edition was opened"), "2026"),
    "month": (gettext_lazy("Month"), "11"),
    "day": (gettext_lazy("Day"), "24"),
}
EXAMPLE = {name: example for name, (_meaning, example) in PLACEHOLDERS.items()}
_SEPARATORS = re.compile(r"([-_/. ])[-_/. ]+")


def document_number(pattern: str, values: Mapping[str, str]) -> str:
    """The number in one line. A placeholder without a value takes its separator with it, and a
    number longer than LENGTH is cut."""
    filled = " ".join(pattern.format_map(values).split())
    return _SEPARATORS.sub(r"\1", filled).strip("-_/. ")[:LENGTH]


def validate_pattern(pattern: str) -> None:
    """Raises ValidationError unless it has placeholders that exist, and the edition among them:
    two editions must not have one number."""
    known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    try:
        parts = list(Formatter().parse(pattern))
    except ValueError as error:
        text = _("A brace is not closed. Placeholders are: %(known)s.")
        raise ValidationError(text % {"known": known}) from error
    named = {name for _text, name, _spec, _conversion in parts if name is not None}
    plain = all(not spec and not conversion for _text, _name, spec, conversion in parts)
    if not plain or not named <= PLACEHOLDERS.keys():
        text = _("This is no placeholder: %(names)s. Placeholders are: %(known)s.")
        unknown = ", ".join(sorted(named - PLACEHOLDERS.keys())) or pattern
        raise ValidationError(text % {"names": unknown, "known": known})
    if "edition" not in named:
        raise ValidationError(_("Put {edition} into it: two editions must not have one number."))
