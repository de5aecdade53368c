"""Three devices of two engineers work on one checklist over a network that loses, repeats and
re-orders what it carries, while a colleague signs, withdraws, returns, issues and re-opens it.

Hypothesis makes up what happens. Whatever it is: each operation ends as exactly one event or is
refused, what was answered once is always answered so, and in the end everybody sees the same.
"""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from checklists.actions import Refused, issue, prepare, record, rendering, reopen
from checklists.actions import return_items as return_them
from checklists.actions import withdraw as withdraw_it
from checklists.actions.devices import tick_of
from checklists.chain import broken_links
from checklists.conflicts import conflicts, to_resolve
from checklists.models import Checklist, Decision, Device, Edition, Event
from checklists.verification import findings
from portal.roles import Role
from tests.support.rollouts import Scene, decide, person, seen, work_off
from tests.support.syncing import answering, client_of, op, operation, send, url

pytestmark = pytest.mark.django_db

ITEMS = ["A-1", "A-2", "A-3", "A-4", "A-5"]
QUESTIONS = {"condition:directory": ["yes", "no"], "installed_with": ["appliance-1", "appliance-2"]}
COMPLETE = {
    "not_needed": {"reason": "r"},
    "risk_accepted": {"reason": "r", "approver": "b"},
    "pending": {"waiting_for": "w", "due": "2026-12-01", "agreed_by": "g"},
}
# Nobody's clock is right: hours behind, right, and years ahead.
CLOCKS = [timedelta(hours=-9), timedelta(0), timedelta(days=2000)]


class Phone:
    """A device: its outbox, and what its page shows. Its view changes by the portal's own answers
    only, so it can be as old as the network lets it be."""

    def __init__(self, number, client, scene):
        self.number, self.client, self.scene = number, client, scene
        self.id = str(op(f"device {number}"))
        self.outbox, self.items, self.seq = [], {}, 0
        self.versions, self.waiting = {}, []
        self.load()

    def load(self):
        self.items = self.page()
        self.seq = Checklist.objects.get().last_seq

    def page(self):
        page = self.client.get(self.scene.checklist.get_absolute_url()).content.decode()
        found = re.findall(r'(<li class="item[^"]*" id="item-(\d+)"[^>]*>.*?</li>)', page, re.S)
        return {int(number): words(html) for html, number in found}

    def look(self):
        """What the open page asks for every few seconds."""
        response = self.client.get(url("changes", self.scene), {"after": self.seq})
        if response.status_code != 204:
            told = response.json()
            if told.get("reload"):
                self.load()
            else:
                self.seq = told["seq"]
                self.items |= {int(n): words(html) for n, html in told["items"].items()}
        checklist = Checklist.objects.get()
        self.versions = dict(checklist.items.values_list("tracking_id", "version"))
        self.versions |= dict(checklist.answers.values_list("question", "version"))
        self.waiting = to_resolve(checklist)

    def enter(self, entry):
        """Put an entry into the outbox; it says on which unsent one it was made."""
        on = thing(entry)
        before = [each for each in self.outbox if thing(each) == on and each["kind"] != "resolved"]
        follows = {"follows": before[-1]["op_id"]} if before else {}
        client_at = (datetime(2026, 11, 25, tzinfo=UTC) + CLOCKS[self.number]).isoformat()
        self.outbox.append(entry | follows | {"client_at": client_at})


def thing(entry):
    return entry["payload"].get("item") or entry["payload"].get("question")


def words(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).strip()


who = st.integers(0, 2)
# Mostly the same item: people who never meet make no conflicts.
busy = st.sampled_from(["A-1", "A-1", "A-1", *ITEMS])
fates = st.sampled_from(["answered", "answered", "answer lost", "held up"])


