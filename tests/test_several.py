"""One decision on several items of a checklist, and undoing it: by itself, and with plain forms."""

import pytest

from checklists import actions
from checklists.actions import NotAllowed, Picked, Refused, Stale
from checklists.actions.bulk import MOST_ITEMS
from checklists.verification import findings
from portal.roles import Role
from tests.support.pages import client_of, hidden, text_of, url
from tests.support.rollouts import Scene, answer, decide, op, person, seen, sign_prepared, work_off
from tests.test_long_checklist import LongScene

pytestmark = pytest.mark.django_db
ALL = ("A-1", "A-2", "A-3")


@pytest.fixture
def scene():
    return Scene()


def several(scene, *names, by=None, name="several", versions=None, **fields):
    """Decide these items as done, on their present versions."""
    picked = [Picked(n, (versions or {}).get(n, scene.item(n).version)) for n in names]
    return actions.decide_items(
        checklist_id=scene.id,
        op_id=op(name),
        decision={"decision": "done", "note": "まとめて設定"} | fields,
        items=picked,
        by=by or scene.omar,
    )


def undo(scene, *, by=None, name="several"):
    return actions.undo_items(checklist_id=scene.id, op_id=op(name), by=by or scene.omar)


def outcomes(done):
    return [each.event.outcome if each.event else " ".join(each.messages) for each in done]


def states(scene):
    return [scene.item(name).decision for name in ALL]


def assert_proved(scene):
    scene.checklist.refresh_from_db()
    assert findings(scene.checklist) == []


# Deciding


def test_each_item_gets_an_event_of_its_own_in_the_order_of_the_list(scene):
    done = several(scene, "A-2", "A-1")

    assert outcomes(done) == ["applied", "applied"]
    assert [e.payload["item"] for e in scene.events("decision")] == ["A-1", "A-2"]
    assert states(scene) == ["done", "done", "open"]
    assert scene.item("A-1").note == "まとめて設定"
    assert_proved(scene)


def test_sent_twice_it_is_recorded_once(scene):
    first = several(scene, *ALL, versions=dict.fromkeys(ALL, 0))
    second = several(scene, *ALL, versions=dict.fromkeys(ALL, 0))

    assert [each.event for each in first] == [each.event for each in second]
    assert len(scene.events("decision")) == 3


def test_sent_twice_it_is_the_same_though_somebody_has_changed_an_item_in_between(scene):
    versions = dict.fromkeys(ALL, 0)
    first = several(scene, *ALL, versions=versions, note="")
    decide(scene.checklist, "A-1", "verified", by=scene.omar, note="その後", before="1", after="2")

    second = several(scene, *ALL, versions=versions, note="")

    assert [each.event for each in first] == [each.event for each in second]
    assert scene.item("A-1").note == "その後"


def test_values_stay_and_so_does_the_note_where_none_is_given(scene):
    decide(scene.checklist, "A-1", by=scene.omar, note="自分の備考", before="off", after="on")

    several(scene, "A-1", "A-2", decision="verified", note="  ")

    first = scene.item("A-1")
    assert (first.decision, first.note) == ("verified", "自分の備考")
    assert (first.value_before, first.value_after) == ("off", "on")
    assert scene.item("A-2").note == ""


def test_what_somebody_decided_in_between_is_a_conflict_and_the_others_are_recorded(scene):
    decide(scene.checklist, "A-2", "verified", by=scene.omar, note="先に")

    done = several(scene, *ALL, versions=dict.fromkeys(ALL, 0))

    assert outcomes(done) == ["applied", "conflict", "applied"]
    assert scene.item("A-2").note == "先に"
    assert_proved(scene)


def test_what_an_item_needs_of_its_own_is_said_for_it_alone(scene):
    done = several(scene, *ALL, decision="risk_accepted", reason="許容")

    assert outcomes(done)[1:] == ["applied", "applied"]
    assert "severity" in outcomes(done)[0] or "重要度" in outcomes(done)[0]
    assert states(scene) == ["open", "risk_accepted", "risk_accepted"]
    assert len(scene.events("decision")) == 2


