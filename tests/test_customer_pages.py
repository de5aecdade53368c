"""Pages of customers without an account: what lets them in, what they see, what they send."""

import logging
from datetime import timedelta
from uuid import UUID

import pytest
from django.core.signing import TimestampSigner
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from checklists import actions, files
from checklists.models import AccessUse, Attempts, CustomerAccess, Edition, Event, SignOff
from checklists.views import customer
from portal.logs import WithoutTokens
from portal.models import User
from portal.roles import Role
from tests.support.customers import (
    PUBLIC_URL,
    SUZUKI,
    accept,
    comment,
    decline,
    expire,
    make_link,
    page_of,
    quick_sheet,
    visitor,
)
from tests.support.moving import reword
from tests.support.pages import client_of, hidden, text_of
from tests.support.rollouts import (
    Scene,
    decide,
    op,
    person,
    quick_files,
    sign_prepared,
    sign_reviewed,
)

pytestmark = pytest.mark.django_db
COOKIE = "customer"


@pytest.fixture(autouse=True)
def surroundings(monkeypatch, settings):
    quick_files(monkeypatch)
    quick_sheet(monkeypatch)
    settings.PUBLIC_URL = PUBLIC_URL


@pytest.fixture
def scene():
    return Scene(at="issued")


@pytest.fixture
def link(scene):
    return make_link(scene)


def address_of(token):
    return reverse("checklists:link", args=[token])


def answers(access):
    """The addresses that take what a customer sends."""
    names = ("customer_accept", "customer_decline", "customer_comment")
    return [reverse(f"checklists:{name}", args=[access.pk]) for name in names]


def fields_of(client, access, answer="accept"):
    """What the page's form sends, filled in as the customer would."""
    action = reverse(f"checklists:customer_{answer}", args=[access.pk])
    filled = {"name": "鈴木 一郎", "company": "顧客株式会社"}
    filled |= {"reason": "値が違う"} if answer == "decline" else {}
    return action, hidden(client.get(page_of(access)), action=action) | filled


def send(client, access, answer="accept", **changes):
    action, fields = fields_of(client, access, answer)
    return client.post(action, fields | changes)


def send_comment(client, access, text="根拠は?", item="A-1", **changes):
    fields = {"op_id": op("page"), "item": item, "comment": text, "name": "鈴木 一郎"} | changes
    return client.post(reverse("checklists:customer_comment", args=[access.pk]), fields)


# Coming in


def test_a_link_is_exchanged_at_once_for_a_cookie_and_an_address_without_the_token(link):
    access, token = link

    answered = Client().get(address_of(token))

    assert answered.status_code == 302
    assert answered.url == page_of(access)
    assert token not in answered.url + answered.content.decode() + str(answered.cookies)
    assert set(answered.cookies) == {COOKIE}


def test_the_cookie_is_short_signed_and_for_these_pages_only(link):
    access, token = link

    cookie = Client().get(address_of(token)).cookies[COOKIE]

    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == page_of(access)
    assert cookie["max-age"] == 60 * 60
    assert cookie.value.startswith(f"{access.pk}:")


def test_behind_https_the_cookie_is_secure_and_says_so_in_its_name(link, settings):
    settings.SESSION_COOKIE_SECURE = True

    cookie = Client().get(address_of(link[1]), secure=True).cookies["__Secure-customer"]

    assert cookie["secure"]


def test_the_address_with_the_token_is_neither_kept_nor_passed_on(link):
    for token in (link[1], "wrong"):
        answered = Client().get(address_of(token))

        assert answered["Referrer-Policy"] == "no-referrer"
        assert answered["Cache-Control"] == "no-store"
        assert "noindex" in answered["X-Robots-Tag"]


def test_wrong_expired_revoked_and_used_up_look_exactly_the_same(scene, monkeypatch):
    monkeypatch.setattr(customer, "TRIES", 1000)
    tokens = {name: make_link(scene, name=name, uses=1) for name in ("old", "revoked", "used")}
    expire(tokens["old"][0])
    actions.revoke_link(access_id=tokens["revoked"][0].pk, by=scene.omar)
    visitor(tokens["used"][1])

    seen = set()
    for token in [*(token for _access, token in tokens.values()), "wrong", "x" * 43]:
        answered = Client().get(address_of(token))
        headers = tuple(sorted(answered.headers.items()))
        seen.add((answered.status_code, answered.content, headers, str(answered.cookies)))

    assert len(seen) == 1
    assert seen.pop()[0] == 404


