"""What the customer says of an issued edition: links, acceptance, refusal, comments, their end."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone, translation

from checklists import actions, files
from checklists.actions import Customer, NotAllowed, Refused, Stale, acceptance
from checklists.actions.acceptance import MOST_COMMENTS, seen_in, statement_of
from checklists.actions.access import token_hash
from checklists.actions.rendering import verification_code
from checklists.handover.pdf_file import PdfFailed
from checklists.models import AccessUse, CustomerAccess, Edition, Event, Reply, SignOff
from portal.roles import Role
from tests.support.customers import (
    PUBLIC_URL,
    SUZUKI,
    accept,
    comment,
    decline,
    expire,
    fresh,
    make_link,
    picture,
    quick_sheet,
    record_paper,
)
from tests.support.rollouts import (
    Scene,
    op,
    open_edition,
    person,
    quick_files,
    sign_prepared,
    sign_reviewed,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def surroundings(monkeypatch, settings):
    quick_files(monkeypatch)
    quick_sheet(monkeypatch)
    settings.PUBLIC_URL = PUBLIC_URL
    with translation.override("en"):
        yield


@pytest.fixture
def scene():
    return Scene(at="issued")


def next_edition(scene, *, issued):
    actions.reopen(checklist_id=scene.id, op_id=op("reopen"), reason="Patch 4", by=scene.omar)
    if issued:
        sign_prepared(scene.checklist, scene.omar, name="second")
        sign_reviewed(scene.checklist, scene.ines, name="second issue")


def revoke(scene):
    actions.revoke_edition(
        edition_id=scene.edition.pk, op_id=op("revoke"), reason="wrong box", by=scene.ines
    )


def state(scene):
    return Edition.objects.get(pk=scene.edition.pk).state


# Links


def test_of_a_link_only_the_hash_of_its_token_is_kept(scene):
    access, token = make_link(scene)

    assert len(token) == 43
    assert access.token_sha256 == token_hash(token)
    kept = json.dumps([str(value) for value in vars(fresh(access)).values()])
    assert token not in kept


def test_every_link_has_another_token(scene):
    assert len({make_link(scene, name=n)[1] for n in range(5)}) == 5


def test_a_link_says_who_made_it_for_whom_and_until_when(scene):
    before = timezone.now()

    access, _token = make_link(scene, days=3, uses=5)

    assert (access.created_by, access.for_whom, access.most_uses) == (scene.omar, "鈴木様", 5)
    assert timedelta(days=3) <= access.expires_at - before < timedelta(days=3, minutes=1)


@pytest.mark.parametrize(("days", "uses"), [(0, 5), (91, 5), (14, 0), (14, 51), (-1, 1)])
def test_days_and_uses_have_bounds(scene, days, uses):
    with pytest.raises(Refused):
        make_link(scene, days=days, uses=uses)

    assert not CustomerAccess.objects.exists()


@pytest.mark.parametrize(("days", "uses"), [(1, 1), (90, 50)])
def test_the_bounds_themselves_are_taken(scene, days, uses):
    assert make_link(scene, days=days, uses=uses)


def test_a_form_sent_twice_makes_one_link_and_shows_no_second_token(scene):
    make_link(scene)

    with pytest.raises(Refused, match="already made"):
        make_link(scene)

    assert CustomerAccess.objects.count() == 1


def test_without_a_public_address_there_are_no_links(scene, settings):
    settings.PUBLIC_URL = ""

    with pytest.raises(Refused, match="PUBLIC_URL"):
        make_link(scene)


@pytest.mark.parametrize("role", [Role.READER, Role.EDITOR])
def test_only_engineers_and_reviewers_make_links(scene, role):
    vic = person("vic", role)
    scene.rollout.members.add(vic)

    with pytest.raises(NotAllowed):
        make_link(scene, by=vic)


def test_a_stranger_makes_no_link(scene):
    with pytest.raises(NotAllowed):
        make_link(scene, by=person("sam", Role.ENGINEER))


def test_an_edition_that_is_not_issued_has_no_link():
    scene = Scene(at="prepared")
    scene.edition = open_edition(scene.checklist)

    with pytest.raises(Refused, match="Only an issued edition"):
        make_link(scene)


def test_an_open_link_lets_in_and_counts(scene):
    access, token = make_link(scene)

    assert actions.open_link(token=token) == access

    assert fresh(access).uses == 1
    assert access.log.get().outcome == "opened"


def test_the_last_use_lets_in_and_the_one_after_does_not(scene):
    access, token = make_link(scene, uses=2)

    entered = [actions.open_link(token=token) for _ in range(3)]

    assert entered == [access, access, None]
    assert [use.outcome for use in access.log.all()] == ["opened", "opened", "used_up"]


def test_an_expired_a_revoked_and_an_unknown_link_let_nobody_in(scene):
    expired, expired_token = make_link(scene, name="expired")
    revoked, revoked_token = make_link(scene, name="revoked")
    expire(expired)
    actions.revoke_link(access_id=revoked.pk, by=scene.omar)

    for token in (expired_token, revoked_token, "no-such-token", "", "\udcff", "é" * 500):
        assert actions.open_link(token=token) is None

    outcomes = list(AccessUse.objects.values_list("outcome", flat=True))
    assert outcomes == ["expired", "revoked"] + ["unknown"] * 4
    assert not CustomerAccess.objects.filter(uses__gt=0).exists()


def test_refusals_take_the_same_queries_whatever_their_reason(scene, django_assert_num_queries):
    expired, expired_token = make_link(scene, name="expired")
    revoked, revoked_token = make_link(scene, name="revoked")
    _used_up, used_up_token = make_link(scene, name="used up", uses=1)
    expire(expired)
    actions.revoke_link(access_id=revoked.pk, by=scene.omar)
    actions.open_link(token=used_up_token)

    for token in (expired_token, revoked_token, used_up_token, "unknown"):
        with django_assert_num_queries(6):
            actions.open_link(token=token)


def test_the_log_forgets_old_tries_that_hit_no_link(scene):
    access, token = make_link(scene)
    actions.open_link(token="wrong")
    actions.open_link(token=token)
    AccessUse.objects.update(at=timezone.now() - timedelta(days=31))

    actions.open_link(token=token)

    assert set(AccessUse.objects.values_list("access", flat=True)) == {access.pk}
    assert access.log.count() == 2


def test_a_revoked_link_says_by_whom_and_stays_revoked(scene):
    access, _token = make_link(scene)

    first = actions.revoke_link(access_id=access.pk, by=scene.ines)
    second = actions.revoke_link(access_id=access.pk, by=scene.omar)

    assert (first.revoked_by, first.revoked_at) == (second.revoked_by, second.revoked_at)
    assert second.revoked_by == "Ines 稲"


def test_only_members_revoke_a_link(scene):
    access, _token = make_link(scene)

    with pytest.raises(NotAllowed):
        actions.revoke_link(access_id=access.pk, by=person("sam", Role.REVIEWER))


# Acceptance


def test_an_acceptance_is_a_signature_an_event_and_a_reply(scene):
    access, _token = make_link(scene)

    signature = accept(access)

    event = scene.checklist.events.get(kind=Event.Kind.ACCEPTED)
    assert (signature.signer, signature.name, signature.company) == (None, *vars(SUZUKI).values())
    assert (signature.digest, signature.chain_head) == (
        scene.edition.digest,
        scene.edition.chain_head,
    )
    assert (event.actor, event.actor_name, event.item) == (None, SUZUKI.name, None)
    assert event.payload["digest"] == scene.edition.digest
    assert event.payload["statement"] == signature.statement == statement_of(scene.edition)
    assert event.recorded_at == signature.signed_at
    assert (signature.reply.how, signature.reply.access) == ("link", access)
    assert state(scene) == "accepted"


def test_the_statement_names_host_edition_code_and_what_is_open(scene):
    texts = statement_of(scene.edition)

    for text in texts.values():
        assert "proxy-01" in text
        assert "1.0" in text
        assert verification_code(scene.edition.digest) in text
    assert "This checklist has 5 items." in texts["en"]


def test_the_sheet_is_stored_in_both_languages_under_its_hash(scene):
    access, _token = make_link(scene)

    sheets = accept(access).reply.sheets

    assert [sheet["language"] for sheet in sheets] == ["ja", "en"]
    for sheet in sheets:
        assert SUZUKI.name in files.read(sheet["sha256"]).decode()
    event = scene.checklist.events.get(kind=Event.Kind.ACCEPTED)
    assert event.effect["sheets"] == sheets


def test_accepting_changes_nothing_of_what_was_issued(scene):
    before = Edition.objects.values().get()
    access, _token = make_link(scene)

    accept(access)

    assert Edition.objects.values().get() == before


@pytest.mark.parametrize(
    "by", [Customer("", "KK"), Customer("  ", "KK"), Customer("A", ""), Customer("A" * 201, "KK")]
)
def test_name_and_company_are_required_and_bounded(scene, by):
    access, _token = make_link(scene)

    with pytest.raises(Refused):
        accept(access, by=by)

    assert state(scene) == "issued"


@pytest.mark.parametrize("name", ["a\x00b", "x\ud800y"])
def test_a_name_that_cannot_be_stored_is_refused(scene, name):
    access, _token = make_link(scene)

    with pytest.raises(Refused, match="cannot be stored"):
        accept(access, by=Customer(name, "KK"))


def test_the_same_form_sent_twice_is_one_acceptance(scene):
    access, _token = make_link(scene)

    assert accept(access) == accept(access)
    assert SignOff.objects.filter(kind="accepted").count() == 1


def test_the_same_form_with_another_name_is_refused(scene):
    access, _token = make_link(scene)
    accept(access)

    with pytest.raises(Refused, match="already used"):
        accept(access, by=Customer("佐藤", "顧客株式会社"))


def test_the_id_of_another_operation_accepts_nothing(scene):
    access, _token = make_link(scene)

    with pytest.raises(Refused, match="already used"):
        accept(access, name="issue")


def test_a_second_acceptance_is_told_who_was_first(scene):
    access, _token = make_link(scene)
    accept(access)

    with pytest.raises(Stale, match="鈴木 一郎 has already accepted"):
        accept(access, name="again", by=Customer("佐藤", "顧客株式会社"))

    assert SignOff.objects.filter(kind="accepted").count() == 1


def test_a_page_of_another_state_accepts_nothing(scene):
    access, _token = make_link(scene)

    with pytest.raises(Stale, match="no longer as you saw it"):
        accept(access, seen="0" * 64)


def test_a_revoked_edition_is_not_accepted(scene):
    access, _token = make_link(scene)
    revoke(scene)

    with pytest.raises(Stale, match="was revoked"):
        accept(access)


def test_an_edition_being_revised_can_still_be_accepted(scene):
    access, _token = make_link(scene)
    next_edition(scene, issued=False)

    assert accept(access)


def test_an_edition_that_a_newer_one_has_replaced_is_not_accepted(scene):
    access, _token = make_link(scene)
    next_edition(scene, issued=True)

    with pytest.raises(Stale, match=r"Edition 1\.1 has been issued"):
        accept(access)


@pytest.mark.parametrize("end", ["expired", "revoked"])
def test_a_link_that_ended_meanwhile_accepts_nothing(scene, end):
    access, _token = make_link(scene)
    if end == "expired":
        expire(access)
    else:
        actions.revoke_link(access_id=access.pk, by=scene.omar)

    with pytest.raises(Stale, match="Nothing was recorded"):
        accept(access)

    assert state(scene) == "issued"


def test_a_used_up_link_lets_those_answer_who_are_inside(scene):
    access, token = make_link(scene, uses=1)
    actions.open_link(token=token)

    assert accept(access)


def test_a_sheet_that_cannot_be_made_accepts_nothing(scene, monkeypatch):
    access, _token = make_link(scene)

    def fail(*args, **kwargs):
        raise PdfFailed("no font")

    monkeypatch.setattr(acceptance, "write_sheet", fail)
    with pytest.raises(PdfFailed):
        accept(access)

    assert state(scene) == "issued"
    assert not scene.checklist.events.filter(kind=Event.Kind.ACCEPTED).exists()


# Refusal


def test_a_refusal_keeps_its_reason_and_makes_no_sheet(scene):
    access, _token = make_link(scene)

    signature = decline(access, reason="値が違う")

    event = scene.checklist.events.get(kind=Event.Kind.DECLINED)
    assert state(scene) == "declined"
    assert signature.reply.reason == event.payload["reason"] == "値が違う"
    assert signature.reply.sheets == []
    assert signature.statement == {}


@pytest.mark.parametrize("reason", ["", "  ", "x" * 5001])
def test_a_refusal_needs_a_reason_within_bounds(scene, reason):
    access, _token = make_link(scene)

    with pytest.raises(Refused):
        decline(access, reason=reason)

    assert state(scene) == "issued"


def test_a_declined_edition_can_still_be_accepted(scene):
    access, _token = make_link(scene)
    decline(access)

    accept(access)

    assert state(scene) == "accepted"
    assert SignOff.objects.filter(kind="declined", revoked_at=None).exists()


def test_a_declined_edition_can_be_reopened(scene):
    access, _token = make_link(scene)
    decline(access)

    next_edition(scene, issued=True)

    assert [edition.state for edition in scene.checklist.editions.all()] == ["declined", "issued"]


def test_a_second_refusal_and_one_after_the_acceptance_are_told_so(scene):
    access, _token = make_link(scene)
    decline(access)
    with pytest.raises(Stale, match="already declined"):
        decline(access, name="again")
    accept(access)

    with pytest.raises(Stale, match="already accepted"):
        decline(access, name="after")


# On a device


def lend(scene, *, by=None, name="device"):
    return actions.open_device(edition_id=scene.edition.pk, op_id=op(name), by=by or scene.omar)


def test_on_a_device_the_customer_signs_and_the_lender_is_named(scene):
    signature = accept(lend(scene))

    event = scene.checklist.events.get(kind=Event.Kind.ACCEPTED)
    assert (signature.reply.how, signature.reply.recorded_by) == ("device", scene.omar)
    assert event.actor is None
    assert event.payload["recorded_by"] == {"id": scene.omar.pk, "name": scene.omar.name}


def test_lending_the_device_twice_with_one_form_is_one_access(scene):
    assert lend(scene) == lend(scene)

    with pytest.raises(Refused, match="already used"):
        lend(scene, by=scene.ines)
    make_link(scene, name="link")
    with pytest.raises(Refused, match="already used"):
        lend(scene, name="link")


def test_a_device_is_lent_for_half_an_hour(scene):
    access = lend(scene)

    assert access.expires_at - access.created_at == timedelta(minutes=30)
    expire(access)
    with pytest.raises(Stale, match="time to answer here is over"):
        accept(access)


def test_a_lender_who_is_no_member_any_more_lends_nothing(scene):
    access = lend(scene)
    scene.rollout.members.remove(scene.omar)

    with pytest.raises(NotAllowed):
        accept(access)


def test_a_device_needs_no_public_address(scene, settings):
    settings.PUBLIC_URL = ""

    assert accept(lend(scene))


@pytest.mark.parametrize("role", [Role.READER, Role.EDITOR])
def test_readers_lend_no_device(scene, role):
    vic = person("vic", role)
    scene.rollout.members.add(vic)

    with pytest.raises(NotAllowed):
        lend(scene, by=vic)


# On paper


def test_a_paper_is_recorded_with_its_date_its_scan_and_who_received_it(scene):
    signature = record_paper(scene)

    reply = signature.reply
    assert (reply.how, reply.recorded_by, reply.access) == ("paper", scene.omar, None)
    assert reply.dated == timezone.localdate()
    assert files.read(reply.scan["sha256"]) == b"%PDF-1.7 scan\n"
    assert state(scene) == "accepted"
    event = scene.checklist.events.get(kind=Event.Kind.ACCEPTED)
    assert event.payload["scan"] == reply.scan
    assert event.payload["dated"] == reply.dated.isoformat()


def test_a_scanned_picture_is_stored_without_its_metadata(scene):
    from PIL import Image

    exif = Image.Exif()
    exif[0x010F] = "SECRET CAMERA"

    scan = record_paper(scene, data=picture("JPEG", exif=exif)).reply.scan

    assert scan["format"] == "jpg"
    assert b"SECRET CAMERA" not in files.read(scan["sha256"])


@pytest.mark.parametrize("days", [-1, 1])
def test_a_paper_from_before_the_issue_or_from_tomorrow_is_refused(scene, days):
    with pytest.raises(Refused, match="must lie between"):
        record_paper(scene, dated=timezone.localdate() + timedelta(days=days))


def test_a_paper_for_an_accepted_edition_is_told_who_was_first(scene):
    record_paper(scene)

    with pytest.raises(Stale, match="already accepted"):
        record_paper(scene, name="again")


def test_strangers_and_readers_record_no_paper(scene):
    vic = person("vic", Role.READER)
    scene.rollout.members.add(vic)

    for by in (vic, person("sam", Role.ENGINEER)):
        with pytest.raises(NotAllowed):
            record_paper(scene, by=by)


def test_no_paper_is_recorded_for_what_is_not_issued():
    scene = Scene(at="prepared")
    scene.edition = open_edition(scene.checklist)

    with pytest.raises(Refused, match="Only an issued edition"):
        actions.record_paper(
            edition_id=scene.edition.pk,
            op_id=op("paper"),
            seen="",
            dated=timezone.localdate(),
            scan=None,
            customer=SUZUKI,
            by=scene.omar,
        )


# Comments


def test_a_comment_is_an_event_on_its_item_and_changes_nothing(scene):
    access, _token = make_link(scene)
    before = scene.item("A-1")

    event = comment(access, "根拠は?")

    assert (event.kind, event.item, event.actor) == ("commented", before, None)
    assert (event.actor_name, event.payload["comment"]) == (SUZUKI.name, "根拠は?")
    assert vars(scene.item("A-1")).keys() == vars(before).keys()
    assert scene.item("A-1").version == before.version
    assert state(scene) == "issued"


def test_a_comment_can_be_on_the_whole_list(scene):
    access, _token = make_link(scene)

    assert comment(access, item="").item is None


def test_the_same_comment_sent_twice_is_one_and_another_one_is_refused(scene):
    access, _token = make_link(scene)

    assert comment(access) == comment(access)
    with pytest.raises(Refused, match="already used"):
        comment(access, "another text")


@pytest.mark.parametrize(
    ("text", "item", "by"),
    [
        ("", "A-1", SUZUKI),
        ("x" * 5001, "A-1", SUZUKI),
        ("text", "A-99", SUZUKI),
        ("text", "A-1", Customer("", "")),
        ("a\x00b", "A-1", SUZUKI),
    ],
)
def test_an_empty_too_long_misplaced_or_nameless_comment_is_refused(scene, text, item, by):
    access, _token = make_link(scene)

    with pytest.raises(Refused):
        comment(access, text, item=item, by=by)

    assert not scene.checklist.events.filter(kind=Event.Kind.COMMENTED).exists()


def test_comments_are_still_taken_after_the_acceptance_but_not_on_an_old_edition(scene):
    access, _token = make_link(scene)
    accept(access)
    assert comment(access)
    next_edition(scene, issued=True)

    with pytest.raises(Stale):
        comment(access, name="late")


def test_a_checklist_takes_a_bounded_number_of_comments(scene, monkeypatch):
    access, _token = make_link(scene)
    monkeypatch.setattr(acceptance, "MOST_COMMENTS", 2)
    for name in ("one", "two"):
        comment(access, name=name)

    with pytest.raises(Refused, match="too many comments"):
        comment(access, name="three")

    assert MOST_COMMENTS == 200


# The end of an answer


def revoke_reply(signature, *, by, name="revoke reply", reason="wrong box"):
    return actions.revoke_reply(sign_off_id=signature.pk, op_id=op(name), reason=reason, by=by)


def test_an_answer_that_was_recorded_wrongly_is_revoked_and_kept(scene):
    signature = record_paper(scene)

    revoke_reply(signature, by=scene.ines)

    signature.refresh_from_db()
    assert (signature.revoked_by, signature.revoke_reason) == ("Ines 稲", "wrong box")
    assert Reply.objects.get().sheets
    assert state(scene) == "issued"
    assert record_paper(scene, name="again")


def test_revoking_the_acceptance_brings_an_earlier_refusal_back(scene):
    access, _token = make_link(scene)
    decline(access)

    revoke_reply(accept(access), by=scene.ines)

    assert state(scene) == "declined"


def test_an_answer_is_revoked_once_and_by_reviewers_with_a_reason(scene):
    signature = record_paper(scene)
    with pytest.raises(NotAllowed):
        revoke_reply(signature, by=scene.omar)
    with pytest.raises(Refused):
        revoke_reply(signature, by=scene.ines, reason=" ")

    revoke_reply(signature, by=scene.ines)
    revoke_reply(signature, by=scene.ines)  # a double click

    with pytest.raises(Stale):
        revoke_reply(signature, by=scene.ines, name="again")
    assert scene.checklist.events.filter(kind=Event.Kind.REPLY_REVOKED).count() == 1


def test_signatures_of_members_are_not_revoked_as_answers(scene):
    prepared = SignOff.objects.get(kind="prepared")

    with pytest.raises(Refused, match="Only the customer's answer"):
        revoke_reply(prepared, by=scene.ines)


# Beside a draft


def test_a_draft_opened_by_mistake_is_closed_whatever_the_customer_does_meanwhile(scene):
    access, _token = make_link(scene)
    next_edition(scene, issued=False)
    comment(access)
    accept(access)

    actions.close_draft(checklist_id=scene.id, op_id=op("close"), by=scene.omar)

    assert Edition.objects.get().state == "accepted"


def test_seen_differs_with_the_edition(scene):
    first = seen_in(scene.edition)
    next_edition(scene, issued=True)

    assert seen_in(scene.checklist.editions.get(minor=1)) != first
