"""The rules in SQL: the same as `decide`, on the real catalogue and on random ones."""

from collections import Counter
from types import SimpleNamespace

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advisories.actions import withdraw
from advisories.applicability import (
    OLDER,
    UNKNOWN,
    Deployment,
    FixScope,
    Reason,
    Severity,
    Status,
    Verdict,
    decide,
)
from advisories.deployments import build_deployment
from advisories.models import Advisory, AffectedProduct, Condition, Release
from advisories.querysets import facts_of
from advisories.verdict_rows import verdict_rows
from tests.factory import (
    load_fixture_catalogue,
    make_advisory,
    make_affected,
    make_category,
    make_condition,
    make_document,
    make_mode,
    make_product,
    make_release,
)

pytestmark = pytest.mark.django_db

MODES = ["forward", "icap", "reverse"]
CONDITIONS = ["cache", "snmp"]
RANKS = [10, 20, 30]


def reasons(deployment):
    """{tracking ID: reason}, after a check that both ways to ask in SQL agree with `decide`."""
    found = list(Advisory.objects.for_deployment(deployment).with_terms())
    for advisory in found:
        facts = facts_of(advisory, product=deployment.product, rank=deployment.rank)
        assert decide(facts, deployment).value == advisory.reason, (facts, deployment)
    expected = [(advisory.pk, advisory.verdict.value, advisory.reason) for advisory in found]
    assert verdict_rows(deployment) == expected
    return {advisory.tracking_id: advisory.reason for advisory in found}


# ---------------------------------------------------------------- random catalogues

affected_rows = st.tuples(
    st.sampled_from(Status.values),
    st.sampled_from([None, *RANKS]),
    st.sampled_from(FixScope.values),
)
advisories = st.fixed_dictionaries(
    {
        "modes": st.sets(st.sampled_from(MODES)),
        "conditions": st.sets(st.sampled_from(CONDITIONS)),
        "rows": st.dictionaries(st.sampled_from(["modal", "plain"]), affected_rows),
        "document": st.sampled_from(["both", "modal-only"]),
        "state": st.sampled_from(["published", "published", "published", "draft", "withdrawn"]),
    }
)


@st.composite
def deployments(draw):
    product = draw(st.sampled_from(["modal", "plain"]))
    rank = draw(st.sampled_from(RANKS))
    mode = draw(st.sampled_from([UNKNOWN, "forward", "icap"])) if product == "modal" else None
    installed = draw(st.sampled_from([UNKNOWN, OLDER, *(r for r in RANKS if r <= rank)]))
    answers = draw(st.dictionaries(st.sampled_from(CONDITIONS), st.booleans()))
    modes = frozenset({"forward", "icap"}) if product == "modal" else frozenset()
    return Deployment(product, rank, mode, installed, answers, modes)


@pytest.fixture
def ground():
    """Two products (one has modes), three releases each, and two documents; no advisories."""
    modal = make_product("modal", modes=["forward", "icap"])
    plain = make_product("plain", modes=[])
    return SimpleNamespace(
        products={"modal": modal, "plain": plain},
        releases={(p.slug, r): make_release(p, r) for p in (modal, plain) for r in RANKS},
        modes={slug: make_mode(slug) for slug in MODES},
        conditions={slug: make_condition(slug) for slug in CONDITIONS},
        category=make_category(),
        documents={
            "both": make_document("both", [modal, plain]),
            "modal-only": make_document("modal-only", [modal]),
        },
    )


