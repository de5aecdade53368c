"""Two clicks, two people, two workers at one moment: real commits, real threads."""

import json
import threading

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from checklists import actions, files
from checklists.actions import (
    Stale,
    issue,
    issued,
    offers,
    operations,
    prepare,
    rendering,
    signing,
    take,
)
from checklists.chain import broken_links
from checklists.limits import within_limit
from checklists.models import Attempts, Checklist, Edition, Event, IssuedFile, SignOff
from checklists.verification import findings
from portal.roles import Role
from tests.support.customers import PUBLIC_URL, accept, decline, make_link, quick_sheet
from tests.support.moving import add, moves, reword, sharpen, wanted
from tests.support.rollouts import (
    Scene,
    decide,
    make_checklist,
    op,
    person,
    quick_files,
    seen,
)

pytestmark = pytest.mark.usefixtures("committed_db")


def at_once(*works):
    """Run the works in threads that start together; what each returned or raised."""
    results, ready = [None] * len(works), threading.Barrier(len(works))

    def run(index, work):
        try:
            ready.wait(timeout=10)
            results[index] = work()
        except Exception as error:
            results[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


def chain_of(checklist):
    return list(checklist.events.select_related("item").order_by("seq"))


def test_many_decisions_at_once_make_one_chain():
    scene = Scene()
    ids = ("A-1", "A-2", "A-3", "A-4", "A-5")

    results = at_once(*(lambda i=i: decide(scene.checklist, i, by=scene.omar, name=i) for i in ids))

    assert [event.outcome for event in results] == ["applied"] * 5
    events = chain_of(scene.checklist)
    assert [event.seq for event in events] == [1, 2, 3, 4, 5, 6]
    assert broken_links(events) == []


def test_two_people_on_one_item_are_one_applied_and_one_conflict():
    scene = Scene()
    olga = person("olga", Role.ENGINEER)
    scene.rollout.members.add(olga)

    results = at_once(
        lambda: decide(scene.checklist, "A-1", "done", by=scene.omar, version=0, name="a"),
        lambda: decide(scene.checklist, "A-1", "verified", by=olga, version=0, name="b"),
    )

    assert sorted(event.outcome for event in results) == ["applied", "conflict"]
    assert scene.item("A-1").version == 1


def test_one_operation_from_two_tabs_is_recorded_once():
    scene = Scene()

    first, second = at_once(
        *[lambda: decide(scene.checklist, "A-1", by=scene.omar, version=0, name="one")] * 2
    )

    assert first == second
    assert Event.objects.filter(kind="decision").count() == 1


def test_without_the_lock_the_same_race_is_lost(monkeypatch):
    """The negative control. PostgreSQL: both read the chain's end before either writes. SQLite:
    there they cannot even meet, because each writing transaction is alone from its start."""
    scene = Scene()
    meeting = threading.Barrier(2)

    def unlocked(checklist_id):
        checklist = Checklist.objects.select_related("rollout").get(pk=checklist_id)
        meeting.wait(timeout=2)
        return checklist

    monkeypatch.setattr(operations, "lock", unlocked)
    results = at_once(
        lambda: decide(scene.checklist, "A-1", by=scene.omar, name="a"),
        lambda: decide(scene.checklist, "A-2", by=scene.omar, name="b"),
    )

    lost = threading.BrokenBarrierError if connection.vendor == "sqlite" else IntegrityError
    assert any(isinstance(result, lost) for result in results)


def test_taking_and_deciding_at_once_never_puts_a_decision_on_a_text_that_was_not_seen():
    scene = Scene()
    sharpen("A-1")
    shown = [wanted(scene.checklist, "A-1")]

    taken, decided = at_once(
        lambda: take(checklist_id=scene.id, op_id=op("t"), wanted=shown, by=scene.omar),
        lambda: decide(scene.checklist, "A-1", by=scene.omar, version=0, name="d"),
    )

    item = scene.item("A-1")
    if isinstance(taken, Stale):
        assert decided.outcome == "applied"
        assert (item.revision, item.decision, item.version) == (1, "done", 1)
    else:
        assert decided.outcome == "conflict"
        assert (item.revision, item.decision, item.version) == (2, "open", 1)
    assert findings(Checklist.objects.get()) == []


def test_taking_and_signing_at_once_never_signs_what_was_not_seen():
    scene = Scene(at="worked")
    reword("A-1")
    shown, offer = seen(scene.checklist), [wanted(scene.checklist, "A-1")]

    signed, taken = at_once(
        lambda: prepare(checklist_id=scene.id, op_id=op("p"), seen=shown, by=scene.omar),
        lambda: take(checklist_id=scene.id, op_id=op("t"), wanted=offer, by=scene.omar),
    )

    assert isinstance(signed, Stale) != isinstance(taken, Stale)
    assert scene.item("A-1").revision == (1 if isinstance(signed, SignOff) else 2)
    assert findings(Checklist.objects.get()) == []


def test_a_double_click_on_take_adds_an_advisory_once():
    scene = Scene()
    add("A-6")
    shown = [wanted(scene.checklist, "A-6")]

    first, second = at_once(
        *[lambda: take(checklist_id=scene.id, op_id=op("t"), wanted=shown, by=scene.omar)] * 2
    )

    assert first == second
    assert scene.checklist.items.filter(tracking_id="A-6").count() == 1


def test_of_two_engineers_who_take_the_same_one_takes_and_the_other_gets_a_409():
    scene = Scene()
    olga = person("olga", Role.ENGINEER)
    scene.rollout.members.add(olga)
    add("A-6")
    shown = [wanted(scene.checklist, "A-6")]

    results = at_once(
        lambda: take(checklist_id=scene.id, op_id=op("a"), wanted=shown, by=scene.omar),
        lambda: take(checklist_id=scene.id, op_id=op("b"), wanted=shown, by=olga),
    )

    assert {type(result) for result in results} == {list, Stale}
    assert broken_links(chain_of(scene.checklist)) == []


def test_without_the_lock_two_who_take_at_once_collide(monkeypatch):
    """The negative control: see the one for decisions."""
    scene = Scene()
    reword("A-1")
    reword("A-2")
    meeting = threading.Barrier(2)

    def unlocked(checklist_id):
        checklist = Checklist.objects.select_related("rollout").get(pk=checklist_id)
        meeting.wait(timeout=2)
        return checklist

    one, two = [wanted(scene.checklist, "A-1")], [wanted(scene.checklist, "A-2")]
    monkeypatch.setattr(offers, "lock", unlocked)
    results = at_once(
        lambda: take(checklist_id=scene.id, op_id=op("a"), wanted=one, by=scene.omar),
        lambda: take(checklist_id=scene.id, op_id=op("b"), wanted=two, by=scene.omar),
    )

    lost = threading.BrokenBarrierError if connection.vendor == "sqlite" else IntegrityError
    assert any(isinstance(result, lost) for result in results)


def test_publishing_while_somebody_takes_takes_the_one_revision_or_is_a_409():
    scene = Scene()
    reword("A-1")
    shown = [wanted(scene.checklist, "A-1")]

    taken, _published = at_once(
        lambda: take(checklist_id=scene.id, op_id=op("t"), wanted=shown, by=scene.omar),
        lambda: sharpen("A-1"),
    )

    item = scene.item("A-1")
    assert item.revision == (1 if isinstance(taken, Stale) else 2)
    assert item.content["action"]["ja"] == "対応"
    assert moves(scene.checklist) == {"A-1": "minor"}


def test_a_double_click_on_create_makes_one_checklist():
    scene = Scene()

    first, second = at_once(*[lambda: make_checklist(scene.rollout, scene.omar, name="new")] * 2)

    assert first == second
    assert Checklist.objects.count() == 2


def test_a_double_click_on_prepare_gives_one_signature():
    scene = Scene(at="worked")
    shown = seen(scene.checklist)

    first, second = at_once(
        *[lambda: prepare(checklist_id=scene.id, op_id=op("p"), seen=shown, by=scene.omar)] * 2
    )

    assert first == second
    assert SignOff.objects.count() == 1


def test_two_engineers_who_prepare_at_once_are_one_signature_and_one_409():
    scene = Scene(at="worked")
    olga = person("olga", Role.ENGINEER)
    scene.rollout.members.add(olga)
    shown = seen(scene.checklist)

    results = at_once(
        lambda: prepare(checklist_id=scene.id, op_id=op("a"), seen=shown, by=scene.omar),
        lambda: prepare(checklist_id=scene.id, op_id=op("b"), seen=shown, by=olga),
    )

    assert {type(result) for result in results} == {SignOff, Stale}
    assert SignOff.objects.count() == 1


def test_a_double_click_on_issue_gives_one_edition():
    scene = Scene(at="prepared")
    shown = seen(scene.checklist)

    first, second = at_once(
        *[lambda: issue(checklist_id=scene.id, op_id=op("i"), seen=shown, by=scene.ines)] * 2
    )

    assert first == second == Edition.objects.get()
    assert SignOff.objects.filter(kind="reviewed").count() == 1


def test_of_two_reviewers_at_once_one_issues_and_the_other_gets_a_409():
    scene = Scene(at="prepared")
    ivan = person("ivan", Role.REVIEWER)
    scene.rollout.members.add(ivan)
    shown = seen(scene.checklist)

    results = at_once(
        lambda: issue(checklist_id=scene.id, op_id=op("a"), seen=shown, by=scene.ines),
        lambda: issue(checklist_id=scene.id, op_id=op("b"), seen=shown, by=ivan),
    )

    assert {type(result) for result in results} == {Edition, Stale}
    assert SignOff.objects.filter(kind="reviewed").count() == 1
    assert broken_links(chain_of(scene.checklist)) == []
    assert_one_set_of_files(Edition.objects.get())


def assert_one_set_of_files(edition):
    """Every format once in each language (JSON in both at once), stored, recorded and found."""
    kinds = [(file["format"], file["language"]) for file in edition.files]
    per_language = [(kind, lang) for kind in ("csv", "pdf", "xlsx") for lang in ("en", "ja")]
    assert sorted(kinds) == sorted([*per_language, ("json", "")])
    hashes = {file["sha256"] for file in edition.files}
    assert hashes == {found.sha256 for found in IssuedFile.objects.all()}
    [said] = [files.read(f["sha256"]) for f in edition.files if f["format"] == "json"]
    assert json.loads(said)["digest"] == edition.digest
    assert all(files.read(sha256) for sha256 in hashes)


def test_without_the_lock_two_reviewers_at_once_are_not_told_apart(monkeypatch):
    """The negative control, as above: what then holds is the database's own constraint."""
    scene = Scene(at="prepared")
    ivan = person("ivan", Role.REVIEWER)
    scene.rollout.members.add(ivan)
    shown, meeting = seen(scene.checklist), threading.Barrier(2)

    def unlocked(checklist_id):
        checklist = Checklist.objects.select_related("rollout").get(pk=checklist_id)
        meeting.wait(timeout=2)
        return checklist

    monkeypatch.setattr(signing, "lock", unlocked)
    results = at_once(
        lambda: issue(checklist_id=scene.id, op_id=op("a"), seen=shown, by=scene.ines),
        lambda: issue(checklist_id=scene.id, op_id=op("b"), seen=shown, by=ivan),
    )

    lost = threading.BrokenBarrierError if connection.vendor == "sqlite" else IntegrityError
    assert any(isinstance(result, lost) for result in results)
    assert Edition.objects.get().state in ("issued", "prepared")


@pytest.mark.parametrize("extension", ["csv", "xlsx", "pdf", "json"])
def test_a_signature_withdrawn_while_a_format_is_rendered_issues_nothing(monkeypatch, extension):
    scene = Scene(at="prepared")
    shown, rendering_begun, withdrawn = seen(scene.checklist), threading.Event(), threading.Event()
    write = rendering.write_json if extension == "json" else rendering.WRITERS[extension]

    def write_slowly(*given):
        rendering_begun.set()
        assert withdrawn.wait(timeout=20)
        return write(*given)

    def withdraw_meanwhile():
        assert rendering_begun.wait(timeout=20)
        actions.withdraw(checklist_id=scene.id, op_id=op("w"), by=scene.omar)
        withdrawn.set()

    if extension == "json":
        monkeypatch.setattr(rendering, "write_json", write_slowly)
    else:
        monkeypatch.setitem(rendering.WRITERS, extension, write_slowly)
    issued, _withdrawn = at_once(
        lambda: issue(checklist_id=scene.id, op_id=op("i"), seen=shown, by=scene.ines),
        withdraw_meanwhile,
    )

    assert isinstance(issued, Stale)
    assert Edition.objects.get().files == []
    assert not IssuedFile.objects.exists()


def test_signing_and_a_decision_at_once_never_sign_what_was_not_seen():
    scene = Scene(at="worked")
    shown = seen(scene.checklist)

    signed, decided = at_once(
        lambda: prepare(checklist_id=scene.id, op_id=op("p"), seen=shown, by=scene.omar),
        lambda: decide(scene.checklist, "A-1", "verified", by=scene.omar, name="d"),
    )

    if isinstance(signed, SignOff):
        assert decided.outcome == "late"
        assert scene.item("A-1").decision == "done"
    else:
        assert isinstance(signed, Stale)
        assert decided.outcome == "applied"


def test_withdrawing_and_issuing_at_once_is_one_of_the_two():
    scene = Scene(at="prepared")
    shown = seen(scene.checklist)

    issued, withdrawn = at_once(
        lambda: issue(checklist_id=scene.id, op_id=op("i"), seen=shown, by=scene.ines),
        lambda: actions.withdraw(checklist_id=scene.id, op_id=op("w"), by=scene.omar),
    )

    assert isinstance(issued, Stale) != isinstance(withdrawn, Stale)
    state = Edition.objects.get().state
    assert state == ("issued" if isinstance(issued, Edition) else "draft")


# The customer


@pytest.fixture
def customers(monkeypatch, settings):
    settings.PUBLIC_URL = PUBLIC_URL
    quick_files(monkeypatch)
    quick_sheet(monkeypatch)
    return Scene(at="issued")


def test_a_double_click_on_accept_gives_one_acceptance(customers):
    access, _token = make_link(customers)

    first, second = at_once(*[lambda: accept(access)] * 2)

    assert first == second == SignOff.objects.get(kind="accepted")
    assert broken_links(chain_of(customers.checklist)) == []


def test_of_two_devices_that_accept_at_once_one_is_told_who_was_first(customers):
    links = [make_link(customers, name=name)[0] for name in ("one", "two")]

    results = at_once(*[lambda a=a: accept(a, name=f"accept {a.pk}") for a in links])

    assert {type(result) for result in results} == {SignOff, Stale}
    assert SignOff.objects.filter(kind="accepted").count() == 1
    assert Event.objects.filter(kind="accepted").count() == 1


def test_accepting_and_declining_at_once_never_leaves_a_refusal_after_the_acceptance(customers):
    access, _token = make_link(customers)

    accepted, declined = at_once(lambda: accept(access), lambda: decline(access))

    assert isinstance(accepted, SignOff)
    assert isinstance(declined, SignOff | Stale)
    kinds = list(Event.objects.filter(kind__in=["accepted", "declined"]).values_list("kind"))
    assert kinds[-1] == ("accepted",)
    assert Edition.objects.get().state == "accepted"


def test_accepting_and_revoking_the_link_at_once_is_one_after_the_other(customers):
    access, _token = make_link(customers)

    accepted, revoked = at_once(
        lambda: accept(access), lambda: actions.revoke_link(access_id=access.pk, by=customers.omar)
    )

    assert revoked.revoked_at is not None
    if isinstance(accepted, SignOff):
        assert accepted.signed_at <= revoked.revoked_at
    else:
        assert isinstance(accepted, Stale)


def test_accepting_and_revoking_the_edition_at_once_is_one_after_the_other(customers):
    access, _token = make_link(customers)

    accepted, _revoked = at_once(
        lambda: accept(access),
        lambda: actions.revoke_edition(
            edition_id=customers.edition.pk, op_id=op("r"), reason="wrong", by=customers.ines
        ),
    )

    kinds = list(Event.objects.order_by("seq").values_list("kind", flat=True))
    if isinstance(accepted, SignOff):
        assert kinds[-2:] == ["accepted", "revoked"]
    else:
        assert isinstance(accepted, Stale)
        assert "accepted" not in kinds


def test_a_link_for_one_use_lets_one_of_many_in(customers):
    _access, token = make_link(customers, uses=1)

    results = at_once(*[lambda: actions.open_link(token=token)] * 4)

    assert sum(result is not None for result in results) == 1


def test_many_tries_at_once_are_all_counted(customers):
    now = timezone.now()

    results = at_once(*[lambda: within_limit("test", "me", most=3, now=now)] * 6)

    assert sum(results) <= 3
    assert Attempts.objects.get().count == 6


def test_without_the_lock_two_devices_both_pass_the_check(customers, monkeypatch):
    """The negative control: then the constraint alone is left, and it refuses without words. On
    SQLite they cannot even meet, because each writing transaction is alone from its start."""
    links = [make_link(customers, name=name)[0] for name in ("one", "two")]
    meeting = threading.Barrier(2)

    def unlocked(checklist_id):
        checklist = Checklist.objects.select_related("rollout").get(pk=checklist_id)
        meeting.wait(timeout=2)
        return checklist

    monkeypatch.setattr(issued, "lock", unlocked)
    results = at_once(*[lambda a=a: accept(a, name=f"accept {a.pk}") for a in links])

    lost = threading.BrokenBarrierError if connection.vendor == "sqlite" else IntegrityError
    assert any(isinstance(result, lost) for result in results)
