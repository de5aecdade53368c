"""The wizard's pages: public questions, then a form for engineers."""

from itertools import product as combinations
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.conf import settings as django_settings
from django.http import QueryDict
from django.urls import reverse
from playwright.sync_api import expect

from advisories.applicability import can_change
from advisories.loading import load
from advisories.models import Advisory, Condition, Mode, Product, Release
from advisories.querysets import facts_of
from checklists.freezing import deployment_from
from checklists.models import Checklist, Rollout
from checklists.wizard.preview import Sheet
from portal.roles import Role
from tests.support.rollouts import (
    Scene,
    catalogue,
    ines,
    make_rollout,
    omar,
    op,
    person,
)

pytestmark = pytest.mark.django_db

CATALOGUE = Path(django_settings.BASE_DIR) / "fixtures" / "iws-supplement-1.3.json"
BOX = {"release": "appliance-2", "mode": "proxy", "installed_with": "appliance-1"}
PAGES = ("new", "new_mode", "new_installed_with", "new_conditions", "new_check")


def url(page, **query):
    return reverse(f"checklists:{page}") + ("?" + urlencode(query, doseq=True) if query else "")


def counts(response):
    """Verdict -> number of rows in the preview of a page."""
    preview = response.context["sheet"].preview
    return {verdict.value: len(rows) for verdict, rows in preview.groups}


def form_data(**changes):
    data = {
        "id": str(op("wizard")),
        "rollout_id": str(op("wizard rollout")),
        "host": "proxy-01",
        "mode_detail": "WCCP",
        "rollout": "new",
        "customer": "顧客株式会社",
        "project": "更改",
        "number": "P-1",
        "without_reviewer": "on",
    }
    return {key: value for key, value in (data | changes).items() if value is not None}


def walk(client, choices):
    """Answer page by page as a browser without a script does; the check page at the end."""
    response = client.get(url("new"))
    while response.context and "step" in response.context:
        step, sheet = response.context["step"], response.context["sheet"]
        fields = [*response.context["hidden"], ("continue", "1")]
        fields += [
            (key, value)
            for key, value in choices.items()
            if key == step.key or (key.startswith("condition-") and step.key == "conditions")
        ]
        before = [s.key for s in sheet.steps]
        assert step.key in before
        response = client.get(f"{reverse(step.page)}?{urlencode(fields)}", follow=True)
        assert response.status_code == 200
    return response


# Questions


def test_a_stranger_walks_from_release_to_check_page(client):
    catalogue()

    response = walk(client, BOX | {"condition-directory": "no"})

    assert response.request["PATH_INFO"] == reverse("checklists:new_check")
    assert response.request["QUERY_STRING"] == urlencode(BOX | {"no": "directory"})
    assert counts(response) == {"required": 2, "confirm": 0, "fixed": 1, "not_applicable": 2}


def test_every_path_through_both_products_of_the_real_catalogue_ends_with_all_advisories(client):
    load(CATALOGUE)

    for release in Release.objects.select_related("product"):
        modes = [*release.product.modes.values_list("slug", flat=True), "unknown"]
        lineages = [release.slug, "older", "unknown"]
        for mode, lineage in zip(modes, lineages * 2, strict=False):
            box = {"release": release.slug, "mode": mode, "installed_with": lineage}

            response = walk(client, box)

            assert response.context["sheet"].first_open is None
            assert sum(counts(response).values()) == 32


def test_the_page_about_conditions_asks_exactly_those_that_can_change_a_row():
    load(CATALOGUE)
    advisories = list(Advisory.objects.published().with_terms())

    for release in Release.objects.select_related("product"):
        modes = [*release.product.modes.values_list("slug", flat=True), "unknown"]
        for mode, lineage in combinations(modes, [release.slug, "older", "unknown"]):
            box = {"release": release.slug, "mode": mode, "installed_with": lineage}
            sheet = Sheet(QueryDict(urlencode(box)))
            deployment = deployment_from(sheet.header, sheet.usable.stated())
            expected = set()
            for advisory in advisories:
                facts = facts_of(advisory, product=release.product.slug, rank=release.rank)
                expected |= can_change(facts, deployment)

            assert sheet.asked_conditions == expected


