"""The counts beside the filters: what each choice would give, and what an empty list says."""

from datetime import date, timedelta
from urllib.parse import parse_qs

import pytest
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advisories.applicability import Status
from advisories.facets import Counts
from advisories.filters import AdvisoryFilter, start_of
from advisories.models import Advisory, AffectedProduct
from tests.factory import load_fixture_catalogue, make_advisory, make_affected, make_product
from tests.support.editing import Catalogue

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 25)


def query(**values):
    data = QueryDict(mutable=True)
    for name, value in values.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    return data


def counts(**values):
    return Counts(AdvisoryFilter(query(**values)), TODAY)


def facet(name, **values):
    """{value: count} of one facet, in its order."""
    found = next((f for f in counts(**values).facets if f.name == name), None)
    return {option.value: option.n for option in found.options} if found else None


def listed(**values):
    return len(AdvisoryFilter(query(**values)).qs)


@pytest.fixture
def catalogue():
    return Catalogue()


def test_each_facet_counts_what_each_of_its_choices_would_give(catalogue):
    assert facet("severity") == {"high": 1, "low": 1, "none": 1}
    assert facet("category") == {"behaviour": 2, "tuning": 1}
    assert facet("topic") == {"network": 2, "reports": 1}
    assert facet("condition") == {"directory": 1}
    assert facet("product") == {"gateway": 3, "mail": 3}


def test_a_facet_ignores_its_own_choice_and_heeds_the_others(catalogue):
    assert facet("topic", topic="reports") == {"network": 2, "reports": 1}
    assert facet("severity", topic="reports") == {"low": 1}
    assert facet("topic", topic="reports", severity="high") == {"network": 1, "reports": 0}


def test_what_would_give_nothing_is_left_out_unless_it_is_chosen(catalogue):
    assert facet("condition", severity="low") is None
    assert facet("condition", severity="low", condition="directory") == {"directory": 0}


def test_an_advisory_that_does_not_concern_a_product_is_not_counted_for_it(catalogue):
    AffectedProduct.objects.create(
        advisory=catalogue.first, product=catalogue.mail, status=Status.NOT_AFFECTED
    )

    assert facet("product") == {"gateway": 3, "mail": 2}


def test_the_advisories_of_another_document_count_for_its_products_only(catalogue):
    other = make_product("elsewhere")
    make_advisory(product=other)

    assert facet("product") == {"elsewhere": 1, "gateway": 3, "mail": 3}


def test_the_verdicts_are_counted_once_there_is_a_release_and_are_always_four(catalogue):
    box = {"release": "gateway-1", "mode": "bridge"}

    assert facet("verdict") is None
    assert facet("verdict", **box) == {
        "required": 2,
        "confirm": 0,
        "fixed": 0,
        "not_applicable": 1,
    }
    assert facet("verdict", verdict="not_applicable", **box)["required"] == 2
    assert facet("category", verdict="required", **box) == {"behaviour": 2}


def test_the_periods_count_what_changed_since(catalogue):
    for row, days in ((catalogue.first, 5), (catalogue.second, 60), (catalogue.third, 1000)):
        changed = start_of(TODAY - timedelta(days=days))
        Advisory.objects.filter(pk=row.pk).update(changed_at=changed)

    assert facet("since") == {"": 3, "2026-10-26": 1, "2026-08-27": 2, "2025-11-25": 2}
    assert facet("since", since="2026-08-27") == facet("since")
    custom = facet("since", since="2020-01-01")
    assert custom == {**facet("since"), "2020-01-01": 3}
    assert facet("since", severity="none") is None


def test_the_total_is_the_length_of_the_list(catalogue):
    for values in ({}, {"topic": "network"}, {"q": "E-2"}, {"release": "gateway-1", "q": "件名"}):
        assert counts(**values).total() == listed(**values)


@pytest.fixture
def real():
    """The real catalogue, a little more varied."""
    load_fixture_catalogue()
    last = list(Advisory.objects.order_by("-position")[:9])
    for number, advisory in enumerate(last):
        advisory.severity = None if number % 3 == 0 else advisory.severity
        advisory.changed_at = start_of(TODAY - timedelta(days=40 * number))
        advisory.save()
    spared = AffectedProduct.objects.filter(advisory__in=last[:4], product__slug="iwss")
    spared.update(status=Status.NOT_AFFECTED)


