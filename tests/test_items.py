"""What the checklist page's forms send: decisions, answers, settled conflicts."""

import re
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from advisories.models import Advisory, AffectedProduct
from checklists.actions import discard, reopen, return_items
from checklists.chain import broken_links
from checklists.conflicts import to_resolve
from checklists.models import Answer, Checklist, ChecklistItem, Event
from checklists.verification import findings
from portal.roles import Role
from tests.support.pages import client_of, hidden, text_of, url
from tests.support.rollouts import (
    Scene,
    answer,
    decide,
    make_checklist,
    op,
    person,
    quick_files,
    seen,
    sign_prepared,
)

pytestmark = pytest.mark.django_db

JSON = {"Accept": "application/json"}
FORM = "application/x-www-form-urlencoded"
DIRECTORY = "condition:directory"


@pytest.fixture(autouse=True)
def no_real_pdf(monkeypatch):
    quick_files(monkeypatch)


@pytest.fixture
def scene():
    return Scene()


def page_of(scene):
    return scene.checklist.get_absolute_url()


def item_url(scene, tracking_id="A-1"):
    return url("decide", scene, tracking_id)


def sent(name="sent", version=0, **fields):
    """What a form sends: its operation, the version it was shown, and what was entered."""
    return {"op_id": str(op(name)), "base_version": str(version), **fields}


def post(scene, address, fields, *, by=None, json=False, language="en"):
    client = client_of(by or scene.omar, language=language)
    return client.post(address, fields, headers=JSON if json else {})


def stored(scene):
    """Everything that an operation could have written."""
    return (
        list(Event.objects.order_by("pk").values()),
        list(ChecklistItem.objects.order_by("pk").values()),
        list(Answer.objects.order_by("pk").values()),
        list(Checklist.objects.order_by("pk").values()),
    )


def messages_in(response):
    """The messages at the head of a page that was refused."""
    summary = re.search(r'<div class="error-summary".*?</div>', response.content.decode(), re.S)
    return [unescape(text) for text in re.findall(r"<li><a[^>]*>(.*?)</a>", summary[0])]


def work_form(response, address):
    """The form of a decision on the page, as HTML."""
    forms = re.findall(r'<form class="work".*?</form>', response.content.decode(), re.S)
    return next(form for form in forms if f'action="{address}' in form)


def olga_decides(scene):
    """Somebody else was faster: the item A-1 is at version 1 now."""
    olga = person("olga", Role.ENGINEER)
    scene.rollout.members.add(olga)
    decide(scene.checklist, "A-1", "verified", by=olga, note="hers")
    return olga


# Who may, and how: decisions, answers and conflicts alike

ADDRESSES = ("decide", "answer", "resolve")


def address_of(scene, name):
    return item_url(scene) if name == "decide" else url(name, scene)


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete"])
@pytest.mark.parametrize("name", ADDRESSES)
def test_only_post_is_answered(scene, name, method):
    client = client_of(scene.omar)

    assert getattr(client, method)(address_of(scene, name)).status_code == 405


@pytest.mark.parametrize("name", ADDRESSES)
def test_a_script_that_is_not_logged_in_is_told_so_and_nothing_is_written(scene, client, name):
    before = stored(scene)

    response = client.post(address_of(scene, name), sent(decision="done"), headers=JSON)

    assert response.status_code == 401
    assert response.json()["messages"]
    assert stored(scene) == before


@pytest.mark.parametrize("name", ADDRESSES)
def test_who_is_not_logged_in_is_sent_to_the_log_in_and_nothing_is_written(scene, client, name):
    before = stored(scene)

    response = client.post(address_of(scene, name), sent(decision="done"))

    assert response.status_code == 302
    assert response.url.startswith(reverse("login"))
    assert stored(scene) == before


@pytest.mark.parametrize("json", [False, True])
@pytest.mark.parametrize("name", ADDRESSES)
def test_a_stranger_gets_404(scene, name, json):
    stranger = person("sam", Role.ENGINEER)
    before = stored(scene)

    response = post(scene, address_of(scene, name), sent(decision="done"), by=stranger, json=json)

    assert response.status_code == 404
    assert stored(scene) == before


@pytest.mark.parametrize("role", [Role.READER, Role.REVIEWER, Role.EDITOR])
@pytest.mark.parametrize("name", ADDRESSES)
def test_a_member_who_is_no_engineer_gets_403_in_words(scene, name, role):
    member = person("vic", role)
    scene.rollout.members.add(member)
    olga_decides(scene)
    entry = decide(scene.checklist, "A-1", by=scene.omar, version=0, name="stale")
    before = stored(scene)
    fields = {"decision": "done", "question": DIRECTORY, "value": "yes"}
    fields |= {"entry": str(entry.op_id), "take": "mine"}

    response = post(scene, address_of(scene, name), sent(version=1, **fields), by=member)

    assert response.status_code == 403
    assert "Your account does not have the role that this needs." in text_of(response)
    assert stored(scene) == before