def test_the_same_address_gives_the_same_list(client):
    catalogue()
    address = url("new_check", **BOX, no="directory")

    first, second = client.get(address), client.get(address)

    assert first.context["sheet"].preview == second.context["sheet"].preview
    assert first.context["summary"] == second.context["summary"]


def test_the_preview_is_what_a_checklist_of_these_answers_holds(client):
    scene = Scene()

    preview = client.get(url("new_check", **BOX)).context["sheet"].preview

    items = scene.checklist.items.values_list("position", "tracking_id", "verdict")
    assert [(r.number, r.tracking_id, r.verdict) for r in preview.rows] == list(items)


def test_a_page_shows_a_preview_before_its_question_is_answered(client):
    catalogue()

    response = client.get(url("new_mode", release="appliance-2"))

    assert response.status_code == 200
    assert counts(response) == {"required": 2, "confirm": 2, "fixed": 1, "not_applicable": 0}


def test_the_first_page_works_without_an_answer_and_without_a_catalogue(client):
    assert client.get(url("new")).status_code == 200
    catalogue()

    response = client.get(url("new"))

    assert response.status_code == 200
    assert response.context["sheet"].preview is None


def test_only_the_modes_of_the_product_are_offered_and_not_known(client):
    catalogue()
    Mode.objects.create(slug="elsewhere", name_ja="他")

    options = client.get(url("new_mode", release="appliance-2")).context["options"]

    assert [option.value for option in options] == ["bridge", "proxy", "unknown"]


def test_the_lineage_offers_releases_up_to_the_boxs_own(client):
    catalogue()

    def offered(release):
        response = client.get(url("new_installed_with", release=release, mode="proxy"))
        return [option.value for option in response.context["options"]]

    assert offered("appliance-1") == ["appliance-1", "older", "unknown"]
    assert offered("appliance-2") == ["appliance-2", "appliance-1", "older", "unknown"]


def test_a_release_newer_than_the_document_says_so_wherever_it_can_be_chosen(client):
    catalogue()
    Release.objects.filter(slug="appliance-2").update(in_source=False)
    box = {"release": "appliance-2", "mode": "proxy"}

    for page in ("new", "new_installed_with"):
        options = client.get(url(page, **box)).context["options"]
        assert [o.value for o in options if o.newer] == ["appliance-2"]
    assert client.get(url("new_check", **BOX)).context["summary"][0][0].newer


def test_a_product_without_modes_is_not_asked_for_one(client):
    catalogue()
    Product.objects.get().modes.clear()
    box = {"release": "appliance-2", "installed_with": "older"}

    assert client.get(url("new", release="appliance-2", **{"continue": 1})).url == url(
        "new_installed_with", release="appliance-2"
    )
    assert client.get(url("new_mode", **box)).url == url("new_installed_with", **box)
    response = walk(client, box)
    assert response.context["sheet"].first_open is None
    assert sum(counts(response).values()) == 5


def test_a_mode_is_left_out_with_a_word_where_the_product_has_none(client):
    catalogue()
    Product.objects.get().modes.clear()

    response = client.get(url("new_check", **BOX), follow=True)

    assert response.redirect_chain[0][0] == url(
        "new_check", release="appliance-2", installed_with="appliance-1"
    )
    assert [message.level_tag for message in response.context["messages"]] == ["warning"]


def test_without_conditions_that_matter_that_page_is_passed_by(client):
    catalogue()
    Condition.objects.all().delete()

    assert client.get(url("new_conditions", **BOX)).url == url("new_check", **BOX)
    assert len(client.get(url("new_check", **BOX)).context["sheet"].steps) == 3


def test_the_conditions_page_leads_to_an_address_with_yes_and_no(client):
    catalogue()

    response = client.get(url("new_conditions", **BOX, **{"condition-directory": "no"}))

    assert response.url == url("new_conditions", **BOX, no="directory")


def test_an_answer_stays_on_its_page_when_the_condition_no_longer_matters(client):
    catalogue()
    Advisory.objects.get(tracking_id="A-3").modes.set(Mode.objects.filter(slug="bridge"))

    response = client.get(url("new_conditions", **BOX, yes="directory"))

    assert [(q.slug, q.value) for q in response.context["options"]] == [("directory", "yes")]


