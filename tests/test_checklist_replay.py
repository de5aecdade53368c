"""Two engineers and a reviewer do whatever comes to their minds: the events still tell it all.

Hypothesis makes up sequences of operations. What each of them has to become is written down here
a second time; after all of them the events, replayed, are the rows as they are stored.
"""

from collections import Counter
from dataclasses import dataclass, field

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from checklists.actions import Refused, change_host, prepare, record, return_items, withdraw
from checklists.actions.operations import clean_decision, decision_of
from checklists.chain import broken_links, replay, timestamp
from checklists.conflicts import to_resolve
from checklists.content import content_of
from checklists.models import Checklist, Decision, Edition, Event
from checklists.page.sections import progress_of, verdict_counts
from checklists.verification import UNDECIDED, findings
from portal.roles import Role
from tests.support.rollouts import (
    Scene,
    op,
    open_edition,
    person,
    seen,
    sign_prepared,
    work_off,
)

pytestmark = pytest.mark.django_db

NEEDS = {
    "not_needed": {"reason": "r"},
    "risk_accepted": {"reason": "r", "approver": "b"},
    "pending": {"waiting_for": "w", "due": "2026-12-01", "agreed_by": "g"},
}
ANSWERS = {
    "condition:directory": ["yes", "no", "unknown"],
    "installed_with": ["appliance-1", "appliance-2", "older", "unknown"],
}


@dataclass
class World:
    """A checklist, who works on it, and what they have sent; `events` is how many there must be."""

    checklist: Checklist
    engineers: list
    reviewer: object
    sent: list = field(default_factory=list)
    events: int = 0
    operations: int = 0

    def new_id(self):
        self.operations += 1
        return op(f"replay {self.operations}")

    @property
    def in_draft(self):
        return open_edition(self.checklist).state == Edition.State.DRAFT

    def send(self, **operation):
        """Record an operation of one's own; it is one event, whatever becomes of it."""
        operation |= {"checklist_id": self.checklist.pk, "op_id": self.new_id()}
        event = record(**operation)
        self.events += 1
        self.sent.append((operation, event))
        return event

    def act(self, action, **options):
        """Sign, withdraw, return, rename: one event, or a refusal that is none."""
        try:
            with transaction.atomic():
                action(checklist_id=self.checklist.pk, op_id=self.new_id(), **options)
        except Refused:
            return
        self.events += 1


@dataclass(frozen=True)
class Decide:
    """A decision; "" is the one that there is already, once more."""

    who: int
    item: str
    decision: str
    note: str
    behind: int

    def run(self, world):
        item = world.checklist.items.get(tracking_id=self.item)
        wanted = {"decision": self.decision, "note": self.note, **NEEDS.get(self.decision, {})}
        if not self.decision:
            wanted = decision_of(item)
        version = max(0, item.version - self.behind)

        event = world.send(
            kind=Event.Kind.DECISION,
            payload={"item": self.item, "decision": wanted},
            base_version=version,
            by=world.engineers[self.who],
        )

        same = clean_decision(wanted, severity=item.severity) == decision_of(item)
        known = same and not item.returned
        assert event.outcome == outcome(world, known=known, fresh=version == item.version)


@dataclass(frozen=True)
class Answer:
    who: int
    question: str
    choice: int
    behind: int

    def run(self, world):
        row = world.checklist.answers.get(question=self.question)
        values = ANSWERS[self.question]
        value, version = values[self.choice % len(values)], max(0, row.version - self.behind)

        event = world.send(
            kind=Event.Kind.ANSWER,
            payload={"question": self.question, "value": value},
            base_version=version,
            by=world.engineers[self.who],
        )

        known, fresh = value == row.value, version == row.version
        assert event.outcome == outcome(world, known=known, fresh=fresh)


def outcome(world, *, known, fresh):
    """What an operation has to become (design 5)."""
    if not world.in_draft:
        return "late"
    if known:
        return "same"
    return "applied" if fresh else "conflict"


