"""One advisory by release and mode, and the whole catalogue in one table."""

import re

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advisories.applicability import FixScope, Reason, Status, decide
from advisories.grid import cells_of, groups_of, products_with_releases, rows_of
from advisories.models import Advisory
from advisories.querysets import facts_of
from advisories.verdict_rows import verdict_rows
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

pytestmark = pytest.mark.django_db
MATRIX = "/advisories/matrix/"


@pytest.fixture
def english(client):
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def two_documents():
    """A product with two modes and two releases; one without modes, of another document."""
    modal, plain = make_product("modal"), make_product("plain", modes=[])
    first = make_document("first", [modal])
    second = make_document("second", [plain])
    new = make_release(modal, 20)
    make_release(modal, 10), make_release(plain, 1)
    make_advisory("A-1", product=modal, document=first, modes=["forward"], position=1)
    make_advisory(
        "A-2",
        product=modal,
        document=first,
        fixed_in=new,
        fix_scope=FixScope.NEW_INSTALLS,
        position=2,
    )
    make_advisory("B-1", product=plain, document=second, severity=None, position=1)


def cells(tracking_id, **only):
    """(release, mode, reason) of each cell of an advisory, as its own page has them."""
    advisory = Advisory.objects.with_terms().get(tracking_id=tracking_id)
    covered = {product.pk for product in advisory.document.products.all()}
    groups = groups_of([p for p in products_with_releases() if p.pk in covered], **only)
    return [
        (cell.column.release.slug, cell.column.mode and cell.column.mode.slug, cell.reason)
        for cell in cells_of(advisory, groups, covered)
    ]


def test_an_advisory_has_a_cell_for_each_release_in_each_mode_oldest_release_first(two_documents):
    assert cells("A-1") == [
        ("modal-10", "forward", Reason.AFFECTED),
        ("modal-10", "reverse", Reason.MODE),
        ("modal-20", "forward", Reason.AFFECTED),
        ("modal-20", "reverse", Reason.MODE),
    ]


def test_a_fix_for_new_installations_depends_on_the_first_installation(two_documents):
    assert [reason for _release, _mode, reason in cells("A-2")] == [
        *[Reason.AFFECTED] * 2,
        *[Reason.LINEAGE] * 2,
    ]


def test_a_product_without_modes_has_one_cell_for_each_release(two_documents):
    assert cells("B-1") == [("plain-1", None, Reason.AFFECTED)]


def test_the_columns_can_be_of_one_release_or_mode(two_documents):
    assert [cell[:2] for cell in cells("A-1", release="modal-20", mode="reverse")] == [
        ("modal-20", "reverse")
    ]
    assert cells("A-1", release="plain-1") == []
    assert len(cells("B-1", mode="reverse")) == 1


def test_a_product_that_the_document_does_not_cover_has_empty_cells(two_documents):
    advisory = Advisory.objects.with_terms().get(tracking_id="B-1")
    groups = groups_of(products_with_releases())

    found = cells_of(advisory, groups, {p.pk for p in advisory.document.products.all()})

    assert [cell.reason for cell in found if cell.column.product.slug == "modal"] == [None] * 4


def test_rows_and_cells_are_the_same(two_documents):
    advisory = Advisory.objects.with_terms().get(tracking_id="A-2")
    covered = {p.pk for p in advisory.document.products.all()}
    groups = groups_of(p for p in products_with_releases() if p.pk in covered)

    rows = rows_of(advisory, groups, covered)

    flat = [cell for _group, releases in rows for _release, row in releases for cell in row]
    assert flat == cells_of(advisory, groups, covered)


def test_every_cell_is_what_the_evaluation_of_that_box_says():
    load_fixture_catalogue()
    advisories = list(Advisory.objects.with_terms().order_by("document", "position", "pk"))
    groups = groups_of(products_with_releases())
    columns = [column for group in groups for column in group.columns]
    covered = {column.product.pk for column in columns}

    table = [cells_of(advisory, groups, covered) for advisory in advisories]

    assert len(columns) == 21
    for number, column in enumerate(columns):
        said = {pk: reason for pk, _verdict, reason in verdict_rows(column.deployment)}
        shown = [row[number].reason.value for row in table]
        assert shown == [said[advisory.pk] for advisory in advisories]


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rows=st.dictionaries(
        st.sampled_from(["modal", "plain"]),
        st.tuples(
            st.sampled_from(Status.values),
            st.sampled_from([None, 10, 20]),
            st.sampled_from(FixScope.values),
        ),
    ),
    modes=st.sets(st.sampled_from(["forward", "reverse", "icap"])),
    conditions=st.sets(st.sampled_from(["snmp", "cache"])),
)
def test_every_cell_is_what_decide_says(db, rows, modes, conditions):
    from django.db import transaction

    with transaction.atomic():
        products = {"modal": make_product("modal"), "plain": make_product("plain", modes=[])}
        releases = {(s, r): make_release(p, r) for s, p in products.items() for r in (10, 20)}
        make_document("both", products.values())
        advisory = make_advisory(
            product=False,
            document=make_document("both"),
            modes=modes,
            conditions=conditions,
            published=False,
        )
        for slug, (status, rank, scope) in rows.items():
            fix = {"fixed_in": releases[slug, rank], "fix_scope": scope} if rank else {}
            make_affected(advisory, products[slug], status=status, **fix)
        stored = Advisory.objects.with_terms().get()

        found = cells_of(
            stored, groups_of(products_with_releases()), {p.pk for p in products.values()}
        )

        assert len(found) == 6
        for cell in found:
            column = cell.column
            facts = facts_of(stored, product=column.product.slug, rank=column.release.rank)
            assert cell.reason is decide(facts, column.deployment)
        transaction.set_rollback(True)


