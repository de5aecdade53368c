"""Pages of a moving catalogue: offers, signatures, issued editions, documents, the first page."""

import re
from html import unescape

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from advisories.models import DocumentRevision, SourceDocument
from checklists.actions import discard, reopen, revoke_edition
from checklists.models import Edition, Event, SignOff
from portal.roles import Role
from tests.support.moving import (
    add,
    edit,
    fix,
    grow,
    move_everything,
    reword,
    sharpen,
    take,
    take_back,
)
from tests.support.pages import client_of, hidden, text_of, url
from tests.support.rollouts import (
    PASSWORD,
    Scene,
    answer,
    decide,
    make_checklist,
    make_rollout,
    op,
    person,
    quick_files,
    sign_prepared,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_real_pdf(monkeypatch):
    quick_files(monkeypatch)


def document_url(version="1.0"):
    return reverse("checklists:document", args=[DocumentRevision.objects.get(version=version).pk])


def offers_of(client, scene):
    """{tracking ID: what its form sends} of the offers page."""
    page = client.get(url("offers", scene)).content.decode()
    forms = re.findall(r'<li class="offer" id="offer-([^"]+)">.*?</li>', page, re.S)
    found = {}
    for name in forms:
        entry = re.search(rf'id="offer-{name}">(.*?)</li>', page, re.S)[1]
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', entry))
        fields.pop("csrfmiddlewaretoken", None)
        found[name] = {key: unescape(value) for key, value in fields.items()}
    return found


def post_take(client, scene, fields):
    return client.post(url("take", scene), fields)


# The offers page


def test_the_page_lists_what_moved_with_the_difference_and_the_effect():
    scene = Scene(at="worked")
    fix("A-1", note="fixed at last")
    sharpen("A-2", "別の対応")
    add("A-6", conditions=["snmp"])
    take_back("A-5", "誤りだったため")

    response = client_of(scene.omar).get(url("offers", scene))
    page = text_of(response)

    for words in (
        "MAJOR: applicability changed",
        "fixed at last",
        "Fixed in 2.0 for all installations. Verify the value.",
        "the decision is opened again",
        "MINOR: action, check or severity changed",
        "The decision stays and is marked to be read again.",
        "New advisory A-6",
        "It becomes a new open item at the end of the list.",
        "It asks a new question: snmp is used",
        "誤りだったため",
    ):
        assert words in page
    assert "<del>Action</del><ins>do: 別の対応</ins>" in response.content.decode()


def test_the_page_speaks_japanese_too():
    scene = Scene()
    sharpen("A-1")

    page = client_of(scene.omar, language="ja").get(url("offers", scene)).content.decode()

    assert "アドバイザリの変更" in page
    assert "<ins>別の</ins>対応" in page


def test_without_any_change_it_says_so():
    scene = Scene()

    assert "Nothing has changed" in text_of(client_of(scene.omar).get(url("offers", scene)))


def test_with_nothing_above_nobody_is_asked_to_look_at_it():
    scene = Scene()
    client = client_of(scene.omar)
    assert "everything above" not in text_of(client.get(url("offers", scene)))

    sharpen("A-1")

    assert "everything above" in text_of(client.get(url("offers", scene)))


def test_a_change_that_this_checklist_does_not_print_is_said_to_be_one():
    scene = Scene()
    edit("A-1", position=77)

    page = text_of(client_of(scene.omar).get(url("offers", scene)))

    assert "Nothing that this checklist prints differs" in page


def test_hostile_texts_of_the_catalogue_are_text():
    scene = Scene()
    reword("A-1", "<script>alert(1)</script>", note="<b>bold</b>")

    page = client_of(scene.omar).get(url("offers", scene)).content.decode()

    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    assert "&lt;b&gt;bold" in page


@pytest.mark.parametrize("at", ["prepared", "issued"])
def test_outside_a_draft_it_shows_no_form_and_says_what_to_do(at):
    scene = Scene(at=at)
    reword("A-1")

    response = client_of(scene.omar).get(url("offers", scene))

    assert url("take", scene) not in response.content.decode()
    assert "To take something" in text_of(response)


def test_a_discarded_checklist_shows_no_form_and_says_so():
    scene = Scene()
    reword("A-1")
    discard(checklist_id=scene.id, op_id=op("d"), reason="twice", by=scene.omar)

    response = client_of(scene.omar).get(url("offers", scene))

    assert url("take", scene) not in response.content.decode()
    assert "This checklist was discarded." in text_of(response)


def test_a_reader_sees_the_changes_and_no_form():
    scene = Scene()
    vic = person("vic", Role.READER)
    scene.rollout.members.add(vic)
    reword("A-1")

    page = client_of(vic).get(url("offers", scene)).content.decode()

    assert 'id="offer-A-1"' in page
    assert url("take", scene) not in page
    assert url("look_through", scene) not in page


def test_who_may_open_and_use_it(client):
    scene = Scene()
    reword("A-1")
    fields = offers_of(client_of(scene.omar), scene)["A-1"]
    stranger = client_of(person("sam", Role.ENGINEER))
    posts = {"take": fields, "look_through": {"op_id": op("x"), "seen": ""}}

    assert client.get(url("offers", scene)).url.startswith(reverse("login"))
    assert stranger.get(url("offers", scene)).status_code == 404
    assert client_of(scene.omar).post(url("offers", scene)).status_code == 405
    for name, sent in posts.items():
        assert client.post(url(name, scene), sent).url.startswith(reverse("login"))
        assert stranger.post(url(name, scene), sent).status_code == 404
        assert client_of(scene.ines).post(url(name, scene), sent).status_code == 403
        assert client_of(scene.omar).get(url(name, scene)).status_code == 405
    assert not scene.events(Event.Kind.TAKEN)


@pytest.mark.parametrize("more", [0, 295])
def test_the_page_takes_a_fixed_number_of_queries(more, django_assert_num_queries):
    scene = Scene()
    grow(more)
    checklist = make_checklist(scene.rollout, scene.omar, name="large")
    move_everything()
    take_back("A-5")
    client = client_of(scene.omar)
    address = reverse("checklists:offers", args=[checklist.pk])
    client.get(address)

    with django_assert_num_queries(26):
        assert client.get(address).status_code == 200


def test_releases_in_another_order_are_said_and_no_form_is_shown():
    scene = Scene()
    reword("A-1")
    DocumentRevision.objects.get().document.products.get().releases.filter(rank=2).update(rank=7)

    response = client_of(scene.omar).get(url("offers", scene))

    assert "Start a new checklist from this one." in text_of(response)
    assert url("take", scene) not in response.content.decode()
    assert 'id="offer-A-1"' in response.content.decode()


# Taking


def test_an_offer_is_taken_and_the_page_says_what_came_of_it():
    scene = Scene(at="worked")
    sharpen("A-1")
    client = client_of(scene.omar)

    response = client.post(url("take", scene), offers_of(client, scene)["A-1"], follow=True)

    assert scene.item("A-1").flagged
    assert response.redirect_chain == [(url("offers", scene), 302)]
    assert "No. 1: The decision stays and is marked to be read again." in text_of(response)


def test_an_added_advisory_is_added():
    scene = Scene()
    add("A-6")
    client = client_of(scene.omar)

    post_take(client, scene, offers_of(client, scene)["A-6"])

    assert scene.item("A-6").position == 6


def test_all_of_a_step_are_taken_with_one_button():
    scene = Scene(at="worked")
    reword("A-1")
    reword("A-2")
    sharpen("A-3")
    client = client_of(scene.omar)
    page = client.get(url("offers", scene)).content.decode()
    form = next(f for f in re.findall(r"<form.*?</form>", page, re.S) if "Take all" in f)
    op_id = re.search(r'name="op_id" value="([^"]+)"', form)[1]

    post_take(
        client, scene, {"op_id": op_id, "offer": re.findall(r'name="offer" value="([^"]+)"', form)}
    )

    taken = [event.payload["item"] for event in scene.events(Event.Kind.TAKEN)]
    assert taken == ["A-1", "A-2"]


def test_a_double_click_takes_once_and_is_no_error():
    scene = Scene()
    reword("A-1")
    client = client_of(scene.omar)
    fields = offers_of(client, scene)["A-1"]

    answers = [post_take(client, scene, fields).status_code for _click in range(2)]

    assert answers == [302, 302]
    assert len(scene.events(Event.Kind.TAKEN)) == 1


def test_an_offer_that_moved_on_is_a_409_in_words():
    scene = Scene()
    reword("A-1")
    client = client_of(scene.omar)
    fields = offers_of(client, scene)["A-1"]
    sharpen("A-1")

    response = post_take(client, scene, fields)

    assert response.status_code == 409
    assert "Nothing was taken." in text_of(response)
    assert scene.item("A-1").revision == 1


@pytest.mark.parametrize("at", ["prepared", "issued"])
def test_taking_outside_a_draft_is_a_409(at):
    scene = Scene(at=at)
    reword("A-1")

    response = post_take(client_of(scene.omar), scene, {"op_id": op("t"), "offer": "A-1 2 1"})

    assert response.status_code == 409
    assert not scene.events(Event.Kind.TAKEN)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"op_id": "x", "offer": "A-1 2 0"},
        {"op_id": op("t")},
        {"op_id": op("t"), "offer": "A-1"},
        {"op_id": op("t"), "offer": ""},
        {"op_id": op("t"), "offer": "A-1 two 0"},
        {"op_id": op("t"), "offer": "A-1 2 x"},
        {"op_id": op("t"), "offer": "A-1 99999999999999999999 0"},
        {"op_id": op("t"), "offer": "A\x00-1 2 0"},
        {"op_id": op("t"), "offer": "注意 2 0"},
    ],
)
def test_a_broken_form_takes_nothing_and_says_so(fields):
    scene = Scene()
    reword("A-1")

    response = client_of(scene.omar).post(url("take", scene), fields, follow=True)

    assert response.status_code == 200
    assert 'class="notice error"' in response.content.decode()
    assert not scene.events(Event.Kind.TAKEN)