def test_the_page_for_a_link_that_lets_nobody_in_speaks_both_languages():
    page = Client().get(address_of("wrong")).content.decode()

    assert 'lang="ja"' in page
    assert 'lang="en"' in page
    assert page.count("<h1") == 1
    assert "<form" not in page


def test_a_link_without_its_last_slash_leads_straight_in(link):
    answered = Client().get(address_of(link[1]).removesuffix("/"))

    assert answered.url == page_of(link[0])
    assert answered["Cache-Control"] == "no-store"


@pytest.mark.parametrize("token", ["%00", "..", "a b", "é", "%ff", "<script>"])
def test_odd_tokens_are_nobodys(token):
    assert Client().get(f"/a/{token}/").status_code == 404


@pytest.mark.parametrize("method", ["post", "put", "delete", "head", "options"])
def test_a_link_is_opened_by_get_only_so_that_a_look_ahead_uses_nothing(link, method):
    access, token = link

    assert getattr(Client(), method)(address_of(token)).status_code == 405
    assert not access.log.exists()


def test_each_use_is_logged_without_an_address(link):
    _access, token = link
    Client(REMOTE_ADDR="192.0.2.77").get(address_of(token))
    Client(REMOTE_ADDR="192.0.2.77").get(address_of("wrong"))

    log = list(AccessUse.objects.values())

    assert [row["outcome"] for row in log] == ["opened", "unknown"]
    assert "192.0.2.77" not in str(log) + str(list(Attempts.objects.values()))


def test_too_many_tries_from_one_address_are_slowed_down_for_all_workers(link, monkeypatch):
    monkeypatch.setattr(customer, "TRIES", 3)
    tries = [Client().get(address_of("wrong")).status_code for _ in range(4)]

    assert tries == [404, 404, 404, 429]
    assert Client().get(address_of(link[1])).status_code == 429
    assert Client(REMOTE_ADDR="192.0.2.1").get(address_of(link[1])).status_code == 302


def test_behind_a_proxy_the_address_is_the_one_the_proxy_has_added(link, settings, monkeypatch):
    monkeypatch.setattr(customer, "TRIES", 1)
    settings.BEHIND_PROXY = True

    def get(forwarded):
        return Client(HTTP_X_FORWARDED_FOR=forwarded).get(address_of("wrong")).status_code

    assert [get("10.0.0.1, 192.0.2.1"), get("10.9.9.9, 192.0.2.1")] == [404, 429]
    assert get("10.0.0.1, 192.0.2.2") == 404


def test_the_header_of_a_proxy_counts_for_nothing_without_one(monkeypatch):
    monkeypatch.setattr(customer, "TRIES", 1)

    tried = [
        Client(HTTP_X_FORWARDED_FOR=f"192.0.2.{n}").get(address_of("wrong")).status_code
        for n in range(2)
    ]

    assert tried == [404, 429]


def test_the_token_is_in_no_line_of_the_log(link, caplog):
    token = link[1]
    caplog.handler.addFilter(WithoutTokens())
    client = Client(raise_request_exception=False)
    with caplog.at_level(logging.DEBUG):
        client.get(address_of(token))
        client.post(address_of(token))
        client.get(f"/a/{token}")
        client.get(f"/a/{token}/more/")
        client.get(address_of("w" * 43))

    assert "/a/[token]/" in caplog.text
    assert token not in caplog.text
    assert "w" * 43 not in caplog.text


