"""The two boxes of a comparison, as an address describes them and as a form asks for them.

In an address a side has `a-release`, `a-mode`, `a-installed_with`, and `a-yes` and `a-no` for the
conditions; the form has a field per condition instead.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from advisories.applicability import OLDER, UNKNOWN, Deployment, Older, Unknown
from advisories.deployments import NOT_KNOWN, OLDER_ONE, Choice, lineage_choices, mode_choices
from advisories.models import Condition, Release

SIDES = ("a", "b")
CONDITION = "condition-"
YES, NO, BOTH = "yes", "no", "both"
ANSWERS = [
    ("", gettext_lazy("not answered")),
    (YES, gettext_lazy("Yes")),
    (NO, gettext_lazy("No")),
]


class BoxForm(forms.Form):
    """One box. What a release cannot have is not asked: no mode where its product has none."""

    release = forms.ChoiceField(label=gettext_lazy("Release"), required=False)
    mode = forms.ChoiceField(label=gettext_lazy("Deployment mode"), required=False)
    installed_with = forms.ChoiceField(label=gettext_lazy("First installed with"), required=False)

    def __init__(
        self,
        query: QueryDict,
        *,
        side: str,
        releases: Mapping[str, Release],
        conditions: Iterable[Condition],
    ) -> None:
        super().__init__(_said(query, side), prefix=side)
        self.side = side
        self.releases = releases
        self.chosen = releases.get(query.get(f"{side}-release", ""))
        self.conditions = list(conditions) if self.chosen else []
        self._offer()

    def _offer(self) -> None:
        self._choices("release", [Choice("", _("Choose one")), *_releases(self.releases)])
        if self.chosen is None:
            del self.fields["mode"], self.fields["installed_with"]
            return
        modes = list(self.chosen.product.modes.all())
        if modes:
            self._choices("mode", _not_known_first(mode_choices(modes)))
        else:
            del self.fields["mode"]
        of_product = [r for r in self.releases.values() if r.product_id == self.chosen.product_id]
        lineage = lineage_choices(self.chosen, of_product)
        self._choices("installed_with", _not_known_first(lineage))
        for condition in self.conditions:
            field = forms.ChoiceField(label=condition.name, choices=ANSWERS, required=False)
            field.error_messages["invalid_choice"] = _("Choose one of these.")
            self.fields[CONDITION + condition.slug] = field

    def _choices(self, name: str, choices: Iterable[Choice]) -> None:
        field: Any = self.fields[name]
        field.choices = [(choice.slug, choice.name) for choice in choices]
        field.error_messages["invalid_choice"] = {
            "release": _("The catalogue has no such release. Choose one of these."),
            "mode": _("The product does not support this deployment mode. Choose one of these."),
            "installed_with": _(
                "A box cannot have been installed with this release. Choose one of these."
            ),
        }[name]

    @property
    def letter(self) -> str:
        return self.side.upper()

    @property
    def has_answers(self) -> bool:
        return any(field.value() for field in self.asked)

    @property
    def asked(self) -> list[Any]:
        """The fields of the conditions."""
        return [self[CONDITION + condition.slug] for condition in self.conditions]

    @property
    def deployment(self) -> Deployment | None:
        """The box; None while no release is chosen or something said of it cannot be."""
        if not self.is_valid() or self.chosen is None:
            return None
        said, modes = self.cleaned_data, self.chosen.product.modes.all()
        mode = said.get("mode") or (UNKNOWN if modes else None)
        return Deployment(
            product=self.chosen.product.slug,
            rank=self.chosen.rank,
            mode=mode,
            installed_with=self._lineage(said["installed_with"]),
            answers={slug: answer == YES for slug, answer in self._answers().items()},
            product_modes=frozenset(m.slug for m in modes),
        )

    def _lineage(self, value: str) -> int | Older | Unknown:
        if value == OLDER_ONE:
            return OLDER
        return self.releases[value].rank if value else UNKNOWN

    def _answers(self) -> dict[str, str]:
        given = {c.slug: self.cleaned_data[CONDITION + c.slug] for c in self.conditions}
        return {slug: answer for slug, answer in given.items() if answer}

    def pairs(self, side: str = "", *, box: bool = False) -> list[tuple[str, str]]:
        """What a valid form said, as keys and values of an address: of `side` instead of its own,
        or (`box`) as the wizard's address has them."""
        prefix = "" if box else f"{side or self.side}-"
        single = [(n, self.cleaned_data.get(n, "")) for n in ("release", "mode", "installed_with")]
        answers = [(answer, slug) for slug, answer in sorted(self._answers().items())]
        return [(prefix + key, value) for key, value in (*single, *answers) if value]


def address(*pairs: Iterable[tuple[str, str]]) -> str:
    """A query string of all of them."""
    return urlencode([pair for each in pairs for pair in each])


def conditions_of(releases: Iterable[Release | None]) -> list[Condition]:
    """The conditions of the published advisories that these releases' documents bring. One query,
    none without a release."""
    products = {release.product_id for release in releases if release}
    if not products:
        return []
    found = Condition.objects.filter(
        advisories__state="published", advisories__document__products__in=products
    )
    return list(found.distinct())


def _said(query: QueryDict, side: str) -> dict[str, str]:
    """The side's fields as the form has them; conditions that stand as yes and no become fields
    too. What is both yes and no is neither, which the field says."""
    prefix = f"{side}-"
    said = {key: value for key, value in query.items() if key.startswith(prefix)}
    for answer in (YES, NO):
        for slug in query.getlist(prefix + answer):
            field = f"{prefix}{CONDITION}{slug}"
            said[field] = BOTH if said.get(field, answer) != answer else answer
    for name in ("mode", "installed_with"):
        if said.get(prefix + name) == NOT_KNOWN:
            said[prefix + name] = ""
    return {key: str(value) for key, value in said.items()}


def _releases(releases: Mapping[str, Release]) -> list[Choice]:
    newer = _("%(release)s (newer than the document)")
    return [
        Choice(slug, str(r) if r.in_source else newer % {"release": r})
        for slug, r in releases.items()
    ]


def _not_known_first(choices: Iterable[Choice]) -> list[Choice]:
    """With "not known" first and as what is not said: nobody has to choose it."""
    return [
        *(Choice("", choice.name) for choice in choices if choice.slug == NOT_KNOWN),
        *(choice for choice in choices if choice.slug != NOT_KNOWN),
    ]