@dataclass(frozen=True)
class Settle:
    """Take or leave one of the entries that wait, if there is one."""

    who: int
    which: int
    mine: bool

    def run(self, world):
        waiting = to_resolve(world.checklist)
        if not waiting:
            return
        entry = waiting[self.which % len(waiting)]
        if self.mine:
            thing = entry.item or world.checklist.answers.get(question=entry.payload["question"])
            kind, payload, version = Event.Kind(entry.kind), entry.payload, thing.version
        else:
            kind, payload, version = Event.Kind.RESOLVED, {}, None

        event = world.send(
            kind=kind,
            payload={**payload, "resolves": [str(entry.op_id)]},
            base_version=version,
            by=world.engineers[self.who],
        )

        assert event.outcome == ("applied" if world.in_draft else "late")
        assert (entry in to_resolve(world.checklist)) != world.in_draft


@dataclass(frozen=True)
class SendAgain:
    """The network failed and the form is sent once more; or its identifier is used for another."""

    which: int
    changed: bool

    def run(self, world):
        if not world.sent:
            return
        operation, event = world.sent[self.which % len(world.sent)]
        if self.changed:
            with pytest.raises(Refused), transaction.atomic():
                record(**operation | {"base_version": 99})
        else:
            assert record(**operation) == event


@dataclass(frozen=True)
class Prepare:
    who: int

    def run(self, world):
        shown = seen(world.checklist)
        world.act(prepare, seen=shown, by=world.engineers[self.who])


@dataclass(frozen=True)
class Withdraw:
    who: int

    def run(self, world):
        world.act(withdraw, by=world.engineers[self.who])


@dataclass(frozen=True)
class Return:
    items: tuple
    whole: bool

    def run(self, world):
        comments = dict.fromkeys(self.items, "again")
        comment = "all of it" if self.whole else ""
        shown = seen(world.checklist)
        world.act(return_items, seen=shown, comments=comments, comment=comment, by=world.reviewer)


@dataclass(frozen=True)
class Rename:
    number: int

    def run(self, world):
        before = Checklist.objects.get(pk=world.checklist.pk).host
        host = f"proxy-{self.number}"
        world.act(change_host, host=host, mode_detail="", by=world.engineers[0])
        # A name that is no other is no event.
        world.events -= before == host and world.in_draft


who, behind = st.integers(0, 1), st.sampled_from([0, 0, 1])
# Mostly the same two items: people who never meet make no conflicts.
busy = st.sampled_from(["A-1", "A-1", "A-2", "A-2", "A-3", "A-4", "A-5"])
notes = st.sampled_from(["", "b"])
STEPS = {
    "decide": st.builds(
        Decide, who, busy, st.sampled_from([*Decision.values, "", ""]), notes, behind
    ),
    "answer": st.builds(Answer, who, st.sampled_from(list(ANSWERS)), st.integers(0, 3), behind),
    "settle": st.builds(Settle, who, st.integers(0, 5), st.booleans()),
    "again": st.builds(SendAgain, st.integers(0, 9), st.booleans()),
    "prepare": st.builds(Prepare, who),
    "withdraw": st.builds(Withdraw, who),
    "return": st.builds(Return, st.sets(busy, max_size=2).map(sorted).map(tuple), st.booleans()),
    "rename": st.builds(Rename, st.integers(1, 2)),
}
ORDER = ["decide"] * 6 + ["answer", "settle"] * 2 + [*STEPS]
steps = st.sampled_from(ORDER).flatmap(STEPS.__getitem__)


