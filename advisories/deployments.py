"""A box as people write it down (slugs) becomes a `Deployment`, or an error with the choices."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from advisories.applicability import OLDER, UNKNOWN, Deployment, Older, Unknown
from advisories.models import Condition, Mode, Product, Release

NOT_KNOWN = "unknown"
OLDER_ONE = "older"


@dataclass(frozen=True)
class Choice:
    """Something that could have been written instead; `note` may be ""."""

    slug: str
    name: str
    note: str = ""


class DeploymentError(ValueError):
    """What was said of the box cannot be. The message says why; `choices` is what would do, and
    may be empty."""

    def __init__(self, message: str, choices: Iterable[Choice] = ()) -> None:
        super().__init__(message)
        self.choices = list(choices)


class UnknownSlug(DeploymentError):
    """`kind` is "release", "mode", "installed_with" or "condition"; `value` what was written."""

    def __init__(self, kind: str, value: str, choices: Iterable[Choice]) -> None:
        message = {
            "release": _("There is no release “%(value)s”."),
            "mode": _("There is no deployment mode “%(value)s”."),
            "installed_with": _("“%(value)s” is no release of this product."),
            "condition": _("There is no condition “%(value)s”."),
        }[kind]
        super().__init__(message % {"value": shown(value)}, choices)
        self.kind, self.value = kind, value


class ModeRequired(DeploymentError):
    """The product has modes, and none was given, not even "unknown"."""


class ModeNotSupported(DeploymentError):
    """The mode exists, but not on this product; or the product has no modes at all."""


class InstalledLater(DeploymentError):
    """The box is said to have been installed with a newer release than it has."""


def build_deployment(
    *,
    release: str,
    mode: str | None,
    installed_with: str = NOT_KNOWN,
    answers: Mapping[str, bool],
) -> tuple[Release, Deployment]:
    """The release (with its product) and the box that these slugs describe.

    `mode` is a slug or "unknown", and None exactly when the product has no modes.
    `installed_with` is the slug of a release of the product, "older" or "unknown". `answers` are
    conditions, True for yes. Raises a DeploymentError. At most four queries, more for an error.
    """
    found = Release.objects.select_related("product").filter(slug=storable(release)).first()
    if found is None:
        raise UnknownSlug("release", release, release_choices())
    modes = list(found.product.modes.all())
    _check_conditions(answers)
    return found, Deployment(
        product=found.product.slug,
        rank=found.rank,
        mode=_mode(found.product, modes, mode),
        installed_with=_installed_with(found, installed_with),
        answers=dict(answers),
        product_modes=frozenset(supported.slug for supported in modes),
    )


def _mode(product: Product, modes: list[Mode], mode: str | None) -> str | Unknown | None:
    choices = mode_choices(modes)
    if not modes:
        if mode is None:
            return None
        raise ModeNotSupported(
            _("%(product)s has no deployment modes. Leave the mode out.") % {"product": product}
        )
    if mode is None:
        raise ModeRequired(
            _("Say in which mode %(product)s is deployed, or “unknown”.") % {"product": product},
            choices,
        )
    if mode == NOT_KNOWN:
        return UNKNOWN
    if any(supported.slug == mode for supported in modes):
        return mode
    other = Mode.objects.filter(slug=storable(mode)).first()
    if other is None:
        raise UnknownSlug("mode", mode, choices)
    raise ModeNotSupported(
        _("%(product)s does not support the mode “%(mode)s”.")
        % {"product": product, "mode": other},
        choices,
    )


def _installed_with(release: Release, installed_with: str) -> int | Older | Unknown:
    if installed_with == NOT_KNOWN:
        return UNKNOWN
    if installed_with == OLDER_ONE:
        return OLDER
    if installed_with == release.slug:
        return release.rank
    releases = list(release.product.releases.order_by("rank"))
    possible = lineage_choices(release, releases)
    first = next((r for r in releases if r.slug == installed_with), None)
    if first is None:
        raise UnknownSlug("installed_with", installed_with, possible)
    if first.rank > release.rank:
        raise InstalledLater(
            _("A box with %(release)s cannot have been installed with %(first)s, which is newer.")
            % {"release": release, "first": first},
            possible,
        )
    return first.rank


def _check_conditions(answers: Mapping[str, bool]) -> None:
    if not answers:
        return
    known = set(Condition.objects.values_list("slug", flat=True))
    for slug in answers:
        if slug not in known:
            raise UnknownSlug("condition", slug, condition_choices())


def release_choices() -> list[Choice]:
    """Every release, product by product. One query."""
    return [
        Choice(
            release.slug,
            str(release),
            "" if release.in_source else _("newer than the document"),
        )
        for release in Release.objects.select_related("product")
    ]


def mode_choices(modes: Iterable[Mode]) -> list[Choice]:
    """These modes and "unknown"."""
    return [
        *(Choice(mode.slug, mode.name, mode.note) for mode in modes),
        Choice(NOT_KNOWN, _("not known")),
    ]


def lineage_choices(release: Release, releases: Iterable[Release]) -> list[Choice]:
    """What a box with `release` can have been installed with; `releases` are its product's."""
    return [
        *(Choice(r.slug, str(r)) for r in releases if r.rank <= release.rank),
        Choice(OLDER_ONE, _("an older release than every one listed")),
        Choice(NOT_KNOWN, _("not known, or the settings were imported")),
    ]


def condition_choices() -> list[Choice]:
    """Every condition with the hint where to look. One query."""
    return [Choice(c.slug, c.name, c.hint) for c in Condition.objects.all()]


def storable(value: str) -> str:
    """`value`, or "" where it is too long or too hostile to be anybody's slug: PostgreSQL takes
    no U+0000, and nothing takes half a surrogate pair."""
    return value if len(value) <= 80 and value.isascii() and value.isprintable() else ""


def shown(value: str) -> str:
    """`value` as a message can carry it: short, and nothing that is no character."""
    kept = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in value)
    return kept if len(kept) <= 100 else f"{kept[:100]}…"
