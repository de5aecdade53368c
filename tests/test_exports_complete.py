"""Every stored field of a checklist is in its JSON and in its CSV, or here with a reason."""

import csv
import io
import json

import pytest
from django.utils import timezone

from advisories.cells import restore
from checklists import files
from checklists.actions import change_host, return_items
from checklists.actions.rendering import render_now, stored_file
from checklists.chain import timestamp
from checklists.content import content_of
from checklists.models import Answer, Checklist, ChecklistItem, Edition, Evidence, SignOff
from tests.support.proofs import prove
from tests.support.rollouts import (
    Scene,
    answer,
    decide,
    make_checklist,
    op,
    open_edition,
    quick_files,
    seen,
    sign_prepared,
    sign_reviewed,
    work_off,
)
from tests.support.schema import faults

pytestmark = pytest.mark.django_db

# Fields that are in neither file as they are stored, and why.
LEFT_OUT = {
    Checklist: {
        "rollout": "customer, project and number are frozen with the checklist",
        "frozen": "whole in the chain's event 1; what is printed of it are fields of the content",
        "discarded_at": "such a checklist has no edition",
        "discard_reason": "such a checklist has no edition",
        "last_seq": "of the chain, which goes on after the edition; chain_head is of the edition",
        "head": "as last_seq",
    },
    ChecklistItem: {
        "id": "tracking_id names it",
        "checklist": "its row",
        "content": "its texts, names and links, each a field or a column: see test_handover_tables",
        "facts": "what the rules read; reason and verdict are what came of it",
        "note_version": "stands in the note itself",
        "previous": "an offer, never a part of the edition",
        "returned_comment": "in the CSV while the item is returned, so never in an edition",
        "returned_by": "as returned_comment",
        "assignee": "who is to do it is no part of what is signed",
        "team": "as assignee",
    },
    Answer: {"id": "question names it", "checklist": "its row"},
    Edition: {
        "id": "minor names it",
        "checklist": "its row",
        "opened_seq": "the chain holds it",
        "content": "it is the JSON",
        "files": "the files themselves",
        "catalogue": "repeats the content",
    },
    Evidence: {
        "id": "of the record",
        "thumbnail": "made from the file",
        "removed_by": "a file that was removed is no part of the edition",
        "removed_at": "as removed_by",
    },
    SignOff: {
        "id": "edition and kind name it",
        "edition": "its row",
        "signer": "name and company are what was signed with",
        "revoked_at": "a signature in a file is live",
        "revoked_by": "as revoked_at",
        "revoke_reason": "as revoked_at",
    },
}


@pytest.fixture
def issued(monkeypatch):
    """The second checklist of a box, whose texts all differ; issued."""
    quick_files(monkeypatch)
    scene = Scene(at="issued")
    box = make_checklist(
        scene.rollout,
        scene.omar,
        name="second",
        host="proxy-02",
        predecessor=scene.checklist,
        happened="rebuilt",
    )
    change_host(
        checklist_id=box.pk, op_id=op("host"), host="proxy-02", mode_detail="WCCP", by=scene.omar
    )
    answer(box, "condition:directory", "yes", by=scene.omar)
    prove(box, by=scene.omar, name="shot.png", caption="a caption")
    work_off(box, scene.omar)
    sign_prepared(box, scene.omar, name="first try")
    return_items(
        checklist_id=box.pk,
        op_id=op("return"),
        seen=seen(box),
        comments={"A-1": "say who waits"},
        comment="",
        by=scene.ines,
    )
    decide(
        box,
        "A-1",
        "pending",
        by=scene.omar,
        note="a note",
        before="the old value",
        after="the new value",
        waiting_for="the customer",
        due="2026-12-01",
        agreed_by="a director",
    )
    decide(box, "A-2", "risk_accepted", by=scene.omar, reason="a reason", approver="an approver")
    sign_prepared(box, scene.omar, name="second try")
    edition = sign_reviewed(box, scene.ines, name="second issue")
    return Checklist.objects.get(pk=box.pk), edition


def in_json(edition):
    return json.loads(files.read(stored_file(edition, "json", "")["sha256"]))


def in_csv(edition):
    data = files.read(stored_file(edition, "csv", "en")["sha256"]).decode("utf-8-sig")
    rows = csv.DictReader(io.StringIO(data, newline=""))
    return [{head: restore(cell) for head, cell in row.items()} for row in rows]


