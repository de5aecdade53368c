"""`make broken-protocols` itself: two variants, and what it says when one is not noticed."""

from dataclasses import replace

import pytest

from tests.broken_protocols import VARIANTS, line, named, run

FEW = ("tests/test_actions_record.py",)


@pytest.mark.parametrize("name", [variant.name for variant in VARIANTS if variant.changes])
def test_what_a_variant_changes_is_there_to_be_changed(name):
    for file in named(name).files:
        assert named(name).source(file)


def test_a_broken_rule_turns_its_tests_red_and_the_test_is_named():
    variant = replace(named("sign-off ignored"), tests=FEW)

    failed, seconds = run(variant)

    assert failed.startswith("tests/test_actions_record.py::test_")
    assert failed in line(variant, failed, seconds)


def test_with_nothing_broken_the_same_tests_pass():
    variant = replace(named("nothing"), tests=FEW)

    failed, seconds = run(variant)

    assert failed == ""
    assert "passes as it should" in line(variant, failed, seconds)


def test_a_variant_that_no_test_notices_is_told():
    assert "SURVIVED" in line(named("sign-off ignored"), "", 1)
    assert "FAILS: tests/test_x.py::test_y" in line(named("nothing"), "tests/test_x.py::test_y", 1)
