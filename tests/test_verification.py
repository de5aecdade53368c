"""verify_checklist: every kind of tampering is found, and files are told by their bytes."""

import hashlib
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F
from django.utils import timezone, translation

from checklists import files
from checklists.actions import (
    change_header,
    change_host,
    close_draft,
    discard,
    look_through,
    purge,
    reopen,
    return_items,
    revoke_edition,
    revoke_reply,
    withdraw,
)
from checklists.chain import FIRST, hash_of
from checklists.models import (
    Answer,
    Checklist,
    ChecklistItem,
    Edition,
    Event,
    IssuedFile,
    Reply,
    Revocation,
    SignOff,
)
from checklists.offers import held_by, moves_since, seen_in
from checklists.verification import findings, origins
from portal.models import User
from tests.support.customers import (
    PUBLIC_URL,
    accept,
    comment,
    decline,
    make_link,
    quick_sheet,
    record_paper,
)
from tests.support.moving import add, fix, sharpen, take
from tests.support.rollouts import (
    Scene,
    answer,
    decide,
    make_checklist,
    make_rollout,
    op,
    quick_files,
    seen,
    sign_prepared,
    sign_reviewed,
)
from tests.support.tampering import unguarded

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def no_real_pdf(monkeypatch):
    quick_files(monkeypatch)


def found(scene):
    return " / ".join(findings(Checklist.objects.get(pk=scene.id)))


def rehash(checklist):
    """Make the chain hold again from its first event on: what a careful forger would do."""
    previous = FIRST
    for event in checklist.events.select_related("item").order_by("seq"):
        event.prev_hash = previous
        event.hash = hash_of(event, tracking_id=event.item and event.item.tracking_id)
        Event.objects.filter(pk=event.pk).update(prev_hash=event.prev_hash, hash=event.hash)
        previous = event.hash
    Checklist.objects.filter(pk=checklist.pk).update(head=previous)


def test_a_long_history_holds():
    scene = Scene()
    decide(scene.checklist, "A-1", by=scene.omar)
    decide(scene.checklist, "A-1", "verified", by=scene.omar, version=0, name="conflict")
    decide(scene.checklist, "A-1", "verified", by=scene.omar)
    answer(scene.checklist, "condition:directory", "yes", by=scene.omar)
    answer(scene.checklist, "installed_with", "unknown", by=scene.omar)
    decide(scene.checklist, "A-2", "pending", waiting_for="C", due="2026-12-01", by=scene.omar)
    change_header(
        rollout=scene.rollout,
        op_id=op("h"),
        customer="New",
        project="P",
        number="",
        by=scene.omar,
    )
    change_host(checklist_id=scene.id, op_id=op("host"), host="b", mode_detail="HA", by=scene.omar)
    for tracking_id in ("A-3", "A-4"):
        decide(scene.checklist, tracking_id, by=scene.omar)
    sign_prepared(scene.checklist, scene.omar)
    decide(scene.checklist, "A-1", by=scene.omar, name="late")
    return_items(
        checklist_id=scene.id,
        seen=seen(scene.checklist),
        op_id=op("return"),
        comments={"A-1": "no", "A-5": "why?"},
        comment="",
        by=scene.ines,
    )
    assert found(scene) == ""

    for tracking_id in ("A-1", "A-5"):
        decide(scene.checklist, tracking_id, by=scene.omar)
    sign_prepared(scene.checklist, scene.omar, name="again")
    edition = sign_reviewed(scene.checklist, scene.ines)
    revoke_edition(edition_id=edition.pk, op_id=op("revoke"), reason="wrong", by=scene.ines)
    reopen(checklist_id=scene.id, op_id=op("reopen"), reason="again", by=scene.omar)
    assert found(scene) == ""


