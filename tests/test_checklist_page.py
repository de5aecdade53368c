"""The checklist's page: what stands on it, in which order, for whom, in both languages."""

import re
from datetime import date
from html import escape
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import translation
from playwright.sync_api import expect

from advisories.applicability import FixScope, Severity, Status
from advisories.models import (
    Advisory,
    AffectedProduct,
    Category,
    Condition,
    DocumentRevision,
    Mode,
    Product,
    Reference,
    Release,
    SourceDocument,
    Topic,
)
from checklists.actions import discard, reopen, return_items, revoke_edition
from checklists.models import Checklist
from checklists.page.header import age_text, header_of
from portal.models import User
from portal.roles import Role
from tests.support.pages import client_of, hidden, text_of, url
from tests.support.rollouts import (
    Scene,
    answer,
    decide,
    make_checklist,
    make_rollout,
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


@pytest.fixture
def scene():
    return Scene()


def shown(scene, by=None, *, language="en", **query):
    """The page as `by` (Omar unless said) sees it."""
    client = client_of(by or scene.omar, language=language)
    return client.get(url("checklist_detail", scene), query)


def html(response):
    return response.content.decode()


def main(response):
    """The page's own part, without the bar."""
    return html(response).split("<main", 1)[1]


def another(scene, **box):
    """The scene with a new checklist, made from the catalogue as it is now."""
    scene.checklist = make_checklist(scene.rollout, scene.omar, name="another", **box)
    return scene


def item(response, position):
    """One item of the list, as HTML."""
    rows = html(response).split('<li class="item')[1:]
    row = next(row for row in rows if f' id="item-{position}"' in row[:80])
    return '<li class="item' + row.split("</ol>")[0]


def words(markup):
    return " ".join(re.sub(r"<[^>]+>", " ", markup).split())


def positions(response):
    """The numbers of the items, from top to bottom."""
    return [int(n) for n in re.findall(r'<li class="item[^"]*" id="item-(\d+)"', html(response))]


def sections(response):
    """(title, count) of each part of the list, from top to bottom."""
    found = re.findall(r'<section class="group .*?<h2[^>]*>(.*?)</h2>', html(response), re.S)
    return [words(heading) for heading in found]


def sum_of(response):
    return words(re.search(r'<p class="sum">.*?</p>', html(response), re.S)[0])


def progress(response):
    return words(re.search(r'<div class="progress"[^>]*>.*?</div></div>', html(response), re.S)[0])


def facts(response):
    return words(re.search(r'<p class="facts">.*?</p>', html(response), re.S)[0])


def returned(scene, comment="", **comments):
    sign_prepared(scene.checklist, scene.omar)
    return_items(
        checklist_id=scene.id,
        seen=seen(scene.checklist),
        op_id=op("return"),
        comments={name.replace("_", "-"): text for name, text in comments.items()},
        comment=comment,
        by=scene.ines,
    )


def reader_of(scene):
    vic = person("vic", Role.READER)
    scene.rollout.members.add(vic)
    return vic


# Who sees it


def test_every_member_sees_it_and_nobody_else(scene, client):
    stranger = person("sam", Role.ENGINEER, Role.REVIEWER)
    address = url("checklist_detail", scene)

    assert client.get(address).url == f"{reverse('login')}?next={address}"
    assert shown(scene, stranger).status_code == 404
    for member in (scene.omar, scene.ines, reader_of(scene), person("root", is_superuser=True)):
        assert shown(scene, member).status_code == 200
    assert client_of(scene.omar).get(address.replace("-", "0")).status_code == 404


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_it_is_only_read(scene, method):
    client = client_of(scene.omar)

    assert getattr(client, method)(url("checklist_detail", scene)).status_code == 405


def test_no_cache_keeps_it(scene):
    assert "no-store" in shown(scene)["Cache-Control"]


@pytest.mark.parametrize("language", ["ja", "en"])
def test_it_has_one_heading_and_no_id_twice(scene, language):
    decide(scene.checklist, "A-1", by=scene.omar)
    decide(scene.checklist, "A-1", "verified", by=scene.omar, version=0)

    page = html(shown(scene, language=language))

    ids = re.findall(r' id="([^"]*)"', page)
    assert page.count("<h1") == 1
    assert len(ids) == len(set(ids))
    assert f'<html lang="{language}">' in page


# The list


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "en",
            [
                "Tuning 0 of 3 decided",
                "Fixed, verify only 0 of 1 decided",
                "Not applicable 1 item",
            ],
        ),
        (
            "ja",
            ["調整 3 件中 0 件判断済み", "修正済 (確認のみ) 1 件中 0 件判断済み", "対象外 1 件"],
        ),
    ],
)
def test_what_has_to_be_decided_comes_first_then_fixed_then_not_applicable(
    scene, language, expected
):
    page = shown(scene, language=language)

    assert sections(page) == expected
    assert positions(page) == [1, 2, 3, 4, 5]


def test_categories_come_in_the_order_of_the_document_and_so_do_their_items(scene):
    behaviour = Category.objects.create(slug="behaviour", name_ja="機能", name_en="Behaviour")
    Advisory.objects.filter(tracking_id="A-2").update(category=behaviour)

    page = shown(another(scene))

    assert sections(page)[:2] == ["Tuning 0 of 2 decided", "Behaviour 0 of 1 decided"]
    assert positions(page) == [1, 3, 2, 4, 5]


def test_several_items_are_counted_in_the_plural(scene):
    Advisory.objects.get(tracking_id="A-4").modes.add(Mode.objects.get(slug="bridge"))

    assert sections(shown(another(scene)))[-1] == "Not applicable 2 items"


def test_an_item_that_applies_by_a_condition_names_it(scene):
    answer(scene.checklist, "condition:directory", "yes", by=scene.omar)

    row = words(item(shown(scene), 3))

    assert "Action required Applies to this box. Answered yes: A directory is used" in row


def test_who_works_here_is_told_what_the_decisions_mean(scene):
    assert "nothing had to be changed" in text_of(shown(scene))
    assert "What the decisions mean" not in text_of(shown(scene, by=scene.ines))


