"""Every address can be reached: some page, script or mail leads to it."""

import re
from pathlib import Path

from advisories.urls import urlpatterns as of_the_catalogue
from checklists.urls import urlpatterns as of_the_checklists
from portal.urls import urlpatterns as of_the_portal

ROOT = Path(__file__).parent.parent
# Name -> who comes there without being led by a page.
NOT_LED_TO = {
    "checklists:link_in_short": "a mail program that cuts the last character of an address",
    "checklists:schema": "a program that reads an exported JSON, which names it",
    "health": "whatever watches the server",
}


def named():
    """The names of all addresses but the admin's."""
    groups = {"": of_the_portal, "advisories:": of_the_catalogue, "checklists:": of_the_checklists}
    for prefix, patterns in groups.items():
        yield from (prefix + p.name for p in patterns if getattr(p, "name", None))


def leading():
    """The names that a template, or code which makes addresses for one, writes out. A view that
    redirects somewhere leads nobody there who did not already act."""
    for path in (ROOT / "templates").rglob("*.*"):
        yield from re.findall(r"{% url ['\"]([\w:]+)['\"]", path.read_text(encoding="utf-8"))
    for app in ("portal", "advisories", "checklists"):
        for path in (ROOT / app).rglob("*.py"):
            code = re.sub(r"redirect\([^)]*\)", "", path.read_text(encoding="utf-8"))
            yield from re.findall(r"\"((?:checklists|advisories):\w+)\"", code)
            yield from re.findall(r"reverse\(\"(\w+)\"", code)


def test_something_leads_to_every_address():
    assert set(named()) - set(leading()) == set(NOT_LED_TO)


def test_what_is_led_to_is_there():
    assert {name for name in leading() if not name.startswith("admin:")} <= set(named())
