"""The catalogue moves on under open and issued checklists (design section 7), by direct call."""

import json

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advisories.actions import publish
from advisories.models import Advisory, DocumentRevision, Product, Release, SourceDocument
from checklists import files, triggers
from checklists.actions import (
    NotAllowed,
    Refused,
    Stale,
    Wanted,
    close_draft,
    look_through,
    prepare,
    reopen,
    return_items,
    withdraw,
)
from checklists.actions import take as take_offers
from checklists.actions.creation import frozen_item
from checklists.chain import digest, replay
from checklists.content import content_of
from checklists.models import Checklist, Edition, Event, SignOff
from checklists.moves import Step
from checklists.offers import (
    catalogue_of,
    held_by,
    held_in,
    moves_since,
    offered_to,
    offers_in,
    seen_in,
)
from checklists.verification import findings
from portal.roles import Role
from tests.support.moving import (
    add,
    edit,
    fix,
    grow,
    move_everything,
    moves,
    reword,
    sharpen,
    take,
    take_back,
    wanted,
)
from tests.support.rollouts import (
    Scene,
    answer,
    decide,
    make_checklist,
    op,
    open_edition,
    person,
    quick_files,
    seen,
    sign_prepared,
    sign_reviewed,
    work_off,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_real_pdf(monkeypatch):
    quick_files(monkeypatch)


def found(scene):
    """What `verify_checklist` finds wrong."""
    return findings(Checklist.objects.get(pk=scene.id))


def refusal(work):
    """The sentences of a plain refusal: neither stale nor forbidden."""
    with pytest.raises(Refused) as refused:
        work()
    assert refused.type is Refused
    return list(refused.value.messages)


def offered(scene):
    scene.checklist.refresh_from_db()
    answers = dict(scene.checklist.answers.values_list("question", "value"))
    return offered_to(scene.checklist, scene.checklist.items.all(), answers)


def look(scene, name="look", *, by=None, shown=None):
    if shown is None:
        shown = seen_in(moves_since("appliance", held_by(scene.checklist.items.all())))
    return look_through(checklist_id=scene.id, op_id=op(name), seen=shown, by=by or scene.omar)


def take_shown(scene, shown, *, name="take", by=None):
    return take_offers(checklist_id=scene.id, op_id=op(name), wanted=shown, by=by or scene.omar)


# ---------------------------------------------------------------- what moved


def test_nothing_has_moved_under_a_new_checklist():
    scene = Scene()

    assert moves(scene.checklist) == {}
    assert offered(scene).offers == {}


def test_each_kind_of_change_is_told_apart():
    scene = Scene()

    reword("A-1")
    sharpen("A-2")
    fix("A-3")
    take_back("A-4")
    add("A-6")

    assert moves(scene.checklist) == {
        "A-1": "patch",
        "A-2": "minor",
        "A-3": "major",
        "A-4": "withdrawn",
        "A-6": "added",
    }


def test_the_highest_step_in_between_counts_and_all_notes_are_shown():
    scene = Scene()

    reword("A-1", "一", note="first")
    sharpen("A-1", note="second")
    reword("A-1", "二", note="third")

    [move] = moves_since("appliance", held_by(scene.checklist.items.all()))
    assert (move.step, move.held, move.newest) == (Step.MINOR, 1, 4)
    assert move.notes == ("first", "second", "third")


def test_an_advisory_withdrawn_and_published_again_is_offered_and_one_left_out_is_added():
    scene = Scene()
    take_back("A-1")
    later = make_checklist(scene.rollout, scene.omar, name="later")

    publish(advisory=Advisory.objects.get(tracking_id="A-1"), by=None)

    assert moves(scene.checklist) == {"A-1": "major"}
    assert moves(later) == {"A-1": "added"}


def test_another_products_advisories_and_drafts_are_no_matter():
    scene = Scene()
    other = SourceDocument.objects.create(slug="other", publisher="V", title_ja="別")
    elsewhere = Product.objects.create(slug="elsewhere", short_name="E", name="E")
    other.products.add(elsewhere)
    add("A-6")
    Advisory.objects.filter(tracking_id="A-6").update(document=other)
    add("A-7")
    Advisory.objects.filter(tracking_id="A-7").update(state="draft")

    assert moves(scene.checklist) == {}


def test_a_document_that_comes_to_cover_the_product_brings_its_advisories():
    scene = Scene()
    other = SourceDocument.objects.create(slug="other", publisher="V", title_ja="別")
    add("A-6")
    Advisory.objects.filter(tracking_id="A-6").update(document=other)
    assert moves(scene.checklist) == {}

    other.products.add(Product.objects.get(slug="appliance"))

    assert moves(scene.checklist) == {"A-6": "added"}


def test_a_document_that_no_longer_covers_the_product_leaves_a_mark_on_each_item():
    scene = Scene()

    SourceDocument.objects.get().products.clear()

    assert set(moves(scene.checklist).values()) == {"left"}
    assert offered(scene).offers == {}


def test_the_counts_of_a_list_are_those_of_each_checklist():
    scene = Scene()
    reword("A-1")
    later = make_checklist(scene.rollout, scene.omar, name="later")
    add("A-6")
    take_back("A-2")

    assert offers_in([scene.checklist, later]) == {scene.id: 2, later.pk: 1}
    assert offers_in([]) == {}


# ---------------------------------------------------------------- taking


def test_patch_keeps_the_decision():
    scene = Scene()
    decide(scene.checklist, "A-1", by=scene.omar, note="fan")
    reword("A-1")

    [event] = take(scene.checklist, "A-1", by=scene.omar)

    item = scene.item("A-1")
    assert event.effect["consequence"] == "kept"
    assert (item.revision, item.content["summary"]["ja"]) == (2, "言い換え")
    assert (item.decision, item.note, item.decided_by) == ("done", "fan", "Omar 大森")
    assert not item.flagged
    assert moves(scene.checklist) == {}


def test_minor_keeps_the_decision_and_asks_to_read_it_again():
    scene = Scene(at="worked")
    sharpen("A-1")

    [event] = take(scene.checklist, "A-1", by=scene.omar)

    item = scene.item("A-1")
    assert event.effect["consequence"] == "flagged"
    assert (item.decision, item.flagged) == ("done", True)
    assert item.content["action"]["ja"] == "別の対応"
    assert len(refusal(lambda: sign_prepared(scene.checklist, scene.omar))) == 1


def test_the_same_decision_clears_the_flag():
    scene = Scene(at="worked")
    sharpen("A-1")
    take(scene.checklist, "A-1", by=scene.omar)

    event = decide(scene.checklist, "A-1", by=scene.omar, note="設定した", before="off", after="on")

    assert event.outcome == "applied"
    assert not scene.item("A-1").flagged
    assert sign_prepared(scene.checklist, scene.omar)


def test_a_later_patch_does_not_clear_the_flag():
    scene = Scene(at="worked")
    sharpen("A-1")
    take(scene.checklist, "A-1", by=scene.omar)
    reword("A-1")

    take(scene.checklist, "A-1", by=scene.omar, name="patch")

    assert scene.item("A-1").flagged


def test_an_open_item_has_no_decision_to_read_again():
    scene = Scene()
    sharpen("A-5")

    take(scene.checklist, "A-5", by=scene.omar)

    assert not scene.item("A-5").flagged
    assert scene.item("A-5").version == 1


def test_major_that_changes_the_verdict_opens_the_decision_again_and_keeps_the_old_one_beside():
    scene = Scene()
    decide(
        scene.checklist,
        "A-1",
        "pending",
        by=scene.omar,
        note="fan",
        before="off",
        waiting_for="顧客",
        due="2026-12-01",
        agreed_by="部長",
    )
    decided_at = scene.item("A-1").decided_at
    fix("A-1")

    [event] = take(scene.checklist, "A-1", by=scene.omar)

    item = scene.item("A-1")
    assert event.effect["consequence"] == "reopened"
    assert (item.reason, item.verdict) == ("fixed", "fixed")
    assert (item.decision, item.note, item.value_before, item.due) == ("open", "", "", None)
    assert (item.decided_by, item.decided_at, item.flagged) == ("", None, False)
    assert item.previous == {
        "decision": "pending",
        "note": "fan",
        "value_before": "off",
        "value_after": "",
        "reason": "",
        "approver": "",
        "waiting_for": "顧客",
        "due": "2026-12-01",
        "agreed_by": "部長",
        "by": "Omar 大森",
        "at": decided_at.isoformat(),
        "revision": 1,
    }


def test_major_with_the_same_verdict_and_reason_for_this_box_is_like_minor():
    scene = Scene(at="worked")
    edit("A-1", modes=["proxy"])

    [event] = take(scene.checklist, "A-1", by=scene.omar)

    item = scene.item("A-1")
    assert event.effect["step"] == "major"
    assert event.effect["consequence"] == "flagged"
    assert (item.decision, item.flagged, item.facts["modes"]) == ("done", True, ["proxy"])


def test_another_reason_for_the_same_verdict_opens_the_decision_too():
    scene = Scene()
    decide(scene.checklist, "A-5", "not_needed", by=scene.omar, reason="other mode")
    edit("A-5", modes=[], affected={"status": "not_affected"})

    take(scene.checklist, "A-5", by=scene.omar)

    item = scene.item("A-5")
    assert (item.verdict, item.reason) == ("not_applicable", "product")
    assert (item.decision, item.previous["decision"]) == ("open", "not_needed")


def test_the_verdict_rests_on_the_answers_as_they_are_now():
    scene = Scene()
    answer(scene.checklist, "condition:directory", "no", by=scene.omar)
    edit("A-1", conditions=["directory"])

    take(scene.checklist, "A-1", by=scene.omar)

    assert scene.item("A-1").reason == "condition"


def test_what_a_reviewer_returned_stays_returned():
    scene = Scene(at="prepared")
    return_items(
        checklist_id=scene.id,
        seen=seen(scene.checklist),
        op_id=op("r"),
        comments={"A-1": "why?"},
        comment="",
        by=scene.ines,
    )
    fix("A-1")

    take(scene.checklist, "A-1", by=scene.omar)

    item = scene.item("A-1")
    assert (item.returned, item.returned_comment, item.decision) == (True, "why?", "open")


def test_an_added_advisory_becomes_an_open_item_at_the_end_and_nothing_is_renumbered():
    scene = Scene(at="worked")
    before = dict(scene.checklist.items.values_list("tracking_id", "position"))
    add("A-0", position=0)

    [event] = take(scene.checklist, "A-0", by=scene.omar)

    item = scene.item("A-0")
    assert dict(scene.checklist.items.values_list("tracking_id", "position")) == before | {"A-0": 6}
    assert (item.decision, item.verdict, item.version, item.previous) == (
        "open",
        "required",
        0,
        None,
    )
    assert (event.item, event.base_version, event.effect["before"]) == (item, None, None)
    assert len(refusal(lambda: sign_prepared(scene.checklist, scene.omar))) == 1


def test_a_new_question_is_asked_with_the_item_that_brings_it():
    scene = Scene()
    add("A-6", conditions=["snmp"])

    [event] = take(scene.checklist, "A-6", by=scene.omar)

    row = scene.checklist.answers.get(question="condition:snmp")
    assert (row.value, row.version, row.answered_by) == ("unknown", 0, "")
    assert scene.item("A-6").reason == "condition_open"
    assert [condition["slug"] for condition in event.effect["conditions"]] == ["snmp"]
    scene.checklist.refresh_from_db()
    assert [c["slug"] for c in scene.checklist.frozen["conditions"]] == ["directory", "snmp"]

    answer(scene.checklist, "condition:snmp", "no", by=scene.omar)
    assert scene.item("A-6").verdict == "not_applicable"
    assert found(scene) == []


def test_several_are_taken_at_once_each_as_an_event_in_order():
    scene = Scene(at="worked")
    reword("A-1")
    add("A-7", conditions=["snmp"])
    add("A-6", conditions=["snmp"])

    events = take(scene.checklist, "A-7", "A-1", "A-6", by=scene.omar)

    assert [event.payload["item"] for event in events] == ["A-7", "A-1", "A-6"]
    assert [scene.item(name).position for name in ("A-7", "A-6")] == [6, 7]
    assert scene.checklist.answers.filter(question="condition:snmp").count() == 1
    assert found(scene) == []


def test_the_event_holds_the_digest_of_the_new_content_and_what_was_there_before():
    scene = Scene()
    before = frozen_item(scene.item("A-1"))
    sharpen("A-1")

    [event] = take(scene.checklist, "A-1", by=scene.omar)

    event.refresh_from_db()
    assert event.payload == {"item": "A-1", "revision": 2, "note": 0}
    assert event.effect["before"] == before
    assert event.effect["content"] == digest(frozen_item(scene.item("A-1")))
    assert (event.effect["version"], event.effect["reason"]) == (1, "affected")


def test_the_same_click_twice_takes_once():
    scene = Scene()
    reword("A-1")
    add("A-6")
    shown = [wanted(scene.checklist, name) for name in ("A-1", "A-6")]

    first, second = (take_shown(scene, shown, name="twice") for _click in range(2))

    assert first == second
    assert scene.checklist.events.filter(kind="taken").count() == 2
    assert scene.checklist.items.count() == 6


def test_the_same_operation_with_another_body_is_refused():
    scene = Scene()
    reword("A-1")
    take(scene.checklist, "A-1", by=scene.omar, name="one")
    sharpen("A-1")

    assert refusal(lambda: take(scene.checklist, "A-1", by=scene.omar, name="one"))
    assert scene.item("A-1").revision == 2


def test_an_offer_that_is_no_longer_the_newest_is_stale():
    scene = Scene()
    reword("A-1")
    shown = wanted(scene.checklist, "A-1")
    sharpen("A-1")

    with pytest.raises(Stale):
        take_shown(scene, [shown])
    assert scene.item("A-1").revision == 1


def test_a_decision_in_the_meantime_makes_it_stale():
    scene = Scene()
    reword("A-1")
    shown = wanted(scene.checklist, "A-1")
    decide(scene.checklist, "A-1", by=scene.omar)

    with pytest.raises(Stale):
        take_shown(scene, [shown])


def test_a_decision_on_the_old_text_is_a_conflict_after_the_new_one_was_taken():
    scene = Scene()
    sharpen("A-1")
    take(scene.checklist, "A-1", by=scene.omar)

    event = decide(scene.checklist, "A-1", by=scene.omar, version=0)

    assert event.outcome == "conflict"


@pytest.mark.parametrize(
    "shown",
    [
        Wanted("A-1", 1, 0),
        Wanted("A-1", 2, 0),
        Wanted("A-9", 1, None),
        Wanted("", 0, None),
        Wanted("A-4", 2, 0),
    ],
)
def test_what_is_not_offered_is_stale(shown):
    scene = Scene()
    take_back("A-4")

    with pytest.raises(Stale):
        take_shown(scene, [shown])
    assert not scene.events(Event.Kind.TAKEN)


def test_of_several_none_is_taken_when_one_is_stale():
    scene = Scene()
    reword("A-1")
    sharpen("A-2")
    shown = [wanted(scene.checklist, "A-1"), wanted(scene.checklist, "A-2", revision=1)]

    with pytest.raises(Stale):
        take_shown(scene, shown)
    assert scene.item("A-1").revision == 1
    assert not scene.events(Event.Kind.TAKEN)


def test_nothing_chosen_is_refused():
    scene = Scene()

    assert len(refusal(lambda: take_shown(scene, []))) == 1


@pytest.mark.parametrize("at", ["prepared", "issued"])
def test_only_a_draft_takes_anything(at):
    scene = Scene(at=at)
    reword("A-1")

    with pytest.raises(Stale):
        take(scene.checklist, "A-1", by=scene.omar)
    with pytest.raises(Stale):
        look(scene)
    assert scene.item("A-1").revision == 1


def test_only_engineers_of_the_rollout_take_and_look_through():
    scene = Scene()
    reword("A-1")

    for by in (scene.ines, person("sam", Role.ENGINEER)):
        with pytest.raises(NotAllowed):
            take(scene.checklist, "A-1", by=by)
        with pytest.raises(NotAllowed):
            look(scene, by=by)
    assert scene.checklist.events.count() == 1


def test_releases_in_another_order_are_refused_in_words():
    scene = Scene()
    reword("A-1")
    Release.objects.filter(slug="appliance-2").update(rank=5)

    said = refusal(lambda: take(scene.checklist, "A-1", by=scene.omar))
    assert said == [offered(scene).problem]
    assert offered(scene).offers == {}


def test_a_newer_release_alone_hinders_nothing():
    scene = Scene()
    release = Release.objects.get(slug="appliance-2")
    Release.objects.create(slug="appliance-3", product=release.product, rank=3, label_ja="3.0")
    fix("A-1", "appliance-3")

    take(scene.checklist, "A-1", by=scene.omar)

    item = scene.item("A-1")
    assert (item.reason, item.facts["fix"]) == ("affected", None)
    assert item.content["fix"]["fixed_in"]["ja"] == "3.0"


def test_a_release_that_is_gone_is_refused_in_words():
    scene = Scene()
    reword("A-1")
    Release.objects.filter(slug="appliance-2").update(slug="renamed")

    said = refusal(lambda: take(scene.checklist, "A-1", by=scene.omar))
    assert said == [offered(scene).problem]


def test_a_severity_raised_to_high_asks_for_an_approver_when_it_is_read_again():
    scene = Scene()
    decide(scene.checklist, "A-2", "risk_accepted", by=scene.omar, reason="old")
    edit("A-2", severity=3)
    take(scene.checklist, "A-2", by=scene.omar)

    again = {"reason": "old", "name": "again"}
    assert (
        len(
            refusal(lambda: decide(scene.checklist, "A-2", "risk_accepted", by=scene.omar, **again))
        )
        == 1
    )
    assert decide(scene.checklist, "A-2", "risk_accepted", by=scene.omar, approver="部長", **again)


# ---------------------------------------------------------------- looked through


def test_looking_through_renews_the_check_date_and_the_documents():
    scene = Scene()
    Checklist.objects.update(frozen=scene.checklist.frozen | {"check_date": "2026-01-05"})
    DocumentRevision.objects.create(
        document=SourceDocument.objects.get(), version="1.1", date="2026-10-01"
    )
    scene.checklist.refresh_from_db()

    event = look(scene)

    scene.checklist.refresh_from_db()
    frozen = scene.checklist.frozen
    assert frozen["check_date"] != "2026-01-05"
    assert [document["version"] for document in frozen["documents"]] == ["1.1"]
    assert event.effect["before"]["check_date"] == "2026-01-05"
    assert event.effect["before"]["documents"][0]["version"] == "1.0"


def test_it_is_noted_once_for_a_double_click():
    scene = Scene()

    assert look(scene) == look(scene)
    assert len(scene.events(Event.Kind.LOOKED_THROUGH)) == 1


def test_what_moved_since_it_was_shown_has_to_be_looked_through_too():
    scene = Scene()
    shown = seen_in([])
    add("A-6")

    with pytest.raises(Stale):
        look(scene, shown=shown)


def test_what_was_not_taken_stays_offered():
    scene = Scene()
    reword("A-1")

    look(scene)

    assert moves(scene.checklist) == {"A-1": "patch"}


# ---------------------------------------------------------------- signing


def confirm(scene, *ticked, name="prepare"):
    return prepare(
        checklist_id=scene.id,
        op_id=op(name),
        seen=seen(scene.checklist),
        ticked=ticked,
        by=scene.omar,
    )


def test_wording_and_action_that_were_not_taken_need_no_tick_and_are_listed():
    scene = Scene(at="worked")
    reword("A-1")
    sharpen("A-2")

    confirm(scene)

    offers = content_of(scene.checklist, open_edition(scene.checklist))["offers"]
    assert [(o["tracking_id"], o["step"], o["confirmed"]) for o in offers] == [
        ("A-2", "minor", False),
        ("A-1", "patch", False),
    ]


def test_each_added_or_major_offer_that_is_not_taken_needs_a_tick():
    scene = Scene(at="worked")
    fix("A-1")
    add("A-6")

    for ticked in ((), ("A-1",), ("A-6",), ("A-2", "A-6")):
        assert len(refusal(lambda ticked=ticked: confirm(scene, *ticked))) == 1
    assert not SignOff.objects.exists()

    confirm(scene, "A-1", "A-6")
    [event] = scene.events(Event.Kind.PREPARED)
    assert event.payload["ticked"] == ["A-1", "A-6"]
    assert (
        event.effect["offers"]
        == content_of(scene.checklist, open_edition(scene.checklist))["offers"]
    )


def test_an_offer_in_the_content_says_what_it_would_mean_for_the_box():
    scene = Scene(at="worked")
    fix("A-1")
    add("A-6")
    take_back("A-5", "誤り")

    major, added, withdrawn = content_of(scene.checklist, open_edition(scene.checklist))["offers"]

    assert major == {
        "tracking_id": "A-1",
        "step": "major",
        "title": {"ja": "注意 1", "en": "Advisory 1"},
        "severity": 3,
        "position": 1,
        "held": 1,
        "newest": 2,
        "withdrawn_reason": "",
        "verdict": "fixed",
        "confirmed": True,
    }
    assert (added["position"], added["held"], added["verdict"]) == (None, None, "required")
    assert (withdrawn["withdrawn_reason"], withdrawn["verdict"]) == ("誤り", None)
    assert not withdrawn["confirmed"]


@pytest.mark.parametrize("change", [reword, sharpen, fix, take_back])
def test_a_change_of_the_catalogue_between_the_page_and_the_signature_is_stale(change):
    scene = Scene(at="worked")
    shown = seen(scene.checklist)
    change("A-1")

    with pytest.raises(Stale):
        prepare(checklist_id=scene.id, op_id=op("p"), seen=shown, ticked=["A-1"], by=scene.omar)
    assert not SignOff.objects.exists()


def test_what_moves_after_the_signature_does_not_hinder_the_review():
    scene = Scene(at="prepared")
    signed = SignOff.objects.get().digest
    fix("A-1")
    add("A-6")

    edition = sign_reviewed(scene.checklist, scene.ines)

    assert edition.digest == signed
    assert json.loads(edition.content)["offers"] == []


def test_after_a_signature_is_withdrawn_the_offers_are_those_of_the_catalogue_again():
    scene = Scene(at="prepared")
    add("A-6")
    withdraw(checklist_id=scene.id, op_id=op("w"), by=scene.omar)

    content = content_of(scene.checklist, open_edition(scene.checklist))

    assert [offer["step"] for offer in content["offers"]] == ["added"]


def test_a_withdrawn_advisory_may_stay_open_and_keeps_its_decision():
    scene = Scene(at="worked")
    decide(scene.checklist, "A-1", "open", by=scene.omar)
    decide(scene.checklist, "A-4", "open", by=scene.omar)
    assert len(refusal(lambda: confirm(scene))) == 2

    for name in ("A-1", "A-2", "A-4"):
        take_back(name)

    assert confirm(scene)
    assert scene.item("A-2").decision == "done"


def test_one_that_only_left_the_documents_has_to_be_decided():
    scene = Scene()
    SourceDocument.objects.get().products.clear()

    assert len(refusal(lambda: confirm(scene))) == 2


def test_a_draft_in_which_something_was_taken_is_not_closed():
    scene = Scene(at="issued")
    reopen(checklist_id=scene.id, op_id=op("reopen"), reason="1.4", by=scene.omar)
    reword("A-1")
    take(scene.checklist, "A-1", by=scene.omar)

    with pytest.raises(Refused):
        close_draft(checklist_id=scene.id, op_id=op("close"), by=scene.omar)


# ---------------------------------------------------------------- issued editions


def test_an_issued_edition_never_changes_whatever_is_published_or_taken():
    scene = Scene(at="issued")
    before = Edition.objects.filter(minor=0).values().get()
    stored = [files.read(file["sha256"]) for file in before["files"]]

    reword("A-1")
    fix("A-2")
    take_back("A-3")
    add("A-6")
    reopen(checklist_id=scene.id, op_id=op("reopen"), reason="1.4", by=scene.omar)
    take(scene.checklist, "A-1", "A-2", "A-6", by=scene.omar)
    look(scene)

    assert Edition.objects.filter(minor=0).values().get() == before
    assert [files.read(file["sha256"]) for file in before["files"]] == stored
    assert found(scene) == []


def test_an_issued_edition_tells_what_moved_since_it_and_not_since_the_draft():
    scene = Scene(at="issued")
    reword("A-1")
    add("A-6")
    reopen(checklist_id=scene.id, op_id=op("reopen"), reason="1.4", by=scene.omar)
    take(scene.checklist, "A-1", "A-6", by=scene.omar)

    edition = Edition.objects.get(minor=0)
    since = moves_since("appliance", held_in(edition, {"A-1": 1}))

    assert {m.tracking_id: (m.step, m.position) for m in since} == {
        "A-1": (Step.PATCH, 1),
        "A-6": (Step.ADDED, None),
    }
    assert moves(scene.checklist) == {}


def test_an_edition_from_before_there_were_offers_is_read_from_its_content():
    scene = Scene(at="issued")
    edition = scene.edition
    assert edition.catalogue == catalogue_of(json.loads(edition.content))
    held = held_in(edition, {})

    edition.catalogue = {}

    assert held_in(edition, {}) == held


def test_editions_issued_before_the_migration_stay_as_they_are_and_guarded(committed_db):
    scene = Scene(at="issued")
    before = Edition.objects.values("content", "digest", "files").get()
    held = held_in(scene.edition, {})

    call_command("migrate", "checklists", "0001", verbosity=0)
    call_command("migrate", "checklists", verbosity=0)

    edition = Edition.objects.get()
    assert Edition.objects.values("content", "digest", "files").get() == before
    assert edition.catalogue == {}
    assert held_in(edition, {}) == held
    assert triggers.missing(connection) == []
    assert found(scene) == []


def test_the_next_edition_is_issued_over_what_was_taken():
    scene = Scene(at="issued")
    reopen(checklist_id=scene.id, op_id=op("reopen"), reason="1.4", by=scene.omar)
    sharpen("A-1")
    add("A-6")
    take(scene.checklist, "A-1", "A-6", by=scene.omar)
    decide(scene.checklist, "A-1", by=scene.omar, note="read again")
    decide(scene.checklist, "A-6", by=scene.omar)
    sign_prepared(scene.checklist, scene.omar, name="second")

    edition = sign_reviewed(scene.checklist, scene.ines, name="second issue")

    content = json.loads(edition.content)
    assert {i["tracking_id"]: i["revision"] for i in content["items"]} == {
        "A-1": 2,
        "A-2": 1,
        "A-3": 1,
        "A-4": 1,
        "A-5": 1,
        "A-6": 1,
    }
    assert content["offers"] == []
    assert found(scene) == []


# ---------------------------------------------------------------- replay and proof


def test_replay_tells_what_was_taken():
    scene = Scene(at="worked")
    fix("A-1")
    sharpen("A-2")
    add("A-6", conditions=["snmp"])
    take(scene.checklist, "A-1", "A-2", "A-6", by=scene.omar)

    told = replay(scene.checklist.events.order_by("seq"))

    assert told["reasons"]["A-1"] == "fixed"
    assert told["reasons"]["A-6"] == "condition_open"
    assert told["decisions"]["A-1"]["decision"] == "open"
    assert told["decisions"]["A-1"]["by"] == ""
    assert told["decisions"]["A-2"]["flagged"]
    assert told["answers"]["condition:snmp"] == ["unknown", 0, "", None]
    assert told["versions"] == {"A-1": 2, "A-2": 2, "A-3": 1, "A-4": 1, "A-6": 0}


names = st.sampled_from(["A-1", "A-2", "A-3", "A-4", "A-5", "A-6", "A-7"])
steps = st.one_of(
    st.tuples(st.sampled_from(["reword", "sharpen", "narrow", "fix"]), names),
    st.tuples(st.sampled_from(["withdraw", "add", "again"]), names),
    st.tuples(st.sampled_from(["take", "decide"]), names),
    st.tuples(st.sampled_from(["look", "answer"]), st.just("")),
)


class Story:
    """Plays random steps on a scene; what makes no sense at its time is left out."""

    def __init__(self):
        self.scene, self.count = Scene(), 0

    def play(self, what, name):
        self.count += 1
        advisory = Advisory.objects.filter(tracking_id=name).first()
        state = advisory.state if advisory else ""
        if what == "add" and advisory is None:
            add(name, position=self.count, conditions=["snmp"] if self.count % 2 else [])
        elif what == "again" and state == "withdrawn":
            publish(advisory=advisory, by=None)
        elif state == "published":
            self.edit(what, name)
        if what == "take" and name in offered(self.scene).offers:
            take(self.scene.checklist, name, by=self.scene.omar, name=self.count)
        elif what == "decide" and self.scene.checklist.items.filter(tracking_id=name).exists():
            decide(self.scene.checklist, name, by=self.scene.omar, name=self.count)
        elif what == "look":
            look(self.scene, self.count)
        elif what == "answer":
            value = ("yes", "no", "unknown")[self.count % 3]
            answer(
                self.scene.checklist,
                "condition:directory",
                value,
                by=self.scene.omar,
                name=self.count,
            )

    def edit(self, what, name):
        if what == "reword":
            reword(name, f"言い換え {self.count}")
        elif what == "sharpen":
            sharpen(name, f"対応 {self.count}")
        elif what == "narrow":
            edit(name, modes=["bridge"] if self.count % 2 else ["proxy"])
        elif what == "fix":
            fix(name, scope="new_installs" if self.count % 2 else "all_installs")
        elif what == "withdraw":
            take_back(name)

    def check(self):
        """Nothing is left out, the counts add up, and the chain tells the same."""
        scene = self.scene
        scene.checklist.refresh_from_db()
        items = {item.tracking_id: item for item in scene.checklist.items.all()}
        moved = moves(scene.checklist)
        for advisory in Advisory.objects.published():
            item = items.get(advisory.tracking_id)
            as_it_is = item is not None and item.revision == advisory.revision
            assert as_it_is or moved[advisory.tracking_id] in ("major", "minor", "patch", "added")
            assert not (as_it_is and advisory.tracking_id in moved)
        positions = sorted(item.position for item in items.values())
        assert positions == list(range(1, len(items) + 1))
        content = content_of(scene.checklist, open_edition(scene.checklist))
        assert sum(content["counts"].values()) == len(items) == len(content["items"])
        assert {offer["tracking_id"] for offer in content["offers"]} == moved.keys()
        assert offers_in([scene.checklist])[scene.id] == sum(
            step not in ("withdrawn", "left") for step in moved.values()
        )
        assert found(scene) == []


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(steps, min_size=3, max_size=12))
def test_whatever_is_published_and_taken_nothing_is_left_out_and_the_chain_tells_it(story):
    with transaction.atomic():
        played = Story()
        for what, name in story:
            played.play(what, name)
        played.check()
        transaction.set_rollback(True)


