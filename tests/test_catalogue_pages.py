"""The list of advisories and the page of one: public, filtered, never a 500."""

import re
from datetime import date, timedelta
from urllib.parse import parse_qs

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from advisories.actions import publish, withdraw
from advisories.applicability import Status
from advisories.filters import start_of
from advisories.models import Advisory, AffectedProduct, Reference, Synonym
from portal.roles import Role
from tests.factory import load_fixture_catalogue, make_advisory, make_document
from tests.support.copies import copy_advisories
from tests.support.editing import Catalogue, as_editor, sign_in

pytestmark = pytest.mark.django_db
LIST = "/advisories/"


@pytest.fixture
def catalogue():
    return Catalogue()


@pytest.fixture
def english(client):
    client.cookies["django_language"] = "en"
    return client


def listed(answer):
    """Tracking IDs of the rows, in order."""
    assert answer.status_code == 200
    return [advisory.tracking_id for advisory in answer.context["rows"]]


def faults(answer):
    """The fields that the page complains about."""
    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()
    return set(answer.context["form"].errors)


def test_everybody_sees_the_published_advisories_in_document_order(client, catalogue):
    catalogue.draft()

    answer = client.get(LIST)

    assert listed(answer) == ["E-1", "E-2", "E-3"]
    assert "E-1 の件名" in answer.content.decode()


def test_the_list_speaks_english_too(english, catalogue):
    text = english.get(LIST).content.decode()

    assert "Title of E-1" in text
    assert "3 advisories" in text


def test_the_count_is_announced_in_a_status_line_outside_the_results(english, catalogue):
    text = english.get(LIST, {"topic": "reports"}).content.decode()

    assert '<span id="result-count" role="status">1 of 3 advisories</span>' in text
    assert text.index('id="result-count"') < text.index('id="results"')


def test_an_empty_catalogue_says_so(english):
    assert "There are no advisories yet." in english.get(LIST).content.decode()


@pytest.mark.parametrize("address", [LIST, "/advisories/E-1/"])
def test_the_pages_are_only_read(client, catalogue, address):
    assert client.post(address).status_code == 405


@pytest.mark.parametrize("address", [LIST, "/advisories/E-1/"])
def test_a_portal_may_keep_its_catalogue_for_people_with_an_account(
    client, catalogue, settings, address
):
    settings.CATALOGUE_LOGIN_REQUIRED = True

    refused = client.get(address)
    sign_in(client, Role.READER)

    assert refused.status_code == 302
    assert refused.url == f"{reverse('login')}?next={address}"
    assert client.get(address).status_code == 200


def test_filter_by_text_needs_every_word_somewhere(client, catalogue):
    assert listed(client.get(LIST, {"q": "E-2 件名"})) == ["E-2"]
    assert listed(client.get(LIST, {"q": "E-2 nowhere"})) == []


def test_filter_by_text_reads_full_width_characters_as_plain_ones(client, catalogue):
    assert listed(client.get(LIST, {"q": "Ｅ－２　件名"})) == ["E-2"]


def test_filter_by_text_finds_a_part_of_the_number_of_a_reference(client, catalogue):
    assert listed(client.get(LIST, {"q": "ka-"})) == ["E-1"]


@pytest.mark.parametrize(
    "query",
    [
        *("0012", "KA-7", "ka-7", "KA-0000007", "Q&A 0012", "https://vendor.example/solution/0012"),
        *("https://example.com/ka-7", "https://example.com/a|b"),
    ],
)
def test_a_pasted_number_or_link_leads_straight_to_its_advisory(client, catalogue, query):
    answer = client.get(LIST, {"q": query, "severity": "low", "topic": "reports"})

    assert (answer.status_code, answer.url) == (302, "/advisories/E-1/")


def test_a_pasted_number_leads_there_for_htmx_too(client, catalogue):
    answer = client.get(LIST, {"q": "0012"}, headers={"HX-Request": "true"})

    assert answer.headers["HX-Redirect"] == "/advisories/E-1/"
    assert "HX-Request" in answer.headers["Vary"]


def test_a_number_that_several_advisories_have_lists_them(client, catalogue):
    Reference.objects.create(advisory=catalogue.third, number="0012", url="https://example.com/12")

    assert listed(client.get(LIST, {"q": "0012"})) == ["E-1", "E-3"]