# ---------------------------------------------------------------- the page of one advisory


def test_the_page_shows_verdict_and_reason_in_words_by_release_and_mode(english, two_documents):
    text = text_of(english.get("/advisories/A-2/"))

    assert "Product modal (MODAL) Release forward mode reverse mode" in text
    assert "release 10 Action required Action required" in text
    assert (
        "release 20 Needs an answer depends on the first installation"
        " Needs an answer depends on the first installation" in text
    )


def test_the_page_of_an_advisory_without_modes_has_one_column(english, two_documents):
    assert "Release Verdict release 1 Action required" in text_of(english.get("/advisories/B-1/"))


# ---------------------------------------------------------------- the matrix


def table_rows(answer):
    """{tracking ID: verdicts of its cells} of the page's tables."""
    assert answer.status_code == 200
    return {
        advisory.tracking_id: [cell.verdict and cell.verdict.value for cell in row]
        for table in answer.context["tables"]
        for advisory, row in table.rows
    }


def test_the_matrix_has_a_table_per_document_with_the_products_it_covers(client, two_documents):
    answer = client.get(MATRIX)

    assert table_rows(answer) == {
        "A-1": ["required", "not_applicable"] * 2,
        "A-2": ["required", "required", "confirm", "confirm"],
        "B-1": ["required"],
    }
    assert [table.document.slug for table in answer.context["tables"]] == ["first", "second"]


def test_the_matrix_is_a_table_with_headers_and_a_word_in_every_cell(english, two_documents):
    page = english.get(MATRIX).content.decode()

    assert '<th scope="colgroup" class="start" colspan="4">MODAL</th>' in page
    assert '<th scope="colgroup" class="start release" colspan="2">' in page
    assert '<th scope="col"><span class="mode">reverse mode</span></th>' in page
    assert page.count('<th scope="row">') == 3
    cells = re.findall(r"<td.*?</td>", page)
    assert len(cells) == 9
    assert all('class="visually-hidden">' in cell for cell in cells)
    assert 'title="depends on the first installation"' in page
    assert "no deployment modes" in page


def test_the_matrix_takes_the_filters_of_the_list(client, two_documents):
    assert list(table_rows(client.get(MATRIX, {"severity": "none"}))) == ["B-1"]
    assert table_rows(client.get(MATRIX, {"release": "modal-20", "mode": "forward"})) == {
        "A-1": ["required"],
        "A-2": ["confirm"],
    }
    assert table_rows(client.get(MATRIX, {"product": "plain"})) == {"B-1": ["required"]}
    verdict = {"release": "modal-20", "mode": "reverse", "verdict": "not_applicable"}
    assert table_rows(client.get(MATRIX, verdict)) == {"A-1": ["not_applicable"]}


def test_the_matrix_says_when_a_document_has_none_of_the_columns(english):
    modal = make_product("modal")
    make_release(modal, 10)
    make_advisory(product=modal, modes=[])
    make_product("other", modes=["icap"])

    text = text_of(english.get(MATRIX, {"mode": "icap"}))

    assert "None of the chosen products, releases and modes belongs to this document." in text


def test_a_faulty_filter_of_the_matrix_gets_a_message_and_no_table(client, two_documents):
    answer = client.get(MATRIX, {"release": "plain-1", "mode": "forward"})

    assert set(answer.context["form"].errors) == {"mode"}
    assert answer.context["tables"] == []


def test_an_empty_matrix_says_what_to_remove(english, two_documents):
    text = text_of(english.get(MATRIX, {"severity": "none", "q": "A-1"}))

    assert "without “Search words: A-1” 1 advisory" in text


def test_the_matrix_leads_to_the_wizard_and_to_the_list(client, two_documents):
    page = client.get(MATRIX, {"severity": "high"}).content.decode()

    assert f'href="{reverse("checklists:new_mode")}?release=modal-10"' in page
    assert 'href="/advisories/?severity=high"' in page
    assert 'href="/advisories/export.csv?severity=high"' in page


def test_a_table_wider_than_a_screen_scrolls_in_its_own_box(client):
    product = make_product(modes=["one", "two", "three", "four", "five"])
    for rank in range(1, 6):
        make_release(product, rank)
    make_advisory(product=product)

    assert 'class="matrix-box wide"' in client.get(MATRIX).content.decode()


def test_the_matrix_is_for_everybody_unless_the_portal_says_otherwise(
    client, two_documents, settings
):
    settings.CATALOGUE_LOGIN_REQUIRED = True

    refused = client.get(MATRIX)
    sign_in(client, Role.READER)

    assert refused.url == f"{reverse('login')}?next={MATRIX}"
    assert client.get(MATRIX).status_code == 200
    assert client.post(MATRIX).status_code == 405


def test_the_matrix_takes_the_same_queries_however_many_advisories_there_are(
    client, django_assert_num_queries
):
    load_fixture_catalogue()
    with django_assert_num_queries(25):
        few = client.get(MATRIX)

    copy_advisories(300)
    with django_assert_num_queries(25):
        many = client.get(MATRIX)

    assert (len(table_rows(few)), len(table_rows(many))) == (32, 300)