def taken(scene):
    """Everything that can be taken, and looked through."""
    sharpen("A-1")
    fix("A-2")
    add("A-6", conditions=["snmp"])
    take(scene.checklist, "A-1", "A-2", "A-6", by=scene.omar)
    shown = seen_in(moves_since("appliance", held_by(scene.checklist.items.all())))
    look_through(checklist_id=scene.id, op_id=op("look"), seen=shown, by=scene.omar)


def test_what_was_taken_and_looked_through_holds():
    scene = Scene(at="worked")
    taken(scene)
    sharpen("A-1", "また別の対応")
    take(scene.checklist, "A-1", by=scene.omar)

    assert found(scene) == ""


@pytest.mark.parametrize(
    ("name", "changes", "sentence"),
    [
        ("A-1", {"content": {}}, "A-1 is not what event 6 took."),
        ("A-1", {"severity": 1}, "A-1 is not what event 6 took."),
        ("A-1", {"revision": 1}, "A-1 is not what event 6 took."),
        ("A-2", {"previous": None}, "A-2 is not what event 7 took."),
        ("A-6", {"facts": {}}, "A-6 is not what event 8 took."),
        ("A-6", {"position": 9}, "A-6 is not what event 8 took."),
        ("A-1", {"flagged": False}, "The decision on A-1"),
        ("A-2", {"decision": "done"}, "The decision on A-2"),
        ("A-2", {"version": 1}, "The decision on A-2"),
        ("A-6", {"reason": "mode"}, "The verdict of A-6"),
        ("A-3", {"content": {}}, "The frozen header or items"),
    ],
)
def test_a_changed_item_is_found_after_revisions_were_taken(name, changes, sentence):
    scene = Scene(at="worked")
    taken(scene)
    ChecklistItem.objects.filter(tracking_id=name).update(**changes)

    assert sentence in found(scene)


def test_an_added_item_that_is_gone_or_that_nobody_added_is_found():
    scene = Scene(at="worked")
    taken(scene)
    item = scene.item("A-6")
    with unguarded():
        Event.objects.filter(item=item).update(item=scene.item("A-1"))
    item.delete()

    assert "A-6 is not what event 8 took." in found(scene)
    assert "The item A-6 is missing." in found(scene)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"conditions": []}, "The conditions are not those that event 8 added."),
        ({"check_date": "2020-01-01"}, "The catalogue edition is not the one that event 9 named."),
        ({"documents": []}, "The catalogue edition is not the one that event 9 named."),
        ({"modes": []}, "The frozen header or items"),
    ],
)
def test_a_changed_header_is_found_after_it_was_looked_through(changes, sentence):
    scene = Scene(at="worked")
    taken(scene)
    scene.checklist.refresh_from_db()
    Checklist.objects.update(frozen=scene.checklist.frozen | changes)

    assert sentence in found(scene)


def test_an_answer_to_a_question_that_was_added_is_found_when_it_is_changed():
    scene = Scene(at="worked")
    taken(scene)
    Answer.objects.filter(question="condition:snmp").update(value="yes")

    assert "The answer to condition:snmp" in found(scene)


def test_a_catalogue_of_an_edition_that_its_content_does_not_have_is_found():
    scene = Scene(at="issued")
    with unguarded():
        Edition.objects.update(catalogue={"revisions": {"A-1": 9}, "documents": {}})

    assert "its catalogue edition is not that of its content" in found(scene)


def test_a_changed_event_is_found():
    scene = Scene(at="worked")
    with unguarded():
        Event.objects.filter(seq=2).update(actor_name="somebody else")

    assert "Event 2 was changed" in found(scene)


@pytest.mark.parametrize("seq", [1, 2])
@pytest.mark.parametrize("changes", [{"payload": []}, {"effect": {}}, {"effect": "x"}])
def test_an_event_that_has_lost_its_shape_is_found_and_no_crash(seq, changes):
    scene = Scene(at="issued")
    with unguarded():
        Event.objects.filter(seq=seq).update(**changes)

    assert f"Event {seq} was changed" in found(scene)


