"""An evening in the server room: two engineers, three boxes, one of them without a network for half
of the work. A conflict is settled by a person, a screenshot is the proof, everybody sees the same
in the end, and the signature waits for the silent laptop or is told to go on without it."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from checklists.models import Checklist, Device, Event, Evidence
from checklists.querysets import SILENT
from checklists.verification import findings
from portal.roles import Role
from tests.support.offline import (
    READY,
    SCRIPTED,
    enter,
    kept,
    outbox_is_empty,
    save,
    says,
    send_now,
    settled,
)
from tests.support.proofs import give, picture
from tests.support.rollouts import PASSWORD, Scene, person

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
SHOT = ("image.png", "image/png", picture())
SILENT_DEVICE = "未送信の入力が残っている可能性のある端末"


def test_an_evening_in_the_server_room(open_page, login_as, open_offline):
    scene = Scene()
    olga = person("olga", Role.ENGINEER, display_name="Olga 折田")
    scene.rollout.members.add(olga)
    omars = open_page()
    login_as(omars, scene.omar)
    first = scene.checklist
    second, third = (add_a_box(omars, first, host) for host in ("proxy-02", "proxy-03"))

    # Both begin with the network; then hers is gone, for half of the work.
    olgas = take_along(open_offline(scene, by=olga), first)
    others = take_along(in_another_tab(olgas, second), second)
    olgas.context.set_offline(True)
    decide_without_a_network(olgas, 1, "設定済", "オルガの値")
    decide_without_a_network(olgas, 3, "実施済", "AD は使わない", waiting=2)
    decide_without_a_network(others, 1, "実施済", "届くのが遅れた値")

    # He goes on: one item by itself with its proof, then what is left of two boxes at once.
    on(omars, first)
    enter(omars, 1, "実施済", "大森の値")
    save(omars, 1)
    expect(settled(omars, "大森の値")).to_contain_text("実施済")
    prove(omars, 1)
    verify_the_fixed_one(omars)
    work_off_at_once(omars, second, "大森が代わりに実施")
    work_off_at_once(omars, third, "大森が実施", all_of_them=3)

    # The signature of the first box waits; she comes back and settles what differs.
    ten_minutes_pass(olga)
    omars.goto(f"{first.get_absolute_url()}prepare/")
    expect(omars.get_by_role("region", name=SILENT_DEVICE)).to_contain_text("Olga 折田")
    expect(omars.get_by_role("button", name="作成者として署名")).to_have_count(0)  # 3 is open
    sign_without_the_silent_device(omars, second)

    olgas.context.set_offline(False)
    send_now(olgas)
    settle_the_conflict(olgas)
    expect_the_same(omars, olgas, first)
    sign(omars, first)

    # What came after the signature changed nothing, and is kept.
    send_now(others)
    outbox_is_empty(others)
    assert decision_of(second) == ("done", "大森が代わりに実施")
    late = second.events.get(outcome=Event.Outcome.LATE)
    assert (late.actor, late.payload["decision"]["note"]) == (olga, "届くのが遅れた値")
    assert second.events.get(kind="prepared").payload["without"][0]["person"] == "Olga 折田"

    sign(omars, third)
    assert [state_of(box) for box in (first, second, third)] == ["prepared"] * 3
    assert decision_of(first) == ("verified", "オルガの値")
    assert Evidence.objects.get().item.checklist == first
    assert [findings(Checklist.objects.get(pk=box.pk)) for box in (first, second, third)] == [
        []
    ] * 3
    expect_the_matrix_to_show_where_the_boxes_differ(omars, scene)


def add_a_box(page, like, host):
    page.goto(f"{like.get_absolute_url()}another/")
    page.get_by_label("ホスト名").fill(host)
    page.get_by_role("button", name="機器を追加").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(host)
    return Checklist.objects.get(host=host)


def on(page, checklist):
    """The checklist's page, when its scripts have taken over."""
    page.goto(checklist.get_absolute_url())
    page.get_by_role("heading", name=SCRIPTED).wait_for()


def in_another_tab(page, checklist):
    other = page.context.new_page()
    on(other, checklist)
    other.get_by_text(READY).wait_for()
    return other