def test_an_error_on_the_way_in_does_not_log_the_token_either(link, caplog, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError(f"at /a/{link[1]}/")

    monkeypatch.setattr(actions, "open_link", fail)
    caplog.handler.addFilter(WithoutTokens())

    answered = Client(raise_request_exception=False).get(address_of(link[1]))

    assert answered.status_code == 500
    assert "RuntimeError: at /a/[token]/" in caplog.text
    assert link[1] not in caplog.text + answered.content.decode()


# Who is let in


def test_without_the_cookie_nobody_sees_anything(link):
    access, _token = link
    stranger = Client()

    assert stranger.get(page_of(access)).status_code == 404
    for address in answers(access):
        assert stranger.post(address, {"op_id": op("x")}).status_code == 404
    name = access.edition.files[0]["name"]
    file = reverse("checklists:customer_file", args=[access.pk, name])
    assert stranger.get(file).status_code == 404


def test_the_cookie_of_one_link_opens_no_other(scene, link):
    other, _token = make_link(scene, name="other")
    client = visitor(link[1])
    client.cookies[COOKIE]["path"] = "/"

    assert client.get(page_of(other)).status_code == 404
    assert client.get(page_of(link[0])).status_code == 200


@pytest.mark.parametrize("change", ["value", "signature", "unsigned", "empty"])
def test_a_forged_cookie_opens_nothing(scene, link, change):
    access, token = link
    other, _token = make_link(scene, name="other")
    client = visitor(token)
    good = client.cookies[COOKIE].value
    client.cookies[COOKIE] = {
        "value": good.replace(str(access.pk), str(other.pk)),
        "signature": good[:-1] + ("A" if good[-1] != "A" else "B"),
        "unsigned": str(other.pk),
        "empty": "",
    }[change]

    assert client.get(page_of(other)).status_code == 404


def test_a_cookie_older_than_an_hour_opens_nothing_and_each_page_renews_it(link, monkeypatch):
    access, token = link
    client = visitor(token)
    renewed = client.get(page_of(access)).cookies[COOKIE]
    assert renewed["max-age"] == 60 * 60

    now = timezone.now() + timedelta(minutes=61)
    monkeypatch.setattr("django.core.signing.time.time", now.timestamp)

    assert client.get(page_of(access)).status_code == 404
    assert TimestampSigner().unsign(TimestampSigner().sign("x"), max_age=1) == "x"


@pytest.mark.parametrize("end", ["expired", "revoked"])
def test_when_a_link_ends_the_pages_behind_it_end_too(scene, link, end):
    access, token = link
    client = visitor(token)
    if end == "expired":
        expire(access)
    else:
        actions.revoke_link(access_id=access.pk, by=scene.omar)

    assert client.get(page_of(access)).status_code == 404
    assert client.get(page_of(access)).content == client.get(address_of("wrong")).content


@pytest.mark.parametrize("answer", ["accept", "decline"])
def test_an_answer_on_its_way_when_the_link_ends_is_told_so(scene, link, answer):
    access, token = link
    client = visitor(token)
    action, fields = fields_of(client, access, answer)
    actions.revoke_link(access_id=access.pk, by=scene.omar)

    answered = client.post(action, fields)

    assert answered.status_code == 409
    assert "Nothing was recorded" in text_of(answered)
    assert not SignOff.objects.filter(kind__in=["accepted", "declined"]).exists()


def test_an_access_that_does_not_exist_is_404(link):
    client = visitor(link[1])

    assert client.get(reverse("checklists:customer", args=[UUID(int=7)])).status_code == 404


def test_other_methods_are_refused(link):
    access, token = link
    client = visitor(token)

    assert client.post(page_of(access)).status_code == 405
    for address in answers(access):
        assert client.get(address).status_code == 405


def test_the_forms_are_guarded_against_other_sites(link):
    access, token = link
    client = Client(enforce_csrf_checks=True)
    client.get(address_of(token))
    _action, fields = fields_of(client, access)

    for address in answers(access):
        assert client.post(address, fields | {"reason": "x"}).status_code == 403
    assert not SignOff.objects.filter(kind="accepted").exists()


def test_no_other_site_shows_the_page_in_a_frame_and_nothing_is_kept(link):
    access, token = link

    answered = visitor(token).get(page_of(access))

    assert answered["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in answered["Content-Security-Policy"]
    assert answered["Cache-Control"] == "no-store"
    # "no-referrer" would make the browser send "Origin: null", which no form survives.
    assert answered["Referrer-Policy"] == "same-origin"


# What a customer sees


def test_the_customer_reads_the_whole_list_as_it_was_issued(scene, link):
    access, token = link
    actions.change_header(
        rollout=scene.rollout,
        op_id=op("h"),
        customer="Later KK",
        project="x",
        number="",
        by=scene.omar,
    )

    page = visitor(token).get(page_of(access))

    for words in ("顧客株式会社", "proxy-01", "Edition 1.0", "Omar 大森", "Ines 稲", "設定した"):
        assert words in text_of(page)
    for number in range(1, 6):
        assert f'id="item-{number}"' in page.content.decode()
    assert "Later KK" not in text_of(page)


def test_the_page_speaks_japanese_and_leads_nowhere_else(link):
    access, token = link

    page = visitor(token, language="ja").get(page_of(access)).content.decode()

    assert '<html lang="ja">' in page
    assert "注意 1" in page
    for elsewhere in (reverse("home"), reverse("login"), reverse("advisories:advisory_list")):
        assert f'href="{elsewhere}"' not in page


def test_what_demo_accounts_handed_over_says_so(scene, link):
    access, token = link
    client = visitor(token)
    assert "DEMO" not in text_of(client.get(page_of(access)))

    User.objects.filter(pk=scene.ines.pk).update(is_demo=True)

    assert "DEMO" in text_of(client.get(page_of(access)))


def test_the_language_switch_comes_back_to_the_page(link):
    access, token = link
    client = visitor(token, language="ja")

    answered = client.post(
        reverse("set_language"), {"language": "en", "next": page_of(access)}, follow=True
    )

    assert "The whole list" in text_of(answered)


def test_exceptions_come_before_the_whole_list():
    scene = Scene(at="worked")
    decide(scene.checklist, "A-1", "risk_accepted", reason="old", approver="Boss", by=scene.omar)
    sign_prepared(scene.checklist, scene.omar)
    scene.edition = sign_reviewed(scene.checklist, scene.ines)
    access, token = make_link(scene)

    page = text_of(visitor(token).get(page_of(access)))

    assert page.index("Look at these first") < page.index("Boss") < page.index("The whole list")


def test_changes_of_the_catalogue_that_were_not_taken_come_first_too():
    scene = Scene(at="worked")
    reword("A-1")
    sign_prepared(scene.checklist, scene.omar)
    scene.edition = sign_reviewed(scene.checklist, scene.ines)
    access, token = make_link(scene)

    page = text_of(visitor(token).get(page_of(access)))

    first = page.index("Look at these first")
    assert first < page.index("PATCH: wording changed", first) < page.index("The whole list")
    assert "Nothing stands out" not in page


def test_every_file_of_the_edition_is_given_as_it_is_stored(link):
    access, token = link
    client = visitor(token)

    for file in access.edition.files:
        address = reverse("checklists:customer_file", args=[access.pk, file["name"]])
        answered = client.get(address)

        assert answered.content == files.read(file["sha256"])
        assert answered["Content-Disposition"].startswith("attachment")
        assert answered["X-Content-Type-Options"] == "nosniff"
        assert answered["Cache-Control"] == "no-store"


def test_a_file_that_is_not_of_the_edition_is_404_and_a_lost_one_is_said_to_be(scene, link):
    access, token = link
    client = visitor(token)
    file = access.edition.files[0]
    files.path_of(file["sha256"]).unlink()

    lost = client.get(reverse("checklists:customer_file", args=[access.pk, file["name"]]))
    other = client.get(reverse("checklists:customer_file", args=[access.pk, "other.pdf"]))

    assert (lost.status_code, other.status_code) == (410, 404)


def test_a_member_who_tries_a_link_out_sees_the_page_and_cannot_answer(scene, link):
    access, token = link
    client = client_of(scene.omar)
    client.get(address_of(token))

    page = client.get(page_of(access))

    assert "You are logged in" in text_of(page)
    assert 'name="seen"' not in page.content.decode()
    for address in answers(access):
        fields = {"op_id": op("x"), "seen": "x", "name": "x", "company": "x", "comment": "x"}
        assert client.post(address, fields).status_code == 403
    assert not SignOff.objects.filter(kind="accepted").exists()


def test_hostile_words_are_text(scene, link):
    access, token = link
    comment(access, "<script>alert(1)</script>")
    decline(access, reason="<img src=x onerror=alert(2)>")

    page = visitor(token).get(page_of(access)).content.decode()

    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_page_takes_a_constant_number_of_queries(link, django_assert_num_queries):
    access, token = link
    client = visitor(token)
    for number in range(3):
        comment(access, name=f"comment {number}")

    with django_assert_num_queries(4):
        client.get(page_of(access))


# Answers


def test_the_customer_accepts_and_is_given_the_sheet(link):
    access, token = link
    client = visitor(token)

    answered = send(client, access)

    signature = SignOff.objects.get(kind="accepted")
    assert answered.status_code == 302
    assert answered.url == page_of(access)
    assert (signature.name, signature.company) == ("鈴木 一郎", "顧客株式会社")
    page = client.get(page_of(access))
    assert "鈴木 一郎 (顧客株式会社) has accepted this edition" in text_of(page)
    assert 'name="seen"' not in page.content.decode()
    for sheet in signature.reply.sheets:
        sheet_address = reverse("checklists:customer_file", args=[access.pk, sheet["name"]])
        assert sheet_address in page.content.decode()
        assert client.get(sheet_address).content == files.read(sheet["sha256"])


def test_the_statement_shown_is_the_one_that_is_stored(link):
    access, token = link
    client = visitor(token)
    shown = text_of(client.get(page_of(access)))

    send(client, access)

    assert SignOff.objects.get(kind="accepted").statement["en"] in shown


def test_the_language_the_customer_read_is_recorded(link):
    access, token = link
    send(visitor(token, language="ja"), access)

    assert Event.objects.get(kind="accepted").payload["language"] == "ja"


def test_the_customer_declines_with_a_reason_and_can_still_accept(link):
    access, token = link
    client = visitor(token)

    send(client, access, "decline")

    page = client.get(page_of(access))
    assert "値が違う" in text_of(page)
    assert Edition.objects.get().state == "declined"
    assert reverse("checklists:customer_decline", args=[access.pk]) not in page.content.decode()
    assert send(client, access).status_code == 302
    assert Edition.objects.get().state == "accepted"


def test_a_double_click_is_one_acceptance_and_no_error(link):
    access, token = link
    client = visitor(token)
    action, fields = fields_of(client, access)

    assert [client.post(action, fields).status_code for _ in range(2)] == [302, 302]
    assert SignOff.objects.filter(kind="accepted").count() == 1


def test_the_second_of_two_devices_is_told_who_was_faster(link):
    access, token = link
    first, second = visitor(token), visitor(token)
    action, fields = fields_of(second, access)
    send(first, access)

    answered = second.post(action, fields | {"name": "佐藤"})

    assert answered.status_code == 409
    assert "鈴木 一郎 has already accepted" in text_of(answered)
    assert page_of(access) in answered.content.decode()


@pytest.mark.parametrize("what", ["revoked", "superseded"])
def test_an_edition_that_is_over_says_so_and_takes_no_answer(scene, link, what):
    access, token = link
    client = visitor(token)
    action, fields = fields_of(client, access)
    if what == "revoked":
        actions.revoke_edition(
            edition_id=scene.edition.pk, op_id=op("r"), reason="wrong", by=scene.ines
        )
    else:
        actions.reopen(checklist_id=scene.id, op_id=op("o"), reason="Patch", by=scene.omar)
        sign_prepared(scene.checklist, scene.omar, name="second")
        sign_reviewed(scene.checklist, scene.ines, name="second issue")

    answered = client.post(action, fields)

    assert answered.status_code == 409
    page = client.get(page_of(access))
    assert page.status_code == 200
    assert ("was revoked" if what == "revoked" else "Edition 1.1 has been issued") in text_of(page)
    assert 'name="seen"' not in page.content.decode()
    assert not SignOff.objects.filter(kind="accepted").exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"company": " "},
        {"name": "x" * 201},
        {"op_id": "x"},
        {"op_id": ""},
        {"seen": ""},
        {"name": "a\x00b"},
    ],
)
def test_a_faulty_form_records_nothing_and_keeps_what_was_typed(link, changes):
    access, token = link

    answered = send(visitor(token), access, **changes)

    assert answered.status_code == 422
    assert "There is a problem" in text_of(answered)
    assert "顧客株式会社" in answered.content.decode()
    assert not SignOff.objects.filter(kind="accepted").exists()


