"""The first page: what waits for me, what is open, what was issued lately."""

import re
from html import escape

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from checklists.actions import (
    contact,
    discard,
    reopen,
    return_items,
    revoke_edition,
    revoke_reply,
)
from checklists.models import Device
from checklists.querysets import SILENT
from checklists.views import home
from checklists.views.home import MOST_DEVICES
from portal.models import User
from portal.roles import Role
from tests.support.customers import SUZUKI, record_paper
from tests.support.pages import client_of, text_of, url
from tests.support.rollouts import (
    Scene,
    answer,
    catalogue,
    decide,
    ines,
    make_checklist,
    make_rollout,
    omar,
    op,
    person,
    quick_files,
    seen,
    sign_prepared,
    sign_reviewed,
    work_off,
)

pytestmark = pytest.mark.django_db

HOME = "/"


@pytest.fixture(autouse=True)
def no_real_pdf(monkeypatch):
    quick_files(monkeypatch)


@pytest.fixture
def scene():
    return Scene()


def shown(user, *, language="en"):
    return client_of(user, language=language).get(HOME)


def part(response, name):
    """The words of one section: to-sign, returned, open or issued; "" where there is none."""
    page = response.content.decode()
    found = re.search(rf'<section class="stack" aria-labelledby="{name}">.*?</section>', page, re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split()) if found else ""


def hosts(response, name):
    """The boxes of a section, from top to bottom."""
    page = response.content.decode()
    found = re.search(rf'<section class="stack" aria-labelledby="{name}">.*?</section>', page, re.S)
    return re.findall(r"(box-\d+|proxy-01)(?:</b>)?</a>", found[0]) if found else []


def box(scene, number, at="draft"):
    """One more checklist of the scene's rollout, as far as `at`."""
    name = f"box-{number}"
    checklist = make_checklist(scene.rollout, scene.omar, name=name, host=name)
    if at != "draft":
        work_off(checklist, scene.omar)
    if at in ("prepared", "issued"):
        sign_prepared(checklist, scene.omar, name=f"prepare {name}")
    if at == "issued":
        sign_reviewed(checklist, scene.ines, name=f"issue {name}")
    return checklist


def send_back(scene, comment="", **comments):
    return_items(
        checklist_id=scene.id,
        seen=seen(scene.checklist),
        op_id=op(f"return {comment} {comments}"),
        comments={name.replace("_", "-"): text for name, text in comments.items()},
        comment=comment,
        by=scene.ines,
    )


def with_roles(user, *roles):
    user.groups.set(user.groups.model.objects.filter(name__in=[role.value for role in roles]))
    return User.objects.get(pk=user.pk)


# Who


def test_who_is_not_logged_in_is_sent_to_the_log_in(client):
    assert client.get(HOME).url == f"{reverse('login')}?next=/"


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_it_is_only_read(scene, method):
    assert getattr(client_of(scene.omar), method)(HOME).status_code == 405


def test_no_cache_keeps_it(scene):
    assert "no-store" in shown(scene.omar)["Cache-Control"]


def test_strangers_see_nothing_of_it(scene):
    box(scene, 1, "prepared")
    box(scene, 2, "issued")
    stranger = person("sam", Role.ENGINEER, Role.REVIEWER)

    page = text_of(shown(stranger))

    for words in ("proxy-01", "box-1", "box-2", "顧客株式会社"):
        assert words not in page
    assert "Your first checklist" in page


def test_a_superuser_sees_everything(scene):
    box(scene, 1, "prepared")

    page = shown(person("root", is_superuser=True))

    assert hosts(page, "open") == ["box-1", "proxy-01"]
    assert hosts(page, "to-sign") == ["box-1"]


# Nothing yet