def test_a_tracking_id_leads_to_its_advisory(client, catalogue):
    Advisory.objects.filter(tracking_id="E-2").update(tracking_id="IWS-1120273")

    answer = client.get(LIST, {"q": "iws-1120273"})

    assert answer.url == "/advisories/IWS-1120273/"


def test_the_number_of_a_withdrawn_advisory_leads_to_the_page_that_says_so(client, catalogue):
    withdraw(advisory=catalogue.first, reason="obsolete", by=None)

    assert client.get(LIST, {"q": "0012"}).url == "/advisories/E-1/"


def test_a_published_advisory_comes_before_a_withdrawn_one_with_its_number(client, catalogue):
    Reference.objects.create(advisory=catalogue.third, number="0012", url="https://example.com/12")
    withdraw(advisory=catalogue.first, reason="obsolete", by=None)

    assert client.get(LIST, {"q": "0012"}).url == "/advisories/E-3/"


def test_the_number_of_a_draft_leads_nowhere(client, catalogue):
    Reference.objects.create(
        advisory=catalogue.draft(), number="1110778", url="https://example.com/"
    )

    assert listed(client.get(LIST, {"q": "1110778"})) == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("遅延", ["E-2"]),
        ("遅い", ["E-2"]),
        ("認証", ["E-3"]),
        ("さーば", ["E-3"]),
        ("ｻｰﾊﾞｰ 認証", ["E-3"]),
        ("サーバ 遅延", []),
        ("100%", ["E-2"]),
        ("0%", ["E-2"]),
        ("a_b", ["E-3"]),
        ("axb", []),
        ("%", ["E-2"]),
        ("_", ["E-3"]),
        ("\\", []),
    ],
)
def test_words_of_two_characters_and_signs_are_found_as_they_are(client, catalogue, query, found):
    Synonym.objects.create(words="遅い\n遅延")
    for advisory, summary in (
        (catalogue.second, "応答の遅延が 100% に近い。"),
        (catalogue.third, "認証サーバーの a_b を使う。"),
    ):
        advisory.summary_ja = summary
        advisory.save()
        publish(advisory=advisory, by=None)

    assert listed(client.get(LIST, {"q": query})) == found


def test_what_was_found_is_marked_also_where_its_spelling_differs(client, catalogue):
    Synonym.objects.create(words="遅い\n遅延")
    catalogue.second.title_ja = "ﾌﾟﾛｷｼサーバーの <遅延>"
    catalogue.second.summary_ja = "あ" * 300 + "プロキシ" + "い" * 300
    catalogue.second.save()
    publish(advisory=catalogue.second, by=None)

    text = client.get(LIST, {"q": "プロキシ 遅い サーバ"}).content.decode()

    assert "<mark>ﾌﾟﾛｷｼサーバー</mark>の &lt;<mark>遅延</mark>&gt;</a>" in text
    assert f"…{'あ' * 30}<mark>プロキシ</mark>{'い' * 86}…" in text


def test_filter_by_category(client, catalogue):
    assert listed(client.get(LIST, {"category": "tuning"})) == ["E-1"]
    assert listed(client.get(LIST, {"category": ["tuning", "behaviour"]})) == ["E-1", "E-2", "E-3"]


def test_filter_by_topic(client, catalogue):
    assert listed(client.get(LIST, {"topic": "network"})) == ["E-1", "E-3"]
    assert listed(client.get(LIST, {"topic": ["network", "reports"]})) == ["E-1", "E-2", "E-3"]


def test_filter_by_severity_knows_advisories_without_one(client, catalogue):
    assert listed(client.get(LIST, {"severity": ["high", "low"]})) == ["E-1", "E-2"]
    assert listed(client.get(LIST, {"severity": "none"})) == ["E-3"]


def test_filter_by_mode_keeps_advisories_that_hold_in_every_mode(client, catalogue):
    assert listed(client.get(LIST, {"mode": "bridge"})) == ["E-2", "E-3"]
    assert listed(client.get(LIST, {"mode": "proxy"})) == ["E-1", "E-2", "E-3"]


