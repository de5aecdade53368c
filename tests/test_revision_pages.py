"""Two revisions of an advisory beside each other, and which checklists hold the advisory."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisories.actions import publish, withdraw
from advisories.models import Advisory, Reference
from advisories.side_by_side import pieces
from checklists import actions
from portal.roles import Role
from tests.support import rollouts
from tests.support.editing import Catalogue, as_editor, sign_in
from tests.support.pages import client_of, text_of

PAGE = "/advisories/E-1/revisions/{}/"


@pytest.fixture
def catalogue(db):
    return Catalogue()


@pytest.fixture
def english(client):
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def three(catalogue):
    """E-1 with three revisions: 2 changes the applicability, 3 a title."""
    catalogue.first.severity = 1
    catalogue.first.save()
    catalogue.first.modes.set([catalogue.proxy, catalogue.bridge])
    catalogue.first.affected.update(fix_scope="new_installs")
    publish(advisory=catalogue.first, note="Bridge is affected as well", by=None)
    catalogue.first.title_ja = "E-1 の新しい件名"
    catalogue.first.save()
    publish(advisory=catalogue.first, by=None)
    return catalogue


def shown(answer):
    """{label: (before, after)} of what the page says is different."""
    assert answer.status_code == 200
    return {
        row.label: tuple(
            "".join(text for text, _differs in side) for side in (row.before, row.after)
        )
        for row in answer.context["differences"]
    }


# ---------------------------------------------------------------- texts

parts = st.text("設定を確認してA.b 1\n", max_size=30)


@given(parts, parts)
def test_both_texts_are_whole_again_when_their_pieces_are_joined(old, new):
    before, after = pieces(old, new)

    assert "".join(text for text, _differs in before) == old
    assert "".join(text for text, _differs in after) == new
    same = ["".join(t for t, differs in side if not differs) for side in (before, after)]
    assert same[0] == same[1]


def test_words_are_compared_whole_and_japanese_by_character():
    assert pieces("timeout is 30 s", "timeout is 300 s") == (
        [("timeout is ", False), ("30", True), (" s", False)],
        [("timeout is ", False), ("300", True), (" s", False)],
    )
    assert pieces("設定を見る", "設定を確認する") == (
        [("設定を", False), ("見", True), ("る", False)],
        [("設定を", False), ("確認す", True), ("る", False)],
    )


# ---------------------------------------------------------------- the page


def test_a_revision_is_shown_beside_the_one_before_it(english, three):
    answer = english.get(PAGE.format(2))

    assert shown(answer) == {
        "Severity": ("High", "Low"),
        "Deployment modes": ("Proxy", "Bridge / Proxy"),
        "Gateway: The fix reaches": ("all installations", "new installations only"),
    }
    text = text_of(answer)
    assert "From revision 1 to revision 2" in text
    assert "MAJOR: applicability changed" in text
    assert "Bridge is affected as well" in text
    assert "<del>High</del>" in answer.content.decode()
    assert "<ins>Low</ins>" in answer.content.decode()


def test_the_words_are_those_of_the_reader_and_texts_are_in_both_languages(client, three):
    assert shown(client.get(PAGE.format(2)))["重要度"] == ("高", "低")
    assert shown(client.get(PAGE.format(3))) == {
        "件名 (日本語)": ("E-1 の件名", "E-1 の新しい件名")
    }


def test_any_two_revisions_can_be_compared_the_older_one_on_the_left(english, three):
    forward = english.get(PAGE.format(3), {"with": "1"})
    backward = english.get(PAGE.format(1), {"with": "3"})

    assert shown(forward) == shown(backward)
    assert set(shown(forward)) >= {"Severity", "Title (Japanese)"}
    assert "From revision 1 to revision 3" in text_of(backward)
    assert '<option value="1" selected>' in forward.content.decode()


@pytest.mark.parametrize("other", ["", "2", "99", "x", "²", "9" * 40])
def test_a_revision_that_cannot_be_compared_with_gives_the_one_before(english, three, other):
    answer = english.get(PAGE.format(2), {"with": other})

    assert "From revision 1 to revision 2" in text_of(answer)


def test_the_first_revision_says_all_that_it_said(english, three):
    answer = english.get(PAGE.format(1))

    assert "The first revision: there is none before it" in text_of(answer)
    found = shown(answer)
    assert found["Title (English)"] == ("", "Title of E-1")
    assert found["Q&A"] == ("", "0012 → KA-7\n13")
    assert found["Category"] == ("", "Tuning")


def test_a_withdrawal_is_a_revision_with_its_reason(english, catalogue):
    withdraw(advisory=catalogue.first, reason="Superseded", by=None)

    assert shown(english.get(PAGE.format(2))) == {
        "State": ("published", "withdrawn"),
        "Reason of the withdrawal": ("", "Superseded"),
    }


def test_what_a_term_was_called_is_its_slug_once_it_is_gone(english, three):
    Reference.objects.filter(product=three.mail).delete()
    three.first.modes.set([three.proxy])
    publish(advisory=three.first, by=None)
    three.gateway.modes.remove(three.bridge)
    three.bridge.delete()

    assert shown(english.get(PAGE.format(2)))["Deployment modes"] == ("Proxy", "bridge / Proxy")


def test_text_of_a_revision_is_never_markup(client, catalogue):
    catalogue.first.summary_ja = "<script>alert(1)</script>"
    catalogue.first.save()
    publish(advisory=catalogue.first, by=None)

    page = client.get(PAGE.format(2)).content.decode()

    assert "<script>alert" not in page
    assert "&lt;" in page


@pytest.mark.parametrize("number", ["0", "9", "999999999"])
def test_a_revision_that_is_not_there_is_a_404(client, catalogue, number):
    assert client.get(PAGE.format(number)).status_code == 404


@pytest.mark.parametrize("path", ["E-1/revisions/x/", "E-77/revisions/1/", "E-1/revisions/%00/"])
def test_no_page_is_a_404(client, catalogue, path):
    assert client.get(f"/advisories/{path}").status_code == 404


def test_a_draft_has_no_page_for_readers(client, catalogue):
    draft = catalogue.draft("E-1-draft")
    address = f"/advisories/{draft.tracking_id}/revisions/1/"

    stranger = client.get(address).status_code
    as_editor(client)

    assert stranger == client.get(address).status_code == 404


def test_the_page_is_for_everybody_unless_the_portal_says_otherwise(client, catalogue, settings):
    settings.CATALOGUE_LOGIN_REQUIRED = True

    refused = client.get(PAGE.format(1))
    sign_in(client, Role.READER)

    assert refused.status_code == 302
    assert client.get(PAGE.format(1)).status_code == 200
    assert client.post(PAGE.format(1)).status_code == 405


def test_the_page_of_the_advisory_leads_to_each_revision(client, three):
    page = client.get("/advisories/E-1/").content.decode()

    assert [f'href="{PAGE.format(number)}"' in page for number in (1, 2, 3)] == [True] * 3


def test_the_page_takes_the_same_queries_however_long_the_history_is(
    english, three, django_assert_num_queries
):
    with django_assert_num_queries(11):
        english.get(PAGE.format(2))
    for number in range(4):
        three.first.title_en = f"Title {number}"
        three.first.save()
        publish(advisory=three.first, by=None)
    with django_assert_num_queries(11):
        english.get(PAGE.format(2))


# ---------------------------------------------------------------- checklists


PAGE_OF_ADVISORY = "/advisories/A-1/"
HEADING = "Used in these checklists"


@pytest.fixture
def scene(db):
    return rollouts.Scene()


def test_the_page_of_an_advisory_shows_the_readers_checklists_with_it(scene):
    rollouts.decide(scene.checklist, "A-1", by=scene.omar)

    text = text_of(client_of(scene.omar).get(PAGE_OF_ADVISORY))

    assert f"{HEADING} 1" in text
    assert "proxy-01 顧客株式会社 / 更改 Action required Done 1" in text


def test_nobody_else_sees_them(client, scene):
    stranger = rollouts.person("stella", Role.ENGINEER)

    for reader in (client, client_of(stranger)):
        assert HEADING not in text_of(reader.get(PAGE_OF_ADVISORY))


def test_a_discarded_checklist_is_not_among_them(scene):
    actions.discard(
        checklist_id=scene.id, op_id=rollouts.op("discard"), reason="mistake", by=scene.omar
    )

    assert HEADING not in text_of(client_of(scene.omar).get(PAGE_OF_ADVISORY))


def test_a_checklist_with_an_older_revision_says_so(scene):
    advisory = Advisory.objects.get(tracking_id="A-1")
    Advisory.objects.filter(pk=advisory.pk).update(revision=4)

    assert "Open 1 the newest is 4" in text_of(client_of(scene.omar).get(PAGE_OF_ADVISORY))


def test_only_the_newest_are_listed_and_all_are_counted(scene, monkeypatch):
    monkeypatch.setattr("checklists.templatetags.used_in.SHOWN", 2)
    for number in range(2):
        rollouts.make_checklist(scene.rollout, scene.omar, name=f"n{number}", host=f"host-{number}")

    text = text_of(client_of(scene.omar).get(PAGE_OF_ADVISORY))

    assert "The newest 2 of 3." in text
    assert "host-1" in text
    assert "proxy-01" not in text


def test_the_checklists_take_the_same_queries_however_many_there_are(
    scene, django_assert_num_queries
):
    reader = client_of(scene.omar)
    with django_assert_num_queries(18):
        reader.get(PAGE_OF_ADVISORY)
    for number in range(3):
        rollouts.make_checklist(scene.rollout, scene.omar, name=f"n{number}", host=f"host-{number}")
    with django_assert_num_queries(18):
        reader.get(PAGE_OF_ADVISORY)
