"""Editing the catalogue: who may, what is refused in which words, and that all ends in publish."""

import re

import pytest
from django.urls import reverse

from advisories.actions import publish, withdraw
from advisories.models import (
    Advisory,
    AdvisoryRevision,
    AffectedProduct,
    Category,
    Condition,
    DocumentRevision,
    Mode,
    Product,
    Reference,
    Release,
    SourceDocument,
    Topic,
)
from portal.roles import Role
from tests.support.admin_forms import ADD, change, faults, form_of, messages, new_form
from tests.support.editing import Catalogue, as_editor, sign_in

pytestmark = pytest.mark.django_db
MODELS = (
    Product,
    Release,
    Mode,
    Category,
    Topic,
    Condition,
    SourceDocument,
    DocumentRevision,
    Advisory,
    AdvisoryRevision,
)
SECTIONS = ("affected", "references")
AFFECTED = ("product", "status", "basis", "fixed_in", "fix_scope", "fix_kind")
PLAIN = ("number", "url", "successor", "successor_url", "product", "position")


@pytest.fixture
def catalogue():
    return Catalogue()


@pytest.fixture
def editor(client):
    as_editor(client)
    client.cookies["django_language"] = "en"
    return client


# Who may


@pytest.mark.parametrize("model", MODELS)
def test_an_editor_without_the_staff_flag_sees_every_list_and_row(editor, catalogue, model):
    name = f"admin:advisories_{model._meta.model_name}"

    assert editor.get(reverse(f"{name}_changelist"), {"q": "e"}).status_code == 200
    assert editor.get(reverse(f"{name}_change", args=[model.objects.first().pk])).status_code == 200


@pytest.mark.parametrize("role", [Role.ENGINEER, Role.REVIEWER, Role.READER])
def test_only_editors_enter(client, catalogue, role):
    sign_in(client, role)

    for address in ("/admin/", ADD, "/admin/advisories/advisory/import/"):
        assert client.get(address).status_code == 302


def test_a_stranger_is_asked_to_log_in(client, catalogue):
    answer = client.get(change(catalogue.first))

    assert answer.status_code == 302
    assert "login" in answer.url


def test_an_advisory_that_is_not_there_leads_back_with_a_message(editor):
    answer = editor.get("/admin/advisories/advisory/4711/change/", follow=True)

    assert answer.status_code == 200
    assert len(messages(answer)) == 1


def test_no_page_carries_inline_scripts_or_styles(editor, catalogue):
    for address in (
        "/admin/advisories/advisory/",
        ADD,
        change(catalogue.first),
        "/admin/advisories/advisory/import/",
        "/admin/advisories/advisory/export/",
        reverse("admin:advisories_advisory_withdraw", args=[catalogue.first.pk]),
    ):
        text = editor.get(address).content.decode()
        assert not re.search(r"\sstyle=|\son[a-z]+=\"|<style|<script>", text), address


def test_the_list_takes_the_same_queries_however_long_it_is(
    editor, catalogue, django_assert_num_queries
):
    with django_assert_num_queries(13):
        editor.get("/admin/advisories/advisory/")
    for number in range(4):
        catalogue.draft(f"E-3{number}")
    with django_assert_num_queries(13):
        editor.get("/admin/advisories/advisory/")


# Saving


@pytest.mark.parametrize("field", ["topics", "modes", "conditions"])
def test_a_choice_that_is_none_is_a_message(editor, catalogue, field):
    answer = editor.post(ADD, new_form(catalogue, **{field: ["9" * 23]}))

    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors[field]