def test_an_engineer_without_a_checklist_is_told_the_next_step():
    engineer = omar()

    for language, words in (("en", "Your first checklist"), ("ja", "はじめてのチェックリスト")):
        page = shown(engineer, language=language)
        assert words in text_of(page)
        assert f'<a class="button" href="{reverse("checklists:new")}">' in page.content.decode()
        assert page.content.decode().count("<li><b>") == 3


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.READER, Role.EDITOR])
def test_anybody_else_is_told_who_can_add_them(role):
    page = shown(person("vic", role))

    assert "An engineer of the rollout can add you" in text_of(page)
    assert reverse("advisories:advisory_list") in page.content.decode()
    assert f'class="button" href="{reverse("checklists:new")}"' not in page.content.decode()


def test_who_has_nothing_open_any_more_is_not_told_of_a_first_checklist():
    scene = Scene(at="issued")

    page = shown(scene.omar)

    assert "Nothing is open" in text_of(page)
    assert "Your first checklist" not in text_of(page)
    assert "proxy-01 1.0" in part(page, "issued")


# Open checklists


def test_an_open_checklist_stands_with_its_rollout_release_and_progress(scene):
    decide(scene.checklist, "A-1", by=scene.omar)
    decide(scene.checklist, "A-2", "pending", by=scene.omar)

    page = shown(scene.omar)

    line = part(page, "open")
    assert "proxy-01 顧客株式会社 / 更改 P-1 APP 2.0 1.0 Draft 2 / 3 Pending 1 1 / 1" in line
    assert scene.checklist.get_absolute_url() in page.content.decode()
    assert scene.rollout.get_absolute_url() in page.content.decode()


def test_it_speaks_japanese_too(scene):
    page = shown(scene.omar, language="ja")

    assert "作成中のチェックリスト 1" in part(page, "open")
    assert "1.0 作成中" in part(page, "open")


def test_the_newest_stand_first(scene):
    box(scene, 1)
    box(scene, 2, "prepared")
    box(scene, 3)

    assert hosts(shown(scene.omar), "open") == ["box-3", "box-2", "box-1", "proxy-01"]


@pytest.mark.parametrize("who", ["omar", "ines", "vic"])
def test_every_member_sees_what_is_open(scene, who):
    vic = person("vic", Role.READER)
    scene.rollout.members.add(vic)

    page = shown({"omar": scene.omar, "ines": scene.ines, "vic": vic}[who])

    assert hosts(page, "open") == ["proxy-01"]
    assert ("New checklist" in re.search("<main.*?</div>\n<", page.content.decode(), re.S)[0]) == (
        who == "omar"
    )


def test_a_checklist_with_everything_decided_says_so(scene):
    assert "All decided" not in part(shown(scene.omar), "open")
    work_off(scene.checklist, scene.omar)
    assert "All decided" in part(shown(scene.omar), "open")

    sign_prepared(scene.checklist, scene.omar)

    assert "All decided" not in part(shown(scene.omar), "open")


def test_what_was_returned_counts_as_open_as_on_the_checklists_page():
    scene = Scene(at="prepared")
    send_back(scene, A_1="again")
    scene.checklist.items.filter(tracking_id="A-3").update(flagged=True)

    line = part(shown(scene.omar), "open")

    assert "1 / 3 0 / 1" in line
    assert "All decided" not in line
    page = text_of(client_of(scene.omar).get(url("checklist_detail", scene)))
    assert "High 0 / 1" in page
    assert "All 1 / 3" in page
    rollout = text_of(client_of(scene.omar).get(scene.rollout.get_absolute_url()))
    assert "High 0 / 1" in rollout
    assert "All 1 / 3" in rollout


def test_an_answer_moves_the_counts(scene):
    answer(scene.checklist, "condition:directory", "no", by=scene.omar)

    assert "0 / 2 0 / 1" in part(shown(scene.omar), "open")


