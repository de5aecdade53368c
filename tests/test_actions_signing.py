"""Signatures and editions: prepare, withdraw, return, issue, re-open, close, revoke."""

import json
from uuid import uuid4

import pytest

from checklists import files
from checklists.actions import (
    NotAllowed,
    Refused,
    Stale,
    close_draft,
    issue,
    prepare,
    rendering,
    reopen,
    return_items,
    revoke_edition,
    withdraw,
)
from checklists.actions.signing import may_review
from checklists.chain import canonical, digest
from checklists.models import ChecklistItem, Edition, Event, Revocation, SignOff
from portal.roles import Role
from tests.support.rollouts import (
    Scene,
    answer,
    catalogue,
    decide,
    make_checklist,
    make_rollout,
    omar,
    op,
    open_edition,
    person,
    seen,
    sign_prepared,
    sign_reviewed,
    work_off,
)

pytestmark = pytest.mark.django_db


def refusal_of(scene):
    with pytest.raises(Refused) as refused:
        sign_prepared(scene.checklist, scene.omar)
    assert not SignOff.objects.exists()
    return list(refused.value.messages)


def send_back(scene, comments=None, comment="", *, by=None, name="return"):
    return_items(
        checklist_id=scene.id,
        op_id=op(name),
        comments=comments or {},
        comment=comment,
        by=by or scene.ines,
    )


def reopened(scene, name="reopen"):
    return reopen(checklist_id=scene.id, op_id=op(name), reason="Patch 4", by=scene.omar)


# prepare


def test_a_worked_checklist_is_prepared_over_what_was_seen():
    scene = Scene(at="worked")
    digest_seen = seen(scene.checklist)

    signature = sign_prepared(scene.checklist, scene.omar)

    event = scene.checklist.events.get(kind=Event.Kind.PREPARED)
    assert (signature.kind, signature.signer, signature.name) == (
        "prepared",
        scene.omar,
        "Omar 大森",
    )
    assert signature.company == "Integrator KK"
    assert signature.digest == digest_seen == event.payload["digest"]
    assert signature.chain_head == event.hash
    assert signature.statement == event.effect["statement"]
    assert open_edition(scene.checklist).state == "prepared"


def test_an_open_item_of_required_or_confirm_stands_in_the_way():
    scene = Scene(at="worked")
    decide(scene.checklist, "A-1", "open", by=scene.omar)
    decide(scene.checklist, "A-3", "open", by=scene.omar)

    assert len(refusal_of(scene)) == 1


def test_an_open_item_that_is_not_applicable_does_not():
    scene = Scene(at="worked")

    assert scene.item("A-5").decision == "open"
    assert sign_prepared(scene.checklist, scene.omar)


def test_a_verify_only_item_must_be_verified_on_a_box_that_was_upgraded():
    scene = Scene(at="worked")
    decide(scene.checklist, "A-4", "open", by=scene.omar)

    assert len(refusal_of(scene)) == 1


def test_on_a_box_installed_with_its_release_it_need_not():
    scene = Scene(at="worked")
    decide(scene.checklist, "A-4", "open", by=scene.omar)
    answer(scene.checklist, "installed_with", "appliance-2", by=scene.omar)

    assert sign_prepared(scene.checklist, scene.omar)


@pytest.mark.parametrize("column", ["returned", "flagged"])
def test_a_returned_or_flagged_item_must_be_decided_again(column):
    scene = Scene(at="worked")
    ChecklistItem.objects.filter(tracking_id="A-1").update(**{column: True})

    assert len(refusal_of(scene)) == 1

    event = decide(scene.checklist, "A-1", by=scene.omar, note="設定した", before="off", after="on")
    assert event.outcome == "applied"  # equal to the present one, and yet not "same"
    assert sign_prepared(scene.checklist, scene.omar)


def test_an_unresolved_conflict_stands_in_the_way():
    scene = Scene(at="worked")
    decide(scene.checklist, "A-1", "verified", by=scene.omar, version=0, name="stale")

    assert len(refusal_of(scene)) == 1


def test_a_late_operation_does_not():
    scene = Scene(at="prepared")
    decide(scene.checklist, "A-1", "verified", by=scene.omar, name="late")
    withdraw(checklist_id=scene.id, op_id=op("withdraw"), by=scene.omar)

    assert sign_prepared(scene.checklist, scene.omar, name="once more")


