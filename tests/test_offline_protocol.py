"""Work without a network, on the wire: what the portal answers to a device, whatever happens."""

import json
import threading
import urllib.error
import urllib.request
from itertools import permutations

import psycopg
import pytest
from django.db import IntegrityError, connection

from advisories.models import Advisory
from checklists import actions
from checklists.actions import operations, prepare
from checklists.conflicts import to_resolve
from checklists.models import Checklist, Event, SignOff
from checklists.verification import findings
from portal.roles import Role
from tests.support.moving import reword
from tests.support.pages import text_of
from tests.support.portal_process import PortalProcess
from tests.support.rollouts import Scene, person, seen
from tests.support.syncing import client_of, op, operation, outcomes, send
from tests.test_races import at_once
from tools import postgres

case = pytest.mark.case


@pytest.fixture
def scene(request):
    return Scene()


def colleague(scene):
    olga = person("olga", Role.ENGINEER)
    scene.rollout.members.add(olga)
    return olga


# Races, with real commits


@case("F02 protocol: one operation twice at the same moment")
@pytest.mark.usefixtures("committed_db")
def test_one_operation_twice_at_once_is_one_event_and_one_answer(scene):
    clients = [client_of(scene.omar), client_of(scene.omar)]

    first, second = at_once(
        *(lambda c=client: send(c, scene, operation("a", note="x")).json() for client in clients)
    )

    assert first["answers"] == second["answers"]
    assert Event.objects.filter(op_id=op("a")).count() == 1
    assert findings(Checklist.objects.get()) == []


@pytest.mark.usefixtures("committed_db")
def test_two_devices_at_once_lose_nothing(scene):
    ids = ("A-1", "A-2", "A-3", "A-4")
    clients = [client_of(scene.omar) for _ in ids]

    results = at_once(
        *(
            lambda c=client, i=i: outcomes(send(c, scene, operation(i, i)))
            for client, i in zip(clients, ids, strict=True)
        )
    )

    assert results == [["applied"]] * 4
    assert findings(Checklist.objects.get()) == []


@pytest.mark.usefixtures("committed_db")
def test_without_the_lock_the_same_race_is_lost(scene, monkeypatch):
    """The negative control: PostgreSQL lets both read the chain's end, SQLite keeps one out."""
    meeting = threading.Barrier(2)

    def unlocked(checklist_id):
        checklist = Checklist.objects.select_related("rollout").get(pk=checklist_id)
        meeting.wait(timeout=2)
        return checklist

    monkeypatch.setattr(operations, "lock", unlocked)
    clients = [client_of(scene.omar), client_of(scene.omar)]
    results = at_once(
        *(
            lambda c=client, i=i: send(c, scene, operation(i, i))
            for client, i in zip(clients, ("A-1", "A-2"), strict=True)
        )
    )

    lost = threading.BrokenBarrierError if connection.vendor == "sqlite" else IntegrityError
    assert any(isinstance(result, lost) for result in results)


@case("F09 protocol: a signature and an operation at the same moment")
@pytest.mark.usefixtures("committed_db")
def test_a_signature_and_an_operation_at_once_are_never_both():
    scene = Scene(at="worked")
    shown, omar = seen(scene.checklist), client_of(scene.omar)

    signed, sent = at_once(
        lambda: prepare(checklist_id=scene.id, op_id=op("p"), seen=shown, by=scene.omar),
        lambda: outcomes(send(omar, scene, operation("a", decision="verified", version=1))),
    )

    if isinstance(signed, SignOff):
        assert sent == ["late"]
        assert scene.item("A-1").decision == "done"
    else:
        assert isinstance(signed, actions.Stale)
        assert sent == ["applied"]
    assert findings(Checklist.objects.get()) == []


# Order


@case("F04 protocol: operations arrive in another order")
@pytest.mark.django_db
@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_in_whatever_order_they_arrive_nothing_is_lost_or_silent(scene, order):
    omar, olga = client_of(scene.omar), client_of(colleague(scene))
    first = operation("a", note="1")
    sent = [
        (omar, first),
        (omar, operation("b", note="2", follows=str(op("a")))),
        (omar, operation("c", "A-2", note="3")),
        (olga, operation("d", "A-1", "verified", note="4")),
    ]

    for index in order:
        client, what = sent[index]
        send(client, scene, what)

    checklist = Checklist.objects.get()
    events = {str(event.op_id): event for event in scene.events("decision")}
    assert len(events) == 4
    applied = [e for e in scene.events("decision") if e.outcome == "applied" and e.item_id]
    last = [e for e in applied if e.item.tracking_id == "A-1"][-1]
    assert scene.item("A-1").note == last.payload["decision"]["note"]
    assert scene.item("A-2").note == "3"
    silent = {e for e in events.values() if e.outcome == "conflict"} - set(to_resolve(checklist))
    assert all(event.actor == scene.omar == last.actor for event in silent)
    assert findings(checklist) == []