choices = st.fixed_dictionaries(
    {},
    optional={
        "q": st.sampled_from(["設定", "遅い", "IWSx 通知", "nothing"]),
        "release": st.sampled_from(["iwsva-6.5-sp2", "iwss-6.5-linux-patch-3"]),
        "mode": st.sampled_from(["icap", "reverse-proxy"]),
        "verdict": st.lists(st.sampled_from(["required", "confirm", "fixed"]), max_size=2),
        "severity": st.lists(st.sampled_from(["high", "low", "none"]), max_size=2),
        "category": st.lists(st.sampled_from(["behaviour", "tuning"]), max_size=2),
        "topic": st.lists(st.sampled_from(["network", "notifications", "other"]), max_size=2),
        "condition": st.lists(st.sampled_from(["snmp", "proxy-chain"]), max_size=1),
        "product": st.lists(st.sampled_from(["iwsva", "iwss"]), max_size=2),
        "since": st.sampled_from(["2026-08-27", "2026-06-01"]),
    },
)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(choices)
def test_every_count_is_the_length_of_the_list_with_that_choice_alone_in_its_facet(real, values):
    counted = counts(**values)

    assert counted.total() == listed(**values)
    for found in counted.facets:
        for option in found.options:
            only = values | {found.name: option.value}
            assert option.n == listed(**only), (found.name, option.value)


def test_an_empty_list_names_each_single_filter_whose_removal_would_help(catalogue):
    found = counts(q="E-1", severity="low").relaxations()

    assert [(name, n) for name, n, _left in found] == [("検索する語句: E-1", 1), ("重要度: 低", 1)]
    assert [parse_qs(left) for _n, _name, left in found] == [{"severity": ["low"]}, {"q": ["E-1"]}]


def test_release_and_mode_can_be_what_stands_in_the_way(catalogue):
    box = {"release": "gateway-1", "mode": "bridge"}

    found = counts(verdict="confirm", **box).relaxations()

    assert [(name, n) for name, n, _left in found] == [
        ("リリース: Gateway 1.0", 2),
        ("配置モード: ブリッジ", 1),
        ("判定: 要判断", 3),
    ]


def test_an_empty_page_says_which_filter_to_remove_and_what_that_would_give(client, catalogue):
    client.cookies["django_language"] = "en"

    text = client.get("/advisories/", {"q": "E-1", "severity": ["low", "none"]}).content.decode()

    assert "0 of 3 advisories" in text
    assert 'href="/advisories/?q=E-1">without “Severity: Low, None given”</a>' in text
    assert '<span class="soft">1 advisory</span>' in text


def test_an_empty_page_admits_that_no_single_filter_is_the_reason(client, catalogue):
    client.cookies["django_language"] = "en"

    text = client.get("/advisories/", {"q": "E-1", "severity": "none", "topic": "reports"})

    assert "No single filter is the reason." in text.content.decode()


def test_a_facet_is_a_box_with_its_count_in_words(client, catalogue):
    client.cookies["django_language"] = "en"

    text = client.get("/advisories/", {"topic": "network"}).content.decode()

    assert (
        '<input type="checkbox" name="topic" value="network" id="id_topic_network" checked>' in text
    )
    assert (
        '<span class="count" aria-hidden="true">2</span>'
        '<span class="visually-hidden">2 advisories</span>' in text
    )


def test_counting_takes_the_same_queries_however_many_advisories_there_are(
    catalogue, django_assert_num_queries
):
    values = {"release": "gateway-1", "topic": "network", "severity": "high", "q": "件名"}

    def count():
        chosen = AdvisoryFilter(query(**values))
        _ = chosen.qs
        with django_assert_num_queries(5):
            return Counts(chosen, TODAY).facets

    count()
    for _ in range(5):
        make_affected(make_advisory(product=catalogue.gateway, topics=["network"]), catalogue.mail)
    count()
