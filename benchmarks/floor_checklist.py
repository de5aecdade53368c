"""Making a checklist and recording a decision as plainly as possible: SQL and string formatting,
the same rows, the same hash, one transaction each."""

import hashlib
import json
import uuid
from datetime import UTC, datetime

from django.db import connection, transaction

TEXTS = ("title", "summary", "action", "check", "impact")
ADVISORIES = """
SELECT a.id, a.tracking_id, a.revision, a.severity, c.slug, c.name_ja, c.name_en, {texts}
FROM advisories_advisory a JOIN advisories_category c ON c.id = a.category_id
WHERE a.state = 'published' ORDER BY a.document_id, a.position, a.id
""".format(texts=", ".join(f"a.{text}_{language}" for text in TEXTS for language in ("ja", "en")))
TERMS = """
SELECT l.advisory_id, t.slug, t.name_ja, t.name_en FROM advisories_advisory_{kind}s l
JOIN advisories_{kind} t ON t.id = l.{kind}_id
"""


HEADER = (
    "SELECT p.*, r.* FROM advisories_product p JOIN advisories_release r ON r.product_id = p.id"
    " WHERE p.slug = 'iwss' ORDER BY r.rank",
    "SELECT m.* FROM advisories_mode m JOIN advisories_product_modes l ON l.mode_id = m.id"
    " JOIN advisories_product p ON p.id = l.product_id WHERE p.slug = 'iwss'",
    "SELECT d.*, v.version, v.date FROM advisories_sourcedocument d"
    " JOIN advisories_documentrevision v ON v.document_id = d.id",
)
CONDITIONS = (
    "SELECT slug FROM advisories_condition WHERE id IN"
    " (SELECT condition_id FROM advisories_advisory_conditions) ORDER BY position"
)


def _rows(cursor, statement: str) -> list[tuple]:
    cursor.execute(statement)
    return cursor.fetchall()


def _insert(cursor, table: str, rows: list[dict]) -> None:
    columns = list(rows[0])
    marks = ", ".join(["%s"] * len(columns))
    cursor.executemany(
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})",
        [[row[column] for column in columns] for row in rows],
    )


def _uuid(value: uuid.UUID) -> object:
    return value if connection.vendor == "postgresql" else value.hex


def _now() -> object:
    now = datetime.now(UTC)
    return now if connection.vendor == "postgresql" else now.replace(tzinfo=None)