def test_a_script_is_told_in_words_that_it_may_not(scene):
    response = post(scene, item_url(scene), sent(decision="done"), by=scene.ines, json=True)

    assert response.status_code == 403
    assert response.json() == {"messages": ["Your account does not have the role that this needs."]}


@pytest.mark.parametrize("name", ADDRESSES)
def test_a_checklist_that_is_not_there_is_404(scene, name):
    address = address_of(scene, name).replace(str(scene.id), str(op("nothing")))

    assert post(scene, address, sent(decision="done")).status_code == 404


@pytest.mark.parametrize("name", ADDRESSES)
def test_the_forms_on_the_page_carry_the_token_that_they_need(scene, name):
    client = Client(enforce_csrf_checks=True)
    client.force_login(scene.omar)

    page = client.get(page_of(scene)).content.decode()

    assert client.post(address_of(scene, name), sent(decision="done")).status_code == 403
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
    fields = sent(decision="done", csrfmiddlewaretoken=token)
    assert client.post(address_of(scene, name), fields).status_code != 403


# A decision


def test_a_decision_is_recorded_and_leads_back_to_its_item(scene):
    client = client_of(scene.omar)
    fields = hidden(client.get(page_of(scene)), action=item_url(scene))

    response = client.post(item_url(scene), fields | {"decision": "done", "note": "設定した"})

    assert response.status_code == 302
    assert response.url == page_of(scene) + "#item-1"
    item, event = scene.item("A-1"), scene.events(Event.Kind.DECISION)[0]
    assert (item.decision, item.note, item.decided_by) == ("done", "設定した", "Omar 大森")
    assert (str(event.op_id), event.outcome) == (fields["op_id"], "applied")


def test_the_filters_stay_when_one_is_led_back(scene):
    response = post(scene, item_url(scene) + "?severity=high", sent(decision="done"))

    assert response.url == page_of(scene) + "?severity=high#item-1"


def test_every_field_of_the_form_is_recorded(scene):
    pending = {
        "decision": "pending",
        "note": "n",
        "before": "b",
        "after": "a",
        "waiting_for": "佐藤様",
        "due": "2026-12-01",
        "agreed_by": "鈴木様",
    }

    post(scene, item_url(scene), sent(**pending))
    post(
        scene,
        item_url(scene, "A-2"),
        sent("two", decision="risk_accepted", reason="old", approver="長"),
    )

    item, other = scene.item("A-1"), scene.item("A-2")
    assert (item.decision, item.note, item.value_before, item.value_after) == (
        "pending",
        "n",
        "b",
        "a",
    )
    assert (item.waiting_for, str(item.due), item.agreed_by) == ("佐藤様", "2026-12-01", "鈴木様")
    assert (other.decision, other.decision_reason, other.approver) == ("risk_accepted", "old", "長")


