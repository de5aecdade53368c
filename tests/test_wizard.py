"""The wizard's questions and the answers in an address: rules without rows."""

import pytest
from django.http import QueryDict

from checklists.wizard.rules import (
    CONDITIONS,
    DAMAGED,
    INSTALLED_WITH,
    MODE,
    RELEASE,
    Answers,
    after,
    before,
    faults,
    first_open,
    steps,
    usable,
)

HEADER = {
    "product": {"slug": "app", "short_name": "APP"},
    "release": {"slug": "app-2", "rank": 2},
    "modes": [{"slug": "proxy"}, {"slug": "bridge"}],
    "releases": [
        {"slug": "app-1", "rank": 1},
        {"slug": "app-2", "rank": 2},
        {"slug": "app-3", "rank": 3},
    ],
    "conditions": [{"slug": "snmp", "name": {}}, {"slug": "directory", "name": {}}],
}
WITHOUT_MODES = HEADER | {"modes": []}


def read(query):
    return Answers.read(QueryDict(query))


def test_what_is_written_reads_back():
    query = "release=app-2&mode=proxy&installed_with=older&yes=directory&no=snmp&change=1"

    answers = read(query)

    assert answers == Answers(
        "app-2", "proxy", "older", frozenset({"directory"}), frozenset({"snmp"}), change=True
    )
    assert answers.query() == query


def test_the_order_of_an_address_does_not_matter():
    assert read("yes=b&yes=a&release=x").query() == read("release=x&yes=a&yes=b&yes=a").query()


def test_an_empty_address_answers_nothing():
    assert read("") == Answers()
    assert read("release=&mode=").query() == ""


def test_the_fields_of_the_conditions_page_become_yes_and_no():
    answers = read("condition-a=yes&condition-b=no&condition-c=unknown")

    assert answers.conditions() == {"a": "yes", "b": "no"}


def test_unknown_keys_are_dropped():
    assert read("utm_source=mail&release=app-2").query() == "release=app-2"


@pytest.mark.parametrize(
    "value", ["%00", "%ED%A0%80", "A%20B", "%3Cscript%3E", "x" * 81, "..", "a%0Ab", "%E9%85%8D"]
)
def test_what_cannot_be_a_slug_does_not_travel_on(value):
    answers = read(f"release={value}&yes={value}&condition-{value}=yes")

    assert answers.release == DAMAGED
    assert answers.yes == {DAMAGED}


def test_two_answers_to_one_question_are_no_answer():
    assert read("mode=proxy&mode=bridge").mode == DAMAGED
    assert read("mode=proxy&mode=proxy").mode == "proxy"


def test_a_condition_field_knows_yes_no_and_unknown_only():
    assert DAMAGED in read("condition-a=maybe").yes


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("6a0f8a6e-5f9c-4a53-9a55-1f6a3c1d7b10", "6a0f8a6e-5f9c-4a53-9a55-1f6a3c1d7b10"),
        ("6A0F8A6E5F9C4A539A551F6A3C1D7B10", "6a0f8a6e-5f9c-4a53-9a55-1f6a3c1d7b10"),
        ("nobody", DAMAGED),
        ("", ""),
    ],
)
def test_the_earlier_checklist_is_carried_as_a_uuid(value, kept):
    assert read(f"predecessor={value}").predecessor == kept


def test_a_page_leaves_its_own_question_out_of_what_it_carries():
    answers = read("release=app-2&mode=proxy&yes=snmp")

    assert answers.pairs(without=MODE) == [("release", "app-2"), ("yes", "snmp")]
    assert answers.pairs(without=CONDITIONS) == [("release", "app-2"), ("mode", "proxy")]


def test_steps_follow_the_product():
    assert steps(None) == (RELEASE, MODE, INSTALLED_WITH, CONDITIONS)
    assert steps(HEADER) == (RELEASE, MODE, INSTALLED_WITH, CONDITIONS)
    assert steps(WITHOUT_MODES) == (RELEASE, INSTALLED_WITH, CONDITIONS)
    assert steps(HEADER, asks_conditions=False) == (RELEASE, MODE, INSTALLED_WITH)


def test_a_question_that_is_not_asked_still_has_a_place():
    asked = steps(WITHOUT_MODES)

    assert before(MODE, asked) == [RELEASE]
    assert after(MODE, asked) == [INSTALLED_WITH, CONDITIONS]


def test_answers_that_can_be_have_no_fault():
    answers = read("release=app-2&mode=unknown&installed_with=app-2&yes=snmp&no=directory")

    assert faults(answers, HEADER) == {}


def test_what_is_not_answered_is_no_fault():
    assert faults(Answers(), None) == {}
    assert faults(Answers("app-2"), HEADER) == {}


@pytest.mark.parametrize(
    ("query", "step"),
    [
        ("mode=icap", MODE),
        ("mode=%3F", MODE),
        ("installed_with=other-1", INSTALLED_WITH),
        ("installed_with=app-3", INSTALLED_WITH),
        ("yes=nothing", CONDITIONS),
        ("yes=snmp&no=snmp", CONDITIONS),
    ],
)
def test_a_fault_belongs_to_its_question(query, step):
    found = faults(read("release=app-2&" + query), HEADER)

    assert list(found) == [step]
    assert found[step]


def test_an_unknown_release_is_the_only_fault():
    assert list(faults(read("release=nothing&mode=nothing"), None)) == [RELEASE]


@pytest.mark.parametrize("rank_of_first", ["app-1", "app-2"])
def test_a_box_may_be_installed_with_its_release_or_an_older_one(rank_of_first):
    assert faults(Answers("app-2", installed_with=rank_of_first), HEADER) == {}


def test_a_preview_leaves_out_what_cannot_be():
    answers = read("release=app-2&mode=icap&installed_with=app-3&yes=snmp&yes=x&no=snmp")

    kept = usable(answers, HEADER)

    assert (kept.mode, kept.installed_with, kept.conditions()) == ("", "", {})
    assert usable(answers, None) == Answers()


def test_a_preview_keeps_the_rest():
    kept = usable(read("release=app-2&mode=icap&installed_with=older&no=snmp&yes=x"), HEADER)

    assert (kept.installed_with, kept.conditions()) == ("older", {"snmp": "no"})


def test_the_first_open_question_is_unanswered_or_faulty():
    asked = steps(HEADER)

    assert first_open(Answers(), asked, {}) is RELEASE
    assert first_open(Answers("app-2", "proxy"), asked, {}) is INSTALLED_WITH
    assert first_open(Answers("app-2", "proxy", "older"), asked, {MODE: "no"}) is MODE
    assert first_open(Answers("app-2", "proxy", "older"), asked, {}) is None
