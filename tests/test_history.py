"""The history of a checklist: every event in words, newest first, in pages."""

import re
from html import escape
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from checklists.actions import (
    change_header,
    change_host,
    change_members,
    close_draft,
    discard,
    look_through,
    open_device,
    record,
    reopen,
    return_items,
    revoke_edition,
    revoke_reply,
    withdraw,
)
from checklists.models import Event
from checklists.offers import seen_in
from checklists.views import checklist as views
from portal.roles import Role
from tests.support.customers import accept, comment, decline, quick_sheet
from tests.support.moving import reword, take
from tests.support.pages import client_of, text_of, url
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
    sign_reviewed,
    work_off,
)

pytestmark = pytest.mark.django_db

DIRECTORY = "condition:directory"


@pytest.fixture(autouse=True)
def no_real_pdf(monkeypatch):
    quick_files(monkeypatch)
    quick_sheet(monkeypatch)


@pytest.fixture
def scene():
    return Scene()


def shown(scene, by=None, *, language="en", **query):
    return client_of(by or scene.omar, language=language).get(url("history", scene), query)


def lines(response):
    """The words of each event, from top to bottom, without time, name and hash."""
    page = response.content.decode()
    timeline = re.search(r'<ol class="timeline">.*?</ol>', page, re.S)[0]
    rows = [row.split("</div>", 1)[1] for row in timeline.split("<li")[1:]]
    texts = [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in rows]
    return [re.sub(r" #\d+ [0-9a-f]{12}$", "", text) for text in texts]


def resolve(scene, conflict, *, name):
    record(
        checklist_id=scene.id,
        op_id=op(name),
        kind=Event.Kind.RESOLVED,
        payload={"resolves": [str(conflict.op_id)]},
        base_version=None,
        by=scene.omar,
    )


def through_everything(scene):
    """Every kind of event and every outcome, in this order."""
    box, by = scene.checklist, scene.omar
    olga = person("olga", Role.ENGINEER)
    change_members(rollout=scene.rollout, op_id=op("members"), add=[olga], by=by)
    change_host(checklist_id=box.pk, op_id=op("host"), host="proxy-02", mode_detail="HA", by=by)
    header = {"customer": "New KK", "project": "更改", "number": ""}
    change_header(rollout=scene.rollout, op_id=op("header"), by=by, **header)
    decide(box, "A-1", by=by, note="設定した", before="off", after="on")
    decide(box, "A-1", by=by, note="設定した", before="off", after="on", name="same")
    stale = decide(box, "A-1", "verified", by=olga, version=0, name="stale")
    resolve(scene, stale, name="resolved")
    stale = decide(box, "A-2", "open", note="x", by=olga, version=5, name="stale 2")
    decide(box, "A-2", "pending", by=by, waiting_for="S", due="2026-12-01", resolves=[stale.op_id])
    answer(box, DIRECTORY, "yes", by=by)
    stale = answer(box, DIRECTORY, "no", by=olga, version=0)
    resolve(scene, stale, name="resolved answer")
    reword("A-4")
    take(box, "A-4", by=by)
    look_through(checklist_id=box.pk, op_id=op("look"), seen=seen_in([]), by=by)
    decide(box, "A-3", by=by)
    decide(box, "A-4", "verified", by=by)
    sign_prepared(box, by, name="first")
    withdraw(checklist_id=box.pk, op_id=op("withdraw"), by=by)
    sign_prepared(box, by, name="second")
    decide(box, "A-5", by=by, name="late")
    return_items(
        checklist_id=box.pk,
        seen=seen(box),
        op_id=op("return"),
        comments={"A-1": "Show it."},
        comment="Look again.",
        by=scene.ines,
    )
    decide(box, "A-1", by=by)
    sign_prepared(box, by, name="third")
    edition = sign_reviewed(box, scene.ines)
    reopen(checklist_id=box.pk, op_id=op("reopen"), reason="more", by=by)
    close_draft(checklist_id=box.pk, op_id=op("close"), by=by)
    access = open_device(edition_id=edition.pk, op_id=op("device"), by=by)
    comment(access, "Why?")
    decline(access, reason="It differs.")
    accepted = accept(access)
    revoke_reply(
        sign_off_id=accepted.pk, op_id=op("revoke reply"), reason="mistaken", by=scene.ines
    )
    revoke_edition(edition_id=edition.pk, op_id=op("revoke"), reason="wrong box", by=scene.ines)


