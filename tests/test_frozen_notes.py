"""The company's own notes in a checklist: frozen, offered, shown and handed over."""

import csv
import io
import json

import pytest
from django.urls import reverse
from django.utils.translation import override
from PIL import Image

from advisories.models import Advisory
from advisories.note_actions import add_picture, save_note
from advisories.note_words import as_text, version_in
from checklists import actions
from checklists.actions import Stale, Wanted
from checklists.content import content_of
from checklists.differences import differences
from checklists.handover.json_file import write_json
from checklists.handover.pdf_layout import template_data
from checklists.models import ChecklistItem, HandoverSettings
from checklists.offers import catalogue_of, held_by, held_in, moves_since, offers_in
from checklists.verification import findings
from tests.support.handover import handover_of, make_proof
from tests.support.moving import reword
from tests.support.pages import client_of, text_of, url
from tests.support.rollouts import (
    Scene,
    catalogue,
    make_checklist,
    make_rollout,
    omar,
    op,
    open_edition,
    quick_pdf,
)
from tests.support.schema import faults

pytestmark = pytest.mark.django_db
STEPS = "控える:\n    cat /etc/hosts\n    ls"


def note_on(tracking_id, text, by, pictures=()):
    advisory = Advisory.objects.get(tracking_id=tracking_id)
    note = getattr(advisory, "local_note", None)
    return save_note(
        advisory=advisory,
        text=text,
        pictures=list(pictures),
        expected_version=note.version if note else 0,
        by=by,
    )


@pytest.fixture
def scene():
    return Scene()


@pytest.fixture
def noted():
    """A checklist that was made while A-1 had a note."""

    class Noted(Scene):
        def __init__(self):
            catalogue()
            self.omar = omar()
            note_on("A-1", STEPS, self.omar)
            self.rollout = make_rollout(self.omar)
            self.checklist = make_checklist(self.rollout, self.omar)

    return Noted()


def moves_of(scene):
    found = moves_since("appliance", held_by(scene.checklist.items.all()))
    return {move.tracking_id: move for move in found}


def take(scene, *wanted, name="take"):
    return actions.take(checklist_id=scene.id, op_id=op(name), wanted=list(wanted), by=scene.omar)


# Frozen


def test_the_note_is_frozen_with_its_item(noted):
    item = noted.item("A-1")

    note_on("A-1", "別の手順", noted.omar)

    item.refresh_from_db()
    assert item.content["local_note"]["blocks"][1] == {
        "kind": "code",
        "lines": ["cat /etc/hosts", "ls"],
    }
    assert item.note_version == version_in(item.content) == 1
    assert noted.item("A-2").content["local_note"] is None


def test_notes_cost_a_checklist_no_further_query(noted, django_assert_max_num_queries):
    for name in ("A-2", "A-3", "A-4"):
        note_on(name, STEPS, noted.omar)

    with django_assert_max_num_queries(33):
        make_checklist(noted.rollout, noted.omar, name="other", host="other")


def test_a_note_that_somebody_changed_in_the_table_is_found(noted):
    ChecklistItem.objects.filter(pk=noted.item("A-1").pk).update(note_version=2)

    with override("en"):
        assert any("note on A-1" in found for found in findings(noted.checklist))


# Offered


def test_a_changed_note_is_offered_and_keeps_the_decision(noted):
    note_on("A-1", "別の手順", noted.omar)

    move = moves_of(noted)["A-1"]
    [event] = take(noted, Wanted("A-1", 1, 0, 2))

    assert (move.step, move.held_note, move.newest_note) == ("note", 1, 2)
    assert (move.is_offer, move.needs_tick) == (True, False)
    assert event.effect["consequence"] == "none"
    assert noted.item("A-1").content["local_note"]["blocks"] == [
        {"kind": "text", "lines": ["別の手順"]}
    ]
    assert moves_of(noted) == {}
    noted.checklist.refresh_from_db()
    assert findings(noted.checklist) == []


def test_a_first_note_and_an_emptied_one_are_offered(scene):
    note_on("A-2", STEPS, scene.omar)
    first = moves_of(scene)["A-2"]
    take(scene, Wanted("A-2", 1, 0, 1))

    note_on("A-2", "  \n", scene.omar)
    emptied = moves_of(scene)["A-2"]
    take(scene, Wanted("A-2", 1, 1, 0), name="emptied")

    assert (first.held_note, first.newest_note) == (0, 1)
    assert (emptied.held_note, emptied.newest_note) == (1, 0)
    assert scene.item("A-2").content["local_note"] is None
    assert moves_of(scene) == {}


def test_a_note_that_changed_again_since_it_was_seen_is_not_taken(noted):
    note_on("A-1", "二", noted.omar)
    note_on("A-1", "三", noted.omar)

    with pytest.raises(Stale):
        take(noted, Wanted("A-1", 1, 0, 2))