def test_what_was_signed_in_between_is_kept_as_late(scene):
    work_off(scene.checklist, scene.omar)
    sign_prepared(scene.checklist, scene.omar)

    done = several(scene, "A-1", decision="verified")

    assert outcomes(done) == ["late"]
    assert states(scene) == ["done", "done", "done"]


@pytest.mark.parametrize(
    ("names", "fields", "words"),
    [
        ([], {}, "Choose at least one item"),
        (["A-1"], {"decision": ""}, "Choose a decision"),
        (["A-1"], {"decision": "nothing"}, "Choose a decision"),
    ],
)
def test_without_items_or_a_decision_nothing_is_recorded(scene, names, fields, words):
    with pytest.raises(Refused):
        several(scene, *names, **fields)

    assert scene.events("decision") == []


@pytest.mark.parametrize(
    "picked", [[Picked("A-1", 0), Picked("B-1", 0)], [Picked(f"A-{n}", 0) for n in range(501)]]
)
def test_with_an_unknown_item_or_too_many_nothing_is_recorded(scene, picked):
    with pytest.raises(Refused):
        actions.decide_items(
            checklist_id=scene.id,
            op_id=op("several"),
            decision={"decision": "done"},
            items=picked,
            by=scene.omar,
        )

    assert MOST_ITEMS == 500
    assert scene.events("decision") == []


@pytest.mark.parametrize("roles", [(), (Role.REVIEWER,)])
def test_only_engineers_of_the_rollout_may(scene, roles):
    reviewer = person("other", *roles)
    scene.rollout.members.add(reviewer)
    several(scene, "A-1")

    with pytest.raises(NotAllowed):
        several(scene, "A-2", by=reviewer, name="another")
    with pytest.raises(NotAllowed):
        undo(scene, by=reviewer)


def test_as_many_queries_for_each_item_however_many_there_are(django_assert_num_queries):
    scene = LongScene(30)
    for name, count in (("two", 2), ("twelve", 12)):
        names = [f"A-{n}" for n in range(6, 6 + count)]
        versions = {n: scene.item(n).version for n in names}
        with django_assert_num_queries(6 + 11 * count):
            several(scene, *names, name=name, versions=versions, note=name)


# Undoing


def test_undoing_records_the_former_decisions_again(scene):
    decide(scene.checklist, "A-1", "pending", by=scene.omar, waiting_for="客", due="2026-12-01")
    several(scene, *ALL)

    done = undo(scene)

    assert outcomes(done) == ["applied"] * 3
    assert states(scene) == ["pending", "open", "open"]
    first = scene.item("A-1")
    assert (first.waiting_for, str(first.due), first.note) == ("客", "2026-12-01", "")
    assert len(scene.events("decision")) == 7
    assert_proved(scene)


def test_undone_twice_it_is_undone_once(scene):
    several(scene, *ALL)
    first = undo(scene)
    decide(scene.checklist, "A-1", by=scene.omar, note="その後")

    second = undo(scene)

    assert [each.event for each in first] == [each.event for each in second]
    assert scene.item("A-1").note == "その後"


def test_what_somebody_has_decided_since_is_left_and_said(scene):
    several(scene, *ALL)
    decide(scene.checklist, "A-2", "verified", by=scene.omar, note="その後")

    done = undo(scene)

    assert [each.event is None for each in done] == [False, True, False]
    assert states(scene) == ["open", "verified", "open"]
    assert scene.item("A-2").note == "その後"


def test_what_was_marked_to_be_decided_again_is_left_and_said(scene):
    decide(scene.checklist, "A-1", by=scene.omar)
    decide(scene.checklist, "A-2", by=scene.omar)
    return_one(scene, "A-1")
    several(scene, "A-1", "A-2")

    done = undo(scene)

    assert [each.event is None for each in done] == [True, False]
    assert scene.item("A-1").note == "まとめて設定"