# The catalogue moves on meanwhile


@case("F24 protocol: the advisory is edited or withdrawn meanwhile")
@pytest.mark.django_db
def test_an_operation_stands_on_the_frozen_text_and_the_page_says_what_moved(scene):
    reword("A-1")
    Advisory.objects.filter(tracking_id="A-2").update(state="withdrawn", withdrawn_reason="wrong")
    omar = client_of(scene.omar)

    response = send(omar, scene, operation("a"), operation("b", "A-2"), html=True)

    assert outcomes(response) == ["applied", "applied"]
    page = text_of(omar.get(scene.checklist.get_absolute_url()))
    assert "The catalogue has moved on" in page
    assert scene.item("A-1").revision == 1


@case("F25 protocol: discarded meanwhile")
@pytest.mark.django_db
def test_for_a_discarded_checklist_each_operation_is_refused_in_words(scene):
    actions.discard(checklist_id=scene.id, op_id=op("x"), reason="mistake", by=scene.omar)

    response = send(client_of(scene.omar), scene, operation("a"))

    assert outcomes(response) == ["refused"]
    assert "discarded" in response.json()["answers"][0]["messages"][0]


# The database goes away


class Sender(threading.Thread):
    """A device that sends each of its operations until it is answered."""

    def __init__(self, portal, told, tracking_id, count):
        super().__init__(daemon=True)
        self.portal, self.session = portal, told["session"]
        self.address = f"/checklists/{told['checklist']}/sync/"
        self.operations = [
            operation(f"{tracking_id} {n}", tracking_id, note=str(n), version=n)
            for n in range(count)
        ]
        self.progress, self.failures, self.outcomes = threading.Semaphore(0), 0, []

    def run(self):
        for each in self.operations:
            while not (outcome := self.outcome_of(each)):
                self.failures += 1
            self.outcomes.append(outcome)
            self.progress.release()

    def outcome_of(self, each):
        try:
            token = json.loads(self.ask("/session/"))["csrf"]
            body = json.dumps({"operations": [each]}).encode()
            (answer,) = json.loads(self.ask(self.address, body, token))["answers"]
        except (OSError, ValueError):
            return None
        return answer["outcome"]

    def ask(self, path, body=None, token=""):
        headers = {"Cookie": f"sessionid={self.session}; csrftoken={'c' * 32}"}
        headers |= {"Accept": "application/json", "X-CSRFToken": token}
        headers |= {"Content-Type": "application/json"} if body else {}
        request = urllib.request.Request(self.portal.url + path, body, headers)  # noqa: S310  loopback
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  loopback
            return answer.read()


@case("F22 protocol: the database is restarted under load")
def test_a_database_that_is_restarted_loses_nothing_that_was_acknowledged(settings):
    binaries = postgres.machine_binaries() or postgres.packaged_binaries()
    with postgres.running_server(binaries, settings=["fsync=off"]) as server:
        with psycopg.connect(server.url.replace("/portal", "/postgres"), autocommit=True) as admin:
            admin.execute("CREATE DATABASE portal")
        portal = PortalProcess(server.url, settings.STATIC_ROOT)
        told = portal.run("prepare")
        senders = [Sender(portal, told, tracking_id, 12) for tracking_id in ("A-1", "A-2")]
        portal.start()
        try:
            for sender in senders:
                sender.start()
            for _restart in range(2):
                assert all(sender.progress.acquire(timeout=60) for sender in senders)
                server.stop()
                server.start()
            for sender in senders:
                sender.join(timeout=60)
        finally:
            portal.kill()
        kept = portal.run("recorded")

    sent = [each["op_id"] for sender in senders for each in sender.operations]
    assert [sender.outcomes for sender in senders] == [["applied"] * 12] * 2
    assert sorted(kept["decisions"]) == sorted(sent)
    assert kept["findings"] == []
    assert sum(sender.failures for sender in senders) > 0  # the restarts were noticed