def test_release_and_mode_show_every_advisory_with_verdict_and_reason(english, catalogue):
    answer = english.get(LIST, {"release": "gateway-1", "mode": "bridge"})

    verdicts = {a.tracking_id: a.verdict.value for a in answer.context["rows"]}
    assert verdicts == {"E-1": "not_applicable", "E-2": "required", "E-3": "required"}
    assert "holds in Proxy" in answer.content.decode()


def test_a_release_alone_leaves_the_mode_open(english, catalogue):
    answer = english.get(LIST, {"release": "gateway-1"})

    assert {a.tracking_id: a.reason for a in answer.context["rows"]} == {
        "E-1": "mode_open",
        "E-2": "affected",
        "E-3": "affected",
    }
    assert {verdict.value: n for verdict, n in answer.context["counts"]} == {
        "required": 2,
        "confirm": 1,
        "fixed": 0,
        "not_applicable": 0,
    }


def test_a_reason_names_the_condition_or_the_release_behind_it(english, catalogue):
    open_condition = english.get(LIST, {"release": "gateway-1", "mode": "proxy", "q": "E-1"})
    fixed = english.get(LIST, {"release": "gateway-2", "mode": "proxy", "q": "E-1"})

    assert "A directory is used" in open_condition.content.decode()
    assert "Gateway 2.0" in fixed.content.decode()


def test_a_product_without_modes_needs_none(client, catalogue):
    answer = client.get(LIST, {"release": "mail-2"})

    assert {a.tracking_id: a.reason for a in answer.context["rows"]} == {
        "E-1": "unnamed",
        "E-2": "lineage",
        "E-3": "unnamed",
    }


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("release=gateway-9", "release"),
        ("release=%00", "release"),
        ("mode=%ED%A0%80", "mode"),
        ("severity=urgent", "severity"),
        ("category=%FF", "category"),
        ("topic=network&topic=x%00", "topic"),
        ("q=%00", "q"),
        ("q=" + "x" * 501, "q"),
        ("q=%E3%83%BC", "q"),
        ("q=" + "+".join("abcdefghijk"), "q"),
        ("verdict=urgent", "verdict"),
        ("condition=x", "condition"),
        ("product=x", "product"),
        ("since=yesterday", "since"),
        ("since=2026-02-30", "since"),
        ("since=0001-01-01", "since"),
        ("since=1899-12-31", "since"),
        ("since=3000-01-01", "since"),
        ("since=9999-12-31", "since"),
        ("sort=random", "sort"),
        ("release=mail-2&mode=proxy", "mode"),
    ],
)
def test_a_malformed_filter_gets_a_message_and_no_list(client, catalogue, query, field):
    answer = client.get(f"{LIST}?{query}")

    assert faults(answer) == {field}
    assert listed(answer) == []


@pytest.mark.parametrize("path", ["", "matrix/", "export.csv"])
@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_day_at_the_edge_of_time_is_refused_wherever_the_list_is_taken(
    client, catalogue, path, day
):
    client.cookies["django_language"] = "en"

    answer = client.get(f"{LIST}{path}?since={day}")

    assert answer.status_code == (400 if path == "export.csv" else 200)
    assert "1900 to 2999" in answer.content.decode()


@pytest.mark.parametrize(("day", "n"), [("1900-01-01", 3), ("2999-12-31", 0)])
def test_the_first_and_the_last_day_that_can_be_chosen(client, catalogue, day, n):
    assert len(listed(client.get(LIST, {"since": day}))) == n


@pytest.mark.parametrize("page", ["x", "-1", "0", "99999999999999999999", ""])
def test_a_page_that_is_not_there_shows_another(client, catalogue, page):
    assert len(listed(client.get(LIST, {"page": page}))) == 3


def test_each_active_filter_can_be_taken_away_by_itself(client, catalogue):
    answer = client.get(LIST, {"topic": ["network", "reports"], "q": "E", "page": "1"})

    queries = [query for _name, query in answer.context["filter"].chips]
    assert queries == ["topic=network&topic=reports", "topic=reports&q=E", "topic=network&q=E"]


def test_each_filter_of_the_other_kinds_narrows_and_can_be_taken_away(client, catalogue):
    answer = client.get(
        LIST,
        {
            "release": "gateway-1",
            "verdict": "confirm",
            "condition": "directory",
            "product": "gateway",
            "since": "2026-01-01",
            "sort": "title",
        },
    )

    assert listed(answer) == ["E-1"]
    left = [len(parse_qs(query)) for _name, query in answer.context["filter"].chips]
    assert left == [5, 5, 5, 5, 5]


