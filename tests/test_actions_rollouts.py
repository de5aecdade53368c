"""Header, members and host as events; discarding."""

import pytest

from checklists.actions import (
    NotAllowed,
    Overtaken,
    Refused,
    Stale,
    change_header,
    change_host,
    change_members,
    discard,
    reopen,
    withdraw,
)
from checklists.actions.rollouts import header_seen
from checklists.models import Checklist, Event, Rollout
from portal.roles import Role
from tests.support.rollouts import Scene, decide, make_checklist, op, person, quick_pdf

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_real_pdf(monkeypatch):
    quick_pdf(monkeypatch)


def new_header(scene, *, name="header", by=None, **changes):
    texts = {"customer": "New KK", "project": "更改", "number": "P-1"} | changes
    change_header(rollout=scene.rollout, op_id=op(name), by=by or scene.omar, **texts)
    scene.checklist.refresh_from_db()


def members(scene, *people, name="members", by=None):
    """Add those who are missing, remove the others."""
    others = set(scene.rollout.members.all()) - set(people)
    change_members(
        rollout=scene.rollout, op_id=op(name), add=people, remove=others, by=by or scene.omar
    )


def test_a_change_of_the_header_is_one_event_in_each_open_checklist():
    scene = Scene()
    second = make_checklist(scene.rollout, scene.omar, name="second")

    new_header(scene)

    for checklist in (scene.checklist, second):
        event = checklist.events.get(kind=Event.Kind.HEADER)
        assert (event.outcome, event.payload["customer"]) == ("applied", "New KK")


def test_a_prepared_checklist_keeps_its_header_and_notes_the_new_one_as_late():
    scene = Scene(at="prepared")

    new_header(scene)

    assert scene.events(Event.Kind.HEADER)[0].outcome == "late"
    assert scene.checklist.customer == "顧客株式会社"
    assert Rollout.objects.get().customer == "New KK"


def test_the_same_header_once_more_reaches_the_draft_that_missed_it():
    scene = Scene(at="prepared")
    new_header(scene)
    withdraw(checklist_id=scene.id, op_id=op("withdraw"), by=scene.omar)

    new_header(scene, name="once more")

    assert scene.checklist.customer == "New KK"


def test_an_issued_checklist_notes_nothing_and_takes_it_after_re_opening():
    scene = Scene(at="issued")
    new_header(scene)
    assert not scene.events(Event.Kind.HEADER)

    reopen(checklist_id=scene.id, op_id=op("reopen"), reason="Patch 4", by=scene.omar)
    new_header(scene, name="once more")

    assert scene.checklist.customer == "New KK"


def test_the_same_header_where_it_is_already_is_no_event():
    scene = Scene()

    new_header(scene, customer="顧客株式会社")

    assert not scene.events(Event.Kind.HEADER)


def test_a_header_form_sent_twice_is_once_and_with_other_words_refused():
    scene = Scene()

    new_header(scene)
    new_header(scene)
    with pytest.raises(Refused):
        new_header(scene, customer="Another KK")

    assert len(scene.events(Event.Kind.HEADER)) == 1
    assert Rollout.objects.get().customer == "New KK"


def test_only_engineers_of_the_rollout_change_header_and_members():
    scene = Scene()

    for by in (scene.ines, person("sam", Role.ENGINEER)):
        with pytest.raises(NotAllowed):
            new_header(scene, by=by)
        with pytest.raises(NotAllowed):
            members(scene, scene.omar, by=by)


def test_a_header_that_somebody_changed_in_the_meantime_is_not_overwritten_unseen():
    scene = Scene()
    shown = header_seen(scene.rollout)
    new_header(scene, customer="First KK")

    with pytest.raises(Overtaken, match="First KK / 更改 / P-1"):
        new_header(scene, name="second", customer="Second KK", seen=shown)
    shown = header_seen(Rollout.objects.get())
    new_header(scene, name="third", customer="Second KK", seen=shown)

    assert scene.checklist.customer == "Second KK"


