"""Signing in and out, the language of a page, health, error pages, headers."""

import re
from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.conf import settings as configured
from django.db import DatabaseError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal import views
from portal.identity import is_fresh
from portal.models import User
from portal.roles import Role
from tests.factory import PASSWORD, make_user
from tests.support.pages import client_of, text_of

pytestmark = pytest.mark.django_db

LOGIN, LOGOUT, HOME, LANGUAGE = "/login/", "/logout/", "/", "/language/"
CATALOGUE = "/advisories/"
HOSTILE = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example/",
    "http:///evil.example/",
    "https:evil.example",
    "javascript:alert(1)",
    "\\\\evil.example\\",
    "/\\evil.example/",
    "https://testserver@evil.example/",
    "https://testserver.evil.example/",
    "\x08//evil.example/",
]


@pytest.fixture
def omar():
    return make_user(Role.ENGINEER)


def sign_in(client, password=PASSWORD, username="omar", **fields):
    return client.post(LOGIN, {"username": username, "password": password, **fields})


def lock_out(client, username="omar"):
    """Guess until the answer is no longer the form; the last answer."""
    for _ in range(configured.AXES_FAILURE_LIMIT):
        answer = sign_in(client, "a wrong guess", username)
    return answer


def is_signed_in(client):
    return client.get(HOME).status_code == 200


def english(client):
    client.cookies["django_language"] = "en"
    return client


# Signing in


def test_the_log_in_page_asks_for_a_name_and_a_password(client):
    page = client.get(LOGIN).content.decode()

    assert page.count("<h1") == 1
    assert '<label for="id_username">' in page
    assert '<label for="id_password">' in page
    assert 'autocomplete="current-password"' in page


def test_the_right_password_signs_in_and_proves_who_it_is(client, omar):
    answer = sign_in(client)

    assert (answer.status_code, answer.url) == (302, HOME)
    assert is_signed_in(client)
    assert is_fresh(answer.wsgi_request, timezone.now())


def test_signing_in_changes_the_key_of_the_session(client, omar):
    client.get(LOGIN)
    session = client.session
    session["before"] = "kept"
    session.save()
    client.cookies[configured.SESSION_COOKIE_NAME] = session.session_key

    sign_in(client)

    assert client.cookies[configured.SESSION_COOKIE_NAME].value != session.session_key


def test_the_cookie_of_the_session_is_out_of_reach_of_scripts(client, omar):
    answer = sign_in(client)

    cookie = answer.cookies[configured.SESSION_COOKIE_NAME]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] == 12 * 60 * 60


@pytest.mark.parametrize(("language", "word"), [("en", "Error:"), ("ja", "エラー")])
def test_a_wrong_password_is_said_in_words(client, omar, language, word):
    client.cookies["django_language"] = language

    answer = sign_in(client, "a wrong guess")

    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'role="alert"' in page
    assert word in re.search(r"<title>(.*?)</title>", page).group(1)
    assert "a wrong guess" not in page
    assert not is_signed_in(client)


def test_nobody_learns_which_names_exist(client, omar):
    english(client)

    known = sign_in(client, "a wrong guess", "omar")
    unknown = sign_in(client, "a wrong guess", "nobody")

    assert text_of(known) == text_of(unknown)


def test_nobody_inactive_signs_in(client, omar):
    User.objects.update(is_active=False)

    assert sign_in(client).status_code == 200
    assert not is_signed_in(client)


@pytest.mark.parametrize(
    ("username", "password"),
    [("", PASSWORD), ("omar", ""), ("om\x00ar", PASSWORD), ("o" * 151, "x")],
)
def test_what_cannot_be_a_name_or_a_password_is_a_message(client, omar, username, password):
    answer = sign_in(client, password, username)

    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()


def test_an_attempt_with_hostile_details_is_counted_like_any_other(client, omar):
    answer = client.post(
        LOGIN + "?a=%00&b=" + "b" * 3000,
        {"username": "omar", "password": "a wrong guess", "c": "\x00"},
        headers={"user-agent": "u" * 3000},
    )

    assert answer.status_code == 200
    assert AccessAttempt.objects.get().failures_since_start == 1


# Locked out


@pytest.mark.parametrize(
    ("language", "heading", "wait"),
    [
        ("en", "Too many attempts to log in", "Wait 15 minutes"),
        ("ja", "ログインの試行回数が多すぎます", "15 分待って"),
    ],
)
def test_too_many_wrong_passwords_are_429_in_words(client, omar, language, heading, wait):
    client.cookies["django_language"] = language

    answer = lock_out(client)

    assert answer.status_code == 429
    assert heading in text_of(answer)
    assert wait in text_of(answer)


