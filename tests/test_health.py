"""The health page: what each check finds and what not, and the ways to it."""

from datetime import date, datetime, timedelta

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone, translation

from advisories import health
from advisories.actions import publish, withdraw
from advisories.applicability import Status
from advisories.health import CHECKS, Untranslated, findings, untranslated
from advisories.models import (
    Advisory,
    AdvisoryRevision,
    AffectedProduct,
    DocumentRevision,
    LinkCheck,
    Reference,
)
from portal.roles import Role
from tests.factory import (
    load_fixture_catalogue,
    make_advisory,
    make_affected,
    make_category,
    make_condition,
    make_document,
    make_mode,
    make_product,
    make_release,
    make_topic,
)
from tests.support.editing import as_editor, sign_in

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 25)
PAGE = reverse("admin:advisories_advisory_health")
LIST = reverse("admin:advisories_advisory_changelist")


@pytest.fixture
def editor(client):
    as_editor(client)
    client.cookies["django_language"] = "en"
    return client


# Each text that stands in two languages beside the advisories: who makes a row without it, or with
# one that lacks its English.
BESIDE = [
    (make_condition, "name"),
    (make_condition, "hint"),
    (make_mode, "name"),
    (make_mode, "note"),
    (make_category, "name"),
    (make_topic, "name"),
    (make_product, "modes_note"),
    (make_release, "label"),
    (make_document, "title"),
]


def hit(slug, today=TODAY):
    """Tracking IDs of the advisories that the check finds."""
    found = CHECKS[slug].select(Advisory.objects.all(), today)
    return sorted(found.values_list("tracking_id", flat=True))


def sound(tracking_id, **fields):
    """An advisory with nothing to find."""
    return make_advisory(tracking_id, **fields)


# What is found


def test_a_product_of_the_document_without_a_row_is_found():
    one = sound("ADV-1")
    sound("ADV-2", document=make_document("other"))
    one.document.products.add(make_product("mail"))

    assert hit("no-statement") == ["ADV-1"]


def test_a_row_that_says_not_affected_is_a_statement():
    one = sound("ADV-1", published=False)
    make_affected(one, make_product("mail"), status=Status.NOT_AFFECTED)
    publish(advisory=one, by=None)

    assert hit("no-statement") == []


def test_an_open_investigation_is_found():
    sound("ADV-1", status=Status.UNDER_INVESTIGATION)
    sound("ADV-2")

    assert hit("under-investigation") == ["ADV-1"]


def test_a_fix_without_a_note_is_found():
    release = make_release()
    sound("ADV-1", fixed_in=release)
    sound("ADV-2", fixed_in=release)
    sound("ADV-3")
    AffectedProduct.objects.filter(advisory__tracking_id="ADV-2").update(fix_note_ja="既定値を変更")

    assert hit("fix-without-note") == ["ADV-1"]


@pytest.mark.parametrize("field", ["title", "summary", "action", "check", "impact"])
def test_a_text_without_its_english_is_found(field):
    sound("ADV-1")
    sound("ADV-2", **{f"{field}_ja": "和文", f"{field}_en": ""})

    assert hit("no-translation") == ["ADV-2"]


def test_a_fix_note_without_its_english_is_found():
    sound("ADV-1", fixed_in=make_release())
    AffectedProduct.objects.update(fix_note_ja="既定値を変更")

    assert hit("no-translation") == ["ADV-1"]


@pytest.mark.parametrize(("make", "text"), BESIDE)
def test_what_stands_beside_advisories_is_found_without_its_english(make, text):
    row = make(**{f"{text}_ja": "日本語", f"{text}_en": ""})

    assert (type(row), row.pk) in [(found.model, found.pk) for found in untranslated()]


@pytest.mark.parametrize(("make", "text"), BESIDE)
def test_what_has_its_english_or_says_nothing_is_not_found(make, text):
    make(**{f"{text}_ja": "日本語", f"{text}_en": "English"})

    assert untranslated() == []