def create(rollout: uuid.UUID, user: int, reasons: dict[int, tuple[str, str]]) -> uuid.UUID:
    """A checklist with all its items; `reasons` are what the evaluation's floor answered."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(ADVISORIES)
        advisories = cursor.fetchall()
        terms: dict[str, dict[int, list]] = {}
        for kind in ("topic", "mode", "condition"):
            cursor.execute(TERMS.format(kind=kind))
            terms[kind] = {}
            for pk, slug, ja, en in cursor.fetchall():
                terms[kind].setdefault(pk, []).append({"slug": slug, "name": {"ja": ja, "en": en}})
        links: dict[int, list] = {}
        cursor.execute(
            "SELECT advisory_id, number, url, successor, successor_url FROM advisories_reference"
        )
        for pk, *link in cursor.fetchall():
            links.setdefault(pk, []).append(link)
        cursor.execute(
            "SELECT p.advisory_id, p.status, p.fix_scope, p.fix_note_ja, p.fix_note_en, r.rank"
            " FROM advisories_affectedproduct p LEFT JOIN advisories_release r"
            " ON r.id = p.fixed_in_id JOIN advisories_product q ON q.id = p.product_id"
            " WHERE q.slug = 'iwss'"
        )
        affected = {pk: fix for pk, *fix in cursor.fetchall()}
        key, now = uuid.uuid4(), _now()
        header = json.dumps([_rows(cursor, statement) for statement in HEADER], default=str)
        conditions = _rows(cursor, CONDITIONS)
        _insert(
            cursor,
            "checklists_checklist",
            [
                {
                    "id": _uuid(key),
                    "rollout_id": _uuid(rollout),
                    "host": "proxy01",
                    "mode_detail": "",
                    "customer": "顧客",
                    "project": "案件",
                    "number": "",
                    "frozen": header,
                    "product": "iwss",
                    "release": "iwss-6.5-linux-patch-3",
                    "is_demo": False,
                    "created_by_id": user,
                    "created_at": now,
                    "discard_reason": "",
                    "happened": "",
                    "last_seq": 1,
                    "head": "0" * 64,
                }
            ],
        )
        items = []
        for position, (pk, tracking_id, revision, severity, slug, ja, en, *texts) in enumerate(
            advisories, start=1
        ):
            reason, verdict = reasons[pk]
            content = {
                "category": {"slug": slug, "name": {"ja": ja, "en": en}},
                "topics": terms["topic"].get(pk, []),
                "modes": terms["mode"].get(pk, []),
                "conditions": terms["condition"].get(pk, []),
                "references": links.get(pk, []),
                "fix": affected.get(pk),
            }
            for number, text in enumerate(TEXTS):
                content[text] = {"ja": texts[2 * number], "en": texts[2 * number + 1]}
            items.append(
                {
                    "checklist_id": _uuid(key),
                    "position": position,
                    "tracking_id": tracking_id,
                    "revision": revision,
                    "severity": severity,
                    "category": slug,
                    "content": json.dumps(content, ensure_ascii=False),
                    "facts": json.dumps({"fix": affected.get(pk)}, ensure_ascii=False),
                    "reason": reason,
                    "verdict": verdict,
                    "decision": "open",
                    "note": "",
                    "value_before": "",
                    "value_after": "",
                    "decision_reason": "",
                    "approver": "",
                    "waiting_for": "",
                    "agreed_by": "",
                    "decided_by": "",
                    "returned": False,
                    "returned_comment": "",
                    "returned_by": "",
                    "flagged": False,
                    "note_version": 0,
                    "version": 0,
                }
            )
        _insert(cursor, "checklists_checklistitem", items)
        _insert(
            cursor,
            "checklists_edition",
            [
                {
                    "checklist_id": _uuid(key),
                    "minor": 0,
                    "reason": "",
                    "opened_by": "bench",
                    "opened_at": now,
                    "opened_seq": 1,
                    "content": "",
                    "digest": "",
                    "chain_head": "",
                    "files": "[]",
                    "catalogue": "{}",
                }
            ],
        )
        answers = [
            {
                "checklist_id": _uuid(key),
                "question": question,
                "value": value,
                "version": 0,
                "answered_by": "bench",
                "answered_at": now,
            }
            for question, value in [
                ("mode", "forward-proxy"),
                ("installed_with", "unknown"),
                *((f"condition:{slug}", "unknown") for (slug,) in conditions),
            ]
        ]
        _insert(cursor, "checklists_answer", answers)
        digest = hashlib.sha256(
            json.dumps([header, [[i["content"], i["facts"]] for i in items]]).encode()
        ).hexdigest()
        _insert(cursor, "checklists_event", [_event(key, 1, "created", None, digest, user)])
    return key


def _event(key: uuid.UUID, seq: int, kind: str, item: int | None, body: str, user: int) -> dict:
    now = _now()
    payload = json.dumps({"body": body}, ensure_ascii=False)
    return {
        "checklist_id": _uuid(key),
        "seq": seq,
        "op_id": _uuid(uuid.uuid4()),
        "kind": kind,
        "item_id": item,
        "payload": payload,
        "effect": "{}",
        "base_version": 0,
        "outcome": "applied",
        "actor_id": user,
        "actor_name": "bench",
        "recorded_at": now,
        "prev_hash": "0" * 64,
        "hash": hashlib.sha256(f"{key}{seq}{kind}{payload}{now}".encode()).hexdigest(),
    }


CHECKS = (
    "SELECT g.name FROM auth_group g JOIN portal_user_groups u ON u.group_id = g.id"
    " WHERE u.user_id = %(user)s",
    "SELECT 1 FROM checklists_rollout_members m JOIN checklists_checklist c"
    " ON c.rollout_id = m.rollout_id WHERE c.id = %(checklist)s AND m.user_id = %(user)s",
    "SELECT * FROM checklists_event WHERE op_id = %(op_id)s",
    "SELECT 1 FROM checklists_edition e WHERE e.checklist_id = %(checklist)s"
    " AND e.issued_at IS NULL AND NOT EXISTS (SELECT 1 FROM checklists_signoff s"
    " WHERE s.edition_id = e.id AND s.kind = 'prepared' AND s.revoked_at IS NULL)",
)


def decide(checklist: uuid.UUID, tracking_id: str, note: str, user: int) -> None:
    """A decision: the checklist is locked, role, membership, state and earlier delivery are
    looked up, the item is read, an event written, item and checklist updated."""
    lock = " FOR UPDATE" if connection.vendor == "postgresql" else ""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"SELECT last_seq, discarded_at FROM checklists_checklist WHERE id = %s{lock}",
            [_uuid(checklist)],
        )
        (seq, _discarded) = cursor.fetchone()
        values = {"user": user, "checklist": _uuid(checklist), "op_id": _uuid(uuid.uuid4())}
        for check in CHECKS:
            cursor.execute(check, values)
            cursor.fetchall()
        cursor.execute(
            "SELECT id, version FROM checklists_checklistitem"
            " WHERE checklist_id = %s AND tracking_id = %s",
            [_uuid(checklist), tracking_id],
        )
        (item, version) = cursor.fetchone()
        event = _event(checklist, seq + 1, "decision", item, note, user)
        _insert(cursor, "checklists_event", [event])
        cursor.execute(
            "UPDATE checklists_checklist SET last_seq = %s, head = %s WHERE id = %s",
            [seq + 1, event["hash"], _uuid(checklist)],
        )
        cursor.execute(
            "UPDATE checklists_checklistitem SET decision = 'done', note = %s, version = %s,"
            " decided_by = 'bench', decided_at = %s WHERE id = %s",
            [note, version + 1, _now(), item],
        )
