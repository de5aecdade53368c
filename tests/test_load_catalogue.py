"""`load_catalogue`: idempotent, whole or not at all, and never over work done in the portal."""

import json
from collections import Counter
from copy import deepcopy
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from advisories import catalogue_file
from advisories.actions import publish, withdraw
from advisories.catalogue_file import FaultyFile, read
from advisories.loading import load
from advisories.models import (
    Advisory,
    AdvisoryRevision,
    AffectedProduct,
    Category,
    Condition,
    DocumentRevision,
    Mode,
    Product,
    Reference,
    Release,
    SourceDocument,
    Topic,
)
from tests.factory import CATALOGUE_FILE

BOTH = {"iwsva", "iwss"}


def text(words):
    return {"ja": f"{words} (和)", "en": words}


def small_file():
    """A file in which every optional key is used: two products, two advisories."""
    return {
        "source": {
            "slug": "guide",
            "publisher": "Vendor",
            "title": text("Guide"),
            "revisions": [
                {"version": "1.0", "date": "2026-01-05", "note": text("First")},
                {"version": "1.1", "date": "2026-02-05", "note": None},
            ],
            "products": ["gateway", "mail"],
        },
        "products": [
            {
                "slug": "gateway",
                "short_name": "GW",
                "name": "Gateway",
                "modes": ["proxy", "bridge"],
                "modes_note": text("No cluster"),
            },
            {"slug": "mail", "short_name": "ML", "name": "Mail", "modes": []},
        ],
        "releases": [
            {"product": "gateway", "slug": "gateway-1", "rank": 10, "label": text("1.0")},
            {
                "product": "gateway",
                "slug": "gateway-2",
                "rank": 20,
                "label": text("2.0"),
                "in_source": False,
                "end_of_support": "2027-03-31",
                "end_of_support_source": "Life cycle page",
            },
            {"product": "mail", "slug": "mail-1", "rank": 10, "label": text("1.0")},
        ],
        "modes": [
            {"slug": "proxy", "name": text("Proxy"), "note": text("With WCCP")},
            {"slug": "bridge", "name": text("Bridge")},
        ],
        "categories": [{"slug": "tuning", "name": text("Tuning")}],
        "topics": [{"slug": "network", "name": text("Network")}],
        "conditions": [{"slug": "snmp", "name": text("SNMP is used"), "hint": text("Admin")}],
        "severities": [{"slug": "high", "name": text("High")}],
        "fix_scopes": [{"slug": "all_installs", "name": text("All")}],
        "fix_kinds": [{"slug": "reworked", "name": text("Reworked")}],
        "bases": [{"slug": "named", "name": text("Named")}],
        "synonyms": [["slow", "sluggish"]],
        "advisories": [
            {
                "tracking_id": "G-1",
                "position": 1,
                "provenance": {"revision": "1.0", "table": 1, "row": 4},
                "references": [
                    {
                        "product": "gateway",
                        "number": "0012",
                        "url": "https://example.com/0012",
                        "successor": "KA-7",
                        "successor_url": "https://example.com/ka-7",
                    }
                ],
                "category": "tuning",
                "topics": ["network"],
                "severity": "high",
                "modes": ["proxy"],
                "conditions": ["snmp"],
                "affected": [
                    {
                        "product": "gateway",
                        "status": "affected",
                        "basis": "named",
                        "fixed_in": "gateway-2",
                        "fix_scope": "new_installs",
                        "fix_kind": "reworked",
                        "fix_note": text("Reworked"),
                    },
                    {"product": "mail", "status": "under_investigation"},
                ],
                "title": text("Title 1"),
                "summary": text("Summary 1"),
                "action": text("Action 1"),
                "check": text("Check 1"),
                "impact": text("Impact 1"),
                "phase": "build",
                "acts": "network",
            },
            {
                "tracking_id": "G-2",
                "category": "tuning",
                "affected": [{"product": "mail", "status": "affected"}],
                "title": text("Title 2"),
                "summary": text("Summary 2"),
                "action": text("Action 2"),
            },
        ],
    }


def as_bytes(document):
    return json.dumps(document, ensure_ascii=False).encode()


def edited(**changes):
    """The small file with values at places, written as advisories__0__title__ja."""
    document = small_file()
    for place, value in changes.items():
        put(document, [int(s) if s.isdigit() else s for s in place.split("__")], value)
    return document


def put(document, path, value):
    for step in path[:-1]:
        document = document[step]
    document[path[-1]] = value


def load_small(take=(), **changes):
    return load(as_bytes(edited(**changes)), take=take)


def edit_here(tracking_id, title):
    """Edit an advisory in the portal, as an editor does."""
    advisory = Advisory.objects.get(tracking_id=tracking_id)
    advisory.title_en = title
    advisory.save()
    publish(advisory=advisory, note="edited", by=None)


def stored():
    """Every row of the catalogue, with what it points at."""
    return {
        model._meta.label: list(model.objects.order_by("pk").values())
        for model in apps.get_app_config("advisories").get_models(include_auto_created=True)
    }


def revisions(tracking_id):
    found = AdvisoryRevision.objects.filter(advisory__tracking_id=tracking_id).order_by("number")
    return [(revision.number, revision.step, revision.origin) for revision in found]


# The file that the portal brings


@pytest.fixture(autouse=True)
def english():
    """Faults speak the reader's language; these are read as the command prints them."""
    with translation.override("en"):
        yield


@pytest.fixture(scope="module")
def catalogue():
    return json.loads(CATALOGUE_FILE.read_text(encoding="utf-8"))


def rows_where(catalogue, holds):
    """(row of the document, product) of which it holds."""
    return {
        (advisory["position"], row["product"])
        for advisory in catalogue["advisories"]
        for row in advisory["affected"]
        if holds(row)
    }


def test_the_catalogue_keeps_to_its_schema():
    assert read(CATALOGUE_FILE)["source"]["slug"] == "iws-deployment-supplement"


def test_the_catalogue_has_32_rows_with_34_numbers(catalogue):
    numbers = [r["number"] for a in catalogue["advisories"] for r in a["references"]]

    assert [a["position"] for a in catalogue["advisories"]] == list(range(1, 33))
    assert len(set(numbers)) == len(numbers) == 34


def test_the_catalogue_has_the_lists_it_should_have(catalogue):
    assert [p["slug"] for p in catalogue["products"]] == ["iwsva", "iwss"]
    assert len(catalogue["releases"]) == 6
    assert sum(not release["in_source"] for release in catalogue["releases"]) == 2
    assert len(catalogue["modes"]) == 4
    assert len(catalogue["topics"]) == 7
    assert len(catalogue["conditions"]) == 12
    assert [r["version"] for r in catalogue["source"]["revisions"]] == ["1.0", "1.1", "1.2", "1.3"]


