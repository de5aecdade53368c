"""Recording decisions and answers: versions, conflicts, late operations, and what is refused."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from checklists.actions import NotAllowed, Refused, record
from checklists.chain import broken_links
from checklists.conflicts import conflicts, to_resolve
from checklists.models import Checklist, Event
from portal.roles import Role
from tests.support.rollouts import (
    Scene,
    answer,
    decide,
    make_checklist,
    op,
    person,
    sign_prepared,
    work_off,
)

pytestmark = pytest.mark.django_db


def send(scene, payload, *, kind=Event.Kind.DECISION, op_id=None, version=0, by=None):
    return record(
        checklist_id=scene.id,
        op_id=op_id or op("sent"),
        kind=kind,
        payload=payload,
        base_version=version,
        by=by or scene.omar,
    )


def resolve(scene, *op_ids, name="resolve"):
    return send(
        scene,
        {"resolves": [str(o) for o in op_ids]},
        kind=Event.Kind.RESOLVED,
        op_id=op(name),
        version=None,
    )


def test_a_decision_is_written_with_who_and_when_and_its_event():
    scene = Scene()

    event = decide(scene.checklist, "A-1", by=scene.omar, note="設定した", before="off", after="on")

    item = scene.item("A-1")
    assert (item.decision, item.note, item.value_before, item.value_after) == (
        "done",
        "設定した",
        "off",
        "on",
    )
    assert (item.decided_by, item.decided_at) == ("Omar 大森", event.recorded_at)
    assert (item.version, event.effect) == (1, {"version": 1})
    assert event.outcome == "applied"
    assert broken_links(scene.checklist.events.select_related("item")) == []


def test_the_checklist_knows_the_chains_end():
    scene = Scene()

    event = decide(scene.checklist, "A-1", by=scene.omar)

    checklist = Checklist.objects.get(pk=scene.id)
    assert (checklist.last_seq, checklist.head) == (event.seq, event.hash)


def test_a_decision_leaves_the_verdict_as_it_is():
    scene = Scene()

    decide(scene.checklist, "A-5", by=scene.omar)

    assert scene.item("A-5").verdict == "not_applicable"


def test_the_same_operation_twice_gives_the_stored_event():
    scene = Scene()
    first = decide(scene.checklist, "A-1", by=scene.omar, name="one", version=0)

    second = decide(scene.checklist, "A-1", by=scene.omar, name="one", version=0)

    assert second == first
    assert scene.item("A-1").version == 1
    assert scene.checklist.events.count() == 2


@pytest.mark.parametrize("change", ["decision", "item", "version", "person", "checklist", "kind"])
def test_an_operation_id_with_another_body_is_refused(change):
    scene = Scene()
    olga = person("olga", Role.ENGINEER)
    scene.rollout.members.add(olga)
    other = make_checklist(scene.rollout, scene.omar, name="other")
    decide(scene.checklist, "A-1", by=scene.omar, name="one", version=0)

    with pytest.raises(Refused):
        match change:
            case "decision":
                decide(scene.checklist, "A-1", "verified", by=scene.omar, name="one", version=0)
            case "item":
                decide(scene.checklist, "A-2", by=scene.omar, name="one", version=0)
            case "version":
                decide(scene.checklist, "A-1", by=scene.omar, name="one", version=1)
            case "person":
                decide(scene.checklist, "A-1", by=olga, name="one", version=0)
            case "checklist":
                decide(other, "A-1", by=scene.omar, name="one", version=0)
            case "kind":
                answer(scene.checklist, "condition:directory", "no", by=scene.omar, name="one")
    assert scene.checklist.events.count() == 2


def test_a_decision_equal_to_the_present_one_is_stored_as_the_same():
    scene = Scene()
    decide(scene.checklist, "A-1", by=scene.omar, note="a")

    event = decide(scene.checklist, "A-1", by=scene.omar, note="a", version=0, name="again")

    assert event.outcome == "same"
    assert scene.item("A-1").version == 1


def test_line_ends_of_forms_and_of_scripts_are_the_same_text():
    scene = Scene()
    decide(scene.checklist, "A-1", by=scene.omar, note="a\r\nb")

    event = decide(scene.checklist, "A-1", by=scene.omar, note="a\nb", name="again")

    assert scene.item("A-1").note == "a\nb"
    assert event.outcome == "same"


def test_a_stale_decision_is_a_conflict_that_shows_the_present_value():
    scene = Scene()
    decide(scene.checklist, "A-1", by=scene.omar, note="first")

    event = decide(scene.checklist, "A-1", "verified", by=scene.omar, version=0, name="stale")

    assert event.outcome == "conflict"
    assert event.effect["version"] == 1
    assert event.effect["current"]["note"] == "first"
    assert event.effect["current"]["by"] == "Omar 大森"
    assert scene.item("A-1").decision == "done"
    assert conflicts(scene.checklist) == [event]


def colliding(scene, olga=None):
    """A-1 has Omar's decision, and a conflicting one by somebody else is stored."""
    olga = olga or person("olga", Role.ENGINEER)
    scene.rollout.members.add(olga)
    decide(scene.checklist, "A-1", by=scene.omar, note="omar")
    return olga, decide(scene.checklist, "A-1", "verified", by=olga, version=0, name="stale")