@pytest.mark.parametrize("missing", ["waiting_for", "due"])
def test_a_pending_item_needs_who_answers_and_by_when(missing):
    scene = Scene(at="worked")
    fields = {"waiting_for": "Customer", "due": "2026-12-01", "agreed_by": "Customer"}

    decide(scene.checklist, "A-2", "pending", by=scene.omar, **(fields | {missing: ""}))

    assert len(refusal_of(scene)) == 1


def test_a_pending_item_of_high_severity_needs_who_agreed_too():
    scene = Scene(at="worked")
    fields = {"waiting_for": "Customer", "due": "2026-12-01"}
    decide(scene.checklist, "A-1", "pending", by=scene.omar, **fields)

    assert len(refusal_of(scene)) == 1

    decide(scene.checklist, "A-1", "pending", by=scene.omar, agreed_by="Customer", **fields)
    signature = sign_prepared(scene.checklist, scene.omar)
    assert "1" in signature.statement["en"]


def test_all_rules_that_do_not_hold_are_said_at_once():
    assert len(refusal_of(Scene())) == 2  # open items, and the verify-only one


def test_a_change_since_the_page_was_shown_is_stale():
    scene = Scene(at="worked")
    shown = seen(scene.checklist)
    decide(scene.checklist, "A-1", "verified", by=scene.omar)

    with pytest.raises(Stale):
        prepare(checklist_id=scene.id, op_id=op("prepare"), seen=shown, by=scene.omar)
    assert not SignOff.objects.exists()


def test_preparing_twice_with_one_form_gives_one_signature():
    scene = Scene(at="prepared")

    again = prepare(checklist_id=scene.id, op_id=op("prepare"), seen="", by=scene.omar)

    assert again == SignOff.objects.get()


def test_the_form_sent_again_after_issuing_still_finds_its_signature():
    scene = Scene(at="issued")

    again = prepare(checklist_id=scene.id, op_id=op("prepare"), seen="", by=scene.omar)

    assert again.kind == "prepared"


def test_a_second_signature_on_a_prepared_checklist_is_stale():
    scene = Scene(at="prepared")

    with pytest.raises(Stale):
        sign_prepared(scene.checklist, scene.omar, name="another")


def test_the_id_of_another_form_does_not_sign():
    scene = Scene(at="worked")
    used = scene.checklist.events.last().op_id

    with pytest.raises(Refused):
        prepare(checklist_id=scene.id, op_id=used, seen=seen(scene.checklist), by=scene.omar)


def test_only_engineers_of_the_rollout_prepare():
    scene = Scene(at="worked")

    for by in (scene.ines, person("sam", Role.ENGINEER)):
        with pytest.raises(NotAllowed):
            sign_prepared(scene.checklist, by)


# withdraw and return


def test_withdrawing_keeps_the_signature_and_the_number_and_opens_the_draft():
    scene = Scene(at="prepared")

    withdraw(checklist_id=scene.id, op_id=op("withdraw"), by=scene.omar)

    signature = SignOff.objects.get()
    assert signature.revoked_by == "Omar 大森"
    edition = open_edition(scene.checklist)
    assert (edition.number, edition.state) == ("1.0", "draft")
    assert decide(scene.checklist, "A-1", "verified", by=scene.omar).outcome == "applied"


def test_withdrawing_twice_with_one_form_is_once():
    scene = Scene(at="prepared")

    for _click in range(2):
        withdraw(checklist_id=scene.id, op_id=op("withdraw"), by=scene.omar)

    assert len(scene.events(Event.Kind.WITHDRAWN)) == 1


def test_only_who_signed_withdraws():
    scene = Scene(at="prepared")
    olga = person("olga", Role.ENGINEER)
    scene.rollout.members.add(olga)

    with pytest.raises(NotAllowed):
        withdraw(checklist_id=scene.id, op_id=op("withdraw"), by=olga)


def test_there_is_nothing_to_withdraw_in_a_draft():
    with pytest.raises(Stale):
        scene = Scene()
        withdraw(checklist_id=scene.id, op_id=op("withdraw"), by=scene.omar)