def test_a_deleted_event_is_found():
    scene = Scene(at="worked")
    with unguarded():
        Event.objects.filter(seq=3).delete()

    assert "Event 3 is missing" in found(scene)


def test_events_in_another_order_are_found():
    scene = Scene(at="worked")
    with unguarded():
        Event.objects.filter(seq=2).update(seq=99)
        Event.objects.filter(seq=3).update(seq=2)
        Event.objects.filter(seq=99).update(seq=3)

    assert "Event 2 does not follow the event before it." in found(scene)


def test_a_cut_tail_is_found_against_the_checklists_own_end():
    scene = Scene(at="worked")
    with unguarded():
        Event.objects.filter(seq=5).delete()

    assert "The chain ends with event 4" in found(scene)


def test_a_tail_cut_with_care_is_found_against_the_head_of_an_issued_edition():
    scene = Scene(at="issued")
    with unguarded():
        Event.objects.filter(kind__in=["prepared", "issued"]).delete()
        last = scene.checklist.events.order_by("seq").last()
        Checklist.objects.update(last_seq=last.seq, head=last.hash)

    assert "its chain head is not in the chain" in found(scene)


def test_a_chain_forged_from_its_start_is_found_against_the_head_that_was_printed():
    scene = Scene(at="issued")
    with unguarded():
        Event.objects.filter(seq=2).update(actor_name="somebody else")
        ChecklistItem.objects.filter(tracking_id="A-1").update(decided_by="somebody else")
        rehash(scene.checklist)

    assert "its chain head is not in the chain" in found(scene)
    assert "was changed" not in found(scene)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"content": {}}, "The frozen header or items"),
        ({"facts": {}}, "The frozen header or items"),
        ({"severity": 1}, "The frozen header or items"),
        ({"position": 99}, "The frozen header or items"),
        ({"reason": "mode", "verdict": "not_applicable"}, "The verdict of A-1"),
        ({"verdict": "not_applicable"}, "The verdict of A-1"),
        ({"decision": "risk_accepted"}, "The decision on A-1"),
        ({"note": "forged"}, "The decision on A-1"),
        ({"decided_by": "somebody else"}, "The decision on A-1"),
        ({"decided_at": None}, "The decision on A-1"),
        ({"due": "2026-12-01"}, "The decision on A-1"),
        ({"returned": True}, "The decision on A-1"),
        ({"version": F("version") + 1}, "The decision on A-1"),
    ],
)
def test_a_changed_item_is_found(changes, sentence):
    scene = Scene(at="worked")
    ChecklistItem.objects.filter(tracking_id="A-1").update(**changes)

    assert sentence in found(scene)


def test_an_item_that_is_gone_is_found():
    scene = Scene()
    ChecklistItem.objects.filter(tracking_id="A-5").delete()

    assert "The item A-5 is missing." in found(scene)


@pytest.mark.parametrize(
    "changes", [{"value": "no"}, {"version": 7}, {"answered_by": "somebody else"}]
)
def test_a_changed_answer_is_found(changes):
    scene = Scene()
    Answer.objects.filter(question="condition:directory").update(**changes)

    assert "The answer to condition:directory" in found(scene)


def test_an_answer_that_is_gone_is_found():
    scene = Scene()
    Answer.objects.filter(question="mode").delete()

    assert "The answer to mode" in found(scene)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"frozen": {"product": {"slug": "appliance"}}}, "The frozen header or items"),
        ({"host": "another"}, "The header's host"),
        ({"customer": "another"}, "The header's customer"),
        ({"is_demo": True}, "Whether the checklist is a demo"),
        ({"release": "appliance-1"}, "Product, release or time"),
    ],
)
def test_a_changed_header_is_found(changes, sentence):
    scene = Scene()
    Checklist.objects.update(**changes)

    assert sentence in found(scene)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"content": "{}"}, "its content is not the one whose digest was signed"),
        ({"content": "not JSON"}, "its content is not the one whose digest was signed"),
        ({"digest": "0" * 64}, "its digest is not that of the event that issued it"),
        ({"chain_head": "0" * 64}, "its chain head is not in the chain"),
        ({"files": []}, "its files or its time"),
    ],
)
def test_a_changed_edition_is_found(changes, sentence):
    scene = Scene(at="issued")
    with unguarded():
        Edition.objects.update(**changes)

    assert sentence in found(scene)