def test_a_refusal_without_a_reason_is_asked_for_one(link):
    access, token = link

    answered = send(visitor(token), access, "decline", reason=" ")

    assert answered.status_code == 422
    assert "<details open" in answered.content.decode().replace('class="more" ', "")


def test_what_was_seen_before_the_statement_changed_is_a_409(link):
    access, token = link

    answered = send(visitor(token), access, seen="0" * 64)

    assert answered.status_code == 409
    assert not SignOff.objects.filter(kind="accepted").exists()


def test_a_sheet_that_cannot_be_made_is_said_and_nothing_is_recorded(link, monkeypatch):
    from checklists.actions import acceptance
    from checklists.handover.pdf_file import PdfFailed

    def fail(*args, **kwargs):
        raise PdfFailed("secret path")

    monkeypatch.setattr(acceptance, "write_sheet", fail)
    access, token = link

    answered = send(visitor(token), access)

    assert answered.status_code == 422
    assert "nothing was recorded" in text_of(answered)
    assert "secret path" not in answered.content.decode()


def test_answers_of_one_access_are_bounded(link, monkeypatch):
    monkeypatch.setattr(customer, "ANSWERS", 2)
    access, token = link
    client = visitor(token)

    codes = [send(client, access, name="").status_code for _ in range(3)]

    assert codes == [422, 422, 429]
    assert send_comment(client, access).status_code == 429