def test_theirs_leaves_the_present_value_and_ends_the_conflict():
    scene = Scene()
    _olga, conflict = colliding(scene)

    event = resolve(scene, conflict.op_id)

    assert event.outcome == "applied"
    assert event.item == scene.item("A-1")
    assert (scene.item("A-1").decision, scene.item("A-1").version) == ("done", 1)
    assert conflicts(scene.checklist) == []


def test_mine_sets_the_value_on_the_present_version_and_ends_the_conflict():
    scene = Scene()
    _olga, conflict = colliding(scene)

    event = decide(scene.checklist, "A-1", "verified", by=scene.omar, resolves=[conflict.op_id])

    assert event.outcome == "applied"
    assert (scene.item("A-1").decision, scene.item("A-1").version) == ("verified", 2)
    assert conflicts(scene.checklist) == []


def test_mine_on_an_older_version_is_a_conflict_again():
    scene = Scene()
    _olga, conflict = colliding(scene)

    event = decide(
        scene.checklist, "A-1", "verified", by=scene.omar, resolves=[conflict.op_id], version=0
    )

    assert event.outcome == "conflict"
    assert conflicts(scene.checklist) == [conflict, event]


def test_a_newer_decision_of_the_same_person_ends_the_conflict():
    scene = Scene()
    olga, _conflict = colliding(scene)

    decide(scene.checklist, "A-1", "not_needed", reason="no fan", by=olga)

    assert conflicts(scene.checklist) == []


def test_a_newer_decision_of_another_person_does_not():
    scene = Scene()
    _olga, conflict = colliding(scene)

    decide(scene.checklist, "A-1", "not_needed", reason="no fan", by=scene.omar)

    assert conflicts(scene.checklist) == [conflict]


@pytest.mark.parametrize("which", ["nothing", "unknown", "malformed", "elsewhere", "other item"])
def test_only_a_conflict_of_this_item_can_be_resolved(which):
    scene = Scene()
    _olga, conflict = colliding(scene)
    other = Scene.__new__(Scene)
    other.omar = scene.omar
    other.checklist = make_checklist(scene.rollout, scene.omar, name="other")

    with pytest.raises(Refused):
        match which:
            case "nothing":
                resolve(scene)
            case "unknown":
                resolve(scene, uuid4())
            case "malformed":
                resolve(scene, "no-uuid")
            case "elsewhere":
                resolve(other, conflict.op_id)
            case "other item":
                decide(scene.checklist, "A-2", by=scene.omar, resolves=[conflict.op_id])
    assert conflicts(scene.checklist) == [conflict]


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"item": "A-9", "decision": {"decision": "done"}},
        {"item": 5, "decision": {"decision": "done"}},
        {"item": "A-1"},
        {"item": "A-1", "decision": "done"},
        {"item": "A-1", "decision": {"decision": "maybe"}},
        {"item": "A-1", "decision": {"decision": ["done"]}},
        {"item": "A-1", "decision": {"decision": "done", "note": {"a": 1}}},
        {"item": "A-1", "decision": {"decision": "done"}, "resolves": "all"},
        {"item": "A-1", "decision": {"decision": "done"}, "resolves": [3]},
        {"item": "A-1", "decision": {"decision": "done", "note": "x" * 5001}},
        {"item": "A-1", "decision": {"decision": "done", "approver": "x" * 201}},
        {"item": "A-1", "decision": {"decision": "done", "note": "a\x00b"}},
        {"item": "A-1", "decision": {"decision": "done", "note": "a\ud800b"}},
        {"item": "A-1", "decision": {"decision": "pending", "due": "2026-02-30"}},
        {"item": "A-1", "decision": {"decision": "pending", "due": "20260228"}},
        {"item": "A-1", "decision": {"decision": "not_needed"}},
        {"item": "A-1", "decision": {"decision": "risk_accepted", "approver": "Boss"}},
        {"item": "A-1", "decision": {"decision": "risk_accepted", "reason": "old"}},
    ],
)
def test_an_entry_with_a_fault_is_refused_in_words_and_stores_nothing(payload):
    scene = Scene()

    with pytest.raises(Refused) as refused:
        send(scene, payload)

    assert all(refused.value.messages)
    assert scene.checklist.events.count() == 1
    assert scene.item("A-1").version == 0


