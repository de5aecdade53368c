"""What `make bench` measures still runs, with the floors beside it. How fast is no matter here."""

import pytest
from django.contrib.auth.models import Group

from benchmarks import files, run
from checklists.models import Edition
from portal.models import User
from tests.factory import load_fixture_catalogue
from tests.support.rollouts import quick_files

pytestmark = pytest.mark.django_db


@pytest.fixture
def user():
    load_fixture_catalogue()
    user = User.objects.create_user("bench", is_staff=True)
    user.groups.set(Group.objects.all())
    return user


def test_evaluation_and_search_give_what_their_floors_give(user):
    lines = [run.evaluation(32, 1), run.search(32, 1, "設定", "two characters")]
    lines.append(run.advisory_list(32, 1, "遅延"))

    assert all(line.floor for line in lines)


def test_a_checklist_is_made_worked_and_shown_beside_its_floors(user):
    rollout = run.new_rollout(user, "1")
    checklist = run.create(rollout, user)

    lines = [
        run.creation(rollout, user, 32, 1),
        run.decision(checklist, user, 1),
        run.page(checklist, user, 32, 1),
    ]

    assert all(line.floor for line in lines)


def test_the_boxes_of_a_rollout_become_a_workbook_editions_and_a_bundle(
    user, settings, monkeypatch
):
    settings.ALLOW_SELF_REVIEW = True
    quick_files(monkeypatch)
    rollout = run.new_rollout(user, "2 boxes")
    for _ in range(2):
        run.create(rollout, user)

    for kind in ("sheets", "issue", "bundle"):
        files.work_of(kind, {"rollout": str(rollout.pk), "user": user.pk})()

    assert Edition.objects.filter(issued_at__isnull=False).count() == 2
