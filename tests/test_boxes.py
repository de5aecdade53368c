"""Several boxes of a rollout: one more box, the matrix, one decision or one answer for many."""

from uuid import uuid5

import pytest
from django.urls import reverse
from django.utils.translation import override

from advisories.models import Release
from checklists import actions
from checklists.actions import NotAllowed, Refused, Seen
from checklists.models import Checklist, Event
from checklists.rollout_matrix import Difference, Found, difference_of, rows_of
from checklists.verification import findings
from portal.roles import Role
from tests.support.moving import reword
from tests.support.pages import client_of, hidden, text_of
from tests.support.rollouts import (
    Scene,
    answer,
    decide,
    make_checklist,
    op,
    person,
    quick_files,
    sign_prepared,
    sign_reviewed,
    work_off,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_real_pdf(monkeypatch):
    quick_files(monkeypatch)


class Boxes(Scene):
    """The scene with two boxes more: proxy-02 and proxy-03."""

    def __init__(self, at="draft"):
        super().__init__(at=at)
        self.second, self.third = (
            make_checklist(self.rollout, self.omar, name=host, host=host)
            for host in ("proxy-02", "proxy-03")
        )


@pytest.fixture
def scene():
    return Boxes()


def address(scene, name, *args):
    return reverse(f"checklists:{name}", args=[scene.rollout.pk, *args])


def item_of(checklist, tracking_id="A-1"):
    return checklist.items.get(tracking_id=tracking_id)


def state_of(*checklists, tracking_id="A-1"):
    return [item_of(checklist, tracking_id).decision for checklist in checklists]


# The rollout's page


def test_the_page_shows_progress_by_severity_and_what_the_catalogue_offers(scene):
    decide(scene.checklist, "A-1", by=scene.omar)
    reword("A-2")

    page = text_of(client_of(scene.omar).get(scene.rollout.get_absolute_url()))

    assert "High 1 / 1 Medium 0 / 1 Low 0 / 1 All 1 / 3" in page
    assert page.count("1 change of the catalogue") == 3


def test_what_was_returned_counts_as_open_again(scene):
    decide(scene.second, "A-1", by=scene.omar)
    scene.second.items.filter(tracking_id="A-1").update(flagged=True)

    page = text_of(client_of(scene.omar).get(scene.rollout.get_absolute_url()))

    assert "High 1 / 1" not in page


# One more box


def test_a_box_is_added_with_the_present_answers_of_another_and_nothing_decided(scene):
    answer(scene.checklist, "condition:directory", "yes", by=scene.omar)
    work_off(scene.checklist, scene.omar)

    made = actions.add_box(source=scene.checklist, id=op("new"), host="proxy-04", by=scene.omar)

    def said(checklist):
        return dict(checklist.answers.values_list("question", "value"))

    assert said(made) == said(scene.checklist)
    assert said(made)["condition:directory"] == "yes"
    assert set(made.items.values_list("decision", flat=True)) == {"open"}
    assert made.predecessor is None
    assert (made.rollout, made.host, made.release) == (scene.rollout, "proxy-04", "appliance-2")
    assert findings(made) == []


def test_the_form_asks_only_for_what_is_the_boxs_own_and_acts_once(scene):
    client = client_of(scene.omar)
    page = reverse("checklists:another", args=[scene.id])
    fields = hidden(client.get(page), action=page) | {"host": "proxy-04", "mode_detail": "HA"}

    first = client.post(page, fields)
    second = client.post(page, fields)

    made = Checklist.objects.get(host="proxy-04")
    assert first.url == second.url == made.get_absolute_url()
    assert made.mode_detail == "HA"


@pytest.mark.parametrize("host", ["", "  ", "x" * 201])
def test_a_box_without_a_usable_host_is_not_added(scene, host):
    client = client_of(scene.omar)
    page = reverse("checklists:another", args=[scene.id])

    answered = client.post(page, {"op_id": op("x"), "host": host})

    assert answered.status_code == 422
    assert Checklist.objects.count() == 3


def test_a_release_that_the_catalogue_no_longer_has_is_said_in_words(scene):
    Release.objects.filter(slug="appliance-2").update(slug="other")
    client = client_of(scene.omar)
    page = reverse("checklists:another", args=[scene.id])

    answered = client.post(page, {"op_id": op("x"), "host": "proxy-04"})

    assert answered.status_code == 422
    assert "appliance-2" in text_of(answered)


def test_an_issued_box_can_be_the_pattern_too():
    scene = Boxes(at="issued")

    made = actions.add_box(source=scene.checklist, id=op("new"), host="proxy-04", by=scene.omar)

    assert made.items.count() == 5


# The matrix


def found(box, decision="open", after="", verdict="required", **changes):
    fields = {
        "box": op(box),
        "tracking_id": "A-1",
        "position": 1,
        "severity": 3,
        "title": {"ja": "題", "en": "Title"},
        "verdict": verdict,
        "decision": decision,
        "after": after,
        "returned": False,
        "flagged": False,
    }
    return Found(**fields | changes)


@pytest.mark.parametrize(
    ("said", "difference", "odd"),
    [
        ([("done", ""), ("done", "")], None, []),
        ([("open", ""), ("open", "")], None, []),
        ([("done", ""), ("done", ""), ("not_needed", "")], Difference.DECISION, [2]),
        ([("done", ""), ("verified", "")], Difference.DECISION, [0, 1]),
        ([("done", "1"), ("done", "1"), ("done", "2")], Difference.VALUE, [2]),
        ([("done", "1"), ("done", "")], Difference.VALUE, [0, 1]),
        ([("done", "1"), ("verified", "2")], Difference.DECISION, [0, 1]),
        ([("done", ""), ("open", ""), ("done", "")], Difference.PARTLY, [1]),
        ([("done", "1"), ("done", "2"), ("open", "")], Difference.VALUE, [0, 1]),
        ([("done", "")], None, []),
        ([], None, []),
    ],
)
def test_how_boxes_differ_and_which_is_the_odd_one(said, difference, odd):
    items = [found(n, decision, after) for n, (decision, after) in enumerate(said)]

    assert difference_of(items) == (difference, {op(n) for n in odd})


def test_a_verdict_that_asks_for_nothing_is_no_difference_until_something_is_decided():
    outside = found("b", verdict="not_applicable")

    assert difference_of([found("a", "done"), outside]) == (None, set())
    assert difference_of([found("a", "done"), outside._replace(decision="pending")])[0] == (
        Difference.DECISION
    )


def test_rows_follow_the_document_and_a_box_without_the_item_has_an_empty_cell():
    items = [
        found("a", tracking_id="A-2", position=2),
        found("a", "done", "on"),
        found("b", "done", "on"),
    ]

    with override("en"):
        rows = rows_of(items, [op("a"), op("b")])

    assert [(row.tracking_id, [cell.label for cell in row.cells]) for row in rows] == [
        ("A-1", ["Done", "Done"]),
        ("A-2", ["Open", ""]),
    ]
    assert rows[0].cells[0].value == "on"


def test_the_matrix_names_differences_in_words(scene):
    decide(scene.checklist, "A-1", by=scene.omar)
    decide(scene.second, "A-1", by=scene.omar)
    decide(scene.third, "A-1", "pending", by=scene.omar)
    decide(scene.checklist, "A-2", by=scene.omar, after="on")
    decide(scene.second, "A-2", by=scene.omar, after="off")

    page = text_of(client_of(scene.ines).get(address(scene, "rollout_matrix")))

    assert "Decided differently 1" in page
    assert "Values differ 1" in page
    assert "Differs: Pending" in page
    assert "5 of 5 advisories are shown." in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"difference": "decision"}, 1),
        ({"difference": ["decision", "partly"]}, 2),
        ({"severity": "high"}, 1),
        ({"severity": "high", "decision": "pending"}, 1),
        ({"decision": "risk_accepted"}, 0),
        ({"difference": "nonsense", "other": "x"}, 5),
    ],
)
def test_the_matrix_can_be_narrowed(scene, query, shown):
    decide(scene.checklist, "A-1", by=scene.omar)
    decide(scene.second, "A-1", "pending", by=scene.omar)
    decide(scene.second, "A-2", by=scene.omar)

    page = client_of(scene.omar).get(address(scene, "rollout_matrix"), query)

    assert f"{shown} of 5 advisories are shown." in text_of(page)