def test_what_needs_no_work_is_folded_and_what_does_is_not(scene):
    page = html(shown(scene))

    assert re.search(r'<section class="group fixed"[^>]*>\s*<details><summary>', page)
    assert re.search(r'<section class="group not_applicable"[^>]*>\s*<details><summary>', page)
    assert re.search(r'<section class="group category-1"[^>]*>\s*<h2', page)


@pytest.mark.parametrize(
    ("language", "position", "reason"),
    [
        ("en", 1, "Action required Applies to this box."),
        ("ja", 1, "要対応 この機器に該当します。"),
        ("en", 3, "Needs an answer Not answered: A directory is used"),
        ("ja", 3, "要判断 未回答の条件: AD を使う"),
        ("en", 4, "Fixed, verify only Fixed in 2.0 for all installations. Verify the value."),
        ("en", 5, "Not applicable Not for Proxy. The document lists Bridge."),
    ],
)
def test_every_item_says_its_verdict_and_why(scene, language, position, reason):
    page = shown(scene, language=language)

    assert reason in words(item(page, position))


@pytest.mark.parametrize(
    ("box", "change", "reason"),
    [
        ({}, {"status": Status.NOT_AFFECTED}, "APP is not affected."),
        (
            {},
            {"status": Status.UNDER_INVESTIGATION},
            "The document does not say whether APP is affected.",
        ),
        (
            {"installed_with": "appliance-2"},
            {"fix_scope": FixScope.NEW_INSTALLS},
            "Fixed in 2.0 for new installations; this box was first installed with 2.0.",
        ),
        (
            {"installed_with": "unknown"},
            {"fix_scope": FixScope.NEW_INSTALLS},
            "Which release this box was first installed with is not known.",
        ),
        (
            {"mode": "unknown"},
            {"status": Status.AFFECTED},
            "The deployment mode is not known. The document lists Bridge.",
        ),
    ],
    ids=["product", "unnamed", "fixed", "lineage", "mode_open"],
)
def test_the_other_reasons_have_their_words_too(scene, box, change, reason):
    of = {"affected": "A-5", "under_investigation": "A-1"}.get(change.get("status"), "A-4")
    AffectedProduct.objects.filter(advisory__tracking_id=of).update(**change)

    page = shown(another(scene, **box))

    assert reason in text_of(page)


def test_an_answer_that_made_it_pointless_is_named(scene):
    answer(scene.checklist, DIRECTORY, "no", by=scene.omar)

    row = words(item(shown(scene), 3))

    assert "Not applicable Answered no: A directory is used" in row


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "en",
            "5 items = Action required 2 + Needs an answer 1 + Fixed, verify only 1"
            " + Not applicable 1",
        ),
        ("ja", "全 5 件 = 要対応 2 + 要判断 1 + 修正済 (確認のみ) 1 + 対象外 1"),
    ],
)
def test_the_counts_add_up_to_all(scene, language, expected):
    assert sum_of(shown(scene, language=language)) == expected


@pytest.mark.parametrize("value", ["yes", "no", "unknown"])
@pytest.mark.parametrize("query", [{}, {"severity": "high"}, {"verdict": "fixed"}])
def test_the_counts_add_up_whatever_is_answered_or_filtered(scene, value, query):
    answer(scene.checklist, DIRECTORY, value, by=scene.omar)

    counted = [int(n) for n in re.findall(r"\d+", sum_of(shown(scene, **query)))]

    assert counted[0] == sum(counted[1:]) == 5


def test_a_verdict_that_no_item_has_is_counted_too(scene):
    answer(scene.checklist, DIRECTORY, "no", by=scene.omar)

    assert "Needs an answer 0" in sum_of(shown(scene))


# The box


def test_the_head_says_which_box_it_is(scene):
    page = shown(scene)

    text = text_of(page)
    assert "<h1>proxy-01 " in html(page)
    assert "顧客株式会社 / 更改 P-1" in text
    assert "proxy-01 顧客株式会社 - " in re.search("<title>(.*?)</title>", html(page))[1]
    for fact in ("Edition 1.0 Draft", "APP 2.0", "First installed with: 1.0", "Supplement 1.0"):
        assert fact in facts(page)
    assert 'title="Appliance"' in html(page)


def test_the_mode_stands_in_the_head_with_its_note_and_the_products(scene):
    Mode.objects.filter(slug="proxy").update(note_ja="推定", note_en="Inferred: with WCCP")
    Product.objects.update(modes_note_ja="注記", modes_note_en="Bridge is inferred")

    page = shown(another(scene, mode_detail="L4 switch"))

    assert "Deployment mode: Proxy / L4 switch" in facts(page)
    assert '<p class="soft">Inferred: with WCCP</p>' in html(page)
    assert '<p class="soft">Bridge is inferred</p>' in html(page)


def test_a_mode_that_is_not_known_is_said_to_be_the_mode(scene):
    assert "Deployment mode: Not known" in facts(shown(another(scene, mode="unknown")))


def test_a_product_without_modes_has_only_their_detail(scene):
    Product.objects.get().modes.clear()

    page = facts(shown(another(scene, mode=None, mode_detail="HA")))

    assert "HA" in page
    assert "Deployment mode" not in page


@pytest.mark.parametrize(
    ("value", "words"), [("older", "An older release"), ("unknown", "Not known")]
)
def test_the_lineage_is_always_said(scene, value, words):
    answer(scene.checklist, "installed_with", value, by=scene.omar)

    assert f"First installed with: {words}" in facts(shown(scene))


def test_a_release_that_the_document_does_not_know_is_marked(scene):
    Release.objects.filter(slug="appliance-2").update(in_source=False)

    assert "Newer than the document" not in facts(shown(scene))
    assert "Newer than the document" in facts(shown(another(scene)))


def test_support_that_nobody_stated_is_said_to_be_not_stated(scene):
    assert "End of support: not stated" in facts(shown(scene))
    assert "サポート終了日: 記載なし" in facts(shown(scene, language="ja"))