def test_a_changed_answer_returns_to_the_check_page(client):
    catalogue()

    _line, change_url = client.get(url("new_check", **BOX)).context["summary"][1]
    assert change_url == url("new_mode", **BOX, change=1)
    response = client.get(change_url + "&continue=1", follow=True)

    assert response.request["PATH_INFO"] == reverse("checklists:new_check")


def test_a_changed_release_asks_again_what_no_longer_fits(client):
    catalogue()
    other = Product.objects.create(slug="other", short_name="OTH", name="Other")
    other.modes.set(Mode.objects.filter(slug="bridge"))
    Release.objects.create(slug="other-1", product=other, rank=1, label_ja="1")
    box = BOX | {"release": "other-1", "change": 1}

    response = client.get(url("new", **box, **{"continue": 1}), follow=True)

    assert response.request["PATH_INFO"] == reverse("checklists:new_mode")
    assert response.status_code == 400


def test_htmx_gets_the_preview_and_the_address_to_reload(client):
    catalogue()

    response = client.get(
        url("new_conditions", **BOX, **{"condition-directory": "no"}),
        headers={"HX-Request": "true"},
    )

    assert response.status_code == 200
    assert b'id="preview"' in response.content
    assert response.headers["HX-Replace-Url"] == url("new_conditions", **BOX, no="directory")


def test_each_page_has_one_heading_and_says_where_one_is(client):
    catalogue()

    for number, page in enumerate(PAGES, start=1):
        html = client.get(url(page, **BOX)).content.decode()
        assert html.count("<h1") == 1
        assert html.count('class="button"') == 1
        assert (f"{number}" in html.split("</h1>")[0].split('class="step')[1]) or number == 5


# Bad input


def test_going_on_without_an_answer_asks_again(client):
    catalogue()

    for page, box in (
        ("new", {}),
        ("new_mode", {"release": "appliance-2"}),
        ("new_installed_with", {"release": "appliance-2", "mode": "proxy"}),
    ):
        response = client.get(url(page, **box, **{"continue": 1}))
        assert response.status_code == 400
        assert response.context["problem"]


@pytest.mark.parametrize(
    ("wrong", "page"),
    [
        ({"release": "nothing"}, "new"),
        ({"release": "\x00"}, "new"),
        ({"release": "x" * 5000}, "new"),
        ({"release": ["appliance-1", "appliance-2"]}, "new"),
        ({"mode": "elsewhere"}, "new_mode"),
        ({"mode": "<script>"}, "new_mode"),
        ({"installed_with": "nothing"}, "new_installed_with"),
        ({"release": "appliance-1", "installed_with": "appliance-2"}, "new_installed_with"),
        ({"yes": "nothing"}, "new_conditions"),
        ({"yes": "directory", "no": "directory"}, "new_conditions"),
        ({"condition-directory": "perhaps"}, "new_conditions"),
        ({"yes": "\u202e\x00" * 100}, "new_conditions"),
    ],
)
def test_a_faulty_address_leads_to_its_question_with_a_message(client, wrong, page):
    catalogue()

    for start in ("new_check", page):
        response = client.get(url(start, **(BOX | wrong)), follow=True)
        assert response.request["PATH_INFO"] == reverse(f"checklists:{page}")
        assert response.status_code == 400
        assert response.context["problem"] in response.content.decode().replace("&quot;", '"')


def test_bytes_that_are_no_text_lead_to_the_question(client):
    catalogue()

    response = client.get(reverse("checklists:new_mode") + "?release=%ED%A0%80%FF", follow=True)

    assert response.status_code == 400
    assert response.request["PATH_INFO"] == reverse("checklists:new")


def test_a_missing_answer_leads_to_its_question_without_reproach(client):
    catalogue()

    response = client.get(url("new_check", release="appliance-2"), follow=True)

    assert response.request["PATH_INFO"] == reverse("checklists:new_mode")
    assert response.status_code == 200


@pytest.mark.parametrize("page", PAGES)
def test_questions_are_only_read(client, page):
    assert client.post(url(page)).status_code == 405


