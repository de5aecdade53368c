"""How an advisory has moved, what that does to a decision, and the difference in words: pure."""

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from advisories.changed_words import DELETED, INSERTED, SAME, compare
from checklists.differences import differences
from checklists.moves import (
    Consequence,
    Current,
    Held,
    Revised,
    Step,
    changed,
    consequence,
    counted,
    moves,
)

TITLE = {"ja": "題", "en": "Title"}


def now(tracking_id="A", revision=1, state="published", reason="", in_scope=True):
    return Current(tracking_id, revision, state, reason, TITLE, 3, in_scope)


def revised(*steps, start=2):
    return [Revised(number, step, f"note {number}") for number, step in enumerate(steps, start)]


def move_of(held, current, *steps):
    found = moves({"A": Held(1, held)} if held else {}, [current], {"A": revised(*steps)})
    return found[0] if found else None


def step_of(held, current, *steps):
    found = move_of(held, current, *steps)
    return found and found.step


def test_an_advisory_at_the_same_revision_has_not_moved():
    assert move_of(1, now(revision=1)) is None


@pytest.mark.parametrize(
    ("steps", "highest"),
    [
        (["patch"], Step.PATCH),
        (["minor"], Step.MINOR),
        (["major"], Step.MAJOR),
        (["patch", "patch"], Step.PATCH),
        (["patch", "minor", "patch"], Step.MINOR),
        (["major", "patch", "minor"], Step.MAJOR),
    ],
)
def test_the_step_is_the_highest_of_all_revisions_in_between(steps, highest):
    assert step_of(1, now(revision=1 + len(steps)), *steps) is highest


def test_revisions_up_to_the_one_that_is_held_do_not_count():
    assert step_of(2, now(revision=3), "major", "patch") is Step.PATCH


def test_revisions_after_the_newest_that_was_read_do_not_count():
    assert step_of(1, now(revision=2), "patch", "major") is Step.PATCH


def test_a_revision_without_a_known_step_counts_as_major():
    assert step_of(1, now(revision=2)) is Step.MAJOR


def test_an_advisory_that_is_not_held_was_added():
    found = move_of(None, now(revision=4), "minor")

    assert (found.step, found.position, found.held, found.newest) == (Step.ADDED, None, None, 4)
    assert found.notes == ()


@pytest.mark.parametrize("current", [now(state="withdrawn"), now(in_scope=False)])
def test_one_that_is_not_held_and_not_in_force_is_nothing(current):
    assert move_of(None, current) is None


def test_a_withdrawn_one_says_why_whatever_happened_before():
    found = move_of(1, now(revision=3, state="withdrawn", reason="wrong"), "patch", "major")

    assert (found.step, found.reason) == (Step.WITHDRAWN, "wrong")
    assert not found.is_offer


@pytest.mark.parametrize(
    "current", [now(in_scope=False), now(revision=2, in_scope=False), now(state="draft")]
)
def test_one_that_left_the_documents_is_a_mark_and_no_offer(current):
    found = move_of(1, current, "major")

    assert found.step is Step.LEFT
    assert not found.is_offer


def test_one_that_was_withdrawn_and_published_again_is_offered_as_major():
    assert step_of(1, now(revision=3), "major", "major") is Step.MAJOR


def test_the_notes_of_the_revisions_in_between_come_along_the_oldest_first():
    assert move_of(1, now(revision=3), "patch", "minor").notes == ("note 2", "note 3")


def test_the_note_of_a_withdrawal_is_its_reason_and_not_said_twice():
    found = move_of(1, now(revision=2, state="withdrawn", reason="note 2"), "major")

    assert (found.reason, found.notes) == ("note 2", ())


@pytest.mark.parametrize(
    ("steps", "ticks"), [(["patch"], False), (["minor"], False), (["major"], True)]
)
def test_only_an_added_or_major_one_needs_a_tick(steps, ticks):
    assert move_of(1, now(revision=2), *steps).needs_tick is ticks
    assert move_of(None, now()).needs_tick