def test_up_to_the_limit_the_form_comes_back(client, omar):
    for _ in range(configured.AXES_FAILURE_LIMIT - 1):
        assert sign_in(client, "a wrong guess").status_code == 200

    assert sign_in(client).status_code == 302


def test_while_locked_out_the_right_password_does_not_help(client, omar):
    lock_out(client)

    assert sign_in(client).status_code == 429
    assert not is_signed_in(client)


def test_a_lockout_holds_for_one_name_on_one_address(client, omar):
    make_user(Role.REVIEWER)
    lock_out(client)

    somebody_else = sign_in(Client(), username="ines")
    elsewhere = Client(REMOTE_ADDR="192.0.2.7").post(
        LOGIN, {"username": "omar", "password": PASSWORD}
    )

    assert somebody_else.status_code == 302
    assert elsewhere.status_code == 302


def test_behind_a_proxy_it_is_the_visitors_address_that_counts(client, omar, settings):
    settings.BEHIND_PROXY = True
    guesser = {"X-Forwarded-For": "203.0.113.7, 198.51.100.9"}
    given = {"username": "omar", "password": PASSWORD}
    for _ in range(settings.AXES_FAILURE_LIMIT):
        client.post(LOGIN, given | {"password": "a guess"}, headers=guesser)

    assert client.post(LOGIN, given, headers=guesser).status_code == 429
    elsewhere = client.post(LOGIN, given, headers={"X-Forwarded-For": "198.51.100.10"})
    assert elsewhere.status_code == 302


@pytest.mark.parametrize("forwarded", ["unknown", "198.51.100.6, \x00", "1" * 3000])
def test_what_is_no_address_counts_as_the_proxys(omar, settings, forwarded):
    settings.BEHIND_PROXY = True
    client = Client(REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=forwarded)

    assert sign_in(client, "a wrong guess").status_code == 200

    assert AccessAttempt.objects.get().ip_address == "10.0.0.1"


def test_a_lockout_ends_by_itself(client, omar):
    lock_out(client)
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))

    assert sign_in(client).status_code == 302


def test_signing_in_forgets_the_wrong_guesses_before(client, omar):
    for _ in range(configured.AXES_FAILURE_LIMIT - 1):
        sign_in(client, "a wrong guess")
    sign_in(client)
    client.post(LOGOUT)

    assert sign_in(client, "a wrong guess").status_code == 200


# Where one goes on to


def test_next_leads_to_the_page_that_asked(client, omar):
    page = client.get(HOME)
    assert page.url == "/login/?next=/"

    answer = sign_in(client, next="/checklists/new/?release=a&mode=b")

    assert answer.url == "/checklists/new/?release=a&mode=b"


@pytest.mark.parametrize("address", HOSTILE)
def test_next_leads_to_this_site_only(client, omar, address):
    by_form = sign_in(client, next=address)
    already_in = client.get(LOGIN, {"next": address})

    assert by_form.url == HOME
    assert already_in.url == HOME


@pytest.mark.parametrize("address", HOSTILE)
def test_a_hostile_next_is_not_even_written_on_the_page(client, address):
    page = client.get(LOGIN, {"next": address}).content.decode()

    assert '<input type="hidden" name="next" value="">' in page


@pytest.mark.parametrize("address", ["/login/", "/login/?next=/login/"])
def test_the_log_in_page_does_not_lead_to_itself(omar, address):
    answer = client_of(omar).get(LOGIN, {"next": address})

    assert answer.url == HOME


# Signing out


def test_signing_out_is_a_post_and_ends_the_session(omar):
    client = client_of(omar)
    key = client.session.session_key

    answer = client.post(LOGOUT)

    assert (answer.status_code, answer.url) == (302, LOGIN)
    assert not is_signed_in(client)
    assert not client.session.exists(key)


def test_a_link_signs_nobody_out(omar):
    client = client_of(omar)

    assert client.get(LOGOUT).status_code == 405
    assert is_signed_in(client)


def test_signing_out_leads_to_this_site_only(omar):
    answer = client_of(omar).post(LOGOUT, {"next": "https://evil.example/"})

    assert answer.url in (LOGIN, LOGOUT)


# Demo accounts