ENGLISH = [
    "Revoked edition 1.0. Reason wrong box",
    "Revoked the customer&#x27;s answer to edition 1.0. Reason mistaken",
    "Accepted edition 1.0 for the customer. Company 顧客株式会社"
    " How On the integrator&#x27;s device",
    "Declined edition 1.0 for the customer. Company 顧客株式会社"
    " How On the integrator&#x27;s device Reason It differs.",
    "No. 1: the customer&#x27;s comment. Advisory 1 Company 顧客株式会社 Comment Why?",
    "Closed the draft of edition 1.1 unchanged.",
    "Re-opened: edition 1.1 begins. Reason more",
    "Reviewed and issued edition 1.0.",
    "Signed edition 1.0 as prepared.",
    "No. 1: decided. Advisory 1 Decision Done",
    "Returned edition 1.0. Comment Look again. A-1 Show it.",
    "No. 5: decided. Advisory 5 Decision Done Not taken over: it came after the signature, and is"
    " kept as late.",
    "Signed edition 1.0 as prepared.",
    "Withdrew the signature of edition 1.0.",
    "Signed edition 1.0 as prepared.",
    "No. 4: decided. Advisory 4 Decision Verified",
    "No. 3: decided. Advisory 3 Decision Done",
    "Looked through what the catalogue offers.",
    "No. 4: took revision 2. Advisory 4 Change PATCH: wording changed Decision There is no decision"
    " yet.",
    "Kept the present answer.",
    "Answered a question about the box. A directory is used No Not taken over: somebody had"
    " changed it in the meantime.",
    "Answered a question about the box. A directory is used Yes",
    "No. 2: decided, resolving a conflict. Advisory 2 Decision Pending Waiting for S Due"
    " 2026/12/01",
    "No. 2: decided. Advisory 2 Decision Open Note x Not taken over: somebody had changed it in"
    " the meantime.",
    "No. 1: kept the present value. Advisory 1",
    "No. 1: decided. Advisory 1 Decision Verified Not taken over: somebody had changed it in the"
    " meantime.",
    "No. 1: decided. Advisory 1 Decision Done Note 設定した Value before off Value after on"
    " Nothing changed: this was already so.",
    "No. 1: decided. Advisory 1 Decision Done Note 設定した Value before off Value after on",
    "Changed the header: New KK / 更改",
    "Changed the header: proxy-02 / HA",
    "Changed the members: ines, olga, omar",
    "Made the checklist for proxy-01.",
]


def test_everything_that_happened_is_told_in_words_newest_first(scene):
    through_everything(scene)

    assert lines(shown(scene)) == ENGLISH
    assert {event.kind for event in scene.checklist.events.all()} == set(Event.Kind) - {
        "assigned",
        "discarded",
        "evidence_added",  # test_evidence.py
        "evidence_removed",
    }
    assert {event.outcome for event in scene.checklist.events.all()} == set(Event.Outcome)


def test_it_is_told_in_japanese_too(scene):
    through_everything(scene)

    japanese = lines(shown(scene, language="ja"))

    assert len(japanese) == len(ENGLISH)
    assert japanese[-1].startswith("proxy-01 ")
    assert "項目 1: 判断を記録。" in japanese[9]
    assert "その間に、ほかの人が変更していました。" in japanese[20]
    assert not [line for line in japanese if re.search(r"[a-z]{4,} [a-z]{2,} ", line)]


def test_a_discarded_checklist_says_who_and_why(scene):
    discard(checklist_id=scene.id, op_id=op("discard"), reason="twice", by=scene.omar)

    assert lines(shown(scene))[0] == "Discarded the checklist. Reason twice"


def test_each_event_stands_with_who_when_and_the_beginning_of_its_hash(scene):
    event = decide(scene.checklist, "A-1", by=scene.omar)

    page = shown(scene)

    when = event.recorded_at.astimezone(ZoneInfo("Asia/Tokyo")).strftime("%Y/%m/%d %H:%M")
    assert f"{when} Omar 大森 No. 1: decided. Advisory 1" in text_of(page)
    assert f"#2 {event.hash[:12]}" in text_of(page)


