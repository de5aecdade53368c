"""The list of advisories and the page of one: public, filtered, never a 500."""

import pytest
from django.urls import reverse

from advisories.actions import publish, withdraw
from advisories.models import AffectedProduct, Reference
from portal.roles import Role
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


@pytest.mark.parametrize("number", ["0012", "KA-7", "ka-7"])
def test_filter_by_text_finds_the_number_of_a_reference(client, catalogue, number):
    assert listed(client.get(LIST, {"q": number})) == ["E-1"]


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
        ("q=" + "x" * 201, "q"),
        ("release=mail-2&mode=proxy", "mode"),
    ],
)
def test_a_malformed_filter_gets_a_message_and_no_list(client, catalogue, query, field):
    answer = client.get(f"{LIST}?{query}")

    assert faults(answer) == {field}
    assert listed(answer) == []


@pytest.mark.parametrize("page", ["x", "-1", "0", "99999999999999999999", ""])
def test_a_page_that_is_not_there_shows_another(client, catalogue, page):
    assert len(listed(client.get(LIST, {"page": page}))) == 3


def test_each_active_filter_can_be_taken_away_by_itself(client, catalogue):
    answer = client.get(LIST, {"topic": ["network", "reports"], "q": "E", "page": "1"})

    queries = [query for _name, query in answer.context["filter"].chips]
    assert queries == ["topic=network&topic=reports", "topic=reports&q=E", "topic=network&q=E"]


@pytest.mark.parametrize("query", [{}, {"release": "gateway-1", "mode": "proxy", "q": "E"}])
def test_the_list_takes_the_same_queries_however_long_it_is(
    client, catalogue, query, django_assert_num_queries
):
    def rows(count):
        for number in range(count):
            extra = catalogue.draft(f"X-E{number}")
            extra.topics.set([catalogue.network, catalogue.reports])
            AffectedProduct.objects.create(advisory=extra, product=catalogue.gateway)
            Reference.objects.create(advisory=extra, number=str(number), url="https://example.com/")
            publish(advisory=extra, by=None)

    queries = 14 if query else 13
    with django_assert_num_queries(queries):
        client.get(LIST, query)
    rows(4)
    with django_assert_num_queries(queries):
        answer = client.get(LIST, query)
    assert len(listed(answer)) == 7


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


def test_a_draft_is_there_for_editors_only(client, catalogue):
    catalogue.draft()

    stranger = client.get("/advisories/E-9/")
    as_editor(client)

    assert stranger.status_code == 404
    assert client.get("/advisories/E-9/").status_code == 200


@pytest.mark.parametrize("path", ["E-77/", "%00/", "E-1%00/", "E%201/", "x" * 300 + "/"])
def test_an_advisory_that_is_not_there_is_a_404(client, catalogue, path):
    assert client.get(f"/advisories/{path}").status_code == 404


def test_the_page_of_an_advisory_takes_seven_queries(client, catalogue, django_assert_num_queries):
    with django_assert_num_queries(7):
        client.get("/advisories/E-1/")
