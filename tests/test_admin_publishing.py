"""Before a change is published: the preview, the step and its raising, older revisions restored."""

import re

import pytest
from django.urls import reverse

from advisories.actions import publish, withdraw
from advisories.models import Advisory, AdvisoryRevision, Reference
from portal.roles import Role
from tests.support.admin_forms import ADD, change, faults, form_of, messages, new_form
from tests.support.editing import Catalogue, as_editor, sign_in

pytestmark = pytest.mark.django_db
Step = AdvisoryRevision.Step


@pytest.fixture
def catalogue():
    return Catalogue()


@pytest.fixture
def editor(client):
    as_editor(client)
    client.cookies["django_language"] = "en"
    return client


def reviewed(editor, advisory, **fields):
    """The page that shows the change, and the form as it was sent."""
    data = form_of(editor.get(change(advisory))) | {"note": "n"} | fields
    return editor.post(change(advisory), data | {"_review": "1"}), data


def publishing(answer, **fields):
    """What the button in the review adds to the form."""
    return {"_publish": "1", "reviewed": answer.context["review"].token} | fields


def unchanged(advisory):
    """Neither row nor history moved."""
    stored = Advisory.objects.get(pk=advisory.pk)
    return stored.title_ja == advisory.title_ja and stored.revisions.count() == 1


# The step


@pytest.mark.parametrize(
    ("fields", "left"),
    [
        ({"title_ja": "新しい件名"}, ["title (English)"]),
        ({"title_en": "A new title"}, ["title (Japanese)"]),
        ({"title_ja": "新しい件名", "title_en": "A new title"}, []),
        ({"severity": "1"}, []),
    ],
)
def test_a_text_that_changed_in_one_language_only_is_pointed_out(editor, catalogue, fields, left):
    answer, _data = reviewed(editor, catalogue.first, **fields)

    assert answer.context["review"].left_behind == left
    assert ("Changed in one language only" in answer.content.decode()) == bool(left)


def test_the_step_and_every_changed_field_are_shown_before_publishing(editor, catalogue):
    answer, _data = reviewed(
        editor, catalogue.first, title_ja="新しい件名", **{"affected-0-status": "not_affected"}
    )

    review = answer.context["review"]
    assert review.step == Step.MAJOR
    assert [(d.label, d.step.name) for d in review.differences] == [
        ("title (Japanese)", "PATCH"),
        ("Gateway: status", "MAJOR"),
    ]
    text = answer.content.decode()
    assert "<del>E-1 の</del><ins>新しい</ins>件名" in text
    assert 'class="errornote"' not in text
    assert unchanged(catalogue.first)


@pytest.mark.parametrize(
    ("fields", "offered"),
    [
        ({"title_ja": "別"}, [Step.PATCH, Step.MINOR, Step.MAJOR]),
        ({"action_ja": "別"}, [Step.MINOR, Step.MAJOR]),
        ({"severity": ""}, [Step.MINOR, Step.MAJOR]),
        ({"affected-0-status": "not_affected"}, [Step.MAJOR]),
    ],
)
def test_only_the_step_worked_out_and_those_above_it_are_offered(
    editor, catalogue, fields, offered
):
    answer, _data = reviewed(editor, catalogue.first, **fields)

    choices = answer.context["review"].choices
    assert [(value, name) for value, name, _effect in choices] == [(s, s.label) for s in offered]
    assert "MAJOR: applicability changed" in answer.content.decode()


def test_what_was_looked_at_is_published_with_the_step_worked_out(editor, catalogue):
    answer, data = reviewed(editor, catalogue.first, title_ja="別")

    editor.post(change(catalogue.first), data | publishing(answer, at_least="patch"))

    assert catalogue.first.revisions.get(number=2).step == Step.PATCH


def test_an_editor_may_raise_the_step(editor, catalogue):
    answer, data = reviewed(editor, catalogue.first, title_ja="別")

    editor.post(change(catalogue.first), data | publishing(answer, at_least="major"))

    assert catalogue.first.revisions.get(number=2).step == Step.MAJOR


def test_a_step_that_is_lower_is_refused_in_words(editor, catalogue):
    answer, data = reviewed(editor, catalogue.first, action_ja="別")

    refused = editor.post(change(catalogue.first), data | publishing(answer, at_least="patch"))

    assert "This change is MINOR. The step can be raised, never lowered to PATCH." in faults(
        refused
    )
    assert unchanged(catalogue.first)


def test_a_form_that_was_edited_after_the_look_is_shown_again(editor, catalogue):
    answer, data = reviewed(editor, catalogue.first, title_ja="別")

    again = editor.post(change(catalogue.first), data | publishing(answer) | {"severity": ""})

    assert again.context["review"].changed
    assert again.context["review"].step == Step.MINOR
    assert unchanged(catalogue.first)