def test_severities_and_categories_are_those_of_the_document(catalogue):
    pairs = Counter((a["category"], a["severity"]) for a in catalogue["advisories"])

    assert pairs == {
        ("behaviour", "high"): 7,
        ("behaviour", "medium"): 7,
        ("behaviour", "low"): 5,
        ("troubleshooting", "high"): 6,
        ("troubleshooting", "medium"): 1,
        ("troubleshooting", "low"): 2,
        ("tuning", "high"): 4,
    }
    assert Counter(a["severity"] for a in catalogue["advisories"]) == {
        "high": 17,
        "medium": 8,
        "low": 7,
    }
    assert Counter(a["category"] for a in catalogue["advisories"]) == {
        "behaviour": 19,
        "tuning": 4,
        "troubleshooting": 9,
    }


def test_topics_occur_as_often_as_in_the_document(catalogue):
    assert Counter(topic for a in catalogue["advisories"] for topic in a["topics"]) == {
        "performance": 8,
        "settings": 7,
        "scanning": 6,
        "notifications": 5,
        "network": 4,
        "other": 4,
        "certificates": 3,
    }
    assert [a["position"] for a in catalogue["advisories"] if len(a["topics"]) == 2] == [
        5,
        20,
        30,
        31,
        32,
    ]


def test_modes_are_ticked_as_in_the_document(catalogue):
    letters = {"forward-proxy": "F", "icap": "I", "reverse-proxy": "R", "transparent-bridge": "B"}
    ticks = Counter(mode for a in catalogue["advisories"] for mode in a["modes"])
    sets = {}
    for advisory in catalogue["advisories"]:
        key = "".join(letter for mode, letter in letters.items() if mode in advisory["modes"])
        sets.setdefault(key, []).append(advisory["position"])

    assert ticks == {
        "forward-proxy": 29,
        "icap": 21,
        "reverse-proxy": 21,
        "transparent-bridge": 23,
    }
    assert len(sets.pop("FIRB")) == 17
    assert sets == {
        "F": [1, 3, 5, 27],
        "FB": [6, 9, 10, 19],
        "FIB": [7, 18],
        "R": [21, 22],
        "FR": [2],
        "FIR": [4],
        "I": [20],
    }


def test_fixes_are_those_of_the_document(catalogue):
    everywhere = {4, 5, 6, 7, 11, 12, 21, 22, 28, 32}

    fixed = rows_where(catalogue, lambda row: "fixed_in" in row)
    for_new = rows_where(catalogue, lambda row: row.get("fix_scope") == "new_installs")

    assert {position for position, product in fixed if product == "iwss"} == everywhere
    assert {position for position, product in fixed if product == "iwsva"} == everywhere | {27, 29}
    assert for_new == {(5, "iwss"), (21, "iwss")}
    assert {
        row["fixed_in"]
        for advisory in catalogue["advisories"]
        for row in advisory["affected"]
        if "fixed_in" in row
    } == {"iwsva-6.5-sp3", "iwss-6.5-linux-patch-3"}


@pytest.mark.parametrize(
    ("kinds", "positions"),
    [
        ({"default_changed"}, {4, 5, 11, 12, 22, 28, 29}),
        ({"workaround_built_in"}, {21, 27}),
        ({"reworked", "feature_removed"}, {6, 7, 32}),
    ],
)
def test_kinds_of_fixes_are_as_the_document_was_read(catalogue, kinds, positions):
    found = rows_where(catalogue, lambda row: row.get("fix_kind") in kinds)

    assert {position for position, _product in found} == positions


def test_every_row_speaks_of_both_products(catalogue):
    for advisory in catalogue["advisories"]:
        assert {row["product"] for row in advisory["affected"]} == BOTH


def test_what_the_document_says_of_one_product_is_open_for_the_other_and_never_a_no(catalogue):
    """Rows whose text names IWSVA only; the Q&A of 12, 20 and 24 covers IWSS too."""
    not_named = rows_where(catalogue, lambda row: row.get("basis") == "not_named")
    by_the_qa = rows_where(catalogue, lambda row: row.get("basis") == "linked_qa")
    open_rows = rows_where(catalogue, lambda row: row["status"] == "under_investigation")
    excluded = rows_where(catalogue, lambda row: row["status"] == "not_affected")

    assert not_named == open_rows == {(position, "iwss") for position in (2, 16, 18, 19, 25)}
    assert by_the_qa == {(20, "iwss"), (24, "iwss")}
    assert not excluded


def test_two_rows_have_two_links_and_one_of_them_a_link_per_product(catalogue):
    labels = {
        advisory["position"]: [r.get("product") for r in advisory["references"]]
        for advisory in catalogue["advisories"]
        if len(advisory["references"]) > 1
    }

    assert labels == {23: ["iwss", "iwsva"], 27: [None, None]}


def test_every_row_says_where_it_stands_in_the_newest_edition(catalogue):
    found = [advisory["provenance"] for advisory in catalogue["advisories"]]

    assert {each["revision"] for each in found} == {"1.3"}
    stands = [(each["table"], each["row"]) for each in found]
    assert stands == sorted(set(stands))


def test_successors_are_those_that_were_found_and_no_guesses(catalogue):
    found = {
        r["number"]: r["successor"]
        for a in catalogue["advisories"]
        for r in a["references"]
        if r.get("successor")
    }

    assert found == {
        "1120273": "KA-0008812",
        "1120275": "KA-0008808",
        "1120299": "KA-0008798",
        "1120352": "KA-0008800",
        "1120395": "KA-0008841",
        "1311647": "KA-0002119",
        "1117210": "KA-0008633",
    }


def test_every_text_of_the_catalogue_is_there_in_both_languages(catalogue):
    def texts(value):
        if isinstance(value, dict):
            if "ja" in value:
                yield value
            for child in value.values():
                yield from texts(child)
        elif isinstance(value, list):
            for child in value:
                yield from texts(child)

    found = list(texts(catalogue))

    assert len(found) > 100
    assert all(each["ja"].strip() and each["en"].strip() for each in found)


# Loading


