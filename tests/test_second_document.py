"""Another vendor's document fits without a migration: no severities, modes for one product of
three, links that belong to one product, texts without English. And it stays by itself."""

import csv
import io
import json
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import translation

from advisories.loading import load
from advisories.models import Advisory
from portal.roles import Role
from tests.factory import load_fixture_catalogue
from tests.support.pages import client_of
from tests.support.rollouts import make_checklist, make_rollout, omar, op, person

pytestmark = pytest.mark.django_db
FILE = Path(__file__).parent / "data" / "second-catalogue.json"
OWN = {"MG-001", "MG-002", "MG-003", "MG-004"}
# Release -> (mode, reason of each advisory).
BOXES = {
    "mailguard-console-8": (
        None,
        {
            "MG-001": "affected",
            "MG-002": "unnamed",
            "MG-003": "condition_open",
            "MG-004": "product",
        },
    ),
    "mailguard-agent-9.1": (
        "linux",
        {
            "MG-001": "affected",
            "MG-002": "fixed",
            "MG-003": "unnamed",
            "MG-004": "unnamed",
        },
    ),
    "mailguard-relay-3": (
        None,
        {
            "MG-001": "affected",
            "MG-002": "unnamed",
            "MG-003": "unnamed",
            "MG-004": "unnamed",
        },
    ),
}


@pytest.fixture(autouse=True)
def both_documents():
    load_fixture_catalogue()
    load(FILE)


def evaluation(release, mode, capsys):
    call_command("evaluate", *filter(None, [release, mode]), "--format", "json")
    return json.loads(capsys.readouterr().out)


def a_box(release, by):
    mode, _reasons = BOXES[release]
    rollout = make_rollout(by, name=release)
    return make_checklist(
        rollout, by, name=f"box {release}", release=release, mode=mode, installed_with=release
    )


def test_it_loads_beside_the_first_and_changes_nothing_of_it():
    assert Advisory.objects.published().count() == 36
    assert not load_fixture_catalogue().has_news
    assert not load(FILE).has_news


# The catalogue's pages


def test_the_list_has_the_advisories_of_both_until_a_release_is_chosen(client):
    all_of_them = client.get(reverse("advisories:advisory_list"))
    of_one = client.get(reverse("advisories:advisory_list"), {"release": "mailguard-console-8"})

    assert len(all_of_them.context["rows"]) == 36
    assert {row.tracking_id for row in of_one.context["rows"]} == OWN


def test_an_advisory_without_a_severity_can_be_asked_for(client):
    answer = client.get(reverse("advisories:advisory_list"), {"severity": "none"})

    assert {row.tracking_id for row in answer.context["rows"]} == OWN


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("name", sorted(OWN))
def test_every_advisory_has_its_page(client, name, language):
    client.cookies["django_language"] = language
    advisory = Advisory.objects.get(tracking_id=name)

    page = client.get(advisory.get_absolute_url())

    with translation.override(language):
        assert page.status_code == 200
        assert advisory.title in page.content.decode()


def test_a_link_that_belongs_to_one_product_says_so(client):
    client.cookies["django_language"] = "en"

    page = client.get(Advisory.objects.get(tracking_id="MG-001").get_absolute_url())

    assert "MG Console only" in page.content.decode()
    assert "KB-102" in page.content.decode()


# Evaluating


@pytest.mark.parametrize("release", BOXES)
def test_each_advisory_of_the_document_gets_its_reason_and_no_other_takes_part(release, capsys):
    mode, reasons = BOXES[release]

    found = evaluation(release, mode, capsys)

    assert {item["tracking_id"]: item["reason"] for item in found["items"]} == reasons
    assert {item["severity"] for item in found["items"]} == {None}
    assert sum(found["counts"].values()) == 4
    assert found["mode"] == mode


def test_a_box_sees_the_links_of_its_own_product_and_those_of_all(capsys):
    found = evaluation("mailguard-agent-9", "windows", capsys)

    first = next(item for item in found["items"] if item["tracking_id"] == "MG-001")
    assert first["references"] == ["KB-101", "KB-102"]


def test_a_box_of_the_first_document_sees_none_of_the_second(capsys):
    found = evaluation("iwsva-6.5-sp2", "forward-proxy", capsys)

    assert len(found["items"]) == 32
    assert not OWN & {item["tracking_id"] for item in found["items"]}