def test_a_script_gets_the_item_and_the_progress_as_they_are_now(scene):
    response = post(scene, item_url(scene), sent(decision="done", note="設定した"), json=True)

    data = response.json()
    assert response.status_code == 200
    assert response["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    assert (data["outcome"], data["words"], data["conflict"]) == ("applied", "Saved.", "")
    assert data["item"].startswith('<li class="item settled" id="item-1" data-item="A-1">')
    assert "設定した" in data["item"]
    assert '<span class="num">1 / 3</span>' in data["progress"]


def test_a_script_gets_its_answer_in_japanese_too(scene):
    data = post(scene, item_url(scene), sent(decision="done"), json=True, language="ja").json()

    assert data["words"] == "保存しました。"
    assert "実施済" in data["item"]


def test_the_form_that_a_script_gets_back_can_be_sent_again(scene):
    data = post(scene, item_url(scene), sent(decision="done"), json=True).json()

    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', data["item"]))
    again = post(scene, item_url(scene), fields | {"decision": "verified"}, json=True)

    assert fields["base_version"] == "1"
    assert fields["op_id"] != str(op("sent"))
    assert again.json()["outcome"] == "applied"


def test_any_answer_but_json_is_a_page(scene):
    client = client_of(scene.omar)

    response = client.post(
        item_url(scene), sent(decision="done"), headers={"Accept": "text/html,application/json"}
    )

    assert response.status_code == 302


def test_the_button_of_a_fixed_item_records_that_it_was_verified(scene):
    client = client_of(scene.omar)
    page = client.get(page_of(scene)).content.decode()
    quick = re.search(r'<form class="quick".*?</form>', page, re.S)[0]
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', quick))

    response = client.post(re.search(r'action="([^"]*)"', quick)[1], fields)

    assert response.url == page_of(scene) + "#item-4"
    assert scene.item("A-4").decision == "verified"


def test_an_item_of_another_checklist_is_404(scene):
    first = Advisory.objects.get(tracking_id="A-1")
    product = first.affected.get().product
    first.pk, first.tracking_id, first.position = None, "A-6", 6
    first.save()
    AffectedProduct.objects.create(advisory=first, product=product)
    other = make_checklist(scene.rollout, scene.omar, name="other")
    assert other.items.filter(tracking_id="A-6").exists()
    before = stored(scene)

    for json in (False, True):
        response = post(scene, item_url(scene, "A-6"), sent(decision="done"), json=json)
        assert response.status_code == 404
    assert stored(scene) == before


@pytest.mark.parametrize("name", ["A-9", "%00", "A-1%00", "A%201", "%E2%80%AE", "..", "%ED%A0%80"])
def test_an_item_that_cannot_be_is_404(scene, name):
    address = item_url(scene).replace("A-1", name)

    assert post(scene, address, sent(decision="done")).status_code == 404


@pytest.mark.parametrize("json", [False, True])
@pytest.mark.parametrize(
    "fault",
    [
        {"op_id": ""},
        {"op_id": "no-uuid"},
        {"op_id": "\x00"},
        {"op_id": "9" * 5000},
        {"base_version": ""},
        {"base_version": "-1"},
        {"base_version": "1.5"},
        {"base_version": "²"},
        {"base_version": "x"},
        {"base_version": "2147483648"},
        {"base_version": "9" * 5000},
        {"base_version": "\x00"},
    ],
    ids=str,
)
def test_a_form_that_does_not_say_what_it_saw_is_428_and_keeps_what_was_typed(scene, fault, json):
    before = stored(scene)
    fields = sent(decision="done", note="typed <b>here</b>") | fault

    response = post(scene, item_url(scene), fields, json=json)

    assert response.status_code == 428
    assert stored(scene) == before
    if json:
        [message] = response.json()["messages"]
    else:
        [message] = messages_in(response)
        form = work_form(response, item_url(scene))
        assert "typed &lt;b&gt;here&lt;/b&gt;</textarea>" in form
        assert 'value="done" checked' in form
    assert "nothing was saved" in message


def test_without_its_hidden_fields_a_form_is_428(scene):
    assert post(scene, item_url(scene), {"decision": "done"}).status_code == 428


def test_the_form_of_a_428_can_be_sent_again_as_it_is(scene):
    olga_decides(scene)
    refused = post(scene, item_url(scene), {"decision": "done", "note": "mine"})
    fields = hidden(refused, action=item_url(scene))

    response = post(scene, item_url(scene), fields | {"decision": "done", "note": "mine"})

    assert fields["base_version"] == "1"
    assert response.status_code == 302
    assert scene.item("A-1").note == "mine"


@pytest.mark.parametrize("json", [False, True])
def test_a_form_without_a_decision_keeps_the_present_one(scene, json):
    decide(scene.checklist, "A-1", by=scene.omar)

    response = post(scene, item_url(scene), sent(version=1, note="more"), json=json)

    assert response.status_code == (200 if json else 302)
    item = scene.item("A-1")
    assert (item.decision, item.note, item.version) == ("done", "more", 2)


def test_a_form_with_nothing_entered_changes_nothing_and_says_so(scene):
    data = post(scene, item_url(scene), sent(), json=True).json()

    assert (data["outcome"], data["words"]) == ("same", "Saved: it was already so.")
    assert (scene.item("A-1").version, scene.item("A-1").decided_by) == (0, "")


def test_fields_that_no_form_has_are_not_read(scene):
    fields = {"returned": "1", "severity": "1", "verdict": "fixed", "decided_by": "Boss"}

    post(scene, item_url(scene), sent(decision="done", **fields))

    item = scene.item("A-1")
    assert (item.severity, item.verdict, item.decided_by) == (3, "required", "Omar 大森")


# What a decision needs


@pytest.mark.parametrize("json", [False, True])
@pytest.mark.parametrize(
    ("tracking_id", "fields", "message"),
    [
        ("A-1", {"decision": "perhaps"}, "Choose a decision."),
        ("A-1", {"decision": "not_needed"}, "Enter the reason why this is not needed."),
        ("A-1", {"decision": "not_needed", "reason": " \u3000\n"}, "Enter the reason why this is"),
        (
            "A-1",
            {"decision": "risk_accepted", "approver": "Boss"},
            "Enter the reason why the risk is accepted.",
        ),
        (
            "A-1",
            {"decision": "risk_accepted", "reason": "old"},
            "Enter who approved accepting this risk of high severity.",
        ),
        ("A-2", {"decision": "risk_accepted"}, "Enter the reason why the risk is accepted."),
        ("A-1", {"decision": "pending", "due": "1 Dec"}, "Enter the date as year-month-day"),
        ("A-1", {"decision": "pending", "due": "2026-02-30"}, "Enter the date as year-month-day"),
        ("A-1", {"decision": "done", "note": "x" * 5001}, "at most 5000 characters"),
        ("A-1", {"decision": "done", "after": "x" * 5001}, "at most 5000 characters"),
        ("A-1", {"decision": "pending", "waiting_for": "x" * 201}, "at most 200 characters"),
        ("A-1", {"decision": "done", "note": "a\x00b"}, "a character that cannot be stored"),
        ("A-1", {"decision": "\x00"}, "a character that cannot be stored"),
    ],
)
def test_what_is_missing_is_said_in_words_and_nothing_is_written(
    scene, tracking_id, fields, message, json
):
    before = stored(scene)

    response = post(scene, item_url(scene, tracking_id), sent(**fields), json=json)

    assert response.status_code == 422
    [said] = response.json()["messages"] if json else messages_in(response)
    assert message in said
    assert stored(scene) == before


@pytest.mark.parametrize(
    ("tracking_id", "fields"),
    [
        ("A-1", {"decision": "not_needed", "reason": "no fan"}),
        ("A-1", {"decision": "risk_accepted", "reason": "old", "approver": "Boss"}),
        ("A-2", {"decision": "risk_accepted", "reason": "old"}),
        ("A-1", {"decision": "pending"}),
        ("A-1", {"decision": "open", "note": "later"}),
        ("A-5", {"decision": "done"}),
    ],
)
def test_what_a_decision_asks_for_is_enough(scene, tracking_id, fields):
    response = post(scene, item_url(scene, tracking_id), sent(**fields))

    assert response.status_code == 302
    assert scene.item(tracking_id).decision == fields["decision"]


def test_everything_that_is_missing_is_said_at_once_in_the_language_of_the_page(scene):
    fields = sent(decision="risk_accepted", due="soon")

    english = messages_in(post(scene, item_url(scene), fields))
    japanese = messages_in(post(scene, item_url(scene), fields, language="ja"))

    assert len(english) == 3
    assert len(japanese) == 3
    assert "見送り" in japanese[0]


def test_a_refused_entry_stands_in_its_form_with_the_reasons(scene):
    typed = {"note": "メモ", "before": "旧", "after": "新", "approver": "部長"}

    page = post(scene, item_url(scene), sent(decision="risk_accepted", **typed))

    form, text = work_form(page, item_url(scene)), page.content.decode()
    assert "<title>Error: " in text
    assert '<a href="#item-1">Enter the reason why the risk is accepted.</a>' in text
    assert 'id="errors-1"><ul><li>Enter the reason why the risk is accepted.</li>' in form
    assert 'value="risk_accepted" checked' in form
    assert form.count(" checked") == 1
    for value in ("メモ</textarea>", "旧</textarea>", "新</textarea>", 'value="部長"'):
        assert value in form
    assert '<details class="more" open>' in form
    assert scene.item("A-1").decision == "open"


def test_a_refused_entry_keeps_the_version_that_was_seen(scene):
    olga_decides(scene)

    page = post(scene, item_url(scene), sent(decision="not_needed", version=0))

    assert hidden(page, action=item_url(scene))["base_version"] == "0"


def test_a_refused_entry_is_seen_whatever_the_filters_hide(scene):
    address = item_url(scene, "A-4") + "?severity=high"

    page = post(scene, address, sent(decision="not_needed", note="typed")).content.decode()

    assert 'id="item-4"' in page
    assert 'id="item-2"' not in page
    assert re.search(r'<section class="group fixed"[^>]*>\s*<details open>', page)


def test_a_refused_entry_opens_the_part_of_the_list_that_it_stands_in(scene):
    page = post(scene, item_url(scene, "A-5"), sent(decision="not_needed")).content.decode()

    assert re.search(r'<section class="group not_applicable"[^>]*>\s*<details open>', page)
    assert re.search(r'<section class="group fixed"[^>]*>\s*<details>', page)


# The same entry twice, and somebody who was faster


@pytest.mark.parametrize("json", [False, True])
def test_the_same_operation_twice_is_answered_alike_and_recorded_once(scene, json):
    fields = sent(decision="done", note="once")

    first, second = (post(scene, item_url(scene), fields, json=json) for _click in range(2))

    assert first.status_code == second.status_code
    if json:
        names = ("outcome", "words", "progress", "conflict")
        assert [first.json()[n] for n in names] == [second.json()[n] for n in names]
    else:
        assert first.url == second.url
    assert len(scene.events(Event.Kind.DECISION)) == 1


@pytest.mark.parametrize("json", [False, True])
def test_an_operation_with_another_body_is_refused_and_keeps_what_was_typed(scene, json):
    post(scene, item_url(scene), sent(decision="done", note="one"))
    before = stored(scene)

    response = post(scene, item_url(scene), sent(decision="done", note="two"), json=json)

    assert response.status_code == 422
    [message] = response.json()["messages"] if json else messages_in(response)
    assert message.startswith("This operation was already recorded with other contents.")
    assert json or "two</textarea>" in work_form(response, item_url(scene))
    assert stored(scene) == before


def test_somebody_elses_operation_is_not_answered_for(scene):
    post(scene, item_url(scene), sent(decision="done"))
    olga = person("olga", Role.ENGINEER)
    scene.rollout.members.add(olga)

    assert post(scene, item_url(scene), sent(decision="done"), by=olga).status_code == 422


def test_a_stale_entry_is_409_with_both_values_beside_each_other(scene):
    olga_decides(scene)

    response = post(scene, item_url(scene), sent(decision="done", note="<i>mine</i>"))

    page, text = response.content.decode(), text_of(response)
    assert response.status_code == 409
    assert page.count("<h1") == 1
    assert "&lt;i&gt;mine&lt;/i&gt;" in page
    for words in ("No. 1: Advisory 1", "Omar 大森", "Done", "Olga", "Verified", "hers"):
        assert words in text
    assert scene.item("A-1").note == "hers"
    assert [e.outcome for e in scene.events(Event.Kind.DECISION)] == ["applied", "conflict"]


def test_a_script_gets_both_values_of_a_stale_entry_too(scene):
    olga_decides(scene)

    response = post(scene, item_url(scene), sent(decision="done", note="mine"), json=True)

    data = response.json()
    assert response.status_code == 409
    assert (data["outcome"], data["words"]) == (
        "conflict",
        "Not taken over: somebody had changed it in the meantime.",
    )
    assert "hers" in data["item"]
    assert 'name="take" value="mine"' in data["conflict"]
    assert "mine</dd>" in data["conflict"]
    assert "hers</dd>" in data["conflict"]


@pytest.mark.parametrize("json", [False, True])
def test_a_stale_entry_sent_twice_is_one_conflict(scene, json):
    olga_decides(scene)

    for _click in range(2):
        response = post(scene, item_url(scene), sent(decision="done"), json=json)
        assert response.status_code == 409
    assert len(to_resolve(scene.checklist)) == 1


def test_a_stale_entry_with_the_present_value_is_no_conflict(scene):
    olga_decides(scene)

    data = post(scene, item_url(scene), sent(decision="verified", note="hers"), json=True).json()

    assert data["outcome"] == "same"


def test_the_entry_of_a_version_that_never_was_is_a_conflict(scene):
    assert post(scene, item_url(scene), sent(decision="done", version=7)).status_code == 409


# Settling a conflict


def take(response, which):
    """The fields of one of the two forms of a conflict."""
    forms = re.findall(r"<form.*?</form>", response.content.decode(), re.S)
    form = next(f for f in forms if f'name="take" value="{which}"' in f)
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))


