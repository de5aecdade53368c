"""Reading a catalogue file: bytes in, a checked document out, or every fault with its place.

The shape is `fixtures/catalogue.schema.json`; what a schema cannot say is checked here. No
database.
"""

import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext as _
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError as SchemaError

from advisories.tidy import UNPRINTABLE

SCHEMA_FILE = Path(settings.BASE_DIR) / "fixtures" / "catalogue.schema.json"
LARGEST = 50_000_000  # bytes
SHOWN_FAULTS = 50
# A carriage return would be gone after the first edit in a form: a change that nobody made.
UNKEPT = re.compile(f"{UNPRINTABLE.pattern}|\r")

Json = dict[str, Any]
# Which list of the file a slug under this key has to stand in.
TERMS = ("products", "releases", "modes", "categories", "topics", "conditions")


class FaultyFile(Exception):
    """The file is refused whole. `faults` are lines "place: what is wrong"."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = list(faults)
        more = len(self.faults) - SHOWN_FAULTS
        lines = self.faults[:SHOWN_FAULTS]
        if more > 0:
            lines.append(_("... and %(n)s more") % {"n": more})
        super().__init__("\n".join(lines))


def read(source: Path | str | bytes, *, most_advisories: int | None = None) -> Json:
    """The document in a file (a path) or in bytes. Raises FaultyFile.

    `most_advisories`: a file with more is refused before they are looked at; None: any number.
    """
    raw = source if isinstance(source, bytes) else _bytes_of(Path(source))
    if len(raw) > LARGEST:
        raise FaultyFile(
            [_("The file is larger than %(most)s MB.") % {"most": LARGEST // 1_000_000}]
        )
    try:
        document = _parse(raw)
        _check_number(document, most_advisories)
        faults = [*_unkept(document), *_schema_faults(document)]
        if not faults:
            faults = list(_cross_faults(document))
    except RecursionError:
        raise FaultyFile([_("The file is nested too deeply to be a catalogue.")]) from None
    if faults:
        raise FaultyFile(faults)
    return document


def newest_edition(source: Json) -> Json:
    """The newest of the document's editions in the file; of one day the one that stands last."""
    pairs = enumerate(source["revisions"])
    newest: Json = max(pairs, key=lambda pair: (pair[1]["date"], pair[0]))[1]
    return newest


