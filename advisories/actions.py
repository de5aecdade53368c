"""Publishing, withdrawing and restoring: the only writers of revisions (design section 3)."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from advisories.applicability import Status
from advisories.content import Content, content_of, digests, step, strings
from advisories.indexing import search_text_of, synonym_groups
from advisories.models import Advisory, AdvisoryRevision
from advisories.tidy import unstorable
from advisories.writing import ContentWriter
from portal.models import User

Step = AdvisoryRevision.Step
# How far a step reaches into checklists. The first publication reaches none.
REACH = [Step.PATCH, Step.MINOR, Step.MAJOR]


class RevisionConflict(Exception):
    """Somebody published the advisory after the revision this change was made from.

    `current` is the number of the newest revision, 0 where there is none.
    """

    def __init__(self, *, tracking_id: str, expected: int, current: int) -> None:
        self.tracking_id, self.expected, self.current = tracking_id, expected, current
        super().__init__(
            _(
                "%(id)s was changed by somebody else: it is at revision %(current)s, and this"
                " change was made from revision %(expected)s. Look at the new revision and make"
                " the change again."
            )
            % {"id": tracking_id, "current": current, "expected": expected}
        )


@transaction.atomic
def publish(
    *,
    advisory: Advisory,
    note: str = "",
    origin: AdvisoryRevision.Origin = AdvisoryRevision.Origin.PORTAL,
    expected_revision: int | None = None,
    at_least: AdvisoryRevision.Step | None = None,
    by: User | None,
) -> AdvisoryRevision:
    """Make the stored state of `advisory`, with its relations, its newest published revision.

    Call it after everything is saved, in the same transaction: what it raises has to undo the
    changes. `expected_revision` is the number the change was made from (0: never published);
    None: whatever is there. `by` None: a command, not a person. Also publishes a withdrawn
    advisory again. Sets `state`, `withdrawn_reason` and `revision` of the instance, too.

    `at_least` raises the computed step; one that is lower is refused. The first publication has
    no other step, and what changes nothing has none.

    Answers the new revision, or the newest one where nothing has changed since. Raises
    RevisionConflict, and ValidationError with all that has to be mended first. At most 15 queries.
    """
    stored, newest = _lock(advisory, expected_revision)
    stored.state, stored.withdrawn_reason = Advisory.State.PUBLISHED, ""
    check_publishable(stored)
    return _write(advisory, stored, newest, note=note, origin=origin, at_least=at_least, by=by)


@dataclass(frozen=True)
class Change:
    """What `publish` would make of the stored state. `before` None: never published; `step` None:
    nothing differs."""

    before: Content | None
    after: Content
    step: AdvisoryRevision.Step | None


def change_of(advisory: Advisory) -> Change:
    """What publishing the stored state would change. Raises ValidationError as `publish` does."""
    stored = Advisory.objects.with_terms().get(pk=advisory.pk)
    stored.state, stored.withdrawn_reason = Advisory.State.PUBLISHED, ""
    check_publishable(stored)
    newest = stored.revisions.order_by("-number").first()
    before, after = newest.content if newest else None, content_of(stored)
    return Change(before=before, after=after, step=step(before, after))


@transaction.atomic
def restore(
    *,
    advisory: Advisory,
    revision: AdvisoryRevision,
    note: str,
    expected_revision: int | None = None,
    by: User | None,
) -> AdvisoryRevision:
    """Publish what an older revision said as a new one. Nothing in the history changes.

    Answers the new revision, or the newest one if it says the same. Raises RevisionConflict, and
    ValidationError without a note, for a revision of another advisory, for one that names what no
    longer exists, and for all that `publish` refuses.
    """
    stored, _newest = _lock(advisory, expected_revision)
    if revision.advisory_id != stored.pk:
        raise ValidationError(_("This revision belongs to another advisory."))
    if not note.strip():
        raise ValidationError(_("Say why the older revision is restored."))
    writer = ContentWriter()
    if missing := writer.missing(revision.content):
        raise ValidationError(missing)
    writer.write(stored, revision.content)
    newest = publish(advisory=stored, note=note, by=by)
    advisory.refresh_from_db()
    return newest


@transaction.atomic
def withdraw(
    *,
    advisory: Advisory,
    reason: str,
    origin: AdvisoryRevision.Origin = AdvisoryRevision.Origin.PORTAL,
    expected_revision: int | None = None,
    by: User | None,
) -> AdvisoryRevision:
    """Take a published advisory back, with a reason that is shown. It stays, with its history.

    Answers the new revision, or the newest one if it is withdrawn for this reason already.
    Raises RevisionConflict; ValidationError without a reason or for one never published.
    """
    stored, newest = _lock(advisory, expected_revision)
    reason = reason.strip()
    if not reason:
        raise ValidationError(_("Say why the advisory is withdrawn."))
    if newest is None:
        raise ValidationError(_("This advisory was never published. Delete the draft instead."))
    stored.state, stored.withdrawn_reason = Advisory.State.WITHDRAWN, reason
    return _write(advisory, stored, newest, note=reason, origin=origin, by=by)


def _lock(
    advisory: Advisory, expected_revision: int | None
) -> tuple[Advisory, AdvisoryRevision | None]:
    """The stored advisory, locked, with its relations; and its newest revision, if any."""
    Advisory.objects.select_for_update().only("pk").get(pk=advisory.pk)
    stored = Advisory.objects.with_terms().get(pk=advisory.pk)
    # The column `revision` may have been written back by a form that was opened long ago.
    newest = stored.revisions.order_by("-number").first()
    current = newest.number if newest else 0
    if expected_revision is not None and expected_revision != current:
        raise RevisionConflict(
            tracking_id=stored.tracking_id, expected=expected_revision, current=current
        )
    return stored, newest


def _write(
    advisory: Advisory,
    stored: Advisory,
    newest: AdvisoryRevision | None,
    *,
    note: str,
    origin: AdvisoryRevision.Origin,
    at_least: AdvisoryRevision.Step | None = None,
    by: User | None,
) -> AdvisoryRevision:
    """Append the revision unless nothing changed; note its number and day with the advisory, and
    what the advisory is found by."""
    content = content_of(stored)
    _check_text(content, note)
    how_far = _raised(step(newest.content if newest else None, content), at_least)
    if newest is None or how_far is not None:
        newest = _append(stored, newest, content, how_far, note=note, origin=origin, by=by)
    stored.revision, stored.changed_at = newest.number, newest.published_at
    stored.search_text = search_text_of(stored, synonym_groups())
    fields = ["state", "withdrawn_reason", "revision", "changed_at", "search_text"]
    stored.save(update_fields=fields)
    for field in fields:
        setattr(advisory, field, getattr(stored, field))
    return newest


def _raised(
    computed: AdvisoryRevision.Step | None, at_least: AdvisoryRevision.Step | None
) -> AdvisoryRevision.Step | None:
    if at_least is None or computed not in REACH:
        return computed
    if at_least not in REACH or REACH.index(at_least) < REACH.index(computed):
        raise ValidationError(
            _("This change is %(computed)s. The step can be raised, never lowered to %(wanted)s.")
            % {"computed": computed.name, "wanted": at_least.name}
        )
    return at_least


def _append(
    stored: Advisory,
    newest: AdvisoryRevision | None,
    content: Content,
    how_far: AdvisoryRevision.Step | None,
    *,
    note: str,
    origin: AdvisoryRevision.Origin,
    by: User | None,
) -> AdvisoryRevision:
    parts = digests(content)
    return AdvisoryRevision.objects.create(
        advisory=stored,
        number=newest.number + 1 if newest else 1,
        step=how_far or AdvisoryRevision.Step.FIRST,
        origin=origin,
        published_at=timezone.now(),
        editor=by,
        note=note,
        content=content,
        applicability_digest=parts["applicability"],
        action_digest=parts["action"],
        text_digest=parts["text"],
    )


# Addresses of the catalogue that would hide an advisory of this name.
RESERVED_IDS = ("matrix", "compare")


def check_publishable(advisory: Advisory) -> None:
    """Raises ValidationError with one message per thing that is missing or wrong.

    A product that the document does not cover would never see the advisory, so it is refused.
    One query for a row of `with_terms`.
    """
    rows = list(advisory.affected.all())
    covered = {product.pk for product in advisory.document.products.all()}
    faults = [
        message
        for text, message in (
            (advisory.title_ja, _("The Japanese title is missing.")),
            (advisory.summary_ja, _("The Japanese summary is missing.")),
            (advisory.action_ja, _("The Japanese text of what to do is missing.")),
        )
        if not text.strip()
    ]
    if advisory.tracking_id in RESERVED_IDS:
        faults.append(_("A page of this portal has this tracking ID. Choose another one."))
    if not rows:
        faults.append(_("List at least one product: without any the advisory reaches nobody."))
    for row in rows:
        if row.status not in Status.values:
            faults.append(_("%(product)s: choose a status.") % {"product": row.product})
        if row.product_id not in covered:
            faults.append(
                _("The document “%(document)s” does not cover %(product)s. Add the product there.")
                % {"document": advisory.document, "product": row.product}
            )
        if row.fixed_in and row.fixed_in.product_id != row.product_id:
            faults.append(
                _("%(release)s is a release of %(other)s. Choose one of %(product)s.")
                % {
                    "release": row.fixed_in,
                    "other": row.fixed_in.product,
                    "product": row.product,
                }
            )
    if faults:
        raise ValidationError(faults)


def _check_text(content: Content, note: str) -> None:
    if any(unstorable(text) for text in strings([content, note])):
        raise ValidationError(_("A text holds characters that cannot be stored. Remove them."))