@pytest.mark.django_db
def test_the_catalogue_is_loaded_whole():
    report = load(CATALOGUE_FILE)

    assert {
        model.__name__: model.objects.count()
        for model in (Product, Release, Mode, Category, Topic, Condition, Advisory, Reference)
    } == {
        "Product": 2,
        "Release": 6,
        "Mode": 4,
        "Category": 3,
        "Topic": 7,
        "Condition": 12,
        "Advisory": 32,
        "Reference": 34,
    }
    assert AffectedProduct.objects.count() == 64
    assert DocumentRevision.objects.count() == 4
    assert set(AdvisoryRevision.objects.values_list("number", "step", "origin", "editor")) == {
        (1, "first", "file", None)
    }
    assert len(report.added["advisory"]) == 32
    assert not report.changed and not report.edited_here and not report.missing


@pytest.mark.django_db
def test_every_key_of_a_file_arrives():
    load_small()

    advisory = Advisory.objects.get(tracking_id="G-1")
    content = AdvisoryRevision.objects.get(advisory=advisory).content
    entry = small_file()["advisories"][0]
    assert {name: content[name] for name in entry if name not in ("affected", "references")} == {
        name: value for name, value in entry.items() if name not in ("affected", "references")
    }
    assert content["affected"][0] == entry["affected"][0]
    assert content["references"] == entry["references"]
    release = Release.objects.get(slug="gateway-2")
    assert (release.in_source, str(release.end_of_support)) == (False, "2027-03-31")
    assert release.end_of_support_source == "Life cycle page"
    assert Product.objects.get(slug="gateway").modes_note_en == "No cluster"
    assert Mode.objects.get(slug="proxy").note_ja == "With WCCP (和)"
    assert Condition.objects.get(slug="snmp").hint_en == "Admin"
    assert DocumentRevision.objects.get(version="1.0").note_en == "First"


@pytest.mark.django_db
@pytest.mark.parametrize("source", [as_bytes(small_file()), CATALOGUE_FILE])
def test_loading_again_writes_nothing(source):
    load(source)
    before = stored()

    with CaptureQueriesContext(
        connection,
    ) as queries:
        report = load(source)

    assert stored() == before
    writes = [q["sql"] for q in queries if q["sql"].split()[0] in ("INSERT", "UPDATE", "DELETE")]
    assert not writes
    assert not report.has_news
    assert not report.edited_here and not report.missing and not report.shared


@pytest.mark.django_db
def test_the_order_of_keys_and_lists_without_an_order_is_no_change():
    document = small_file()
    load(as_bytes(document))
    document["products"][0]["modes"].reverse()
    document["advisories"][0]["affected"].reverse()
    turned = {key: document[key] for key in reversed(document)}

    report = load(as_bytes(turned))

    assert not report.has_news


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "step"),
    [
        ({"advisories__0__title__en": "Another"}, "patch"),
        ({"advisories__0__references__0__number": "0013"}, "patch"),
        ({"advisories__0__severity": None}, "minor"),
        ({"advisories__0__check": None}, "minor"),
        ({"advisories__0__modes": []}, "major"),
        ({"advisories__0__affected__1__status": "not_affected"}, "major"),
    ],
)
def test_a_changed_advisory_is_one_new_revision(change, step):
    load_small()

    report = load_small(**change)

    assert report.changed == {"advisory": ["G-1"]}
    assert revisions("G-1") == [(1, "first", "file"), (2, step, "file")]
    assert revisions("G-2") == [(1, "first", "file")]


@pytest.mark.django_db
def test_the_note_of_a_revision_names_document_and_edition():
    load_small()

    assert set(AdvisoryRevision.objects.values_list("note", flat=True)) == {"guide 1.1"}


@pytest.mark.django_db
def test_a_new_advisory_is_added_and_one_that_is_gone_stays_and_is_listed():
    load_small()
    document = small_file()
    document["advisories"][1]["tracking_id"] = "G-3"

    report = load(as_bytes(document))

    assert report.added == {"advisory": ["G-3"]}
    assert report.missing == {"advisory": ["G-2"]}
    assert Advisory.objects.get(tracking_id="G-2").state == "published"


# The command