# Looked through


def test_what_was_looked_through_renews_the_date_on_the_checklist():
    scene = Scene()
    frozen = scene.checklist.frozen | {"check_date": "2026-03-09"}
    type(scene.checklist).objects.update(frozen=frozen)
    client = client_of(scene.omar)
    page = client.get(url("offers", scene))
    assert "2026/03/09" in text_of(page)
    fields = hidden(page, action=url("look_through", scene))

    response = client.post(url("look_through", scene), fields, follow=True)

    assert len(scene.events(Event.Kind.LOOKED_THROUGH)) == 1
    assert "2026/03/09" not in text_of(response)


def test_what_moved_after_the_page_was_shown_is_a_409():
    scene = Scene()
    client = client_of(scene.omar)
    fields = hidden(client.get(url("offers", scene)), action=url("look_through", scene))
    add("A-6")

    assert client.post(url("look_through", scene), fields).status_code == 409


def test_a_broken_form_notes_nothing():
    scene = Scene()

    client_of(scene.omar).post(url("look_through", scene), {"seen": "x"})

    assert not scene.events(Event.Kind.LOOKED_THROUGH)


# The checklist's own page


def test_the_checklist_says_that_the_catalogue_has_moved_on_and_marks_the_items():
    scene = Scene()
    sharpen("A-1")
    add("A-6")
    take_back("A-2", "誤りだったため")

    response = client_of(scene.omar).get(scene.checklist.get_absolute_url())
    page = text_of(response)

    assert "The catalogue has moved on" in page
    assert "2 changes can be taken into this checklist." in page
    assert f'href="{url("offers", scene)}#offer-A-1"' in response.content.decode()
    assert "Withdrawn: 誤りだったため" in page


