"""The file that a device exports when it cannot send, taken in from another one."""

import hashlib
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from checklists.models import Event
from checklists.views import unsent
from portal.roles import Role
from tests.support.pages import text_of
from tests.support.rollouts import Scene, decide, person
from tests.support.syncing import client_of, op, operation, send

pytestmark = pytest.mark.django_db
case = pytest.mark.case


@pytest.fixture
def scene():
    return Scene()


@pytest.fixture
def omar(scene):
    return client_of(scene.omar)


def entry(scene, name, *arguments, **parts):
    """An operation as an outbox holds it."""
    where = {"checklist": str(scene.id), "host": "proxy-01"}
    return operation(name, *arguments, **parts) | where


def content_of(scene, *entries, **parts):
    """What a device writes into the file, as text."""
    said = {"user": scene.omar.pk, "name": scene.omar.name, "entries": list(entries)}
    return json.dumps(said | parts)


def file_of(content, sha256=None):
    sha256 = sha256 or hashlib.sha256(content.encode()).hexdigest()
    return json.dumps({"content": content, "sha256": sha256}).encode()


def take_in(client, data):
    file = SimpleUploadedFile("unsent.json", data, content_type="application/json")
    return client.post(reverse("checklists:unsent"), {"file": file})


def test_each_entry_of_a_file_is_recorded_and_told(scene, omar):
    decide(scene.checklist, "A-2", by=scene.omar, note="in the portal")

    response = take_in(
        omar,
        file_of(
            content_of(
                scene,
                entry(scene, "a", note="from the file"),
                entry(scene, "b", "A-2", "verified"),
                entry(scene, "c", "A-4", "risk_accepted"),
            )
        ),
    )

    assert response.status_code == 200
    assert "proxy-01" in text_of(response)
    assert scene.item("A-1").note == "from the file"
    assert scene.item("A-2").note == "in the portal"
    assert [e.outcome for e in scene.events("decision")] == ["applied", "applied", "conflict"]


@case("F30 protocol: an exported file is taken in twice, and sent as well")
def test_a_file_counts_once_however_often_it_is_taken_in_or_sent(scene, omar):
    data = file_of(content_of(scene, entry(scene, "a", note="x")))

    statuses = [take_in(omar, data).status_code for _ in range(2)]
    send(omar, scene, entry(scene, "a", note="x"))

    assert statuses == [200, 200]
    assert [event.op_id for event in scene.events("decision")] == [op("a")]


def changed(scene):
    content = content_of(scene, entry(scene, "a", note="x"))
    sha256 = hashlib.sha256(content.encode()).hexdigest()
    return file_of(content.replace('"x"', '"y"'), sha256)


FAULTY = {
    "changed": (changed, "The file was changed after it was exported"),
    "no JSON": (lambda scene: b"{", "This is not a file that"),
    "another JSON": (lambda scene: b'{"entries": []}', "This is not a file that"),
    "a list": (lambda scene: b"[]", "This is not a file that"),
    "not text": (lambda scene: b"\xff\xfe\x00", "This is not a file that"),
    "no entries": (lambda scene: file_of("{}"), "This is not a file that"),
    "content that is none": (lambda scene: file_of("[]"), "This is not a file that"),
    "deep": (lambda scene: b"[" * 100_000, "This is not a file that"),
    "somebody else's": (
        lambda scene: file_of(content_of(scene, entry(scene, "a"), user=0, name="Olga")),
        "Olga entered this",
    ),
}


@case("F30 protocol: an exported file that was changed, or is none")
@pytest.mark.parametrize("kind", FAULTY)
def test_a_file_that_is_not_as_it_was_exported_is_refused_in_words(scene, omar, kind):
    make, words = FAULTY[kind]

    response = take_in(omar, make(scene))

    assert response.status_code == 422
    assert words in text_of(response)
    assert not Event.objects.filter(kind="decision").exists()


def test_a_file_that_is_too_large_is_not_read(scene, omar, monkeypatch):
    monkeypatch.setattr(unsent, "MOST_BYTES", 10)

    response = take_in(omar, file_of(content_of(scene, entry(scene, "a"))))

    assert response.status_code == 422
    assert "too large" in text_of(response)


@pytest.mark.parametrize("damaged", [None, 7, {}, {"checklist": "x"}, {"payload": []}])
def test_a_damaged_entry_stops_no_other(scene, omar, damaged):
    response = take_in(omar, file_of(content_of(scene, damaged, entry(scene, "a", note="x"))))

    assert response.status_code == 200
    assert "not, or no longer, among yours" in text_of(response)
    assert scene.item("A-1").note == "x"


@case("F25 protocol: an exported file of a checklist that is no longer one's own")
def test_an_entry_for_a_checklist_that_is_not_ones_own_is_refused_and_tells_nothing(scene):
    sam = person("sam", Role.ENGINEER)
    content = content_of(scene, entry(scene, "a", host="asked-for"), user=sam.pk)

    response = take_in(client_of(sam), file_of(content))

    assert "not, or no longer, among yours" in text_of(response)
    assert not Event.objects.filter(kind="decision").exists()