def command(*arguments):
    out = StringIO()
    call_command("load_catalogue", *map(str, arguments), stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_the_command_says_what_it_added_and_what_it_left(tmp_path):
    file = tmp_path / "guide.json"
    file.write_bytes(as_bytes(small_file()))

    first = command(file)
    again = command(file)

    assert "Added: advisory (2): G-1, G-2" in first
    assert "Added: release (3): gateway-1, gateway-2, mail-1" in first
    assert "Added: document (1): guide" in first
    assert again.startswith("Unchanged: ")


@pytest.mark.django_db
def test_the_command_says_what_it_changed_and_what_was_edited_here(tmp_path):
    load_small()
    edit_here("G-2", "Ours")
    Mode.objects.filter(slug="bridge").update(name_en="Our bridge")
    file = tmp_path / "guide.json"
    file.write_bytes(
        as_bytes(edited(advisories__0__title__en="New", topics__0__name__en="Networks"))
    )

    said = command(file)

    assert "Changed: advisory (1): G-1" in said
    assert "Changed: topic (1): network (name_en)" in said
    assert "Left, edited here: advisory (1): G-2" in said
    assert "Left, edited here: mode (1): bridge (name_en)" in said


@pytest.mark.django_db
def test_the_command_takes_what_it_is_told_to_take(tmp_path):
    load_small()
    edit_here("G-1", "Ours")
    edit_here("G-2", "Ours too")
    file = tmp_path / "guide.json"
    file.write_bytes(as_bytes(small_file()))

    said = command(file, "--take", "G-1")

    assert "Changed: advisory (1): G-1" in said
    assert "Left, edited here: advisory (1): G-2" in said
    assert Advisory.objects.get(tracking_id="G-1").title_en == "Title 1"
    assert Advisory.objects.get(tracking_id="G-2").title_en == "Ours too"


@pytest.mark.django_db
def test_the_command_refuses_a_faulty_file_and_says_so(tmp_path):
    file = tmp_path / "guide.json"
    file.write_bytes(as_bytes(edited(advisories__0__category="colour")))

    with pytest.raises(CommandError) as refusal:
        command(file)

    assert "nothing was loaded" in str(refusal.value)
    assert "advisories[0].category: colour is not in categories" in str(refusal.value)
    assert not SourceDocument.objects.exists()


@pytest.mark.parametrize("name", ["no-such-file.json", ".", "a\x00b"])
def test_a_file_that_cannot_be_read_is_said_in_words(tmp_path, name):
    with pytest.raises(CommandError, match="cannot be read"):
        command(f"{tmp_path}/{name}")


# Work done in the portal


@pytest.mark.django_db
def test_an_advisory_edited_here_is_left_whatever_the_file_says():
    load_small()
    edit_here("G-1", "Ours")

    same = load_small()
    newer = load_small(advisories__0__title__en="The vendor's new title")

    assert same.edited_here == newer.edited_here == {"advisory": ["G-1"]}
    assert not newer.has_news
    assert Advisory.objects.get(tracking_id="G-1").title_en == "Ours"


@pytest.mark.django_db
def test_an_advisory_that_an_imported_table_wrote_counts_as_edited_here():
    load_small()
    advisory = Advisory.objects.get(tracking_id="G-1")
    Advisory.objects.filter(pk=advisory.pk).update(title_en="From a table")
    publish(advisory=advisory, origin=AdvisoryRevision.Origin.IMPORT, by=None)

    assert load_small().edited_here == {"advisory": ["G-1"]}


@pytest.mark.django_db
def test_an_advisory_withdrawn_here_stays_withdrawn():
    load_small()
    withdraw(advisory=Advisory.objects.get(tracking_id="G-1"), reason="wrong", by=None)

    report = load_small(advisories__0__title__en="New")

    assert report.edited_here == {"advisory": ["G-1"]}
    assert Advisory.objects.get(tracking_id="G-1").state == "withdrawn"


@pytest.mark.django_db
def test_a_draft_made_here_is_not_published_by_a_file():
    load_small()
    draft = Advisory.objects.get(tracking_id="G-2")
    AdvisoryRevision.objects.filter(advisory=draft).delete()
    Advisory.objects.filter(pk=draft.pk).update(state="draft", revision=0)

    report = load_small()

    assert report.edited_here == {"advisory": ["G-2"]}
    assert Advisory.objects.get(tracking_id="G-2").state == "draft"


@pytest.mark.django_db
def test_taking_an_advisory_is_a_new_revision_and_it_follows_the_file_again():
    load_small()
    edit_here("G-1", "Ours")

    taken = load_small(take=["G-1"])
    followed = load_small(advisories__0__title__en="New")

    assert taken.changed == {"advisory": ["G-1"]}
    assert followed.changed == {"advisory": ["G-1"]}
    assert revisions("G-1") == [
        (1, "first", "file"),
        (2, "patch", "portal"),
        (3, "patch", "file"),
        (4, "patch", "file"),
    ]
    assert AdvisoryRevision.objects.get(number=2).content["title"]["en"] == "Ours"


@pytest.mark.django_db
def test_taking_publishes_again_what_was_withdrawn_here():
    load_small()
    withdraw(advisory=Advisory.objects.get(tracking_id="G-1"), reason="wrong", by=None)

    load_small(take=["G-1"])

    assert Advisory.objects.get(tracking_id="G-1").state == "published"
    assert revisions("G-1")[-1] == (3, "major", "file")


@pytest.mark.django_db
def test_taking_what_the_file_does_not_list_is_refused_by_name():
    with pytest.raises(FaultyFile, match="--take G-9: this file has no such advisory"):
        load_small(take=["G-1", "G-9"])

    assert not SourceDocument.objects.exists()


TERM_EDITS = [
    (Mode, "proxy", "note_en", "modes__0__note__en"),
    (Mode, "proxy", "name_ja", "modes__0__name__ja"),
    (Category, "tuning", "name_en", "categories__0__name__en"),
    (Topic, "network", "name_ja", "topics__0__name__ja"),
    (Condition, "snmp", "hint_ja", "conditions__0__hint__ja"),
    (Product, "gateway", "short_name", "products__0__short_name"),
    (Product, "gateway", "modes_note_en", "products__0__modes_note__en"),
    (Release, "gateway-2", "label_en", "releases__1__label__en"),
    (Release, "gateway-2", "end_of_support_source", "releases__1__end_of_support_source"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("model", "slug", "column", "place"), TERM_EDITS)
def test_a_term_follows_its_document(model, slug, column, place):
    load_small()

    report = load_small(**{place: "Newer"})

    assert report.changed == {model._meta.model_name: [f"{slug} ({column})"]}
    assert getattr(model.objects.get(slug=slug), column) == "Newer"
    assert not load_small(**{place: "Newer"}).has_news


@pytest.mark.django_db
@pytest.mark.parametrize(("model", "slug", "column", "place"), TERM_EDITS)
def test_a_term_edited_here_is_kept_and_listed(model, slug, column, place):
    load_small()
    model.objects.filter(slug=slug).update(**{column: "Ours"})

    reports = [load_small(), load_small(**{place: "Newer"}), load_small(**{place: "Newest"})]

    for report in reports:
        assert report.edited_here == {model._meta.model_name: [f"{slug} ({column})"]}
        assert not report.has_news
    assert getattr(model.objects.get(slug=slug), column) == "Ours"


@pytest.mark.django_db
def test_a_term_edited_to_what_the_file_now_says_is_no_longer_listed():
    load_small()
    Mode.objects.filter(slug="proxy").update(name_en="Newer")

    report = load_small(modes__0__name__en="Newer")
    later = load_small(modes__0__name__en="Newest")

    assert not report.edited_here
    assert later.changed == {"mode": ["proxy (name_en)"]}


@pytest.mark.django_db
def test_one_edited_column_does_not_hold_back_the_others():
    load_small()
    Mode.objects.filter(slug="proxy").update(name_en="Ours")

    report = load_small(modes__0__name__en="Newer", modes__0__note__en="Newer note")

    mode = Mode.objects.get(slug="proxy")
    assert (mode.name_en, mode.note_en) == ("Ours", "Newer note")
    assert report.changed == {"mode": ["proxy (note_en)"]}
    assert report.edited_here == {"mode": ["proxy (name_en)"]}


@pytest.mark.django_db
def test_modes_taken_from_a_product_here_are_not_put_back():
    load_small()
    Product.objects.get(slug="gateway").modes.remove(Mode.objects.get(slug="bridge"))

    report = load_small()

    assert report.edited_here == {"product": ["gateway (modes)"]}
    assert Product.objects.get(slug="gateway").modes.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("place", "value", "line"),
    [
        ("source__publisher", "Newer", {"document": ["guide (publisher)"]}),
        ("source__title__en", "Newer", {"document": ["guide (title_en)"]}),
        ("source__revisions__0__note__en", "Newer", {"edition": ["1.0 (note_en)"]}),
        ("source__revisions__0__date", "2026-01-06", {"edition": ["1.0 (date)"]}),
    ],
)
def test_the_document_and_its_editions_follow_the_file(place, value, line):
    load_small()

    report = load_small(**{place: value})

    assert report.changed == line
    assert not load_small(**{place: value}).has_news


@pytest.mark.django_db
def test_the_document_and_its_editions_edited_here_are_kept_and_listed():
    load_small()
    SourceDocument.objects.update(publisher="Ours")
    DocumentRevision.objects.filter(version="1.0").update(note_en="Ours")

    report = load_small(source__publisher="Newer", source__revisions__0__note__en="Newer")

    assert not report.has_news
    assert report.edited_here == {
        "document": ["guide (publisher)"],
        "edition": ["1.0 (note_en)"],
    }


@pytest.mark.django_db
def test_releases_can_change_places():
    load_small()

    load_small(releases__0__rank=20, releases__1__rank=10)

    ranks = dict(Release.objects.values_list("slug", "rank"))
    assert (ranks["gateway-1"], ranks["gateway-2"]) == (20, 10)


@pytest.mark.django_db
def test_a_rank_that_a_release_made_here_has_already_is_refused():
    load_small()
    gateway = Product.objects.get(slug="gateway")
    Release.objects.create(product=gateway, slug="gateway-1.5", rank=15, label_ja="1.5")
    before = stored()

    with pytest.raises(FaultyFile, match=r"gateway-1\.5 and gateway-2 would both have rank 15"):
        load_small(releases__1__rank=15)

    assert stored() == before


@pytest.mark.django_db
def test_a_release_does_not_move_to_another_product():
    load_small()

    with pytest.raises(FaultyFile, match=r"releases\[2\]\.product: mail-1 is a release of mail"):
        load_small(releases__2__product="gateway", releases__2__rank=30)


# Editions of one document


def edition(document, version, on):
    document["source"]["revisions"].append({"version": version, "date": on})
    return document


@pytest.mark.django_db
def test_an_older_edition_never_takes_the_portal_back():
    load(as_bytes(edition(edited(advisories__0__title__en="New"), "1.2", "2026-03-05")))
    before = stored()

    with pytest.raises(FaultyFile, match=r"edition 1\.2 of guide is loaded"):
        load_small()

    assert stored() == before


@pytest.mark.django_db
def test_an_older_edition_that_says_the_same_is_loaded_without_a_trace():
    load(as_bytes(edition(small_file(), "1.2", "2026-03-05")))
    before = stored()

    report = load_small()

    assert not report.has_news
    assert stored() == before


@pytest.mark.django_db
def test_of_two_editions_of_one_day_the_one_that_knows_the_other_is_newer():
    load(as_bytes(edition(edited(advisories__0__title__en="New"), "1.1a", "2026-02-05")))

    with pytest.raises(FaultyFile, match=r"edition 1\.1a of guide is loaded"):
        load_small()


@pytest.mark.django_db
def test_what_an_older_edition_brought_is_updated_by_a_newer_one():
    load_small()

    report = load(
        as_bytes(
            edition(
                edited(modes__0__name__ja="新しい名", advisories__1__title__en="New"),
                "1.2",
                "2026-03-05",
            )
        )
    )

    assert Mode.objects.get(slug="proxy").name_ja == "新しい名"
    assert report.added == {"edition": ["1.2"]}
    assert report.changed["advisory"] == ["G-2"]


# Several documents


def other_vendor(**changes):
    """Three products, one with modes of its own, two with none; no severity, no topics."""
    document = {
        "source": {
            "slug": "acme-notes",
            "publisher": "ACME",
            "title": {"ja": "注意事項"},
            "revisions": [{"version": "A", "date": "2026-05-01"}],
            "products": ["agent", "manager", "relay"],
        },
        "products": [
            {"slug": "agent", "short_name": "AG", "name": "Agent", "modes": ["pull", "push"]},
            {"slug": "manager", "short_name": "MG", "name": "Manager"},
            {"slug": "relay", "short_name": "RL", "name": "Relay", "modes": []},
        ],
        "releases": [
            {"product": slug, "slug": f"{slug}-1", "rank": 1, "label": {"ja": "1"}}
            for slug in ("agent", "manager", "relay")
        ],
        "modes": [
            {"slug": "pull", "name": {"ja": "プル"}},
            {"slug": "push", "name": {"ja": "プッシュ"}},
        ],
        "categories": [{"slug": "operation", "name": {"ja": "運用"}}],
        "advisories": [
            {
                "tracking_id": f"ACME-{number}",
                "category": "operation",
                "modes": modes,
                "affected": [{"product": slug, "status": "affected"} for slug in products],
                "title": {"ja": f"件名 {number}"},
                "summary": {"ja": "概要"},
                "action": {"ja": "対応"},
            }
            for number, products, modes in (
                (1, ["agent"], ["push"]),
                (2, ["agent", "manager", "relay"], []),
                (3, ["manager"], []),
            )
        ],
    }
    for place, value in changes.items():
        put(document, [int(s) if s.isdigit() else s for s in place.split("__")], value)
    return document


def evaluation(*arguments):
    out = StringIO()
    call_command("evaluate", *arguments, "--format", "json", stdout=out)
    return json.loads(out.getvalue())


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("box", "verdicts"),
    [
        (["agent-1", "push"], "required required confirm"),
        (["agent-1", "pull"], "not_applicable required confirm"),
        (["agent-1", "unknown"], "confirm required confirm"),
        (["manager-1"], "confirm required required"),
        (["relay-1"], "confirm required confirm"),
    ],
)
def test_a_document_with_other_modes_none_and_no_severity_fits(box, verdicts):
    load(CATALOGUE_FILE)
    load(as_bytes(other_vendor()))

    result = evaluation(*box)

    assert [item["verdict"] for item in result["items"]] == verdicts.split()
    assert {item["severity"] for item in result["items"]} == {None}
    assert result["mode"] == (box[1] if len(box) > 1 else None)