def test_a_new_revision_weighs_more_than_a_changed_note_and_brings_it(noted):
    reword("A-1")
    note_on("A-1", "二", noted.omar)

    assert moves_of(noted)["A-1"].step == "patch"
    take(noted, Wanted("A-1", 2, 0, 2))

    assert noted.item("A-1").note_version == 2


def test_the_lists_count_a_changed_note(noted):
    assert offers_in([noted.checklist]) == {noted.id: 0}

    note_on("A-1", "二", noted.omar)

    assert offers_in([noted.checklist]) == {noted.id: 1}


def test_the_difference_is_shown_word_by_word(noted):
    def state(text):
        blocks = [{"kind": "text", "lines": [text]}]
        item = noted.item("A-1")
        content = item.content | {"local_note": {"blocks": blocks, "pictures": []}}
        return {"severity": 3, "content": content, "facts": item.facts}

    with override("en"):
        [difference] = differences(state("old step"), state("new step"))

    assert difference.label == "Our own steps"
    assert [part.kind for part in difference.parts] == ["del", "ins", "same"]


def test_the_page_of_the_offers_shows_the_change_and_takes_it(noted):
    note_on("A-1", "別の手順", noted.omar)
    client = client_of(noted.omar)

    page = client.get(url("offers", noted))
    client.post(url("take", noted), {"op_id": op("form"), "offer": "A-1 1 0 2"})

    assert "Our own steps changed" in text_of(page)
    assert "our own steps: version 1 → 2" in text_of(page)
    assert 'value="A-1 1 0 2"' in page.content.decode()
    assert noted.item("A-1").note_version == 2


def test_an_issued_edition_says_when_a_note_changed(monkeypatch):
    quick_pdf(monkeypatch)
    scene = Scene(at="issued")

    note_on("A-1", STEPS, scene.omar)

    found = moves_since("appliance", held_in(scene.edition, {"A-1": 1}))
    assert [(move.tracking_id, move.step) for move in found] == [("A-1", "note")]


def test_the_catalogue_of_an_edition_has_the_versions_of_its_notes(noted):
    content = content_of(noted.checklist, open_edition(noted.checklist))

    assert catalogue_of(content)["notes"] == {"A-1": 1}


# Shown and handed over


def test_the_item_shows_the_note_as_it_was_frozen(noted):
    note_on("A-1", "<b>later</b>", noted.omar)

    page = client_of(noted.omar).get(noted.checklist.get_absolute_url()).content.decode()

    assert "cat /etc/hosts&#10;ls</code></pre>" in page
    assert "later" not in page


def test_the_item_shows_pictures_from_the_portal_itself(scene):
    png = io.BytesIO()
    Image.new("RGB", (4, 3)).save(png, "PNG")
    sha256 = add_picture(data=png.getvalue(), by=scene.omar).sha256
    note_on("A-1", "", scene.omar, [{"sha256": sha256, "caption": "画面"}])

    other = make_checklist(scene.rollout, scene.omar, name="other", host="other")
    page = client_of(scene.omar).get(other.get_absolute_url()).content.decode()

    assert reverse("advisories:note_picture", args=[sha256]) in page
    assert 'alt="画面"' in page


def test_the_text_of_a_note_keeps_commands_apart_and_names_pictures():
    note = {
        "blocks": [{"kind": "text", "lines": ["a"]}, {"kind": "code", "lines": ["ls", "", "id"]}],
        "pictures": [{"caption": "the page"}, {"caption": ""}],
    }

    with override("en"):
        text = as_text(note)

    assert text == "a\n\n    ls\n\n    id\n\n[Picture 1: the page]\n\n[Picture 2]"
    assert as_text(None) == ""


def test_the_json_has_the_note_and_fits_the_published_schema(noted):
    content = content_of(noted.checklist, open_edition(noted.checklist))

    data = write_json(content, make_proof(state="draft"))

    assert faults(data) == []
    assert json.loads(data)["content"]["items"][0]["local_note"]["version"] == 1


def test_the_csv_has_a_column_for_it(noted):
    address = reverse("checklists:export", args=[noted.id, "csv"])

    data = client_of(noted.omar).get(address, {"language": "en"}).content

    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert rows[0]["Our own steps"].startswith("控える:")
    assert rows[1]["Our own steps"] == ""


@pytest.mark.parametrize("wanted", [True, False])
def test_paper_has_it_only_where_the_company_wants_it(noted, wanted):
    HandoverSettings(local_notes=wanted).save()
    content = content_of(noted.checklist, open_edition(noted.checklist))

    data = template_data(handover_of(content, proof=make_proof(state="draft")))

    [first] = [row for s in data["sections"] for row in s["rows"] if row["number"] == "1"]
    assert ("cat /etc/hosts" in first["local_note"]) is wanted