class Devices(RuleBasedStateMachine):
    def __init__(self, ground):
        super().__init__()
        self.ground, self.numbers, self.held_up = ground, 0, []
        self.created, self.answers = [], {}
        self.undone = transaction.atomic()
        self.undone.__enter__()

    # The checklist and its people

    @property
    def checklist(self):
        return Checklist.objects.get()

    @property
    def state(self):
        return self.checklist.editions.order_by("-minor").first().state

    def new_id(self):
        self.numbers += 1
        return f"machine {self.numbers}"

    def act(self, action, **options):
        """An action of the office; it is never refused where the rule's condition holds."""
        return action(checklist_id=self.ground.id, op_id=op(self.new_id()), **options)

    @initialize(worked=st.booleans())
    def begin(self, worked):
        if worked:
            work_off(self.ground.checklist, self.ground.omar)
        self.devices = [
            Phone(number, client, self.ground) for number, client in enumerate(self.ground.clients)
        ]
        for device in self.devices:
            device.look()

    # On the devices

    def create(self, device, entry):
        self.created.append(entry["op_id"])
        self.devices[device].enter(entry)

    @rule(
        device=who,
        item=busy,
        decision=st.sampled_from(Decision.values),
        note=st.sampled_from(["", "b"]),
        complete=st.sampled_from([True, True, True, False]),
    )
    def decide(self, device, item, decision, note, complete):
        fields = {"note": note} | (COMPLETE.get(decision, {}) if complete else {})
        entry = operation(
            self.new_id(), item, decision, version=self.devices[device].versions[item]
        )
        entry["payload"]["decision"] |= fields
        self.create(device, entry)

    @rule(device=who, question=st.sampled_from(list(QUESTIONS)), choice=st.integers(0, 1))
    def answer(self, device, question, choice):
        version = self.devices[device].versions[question]
        value = QUESTIONS[question][choice]
        self.create(device, answering(self.new_id(), question, value, version=version))

    @precondition(lambda self: any(device.waiting for device in self.devices))
    @rule(which=st.integers(0, 9), mine=st.booleans())
    def settle(self, which, mine):
        shown = [(n, event) for n, device in enumerate(self.devices) for event in device.waiting]
        number, event = shown[which % len(shown)]
        resolves = {"resolves": [str(event.op_id)]}
        entry = {"schema": 1, "op_id": str(op(self.new_id())), "kind": "resolved"}
        entry |= {"payload": resolves, "base_version": None}
        if mine:
            version = self.devices[number].versions[thing({"payload": event.payload})]
            entry |= {"kind": event.kind, "payload": event.payload | resolves}
            entry |= {"base_version": version}
        self.create(number, entry)

    @rule(device=who)
    def look(self, device):
        self.devices[device].look()

        assert self.devices[device].items == self.devices[device].page()

    # On the network

    @precondition(lambda self: any(device.outbox for device in self.devices))
    @rule(which=who, count=st.integers(1, 4), fate=fates)
    def flush(self, which, count, fate):
        sending = [device for device in self.devices if device.outbox]
        device = sending[which % len(sending)]
        entries = device.outbox[:count]
        if fate == "held up":
            self.held_up.append((device, entries, len(device.outbox)))
            return
        self.arrive(device, entries, len(device.outbox))
        if fate == "answered":
            device.outbox = device.outbox[len(entries) :]

    @precondition(lambda self: self.held_up)
    @rule(which=st.integers(0, 9))
    def arrives_after_all(self, which):
        self.arrive(*self.held_up.pop(which % len(self.held_up)))

    @precondition(lambda self: self.answers)
    @rule(device=who, which=st.integers(0, 99))
    def arrives_with_another_body(self, device, which):
        ids = list(self.answers)
        stolen = operation("", note="another", op_id=ids[which % len(ids)])
        known = self.answers[stolen["op_id"]]["outcome"] != "refused"
        phone = self.devices[device]

        response = send(phone.client, self.ground, stolen, device=None)

        (answer,) = response.json()["answers"]

        if known:
            assert answer["outcome"] == "refused"
        else:  # nothing was recorded under it, so it is a first entry like any other
            self.answers[stolen["op_id"]] = answer

    def arrive(self, device, entries, unsent):
        """The portal takes a batch and answers each entry as it did when it first came."""
        draft = self.state == Edition.State.DRAFT

        response = send(device.client, self.ground, *entries, device=device.id, unsent=unsent)

        answers = response.json()["answers"]
        assert [answer["op_id"] for answer in answers] == [entry["op_id"] for entry in entries]
        for answer in answers:
            if answer["op_id"] not in self.answers and answer["outcome"] != "refused":
                assert (answer["outcome"] == "late") == (not draft)
            assert self.answers.setdefault(answer["op_id"], answer) == answer
        refused = sum(answer["outcome"] == "refused" for answer in answers)
        known = Device.objects.get(device=device.id)
        assert known.unsent == unsent - len(entries) + refused

    # In the office

    @precondition(lambda self: self.state == Edition.State.DRAFT)
    @rule()
    def sign(self):
        """Olga settles what is open and signs, without the devices that still hold something."""
        checklist, olga = self.checklist, self.ground.olga
        for event in conflicts(checklist):
            payload = {"resolves": [str(event.op_id)]}
            self.act(record, kind=Event.Kind.RESOLVED, payload=payload, base_version=None, by=olga)
        for item in checklist.items.all():
            if item.returned or item.decision == Decision.OPEN:
                decide(checklist, item.tracking_id, "verified", by=olga, name=self.new_id())
        shown, ticks = seen(checklist), self.ticks()
        if ticks:
            with pytest.raises(Refused), transaction.atomic():
                self.act(prepare, seen=shown, by=olga)
        self.act(prepare, seen=shown, without=ticks, by=olga)

    def ticks(self):
        return [tick_of(device) for device in self.checklist.devices.outstanding(timezone.now())]

    @precondition(lambda self: self.state == Edition.State.PREPARED)
    @rule()
    def withdraw(self):
        self.act(withdraw_it, by=self.ground.olga)

    @precondition(lambda self: self.state == Edition.State.PREPARED)
    @rule(item=busy)
    def send_back(self, item):
        shown = seen(self.checklist)
        given = {"seen": shown, "comments": {item: "again"}, "comment": ""}
        self.act(return_them, **given, by=self.ground.ines)

    @precondition(lambda self: self.state == Edition.State.PREPARED)
    @rule()
    def review(self):
        self.act(issue, seen=seen(self.checklist), without=self.ticks(), by=self.ground.ines)

    @precondition(lambda self: self.state == Edition.State.ISSUED)
    @rule()
    def open_again(self):
        self.act(reopen, reason="late entries", by=self.ground.omar)

    # What always holds

    @invariant()
    def each_entry_that_was_taken_is_one_event(self):
        taken = {id: a["seq"] for id, a in self.answers.items() if a["outcome"] != "refused"}
        events = Event.objects.filter(op_id__in=self.created).values_list("op_id", "seq")
        assert sorted((str(op_id), seq) for op_id, seq in events) == sorted(taken.items())

    def teardown(self):
        try:
            self.everything_arrives()
        finally:
            transaction.set_rollback(True)
            self.undone.__exit__(None, None, None)

    def everything_arrives(self):
        for request in self.held_up:
            self.arrive(*request)
        for device in self.devices:
            self.arrive(device, device.outbox, len(device.outbox))
        assert set(self.answers) == set(self.created)
        self.each_entry_that_was_taken_is_one_event()
        checklist = self.checklist
        events = list(checklist.events.select_related("item").order_by("seq"))
        assert broken_links(events) == []
        assert findings(checklist) == []
        assert_nothing_was_overwritten_unseen(events)
        for device in self.devices:
            device.look()
            assert device.items == device.page()
        assert len({tuple(sorted(device.items.items())) for device in self.devices}) == 1