def test_without_a_change_it_says_nothing_of_the_kind():
    scene = Scene()

    page = text_of(client_of(scene.omar).get(scene.checklist.get_absolute_url()))

    assert "The catalogue has moved on" not in page


def test_the_old_decision_stands_beside_a_reopened_item_and_can_be_recorded_again():
    scene = Scene(at="worked")
    edit("A-1", modes=["bridge"])
    take(scene.checklist, "A-1", by=scene.omar)
    client = client_of(scene.omar)

    page = client.get(scene.checklist.get_absolute_url()).content.decode()
    item = re.search(r'id="item-1"[^>]*>.*?</li>', page, re.S)[0]

    assert "Decided before the advisory changed:" in item
    assert "設定した" in item
    quick = re.search(r'<form class="quick".*?</form>', item, re.S)[0]
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', quick))
    client.post(url("decide", scene, "A-1"), fields)
    assert (scene.item("A-1").decision, scene.item("A-1").note) == ("done", "設定した")


def test_a_withdrawn_open_item_is_nothing_left_to_decide():
    scene = Scene()
    decide(scene.checklist, "A-2", by=scene.omar)
    decide(scene.checklist, "A-3", by=scene.omar)
    client = client_of(scene.omar)
    assert "2 / 3" in text_of(client.get(scene.checklist.get_absolute_url()))

    take_back("A-1")

    assert "2 / 2" in text_of(client.get(scene.checklist.get_absolute_url()))