@pytest.mark.parametrize(("which", "note"), [("mine", "mine"), ("theirs", "hers")])
def test_either_button_of_the_409_settles_the_conflict(scene, which, note):
    olga_decides(scene)
    stale = post(scene, item_url(scene), sent(decision="done", note="mine"))

    response = post(scene, url("resolve", scene), take(stale, which))

    assert response.url == page_of(scene) + "#item-1"
    assert scene.item("A-1").note == note
    assert to_resolve(scene.checklist) == []
    assert findings(Checklist.objects.get(pk=scene.id)) == []


@pytest.mark.parametrize("which", ["mine", "theirs"])
def test_a_conflict_waits_on_the_page_for_any_engineer(scene, which):
    olga = olga_decides(scene)
    post(scene, item_url(scene), sent(decision="done", note="mine"))
    page = client_of(olga).get(page_of(scene))
    assert "Entries that were not taken over" in text_of(page)

    post(scene, url("resolve", scene), take(page, which), by=olga)

    after = client_of(olga).get(page_of(scene))
    assert "Entries that were not taken over" not in text_of(after)


def test_the_buttons_of_an_answers_conflict_work_too(scene):
    answer(scene.checklist, DIRECTORY, "no", by=scene.omar)
    stale = post(scene, url("answer", scene), sent(question=DIRECTORY, value="yes"))
    assert "A directory is used" in text_of(stale)
    assert "<dt>Answer</dt>" in stale.content.decode()

    response = post(scene, url("resolve", scene), take(stale, "mine"))

    assert response.url == page_of(scene)
    assert scene.checklist.answers.get(question=DIRECTORY).value == "yes"
    assert to_resolve(scene.checklist) == []