def test_a_new_advisory_is_published_with_its_rows(editor, catalogue):
    rows = {
        "references-TOTAL_FORMS": 1,
        "references-0-number": "0077",
        "references-0-url": "https://example.com/77",
        "references-0-position": 1,
        "topics": [catalogue.network.pk],
    }
    answer = editor.post(
        ADD, new_form(catalogue, _publish="1", note="New in 1.1", **rows), follow=True
    )

    revision = AdvisoryRevision.objects.get(advisory__tracking_id="E-20")
    assert "Published as revision 1." in messages(answer)
    assert revision.advisory.state == Advisory.State.PUBLISHED
    assert (revision.number, revision.note, revision.editor.username) == (1, "New in 1.1", "mara")
    assert revision.content["topics"] == ["network"]
    assert revision.content["references"][0]["number"] == "0077"


def test_a_draft_is_saved_without_a_revision_and_even_without_a_product(editor, catalogue):
    data = new_form(catalogue, **{"affected-TOTAL_FORMS": 0})

    editor.post(ADD, data | {"_continue": "1"})

    draft = Advisory.objects.get(tracking_id="E-20")
    assert (draft.state, draft.revision) == (Advisory.State.DRAFT, 0)
    assert not draft.revisions.exists()


def test_opening_and_publishing_without_a_change_makes_no_revision(editor, catalogue):
    data = form_of(editor.get(change(catalogue.first)))

    answer = editor.post(
        change(catalogue.first), data | {"note": "nothing", "_publish": "1"}, follow=True
    )

    assert "Nothing differs from revision 1, so there is no new one." in messages(answer)
    assert catalogue.first.revisions.count() == 1


def test_a_change_of_a_child_row_is_in_the_same_revision(editor, catalogue):
    data = form_of(editor.get(change(catalogue.first)))
    data |= {"title_ja": "新しい件名", "affected-0-status": "not_affected"}

    editor.post(change(catalogue.first), data | {"note": "Checked", "_publish": "1"})

    revision = catalogue.first.revisions.get(number=2)
    assert revision.step == AdvisoryRevision.Step.MAJOR
    assert revision.content["title"]["ja"] == "新しい件名"
    assert revision.content["affected"][0]["status"] == "not_affected"


@pytest.mark.parametrize("button", ["_publish", "_save", "_continue"])
def test_every_way_of_saving_a_published_advisory_publishes(editor, catalogue, button):
    data = form_of(editor.get(change(catalogue.second)))

    editor.post(change(catalogue.second), data | {"title_ja": "別", "note": "n", button: "1"})

    catalogue.second.refresh_from_db()
    assert catalogue.second.revision == 2
    assert catalogue.second.revisions.count() == 2


def test_a_published_advisory_changes_only_with_a_note(editor, catalogue):
    data = form_of(editor.get(change(catalogue.first)))

    answer = editor.post(change(catalogue.first), data | {"title_ja": "別", "_publish": "1"})

    assert "Say what you changed and why" in faults(answer)
    assert Advisory.objects.get(pk=catalogue.first.pk).title_ja == "E-1 の件名"


def test_line_breaks_of_the_browser_are_no_change(editor, catalogue):
    catalogue.first.summary_ja = "一行\n二行"
    catalogue.first.save()
    publish(advisory=catalogue.first, by=None)
    data = form_of(editor.get(change(catalogue.first)))

    data |= {"summary_ja": "一行\r\n二行", "note": "n", "_publish": "1"}
    editor.post(change(catalogue.first), data)

    assert catalogue.first.revisions.count() == 2


# Conflicts


def test_two_editors_on_one_advisory_get_a_conflict_and_lose_nothing(editor, catalogue):
    data = form_of(editor.get(change(catalogue.first)))
    Advisory.objects.filter(pk=catalogue.first.pk).update(action_ja="先に公開")
    publish(advisory=catalogue.first, note="first", by=None)

    data |= {"title_ja": "私の件名", "note": "mine", "_publish": "1"}
    answer = editor.post(change(catalogue.first), data)

    assert "revision 2 was published" in faults(answer)
    assert "私の件名" in answer.content.decode()
    assert "Replace the newer state with my entries" in answer.content.decode()
    assert catalogue.first.revisions.count() == 2


