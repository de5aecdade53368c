"""Roles are groups, made after `migrate`; what each may do in the admin."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.urls import reverse

from advisories.models import LocalNote, LocalNoteVersion, NotePicture
from portal.models import User
from portal.roles import Role, ensure_roles
from tests.factory import PASSWORD, make_superuser, make_user
from tests.support.rollouts import Scene

pytestmark = pytest.mark.django_db


def permissions():
    """{group: its permissions}, as they are stored."""
    return {
        group.name: {
            f"{permission.content_type.app_label}.{permission.codename}"
            for permission in group.permissions.select_related("content_type")
        }
        for group in Group.objects.all()
    }


def catalogue_permissions():
    """Of all but the company's own notes, which have a page of their own and no place in the
    admin."""
    return {
        f"advisories.{verb}_{model._meta.model_name}"
        for model in apps.get_app_config("advisories").get_models()
        if model not in (LocalNote, LocalNoteVersion, NotePicture)
        for verb in ("add", "change", "delete", "view")
    }


@pytest.fixture
def superuser(client):
    user = make_superuser(language="en")
    client.force_login(user)
    return user


# The groups


def test_migrate_makes_the_four_groups_and_only_editors_have_permissions():
    assert permissions() == {
        "editor": catalogue_permissions(),
        "engineer": set(),
        "reviewer": set(),
        "reader": set(),
    }


def test_making_the_groups_once_more_changes_nothing():
    before = permissions(), list(Group.objects.order_by("pk").values_list("pk", "name"))

    ensure_roles()
    call_command("migrate", verbosity=0)

    assert (permissions(), list(Group.objects.order_by("pk").values_list("pk", "name"))) == before


def test_a_group_or_a_permission_that_was_lost_comes_back():
    Group.objects.get(name="reader").delete()
    Group.objects.get(name="editor").permissions.clear()

    call_command("migrate", verbosity=0)

    assert set(permissions()) == {role.value for role in Role}
    assert permissions()["editor"] == catalogue_permissions()


def test_what_a_company_gave_a_group_beside_is_left():
    extra = Permission.objects.get(codename="view_user")
    Group.objects.get(name="reader").permissions.add(extra)

    ensure_roles()

    assert permissions()["reader"] == {"portal.view_user"}


# Who has which


@pytest.mark.parametrize("role", Role)
def test_a_member_of_a_group_has_this_role_and_no_other(role):
    user = make_user(role)

    assert {each for each in Role if user.has_role(each)} == {role}


def test_a_person_can_have_several_roles():
    user = make_user(Role.ENGINEER)
    user.groups.add(Group.objects.get(name="reviewer"))

    assert {each for each in Role if user.has_role(each)} == {Role.ENGINEER, Role.REVIEWER}


def test_a_person_without_a_group_has_no_role():
    user = make_user(None)

    assert not any(user.has_role(each) for each in Role)


def test_a_superuser_has_every_role():
    user = make_superuser()

    assert all(user.has_role(each) for each in Role)


@pytest.mark.parametrize("is_superuser", [False, True])
def test_nobody_inactive_has_any_role(is_superuser):
    user = make_user(Role.EDITOR, is_active=False, is_superuser=is_superuser)

    assert not any(user.has_role(each) for each in Role)


def test_the_staff_flag_is_no_role():
    user = make_user(None, is_staff=True)

    assert not any(user.has_role(each) for each in Role)


def test_asking_for_roles_again_and_again_is_one_query(django_assert_num_queries):
    user = User.objects.get(pk=make_user(Role.READER).pk)

    with django_assert_num_queries(1):
        for role in Role:
            user.has_role(role)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"display_name": "大森 修"}, "大森 修"),
        ({"display_name": "", "first_name": "Omar", "last_name": "Omori"}, "Omar Omori"),
        ({"display_name": ""}, "omar"),
    ],
)
def test_a_person_is_shown_by_the_best_name_there_is(fields, name):
    user = make_user(Role.ENGINEER, **fields)

    assert user.name == str(user) == name


# In the admin


def sections(client):
    """{app: names of its models} that the admin's first page lists."""
    answer = client.get(reverse("admin:index"))
    assert answer.status_code == 200
    return {
        app["app_label"]: {model["model"]._meta.model_name for model in app["models"]}
        for app in answer.context["app_list"]
    }


def test_an_editor_enters_without_the_staff_flag_and_finds_the_catalogue_only(client):
    client.force_login(make_user(Role.EDITOR))

    found = sections(client)

    assert found == {
        "advisories": {
            "advisory",
            "advisoryrevision",
            "category",
            "condition",
            "documentimport",
            "documentrevision",
            "linkcheck",
            "mode",
            "product",
            "release",
            "sourcedocument",
            "synonym",
            "topic",
        }
    }