def take_along(page, checklist):
    """Ready to work without a network, which the portal hears of with the first entry."""
    page.get_by_role("checkbox", name="オフラインでも使う").check()
    enter(page, 2, "実施済", f"{checklist.host} で設定した")
    save(page, 2)
    expect(settled(page, "で設定した")).to_contain_text("実施済")
    assert Device.objects.filter(checklist=checklist, offline=True).count() == 1
    return page


def decide_without_a_network(page, number, decision, note, *, waiting=1):
    enter(page, number, decision, note)
    save(page, number)
    says(page, f"この端末に保存済み、未送信: {waiting}")
    assert note in {entry["payload"]["decision"]["note"] for entry in kept(page)}


def prove(page, number):
    row = page.locator(f"#item-{number}")
    row.get_by_text("内容と変更").click()
    give(row.get_by_label("備考"), "paste", SHOT)
    expect(row.get_by_role("img", name="image.png")).to_be_visible()


def verify_the_fixed_one(page):
    page.get_by_role("heading", name=re.compile("修正済")).click()
    page.get_by_role("button", name="設定済 4").click()
    expect(page.locator("#item-4 .stamp")).to_contain_text("設定済")


def work_off_at_once(page, checklist, note, *, all_of_them=2):
    """What is still open of a box: ticked, and decided with one button."""
    on(page, checklist)
    page.keyboard.press("j")
    for number in [1, 2, 3] if all_of_them == 3 else [1, 3]:
        page.get_by_role("checkbox", name=f"選択: 項目 {number}", exact=True).check()
    bar = page.get_by_role("form", name="選択した項目をまとめて判断")
    bar.get_by_role("radio", name="実施済").check()
    bar.get_by_label("備考").fill(note)
    bar.get_by_role("button", name="選択した項目に記録").click()
    says(page, f"記録しました: {all_of_them}")
    verify_the_fixed_one(page)


def ten_minutes_pass(user):
    """Nobody hears of this person's devices for longer than an open page is ever silent."""
    long_ago = timezone.now() - SILENT - timedelta(minutes=1)
    Device.objects.filter(user=user).update(last_contact=long_ago)


def sign_without_the_silent_device(page, checklist):
    page.goto(f"{checklist.get_absolute_url()}prepare/")
    page.get_by_label("パスワード").fill(PASSWORD)
    page.get_by_role("button", name="作成者として署名").click()
    expect(page.get_by_role("alert")).to_contain_text("待たずに署名する端末ごとにチェック")
    page.get_by_role("checkbox", name="この端末を待たずに署名する").check()
    press_sign(page)


def sign(page, checklist):
    """With no device to wait for."""
    page.goto(f"{checklist.get_absolute_url()}prepare/")
    expect(page.get_by_role("region", name=SILENT_DEVICE)).to_have_count(0)
    press_sign(page)


def press_sign(page):
    page.get_by_role("button", name="作成者として署名").click()
    expect(page.get_by_role("status").filter(has_text="審査待ちです")).to_be_visible()


def settle_the_conflict(page):
    """Her value met his: both stand beside each other, and she says which one counts."""
    conflict = page.get_by_role("region", name="項目 1: 注意 1")
    expect(conflict).to_contain_text("オルガの値")
    expect(conflict).to_contain_text("大森の値")
    conflict.get_by_role("button", name="この入力を採用").click()
    expect(conflict).to_have_count(0)
    outbox_is_empty(page)


def expect_the_same(one, other, checklist):
    """Both pages show the same of every item, without being loaded again."""
    on(one, checklist)
    for page in (one, other):
        for words in ("オルガの値", "proxy-01 で設定した", "AD は使わない"):
            expect(settled(page, words)).to_be_visible()
        expect(page.locator("#item-1").get_by_role("img", name="image.png")).to_be_visible()
        expect(page.get_by_role("figure").filter(has_text="全体")).to_contain_text("3 / 3")


def decision_of(checklist):
    found = checklist.items.get(tracking_id="A-1")
    return found.decision, found.note


def state_of(checklist):
    return checklist.editions.get().state


def expect_the_matrix_to_show_where_the_boxes_differ(page, scene):
    page.goto(f"/rollouts/{scene.rollout.pk}/matrix/")
    row = page.get_by_role("row").filter(has_text="注意 1")
    expect(row).to_contain_text("設定済")
    expect(row).to_contain_text("実施済")
    expect(row).to_have_class(re.compile("differs"))