def test_an_accepted_risk_below_high_needs_a_reason_but_no_approver():
    scene = Scene()

    assert decide(scene.checklist, "A-2", "risk_accepted", reason="old", by=scene.omar)


def test_all_faults_are_said_at_once():
    scene = Scene()

    with pytest.raises(Refused) as refused:
        send(scene, {"item": "A-1", "decision": {"decision": "risk_accepted", "due": "soon"}})

    assert len(refused.value.messages) == 3


def test_what_a_decision_has_no_use_for_is_not_kept():
    scene = Scene()
    fields = {"reason": "r", "approver": "a", "waiting_for": "w", "agreed_by": "g"}

    decide(scene.checklist, "A-1", "pending", by=scene.omar, due="2026-12-01", **fields)
    item = scene.item("A-1")
    assert (item.decision_reason, item.approver) == ("", "")
    assert (item.waiting_for, item.due.isoformat(), item.agreed_by) == ("w", "2026-12-01", "g")

    decide(scene.checklist, "A-1", "done", by=scene.omar, due="2026-12-01", **fields)
    item = scene.item("A-1")
    assert (item.waiting_for, item.due, item.agreed_by) == ("", None, "")


def test_hostile_text_is_kept_as_it_is():
    scene = Scene()
    note = "<script>alert(1)</script> =1+1 😀 \u202e\u0007" + "x" * 4900

    decide(scene.checklist, "A-1", by=scene.omar, note=note)

    assert scene.item("A-1").note == note


def test_only_engineers_of_the_rollout_record():
    scene = Scene()
    stranger = person("sam", Role.ENGINEER)

    for by in (scene.ines, stranger):
        with pytest.raises(NotAllowed):
            decide(scene.checklist, "A-1", by=by)
    assert scene.checklist.events.count() == 1


def test_a_superuser_records_everywhere():
    scene = Scene()

    assert decide(scene.checklist, "A-1", by=person("root", is_superuser=True))


def test_other_kinds_of_event_are_no_operations():
    with pytest.raises(ValueError, match="issued"):
        send(Scene(), {}, kind=Event.Kind.ISSUED)


def test_the_devices_clock_is_kept_as_a_claim():
    scene = Scene()
    claimed = datetime(2020, 1, 1, tzinfo=UTC)

    event = record(
        checklist_id=scene.id,
        op_id=op("clock"),
        kind=Event.Kind.DECISION,
        payload={"item": "A-1", "decision": {"decision": "done"}},
        base_version=0,
        client_at=claimed,
        by=scene.omar,
    )

    assert Event.objects.get(pk=event.pk).client_at == claimed
    assert scene.item("A-1").decided_at != claimed


def test_an_answer_decides_the_items_it_touches_anew_and_names_them():
    scene = Scene()

    event = answer(scene.checklist, "condition:directory", "no", by=scene.omar)

    assert event.effect == {"version": 1, "reasons": {"A-3": "condition"}}
    assert scene.item("A-3").verdict == "not_applicable"
    row = scene.checklist.answers.get(question="condition:directory")
    assert (row.value, row.version, row.answered_by) == ("no", 1, "Omar 大森")