def test_a_conflict_is_settled_by_replacing_what_was_seen(editor, catalogue):
    data = form_of(editor.get(change(catalogue.first)))
    Advisory.objects.filter(pk=catalogue.first.pk).update(action_ja="先に公開")
    publish(advisory=catalogue.first, note="first", by=None)
    data |= {"title_ja": "私の件名", "note": "mine", "_publish": "1"}
    refused = editor.post(change(catalogue.first), data)
    token = refused.context["adminform"].form.current

    editor.post(change(catalogue.first), data | {"replace": token})

    newest = catalogue.first.revisions.first()
    assert (newest.number, newest.content["title"]["ja"]) == (3, "私の件名")


def test_a_tick_says_nothing_about_a_state_that_is_newer_still(editor, catalogue):
    data = form_of(editor.get(change(catalogue.first)))
    for number, text in enumerate(["eins", "zwei"]):
        Advisory.objects.filter(pk=catalogue.first.pk).update(action_ja=text)
        publish(advisory=catalogue.first, by=None)
        if number == 0:
            answer = editor.post(change(catalogue.first), data | {"note": "n", "_publish": "1"})
            token = answer.context["adminform"].form.current

    answer = editor.post(
        change(catalogue.first), data | {"note": "n", "_publish": "1", "replace": token}
    )

    assert "revision 3 was published" in faults(answer)
    assert catalogue.first.revisions.count() == 3


def test_two_editors_on_one_draft_get_a_conflict_too(editor, catalogue):
    draft = catalogue.draft()
    data = form_of(editor.get(change(draft)))
    Advisory.objects.filter(pk=draft.pk).update(action_ja="別の人")

    answer = editor.post(change(draft), data | {"title_ja": "私", "_continue": "1"})

    assert "Somebody else changed this advisory" in faults(answer)
    assert Advisory.objects.get(pk=draft.pk).action_ja == "別の人"


def test_what_publish_refuses_is_a_message_in_the_form(editor, catalogue, monkeypatch):
    from django.core.exceptions import ValidationError

    def refuse(**_kwargs):
        raise ValidationError("Not like this.")

    monkeypatch.setattr("advisories.admin_publishing.publish", refuse)
    data = form_of(editor.get(change(catalogue.first)))

    answer = editor.post(
        change(catalogue.first), data | {"title_ja": "私", "note": "n", "_publish": "1"}
    )

    assert "Not like this." in faults(answer)
    assert "私" in answer.content.decode()
    assert Advisory.objects.get(pk=catalogue.first.pk).title_ja == "E-1 の件名"


# What is refused


def test_an_advisory_without_any_product_is_not_published(editor, catalogue):
    data = new_form(catalogue, _publish="1", **{"affected-TOTAL_FORMS": 0})

    assert "List at least one product" in faults(editor.post(ADD, data))
    assert not Advisory.objects.filter(tracking_id="E-20").exists()


def test_deleting_the_last_product_row_is_refused(editor, catalogue):
    data = form_of(editor.get(change(catalogue.first)))

    answer = editor.post(
        change(catalogue.first), data | {"affected-0-DELETE": "on", "note": "n", "_publish": "1"}
    )

    assert "List at least one product" in faults(answer)
    assert catalogue.first.affected.count() == 1


def test_fixed_in_a_release_of_another_product_names_both(editor, catalogue):
    row = {"affected-0-fixed_in": catalogue.mail_2.pk, "affected-0-fix_scope": "all_installs"}

    answer = editor.post(ADD, new_form(catalogue, _publish="1", **row))

    assert "Mail 2.0 is a release of Mail. Choose one of Gateway." in faults(answer)