def test_an_editor_who_was_deactivated_is_out_at_once(client):
    user = make_user(Role.EDITOR)
    client.force_login(user)
    assert client.get(reverse("admin:index")).status_code == 200

    User.objects.filter(pk=user.pk).update(is_active=False)

    assert client.get(reverse("admin:index")).status_code == 302


def test_an_editor_who_left_the_group_is_out_at_once(client):
    user = make_user(Role.EDITOR)
    client.force_login(user)

    user.groups.clear()

    assert client.get(reverse("admin:index")).status_code == 302


def test_the_staff_flag_alone_opens_an_empty_admin(client):
    client.force_login(make_user(Role.READER, is_staff=True))

    assert sections(client) == {}


def test_a_superuser_finds_people_groups_and_rollouts_too(client, superuser):
    found = sections(client)

    assert {"user"} <= found["portal"]
    assert {"group"} <= found["auth"]
    assert found["checklists"] == {
        "rollout",
        "checklist",
        "event",
        "edition",
        "signoff",
        "purge",
        "handoversettings",
        "team",
    }


def test_a_superuser_makes_a_person_with_a_role(client, superuser):
    password = "a long password for somebody"

    answer = client.post(
        reverse("admin:portal_user_add"),
        {
            "username": "vic",
            "display_name": "Vic",
            "company": "Integrator KK",
            "usable_password": "true",
            "password1": password,
            "password2": password,
            "groups": [Group.objects.get(name="reader").pk],
        },
    )

    vic = User.objects.get(username="vic")
    assert answer.status_code == 302
    assert vic.check_password(password)
    assert {each for each in Role if vic.has_role(each)} == {Role.READER}
    assert not vic.is_demo


@pytest.mark.parametrize("group", ["0", "9" * 23, "x"])
def test_a_role_that_is_none_is_a_message(client, superuser, group):
    vic = make_user(Role.READER)
    address = reverse("admin:portal_user_change", args=[vic.pk])

    answer = client.post(address, {"username": "vic", "language": "ja", "groups": [group]})

    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors["groups"]
    assert User.objects.get(pk=vic.pk).has_role(Role.READER)


def test_a_person_is_deactivated_and_stays(client, superuser):
    vic = make_user(Role.READER)
    address = reverse("admin:portal_user_change", args=[vic.pk])

    answer = client.post(address, {"username": "vic", "language": "ja"})

    assert answer.status_code == 302
    assert not User.objects.get(pk=vic.pk).is_active


def test_nobody_is_deleted_not_even_by_a_superuser(client, superuser):
    vic = make_user(Role.READER)

    page = client.post(reverse("admin:portal_user_delete", args=[vic.pk]), {"post": "yes"})
    client.post(
        reverse("admin:portal_user_changelist"),
        {"action": "delete_selected", "_selected_action": [vic.pk], "post": "yes"},
    )

    assert page.status_code == 403
    assert User.objects.filter(pk=vic.pk).exists()


def test_no_account_becomes_a_demo_account_or_stops_being_one_by_a_form(client, superuser):
    vic = make_user(Role.READER)
    demo = make_user(Role.ENGINEER, "engineer", is_demo=True)

    for user, is_demo in ((vic, "on"), (demo, "")):
        client.post(
            reverse("admin:portal_user_change", args=[user.pk]),
            {"username": user.username, "language": "ja", "is_active": "on", "is_demo": is_demo},
        )

    assert not User.objects.get(pk=vic.pk).is_demo
    assert User.objects.get(pk=demo.pk).is_demo


@pytest.mark.parametrize("name", ["rollout", "checklist", "event", "edition", "signoff"])
def test_a_superuser_only_looks_at_rollouts_and_their_history(client, superuser, name):
    scene = Scene("prepared")
    row = {
        "rollout": scene.rollout,
        "checklist": scene.checklist,
        "event": scene.checklist.events.first(),
        "edition": scene.checklist.editions.get(),
        "signoff": scene.checklist.editions.get().sign_offs.get(),
    }[name]

    def status(page, method, *args):
        address = reverse(f"admin:checklists_{name}_{page}", args=args)
        sent = {"post": "yes"} if method == "post" else None
        return getattr(client, method)(address, sent).status_code

    assert status("changelist", "get") == 200
    assert status("change", "get", row.pk) == 200
    assert status("change", "post", row.pk) == 403
    assert status("delete", "post", row.pk) == 403
    assert status("add", "get") == 403


def test_the_admins_own_log_in_is_counted_by_the_lockout(client, settings):
    make_user(Role.EDITOR)
    sent = {"username": "mara", "password": "wrong"}
    for _ in range(settings.AXES_FAILURE_LIMIT):
        answer = client.post(reverse("admin:login"), sent)

    assert answer.status_code == 429
    assert client.post(reverse("login"), sent | {"password": PASSWORD}).status_code == 429