def test_an_item_is_linked_to_its_place_in_the_list(scene):
    decide(scene.checklist, "A-2", by=scene.omar)

    page = shown(scene).content.decode()

    assert f'<a href="{scene.checklist.get_absolute_url()}#item-2">No. 2: decided.' in page


def test_conflicts_and_late_entries_are_marked(scene):
    through_everything(scene)

    page = shown(scene).content.decode()

    assert page.count('<li class="conflict">') == 3
    assert page.count('<li class="late">') == 1


def test_it_says_how_many_there_are(scene):
    assert "1 event, newest first." in text_of(shown(scene))
    decide(scene.checklist, "A-1", by=scene.omar)
    assert "2 events, newest first." in text_of(shown(scene))
    assert "2 件の記録 (新しい順)" in text_of(shown(scene, language="ja"))


# Who


def test_every_member_reads_it_and_nobody_else(scene, client):
    vic = person("vic", Role.READER)
    scene.rollout.members.add(vic)
    address = url("history", scene)

    assert client.get(address).url == f"{reverse('login')}?next={address}"
    assert shown(scene, person("sam", Role.ENGINEER)).status_code == 404
    for member in (scene.omar, scene.ines, vic, person("root", is_superuser=True)):
        assert shown(scene, member).status_code == 200


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_it_is_only_read(scene, method):
    assert getattr(client_of(scene.omar), method)(url("history", scene)).status_code == 405


def test_a_checklist_that_is_not_there_is_404(scene):
    address = url("history", scene).replace(str(scene.id), str(op("nothing")))

    assert client_of(scene.omar).get(address).status_code == 404


def test_the_history_of_another_box_is_not_mixed_in(scene):
    other = make_checklist(scene.rollout, scene.omar, name="other", host="proxy-02")
    decide(other, "A-1", by=scene.omar)

    assert lines(shown(scene)) == ["Made the checklist for proxy-01."]


# Pages


@pytest.fixture
def long(scene, monkeypatch):
    """Seven events, three to a page."""
    monkeypatch.setattr(views, "EVENTS_PER_PAGE", 3)
    for number in range(6):
        decide(scene.checklist, "A-1", by=scene.omar, note=f"note {number}")
    return scene


def numbers(response):
    return [int(n) for n in re.findall(r"#(\d+) [0-9a-f]{12}", text_of(response))]


@pytest.mark.parametrize(
    ("page", "expected", "place"),
    [
        ("1", [7, 6, 5], "1 / 3 Older"),
        ("2", [4, 3, 2], "Newer 2 / 3 Older"),
        ("3", [1], "Newer 3 / 3"),
    ],
)
def test_long_histories_come_in_pages(long, page, expected, place):
    response = shown(long, page=page)

    assert numbers(response) == expected
    assert place in text_of(response)


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("", [7, 6, 5]),
        ("x", [7, 6, 5]),
        ("\x00", [7, 6, 5]),
        ("0", [1]),
        ("-1", [1]),
        ("9" * 30, [1]),
    ],
)
def test_a_page_that_is_not_there_is_the_first_or_the_last(long, page, expected):
    assert numbers(shown(long, page=page)) == expected


def test_a_short_history_has_no_pages(scene):
    assert 'class="pagination"' not in shown(scene).content.decode()


@pytest.mark.parametrize("at", ["draft", "worked", "issued"])
def test_it_takes_as_many_queries_however_much_has_happened(at, django_assert_num_queries):
    scene = Scene(at=at)
    client = client_of(scene.omar)
    client.get(url("history", scene))

    with django_assert_num_queries(8):
        client.get(url("history", scene))


# What was typed


def test_what_people_typed_is_no_markup():
    scene = Scene()
    box, by = scene.checklist, scene.omar
    change_host(
        checklist_id=box.pk, op_id=op("host"), host="<x-host>", mode_detail="<x-detail>", by=by
    )
    decide(box, "A-1", "not_needed", by=by, note="<x-note>", reason="<x-reason>")
    work_off(box, by)
    sign_prepared(box, by)
    return_items(
        checklist_id=box.pk,
        seen=seen(box),
        op_id=op("return"),
        comments={"A-1": "<x-item>"},
        comment="<x-whole>",
        by=scene.ines,
    )

    page = shown(scene).content.decode()

    assert "<x-" not in page
    for name in ("host", "detail", "note", "reason", "item", "whole"):
        assert escape(f"<x-{name}>") in page