@pytest.mark.parametrize(
    ("today", "text", "ended"),
    [
        (date(2026, 3, 30), "Supported until 2026/03/31", False),
        (date(2026, 3, 31), "Supported until 2026/03/31", False),
        (date(2026, 4, 1), "Support ended on 2026/03/31", True),
    ],
)
def test_support_ends_after_its_last_day(scene, today, text, ended):
    frozen = scene.checklist.frozen
    release = frozen["release"] | {
        "end_of_support": "2026-03-31",
        "end_of_support_source": "Life cycle page",
    }

    with translation.override("en"):
        header = header_of(frozen | {"release": release}, {"installed_with": "older"}, today)

    assert (header.support, header.ended) == (text, ended)
    assert header.support_source == "Life cycle page"


def test_support_that_has_ended_stands_in_the_head_with_its_source(scene):
    Release.objects.update(
        end_of_support=date(2020, 1, 31), end_of_support_source="Life cycle page"
    )

    page = shown(another(scene))

    assert "Support ended on 2020/01/31 (Life cycle page)" in facts(page)
    assert '<span class="tag ended">' in html(page)


@pytest.mark.parametrize(
    ("published", "today", "english", "japanese"),
    [
        (date(2022, 6, 22), date(2026, 11, 24), "4 years 5 months old", "発行から 4 年 5 か月"),
        (date(2022, 6, 22), date(2026, 6, 22), "4 years old", "発行から 4 年"),
        (date(2022, 6, 22), date(2026, 6, 21), "3 years 11 months old", "発行から 3 年 11 か月"),
        (date(2025, 1, 31), date(2026, 2, 28), "1 year old", "発行から 1 年"),
        (date(2026, 1, 31), date(2026, 2, 28), "", ""),
        (date(2026, 1, 5), date(2026, 2, 5), "1 month old", "発行から 1 か月"),
        (date(2026, 1, 5), date(2026, 1, 4), "", ""),
    ],
)
def test_the_age_of_the_document_is_in_whole_months(published, today, english, japanese):
    with translation.override("en"):
        assert age_text(published, today) == english
    with translation.override("ja"):
        assert age_text(published, today) == japanese


def test_the_document_stands_with_version_day_and_age(scene):
    DocumentRevision.objects.update(date=date(2022, 6, 22))

    page = facts(shown(another(scene)))

    assert re.search(r"Supplement 1\.0 \(2022/06/22, \d+ years.* old\)", page)
    assert re.search(r"Catalogue checked on \d{4}/\d\d/\d\d$", page)


def test_a_document_without_a_revision_has_neither_day_nor_age(scene):
    Advisory.objects.update(source_revision=None)
    DocumentRevision.objects.all().delete()

    page = facts(shown(another(scene)))

    assert "Supplement Catalogue checked on" in page


def test_a_checklist_made_by_a_demo_account_is_marked(scene):
    User.objects.filter(pk=scene.omar.pk).update(is_demo=True)
    scene.omar.refresh_from_db()

    assert "DEMO" in facts(shown(another(scene), scene.ines))


# Questions


def test_an_open_question_stands_first_with_the_items_that_wait_for_it(scene):
    Condition.objects.update(hint_ja="設定画面", hint_en="Settings page")

    page = html(shown(another(scene)))

    asked = re.search(r'<section class="questions".*?</section>', page, re.S)[0]
    assert "Answer these first 1 question" in words(asked)
    assert "A directory is used Where to look: Settings page Depends on it: 3" in words(asked)
    assert '<a class="num" href="#item-3">3</a>' in asked
    assert page.index('<section class="questions"') < page.index('<section class="group')
    assert 'name="value" value="unknown" checked' in asked


def test_an_answered_question_moves_to_all_answers_with_who_and_when(scene):
    answer(scene.checklist, DIRECTORY, "yes", by=scene.omar)

    page = html(shown(scene))

    assert '<section class="questions"' not in page
    answers = words(page.split('<details class="more answers">')[1].split("</dl>")[0])
    assert re.search(r"A directory is used Yes Omar 大森 \d{4}/\d\d/\d\d \d\d:\d\d", answers)
    assert "Correct A directory is used" in answers


def test_what_was_given_with_the_checklist_says_that_it_cannot_change(scene):
    page = html(shown(scene))

    mode = words(page.split('<details class="more answers">')[1].split("</div>")[0])
    assert "Deployment mode Proxy" in mode
    assert "Given when the checklist was made; it cannot change." in mode
    assert "Correct" not in mode


def test_a_mode_and_a_lineage_that_are_not_known_are_asked_with_their_choices(scene):
    Mode.objects.filter(slug="bridge").update(note_en="with HA")
    AffectedProduct.objects.filter(advisory__tracking_id="A-4").update(
        fix_scope=FixScope.NEW_INSTALLS
    )

    page = html(shown(another(scene, mode="unknown", installed_with="unknown")))

    asked = re.search(r'<section class="questions".*?</section>', page, re.S)[0]
    assert "Deployment mode Depends on it: 5" in words(asked)
    assert "First installed with Depends on it: 4" in words(asked)
    options = re.findall(r'<option value="([^"]*)"( selected)?>(.*?)</option>', asked)
    assert options == [
        ("bridge", "", "Bridge - with HA"),
        ("proxy", "", "Proxy"),
        ("unknown", " selected", "Not known"),
        ("appliance-1", "", "1.0"),
        ("appliance-2", "", "2.0"),
        ("older", "", "An older release"),
        ("unknown", " selected", "Not known"),
    ]


def test_a_mode_that_was_not_known_can_be_corrected_again(scene):
    another(scene, mode="unknown")
    answer(scene.checklist, "mode", "proxy", by=scene.omar)

    page = html(shown(scene))

    assert "Correct" in words(page.split('<details class="more answers">')[1].split("</div>")[0])


def test_a_question_that_can_change_nothing_any_more_is_not_asked(scene):
    Advisory.objects.get(tracking_id="A-3").modes.add(Mode.objects.get(slug="bridge"))

    assert '<section class="questions"' not in html(shown(another(scene)))


def test_who_cannot_answer_is_not_asked_to(scene):
    page = text_of(shown(scene, scene.ines))

    assert "Questions without an answer" in page
    assert "Answer these first" not in page


# One item