def test_the_weightiest_come_first_then_by_position_and_added_ones_in_document_order():
    current = [now("new"), now("B", 2), now("C", 2), now("newer"), now("A", 2)]
    held = {"A": Held(1, 1), "B": Held(2, 1), "C": Held(3, 1)}

    found = moves(held, current, {"C": revised("patch")})

    assert [move.tracking_id for move in found] == ["A", "B", "new", "newer", "C"]
    assert changed({"A": Held(1, 1), "B": Held(2, 2)}, current) == ["A"]


def test_counts_come_in_order_of_weight_and_without_zeros():
    held = {"A": Held(1, 1), "B": Held(2, 1)}
    found = moves(held, [now("A", 2), now("B", 1, "withdrawn"), now("C")], {"A": revised("patch")})

    assert counted(found) == [(Step.ADDED, 1), (Step.WITHDRAWN, 1), (Step.PATCH, 1)]


held_revisions = st.dictionaries(st.sampled_from("ABCD"), st.integers(1, 4))
catalogues = st.dictionaries(
    st.sampled_from("ABCDEF"),
    st.tuples(st.integers(1, 4), st.sampled_from(["published", "withdrawn"])),
)


@given(held_revisions, catalogues)
def test_every_published_advisory_is_held_as_it_is_or_moved(held, catalogue):
    held = {name: Held(position, number) for position, (name, number) in enumerate(held.items())}
    current = [now(name, number, state, "why") for name, (number, state) in catalogue.items()]

    found = {move.tracking_id: move for move in moves(held, current, {})}

    for name, (number, state) in catalogue.items():
        as_it_is = name in held and held[name].revision == number
        if state == "published":
            assert as_it_is != (name in found)
            assert as_it_is or found[name].is_offer
        else:
            assert (name in held) == (name in found)


@pytest.mark.parametrize("step", [Step.PATCH, Step.MINOR, Step.MAJOR])
def test_without_a_decision_there_is_nothing_to_keep_or_to_open(step):
    for changes in (True, False):
        assert consequence(step, decided=False, reason_changes=changes) is Consequence.NONE


@pytest.mark.parametrize(
    ("step", "what"),
    [
        (Step.PATCH, Consequence.KEPT),
        (Step.MINOR, Consequence.FLAGGED),
        (Step.MAJOR, Consequence.FLAGGED),
    ],
)
def test_a_decision_whose_verdict_stays_is_kept_and_read_again_unless_only_words_changed(
    step, what
):
    assert consequence(step, decided=True, reason_changes=False) is what


@pytest.mark.parametrize("step", [Step.PATCH, Step.MINOR, Step.MAJOR])
def test_a_decision_whose_verdict_changes_is_opened_again(step):
    assert consequence(step, decided=True, reason_changes=True) is Consequence.REOPENED


# ---------------------------------------------------------------- the difference in words


def marked(old, new):
    """The comparison as one text: [-gone-]{+came+}."""
    marks = {SAME: "{}", DELETED: "[-{}-]", INSERTED: "{{+{}+}}"}
    return "".join(marks[part.kind].format(part.text) for part in compare(old, new))


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("", "", ""),
        ("same", "same", "same"),
        ("", "came", "{+came+}"),
        ("gone", "", "[-gone-]"),
        ("port 8080 is open", "port 3128 is open", "port [-8080-]{+3128+} is open"),
        ("証明書を配る。", "中間証明書を配る。", "{+中間+}証明書を配る。"),
        (
            "値を 400 に設定し、再起動する。",
            "値を 800 に設定し、再起動する。",
            "値を [-400-]{+800+} に設定し、再起動する。",
        ),
        ("まったく別の文。", "Another sentence", "[-まったく別の文。-]{+Another sentence+}"),
    ],
)
def test_what_went_stands_before_what_came(old, new, shown):
    assert marked(old, new) == shown


@given(st.text(max_size=60), st.text(max_size=60))
def test_both_texts_can_be_read_out_of_the_comparison(old, new):
    parts = compare(old, new)

    assert "".join(part.text for part in parts if part.kind != INSERTED) == old
    assert "".join(part.text for part in parts if part.kind != DELETED) == new


