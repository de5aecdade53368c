"""The next checklist of a box that was upgraded, rebuilt or re-configured."""

import re
from urllib.parse import parse_qs, urlencode

import pytest
from django.urls import reverse

from advisories.applicability import Reason
from checklists.actions import Refused, discard, reopen
from checklists.models import Checklist
from checklists.undone import Happened, Undone, undone
from checklists.verification import findings
from tests.support.pages import client_of, text_of, url
from tests.support.rollouts import (
    Scene,
    decide,
    make_checklist,
    op,
    quick_files,
    sign_prepared,
    sign_reviewed,
)

UPGRADED, REBUILT, RECONFIGURED = Happened.values


@pytest.fixture(autouse=True)
def no_real_pdf(monkeypatch):
    quick_files(monkeypatch)


# The rule


@pytest.mark.parametrize("happened", Happened.values)
@pytest.mark.parametrize(
    ("decision", "now", "what"),
    [
        ("done", Reason.AFFECTED, Undone.SETTING),
        ("verified", Reason.CONDITION_OPEN, Undone.SETTING),
        ("not_needed", Reason.AFFECTED, None),
        ("risk_accepted", Reason.AFFECTED, None),
        ("pending", Reason.AFFECTED, None),
        ("open", Reason.AFFECTED, None),
        ("done", Reason.MODE, None),
        ("done", Reason.CONDITION, None),
    ],
)
def test_what_was_set_on_the_box_may_be_gone_while_it_is_still_needed(
    happened, decision, now, what
):
    found = undone(
        happened, decision=decision, was=Reason.AFFECTED, now=now, fix_scope="", fix_kind=""
    )

    assert found == what


@pytest.mark.parametrize("decision", ["open", "verified"])
def test_a_fix_that_no_longer_reaches_the_box_weighs_most(decision):
    found = undone(
        UPGRADED,
        decision=decision,
        was=Reason.FIXED,
        now=Reason.LINEAGE,
        fix_scope="new_installs",
        fix_kind="",
    )

    assert found == Undone.FIX_LOST


@pytest.mark.parametrize(
    ("happened", "scope", "kind", "what"),
    [
        (UPGRADED, "all_installs", "default_changed", Undone.DEFAULT),
        (RECONFIGURED, "all_installs", "workaround_built_in", Undone.DEFAULT),
        (UPGRADED, "new_installs", "reworked", Undone.DEFAULT),
        (UPGRADED, "all_installs", "reworked", None),
        (UPGRADED, "all_installs", "feature_removed", None),
        (RECONFIGURED, "all_installs", "", None),
        (REBUILT, "new_installs", "default_changed", None),
    ],
)
def test_a_fix_that_is_a_value_may_be_written_over_but_not_by_installing_anew(
    happened, scope, kind, what
):
    found = undone(
        happened,
        decision="open",
        was=Reason.FIXED,
        now=Reason.FIXED,
        fix_scope=scope,
        fix_kind=kind,
    )

    assert found == what


def test_where_nothing_happened_nothing_is_undone():
    found = undone(
        "", decision="done", was=Reason.AFFECTED, now=Reason.AFFECTED, fix_scope="", fix_kind=""
    )

    assert found is None


# The checklist


def after(scene, happened=UPGRADED, name="after", **changes):
    return make_checklist(
        scene.rollout,
        scene.omar,
        name=name,
        predecessor=scene.checklist,
        happened=happened,
        **changes,
    )


def row(page, number):
    return re.search(rf'<li class="item[^"]*" id="item-{number}"[^>]*>.*?</li>', page, re.S)[0]


def page_of(scene, checklist):
    return client_of(scene.omar).get(checklist.get_absolute_url()).content.decode()


@pytest.mark.django_db
def test_nothing_is_decided_in_advance_and_the_chain_holds():
    scene = Scene(at="issued")

    made = after(scene)

    assert set(made.items.values_list("decision", flat=True)) == {"open"}
    assert made.items.get(tracking_id="A-1").previous["undone"] == "setting"
    assert made.events.get(seq=1).payload["happened"] == "upgraded"
    assert findings(made) == []


@pytest.mark.django_db
def test_what_may_be_undone_comes_first_with_the_reason_in_words():
    scene = Scene(at="issued")
    made = after(scene)

    page = page_of(scene, made)

    headings = re.findall(r'<h2 id="([\w-]+)">', page)
    assert headings.index("undone") < headings.index("fixed")
    assert "The box was upgraded since. Look at these first." in page
    assert "an upgrade does not carry over every setting" in row(page, 1)
    assert "Value before</dt>" in row(page, 1)
    assert " checked" not in row(page, 1)


@pytest.mark.django_db
def test_once_decided_an_item_goes_back_to_its_place_and_keeps_the_old_decision_beside_it():
    scene = Scene(at="issued")
    made = after(scene)
    for tracking_id in ("A-1", "A-2", "A-3"):
        decide(made, tracking_id, by=scene.omar)

    page = page_of(scene, made)

    assert 'id="undone"' not in page
    assert "Decided on the checklist before this one:" in row(page, 1)
    assert "Record the same decision" not in row(page, 1)


@pytest.mark.django_db
def test_the_decisions_are_those_that_were_issued_not_those_of_the_draft_since():
    scene = Scene(at="issued")
    reopen(checklist_id=scene.id, op_id=op("re"), reason="x", by=scene.omar)
    decide(scene.checklist, "A-1", "not_needed", by=scene.omar, reason="changed since")

    made = after(scene)

    previous = made.items.get(tracking_id="A-1").previous
    assert (previous["decision"], previous["value_after"]) == ("done", "on")