# Who may


def test_the_preview_asks_for_a_login_when_the_catalogue_does(client, settings):
    catalogue()
    settings.CATALOGUE_LOGIN_REQUIRED = True

    for page in PAGES:
        address = url(page, **BOX)
        response = client.get(address)
        assert response.url == f"{reverse('login')}?{urlencode({'next': address})}".replace(
            "%2F", "/"
        )
    client.force_login(person("vic", Role.READER))
    assert client.get(url("new")).status_code == 200


def test_a_stranger_is_sent_to_log_in_and_back(client):
    catalogue()
    address = url("new_check", **BOX)

    html = client.get(address).content.decode()

    assert f"{reverse('login')}?{urlencode({'next': address})}" in html
    assert reverse("checklists:new_save") not in html


def test_only_engineers_save(client):
    catalogue()
    client.force_login(person("vic", Role.READER))

    assert (
        reverse("checklists:new_save") not in client.get(url("new_check", **BOX)).content.decode()
    )
    assert client.get(url("new_save", **BOX)).status_code == 403
    assert client.post(url("new_save", **BOX), form_data()).status_code == 403
    assert not Checklist.objects.exists()


def test_nobody_saves_without_a_login(client):
    catalogue()

    response = client.post(url("new_save", **BOX), form_data())

    assert response.status_code == 302
    assert response.url.startswith(reverse("login"))
    assert not Rollout.objects.exists()


# Saving


@pytest.fixture
def engineer(client):
    catalogue()
    user = omar()
    client.force_login(user)
    return user


def test_an_engineer_saves_into_a_new_rollout(client, engineer):
    reviewer = ines()

    response = client.post(
        url("new_save", **BOX, yes="directory"),
        form_data(members=[reviewer.pk], without_reviewer=None),
    )

    checklist = Checklist.objects.get()
    assert response.url == checklist.get_absolute_url()
    assert (checklist.pk, checklist.host, checklist.mode_detail) == (
        op("wizard"),
        "proxy-01",
        "WCCP",
    )
    assert checklist.rollout.pk == op("wizard rollout")
    assert set(checklist.rollout.members.all()) == {engineer, reviewer}
    assert dict(checklist.answers.values_list("question", "value")) == {
        "mode": "proxy",
        "installed_with": "appliance-1",
        "condition:directory": "yes",
    }


def test_an_engineer_saves_into_a_rollout_of_theirs(client, engineer):
    rollout = make_rollout(engineer, ines())

    client.post(
        url("new_save", **BOX),
        form_data(
            rollout=str(rollout.pk), customer="", project="", number="", without_reviewer=None
        ),
    )

    assert Checklist.objects.get().rollout == rollout
    assert Rollout.objects.count() == 1


def test_a_product_without_modes_saves_without_one(client, engineer):
    Product.objects.get().modes.clear()

    client.post(url("new_save", release="appliance-2", installed_with="unknown"), form_data())

    assert Checklist.objects.get().answers.filter(question="mode").count() == 0


def test_what_is_typed_stands_in_no_address(client, engineer):
    html = client.get(url("new_save", **BOX)).content.decode()

    assert '<form method="post" action="' + url("new_save", **BOX).replace("&", "&amp;") in html


def test_a_second_click_finds_the_first_checklist(client, engineer):
    first = client.post(url("new_save", **BOX), form_data())
    second = client.post(url("new_save", **BOX), form_data())

    assert first.url == second.url
    assert Checklist.objects.count() == Rollout.objects.count() == 1