def test_no_demo_account_signs_in_in_production(client, settings):
    make_user(Role.ENGINEER, is_demo=True)
    settings.DEMO_ACCOUNTS = False

    assert sign_in(client).status_code == 200
    assert not is_signed_in(client)


def test_the_session_of_a_demo_account_counts_for_nothing_in_production(settings):
    client = client_of(make_user(Role.ENGINEER, is_demo=True))
    assert is_signed_in(client)

    settings.DEMO_ACCOUNTS = False

    assert not is_signed_in(client)


def test_other_accounts_sign_in_in_production(client, omar, settings):
    settings.DEMO_ACCOUNTS = False

    assert sign_in(client).status_code == 302


# The language


def language_of(answer):
    """What the page says of itself; the header has to say the same."""
    language = re.search(r'<html lang="(\w+)"', answer.content.decode()).group(1)
    assert answer.headers["Content-Language"] == language
    return language


def test_without_a_choice_the_page_is_japanese_whatever_the_browser_asks_for(client):
    answer = client.get(LOGIN, headers={"accept-language": "en-GB,en;q=0.9"})

    assert language_of(answer) == "ja"


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_account_chooses_next(client, language):
    client.force_login(make_user(Role.ENGINEER, language=language))

    assert language_of(client.get(HOME)) == language


@pytest.mark.parametrize(("account", "cookie"), [("ja", "en"), ("en", "ja")])
def test_the_switch_in_the_header_wins(client, account, cookie):
    client.force_login(make_user(Role.ENGINEER, language=account))
    client.cookies["django_language"] = cookie

    assert language_of(client.get(HOME)) == cookie


@pytest.mark.parametrize("cookie", ["de", "", "EN", "../../etc", "e" * 5000])
def test_a_cookie_that_is_no_language_is_passed_over(client, cookie):
    client.force_login(make_user(Role.ENGINEER, language="en"))
    client.cookies["django_language"] = cookie

    assert language_of(client.get(HOME)) == "en"


def test_the_switch_is_remembered_by_browser_and_account(client, omar):
    client.force_login(omar)

    answer = client.post(LANGUAGE, {"language": "en", "next": "/advisories/?q=smtp"})

    assert answer.url == "/advisories/?q=smtp"
    assert language_of(client.get(HOME)) == "en"
    assert User.objects.get(pk=omar.pk).language == "en"


def test_a_reader_without_an_account_switches_too(client):
    client.post(LANGUAGE, {"language": "en", "next": LOGIN})

    assert language_of(client.get(LOGIN)) == "en"


@pytest.mark.parametrize("language", ["de", "", "xx", "ja\x00", "e" * 500])
def test_a_language_that_is_not_there_changes_nothing(client, omar, language):
    client.force_login(omar)

    answer = client.post(LANGUAGE, {"language": language, "next": HOME})

    assert answer.status_code == 302
    assert language_of(client.get(HOME)) == "ja"
    assert User.objects.get(pk=omar.pk).language == "ja"


@pytest.mark.parametrize("address", HOSTILE)
def test_the_switch_leads_to_this_site_only(client, address):
    answer = client.post(LANGUAGE, {"language": "en", "next": address})

    assert answer.url == HOME


def test_a_link_switches_nothing(client):
    assert client.get(LANGUAGE, {"language": "en"}).status_code == 405
    assert language_of(client.get(LOGIN)) == "ja"


def test_every_page_offers_the_other_language_and_leads_back(client):
    page = client.get(CATALOGUE, {"q": "smtp"}).content.decode()

    form = re.search(r'<form action="/language/".*?</form>', page, re.S).group()
    assert 'value="/advisories/?q=smtp"' in form
    assert '<button class="link-button" name="language" value="en" lang="en">English' in form


# Health


def test_health_needs_no_account_and_one_query(client, django_assert_num_queries):
    with django_assert_num_queries(1):
        answer = client.get("/healthz")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ok"}
    assert "no-store" in answer.headers["Cache-Control"]


def test_health_is_only_read(client):
    assert client.post("/healthz").status_code == 405


class Broken:
    """A database that does not answer."""

    def cursor(self):
        raise DatabaseError("no answer")


def test_health_fails_with_the_database(monkeypatch):
    monkeypatch.setattr(views, "connection", Broken())

    assert Client(raise_request_exception=False).get("/healthz").status_code == 500


# Error pages


def bad_request(client):
    fields = {f"field-{number}": "" for number in range(configured.DATA_UPLOAD_MAX_NUMBER_FIELDS)}
    return client.post(LOGIN, fields | {"one": "more"})


