"""The catalogue moves on, as people see it: it is searched, compared and edited, edition 1.4 comes
in, and one open and one issued checklist are told of it."""

import csv
import io
import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from advisories.models import Advisory
from checklists.actions import record
from checklists.models import Checklist, Edition, Event
from checklists.verification import findings
from portal.roles import Role
from tests.factory import load_fixture_catalogue, make_user
from tests.support import editions, rollouts
from tests.support.rollouts import op

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

EDITED = "IWS-1120274"
BOX = {"release": "iwsva-6.5-sp3", "mode": "forward-proxy", "installed_with": "iwsva-6.5-sp3"}


def test_the_catalogue_moves_on_under_an_open_and_an_issued_checklist(
    open_page, login_as, tmp_path, monkeypatch
):
    rollouts.quick_pdf(monkeypatch)
    load_fixture_catalogue()
    omar, ines, mara = (make_user(role) for role in (Role.ENGINEER, Role.REVIEWER, Role.EDITOR))
    rollout = rollouts.make_rollout(omar, ines)
    issued = worked_off(rollout, omar, "proxy-issued")
    rollouts.sign_prepared(issued, omar)
    rollouts.sign_reviewed(issued, ines)
    before = files_of(issued)
    worked_off(rollout, omar, "proxy-open")
    engineer, editor = open_page(), open_page()
    login_as(engineer, omar)
    login_as(editor, mara)

    find(engineer)
    compare(engineer)
    edit_with_a_note(editor)
    import_edition_1_4(editor, tmp_path)
    take_what_matters(engineer)
    the_issued_edition_says_what_moved(engineer, issued)
    the_document_says_whom_it_touches(engineer)

    assert files_of(issued) == before
    for checklist in Checklist.objects.all():
        assert findings(checklist) == []


def worked_off(rollout, by, host):
    """A checklist of the real catalogue with a decision on everything that asks for one."""
    checklist = rollouts.make_checklist(rollout, by, name=host, **BOX | {"host": host})
    for item in checklist.items.exclude(verdict="not_applicable"):
        record(
            checklist_id=checklist.pk,
            op_id=op((host, item.tracking_id)),
            kind=Event.Kind.DECISION,
            payload={"item": item.tracking_id, "decision": {"decision": "done", "note": "済"}},
            base_version=0,
            by=by,
        )
    return checklist


def files_of(checklist):
    edition = Edition.objects.get(checklist=checklist)
    return edition.digest, edition.files


# Finding


def find(page):
    page.goto("/advisories/")
    page.get_by_label("検索する語句").fill("欠落")
    page.keyboard.press("Enter")
    expect(page.locator("#result-count")).to_have_text("32 件中 1 件")
    expect(page.locator("mark").first).to_have_text("欠落")
    page.get_by_role("link", name="高トラフィック時").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "高トラフィック時の TCP セグメント欠落対策"
    )


def compare(page):
    page.goto("/advisories/")
    page.get_by_role("link", name="比較", exact=True).click()
    for side, release, mode in (("A", "iwsva-6.5-sp2", "icap"), ("B", "iwsva-6.5-sp3", "icap")):
        box = page.get_by_role("group", name=re.compile(f"機器 {side}"))
        box.get_by_label("リリース").select_option(release)
        box.get_by_label("配置モード").select_option(mode)
    expect(page.locator("#result-count")).to_contain_text("32 件")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV", exact=True).click()
    text = download.value.path().read_text(encoding="utf-8-sig")
    assert len(list(csv.reader(io.StringIO(text)))) == 1 + 32


# Editing


def edit_with_a_note(page):
    row = Advisory.objects.get(tracking_id=EDITED)
    page.goto(reverse("admin:advisories_advisory_change", args=[row.pk]))
    page.get_by_label("対応 (日本語)").fill("想定通信量を測り、Q&A の値に調整する。")
    page.get_by_role("button", name="確認して公開する").click()
    expect(page.locator(".errorlist")).to_be_visible()
    page.get_by_label("変更内容").fill("対応の手順を明確にした")
    page.get_by_role("button", name="確認して公開する").click()
    review = page.get_by_role("status", name="公開前の確認")
    review.get_by_role("button", name="変更を公開する").click()
    expect(page.get_by_text("リビジョン 2 として公開しました。")).to_be_visible()


def import_edition_1_4(page, tmp_path):
    file = tmp_path / "edition-1.4.json"
    file.write_bytes(editions.as_bytes(editions.edition_1_4()))
    page.goto(reverse("admin:advisories_documentimport_add"))
    page.get_by_label("ファイル").set_input_files(file)
    page.get_by_role("button", name="ポータルと比較").click()
    for name in (editions.ADDED, editions.REWORDED, editions.RERATED, editions.FIXED):
        expect(page.get_by_role("checkbox", name=name)).to_be_checked()
    expect(page.get_by_role("checkbox", name=EDITED)).not_to_be_checked()
    page.get_by_role("checkbox", name=editions.DROPPED).check()
    page.get_by_label("変更内容").fill("1.4 版を反映")
    page.get_by_label("理由").fill("1.4 版で削除された")
    page.get_by_role("button", name="チェックしたものを取り込む").click()
    expect(page.get_by_text(editions.ADDED).first).to_be_visible()
    assert Advisory.objects.get(tracking_id=editions.FIXED).revision == 2
    assert Advisory.objects.get(tracking_id=EDITED).revision == 2


# What it does to checklists


def take_what_matters(page):
    page.goto("/")
    page.get_by_role("link", name="proxy-open").filter(has_text="アドバイザリの変更").click()
    offer = page.locator(f"#offer-{editions.FIXED}")
    expect(offer).to_contain_text("修正済 (確認のみ)")
    expect(page.locator(f"#offer-{EDITED} ins").first).to_contain_text("測り")
    offer.get_by_role("button", name="新しいリビジョンを取り込む").click()
    expect(page.get_by_text("1 件の変更を取り込みました。")).to_be_visible()
    page.get_by_role("button", name="一覧に追加する").click()
    expect(page.get_by_text("1 件の変更を取り込みました。")).to_be_visible()


def the_issued_edition_says_what_moved(page, checklist):
    page.goto(reverse("checklists:edition", args=[checklist.pk, "1.0"]))
    moved = page.get_by_role("region", name=re.compile("変更"))
    for title in ("高トラフィック時の TCP", "IPv6 の名前解決の遅れ"):
        expect(moved).to_contain_text(title)


def the_document_says_whom_it_touches(page):
    page.goto("/")
    page.get_by_role("link", name="1.4").click()
    for table, host in (
        ("作成中のチェックリスト", "proxy-open"),
        ("発行済みの版", "proxy-issued"),
    ):
        expect(page.get_by_role("region", name=table, exact=True)).to_contain_text(host)
