"""Publishing and withdrawing: what a revision holds, what is refused, who wins."""

import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from advisories.actions import RevisionConflict, publish, restore, withdraw
from advisories.applicability import FixScope, Severity, Status
from advisories.content import content_of, digests, step
from advisories.models import Advisory, AdvisoryRevision, AffectedProduct, Reference
from portal.roles import Role
from tests.factory import (
    load_fixture_catalogue,
    make_advisory,
    make_affected,
    make_condition,
    make_document,
    make_mode,
    make_product,
    make_release,
    make_topic,
    make_user,
)

pytestmark = pytest.mark.django_db
Step, Origin = AdvisoryRevision.Step, AdvisoryRevision.Origin


def test_the_first_publication_is_revision_one_with_the_whole_content():
    mara = make_user(Role.EDITOR)
    advisory = make_advisory("ADV-1", published=False, modes=["icap", "forward"])

    revision = publish(advisory=advisory, note="first", by=mara)

    assert (revision.number, revision.step, revision.origin) == (1, Step.FIRST, Origin.PORTAL)
    assert (revision.editor, revision.note) == (mara, "first")
    assert (advisory.state, advisory.revision) == ("published", 1)
    advisory.refresh_from_db()
    assert (advisory.state, advisory.revision) == ("published", 1)
    assert revision.content["modes"] == ["forward", "icap"]
    assert revision.content == content_of(Advisory.objects.with_terms().get())


def test_publishing_what_has_not_changed_gives_the_newest_revision_again():
    advisory = make_advisory()

    again = publish(advisory=advisory, note="again", by=None)

    assert (again.number, again.note) == (1, "")
    assert AdvisoryRevision.objects.count() == 1


def set_fields(**fields):
    return lambda advisory: Advisory.objects.filter(pk=advisory.pk).update(**fields)


def affected(**fields):
    return lambda advisory: advisory.affected.update(**fields)


