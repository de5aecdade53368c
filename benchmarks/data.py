"""The real catalogue, copied until it has as many advisories as a measurement needs."""

from typing import Any

from django.db import connection

from advisories import trigrams
from advisories.models import Advisory, AffectedProduct, Reference

REAL = 32
TABLES = [
    AffectedProduct,
    Reference,
    *(getattr(Advisory, name).through for name in ("modes", "topics", "conditions")),
]


def grow(total: int) -> None:
    """The 32 advisories and copies of them with all their rows: `total` in all."""
    _keep(REAL)
    with connection.cursor() as cursor:
        # Filled at once the index takes seconds, row by row minutes.
        cursor.execute(trigrams.DROP)
        _copy(cursor, Advisory._meta, "id", total)
        for model in TABLES:
            _copy(cursor, model._meta, "advisory_id", total)
    _keep(total)
    with connection.schema_editor() as editor:
        trigrams.create(None, editor)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def decided(content: dict[str, Any]) -> dict[str, Any]:
    """The content of a checklist as it is issued: all decided, every 20th as an accepted risk."""
    said = {"note": "設定済み。管理画面で確認した。", "before": "300 s", "after": "30 s"}
    said |= {"by": "山田 太郎", "at": content["checklist"]["created_at"]}
    accepted = {
        "decision": "risk_accepted",
        "reason": "お客様の運用で許容",
        "approver": "佐藤 花子",
    }
    for number, item in enumerate(content["items"]):
        if item["verdict"] != "not_applicable":
            item["decision"] |= said | (accepted if number % 20 == 0 else {"decision": "done"})
    return content


def _keep(total: int) -> None:
    """Remove the copies past the first `total` advisories."""
    for model in TABLES:
        model.objects.filter(advisory__gt=total)._raw_delete("default")
    Advisory.objects.filter(pk__gt=total)._raw_delete("default")


def _copy(cursor, meta, shifted: str, total: int) -> None:
    columns = [
        field.column for field in meta.local_fields if shifted == "id" or field.column != "id"
    ]
    values = {
        shifted: f"{shifted} + n * {REAL}",
        "tracking_id": "tracking_id || '-' || n",
        "position": f"position + n * {REAL}" if shifted == "id" else "position",
    }
    cursor.execute(
        f"WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series"
        f" WHERE n + 1 <= {total // REAL}) INSERT INTO {meta.db_table} ({', '.join(columns)})"
        f" SELECT {', '.join(values.get(c, c) for c in columns)}"
        f" FROM {meta.db_table}, series WHERE {shifted} <= {REAL}"
    )