def printed(moment):
    return f"{timezone.localtime(moment):%Y/%m/%d %H:%M}"


def checks_of(model, issued):
    """{field: (value of the JSON, what is stored, cell of the CSV, what has to be in it)}."""
    checklist, edition = issued
    said, row = in_json(edition), in_csv(edition)[0]
    content = said["content"]
    if model is Checklist:
        told = content["checklist"]
        before = str(checklist.predecessor_id)
        return {
            "id": (told["id"], str(checklist.pk), row["Checklist"], str(checklist.pk)),
            "predecessor": (told["predecessor"], before, row["Checklist before this one"], before),
            "happened": (told["happened"], "rebuilt", row["Checklist before this one"], "Rebuilt"),
            "host": (told["host"], "proxy-02", row["Host"], "proxy-02"),
            "mode_detail": (told["mode_detail"], "WCCP", row["Deployment mode"], "WCCP"),
            "customer": (told["customer"], checklist.customer, row["Customer"], checklist.customer),
            "project": (told["project"], checklist.project, row["Project"], checklist.project),
            "number": (told["number"], "P-1", row["Project number"], "P-1"),
            "product": (told["product"]["slug"], "appliance", row["Product"], "Appliance"),
            "release": (told["release"]["slug"], "appliance-2", row["Product and release"], "2.0"),
            "is_demo": (told["demo"], False, row["Marks"], ""),
            "created_by": (told["created_by"], "Omar 大森", row["Checklist created"], "Omar 大森"),
            "created_at": (
                *(told["created_at"], timestamp(checklist.created_at)),
                *(row["Checklist created"], printed(checklist.created_at)),
            ),
        }
    if model is ChecklistItem:
        item, told = checklist.items.get(tracking_id="A-1"), content["items"][0]
        decision, second = told["decision"], content["items"][1]["decision"]
        row_2 = in_csv(edition)[1]
        assert decision["returned_comment"] == "say who waits"
        assert decision["returned_by"] == "Ines 稲"
        return {
            "position": (told["position"], 1, row["No."], "1"),
            "tracking_id": (told["tracking_id"], "A-1", row["Tracking ID"], "A-1"),
            "revision": (told["revision"], 1, row["Revision"], "1"),
            "severity": (told["severity"], 3, row["Severity"], "High"),
            "category": (told["category"]["slug"], "tuning", row["Category"], "Tuning"),
            "reason": (told["reason"], "affected", row["Reason for the verdict"], ""),
            "verdict": (told["verdict"], "required", row["Verdict"], "Action required"),
            "decision": (decision["decision"], "pending", row["Decision"], "Pending"),
            "note": (decision["note"], "a note", row["Note"], "a note"),
            "value_before": (decision["before"], item.value_before, row["Value before"], "old"),
            "value_after": (decision["after"], item.value_after, row["Value after"], "new"),
            "decision_reason": (
                *(second["reason"], "a reason"),
                *(row_2["Reason for the decision"], "a reason"),
            ),
            "approver": (second["approver"], "an approver", row_2["Approved by"], "an approver"),
            "waiting_for": (
                *(decision["waiting_for"], "the customer"),
                *(row["Waiting for"], "the customer"),
            ),
            "due": (decision["due"], "2026-12-01", row["Due"], "2026/12/01"),
            "agreed_by": (
                *(decision["agreed_by"], "a director"),
                *(row["Hand-over with this open agreed by"], "a director"),
            ),
            "decided_by": (decision["by"], "Omar 大森", row["Recorded by"], "Omar 大森"),
            "decided_at": (
                *(decision["at"], timestamp(item.decided_at)),
                *(row["Recorded at"], printed(item.decided_at)),
            ),
            "returned": (decision["returned"], False, row["Returned or flagged"], ""),
            "flagged": (decision["flagged"], False, row["Returned or flagged"], ""),
            # Of the record itself: a CSV never comes back.
            "version": (decision["version"], item.version, row["Decision"], ""),
        }
    if model is Answer:
        cell = row["Answers this checklist rests on"]
        [told] = [a for a in content["answers"] if a["question"] == "condition:directory"]
        stored = checklist.answers.get(question="condition:directory")
        return {
            "question": (told["question"], stored.question, cell, "A directory is used"),
            "value": (told["value"], "yes", cell, "A directory is used: Yes"),
            "version": (told["version"], 1, cell, ""),
            "answered_by": (told["by"], "Omar 大森", cell, "Yes (Omar 大森"),
            "answered_at": (
                *(told["at"], timestamp(stored.answered_at)),
                *(cell, printed(stored.answered_at)),
            ),
        }
    if model is Edition:
        told, history = content["edition"], row["History of editions"]
        return {
            "minor": (told["number"], "1.0", row["Edition"], "1.0"),
            "reason": (told["reason"], "", history, "First edition"),
            "opened_by": (told["opened_by"], edition.opened_by, history, "Omar 大森"),
            "opened_at": (
                *(told["opened_at"], timestamp(edition.opened_at)),
                *(row["Edition begun"], printed(edition.opened_at)),
            ),
            "issued_at": (
                *(said["history"][0]["at"], timestamp(edition.issued_at)),
                *(history, printed(edition.issued_at)),
            ),
            "digest": (
                *(said["digest"], edition.digest),
                *(row["Digest of the content (SHA-256)"], edition.digest),
            ),
            "chain_head": (
                *(said["chain_head"], edition.chain_head),
                *(row["Chain head"], edition.chain_head),
            ),
        }
    if model is Evidence:
        [told], cell = content["evidence"], row["Evidence"]
        file = Evidence.objects.get(item__checklist=checklist)
        return {
            "item": (told["tracking_id"], "A-1", cell, "No. 1 shot.png"),
            "name": (told["name"], "shot.png", cell, "shot.png"),
            "type": (told["type"], "png", cell, ".png"),
            "size": (told["size"], file.size, cell, f"{file.size:,}"),
            "sha256": (told["sha256"], file.sha256, cell, file.sha256),
            "caption": (told["caption"], "a caption", cell, "a caption"),
            "added_by": (told["by"], "Omar 大森", cell, "Omar 大森"),
            "added_at": (told["at"], timestamp(file.added_at), cell, printed(file.added_at)),
        }
    told, cell = said["signatures"][1], row["Signatures"]
    signature = edition.sign_offs.get(kind="reviewed")
    return {
        "kind": (told["kind"], "reviewed", cell, "Reviewed: "),
        "name": (told["name"], signature.name, cell, "Reviewed: Ines 稲"),
        "company": (told["company"], "Integrator KK", cell, "Ines 稲 (Integrator KK"),
        "statement": (
            *(content["statement"], signature.statement),
            *(row["Statement"], signature.statement["en"]),
        ),
        "digest": (said["digest"], signature.digest, row["Chain head"], ""),
        "chain_head": (said["chain_head"], signature.chain_head, row["Chain head"], ""),
        "signed_at": (told["at"], timestamp(signature.signed_at), cell, printed(edition.issued_at)),
        "self_review": (told["self_review"], False, cell, ""),
    }