def test_a_host_that_somebody_changed_in_the_meantime_is_not_overwritten_unseen():
    scene = Scene()
    shown = header_seen(scene.checklist)
    given = {"checklist_id": scene.id, "mode_detail": "", "by": scene.omar, "seen": shown}
    change_host(op_id=op("first"), host="proxy-02", **given)

    with pytest.raises(Overtaken, match="proxy-02"):
        change_host(op_id=op("second"), host="proxy-03", **given)

    scene.checklist.refresh_from_db()
    assert scene.checklist.host == "proxy-02"


def test_two_people_who_change_the_members_undo_nothing_of_each_other():
    scene = Scene()
    sam, vic = person("sam", Role.ENGINEER), person("vic", Role.READER)

    change_members(rollout=scene.rollout, op_id=op("1"), remove=[scene.ines], by=scene.omar)
    change_members(rollout=scene.rollout, op_id=op("2"), add=[sam], by=scene.omar)
    change_members(rollout=scene.rollout, op_id=op("3"), add=[vic], by=scene.omar)

    assert set(scene.rollout.members.all()) == {scene.omar, sam, vic}


def test_a_superuser_is_a_member_everywhere():
    scene = Scene()
    root = person("root", is_superuser=True)

    new_header(scene, by=root)

    assert scene.checklist.customer == "New KK"


def test_members_are_an_event_in_each_open_checklist_and_the_same_ones_none():
    scene = Scene()
    members(scene, scene.omar, scene.ines)
    assert not scene.events(Event.Kind.MEMBERS)

    members(scene, scene.omar)

    assert scene.events(Event.Kind.MEMBERS)[0].payload == {"members": ["omar"]}
    assert list(scene.rollout.members.all()) == [scene.omar]


def test_members_reach_a_prepared_checklist_too():
    scene = Scene(at="prepared")

    members(scene, scene.omar)

    assert scene.events(Event.Kind.MEMBERS)[0].outcome == "applied"


def test_a_rollout_keeps_an_engineer():
    scene = Scene()

    for people in ([], [scene.ines]):
        with pytest.raises(Refused):
            members(scene, *people)


def test_the_id_of_a_members_form_is_good_for_one_change():
    scene = Scene()
    members(scene, scene.omar)

    with pytest.raises(Refused):
        members(scene, scene.omar, scene.ines)


def host(scene, *, name="host", by=None, host="proxy-02", mode_detail=""):
    change_host(
        checklist_id=scene.id,
        op_id=op(name),
        host=host,
        mode_detail=mode_detail,
        by=by or scene.omar,
    )


def test_a_host_form_sent_twice_is_once_and_with_other_words_refused():
    scene = Scene()

    host(scene)
    host(scene)
    with pytest.raises(Refused):
        host(scene, host="proxy-03")

    assert len(scene.events(Event.Kind.HEADER)) == 1


def test_the_same_host_is_no_event():
    scene = Scene()

    host(scene, host="proxy-01")

    assert not scene.events(Event.Kind.HEADER)


def test_a_signed_checklists_host_does_not_change():
    scene = Scene(at="prepared")

    with pytest.raises(Stale):
        host(scene)


def test_only_engineers_change_the_host():
    scene = Scene()

    with pytest.raises(NotAllowed):
        host(scene, by=scene.ines)


def throw_away(scene, *, reason="made twice", name="discard", by=None):
    discard(checklist_id=scene.id, op_id=op(name), reason=reason, by=by or scene.omar)


def test_a_discarded_checklist_is_kept_hidden_and_final():
    scene = Scene()

    throw_away(scene)

    assert Checklist.objects.get().discard_reason == "made twice"
    assert not Checklist.objects.kept().exists()
    assert len(scene.events(Event.Kind.DISCARDED)) == 1
    for again in (throw_away, lambda s: decide(s.checklist, "A-1", by=s.omar)):
        with pytest.raises(Refused):
            again(scene)


def test_discarding_needs_a_reason_and_an_engineer_and_no_issued_edition():
    scene = Scene(at="issued")

    with pytest.raises(Refused):
        throw_away(scene)
    with pytest.raises(Refused):
        throw_away(scene, reason=" ")
    with pytest.raises(NotAllowed):
        throw_away(scene, by=scene.ines)