def test_an_item_shows_what_to_do_and_how_to_prove_it_in_both_languages(scene):
    Advisory.objects.filter(tracking_id="A-1").update(
        impact_ja="再起動", impact_en="Restart", check_ja="確認の仕方", check_en="Look here"
    )

    english, japanese = (
        shown(s, language=lang) for s, lang in ((another(scene), "en"), (scene, "ja"))
    )

    assert "Summary Impact: Restart Action How to check: Look here" in words(item(english, 1))
    assert "概要" in words(item(japanese, 1))
    assert "確認の仕方" in words(item(japanese, 1))


def test_a_text_without_english_stands_in_japanese(scene):
    Advisory.objects.update(title_en="", summary_en="")

    row = words(item(shown(another(scene)), 1))

    assert "注意 1" in row
    assert "概要" in row


def test_severity_is_a_word_and_none_is_a_dash(scene):
    Advisory.objects.filter(tracking_id="A-2").update(severity=None)

    page = shown(another(scene))

    assert "Severity High Advisory 1" in words(item(page, 1))
    assert "Severity — Advisory 2" in words(item(page, 2))


def test_the_fix_is_told_even_where_the_box_has_not_reached_it(scene):
    AffectedProduct.objects.filter(advisory__tracking_id="A-4").update(
        fix_note_ja="注記", fix_note_en="Only new files", fix_kind="default_changed"
    )
    another(scene, release="appliance-1")

    row = words(item(shown(scene), 4))

    assert "Action required" in row
    assert re.search(r"Fix: 2\.0 / .+ / Only new files", row)


def link(scene, **fields):
    """The link of item 1 with this reference, as HTML."""
    product = fields.pop("product", None)
    Reference.objects.create(
        advisory=Advisory.objects.get(tracking_id="A-1"), product=product, **fields
    )
    row = item(shown(another(scene)), 1)
    return re.search(r'<p class="links">(.*?)</p>', row)[1]


def test_a_reference_opens_beside_the_checklist_and_tells_nothing_of_it(scene):
    found = link(scene, number="1120273", url="https://example.org/1120273?a=1&b=2")

    assert found.startswith(
        '<a href="https://example.org/1120273?a=1&amp;b=2" target="_blank"'
        ' rel="noopener noreferrer">'
    )
    assert words(found) == "Q&amp;A 1120273 (opens in a new tab)"


def test_a_reference_with_a_successor_leads_to_it_and_prints_both(scene):
    found = link(
        scene,
        number="1120273",
        url="https://example.org/old",
        successor="KA-8812",
        successor_url="https://example.org/new",
    )

    assert 'href="https://example.org/new"' in found
    assert "1120273 → KA-8812" in found


def test_a_successor_without_an_address_leaves_the_old_one(scene):
    found = link(scene, number="1", url="https://example.org/old", successor="KA-1")

    assert 'href="https://example.org/old"' in found
    assert "1 → KA-1" in found


def test_a_reference_of_one_product_names_it(scene):
    found = link(scene, number="1", url="https://example.org/", product=Product.objects.get())

    assert "APP Q&amp;A" in words(found)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)",
        "\tjavascript:alert(1)",
        "data:text/html,x",
        "//example.org/",
        "vbscript:x",
        "httpx://example.org",
    ],
)
def test_what_is_no_web_address_is_no_link(scene, address):
    found = link(scene, number="1", url=address)

    assert "<a" not in found
    assert words(found) == "Q&amp;A 1"


def test_an_address_cannot_leave_its_attribute(scene):
    found = link(scene, number="1", url='https://example.org/"><script>alert(1)</script>')

    assert "<script" not in found
    assert 'href="https://example.org/&quot;&gt;&lt;script&gt;' in found


def test_a_decided_item_is_one_line_with_what_who_and_when(scene):
    event = decide(scene.checklist, "A-1", by=scene.omar, note="再起動済", before="on", after="off")

    row = item(shown(scene), 1)

    when = event.recorded_at.astimezone(ZoneInfo("Asia/Tokyo")).strftime("%Y/%m/%d %H:%M")
    line = words(row.split("<details")[0])
    assert row.startswith('<li class="item settled" id="item-1" data-item="A-1">')
    assert line == (
        f"1 Choose item 1 Severity High Advisory 1 Done 再起動済 Omar 大森 {when}"
        " Value before on Value after off"
    )
    assert "Summary" in words(row.split("<details")[1])


def test_a_note_without_a_decision_is_shown_and_the_item_stays_open(scene):
    decide(scene.checklist, "A-1", "open", by=scene.omar, note="later")

    row = item(shown(scene), 1)

    assert "settled" not in row[:40]
    assert "Open later Omar 大森" in words(row)
    assert "Tuning 0 of 3 decided" in sections(shown(scene))


def test_line_breaks_of_a_note_are_kept(scene):
    decide(scene.checklist, "A-1", by=scene.omar, note="one\ntwo")

    assert '<span class="user-text">one\ntwo</span>' in item(shown(scene), 1)


def test_the_form_holds_what_was_recorded(scene):
    decide(scene.checklist, "A-1", "pending", by=scene.omar, waiting_for="佐藤様", due="2026-12-01")

    row = item(shown(scene), 1)

    assert 'value="pending" checked' in row
    assert 'name="waiting_for" maxlength="200" value="佐藤様"' in row
    assert 'name="due" type="date" value="2026-12-01"' in row
    assert 'name="base_version" value="1"' in row
    assert "Waiting for 佐藤様 Due 2026/12/01" in words(row)


def test_only_a_decided_item_can_be_opened_again(scene):
    decide(scene.checklist, "A-1", by=scene.omar)

    page = shown(scene)

    assert 'name="decision" value="open"' in item(page, 1)
    assert 'name="decision" value="open"' not in item(page, 2)


def test_no_two_forms_share_an_operation(scene):
    make_page = html(shown(scene)) + html(shown(scene))

    ids = re.findall(r'name="op_id" value="([^"]*)"', make_page)
    assert len(ids) == len(set(ids)) > 10


def test_a_box_that_was_upgraded_verifies_what_is_fixed_with_one_button(scene):
    row = item(shown(scene), 4)

    assert '<form class="quick"' in row
    assert '<input type="hidden" name="decision" value="verified">' in row
    assert "old values may have come over" in text_of(shown(scene))


