"""An edition with pending items says so wherever it is listed, not on its cover alone."""

import pytest
from django.urls import reverse

from checklists.actions import reopen
from checklists.models import Edition
from checklists.querysets import PENDING_IN_CONTENT
from tests.support.pages import client_of, text_of, url
from tests.support.rollouts import (
    Scene,
    decide,
    op,
    quick_files,
    sign_prepared,
    sign_reviewed,
    work_off,
)

pytestmark = pytest.mark.django_db

WAITS = {"waiting_for": "Customer", "due": "2026-12-01"}


@pytest.fixture(autouse=True)
def no_real_pdf(monkeypatch):
    quick_files(monkeypatch)


def issued(pending, **texts):
    """A scene at "issued" in which as many items as `pending` says wait for an answer."""
    scene = Scene()
    work_off(scene.checklist, scene.omar)
    for tracking_id in ("A-2", "A-4")[:pending]:
        decide(
            scene.checklist,
            tracking_id,
            "pending",
            by=scene.omar,
            name=f"wait {tracking_id}",
            **WAITS,
            **texts,
        )
    sign_prepared(scene.checklist, scene.omar)
    scene.edition = sign_reviewed(scene.checklist, scene.ines)
    return scene


def pages(scene):
    rollout = [scene.rollout.pk]
    return {
        "home": reverse("home"),
        "edition": url("edition", scene, "1.0"),
        "revisions": url("revisions", scene),
        "rollout": reverse("checklists:rollout_detail", args=rollout),
        "files": reverse("checklists:rollout_files", args=rollout),
    }


@pytest.mark.parametrize("page", ["home", "edition", "revisions", "rollout", "files"])
@pytest.mark.parametrize(
    ("language", "pending", "words"),
    [("en", 1, "1 open point "), ("en", 2, "2 open points "), ("ja", 2, "保留あり 2 件")],
)
def test_every_list_of_editions_says_how_many_points_are_open(page, language, pending, words):
    scene = issued(pending)

    answer = client_of(scene.omar, language=language).get(pages(scene)[page])

    assert words in text_of(answer)


@pytest.mark.parametrize("page", ["home", "edition", "revisions", "rollout", "files"])
def test_without_pending_items_nothing_is_said(page):
    scene = issued(0)

    assert "open point" not in text_of(client_of(scene.omar).get(pages(scene)[page]))


def test_it_is_what_was_issued_that_counts_whatever_the_draft_after_it_says():
    scene = issued(2)
    reopen(checklist_id=scene.id, op_id=op("reopen"), reason="Patch 4", by=scene.omar)
    decide(scene.checklist, "A-2", by=scene.omar, name="answered")

    first, draft = Edition.objects.all()

    assert (first.open_points, draft.open_points) == (2, 0)


@pytest.mark.parametrize("pending", [0, 1, 2])
def test_the_database_counts_the_same(pending):
    scene = issued(pending, note=f"They wrote {PENDING_IN_CONTENT} and “保留”.")

    counted = Edition.objects.defer("content").with_open_points().get()

    assert counted.open_points == scene.edition.open_points == pending
