"""Pages of signatures: prepare, withdraw, review, return, re-open, close, revoke, discard."""

import pytest
from django.urls import reverse

from checklists.actions import rendering
from checklists.handover.pdf_file import PdfFailed
from checklists.models import Edition, Event, SignOff
from portal.roles import Role
from tests.support.pages import PASSWORD, client_of, hidden, text_of, url
from tests.support.rollouts import (
    Scene,
    answer,
    decide,
    op,
    open_edition,
    person,
    quick_files,
    sign_prepared,
    sign_reviewed,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_real_pdf(monkeypatch):
    quick_files(monkeypatch)


# Page -> (how far the checklist is, who may, who may not)
PAGES = {
    "prepare": ("worked", "omar", "ines"),
    "withdraw": ("prepared", "omar", "ines"),
    "review": ("prepared", "ines", "omar"),
    "reopen": ("issued", "omar", "vic"),
    "revoke": ("issued", "ines", "omar"),
    "discard": ("worked", "omar", "ines"),
    "host": ("worked", "omar", "ines"),
}


@pytest.fixture
def scene(request):
    return Scene(at=getattr(request, "param", "worked"))


def at(page):
    """The scene of a page, with Vic who may look, and the page's address."""
    scene = Scene(at=PAGES[page][0])
    scene.vic = person("vic", Role.READER)
    scene.rollout.members.add(scene.vic)
    return scene, url(page, scene, *(["1.0"] if page == "revoke" else []))


def with_roles(user, *roles):
    groups = user.groups.model.objects.filter(name__in=[r.value for r in roles])
    user.groups.set(groups)
    return type(user).objects.get(pk=user.pk)


@pytest.mark.parametrize("page", PAGES)
def test_who_may_gets_the_page_with_one_heading(page):
    scene, address = at(page)

    response = client_of(getattr(scene, PAGES[page][1])).get(address)

    assert response.status_code == 200
    assert response.content.decode().count("<h1") == 1
    assert hidden(response)["op_id"]


@pytest.mark.parametrize("page", PAGES)
def test_every_page_speaks_japanese_too(page):
    scene, address = at(page)

    response = client_of(getattr(scene, PAGES[page][1]), language="ja").get(address)

    assert response.status_code == 200


@pytest.mark.parametrize("page", PAGES)
def test_other_methods_are_refused(page):
    scene, address = at(page)

    assert client_of(getattr(scene, PAGES[page][1])).delete(address).status_code == 405


@pytest.mark.parametrize("name", ["return_items", "close_draft"])
def test_what_only_posts_refuses_get(name):
    scene = Scene()

    assert client_of(scene.ines).get(url(name, scene)).status_code == 405


@pytest.mark.parametrize("page", PAGES)
def test_who_is_not_logged_in_is_sent_to_the_log_in(page, client):
    _scene, address = at(page)

    response = client.get(address)

    assert response.status_code == 302
    assert response.url.startswith(reverse("login"))


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("page", PAGES)
def test_a_stranger_gets_404(page, method):
    _scene, address = at(page)
    stranger = person("sam", Role.ENGINEER, Role.REVIEWER)

    assert getattr(client_of(stranger), method)(address).status_code == 404


@pytest.mark.parametrize("page", PAGES)
def test_the_wrong_role_gets_403_in_words(page):
    scene, address = at(page)

    response = client_of(getattr(scene, PAGES[page][2])).get(address)

    assert response.status_code == 403
    assert "role" in text_of(response)


@pytest.mark.parametrize("page", PAGES)
def test_a_checklist_that_is_not_there_is_404(page):
    scene, address = at(page)

    response = client_of(scene.omar).get(address.replace(str(scene.id), str(op("nothing"))))

    assert response.status_code == 404


@pytest.mark.parametrize("page", ["prepare", "withdraw", "review", "host"])
def test_on_an_issued_checklist_nothing_is_left_to_do_and_the_page_says_so(page):
    scene = Scene(at="issued")
    who = scene.ines if page == "review" else scene.omar

    response = client_of(who).get(url(page, scene))

    assert response.status_code == 409
    assert scene.checklist.get_absolute_url() in response.content.decode()


# prepare


def sign(client, address, scene, **changes):
    fields = hidden(client.get(address), action=changes.pop("action", ""))
    return client.post(address, fields | changes)


def test_the_engineer_signs_what_the_page_shows(scene):
    client = client_of(scene.omar)

    response = sign(client, url("prepare", scene), scene)

    assert response.status_code == 302
    assert response.url == scene.checklist.get_absolute_url()
    assert SignOff.objects.get().signer == scene.omar


def test_the_page_says_what_is_signed_and_who_reviews(scene):
    page = text_of(client_of(scene.omar).get(url("prepare", scene)))

    assert "顧客株式会社" in page
    assert "This checklist has 5 items." in page
    assert "Ines 稲" in page


def test_without_a_reviewer_among_the_members_the_page_says_so(scene):
    scene.rollout.members.remove(scene.ines)

    assert "Add a reviewer" in text_of(client_of(scene.omar).get(url("prepare", scene)))


def test_what_stands_in_the_way_is_listed_with_links_and_no_button():
    scene = Scene()
    response = client_of(scene.omar).get(url("prepare", scene))
    page = response.content.decode()

    assert f'href="{scene.checklist.get_absolute_url()}#item-1"' in page
    assert "3 items still need a decision." in page
    assert 'name="seen"' not in page


def test_signing_in_spite_of_it_is_refused_in_words(scene):
    client = client_of(scene.omar)
    fields = hidden(client.get(url("prepare", scene)))
    decide(scene.checklist, "A-1", "open", by=scene.omar)

    response = client.post(url("prepare", scene), fields)

    assert response.status_code == 422
    assert "1 item still needs a decision." in text_of(response)
    assert not SignOff.objects.exists()


def test_a_change_since_the_page_was_shown_is_a_409(scene):
    client = client_of(scene.omar)
    fields = hidden(client.get(url("prepare", scene)))
    decide(scene.checklist, "A-1", "verified", by=scene.omar)

    response = client.post(url("prepare", scene), fields)

    assert response.status_code == 409
    assert "has changed since this page was shown" in text_of(response)
    assert not SignOff.objects.exists()


def test_a_double_click_gives_one_signature_and_no_error(scene):
    client = client_of(scene.omar)
    fields = hidden(client.get(url("prepare", scene)))

    answers = [client.post(url("prepare", scene), fields) for _click in range(2)]

    assert [a.status_code for a in answers] == [302, 302]
    assert SignOff.objects.count() == 1


@pytest.mark.parametrize("fields", [{}, {"op_id": "x", "seen": "y"}, {"op_id": "", "seen": ""}])
def test_a_broken_form_signs_nothing(scene, fields):
    response = client_of(scene.omar).post(url("prepare", scene), fields)

    assert response.status_code == 422
    assert not SignOff.objects.exists()


def test_the_password_is_asked_for_only_when_the_last_proof_is_old(scene):
    fresh = client_of(scene.omar).get(url("prepare", scene)).content.decode()
    old = client_of(scene.omar, fresh=False).get(url("prepare", scene)).content.decode()

    assert 'type="password"' not in fresh
    assert 'type="password"' in old


def test_the_right_password_signs_and_is_good_for_the_next_signature(scene):
    client = client_of(scene.omar, fresh=False)

    response = sign(client, url("prepare", scene), scene, password=PASSWORD)

    assert response.status_code == 302
    assert SignOff.objects.exists()
    again = client.get(url("withdraw", scene))
    assert 'type="password"' not in again.content.decode()


@pytest.mark.parametrize("password", ["", "wrong", "p" * 5000, "\x00"])
def test_a_wrong_password_signs_nothing(scene, password):
    client = client_of(scene.omar, fresh=False)

    response = sign(client, url("prepare", scene), scene, password=password)

    assert response.status_code == 422
    assert not SignOff.objects.exists()
    assert password not in ("wrong",) or "The password is not right" in text_of(response)


def test_somebody_elses_password_does_not_sign(scene):
    scene.ines.set_password("another password of ines")
    scene.ines.save()
    client = client_of(scene.omar, fresh=False)

    response = sign(client, url("prepare", scene), scene, password="another password of ines")

    assert response.status_code == 422


def test_guessing_the_password_ends_in_the_lockout(scene, settings):
    client = client_of(scene.omar, fresh=False)
    fields = hidden(client.get(url("prepare", scene)))

    answers = [
        client.post(url("prepare", scene), fields | {"password": f"guess {n}"}).status_code
        for n in range(settings.AXES_FAILURE_LIMIT)
    ]

    assert answers[-1] == 429
    right = client.post(url("prepare", scene), fields | {"password": PASSWORD})
    assert right.status_code == 429
    assert not SignOff.objects.exists()


# withdraw, review, return


def test_who_prepared_withdraws():
    scene = Scene(at="prepared")

    assert sign(client_of(scene.omar), url("withdraw", scene), scene).status_code == 302
    assert open_edition(scene.checklist).state == "draft"


def test_another_engineer_is_told_that_only_the_signer_withdraws():
    scene = Scene(at="prepared")
    olga = person("olga", Role.ENGINEER)
    scene.rollout.members.add(olga)
    client = client_of(olga)

    assert "Only the person who signed" in text_of(client.get(url("withdraw", scene)))
    assert client.post(url("withdraw", scene), {"op_id": op("w")}).status_code == 403


def reviewing(scene, **options):
    client = client_of(scene.ines, **options)
    return client, client.get(url("review", scene))


def test_the_reviewer_sees_exceptions_first_and_then_every_item():
    scene = Scene()
    for tracking_id in ("A-1", "A-2", "A-3"):
        decide(scene.checklist, tracking_id, by=scene.omar)
    decide(scene.checklist, "A-1", "risk_accepted", reason="old", approver="Boss", by=scene.omar)
    decide(scene.checklist, "A-2", "not_needed", reason="no fan", by=scene.omar)
    decide(scene.checklist, "A-4", "verified", by=scene.omar)
    sign_prepared(scene.checklist, scene.omar)
    decide(scene.checklist, "A-3", "verified", note="from the rack", by=scene.omar)

    _client, response = reviewing(scene)
    page = text_of(response)

    first, whole = page.index("Look at these first"), page.index("The whole list")
    for words in ("Risk accepted", "old", "Boss", "no fan", "from the rack"):
        assert first < page.index(words, first) < whole
    for position in range(1, 6):
        assert f'id="item-{position}"' in response.content.decode()


def test_verify_only_items_nobody_looked_at_are_exceptions():
    scene = Scene(at="worked")
    decide(scene.checklist, "A-4", "open", by=scene.omar)
    answer(scene.checklist, "installed_with", "appliance-2", by=scene.omar)
    sign_prepared(scene.checklist, scene.omar)

    assert "nobody looked" in text_of(reviewing(scene)[1])


def test_the_reviewer_signs_and_is_shown_what_was_issued():
    scene = Scene(at="prepared")
    client, response = reviewing(scene)

    answered = client.post(url("review", scene), hidden(response, action=url("review", scene)))

    edition = Edition.objects.get()
    assert edition.state == "issued"
    assert answered.url == url("edition", scene, "1.0")
    page = client.get(answered.url).content.decode()
    assert rendering.verification_code(edition.digest) in page
    for file in edition.files:
        assert file["name"] in page


def test_reviewing_asks_for_the_password_too():
    scene = Scene(at="prepared")
    client, response = reviewing(scene, fresh=False)
    fields = hidden(response, action=url("review", scene))

    wrong = client.post(url("review", scene), fields | {"password": "wrong"})
    assert wrong.status_code == 422
    assert open_edition(scene.checklist)

    right = client.post(url("review", scene), fields | {"password": PASSWORD})
    assert right.status_code == 302


def test_a_double_click_issues_once():
    scene = Scene(at="prepared")
    client, response = reviewing(scene)
    fields = hidden(response, action=url("review", scene))

    answers = [client.post(url("review", scene), fields).status_code for _click in range(2)]

    assert answers == [302, 302]
    assert SignOff.objects.filter(kind="reviewed").count() == 1


def test_the_second_reviewer_gets_a_409():
    scene = Scene(at="prepared")
    ivan = person("ivan", Role.REVIEWER)
    scene.rollout.members.add(ivan)
    slow = client_of(ivan)
    fields = hidden(slow.get(url("review", scene)), action=url("review", scene))
    sign_reviewed(scene.checklist, scene.ines)

    assert slow.post(url("review", scene), fields).status_code == 409


def test_a_review_of_what_was_withdrawn_and_signed_anew_is_a_409():
    scene = Scene(at="prepared")
    client, response = reviewing(scene)
    sign(client_of(scene.omar), url("withdraw", scene), scene)
    decide(scene.checklist, "A-1", "verified", by=scene.omar)
    sign_prepared(scene.checklist, scene.omar, name="anew")

    answered = client.post(url("review", scene), hidden(response, action=url("review", scene)))

    assert answered.status_code == 409


def test_a_pdf_that_fails_issues_nothing_and_says_so(monkeypatch):
    scene = Scene(at="prepared")
    client, response = reviewing(scene)

    def fail(handover):
        raise PdfFailed("it took longer than 40 seconds")

    monkeypatch.setitem(rendering.WRITERS, "pdf", fail)
    answered = client.post(url("review", scene), hidden(response, action=url("review", scene)))

    assert answered.status_code == 422
    assert "it took longer than 40 seconds" in text_of(answered)
    assert open_edition(scene.checklist).state == "prepared"


def test_who_prepared_is_told_why_they_cannot_review():
    scene = Scene(at="prepared")
    both = with_roles(scene.omar, Role.ENGINEER, Role.REVIEWER)
    client = client_of(both)

    response = client.get(url("review", scene))
    assert "You prepared this checklist" in text_of(response)
    assert 'name="seen"' not in response.content.decode()

    fields = {"op_id": op("r"), "seen": SignOff.objects.get().digest}
    assert client.post(url("review", scene), fields).status_code == 403


def test_with_self_review_on_it_is_a_remark_and_marked(settings):
    settings.ALLOW_SELF_REVIEW = True
    scene = Scene(at="prepared")
    client = client_of(with_roles(scene.omar, Role.ENGINEER, Role.REVIEWER))
    response = client.get(url("review", scene))
    assert "by the same person" in text_of(response)

    client.post(url("review", scene), hidden(response, action=url("review", scene)))

    assert SignOff.objects.get(kind="reviewed").self_review


def test_the_reviewer_returns_items_with_comments():
    scene = Scene(at="prepared")
    client, response = reviewing(scene)
    fields = hidden(response, action=url("return_items", scene))

    answered = client.post(url("return_items", scene), fields | {"comment-A-1": "値が違う"})

    assert answered.status_code == 302
    assert scene.item("A-1").returned_comment == "値が違う"


def test_a_return_without_words_is_refused_and_one_with_a_fault_keeps_them():
    scene = Scene(at="prepared")
    client, response = reviewing(scene)
    fields = hidden(response, action=url("return_items", scene))

    empty = client.post(url("return_items", scene), fields)
    assert empty.status_code == 422
    assert "Say what is to be done" in text_of(empty)

    long = fields | {"comment-A-1": "x" * 5001, "comment": "kept & safe"}
    faulty = client.post(url("return_items", scene), long)
    assert faulty.status_code == 422
    assert "kept &amp; safe" in faulty.content.decode()
    assert open_edition(scene.checklist).state == "prepared"


def test_returning_what_is_issued_meanwhile_is_a_409():
    scene = Scene(at="prepared")
    client, response = reviewing(scene)
    fields = hidden(response, action=url("return_items", scene))
    sign_reviewed(scene.checklist, scene.ines)

    answered = client.post(url("return_items", scene), fields | {"comment": "late"})

    assert answered.status_code == 409


def test_hostile_notes_are_text_on_the_review_page():
    scene = Scene(at="worked")
    decide(scene.checklist, "A-1", note="<script>alert(1)</script>", by=scene.omar)
    sign_prepared(scene.checklist, scene.omar)

    page = reviewing(scene)[1].content.decode()

    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_the_review_page_takes_a_constant_number_of_queries(django_assert_num_queries):
    scene = Scene(at="prepared")
    client = client_of(scene.ines)
    client.get(url("review", scene))

    with django_assert_num_queries(14):
        client.get(url("review", scene))


# re-open, close, revoke, discard


def test_reopening_with_a_reason():
    scene = Scene(at="issued")

    response = sign(client_of(scene.omar), url("reopen", scene), scene, reason="Patch 4")

    assert response.url == scene.checklist.get_absolute_url()
    assert open_edition(scene.checklist).reason == "Patch 4"


@pytest.mark.parametrize("page", ["reopen", "revoke", "discard"])
def test_a_reason_is_required(page):
    scene, address = at(page)

    response = sign(client_of(getattr(scene, PAGES[page][1])), address, scene, reason="  ")

    assert response.status_code == 422
    assert scene.checklist.events.filter(kind__in=["reopened", "revoked", "discarded"]).count() == 0


def test_reopening_what_is_open_is_a_409():
    scene = Scene()

    assert client_of(scene.omar).get(url("reopen", scene)).status_code == 409


def test_a_draft_opened_by_mistake_is_closed():
    scene = Scene(at="issued")
    client = client_of(scene.omar)
    sign(client, url("reopen", scene), scene, reason="by mistake")

    response = client.post(url("close_draft", scene), {"op_id": op("close")})

    assert response.status_code == 302
    assert Edition.objects.count() == 1


CLOSE = "Close edition 1.1"


@pytest.mark.parametrize("who", ["omar", "ines"])
def test_the_page_of_a_draft_opened_by_mistake_has_the_button_that_closes_it(who):
    scene = Scene(at="issued")
    sign(client_of(scene.omar), url("reopen", scene), scene, reason="by mistake")
    client, address = client_of(getattr(scene, who)), url("close_draft", scene)
    page = client.get(url("checklist_detail", scene))

    response = client.post(address, hidden(page, action=address), follow=True)

    assert CLOSE in text_of(page)
    assert "The draft is closed. The issued edition stands as it was." in text_of(response)
    assert CLOSE not in text_of(response)
    assert [str(edition) for edition in Edition.objects.all()] == ["1.0"]


def test_an_answer_of_the_customer_to_the_issued_edition_does_not_take_the_button_away():
    scene = Scene(at="issued")
    sign(client_of(scene.omar), url("reopen", scene), scene, reason="by mistake")
    sign(client_of(scene.ines), url("revoke", scene, "1.0"), scene, reason="wrong box")

    assert CLOSE in text_of(client_of(scene.omar).get(url("checklist_detail", scene)))


def test_nobody_else_and_no_draft_with_a_change_has_that_button():
    scene = Scene(at="issued")
    vic = person("vic", Role.READER)
    scene.rollout.members.add(vic)
    sign(client_of(scene.omar), url("reopen", scene), scene, reason="Patch 4")
    address = url("checklist_detail", scene)

    assert "Close edition" not in text_of(client_of(vic).get(address))

    decide(scene.checklist, "A-1", "verified", by=scene.omar)

    assert "Close edition" not in text_of(client_of(scene.omar).get(address))


def test_the_first_draft_cannot_be_closed(scene):
    assert "Close edition" not in text_of(client_of(scene.omar).get(url("checklist_detail", scene)))


def test_a_draft_that_has_changed_is_not_closed():
    scene = Scene(at="issued")
    client = client_of(scene.omar)
    sign(client, url("reopen", scene), scene, reason="Patch 4")
    decide(scene.checklist, "A-1", "verified", by=scene.omar)

    client.post(url("close_draft", scene), {"op_id": op("close")})

    assert Edition.objects.count() == 2


def test_a_reviewer_revokes_an_edition_and_the_page_of_it_says_so():
    scene = Scene(at="issued")
    client = client_of(scene.ines)

    sign(client, url("revoke", scene, "1.0"), scene, reason="wrong box")

    page = text_of(client.get(url("edition", scene, "1.0")))
    assert "Revoked" in page
    assert "wrong box" in page
    assert client.get(url("revoke", scene, "1.0")).status_code == 409


@pytest.mark.parametrize("number", ["1.1", "2.0", "x", "1.0.0"])
def test_an_edition_that_is_not_issued_is_404(number):
    scene = Scene(at="issued")
    sign(client_of(scene.omar), url("reopen", scene), scene, reason="Patch 4")
    client = client_of(scene.ines)

    assert client.get(url("revoke", scene, number)).status_code == 404
    assert client.get(url("edition", scene, number)).status_code == 404


def test_discarding_hides_the_checklist_and_leads_to_its_rollout():
    scene = Scene()

    response = sign(client_of(scene.omar), url("discard", scene), scene, reason="twice")

    scene.checklist.refresh_from_db()
    assert scene.checklist.discard_reason == "twice"
    assert response.url == scene.rollout.get_absolute_url()


def test_a_checklist_with_an_issued_edition_is_not_discarded():
    scene = Scene(at="issued")

    response = client_of(scene.omar).get(url("discard", scene), follow=False)

    assert response.status_code == 302
    assert not scene.events(Event.Kind.DISCARDED)


def test_nothing_is_signed_on_a_discarded_checklist():
    scene = Scene(at="worked")
    client = client_of(scene.omar)
    fields = hidden(client.get(url("prepare", scene)))
    sign(client, url("discard", scene), scene, reason="twice")

    assert client.post(url("prepare", scene), fields).status_code in (302, 422)
    assert not SignOff.objects.exists()


def test_the_edition_page_is_for_members(client):
    scene = Scene(at="issued")
    address = url("edition", scene, "1.0")

    assert client.get(address).status_code == 302
    assert client_of(person("sam", Role.REVIEWER)).get(address).status_code == 404
    assert client_of(scene.omar).get(address).status_code == 200
    assert client_of(scene.omar).post(address).status_code == 405