def test_content_changed_with_its_digest_is_found_by_the_signatures():
    scene = Scene(at="issued")
    content = scene.edition.content.replace("proxy-01", "proxy-99")
    with unguarded():
        Edition.objects.update(content=content, digest=hashlib.sha256(content.encode()).hexdigest())

    assert "the signature “Reviewed” is over another content" in found(scene)


# What is changed of each column of a signature; its edition is where it is looked for.
SIGNATURE = {
    "kind": "accepted",
    "signer": None,
    "name": "somebody else",
    "company": "another",
    "statement": {"ja": "", "en": "I sign nothing"},
    "digest": "0" * 64,
    "chain_head": "0" * 64,
    "signed_at": timezone.now(),
    "self_review": True,
    "revoked_at": timezone.now(),
    "revoked_by": "somebody else",
    "revoke_reason": "another",
}


@pytest.fixture
def signed():
    """Two editions and every kind of signature of ours: returned, withdrawn, live, reviewed; the
    second is in review. The first is revoked."""
    scene = Scene(at="prepared")
    withdraw(checklist_id=scene.id, op_id=op("withdraw"), by=scene.omar)
    sign_prepared(scene.checklist, scene.omar, name="again")
    return_all(scene)
    sign_prepared(scene.checklist, scene.omar, name="third")
    edition = sign_reviewed(scene.checklist, scene.ines)
    revoke_edition(edition_id=edition.pk, op_id=op("revoke"), reason="wrong", by=scene.ines)
    reopen(checklist_id=scene.id, op_id=op("reopen"), reason="once more", by=scene.omar)
    sign_prepared(scene.checklist, scene.omar, name="fourth")
    return scene


def return_all(scene):
    return_items(
        checklist_id=scene.id,
        seen=seen(scene.checklist),
        op_id=op(f"return {scene.checklist.last_seq}"),
        comments={},
        comment="look again",
        by=scene.ines,
    )


def signatures(scene):
    return SignOff.objects.filter(edition__checklist=scene.id).order_by("signed_at", "pk")


def test_a_history_of_signatures_holds(signed):
    assert [s.kind for s in signatures(signed)] == [*["prepared"] * 3, "reviewed", "prepared"]
    assert found(signed) == ""


def test_every_column_of_a_signature_is_tried():
    columns = {field.name for field in SignOff._meta.concrete_fields}

    assert columns - set(SIGNATURE) == {"id", "edition"}


@pytest.mark.parametrize("column", SIGNATURE)
@pytest.mark.parametrize("place", range(5))
def test_a_changed_signature_is_found(signed, place, column):
    row = signatures(signed)[place]
    changes = {column: SIGNATURE[column]}
    if column == "revoked_at" and row.revoked_at is None:
        changes["revoked_by"] = "somebody"
    if column == "revoked_by" and row.revoked_at is None:
        changes["revoked_at"] = timezone.now()
    SignOff.objects.filter(pk=row.pk).update(**changes)

    assert f"Edition {row.edition.number}: the signature “" in found(signed)


@pytest.mark.parametrize("place", range(5))
def test_a_signature_that_somebody_deleted_is_found(signed, place):
    row = signatures(signed)[place]
    row.delete()

    assert f"the signature “{row.get_kind_display()}” of {row.name} is missing" in found(signed)


def test_a_signature_that_is_valid_again_is_found():
    scene = Scene(at="prepared")
    return_all(scene)
    SignOff.objects.update(revoked_at=None, revoked_by="", revoke_reason="")

    assert "the signature “Prepared” of Omar 大森 is not what the events say" in found(scene)