def test_a_box_installed_with_its_release_has_nothing_to_verify(scene):
    page = shown(another(scene, installed_with="appliance-2"))

    assert '<form class="quick"' not in item(page, 4)
    assert "Nothing has to be verified." in text_of(page)
    assert '<form class="work"' in item(page, 4)


def test_a_fixed_item_that_was_verified_has_no_button_any_more(scene):
    decide(scene.checklist, "A-4", "verified", by=scene.omar)

    row = item(shown(scene), 4)

    assert '<form class="quick"' not in row
    assert "Fixed in 2.0 for all installations" in words(row)
    assert "Verified Omar 大森" in words(row)


def test_a_returned_item_is_open_again_with_the_comment_and_its_decision():
    scene = Scene(at="worked")
    returned(scene, A_1="Show the <b>value</b>.\nPlease.")

    page = shown(scene)
    row = item(page, 1)

    assert row.startswith('<li class="item returned" id="item-1" data-item="A-1">')
    assert "Returned: Show the &lt;b&gt;value&lt;/b&gt;. Please. Ines 稲" in words(row)
    assert "Done 設定した Omar 大森" in words(row)
    assert '<form class="work"' in row.split("<details")[0]
    assert "Tuning 2 of 3 decided" in sections(page)


def test_the_banner_of_what_was_returned_leads_to_each_item_until_it_is_decided_again():
    scene = Scene(at="worked")
    returned(scene, A_1="Show it.", A_3="This, too.")
    address = scene.checklist.get_absolute_url()

    page = html(shown(scene, severity="high"))
    decide(scene.checklist, "A-1", by=scene.omar, name="again")
    decide(scene.checklist, "A-3", by=scene.omar, name="again, too")

    assert f'<a href="{address}#item-1" class="num">1</a>' in page
    assert f'<a href="{address}#item-3" class="num">3</a>' in page
    assert "To be decided again" not in text_of(shown(scene))


def test_an_item_whose_advisory_changed_asks_to_be_read_again():
    scene = Scene(at="worked")
    scene.checklist.items.filter(tracking_id="A-2").update(flagged=True)

    row = item(shown(scene), 2)

    assert row.startswith('<li class="item flagged" id="item-2" data-item="A-2">')
    assert "The advisory has changed. Read it again and confirm the decision." in words(row)


# Decisions of the checklist before


def successor(scene):
    """A new checklist of the same box; the one before is worked off."""
    decide(
        scene.checklist,
        "A-1",
        "risk_accepted",
        by=scene.omar,
        note="a\nb",
        reason="old",
        approver="Boss",
    )
    decide(scene.checklist, "A-4", "verified", by=scene.omar, after="on")
    return another(scene, predecessor=scene.checklist)


def test_what_was_decided_before_is_offered_and_not_copied(scene):
    page = shown(successor(scene))

    row = item(page, 1)
    assert "Decided on the checklist before this one: Omar 大森" in words(row)
    assert "Decision Risk accepted Note a b Reason for the decision old Approved by Boss" in words(
        row
    )
    assert " checked" not in row
    assert scene.item("A-1").decision == "open"
    assert "All 0 / 3" in progress(page)
    assert "Decided on the checklist before" not in item(page, 2)


def test_the_offer_is_taken_with_one_button(scene):
    successor(scene)
    page = shown(scene)
    form = re.search(r'<form class="quick".*?</form>', item(page, 1), re.S)[0]
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))

    response = client_of(scene.omar).post(re.search('action="([^"]*)"', form)[1], fields)

    taken = scene.item("A-1")
    assert response.status_code == 302
    assert (taken.decision, taken.note, taken.decision_reason, taken.approver) == (
        "risk_accepted",
        "a\nb",
        "old",
        "Boss",
    )
    assert "Record the same decision" not in item(shown(scene), 1)


def test_who_may_not_decide_sees_the_offer_without_a_button(scene):
    row = item(shown(successor(scene), scene.ines), 1)

    assert "Decided on the checklist before this one: Omar 大森" in words(row)
    assert "<form" not in row


def test_a_fixed_item_has_its_offer_in_its_fold(scene):
    row = item(shown(successor(scene)), 4)

    assert "Value after on" in words(row.split("<details")[1])


# Progress


def test_progress_is_counted_by_severity_over_what_has_to_be_decided(scene):
    decide(scene.checklist, "A-1", by=scene.omar)
    decide(scene.checklist, "A-4", "verified", by=scene.omar)

    assert progress(shown(scene)).startswith("High 1 / 1 Medium 0 / 1 Low 0 / 1 All 1 / 3")


def test_a_severity_with_nothing_to_decide_has_no_figure(scene):
    answer(scene.checklist, DIRECTORY, "no", by=scene.omar)
    Advisory.objects.filter(tracking_id="A-2").update(severity=None)

    assert "Low" not in progress(shown(scene))
    assert "None given 0 / 1" in progress(shown(another(scene)))


def test_what_was_returned_counts_as_open():
    scene = Scene(at="worked")
    returned(scene, A_1="again")

    assert "High 0 / 1" in progress(shown(scene))
    assert "All 2 / 3" in progress(shown(scene))


def test_pending_items_are_counted_beside_it(scene):
    assert "Pending" not in progress(shown(scene))
    decide(scene.checklist, "A-1", "pending", by=scene.omar)
    decide(scene.checklist, "A-5", "pending", by=scene.omar)

    assert "Pending 2" in progress(shown(scene))
    assert "All 1 / 3" in progress(shown(scene))


# Filters