def test_the_note_of_a_documents_edition_is_found_too():
    [edition] = make_document().revisions.all()
    edition.note_ja = "誤記を修正"
    edition.save()

    assert untranslated() == [Untranslated(DocumentRevision, edition.pk, "1.0")]


def test_no_kind_of_row_in_two_languages_is_forgotten():
    models = apps.get_app_config("advisories").get_models()
    bilingual = {m for m in models if any(f.name.endswith("_ja") for f in m._meta.fields)}

    assert bilingual - {Advisory, AffectedProduct} == {model for model, _name in health.BESIDE}


def test_the_page_leads_to_what_lacks_its_english(editor):
    condition = make_condition("snmp", name_en="")

    page = editor.get(PAGE).content.decode()

    address = reverse("admin:advisories_condition_change", args=[condition.pk])
    assert f'Condition: <a href="{address}" lang="ja">{condition.name_ja}</a>' in page


def checked(number, state="ok", changed_at=None):
    return LinkCheck.objects.create(
        url=f"https://example.org/{number}",
        state=state,
        checked_at=timezone.now(),
        changed_at=changed_at,
    )


@pytest.mark.parametrize("state", ["gone", "failed", "unreachable", "no_host", "loop", "refused"])
def test_a_link_that_leads_nowhere_is_found(state):
    sound("ADV-1", references=["1"])
    sound("ADV-2", references=["2", "3"])
    sound("ADV-3", references=["4"])
    checked("1")
    checked("2")
    checked("3", state)

    assert hit("dead-link") == ["ADV-2"]


def test_the_link_that_counts_is_the_successors():
    sound("ADV-1", references=["1"])
    Reference.objects.update(successor="KA-1", successor_url="https://example.org/new")
    checked("1", "gone")

    assert hit("dead-link") == []
    checked("new", "gone")
    assert hit("dead-link") == ["ADV-1"]


def at(day):
    return timezone.make_aware(datetime(2026, 11, day, 12))


@pytest.mark.parametrize(
    ("reviewed_on", "found"),
    [(None, True), (date(2026, 11, 9), True), (date(2026, 11, 10), False)],
)
def test_a_page_that_changed_is_found_until_somebody_has_reviewed_the_advisory(reviewed_on, found):
    sound("ADV-1", references=["1"])
    sound("ADV-2", references=["2"])
    checked("1", changed_at=at(10))
    checked("2")
    Advisory.objects.update(reviewed_on=reviewed_on)

    assert hit("changed-link") == (["ADV-1"] if found else [])


@pytest.mark.parametrize(
    ("published_on", "reviewed_on", "found"),
    [
        (date(2025, 11, 24), None, True),
        (date(2025, 11, 25), None, False),
        (date(2020, 1, 1), date(2025, 11, 24), True),
        (date(2020, 1, 1), date(2025, 11, 25), False),
    ],
)
def test_an_advisory_nobody_looked_at_for_12_months_is_found(published_on, reviewed_on, found):
    sound("ADV-1")
    noon = timezone.make_aware(datetime(*published_on.timetuple()[:3], 12))
    AdvisoryRevision.objects.update(published_at=noon)
    Advisory.objects.update(reviewed_on=reviewed_on)

    assert hit("not-reviewed") == (["ADV-1"] if found else [])


def test_drafts_and_withdrawn_advisories_are_nobodys_business():
    release = make_release()
    wrong = {"title_en": "", "fixed_in": release, "status": Status.UNDER_INVESTIGATION}
    draft = sound("ADV-1", published=False, references=["1"], **wrong)
    gone = sound("ADV-2", references=["1"], **wrong)
    withdraw(advisory=gone, reason="x", by=None)
    draft.document.products.add(make_product("mail"))
    checked("1", "gone", changed_at=at(10))

    late = TODAY + timedelta(days=9000)
    assert [n for _check, n in findings(Advisory.objects.all(), late)] == [0] * len(CHECKS)


def test_counting_is_one_query_for_each_check(django_assert_num_queries):
    load_fixture_catalogue()

    with django_assert_num_queries(len(CHECKS)):
        found = {check.slug: n for check, n in findings(Advisory.objects.all(), TODAY)}

    assert found["under-investigation"] == 5
    assert found["no-translation"] == found["no-statement"] == 0