def test_a_signature_that_nobody_made_and_a_second_one_are_found():
    scene = Scene(at="prepared")
    row = SignOff.objects.get()
    return_all(scene)
    row.pk = None
    row.save()

    assert "the signature “Prepared” of Omar 大森 is not what the events say" in found(scene)


def test_the_same_person_in_both_roles_holds(settings):
    settings.ALLOW_SELF_REVIEW = True
    scene = Scene(at="worked")
    scene.omar.groups.add(*scene.ines.groups.all())
    both = User.objects.get(pk=scene.omar.pk)  # whose roles nobody has asked for yet
    sign_prepared(scene.checklist, both)
    sign_reviewed(scene.checklist, both)
    assert found(scene) == ""

    SignOff.objects.filter(kind="reviewed").update(signer=scene.ines, self_review=False)

    assert "the signature “Reviewed” of Omar 大森 is not what the events say" in found(scene)


def test_signatures_whose_events_do_not_hold_the_company_hold_and_are_compared(signed):
    """As they were written at first; a revocation then got its time just before its event."""
    with unguarded():
        for event in Event.objects.filter(kind__in=["prepared", "issued"]):
            del event.effect["company"]
            Event.objects.filter(pk=event.pk).update(effect=event.effect)
    SignOff.objects.exclude(revoked_at=None).update(
        revoked_at=F("revoked_at") - timedelta(microseconds=9)
    )
    assert "the signature" not in found(signed)

    SignOff.objects.filter(revoke_reason="look again").update(revoke_reason="never mind")

    assert "the signature “Prepared” of Omar 大森 is not what the events say" in found(signed)


@pytest.mark.parametrize(
    "changes",
    [
        {"reason": "it was right"},
        {"revoked_by": "somebody else"},
        {"revoked_at": timezone.now()},
    ],
)
def test_a_changed_revocation_of_an_edition_is_found(signed, changes):
    with unguarded():
        Revocation.objects.update(**changes)

    assert "Edition 1.0: its revocation is not what the events say." in found(signed)


def test_a_revocation_of_an_edition_that_is_gone_is_found(signed):
    with unguarded():
        Revocation.objects.all().delete()

    assert "Edition 1.0: its revocation is missing." in found(signed)


def test_a_revocation_of_an_edition_that_nobody_made_is_found():
    scene = Scene(at="issued")
    Revocation.objects.create(
        edition=scene.edition, reason="x", revoked_by="x", revoked_at=timezone.now()
    )

    assert "Edition 1.0: its revocation is not what the events say." in found(scene)


@pytest.mark.parametrize(
    "changes",
    [
        {"reason": "another"},
        {"opened_by": "somebody else"},
        {"opened_at": timezone.now()},
        {"opened_seq": 9},
    ],
)
@pytest.mark.parametrize("minor", [0, 1])
def test_a_changed_opening_of_an_edition_is_found(signed, minor, changes):
    with unguarded():
        Edition.objects.filter(minor=minor).update(**changes)

    assert f"Edition 1.{minor}: its opening is not what the events say." in found(signed)


def test_an_edition_that_is_gone_or_that_nobody_opened_is_found():
    scene = Scene(at="issued")
    reopen(checklist_id=scene.id, op_id=op("reopen"), reason="again", by=scene.omar)
    Edition.objects.filter(minor=1).update(minor=2)

    assert "Edition 1.1: it is missing." in found(scene)
    assert "Edition 1.2: its opening is not what the events say." in found(scene)


def test_a_draft_that_was_closed_and_opened_again_holds():
    scene = Scene(at="issued")
    reopen(checklist_id=scene.id, op_id=op("reopen"), reason="again", by=scene.omar)
    close_draft(checklist_id=scene.id, op_id=op("close"), by=scene.omar)
    assert found(scene) == ""

    reopen(checklist_id=scene.id, op_id=op("reopen 2"), reason="now", by=scene.ines)

    assert found(scene) == ""


