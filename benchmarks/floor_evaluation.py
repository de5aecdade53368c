"""Evaluation as plainly as possible: one hand-written statement for one box."""

from django.db import connection

VERDICT = {
    "mode": "not_applicable",
    "product": "not_applicable",
    "condition": "not_applicable",
    "fixed": "fixed",
    "lineage": "confirm",
    "mode_open": "confirm",
    "unnamed": "confirm",
    "condition_open": "confirm",
    "affected": "required",
}
# An IWSS 6.5 Patch 3 in forward-proxy mode, lineage unknown, one condition yes, one no.
STATEMENT = """
SELECT a.id, CASE
  WHEN EXISTS (SELECT 1 FROM advisories_advisory_modes m WHERE m.advisory_id = a.id)
   AND NOT EXISTS (SELECT 1 FROM advisories_advisory_modes m WHERE m.advisory_id = a.id
                   AND m.mode_id = (SELECT id FROM advisories_mode WHERE slug = 'forward-proxy'))
    THEN 'mode'
  WHEN p.status = 'not_affected' THEN 'product'
  WHEN EXISTS (SELECT 1 FROM advisories_advisory_conditions c WHERE c.advisory_id = a.id
               AND c.condition_id = (SELECT id FROM advisories_condition WHERE slug = 'snmp'))
    THEN 'condition'
  WHEN r.rank <= 20 AND p.fix_scope <> 'new_installs' THEN 'fixed'
  WHEN r.rank <= 20 AND p.fix_scope = 'new_installs' THEN 'lineage'
  WHEN p.status IS NULL OR p.status = 'under_investigation' THEN 'unnamed'
  WHEN EXISTS (SELECT 1 FROM advisories_advisory_conditions c WHERE c.advisory_id = a.id
               AND c.condition_id NOT IN (SELECT id FROM advisories_condition
                                          WHERE slug IN ('snmp', 'virtual-machine')))
    THEN 'condition_open'
  ELSE 'affected' END
FROM advisories_advisory a
LEFT JOIN advisories_affectedproduct p ON p.advisory_id = a.id
  AND p.product_id = (SELECT id FROM advisories_product WHERE slug = 'iwss')
LEFT JOIN advisories_release r ON r.id = p.fixed_in_id
WHERE a.state = 'published' AND a.document_id IN (
  SELECT dp.sourcedocument_id FROM advisories_sourcedocument_products dp
  JOIN advisories_product q ON q.id = dp.product_id WHERE q.slug = 'iwss')
ORDER BY a.document_id, a.position, a.id
"""


def rows() -> list[tuple[int, str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT)
        return [(pk, VERDICT[reason], reason) for pk, reason in cursor.fetchall()]