def store(ground, drawn):
    """The drawn advisories as rows, past `publish`: SQL has to agree on whatever is stored."""
    stored = Advisory.objects.bulk_create(
        Advisory(
            tracking_id=f"ADV-{index}",
            position=index,
            document=ground.documents[one["document"]],
            category=ground.category,
            state=one["state"],
            withdrawn_reason="obsolete" if one["state"] == "withdrawn" else "",
            revision=1,
            title_ja="題",
            summary_ja="要約",
            action_ja="対処",
        )
        for index, one in enumerate(drawn)
    )
    pairs = list(zip(stored, drawn, strict=True))
    for name, terms in (("modes", ground.modes), ("conditions", ground.conditions)):
        link = getattr(Advisory, name).through
        link.objects.bulk_create(
            link(advisory=advisory, **{name[:-1]: terms[slug]})
            for advisory, one in pairs
            for slug in one[name]
        )
    AffectedProduct.objects.bulk_create(
        AffectedProduct(
            advisory=advisory,
            product=ground.products[product],
            status=status,
            fixed_in=ground.releases[product, rank] if rank else None,
            fix_scope=scope if rank else "",
        )
        for advisory, one in pairs
        for product, (status, rank, scope) in one["rows"].items()
    )


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    catalogue=st.lists(advisories, max_size=12),
    boxes=st.lists(deployments(), min_size=1, max_size=4),
)
def test_sql_and_the_pure_rules_agree_on_every_catalogue_and_box(ground, catalogue, boxes):
    with transaction.atomic():
        store(ground, catalogue)
        for deployment in boxes:
            in_scope = {
                f"ADV-{index}"
                for index, one in enumerate(catalogue)
                if one["state"] == "published"
                and (deployment.product == "modal" or one["document"] == "both")
            }

            assert reasons(deployment).keys() == in_scope
        transaction.set_rollback(True)


# ---------------------------------------------------------------- what is in scope


def test_drafts_and_withdrawn_advisories_take_no_part():
    product = make_product()
    make_advisory("DRAFT", product=product, published=False)
    gone = make_advisory("GONE", product=product)
    make_advisory("HERE", product=product)
    withdraw(advisory=gone, reason="obsolete", by=None)

    assert reasons(Deployment(product.slug, 10)).keys() == {"HERE"}


def test_documents_that_do_not_cover_the_product_take_no_part():
    mine, other = make_product("mine"), make_product("other")
    make_advisory("MINE", product=mine, document=make_document("one"))
    make_advisory("OTHER", product=other, document=make_document("two"))

    assert reasons(Deployment("mine", 10)).keys() == {"MINE"}


def test_an_advisory_without_a_row_for_the_product_is_asked_about_and_never_dropped():
    mine, other = make_product("mine"), make_product("other")
    make_advisory("A", product=other, document=make_document(products=[mine, other]))

    assert reasons(Deployment("mine", 10)) == {"A": Reason.UNNAMED}


def test_another_products_fix_does_not_count():
    mine, other = make_product("mine"), make_product("other")
    advisory = make_advisory("A", product=mine)
    make_affected(advisory, other, fixed_in=make_release(other, 10))

    assert reasons(Deployment("mine", 10)) == {"A": Reason.AFFECTED}


@pytest.mark.parametrize(
    ("rank", "reason"), [(10, Reason.AFFECTED), (20, Reason.FIXED), (30, Reason.FIXED)]
)
def test_a_fix_holds_from_its_release_on(rank, reason):
    product = make_product()
    fixed_in = make_release(product, 20)
    make_advisory("A", product=product, fixed_in=fixed_in)

    assert reasons(Deployment(product.slug, rank)) == {"A": reason}


def test_rows_come_in_document_order():
    product = make_product()
    second = make_document("a-later-document", [product])
    for tracking_id, position, document in [
        ("C", 1, second),
        ("B", 2, make_document("z-document", [product])),
        ("A", 1, make_document("z-document", [product])),
    ]:
        make_advisory(tracking_id, product=product, document=document, position=position)

    assert list(reasons(Deployment(product.slug, 10))) == ["C", "A", "B"]


