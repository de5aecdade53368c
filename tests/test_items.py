"""What the checklist page's forms send: decisions, answers, settled conflicts."""

import re
from html import unescape

import pytest

from checklists.actions import return_items
from checklists.conflicts import to_resolve
from checklists.models import Answer, Checklist, ChecklistItem, Event
from portal.roles import Role
from tests.support.pages import client_of, text_of, url
from tests.support.rollouts import (
    Scene,
    answer,
    decide,
    op,
    person,
    quick_pdf,
    sign_prepared,
)

pytestmark = pytest.mark.django_db


JSON = {"Accept": "application/json"}


FORM = "application/x-www-form-urlencoded"


DIRECTORY = "condition:directory"


@pytest.fixture(autouse=True)
def no_real_pdf(monkeypatch):
    quick_pdf(monkeypatch)


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


ADDRESSES = ("decide", "answer", "resolve")


def address_of(scene, name):
    return item_url(scene) if name == "decide" else url(name, scene)


@pytest.mark.parametrize("name", ["A-9", "%00", "A-1%00", "A%201", "%E2%80%AE", "..", "%ED%A0%80"])
def test_an_item_that_cannot_be_is_404(scene, name):
    address = item_url(scene).replace("A-1", name)

    assert post(scene, address, sent(decision="done")).status_code == 404


def take(response, which):
    """The fields of one of the two forms of a conflict."""
    forms = re.findall(r"<form.*?</form>", response.content.decode(), re.S)
    form = next(f for f in forms if f'name="take" value="{which}"' in f)
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))


def test_the_buttons_of_an_answers_conflict_work_too(scene):
    answer(scene.checklist, DIRECTORY, "no", by=scene.omar)
    stale = post(scene, url("answer", scene), sent(question=DIRECTORY, value="yes"))
    assert "A directory is used" in text_of(stale)
    assert "<dt>Answer</dt>" in stale.content.decode()

    response = post(scene, url("resolve", scene), take(stale, "mine"))

    assert response.url == page_of(scene)
    assert scene.checklist.answers.get(question=DIRECTORY).value == "yes"
    assert to_resolve(scene.checklist) == []


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


def returned(scene):
    sign_prepared(scene.checklist, scene.omar)
    return_items(
        checklist_id=scene.id,
        op_id=op("return"),
        comments={"A-1": "Show it."},
        comment="",
        by=scene.ines,
    )


def test_due_days_are_written_as_everywhere_else(scene):
    fields = sent(decision="pending", waiting_for="S", due="2026-12-01")

    data = post(scene, item_url(scene), fields, json=True).json()

    assert '<dd class="user-text">2026/12/01</dd>' in data["item"]
    assert 'type="date" value="2026-12-01"' in data["item"]