def test_discarded_boxes_are_no_columns(scene):
    actions.discard(checklist_id=scene.second.pk, op_id=op("d"), reason="x", by=scene.omar)

    page = text_of(client_of(scene.omar).get(address(scene, "rollout_matrix")))

    assert "proxy-02" not in page
    assert "proxy-03" in page


def test_the_matrix_takes_a_constant_number_of_queries(scene, django_assert_num_queries):
    client = client_of(scene.omar)
    client.get(address(scene, "rollout_matrix"))

    for host in ("four", "five"):
        make_checklist(scene.rollout, scene.omar, name=host, host=host)
        with django_assert_num_queries(9):
            client.get(address(scene, "rollout_matrix"))


def test_a_rollout_without_a_box_says_so(scene):
    for checklist in (scene.checklist, scene.second, scene.third):
        actions.discard(checklist_id=checklist.pk, op_id=op(checklist), reason="x", by=scene.omar)

    page = client_of(scene.omar).get(address(scene, "rollout_matrix"))

    assert "No box of this rollout has a checklist yet." in text_of(page)


# The same decision on several boxes


def same(scene, *boxes, by=None, name="same", **fields):
    decision = {"decision": "done", "note": "all alike"} | fields
    return actions.decide_on_boxes(
        rollout=scene.rollout,
        op_id=op(name),
        tracking_id="A-1",
        decision=decision,
        boxes=[Seen(box.pk, item_of(box).version) for box in boxes],
        by=by or scene.omar,
    )