def test_a_row_without_a_product_is_a_message_even_with_a_release(editor, catalogue):
    row = {
        "affected-0-product": "",
        "affected-0-fixed_in": catalogue.mail_2.pk,
        "affected-0-fix_scope": "all_installs",
    }

    assert faults(editor.post(ADD, new_form(catalogue, _publish="1", **row)))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"affected-0-fix_scope": "all_installs"}, "Choose the release"),
        ({"affected-0-fixed_in": "gateway_2"}, "Say which installations the fix reaches."),
    ],
)
def test_release_and_reach_of_a_fix_go_together(editor, catalogue, row, message):
    if "affected-0-fixed_in" in row:
        row = {"affected-0-fixed_in": catalogue.gateway_2.pk}

    assert message in faults(editor.post(ADD, new_form(catalogue, _publish="1", **row)))


def test_the_same_product_twice_is_refused(editor, catalogue):
    rows = {
        "affected-TOTAL_FORMS": 2,
        "affected-1-product": catalogue.gateway.pk,
        "affected-1-status": "not_affected",
    }

    answer = editor.post(ADD, new_form(catalogue, _publish="1", **rows))

    assert "Gateway is listed twice" in faults(answer)


def test_the_same_number_twice_is_refused(editor, catalogue):
    rows = {"references-TOTAL_FORMS": 2}
    for number in range(2):
        rows |= {
            f"references-{number}-number": "0077",
            f"references-{number}-url": "https://example.com/77",
            f"references-{number}-position": number,
        }

    answer = editor.post(ADD, new_form(catalogue, _publish="1", **rows))

    assert "The number 0077 is listed twice in this advisory." in faults(answer)


def test_a_product_that_the_document_does_not_cover_is_refused(editor, catalogue):
    row = {"affected-0-product": catalogue.other.pk}

    answer = editor.post(ADD, new_form(catalogue, _publish="1", **row))

    assert "does not cover Other" in faults(answer)


def test_a_tracking_id_is_used_once(editor, catalogue):
    assert faults(editor.post(ADD, new_form(catalogue, tracking_id="E-1", _publish="1")))


@pytest.mark.parametrize(
    "field",
    [{"title_ja": "a\0b"}, {"summary_ja": "bell \x07"}, {"references-0-url": "javascript:1"}],
)
def test_text_that_cannot_be_kept_is_refused_in_words(editor, catalogue, field):
    rows = {
        "references-TOTAL_FORMS": 1,
        "references-0-number": "1",
        "references-0-url": "https://example.com/",
        "references-0-position": 1,
    }

    assert faults(editor.post(ADD, new_form(catalogue, _publish="1", **(rows | field))))
    assert not Advisory.objects.filter(tracking_id="E-20").exists()


def test_a_revision_of_another_document_is_refused(editor, catalogue):
    other = SourceDocument.objects.create(slug="own", publisher="We", title_ja="自社")
    edition = DocumentRevision.objects.create(document=other, version="9", date="2026-02-01")

    answer = editor.post(ADD, new_form(catalogue, _publish="1", source_revision=edition.pk))

    assert "belongs to another document" in faults(answer)


# What stays


def test_a_tracking_id_is_fixed_once_it_was_published(editor, catalogue):
    data = form_of(editor.get(change(catalogue.first)))

    editor.post(
        change(catalogue.first), data | {"tracking_id": "E-X", "note": "n", "_publish": "1"}
    )

    catalogue.first.refresh_from_db()
    assert catalogue.first.tracking_id == "E-1"


def test_published_advisories_cannot_be_deleted_but_drafts_can(editor, catalogue):
    draft = catalogue.draft()

    kept = editor.post(
        reverse("admin:advisories_advisory_delete", args=[catalogue.first.pk]), {"post": "yes"}
    )
    editor.post(reverse("admin:advisories_advisory_delete", args=[draft.pk]), {"post": "yes"})

    assert kept.status_code == 403
    assert Advisory.objects.filter(pk=catalogue.first.pk).exists()
    assert not Advisory.objects.filter(pk=draft.pk).exists()