def test_a_change_that_is_none_needs_no_look(editor, catalogue):
    data = form_of(editor.get(change(catalogue.first))) | {"note": "n", "_review": "1"}

    answer = editor.post(change(catalogue.first), data, follow=True)

    assert "Nothing differs from revision 1, so there is no new one." in messages(answer)


def test_a_note_is_asked_for_before_the_change_is_shown(editor, catalogue):
    answer, _data = reviewed(editor, catalogue.first, title_ja="別", note="")

    assert "Say what you changed and why" in faults(answer)


def test_a_conflict_comes_before_the_look(editor, catalogue):
    data = form_of(editor.get(change(catalogue.first)))
    Advisory.objects.filter(pk=catalogue.first.pk).update(action_ja="先に公開")
    publish(advisory=catalogue.first, by=None)

    data |= {"title_ja": "私", "note": "n", "_review": "1"}
    answer = editor.post(change(catalogue.first), data)

    assert "revision 2 was published" in faults(answer)
    assert "review" not in answer.context


def test_publishing_again_is_looked_at_too(editor, catalogue):
    withdraw(advisory=catalogue.first, reason="too early", by=None)

    answer, data = reviewed(editor, catalogue.first)

    assert [d.label for d in answer.context["review"].differences] == [
        "state",
        "reason of the withdrawal",
    ]
    editor.post(change(catalogue.first), data | publishing(answer))
    assert Advisory.objects.get(pk=catalogue.first.pk).state == "published"


def test_enter_in_a_field_asks_for_the_look_first(editor, catalogue):
    """The first button of a form is the one that Enter presses."""
    page = editor.get(change(catalogue.first)).content.decode()

    buttons = re.findall(r'<(?:input type="submit"|button) name="(_\w+)"', page)
    assert buttons[0] == "_review"


# The preview


def preview(editor, address, data, language="en"):
    return editor.post(address, data | {"_preview": language})


def test_a_preview_is_the_readers_page_with_what_was_typed(editor, catalogue):
    data = form_of(editor.get(change(catalogue.first)))
    data |= {"title_en": "Typed just now", "affected-0-fix_note_en": "And this"}

    answer = preview(editor, change(catalogue.first), data)

    text = answer.content.decode()
    assert answer.status_code == 200
    assert "advisories/advisory_detail.html" in [t.name for t in answer.templates]
    assert "Typed just now" in text
    assert "And this" in text
    assert "Nothing has been saved" in text


def test_a_preview_leaves_no_trace(editor, catalogue):
    data = form_of(editor.get(change(catalogue.first)))
    data |= {"title_ja": "別", "references-0-DELETE": "on"}

    preview(editor, change(catalogue.first), data)
    preview(editor, ADD, new_form(catalogue))

    assert unchanged(catalogue.first)
    assert Reference.objects.filter(advisory=catalogue.first).count() == 2
    assert not Advisory.objects.filter(tracking_id="E-20").exists()
    assert not messages(editor.get(change(catalogue.first)))


@pytest.mark.parametrize(
    ("language", "heading"), [("ja", "プレビュー"), ("en", "Preview"), ("xx", "Preview")]
)
def test_a_preview_speaks_the_language_that_was_chosen(editor, catalogue, language, heading):
    answer = preview(editor, ADD, new_form(catalogue), language)

    assert heading in answer.content.decode()
    assert answer["Content-Language"] == ("ja" if language == "ja" else "en")


def test_a_preview_needs_neither_note_nor_the_newest_state(editor, catalogue):
    data = form_of(editor.get(change(catalogue.first)))
    Advisory.objects.filter(pk=catalogue.first.pk).update(action_ja="先に公開")
    publish(advisory=catalogue.first, by=None)

    answer = preview(editor, change(catalogue.first), data | {"title_en": "Mine"})

    assert "Mine" in answer.content.decode()


def test_a_form_that_cannot_be_previewed_says_which_fields(editor, catalogue):
    answer = preview(editor, ADD, new_form(catalogue, title_ja="", **{"affected-0-status": ""}))

    text = answer.content.decode()
    assert "Title (Japanese): This field is required." in text
    assert "Status: This field is required." in text


def test_the_preview_opens_in_a_new_tab(editor, catalogue):
    page = editor.get(change(catalogue.first)).content.decode()

    assert '<button name="_preview" value="ja" formtarget="_blank"' in page


# Restoring


def restore_page(advisory, number):
    return reverse("admin:advisories_advisory_restore", args=[advisory.pk, number])


@pytest.fixture
def changed(catalogue):
    """E-1 at revision 2: another title, no topics, another fix."""
    Advisory.objects.filter(pk=catalogue.first.pk).update(title_ja="後の件名", severity=None)
    catalogue.first.topics.clear()
    catalogue.first.affected.update(fixed_in=None, fix_scope="")
    publish(advisory=catalogue.first, note="second", by=None)
    return catalogue.first


