"""An editor at work on the catalogue of support/rollouts.py while checklists rest on it."""

from datetime import UTC, datetime

from django.db import transaction

from advisories.actions import publish, withdraw
from advisories.models import (
    Advisory,
    AdvisoryRevision,
    AffectedProduct,
    Category,
    Condition,
    Mode,
    Product,
    Release,
)
from checklists import actions
from checklists.actions import Wanted
from checklists.offers import held_by, moves_since
from tests.support.rollouts import op


def advisory_of(tracking_id):
    """The advisory, with the revision 1 that `catalogue` only claims to have published."""
    advisory = Advisory.objects.get(tracking_id=tracking_id)
    if not advisory.revisions.exists():
        publish(advisory=advisory, by=None)
    return advisory


@transaction.atomic
def edit(tracking_id, *, note="", modes=None, conditions=None, affected=None, **fields):
    """Publish a new revision with these columns, modes and conditions (slugs) and columns of the
    product's row."""
    advisory = advisory_of(tracking_id)
    Advisory.objects.filter(pk=advisory.pk).update(**fields)
    if modes is not None:
        advisory.modes.set(Mode.objects.filter(slug__in=modes))
    if conditions is not None:
        advisory.conditions.set([condition(slug) for slug in conditions])
    if affected is not None:
        advisory.affected.update(**affected)
    return publish(advisory=advisory, note=note, by=None)


def condition(slug):
    names = {"name_ja": f"{slug} を使う", "name_en": f"{slug} is used"}
    return Condition.objects.get_or_create(slug=slug, defaults=names)[0]


def reword(tracking_id, text="言い換え", **options):
    """PATCH."""
    return edit(tracking_id, summary_ja=text, summary_en=f"in other words: {text}", **options)


def sharpen(tracking_id, text="別の対応", **options):
    """MINOR."""
    return edit(tracking_id, action_ja=text, action_en=f"do: {text}", **options)


def fix(tracking_id, release="appliance-2", scope="all_installs", **options):
    """MAJOR: fixed in a release."""
    row = {"fixed_in": Release.objects.get(slug=release), "fix_scope": scope}
    return edit(tracking_id, affected=row, **options)


def take_back(tracking_id, reason="誤りだったため"):
    return withdraw(advisory=advisory_of(tracking_id), reason=reason, by=None)


@transaction.atomic
def add(tracking_id="A-6", *, position=6, conditions=(), document=None, **fields):
    """A new published advisory on the appliance, of the supplement unless `document` says."""
    product = Product.objects.get(slug="appliance")
    advisory = Advisory.objects.create(
        document=document or product.documents.get(slug="supplement"),
        tracking_id=tracking_id,
        position=position,
        category=Category.objects.get(slug="tuning"),
        **{
            "title_ja": f"新しい注意 {tracking_id}",
            "title_en": f"New advisory {tracking_id}",
            "summary_ja": "新しい概要",
            "action_ja": "新しい対応",
            "severity": 3,
        }
        | fields,
    )
    AffectedProduct.objects.create(advisory=advisory, product=product)
    advisory.conditions.set([condition(slug) for slug in conditions])
    return publish(advisory=advisory, by=None)


def moves(checklist):
    """{tracking ID: step} of everything that moved."""
    found = moves_since(checklist.product, held_by(checklist.items.all()))
    return {move.tracking_id: move.step.value for move in found}


def wanted(checklist, tracking_id, **changes):
    """The offer as a page shown now would send it."""
    item = checklist.items.filter(tracking_id=tracking_id).first()
    newest = Advisory.objects.get(tracking_id=tracking_id).revision
    shown = {"revision": newest, "version": item.version if item else None}
    return Wanted(tracking_id, **shown | changes)


def take(checklist, *tracking_ids, by, name=""):
    """Take the newest revision of each."""
    seen = [wanted(checklist, tracking_id) for tracking_id in tracking_ids]
    op_id = op(name or ("take", *seen))
    return actions.take(checklist_id=checklist.pk, op_id=op_id, wanted=seen, by=by)


def grow(count):
    """`count` more advisories on the appliance, past `publish`."""
    product, category = Product.objects.get(slug="appliance"), Category.objects.get(slug="tuning")
    made = Advisory.objects.bulk_create(
        Advisory(
            document=product.documents.first(),
            tracking_id=f"N-{number}",
            position=100 + number,
            state="published",
            revision=1,
            title_ja=f"注意 N-{number}",
            summary_ja="概要",
            action_ja="対応",
            category=category,
            severity=2,
        )
        for number in range(count)
    )
    AffectedProduct.objects.bulk_create(
        AffectedProduct(advisory=advisory, product=product) for advisory in made
    )


def move_everything(step="minor"):
    """A second revision of every advisory of the appliance, past `publish`."""
    Advisory.objects.update(revision=2, action_ja="別の対応")
    AdvisoryRevision.objects.bulk_create(
        AdvisoryRevision(
            advisory=advisory,
            number=2,
            step=step,
            origin="portal",
            published_at=datetime(2026, 11, 25, tzinfo=UTC),
            content={},
        )
        for advisory in Advisory.objects.all()
    )
