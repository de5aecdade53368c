"""Loading a catalogue file: what a new edition adds and changes, what is left, what is refused."""

import pytest
from django.core.management import CommandError, call_command

from advisories.catalogue_file import FaultyFile
from advisories.loading import load
from advisories.models import Advisory, AdvisoryRevision, DocumentRevision
from tests.factory import load_fixture_catalogue
from tests.support import editions

pytestmark = pytest.mark.django_db
Step = AdvisoryRevision.Step


def test_loading_the_same_file_again_changes_nothing():
    load_fixture_catalogue()

    report = load_fixture_catalogue()

    assert not report.has_news
    assert AdvisoryRevision.objects.count() == 32


def test_a_new_edition_makes_a_revision_of_what_it_changes_and_of_nothing_else():
    load_fixture_catalogue()

    report = load(editions.as_bytes(editions.edition_1_4()))

    assert report.added == {"edition": ["1.4"], "advisory": [editions.ADDED]}
    assert report.changed == {
        "advisory": [editions.REWORDED, editions.RERATED, editions.FIXED],
    }
    assert report.missing == {"advisory": [editions.DROPPED]}
    steps = AdvisoryRevision.objects.exclude(step=Step.FIRST)
    assert dict(steps.values_list("advisory__tracking_id", "step")) == {
        editions.REWORDED: Step.PATCH,
        editions.RERATED: Step.MINOR,
        editions.FIXED: Step.MAJOR,
    }
    assert DocumentRevision.objects.filter(version="1.4").exists()
    assert Advisory.objects.get(tracking_id=editions.DROPPED).state == "published"


def test_an_older_edition_does_not_take_the_portal_back():
    load(editions.as_bytes(editions.edition_1_4()))

    with pytest.raises(FaultyFile, match=r"1\.4"):
        load_fixture_catalogue()

    assert Advisory.objects.get(tracking_id=editions.RERATED).severity == 3


def test_the_command_names_the_place_of_a_fault(tmp_path):
    document = editions.edition_1_3()
    document["advisories"][2]["severity"] = "urgent"
    file = tmp_path / "faulty.json"
    file.write_bytes(editions.as_bytes(document))

    with pytest.raises(CommandError, match=r"advisories\[2\]\.severity"):
        call_command("load_catalogue", str(file))

    assert not Advisory.objects.exists()
