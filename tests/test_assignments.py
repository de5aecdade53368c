"""Who does which item: persons, teams, suggestions, and the list of what is mine."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from advisories.models import Advisory
from checklists import actions
from checklists.actions import NotAllowed, Refused, Stale
from checklists.content import content_of
from checklists.models import ChecklistItem, Event, Team
from checklists.verification import findings
from portal.roles import Role
from tests.factory import make_superuser
from tests.support.pages import client_of, hidden, text_of, url
from tests.support.rollouts import (
    Scene,
    decide,
    make_checklist,
    op,
    open_edition,
    person,
    sign_prepared,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene():
    return Scene()


def network():
    return Team.objects.get(acts="network")


def give(scene, *items, name="give", **to):
    by = to.pop("by", scene.omar)
    return actions.assign(
        checklist_id=scene.id, op_id=op(name), items=items or ["A-1"], by=by, **to
    )


# The action


def test_an_item_is_given_to_a_member_with_an_event_and_the_chain_holds(scene):
    event = give(scene, "A-2", "A-1", person=scene.ines)

    assert event.kind == Event.Kind.ASSIGNED
    assert event.payload["items"] == ["A-1", "A-2"]
    assert scene.item("A-1").assignee == scene.ines
    assert scene.item("A-1").version == 0
    scene.checklist.refresh_from_db()
    assert findings(scene.checklist) == []


def test_a_team_takes_the_place_of_a_person_and_nobody_that_of_a_team(scene):
    give(scene, person=scene.omar)
    give(scene, team=network(), name="team")
    in_team = scene.item("A-1")
    give(scene, name="nobody")
    free = scene.item("A-1")

    assert (in_team.assignee, in_team.team) == (None, network())
    assert (free.assignee, free.team) == (None, None)
    scene.checklist.refresh_from_db()
    assert findings(scene.checklist) == []


def test_it_is_no_part_of_what_is_signed(scene):
    before = content_of(scene.checklist, open_edition(scene.checklist))

    give(scene, person=scene.ines)

    assert content_of(scene.checklist, open_edition(scene.checklist)) == before


def test_a_change_past_the_events_is_found(scene):
    ChecklistItem.objects.filter(pk=scene.item("A-1").pk).update(team=network())

    with translation.override("en"):
        assert any("Who is to do A-1" in found for found in findings(scene.checklist))


def test_sent_twice_it_is_one_event_and_with_other_contents_it_is_refused(scene):
    first = give(scene, person=scene.ines)

    assert give(scene, person=scene.ines) == first
    with pytest.raises(Refused):
        give(scene, person=scene.omar)


def test_what_cannot_be_given_is_refused(scene):
    stranger = person("sam", Role.ENGINEER)

    for items, to in (
        (["A-9"], {"person": scene.ines}),
        (["A-1"], {"person": stranger}),
        (["A-1"], {"person": scene.ines, "team": network()}),
    ):
        with pytest.raises(Refused):
            give(scene, *items, **to)
    with pytest.raises(NotAllowed):
        give(scene, by=scene.ines, team=network())
    with pytest.raises(NotAllowed):
        give(scene, by=stranger, team=network())


def test_only_in_a_draft():
    scene = Scene(at="worked")
    sign_prepared(scene.checklist, scene.omar)

    with pytest.raises(Stale):
        give(scene, team=network())


def test_the_database_refuses_two_owners(scene):
    item = ChecklistItem.objects.filter(pk=scene.item("A-1").pk)

    with pytest.raises(IntegrityError), transaction.atomic():
        item.update(assignee=scene.omar, team=network())


# Teams


def test_there_is_a_team_for_everybody_whom_advisories_name():
    assert set(Team.objects.values_list("acts", flat=True)) == set(Advisory.Actor.values)


def test_a_superuser_renames_a_team(client):
    client.force_login(make_superuser())
    address = reverse("admin:checklists_team_change", args=[network().pk])
    fields = {"name_ja": "NW 運用", "name_en": "Operations", "acts": "network", "position": 2}

    client.post(address, fields)

    assert (network().name_ja, network().name_en) == ("NW 運用", "Operations")


# The page of a checklist


def acts(scene, tracking_id, actor):
    """The item says who acts, as if its advisory had when it was frozen."""
    item = scene.item(tracking_id)
    words = {"network": {"ja": "ネットワーク担当", "en": "network team"}}
    item.content["acts"] = words[actor]
    item.save(update_fields=["content"])


def test_an_item_is_given_through_the_form(scene):
    client = client_of(scene.omar)
    page = url("assign", scene)
    fields = hidden(client.get(page), action=page)

    client.post(page, {"op_id": fields["op_id"], "item": ["A-1"], "to": f"person-{scene.ines.pk}"})

    assert scene.item("A-1").assignee == scene.ines
    assert "Ines 稲" in text_of(client.get(page))
    assert "Gave 1 item to Ines 稲." in text_of(client.get(url("history", scene)))


def test_the_checklist_names_who_does_an_item(scene, django_assert_num_queries):
    client = client_of(scene.omar)
    client.get(scene.checklist.get_absolute_url())
    with CaptureQueriesContext(connection) as without:
        client.get(scene.checklist.get_absolute_url())
    give(scene, "A-1", person=scene.ines)
    give(scene, "A-2", team=network(), name="team")

    with django_assert_num_queries(len(without)):
        page = text_of(client.get(scene.checklist.get_absolute_url()))

    assert "Advisory 1 Who: Ines 稲" in page
    assert "Advisory 2 Who: Network" in page


def test_unassigned_items_suggest_the_team_that_acts_and_one_button_takes_it(scene):
    acts(scene, "A-2", "network")
    client = client_of(scene.omar)
    page = url("assign", scene)
    shown = client.get(page)

    client.post(page, {"op_id": op("take"), "to": "suggested"})

    assert "Suggested: Network" in text_of(shown)
    assert "Take 1 suggestion for items that nobody has" in text_of(shown)
    assert scene.item("A-2").team == network()
    assert scene.item("A-1").team is None


def test_a_suggestion_does_not_take_an_item_from_anybody(scene):
    acts(scene, "A-2", "network")
    give(scene, "A-2", person=scene.ines)

    client_of(scene.omar).post(url("assign", scene), {"op_id": op("take"), "to": "suggested"})

    assert scene.item("A-2").assignee == scene.ines


def test_all_items_of_a_topic_are_ticked_at_once(scene):
    item = scene.item("A-2")
    item.content["topics"] = [{"slug": "net", "name": {"ja": "網", "en": "Net"}}]
    item.save(update_fields=["content"])

    page = client_of(scene.omar).get(url("assign", scene), {"topic": "net"}).content.decode()

    assert 'value="A-2" checked' in page
    assert 'value="A-1" checked' not in page


@pytest.mark.parametrize("fault", [{"to": ""}, {"to": "team-0"}, {"item": []}, {"op_id": "x"}])
def test_a_form_with_a_fault_gives_nothing(scene, fault):
    sent = {"op_id": op("x"), "item": ["A-1"], "to": f"team-{network().pk}"} | fault

    client_of(scene.omar).post(url("assign", scene), sent)

    assert scene.item("A-1").team is None


# What is mine


def mine(scene, user=None, **query):
    return text_of(client_of(user or scene.ines).get(reverse("checklists:mine"), query))


def test_the_page_has_what_is_mine_and_open(scene):
    give(scene, "A-1", "A-2", person=scene.ines)
    decide(scene.checklist, "A-2", by=scene.omar)

    page = mine(scene)

    assert "Advisory 1" in page
    assert "Advisory 2" not in page
    assert "1 of 2 items are shown." in page
    assert "Advisory 2" in mine(scene, state="all")


def test_the_page_shows_a_teams_items_and_those_that_nobody_has(scene):
    give(scene, "A-1", team=network())

    assert "Advisory 1" in mine(scene, whose=network().pk)
    nobody = mine(scene, whose="nobody")
    assert "Advisory 1" not in nobody
    assert "Advisory 2" in nobody
    assert "Nothing is waiting for you here." in mine(scene, whose="nonsense")


def test_items_of_rollouts_of_strangers_are_not_there(scene):
    give(scene, "A-1", team=network())
    sam = person("sam", Role.ENGINEER)

    assert "Advisory 1" not in mine(scene, sam, whose=network().pk)


def test_the_page_takes_a_fixed_number_of_queries(scene, django_assert_num_queries):
    give(scene, "A-1", person=scene.omar)
    client = client_of(scene.omar)
    client.get(reverse("checklists:mine"))

    for number in range(2):
        host = f"proxy-1{number}"
        other = make_checklist(scene.rollout, scene.omar, name=host, host=host)
        actions.assign(
            checklist_id=other.pk,
            op_id=op(f"give {host}"),
            items=["A-1"],
            person=scene.omar,
            by=scene.omar,
        )
        with django_assert_num_queries(5):
            client.get(reverse("checklists:mine"))