@pytest.mark.django_db
def test_a_fix_that_was_there_by_lineage_is_named_even_if_nobody_had_decided_it():
    scene = Scene()
    scene.checklist.items.filter(tracking_id="A-2").update(reason="fixed", verdict="fixed")

    made = after(scene, REBUILT)

    item = made.items.get(tracking_id="A-2")
    assert item.previous["undone"] == "fix_lost"
    assert "the fix no longer reaches the box" in row(page_of(scene, made), 2)
    assert "Record the same decision" not in row(page_of(scene, made), 2)


@pytest.mark.django_db
@pytest.mark.parametrize("changes", [{"predecessor": None}, {"happened": "nonsense"}])
def test_what_happened_needs_a_checklist_before_and_a_word_that_is_known(changes):
    scene = Scene()
    given = {"predecessor": scene.checklist, "happened": UPGRADED} | changes

    with pytest.raises(Refused):
        make_checklist(scene.rollout, scene.omar, name="after", **given)


# The way there


@pytest.mark.django_db
def test_the_page_leads_to_the_wizard_with_the_answers_that_can_still_be_right():
    scene = Scene(at="issued")

    page = client_of(scene.omar).get(url("successor", scene)).content.decode()

    upgraded, rebuilt, same, wrong = re.findall(r'href="(/checklists/new/[^"]*\?[^"]*)"', page)
    assert "release=" not in upgraded
    assert "happened=upgraded" in upgraded
    assert "installed_with=appliance-2" in rebuilt
    assert "installed_with=appliance-1" in same
    assert all(f"predecessor={scene.id}" in link for link in (upgraded, rebuilt, same, wrong))


@pytest.mark.django_db
def test_a_box_is_rebuilt_through_the_wizard():
    scene = Scene(at="issued")
    client = client_of(scene.omar)
    page = client.get(url("successor", scene)).content.decode()
    check = re.findall(r'href="(/checklists/new/check/[^"]*)"', page)[0].replace("&amp;", "&")

    assert client.get(check).status_code == 200
    save = check.replace("/check/", "/save/")
    shown = client.get(save)
    sent = {
        "id": op("wizard"),
        "rollout_id": op("unused"),
        "rollout": str(scene.rollout.pk),
        "host": "proxy-01",
    }
    client.post(save, sent)

    made = Checklist.objects.get(pk=op("wizard"))
    assert "Rebuilt:" in text_of(shown)
    assert (made.predecessor, made.happened) == (scene.checklist, "rebuilt")
    assert "Rebuilt: checklist before this one" in text_of(client.get(made.get_absolute_url()))


@pytest.mark.django_db
def test_before_the_first_issue_the_page_leads_to_other_releases_and_modes_only():
    scene = Scene()

    page = client_of(scene.omar).get(url("successor", scene)).content.decode()

    [wrong] = re.findall(r'href="(/checklists/new/[^"]*\?[^"]*)"', page)
    asked = parse_qs(wrong.replace("&amp;", "&").partition("?")[2])
    assert asked == {"installed_with": ["appliance-1"], "predecessor": [str(scene.id)]}
    assert "discard this one" in page
    assert "What became of the box" not in page


@pytest.mark.django_db
def test_whoever_notices_the_wrong_mode_half_way_is_offered_what_was_decided():
    scene = Scene()
    decide(scene.checklist, "A-1", by=scene.omar, after="on")
    client = client_of(scene.omar)
    mended = {"release": "appliance-2", "mode": "bridge", "installed_with": "appliance-1"}
    save = f"{reverse('checklists:new_save')}?{urlencode(mended | {'predecessor': scene.id})}"

    client.post(
        save,
        {
            "id": op("wizard"),
            "rollout_id": op("unused"),
            "rollout": str(scene.rollout.pk),
            "host": "proxy-01",
        },
    )

    made = Checklist.objects.get(pk=op("wizard"))
    first = made.items.get(tracking_id="A-1")
    assert (made.predecessor, made.happened) == (scene.checklist, "")
    assert made.answers.get(question="mode").value == "bridge"
    assert (first.decision, first.previous["decision"]) == ("open", "done")


@pytest.mark.django_db
def test_where_the_page_says_what_cannot_change_it_leads_there():
    scene = Scene()
    link = f'href="{url("successor", scene)}">Start anew with another release or mode</a>'
    address = url("checklist_detail", scene)

    assert link in client_of(scene.omar).get(address).content.decode()
    assert link not in client_of(scene.ines).get(address).content.decode()


@pytest.mark.django_db
def test_from_a_discarded_checklist_nothing_starts():
    scene = Scene()
    discard(checklist_id=scene.id, op_id=op("discard"), reason="twice", by=scene.omar)

    answered = client_of(scene.omar).get(url("successor", scene))

    assert answered.status_code == 409
    assert "This checklist was discarded" in text_of(answered)


@pytest.mark.django_db
def test_the_next_checklist_can_be_handed_over_like_any_other():
    scene = Scene(at="issued")
    made = after(scene)
    for tracking_id in ("A-1", "A-2", "A-3"):
        decide(made, tracking_id, by=scene.omar)
    decide(made, "A-4", "verified", by=scene.omar)

    sign_prepared(made, scene.omar, name="p2")
    edition = sign_reviewed(made, scene.ines, name="i2")

    assert edition.issued_at is not None