def test_the_differences_are_shown_before_an_older_revision_is_restored(editor, changed):
    answer = editor.get(restore_page(changed, 1))

    assert [d.label for d in answer.context["differences"]] == [
        "title (Japanese)",
        "topics",
        "severity",
        "Gateway: fixed in",
        "Gateway: fix reaches",
    ]
    assert changed.revisions.count() == 2


def test_an_older_revision_becomes_a_new_one_with_all_it_said(editor, changed):
    editor.post(restore_page(changed, 1), {"seen": 2, "note": "It was right"})

    first, third = changed.revisions.get(number=1), changed.revisions.get(number=3)
    assert third.content == first.content
    assert (third.note, third.editor.username) == ("It was right", "mara")
    assert changed.revisions.count() == 3


def test_restoring_needs_a_note(editor, changed):
    answer = editor.post(restore_page(changed, 1), {"seen": 2, "note": " "})

    assert "This field is required." in answer.content.decode()
    assert changed.revisions.count() == 2


def test_a_revision_that_names_what_is_gone_is_refused_in_words(editor, catalogue, changed):
    catalogue.reports.delete()
    first = changed.revisions.get(number=1)
    first.content["topics"] = ["network", "reports"]
    first.content["affected"][0]["fixed_in"] = "gateway-9"
    first.save()

    page = editor.get(restore_page(changed, 1))
    answer = editor.post(restore_page(changed, 1), {"seen": 2, "note": "n"})

    for text in (page.content.decode(), answer.content.decode()):
        assert "The topic “reports” no longer exists." in text
        assert "The release “gateway-9” no longer exists." in text
    assert 'name="note"' not in page.content.decode()
    assert changed.revisions.count() == 2


def test_somebody_who_published_meanwhile_is_a_conflict_that_shows_what_changed(editor, changed):
    Advisory.objects.filter(pk=changed.pk).update(impact_en="Five minutes")
    publish(advisory=changed, by=None)

    answer = editor.post(restore_page(changed, 1), {"seen": 2, "note": "mine"})

    text = answer.content.decode()
    assert "it is at revision 3, and this change was made from revision 2" in text
    assert "Five minutes" in text
    assert "mine" in text
    assert changed.revisions.count() == 3


def test_after_the_conflict_was_read_the_button_restores(editor, changed):
    Advisory.objects.filter(pk=changed.pk).update(impact_en="Five minutes")
    publish(advisory=changed, by=None)
    refused = editor.post(restore_page(changed, 1), {"seen": 2, "note": "mine"})

    form = refused.context["form"]
    editor.post(restore_page(changed, 1), {"seen": form["seen"].value(), "note": "mine"})

    assert changed.revisions.first().number == 4
    assert changed.revisions.first().content == changed.revisions.get(number=1).content


def test_a_withdrawal_shows_what_was_published_meanwhile(editor, changed):
    address = reverse("admin:advisories_advisory_withdraw", args=[changed.pk])

    answer = editor.post(address, {"seen": 1, "reason": "wrong"})

    assert "<ins>後</ins>の件名" in answer.content.decode()
    editor.post(address, {"seen": answer.context["form"]["seen"].value(), "reason": "wrong"})
    assert Advisory.objects.get(pk=changed.pk).state == "withdrawn"


def test_a_withdrawn_advisory_is_published_again_by_restoring(editor, changed):
    withdraw(advisory=changed, reason="gone", by=None)

    editor.post(restore_page(changed, 1), {"seen": 3, "note": "back"})

    assert Advisory.objects.get(pk=changed.pk).state == "published"


def test_the_newest_revision_has_nothing_to_restore(editor, changed):
    answer = editor.get(restore_page(changed, 2))

    assert "Nothing differs." in answer.content.decode()
    assert 'name="note"' not in answer.content.decode()


def test_a_revision_offers_to_be_restored_unless_it_is_the_newest(editor, changed):
    pages = {
        revision.number: editor.get(
            reverse("admin:advisories_advisoryrevision_change", args=[revision.pk])
        ).content.decode()
        for revision in changed.revisions.all()
    }

    assert restore_page(changed, 1) in pages[1]
    assert restore_page(changed, 2) not in pages[2]


def test_a_revision_that_is_not_there_is_not_found(editor, changed):
    assert editor.get(restore_page(changed, 9)).status_code == 404


@pytest.mark.parametrize("role", [Role.ENGINEER, Role.REVIEWER, Role.READER])
def test_only_editors_restore(client, changed, role):
    sign_in(client, role)

    assert client.post(restore_page(changed, 1), {"seen": 2, "note": "n"}).status_code == 302
    assert changed.revisions.count() == 2


def test_the_page_takes_the_same_queries_however_long_the_history_is(
    editor, changed, django_assert_num_queries
):
    with django_assert_num_queries(23):
        editor.get(restore_page(changed, 1))
    for number in range(3):
        Advisory.objects.filter(pk=changed.pk).update(title_ja=f"題 {number}")
        publish(advisory=changed, by=None)

    with django_assert_num_queries(23):
        editor.get(restore_page(changed, 1))
