"""`make offline-cases`: every case has a test, and whatever did not hold is told."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from tools.offline_cases import CASES, Cases, parts_of

MARKS = [
    mark
    for path in sorted(Path(__file__).parent.glob("test_*.py"))
    for mark in re.findall(r'^@case\("(.*)"\)$', path.read_text(), re.MULTILINE)
]


def report(mark, outcome="passed", when="call", test="test_a", **properties):
    found = [("case", mark), *properties.items()]
    return SimpleNamespace(user_properties=found, outcome=outcome, when=when, nodeid=test)


def told(*reports):
    cases = Cases()
    for each in reports:
        cases.pytest_runtest_logreport(each)
    return cases


def test_every_case_has_a_test():
    assert sorted({parts_of(mark)[0] for mark in MARKS}) == CASES


def test_every_mark_says_how_its_case_is_tried():
    assert {parts_of(mark)[1] for mark in MARKS} == {"browser", "protocol"}


def test_a_case_whose_tests_all_pass_holds():
    cases = told(
        *(report(f"{id} browser: x") for id in CASES), report("F07 protocol: y", test="test_b")
    )

    assert cases.hold
    assert re.fullmatch(r"F07  x; y +browser, protocol +holds \(2 tests\)", cases.lines()[6])


@pytest.mark.parametrize(
    ("outcome", "when"),
    [("failed", "call"), ("failed", "setup"), ("failed", "teardown"), ("skipped", "setup")],
)
def test_a_test_that_did_not_pass_is_named(outcome, when):
    reports = [report(f"{id} browser: x") for id in CASES]

    cases = told(*reports, report("F07 browser: x", outcome, when))

    assert not cases.hold
    assert cases.lines()[6].endswith(f"FAILED (1 test)\n     test_a: {outcome}")


def test_a_case_without_a_test_does_not_hold():
    cases = told(*(report(f"{id} browser: x") for id in CASES if id != "F07"))

    assert not cases.hold
    assert cases.lines()[6].endswith("NO TEST (0 tests)")


def test_a_test_says_itself_where_a_fault_was_not_a_real_one():
    cases = told(report("F14 browser: the disk is full", how="init script: cannot mount here"))

    assert "browser, init script: cannot mount here" in cases.lines()[13]