def test_very_long_texts_are_shown_whole_where_they_differ():
    old, new = "同じ。" + "前" * 3000 + "終。", "同じ。" + "後" * 3000 + "終。"

    assert [part.kind for part in compare(old, new)] == [SAME, DELETED, INSERTED, SAME]


NOTHING = {"ja": "", "en": ""}


def state(severity=3, status="affected", **content):
    """An item as it is frozen."""
    return {
        "severity": severity,
        "facts": {"status": status},
        "content": {
            "category": {"slug": "c", "name": {"ja": "調整", "en": "Tuning"}},
            "topics": [],
            "modes": [],
            "conditions": [],
            "title": TITLE,
            "summary": {"ja": "概要", "en": "Summary"},
            "action": {"ja": "対応", "en": "Action"},
            "check": NOTHING,
            "impact": NOTHING,
            "phase": NOTHING,
            "acts": NOTHING,
            "references": [],
            "basis": NOTHING,
            "fix": None,
            "provenance": {"document": "d", "version": "1.0", "table": 1, "row": 2},
        }
        | content,
    }


def told(old, new, language="en"):
    with override(language):
        return {
            each.label: [(part.kind, part.text) for part in each.parts]
            for each in differences(old, new)
        }


def test_the_same_state_differs_in_nothing():
    assert told(state(), state()) == {}


def test_a_text_is_compared_in_the_language_of_the_reader():
    new = state(action={"ja": "別", "en": "Other"})

    assert told(state(), new) == {"What to do": [(DELETED, "Action"), (INSERTED, "Other")]}
    assert list(told(state(), new, "ja").values()) == [[(DELETED, "対応"), (INSERTED, "別")]]


def test_a_text_that_differs_in_the_other_language_only_is_shown_in_that_one():
    new = state(action={"ja": "別", "en": "Action"})

    assert told(state(), new) == {"What to do (Japanese)": [(DELETED, "対応"), (INSERTED, "別")]}


def test_a_translation_that_came_is_a_difference():
    old = state(action={"ja": "対応", "en": ""})

    assert told(old, state()) == {"What to do": [(DELETED, "対応"), (INSERTED, "Action")]}
    assert told(old, state(), "ja") == {"対応 (英語)": [(INSERTED, "Action")]}


@pytest.mark.parametrize(
    ("new", "label", "words"),
    [
        (state(severity=1), "Severity", ["High", "Low"]),
        (state(severity=None), "Severity", ["High", "—"]),
        (state(status="not_affected"), "Status", ["affected", "not affected"]),
        (state(status=None), "Status", ["affected", "Not stated"]),
        (
            state(modes=[{"slug": "m", "name": {"ja": "橋", "en": "Bridge"}}]),
            "Applies in modes",
            ["every mode", "Bridge"],
        ),
        (
            state(conditions=[{"slug": "c", "name": {"ja": "条件", "en": ""}}]),
            "Conditions",
            ["none", "条件"],
        ),
        (
            state(
                fix={
                    "scope": "all_installs",
                    "kind": {"ja": "作り直し", "en": "reworked"},
                    "note": {"ja": "", "en": ""},
                    "fixed_in": {"ja": "2.0", "en": "2.0"},
                }
            ),
            "Fixed in",
            ["in no release known here", "2.0 / all installations / reworked"],
        ),
        (
            state(
                references=[
                    {
                        "number": "1120273",
                        "product": None,
                        "product_name": "",
                        "url": "https://example.com/1",
                        "successor": "KA-1",
                        "successor_url": "https://example.com/ka-1",
                    }
                ]
            ),
            "References",
            ["1120273 https://example.com/1 → KA-1 https://example.com/ka-1"],
        ),
        (
            state(provenance={"document": "d", "version": "1.0", "table": None, "row": None}),
            "Place in the document",
            ["d 1.0 table 1 row 2", "d 1.0"],
        ),
    ],
)
def test_every_field_that_is_printed_is_compared_in_words(new, label, words):
    shown = told(state(), new)

    assert list(shown) == [label]
    whole = "".join(text for kind, text in shown[label] if kind != INSERTED)
    assert [text for text in (whole, "".join(t for k, t in shown[label] if k != DELETED)) if text][
        -len(words) :
    ] == words