# The wizard


def step(page, **query):
    return Client().get(reverse(f"checklists:{page}"), query)


def test_the_wizard_asks_a_product_without_modes_for_none():
    page = step("new_mode", release="mailguard-console-8")

    assert page.status_code == 302
    assert "mode" not in page.url.removeprefix("/checklists/new/")


def test_the_wizard_offers_the_modes_of_this_vendor_only():
    page = step("new_mode", release="mailguard-agent-9").content.decode()

    assert "Windows 版" in page and "Linux 版" in page
    assert "リバースプロキシ" not in page


@pytest.mark.parametrize("release", BOXES)
def test_the_wizard_comes_to_the_check_page(release):
    mode, reasons = BOXES[release]
    query = {"release": release, "installed_with": release} | ({"mode": mode} if mode else {})

    page = step("new_check", **query)

    assert page.status_code == 200
    preview = page.context["sheet"].preview
    assert sum(len(rows) for _verdict, rows in preview.groups) == len(reasons)


# Checklists and their files


@pytest.mark.parametrize("release", BOXES)
def test_a_checklist_holds_its_document_and_nothing_else(release):
    checklist = a_box(release, omar())

    reasons = dict(checklist.items.values_list("tracking_id", "reason"))
    assert reasons == BOXES[release][1]
    assert [d["slug"] for d in checklist.frozen["documents"]] == ["mailguard-operation-notes"]
    assert checklist.frozen["documents"][0]["version"] == "2026-09"


def test_a_checklist_of_the_first_document_holds_none_of_the_second():
    by = omar()
    rollout = make_rollout(by)

    checklist = make_checklist(
        rollout,
        by,
        release="iwsva-6.5-sp3",
        mode="forward-proxy",
        installed_with="iwsva-6.5-sp3",
    )

    assert checklist.items.count() == 32
    assert not OWN & set(checklist.items.values_list("tracking_id", flat=True))
    assert [d["slug"] for d in checklist.frozen["documents"]] == ["iws-deployment-supplement"]


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("release", BOXES)
def test_the_page_and_the_csv_show_every_row(release, language):
    by = omar()
    checklist = a_box(release, by)
    browser = client_of(by, language=language)

    page = browser.get(checklist.get_absolute_url())
    table = browser.get(reverse("checklists:export", args=[checklist.pk, "csv"]))

    assert page.status_code == 200
    rows = list(csv.reader(io.StringIO(table.content.decode("utf-8-sig"))))
    text = page.content.decode() + table.content.decode()
    assert all(name in text for name in OWN)
    assert len([row for row in rows if OWN & set(row)]) == 4


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_pdf_shows_every_row_and_the_document(language, pdf_text):
    by = omar()
    checklist = a_box("mailguard-console-8", by)
    browser = client_of(by, language=language)

    answer = browser.get(
        reverse("checklists:export", args=[checklist.pk, "pdf"]), {"language": language}
    )

    text = "".join(pdf_text(answer.content).split())
    assert answer["Content-Type"] == "application/pdf"
    with translation.override(language):
        titles = [a.title for a in Advisory.objects.filter(tracking_id__in=OWN)]
    assert all("".join(title.split()) in text for title in titles)
    assert "MailGuard" in text
    assert "InterScan" not in text


def test_an_engineer_saves_a_box_without_modes_from_the_wizard():
    by = person("omar", Role.ENGINEER)
    browser = client_of(by)
    box = urlencode({"release": "mailguard-console-9", "installed_with": "mailguard-console-8"})

    answer = browser.post(
        f"{reverse('checklists:new_save')}?{box}",
        {
            "id": str(op("second")),
            "rollout_id": str(op("second rollout")),
            "host": "mg-01",
            "mode_detail": "",
            "rollout": "new",
            "customer": "顧客株式会社",
            "project": "更改",
            "number": "P-2",
            "without_reviewer": "on",
        },
    )

    assert answer.status_code == 302
    # Upgraded from 8: the fix of release 9 reaches new installations only.
    found = by.rollouts.get().checklists.get().items.get(tracking_id="MG-003")
    assert found.reason == "condition_open"