def test_a_new_draft_of_an_issued_checklist_is_open_and_being_revised():
    scene = Scene(at="issued")
    reopen(checklist_id=scene.id, op_id=op("reopen"), reason="more", by=scene.omar)

    page = shown(scene.omar)

    assert "1.1 Draft being revised" in part(page, "open")
    assert "proxy-01 1.0" in part(page, "issued")


def test_a_discarded_checklist_is_not_shown_whatever_it_waited_for(scene):
    checklist = box(scene, 1, "prepared")
    for each in (scene.checklist, checklist):
        discard(checklist_id=each.pk, op_id=op(each.pk), reason="twice", by=scene.omar)

    for user in (scene.omar, scene.ines):
        page = text_of(shown(user))
        assert "proxy-01" not in page
        assert "box-1" not in page


def test_a_checklist_of_a_demo_account_is_marked(scene):
    User.objects.filter(pk=scene.omar.pk).update(is_demo=True)
    scene.omar.refresh_from_db()

    box(scene, 1)

    assert "box-1 DEMO" in part(shown(scene.ines), "open")


def test_what_people_typed_is_no_markup():
    catalogue()
    engineer, reviewer = omar(), ines()
    rollout = make_rollout(engineer, reviewer)
    type(rollout).objects.update(customer="<x-customer>", project="<x-project>")
    rollout.refresh_from_db()
    checklist = make_checklist(rollout, engineer, host="<x-host>")
    work_off(checklist, engineer)
    sign_prepared(checklist, engineer)
    return_items(
        checklist_id=checklist.pk,
        seen=seen(checklist),
        op_id=op("return"),
        comments={},
        comment="<x-comment>",
        by=reviewer,
    )

    page = shown(engineer).content.decode()

    assert "<x-" not in page
    for name in ("customer", "project", "host", "comment"):
        assert escape(f"<x-{name}>") in page


# What waits for me


def test_a_prepared_checklist_waits_for_the_reviewer():
    scene = Scene(at="prepared")

    page = shown(scene.ines)

    waiting = part(page, "to-sign")
    assert waiting.startswith("Waits for your signature 1 proxy-01 顧客株式会社 / 更改")
    assert re.search(r"Prepared by Omar 大森, \d{4}/\d\d/\d\d \d\d:\d\d · APP 2.0", waiting)
    assert reverse("checklists:review", args=[scene.id]) in page.content.decode()


def test_it_says_how_many_points_are_open():
    scene = Scene(at="worked")
    pending = {"waiting_for": "S", "due": "2026-12-01", "agreed_by": "T"}
    decide(scene.checklist, "A-1", "pending", by=scene.omar, **pending)
    sign_prepared(scene.checklist, scene.omar)

    assert "Pending 1" in part(shown(scene.ines), "to-sign")


def test_it_waits_for_nobody_without_the_role_and_not_for_who_prepared_it():
    scene = Scene(at="prepared")
    vic = person("vic", Role.READER)
    scene.rollout.members.add(vic)
    both = with_roles(scene.omar, Role.ENGINEER, Role.REVIEWER)

    for user in (vic, both):
        page = shown(user)
        assert part(page, "to-sign") == ""
        assert hosts(page, "open") == ["proxy-01"]


def test_it_waits_for_who_prepared_it_where_self_review_is_allowed(settings):
    settings.ALLOW_SELF_REVIEW = True
    scene = Scene(at="prepared")

    assert part(shown(scene.omar), "to-sign") == ""
    both = with_roles(scene.omar, Role.ENGINEER, Role.REVIEWER)
    assert hosts(shown(both), "to-sign") == ["proxy-01"]


def test_neither_a_draft_nor_an_issued_edition_waits(scene):
    box(scene, 1, "worked")
    box(scene, 2, "issued")

    assert part(shown(scene.ines), "to-sign") == ""


