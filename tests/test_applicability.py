"""The nine rules of design section 4, called directly: just below, on and just above each edge."""

import pytest

from advisories.applicability import (
    OLDER,
    UNKNOWN,
    VERDICT_OF,
    Deployment,
    Facts,
    FixScope,
    Reason,
    Status,
    Verdict,
    can_change,
    decide,
    deciding_conditions,
)

MODES = frozenset({"bridge", "forward", "icap"})
ALL, NEW = FixScope.ALL_INSTALLS, FixScope.NEW_INSTALLS


def box(**said):
    """A box of rank 20 in forward mode, of which nothing else is known."""
    given = {"product": "gateway", "rank": 20, "mode": "forward", "product_modes": MODES}
    return Deployment(**given | said)


def facts(**said):
    """An advisory that affects the product everywhere."""
    given = {"status": Status.AFFECTED} | said
    for name in ("modes", "conditions"):
        given[name] = frozenset(given.get(name, ()))
    return Facts(**given)


def test_an_advisory_without_limits_is_required():
    assert decide(facts(), box()) is Reason.AFFECTED


@pytest.mark.parametrize(
    ("listed", "mode", "reason"),
    [
        ((), "forward", Reason.AFFECTED),
        (("forward",), "forward", Reason.AFFECTED),
        (("forward", "icap"), "forward", Reason.AFFECTED),
        (("icap",), "forward", Reason.MODE),
        (("icap", "bridge"), "forward", Reason.MODE),
        (("foreign",), "forward", Reason.MODE),
        ((), UNKNOWN, Reason.AFFECTED),
        (("icap",), UNKNOWN, Reason.MODE_OPEN),
        (("icap", "forward"), UNKNOWN, Reason.MODE_OPEN),
        (("icap", "forward", "bridge"), UNKNOWN, Reason.AFFECTED),
        (("icap", "forward", "bridge", "foreign"), UNKNOWN, Reason.AFFECTED),
    ],
)
def test_a_mode_excludes_only_when_it_is_known_and_not_listed(listed, mode, reason):
    assert decide(facts(modes=listed), box(mode=mode)) is reason


def test_a_product_without_modes_is_hit_whatever_modes_the_advisory_lists():
    appliance = box(mode=None, product_modes=frozenset())

    assert decide(facts(modes=["icap"]), appliance) is Reason.AFFECTED


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (Status.AFFECTED, Reason.AFFECTED),
        (Status.NOT_AFFECTED, Reason.PRODUCT),
        (Status.UNDER_INVESTIGATION, Reason.UNNAMED),
        (None, Reason.UNNAMED),
    ],
)
def test_the_product_is_excluded_only_by_a_plain_no(status, reason):
    assert decide(facts(status=status), box()) is reason


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ({}, Reason.CONDITION_OPEN),
        ({"snmp": True}, Reason.CONDITION_OPEN),
        ({"snmp": True, "cache": True}, Reason.AFFECTED),
        ({"snmp": False}, Reason.CONDITION),
        ({"snmp": True, "cache": False}, Reason.CONDITION),
        ({"other": False}, Reason.CONDITION_OPEN),
    ],
)
def test_one_no_makes_the_advisory_pointless_and_one_gap_leaves_it_open(answers, reason):
    assert decide(facts(conditions=["snmp", "cache"]), box(answers=answers)) is reason


@pytest.mark.parametrize(
    ("scope", "fixed_rank", "installed_with", "reason"),
    [
        (None, None, 20, Reason.AFFECTED),
        (ALL, 20, UNKNOWN, Reason.FIXED),
        (ALL, 20, OLDER, Reason.FIXED),
        (NEW, 20, 20, Reason.FIXED),
        (NEW, 20, 19, Reason.AFFECTED),
        (NEW, 19, 20, Reason.FIXED),
        (NEW, 20, OLDER, Reason.AFFECTED),
        (NEW, 20, UNKNOWN, Reason.LINEAGE),
    ],
)
def test_a_fix_for_new_installs_reaches_only_boxes_installed_with_it_or_later(
    scope, fixed_rank, installed_with, reason
):
    found = decide(facts(fix=scope, fixed_rank=fixed_rank), box(installed_with=installed_with))

    assert found is reason


EVERYTHING_AT_ONCE = [
    (Reason.MODE, {"modes": ["icap"]}, {}),
    (Reason.PRODUCT, {"modes": [], "status": Status.NOT_AFFECTED}, {}),
    (Reason.CONDITION, {"status": Status.UNDER_INVESTIGATION}, {}),
    (Reason.FIXED, {}, {"answers": {"cache": True}, "installed_with": 20}),
    (Reason.LINEAGE, {}, {"answers": {"cache": True}}),
    (Reason.MODE_OPEN, {}, {"answers": {}, "mode": UNKNOWN, "installed_with": OLDER}),
    (Reason.UNNAMED, {"fix": None, "fixed_rank": None, "status": None}, {"answers": {}}),
    (Reason.CONDITION_OPEN, {}, {"answers": {}, "installed_with": OLDER}),
]


@pytest.mark.parametrize(("reason", "of_advisory", "of_box"), EVERYTHING_AT_ONCE)
def test_the_first_rule_that_holds_wins(reason, of_advisory, of_box):
    advisory = {
        "modes": ["icap"] if reason in (Reason.MODE, Reason.MODE_OPEN) else [],
        "conditions": ["snmp", "cache"],
        "fix": NEW,
        "fixed_rank": 20,
    } | of_advisory
    deployment = {"answers": {"snmp": False}} | of_box

    assert decide(facts(**advisory), box(**deployment)) is reason


def test_every_reason_has_one_verdict_and_only_five_are_certain():
    assert VERDICT_OF.keys() == set(Reason)
    uncertain = {r for r in Reason if r.verdict is Verdict.CONFIRM}
    assert uncertain == {
        Reason.LINEAGE,
        Reason.MODE_OPEN,
        Reason.UNNAMED,
        Reason.CONDITION_OPEN,
    }


def test_a_box_installed_with_a_newer_release_than_its_own_is_refused():
    assert box(installed_with=20).installed_with == 20
    with pytest.raises(ValueError, match="newer"):
        box(installed_with=21)


def test_a_mode_the_product_does_not_support_is_refused():
    with pytest.raises(ValueError, match="foreign"):
        box(mode="foreign")


def test_deciding_conditions_are_those_said_no_to_or_those_still_open():
    conditions = frozenset({"a", "b", "c"})

    assert deciding_conditions(conditions, Reason.CONDITION, {"c": False, "a": False}) == ["a", "c"]
    assert deciding_conditions(conditions, Reason.CONDITION_OPEN, {"c": True}) == ["a", "b"]
    assert deciding_conditions(conditions, Reason.AFFECTED, {}) == []
    assert deciding_conditions(conditions, Reason.MODE, {}) == []


def test_only_unanswered_conditions_of_undecided_advisories_can_change_a_row():
    two = facts(conditions=["a", "b"])

    assert can_change(two, box()) == {"a", "b"}
    assert can_change(two, box(answers={"a": True})) == {"b"}
    assert can_change(two, box(answers={"a": False})) == frozenset()
    assert can_change(facts(conditions=["a"], modes=["icap"]), box()) == frozenset()
    assert can_change(facts(conditions=["a"], fix=ALL, fixed_rank=20), box()) == {"a"}
