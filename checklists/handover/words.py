"""Every word of the hand-over that is ours: keys of the content to words, labels, column heads.

All lazy: they speak the language that is active when `tables.make_handover` reads them.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = dict[str, Promise]

VERDICTS: Words = {
    "required": _("Action required"),
    "confirm": _("Needs an answer"),
    "fixed": _("Fixed, verify only"),
    "not_applicable": _("Not applicable"),
}
DECISIONS: Words = {
    "open": _("Open"),
    "done": _("Done"),
    "verified": _("Verified"),
    "not_needed": _("Not needed"),
    "risk_accepted": _("Risk accepted"),
    "pending": _("Pending"),
}
# What a count tells apart: who does not apply and was not decided waits for nobody.
NONE_NEEDED = "none_needed"
COUNTED: Words = {**DECISIONS, NONE_NEEDED: _("None needed")}
SEVERITIES: dict[int | None, tuple[str, Promise | str]] = {
    3: ("high", _("High")),
    2: ("medium", _("Medium")),
    1: ("low", _("Low")),
    None: ("none", "—"),
}
FIX_SCOPES: Words = {
    "all_installs": _("all installations"),
    "new_installs": _("new installations only"),
}
STATES: Words = {
    "draft": _("Draft"),
    "prepared": _("Awaiting review"),
    "issued": _("Issued"),
}
# How an advisory moved since it was frozen (checklists.moves.Step).
STEPS: Words = {
    "major": _("MAJOR: applicability changed"),
    "added": _("Added"),
    "withdrawn": _("Withdrawn"),
    "left": _("No longer in a document for this product"),
    "minor": _("MINOR: action, check or severity changed"),
    "patch": _("PATCH: wording changed"),
    "note": _("Our own steps changed"),
}
SIGNATURES: Words = {
    "prepared": _("Prepared"),
    "reviewed": _("Reviewed"),
    "accepted": _("Accepted by the customer"),
}

# The columns of a sheet (CSV): attribute of a Row, or a key of Handover.common, and its head.
SHEET_COLUMNS: tuple[tuple[str, Promise], ...] = (
    ("number", _("No.")),
    ("tracking_id", _("Tracking ID")),
    ("category", _("Category")),
    ("topics", _("Topics")),
    ("severity", _("Severity")),
    ("verdict", _("Verdict")),
    ("reason", _("Reason for the verdict")),
    ("decision", _("Decision")),
    ("attention", _("Returned or flagged")),
    ("moved", _("Change of the catalogue")),
    ("decision_reason", _("Reason for the decision")),
    ("note", _("Note")),
    ("before", _("Value before")),
    ("after", _("Value after")),
    ("approver", _("Approved by")),
    ("waiting_for", _("Waiting for")),
    ("due", _("Due")),
    ("agreed_by", _("Hand-over with this open agreed by")),
    ("who", _("Recorded by")),
    ("when", _("Recorded at")),
    ("title", _("Title")),
    ("summary", _("Summary")),
    ("action", _("What to do")),
    ("check", _("How to prove it")),
    ("impact", _("Service impact")),
    ("phase", _("Phase")),
    ("acts", _("Who acts")),
    ("fix", _("Fix")),
    ("local_note", _("Our own steps")),
    ("modes", _("Applies in modes")),
    ("conditions", _("Conditions")),
    ("reference_numbers", _("Q&A")),
    ("reference_urls", _("Links")),
    ("revision", _("Revision")),
    ("provenance", _("Place in the document")),
    ("customer", _("Customer")),
    ("project", _("Project")),
    ("project_number", _("Project number")),
    ("host", _("Host")),
    ("release", _("Product and release")),
    ("mode", _("Deployment mode")),
    ("installed_with", _("First installed with")),
    ("edition", _("Edition")),
    ("state", _("State")),
    ("documents", _("Catalogue edition")),
    ("check_date", _("Catalogue checked on")),
    ("added", _("Added advisories that were not taken")),
    ("digest", _("Digest of the content (SHA-256)")),
    ("chain_head", _("Chain head")),
    ("code", _("Verification code")),
)

# What the PDF's template prints and no other part of a Handover carries.
PAGE: Words = {
    "answers": _("Answers this checklist rests on"),
    "question": _("Question"),
    "answer": _("Answer"),
    "by": _("By"),
    "at": _("When"),
    "total": _("Total"),
    "verdict": _("Verdict"),
    "verdict_reason": _("Verdict and reason"),
    "reason": _("Reason"),
    "number": _("No."),
    "severity": _("Severity"),
    "content": _("Advisory"),
    "title": _("Title"),
    "references": _("Q&A"),
    "decision": _("Decision"),
    "record": _("Record"),
    "decision_record": _("Decision and record"),
    "recorded": _("Recorded"),
    "action": _("What to do"),
    "check": _("How to prove it"),
    "impact": _("Service impact"),
    "fix": _("Fix"),
    "phase": _("Phase"),
    "acts": _("Who acts"),
    "local_note": _("Our own steps"),
    "first": _("Open points and accepted risks"),
    "name": _("Name"),
    "date": _("Date"),
    "seal": _("Seal"),
    "sign": _("Signature"),
    "offers": _("Changes of the catalogue that were not taken"),
    "history": _("History of editions"),
    "edition": _("Edition"),
    "issued_at": _("Issued at"),
    "prepared_by": _("Prepared by"),
    "edition_content": _("What it is"),
    "evidence": _("Evidence"),
    "no_evidence": _("No evidence is attached to this edition."),
    "file": _("File"),
    "bytes": _("Bytes"),
    "proof": _("Verification"),
    "code": _("Verification code"),
    "logo": _("Logo of"),
    "qr": _("QR code of the verification page"),
    "page": _("Page"),
}