def return_one(scene, name):
    """A reviewer sends this item back."""
    answer(scene.checklist, "condition:directory", "no", by=scene.omar)
    decide(scene.checklist, "A-4", "verified", by=scene.omar)
    decide(scene.checklist, "A-3", by=scene.omar)
    sign_prepared(scene.checklist, scene.omar)
    actions.return_items(
        checklist_id=scene.id,
        op_id=op("return"),
        seen=seen(scene.checklist),
        comments={name: "もう一度"},
        comment="",
        by=scene.ines,
    )


def test_what_was_not_taken_over_is_no_part_of_undoing(scene):
    decide(scene.checklist, "A-2", "verified", by=scene.omar)
    several(scene, "A-1", "A-2", versions={"A-1": 0, "A-2": 0})

    assert [each.item.tracking_id for each in undo(scene)] == ["A-1"]


def test_nothing_to_undo_is_refused(scene):
    with pytest.raises(Refused):
        undo(scene)


def test_another_engineer_may_undo_it_as_anybody_may_decide_anew(scene):
    olga = person("olga", Role.ENGINEER)
    scene.rollout.members.add(olga)
    several(scene, *ALL)

    undo(scene, by=olga)

    assert states(scene) == ["open"] * 3
    assert {event.actor_name for event in scene.events("decision")} == {"Omar 大森", "Olga"}


def test_after_the_signature_nothing_is_undone(scene):
    work_off(scene.checklist, scene.omar)
    several(scene, "A-1", "A-2")
    sign_prepared(scene.checklist, scene.omar)

    with pytest.raises(Stale):
        undo(scene)


def test_as_many_queries_to_undo_each_item(django_assert_num_queries):
    scene = LongScene(30)
    for name, count in (("two", 2), ("twelve", 12)):
        names = [f"A-{n}" for n in range(6, 6 + count)]
        several(scene, *names, name=name, note=name)
        with django_assert_num_queries(6 + 10 * count):
            undo(scene, name=name)


# With plain forms


def page_of(scene, **query):
    return client_of(scene.omar).get(scene.checklist.get_absolute_url(), query)


def sent(scene, *names, **fields):
    """What the page's form sends when these items are ticked."""
    fixed = hidden(page_of(scene), action=url("decide_many", scene))
    items = [f"{name} {scene.item(name).version}" for name in names]
    return fixed | {"item": items, "decision": "done", "note": "まとめて設定"} | fields


def test_the_form_decides_what_is_ticked_and_names_it(scene):
    response = client_of(scene.omar).post(url("decide_many", scene), sent(scene, "A-1", "A-3"))

    page = text_of(response)
    assert response.status_code == 200
    assert "Recorded on 2 of 2 items" in page
    assert "1 Advisory 1 Saved." in page
    assert states(scene) == ["done", "open", "done"]


@pytest.mark.parametrize(
    ("query", "expected"), [({}, ["done"] * 3), ({"severity": "high"}, ["done", "open", "open"])]
)
def test_all_that_are_shown_are_those_that_the_filters_leave(scene, query, expected):
    fixed = hidden(page_of(scene, **query), action=action_of(scene, query))
    form = fixed | {"all": "1", "decision": "done", "note": ""}

    client_of(scene.omar).post(action_of(scene, query), form)

    assert states(scene) == expected
    assert scene.item("A-5").decision == "open"


def action_of(scene, query):
    return url("decide_many", scene) + ("?severity=high" if query else "")


def test_all_that_are_shown_leave_out_what_is_decided(scene):
    decide(scene.checklist, "A-1", "risk_accepted", reason="r", approver="a", by=scene.omar)
    page = client_of(scene.omar).get(scene.checklist.get_absolute_url())

    assert [each.split()[0] for each in page.context["several"].shown] == ["A-2", "A-3"]
    assert "Choose all 2 undecided items shown" in text_of(page)


