"""The real catalogue, copied until it has as many advisories as a measurement needs."""

from django.db import connection

from advisories.models import Advisory, AffectedProduct, Reference

REAL = 32
TABLES = [
    AffectedProduct,
    Reference,
    *(getattr(Advisory, name).through for name in ("modes", "topics", "conditions")),
]


def grow(total: int) -> None:
    """Copies of the 32 advisories with all their rows, until there are `total` of them."""
    present = Advisory.objects.count()
    first, last = present // REAL, -(-total // REAL)
    with connection.cursor() as cursor:
        _copy(cursor, Advisory._meta, "id", first, last)
        for model in TABLES:
            _copy(cursor, model._meta, "advisory_id", first, last)
    surplus = Advisory.objects.order_by("-pk").values_list("pk", flat=True)[: last * REAL - total]
    doomed = list(surplus)
    for model in TABLES:
        model.objects.filter(advisory__in=doomed).delete()
    Advisory.objects.filter(pk__in=doomed)._raw_delete("default")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _copy(cursor, meta, shifted: str, first: int, last: int) -> None:
    columns = [
        field.column for field in meta.local_fields if shifted == "id" or field.column != "id"
    ]
    values = {
        shifted: f"{shifted} + n * {REAL}",
        "tracking_id": "tracking_id || '-' || n",
        "position": f"position + n * {REAL}" if shifted == "id" else "position",
    }
    cursor.execute(
        f"WITH RECURSIVE series(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM series"
        f" WHERE n + 1 < {last}) INSERT INTO {meta.db_table} ({', '.join(columns)})"
        f" SELECT {', '.join(values.get(c, c) for c in columns)}"
        f" FROM {meta.db_table}, series WHERE {shifted} <= {REAL}"
    )