@pytest.mark.django_db
def test_the_catalogue_of_another_vendor_needs_no_migration():
    load(as_bytes(other_vendor()))

    out = StringIO()
    call_command("makemigrations", check=True, dry_run=True, stdout=out)

    assert "No changes" in out.getvalue()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("place", "entry", "model", "name"),
    [
        ("modes__0", {"slug": "push", "name": {"ja": "別"}}, Mode, "プッシュ"),
        ("categories__0", {"slug": "operation", "name": {"ja": "別"}}, Category, "運用"),
        (
            "products__0",
            {"slug": "agent", "short_name": "AG", "name": "別", "modes": ["proxy"]},
            Product,
            "Agent",
        ),
        (
            "releases__0",
            {"product": "gateway", "slug": "agent-1", "rank": 10, "label": {"ja": "1"}},
            Release,
            "agent",
        ),
    ],
)
def test_a_slug_that_another_document_brought_under_another_name_is_refused_naming_both(
    place, entry, model, name
):
    load(as_bytes(other_vendor()))
    before = stored()

    with pytest.raises(FaultyFile) as refusal:
        load(as_bytes(with_references_mended(edited(**{place: entry}))))

    said = str(refusal.value)
    assert f"{place.replace('__0', '[0]')}.slug: {entry['slug']}" in said
    assert "acme-notes" in said
    assert f"“{name}”" in said
    assert stored() == before