def not_found(client):
    return client.get("/no-such-page/")


def forbidden(client):
    client.force_login(make_user(Role.READER))
    return client.get(reverse("checklists:new_save"))


def without_token(client):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    return strict.post(LOGIN, {"username": "omar"})


@pytest.mark.parametrize(
    ("ask", "status", "headings"),
    [
        (
            bad_request,
            400,
            {"en": "This request cannot be read", "ja": "リクエストを読み取れません"},
        ),
        (
            forbidden,
            403,
            {"en": "This account may not do that", "ja": "このアカウントでは実行できません"},
        ),
        (
            without_token,
            403,
            {"en": "This form was no longer valid", "ja": "このフォームは無効になっています"},
        ),
        (not_found, 404, {"en": "This page is not here", "ja": "このページはありません"}),
        (lock_out, 429, {"en": "Too many attempts", "ja": "ログインの試行回数が多すぎます"}),
    ],
)
@pytest.mark.parametrize("language", ["en", "ja"])
def test_an_error_is_a_page_in_the_readers_language(client, omar, language, ask, status, headings):
    client.cookies["django_language"] = language

    answer = ask(client)

    page = answer.content.decode()
    assert answer.status_code == status
    assert language_of(answer) == language
    heading = re.findall(r"<h1>(.*?)</h1>", page, re.S)
    assert len(heading) == 1
    assert headings[language] in heading[0]
    assert heading[0] in re.search(r"<title>(.*?)</title>", page).group(1)
    assert re.search(rf'<a class="button[^"]*" href="({HOME}|{LOGIN})"', page)  # a way on


def test_a_request_under_a_foreign_host_name_is_400(client):
    answer = client.get(LOGIN, headers={"host": "evil.example"})

    assert answer.status_code == 400
    assert "リクエストを読み取れません" in text_of(answer)


def failing_page(monkeypatch):
    monkeypatch.setattr(views, "connection", Broken())
    return Client(raise_request_exception=False).get("/healthz")


def test_the_page_of_a_crash_speaks_both_languages(monkeypatch):
    answer = failing_page(monkeypatch)

    page = answer.content.decode()
    assert answer.status_code == 500
    assert page.count("<h1") == 1
    assert "エラーが発生しました" in page
    assert '<p lang="en">This step was not saved' in page
    assert "no answer" not in page


def test_the_files_of_the_crash_page_are_there(client, monkeypatch):
    page = failing_page(monkeypatch).content.decode()

    files = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert len(files) == 2
    for file in files:
        answer = client.get(file)
        answer.close()
        assert answer.status_code == 200, file


# Headers


def policy(answer):
    return dict(
        directive.strip().split(" ", 1)
        for directive in answer.headers["Content-Security-Policy"].split(";")
    )


@pytest.mark.parametrize("ask", [lambda c: c.get(LOGIN), lambda c: c.get(CATALOGUE), not_found])
def test_a_page_loads_and_sends_nothing_but_its_own(client, ask):
    directives = policy(ask(client))

    assert directives["default-src"] == "'none'"
    for name in ("script-src", "style-src", "img-src", "connect-src", "form-action"):
        assert directives[name] == "'self'", name
    for name in ("object-src", "base-uri", "frame-ancestors"):
        assert directives[name] == "'none'", name
    assert not re.search("unsafe|data:|https?:|[*]", " ".join(directives.values()))


@pytest.mark.parametrize("ask", [lambda c: c.get(LOGIN), lambda c: c.get(CATALOGUE), not_found])
def test_a_page_tells_the_browser_to_be_careful(client, ask):
    headers = ask(client).headers

    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_the_first_page_of_a_person_is_kept_by_no_cache(omar):
    answer = client_of(omar).get(HOME)

    assert "no-store" in answer.headers["Cache-Control"]
    assert "private" in answer.headers["Cache-Control"]


# Without an account


def test_a_page_that_needs_an_account_leads_to_the_log_in_and_back(client):
    answer = client.get("/checklists/new/save/?release=a&mode=b")

    assert answer.url == "/login/?next=/checklists/new/save/%3Frelease%3Da%26mode%3Db"
    assert "Log in to open that page." in text_of(english(client).get(answer.url))


def test_a_page_that_is_not_there_is_404_with_and_without_an_account(client, omar):
    assert client.get("/no-such-page/").status_code == 404
    assert client_of(omar).get("/no-such-page/").status_code == 404