def assert_nothing_was_overwritten_unseen(events):
    """Each applied decision and answer stands on the one before it."""
    versions = {}
    for event in events:
        if event.outcome != Event.Outcome.APPLIED:
            continue
        if event.kind in (Event.Kind.DECISION, Event.Kind.ANSWER):
            on = thing({"payload": event.payload})
            assert event.base_version == versions.get(on, 0)
            versions[on] = event.effect["version"]
        elif event.kind == Event.Kind.RETURNED:
            versions |= event.effect["versions"]


def quick_files(monkeypatch):
    """What is in the files does not matter here: some bytes of each format."""
    for extension in rendering.WRITERS:
        monkeypatch.setitem(
            rendering.WRITERS, extension, lambda handover, e=extension: f"{e} {handover}".encode()
        )


@pytest.fixture
def ground(monkeypatch):
    quick_files(monkeypatch)
    scene = Scene()
    scene.olga = person("olga", Role.ENGINEER)
    scene.rollout.members.add(scene.olga)
    scene.clients = [client_of(each) for each in (scene.omar, scene.omar, scene.olga)]
    return scene


def test_whatever_the_network_does_every_entry_is_one_event_and_all_see_the_same(ground):
    run_state_machine_as_test(
        lambda: Devices(ground),
        settings=settings(
            max_examples=12,
            stateful_step_count=25,
            derandomize=True,
            deadline=None,
            database=None,
            report_multiple_bugs=False,
            phases=[Phase.generate],  # making a failure smaller takes minutes
        ),
    )