def test_the_present_answer_can_be_kept(scene):
    answer(scene.checklist, DIRECTORY, "no", by=scene.omar)
    stale = post(scene, url("answer", scene), sent(question=DIRECTORY, value="yes"))

    post(scene, url("resolve", scene), take(stale, "theirs"))

    assert scene.checklist.answers.get(question=DIRECTORY).value == "no"
    assert to_resolve(scene.checklist) == []


def test_a_click_twice_settles_it_once(scene):
    olga_decides(scene)
    fields = take(post(scene, item_url(scene), sent(decision="done")), "theirs")

    first, second = (post(scene, url("resolve", scene), fields) for _click in range(2))

    assert first.url == second.url
    assert len(scene.events(Event.Kind.RESOLVED)) == 1


def test_to_settle_it_too_late_is_a_conflict_that_settles_both_in_the_end(scene):
    olga = olga_decides(scene)
    stale = post(scene, item_url(scene), sent(decision="done", note="mine"))
    decide(scene.checklist, "A-1", "done", by=olga, note="hers again")

    late = post(scene, url("resolve", scene), take(stale, "mine"), by=olga)
    assert late.status_code == 409
    assert "hers again" in text_of(late)
    assert len(to_resolve(scene.checklist)) == 2

    post(scene, url("resolve", scene), take(late, "theirs"), by=olga)
    assert to_resolve(scene.checklist) == []
    assert scene.item("A-1").note == "hers again"


