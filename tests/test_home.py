"""The first page: what waits for me, what is open, what was issued lately."""

import re

import pytest

from checklists.actions import return_items
from checklists.views import home
from portal.models import User
from tests.support.pages import client_of, text_of, url
from tests.support.rollouts import (
    Scene,
    make_checklist,
    op,
    quick_pdf,
    sign_prepared,
    sign_reviewed,
    work_off,
)

pytestmark = pytest.mark.django_db


HOME = "/"


@pytest.fixture(autouse=True)
def no_real_pdf(monkeypatch):
    quick_pdf(monkeypatch)


@pytest.fixture
def scene():
    return Scene()


def shown(user, *, language="en"):
    return client_of(user, language=language).get(HOME)


def part(response, name):
    """The words of one section: to-sign, returned, open or issued; "" where there is none."""
    page = response.content.decode()
    found = re.search(rf'<section class="stack" aria-labelledby="{name}">.*?</section>', page, re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split()) if found else ""


def hosts(response, name):
    """The boxes of a section, from top to bottom."""
    page = response.content.decode()
    found = re.search(rf'<section class="stack" aria-labelledby="{name}">.*?</section>', page, re.S)
    return re.findall(r"(box-\d+|proxy-01)(?:</b>)?</a>", found[0]) if found else []


def box(scene, number, at="draft"):
    """One more checklist of the scene's rollout, as far as `at`."""
    name = f"box-{number}"
    checklist = make_checklist(scene.rollout, scene.omar, name=name, host=name)
    if at != "draft":
        work_off(checklist, scene.omar)
    if at in ("prepared", "issued"):
        sign_prepared(checklist, scene.omar, name=f"prepare {name}")
    if at == "issued":
        sign_reviewed(checklist, scene.ines, name=f"issue {name}")
    return checklist


def send_back(scene, comment="", **comments):
    return_items(
        checklist_id=scene.id,
        op_id=op(f"return {comment} {comments}"),
        comments={name.replace("_", "-"): text for name, text in comments.items()},
        comment=comment,
        by=scene.ines,
    )


def with_roles(user, *roles):
    user.groups.set(user.groups.model.objects.filter(name__in=[role.value for role in roles]))
    return User.objects.get(pk=user.pk)


def test_a_checklist_with_everything_decided_says_so(scene):
    assert "All decided" not in part(shown(scene.omar), "open")
    work_off(scene.checklist, scene.omar)
    assert "All decided" in part(shown(scene.omar), "open")

    sign_prepared(scene.checklist, scene.omar)

    assert "All decided" not in part(shown(scene.omar), "open")


def test_what_was_returned_counts_as_open_as_on_the_checklists_page():
    scene = Scene(at="prepared")
    send_back(scene, A_1="again")
    scene.checklist.items.filter(tracking_id="A-3").update(flagged=True)

    line = part(shown(scene.omar), "open")

    assert "1 / 3 0 / 1" in line
    assert "All decided" not in line
    page = text_of(client_of(scene.omar).get(url("checklist_detail", scene)))
    assert "High 0 / 1" in page
    assert "All 1 / 3" in page
    rollout = text_of(client_of(scene.omar).get(scene.rollout.get_absolute_url()))
    assert "1 / 3 0 / 1" in rollout


def test_what_waits_for_somebody_is_listed_however_many_are_newer(scene, monkeypatch):
    monkeypatch.setattr(home, "MOST_OPEN", 3)
    work_off(scene.checklist, scene.omar)
    sign_prepared(scene.checklist, scene.omar)
    for number in range(1, 5):
        box(scene, number)

    page = shown(scene.ines)

    assert hosts(page, "to-sign") == ["proxy-01"]
    assert hosts(page, "open") == ["box-4", "box-3", "proxy-01"]
    assert "Only the newest are listed." in part(page, "open")


def test_what_was_returned_is_listed_however_many_are_newer(monkeypatch):
    monkeypatch.setattr(home, "MOST_OPEN", 2)
    scene = Scene(at="prepared")
    send_back(scene, A_1="again")
    for number in range(1, 4):
        box(scene, number)

    assert "proxy-01" in part(shown(scene.omar), "returned")