# What chance finds too seldom.
AGAIN_AFTER_A_RETURN = [
    Decide(1, "A-1", "", "", behind=1),
    Decide(1, "A-1", "", "", behind=0),
    Decide(0, "A-1", "", "", behind=2),
    SendAgain(1, changed=False),
    Decide(0, "A-5", "", "", behind=0),
    Settle(0, 0, mine=True),
    Prepare(0),
    Return(("A-1",), whole=True),
    Decide(0, "A-1", "done", "b", behind=1),
    Decide(1, "A-1", "pending", "", behind=0),
    Settle(1, 0, mine=True),
]
LATE_AND_SETTLED = [
    Decide(0, "A-1", "pending", "b", behind=0),
    Decide(1, "A-2", "", "", behind=2),
    Answer(1, "condition:directory", 1, behind=0),
    Settle(0, 0, mine=True),
    SendAgain(0, changed=True),
    Return((), whole=True),
    Settle(1, 0, mine=True),
    Settle(1, 0, mine=False),
    Settle(0, 1, mine=True),
    Rename(2),
    Rename(2),
    Prepare(1),
    Withdraw(0),
    Withdraw(1),
]


@pytest.fixture
def ground():
    scene = Scene()
    scene.olga = person("olga", Role.ENGINEER)
    scene.rollout.members.add(scene.olga)
    return scene


@settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    start=st.sampled_from(["draft", "worked", "prepared", "returned"]),
    sequence=st.lists(steps, min_size=8, max_size=20),
)
@example(start="returned", sequence=AGAIN_AFTER_A_RETURN)
@example(start="prepared", sequence=LATE_AND_SETTLED)
def test_whatever_happens_the_events_add_up_to_what_is_stored(ground, start, sequence):
    with transaction.atomic():
        world = begin(ground, start)

        for step in sequence:
            step.run(world)
            assert world.checklist.events.count() == world.events

        checklist = Checklist.objects.get(pk=ground.id)
        events = list(checklist.events.select_related("item").order_by("seq"))
        assert [event.seq for event in events] == list(range(1, world.events + 1))
        assert broken_links(events) == []
        assert stored(checklist) == told(replay(events))
        assert findings(checklist) == []
        assert_counts_add_up(checklist)
        transaction.set_rollback(True)


def begin(scene, start):
    if start != "draft":
        work_off(scene.checklist, scene.omar)
    if start in ("prepared", "returned"):
        sign_prepared(scene.checklist, scene.omar)
    if start == "returned":
        return_items(
            checklist_id=scene.id,
            seen=seen(scene.checklist),
            op_id=op("return"),
            comments={"A-1": "again", "A-5": "why?"},
            comment="",
            by=scene.ines,
        )
    events = scene.checklist.events.count()
    return World(scene.checklist, [scene.omar, scene.olga], scene.ines, events=events)


def stored(checklist):
    """Header, answers and items as the rows have them."""
    return {
        "header": {"host": checklist.host, "mode_detail": checklist.mode_detail},
        "answers": {
            row.question: [row.value, row.version, row.answered_by, timestamp(row.answered_at)]
            for row in checklist.answers.all()
        },
        "items": {
            item.tracking_id: (
                item.reason,
                item.version,
                {
                    **decision_of(item),
                    "by": item.decided_by,
                    "at": timestamp(item.decided_at),
                    "returned": item.returned,
                    "returned_comment": item.returned_comment,
                    "returned_by": item.returned_by,
                    "flagged": item.flagged,
                },
            )
            for item in checklist.items.all()
        },
    }


def told(state):
    """The same as the replayed events tell it."""
    return {
        "header": {name: state["header"][name] for name in ("host", "mode_detail")},
        "answers": state["answers"],
        "items": {
            name: (
                reason,
                state["versions"].get(name, 0),
                UNDECIDED | state["decisions"].get(name, {}),
            )
            for name, reason in state["reasons"].items()
        },
    }


def assert_counts_add_up(checklist):
    items = list(checklist.items.all())
    verdicts = Counter(item.verdict for item in items)
    shown = {verdict: count for verdict, _word, count in verdict_counts(items)}
    signed = content_of(checklist, open_edition(checklist))["counts"]
    assert shown == signed == {verdict: verdicts[verdict] for verdict in shown}
    assert sum(shown.values()) == len(items) == 5
    *severities, everything = progress_of(items)
    assert everything.total == verdicts["required"] + verdicts["confirm"]
    assert everything.total == sum(figure.total for figure in severities)
    assert everything.done == sum(figure.done for figure in severities) <= everything.total
