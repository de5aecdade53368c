"""purge_rollout: a rollout goes whole, and a line about it stays."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction

from checklists import files
from checklists.actions import Refused, open_link, purge, revoke_edition
from checklists.models import (
    AccessUse,
    Answer,
    Checklist,
    ChecklistItem,
    CustomerAccess,
    Edition,
    Event,
    Purge,
    Reply,
    Revocation,
    Rollout,
    SignOff,
)
from portal.models import User
from tests.support.customers import PUBLIC_URL, decline, make_link, quick_sheet, record_paper
from tests.support.rollouts import Scene, make_checklist, make_rollout, op, quick_files, work_off

EVERYTHING = (
    Rollout,
    Checklist,
    ChecklistItem,
    Answer,
    Event,
    Edition,
    SignOff,
    Revocation,
    Reply,
    CustomerAccess,
    AccessUse,
)


@pytest.fixture(autouse=True)
def no_real_pdf(monkeypatch):
    quick_files(monkeypatch)


def run(scene, *arguments, reason="retention has ended"):
    out = StringIO()
    call_command("purge_rollout", str(scene), "--reason", reason, *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_the_whole_rollout_goes_and_the_line_stays():
    scene = Scene(at="issued")
    revoke_edition(edition_id=scene.edition.pk, op_id=op("revoke"), reason="wrong", by=scene.ines)
    scene.checklist.refresh_from_db()

    said = run(scene.rollout.pk, "--yes")

    assert [model.objects.count() for model in EVERYTHING] == [0] * len(EVERYTHING)
    line = Purge.objects.get()
    assert (line.rollout, line.reason) == (scene.rollout.pk, "retention has ended")
    assert line.purged_by.endswith("command line)") or line.purged_by == "command line"
    assert line.digests["checklists"] == {str(scene.id): scene.checklist.head}
    assert line.digests["editions"] == [[str(scene.id), "1.0", scene.edition.digest]]
    assert str(scene.rollout.pk) in said
    assert User.objects.count() == 2


@pytest.mark.django_db
def test_another_rollout_stays_as_it_is():
    scene = Scene(at="issued")
    other = make_rollout(scene.omar, name="other")
    successor = make_checklist(other, scene.omar, name="successor", predecessor=scene.checklist)
    work_off(successor, scene.omar)
    events = successor.events.count()

    run(scene.rollout.pk, "--yes")

    successor.refresh_from_db()
    assert successor.predecessor is None
    assert successor.events.count() == events
    assert Rollout.objects.get() == other


def test_files_go_with_the_commit(committed_db):
    scene = Scene(at="issued")
    paths = [files.path_of(file["sha256"]) for file in scene.edition.files]
    assert all(path.exists() for path in paths)

    run(scene.rollout.pk, "--yes")

    assert not any(path.exists() for path in paths)


def test_a_purge_that_fails_half_way_leaves_everything(committed_db, monkeypatch):
    scene = Scene(at="issued")

    def fail(self, *args, **kwargs):
        raise DatabaseError("disk full")

    monkeypatch.setattr(Rollout, "delete", fail)
    with pytest.raises(DatabaseError):
        purge(rollout_id=scene.rollout.pk, reason="old", by="me")

    assert Event.objects.exists()
    assert not Purge.objects.exists()
    assert all(files.path_of(file["sha256"]).exists() for file in scene.edition.files)


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["no", "", "y"])
def test_the_command_asks_and_removes_nothing_without_a_yes(monkeypatch, typed):
    scene = Scene()
    monkeypatch.setattr("builtins.input", lambda prompt: typed)

    with pytest.raises(CommandError, match="Nothing was removed"):
        run(scene.rollout.pk)

    assert Rollout.objects.exists()


@pytest.mark.django_db
def test_a_yes_removes(monkeypatch):
    scene = Scene()
    monkeypatch.setattr("builtins.input", lambda prompt: "yes")

    assert "1 checklists, 0 issued editions" in run(scene.rollout.pk)
    assert not Rollout.objects.exists()


@pytest.mark.django_db
def test_without_anybody_to_ask_nothing_is_removed(monkeypatch):
    scene = Scene()

    def closed(prompt):
        raise EOFError

    monkeypatch.setattr("builtins.input", closed)
    with pytest.raises(CommandError, match="Nothing was removed"):
        run(scene.rollout.pk)


@pytest.mark.django_db
def test_faults_are_said_in_words():
    scene = Scene()

    with pytest.raises(CommandError, match="no identifier"):
        run("x", "--yes")
    with pytest.raises(CommandError, match="There is no rollout"):
        run(op("nothing"), "--yes")
    with pytest.raises(CommandError):
        run(scene.rollout.pk, "--yes", reason=" ")
    with pytest.raises(Refused):
        purge(rollout_id=scene.rollout.pk, reason="", by="me")
    assert Rollout.objects.exists()
    assert not Purge.objects.exists()


@pytest.mark.django_db
def test_without_the_line_the_triggers_let_nothing_go():
    """The negative control: it is the line that opens the way."""
    Scene(at="issued")

    for model in (Event, Edition):
        with pytest.raises(DatabaseError, match="never"), transaction.atomic():
            model.objects.all().delete()


@pytest.mark.django_db
def test_links_answers_sheets_and_scans_go_too(
    monkeypatch, settings, django_capture_on_commit_callbacks
):
    settings.PUBLIC_URL = PUBLIC_URL
    quick_sheet(monkeypatch)
    scene = Scene(at="issued")
    access, token = make_link(scene)
    open_link(token=token)
    decline(access)
    reply = record_paper(scene, data=b"%PDF-1.7 of this rollout only").reply
    kept = [reply.scan["sha256"], *(sheet["sha256"] for sheet in reply.sheets)]
    assert all(files.path_of(sha256).exists() for sha256 in kept)

    with django_capture_on_commit_callbacks(execute=True):
        run(scene.rollout.pk, "--yes")

    assert [model.objects.count() for model in EVERYTHING] == [0] * len(EVERYTHING)
    assert not any(files.path_of(sha256).exists() for sha256 in kept)