def with_references_mended(document):
    """Let what named the replaced entries name what is there now."""
    known = {
        kind: [e["slug"] for e in document[kind]]
        for kind in ("modes", "categories", "products", "releases")
    }
    document["source"]["products"] = known["products"]
    for product in document["products"]:
        product["modes"] = known["modes"]
    for release in document["releases"]:
        if release["product"] not in known["products"]:
            release["product"] = known["products"][0]
    for advisory in document["advisories"]:
        advisory["category"] = known["categories"][0]
        advisory["modes"] = []
        advisory["references"] = []
        advisory["affected"] = [{"product": known["products"][0], "status": "affected"}]
    return document


@pytest.mark.django_db
def test_a_slug_made_in_the_portal_under_another_name_is_refused_too():
    Mode.objects.create(slug="proxy", name_ja="別の名")

    with pytest.raises(FaultyFile, match="“別の名” here, brought by the portal itself"):
        load_small()


@pytest.mark.django_db
def test_two_documents_may_share_a_term_and_the_first_ones_details_stay():
    load_small()
    shared = {"slug": "tuning", "name": {"ja": "Tuning (和)", "en": "Tune-up"}}

    report = load(
        as_bytes(
            other_vendor(
                categories__0=shared,
                **{f"advisories__{index}__category": "tuning" for index in range(3)},
            )
        )
    )

    assert report.shared == {"category": ["tuning (name_en)"]}
    assert Category.objects.get(slug="tuning").name_en == "Tuning"
    assert Category.objects.count() == 1


@pytest.mark.django_db
def test_a_term_renamed_here_still_means_the_same_to_the_document_that_shares_it():
    load_small()
    Category.objects.filter(slug="tuning").update(name_ja="調整")
    shared = {"slug": "tuning", "name": text("Tuning")}

    report = load(
        as_bytes(
            other_vendor(
                categories__0=shared,
                **{f"advisories__{index}__category": "tuning" for index in range(3)},
            )
        )
    )

    assert report.shared == {"category": ["tuning (name_ja)"]}


@pytest.mark.django_db
def test_a_tracking_id_of_another_document_is_refused_naming_both():
    load_small()

    with pytest.raises(FaultyFile) as refusal:
        load(as_bytes(other_vendor(advisories__1__tracking_id="G-1")))

    assert "advisories[1].tracking_id: G-1" in str(refusal.value)
    assert "document guide, not of acme-notes" in str(refusal.value)
    assert not SourceDocument.objects.filter(slug="acme-notes").exists()


# Faulty files


def without(place):
    document = small_file()
    *path, last = [int(s) if s.isdigit() else s for s in place.split("__")]
    inner = document
    for step in path:
        inner = inner[step]
    del inner[last]
    return document


LONG = "あ" * 5001
FAULTS = [
    ("products[0].slug", {"products__0__slug": "Gateway"}),
    ("products[0].slug", {"products__0__slug": "gate way"}),
    ("products[0].slug", {"products__0__slug": "gateway\n"}),
    ("products[0].slug", {"products__0__slug": "g" * 81}),
    ("products[1].slug", {"products__1__slug": "gateway"}),
    ("products[0].modes", {"products__0__modes": ["proxy", "proxy"]}),
    ("products[0].modes", {"products__0__modes": ["router"]}),
    ("products[0].modes", {"products__0__modes": "proxy"}),
    ("products[0].name", {"products__0__name": " "}),
    ("products", {"products": []}),
    ("source.products", {"source__products": []}),
    ("source.products", {"source__products": ["gateway", "mail", "relay"]}),
    ("source.revisions", {"source__revisions": []}),
    ("source.revisions[1].version", {"source__revisions__1__version": "1.0"}),
    ("source.revisions[0].date", {"source__revisions__0__date": "2026-02-30"}),
    ("source.revisions[0].date", {"source__revisions__0__date": "2026-1-5"}),
    ("source.revisions[0].date", {"source__revisions__0__date": "20260105"}),
    ("source.revisions[0].date", {"source__revisions__0__date": "令和8年1月5日"}),
    ("source.revisions[0].date", {"source__revisions__0__date": "２０２６-01-05"}),
    ("source.title", {"source__title": "Guide"}),
    ("source.title.ja", {"source__title__ja": ""}),
    ("source.title.fr", {"source__title__fr": "Guide"}),
    ("releases[0].product", {"releases__0__product": "relay"}),
    ("releases[0].rank", {"releases__0__rank": "10"}),
    ("releases[0].rank", {"releases__0__rank": -1}),
    ("releases[0].rank", {"releases__0__rank": 1.5}),
    ("releases[0].rank", {"releases__0__rank": True}),
    ("releases[0].rank", {"releases__0__rank": 10**30}),
    ("releases[1].rank", {"releases__1__rank": 10}),
    ("releases[1].slug", {"releases__1__slug": "gateway-1"}),
    ("releases[1].in_source", {"releases__1__in_source": "no"}),
    ("releases[1].end_of_support", {"releases__1__end_of_support": "2027"}),
    ("modes[0].name", {"modes__0__name": {"en": "Proxy"}}),
    ("modes[1].slug", {"modes__1__slug": "proxy"}),
    ("categories", {"categories": None}),
    ("topics[0].name.ja", {"topics__0__name__ja": "あ" * 201}),
    ("conditions[0].slug", {"conditions__0__slug": ""}),
    ("severities[0].slug", {"severities__0__slug": "High!"}),
    ("synonyms[0]", {"synonyms__0": ["slow"]}),
    ("advisories", {"advisories": {}}),
    ("advisories[0].tracking_id", {"advisories__0__tracking_id": "G 1"}),
    ("advisories[0].tracking_id", {"advisories__0__tracking_id": "G-1/../x"}),
    ("advisories[0].tracking_id", {"advisories__0__tracking_id": "ＩＷＳ-1"}),
    ("advisories[1].tracking_id", {"advisories__1__tracking_id": "G-1"}),
    ("advisories[1].position", {"advisories__1__position": 1}),
    ("advisories[0].position", {"advisories__0__position": 2**31}),
    ("advisories[0].category", {"advisories__0__category": "colour"}),
    ("advisories[0].topics", {"advisories__0__topics": ["colour"]}),
    ("advisories[0].modes", {"advisories__0__modes": ["router"]}),
    ("advisories[0].conditions", {"advisories__0__conditions": ["weather"]}),
    ("advisories[0].severity", {"advisories__0__severity": "critical"}),
    ("advisories[0].severity", {"advisories__0__severity": 3}),
    ("advisories[0].phase", {"advisories__0__phase": "later"}),
    ("advisories[0].acts", {"advisories__0__acts": "somebody"}),
    ("advisories[0].title.ja", {"advisories__0__title__ja": ""}),
    ("advisories[0].title.ja", {"advisories__0__title__ja": "\u3000"}),
    ("advisories[0].summary.ja", {"advisories__0__summary__ja": LONG}),
    ("advisories[0].check.en", {"advisories__0__check__en": LONG}),
    ("advisories[0].provenance.revision", {"advisories__0__provenance__revision": "9.9"}),
    ("advisories[0].provenance.row", {"advisories__0__provenance__row": "4"}),
    ("advisories[1].affected", {"advisories__1__affected": []}),
    ("advisories[1].affected[0].product", {"advisories__1__affected__0__product": "relay"}),
    ("advisories[0].affected[1].product", {"advisories__0__affected__1__product": "gateway"}),
    ("advisories[0].affected[0].status", {"advisories__0__affected__0__status": "maybe"}),
    ("advisories[0].affected[0].basis", {"advisories__0__affected__0__basis": "hearsay"}),
    ("advisories[0].affected[0].fixed_in", {"advisories__0__affected__0__fixed_in": "gateway-9"}),
    ("advisories[0].affected[0].fixed_in", {"advisories__0__affected__0__fixed_in": "mail-1"}),
    ("advisories[0].affected[0]", {"advisories__0__affected__0__fixed_in": None}),
    ("advisories[0].affected[0]", {"advisories__0__affected__0__fix_scope": None}),
    ("advisories[0].affected[0].fix_scope", {"advisories__0__affected__0__fix_scope": "some"}),
    ("advisories[0].references[0].number", {"advisories__0__references__0__number": 12}),
    ("advisories[0].references[0].number", {"advisories__0__references__0__number": ""}),
    ("advisories[0].references[0].number", {"advisories__0__references__0__number": "1\n2"}),
    ("advisories[0].references[0].product", {"advisories__0__references__0__product": "relay"}),
    *(
        ("advisories[0].references[0].url", {"advisories__0__references__0__url": url})
        for url in (
            "",
            "javascript:alert(1)",
            "ftp://example.com/",
            "//example.com/",
            "https://",
            "https://exam ple.com/",
            "https://[::1/",
            "https://example.com/\n",
            "https://example.com/" + "a" * 481,
        )
    ),
    (
        "advisories[0].references[0].successor_url",
        {"advisories__0__references__0__successor_url": "KA-7"},
    ),
]