def test_an_answer_touches_neither_decisions_nor_the_items_versions():
    scene = Scene()
    decide(scene.checklist, "A-3", by=scene.omar, note="kept")

    answer(scene.checklist, "condition:directory", "no", by=scene.omar)

    item = scene.item("A-3")
    assert (item.decision, item.note, item.version) == ("done", "kept", 1)


def test_a_stale_answer_is_a_conflict_that_another_answer_resolves():
    scene = Scene()
    answer(scene.checklist, "condition:directory", "no", by=scene.omar)

    conflict = answer(scene.checklist, "condition:directory", "yes", by=scene.omar, version=0)

    assert conflict.outcome == "conflict"
    assert conflict.effect["current"]["value"] == "no"
    assert scene.item("A-3").reason == "condition"

    answer(scene.checklist, "condition:directory", "yes", by=scene.omar, resolves=[conflict.op_id])
    assert scene.item("A-3").reason == "affected"
    assert conflicts(scene.checklist) == []


def test_the_same_answer_again_is_the_same():
    scene = Scene()

    event = answer(scene.checklist, "installed_with", "appliance-1", by=scene.omar)

    assert event.outcome == "same"


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("mode", "bridge"),
        ("installed_with", "appliance-9"),
        ("condition:directory", "perhaps"),
        ("condition:directory", ""),
        ("condition:nothing", "yes"),
        ("", ""),
    ],
)
def test_answers_that_the_box_cannot_have_are_refused(question, value):
    scene = Scene()

    with pytest.raises(Refused):
        send(scene, {"question": question, "value": value}, kind=Event.Kind.ANSWER)
    assert scene.checklist.events.count() == 1


def test_a_release_newer_than_the_box_is_no_answer():
    scene = Scene()
    old = make_checklist(scene.rollout, scene.omar, name="old", release="appliance-1")

    with pytest.raises(Refused):
        answer(old, "installed_with", "appliance-2", by=scene.omar)


def test_what_arrives_after_prepared_is_kept_as_late_and_changes_nothing():
    scene = Scene(at="prepared")

    decided = decide(scene.checklist, "A-1", "verified", by=scene.omar, name="late")
    answered = answer(scene.checklist, "condition:directory", "no", by=scene.omar)

    assert (decided.outcome, answered.outcome) == ("late", "late")
    assert (scene.item("A-1").decision, scene.item("A-3").verdict) == ("done", "confirm")
    assert to_resolve(scene.checklist) == [decided, answered]
    assert conflicts(scene.checklist) == []


def test_what_arrives_after_issuing_is_late_too():
    scene = Scene(at="issued")

    assert decide(scene.checklist, "A-1", "verified", by=scene.omar).outcome == "late"


def test_a_resolution_that_comes_late_resolves_nothing():
    scene = Scene()
    _olga, conflict = colliding(scene)
    resolve(scene, conflict.op_id)
    work_off(scene.checklist, scene.omar)
    sign_prepared(scene.checklist, scene.omar)
    late = decide(scene.checklist, "A-1", "verified", by=scene.omar, name="late")

    assert resolve(scene, late.op_id, name="again").outcome == "late"
    assert late in to_resolve(scene.checklist)


def test_recording_takes_a_constant_number_of_queries(django_assert_max_num_queries):
    scene = Scene()
    omar = type(scene.omar).objects.get(pk=scene.omar.pk)

    with django_assert_max_num_queries(16):
        send(scene, {"item": "A-1", "decision": {"decision": "done"}}, by=omar)


@pytest.mark.parametrize("text", ["\u200b", "\u2060\ufeff", "\u3164", "\u202e", "\x07", "\u2800"])
def test_who_approved_and_why_are_texts_that_can_be_seen(text):
    scene = Scene()

    with pytest.raises(Refused):
        decide(scene.checklist, "A-1", "not_needed", by=scene.omar, reason=text)
    with pytest.raises(Refused):
        decide(scene.checklist, "A-1", "risk_accepted", by=scene.omar, reason="r", approver=text)
