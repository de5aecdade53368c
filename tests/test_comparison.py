"""Two boxes beside each other: what becomes of each advisory, the address, the file."""

import csv
import io
from urllib.parse import parse_qsl, urlencode

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from advisories.applicability import OLDER, UNKNOWN, Deployment, FixScope, Verdict
from advisories.comparison import Change, Comparison, change
from portal.roles import Role
from tests.factory import (
    load_fixture_catalogue,
    make_advisory,
    make_affected,
    make_document,
    make_product,
    make_release,
)
from tests.support.copies import copy_advisories
from tests.support.editing import sign_in
from tests.support.pages import text_of

COMPARE = "/advisories/compare/"
CSV = "/advisories/compare.csv"
verdicts = st.sampled_from([*Verdict, None])


@pytest.fixture
def english(client):
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def ground(db):
    """A box's product with two releases, another product without modes, six advisories."""
    modal, plain = make_product("modal"), make_product("plain", modes=[])
    document = make_document("both", [modal, plain])
    new = make_release(modal, 20)
    make_release(modal, 10), make_release(plain, 1)

    def add(tracking_id, **fields):
        advisory = make_advisory(
            tracking_id, product=modal, document=document, published=False, **fields
        )
        make_affected(advisory, plain)
        return advisory

    rows = [
        add("STAYS"),
        add("FORWARD", modes=["forward"]),
        add("REVERSE", modes=["reverse"]),
        add("FIXED", fixed_in=new),
        add("LINEAGE", fixed_in=new, fix_scope=FixScope.NEW_INSTALLS),
        add("SNMP", conditions=["snmp"]),
    ]
    from advisories.actions import publish

    for row in rows:
        publish(advisory=row, by=None)


def box(rank=10, mode="forward", **fields):
    modes = frozenset(["forward", "reverse"])
    return Deployment(product="modal", rank=rank, mode=mode, product_modes=modes, **fields)


def changes(before, after):
    return {row.advisory.tracking_id: row.change.value for row in Comparison(before, after)}


# ---------------------------------------------------------------- the rule


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("required", "required", "stays"),
        ("required", "confirm", "answer"),
        ("confirm", "required", "stays"),
        ("required", "fixed", "verify"),
        ("fixed", "fixed", "verify"),
        ("not_applicable", "fixed", "verify"),
        ("required", "not_applicable", "falls_away"),
        ("fixed", "not_applicable", "falls_away"),
        ("required", None, "falls_away"),
        ("not_applicable", "required", "new"),
        ("confirm", "confirm", "answer"),
        ("fixed", "confirm", "answer"),
        (None, "required", "new"),
        ("not_applicable", "not_applicable", "neither"),
        (None, "not_applicable", "neither"),
    ],
)
def test_what_becomes_of_an_advisory(before, after, expected):
    sides = [Verdict(verdict) if verdict else None for verdict in (before, after)]

    assert change(*sides) is Change(expected)


@given(verdicts, verdicts)
def test_what_the_second_box_has_to_do_is_never_said_to_fall_away(before, after):
    result = change(before, after)

    has_to_do = after in (Verdict.REQUIRED, Verdict.CONFIRM)
    assert (result in (Change.NEW, Change.STAYS, Change.ANSWER)) == has_to_do
    assert (result is Change.ANSWER) == (after is Verdict.CONFIRM)
    assert (result is Change.VERIFY) == (after is Verdict.FIXED)


# ---------------------------------------------------------------- the rows


def test_every_advisory_in_scope_has_its_change(ground):
    assert changes(box(10, "forward"), box(20, "reverse")) == {
        "STAYS": "stays",
        "FORWARD": "falls_away",
        "REVERSE": "new",
        "FIXED": "verify",
        "LINEAGE": "answer",
        "SNMP": "answer",
    }


def test_lineage_and_conditions_count_on_each_side(ground):
    after = box(20, installed_with=20, answers={"snmp": False})

    found = changes(box(10, installed_with=OLDER), after)

    assert (found["LINEAGE"], found["SNMP"]) == ("verify", "falls_away")