def test_an_issued_checklist_says_what_moved_since():
    scene = Scene(at="issued")
    reword("A-1")

    page = text_of(client_of(scene.ines).get(scene.checklist.get_absolute_url()))

    assert "These advisories are not as the issued edition says any more." in page
    assert "PATCH: wording changed" in page


def test_the_history_tells_what_was_taken_and_looked_through():
    scene = Scene(at="worked")
    fix("A-1")
    add("A-6")
    take(scene.checklist, "A-1", "A-6", by=scene.omar)
    client = client_of(scene.omar)
    fields = hidden(client.get(url("offers", scene)), action=url("look_through", scene))
    client.post(url("look_through", scene), fields)

    page = text_of(client.get(url("history", scene)))

    assert "No. 1: took revision 2." in page
    assert "No. 6: took revision 1." in page
    assert "the decision is opened again" in page
    assert "Looked through what the catalogue offers." in page


# Signatures


def prepare_with(client, scene, **fields):
    shown = hidden(client.get(url("prepare", scene)))
    return client.post(url("prepare", scene), shown | fields)


def test_the_page_of_the_signature_lists_what_is_not_taken_with_the_ticks_it_needs():
    scene = Scene(at="worked")
    fix("A-1")
    reword("A-2")
    add("A-6")

    response = client_of(scene.omar).get(url("prepare", scene))
    page = response.content.decode()

    assert re.findall(r'name="tick" value="([^"]+)"', page) == ["A-1", "A-6"]
    assert "PATCH: wording changed" in page


def test_without_every_tick_nothing_is_signed_and_the_ticks_given_are_kept():
    scene = Scene(at="worked")
    fix("A-1")
    add("A-6")
    client = client_of(scene.omar)

    response = prepare_with(client, scene, tick=["A-6"])

    assert response.status_code == 422
    assert "Tick each added or MAJOR change" in text_of(response)
    page = response.content.decode()
    assert re.findall(r'value="([^"]+)" form="sign" checked', page) == ["A-6"]
    assert not SignOff.objects.exists()


def test_with_every_tick_it_is_signed():
    scene = Scene(at="worked")
    fix("A-1")
    add("A-6")

    response = prepare_with(client_of(scene.omar), scene, tick=["A-1", "A-6"])

    assert response.status_code == 302
    assert SignOff.objects.get().kind == "prepared"


