"""Addresses of rollouts, checklists and the wizard."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from checklists.views import (
    acceptance,
    assignments,
    boxes,
    bulk,
    bundles,
    checklist,
    customer,
    documents,
    editions,
    evidence,
    files,
    items,
    offers,
    rollouts,
    sheets,
    signing,
    sync,
    unsent,
    verification,
    wizard,
    wizard_save,
)


class TrackingId(StringConverter):
    """The characters of a tracking ID and no others: a NUL must not reach PostgreSQL."""

    regex = "[A-Za-z0-9._-]+"


register_converter(TrackingId, "tracking_id")

app_name = "checklists"

urlpatterns = [
    path("checklists/new/", wizard.release, name="new"),
    path("checklists/new/mode/", wizard.mode, name="new_mode"),
    path("checklists/new/installed-with/", wizard.installed_with, name="new_installed_with"),
    path("checklists/new/conditions/", wizard.conditions, name="new_conditions"),
    path("checklists/new/check/", wizard.check, name="new_check"),
    path("checklists/new/save/", wizard_save.save, name="new_save"),
    path("checklists/unsent/", unsent.unsent, name="unsent"),
    # /checklists/<uuid>/: the list and what its forms send
    path("checklists/<uuid:uuid>/", checklist.checklist_detail, name="checklist_detail"),
    path("checklists/<uuid:uuid>/history/", checklist.history, name="history"),
    path(
        "checklists/<uuid:uuid>/items/<tracking_id:tracking_id>/decision/",
        items.decide,
        name="decide",
    ),
    path("checklists/<uuid:uuid>/sheet/", checklist.paper_sheet, name="paper_sheet"),
    path("checklists/<uuid:uuid>/decisions/", bulk.decide_many, name="decide_many"),
    path("checklists/<uuid:uuid>/decisions/undo/", bulk.undo_many, name="undo_many"),
    path("checklists/<uuid:uuid>/answers/", items.answer, name="answer"),
    path("checklists/<uuid:uuid>/conflicts/", items.resolve, name="resolve"),
    path("checklists/<uuid:uuid>/sync/", sync.sync, name="sync"),
    path("checklists/<uuid:uuid>/changes/", sync.changes, name="changes"),
    path(
        "checklists/<uuid:uuid>/items/<tracking_id:tracking_id>/evidence/",
        evidence.evidence,
        name="evidence",
    ),
    path(
        "checklists/<uuid:uuid>/evidence/<uuid:pk>/", evidence.evidence_file, name="evidence_file"
    ),
    path(
        "checklists/<uuid:uuid>/evidence/<uuid:pk>/thumbnail/",
        evidence.thumbnail,
        name="evidence_thumbnail",
    ),
    path(
        "checklists/<uuid:uuid>/evidence/<uuid:pk>/remove/",
        evidence.remove,
        name="remove_evidence",
    ),
    path("checklists/<uuid:uuid>/offers/", offers.offers, name="offers"),
    path("checklists/<uuid:uuid>/offers/take/", offers.take, name="take"),
    path("checklists/<uuid:uuid>/offers/seen/", offers.look_through, name="look_through"),
    # /checklists/<uuid>/: signatures, editions, files
    path("checklists/<uuid:uuid>/prepare/", signing.prepare, name="prepare"),
    path("checklists/<uuid:uuid>/withdraw/", signing.withdraw, name="withdraw"),
    path("checklists/<uuid:uuid>/review/", signing.review, name="review"),
    path("checklists/<uuid:uuid>/return/", signing.return_items, name="return_items"),
    path("checklists/<uuid:uuid>/reopen/", editions.reopen, name="reopen"),
    path("checklists/<uuid:uuid>/close/", editions.close_draft, name="close_draft"),
    path("checklists/<uuid:uuid>/discard/", editions.discard, name="discard"),
    path("checklists/<uuid:uuid>/host/", rollouts.host, name="host"),
    path("checklists/<uuid:uuid>/assign/", assignments.assign, name="assign"),
    path("mine/", assignments.mine, name="mine"),
    path("checklists/<uuid:uuid>/another/", boxes.another, name="another"),
    path("checklists/<uuid:uuid>/successor/", boxes.successor, name="successor"),
    path("checklists/<uuid:uuid>/export.<str:extension>", files.export, name="export"),
    path("checklists/<uuid:uuid>/import/", sheets.check_sheet, name="check_sheet"),
    path("checklists/<uuid:uuid>/editions/<str:number>/", editions.edition, name="edition"),
    path("checklists/<uuid:uuid>/editions/<str:number>/revoke/", editions.revoke, name="revoke"),
    path(
        "checklists/<uuid:uuid>/editions/<str:number>/bundle.zip",
        bundles.edition_bundle,
        name="edition_bundle",
    ),
    path(
        "checklists/<uuid:uuid>/editions/<str:number>/<str:name>",
        files.edition_file,
        name="edition_file",
    ),
    # /checklists/<uuid>/editions/: the revision history, and what the customer says of an edition
    path("checklists/<uuid:uuid>/editions/", acceptance.revisions, name="revisions"),
    path("checklists/<uuid:uuid>/editions/<str:number>/link/", acceptance.link, name="make_link"),
    path(
        "checklists/<uuid:uuid>/editions/<str:number>/links/<uuid:access>/revoke/",
        acceptance.revoke_link,
        name="revoke_link",
    ),
    path("checklists/<uuid:uuid>/editions/<str:number>/device/", acceptance.device, name="device"),
    path("checklists/<uuid:uuid>/editions/<str:number>/paper/", acceptance.paper, name="paper"),
    path(
        "checklists/<uuid:uuid>/editions/<str:number>/replies/<int:pk>/revoke/",
        acceptance.revoke_reply,
        name="revoke_reply",
    ),
    path(
        "checklists/<uuid:uuid>/editions/<str:number>/replies/<int:pk>/<str:name>",
        acceptance.reply_file,
        name="reply_file",
    ),
    # /a/<token>/ and /accept/<uuid>/: customers, who have no account
    path("a/<str:token>/", customer.enter, name="link"),
    # Else a redirect to the address above would carry the token on.
    path("a/<str:token>", customer.enter, name="link_in_short"),
    path("accept/<uuid:access>/", customer.customer, name="customer"),
    path("accept/<uuid:access>/accept/", customer.accept, name="customer_accept"),
    path("accept/<uuid:access>/decline/", customer.decline, name="customer_decline"),
    path("accept/<uuid:access>/comment/", customer.comment, name="customer_comment"),
    path("accept/<uuid:access>/files/<str:name>", customer.file, name="customer_file"),
    path("accept/<uuid:access>/pictures/<str:sha256>", customer.picture, name="customer_picture"),
    # For everybody, without an account
    path("verify/", verification.verify, name="verify"),
    path("verify/<str:code>/", verification.verify, name="verify_code"),
    path("schema/checklist-1.json", files.schema, name="schema"),
    # /rollouts/<uuid>/
    path("rollouts/<uuid:uuid>/", rollouts.rollout_detail, name="rollout_detail"),
    path("rollouts/<uuid:uuid>/header/", rollouts.rollout_header, name="rollout_header"),
    path("rollouts/<uuid:uuid>/matrix/", boxes.rollout_matrix, name="rollout_matrix"),
    path("rollouts/<uuid:uuid>/answers/", boxes.rollout_answers, name="rollout_answers"),
    path(
        "rollouts/<uuid:uuid>/items/<tracking_id:tracking_id>/",
        boxes.rollout_decide,
        name="rollout_decide",
    ),
    path("rollouts/<uuid:uuid>/files/", bundles.rollout_files, name="rollout_files"),
    path("rollouts/<uuid:uuid>/files/sheets.xlsx", bundles.rollout_sheets, name="rollout_sheets"),
    path("rollouts/<uuid:uuid>/files/bundle.zip", bundles.rollout_bundle, name="rollout_bundle"),
    path("rollouts/<uuid:uuid>/members/", rollouts.rollout_members, name="rollout_members"),
    # /documents/<pk>/: one revision of a document
    path("documents/<int:pk>/", documents.document, name="document"),
]
