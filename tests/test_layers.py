"""Who may import whom (design section 2). Rules never see a request; formats never see views."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
APPS = ("portal", "advisories", "checklists")
# What every app may use of `portal`, which wires the others together.
LEAVES = ("portal.models", "portal.roles", "portal.identity", "portal.admin_fields")
# Pure rules: values in, values out. Labels may be translated, nothing else of Django.
PURE = {
    "advisories.applicability": ("django.db.models", "django.utils.translation"),
    "advisories.texts": ("django.utils.translation",),
    "advisories.cells": (),
    "advisories.searching": (),
    "advisories.changed_words": (),
    "advisories.note_words": ("django.utils.translation",),
    "checklists.undone": (
        "django.db.models",
        "django.utils.translation",
        "advisories.applicability",
    ),
    "checklists.moves": ("django.db.models", "django.utils.translation"),
    "checklists.differences": ("django.utils.functional", "django.utils.translation"),
    # Kinds and outcomes, and what it hashes; how it is hashed, as who has no portal verifies it.
    "checklists.chain": (
        "django.utils.translation",
        "checklists.models.Event",
        "checklists.handover.verify",
    ),
    "checklists.handover.verify": (),
}


def modules():
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts:
                parts = path.relative_to(ROOT).with_suffix("").parts
                yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def imports_of(name, path):
    """Full names of everything a module imports, wherever in the file; relative ones resolved."""
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            found |= {f"{module}.{alias.name}" for alias in node.names}
    return found


MODULES = {name: imports_of(name, path) for name, path in modules()}


def under(name, *packages):
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def layer(name):
    """ "views", "forms" ... of a module in an app, however deep its package is."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 and parts[0] in APPS else ""


def offenders(importers, forbidden):
    return [
        f"{name} imports {imported}"
        for name, imports in MODULES.items()
        if importers(name)
        for imported in sorted(imports)
        if forbidden(name, imported)
    ]


def test_the_walk_sees_the_imports_it_is_about():
    assert any(under(i, "advisories.models") for i in MODULES["advisories.actions"])
    assert any(under(i, "checklists.models") for i in MODULES["checklists.actions.creation"])
    assert imports_of("a.b.c", ROOT / "manage.py") >= {"os"}


def test_relative_imports_are_resolved(tmp_path):
    module = tmp_path / "module.py"
    module.write_text("from . import sheet\nfrom ..views import page\nimport os.path\n")

    assert imports_of("checklists.handover.module", module) == {
        "checklists.handover.sheet",
        "checklists.views.page",
        "os.path",
    }


def test_advisories_know_nothing_of_checklists():
    assert not offenders(
        lambda name: under(name, "advisories"), lambda _name, i: under(i, "checklists")
    )


def test_apps_use_only_the_leaves_of_the_portal():
    assert not offenders(
        lambda name: not under(name, "portal"),
        lambda _name, i: under(i, "portal") and not under(i, *LEAVES),
    )


def test_the_leaves_of_the_portal_import_no_app():
    assert not offenders(
        lambda name: name in LEAVES, lambda _name, i: under(i, "advisories", "checklists")
    )


def test_handover_is_used_by_views_and_never_uses_them():
    assert not offenders(
        lambda name: under(name, "checklists.handover"),
        lambda _name, i: (
            layer(i) in ("views", "forms", "urls", "admin") or layer(i).endswith("_forms")
        ),
    )


def test_only_urls_import_views_and_only_the_portal_those_of_other_apps():
    assert not offenders(
        lambda name: not name.endswith(".urls") and layer(name) != "views",
        lambda _name, i: layer(i) == "views",
    )
    assert not offenders(
        lambda name: not under(name, "portal.urls"),
        lambda name, i: layer(i) == "views" and i.split(".")[0] != name.split(".")[0],
    )


def test_rules_and_writers_never_see_a_request():
    seen = ("django.http", "django.shortcuts", "django.views", "django.contrib.messages")
    rules = ("applicability", "querysets", "actions", "content", "models", "loading")
    rules += ("deployments", "evaluation", "verdict_rows", "freezing", "chain", "readiness")
    rules += ("proposals", "import_actions", "writing", "notes", "note_actions", "pictures")
    rules += ("indexing", "facets", "grid", "comparison", "side_by_side", "reading", "exporting")
    rules += ("moves", "differences", "offers", "touched")

    assert not offenders(
        lambda name: (
            (layer(name) in rules or name == "checklists.wizard.rules")
            and not under(name, "portal")
        ),
        lambda _name, i: under(i, *seen) or layer(i) in ("views", "forms", "urls", "admin"),
    )


@pytest.mark.parametrize("name", PURE)
def test_pure_modules_touch_no_rows(name):
    allowed = PURE[name]

    touched = [
        imported
        for imported in MODULES[name]
        if under(imported, "django", *APPS)
        and not under(imported, *allowed)
        and not under(imported, *(pure for pure in PURE))
    ]

    assert not touched
