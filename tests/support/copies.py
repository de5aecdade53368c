"""A catalogue as long as a measurement needs: copies of its advisories with all their rows."""

from advisories.models import Advisory, AdvisoryRevision, AffectedProduct, Reference

CHILDREN = [
    AffectedProduct,
    Reference,
    AdvisoryRevision,
    *(getattr(Advisory, name).through for name in ("modes", "topics", "conditions")),
]


def copy_advisories(total, children=CHILDREN):
    """Copies of the advisories that are there until there are `total`, past `publish`; with their
    rows in the tables of `children`."""
    originals = list(Advisory.objects.order_by("position", "pk"))
    copies = {}  # (number of the copy, key of the original) -> the copy
    for number in range(len(originals), total):
        original = originals[number % len(originals)]
        copies[number, original.pk] = _again(
            original,
            tracking_id=f"{original.tracking_id}-copy-{number}",
            position=original.position + 1000 + number,
        )
    made = Advisory.objects.bulk_create(copies.values(), batch_size=500)
    keys = dict(zip(copies, (row.pk for row in made), strict=True))
    for model in children:
        _copy(model, keys)


def _copy(model, keys):
    rows = {}
    for row in model.objects.all():
        rows.setdefault(row.advisory_id, []).append(row)
    model.objects.bulk_create(
        (
            _again(row, advisory_id=key)
            for (_number, original), key in keys.items()
            for row in rows.get(original, [])
        ),
        batch_size=500,
    )


def _again(row, **changes):
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    del values["id"]
    return type(row)(**values | changes)