def _bytes_of(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        message = _("%(file)s: cannot be read (%(reason)s).") % {"file": path, "reason": reason}
        raise FaultyFile([message]) from None


def _parse(raw: bytes) -> Json:
    def once(pairs: list[tuple[str, Any]]) -> Json:
        found: Json = {}
        for key, value in pairs:
            if key in found:
                raise ValueError(
                    _("the key %(key)s is given twice in one place") % {"key": _shown(key)}
                )
            found[key] = value
        return found

    def refuse(constant: str) -> None:
        raise ValueError(_("%(value)s is no JSON value") % {"value": constant})

    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FaultyFile(
            [_("The file is not UTF-8 text (byte %(place)s).") % {"place": error.start}]
        ) from None
    try:
        document = json.loads(text, object_pairs_hook=once, parse_constant=refuse)
    except json.JSONDecodeError as error:
        words = {"line": error.lineno, "column": error.colno}
        message = _("The file is not JSON from line %(line)s, column %(column)s on.") % words
        raise FaultyFile([message]) from None
    except ValueError as error:
        raise FaultyFile([_("The file is not JSON: %(reason)s.") % {"reason": error}]) from None
    if not isinstance(document, dict):
        raise FaultyFile([_("The file is JSON, but not an object with source and advisories.")])
    return document


def _check_number(document: Json, most: int | None) -> None:
    advisories = document.get("advisories")
    if most is not None and isinstance(advisories, list) and len(advisories) > most:
        raise FaultyFile(
            [_("The file has more than %(most)s advisories. Split it.") % {"most": most}]
        )


def _code(character: str) -> str:
    return f"{ord(character):04X}"


def _unkept(value: Any, place: str = "") -> Iterator[str]:
    """Strings that PostgreSQL, a spreadsheet or a form would refuse or change."""
    if isinstance(value, str):
        if found := UNKEPT.search(value):
            said = _("holds U+%(code)s, which cannot be kept") % {"code": _code(found[0])}
            yield f"{place}: {said}"
    elif isinstance(value, dict):
        for key, child in value.items():
            if found := UNKEPT.search(key):
                said = _("a key holds U+%(code)s") % {"code": _code(found[0])}
                yield f"{place or _('file')}: {said}"
            else:
                yield from _unkept(child, f"{place}.{key}" if place else key)
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _unkept(child, f"{place}[{index}]")


@cache
def _validator() -> Draft202012Validator:
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    return Draft202012Validator(schema, format_checker=FormatChecker(["date"]))


def _schema_faults(document: Json) -> list[str]:
    errors = sorted(
        _validator().iter_errors(document), key=lambda error: list(map(str, error.path))
    )
    # A value that fails its pattern and its format is wrong once.
    return list(dict.fromkeys(f"{_place(error.absolute_path)}: {_said(error)}" for error in errors))


def _place(path: Iterable[str | int]) -> str:
    place = ""
    for step in path:
        if isinstance(step, int):
            place += f"[{step}]"
        else:
            place += f".{step}" if place else step
    return place or _("file")


def _said(error: SchemaError) -> str:
    """The fault in words; jsonschema's own words would quote whole advisories."""
    value: Any = error.instance
    schema: Any = error.schema
    limit: Any = error.validator_value
    match error.validator:
        case "required":
            missing = [key for key in limit if key not in value]
            return _("%(keys)s missing") % {"keys": ", ".join(missing)}
        case "additionalProperties":
            unknown = sorted(set(value) - set(schema["properties"]))
            return _("unknown key %(keys)s") % {"keys": ", ".join(map(_shown, unknown))}
        case "enum":
            allowed = ", ".join("null" if v is None else v for v in limit)
            return _("%(value)s is not one of %(allowed)s") % {
                "value": _shown(value),
                "allowed": allowed,
            }
        case "maxLength":
            return _("is %(length)s characters long, %(most)s are allowed") % {
                "length": len(value),
                "most": limit,
            }
        case "uniqueItems":
            return _("lists something twice")
        case "minItems":
            return _("has %(n)s entries, at least %(least)s are needed") % {
                "n": len(value),
                "least": limit,
            }
    described = schema.get("description")
    expected = _(described) if described else limit
    return _("%(value)s, expected %(expected)s") % {"value": _shown(value), "expected": expected}


def _shown(value: Any) -> str:
    """A value of any size as a message can quote it."""
    if isinstance(value, dict | list):
        words = _("a list of %(n)s") if isinstance(value, list) else _("a group of %(n)s")
        return words % {"n": len(value)}
    text = json.dumps(value, ensure_ascii=True)
    return text if len(text) <= 80 else f"{text[:80]}…"


def _cross_faults(document: Json) -> Iterator[str]:
    known = {}
    for key in TERMS:
        entries = document.get(key, [])
        known[key] = {entry["slug"] for entry in entries}
        yield from _twice(entries, key, "slug")
    yield from _source_faults(document["source"], known)
    for index, product in enumerate(document["products"]):
        yield from _unknown(f"products[{index}].modes", product.get("modes", []), "modes", known)
    yield from _release_faults(document["releases"], known)
    yield from _synonym_faults(document.get("synonyms", []))
    yield from _twice(document["advisories"], "advisories", "tracking_id")
    yield from _twice(document["advisories"], "advisories", "position")
    versions = {revision["version"] for revision in document["source"]["revisions"]}
    product_of = {release["slug"]: release["product"] for release in document["releases"]}
    covered = set(document["source"]["products"])
    for index, advisory in enumerate(document["advisories"]):
        place = f"advisories[{index}]"
        yield from _unknown(f"{place}.category", [advisory["category"]], "categories", known)
        for key in ("topics", "modes", "conditions"):
            yield from _unknown(f"{place}.{key}", advisory.get(key, []), key, known)
        version = (advisory.get("provenance") or {}).get("revision")
        if version is not None and version not in versions:
            said = _("%(value)s is not in source.revisions") % {"value": _shown(version)}
            yield f"{place}.provenance.revision: {said}"
        yield from _affected_faults(place, advisory["affected"], covered, product_of)
        yield from _reference_faults(place, advisory.get("references", []), covered)


def _source_faults(source: Json, known: dict[str, set[str]]) -> Iterator[str]:
    yield from _unknown("source.products", source["products"], "products", known)
    yield from _twice(source["revisions"], "source.revisions", "version")


def _release_faults(releases: list[Json], known: dict[str, set[str]]) -> Iterator[str]:
    ranks: dict[tuple[str, int], str] = {}
    for index, release in enumerate(releases):
        place = f"releases[{index}]"
        yield from _unknown(f"{place}.product", [release["product"]], "products", known)
        key = (release["product"], release["rank"])
        other = ranks.setdefault(key, release["slug"])
        if other != release["slug"]:
            said = _("%(rank)s is the rank of %(other)s already") % {
                "rank": release["rank"],
                "other": other,
            }
            yield f"{place}.rank: {said}"


def _synonym_faults(groups: list[list[str]]) -> Iterator[str]:
    """The first word names the group; two groups of one name could not be told apart."""
    first: dict[str, int] = {}
    for index, group in enumerate(groups):
        other = first.setdefault(" ".join(group[0].split()), index)
        if other != index:
            yield (
                f"synonyms[{index}][0]: {_shown(group[0])} begins synonyms[{other}] already."
                " Begin one of them with another of its words."
            )


def _affected_faults(
    place: str, rows: list[Json], covered: set[str], product_of: dict[str, str]
) -> Iterator[str]:
    yield from _twice(rows, f"{place}.affected", "product")
    for index, row in enumerate(rows):
        here = f"{place}.affected[{index}]"
        product, fixed_in = row["product"], row.get("fixed_in")
        if product not in covered:
            yield f"{here}.product: {_not_covered(product)}"
        if fixed_in is not None and fixed_in not in product_of:
            said = _("%(value)s is not in releases") % {"value": fixed_in}
            yield f"{here}.fixed_in: {said}"
        elif fixed_in is not None and product_of[fixed_in] != product:
            said = _("%(release)s is a release of %(other)s, not of %(product)s") % {
                "release": fixed_in,
                "other": product_of[fixed_in],
                "product": product,
            }
            yield f"{here}.fixed_in: {said}"
        if (fixed_in is None) != (row.get("fix_scope") is None):
            yield f"{here}: {_('fixed_in and fix_scope go together, one of them is missing')}"


def _not_covered(product: str) -> str:
    return _("%(value)s is not in source.products") % {"value": product}


def _reference_faults(place: str, references: list[Json], covered: set[str]) -> Iterator[str]:
    yield from _twice(references, f"{place}.references", "number")
    check_url = URLValidator(["http", "https"])
    for index, reference in enumerate(references):
        here = f"{place}.references[{index}]"
        product = reference.get("product")
        if product is not None and product not in covered:
            yield f"{here}.product: {_not_covered(product)}"
        for key in ("url", "successor_url"):
            try:
                check_url(reference.get(key) or "https://example.org/")
            except ValidationError:
                said = _("%(value)s is no address") % {"value": _shown(reference[key])}
                yield f"{here}.{key}: {said}"


def _twice(entries: list[Json], place: str, key: str) -> Iterator[str]:
    """Entries that repeat an earlier one's `key`; entries without the key do not count."""
    first: dict[Any, int] = {}
    for index, entry in enumerate(entries):
        if key in entry and first.setdefault(entry[key], index) != index:
            said = _("%(value)s stands in %(place)s already") % {
                "value": _shown(entry[key]),
                "place": f"{place}[{first[entry[key]]}]",
            }
            yield f"{place}[{index}].{key}: {said}"


def _unknown(place: str, slugs: list[str], key: str, known: dict[str, set[str]]) -> Iterator[str]:
    for slug in slugs:
        if slug not in known[key]:
            listed = ", ".join(sorted(known[key])[:20]) or "—"
            said = _("%(value)s is not in %(list)s. Known are: %(known)s.") % {
                "value": slug,
                "list": key,
                "known": listed,
            }
            yield f"{place}: {said}"
