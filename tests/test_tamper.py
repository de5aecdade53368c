"""`make tamper` itself: a small run, and what it says when something is missed."""

import pytest

from tests import tamper
from tests.support.keys import write_pkcs12

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage(settings, tmp_path):
    settings.SIGNING_KEY_FILE = write_pkcs12(tmp_path / "key.p12")
    settings.SIGNING_KEY_PASSWORD = ""
    return tamper.Stage()


def test_every_change_of_every_kind_is_found_and_undone(stage):
    result = tamper.run(stage, 4 * len(tamper.KINDS), seed=7)

    assert result == dict.fromkeys(tamper.KINDS, (4, 4))
    assert not stage.wrong()


def test_the_same_seed_makes_the_same_changes(stage, monkeypatch):
    seen = []

    def note(stage, at):
        seen.append(at.random())
        return True

    monkeypatch.setattr(tamper, "KINDS", {"noted": note})

    tamper.run(stage, 3, seed=7)
    tamper.run(stage, 3, seed=7)

    assert seen[:3] == seen[3:]


def test_what_is_not_looked_at_is_missed_and_told(stage, monkeypatch):
    monkeypatch.setattr(tamper, "findings", lambda checklist: [])
    monkeypatch.setattr(tamper.verify, "check_json", lambda data, name: [])

    result = tamper.run(stage, len(tamper.KINDS), seed=7)

    assert result["event row edited"] == (0, 1)
    assert result["byte of a JSON, offline"] == (0, 1)
    assert result["byte of a PDF"] == (1, 1)
    assert "event row edited                          0 / 1" in tamper.table(result)