def test_products_can_be_compared_and_documents_that_cover_one_of_them_take_part(ground):
    other = make_product("elsewhere", modes=[])
    make_advisory("OTHER", product=other)
    alone = make_product("modal")
    make_advisory("ALONE", product=alone, document=make_document("modal-only"))
    plain = Deployment(product="plain", rank=1, mode=None)

    found = changes(box(), plain)

    assert "OTHER" not in found
    assert found["ALONE"] == "falls_away"
    assert found["REVERSE"] == "new"
    assert [row.after for row in Comparison(box(), plain) if row.advisory.tracking_id == "ALONE"]


def test_the_counts_add_up_to_every_advisory(ground):
    comparison = Comparison(box(10, "forward"), box(20, "reverse"))

    counted = dict(comparison.counts)

    assert list(counted) == list(Change)
    assert sum(counted.values()) == comparison.total == len(list(comparison)) == 6
    assert (counted[Change.STAYS], counted[Change.ANSWER]) == (1, 2)


def test_a_comparison_takes_three_queries_however_long_it_is(ground, django_assert_num_queries):
    copy_advisories(30)

    with django_assert_num_queries(3):
        comparison = Comparison(box(), box(20))
        assert len(list(comparison)) == 30
        assert comparison.total == 30


# ---------------------------------------------------------------- the page

SIDES = {"a-release": "modal-10", "a-mode": "forward", "b-release": "modal-20", "b-mode": "reverse"}


def groups(answer):
    assert answer.status_code == 200
    return {
        group.change.value: [row.advisory.tracking_id for row in group.rows]
        for group in answer.context["groups"]
    }


def test_the_page_asks_for_two_releases_first(english, ground):
    answer = english.get(COMPARE)

    assert "Choose a release on both sides." in answer.content.decode()
    assert [list(form.fields) for form in answer.context["forms"]] == [["release"], ["release"]]


def test_the_page_lists_what_falls_away_stays_is_new_and_needs_verifying(english, ground):
    answer = english.get(COMPARE, SIDES)

    assert groups(answer) == {
        "new": ["REVERSE"],
        "stays": ["STAYS"],
        "answer": ["LINEAGE", "SNMP"],
        "verify": ["FIXED"],
        "falls_away": ["FORWARD"],
        "neither": [],
    }
    text = text_of(answer)
    assert "6 advisories compared" in text
    assert "A: MODAL release 10 B: MODAL release 20" in text
    assert "Not applicable other deployment mode" in text


def test_a_box_without_modes_is_not_asked_for_one(english, ground):
    answer = english.get(COMPARE, {"a-release": "plain-1", "b-release": "modal-10"})

    one, other = answer.context["forms"]
    assert "mode" not in one.fields
    assert list(other.fields) == ["release", "mode", "installed_with", "condition-snmp"]
    assert one.deployment.mode is None
    assert other.deployment.mode is UNKNOWN


def test_the_form_leads_to_an_address_that_says_only_what_was_said(client, ground):
    sent = SIDES | {
        "a-installed_with": "",
        "a-condition-snmp": "no",
        "b-installed_with": "older",
        "b-condition-snmp": "",
        "utm": "x",
    }

    answer = client.get(COMPARE, sent)

    assert answer.status_code == 302
    assert parse_qsl(answer.url.partition("?")[2]) == [
        ("a-release", "modal-10"),
        ("a-mode", "forward"),
        ("a-no", "snmp"),
        ("b-release", "modal-20"),
        ("b-mode", "reverse"),
        ("b-installed_with", "older"),
    ]
    assert client.get(answer.url).status_code == 200


def test_the_address_is_the_comparison(english, ground):
    answer = english.get(f"{COMPARE}?{urlencode(SIDES)}&b-installed_with=modal-20&b-no=snmp")

    assert groups(answer)["verify"] == ["FIXED", "LINEAGE"]
    assert groups(answer)["falls_away"] == ["FORWARD", "SNMP"]


def test_not_known_may_be_said_and_is_the_same_as_saying_nothing(client, ground):
    answer = client.get(COMPARE, {"a-release": "modal-10", "a-mode": "unknown"})

    assert answer.url == f"{COMPARE}?a-release=modal-10"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"b-release": "modal-99"}, "release"),
        ({"b-release": "\0"}, "release"),
        ({"b-mode": "icap"}, "mode"),
        ({"b-installed_with": "plain-1"}, "installed_with"),
        ({"b-release": "modal-10", "b-installed_with": "modal-20"}, "installed_with"),
        ({"b-condition-snmp": "perhaps"}, "condition-snmp"),
        ({"b-yes": "snmp", "b-no": "snmp"}, "condition-snmp"),
    ],
)
def test_what_cannot_be_said_of_a_box_is_named_at_its_field(english, ground, change, field):
    answer = english.get(COMPARE, SIDES | change)

    assert answer.status_code == 200
    assert set(answer.context["forms"][1].errors) == {field}
    assert "groups" not in answer.context
    text = answer.content.decode()
    assert "<title>Error:" in text
    assert "Nothing is compared: something said of a box cannot be." in text