CHANGES = {
    "modes": (Step.MAJOR, lambda a: a.modes.add(make_mode("icap"))),
    "conditions": (Step.MAJOR, lambda a: a.conditions.add(make_condition("cache"))),
    "status": (Step.MAJOR, affected(status=Status.UNDER_INVESTIGATION)),
    "fixed_in": (Step.MAJOR, affected(fixed_in=None, fix_scope="")),
    "fix_scope": (Step.MAJOR, affected(fix_scope=FixScope.NEW_INSTALLS)),
    "a product more": (Step.MAJOR, lambda a: make_affected(a, make_product("other"))),
    "document": (
        Step.MAJOR,
        lambda a: set_fields(document=make_document("own", [make_product()]))(a),
    ),
    "action": (Step.MINOR, set_fields(action_en="Do something else")),
    "check": (Step.MINOR, set_fields(check_ja="見る")),
    "severity": (Step.MINOR, set_fields(severity=Severity.LOW)),
    "no severity": (Step.MINOR, set_fields(severity=None)),
    "title": (Step.PATCH, set_fields(title_ja="題")),
    "summary": (Step.PATCH, set_fields(summary_en="Other words")),
    "impact": (Step.PATCH, set_fields(impact_ja="停止なし")),
    "topics": (Step.PATCH, lambda a: a.topics.add(make_topic("other"))),
    "fix note": (Step.PATCH, affected(fix_note_ja="注記")),
    "basis": (Step.PATCH, affected(basis="named")),
    "reference": (Step.PATCH, lambda a: a.references.update(successor="KA-1")),
    "order of references": (
        Step.PATCH,
        lambda a: a.references.filter(number="1").update(position=9),
    ),
    "wording and severity": (Step.MINOR, set_fields(title_ja="題", severity=None)),
    "severity and status": (
        Step.MAJOR,
        lambda a: (set_fields(severity=None)(a), affected(status=Status.NOT_AFFECTED)(a)),
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_step_says_how_far_a_change_reaches(change):
    release = make_release(make_product(), 20)
    advisory = make_advisory(fixed_in=release, references=["1", "2"], conditions=["snmp"])
    expected, make_it = CHANGES[change]

    make_it(advisory)
    revision = publish(advisory=advisory, by=None)

    assert (revision.number, revision.step) == (2, expected)


@pytest.mark.parametrize("wanted", [Step.PATCH, Step.MINOR, Step.MAJOR])
def test_a_step_can_be_raised(wanted):
    advisory = make_advisory()
    Advisory.objects.update(title_ja="題")

    assert publish(advisory=advisory, at_least=wanted, by=None).step == wanted


@pytest.mark.parametrize("wanted", [Step.PATCH, Step.MINOR])
def test_a_step_cannot_be_lowered(wanted):
    advisory = make_advisory()
    AffectedProduct.objects.update(status=Status.NOT_AFFECTED)

    with pytest.raises(ValidationError, match="MAJOR"):
        publish(advisory=advisory, at_least=wanted, by=None)

    assert AdvisoryRevision.objects.count() == 1


def test_there_is_no_step_to_raise_where_nothing_changed_or_it_is_the_first():
    advisory = make_advisory(published=False)

    first = publish(advisory=advisory, at_least=Step.MAJOR, by=None)
    again = publish(advisory=advisory, at_least=Step.MAJOR, by=None)

    assert (first.step, again.number) == (Step.FIRST, 1)


def test_the_order_in_which_terms_were_added_changes_nothing():
    one = make_advisory(modes=["a", "b"], topics=["y", "x"])
    one.modes.set([])
    one.modes.add(make_mode("b"))
    one.modes.add(make_mode("a"))

    assert publish(advisory=one, by=None).number == 1


def test_digests_change_only_in_the_part_that_changed():
    old = make_advisory().revisions.get()
    before = digests(old.content)
    after = digests(old.content | {"severity": "low"})

    assert before["applicability"] == after["applicability"] == old.applicability_digest
    assert before["text"] == after["text"] == old.text_digest
    assert before["action"] != after["action"]
    assert step(old.content, old.content) is None


def test_the_stored_content_survives_the_database_unchanged():
    load_fixture_catalogue()

    for advisory in Advisory.objects.with_terms():
        revision = advisory.revisions.get()
        assert revision.content == content_of(advisory)
        assert digests(revision.content)["text"] == revision.text_digest


def test_publishing_takes_a_constant_number_of_queries(django_assert_max_num_queries):
    advisory = make_advisory(
        modes=["a", "b", "c"], conditions=["x", "y"], references=["1", "2", "3"], published=False
    )

    with django_assert_max_num_queries(16):  # with the two of the savepoint
        publish(advisory=advisory, by=None)


# ---------------------------------------------------------------- refusals


def refusal(advisory):
    with pytest.raises(ValidationError) as refused:
        publish(advisory=advisory, by=None)
    advisory.refresh_from_db()
    assert (advisory.state, advisory.revision) == ("draft", 0)
    return " ".join(refused.value.messages)


@pytest.fixture
def english(settings):
    settings.LANGUAGE_CODE = "en"
    from django.utils import translation

    with translation.override("en"):
        yield


def test_an_advisory_without_any_product_is_refused(english):
    advisory = make_advisory(product=False, published=False)

    assert "at least one product" in refusal(advisory)


@pytest.mark.parametrize("field", ["title_ja", "summary_ja", "action_ja"])
def test_an_advisory_without_a_japanese_text_is_refused(field, english):
    advisory = make_advisory(published=False, **{field: "  "})

    assert "Japanese" in refusal(advisory)


def test_a_fix_in_another_products_release_is_refused(english):
    advisory = make_advisory(published=False)
    other = make_release(make_product("other"), 20)
    AffectedProduct.objects.update(fixed_in=other, fix_scope=FixScope.ALL_INSTALLS)

    assert "OTHER" in refusal(advisory)


def test_a_product_the_document_does_not_cover_is_refused_because_nobody_would_see_it(english):
    advisory = make_advisory(published=False)
    advisory.document.products.clear()

    assert "does not cover GATEWAY" in refusal(advisory)


def test_every_fault_is_named_at_once(english):
    advisory = make_advisory(product=False, published=False, title_ja="", action_ja="")

    message = refusal(advisory)

    assert "title" in message and "what to do" in message and "product" in message


def test_a_note_that_cannot_be_stored_is_refused(english):
    advisory = make_advisory(published=False)

    for hostile in ("nul \0", "half \ud800"):
        with pytest.raises(ValidationError, match="cannot be stored"):
            publish(advisory=advisory, note=hostile, by=None)


def test_a_backslash_u_in_a_text_is_just_text():
    advisory = make_advisory(published=False, title_ja=r"\u0000 \ud800 <b>")

    assert publish(advisory=advisory, by=None).content["title"]["ja"] == r"\u0000 \ud800 <b>"


# ---------------------------------------------------------------- two editors


def test_a_change_made_from_an_older_revision_is_a_conflict_and_leaves_nothing():
    advisory = make_advisory()
    mara_opened_it_at = advisory.revision
    Advisory.objects.update(title_ja="今の題")
    publish(advisory=advisory, expected_revision=mara_opened_it_at, by=None)

    with pytest.raises(RevisionConflict) as conflict, transaction.atomic():
        Advisory.objects.update(title_ja="古い題")
        publish(advisory=advisory, expected_revision=mara_opened_it_at, by=None)

    assert (conflict.value.expected, conflict.value.current) == (1, 2)
    assert Advisory.objects.get().title_ja == "今の題"
    assert AdvisoryRevision.objects.count() == 2


def test_a_form_that_writes_back_an_old_number_and_state_is_still_a_conflict():
    advisory = make_advisory()
    opened_long_ago = Advisory.objects.get()
    Advisory.objects.update(title_ja="今の題")
    publish(advisory=advisory, by=None)

    opened_long_ago.save()

    with pytest.raises(RevisionConflict):
        publish(advisory=opened_long_ago, expected_revision=1, by=None)


def test_the_number_expected_of_a_draft_is_zero():
    advisory = make_advisory(published=False)

    with pytest.raises(RevisionConflict):
        publish(advisory=advisory, expected_revision=1, by=None)
    assert publish(advisory=advisory, expected_revision=0, by=None).number == 1


def test_of_two_editors_at_the_same_moment_one_gets_a_conflict(committed_db):
    advisory = make_advisory()
    start = threading.Barrier(2)
    outcomes = []

    def edit(title):
        try:
            start.wait(timeout=20)
            with transaction.atomic():
                Advisory.objects.filter(pk=advisory.pk).update(title_ja=title)
                publish(advisory=advisory, expected_revision=1, by=None)
            outcomes.append(title)
        except RevisionConflict:
            outcomes.append("conflict")
        finally:
            connection.close()

    editors = [threading.Thread(target=edit, args=(title,)) for title in ("題一", "題二")]
    for editor in editors:
        editor.start()
    for editor in editors:
        editor.join(timeout=30)

    assert sorted(outcomes)[0] == "conflict" and len(outcomes) == 2
    stored = Advisory.objects.get()
    assert stored.title_ja == stored.revisions.get(number=2).content["title"]["ja"]
    assert stored.title_ja in outcomes


# ---------------------------------------------------------------- withdrawing


def test_withdrawing_is_a_major_revision_with_the_reason():
    ines = make_user(Role.REVIEWER)
    advisory = make_advisory()

    revision = withdraw(advisory=advisory, reason=" obsolete ", by=ines)

    assert (revision.number, revision.step, revision.editor) == (2, Step.MAJOR, ines)
    assert revision.content["state"] == "withdrawn"
    assert revision.content["withdrawn_reason"] == "obsolete"
    advisory.refresh_from_db()
    assert (advisory.state, advisory.withdrawn_reason) == ("withdrawn", "obsolete")


def test_withdrawing_twice_for_the_same_reason_changes_nothing():
    advisory = make_advisory()
    withdraw(advisory=advisory, reason="obsolete", by=None)

    assert withdraw(advisory=advisory, reason="obsolete", by=None).number == 2


def test_withdrawing_needs_a_reason_a_publication_and_the_present_revision():
    advisory, draft = make_advisory(), make_advisory(published=False)

    with pytest.raises(ValidationError):
        withdraw(advisory=advisory, reason="  ", by=None)
    with pytest.raises(ValidationError):
        withdraw(advisory=draft, reason="obsolete", by=None)
    with pytest.raises(RevisionConflict):
        withdraw(advisory=advisory, reason="obsolete", expected_revision=0, by=None)
    assert AdvisoryRevision.objects.count() == 1


def test_a_withdrawn_advisory_can_be_published_again_and_keeps_its_history():
    advisory = make_advisory()
    withdraw(advisory=advisory, reason="by mistake", by=None)

    revision = publish(advisory=advisory, by=None)

    assert (revision.number, revision.step) == (3, Step.MAJOR)
    assert revision.content["withdrawn_reason"] == advisory.withdrawn_reason == ""


def test_the_database_itself_refuses_the_same_number_twice_in_one_advisory():
    advisory = make_advisory(references=["1"])

    with pytest.raises(IntegrityError), transaction.atomic():
        Reference.objects.create(advisory=advisory, number="1", url="https://example.org/")


# ---------------------------------------------------------------- restoring


def test_what_an_older_revision_said_becomes_the_newest():
    release = make_release(make_product(), 20)
    advisory = make_advisory(
        fixed_in=release, references=["1", "2"], conditions=["snmp"], modes=["icap"], topics=["x"]
    )
    advisory.modes.clear()
    advisory.references.all().delete()
    make_affected(advisory, make_product("other"))
    Advisory.objects.update(severity=None, check_ja="見る")
    publish(advisory=advisory, by=None)

    first = advisory.revisions.get(number=1)
    third = restore(advisory=advisory, revision=first, note="right after all", by=None)

    assert (third.number, third.step, third.note) == (3, Step.MAJOR, "right after all")
    assert third.content == first.content == content_of(Advisory.objects.with_terms().get())
    assert advisory.revision == 3
    assert advisory.title_ja == first.content["title"]["ja"]


def test_restoring_what_is_there_already_makes_no_revision():
    advisory = make_advisory()

    again = restore(advisory=advisory, revision=advisory.revisions.get(), note="n", by=None)

    assert again.number == 1


def test_restoring_is_refused_without_a_note_and_from_another_advisory():
    one, other = make_advisory(), make_advisory()

    with pytest.raises(ValidationError):
        restore(advisory=one, revision=one.revisions.get(), note=" ", by=None)
    with pytest.raises(ValidationError):
        restore(advisory=one, revision=other.revisions.get(), note="n", by=None)


def test_restoring_from_an_older_look_is_a_conflict_and_leaves_nothing():
    advisory = make_advisory()
    for title in ("題一", "題二"):
        Advisory.objects.update(title_ja=title)
        publish(advisory=advisory, by=None)

    with pytest.raises(RevisionConflict):
        restore(
            advisory=advisory,
            revision=advisory.revisions.get(number=1),
            note="n",
            expected_revision=2,
            by=None,
        )

    assert Advisory.objects.get().title_ja == "題二"


def test_a_revision_that_names_what_is_gone_leaves_the_rows_as_they_are(english):
    advisory = make_advisory(topics=["x"])
    advisory.topics.all().delete()
    Advisory.objects.update(title_ja="題")
    publish(advisory=advisory, by=None)

    with pytest.raises(ValidationError) as refused:
        restore(advisory=advisory, revision=advisory.revisions.get(number=1), note="n", by=None)

    assert refused.value.messages == ["The topic “x” no longer exists."]
    assert Advisory.objects.get().title_ja == "題"