@pytest.mark.parametrize(
    "fault",
    [{"op_id": ""}, {"base_version": "x"}, {"take": ""}, {"take": "both"}],
    ids=str,
)
def test_to_settle_it_with_a_form_that_is_not_complete_is_428(scene, fault):
    olga_decides(scene)
    fields = take(post(scene, item_url(scene), sent(decision="done")), "mine")
    before = stored(scene)

    response = post(scene, url("resolve", scene), fields | fault)

    assert response.status_code == 428
    assert "nothing was saved" in text_of(response)
    assert '<a href="#conflicts">' in response.content.decode()
    assert stored(scene) == before


@pytest.mark.parametrize("which", ["nothing", "malformed", "unknown", "applied", "elsewhere"])
def test_what_is_no_conflict_of_this_checklist_is_404(scene, which):
    olga_decides(scene)
    other = make_checklist(scene.rollout, scene.omar, name="other")
    decide(other, "A-1", by=scene.omar)
    elsewhere = decide(other, "A-1", "verified", by=scene.omar, version=0)
    entry = {
        "nothing": "",
        "malformed": "\x00",
        "unknown": str(op("unknown")),
        "applied": str(scene.events(Event.Kind.DECISION)[0].op_id),
        "elsewhere": str(elsewhere.op_id),
    }[which]
    before = stored(scene)

    response = post(scene, url("resolve", scene), sent(entry=entry, take="theirs"))

    assert response.status_code == 404
    assert stored(scene) == before


# After a signature


@pytest.mark.parametrize("state", ["prepared", "issued"])
@pytest.mark.parametrize("json", [False, True])
def test_what_comes_after_the_signature_is_kept_as_late_and_said_so(state, json):
    scene = Scene(at=state)
    client = client_of(scene.omar)
    fields = sent(version=1, decision="verified", note="late")

    response = client.post(item_url(scene), fields, headers=JSON if json else {})

    if json:
        data = response.json()
        assert (response.status_code, data["outcome"]) == (200, "late")
        assert "kept as late and offered in the next draft" in data["words"]
        assert "<form" not in data["item"] + data["progress"]
    else:
        assert response.url == page_of(scene)
        assert "kept as late and offered in the next draft" in text_of(client.get(response.url))
    assert scene.item("A-1").decision == "done"
    assert [e.outcome for e in to_resolve(scene.checklist)] == ["late"]


def test_an_answer_after_the_signature_is_late_too():
    scene = Scene(at="prepared")

    response = post(scene, url("answer", scene), sent(question=DIRECTORY, value="no"))

    assert response.url == page_of(scene)
    assert scene.item("A-3").verdict == "confirm"
    assert [e.outcome for e in to_resolve(scene.checklist)] == ["late"]


@pytest.mark.parametrize(("which", "note"), [("mine", "late"), ("theirs", "設定した")])
def test_a_late_entry_is_offered_in_the_next_draft(which, note):
    scene = Scene(at="issued")
    decide(scene.checklist, "A-1", by=scene.omar, note="late", name="late")
    client = client_of(scene.omar)
    assert 'name="take"' not in client.get(page_of(scene)).content.decode()
    reopen(checklist_id=scene.id, op_id=op("reopen"), reason="late", by=scene.omar)

    page = client.get(page_of(scene))
    assert "This entry came after the signature." in text_of(page)
    client.post(url("resolve", scene), take(page, which))

    assert scene.item("A-1").note == note
    assert to_resolve(scene.checklist) == []


@pytest.mark.parametrize("json", [False, True])
def test_a_faulty_entry_after_the_signature_comes_back_though_there_is_no_form(json):
    scene = Scene(at="prepared")
    before = stored(scene)

    response = post(
        scene,
        item_url(scene),
        sent(version=1, decision="not_needed", note="typed & kept"),
        json=json,
    )

    assert response.status_code == 422
    assert stored(scene) == before
    if not json:
        assert "Not needed</dd><dt>Note</dt>" in response.content.decode()
        assert "typed &amp; kept</dd>" in response.content.decode()


@pytest.mark.parametrize("json", [False, True])
def test_nothing_is_recorded_in_a_discarded_checklist_and_what_was_typed_is_shown(scene, json):
    discard(checklist_id=scene.id, op_id=op("discard"), reason="twice", by=scene.omar)
    before = stored(scene)

    response = post(scene, item_url(scene), sent(decision="done", note="typed"), json=json)

    assert response.status_code == 422
    [message] = response.json()["messages"] if json else messages_in(response)
    assert "This checklist was discarded." in message
    assert json or "typed</dd>" in response.content.decode()
    assert stored(scene) == before


# A returned item


def returned(scene):
    sign_prepared(scene.checklist, scene.omar)
    return_items(
        checklist_id=scene.id,
        seen=seen(scene.checklist),
        op_id=op("return"),
        comments={"A-1": "Show it."},
        comment="",
        by=scene.ines,
    )


@pytest.mark.parametrize("json", [False, True])
def test_the_same_decision_on_a_returned_item_clears_the_mark(json):
    scene = Scene(at="worked")
    returned(scene)
    same = {"decision": "done", "note": "設定した", "before": "off", "after": "on"}

    response = post(scene, item_url(scene), sent(version=2, **same), json=json)

    item = scene.item("A-1")
    assert (item.returned, item.version) == (False, 3)
    assert scene.events(Event.Kind.DECISION)[-1].outcome == "applied"
    if json:
        data = response.json()
        assert data["item"].startswith('<li class="item settled"')
        assert '<span class="num">3 / 3</span>' in data["progress"]