def test_a_change_of_the_catalogue_after_the_page_was_shown_is_a_409():
    scene = Scene(at="worked")
    client = client_of(scene.omar)
    shown = hidden(client.get(url("prepare", scene)))
    add("A-6")

    assert client.post(url("prepare", scene), shown).status_code == 409
    assert not SignOff.objects.exists()


def test_while_something_hinders_it_there_is_nothing_to_tick():
    scene = Scene()
    add("A-6")

    page = client_of(scene.omar).get(url("prepare", scene)).content.decode()

    assert "New advisory A-6" in page
    assert 'name="tick"' not in page


def test_the_reviewer_sees_first_what_is_not_taken_and_what_moved_since():
    scene = Scene(at="worked")
    fix("A-1")
    prepare_with(client_of(scene.omar), scene, tick=["A-1"])
    add("A-6")

    page = text_of(client_of(scene.ines).get(url("review", scene)))

    first, whole = page.index("Look at these first"), page.index("The whole list")
    for words in (
        "Changes of the catalogue that are not taken",
        "The preparer has seen it and hands over without it.",
        "Changed in the catalogue after the signature",
        "New advisory A-6",
    ):
        assert first < page.index(words) < whole
    assert "Nothing stands out" not in page


def test_what_was_signed_is_not_said_to_have_moved_since():
    scene = Scene(at="worked")
    reword("A-1")
    sign_prepared(scene.checklist, scene.omar)

    page = text_of(client_of(scene.ines).get(url("review", scene)))

    assert "Changed in the catalogue after the signature" not in page


@pytest.mark.parametrize("more", [0, 295])
def test_the_pages_of_signatures_take_a_fixed_number_of_queries(more, django_assert_num_queries):
    scene = Scene(at="worked")
    grow(more)
    move_everything()
    engineer, reviewer = client_of(scene.omar), client_of(scene.ines)
    engineer.get(url("prepare", scene))

    with django_assert_num_queries(33):
        engineer.get(url("prepare", scene))
    prepare_with(engineer, scene, tick=[f"N-{number}" for number in range(more)])
    reword("A-1")
    reviewer.get(url("review", scene))
    with django_assert_num_queries(15):
        reviewer.get(url("review", scene))


# Issued editions


def test_the_page_of_an_edition_says_which_advisories_moved_and_how():
    scene = Scene(at="issued")
    assert "What the catalogue did since" not in text_of(
        client_of(scene.ines).get(url("edition", scene, "1.0"))
    )
    sharpen("A-1", note="why it moved")
    add("A-6")
    take_back("A-3", "誤りだったため")

    page = text_of(client_of(scene.ines).get(url("edition", scene, "1.0")))

    for words in (
        "What the catalogue did since 3",
        "MINOR: action, check or severity changed",
        "#1",
        "why it moved",
        "New advisory A-6",
        "誤りだったため",
        "re-open the checklist",
    ):
        assert words in page


@pytest.mark.parametrize("more", [0, 295])
def test_the_page_of_an_edition_takes_a_fixed_number_of_queries(more, django_assert_num_queries):
    scene = Scene()
    grow(more)
    scene.checklist = make_checklist(scene.rollout, scene.omar, name="large")
    for item in scene.checklist.items.exclude(verdict="not_applicable"):
        decide(scene.checklist, item.tracking_id, by=scene.omar)
    sign_prepared(scene.checklist, scene.omar)
    client = client_of(scene.ines)
    fields = hidden(client.get(url("review", scene)), action=url("review", scene))
    client.post(url("review", scene), fields)
    move_everything()
    client.get(url("edition", scene, "1.0"))

    with django_assert_num_queries(12):
        client.get(url("edition", scene, "1.0"))


# A document and what it touches