@pytest.mark.parametrize("action", ["add", "change", "delete"])
def test_revisions_are_read_only(editor, catalogue, action):
    revision = catalogue.first.revisions.get()
    arguments = [] if action == "add" else [revision.pk]

    address = reverse(f"admin:advisories_advisoryrevision_{action}", args=arguments)
    answer = editor.post(address, {"post": "yes", "note": "forged"})

    assert answer.status_code == 403
    assert catalogue.first.revisions.get().note == "first edition"


@pytest.mark.parametrize(
    "name", ["gateway", "gateway_2", "proxy", "tuning", "network", "directory", "document"]
)
def test_what_is_used_keeps_its_slug_and_stays(editor, catalogue, name):
    row = getattr(catalogue, name)
    kind = f"admin:advisories_{row._meta.model_name}"

    page = editor.get(reverse(f"{kind}_change", args=[row.pk]))
    deleted = editor.post(reverse(f"{kind}_delete", args=[row.pk]), {"post": "yes"})

    assert "slug" not in page.context["adminform"].form.fields
    assert deleted.status_code == 403


def test_what_nothing_uses_can_be_renamed_and_deleted(editor, catalogue):
    spare = Topic.objects.create(slug="spare", name_ja="予備")

    page = editor.get(reverse("admin:advisories_topic_change", args=[spare.pk]))
    editor.post(reverse("admin:advisories_topic_delete", args=[spare.pk]), {"post": "yes"})

    assert "slug" in page.context["adminform"].form.fields
    assert not Topic.objects.filter(slug="spare").exists()


def test_no_list_offers_to_delete_many_rows_at_once(editor, catalogue):
    for model in MODELS:
        address = reverse(f"admin:advisories_{model._meta.model_name}_changelist")
        assert "delete_selected" not in editor.get(address).content.decode()


# Withdrawing


def test_an_editor_withdraws_with_a_reason(editor, catalogue):
    address = reverse("admin:advisories_advisory_withdraw", args=[catalogue.first.pk])

    assert editor.get(address).status_code == 200
    editor.post(address, {"reason": "Wrong row", "seen": 1})

    catalogue.first.refresh_from_db()
    assert (catalogue.first.state, catalogue.first.withdrawn_reason) == ("withdrawn", "Wrong row")
    assert catalogue.first.revisions.first().editor.username == "mara"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"reason": " ", "seen": 1}, "This field is required."),
        ({"reason": "old", "seen": 0}, "changed by somebody else"),
        ({"reason": "a\x07", "seen": 1}, "control character"),
        ({"reason": "x", "seen": "x"}, "whole number"),
    ],
)
def test_a_withdrawal_that_cannot_be_is_said_in_words(editor, catalogue, data, message):
    address = reverse("admin:advisories_advisory_withdraw", args=[catalogue.first.pk])

    answer = editor.post(address, data)

    assert message in answer.content.decode()
    catalogue.first.refresh_from_db()
    assert catalogue.first.state == "published"


def test_only_a_published_advisory_is_withdrawn(editor, catalogue):
    address = reverse("admin:advisories_advisory_withdraw", args=[catalogue.draft().pk])

    answer = editor.post(address, {"reason": "x", "seen": 0}, follow=True)

    assert "Only a published advisory can be withdrawn." in messages(answer)


def test_a_withdrawn_advisory_is_published_again_from_its_form(editor, catalogue):
    withdraw(advisory=catalogue.first, reason="too early", by=None)
    data = form_of(editor.get(change(catalogue.first)))

    editor.post(change(catalogue.first), data | {"note": "Right after all", "_publish": "1"})

    catalogue.first.refresh_from_db()
    assert (catalogue.first.state, catalogue.first.withdrawn_reason) == ("published", "")


def test_rows_hang_on_their_advisory_only():
    """A page of their own would change a published advisory without a revision."""
    from django.contrib import admin

    assert AffectedProduct not in admin.site._registry
    assert Reference not in admin.site._registry