def test_filter_by_condition(client, catalogue):
    assert listed(client.get(LIST, {"condition": "directory"})) == ["E-1"]


def test_filter_by_product_keeps_what_says_nothing_of_the_product(client, catalogue):
    AffectedProduct.objects.create(
        advisory=catalogue.first, product=catalogue.mail, status=Status.NOT_AFFECTED
    )

    assert listed(client.get(LIST, {"product": "mail"})) == ["E-2", "E-3"]
    assert listed(client.get(LIST, {"product": "other"})) == []
    assert listed(client.get(LIST, {"product": ["mail", "gateway"]})) == ["E-1", "E-2", "E-3"]


def test_filter_by_the_day_of_the_last_change(client, catalogue):
    day = date(2026, 3, 1)
    for advisory, hour in ((catalogue.first, 0), (catalogue.second, -1)):
        changed = start_of(day) + timedelta(hours=hour)
        Advisory.objects.filter(pk=advisory.pk).update(changed_at=changed)

    assert listed(client.get(LIST, {"since": "2026-03-01"})) == ["E-1", "E-3"]


def test_filter_by_verdict(client, catalogue):
    query = {"release": "gateway-1", "mode": "bridge"}

    assert listed(client.get(LIST, query | {"verdict": "required"})) == ["E-2", "E-3"]
    both = client.get(LIST, query | {"verdict": ["required", "not_applicable"]})
    assert listed(both) == ["E-1", "E-2", "E-3"]


def test_a_verdict_without_a_release_narrows_nothing_and_says_why(english, catalogue):
    answer = english.get(LIST, {"verdict": "required"})

    assert listed(answer) == ["E-1", "E-2", "E-3"]
    assert answer.context["filter"].chips == []
    assert "A verdict can be chosen once a release is" in answer.content.decode()


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("", ["E-1", "E-2", "E-3"]),
        ("severity", ["E-1", "E-2", "E-3"]),
        ("changed", ["E-2", "E-3", "E-1"]),
        ("title", ["E-3", "E-1", "E-2"]),
    ],
)
def test_the_list_can_be_sorted(client, catalogue, sort, order):
    Advisory.objects.filter(tracking_id="E-3").update(title_ja="0 の件名")
    Advisory.objects.filter(tracking_id="E-1").update(changed_at=start_of(date(2026, 1, 1)))
    Advisory.objects.filter(tracking_id="E-2").update(changed_at=start_of(date(2030, 1, 1)))

    assert listed(client.get(LIST, {"sort": sort})) == order


def test_documents_stand_in_the_order_in_which_a_checklist_has_them(client, catalogue):
    later = make_document("a-later-one", [catalogue.gateway])
    make_advisory("A-1", document=later, product=catalogue.gateway)

    order = ["E-1", "E-2", "E-3", "A-1"]
    assert listed(client.get(LIST)) == listed(client.get(LIST, {"release": "gateway-1"})) == order


def test_titles_are_sorted_in_the_language_of_the_page(english, catalogue):
    Advisory.objects.filter(tracking_id="E-3").update(title_en="A title")
    Advisory.objects.filter(tracking_id="E-2").update(title_en="", title_ja="A 日本語")

    assert listed(english.get(LIST, {"sort": "title"})) == ["E-3", "E-2", "E-1"]


def test_a_list_sorted_by_change_shows_the_day(english, catalogue):
    Advisory.objects.update(changed_at=start_of(date(2026, 3, 1)))

    assert "changed on 2026-03-01" in english.get(LIST, {"sort": "changed"}).content.decode()
    assert "changed on" not in english.get(LIST).content.decode()


def test_a_release_leads_to_the_wizard_and_the_comparison(client, catalogue):
    text = client.get(LIST, {"release": "gateway-1", "mode": "proxy"}).content.decode()

    assert "/checklists/new/installed-with/?release=gateway-1&amp;mode=proxy" in text
    assert "/advisories/compare/?a-release=gateway-1&amp;a-mode=proxy" in text


