"""What an advisory can lack, as conditions on its row: each is part of one query, whatever the size
of the catalogue."""

from typing import Any

from django.apps import apps
from django.db.models import Case, Exists, F, OuterRef, Q, When

from advisories.applicability import Status

TRANSLATED = ("title", "summary", "action", "check", "impact")


def _rows(model: str) -> Any:
    return apps.get_model("advisories", model)._default_manager


def no_statement() -> Q:
    """The document covers a product of which the advisory says nothing."""
    document: Any = apps.get_model("advisories", "SourceDocument")
    says = _rows("AffectedProduct").filter(
        advisory=OuterRef(OuterRef("pk")), product=OuterRef("product")
    )
    covered = document.products.through._default_manager.filter(sourcedocument=OuterRef("document"))
    return Q(Exists(covered.filter(~Exists(says))))


def under_investigation() -> Q:
    return _says(status=Status.UNDER_INVESTIGATION)


def fix_without_note() -> Q:
    return _says(fixed_in__isnull=False, fix_note_ja="")


def no_translation() -> Q:
    """A text that is there in Japanese and not in English."""
    missing = _says(~Q(fix_note_ja=""), fix_note_en="")
    for name in TRANSLATED:
        missing |= ~Q(**{f"{name}_ja": ""}) & Q(**{f"{name}_en": ""})
    return missing


def without_english(model: Any) -> Q:
    """A Japanese text of any row that has no English beside it; `model` names texts as
    `name_ja` and `name_en`."""
    missing = Q()
    for field in model._meta.concrete_fields:
        if field.name.endswith("_ja"):
            english = field.name.removesuffix("_ja") + "_en"
            missing |= ~Q(**{field.name: ""}) & Q(**{english: ""})
    return missing


def dead_link() -> Q:
    """The current link of a reference did not lead to a page when it was checked last."""
    return _checked(~Q(state="ok"))


def changed_link() -> Q:
    """A linked page says something else since the advisory was reviewed last."""
    newer = _checked(changed_at__date__gt=OuterRef(OuterRef("reviewed_on")))
    return newer | _checked(changed_at__isnull=False) & Q(reviewed_on__isnull=True)


def reviewed_since(day: Any) -> Q:
    """Marked as reviewed, or published, on `day` or later."""
    revisions = _rows("AdvisoryRevision").filter(
        advisory=OuterRef("pk"), published_at__date__gte=day
    )
    return Q(reviewed_on__gte=day) | Q(Exists(revisions))


def _says(*conditions: Q, **lookup: Any) -> Q:
    """Whether a row about a product of the advisory is like this."""
    return Q(
        Exists(_rows("AffectedProduct").filter(*conditions, advisory=OuterRef("pk"), **lookup))
    )


def _checked(*conditions: Q, **lookup: Any) -> Q:
    """Whether the check of a current link of the advisory is like this."""
    current = Case(When(successor_url="", then=F("url")), default=F("successor_url"))
    checks = _rows("LinkCheck").filter(*conditions, url=OuterRef("current"), **lookup)
    references = _rows("Reference").filter(advisory=OuterRef("pk")).annotate(current=current)
    return Q(Exists(references.filter(Exists(checks))))