def test_the_same_decision_on_a_flagged_item_clears_the_mark():
    scene = Scene(at="worked")
    scene.checklist.items.filter(tracking_id="A-2").update(flagged=True)
    same = {"decision": "done", "note": "設定した", "before": "off", "after": "on"}

    data = post(scene, item_url(scene, "A-2"), sent(version=1, **same), json=True).json()

    assert data["outcome"] == "applied"
    assert not scene.item("A-2").flagged


def test_a_decision_on_the_version_before_the_return_is_a_conflict():
    scene = Scene(at="worked")
    returned(scene)

    response = post(scene, item_url(scene), sent(version=1, decision="done", note="old page"))

    assert response.status_code == 409
    assert scene.item("A-1").returned


# Texts


@pytest.mark.parametrize("field", ["note", "before", "after"])
def test_a_text_of_5000_characters_is_kept_whole(scene, field):
    text = "髙𠮷" * 2500

    post(scene, item_url(scene), sent(decision="done", **{field: text}))

    item = scene.item("A-1")
    assert text in (item.note, item.value_before, item.value_after)


def test_one_character_more_comes_back_in_the_form(scene):
    text = "髙" * 5001

    page = post(scene, item_url(scene), sent(decision="done", note=text))

    assert f"{text}</textarea>" in work_form(page, item_url(scene))


@pytest.mark.parametrize(
    "text",
    [
        "\u202etxt.exe\u202c \u200f\u061c",
        "✅👨‍👩‍👧 🇯🇵 \U000e0100",
        "Cafe\u0301 か\u3099 ｶﾞ",
        "a\x07b\x1b[31mc\x7f",
        "</textarea><script>alert(1)</script>",
        "{{ item.pk }} {% now %} %(n)d %s {0}",
        '" onfocus="alert(1)" autofocus x="',
        "\ufeff\u2028\u2029x",
        "1\n\n2\t3",
    ],
)
def test_any_text_that_can_be_stored_is_kept_and_shown_as_it_is(scene, text):
    address = item_url(scene)

    data = post(scene, address, sent(decision="not_needed", note=text, reason=text), json=True)
    page = client_of(scene.omar).get(page_of(scene))

    item = scene.item("A-1")
    assert (item.note, item.decision_reason) == (text, text)
    for markup in (data.json()["item"], page.content.decode()):
        assert text in unescape(markup)
        assert "<script>alert" not in markup
        assert '" onfocus="' not in markup
    assert broken_links(scene.checklist.events.select_related("item")) == []


@pytest.mark.parametrize("half", ["%ED%A0%80", "%ED%BF%BF", "%ED%A0%BD", "%FF%FE", "%C3"])
def test_bytes_that_are_no_text_become_a_mark_and_no_fault(scene, half):
    body = f"op_id={op('sent')}&base_version=0&decision=done&note=a{half}b"

    response = client_of(scene.omar).post(item_url(scene), body, content_type=FORM)

    assert response.status_code == 302
    assert re.fullmatch("a\ufffd+b", scene.item("A-1").note)
    assert findings(Checklist.objects.get(pk=scene.id)) == []


@pytest.mark.parametrize("json", [False, True])
def test_a_text_with_a_nul_comes_back_with_a_mark_in_its_place(scene, json):
    before = stored(scene)

    response = post(scene, item_url(scene), sent(decision="done", note="a\x00b"), json=json)

    assert response.status_code == 422
    assert json or "a\ufffdb</textarea>" in work_form(response, item_url(scene))
    assert stored(scene) == before


def test_line_ends_of_a_browser_are_stored_as_one_character(scene):
    post(scene, item_url(scene), sent(decision="done", note="a\r\nb\rc"))

    assert scene.item("A-1").note == "a\nb\nc"


# Never half


@pytest.mark.parametrize("broken", ["ChecklistItem.save", "Event.save", "Checklist.save"])
@pytest.mark.parametrize("json", [False, True])
def test_a_write_that_fails_leaves_nothing_behind(scene, monkeypatch, broken, json):
    def fail(*args, **options):
        raise OSError("disk full")

    client = client_of(scene.omar)
    client.raise_request_exception = False
    before = stored(scene)
    monkeypatch.setattr(f"checklists.models.{broken}", fail)

    response = client.post(item_url(scene), sent(decision="done"), headers=JSON if json else {})

    monkeypatch.undo()
    assert response.status_code == 500
    assert stored(scene) == before


def test_an_answer_that_fails_half_way_leaves_nothing_behind(scene, monkeypatch):
    def fail(*args, **options):
        raise OSError("disk full")

    client = client_of(scene.omar)
    client.raise_request_exception = False
    before = stored(scene)
    monkeypatch.setattr("checklists.models.Answer.save", fail)

    response = client.post(url("answer", scene), sent(question=DIRECTORY, value="no"))

    monkeypatch.undo()
    assert response.status_code == 500
    assert stored(scene) == before