@pytest.mark.parametrize(("place", "change"), FAULTS)
def test_a_faulty_value_names_its_place(place, change):
    with pytest.raises(FaultyFile) as refusal:
        read(as_bytes(edited(**change)))

    assert any(fault.startswith(f"{place}: ") for fault in refusal.value.faults) or any(
        # An unknown key stands in its parent.
        fault == f'{place.rpartition(".")[0]}: unknown key "{place.rpartition(".")[2]}"'
        for fault in refusal.value.faults
    ), refusal.value.faults
    assert len(str(refusal.value)) < 1000


def places(value, path=()):
    """(path, keys) of every kind of group in a file, one of each kind."""
    if isinstance(value, dict):
        yield path, sorted(value)
        for key, child in value.items():
            yield from places(child, (*path, key))
    elif isinstance(value, list) and value:
        yield from places(value[0], (*path, 0))


GROUPS = list(places(small_file()))
OPTIONAL = {
    (): {"modes", "topics", "conditions", "severities", "fix_scopes", "fix_kinds", "bases"}
    | {"synonyms"},
    ("source", "revisions", 0): {"note"},
    ("products", 0): {"modes", "modes_note"},
    ("modes", 0): {"note"},
    ("conditions", 0): {"hint"},
    ("advisories", 0): {"position", "provenance", "references", "topics", "severity", "modes"}
    | {"conditions", "check", "impact", "phase", "acts"},
    ("advisories", 0, "provenance"): {"revision", "table", "row"},
    ("advisories", 0, "references", 0): {"product", "successor", "successor_url"},
    ("advisories", 0, "affected", 0): {"basis", "fixed_in", "fix_scope", "fix_kind", "fix_note"},
}


def written(path):
    return "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in path)[1:] or "file"


@pytest.mark.parametrize("path", [path for path, _keys in GROUPS], ids=written)
def test_an_unknown_key_is_refused_wherever_it_stands(path):
    document = small_file()
    put(document, [*path, "colour"], "red")

    with pytest.raises(FaultyFile) as refusal:
        read(as_bytes(document))

    assert refusal.value.faults == [f'{written(path)}: unknown key "colour"']


@pytest.mark.parametrize(
    ("path", "key"), [(path, key) for path, keys in GROUPS for key in keys], ids=str
)
def test_optional_keys_may_be_absent_and_the_others_not(path, key):
    document = without("__".join(map(str, (*path, key))))
    if path == ():  # what named the entries of a list that is gone
        mend_lists(document)
    elif key in ("fixed_in", "fix_scope"):
        document = without_fix()

    optional = OPTIONAL.get(path, set()) | ({"en"} if key == "en" else set())
    if key in optional:
        read(as_bytes(document))
        return
    with pytest.raises(FaultyFile) as refusal:
        read(as_bytes(document))
    assert any(fault == f"{written(path)}: {key} missing" for fault in refusal.value.faults)


def mend_lists(document):
    for key, lists in (("modes", "modes"), ("topics", "topics"), ("conditions", "conditions")):
        if lists not in document:
            for entry in [*document.get("advisories", ()), *document.get("products", ())]:
                if key in entry:
                    entry[key] = []


def without_fix():
    document = small_file()
    del document["advisories"][0]["affected"][0]["fixed_in"]
    del document["advisories"][0]["affected"][0]["fix_scope"]
    return document


def test_every_fault_is_said_at_once():
    document = edited(
        advisories__0__category="colour", advisories__0__modes=["router"], releases__1__rank=10
    )

    with pytest.raises(FaultyFile) as refusal:
        read(as_bytes(document))

    assert [fault.split(":")[0] for fault in refusal.value.faults] == [
        "releases[1].rank",
        "advisories[0].category",
        "advisories[0].modes",
    ]


