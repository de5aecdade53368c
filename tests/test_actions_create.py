"""A rollout and a checklist come into being: what is frozen, what is refused."""

from uuid import uuid4

import pytest

from advisories.deployments import DeploymentError
from advisories.models import Advisory
from checklists.actions import NotAllowed, Refused, create_checklist, create_rollout, purge
from checklists.actions.creation import frozen_state
from checklists.chain import broken_links, digest
from checklists.models import Checklist, Event, Rollout
from portal.roles import Role
from tests.support.rollouts import (
    Scene,
    answer,
    catalogue,
    decide,
    ines,
    make_checklist,
    make_rollout,
    omar,
    op,
    person,
)

pytestmark = pytest.mark.django_db


def test_every_advisory_in_scope_gets_an_item_with_its_verdict():
    scene = Scene()

    found = dict(scene.checklist.items.values_list("tracking_id", "verdict"))

    assert found == {
        "A-1": "required",
        "A-2": "required",
        "A-3": "confirm",
        "A-4": "fixed",
        "A-5": "not_applicable",
    }


def test_event_one_holds_the_digest_of_what_is_frozen_the_answers_and_the_reasons():
    scene = Scene()
    event = scene.checklist.events.get()

    checklist = Checklist.objects.get(pk=scene.id)

    assert event.kind == Event.Kind.CREATED
    assert event.effect["frozen"] == digest(frozen_state(checklist, checklist.items.all()))
    assert event.effect["answers"]["installed_with"] == "appliance-1"
    assert event.effect["answers"]["condition:directory"] == "unknown"
    assert event.effect["reasons"]["A-3"] == "condition_open"
    assert event.payload["customer"] == "顧客株式会社"
    assert broken_links([event]) == []


def test_version_1_0_opens_with_the_checklist():
    edition = Scene().checklist.editions.get()

    assert (edition.number, edition.state) == ("1.0", "draft")


def test_edits_of_the_catalogue_change_no_item():
    scene = Scene()

    Advisory.objects.filter(tracking_id="A-1").update(title_ja="別", severity=1)

    assert scene.item("A-1").content["title"]["ja"] == "注意 1"
    assert scene.item("A-1").severity == 3


def test_the_same_id_finds_the_checklist_that_the_first_click_made():
    scene = Scene()

    again = make_checklist(scene.rollout, scene.omar)

    assert again == scene.checklist
    assert scene.checklist.events.count() == 1


def test_the_id_of_somebody_elses_checklist_is_refused():
    scene = Scene()
    other = person("olga", Role.ENGINEER)
    scene.rollout.members.add(other)

    with pytest.raises(Refused):
        make_checklist(scene.rollout, other)


def test_a_condition_sent_as_unknown_is_not_taken_for_no():
    catalogue()
    engineer = omar()
    checklist = make_checklist(make_rollout(engineer), engineer, answers={"directory": "unknown"})

    assert checklist.items.get(tracking_id="A-3").reason == "condition_open"


def test_any_other_answer_is_refused():
    catalogue()
    engineer = omar()

    with pytest.raises(Refused):
        make_checklist(make_rollout(engineer), engineer, answers={"directory": "perhaps"})
    assert not Checklist.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"release": "appliance-9"},
        {"mode": "tap"},
        {"mode": None},
        {"installed_with": "appliance-9"},
        {"answers": {"nothing": "yes"}},
    ],
)
def test_what_the_catalogue_does_not_know_makes_no_checklist(changes):
    catalogue()
    engineer = omar()
    rollout = make_rollout(engineer)

    with pytest.raises(DeploymentError):
        make_checklist(rollout, engineer, **changes)
    assert not Checklist.objects.exists()


@pytest.mark.parametrize("host", ["", "  ", "h" * 201, "a\x00b", "a\ud800b"])
def test_a_host_that_cannot_be_printed_is_refused(host):
    catalogue()
    engineer = omar()

    with pytest.raises(Refused):
        make_checklist(make_rollout(engineer), engineer, host=host)


def test_a_host_becomes_one_line():
    catalogue()
    engineer = omar()

    checklist = make_checklist(make_rollout(engineer), engineer, host=" proxy\r\n 01 ")

    assert checklist.host == "proxy 01"


def test_only_engineers_who_are_members_make_checklists():
    scene = Scene()
    stranger = person("sam", Role.ENGINEER)

    for by in (scene.ines, stranger):
        with pytest.raises(NotAllowed):
            make_checklist(scene.rollout, by, name="another")


def test_only_engineers_start_rollouts():
    with pytest.raises(NotAllowed):
        make_rollout(ines())


def test_a_rollout_has_its_maker_among_its_members():
    engineer, reviewer = omar(), ines()

    assert set(make_rollout(engineer, reviewer).members.all()) == {engineer, reviewer}
    assert make_rollout(engineer) == Rollout.objects.get()


@pytest.mark.parametrize(
    ("field", "value"),
    [("customer", ""), ("project", " "), ("customer", "x" * 201), ("number", "9" * 81)],
)
def test_a_rollout_with_missing_or_overlong_texts_is_refused(field, value):
    texts = {"customer": "C", "project": "P", "number": ""} | {field: value}

    with pytest.raises(Refused):
        create_rollout(id=uuid4(), members=[], by=omar(), **texts)
    assert not Rollout.objects.exists()


def test_the_identifier_of_a_removed_rollout_is_not_used_again():
    scene = Scene()
    purge(rollout_id=scene.rollout.pk, reason="retention has ended", by="console")

    with pytest.raises(Refused):
        make_rollout(scene.omar)


def test_a_new_checklist_offers_the_decisions_of_the_one_before_and_copies_none():
    scene = Scene()
    decide(scene.checklist, "A-1", by=scene.omar, note="fan")

    new = make_checklist(scene.rollout, scene.omar, name="new", predecessor=scene.checklist)

    item = new.items.get(tracking_id="A-1")
    assert item.decision == "open"
    assert item.previous["decision"] == "done"
    assert item.previous["note"] == "fan"
    assert new.items.get(tracking_id="A-2").previous is None


def test_the_checklist_before_must_be_one_that_the_person_may_see():
    scene = Scene()
    stranger = person("sam", Role.ENGINEER)
    own = make_rollout(stranger, name="own")

    with pytest.raises(NotAllowed):
        make_checklist(own, stranger, name="new", predecessor=scene.checklist)


def test_a_checklist_is_made_in_a_constant_number_of_queries(django_assert_max_num_queries):
    catalogue()
    engineer = omar()
    rollout = make_rollout(engineer)

    with django_assert_max_num_queries(32):
        create_checklist(
            id=op("checklist"),
            rollout=rollout,
            host="proxy-01",
            release="appliance-2",
            mode="proxy",
            by=engineer,
        )


def test_a_mode_that_was_not_known_at_creation_can_be_answered_later():
    catalogue()
    engineer = omar()
    checklist = make_checklist(make_rollout(engineer), engineer, mode="unknown")
    assert checklist.items.get(tracking_id="A-5").reason == "mode_open"

    answer(checklist, "mode", "bridge", by=engineer)

    assert checklist.items.get(tracking_id="A-5").verdict == "required"


def test_a_checklist_prints_the_header_that_the_rollout_has_now():
    scene = Scene()
    read_before = Rollout.objects.get()
    Rollout.objects.update(customer="New KK")

    checklist = make_checklist(read_before, scene.omar, name="second")

    assert checklist.customer == "New KK"