# ---------------------------------------------------------------- however much there is


@pytest.mark.parametrize("more", [0, 295])
def test_what_moved_and_what_is_offered_take_a_fixed_number_of_queries(
    more, django_assert_num_queries
):
    scene = Scene()
    grow(more)
    checklist = make_checklist(scene.rollout, scene.omar, name="large")
    move_everything()
    add("A-6")
    held = held_by(checklist.items.all())
    items = list(checklist.items.all())
    answers = dict(checklist.answers.values_list("question", "value"))

    with django_assert_num_queries(2):
        assert len(moves_since("appliance", held)) == 6 + more
    with django_assert_num_queries(17):
        assert len(offered_to(checklist, items, answers).offers) == 6 + more
    with django_assert_num_queries(3):
        assert offers_in([scene.checklist, checklist])[checklist.pk] == 6 + more


@pytest.mark.parametrize("more", [0, 295])
def test_one_offer_is_taken_in_as_many_queries_whatever_the_size(more, django_assert_num_queries):
    scene = Scene()
    grow(more)
    checklist = make_checklist(scene.rollout, scene.omar, name="large")
    move_everything()
    shown = [wanted(checklist, "A-1")]
    omar = type(scene.omar).objects.get(pk=scene.omar.pk)

    with django_assert_num_queries(29):
        take_offers(checklist_id=checklist.pk, op_id=op("take"), wanted=shown, by=omar)


def test_a_whole_worked_checklist_with_every_change_is_signed_over_what_it_says():
    scene = Scene()
    work_off(scene.checklist, scene.omar)
    reword("A-1")
    fix("A-2")
    add("A-6")
    take_back("A-5")

    confirm(scene, "A-2", "A-6")
    edition = sign_reviewed(scene.checklist, scene.ines)

    offers = json.loads(edition.content)["offers"]
    assert [(o["tracking_id"], o["step"]) for o in offers] == [
        ("A-2", "major"),
        ("A-6", "added"),
        ("A-5", "withdrawn"),
        ("A-1", "patch"),
    ]
    assert found(scene) == []
