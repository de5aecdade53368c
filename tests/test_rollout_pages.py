"""Pages of a rollout: header, members, checklists; and the name of a host."""

import pytest
from django.urls import reverse

from checklists.models import Event, Rollout
from portal.roles import Role
from tests.support.pages import client_of, hidden, text_of, url
from tests.support.rollouts import (
    Scene,
    decide,
    make_checklist,
    op,
    person,
    quick_files,
    sign_prepared,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_real_pdf(monkeypatch):
    quick_files(monkeypatch)


def address(scene, name="rollout_detail"):
    return reverse(f"checklists:{name}", args=[scene.rollout.pk])


def post(client, page, action="", **fields):
    shown = {k: v for k, v in hidden(client.get(page)).items() if k != "remove"}
    return client.post(action or page, shown | fields)


def header(scene, **changes):
    fields = {"customer": "New KK", "project": "更改", "number": "P-2"} | changes
    return post(client_of(scene.omar), address(scene, "rollout_header"), **fields)


def test_the_page_shows_checklists_with_progress_state_and_members():
    scene = Scene()
    decide(scene.checklist, "A-1", by=scene.omar)

    page = text_of(client_of(scene.ines).get(address(scene)))

    for words in ("顧客株式会社", "proxy-01", "1 / 3", "1 / 1", "Draft", "Omar 大森", "Reviewer"):
        assert words in page


@pytest.mark.parametrize(
    ("at", "state"), [("draft", "Draft"), ("prepared", "Awaiting review"), ("issued", "Issued")]
)
def test_each_state_has_its_words(at, state):
    scene = Scene(at=at)

    assert state in text_of(client_of(scene.ines).get(address(scene)))


def test_the_page_takes_a_constant_number_of_queries(django_assert_num_queries):
    scene = Scene()
    client = client_of(scene.omar)
    client.get(address(scene))

    for name in ("two", "three", "four"):
        make_checklist(scene.rollout, scene.omar, name=name, host=name)
        with django_assert_num_queries(14):
            client.get(address(scene))


def test_a_reader_sees_no_forms():
    scene = Scene()
    vic = person("vic", Role.READER)
    scene.rollout.members.add(vic)

    page = client_of(vic).get(address(scene)).content.decode()

    assert "rollout_members" not in page
    assert address(scene, "rollout_members") not in page
    assert address(scene, "rollout_header") not in page


def test_who_may_open_and_change_it(client):
    scene = Scene()
    stranger = client_of(person("sam", Role.ENGINEER))

    for name in ("rollout_detail", "rollout_header", "rollout_members"):
        page = address(scene, name)
        assert client.get(page).status_code == 302
        assert stranger.get(page).status_code == (405 if name == "rollout_members" else 404)
        assert stranger.post(page).status_code == (405 if name == "rollout_detail" else 404)
    assert client_of(scene.ines).get(address(scene, "rollout_header")).status_code == 403
    answer = client_of(scene.ines).post(
        address(scene, "rollout_members"), {"op_id": op("x"), "remove": scene.omar.pk}
    )
    assert answer.status_code == 403
    gone = address(scene).replace(str(scene.rollout.pk), str(op("nothing")))
    assert client_of(scene.omar).get(gone).status_code == 404


def test_a_new_header_reaches_every_draft_with_an_event():
    scene = Scene()

    response = header(scene)

    scene.checklist.refresh_from_db()
    assert response.url == scene.rollout.get_absolute_url()
    assert Rollout.objects.get().customer == "New KK"
    assert (scene.checklist.customer, scene.checklist.number) == ("New KK", "P-2")
    assert scene.events(Event.Kind.HEADER)[0].payload["customer"] == "New KK"


@pytest.mark.parametrize(
    "fault", [{"customer": ""}, {"number": "9" * 81}, {"project": "x" * 201}, {"op_id": "x"}]
)
def test_a_header_with_a_fault_changes_nothing(fault):
    scene = Scene()

    assert header(scene, **fault).status_code == 422
    assert Rollout.objects.get().customer == "顧客株式会社"


def test_a_draft_that_still_prints_the_old_header_is_marked():
    scene = Scene(at="prepared")
    header(scene)

    page = text_of(client_of(scene.omar).get(address(scene)))

    assert "Prints: 顧客株式会社 / 更改 P-1" in page


def test_a_person_is_added_and_sees_the_rollout():
    scene = Scene()
    ivan = person("ivan", Role.REVIEWER)
    client = client_of(scene.omar)

    post(client, address(scene), address(scene, "rollout_members"), person=ivan.pk)

    assert ivan in scene.rollout.members.all()
    assert client_of(ivan).get(address(scene)).status_code == 200
    assert "ivan" in scene.events(Event.Kind.MEMBERS)[0].payload["members"]


def test_a_member_is_removed():
    scene = Scene()
    client = client_of(scene.omar)

    post(client, address(scene), address(scene, "rollout_members"), remove=scene.ines.pk)

    assert scene.ines not in scene.rollout.members.all()
    assert client_of(scene.ines).get(address(scene)).status_code == 404


def test_removing_somebody_twice_is_no_fault():
    scene = Scene()
    client = client_of(scene.omar)
    fields = hidden(client.get(address(scene))) | {"remove": scene.ines.pk}

    for _click in range(2):
        response = client.post(address(scene, "rollout_members"), fields)

    assert response.url == scene.rollout.get_absolute_url()
    assert "Choose a person" not in text_of(client.get(address(scene)))


def test_two_members_can_be_removed_from_one_page_that_was_not_reloaded():
    scene = Scene()
    ivan = person("ivan", Role.REVIEWER)
    scene.rollout.members.add(ivan)
    client = client_of(scene.omar)
    fields = hidden(client.get(address(scene)))

    for user in (scene.ines, ivan):
        client.post(address(scene, "rollout_members"), fields | {"remove": user.pk})

    assert list(scene.rollout.members.all()) == [scene.omar]


def test_who_leaves_is_led_home():
    scene = Scene()
    scene.rollout.members.add(person("olga", Role.ENGINEER))
    client = client_of(scene.omar)

    response = post(client, address(scene), address(scene, "rollout_members"), remove=scene.omar.pk)

    assert response.url == reverse("home")


def test_the_last_engineer_stays():
    scene = Scene()
    client = client_of(scene.omar)

    post(client, address(scene), address(scene, "rollout_members"), remove=scene.omar.pk)

    assert scene.omar in scene.rollout.members.all()
    assert "at least one engineer" in text_of(client.get(address(scene)))


@pytest.mark.parametrize("who", ["", "x", "9" * 30, "-1", "member", "inactive"])
def test_nobody_is_added_who_is_no_active_person(who):
    scene = Scene()
    gone = person("gone", Role.REVIEWER, is_active=False)
    who = {"member": scene.ines.pk, "inactive": gone.pk}.get(who, who)
    client = client_of(scene.omar)

    response = post(client, address(scene), address(scene, "rollout_members"), person=who)

    assert response.status_code == 302
    assert scene.rollout.members.count() == 2


def test_a_discarded_checklist_stands_below_with_its_reason():
    scene = Scene()
    client = client_of(scene.omar)
    post(client, url("discard", scene), reason="made twice")

    page = text_of(client.get(address(scene)))

    assert "made twice" in page
    assert "No box of this rollout" in page


def test_the_host_is_corrected_in_a_draft():
    scene = Scene()

    post(client_of(scene.omar), url("host", scene), host="proxy-02", mode_detail="WCCP")

    scene.checklist.refresh_from_db()
    assert (scene.checklist.host, scene.checklist.mode_detail) == ("proxy-02", "WCCP")
    assert scene.events(Event.Kind.HEADER)[0].payload == {"host": "proxy-02", "mode_detail": "WCCP"}


def test_a_host_that_a_colleague_changed_is_shown_before_it_is_replaced():
    scene = Scene()
    client = client_of(scene.omar)
    mine = hidden(client.get(url("host", scene))) | {"host": "mine", "mode_detail": "HA"}
    post(client, url("host", scene), host="theirs", mode_detail="WCCP")

    refused = client.post(url("host", scene), mine)
    again = client.post(url("host", scene), hidden(refused) | {"host": "mine", "mode_detail": "HA"})

    assert refused.status_code == 422
    assert "It now says: theirs / WCCP." in text_of(refused)
    assert 'value="mine"' in refused.content.decode()
    assert again.status_code == 302
    scene.checklist.refresh_from_db()
    assert scene.checklist.host == "mine"


def test_a_host_without_a_name_is_refused():
    scene = Scene()

    response = post(client_of(scene.omar), url("host", scene), host=" ", mode_detail="")

    assert response.status_code == 422


def test_the_host_of_a_signed_checklist_does_not_change():
    scene = Scene(at="worked")
    client = client_of(scene.omar)
    fields = hidden(client.get(url("host", scene)))
    sign_prepared(scene.checklist, scene.omar)

    response = client.post(url("host", scene), fields | {"host": "proxy-02", "mode_detail": ""})

    assert response.status_code == 409
    scene.checklist.refresh_from_db()
    assert scene.checklist.host == "proxy-01"