def test_the_list_leads_to_the_same_rows_as_a_matrix_and_as_files(client, catalogue):
    text = client.get(LIST, {"topic": "network", "page": "1"}).content.decode()

    for name in ("matrix/", "export.csv", "export.xlsx", "export.json"):
        assert f'href="/advisories/{name}?topic=network"' in text


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("Look", "How to prove it: <mark>Look</mark> at it"),
        ("件名", "Title: E-1 の<mark>件名</mark>"),
        ("title", None),
        ("proxy", None),
    ],
)
def test_a_word_that_title_and_summary_do_not_show_is_shown_where_it_stands(
    english, catalogue, query, shown
):
    text = english.get(LIST, {"q": query, "category": "tuning"}).content.decode()

    found = re.findall(r'<p class="soft">(\w[^<]*: .*?)</p>', text)
    assert [part for part in found if "<mark>" in part] == ([shown] if shown else [])


@pytest.mark.parametrize(
    ("query", "queries"),
    [
        ({}, 20),
        ({"q": "遅い", "severity": "high"}, 22),
        ({"release": "iwsva-6.5-sp2", "mode": "icap", "verdict": "required", "q": "設定"}, 22),
    ],
)
def test_the_list_takes_the_same_queries_however_long_the_catalogue_is(
    client, query, queries, django_assert_num_queries
):
    load_fixture_catalogue()
    with django_assert_num_queries(queries):
        few = client.get(LIST, query)

    copy_advisories(300)
    with django_assert_num_queries(queries):
        many = client.get(LIST, query)

    assert 0 < few.context["page"].paginator.count < many.context["page"].paginator.count


def test_the_page_of_an_advisory_shows_everything_it_says(english, catalogue):
    text = english.get("/advisories/E-1/").content.decode()

    for part in (
        "Title of E-1",
        "Summary",
        "What to do",
        "Look at it",
        "Gateway 2.0",
        "reworked",
        "+read, &quot;both&quot; lines",
        "Proxy",
        "A directory is used",
        "The login page",
        "KA-7",
        "formerly 0012",
        "Mail only",
        "Guide",
        "Table 1",
        ", row 4",
        "Revision 1",
        "first edition",
    ):
        assert part in text, part


def test_references_open_the_successor_in_a_new_tab(client, catalogue):
    text = client.get("/advisories/E-1/").content.decode()

    assert '<a href="https://example.com/ka-7" target="_blank" rel="noopener noreferrer">' in text


def test_text_of_an_advisory_is_never_markup(client, catalogue):
    catalogue.first.title_ja = "<script>alert(1)</script>"
    catalogue.first.save()

    for address in (LIST, "/advisories/E-1/"):
        assert "<script>alert" not in client.get(address).content.decode()


def test_a_withdrawn_advisory_leaves_the_list_and_keeps_its_page(english, catalogue):
    withdraw(advisory=catalogue.first, reason="Superseded by E-7", by=None)

    page = english.get("/advisories/E-1/")

    assert listed(english.get(LIST)) == ["E-2", "E-3"]
    assert "Superseded by E-7" in page.content.decode()


@pytest.mark.parametrize("tracking_id", ["matrix", "compare"])
def test_no_advisory_can_take_the_address_of_a_page(client, catalogue, tracking_id):
    with pytest.raises(ValidationError, match="管理番号"):
        publish(advisory=catalogue.draft(tracking_id), by=None)

    assert (
        client.get(f"/advisories/{tracking_id}/")
        .templates[0]
        .name.endswith(f"advisories/{tracking_id}.html")
    )


def test_a_draft_is_there_for_editors_only(client, catalogue):
    catalogue.draft()

    stranger = client.get("/advisories/E-9/")
    as_editor(client)

    assert stranger.status_code == 404
    assert client.get("/advisories/E-9/").status_code == 200


@pytest.mark.parametrize("path", ["E-77/", "%00/", "E-1%00/", "E%201/", "x" * 300 + "/"])
def test_an_advisory_that_is_not_there_is_a_404(client, catalogue, path):
    assert client.get(f"/advisories/{path}").status_code == 404


def test_the_page_of_an_advisory_takes_eleven_queries(client, catalogue, django_assert_num_queries):
    with django_assert_num_queries(11):
        client.get("/advisories/E-1/")
