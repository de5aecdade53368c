"""The open items on paper, with boxes to tick by hand."""

import pytest

from tests.support.pages import client_of, text_of, url
from tests.support.rollouts import Scene, decide

pytestmark = pytest.mark.django_db


def sheet(scene, query=None, language="en"):
    return client_of(scene.ines, language=language).get(url("paper_sheet", scene), query or {})


def test_it_has_what_is_open_with_a_box_for_each_decision():
    scene = Scene()
    decide(scene.checklist, "A-1", by=scene.omar)

    page = text_of(sheet(scene))

    assert "Open items 3" in page
    assert "Advisory 1" not in page
    for number in (2, 3, 4):
        assert f"Advisory {number}" in page
    assert page.count("Done Verified Not needed Risk accepted Pending") == 3


def test_what_is_only_to_be_verified_is_there_only_where_the_box_was_installed_before():
    scene = Scene()
    scene.checklist.answers.filter(question="installed_with").update(value="appliance-2")

    assert "Open items 3" in text_of(sheet(scene))


def test_what_was_returned_is_there_with_the_comment():
    scene = Scene(at="worked")
    changes = {"returned": True, "returned_comment": "Show the value."}
    scene.checklist.items.filter(tracking_id="A-2").update(**changes)

    page = text_of(sheet(scene))

    assert "Open items 1" in page
    assert "Returned: Show the value." in page
    assert "Value after on" in page


def test_it_follows_the_filters_of_the_checklist():
    page = text_of(sheet(Scene(), {"severity": "high"}))

    assert "Open items 1" in page
    assert "Only the items that the filters of the checklist show." in page


def test_it_speaks_both_languages():
    assert "実施済" in text_of(sheet(Scene(), language="ja"))


def test_where_nothing_is_open_it_says_so():
    assert "No item is open." in text_of(sheet(Scene(at="worked")))


def test_it_takes_a_fixed_number_of_queries(django_assert_num_queries):
    scene = Scene()
    client = client_of(scene.ines)
    client.get(url("paper_sheet", scene))

    with django_assert_num_queries(10):
        client.get(url("paper_sheet", scene))
