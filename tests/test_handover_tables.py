"""The rows of a hand-over (design sections 5 and 6), by direct call."""

from collections import Counter
from dataclasses import replace

import pytest

from tests.support.content import make_content, offer
from tests.support.handover import PREPARED, REVIEWED, handover_of, make_proof

LANGUAGES = ("ja", "en")


def item_at(content, position):
    return next(item for item in content["items"] if item["position"] == position)


def row_at(handover, position):
    rows = [row for section in handover.sections for row in section.rows]
    return next(row for row in rows if row.number == str(position))


def fact(handover, label):
    return next(fact.value for fact in handover.facts if fact.label == label)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_advisory_is_in_exactly_one_table(language):
    content = make_content()

    handover = handover_of(content, language)

    numbers = Counter(row.number for section in handover.sections for row in section.rows)
    assert numbers == Counter(str(item["position"]) for item in content["items"])


def test_the_counts_are_shown_and_add_up():
    handover = handover_of(make_content(), "en")

    assert handover.sum == (
        "32 advisories = Action required 12 + Needs an answer 4 + Fixed, verify only 10"
        " + Not applicable 6"
    )
    assert sum(line.total for line in handover.counts) == 32
    assert all(sum(line.decisions) == line.total for line in handover.counts)
    assert all(sum(line.decisions) == line.total for line in handover.severities)


def test_what_does_not_apply_and_was_not_decided_is_counted_apart_from_what_is_open():
    content = make_content(decided=False)
    outside = [i for i in content["items"] if i["verdict"] == "not_applicable"]
    outside[0]["decision"]["decision"] = "verified"
    outside[1]["decision"].update(returned=True)

    handover = handover_of(content, "en")

    [line] = [line for line in handover.counts if line.key == "not_applicable"]
    counted = dict(zip(handover.counted, line.decisions, strict=True))
    assert {word: n for word, n in counted.items() if n} == {
        "Open": 1,
        "Verified": 1,
        "None needed": 4,
    }
    required = next(line for line in handover.counts if line.key == "required")
    assert dict(zip(handover.counted, required.decisions, strict=True))["Open"] == 12


def test_a_content_that_counts_other_than_its_items_is_refused():
    content = make_content()
    content["counts"]["required"] += 1

    with pytest.raises(ValueError, match="required: 13 counted, 12 items"):
        handover_of(content)


def test_categories_come_in_document_order_then_the_two_annexes():
    handover = handover_of(make_content(), "en")

    assert [section.title for section in handover.sections] == [
        "Features and behaviour: 12",
        "Tuning: 2",
        "Troubleshooting: 2",
        "Annex A: fixed in this release, verify only: 10",
        "Annex B: not applicable, with reasons: 6",
    ]
    assert all(row.reason for section in handover.sections for row in section.rows)


def test_open_then_pending_then_accepted_risks_come_first_high_before_low():
    handover = handover_of(make_content(), "en")

    decisions = [row.decision_key for row in handover.first]
    order = ["open", "pending", "risk_accepted"]
    assert decisions == sorted(decisions, key=order.index)
    assert {"pending", "risk_accepted"} <= set(decisions)
    ranks = [row.severity_rank for row in handover.first if row.decision_key == "open"]
    assert ranks == sorted(ranks, reverse=True)


def test_an_open_verify_only_or_not_applicable_item_is_not_an_open_point():
    handover = handover_of(make_content(decided=False), "en")

    assert {row.verdict_key for row in handover.first} == {"required", "confirm"}


def test_a_returned_and_a_flagged_item_are_open_points_whatever_their_decision():
    content = make_content(settled=True)
    item_at(content, 9)["decision"].update(returned=True, returned_comment="Where is it?")
    item_at(content, 4)["decision"].update(flagged=True)

    handover = handover_of(content, "en")

    first = {row.number: row.attention for row in handover.first}
    assert first["9"] == "Returned: Where is it?"
    assert first["4"] == "To be read again: the advisory has changed"


def test_with_nothing_open_it_says_so_in_words():
    content = make_content(settled=True)
    for position in (8, 13):
        item_at(content, position)["decision"]["decision"] = "done"

    handover = handover_of(content, "en")

    assert handover.first == ()
    assert handover.first_text.startswith("None: every advisory is settled")


def test_the_current_link_is_the_successors_and_both_numbers_are_printed():
    [link] = row_at(handover_of(make_content()), 1).links

    assert link.text == "1120273 → KA-0008812"
    assert link.url == "https://success.trendmicro.com/ja-JP/solution/KA-0008812"