def test_each_box_gets_an_event_of_its_own(scene):
    events = same(scene, scene.checklist, scene.third)

    assert {event.checklist_id for event in events} == {scene.id, scene.third.pk}
    assert [event.outcome for event in events] == ["applied", "applied"]
    assert state_of(scene.checklist, scene.second, scene.third) == ["done", "open", "done"]
    for checklist in (scene.checklist, scene.third):
        checklist.refresh_from_db()
        assert findings(checklist) == []


def test_sent_twice_it_is_recorded_once(scene):
    boxes = [Seen(scene.id, 0), Seen(scene.second.pk, 0)]
    sent = {"rollout": scene.rollout, "op_id": op("s"), "tracking_id": "A-1", "boxes": boxes}

    first = actions.decide_on_boxes(**sent, decision={"decision": "done"}, by=scene.omar)
    second = actions.decide_on_boxes(**sent, decision={"decision": "done"}, by=scene.omar)

    assert first == second
    assert Event.objects.filter(kind="decision").count() == 2


def test_what_the_decision_lacks_is_refused_before_anything_is_recorded(scene):
    with pytest.raises(Refused):
        same(scene, scene.checklist, scene.second, decision="risk_accepted", reason="no approver")

    assert state_of(scene.checklist, scene.second) == ["open", "open"]


def test_what_is_refused_half_way_leaves_nothing_on_any_box(scene):
    """The identifier of the last box's operation was used for something else before."""
    boxes = sorted((scene.checklist, scene.second, scene.third), key=lambda box: str(box.pk))
    actions.record(
        checklist_id=boxes[-1].pk,
        op_id=uuid5(op("same"), str(boxes[-1].pk)),
        kind=Event.Kind.DECISION,
        payload={"item": "A-2", "decision": {"decision": "done"}},
        base_version=0,
        by=scene.omar,
    )

    with pytest.raises(Refused):
        same(scene, *boxes)

    assert state_of(*boxes) == ["open"] * 3
    assert Event.objects.filter(kind="decision").count() == 1


def test_a_box_of_another_rollout_or_without_the_item_is_refused(scene):
    other = actions.create_rollout(
        id=op("other"), customer="x", project="y", number="", members=[], by=scene.omar
    )
    stranger = make_checklist(other, scene.omar, name="stranger")

    for boxes in ([], [scene.checklist, stranger]):
        with pytest.raises(Refused):
            same(scene, *boxes)

    assert state_of(scene.checklist, stranger) == ["open", "open"]


def test_only_engineers_of_the_rollout_decide(scene):
    for who in (scene.ines, person("sam", Role.ENGINEER)):
        with pytest.raises(NotAllowed):
            same(scene, scene.checklist, by=who)


def form(scene, client, *boxes, **fields):
    page = address(scene, "rollout_decide", "A-1")
    shown = hidden(client.get(page), action=page)
    versions = {f"version-{box.pk}": item_of(box).version for box in boxes}
    fields = {"decision": "done", "box": [box.pk for box in boxes]} | versions | fields
    return client.post(page, {"op_id": shown["op_id"]} | fields)


def test_the_form_records_and_leads_back_to_the_matrix(scene):
    client = client_of(scene.omar)

    answered = form(scene, client, scene.checklist, scene.second, note="alike")

    assert answered.url == address(scene, "rollout_matrix")
    assert "Recorded on 2 boxes." in text_of(client.get(answered.url))
    assert item_of(scene.second).note == "alike"


def test_where_somebody_was_faster_the_page_names_the_box(scene):
    client = client_of(scene.omar)
    decide(scene.second, "A-1", "pending", by=scene.omar)

    old = {f"version-{scene.second.pk}": 0}
    answered = form(scene, client, scene.checklist, scene.second, **old)

    assert answered.status_code == 409
    page = text_of(answered)
    assert "Not taken over: somebody had changed it in the meantime." in page
    assert state_of(scene.checklist, scene.second) == ["done", "pending"]