@pytest.fixture
def second_box():
    """The checklist of the box after it was rebuilt; the first one's is its predecessor."""
    scene = Scene()
    box = make_checklist(
        make_rollout(scene.omar, name="other"),
        scene.omar,
        name="second",
        predecessor=scene.checklist,
        happened="rebuilt",
    )
    return scene, box


def test_a_box_after_another_holds_and_goes_on_holding_when_that_is_purged(second_box):
    scene, box = second_box
    assert findings(box) == []

    purge(rollout_id=scene.rollout.pk, reason="old", by="me")

    box.refresh_from_db()
    assert box.predecessor is None
    assert findings(box) == []


@pytest.mark.parametrize("changes", [{"predecessor": None}, {"happened": ""}, {"created_by": None}])
def test_a_checklist_that_says_another_origin_is_found(second_box, changes):
    scene, box = second_box
    if "created_by" in changes:
        changes = {"created_by": scene.ines}
    Checklist.objects.filter(pk=box.pk).update(**changes)

    box.refresh_from_db()

    assert findings(box) == [
        "Who made the checklist, and after which one, is not what event 1 says."
    ]


@pytest.mark.parametrize("discarded", [True, False])
def test_a_checklist_that_somebody_discarded_or_took_back_by_hand_is_found(discarded):
    scene = Scene()
    changes = {"discarded_at": timezone.now(), "discard_reason": "not mine"}
    if discarded:
        discard(checklist_id=scene.id, op_id=op("discard"), reason="twice", by=scene.omar)
        assert found(scene) == ""
        changes = {"discarded_at": None, "discard_reason": ""}

    Checklist.objects.update(**changes)

    assert "Whether the checklist was discarded" in found(scene)


def test_a_signature_that_is_gone_is_found():
    scene = Scene(at="issued")
    SignOff.objects.filter(kind="reviewed").delete()

    assert "the signature “Reviewed” is missing" in found(scene)


@pytest.mark.parametrize("what", ["changed", "not there"])
def test_a_changed_or_missing_file_is_found(what):
    scene = Scene(at="issued")
    path = files.path_of(scene.edition.files[0]["sha256"])
    if what == "changed":
        data = bytearray(path.read_bytes())
        data[10] ^= 1
        path.write_bytes(data)
    else:
        path.unlink()

    sentence = found(scene)
    path.unlink(missing_ok=True)

    assert what in sentence


@pytest.mark.parametrize("what", ["gone", "another"])
def test_a_changed_way_to_find_a_file_is_found(what):
    scene = Scene(at="issued")
    row = IssuedFile.objects.first()
    if what == "gone":
        row.delete()
    else:
        IssuedFile.objects.filter(pk=row.pk).update(sha256="0" * 64)

    assert "the hashes by which its files are found" in found(scene)


# The customer's answers


@pytest.fixture
def answered(monkeypatch, settings):
    """A refusal, a comment, an acceptance by link, and before them one on paper, revoked."""
    settings.PUBLIC_URL = PUBLIC_URL
    quick_sheet(monkeypatch)
    scene = Scene(at="issued")
    access, _token = make_link(scene)
    signature = record_paper(scene)
    revoke_reply(sign_off_id=signature.pk, op_id=op("rr"), reason="wrong", by=scene.ines)
    decline(access)
    comment(access)
    accept(access)
    return scene


def test_a_history_with_answers_of_the_customer_holds(answered):
    assert found(answered) == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "somebody else"},
        {"company": "another"},
        {"statement": {"ja": "", "en": "I accept nothing"}},
        {"digest": "0" * 64},
        {"signed_at": timezone.now()},
        {"revoked_at": timezone.now(), "revoked_by": "somebody"},
    ],
)
def test_a_changed_answer_of_the_customer_is_found(answered, changes):
    SignOff.objects.filter(kind="accepted", revoked_at=None).update(**changes)

    assert "what the customer accepted at" in found(answered) or "not over what" in found(answered)