def test_the_same_form_with_another_host_says_that_it_was_saved(client, engineer):
    client.post(url("new_save", **BOX), form_data())

    response = client.post(url("new_save", **BOX), form_data(host="proxy-02"))

    assert response.status_code == 400
    assert Checklist.objects.get().host == "proxy-01"
    again = {
        name: response.context["form"][name].value()
        for name in ("id", "rollout_id", "host", "mode_detail", "rollout")
    }
    client.post(url("new_save", **BOX), again | {"without_reviewer": "on"})
    assert set(Checklist.objects.values_list("host", flat=True)) == {"proxy-01", "proxy-02"}
    assert Rollout.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"host": ""}, "host"),
        ({"host": "   "}, "host"),
        ({"host": "x" * 201}, "host"),
        ({"host": "a\x00b"}, "host"),
        ({"mode_detail": "x" * 201}, "mode_detail"),
        ({"customer": ""}, "customer"),
        ({"project": ""}, "project"),
        ({"number": "9" * 81}, "number"),
        ({"rollout": "6a0f8a6e-5f9c-4a53-9a55-1f6a3c1d7b10"}, "rollout"),
        ({"rollout": ""}, "rollout"),
        ({"members": ["999999"]}, "members"),
        ({"members": ["9" * 23]}, "members"),
        ({"members": ["x"]}, "members"),
        ({"id": "nothing"}, "id"),
        ({"id": None}, "id"),
        ({"rollout_id": "nothing"}, "rollout_id"),
        ({"without_reviewer": None}, "without_reviewer"),
    ],
)
def test_a_faulty_form_says_what_to_do_and_saves_nothing(client, engineer, changes, field):
    response = client.post(url("new_save", **BOX), form_data(**changes))

    assert response.status_code == 400
    assert field in response.context["form"].errors
    assert not Checklist.objects.exists()
    assert not Rollout.objects.exists()


def test_hostile_text_is_kept_and_escaped(client, engineer):
    host = "<b>x</b>\u202e😀'\"=1+1"

    client.post(url("new_save", **BOX), form_data(host=host))
    response = client.post(url("new_save", **BOX), form_data(host=host + "!"))

    assert Checklist.objects.get().host == host
    assert b"<b>x</b>" not in response.content


@pytest.mark.parametrize(
    "wrong",
    [
        {"release": "nothing"},
        {"mode": "elsewhere"},
        {"mode": ""},
        {"installed_with": "nothing"},
        {"yes": "directory", "no": "directory"},
        {"predecessor": "nothing"},
        {"predecessor": "6a0f8a6e-5f9c-4a53-9a55-1f6a3c1d7b10"},
    ],
)
def test_answers_are_checked_again_when_saving_and_the_form_is_kept(client, engineer, wrong):
    response = client.post(url("new_save", **(BOX | wrong)), form_data())

    assert response.status_code == 400
    assert response.context["form"].non_field_errors()
    assert response.context["form"]["host"].value() == "proxy-01"
    assert not Checklist.objects.exists()


def test_a_strangers_rollout_is_not_offered(client, engineer):
    other = person("mara", Role.ENGINEER)
    rollout = make_rollout(other)

    assert str(rollout.pk) not in client.get(url("new_save", **BOX)).content.decode()
    response = client.post(url("new_save", **BOX), form_data(rollout=str(rollout.pk)))

    assert "rollout" in response.context["form"].errors


def test_somebody_elses_id_makes_nothing(client, engineer):
    other = person("mara", Role.ENGINEER)
    make_rollout(other, name="wizard rollout")

    response = client.post(url("new_save", **BOX), form_data())

    assert response.status_code == 400
    assert not Checklist.objects.exists()


def test_when_the_checklist_is_refused_no_rollout_is_left(client, engineer):
    make = person("mara", Role.ENGINEER)
    rollout = make_rollout(make)
    Checklist.objects.create(
        id=op("wizard"),
        rollout=rollout,
        host="x",
        frozen={},
        created_by=make,
        created_at=rollout.created_at,
    )

    response = client.post(url("new_save", **BOX), form_data())

    assert response.status_code == 400
    assert Rollout.objects.count() == 1


def test_without_anybody_who_may_review_the_form_says_so_at_once(client, engineer):
    assert client.get(url("new_save", **BOX)).context["form"].warns

    ines()

    assert not client.get(url("new_save", **BOX)).context["form"].warns


def test_a_rollout_without_a_reviewer_needs_a_tick(client, engineer):
    rollout = make_rollout(engineer, person("vic", Role.READER))
    data = form_data(rollout=str(rollout.pk), without_reviewer=None)

    refused = client.post(url("new_save", **BOX), data)
    saved = client.post(url("new_save", **BOX), data | {"without_reviewer": "on"})

    assert refused.context["form"].warns
    assert saved.status_code == 302


