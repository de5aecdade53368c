"""The terms of a catalogue file: modes, categories, topics, conditions, products, releases."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import F, Q
from django.utils.translation import gettext as _

from advisories.catalogue_file import FaultyFile, Json
from advisories.merging import Report, Values, merge, note
from advisories.models import Category, Condition, Mode, Product, Release, SourceDocument, Topic
from advisories.texts import two_columns

# Out of the way of every rank a file may hold, while ranks change places.
RANK_PARKING = 1_000_000_001


def _term(entry: Json, position: int) -> Values:
    return {**two_columns("name", entry["name"]), "position": position}


def _mode(entry: Json, position: int) -> Values:
    return {**_term(entry, position), **two_columns("note", entry.get("note"))}


def _condition(entry: Json, position: int) -> Values:
    return {**_term(entry, position), **two_columns("hint", entry.get("hint"))}


def _product(entry: Json, position: int) -> Values:
    return {
        "short_name": entry["short_name"],
        "name": entry["name"],
        **two_columns("modes_note", entry.get("modes_note")),
        "position": position,
        "modes": sorted(entry.get("modes", [])),
    }


def _release(entry: Json, position: int) -> Values:
    return {
        "product": entry["product"],
        "rank": int(entry["rank"]),
        **two_columns("label", entry["label"]),
        "in_source": entry.get("in_source", True),
        "end_of_support": entry.get("end_of_support"),
        "end_of_support_source": entry.get("end_of_support_source") or "",
    }


@dataclass(frozen=True)
class Kind:
    """How one list of the file becomes rows. `identity`: the fields in which two documents have
    to agree before they can mean the same thing by a slug."""

    key: str
    noun: str
    model: Any
    values: Callable[[Json, int], Values]
    identity: tuple[str, ...] = ("name_ja",)


MODES = Kind("modes", "mode", Mode, _mode)
CATEGORIES = Kind("categories", "category", Category, _term)
TOPICS = Kind("topics", "topic", Topic, _term)
CONDITIONS = Kind("conditions", "condition", Condition, _condition)
PRODUCTS = Kind("products", "product", Product, _product, ("name",))
RELEASES = Kind("releases", "release", Release, _release, ("product", "rank", "label_ja"))


def load_terms(wanted: Json, document: SourceDocument, report: Report) -> None:
    """Write what is new or follows the file. Raises FaultyFile for a slug that means something
    else in the portal already. About three queries per kind when nothing changes."""
    for kind in (MODES, CATEGORIES, TOPICS, CONDITIONS, PRODUCTS, RELEASES):
        _Loading(kind, wanted.get(kind.key, []), document, report).run()


class _Loading:
    """One list of one file."""

    def __init__(
        self, kind: Kind, entries: list[Json], document: SourceDocument, report: Report
    ) -> None:
        self.kind, self.entries, self.document, self.report = kind, entries, document, report
        self.faults: list[str] = []
        slugs = [entry["slug"] for entry in entries]
        rows = kind.model.objects.filter(Q(slug__in=slugs) | Q(document=document))
        rows = rows.select_related("document")
        if kind is PRODUCTS:
            rows = rows.prefetch_related("modes")
        if kind is RELEASES:
            rows = rows.select_related("document", "product")
        self.stored = {row.slug: row for row in rows}
        self.products = Product.objects.in_bulk(field_name="slug") if kind is RELEASES else {}

    def run(self) -> None:
        new: list[tuple[str, Values]] = []
        changed: list[tuple[Any, Values]] = []
        for index, entry in enumerate(self.entries):
            slug, values = entry["slug"], self.kind.values(entry, index)
            row = self.stored.get(slug)
            if row is None:
                new.append((slug, values))
            elif changes := self._compare(row, values, f"{self.kind.key}[{index}]"):
                changed.append((row, changes))
        if self.kind is RELEASES:
            self._check_ranks(new, changed)
        if self.faults:
            raise FaultyFile(self.faults)
        for row, changes in changed:
            self._change(row, changes)
        self._add(new)
        listed = {entry["slug"] for entry in self.entries}
        for slug in sorted(self.stored.keys() - listed):
            note(self.report.missing, self.kind.noun, slug)

    def _compare(self, row: Any, wanted: Values, place: str) -> Values:
        """What to write; keeps a note of what is left and of faults."""
        current = {name: _current(row, name) for name in wanted}
        if row.document_id != self.document.pk:
            self._share(row, current, wanted, place)
            return {}
        if "product" in wanted and current["product"] != wanted["product"]:
            owner = current["product"]
            said = _("%(release)s is a release of %(other)s here") % {
                "release": row.slug,
                "other": owner,
            }
            self.faults.append(f"{place}.product: {said}")
            return {}
        merged = merge(loaded=row.loaded, current=current, wanted=wanted)
        if merged.kept:
            said = f"{row.slug} ({', '.join(merged.kept)})"
            note(self.report.edited_here, self.kind.noun, said)
        if row.loaded != wanted:
            type(row).objects.filter(pk=row.pk).update(loaded=wanted)
        if not merged.changes and not merged.kept:
            self.report.unchanged += 1
        return merged.changes

    def _share(self, row: Any, current: Values, wanted: Values, place: str) -> None:
        """The slug came from elsewhere: it has to mean the same, and stays as it is."""
        for name in self.kind.identity:
            if wanted[name] not in (current[name], row.loaded.get(name)):
                said = _(
                    "%(slug)s is “%(here)s” here, brought by %(owner)s, and “%(file)s” in this"
                    " file (%(field)s). Use another slug."
                ) % {
                    "slug": row.slug,
                    "here": current[name],
                    "owner": row.document.slug if row.document else _("the portal itself"),
                    "file": wanted[name],
                    "field": name,
                }
                self.faults.append(f"{place}.slug: {said}")
                return
        others = [name for name in wanted if name != "position" and wanted[name] != current[name]]
        if others:
            note(self.report.shared, self.kind.noun, f"{row.slug} ({', '.join(others)})")
        else:
            self.report.unchanged += 1

    def _change(self, row: Any, changes: Values) -> None:
        plain = {name: value for name, value in changes.items() if name != "modes"}
        if plain:
            type(row).objects.filter(pk=row.pk).update(**_columns(plain))
        if "modes" in changes:
            row.modes.set(Mode.objects.filter(slug__in=changes["modes"]))
        note(self.report.changed, self.kind.noun, f"{row.slug} ({', '.join(changes)})")

    def _add(self, new: list[tuple[str, Values]]) -> None:
        rows = []
        for slug, values in new:
            columns = _columns({k: v for k, v in values.items() if k not in ("modes", "product")})
            if self.kind is RELEASES:
                columns["product"] = self.products[values["product"]]
            row = self.kind.model(slug=slug, document=self.document, loaded=values, **columns)
            rows.append(row)
            note(self.report.added, self.kind.noun, slug)
        self.kind.model.objects.bulk_create(rows)
        if self.kind is PRODUCTS:
            modes = Mode.objects.in_bulk(field_name="slug")
            link = Product.modes.through
            link.objects.bulk_create(
                link(product=row, mode=modes[slug]) for row in rows for slug in row.loaded["modes"]
            )

    def _check_ranks(
        self, new: list[tuple[str, Values]], changed: list[tuple[Any, Values]]
    ) -> None:
        """Ranks as they will be have to be unique in each product; then make way for the swaps."""
        products = {values["product"] for _slug, values in new}
        products |= {row.product.slug for row, _changes in changed}
        ranks = {
            slug: (product, rank)
            for slug, product, rank in Release.objects.filter(
                product__slug__in=products
            ).values_list("slug", "product__slug", "rank")
        }
        ranks |= {slug: (values["product"], values["rank"]) for slug, values in new}
        moved = [row for row, changes in changed if "rank" in changes]
        ranks |= {
            row.slug: (row.product.slug, changes["rank"])
            for row, changes in changed
            if "rank" in changes
        }
        for (product, rank), count in Counter(ranks.values()).items():
            if count > 1:
                both = sorted(slug for slug, key in ranks.items() if key == (product, rank))
                said = _("%(one)s and %(other)s would both have rank %(rank)s") % {
                    "one": both[0],
                    "other": both[1],
                    "rank": rank,
                }
                self.faults.append(f"releases: {said}")
        if moved and not self.faults:
            Release.objects.filter(pk__in=[row.pk for row in moved]).update(
                rank=F("rank") + RANK_PARKING
            )


def _current(row: Any, name: str) -> Any:
    """What the portal says, as a file would say it."""
    if name == "modes":
        return sorted(mode.slug for mode in row.modes.all())
    if name == "product":
        return row.product.slug
    value = getattr(row, name)
    return value.isoformat() if isinstance(value, date) else value


def _columns(values: Values) -> Values:
    columns = dict(values)
    if columns.get("end_of_support"):
        columns["end_of_support"] = date.fromisoformat(columns["end_of_support"])
    return columns