def test_it_is_one_query_whatever_the_size(django_assert_num_queries):
    load_fixture_catalogue()
    deployment = build_deployment(release="iwsva-6.5-sp2", mode="icap", answers={})[1]

    with django_assert_num_queries(1):
        assert len(list(Advisory.objects.for_deployment(deployment))) == 32
    with django_assert_num_queries(1):
        assert len(verdict_rows(deployment)) == 32
    with django_assert_num_queries(6):
        list(Advisory.objects.for_deployment(deployment).with_terms())


def test_with_verdict_keeps_the_rows_of_these_verdicts():
    product = make_product()
    make_advisory("A", product=product)
    make_advisory("B", product=product, status=Status.NOT_AFFECTED)
    make_advisory("C", product=product, conditions=["snmp"])
    found = Advisory.objects.for_deployment(Deployment(product.slug, 10))

    kept = found.with_verdict(Verdict.REQUIRED, Verdict.CONFIRM)

    assert [advisory.tracking_id for advisory in kept] == ["A", "C"]


# ---------------------------------------------------------------- the real catalogue

# Rows that remain in the vendor's own reading: release, lineage -> mode -> total, (high, medium,
# low). It was counted from the document, not from our data.
MODE_SLUGS = ("forward-proxy", "icap", "reverse-proxy", "transparent-bridge")
BOXES = [
    ("iwsva-6.5-sp2", "unknown", ["29 15/8/6", "21 7/8/6", "21 9/7/5", "23 10/8/5"]),
    ("iwsva-6.5-sp3", "unknown", ["19 8/7/4", "14 2/7/5", "13 3/6/4", "16 5/7/4"]),
    ("iwss-6.5-linux", "unknown", ["29 15/8/6", "21 7/8/6", "21 9/7/5"]),
    (
        "iwss-6.5-linux-patch-3",
        "iwss-6.5-linux-patch-3",
        ["21 8/8/5", "15 2/8/5", "14 3/7/4"],
    ),
    ("iwss-6.5-linux-patch-3", "older", ["22 9/8/5", "15 2/8/5", "15 4/7/4"]),
]
REMAINING = [
    (release, installed_with, mode, expected)
    for release, installed_with, row in BOXES
    for mode, expected in zip(MODE_SLUGS, row, strict=False)
]


def test_the_remaining_rows_are_those_the_document_itself_leaves():
    load_fixture_catalogue()
    answers = dict.fromkeys(Condition.objects.values_list("slug", flat=True), True)

    counted = []
    for release, installed_with, mode, _expected in REMAINING:
        deployment = build_deployment(
            release=release, mode=mode, installed_with=installed_with, answers=answers
        )[1]
        # The table drops fixed rows and rows of other modes, and knows no product filter: rows
        # that our catalogue called not affected would still count in it.
        left = [
            row
            for row in Advisory.objects.for_deployment(deployment)
            if row.reason not in (Reason.MODE, Reason.FIXED)
        ]
        of = Counter(row.severity for row in left)
        counts = f"{len(left)} {of[Severity.HIGH]}/{of[Severity.MEDIUM]}/{of[Severity.LOW]}"
        counted.append((release, installed_with, mode, counts))

    assert counted == REMAINING


def test_the_catalogue_excludes_no_product_so_the_documents_own_count_is_comparable():
    load_fixture_catalogue()

    assert not AffectedProduct.objects.filter(status=Status.NOT_AFFECTED).exists()


def test_every_answer_for_every_box_adds_up_to_all_32_rows():
    load_fixture_catalogue()
    boxes = 0
    for release in Release.objects.select_related("product"):
        modes = [mode.slug for mode in release.product.modes.all()]
        for mode in [*modes, "unknown"]:
            for installed_with in (release.slug, "older", "unknown"):
                for answers in ({}, {"snmp": True, "smart-scan": False}):
                    deployment = build_deployment(
                        release=release.slug,
                        mode=mode,
                        installed_with=installed_with,
                        answers=answers,
                    )[1]
                    assert len(verdict_rows(deployment)) == 32
                    boxes += 1
    assert boxes == (3 * 5 + 3 * 4) * 3 * 2
