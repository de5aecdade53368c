"""The JSON file: complete, true to its published schema, and provable without the portal."""

import copy
import json

import pytest
from jsonschema import Draft202012Validator

from checklists.handover import verify
from checklists.handover.json_file import SCHEMA, write_json
from checklists.handover.settings_shape import HandoverSettings
from tests.support.content import hostile_offers, make_content, make_hostile, offer
from tests.support.handover import DIGEST, make_proof
from tests.support.schema import PUBLISHED, faults


def signed(content=None, **changes):
    """A content as it is signed, and a proof over it."""
    content = content or make_content()
    digest = verify.digest(content)
    proof = make_proof(digest=digest, code=verify.code_of(digest), **changes)
    return content, proof


def test_the_schema_is_a_schema_of_draft_2020_12():
    Draft202012Validator.check_schema(PUBLISHED)

    assert PUBLISHED["$id"] == SCHEMA


def test_an_issued_edition_is_what_the_schema_says():
    assert faults(write_json(*signed())) == []


@pytest.mark.parametrize("state", ["draft", "prepared"])
def test_a_draft_is_what_the_schema_says_and_has_no_digest(state):
    content, _proof = signed()

    said = json.loads(write_json(content, make_proof(state)))

    assert faults(said) == []
    assert (said["digest"], said["code"], said["chain_head"]) == (None, None, None)


def test_the_schema_knows_evidence_offers_and_how_the_house_hands_over():
    content = make_content()
    name = content["items"][0]["tracking_id"]
    content["evidence"] = [
        {
            "tracking_id": name,
            "name": "screen.png",
            "size": 1,
            "sha256": DIGEST,
            "by": "Omar",
            "at": "2026-11-24T01:32:00Z",
        }
    ]
    content["offers"] = [offer(name), offer("IWS-2", "added", position=None, held=None)]
    content["offers"] += hostile_offers()[:3]
    content["handover"] = vars(HandoverSettings(logo_sha256=DIGEST))

    assert faults(write_json(*signed(content))) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["state"], "accepted"),
        (["digest"], None),
        (["content", "items", 0, "decision", "decision"], "fixed"),
        (["content", "items", 0, "verdict"], "open"),
        (["content", "edition", "number"], "2"),
        (["content", "checklist", "extra"], 1),
        (["signatures", 0, "kind"], "seen"),
        (["signatures"], []),
    ],
)
def test_the_schema_refuses_what_is_no_edition(path, value):
    said = json.loads(write_json(*signed()))
    place = said
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value

    assert faults(said)


def test_the_content_is_exactly_what_was_signed():
    content, proof = signed()

    said = json.loads(write_json(content, proof))

    assert said["content"] == content
    assert verify.digest(said["content"]) == said["digest"]


def test_hostile_texts_are_kept_to_the_letter():
    content = make_hostile()
    for item in content["items"]:  # half a character cannot be stored, so it cannot be signed
        for key, value in item["decision"].items():
            item["decision"][key] = value.replace("\ud800", "") if isinstance(value, str) else value
        for key in ("title", "summary", "action", "check", "impact", "phase", "acts"):
            item[key] = {k: text.replace("\ud800", "") for k, text in item[key].items()}
        item["reason_text"] = item["title"]
        item["references"][0]["number"] = item["references"][0]["number"].replace("\ud800", "")
    content, proof = signed(content)

    data = write_json(content, proof)

    assert json.loads(data)["content"] == content
    assert verify.check_json(data, "x.json")[0].holds


def test_who_signed_when_and_every_edition_are_in_it():
    said = json.loads(write_json(*signed()))

    assert [(sign["kind"], sign["name"], sign["at"]) for sign in said["signatures"]] == [
        ("prepared", "山田 太郎", "2026-11-24T02:30:00Z"),
        ("reviewed", "井上 美紀", "2026-11-24T03:00:00Z"),
    ]
    assert [(line["number"], line["by"]) for line in said["history"]] == [("1.0", "山田 太郎")]


def test_the_same_edition_gives_the_same_bytes():
    assert write_json(*signed()) == write_json(*copy.deepcopy(signed()))


def holding(data):
    return [finding.holds for finding in verify.check_json(data, "x.json")]


def test_it_is_verified_with_the_standard_library_alone():
    assert holding(write_json(*signed())) == [True, True, True]


def test_a_draft_is_said_to_be_one():
    content, _proof = signed()

    findings = verify.check_json(write_json(content, make_proof("draft")), "x.json")

    assert not findings[-1].holds
    assert "it was never issued" in findings[-1].en


def test_a_value_changed_with_its_checksum_is_found_by_the_digest():
    said = json.loads(write_json(*signed()))
    said["content"]["items"][0]["decision"]["note"] = "forged"
    del said["checksum"]

    data = verify.printed(said | {"checksum": verify.digest(said)})

    assert holding(data) == [True, False, True]


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"{}", b"null\n", b"1" * 5000, b"\xff" * 9])
def test_what_is_no_such_file_is_said_to_be_none(data):
    assert holding(data) == [False]