def newer_revision(version="1.4"):
    return DocumentRevision.objects.create(
        document=SourceDocument.objects.get(slug="supplement"),
        version=version,
        date="2026-11-20",
        note_ja="追加",
    )


def test_the_page_of_a_document_lists_open_checklists_and_issued_editions_it_touches():
    scene = Scene(at="issued")
    make_checklist(scene.rollout, scene.omar, name="open", host="open-box")
    newer_revision()
    reword("A-1")
    add("A-6")
    later = make_checklist(scene.rollout, scene.omar, name="later", host="later-box")

    page = text_of(client_of(scene.omar).get(document_url("1.4")))

    opened, issued = page.index("Open checklists"), page.index("Issued editions")
    assert opened < page.index("open-box") < issued < page.index("proxy-01")
    assert "later-box" not in page
    assert page.count("PATCH: wording changed 1") == 2
    assert page.count("Added 1") == 2
    assert later.frozen["documents"][0]["version"] == "1.4"


def test_advisories_of_another_document_do_not_count():
    scene = Scene()
    other = SourceDocument.objects.create(slug="own", publisher="We", title_ja="自社")
    DocumentRevision.objects.create(document=other, version="7", date="2026-11-20")
    other.products.set(SourceDocument.objects.get(slug="supplement").products.all())
    add("A-6", document=other)
    reword("A-1")

    page = text_of(client_of(scene.omar).get(document_url("7")))

    assert "Added 1" in page
    assert "PATCH" not in page


def test_an_older_revision_touches_only_what_rests_on_one_before_it():
    scene = Scene()
    newer_revision()
    make_checklist(scene.rollout, scene.omar, name="second", host="second-box")
    reword("A-1")
    client = client_of(scene.omar)

    first, newest = (text_of(client.get(document_url(version))) for version in ("1.0", "1.4"))

    assert "proxy-01" not in first
    assert "There is a newer revision: 1.4" in first
    assert "proxy-01" in newest
    assert "second-box" in newest


def test_what_is_superseded_revoked_or_discarded_takes_no_part():
    scene = Scene(at="issued")
    box = make_checklist(scene.rollout, scene.omar, name="box", host="mistaken-box")
    discard(checklist_id=box.pk, op_id=op("d"), reason="twice", by=scene.omar)
    reword("A-1")
    client = client_of(scene.omar)
    assert "proxy-01" in text_of(client.get(document_url()))

    revoke_edition(
        edition_id=Edition.objects.get(issued_at__isnull=False).pk,
        op_id=op("revoke"),
        reason="wrong",
        by=scene.ines,
    )

    page = text_of(client.get(document_url()))
    assert "proxy-01" not in page
    assert "mistaken-box" not in page


def test_a_checklist_being_revised_is_there_as_a_draft_and_as_its_edition():
    scene = Scene(at="issued")
    reword("A-1")
    reopen(checklist_id=scene.id, op_id=op("reopen"), reason="1.4", by=scene.omar)
    client = client_of(scene.omar)
    assert text_of(client.get(document_url())).count("proxy-01") == 2

    take(scene.checklist, "A-1", by=scene.omar)

    page = client.get(document_url()).content.decode()
    assert url("offers", scene) not in page
    assert url("edition", scene, "1.0") in page


def test_nobody_sees_the_rollouts_of_others():
    Scene()
    reword("A-1")
    sam = person("sam", Role.ENGINEER)

    page = text_of(client_of(sam).get(document_url()))

    assert "proxy-01" not in page
    assert page.count("It touches none.") == 2


def test_who_may_open_the_page_of_a_document(client):
    scene = Scene()
    address = document_url()

    assert client.get(address).url.startswith(reverse("login"))
    assert client_of(scene.omar).post(address).status_code == 405
    assert client_of(scene.omar).get("/documents/99999999999999999999/").status_code == 404
    assert client_of(scene.omar, language="ja").get(address).status_code == 200


