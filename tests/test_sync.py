"""What a device sends after work without a network, and what an open page asks for by itself."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from checklists.actions import reopen
from checklists.models import Checklist, Device, Event
from checklists.sync import MOST_OPERATIONS, label_of
from checklists.verification import findings
from portal.roles import Role
from tests.support.pages import hidden, text_of
from tests.support.rollouts import (
    Scene,
    decide,
    person,
    quick_files,
    sign_prepared,
    sign_reviewed,
    work_off,
)
from tests.support.syncing import (
    DEVICE,
    answering,
    client_of,
    op,
    operation,
    outcomes,
    send,
    url,
)

pytestmark = pytest.mark.django_db
case = pytest.mark.case


@pytest.fixture
def scene():
    return Scene()


@pytest.fixture
def omar(scene):
    return client_of(scene.omar)


def colleague(scene):
    olga = person("olga", Role.ENGINEER)
    scene.rollout.members.add(olga)
    return olga


# One answer for each operation


def test_operations_are_recorded_in_their_order_and_answered_one_by_one(scene, omar):
    response = send(omar, scene, operation("a", note="x"), operation("b", "A-2", "verified"))

    first, second = response.json()["answers"]
    assert response["Content-Type"] == "application/json"
    assert "no-store" in response["Cache-Control"]
    assert (first["op_id"], first["outcome"], first["version"], first["seq"]) == (
        str(op("a")),
        "applied",
        1,
        2,
    )
    assert (second["op_id"], second["seq"]) == (str(op("b")), 3)
    assert scene.item("A-1").note == "x"
    assert scene.item("A-2").decision == "verified"


def test_with_the_page_open_an_answer_brings_the_item_as_it_is_now(scene, omar):
    response = send(omar, scene, operation("a", note="done so"), html=True).json()

    assert 'id="item-1"' in response["answers"][0]["item"]
    assert "done so" in response["answers"][0]["item"]
    assert "1 / 3" in response["progress"]


def test_every_outcome_is_told_with_what_goes_with_it(scene, omar):
    decide(scene.checklist, "A-1", by=colleague(scene), note="theirs")

    response = send(
        omar,
        scene,
        operation("conflict", note="mine"),
        operation("same", note="theirs"),
        operation("refused", "A-2", "risk_accepted"),
        operation("applied", "A-2"),
        html=True,
    )

    conflict, _same, refused, _applied = response.json()["answers"]
    assert outcomes(response) == ["conflict", "same", "refused", "applied"]
    assert "mine" in conflict["conflict"] and "Olga" in conflict["conflict"]
    assert refused["messages"] == ["Enter the reason why the risk is accepted."]
    assert Event.objects.filter(kind="decision").count() == 4


def test_answers_and_settled_conflicts_are_operations_too(scene, omar):
    decide(scene.checklist, "A-1", by=colleague(scene))
    send(omar, scene, operation("mine", note="mine"))
    settled = {
        "schema": 1,
        "op_id": str(op("settle")),
        "kind": "resolved",
        "payload": {"resolves": [str(op("mine"))]},
        "base_version": None,
    }

    response = send(omar, scene, answering("answer"), settled)

    assert outcomes(response) == ["applied", "applied"]
    assert scene.item("A-3").verdict == "not_applicable"


@case("F01 protocol: the same operation again")
def test_what_comes_twice_is_one_event_with_the_same_answer(scene, omar):
    first = send(omar, scene, operation("a", note="x")).json()
    second = send(omar, scene, operation("a", note="x")).json()

    assert first == second
    assert Event.objects.filter(op_id=op("a")).count() == 1


@case("F03 protocol: one identifier, another body")
def test_an_identifier_used_for_something_else_is_refused_and_the_first_stays(scene, omar):
    send(omar, scene, operation("a", note="first"))

    response = send(omar, scene, operation("a", note="second"))

    assert outcomes(response) == ["refused"]
    assert "already recorded with other contents" in response.json()["answers"][0]["messages"][0]
    assert scene.item("A-1").note == "first"


def test_what_arrives_after_the_signature_is_late(omar):
    scene = Scene.__new__(Scene)  # the one of the fixture, worked off
    scene.checklist = Checklist.objects.get()
    work_off(scene.checklist, scene.checklist.created_by)
    sign_prepared(scene.checklist, scene.checklist.created_by)

    response = send(omar, scene, operation("a", note="too late", version=1))

    assert outcomes(response) == ["late"]
    assert scene.item("A-1").note == "設定した"


@case("F23 protocol: a form of operation that is not known")
@pytest.mark.parametrize("schema", [None, 0, 2, "1", "x" * 500])
def test_an_unknown_form_of_operation_is_answered_in_words(scene, omar, schema):
    response = send(omar, scene, operation("a", schema=schema), operation("b", "A-2"))

    refused = response.json()["answers"][0]
    assert outcomes(response) == ["refused", "applied"]
    assert "does not know the form of this entry" in refused["messages"][0]
    assert "Reload the page" in refused["messages"][0]


@pytest.mark.parametrize(
    "faulty",
    [
        None,
        "text",
        {},
        operation("a", op_id="no uuid"),
        operation("a", op_id=7),
        operation("a", kind="prepared"),
        operation("a", kind=["decision"]),
        operation("a", payload="text"),
        operation("a", payload={"item": 7, "decision": {}}),
        operation("a", payload={"item": "A-1", "decision": "done"}),
        operation("a", "A-1", "done", note="\ud800"),
        operation("a", "A-99"),
        operation("a", version=-1),
        operation("a", version=True),
        operation("a", version=2**31),
        operation("a", version="0"),
    ],
)
def test_a_damaged_operation_is_refused_in_words_and_stops_no_other(scene, omar, faulty):
    response = send(omar, scene, faulty, operation("b", "A-2"))

    assert response.status_code == 200
    assert outcomes(response) == ["refused", "applied"]
    assert response.json()["answers"][0]["messages"]
    assert Event.objects.filter(kind="decision").count() == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"[]",
        b"7",
        b"{}",
        b'{"operations": 7}',
        b"[" * 50_000,
        json.dumps({"operations": [operation("a")] * (MOST_OPERATIONS + 1)}).encode(),
    ],
    ids=["empty", "no UTF-8", "list", "number", "nothing", "no list", "deep", "too many"],
)
def test_a_body_that_no_page_sends_is_refused_as_a_whole(scene, omar, body):
    response = omar.post(url("sync", scene), body, "application/json")

    assert response.status_code == 400
    assert response.json()["messages"]
    assert Event.objects.count() == 1


def test_as_many_operations_as_are_allowed_pass_and_more_than_a_megabyte_does_not(scene, omar):
    many = [operation(n, decision=("done", "verified")[n % 2], version=n) for n in range(50)]

    assert outcomes(send(omar, scene, *many)) == ["applied"] * 50
    assert send(omar, scene, operation("big", note="x" * 1_000_000)).status_code == 413


# Entries made on an entry that was not sent yet


def test_an_entry_made_on_ones_own_unsent_entry_is_no_conflict(scene, omar):
    response = send(
        omar,
        scene,
        operation("a", note="1"),
        operation("b", note="2", follows=str(op("a"))),
        operation("c", note="3", follows=str(op("b"))),
    )

    assert outcomes(response) == ["applied"] * 3
    assert scene.item("A-1").note == "3"


def test_an_entry_made_on_one_that_is_a_conflict_is_one_as_well(scene, omar):
    decide(scene.checklist, "A-1", by=colleague(scene), note="theirs")

    response = send(
        omar, scene, operation("a", note="1"), operation("b", note="2", follows=str(op("a")))
    )

    assert outcomes(response) == ["conflict", "conflict"]
    assert scene.item("A-1").note == "theirs"


def test_an_entry_made_on_one_that_came_late_is_late_as_well(omar):
    scene = Scene.__new__(Scene)  # the one of the fixture, worked off
    scene.checklist = Checklist.objects.get()
    work_off(scene.checklist, scene.checklist.created_by)
    sign_prepared(scene.checklist, scene.checklist.created_by)

    response = send(
        omar,
        scene,
        operation("a", note="1", version=1),
        operation("b", note="2", version=1, follows=str(op("a"))),
    )

    assert outcomes(response) == ["late", "late"]


def test_somebody_elses_change_between_the_two_is_a_conflict(scene, omar):
    send(omar, scene, operation("a", note="1"))
    decide(scene.checklist, "A-1", by=colleague(scene), note="theirs")

    response = send(omar, scene, operation("b", note="2", follows=str(op("a"))))

    assert outcomes(response) == ["conflict"]
    assert scene.item("A-1").note == "theirs"


def test_following_something_of_another_item_or_person_counts_for_nothing(scene, omar):
    olga = colleague(scene)
    decide(scene.checklist, "A-1", by=olga, name="hers")
    send(omar, scene, operation("elsewhere", "A-2"))

    response = send(
        omar,
        scene,
        operation("a", note="1", follows=str(op("hers"))),
        operation("b", note="2", follows=str(op("elsewhere"))),
        operation("c", note="3", follows="nothing"),
    )

    assert outcomes(response) == ["conflict"] * 3


def test_sent_again_it_is_still_the_same_operation(scene, omar):
    both = [operation("a", note="1"), operation("b", note="2", follows=str(op("a")))]
    first = send(omar, scene, *both).json()

    assert send(omar, scene, *both).json() == first


# The device's clock is a claim


@pytest.mark.parametrize(
    ("claimed", "kept"),
    [
        ("2020-02-30T10:00:00Z", None),
        ("2020-03-01T10:00:00", None),
        ("2020-03-01T10:00:00.123Z", datetime(2020, 3, 1, 10, 0, 0, 123000, tzinfo=UTC)),
        ("2030-03-01T10:00:00+09:00", datetime(2030, 3, 1, 1, 0, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        (17, None),
        (None, None),
    ],
)
def test_the_time_of_the_device_is_kept_beside_the_portals_own(scene, omar, claimed, kept):
    before = timezone.now()

    response = send(omar, scene, operation("a", client_at=claimed))

    event = Event.objects.get(op_id=op("a"))
    assert outcomes(response) == ["applied"]
    assert event.client_at == kept
    assert before <= event.recorded_at <= timezone.now()
    assert scene.item("A-1").decided_at == event.recorded_at


def test_the_order_is_that_of_arrival_whatever_the_clocks_say(scene, omar):
    send(omar, scene, operation("a", note="1", client_at="2031-01-01T00:00:00Z"))
    send(omar, scene, operation("b", note="2", version=1, client_at="2020-01-01T00:00:00Z"))

    assert scene.item("A-1").note == "2"
    assert findings(Checklist.objects.get()) == []


# Who may send


def test_a_script_that_is_signed_out_is_told_so_in_json(scene):
    for name in ("sync", "changes"):
        response = Client().post(url(name, scene), b"{}", "application/json")
        assert response.status_code == 401
        assert response.json()["messages"]
        assert "no-store" in response["Cache-Control"]


def test_a_script_that_asks_too_late_does_not_end_the_next_session(scene, omar):
    Session.objects.all().delete()
    name = settings.SESSION_COOKIE_NAME

    asked = [omar.get(address) for address in (reverse("session"), f"{url('changes', scene)}")]
    page = omar.get(scene.checklist.get_absolute_url())

    assert [(response.status_code, name in response.cookies) for response in asked] == [
        (401, False),
        (401, False),
    ]
    assert page.cookies[name]["max-age"] == 0  # a page takes the old cookie away


def test_a_stranger_is_told_nothing(scene):
    sam = client_of(person("sam", Role.ENGINEER))

    response = send(sam, scene, operation("a"))

    assert response.status_code == 404
    assert response.json()["messages"] == ["This checklist is not, or no longer, among yours."]
    assert Event.objects.count() == 1


def test_without_the_role_each_operation_is_refused(scene):
    response = send(client_of(scene.ines), scene, operation("a"))

    assert outcomes(response) == ["refused"]
    assert Event.objects.count() == 1


def test_a_discarded_checklist_refuses_in_words(scene, omar):
    Checklist.objects.update(discarded_at=timezone.now(), discard_reason="mistake")

    response = send(omar, scene, operation("a"))

    assert "discarded" in response.json()["answers"][0]["messages"][0]


def test_a_wrong_token_is_answered_in_json(scene):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(scene.omar)

    response = send(strict, scene, operation("a"))

    assert response.status_code == 403
    assert response.json()["csrf"] is True
    assert Event.objects.count() == 1


def test_the_token_of_the_session_is_the_one_that_passes(scene):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(scene.omar)
    token = strict.get("/session/").json()["csrf"]

    body = json.dumps({"operations": [operation("a")]})
    response = strict.post(
        url("sync", scene), body, "application/json", headers={"X-CSRFToken": token}
    )

    assert outcomes(response) == ["applied"]


# The session


def test_the_session_says_who_is_signed_in_and_which_build_answers(scene, omar):
    response = omar.get("/session/")

    told = response.json()
    assert "no-store" in response["Cache-Control"]
    assert (told["user"], told["name"]) == (scene.omar.pk, scene.omar.name)
    assert told["csrf"] and told["build"]
    assert abs(datetime.fromisoformat(told["now"]) - timezone.now()) < timedelta(minutes=1)


def test_nobody_has_no_session():
    response = Client().get("/session/")

    assert response.status_code == 401
    assert response["Content-Type"] == "application/json"


# What others did


def changes(client, scene, after):
    return client.get(url("changes", scene), {"after": after})


def test_nothing_new_is_answered_with_nothing_after_one_query(
    scene, omar, django_assert_num_queries
):
    with django_assert_num_queries(3):  # session, person, and this
        response = changes(omar, scene, 1)

    assert (response.status_code, response.content) == (204, b"")
    assert "no-store" in response["Cache-Control"]


def test_an_item_comes_with_the_conflict_that_waits_on_it(scene, omar):
    decide(scene.checklist, "A-1", by=colleague(scene), note="by her")
    decide(scene.checklist, "A-1", "verified", by=scene.omar, version=0, note="too late")
    decide(scene.checklist, "A-2", by=scene.omar)

    told = changes(omar, scene, 1).json()

    assert list(told["conflicts"]) == ["1"]
    assert "by her" in told["conflicts"]["1"] and "too late" in told["conflicts"]["1"]


def test_what_a_colleague_decided_comes_as_it_is_now(scene, omar):
    decide(scene.checklist, "A-2", by=colleague(scene), note="by her")

    told = changes(omar, scene, 1).json()

    assert (told["seq"], told["by"], list(told["items"])) == (2, ["Olga"], ["2"])
    assert "by her" in told["items"]["2"]
    assert "1 / 3" in told["progress"]
    assert changes(omar, scene, told["seq"]).status_code == 204


def test_an_answer_brings_the_items_it_touched_and_the_questions(scene, omar):
    send(omar, scene, answering("a"))

    told = changes(omar, scene, 1).json()

    assert list(told["items"]) == ["3"]
    assert "Not applicable" in told["items"]["3"]
    assert "All answers about the box" in told["questions"]
    assert "proxy-01" in told["head"]


def test_an_answer_brings_the_items_that_look_another_way_though_their_reason_is_the_same(
    scene, omar
):
    send(omar, scene, answering("a", "installed_with", "appliance-2"))

    told = changes(omar, scene, 1).json()

    assert list(told["items"]) == ["4"]
    assert "quick" not in told["items"]["4"]  # on this box it need not be verified any more


def test_a_change_of_the_edition_asks_for_the_page_anew(scene, omar):
    work_off(scene.checklist, scene.omar)
    sign_prepared(scene.checklist, scene.omar)

    told = changes(omar, scene, 1).json()

    assert told == {"seq": 6, "reload": True}


@pytest.mark.parametrize("after", ["", "x", "-1", "９", "1" * 30])
def test_a_number_that_no_page_sends_means_the_beginning(scene, omar, after):
    decide(scene.checklist, "A-1", by=scene.omar)

    told = changes(omar, scene, after).json()

    assert (told["seq"], list(told["items"])) == (2, ["1", "2", "3", "4", "5"])


# Devices


def test_each_contact_says_what_the_device_still_holds(scene, omar):
    send(omar, scene, operation("a"), unsent=3, offline=True, clock_offset=-70)

    device = Device.objects.get()
    assert (device.device, device.user, device.checklist) == (
        UUID(DEVICE),
        scene.omar,
        scene.checklist,
    )
    assert (device.unsent, device.offline, device.clock_offset) == (2, True, -70)

    send(omar, scene, unsent=0, offline=False)

    device.refresh_from_db()
    assert (device.unsent, device.offline, device.clock_offset) == (0, False, None)


@pytest.mark.parametrize(
    "told",
    [
        {"device": "none"},
        {"device": None},
        {"unsent": -1},
        {"unsent": "3"},
        {"unsent": True},
        {"unsent": 2**40},
    ],
)
def test_a_device_that_says_nonsense_of_itself_is_not_noted(scene, omar, told):
    assert outcomes(send(omar, scene, operation("a"), **told)) == ["applied"]

    assert not Device.objects.exists()


@pytest.mark.parametrize(
    ("agent", "label"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Windows, Edge"),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0 Safari/537.36", "Linux, Chrome"),
        ("Mozilla/5.0 (iPad; CPU OS 17_0 like Mac OS X) Version/17 Safari/604.1", "iPad, Safari"),
        ("Mozilla/5.0 (Android 14; Mobile; rv:130.0) Firefox/130.0", "Android, Firefox"),
        ("", ""),
    ],
)
def test_a_device_is_called_by_its_system_and_browser(agent, label):
    assert label_of(agent) == label


# Signing while a device holds something


def quiet(scene, *, unsent=0, offline=True, silent=timedelta(0)):
    return Device.objects.create(
        checklist=scene.checklist,
        user=scene.omar,
        device=DEVICE,
        label="Windows, Chrome",
        unsent=unsent,
        offline=offline,
        last_contact=timezone.now() - silent,
    )


@pytest.mark.parametrize(
    ("told", "listed"),
    [
        ({"unsent": 2}, True),
        ({"unsent": 2, "offline": False, "silent": timedelta(days=30)}, True),
        ({"unsent": 0, "silent": timedelta(minutes=9)}, False),
        ({"unsent": 0, "silent": timedelta(minutes=11)}, True),
        ({"unsent": 0, "silent": timedelta(hours=25)}, True),
        ({"unsent": 0, "silent": timedelta(days=15)}, False),
        ({"unsent": 0, "offline": False, "silent": timedelta(hours=25)}, False),
    ],
)
def test_devices_that_hold_something_or_may_are_listed_before_signing(told, listed):
    scene = Scene(at="worked")
    quiet(scene, **told)

    page = text_of(client_of(scene.omar).get(url("prepare", scene)))

    assert ("Devices that may hold entries that were not sent" in page) == listed


def test_signing_waits_for_the_device_until_one_is_told_to_go_on_without_it(monkeypatch):
    quick_files(monkeypatch)
    scene = Scene(at="worked")
    device = quiet(scene, unsent=2)
    omar, ines = client_of(scene.omar), client_of(scene.ines)
    sent = hidden(omar.get(url("prepare", scene)))

    refused = omar.post(url("prepare", scene), sent)
    assert refused.status_code == 422
    assert "Some devices may hold entries" in text_of(refused)
    omar.post(url("prepare", scene), sent | {"without": f"{device.pk}-2"})

    (prepared,) = scene.events("prepared")
    (named,) = prepared.payload["without"]
    assert (named["person"], named["unsent"]) == (scene.omar.name, 2)
    page = ines.get(url("review", scene))
    sent = hidden(page, action=url("review", scene))
    assert "2 entries not sent" in text_of(page)
    assert ines.post(url("review", scene), sent).status_code == 422
    ines.post(url("review", scene), sent | {"without": f"{device.pk}-2"})
    assert scene.events("issued")[0].payload["without"] == [named]
    assert "Without the device Omar 大森 Windows, Chrome (2)" in text_of(
        ines.get(url("history", scene))
    )
    assert findings(Checklist.objects.get()) == []


def test_a_tick_is_for_what_the_device_held_when_it_was_seen():
    scene = Scene(at="worked")
    device = quiet(scene, unsent=2)
    omar = client_of(scene.omar)
    sent = hidden(omar.get(url("prepare", scene)))
    Device.objects.update(unsent=3)

    response = omar.post(url("prepare", scene), sent | {"without": f"{device.pk}-2"})

    assert response.status_code == 422
    assert not scene.events("prepared")


def test_what_a_device_sends_after_signing_without_it_is_kept_and_shown_to_the_reviewer():
    scene = Scene(at="prepared")
    omar = client_of(scene.omar)

    response = send(omar, scene, operation("late", note="from the server room", version=1))

    assert outcomes(response) == ["late"]
    page = text_of(client_of(scene.ines).get(url("review", scene)))
    assert "from the server room" in page


def test_late_operations_are_offered_in_the_next_draft(monkeypatch):
    quick_files(monkeypatch)
    scene = Scene(at="prepared")
    omar = client_of(scene.omar)
    send(omar, scene, operation("late", note="from the server room", version=1))
    sign_reviewed(scene.checklist, scene.ines)
    reopen(checklist_id=scene.id, op_id=op("again"), reason="late entry", by=scene.omar)

    page = text_of(omar.get(scene.checklist.get_absolute_url()))

    assert "from the server room" in page