@pytest.fixture
def topical():
    """A-1 and A-4 have a topic, A-2 has another and no severity, A-1 is done."""
    scene = Scene()
    network = Topic.objects.create(slug="network", name_ja="通信", name_en="Network")
    mail = Topic.objects.create(slug="mail", name_ja="メール", name_en="Mail")
    for tracking_id, topics in (("A-1", [network]), ("A-2", [mail]), ("A-4", [network, mail])):
        Advisory.objects.get(tracking_id=tracking_id).topics.set(topics)
    Advisory.objects.filter(tracking_id="A-2").update(severity=None)
    another(scene)
    decide(scene.checklist, "A-1", by=scene.omar)
    return scene


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, [1, 2, 3, 4, 5]),
        ({"severity": "high"}, [1]),
        ({"severity": "none"}, [2]),
        ({"severity": ["high", "low"]}, [1, 3, 5]),
        ({"decision": "done"}, [1]),
        ({"decision": "open"}, [2, 3, 4]),
        ({"decision": "none_needed"}, [5]),
        ({"verdict": "required"}, [1, 2]),
        ({"verdict": ["fixed", "not_applicable"]}, [4, 5]),
        ({"topic": "network"}, [1, 4]),
        ({"topic": ["network", "mail"]}, [1, 2, 4]),
        ({"topic": "mail", "verdict": "fixed"}, [4]),
        ({"topic": "network", "decision": "done", "severity": "high"}, [1]),
        ({"severity": "high", "verdict": "fixed"}, []),
        ({"decision": "pending"}, []),
    ],
    ids=str,
)
def test_a_filter_keeps_what_has_one_value_of_each_facet(topical, query, expected):
    page = shown(topical, **query)

    assert positions(page) == expected
    if query:
        assert f"{len(expected)} of 5 items are shown." in text_of(page)


@pytest.mark.parametrize(
    "query",
    [
        {"severity": "worst"},
        {"severity": ""},
        {"topic": "<script>alert(1)</script>"},
        {"decision": "returned"},
        {"verdict": "\x00"},
        {"owner": "me"},
        {"severity": "HIGH"},
    ],
    ids=str,
)
def test_a_value_that_is_none_filters_nothing(topical, query):
    page = shown(topical, **query)

    assert positions(page) == [1, 2, 3, 4, 5]
    assert "items are shown" not in text_of(page)
    assert "<script>alert" not in html(page)


def test_beside_a_known_value_an_unknown_one_counts_for_nothing(topical):
    page = shown(topical, severity=["high", "worst"], topic="nothing")

    assert positions(page) == [1]


def test_an_empty_list_says_so_and_leads_back_to_all(topical):
    page = shown(topical, severity="high", verdict="fixed")

    assert "0 of 5 items are shown." in text_of(page)
    assert "No item has all that you have chosen." in text_of(page)
    assert f'href="{topical.checklist.get_absolute_url()}">Show all</a>' in html(page)


def test_every_facet_has_its_options_with_the_count_in_the_whole_list(topical):
    page = html(shown(topical, severity="high"))

    form = re.search(r'<form class="filters".*?</form>', page, re.S)[0]
    fieldsets = [words(f) for f in re.findall("<fieldset>.*?</fieldset>", form, re.S)]
    assert fieldsets == [
        "Severity High 1 Medium 1 Low 2 None given 1",
        "Decision Open 3 Done 1 Verified 0 Not needed 0 Risk accepted 0 Pending 0"
        " None needed (not applicable) 1",
        "Verdict Action required 2 Needs an answer 1 Fixed, verify only 1 Not applicable 1",
        "Topic Network 2 Mail 2",
    ]
    assert re.findall(r'value="(\w+)" checked', form) == ["high"]
    assert "<details open>" in form


def test_facets_without_a_value_are_not_offered(scene):
    form = re.search(r'<form class="filters".*?</form>', html(shown(scene)), re.S)[0]

    assert "Topic" not in words(form)
    assert "None given" not in words(form)
    assert "Returned" not in words(form)


def test_returned_items_can_be_looked_for():
    scene = Scene(at="worked")
    returned(scene, A_2="again")
    scene.checklist.items.filter(tracking_id="A-3").update(flagged=True)

    page = shown(scene, decision="returned")

    assert positions(page) == [2, 3]
    assert "Returned 2" in words(re.search(r'<form class="filters".*?</form>', html(page), re.S)[0])


def test_what_is_looked_for_is_not_hidden_in_a_fold(topical):
    page = html(shown(topical, verdict="fixed"))

    assert re.search(r'<section class="group fixed"[^>]*>\s*<details open>', page)


def test_the_forms_carry_the_filters(topical):
    page = html(shown(topical, severity=["low", "high"], junk="x"))

    assert f'action="{url("decide", topical, "A-1")}?severity=high&amp;severity=low"' in page
    assert f'action="{url("answer", topical)}?severity=high&amp;severity=low"' in page
    assert "junk" not in page.split("<main")[1]


# States, and who may do what next

BUTTONS = (
    "Sign as prepared",
    "Review",
    "Signatures and files",
    "Withdraw the signature",
    "Re-open",
)


@pytest.mark.parametrize(
    ("at", "who", "buttons"),
    [
        ("draft", "omar", ["Sign as prepared"]),
        ("draft", "ines", []),
        ("draft", "vic", []),
        ("prepared", "omar", ["Withdraw the signature"]),
        ("prepared", "ines", ["Review"]),
        ("prepared", "vic", []),
        ("issued", "omar", ["Signatures and files", "Re-open"]),
        ("issued", "ines", ["Signatures and files", "Re-open"]),
        ("issued", "vic", ["Signatures and files"]),
        ("discarded", "omar", []),
        ("discarded while prepared", "omar", []),
        ("discarded while prepared", "ines", []),
    ],
)
def test_everybody_is_offered_the_steps_that_are_theirs(at, who, buttons):
    scene = Scene(at={"discarded": "draft", "discarded while prepared": "prepared"}.get(at, at))
    if "discarded" in at:
        discard(checklist_id=scene.id, op_id=op("discard"), reason="twice", by=scene.omar)
    people = {"omar": scene.omar, "ines": scene.ines, "vic": reader_of(scene)}

    page = html(shown(scene, people[who]))

    head = re.search(r'<div class="actions">.*?</div>', page, re.S)[0]
    assert re.findall(r'<a class="button[^>]*>(.*?)</a>', head) == buttons


def test_an_engineer_of_a_draft_has_forms_and_its_script(scene):
    page = main(shown(scene))

    assert page.count('<form class="work"') == 5
    assert page.count('<form class="answer"') == 3
    assert "js/checklist/page" in page
    assert reverse("checklists:host", args=[scene.id]) in page
    assert reverse("checklists:discard", args=[scene.id]) in page