def test_items_that_were_not_taken_over_come_first_with_their_reasons(scene):
    form = sent(scene, *ALL, decision="risk_accepted", reason="許容")
    decide(scene.checklist, "A-2", by=scene.omar, note="先に")

    response = client_of(scene.omar).post(url("decide_many", scene), form)

    page = text_of(response)
    assert response.status_code == 409
    assert "Recorded on 1 of 3 items" in page
    assert "Not taken over 2" in page
    assert "Enter who approved accepting this risk of high severity." in page
    assert "somebody had changed it in the meantime" in page
    assert states(scene) == ["open", "done", "risk_accepted"]


def test_what_is_refused_for_all_keeps_what_was_chosen_and_typed(scene):
    form = sent(scene, "A-2", decision="", note="書きかけ")

    response = client_of(scene.omar).post(url("decide_many", scene), form)

    page = response.content.decode()
    assert response.status_code == 422
    assert "Choose a decision." in page
    assert 'value="A-2 0" checked>' in page
    assert 'value="A-1 0">' in page
    assert ">書きかけ</textarea>" in page
    assert '<a href="#several">' in page


@pytest.mark.parametrize("item", ["A-1", "A-1 x", "A-1 -1", "A-1 99999999999"])
def test_a_form_that_was_changed_records_nothing(scene, item):
    form = sent(scene, "A-2") | {"item": [item]}

    response = client_of(scene.omar).post(url("decide_many", scene), form)

    assert response.status_code == 422
    assert scene.events("decision") == []


def undo_form(response, scene):
    return hidden(response, action=url("undo_many", scene))


def test_the_page_that_names_them_offers_to_undo(scene):
    client = client_of(scene.omar)
    response = client.post(url("decide_many", scene), sent(scene, "A-1", "A-3"))

    back = client.post(url("undo_many", scene), undo_form(response, scene), follow=True)

    assert "Undone on 2 of 2 items" in text_of(back)
    assert states(scene) == ["open"] * 3


def test_what_could_not_be_undone_is_named(scene):
    client = client_of(scene.omar)
    response = client.post(url("decide_many", scene), sent(scene, "A-1", "A-3"))
    decide(scene.checklist, "A-3", "verified", by=scene.omar)

    page = client.post(url("undo_many", scene), undo_form(response, scene))

    assert page.status_code == 409
    assert "Undone on 1 of 2 items" in text_of(page)
    assert "Somebody has decided it since." in text_of(page)


def test_where_nothing_was_applied_nothing_is_offered_to_undo(scene):
    decide(scene.checklist, "A-1", by=scene.omar, note="まとめて設定")

    response = client_of(scene.omar).post(url("decide_many", scene), sent(scene, "A-1"))

    assert "Saved: it was already so." in text_of(response)
    assert url("undo_many", scene).encode() not in response.content


@pytest.mark.parametrize("name", ["decide_many", "undo_many"])
def test_wrong_methods_strangers_and_others_are_turned_away(scene, name):
    stranger = client_of(person("stranger", Role.ENGINEER))
    gone = url(name, scene).replace(str(scene.id), str(op("nothing")))

    assert client_of(scene.omar).get(url(name, scene)).status_code == 405
    assert stranger.post(url(name, scene), {"op_id": op("x")}).status_code == 404
    assert client_of(scene.omar).post(gone, {"op_id": op("x")}).status_code == 404
    assert client_of(scene.omar).post(url(name, scene), {}).status_code in (302, 422)


def test_nobody_is_offered_ticks_who_may_not_edit(scene):
    page = client_of(scene.ines).get(scene.checklist.get_absolute_url()).content.decode()

    assert 'name="item"' not in page
    assert 'id="several"' not in page