@pytest.mark.parametrize("more", [0, 295])
def test_the_page_of_a_document_takes_a_fixed_number_of_queries(more, django_assert_num_queries):
    scene = Scene(at="issued")
    grow(more)
    for number in range(4):
        make_checklist(scene.rollout, scene.omar, name=f"box-{number}")
    reopen(checklist_id=scene.id, op_id=op("reopen"), reason="1.4", by=scene.omar)
    move_everything()
    client = client_of(scene.omar)
    client.get(document_url())

    with django_assert_num_queries(13):
        client.get(document_url())


# The first page


def test_the_first_page_marks_checklists_with_offers_and_links_the_documents():
    scene = Scene()
    make_checklist(scene.rollout, scene.omar, name="second", host="second-box")
    client = client_of(scene.omar)
    assert "of the catalogue" not in text_of(client.get(reverse("home")))
    take_back("A-5")
    reword("A-1")
    take(scene.checklist, "A-1", by=scene.omar)
    add("A-6")

    page = client.get(reverse("home")).content.decode()

    marks = re.findall(r'href="[^"]+/offers/">(\d+) changes? of the catalogue', page)
    assert sorted(marks) == ["1", "2"]
    assert document_url() in page


@pytest.mark.parametrize("boxes", [1, 6])
def test_the_first_page_takes_a_fixed_number_of_queries(boxes, django_assert_num_queries):
    scene = Scene()
    grow(50)
    for number in range(boxes):
        make_checklist(scene.rollout, scene.omar, name=f"box-{number}")
    make_checklist(make_rollout(scene.omar, name="other"), scene.omar, name="other")
    move_everything()
    client = client_of(scene.omar)
    client.get(reverse("home"))

    with django_assert_num_queries(13):
        client.get(reverse("home"))


# In a browser


@pytest.mark.e2e
def test_an_engineer_takes_what_changed_answers_for_it_and_signs(page, committed_db, login_as):
    scene = Scene(at="worked")
    sharpen("A-1", "別の対応", note="手順を変更")
    fix("A-2")
    add("A-6")
    answer(scene.checklist, "installed_with", "appliance-2", by=scene.omar)
    login_as(page, scene.omar)

    page.goto("/")
    page.get_by_role("link", name="アドバイザリの変更 3 件 proxy-01").click()
    expect(page.get_by_role("heading", name="アドバイザリの変更 proxy-01")).to_be_visible()
    expect(page.locator("ins", has_text="別の")).to_be_visible()
    page.get_by_role("button", name="新しいリビジョンを取り込む 注意 1").click()
    expect(page.get_by_text("項目 1: 判断はそのまま残り、要再確認になります。")).to_be_visible()
    page.get_by_role("button", name="一覧に追加する 新しい注意 A-6").click()
    expect(page.get_by_text("1 件の変更を取り込みました。")).to_be_visible()
    page.get_by_role("button", name="確認済みにする").click()

    expect(page.get_by_text("今日の日付を記録しました")).to_be_visible()
    flagged = page.locator("#item-1")
    flagged.get_by_role("button", name="保存").click()
    expect(flagged.get_by_text("実施済").first).to_be_visible()
    added = page.locator("#item-6")
    added.get_by_text("実施済", exact=True).click()
    added.get_by_role("button", name="保存").click()
    expect(added).to_have_class(re.compile("settled"))

    page.get_by_role("link", name="作成者として署名").click()
    page.get_by_label("パスワード").fill(PASSWORD)
    page.get_by_role("button", name="作成者として署名").click()
    expect(page.get_by_role("alert").first).to_contain_text("チェックを付けてください")
    page.get_by_role("checkbox", name="内容を確認し、取り込まずに引き渡します 注意 2").check()
    page.get_by_role("button", name="作成者として署名").click()
    expect(page.get_by_text("審査待ち").first).to_be_visible()

    assert SignOff.objects.get().kind == "prepared"
    assert scene.item("A-1").content["action"]["ja"] == "別の対応"