def test_what_waits_for_somebody_is_listed_however_many_are_newer(scene, monkeypatch):
    monkeypatch.setattr(home, "MOST_OPEN", 3)
    work_off(scene.checklist, scene.omar)
    sign_prepared(scene.checklist, scene.omar)
    for number in range(1, 5):
        box(scene, number)

    page = shown(scene.ines)

    assert hosts(page, "to-sign") == ["proxy-01"]
    assert hosts(page, "open") == ["box-4", "box-3", "proxy-01"]
    assert "Only the newest are listed." in part(page, "open")


def test_a_list_that_is_not_full_says_nothing_of_others(scene, monkeypatch):
    monkeypatch.setattr(home, "MOST_OPEN", 2)

    assert "Only the newest" not in part(shown(scene.omar), "open")


# What came back


def test_returned_items_are_told_to_the_engineers():
    scene = Scene(at="prepared")
    send_back(scene, A_1="again", A_2="why?")

    page = shown(scene.omar)

    assert part(page, "returned") == (
        "Returned to you 1 proxy-01 顧客株式会社 / 更改 2 items have to be decided again."
    )
    address = scene.checklist.get_absolute_url() + "?decision=returned"
    assert f'href="{address}"' in page.content.decode()
    assert part(shown(scene.ines), "returned") == ""


def test_they_are_told_until_the_last_is_decided_again():
    scene = Scene(at="prepared")
    send_back(scene, A_1="again", A_2="why?")

    decide(scene.checklist, "A-1", by=scene.omar)
    assert "1 item has to be decided again." in part(shown(scene.omar), "returned")

    decide(scene.checklist, "A-2", by=scene.omar)
    assert part(shown(scene.omar), "returned") == ""


def test_a_checklist_returned_as_a_whole_is_told_with_the_comment_until_it_is_signed_again():
    scene = Scene(at="prepared")
    send_back(scene, comment="Look again.")

    assert "Look again. Ines 稲" in part(shown(scene.omar), "returned")
    assert "?decision=returned" not in shown(scene.omar).content.decode()

    sign_prepared(scene.checklist, scene.omar, name="again")
    assert part(shown(scene.omar), "returned") == ""


def test_what_was_returned_is_listed_however_many_are_newer(monkeypatch):
    monkeypatch.setattr(home, "MOST_OPEN", 2)
    scene = Scene(at="prepared")
    send_back(scene, A_1="again")
    for number in range(1, 4):
        box(scene, number)

    assert "proxy-01" in part(shown(scene.omar), "returned")


# Issued


def test_the_editions_issued_last_stand_first_and_the_old_ones_go(scene, monkeypatch):
    monkeypatch.setattr(home, "MOST_ISSUED", 2)
    for number in range(1, 4):
        box(scene, number, "issued")

    found = re.findall(r"box-\d 1\.0", part(shown(scene.omar), "issued"))

    assert found == ["box-3 1.0", "box-2 1.0"]


def test_what_was_accepted_lately_stands_before_what_was_issued_after_it(scene, monkeypatch):
    monkeypatch.setattr(home, "MOST_ISSUED", 2)
    first, second, _third = (box(scene, number, "issued") for number in range(1, 4))
    for checklist in (second, first):
        scene.edition = checklist.editions.get()
        record_paper(scene, name=f"paper {checklist.host}")

    issued = part(shown(scene.omar), "issued")

    assert re.findall(r"box-\d 1\.0", issued) == ["box-1 1.0", "box-2 1.0"]
    assert issued.count(f"Accepted by {SUZUKI.name}, ") == 2


def test_an_acceptance_that_was_revoked_does_not_count(scene):
    first, _second = (box(scene, number, "issued") for number in (1, 2))
    scene.edition = first.editions.get()
    reply = record_paper(scene)
    revoke_reply(sign_off_id=reply.pk, op_id=op("take back"), reason="another box", by=scene.ines)

    issued = part(shown(scene.omar), "issued")

    assert re.findall(r"box-\d 1\.0", issued) == ["box-2 1.0", "box-1 1.0"]
    assert "Accepted by" not in issued