@pytest.mark.parametrize("at", ["prepared", "issued", "discarded"])
@pytest.mark.parametrize("who", ["omar", "ines", "vic"])
def test_what_cannot_change_has_no_form(at, who):
    scene = Scene(at="draft" if at == "discarded" else at)
    if at == "discarded":
        discard(checklist_id=scene.id, op_id=op("discard"), reason="twice", by=scene.omar)
    people = {"omar": scene.omar, "ines": scene.ines, "vic": reader_of(scene)}

    page = main(shown(scene, people[who]))

    assert 'method="post"' not in page
    assert "js/checklist/page" not in page
    assert reverse("checklists:host", args=[scene.id]) not in page
    assert reverse("checklists:discard", args=[scene.id]) not in page
    assert "Content 4" in words(page)


@pytest.mark.parametrize("who", ["ines", "vic"])
def test_a_reviewer_and_a_reader_read_a_draft_without_forms(scene, who):
    people = {"ines": scene.ines, "vic": reader_of(scene)}
    decide(scene.checklist, "A-1", by=scene.omar)
    decide(scene.checklist, "A-1", "verified", by=scene.omar, version=0, name="stale")

    page = shown(scene, people[who])

    assert 'method="post"' not in main(page)
    assert "You may read this checklist. Engineers of the rollout work on it." in text_of(page)
    assert positions(page) == [1, 2, 3, 4, 5]
    assert "Entries that were not taken over 1" in text_of(page)
    assert '<form class="filters" method="get"' in html(page)


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("who", ["omar", "ines"])
@pytest.mark.parametrize("at", ["draft", "worked", "prepared", "issued"])
def test_every_state_has_its_page_in_both_languages(at, who, language):
    scene = Scene(at=at)

    page = shown(scene, getattr(scene, who), language=language)

    state = {"prepared": ("Awaiting review", "審査待ち"), "issued": ("Issued", "発行済")}
    assert state.get(at, ("Draft", "作成中"))[language == "ja"] in facts(page)


def test_a_signed_checklist_says_who_signed_and_what_comes_next():
    assert "Omar 大森 has signed it as prepared. It waits for the review" in text_of(
        shown(Scene(at="prepared"))
    )


def test_a_discarded_checklist_says_why(scene):
    discard(checklist_id=scene.id, op_id=op("discard"), reason="made <twice>", by=scene.omar)

    page = shown(scene)

    assert "Discarded: made &lt;twice&gt;" in text_of(page)
    assert positions(page) == [1, 2, 3, 4, 5]


def test_a_checklist_that_was_returned_as_a_whole_says_so_until_it_is_signed_again():
    scene = Scene(at="worked")
    returned(scene, comment="Look again.")
    assert "Returned: Look again. Ines 稲" in text_of(shown(scene))

    sign_prepared(scene.checklist, scene.omar, name="again")

    assert "Look again." not in text_of(shown(scene))


def test_a_new_draft_names_the_edition_that_stays_valid():
    scene = Scene(at="issued")
    reopen(checklist_id=scene.id, op_id=op("reopen"), reason="more", by=scene.omar)

    page = shown(scene)

    assert "Edition 1.1 Draft Edition 1.0 is issued, being revised" in facts(page)
    assert url("edition", scene, "1.0") in main(page)
    assert reverse("checklists:discard", args=[scene.id]) not in main(page)


def test_a_revoked_edition_says_why_and_by_whom():
    scene = Scene(at="issued")
    revoke_edition(edition_id=scene.edition.pk, op_id=op("r"), reason="wrong box", by=scene.ines)

    page = shown(scene)

    assert "Edition 1.0 Revoked" in facts(page)
    assert "Revoked: wrong box Ines 稲" in text_of(page)


def test_files_of_a_draft_are_called_drafts_and_issued_ones_are_not(scene):
    both = (f"{kind} 日本語 {kind} English" for kind in ("PDF", "XLSX", "CSV"))
    files = " ".join([*both, "JSON"])
    assert f"Files as it stands (DRAFT): {files}" in text_of(shown(scene))

    work_off(scene.checklist, scene.omar)
    sign_prepared(scene.checklist, scene.omar)
    sign_reviewed(scene.checklist, scene.ines)

    assert f"Files: {files}" in text_of(shown(scene))


# What was not taken over


def test_a_conflict_stands_first_with_both_values(scene):
    olga = person("olga", Role.ENGINEER)
    scene.rollout.members.add(olga)
    decide(scene.checklist, "A-1", by=scene.omar, note="his")
    decide(scene.checklist, "A-1", "not_needed", by=olga, version=0, reason="<hers>")

    page = html(shown(scene))

    conflict = re.search(r'<section class="conflict".*?</section>', page, re.S)[0]
    assert page.index('id="conflicts"') < page.index('id="questions"')
    assert '#item-1">No. 1: Advisory 1</a>' in conflict
    assert "Decision Not needed Reason for the decision &lt;hers&gt;" in words(conflict)
    assert "Decision Done Note his" in words(conflict)
    assert conflict.count("<form") == 2


def test_a_late_entry_is_shown_without_buttons_until_there_is_a_draft():
    scene = Scene(at="prepared")
    decide(scene.checklist, "A-5", by=scene.omar, note="late", name="late")

    page = html(shown(scene))

    conflict = re.search(r'<section class="conflict".*?</section>', page, re.S)[0]
    assert "This entry came after the signature." in words(conflict)
    assert "Nobody yet" in words(conflict)
    assert "<form" not in conflict


# As a picture


@pytest.mark.e2e
@pytest.mark.parametrize("width", [1280, 390, 320])
def test_the_progress_stays_in_view_and_nothing_is_wider_than_the_screen(
    open_page, login_as, width
):
    scene = Scene()
    page = open_page(width=width, height=700)
    login_as(page, scene.omar)
    page.goto(url("checklist_detail", scene))

    page.locator("#item-3").scroll_into_view_if_needed()
    page.mouse.wheel(0, 400)

    expect(page.get_by_role("progressbar", name="全体")).to_be_in_viewport()
    assert page.evaluate("window.scrollY") > 300
    assert page.evaluate("document.documentElement.scrollWidth") <= width


# As many queries for many items