# Comments


def test_a_comment_on_an_item_comes_back_at_that_item(scene, link):
    access, token = link
    client = visitor(token)

    answered = send_comment(client, access)

    assert answered.url == f"{page_of(access)}#item-1"
    page = text_of(client.get(page_of(access)))
    assert page.index("Advisory 1") < page.index("根拠は?") < page.index("Advisory 2")
    assert scene.checklist.events.get(kind="commented").actor_name == "鈴木 一郎"


def test_a_comment_on_the_whole_comes_after_the_list(link):
    access, token = link
    client = visitor(token)

    assert send_comment(client, access, item="").url == f"{page_of(access)}#comments"

    page = text_of(client.get(page_of(access)))
    assert page.index("Comments on the whole") < page.index("根拠は?")


def test_two_comments_from_one_page_are_two_and_a_double_click_is_one(link):
    access, token = link
    client = visitor(token)

    for text, item in (("one", "A-1"), ("one", "A-1"), ("two", "A-1"), ("one", "A-2")):
        assert send_comment(client, access, text, item).status_code == 302

    assert Event.objects.filter(kind="commented").count() == 3


@pytest.mark.parametrize(
    "changes", [{"text": ""}, {"name": ""}, {"item": "A-99"}, {"item": "x" * 81}, {"op_id": "x"}]
)
def test_a_faulty_comment_is_shown_again_with_what_is_wrong(link, changes):
    access, token = link

    answered = send_comment(visitor(token), access, **{"text": "kept & safe"} | changes)

    assert answered.status_code == 422
    assert not Event.objects.filter(kind="commented").exists()
    if changes.keys() <= {"name", "op_id"}:
        assert "kept &amp; safe" in answered.content.decode()