# Answers


def test_an_answer_decides_items_anew_and_says_which(scene):
    client = client_of(scene.omar)
    fields = hidden(client.get(page_of(scene)), action=url("answer", scene))
    assert fields["question"] == DIRECTORY

    response = client.post(url("answer", scene), fields | {"value": "no"})

    assert response.url == page_of(scene)
    assert scene.item("A-3").verdict == "not_applicable"
    page = text_of(client.get(response.url))
    assert "Answered. 1 item was decided anew: no. 3." in page
    assert "Answered no: A directory is used" in page


def test_an_answer_that_changes_no_item_says_so(scene):
    client = client_of(scene.omar)

    fields = sent(question="installed_with", value="unknown")
    response = client.post(url("answer", scene), fields)

    assert "Answered. No item changed." in text_of(client.get(response.url))


def test_the_filters_stay_after_an_answer(scene):
    address = url("answer", scene) + "?verdict=confirm"

    response = post(scene, address, sent(question=DIRECTORY, value="yes"))

    assert response.url == page_of(scene) + "?verdict=confirm"


@pytest.mark.parametrize(
    ("question", "value", "message"),
    [
        (DIRECTORY, "perhaps", "Choose one of the answers."),
        (DIRECTORY, "", "Choose one of the answers."),
        ("installed_with", "appliance-9", "Choose one of the answers."),
        ("mode", "bridge", "The mode was given when the checklist was made"),
        ("condition:nothing", "yes", "This checklist does not have that question."),
        ("", "", "This checklist does not have that question."),
        (DIRECTORY, "\x00", "a character that cannot be stored"),
        ("\x00", "yes", "a character that cannot be stored"),
        (DIRECTORY, "x" * 5000, "Choose one of the answers."),
    ],
)
def test_an_answer_that_the_box_cannot_have_is_422_in_words(scene, question, value, message):
    before = stored(scene)

    response = post(scene, url("answer", scene), sent(question=question, value=value))

    assert response.status_code == 422
    [said] = messages_in(response)
    assert message in said
    assert '<a href="#questions">' in response.content.decode()
    assert stored(scene) == before


def test_a_refused_answer_says_why_beside_its_question(scene):
    page = post(scene, url("answer", scene), sent(question=DIRECTORY, value="perhaps"))

    form = re.search(r'<form class="answer".*?</form>', page.content.decode(), re.S)[0]
    assert 'role="alert"><ul><li>Choose one of the answers.</li></ul>' in form


@pytest.mark.parametrize("fault", [{"op_id": "x"}, {"base_version": ""}], ids=str)
def test_an_answer_that_does_not_say_what_it_saw_is_428_and_stays_chosen(scene, fault):
    before = stored(scene)

    response = post(scene, url("answer", scene), sent(question=DIRECTORY, value="yes") | fault)

    assert response.status_code == 428
    assert 'name="value" value="yes" checked' in response.content.decode()
    assert stored(scene) == before


def test_the_same_answer_twice_is_recorded_once(scene):
    fields = sent(question=DIRECTORY, value="yes")

    first, second = (post(scene, url("answer", scene), fields) for _click in range(2))

    assert first.url == second.url
    assert len(scene.events(Event.Kind.ANSWER)) == 1


def test_another_answer_with_the_same_operation_is_refused(scene):
    post(scene, url("answer", scene), sent(question=DIRECTORY, value="yes"))
    before = stored(scene)

    response = post(scene, url("answer", scene), sent(question=DIRECTORY, value="no"))

    assert response.status_code == 422
    assert stored(scene) == before


def test_a_stale_answer_is_409_with_both_answers(scene):
    answer(scene.checklist, DIRECTORY, "no", by=scene.omar)

    response = post(scene, url("answer", scene), sent(question=DIRECTORY, value="yes"))

    assert response.status_code == 409
    text = text_of(response)
    assert "Answer Yes" in text
    assert "Answer No" in text
    assert scene.item("A-3").reason == "condition"


def test_an_answer_to_a_discarded_checklist_is_422_in_words(scene):
    discard(checklist_id=scene.id, op_id=op("discard"), reason="twice", by=scene.omar)

    response = post(scene, url("answer", scene), sent(question=DIRECTORY, value="yes"))

    assert response.status_code == 422
    assert "This checklist was discarded." in messages_in(response)[0]


def test_a_mode_that_was_not_known_is_answered_on_the_page(scene):
    scene.checklist = make_checklist(scene.rollout, scene.omar, name="open", mode="unknown")

    response = post(scene, url("answer", scene), sent(question="mode", value="proxy"))

    assert response.status_code == 302
    assert scene.item("A-5").reason == "mode"


def test_due_days_are_written_as_everywhere_else(scene):
    fields = sent(decision="pending", waiting_for="S", due="2026-12-01")

    data = post(scene, item_url(scene), fields, json=True).json()

    assert '<dd class="user-text">2026/12/01</dd>' in data["item"]
    assert 'type="date" value="2026-12-01"' in data["item"]