def test_of_very_many_faults_the_first_are_shown_and_the_rest_counted():
    document = small_file()
    document["advisories"] *= 100

    with pytest.raises(FaultyFile) as refusal:
        read(as_bytes(document))

    lines = str(refusal.value).splitlines()
    assert len(lines) == catalogue_file.SHOWN_FAULTS + 1
    assert lines[-1] == f"... and {len(refusal.value.faults) - catalogue_file.SHOWN_FAULTS} more"


@pytest.mark.parametrize(
    "change",
    [
        {"advisories__0__title__ja": "あ" * 200},
        {"advisories__0__summary__ja": "あ" * 5000},
        {"advisories__0__references__0__url": "https://example.com/" + "a" * 480},
        {"advisories__0__references__0__number": "n" * 80},
        {"advisories__0__position": 2**31 - 1},
        {"releases__0__rank": 0},
        {"releases__1__rank": 10**9},
        {"releases__0__rank": 10.0},
        {"advisories__0__title__ja": "髙橋 𠮷野家 葛\U000e0100飾 ✅👨‍👩‍👧"},
        {"advisories__0__summary__ja": "=HYPERLINK(1)\n<script>alert(1)</script>\t$x$"},
    ],
)
@pytest.mark.django_db
def test_what_is_just_allowed_is_loaded(change):
    load_small(**change)

    assert not load_small(**change).has_news


# Hostile files


def small(old, new):
    """The small file with some of its JSON replaced."""
    raw = as_bytes(small_file())
    assert old in raw
    return raw.replace(old, new, 1)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (as_bytes(small_file()) + b"x", "not JSON"),
        (b"[]", "not an object"),
        (b"null", "not an object"),
        (b'"text"', "not an object"),
        (json.dumps(small_file(), ensure_ascii=False).encode("shift_jis"), "not UTF-8"),
        (json.dumps(small_file()).encode("utf-16"), "not UTF-8"),
        (b'{"a": "\xff"}', "not UTF-8 text (byte 7)"),
        (b'{"source": 1, "source": 2}', '"source" is given twice'),
        (small(b'"rank": 10', b'"rank": 10, "rank": 30'), '"rank" is given twice'),
        (small(b'"rank": 10', b'"rank": NaN'), "NaN is no JSON value"),
        (small(b'"rank": 10', b'"rank": Infinity'), "Infinity is no JSON value"),
        (small(b'"rank": 10', b'"rank": -Infinity'), "-Infinity is no JSON value"),
        (small(b'"rank": 10', b'"rank": 1e400'), "releases[0].rank: "),
        (small(b'"rank": 10', b'"rank": ' + b"9" * 5000), "not JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b'{"source":' + b"[" * 900 + b"]" * 900 + b"}", "source: "),
        (small(b"Title 1", b"Title \\u0000"), "advisories[0].title.ja: holds U+0000"),
        (small(b"Title 1", b"Title \\ud800"), "advisories[0].title.ja: holds U+D800"),
        (small(b'"G-1"', b'"G-1\\u0000"'), "advisories[0].tracking_id: holds U+0000"),
        (small(b'"synonyms"', b'"\\u0000"'), "a key holds U+0000"),
        (small(b'"synonyms"', b'"__proto__"'), 'unknown key "__proto__"'),
    ],
    ids=lambda value: str(value[:30]),
)
def test_a_hostile_file_is_refused_in_words(raw, words):
    with pytest.raises(FaultyFile) as refusal:
        read(raw)

    assert words in str(refusal.value)
    assert len(str(refusal.value)) < 1000


@pytest.mark.parametrize("letter", ["\x07", "\x1b", "\x7f", "\r", "\r\n", "\ufffe", "\uffff"])
def test_a_text_that_no_spreadsheet_could_hold_is_refused(letter):
    with pytest.raises(FaultyFile) as refusal:
        read(as_bytes(edited(advisories__0__summary__ja=f"a{letter}b")))

    code = f"U+{ord(letter[0]):04X}"
    assert refusal.value.faults == [f"advisories[0].summary.ja: holds {code}, which cannot be kept"]


def test_a_byte_order_mark_in_front_is_no_fault():
    assert read(b"\xef\xbb\xbf" + as_bytes(small_file())) == small_file()


def test_a_file_that_is_too_large_is_not_even_parsed(monkeypatch):
    monkeypatch.setattr(catalogue_file, "LARGEST", 1_000_000)

    with pytest.raises(FaultyFile, match="larger than 1 MB"):
        read(b" " * 1_000_001)


@pytest.mark.django_db
def test_a_faulty_file_changes_nothing_at_all():
    load_small()
    before = stored()
    document = edited(modes__0__name__en="Newer", advisories__0__title__en="Newer")
    document["products"].append({"slug": "relay", "short_name": "RL", "name": "Relay"})
    document["advisories"][1]["affected"][0]["fixed_in"] = "gateway-2"

    with pytest.raises(FaultyFile):
        load(as_bytes(document))

    assert stored() == before


@pytest.mark.django_db
def test_a_fault_found_while_writing_undoes_what_was_written():
    load_small()
    SourceDocument.objects.get().products.remove(Product.objects.get(slug="mail"))
    before = stored()
    document = edited(advisories__0__title__en="Newer", advisories__1__title__en="Newer")
    del document["advisories"][0]["affected"][1]  # the first one is fine

    with pytest.raises(FaultyFile, match=r"^advisories\[1\]: .*ML") as refusal:
        load(as_bytes(document))

    assert len(refusal.value.faults) == 1

    assert stored() == before


# How much it asks the database


def many(number):
    document = small_file()
    document["advisories"] = [
        deepcopy(document["advisories"][0]) | {"tracking_id": f"G-{n}", "position": n}
        for n in range(1, number + 1)
    ]
    return as_bytes(document)


def queries_of(action):
    with CaptureQueriesContext(connection) as queries:
        action()
    return len(queries)


@pytest.mark.django_db
def test_a_file_without_news_takes_the_same_queries_however_long_it_is():
    load(many(2))
    few = queries_of(lambda: load(many(2)))
    load(many(20))

    assert queries_of(lambda: load(many(20))) == few
    assert few <= 45


@pytest.mark.django_db
def test_each_new_advisory_takes_the_same_queries():
    load(many(1))
    one_more = queries_of(lambda: load(many(2)))
    nine_more = queries_of(lambda: load(many(11)))

    per_advisory, rest = divmod(nine_more - one_more, 8)
    assert rest == 0
    assert per_advisory <= 25