def test_a_revoked_edition_says_so():
    scene = Scene(at="issued")
    assert "Issued" in part(shown(scene.omar), "issued").split("·")[1]

    revoke_edition(edition_id=scene.edition.pk, op_id=op("r"), reason="wrong", by=scene.ines)

    assert part(shown(scene.omar), "issued").endswith("Revoked")


# What devices have not sent


def device(checklist, user, *, unsent=0, offline=False, silent=False):
    """A laptop of `user`; `silent`: not heard of for longer than an open page takes."""
    contact(
        checklist_id=checklist.pk,
        device=op(f"{checklist.pk} {user.pk}"),
        label="Windows, Edge",
        unsent=unsent,
        offline=offline,
        clock_offset=0,
        by=user,
    )
    if silent:
        Device.objects.update(last_contact=timezone.now() - 2 * SILENT)


def test_devices_with_unsent_entries_are_named_with_person_and_box(scene):
    device(scene.checklist, scene.omar, unsent=3)

    assert part(shown(scene.ines), "devices").startswith(
        "Devices that may hold entries that were not sent 1"
        " proxy-01 Omar 大森 Windows, Edge : 3 entries not sent last heard of"
    )


def test_a_device_that_took_a_checklist_along_and_is_silent_may_hold_something(scene):
    device(scene.checklist, scene.omar, offline=True, silent=True)

    assert "took it along to work offline, and is silent" in part(shown(scene.omar), "devices")


@pytest.mark.parametrize("state", [{}, {"offline": True}, {"silent": True}])
def test_devices_that_hold_nothing_are_not_mentioned(scene, state):
    device(scene.checklist, scene.omar, **state)

    assert part(shown(scene.omar), "devices") == ""


def test_nobody_hears_of_devices_of_other_rollouts_or_of_discarded_checklists(scene):
    device(scene.checklist, scene.omar, unsent=3)
    stranger = person("stranger", Role.ENGINEER)

    assert part(shown(stranger), "devices") == ""
    discard(checklist_id=scene.id, op_id=op("discard"), reason="a mistake", by=scene.omar)
    assert part(shown(scene.omar), "devices") == ""


# As many queries for many


@pytest.mark.parametrize("number", [1, 30])
def test_it_takes_as_many_queries_for_30_checklists_as_for_1(number, django_assert_num_queries):
    scene = Scene(at="prepared")
    issued = box(scene, 100, "issued")
    for each in range(1, number):
        checklist = box(scene, each)
        if each % 3 == 0:
            decide(checklist, "A-1", by=scene.omar)
            checklist.items.filter(tracking_id="A-1").update(returned=True)
        if each % 4 == 0:
            work_off(checklist, scene.omar)
            checklist.items.update(returned=False)
            sign_prepared(checklist, scene.omar, name=each)
    for each in scene.rollout.checklists.filter(editions__issued_at__isnull=True):
        device(each, scene.omar, unsent=1)
    both = with_roles(scene.omar, Role.ENGINEER, Role.REVIEWER)
    client = client_of(both)
    client.get(HOME)

    with django_assert_num_queries(14):
        page = client.get(HOME)

    assert len(page.context["open_rows"]) == number
    assert len(page.context["devices"]) == min(number, MOST_DEVICES)
    assert [edition.checklist_id for edition in page.context["issued"]] == [issued.pk]


# As a picture


@pytest.mark.e2e
def test_each_column_stands_under_its_head(page, login_as):
    scene = Scene()

    login_as(page, scene.omar)
    page.goto(HOME)

    head, row = page.get_by_role("row").all()
    expect(row).to_contain_text("proxy-01")
    heads = [cell.bounding_box()["x"] for cell in head.get_by_role("columnheader").all()]
    cells = [cell.bounding_box()["x"] for cell in row.get_by_role("cell").all()]
    assert len(heads) == 6
    assert heads[1:] == cells