@pytest.mark.parametrize(
    "changes",
    [
        {"how": "device"},
        {"reason": "none"},
        {"sheets": []},
        {"scan": {"sha256": "0" * 64, "name": "scan"}},
        {"access": None},
    ],
)
def test_a_changed_reply_is_found(answered, changes):
    Reply.objects.filter(how="link", sign_off__kind="accepted").update(**changes)

    assert "what the customer accepted at" in found(answered)


@pytest.mark.parametrize("kind", ["accepted", "declined"])
def test_an_answer_of_the_customer_that_is_gone_is_found(answered, kind):
    SignOff.objects.filter(kind=kind).delete()

    assert f"what the customer {kind} at" in found(answered)


def test_an_answer_without_its_reply_is_found(answered):
    Reply.objects.filter(sign_off__kind="declined").delete()

    assert "what the customer declined at" in found(answered)


def test_an_answer_that_nobody_gave_is_found(answered):
    given = SignOff.objects.get(kind="declined")
    given.pk, given.kind = None, "accepted"
    SignOff.objects.filter(kind="accepted").update(revoked_at=timezone.now(), revoked_by="x")
    given.signed_at = timezone.now()
    given.save()

    assert "what the customer accepted at" in found(answered)


def test_a_revocation_that_is_undone_is_found(answered):
    SignOff.objects.filter(kind="accepted", revoked_at=None).delete()
    SignOff.objects.filter(kind="accepted").update(revoked_at=None, revoked_by="", revoke_reason="")

    assert "what the customer accepted at" in found(answered)


def test_a_changed_comment_is_found(answered):
    with unguarded():
        Event.objects.filter(kind="commented").update(payload={"comment": "all is well"})

    assert "was changed after it was recorded" in found(answered)


@pytest.mark.parametrize("what", ["sheet", "scan"])
def test_a_missing_sheet_or_scan_is_found(answered, what):
    reply = Reply.objects.get(how="paper" if what == "scan" else "link", sign_off__kind="accepted")
    files.path_of((reply.scan if what == "scan" else reply.sheets[0])["sha256"]).unlink()

    assert "is not there" in found(answered)


def verify(what):
    out = StringIO()
    call_command("verify_checklist", str(what), stdout=out)
    return out.getvalue()


def test_the_command_says_that_everything_holds_and_what_to_compare():
    scene = Scene(at="issued")

    said = verify(scene.id)

    assert "everything holds" in said
    assert scene.edition.digest in said
    assert scene.edition.chain_head in said


def test_the_command_speaks_the_language_of_the_portal():
    scene = Scene(at="issued")
    with translation.override("ja"):
        assert "すべて問題ありません" in verify(scene.id)

    Checklist.objects.update(host="another")
    SignOff.objects.filter(kind="reviewed").delete()
    with translation.override("ja"):
        said = found(scene)

    assert "ヘッダーのホスト名が記録と一致しません。" in said
    assert "版 1.0: 署名「審査」がありません。" in said


def test_the_command_ends_with_an_error_when_something_does_not_hold():
    scene = Scene(at="worked")
    ChecklistItem.objects.filter(tracking_id="A-1").update(note="forged")
    out = StringIO()

    with pytest.raises(CommandError, match="1 thing does not hold") as error:
        call_command("verify_checklist", str(scene.id), stdout=out)

    assert error.value.returncode == 1
    assert "[NG] The decision on A-1" in out.getvalue()


def test_a_file_of_an_edition_is_recognised(tmp_path):
    scene = Scene(at="issued")
    file = scene.edition.files[0]
    copy = tmp_path / "renamed.bin"
    copy.write_bytes(files.read(file["sha256"]))

    said = verify(copy)

    assert file["name"] in said
    assert "edition 1.0 of proxy-01" in said


