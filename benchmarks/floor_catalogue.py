"""The list of advisories and the search as plainly as possible: the same counts by hand-written
statements, one f-string per row."""

from html import escape

from django.db import connection

CHOICES = (
    "SELECT r.*, p.* FROM advisories_release r JOIN advisories_product p ON p.id = r.product_id",
    "SELECT * FROM advisories_product_modes",
    "SELECT * FROM advisories_sourcedocument_products",
    *(
        f"SELECT * FROM advisories_{term}"
        for term in ("mode", "category", "topic", "condition", "product", "sourcedocument")
    ),
)
LISTED = "a.state = 'published'{says}"
COUNTS = (
    "SELECT COUNT(*) FROM advisories_advisory WHERE state = 'published'",
    f"SELECT a.category_id, a.severity, a.document_id, COUNT(*),"
    f" SUM(CASE WHEN a.changed_at >= '2026-10-01' THEN 1 ELSE 0 END)"
    f" FROM advisories_advisory a WHERE {LISTED} GROUP BY 1, 2, 3",
    *(
        f"SELECT l.{term}_id, COUNT(*) FROM advisories_advisory_{term}s l"
        f" JOIN advisories_advisory a ON a.id = l.advisory_id WHERE {LISTED} GROUP BY 1"
        for term in ("topic", "condition")
    ),
    f"SELECT p.product_id, COUNT(*) FROM advisories_affectedproduct p"
    f" JOIN advisories_advisory a ON a.id = p.advisory_id"
    f" WHERE p.status = 'not_affected' AND {LISTED} GROUP BY 1",
)
ORDER = "ORDER BY a.document_id, a.position, a.id"
ROWS = (
    "SELECT a.id, a.tracking_id, a.position, a.severity, c.name_ja, a.title_ja, a.summary_ja"
    f" FROM advisories_advisory a JOIN advisories_category c ON c.id = a.category_id"
    f" WHERE {LISTED} {ORDER} LIMIT 100"
)
OF_ROWS = (
    "SELECT l.advisory_id, t.name_ja FROM advisories_advisory_topics l"
    " JOIN advisories_topic t ON t.id = l.topic_id WHERE l.advisory_id IN ({keys})",
    "SELECT advisory_id, number FROM advisories_reference WHERE advisory_id IN ({keys})",
)
FOUND = f"SELECT a.id, a.tracking_id FROM advisories_advisory a WHERE {LISTED} {ORDER}"


def search(word: str) -> list[tuple[int, str]]:
    """Key and tracking ID of every advisory with the normalised word."""
    with connection.cursor() as cursor:
        cursor.execute(FOUND.format(says=" AND a.search_text LIKE %s"), [f"%{word}%"])
        return cursor.fetchall()


def page(word: str = "") -> str:
    """The list page with its facets, of the advisories with the normalised word."""
    says, values = (" AND a.search_text LIKE %s", [f"%{word}%"]) if word else ("", [])
    with connection.cursor() as cursor:
        counts = []
        for statement in CHOICES:
            cursor.execute(statement)
            counts.append(cursor.fetchall())
        for statement in COUNTS:
            cursor.execute(statement.format(says=says), values if "{says}" in statement else [])
            counts.append(cursor.fetchall())
        cursor.execute(ROWS.format(says=says), values)
        rows = cursor.fetchall()
        keys = ", ".join(str(row[0]) for row in rows)
        tags: dict[int, str] = {}
        for statement in OF_ROWS:
            cursor.execute(statement.format(keys=keys))
            for key, name in cursor.fetchall():
                tags[key] = tags.get(key, "") + f'<span class="tag">{escape(name)}</span>'
    boxes = "".join(
        f'<label><input type="checkbox" value="{row[0]}">{row[-1]}</label>'
        for facet in counts
        for row in facet
    )
    items = "".join(
        f'<li><span>{position}</span><h2>{severity} <a href="/advisories/{tracking_id}/">'
        f"{escape(title)}</a></h2><p>{escape(summary[:120])}</p><p>{escape(category)}"
        f"{tags.get(key, '')}</p></li>"
        for key, tracking_id, position, severity, category, title, summary in rows
    )
    return f"<!doctype html><title>advisories</title><form>{boxes}</form><ol>{items}</ol>"