def test_an_engineer_who_also_reviews_is_not_another_person(client, engineer):
    client.force_login(person("kim", Role.ENGINEER, Role.REVIEWER))

    response = client.post(url("new_save", **BOX), form_data(without_reviewer=None))

    assert "without_reviewer" in response.context["form"].errors


def test_where_one_may_review_ones_own_no_reviewer_is_missed(client, engineer, settings):
    settings.ALLOW_SELF_REVIEW = True

    assert not client.get(url("new_save", **BOX)).context["form"].warns
    response = client.post(url("new_save", **BOX), form_data(without_reviewer=None))

    assert response.status_code == 302


def test_only_active_people_with_a_role_can_become_members(client, engineer):
    ines()
    person("nobody")
    person("gone", Role.REVIEWER, is_active=False)

    field = client.get(url("new_save", **BOX)).context["form"].fields["members"]

    assert [user.username for user in field.queryset] == ["ines"]


def test_a_new_checklist_starts_from_an_earlier_one(client):
    scene = Scene("worked")
    client.force_login(scene.omar)
    address = url("new_save", **BOX, predecessor=str(scene.id))

    form = client.get(address).context["form"]
    client.post(address, form_data(rollout=str(scene.rollout.pk)))

    assert form["host"].value() == scene.checklist.host
    assert form["rollout"].value() == str(scene.rollout.pk)
    assert Checklist.objects.get(pk=op("wizard")).predecessor == scene.checklist


def test_an_earlier_checklist_of_strangers_is_left_out_with_a_word(client):
    scene = Scene()
    client.force_login(person("mara", Role.ENGINEER))

    response = client.get(url("new_save", **BOX, predecessor=str(scene.id)), follow=True)

    assert response.redirect_chain[0][0] == url("new_save", **BOX)
    assert [message.level_tag for message in response.context["messages"]] == ["warning"]
    assert scene.checklist.host not in response.content.decode()


@pytest.mark.parametrize("method", ["put", "delete"])
def test_the_form_is_read_or_posted(client, engineer, method):
    assert getattr(client, method)(url("new_save", **BOX)).status_code == 405


# Queries


@pytest.mark.parametrize(
    ("page", "queries"),
    [
        ("new", 12),
        ("new_mode", 11),
        ("new_installed_with", 12),
        ("new_conditions", 11),
        ("new_check", 11),
    ],
)
def test_a_page_asks_the_database_a_fixed_number_of_times(
    client, django_assert_num_queries, page, queries
):
    catalogue()

    with django_assert_num_queries(queries):
        client.get(url(page, **BOX, yes="directory"))


def test_the_form_asks_the_database_a_fixed_number_of_times(
    client, engineer, django_assert_num_queries
):
    for name in ("ines", "mara", "vic"):
        person(name, Role.REVIEWER)

    with django_assert_num_queries(14):
        client.get(url("new_save", **BOX))


# In a browser


@pytest.mark.e2e
def test_each_choice_refreshes_the_preview_and_a_reload_keeps_it(page, committed_db):
    catalogue()
    page.goto(url("new_mode", release="appliance-2"))
    required = page.locator("#preview .tally b").first
    expect(required).to_have_text("2")

    page.get_by_role("radio", name="ブリッジ").check()
    page.wait_for_url("**mode=bridge**")

    expect(required).to_have_text("3")
    expect(page.locator("#preview-status")).to_contain_text("3")
    page.reload()
    assert page.get_by_role("radio", name="ブリッジ").is_checked()
    expect(required).to_have_text("3")


@pytest.mark.e2e
def test_the_fields_of_a_new_rollout_show_only_while_one_is_chosen(page, committed_db, login_as):
    catalogue()
    user = omar()
    rollout = make_rollout(user, ines())
    login_as(page, user)
    page.goto(url("new_save", **BOX))

    assert page.locator("[name=customer]").is_hidden()
    page.locator("[name=rollout]").select_option("new")
    assert page.locator("[name=customer]").is_visible()
    page.locator("[name=rollout]").select_option(str(rollout.pk))
    assert page.locator("[name=customer]").is_hidden()
