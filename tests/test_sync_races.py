"""Devices that send at the same moment: real commits, real threads, on whichever database."""

import threading

import pytest
from django.db import IntegrityError, connection

from checklists.actions import operations
from checklists.models import Checklist, Device, Event
from checklists.verification import findings
from portal.roles import Role
from tests.support.rollouts import Scene, person
from tests.support.syncing import client_of, op, operation, outcomes, send
from tests.test_races import at_once

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def scene():
    scene = Scene()
    scene.olga = person("olga", Role.ENGINEER)
    scene.rollout.members.add(scene.olga)
    return scene


def sent_at_once(scene, *batches):
    """The outcomes of batches (person, operations) that arrive at one moment."""
    sending = [(client_of(who), batch) for who, batch in batches]
    return at_once(
        *(lambda c=client, b=batch: outcomes(send(c, scene, *b)) for client, batch in sending)
    )


def test_two_people_on_one_item_are_one_applied_and_one_conflict(scene):
    results = sent_at_once(
        scene,
        (scene.omar, [operation("a", note="his")]),
        (scene.olga, [operation("b", note="hers")]),
    )

    assert sorted(results) == [["applied"], ["conflict"]]
    assert scene.item("A-1").note == ("his" if results[0] == ["applied"] else "hers")
    assert findings(Checklist.objects.get()) == []


def test_one_identifier_for_two_entries_is_the_first_and_a_refusal(scene):
    results = sent_at_once(
        scene,
        (scene.omar, [operation("a", note="one")]),
        (scene.omar, [operation("a", note="other")]),
    )

    assert sorted(results) == [["applied"], ["refused"]]
    assert Event.objects.get(op_id=op("a")).payload["decision"]["note"] == scene.item("A-1").note


def test_whole_batches_at_once_keep_the_order_of_each_device(scene):
    def batch(name, tracking_id):
        chain = [operation(f"{name} 0", tracking_id, note="0")]
        for n in range(1, 8):
            follows = str(op(f"{name} {n - 1}"))
            chain.append(operation(f"{name} {n}", tracking_id, note=str(n), follows=follows))
        return chain

    results = sent_at_once(
        scene,
        (scene.omar, batch("laptop", "A-1")),
        (scene.omar, batch("tablet", "A-2")),
        (scene.olga, batch("hers", "A-3")),
    )

    assert results == [["applied"] * 8] * 3
    assert [scene.item(name).note for name in ("A-1", "A-2", "A-3")] == ["7"] * 3
    assert list(Event.objects.order_by("seq").values_list("seq", flat=True)) == [*range(1, 26)]
    assert findings(Checklist.objects.get()) == []


def test_two_contacts_of_one_device_are_one_row(scene):
    assert sent_at_once(scene, (scene.omar, []), (scene.omar, [])) == [[], []]

    assert Device.objects.count() == 1


def test_without_the_lock_two_people_on_one_item_are_not_told_apart(scene, monkeypatch):
    """The negative control: PostgreSQL lets both read the present version, SQLite keeps one out."""
    meeting = threading.Barrier(2)

    def unlocked(checklist_id):
        checklist = Checklist.objects.select_related("rollout").get(pk=checklist_id)
        meeting.wait(timeout=2)
        return checklist

    monkeypatch.setattr(operations, "lock", unlocked)
    results = sent_at_once(
        scene, (scene.omar, [operation("a")]), (scene.olga, [operation("b", "A-1", "verified")])
    )

    lost = threading.BrokenBarrierError if connection.vendor == "sqlite" else IntegrityError
    assert any(isinstance(result, lost) for result in results)
    assert ["conflict"] not in results
