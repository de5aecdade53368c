"""The checklist page as plainly as possible: the rows it needs by SQL, one f-string per item."""

import json
import uuid
from html import escape

from django.db import connection

CHOICES = ("open", "done", "verified", "not_needed", "risk_accepted", "pending")
READS = (
    "SELECT session_data, expire_date FROM django_session WHERE session_key = %(session)s",
    "SELECT id, username, display_name, language FROM portal_user WHERE id = %(user)s",
    "SELECT g.name FROM auth_group g JOIN portal_user_groups u ON u.group_id = g.id"
    " WHERE u.user_id = %(user)s",
    "SELECT c.*, r.customer, r.project FROM checklists_checklist c"
    " JOIN checklists_rollout r ON r.id = c.rollout_id WHERE c.id = %(checklist)s",
    "SELECT * FROM checklists_answer WHERE checklist_id = %(checklist)s",
    "SELECT * FROM checklists_edition WHERE checklist_id = %(checklist)s",
    "SELECT s.* FROM checklists_signoff s JOIN checklists_edition e ON e.id = s.edition_id"
    " WHERE e.checklist_id = %(checklist)s",
    "SELECT * FROM checklists_event WHERE checklist_id = %(checklist)s"
    " AND outcome IN ('conflict', 'late')",
)
ITEMS = (
    "SELECT position, tracking_id, severity, content, verdict, reason, decision, note,"
    " value_before, value_after, decided_by, decided_at, version FROM checklists_checklistitem"
    " WHERE checklist_id = %(checklist)s ORDER BY position"
)


def page(checklist: uuid.UUID, user: int, session: str) -> str:
    key = checklist if connection.vendor == "postgresql" else checklist.hex
    values = {"checklist": key, "user": user, "session": session}
    with connection.cursor() as cursor:
        for statement in READS:
            cursor.execute(statement, values)
            cursor.fetchall()
        cursor.execute(ITEMS, values)
        items = [_item(*row) for row in cursor.fetchall()]
    return f"<!doctype html><title>{checklist}</title><ol>{''.join(items)}</ol>"


def _item(
    position, tracking_id, severity, content, verdict, reason, decision, note, *values
) -> str:
    before, after, who, when, version = values
    text = json.loads(content) if isinstance(content, str) else content
    links = "".join(
        f'<a href="{escape(r["url"])}">{escape(r["number"])} {escape(r["successor"] or "")}</a>'
        for r in text["references"]
    )
    choices = "".join(
        f'<label><input type="radio" name="decision" value="{choice}"'
        f"{' checked' if choice == decision else ''}>{choice}</label>"
        for choice in CHOICES
    )
    return (
        f'<li id="item-{position}"><b>{position} {severity}</b><h3>{escape(text["title"]["ja"])}'
        f"</h3><p>{verdict} {reason}</p><p>{escape(text['summary']['ja'])}</p>"
        f"<p>{escape(text['action']['ja'])}</p><p>{escape(text['check']['ja'])}</p><p>{links}</p>"
        f'<form method="post" action="/{tracking_id}/"><input type="hidden" name="op_id"'
        f' value="{uuid.uuid4()}"><input type="hidden" name="base_version" value="{version}">'
        f'{choices}<textarea>{escape(note)}</textarea><input value="{escape(before)}">'
        f'<input value="{escape(after)}"><p>{escape(who)} {when}</p></form></li>'
    )
