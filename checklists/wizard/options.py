"""What the wizard's pages offer and repeat, in words."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from advisories.applicability import OLDER
from advisories.models import Release
from advisories.texts import in_language
from checklists import wording
from checklists.freezing import CONDITION, NOT_KNOWN
from checklists.wizard import rules
from checklists.wizard.preview import Sheet
from checklists.wizard.rules import Answers, Step


@dataclass(frozen=True)
class Option:
    """A radio. `group` is a heading that stands before it, "" for none; `newer` marks a release
    that the document does not name."""

    value: str
    label: str
    note: str = ""
    group: str = ""
    newer: bool = False
    checked: bool = False


@dataclass(frozen=True)
class Question:
    """A condition on its page; `value` is "yes", "no" or "unknown"."""

    slug: str
    field: str
    name: str
    hint: str
    value: str


def options_of(sheet: Sheet, step: Step) -> list[Option] | list[Question]:
    """What can be chosen at `step`; one query at the steps that offer releases."""
    if step is rules.RELEASE:
        return _releases(sheet.answers)
    if step is rules.MODE:
        return _modes(sheet)
    if step is rules.INSTALLED_WITH:
        return _lineage(sheet)
    return _questions(sheet)


def _releases(answers: Answers) -> list[Option]:
    options: list[Option] = []
    product = None
    for release in Release.objects.select_related("product"):
        options.append(
            Option(
                release.slug,
                str(release),
                group=release.product.name if release.product_id != product else "",
                newer=not release.in_source,
                checked=release.slug == answers.release,
            )
        )
        product = release.product_id
    return options


def _modes(sheet: Sheet) -> list[Option]:
    modes: list[dict[str, Any]] = sheet.header["modes"] if sheet.header else []
    chosen = sheet.answers.mode
    return [
        *(
            Option(
                m["slug"],
                in_language(m["name"]),
                in_language(m["note"]),
                "",
                False,
                m["slug"] == chosen,
            )
            for m in modes
        ),
        Option(
            NOT_KNOWN,
            _("Not known"),
            _("What depends on the mode will need an answer later."),
            checked=chosen == NOT_KNOWN,
        ),
    ]


def _lineage(sheet: Sheet) -> list[Option]:
    chosen = sheet.answers.installed_with
    options = []
    if sheet.release:
        reached = Release.objects.filter(
            product=sheet.release.product_id, rank__lte=sheet.release.rank
        )
        for release in reached.select_related("product").order_by("-rank"):
            options.append(
                Option(
                    release.slug,
                    str(release),
                    _("Newly installed with the release it runs.")
                    if release.pk == sheet.release.pk
                    else "",
                    newer=not release.in_source,
                    checked=release.slug == chosen,
                )
            )
    return [
        *options,
        Option(
            OLDER.value,
            _("An older release"),
            _("Older than every release of this product in the catalogue."),
            checked=chosen == OLDER.value,
        ),
        Option(
            NOT_KNOWN,
            _("Not known"),
            _("Also when the settings were imported from another box."),
            checked=chosen == NOT_KNOWN,
        ),
    ]


def _questions(sheet: Sheet) -> list[Question]:
    given = sheet.usable.conditions()
    return [
        Question(
            slug=condition["slug"],
            field=rules.FIELD + condition["slug"],
            name=in_language(condition["name"]),
            hint=in_language(condition["hint"]),
            value=given.get(condition["slug"], NOT_KNOWN),
        )
        for condition in sheet.conditions
    ]


@dataclass(frozen=True)
class Answered:
    """One line of the check page: `step` asks it, at `anchor` of its page."""

    step: Step
    question: str
    value: str
    anchor: str = ""
    newer: bool = False


def summary_of(sheet: Sheet) -> list[Answered]:
    """Every question of the box with its answer in words; no query. [] without a release."""
    if sheet.header is None or sheet.release is None:
        return []
    header, stated = sheet.header, sheet.usable.stated()
    lines = [
        Answered(rules.RELEASE, _("Release"), str(sheet.release), newer=not sheet.release.in_source)
    ]
    for step in sheet.steps:
        if step in (rules.MODE, rules.INSTALLED_WITH):
            value = wording.value_text(header, step.key, stated[step.key])
            lines.append(Answered(step, wording.question_text(header, step.key), value))
    open_ones = 0
    for condition in sheet.conditions:
        question = CONDITION + condition["slug"]
        if question not in stated:
            open_ones += 1
            continue
        value = wording.value_text(header, question, stated[question])
        name = wording.question_text(header, question)
        lines.append(Answered(rules.CONDITIONS, name, value, rules.FIELD + condition["slug"]))
    if open_ones:
        value = ngettext("%(n)d is not answered", "%(n)d are not answered", open_ones)
        name = _("Other conditions") if sheet.usable.conditions() else _("Conditions")
        lines.append(Answered(rules.CONDITIONS, name, value % {"n": open_ones}, "answers"))
    return lines