def test_returned_items_are_marked_with_the_comment_and_get_a_new_version():
    scene = Scene(at="prepared")

    send_back(scene, {"A-1": "値が違う", "A-2": " "})

    item = scene.item("A-1")
    assert (item.returned, item.returned_comment, item.returned_by) == (True, "値が違う", "Ines 稲")
    assert (item.version, scene.item("A-2").version) == (2, 1)
    assert SignOff.objects.get().revoked_by == "Ines 稲"
    assert scene.events(Event.Kind.RETURNED)[0].effect == {"versions": {"A-1": 2}}
    assert open_edition(scene.checklist).state == "draft"


def test_a_page_shown_before_the_return_does_not_clear_the_mark():
    scene = Scene(at="prepared")
    send_back(scene, {"A-1": "値が違う"})

    event = decide(scene.checklist, "A-1", "verified", by=scene.omar, version=1, name="stale")

    assert event.outcome == "conflict"
    assert scene.item("A-1").returned


def test_the_whole_checklist_can_be_returned():
    scene = Scene(at="prepared")

    send_back(scene, comment="構成を確認")

    assert SignOff.objects.get().revoke_reason == "構成を確認"
    assert not scene.checklist.items.filter(returned=True).exists()


@pytest.mark.parametrize(
    ("comments", "comment"),
    [({}, ""), ({"A-1": "  "}, " "), ({"A-9": "no such"}, ""), ({"A-1": "x" * 5001}, "")],
)
def test_a_return_that_says_nothing_or_names_no_item_is_refused(comments, comment):
    scene = Scene(at="prepared")

    with pytest.raises(Refused):
        send_back(scene, comments, comment)
    assert open_edition(scene.checklist).state == "prepared"


def test_returning_twice_with_one_form_is_once():
    scene = Scene(at="prepared")

    for _click in range(2):
        send_back(scene, {"A-1": "again"})

    assert scene.item("A-1").version == 2


def test_only_reviewers_of_the_rollout_return():
    scene = Scene(at="prepared")

    for by in (scene.omar, person("sam", Role.REVIEWER)):
        with pytest.raises(NotAllowed):
            send_back(scene, comment="no", by=by)


# issue


def test_issuing_fills_the_edition_once_and_stores_every_file():
    scene = Scene(at="issued")
    edition = Edition.objects.get()

    assert edition.state == "issued"
    assert digest(json.loads(edition.content)) == edition.digest
    assert canonical(json.loads(edition.content)) == edition.content
    prepared, reviewed = edition.sign_offs.all()
    assert prepared.digest == reviewed.digest == edition.digest
    assert prepared.chain_head == reviewed.chain_head == edition.chain_head
    assert reviewed.signer == scene.ines
    assert {(f["format"], f["language"]) for f in edition.files} == {("json", "")} | {
        (extension, language) for extension in ("csv", "pdf", "xlsx") for language in ("ja", "en")
    }
    for file in edition.files:
        assert len(files.read(file["sha256"])) == file["size"]


def test_the_issued_event_names_digest_time_and_files():
    scene = Scene(at="issued")
    event, edition = scene.events(Event.Kind.ISSUED)[0], Edition.objects.get()

    assert event.payload == {"edition": "1.0", "digest": edition.digest}
    assert event.effect["files"] == edition.files
    assert event.recorded_at == edition.issued_at == edition.sign_offs.last().signed_at


def test_the_files_say_who_reviewed_and_the_verification_code():
    scene = Scene(at="issued")
    sheet = next(f for f in scene.edition.files if (f["format"], f["language"]) == ("csv", "en"))

    text = files.read(sheet["sha256"]).decode("utf-8-sig")

    assert scene.edition.digest in text
    assert scene.edition.chain_head in text


def test_issuing_twice_with_one_form_gives_one_edition():
    scene = Scene(at="issued")

    again = issue(checklist_id=scene.id, op_id=op("issue"), seen="", by=scene.ines)

    assert again == scene.edition
    assert SignOff.objects.filter(kind="reviewed").count() == 1


def test_a_second_reviewer_comes_too_late():
    scene = Scene(at="issued")
    ivan = person("ivan", Role.REVIEWER)
    scene.rollout.members.add(ivan)

    with pytest.raises(Stale):
        issue(checklist_id=scene.id, op_id=op("second"), seen=scene.edition.digest, by=ivan)