def test_what_was_refused_keeps_what_was_typed(scene):
    client = client_of(scene.omar)

    answered = form(scene, client, scene.second, decision="not_needed", note="typed")
    page = answered.content.decode()

    assert answered.status_code == 422
    assert "typed</textarea>" in page
    assert f'value="{scene.second.pk}" checked' in page
    assert f'value="{scene.id}" checked' not in page


@pytest.mark.parametrize("fault", [{"op_id": "x"}, {"box": ["x"]}, {"box": []}])
def test_a_form_with_a_fault_records_nothing(scene, fault):
    assert form(scene, client_of(scene.omar), scene.second, **fault).status_code == 422
    assert state_of(scene.second) == ["open"]


def test_signed_and_issued_boxes_are_shown_and_cannot_be_chosen(scene):
    for box, issued in ((scene.second, False), (scene.third, True)):
        work_off(box, scene.omar)
        sign_prepared(box, scene.omar, name=box.host)
        if issued:
            sign_reviewed(box, scene.ines, name=f"{box.host} issued")

    page = client_of(scene.omar).get(address(scene, "rollout_decide", "A-1"))
    shown = page.content.decode()

    assert f'name="box" value="{scene.id}" checked' in shown
    assert f'name="box" value="{scene.second.pk}"' not in shown
    assert f'name="box" value="{scene.third.pk}"' not in shown
    assert "It is issued and does not change." in text_of(page)


def test_the_form_of_an_item_that_no_box_has_is_not_there(scene):
    client = client_of(scene.omar)

    assert client.get(address(scene, "rollout_decide", "A-9")).status_code == 404


# One answer for all boxes


def for_all(scene, value="yes", *, question="condition:directory", by=None, name="for all"):
    return actions.answer_boxes(
        rollout=scene.rollout,
        op_id=op(name),
        question=question,
        value=value,
        by=by or scene.omar,
    )


def answers_of(*checklists):
    return [c.answers.get(question="condition:directory").value for c in checklists]


def test_an_answer_for_all_reaches_the_boxes_without_one_of_their_own(scene):
    answer(scene.second, "condition:directory", "no", by=scene.omar)

    events = for_all(scene)

    assert {event.checklist_id for event in events} == {scene.id, scene.third.pk}
    assert answers_of(scene.checklist, scene.second, scene.third) == ["yes", "no", "yes"]
    assert item_of(scene.checklist, "A-3").verdict == "required"
    scene.checklist.refresh_from_db()
    assert findings(scene.checklist) == []


def test_signed_and_issued_boxes_are_not_touched(scene):
    work_off(scene.second, scene.omar)
    sign_prepared(scene.second, scene.omar)
    work_off(scene.third, scene.omar)
    sign_prepared(scene.third, scene.omar, name="p3")
    sign_reviewed(scene.third, scene.ines)
    before = Event.objects.exclude(checklist=scene.id).count()

    for_all(scene)

    assert answers_of(scene.checklist, scene.second, scene.third) == ["yes", "unknown", "unknown"]
    assert Event.objects.exclude(checklist=scene.id).count() == before


def test_sent_twice_it_answers_nothing_more(scene):
    assert len(for_all(scene)) == 3
    assert for_all(scene) == []
    assert Event.objects.filter(kind="answer").count() == 3


@pytest.mark.parametrize(
    ("question", "value"),
    [("condition:directory", "unknown"), ("mode", "proxy"), ("installed_with", "appliance-1")],
)
def test_only_conditions_are_answered_for_all(scene, question, value):
    with pytest.raises(Refused):
        for_all(scene, value, question=question)


def test_only_engineers_of_the_rollout_answer(scene):
    with pytest.raises(NotAllowed):
        for_all(scene, by=scene.ines)


def test_the_page_shows_who_has_answered_what_and_answers_the_rest(scene):
    answer(scene.second, "condition:directory", "no", by=scene.omar)
    client = client_of(scene.omar)
    page = address(scene, "rollout_answers")
    shown = client.get(page)

    answered = client.post(page, hidden(shown, action=page) | {"value": "yes"}, follow=True)

    assert "proxy-02 : No" in text_of(shown)
    assert "Answer on 2 boxes" in text_of(shown)
    assert "Answered on 2 boxes." in text_of(answered)
    assert "Every box in draft has answered every question" in text_of(answered)


def test_an_answer_without_a_value_is_said_in_words(scene):
    client = client_of(scene.omar)
    page = address(scene, "rollout_answers")

    answered = client.post(page, hidden(client.get(page), action=page), follow=True)

    assert "Choose one of the answers." in text_of(answered)
    assert answers_of(scene.checklist) == ["unknown"]
