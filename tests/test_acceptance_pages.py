"""Members' pages around the customer's answer: links, device, paper, files, revocation; the
revision history; and where lists show the state."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from checklists import actions, files
from checklists.actions import acceptance
from checklists.handover.pdf_file import PdfFailed
from checklists.models import CustomerAccess, Edition, SignOff
from portal.roles import Role
from tests.support.customers import (
    PUBLIC_URL,
    accept,
    comment,
    decline,
    expire,
    make_link,
    picture,
    quick_sheet,
    record_paper,
    visitor,
)
from tests.support.pages import PASSWORD, client_of, hidden, text_of, url
from tests.support.rollouts import (
    Scene,
    decide,
    op,
    person,
    quick_files,
    seen,
    sign_prepared,
    sign_reviewed,
)
from tests.support.tampering import unguarded

pytestmark = pytest.mark.django_db
# Pages that engineers and reviewers have, with forms.
PAGES = ("make_link", "device", "paper")


@pytest.fixture(autouse=True)
def surroundings(monkeypatch, settings):
    quick_files(monkeypatch)
    quick_sheet(monkeypatch)
    settings.PUBLIC_URL = PUBLIC_URL


@pytest.fixture
def scene():
    return Scene(at="issued")


def vic_of(scene):
    vic = person("vic", Role.READER)
    scene.rollout.members.add(vic)
    return vic


def edition_page(scene, who, **options):
    return client_of(who, **options).get(url("edition", scene, "1.0"))


# Who may what


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("who", ["omar", "ines"])
def test_engineers_and_reviewers_get_the_page_with_one_heading(scene, page, who):
    response = client_of(getattr(scene, who)).get(url(page, scene, "1.0"))

    assert response.status_code == 200
    assert response.content.decode().count("<h1") == 1


@pytest.mark.parametrize("page", PAGES)
def test_every_page_speaks_japanese_too(scene, page):
    assert client_of(scene.omar, language="ja").get(url(page, scene, "1.0")).status_code == 200


@pytest.mark.parametrize("page", [*PAGES, "revisions"])
def test_who_is_not_logged_in_is_sent_to_the_log_in_and_a_stranger_gets_404(scene, page, client):
    address = url(page, scene, *([] if page == "revisions" else ["1.0"]))
    stranger = client_of(person("sam", Role.ENGINEER, Role.REVIEWER))

    assert client.get(address).url.startswith(reverse("login"))
    assert stranger.get(address).status_code == 404
    assert stranger.post(address).status_code == (405 if page == "revisions" else 404)


@pytest.mark.parametrize("page", PAGES)
def test_readers_get_403_in_words(scene, page):
    response = client_of(vic_of(scene)).get(url(page, scene, "1.0"))

    assert response.status_code == 403
    assert "role" in text_of(response)


@pytest.mark.parametrize("page", PAGES)
def test_other_methods_and_other_editions_are_refused(scene, page):
    client = client_of(scene.omar)

    assert client.delete(url(page, scene, "1.0")).status_code == 405
    for number in ("1.1", "2.0", "x"):
        assert client.get(url(page, scene, number)).status_code == 404


@pytest.mark.parametrize("page", PAGES)
def test_for_a_revoked_edition_nothing_is_left_to_ask(scene, page):
    actions.revoke_edition(
        edition_id=scene.edition.pk, op_id=op("r"), reason="wrong", by=scene.ines
    )

    response = client_of(scene.omar).get(url(page, scene, "1.0"))

    assert response.status_code == 409
    assert "was revoked" in text_of(response)
    assert url(page, scene, "1.0") not in edition_page(scene, scene.omar).content.decode()


# Links


def post_link(client, scene, **changes):
    address = url("make_link", scene, "1.0")
    fields = hidden(client.get(address)) | {"for_whom": "鈴木様", "days": 7, "uses": 3}
    return client.post(address, fields | changes)


def test_the_address_is_shown_once_and_lets_the_customer_in(scene):
    client = client_of(scene.omar)

    page = post_link(client, scene)

    access = CustomerAccess.objects.get()
    shown = page.content.decode()
    token = shown.split(f"{PUBLIC_URL}/a/")[1].split("/")[0]
    assert page.status_code == 200
    assert page["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    assert page["Referrer-Policy"] == "no-referrer"
    assert visitor(token)
    assert (access.most_uses, access.for_whom) == (3, "鈴木様")
    assert token not in edition_page(scene, scene.omar).content.decode()


def test_a_double_click_makes_one_link_and_says_why_there_is_no_address(scene):
    client = client_of(scene.omar)
    address = url("make_link", scene, "1.0")
    fields = hidden(client.get(address)) | {"days": 7, "uses": 3}

    first, second = (client.post(address, fields) for _ in range(2))

    assert (first.status_code, second.status_code) == (200, 422)
    assert "its address was shown once" in text_of(second)
    assert CustomerAccess.objects.count() == 1


def test_the_text_to_send_holds_whatever_names_there_are_as_text():
    scene = Scene(at="worked")
    hostile = "</textarea><script>alert(1)</script>"
    actions.change_header(
        rollout=scene.rollout,
        op_id=op("h"),
        customer=hostile,
        project="x",
        number="",
        by=scene.omar,
    )
    sign_prepared(scene.checklist, scene.omar)
    scene.edition = sign_reviewed(scene.checklist, scene.ines)

    page = post_link(client_of(scene.omar), scene, for_whom=hostile).content.decode()

    assert "<script>alert" not in page
    assert page.count("</textarea>") == 2


@pytest.mark.parametrize("changes", [{"days": 8}, {"uses": 0}, {"op_id": "x"}, {"days": ""}])
def test_a_faulty_form_makes_no_link(scene, changes):
    assert post_link(client_of(scene.omar), scene, **changes).status_code == 422
    assert not CustomerAccess.objects.exists()


def test_without_a_public_address_links_are_not_offered(scene, settings):
    settings.PUBLIC_URL = ""
    page = edition_page(scene, scene.omar).content.decode()

    assert url("make_link", scene, "1.0") not in page
    assert url("device", scene, "1.0") in page
    assert client_of(scene.omar).get(url("make_link", scene, "1.0")).status_code == 404


def test_the_edition_lists_its_links_with_their_uses_and_revokes_them(scene):
    access, token = make_link(scene)
    visitor(token)
    client = client_of(scene.ines)
    revoke = url("revoke_link", scene, "1.0", access.pk)
    page = client.get(url("edition", scene, "1.0"))
    assert "鈴木様" in text_of(page)
    assert "1 / 10" in text_of(page)
    assert revoke in page.content.decode()

    answered = client.post(revoke)

    assert answered.url == url("edition", scene, "1.0") + "#customer"
    page = client.get(url("edition", scene, "1.0"))
    assert "Revoked Ines 稲" in text_of(page)
    assert revoke not in page.content.decode()


def test_an_expired_link_is_listed_as_over(scene):
    access, _token = make_link(scene)
    expire(access)

    assert "(over)" in text_of(edition_page(scene, scene.omar))


def test_who_may_revoke_a_link(scene, client):
    access, _token = make_link(scene)
    address = url("revoke_link", scene, "1.0", access.pk)

    assert client.post(address).status_code == 302
    assert client_of(person("sam", Role.REVIEWER)).post(address).status_code == 404
    assert client_of(vic_of(scene)).post(address).status_code == 403
    assert client_of(scene.omar).get(address).status_code == 405
    access.refresh_from_db()
    assert access.revoked_at is None


def test_a_link_of_another_edition_is_not_revoked_here(scene):
    access, _token = make_link(scene)
    actions.reopen(checklist_id=scene.id, op_id=op("o"), reason="x", by=scene.omar)
    sign_prepared(scene.checklist, scene.omar, name="second")
    sign_reviewed(scene.checklist, scene.ines, name="second issue")

    answered = client_of(scene.omar).post(url("revoke_link", scene, "1.1", access.pk))

    assert answered.status_code == 404


# On this device


def test_lending_the_device_asks_for_the_password_when_the_last_proof_is_old(scene):
    client = client_of(scene.omar, fresh=False)
    address = url("device", scene, "1.0")
    page = client.get(address)
    assert 'type="password"' in page.content.decode()

    wrong = client.post(address, hidden(page) | {"password": "wrong"})
    assert wrong.status_code == 422
    assert not CustomerAccess.objects.exists()

    right = client.post(address, hidden(page) | {"password": PASSWORD})
    access = CustomerAccess.objects.get()
    assert right.url == reverse("checklists:customer", args=[access.pk])
    assert right.cookies["customer"]["path"] == right.url


def test_a_double_click_lends_once(scene):
    client = client_of(scene.omar)
    address = url("device", scene, "1.0")
    fields = hidden(client.get(address))

    assert len({client.post(address, fields).url for _ in range(2)}) == 1
    assert CustomerAccess.objects.count() == 1


# On paper


def post_paper(client, scene, *, data=b"%PDF-1.7 paper", file_name="scan.pdf", **changes):
    address = url("paper", scene, "1.0")
    fields = hidden_of(client, address) | {
        "name": "鈴木 一郎",
        "company": "顧客株式会社",
        "dated": timezone.localdate().isoformat(),
        "scan": SimpleUploadedFile(file_name, data),
    }
    return client.post(address, {k: v for k, v in (fields | changes).items() if v is not None})


def hidden_of(client, address):
    return hidden(client.get(address))


def test_a_paper_is_recorded_and_its_scan_and_sheet_are_given_to_members(scene):
    client = client_of(scene.omar)

    answered = post_paper(client, scene, data=picture("JPEG"), file_name="photo.pdf")

    signature = SignOff.objects.get(kind="accepted")
    assert answered.url == url("edition", scene, "1.0")
    scan = client.get(url("reply_file", scene, "1.0", signature.pk, "scan.jpg"))
    assert scan["Content-Type"] == "image/jpeg"
    assert scan["Content-Disposition"].startswith("attachment")
    assert scan["X-Content-Type-Options"] == "nosniff"
    assert scan["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert scan.content == files.read(signature.reply.scan["sha256"])
    sheet = signature.reply.sheets[0]
    given = client.get(url("reply_file", scene, "1.0", signature.pk, sheet["name"]))
    assert given.content == files.read(sheet["sha256"])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"<html>hello</html>", "damaged, or of another kind"),
        (b"GIF89a" + b"x" * 100, "damaged, or of another kind"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 100, "damaged, or of another kind"),
        (b"%PDF-" + b"x" * (10 * 1024 * 1024), "too large"),
    ],
)
def test_what_is_no_scan_is_refused_whatever_its_name(scene, data, words):
    answered = post_paper(client_of(scene.omar), scene, data=data)

    assert answered.status_code == 422
    assert words in text_of(answered)
    assert Edition.objects.get().state == "issued"


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"company": ""},
        {"dated": ""},
        {"dated": "2020-01-01"},
        {"dated": "2999-01-01"},
        {"scan": None},
        {"op_id": "x"},
    ],
)
def test_a_faulty_form_records_no_paper(scene, changes):
    assert post_paper(client_of(scene.omar), scene, **changes).status_code == 422
    assert Edition.objects.get().state == "issued"


def test_recording_a_paper_asks_for_the_password_too(scene):
    client = client_of(scene.omar, fresh=False)

    assert post_paper(client, scene).status_code == 422
    assert post_paper(client, scene, password="wrong").status_code == 422
    assert Edition.objects.get().state == "issued"
    assert post_paper(client, scene, password=PASSWORD).status_code == 302
    assert Edition.objects.get().state == "accepted"


def test_a_paper_after_the_acceptance_is_a_409(scene):
    client = client_of(scene.omar)
    fields = hidden_of(client, url("paper", scene, "1.0"))
    record_paper(scene)

    assert post_paper(client, scene, **fields).status_code == 409


def test_a_sheet_that_cannot_be_made_records_no_paper(scene, monkeypatch):
    def fail(*args, **kwargs):
        raise PdfFailed("it took longer than 40 seconds")

    monkeypatch.setattr(acceptance, "write_sheet", fail)

    answered = post_paper(client_of(scene.omar), scene)

    assert answered.status_code == 422
    assert "it took longer than 40 seconds" in text_of(answered)


# Files of an answer


def test_files_of_an_answer_are_for_members(scene, client):
    signature = record_paper(scene)
    address = url("reply_file", scene, "1.0", signature.pk, "scan.pdf")

    assert client.get(address).status_code == 302
    assert client_of(person("sam", Role.REVIEWER)).get(address).status_code == 404
    assert client_of(vic_of(scene)).get(address).status_code == 200
    assert client_of(scene.omar).post(address).status_code == 405


def test_a_file_of_another_answer_or_another_name_is_404(scene):
    signature = record_paper(scene)
    prepared = SignOff.objects.get(kind="prepared")
    client = client_of(scene.omar)

    for pk, name in ((signature.pk, "other.pdf"), (prepared.pk, "scan.pdf"), (0, "scan.pdf")):
        assert client.get(url("reply_file", scene, "1.0", pk, name)).status_code == 404


@pytest.mark.parametrize(("what", "status"), [("gone", 410), ("changed", 409)])
def test_a_lost_or_changed_scan_is_said_to_be_so(scene, what, status):
    signature = record_paper(scene, data=f"%PDF-1.7 {what}\n".encode())
    path = files.path_of(signature.reply.scan["sha256"])
    path.write_bytes(b"changed") if what == "changed" else path.unlink()

    answered = client_of(scene.omar).get(url("reply_file", scene, "1.0", signature.pk, "scan.pdf"))
    path.unlink(missing_ok=True)

    assert answered.status_code == status


# Revoking an answer


def test_a_reviewer_revokes_an_answer_with_a_reason_and_the_page_keeps_it(scene):
    signature = record_paper(scene)
    address = url("revoke_reply", scene, "1.0", signature.pk)
    client = client_of(scene.ines)

    answered = client.post(address, hidden_of(client, address) | {"reason": "wrong box"})

    assert answered.url == url("edition", scene, "1.0")
    page = text_of(client.get(answered.url))
    assert "Revoked : Accepted" in page.replace("Revoked:", "Revoked :")
    assert "wrong box" in page
    assert client.get(address).status_code == 409


def test_who_may_revoke_an_answer(scene, client):
    signature = record_paper(scene)
    address = url("revoke_reply", scene, "1.0", signature.pk)

    assert client.get(address).status_code == 302
    assert client_of(person("sam", Role.REVIEWER)).get(address).status_code == 404
    assert client_of(scene.omar).get(address).status_code == 403
    reviewer = client_of(scene.ines)
    assert reviewer.delete(address).status_code == 405
    assert reviewer.post(address, {"op_id": op("x"), "reason": " "}).status_code == 422
    other = url("revoke_reply", scene, "1.0", SignOff.objects.get(kind="prepared").pk)
    assert reviewer.get(other).status_code == 404


# What lists and pages show


def test_the_edition_shows_who_accepted_how_and_offers_no_more(scene):
    access, _token = make_link(scene)
    accept(access)

    page = edition_page(scene, scene.omar)

    for words in ("Accepted", "鈴木 一郎", "By link", "Acceptance sheet"):
        assert words in text_of(page)
    for name in PAGES:
        assert url(name, scene, "1.0") not in page.content.decode()


def test_a_refusal_stands_with_its_reason_on_edition_home_rollout_and_checklist(scene):
    access, _token = make_link(scene)
    decline(access, reason="値が <b>違う</b>")
    client = client_of(scene.omar)

    for address in (
        url("edition", scene, "1.0"),
        reverse("home"),
        scene.rollout.get_absolute_url(),
        scene.checklist.get_absolute_url(),
    ):
        page = client.get(address)
        assert "Declined" in text_of(page), address
        assert "値が &lt;b&gt;違う&lt;/b&gt;" in page.content.decode(), address


def test_a_refusal_stays_on_home_until_it_is_accepted_revised_or_revoked(
    scene, django_assert_num_queries
):
    access, _token = make_link(scene)
    decline(access)
    client = client_of(scene.omar)
    heading = "Declined by the customer"
    with django_assert_num_queries(10):
        assert heading in text_of(client.get(reverse("home")))
    assert heading not in text_of(client_of(person("sam", Role.ENGINEER)).get(reverse("home")))

    signature = accept(access)
    assert heading not in text_of(client.get(reverse("home")))
    actions.revoke_reply(sign_off_id=signature.pk, op_id=op("x"), reason="x", by=scene.ines)
    assert heading in text_of(client.get(reverse("home")))
    actions.reopen(checklist_id=scene.id, op_id=op("o"), reason="x", by=scene.omar)
    assert heading not in text_of(client.get(reverse("home")))
    actions.close_draft(checklist_id=scene.id, op_id=op("c"), by=scene.omar)
    actions.revoke_edition(
        edition_id=scene.edition.pk, op_id=op("r"), reason="wrong", by=scene.ines
    )
    assert heading not in text_of(client.get(reverse("home")))


def test_an_acceptance_stands_on_home_rollout_and_checklist(scene):
    record_paper(scene)
    client = client_of(scene.omar)

    for address in (
        reverse("home"),
        scene.rollout.get_absolute_url(),
        scene.checklist.get_absolute_url(),
    ):
        assert "Accepted" in text_of(client.get(address))


def test_the_customers_comments_stand_on_the_edition_and_in_the_history(scene):
    access, _token = make_link(scene)
    comment(access, "根拠は?")
    comment(access, "全体は良い", item="", name="general")

    for address in (url("edition", scene, "1.0"), url("history", scene), url("revisions", scene)):
        page = text_of(client_of(scene.omar).get(address))
        assert "根拠は?" in page
        assert "全体は良い" in page


def test_the_edition_page_takes_a_constant_number_of_queries(scene, django_assert_num_queries):
    client = client_of(scene.omar)
    client.get(url("edition", scene, "1.0"))
    for number in range(4):
        access, token = make_link(scene, name=f"link {number}")
        visitor(token)
        comment(access, name=f"comment {number}")

    with django_assert_num_queries(12):
        client.get(url("edition", scene, "1.0"))


# The revision history


def test_the_history_shows_editions_reasons_signatures_revocations_and_late_operations(scene):
    decide(scene.checklist, "A-1", "verified", note="too late", by=scene.omar, name="late")
    access, _token = make_link(scene)
    decline(access, reason="値が違う")
    actions.reopen(checklist_id=scene.id, op_id=op("o"), reason="Patch 4", by=scene.omar)
    sign_prepared(scene.checklist, scene.omar, name="second")
    actions.return_items(
        checklist_id=scene.id,
        seen=seen(scene.checklist),
        op_id=op("back"),
        comments={},
        comment="look again",
        by=scene.ines,
    )
    sign_prepared(scene.checklist, scene.omar, name="third")
    sign_reviewed(scene.checklist, scene.ines, name="second issue")
    actions.revoke_edition(
        edition_id=scene.edition.pk, op_id=op("r"), reason="wrong box", by=scene.ines
    )

    page = text_of(client_of(scene.omar).get(url("revisions", scene)))

    second, first = page.index("Edition 1.1"), page.index("Edition 1.0")
    assert second < page.index("Patch 4") < page.index("look again") < first
    for words in ("First edition", "wrong box", "値が違う", "By link", "too late"):
        assert first < page.index(words)


def test_a_draft_that_was_closed_unchanged_stays_in_the_history(scene):
    actions.reopen(checklist_id=scene.id, op_id=op("o"), reason="by mistake", by=scene.omar)
    actions.close_draft(checklist_id=scene.id, op_id=op("c"), by=scene.omar)

    page = text_of(client_of(scene.omar).get(url("revisions", scene)))

    assert "closed again unchanged by Omar 大森" in page
    assert "by mistake" in page


def test_a_draft_has_a_history_too():
    scene = Scene()

    page = client_of(scene.omar).get(url("revisions", scene))

    assert "First edition" in text_of(page)
    assert page.content.decode().count("<h1") == 1


def test_the_history_of_events_names_answers_and_their_end(scene):
    signature = record_paper(scene)
    actions.revoke_reply(
        sign_off_id=signature.pk, op_id=op("rr"), reason="wrong box", by=scene.ines
    )
    access, _token = make_link(scene)
    decline(access)

    page = text_of(client_of(scene.omar).get(url("history", scene)))

    for words in (
        "Accepted edition 1.0 for the customer.",
        "On paper",
        "answer to edition 1.0.",
        "Declined edition 1.0 for the customer.",
        "値が違う",
    ):
        assert words in page


# The review page


def test_the_review_page_shows_conflicts_first():
    scene = Scene(at="worked")
    sign_prepared(scene.checklist, scene.omar)
    # None can be left when it is signed; a row that says otherwise was put there.
    decide(scene.checklist, "A-1", "verified", note="two values", by=scene.omar, name="late")
    with unguarded():
        scene.checklist.events.filter(outcome="late").update(outcome="conflict")

    page = text_of(client_of(scene.ines).get(url("review", scene)))

    assert page.index("Conflicts") < page.index("two values") < page.index("The whole list")