# The page


def test_the_page_counts_and_leads_to_the_list(editor):
    sound("ADV-1", title_en="")
    sound("ADV-2")

    page = editor.get(PAGE).content.decode()
    listed = editor.get(LIST, {"health": "no-translation"})

    assert f"{LIST}?health=no-translation" in page
    assert f"{LIST}?health=dead-link" not in page
    assert [row.tracking_id for row in listed.context["cl"].result_list] == ["ADV-1"]


@pytest.mark.parametrize("slug", CHECKS)
def test_every_check_is_a_filter_of_the_list(editor, slug):
    sound("ADV-1")

    assert editor.get(LIST, {"health": slug}).status_code == 200


def test_the_page_says_when_links_were_checked(editor):
    assert "Links were never checked." in editor.get(PAGE).content.decode()

    checked("1")
    assert "Links were checked last on" in editor.get(PAGE).content.decode()


def test_the_admin_leads_to_the_page(editor):
    assert PAGE in editor.get("/admin/").content.decode()


@pytest.mark.parametrize("role", [Role.ENGINEER, Role.REVIEWER, Role.READER])
def test_the_page_is_for_editors(client, role):
    sign_in(client, role)

    assert client.get(PAGE).status_code == 302


def test_the_page_takes_the_same_queries_however_large_the_catalogue(
    editor, django_assert_num_queries
):
    for number in (1, 4):
        for _ in range(number):
            make_advisory(title_en="")
        with django_assert_num_queries(14):
            editor.get(PAGE)


# Reviewing


def test_reviewed_today_makes_no_revision(editor):
    one = sound("ADV-1")
    sound("ADV-2")

    answer = editor.post(
        LIST, {"action": "mark_reviewed", "_selected_action": [one.pk]}, follow=True
    )

    one.refresh_from_db()
    assert one.reviewed_on == timezone.localdate()
    assert one.revisions.count() == 1
    assert "1 advisory is marked as reviewed today." in answer.content.decode()
    assert LogEntry.objects.get().object_id == str(one.pk)
    assert Advisory.objects.get(tracking_id="ADV-2").reviewed_on is None


def test_publishing_what_was_reviewed_changes_nothing(editor):
    one = sound("ADV-1")
    editor.post(LIST, {"action": "mark_reviewed", "_selected_action": [one.pk]})

    assert publish(advisory=one, by=None).number == 1


def test_somebody_who_may_only_look_cannot_mark(client):
    from django.contrib.auth.models import Permission

    person = sign_in(client, Role.READER)
    person.is_staff = True
    person.save()
    person.user_permissions.set(Permission.objects.filter(codename="view_advisory"))
    one = sound("ADV-1")

    client.post(LIST, {"action": "mark_reviewed", "_selected_action": [one.pk]})

    assert client.get(PAGE).status_code == 403
    assert Advisory.objects.get().reviewed_on is None


def test_the_form_shows_the_last_check_of_each_link(editor, django_assert_num_queries):
    one = sound("ADV-1", references=["1", "2"])
    LinkCheck.objects.create(url="https://example.org/1", state="gone", checked_at=at(10))

    page = editor.get(reverse("admin:advisories_advisory_change", args=[one.pk]))

    assert "no longer there (2026-11-10)" in page.content.decode()
    assert '<div class="readonly">—</div>' in page.content.decode()
    assert ">None<" not in page.content.decode()


@pytest.mark.parametrize("action", ["add", "change", "delete"])
def test_checks_of_links_are_read_only(editor, action):
    check = checked("1")
    arguments = [] if action == "add" else [check.pk]

    address = reverse(f"admin:advisories_linkcheck_{action}", args=arguments)

    assert editor.post(address, {"post": "yes", "url": "x"}).status_code == 403


def test_the_checks_speak_both_languages():
    with translation.override("ja"):
        japanese = [str(check.label) for check in CHECKS.values()]
    with translation.override("en"):
        english = [str(check.label) for check in CHECKS.values()]

    assert not set(japanese) & set(english)