def test_who_prepared_does_not_review():
    scene = Scene(at="prepared")
    scene.omar.groups.set(scene.omar.groups.model.objects.all())
    both = type(scene.omar).objects.get(pk=scene.omar.pk)

    with pytest.raises(NotAllowed):
        sign_reviewed(scene.checklist, both)


def test_with_self_review_on_one_person_signs_both_and_it_is_noted(settings):
    settings.ALLOW_SELF_REVIEW = True
    scene = Scene(at="prepared")
    scene.omar.groups.set(scene.omar.groups.model.objects.all())
    both = type(scene.omar).objects.get(pk=scene.omar.pk)

    edition = sign_reviewed(scene.checklist, both)

    assert edition.signature("reviewed").self_review
    assert not edition.signature("prepared").self_review
    assert may_review(edition.signature("prepared"), both)


def test_two_people_are_no_self_review_even_while_it_is_on(settings):
    settings.ALLOW_SELF_REVIEW = True

    assert not Scene(at="issued").edition.signature("reviewed").self_review


def test_a_reviewer_who_saw_something_else_does_not_issue():
    scene = Scene(at="prepared")

    with pytest.raises(Stale):
        issue(checklist_id=scene.id, op_id=op("issue"), seen="0" * 64, by=scene.ines)
    assert open_edition(scene.checklist).state == "prepared"


def test_late_operations_do_not_hinder_issuing():
    scene = Scene(at="prepared")
    shown = seen(scene.checklist)
    decide(scene.checklist, "A-1", "verified", by=scene.omar, name="late")

    assert issue(checklist_id=scene.id, op_id=op("issue"), seen=shown, by=scene.ines)


def test_a_renderer_that_fails_issues_nothing(monkeypatch):
    scene = Scene(at="prepared")

    def fail(handover):
        raise RuntimeError("out of memory")

    monkeypatch.setitem(rendering.WRITERS, "pdf", fail)
    with pytest.raises(RuntimeError):
        sign_reviewed(scene.checklist, scene.ines)
    assert open_edition(scene.checklist).state == "prepared"
    assert not scene.events(Event.Kind.ISSUED)


@pytest.mark.parametrize("meanwhile", ["withdrawn", "signed anew", "issued", "same form"])
def test_what_happens_while_the_files_are_rendered_is_noticed(monkeypatch, meanwhile):
    scene = Scene(at="prepared")
    ivan = person("ivan", Role.REVIEWER)
    scene.rollout.members.add(ivan)
    render, busy = rendering.render_files, []

    def render_slowly(*args):
        result = render(*args)
        if not busy:
            busy.append(True)
            if meanwhile in ("withdrawn", "signed anew"):
                withdraw(checklist_id=scene.id, op_id=op("withdraw"), by=scene.omar)
            if meanwhile == "signed anew":
                sign_prepared(scene.checklist, scene.omar, name="anew")
            if meanwhile == "issued":
                sign_reviewed(scene.checklist, ivan, name="faster")
            if meanwhile == "same form":
                sign_reviewed(scene.checklist, scene.ines)
        return result

    monkeypatch.setattr(rendering, "render_files", render_slowly)
    if meanwhile == "same form":
        assert sign_reviewed(scene.checklist, scene.ines).state == "issued"
    else:
        with pytest.raises(Stale):
            sign_reviewed(scene.checklist, scene.ines)
    assert SignOff.objects.filter(kind="reviewed", signer=scene.ines).count() == (
        meanwhile == "same form"
    )


def test_only_reviewers_of_the_rollout_issue():
    scene = Scene(at="prepared")

    for by in (scene.omar, person("sam", Role.REVIEWER)):
        with pytest.raises(NotAllowed):
            sign_reviewed(scene.checklist, by)


def test_a_draft_is_not_issued():
    scene = Scene(at="worked")

    with pytest.raises(Stale):
        sign_reviewed(scene.checklist, scene.ines)