def test_a_successor_without_an_address_keeps_the_old_link():
    content = make_content()
    item_at(content, 1)["references"][0]["successor_url"] = ""

    [link] = row_at(handover_of(content), 1).links

    assert link.url == "https://success.trendmicro.com/jp/solution/1120273"


def test_numbers_of_another_product_are_left_out():
    [link] = row_at(handover_of(make_content()), 23).links

    assert link.text == "1114552"


@pytest.mark.parametrize(
    ("url", "linked"),
    [
        ("https://example.com/a?b=c#d", "https://example.com/a?b=c#d"),
        ("HTTP://example.com/", "HTTP://example.com/"),
        ("https://example.com/日本 \u202e", "https://example.com/%E6%97%A5%E6%9C%AC%20%E2%80%AE"),
        ("https://example.com/a%20b", "https://example.com/a%20b"),
        ("https://example.com/\ud800", "https://example.com/"),
        ("javascript:alert(1)", ""),
        ("file:///etc/passwd", ""),
        ("data:text/html,x", ""),
        (" https://example.com/", ""),
        ("https://example.com/" + "x" * 2_000, ""),
        ("", ""),
    ],
)
def test_only_web_addresses_are_links(url, linked):
    content = make_content()
    item_at(content, 2)["references"][0].update(url=url, successor="")

    [link] = row_at(handover_of(content), 2).links

    assert (link.text, link.url) == ("1120274", linked)


@pytest.mark.parametrize(
    ("zone", "when"), [("Asia/Tokyo", "2026/11/24 10:32"), ("UTC", "2026/11/24 01:32")]
)
def test_times_are_in_the_time_zone_of_the_portal(zone, when):
    handover = handover_of(make_content(), time_zone=zone)

    assert row_at(handover, 15).when == when
    assert handover.proof[-1].value == zone


def test_a_decision_keeps_everything_that_was_recorded():
    row = row_at(handover_of(make_content(), "en"), 8)

    assert row.decision == "Pending"
    assert (row.waiting_for, row.due) == ("佐藤 花子 様 (仮想基盤担当)", "2026/11/27")
    assert [label for label, _text in row.record] == [
        "Waiting for",
        "Due",
        "Hand-over with this open agreed by",
        "Note",
    ]


def test_a_value_before_without_one_after_still_reads_as_a_change():
    content = make_content()
    item_at(content, 2)["decision"].update(before="300", after="")

    assert ("Before → after", "300 → —") in row_at(handover_of(content, "en"), 2).record


@pytest.mark.parametrize(
    ("state", "demo", "marks"),
    [
        ("draft", False, ("DRAFT",)),
        ("prepared", False, ("DRAFT",)),
        ("issued", False, ()),
        ("issued", True, ("DEMO",)),
        ("draft", True, ("DRAFT", "DEMO")),
    ],
)
def test_draft_and_demo_marks(state, demo, marks):
    assert handover_of(make_content(demo=demo), "en", make_proof(state)).marks == marks


def test_a_demo_signer_marks_a_checklist_that_is_no_demo():
    assert handover_of(make_content(), "en", make_proof(demo=True)).marks == ("DEMO",)


def test_pending_items_a_newer_release_and_self_review_are_said_on_the_cover():
    content = make_content()
    content["checklist"]["release"]["in_source"] = False
    proof = make_proof(signatures=(PREPARED, replace(REVIEWED, self_review=True)))

    handover = handover_of(content, "en", proof)

    assert handover.remarks[0] == "1 open point"
    assert handover.remarks[1].startswith("This release is newer than the vendor document")
    assert handover.remarks[2] == "Prepared and reviewed by the same person."
    assert handover.boxes[1].remark == "Same person as prepared"


def test_unsigned_boxes_are_left_to_be_stamped():
    boxes = handover_of(make_content(), "en").boxes

    assert [box.title for box in boxes] == ["Prepared", "Reviewed", "Accepted by the customer"]
    assert [box.at for box in boxes] == ["2026/11/24 11:30", "2026/11/24 12:00", ""]
    assert boxes[2].name == ""


def test_a_declined_hand_over_says_so_in_the_customers_box():
    declined = replace(PREPARED, kind="declined", name="佐藤 花子")

    box = handover_of(make_content(), "en", make_proof(signatures=(declined,))).boxes[2]

    assert (box.name, box.remark) == ("佐藤 花子", "Declined")


def test_end_of_support_is_a_date_with_its_source_or_not_stated():
    content = make_content()
    release = content["checklist"]["release"]

    assert fact(handover_of(content, "en"), "End of vendor support") == "Not stated"
    release.update(end_of_support="2027-03-31", end_of_support_source="Vendor page")
    stated = fact(handover_of(content, "en"), "End of vendor support")
    assert stated == "2027/03/31 (Vendor page)"