def test_a_file_of_a_revoked_or_older_edition_is_said_to_be_one(tmp_path):
    scene = Scene(at="issued")
    copy = tmp_path / "old.pdf"
    copy.write_bytes(files.read(scene.edition.files[0]["sha256"]))
    revoke_edition(
        edition_id=scene.edition.pk, op_id=op("revoke"), reason="wrong box", by=scene.ines
    )
    reopen(checklist_id=scene.id, op_id=op("reopen"), reason="again", by=scene.omar)
    sign_prepared(scene.checklist, scene.omar, name="second")
    sign_reviewed(scene.checklist, scene.ines, name="second issue")

    said = verify(copy)

    assert "It was revoked: wrong box" in said
    assert "A later edition is issued: 1.1." in said


def test_an_acceptance_sheet_is_recognised(answered, tmp_path):
    sheet = Reply.objects.get(how="link", sign_off__kind="accepted").sheets[0]
    copy = tmp_path / "sheet.pdf"
    copy.write_bytes(files.read(sheet["sha256"]))

    assert sheet["name"] in verify(copy)


@pytest.mark.parametrize("what", ["nonsense", "no/such/file.pdf"])
def test_what_is_neither_is_said_to_be_so(what):
    with pytest.raises(CommandError, match="neither"):
        verify(what)


def test_an_identifier_that_nobody_has_is_said_to_be_so():
    with pytest.raises(CommandError, match="There is no checklist"):
        verify(op("nothing"))


def export(scene, path, extension="csv", **options):
    out = StringIO()
    arguments = {"format": extension, "output": path, "stdout": out} | options
    call_command("export_checklist", str(scene), **arguments)
    return out.getvalue()


def test_the_command_exports_a_draft_and_an_issued_edition(tmp_path):
    scene = Scene(at="worked")
    path = tmp_path / "out.csv"
    assert "(Draft)" in export(scene.id, path, language="en")
    assert not origins(hashlib.sha256(path.read_bytes()).hexdigest())

    sign_prepared(scene.checklist, scene.omar)
    sign_reviewed(scene.checklist, scene.ines)
    assert "(Issued)" in export(scene.id, path)
    assert origins(hashlib.sha256(path.read_bytes()).hexdigest())


@pytest.mark.parametrize(
    ("extension", "start"),
    [("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK"), ("json", b"{"), ("pdf", b"%PDF")],
)
def test_the_command_exports_every_format_of_a_draft_and_of_an_edition(tmp_path, extension, start):
    scene = Scene(at="worked")
    path = tmp_path / f"out.{extension}"
    export(scene.id, path, extension)
    assert path.read_bytes().startswith(start)

    sign_prepared(scene.checklist, scene.omar)
    sign_reviewed(scene.checklist, scene.ines)
    export(scene.id, path, extension, language="en")
    assert origins(hashlib.sha256(path.read_bytes()).hexdigest())


def test_an_edition_from_before_a_format_is_said_to_lack_it(tmp_path):
    scene = Scene(at="issued")
    with unguarded():
        Edition.objects.update(files=[f for f in scene.edition.files if f["format"] == "csv"])

    with pytest.raises(CommandError, match="issued without json"):
        export(scene.id, tmp_path / "a.json", "json")


def test_the_exports_faults_are_said_in_words(tmp_path):
    scene = Scene(at="issued")

    with pytest.raises(CommandError, match="no identifier"):
        export("x", tmp_path / "a.csv")
    with pytest.raises(CommandError, match="There is no checklist"):
        export(op("nothing"), tmp_path / "a.csv")
    with pytest.raises(CommandError, match="cannot be written"):
        export(scene.id, tmp_path / "no" / "a.csv")
    with pytest.raises(CommandError, match="invalid choice"):
        call_command("export_checklist", str(scene.id), "--format", "xml", "--output", "a")
    files.path_of(next(f for f in scene.edition.files if f["format"] == "csv")["sha256"]).unlink()
    with pytest.raises(CommandError, match="not there any more"):
        export(scene.id, tmp_path / "a.csv")