def test_a_condition_that_is_none_is_left_out(client, ground):
    answer = client.get(COMPARE, {"a-release": "modal-10", "a-yes": "gone", "a-no": "\0"})

    assert answer.url == f"{COMPARE}?a-release=modal-10"


def test_the_sides_can_be_swapped_and_each_leads_to_the_wizard(english, ground):
    answer = english.get(COMPARE, SIDES | {"b-no": "snmp"}, follow=True)

    page = answer.content.decode()
    assert "?a-release=modal-20&amp;a-mode=reverse&amp;a-no=snmp&amp;b-release=modal-10" in page
    wizard = reverse("checklists:new_installed_with")
    assert f'href="{wizard}?release=modal-20&amp;mode=reverse&amp;no=snmp"' in page


def test_a_long_comparison_shows_the_first_rows_of_each_kind(english, ground, monkeypatch):
    monkeypatch.setattr("advisories.views.comparison.MOST_ROWS", 1)

    text = text_of(english.get(COMPARE, SIDES))

    assert "The first 1 of 2. The CSV file has them all." in text


def test_the_page_and_its_file_are_for_everybody_unless_the_portal_says_otherwise(
    client, ground, settings
):
    settings.CATALOGUE_LOGIN_REQUIRED = True

    refused = [client.get(address).status_code for address in (COMPARE, CSV)]
    sign_in(client, Role.READER)

    assert refused == [302, 302]
    assert client.get(COMPARE).status_code == 200
    assert client.post(COMPARE).status_code == client.post(CSV).status_code == 405


def test_the_page_takes_the_same_queries_however_long_the_catalogue_is(
    client, db, django_assert_num_queries
):
    load_fixture_catalogue()
    query = {"a-release": "iwsva-6.5-sp2", "b-release": "iwss-6.5-linux-patch-3"}
    with django_assert_num_queries(6):
        client.get(COMPARE, query)

    copy_advisories(300)
    with django_assert_num_queries(6):
        answer = client.get(COMPARE, query)

    assert answer.context["total"] == 300


# ---------------------------------------------------------------- the file


def rows_of(answer):
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


def test_the_file_has_every_row_with_titles_in_both_languages(english, ground):
    answer = english.get(CSV, SIDES)

    heads, *rows = rows_of(answer)
    assert 'attachment; filename="comparison-' in answer["Content-Disposition"]
    assert heads == [
        "Tracking ID",
        "Severity",
        "Title (Japanese)",
        "Title (English)",
        "Difference",
        "A (MODAL release 10): Verdict",
        "A: Reason for the verdict",
        "B (MODAL release 20): Verdict",
        "B: Reason for the verdict",
    ]
    assert rows[1] == [
        "FORWARD",
        "High",
        "FORWARD の title",
        "title of FORWARD",
        "Falls away",
        "Action required",
        "affected",
        "Not applicable",
        "other deployment mode",
    ]
    assert len(rows) == 6


def test_the_file_speaks_the_language_of_the_reader(client, ground):
    _heads, *rows = rows_of(client.get(CSV, SIDES))

    assert rows[0][4:6] == ["引き続き必要", "要対応"]


def test_the_file_of_a_comparison_that_cannot_be_leads_to_its_page(client, ground):
    answer = client.get(CSV, SIDES | {"b-mode": "icap"})

    assert answer.status_code == 302
    assert answer.url.startswith(f"{COMPARE}?a-release=modal-10")


def test_a_side_out_of_scope_says_so_in_the_file(english, ground):
    make_advisory("ALONE", product=make_product("modal"), document=make_document("modal-only"))

    rows = rows_of(english.get(CSV, {"a-release": "plain-1", "b-release": "modal-10"}))

    assert rows[-1][5:] == [
        "not in the documents of this product",
        "",
        "Action required",
        "affected",
    ]