def test_a_product_without_modes_and_an_advisory_without_severity_fit():
    content = make_content(modes=False)
    item_at(content, 2)["severity"] = None

    handover = handover_of(content, "en")

    assert fact(handover, "Deployment mode").startswith("This product has no modes")
    assert row_at(handover, 2).severity == "—"


def test_a_document_without_an_edition_fits():
    content = make_content()
    content["catalogue"]["documents"][0].update(version="", date=None)

    assert fact(handover_of(content, "en"), "Catalogue edition") == (
        "Trend Micro: InterScan Web Security deployment supplement"
    )


def test_answers_say_who_and_when_and_an_open_question_says_not_answered():
    answers = {answer.question: answer for answer in handover_of(make_content(), "en").answers}

    assert answers["Active Directory is used"].answer == "Yes"
    assert answers["Active Directory is used"].by == "山田 太郎"
    assert answers["Active Directory is used"].at == "2026/11/20 11:00"
    assert answers["The scan method is Smart Scan"].answer == "Not answered"


def test_a_text_without_english_falls_back_to_japanese():
    content = make_content()
    item_at(content, 2)["title"] = {"ja": "題", "en": ""}

    assert row_at(handover_of(content, "en"), 2).title == "題"


OFFERS = [
    offer(),
    offer("IWS-2", "added", position=None, held=None, verdict="required"),
    offer("IWS-3", "withdrawn", position=4, verdict=None, withdrawn_reason="wrong"),
    offer("IWS-4", "left", position=5, verdict=None),
    offer("IWS-5", "patch", position=6, severity=None),
]


def test_changes_of_the_catalogue_that_were_not_taken_are_listed_in_words():
    content = make_content()
    content["offers"] = OFFERS

    assert handover_of(content, "en").offers == (
        "No. 2 IWS-1 Title (High): MAJOR: applicability changed; revision 1 → 3; verdict with it:"
        " Fixed, verify only; seen, and handed over without it",
        "IWS-2 Title (High): Added; verdict with it: Action required;"
        " seen, and handed over without it",
        "No. 4 IWS-3 Title (High): Withdrawn; wrong",
        "No. 5 IWS-4 Title (High): No longer in a document for this product",
        "No. 6 IWS-5 Title (—): PATCH: wording changed; revision 1 → 3",
    )


def test_a_draft_does_not_say_that_anybody_has_seen_them():
    content = make_content()
    content["offers"] = OFFERS

    assert "seen" not in "".join(handover_of(content, "en", make_proof("draft")).offers)


def test_the_cover_says_how_many_added_and_major_changes_were_not_taken():
    content = make_content()
    assert len(handover_of(content, "en").remarks) == 1
    content["offers"] = OFFERS

    assert handover_of(content, "en").remarks[1] == (
        "2 added or MAJOR changes of the catalogue were not taken; they are listed below."
    )


def test_a_row_says_how_its_advisory_moved():
    content = make_content()
    names = {item["position"]: item["tracking_id"] for item in content["items"]}
    content["offers"] = [
        offer(names[2], "minor", position=2),
        offer(names[4], "withdrawn", position=4, withdrawn_reason="wrong"),
        offer(names[5], "left", position=5),
        offer("IWS-2", "added", position=None, held=None),
    ]

    handover = handover_of(content, "en")

    assert row_at(handover, 2).moved == (
        "Newer revision not taken: MINOR: action, check or severity changed (revision 1 → 3)"
    )
    assert ("Withdrawn since", "wrong") in row_at(handover, 4).record
    assert row_at(handover, 5).moved == "Catalogue: No longer in a document for this product"
    assert row_at(handover, 6).moved == ""


def test_the_japanese_hand_over_uses_the_agreed_words():
    handover = handover_of(make_content(demo=True), "ja", make_proof("draft"))

    assert handover.marks == ("下書き", "デモ")
    assert handover.remarks == ("保留あり 1 件",)
    assert handover.customer == "株式会社サンプル商事 御中"
    assert [line.verdict for line in handover.counts] == [
        "要対応",
        "要判断",
        "修正済 (確認のみ)",
        "対象外",
    ]
    assert handover.decisions == ("未着手", "実施済", "設定済", "実施不要", "見送り", "保留")
    assert [box.title for box in handover.boxes] == ["作成", "審査", "承認 (お客様)"]
    assert fact(handover, "サポート終了日") == "記載なし"