# On a member's device


def lend(scene, *, who=None):
    client = client_of(who or scene.omar)
    address = reverse("checklists:device", args=[scene.id, "1.0"])
    answered = client.post(address, hidden(client.get(address)))
    assert answered.status_code == 302
    return client, CustomerAccess.objects.get(kind="device")


def test_on_a_lent_device_the_customer_accepts_on_the_same_page(scene):
    client, access = lend(scene)

    answered = send(client, access)

    signature = SignOff.objects.get(kind="accepted")
    assert answered.status_code == 302
    assert (signature.signer, signature.reply.how) == (None, "device")
    assert signature.reply.recorded_by == scene.omar
    assert (
        reverse("checklists:edition", args=[scene.id, "1.0"])
        in client.get(page_of(access)).content.decode()
    )


def test_a_lent_device_works_in_the_session_of_its_lender_only(scene):
    client, access = lend(scene)
    ivan = person("ivan", Role.REVIEWER)
    scene.rollout.members.add(ivan)

    client.logout()
    client.cookies[COOKIE] = "x"
    assert client.get(page_of(access)).status_code == 404
    other = client_of(ivan)
    assert other.get(page_of(access)).status_code == 404


def test_an_access_that_was_accepted_elsewhere_shows_it_everywhere(scene, link):
    _client, device = lend(scene)
    access, token = link
    accept(device)

    assert SUZUKI.name in text_of(visitor(token).get(page_of(access)))


def test_everything_that_is_logged_passes_the_filter(settings):
    handlers = settings.LOGGING["handlers"].values()

    assert all("without_tokens" in handler["filters"] for handler in handlers)
    assert logging.getLogger("django").handlers == []
    assert logging.getLogger("django.server").handlers == []