def many(scene, number):
    """As many more advisories like A-1, and a checklist with all of them."""
    first = Advisory.objects.get(tracking_id="A-1")
    values = {
        field.attname: getattr(first, field.attname)
        for field in Advisory._meta.concrete_fields
        if not field.primary_key
    }
    made = Advisory.objects.bulk_create(
        Advisory(**values | {"tracking_id": f"B-{n}", "position": 10 + n}) for n in range(number)
    )
    AffectedProduct.objects.bulk_create(
        AffectedProduct(advisory=advisory, product=Product.objects.get(), status=Status.AFFECTED)
        for advisory in made
    )
    return another(scene)


@pytest.mark.parametrize("number", [5, 300])
@pytest.mark.parametrize("query", [{}, {"severity": "high"}])
def test_the_page_takes_as_many_queries_for_300_items_as_for_5(
    scene, django_assert_num_queries, number, query
):
    if number > 5:
        many(scene, number - 5)
    client = client_of(scene.omar)
    client.get(url("checklist_detail", scene))

    with django_assert_num_queries(11):
        page = client.get(url("checklist_detail", scene), query)

    assert page.context["total"] == number


def test_conflicts_take_one_query_more_however_many_there_are(scene, django_assert_num_queries):
    client = client_of(scene.omar)
    client.get(url("checklist_detail", scene))
    for tracking_id in ("A-1", "A-2", "A-3", "A-4"):
        decide(scene.checklist, tracking_id, by=scene.omar)
        decide(scene.checklist, tracking_id, "verified", by=scene.omar, version=0, name=tracking_id)

    with django_assert_num_queries(12):
        page = client.get(url("checklist_detail", scene))

    assert len(page.context["conflicts"]) == 4


# Nothing that is written runs

MARK = "<x-{}>'\"&"


def mark(name):
    return MARK.format(name)


@pytest.fixture
def marked():
    """A scene whose every text carries a mark that would be seen as an element."""
    scene = Scene()
    for language in ("ja", "en"):
        for text in ("title", "summary", "action", "impact", "check"):
            Advisory.objects.update(**{f"{text}_{language}": mark(text)})
        Category.objects.update(**{f"name_{language}": mark("category")})
        Condition.objects.update(
            **{f"name_{language}": mark("condition"), f"hint_{language}": mark("hint")}
        )
        Mode.objects.filter(slug="proxy").update(
            **{f"name_{language}": mark("mode"), f"note_{language}": mark("modenote")}
        )
        Release.objects.update(**{f"label_{language}": mark("release")})
        Product.objects.update(**{f"modes_note_{language}": mark("modesnote")})
        SourceDocument.objects.update(**{f"title_{language}": mark("document")})
        AffectedProduct.objects.update(**{f"fix_note_{language}": mark("fixnote")})
        topic = Topic.objects.get_or_create(slug="t")[0]
        Topic.objects.update(**{f"name_{language}": mark("topic")})
    Advisory.objects.get(tracking_id="A-1").topics.add(topic)
    DocumentRevision.objects.update(version=mark("version"))
    Product.objects.update(name=mark("productname"), short_name=mark("product"))
    Release.objects.update(end_of_support=date(2020, 1, 1), end_of_support_source=mark("source"))
    Reference.objects.create(
        advisory=Advisory.objects.get(tracking_id="A-1"),
        number=mark("number"),
        url="https://example.org/",
        successor=mark("successor"),
    )
    User.objects.filter(pk=scene.omar.pk).update(display_name=mark("omar"))
    scene.omar.refresh_from_db()
    scene.rollout = make_rollout(scene.omar, scene.ines, name="marked")
    texts = {"customer": mark("customer"), "project": mark("project"), "number": mark("rollout")}
    type(scene.rollout).objects.filter(pk=scene.rollout.pk).update(**texts)
    scene.rollout.refresh_from_db()
    before = make_checklist(scene.rollout, scene.omar, name="before")
    decide(before, "A-2", by=scene.omar, note=mark("previous"))
    another(scene, host=mark("host"), mode_detail=mark("detail"), predecessor=before)
    decide(
        scene.checklist,
        "A-1",
        "pending",
        by=scene.omar,
        note=mark("note"),
        before=mark("valuebefore"),
        after=mark("valueafter"),
        waiting_for=mark("waiting"),
        agreed_by=mark("agreed"),
    )
    decide(
        scene.checklist,
        "A-3",
        "risk_accepted",
        by=scene.omar,
        reason=mark("reason"),
        approver=mark("approver"),
    )
    decide(scene.checklist, "A-3", by=scene.omar, version=0, note=mark("conflict"), name="stale")
    return scene


NAMES = (
    "title summary action impact check category condition hint mode modenote release modesnote"
    " document fixnote topic version productname product source number successor omar customer"
    " project rollout host detail previous note valuebefore valueafter waiting agreed reason"
    " approver conflict"
).split()


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("who", ["omar", "ines"])
def test_every_text_is_shown_as_it_was_written_and_none_is_markup(marked, language, who):
    page = html(shown(marked, getattr(marked, who), language=language))

    assert [name for name in NAMES if escape(mark(name)) not in page] == []
    assert "<x-" not in page
    assert "&amp;lt;" not in page


def test_neither_do_the_pages_that_answer_a_form_write_markup(marked):
    fields = hidden(shown(marked), action=url("decide", marked, "A-2"))
    client = client_of(marked.omar)
    typed = {"decision": "not_needed", "note": mark("typed"), "approver": mark("typed")}

    for change in ({}, {"op_id": "x"}, {"reason": "r"}, {"reason": "r", "base_version": "7"}):
        for headers in ({}, {"Accept": "application/json"}):
            answered = client.post(
                url("decide", marked, "A-2"), fields | typed | change, headers=headers
            )
            assert "<x-" not in answered.content.decode()
    assert Checklist.objects.get(pk=marked.id).events.filter(outcome="conflict").exists()


def test_severities_of_the_model_all_have_a_name_on_the_page(scene):
    for position, severity in enumerate([*Severity, None], start=1):
        Advisory.objects.filter(tracking_id=f"A-{position}").update(severity=severity)

    page = shown(another(scene))

    tags = re.findall(r'<h3><span class="tag severity (\w+)">.*?</span>(.*?)</span>', html(page))
    assert set(tags) == {("high", "High"), ("medium", "Medium"), ("low", "Low"), ("none", "—")}