def test_what_a_demo_account_signs_is_marked(pdf_text):
    catalogue()
    engineer = omar()
    demo = person("demo", Role.REVIEWER, is_demo=True)
    checklist = make_checklist(make_rollout(engineer, demo), engineer)
    work_off(checklist, engineer)
    sign_prepared(checklist, engineer)

    edition = sign_reviewed(checklist, demo)

    stored = next(f for f in edition.files if (f["format"], f["language"]) == ("pdf", "en"))
    assert "DEMO" in pdf_text(files.read(stored["sha256"]))


# re-open, close, revoke


def test_reopening_starts_the_next_number_and_keeps_the_issued_one():
    scene = Scene(at="issued")

    edition = reopened(scene)

    assert (edition.number, edition.state, edition.reason) == ("1.1", "draft", "Patch 4")
    assert Edition.objects.get(minor=0).state == "issued"
    assert decide(scene.checklist, "A-1", "verified", by=scene.omar).outcome == "applied"


def test_the_next_edition_is_signed_and_issued_like_the_first():
    scene = Scene(at="issued")
    reopened(scene)
    sign_prepared(scene.checklist, scene.omar, name="second")

    edition = sign_reviewed(scene.checklist, scene.ines, name="second issue")

    assert (edition.number, edition.state) == ("1.1", "issued")
    assert edition.digest != Edition.objects.get(minor=0).digest


def test_reopening_twice_with_one_form_is_once():
    scene = Scene(at="issued")

    assert reopened(scene) == reopened(scene)
    assert Edition.objects.count() == 2


def test_a_second_reopening_is_stale():
    scene = Scene(at="issued")
    reopened(scene)

    with pytest.raises(Stale):
        reopened(scene, name="another")


def test_reopening_needs_a_reason_and_a_member_with_a_part_in_it():
    scene = Scene(at="issued")
    vic = person("vic", Role.READER)
    scene.rollout.members.add(vic)

    with pytest.raises(Refused):
        reopen(checklist_id=scene.id, op_id=uuid4(), reason=" ", by=scene.omar)
    with pytest.raises(NotAllowed):
        reopen(checklist_id=scene.id, op_id=uuid4(), reason="why", by=vic)


def test_a_draft_opened_by_mistake_can_be_closed_again():
    scene = Scene(at="issued")
    reopened(scene)

    for _click in range(2):
        close_draft(checklist_id=scene.id, op_id=op("close"), by=scene.omar)

    assert Edition.objects.get().number == "1.0"
    assert len(scene.events(Event.Kind.CLOSED)) == 1


def test_the_reopening_form_sent_again_after_closing_is_stale():
    scene = Scene(at="issued")
    reopened(scene)
    close_draft(checklist_id=scene.id, op_id=op("close"), by=scene.omar)

    with pytest.raises(Stale):
        reopened(scene)


def test_a_draft_in_which_something_happened_is_not_closed():
    scene = Scene(at="issued")
    reopened(scene)
    decide(scene.checklist, "A-1", "verified", by=scene.omar)

    with pytest.raises(Refused):
        close_draft(checklist_id=scene.id, op_id=op("close"), by=scene.omar)


def test_the_first_draft_is_not_closed():
    scene = Scene()

    with pytest.raises(Refused):
        close_draft(checklist_id=scene.id, op_id=op("close"), by=scene.omar)


def test_revoking_says_that_an_edition_was_wrong_and_keeps_it():
    scene = Scene(at="issued")

    for _click in range(2):
        revoke_edition(
            edition_id=scene.edition.pk, op_id=op("revoke"), reason="wrong box", by=scene.ines
        )

    assert Revocation.objects.get().reason == "wrong box"
    assert Edition.objects.get().state == "issued"
    assert SignOff.objects.filter(revoked_at__isnull=True).count() == 2
    assert len(scene.events(Event.Kind.REVOKED)) == 1


def test_only_an_issued_edition_is_revoked_by_a_reviewer_with_a_reason():
    scene = Scene(at="issued")
    draft = reopened(scene)

    with pytest.raises(Refused):
        revoke_edition(edition_id=draft.pk, op_id=uuid4(), reason="why", by=scene.ines)
    with pytest.raises(Refused):
        revoke_edition(edition_id=scene.edition.pk, op_id=uuid4(), reason="", by=scene.ines)
    with pytest.raises(NotAllowed):
        revoke_edition(edition_id=scene.edition.pk, op_id=uuid4(), reason="why", by=scene.omar)