@pytest.mark.parametrize("model", LEFT_OUT)
def test_every_stored_field_is_in_json_and_csv_or_has_a_reason(model, issued):
    checks = checks_of(model, issued)

    fields = {field.name for field in model._meta.concrete_fields}
    assert fields == {*checks, *LEFT_OUT[model]}
    assert not set(checks) & set(LEFT_OUT[model])
    for name, (told, stored, cell, part) in checks.items():
        assert told == stored, name
        assert part in cell, name


def test_the_json_of_a_box_after_another_is_what_the_schema_says(issued):
    _checklist, edition = issued

    assert faults(in_json(edition)) == []


def test_the_first_checklist_of_a_box_names_none_before_it(monkeypatch):
    quick_files(monkeypatch)
    edition = Scene(at="issued").edition

    told = in_json(edition)["content"]["checklist"]

    assert not {"predecessor", "happened"} & set(told)
    assert {row["Checklist before this one"] for row in in_csv(edition)} == {""}


def test_a_draft_says_who_returned_an_item_and_why():
    scene = Scene(at="prepared")
    return_items(
        checklist_id=scene.id,
        op_id=op("return"),
        seen=seen(scene.checklist),
        comments={"A-1": "say who waits"},
        comment="",
        by=scene.ines,
    )

    row = draft_row(scene)

    assert row["Returned or flagged"] == "Returned (Ines 稲): say who waits"


def draft_row(scene):
    edition = open_edition(scene.checklist)
    data = render_now(
        scene.checklist,
        edition,
        content_of(Checklist.objects.get(pk=scene.id), edition),
        "en",
        "csv",
        timezone.now(),
    )
    return next(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
