"""What an advisory is found by: written with it, and anew when a word of the catalogue changes."""

import importlib
import json

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from advisories import trigrams
from advisories.actions import publish, withdraw
from advisories.catalogue_file import FaultyFile
from advisories.indexing import index_the_rest, reindex
from advisories.loading import load
from advisories.models import Advisory, Category, Synonym
from advisories.searching import normalise
from tests.factory import (
    CATALOGUE_FILE,
    load_fixture_catalogue,
    make_advisory,
    make_affected,
    make_product,
)
from tests.support.editing import Catalogue, as_editor

pytestmark = pytest.mark.django_db


def found_by(advisory):
    return Advisory.objects.get(pk=advisory.pk).search_text.split("\n")


WHOLE = json.loads(CATALOGUE_FILE.read_text(encoding="utf-8"))
# Three that speak of delay (遅延), none that says it is slow (遅い).
SOME = [entry for entry in WHOLE["advisories"] if entry["position"] in (4, 5, 6, 7)]


def file_with(**changes):
    """The catalogue file with four of its advisories."""
    return json.dumps(WHOLE | {"advisories": SOME} | changes).encode()


def groups():
    return [synonym.group for synonym in Synonym.objects.all()]


def test_publishing_writes_everything_that_can_be_read_of_the_advisory():
    catalogue = Catalogue()

    lines = found_by(catalogue.first)

    for text in (
        "E-1",
        "E-1 の件名",
        "Title of E-1",
        "Look at it",
        "調整",
        "Tuning",
        "網",
        "プロキシ",
        "AD を使う",
        "A directory is used",
        "Gateway",
        '+read, "both" lines',
        "0012",
        "KA-7",
    ):
        assert normalise(text) in lines, text
    assert lines == list(dict.fromkeys(lines))


def test_withdrawing_writes_it_too():
    advisory = make_advisory()
    Advisory.objects.update(search_text="")

    withdraw(advisory=advisory, reason="obsolete", by=None)

    assert normalise(advisory.tracking_id) in found_by(advisory)


def test_a_refused_publication_writes_nothing():
    advisory = make_advisory("ADV-1")
    Advisory.objects.filter(pk=advisory.pk).update(title_ja="")

    with pytest.raises(ValidationError):
        publish(advisory=advisory, by=None)

    assert normalise("ADV-1 の title") in found_by(advisory)


def test_publishing_notes_when_it_changed_and_not_when_it_did_not():
    advisory = make_advisory()
    first = advisory.changed_at
    assert first == advisory.revisions.get().published_at

    publish(advisory=advisory, by=None)
    assert Advisory.objects.get().changed_at == first

    Advisory.objects.update(title_ja="別の題")
    revision = publish(advisory=advisory, by=None)
    assert Advisory.objects.get().changed_at == revision.published_at > first


def test_publishing_adds_the_words_of_the_synonyms():
    Synonym.objects.create(words="遅い\n遅延")

    advisory = make_advisory(summary_ja="ページの遅延")

    assert "遅い" in found_by(advisory)


def test_the_catalogue_file_brings_the_first_synonyms():
    report = load_fixture_catalogue()

    assert report.added["synonyms"] == [
        *("配信前に検索", "許可リスト", "拒否リスト", "証明書警告", "IWSx", "遅い", "重い")
    ]
    assert groups()[4] == ["IWSx", "IWSVA", "IWSS"]
    assert not Advisory.objects.exclude(search_text__contains="iwsx").exists()


def test_loading_the_file_again_changes_no_synonym():
    load(file_with())

    again = load(file_with())

    assert "synonyms" not in {**again.added, **again.changed, **again.missing}
    assert len(groups()) == 7


def test_a_group_that_the_file_changed_follows_it_and_is_found_at_once():
    load(file_with())

    report = load(file_with(synonyms=[["遅い", "遅延", "もっさり"], ["重い", "遅延"]]))

    assert report.changed["synonyms"] == ["遅い"]
    assert set(report.missing["synonyms"]) >= {"IWSx", "許可リスト"}
    assert ["遅い", "遅延", "もっさり"] in groups()
    assert Advisory.objects.filter(search_text__contains="もっさり").exists()


def test_a_group_edited_in_the_portal_is_kept():
    load(file_with())
    Synonym.objects.filter(words__startswith="遅い").update(words="のろい\n遅い\n遅延")

    report = load(file_with(synonyms=[["遅い", "遅延", "もっさり"]]))
    again = load(file_with(synonyms=[["遅い", "遅延", "もっさり"]]))

    assert report.edited_here["synonyms"] == again.edited_here["synonyms"] == ["遅い"]
    assert ["のろい", "遅い", "遅延"] in groups()


@pytest.mark.parametrize(
    ("words", "outcome"), [("遅い\n鈍い", {"synonyms": ["遅い"]}), ("遅い\n遅延", {})]
)
def test_a_group_that_came_from_elsewhere_stays(words, outcome):
    Synonym.objects.create(words=words)

    report = load(file_with())

    assert report.shared == outcome
    assert words.split("\n") in groups()
    assert len(groups()) == 7


def test_a_file_with_two_groups_of_one_name_is_refused():
    with pytest.raises(FaultyFile, match=r"synonyms\[1\]\[0\].*begins synonyms\[0\] already"):
        load(file_with(synonyms=[["遅い", "遅延"], [" 遅い", "重い"]]))

    assert groups() == []


def test_a_term_that_the_file_renamed_is_found_by_its_new_name():
    load(file_with())
    topics = [topic | {"name": {"ja": f"{topic['slug']} まわり"}} for topic in WHOLE["topics"]]

    load(file_with(topics=topics))

    assert Advisory.objects.filter(search_text__contains="まわり").count() == 4


def test_indexing_anew_writes_only_what_is_different():
    load(file_with())
    Category.objects.filter(slug="tuning").update(name_ja="微調整")

    assert reindex() == Advisory.objects.filter(category__slug="tuning").count() == 1
    assert reindex() == 0


def test_indexing_anew_takes_the_same_queries_for_every_batch(
    django_assert_num_queries, monkeypatch
):
    for _ in range(4):
        make_advisory(references=["1", "2"], conditions=["snmp"], topics=["network"])
    Advisory.objects.update(search_text="")
    monkeypatch.setattr("advisories.indexing.BATCH", 2)

    # synonyms, keys, the two of the savepoint; each batch: lock, rows, their five lists, update
    with django_assert_num_queries(4 + 2 * 8):
        assert reindex() == 4


def test_migrating_indexes_what_an_older_portal_published():
    old, new = make_advisory(), make_advisory()
    draft = make_advisory(published=False)
    Advisory.objects.filter(pk=old.pk).update(search_text="")
    Advisory.objects.filter(pk=new.pk).update(search_text="as it is")

    index_the_rest(apps=importlib.import_module("django.apps").apps)

    assert normalise(old.tracking_id) in found_by(old)
    assert found_by(new) == ["as it is"]
    assert found_by(draft) == [""]


def test_migrating_back_to_before_the_index_does_not_ask_for_it():
    before = MigrationExecutor(connection).loader.project_state(("advisories", "0001_initial"))

    index_the_rest(apps=before.apps)

    with pytest.raises(AttributeError):
        before.apps.get_model("advisories", "Advisory")().search_text  # noqa: B018


def test_the_migration_notes_when_each_advisory_changed():
    advisory, draft = make_advisory(), make_advisory(published=False)
    Advisory.objects.update(changed_at=None)
    migration = importlib.import_module("advisories.migrations.0002_search")

    migration.note_when_each_changed(importlib.import_module("django.apps").apps, None)

    assert Advisory.objects.get(pk=advisory.pk).changed_at == advisory.changed_at
    assert Advisory.objects.get(pk=draft.pk).changed_at is None


# ---------------------------------------------------------------- the index of PostgreSQL


class Refusing:
    """A connection whose role may not create extensions."""

    vendor, alias = "postgresql", "default"

    def cursor(self):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        return False

    def execute(self, _statement):
        raise DatabaseError('permission denied to create extension "pg_trgm"\nHINT: ask')


class Editor:
    def __init__(self, connection):
        self.connection = connection


def test_a_role_that_may_not_create_the_index_is_told_and_the_migration_goes_on(capsys):
    trigrams.create(None, Editor(Refusing()))

    said = capsys.readouterr().err
    assert 'permission denied to create extension "pg_trgm")' in said
    assert "CREATE EXTENSION IF NOT EXISTS pg_trgm;" in said
    assert "USING gin (search_text gin_trgm_ops);" in said


def test_the_index_is_there_on_postgresql_and_nothing_is_missing_elsewhere(capsys):
    trigrams.create(None, Editor(connection))

    with connection.cursor() as cursor:
        indexes = connection.introspection.get_constraints(cursor, "advisories_advisory")
    assert (trigrams.INDEX in indexes) == (connection.vendor == "postgresql")
    assert capsys.readouterr().err == ""


# ---------------------------------------------------------------- the editor


@pytest.fixture
def editor(client):
    as_editor(client)
    return client


ADD = "/admin/advisories/synonym/add/"


def test_an_editor_adds_a_group_and_it_is_found_at_once(editor):
    advisory = make_advisory(summary_ja="ページの遅延")

    answer = editor.post(ADD, {"words": " 遅延 \r\nもっさり\r\n\r\nモッサリ"})

    assert answer.status_code == 302
    assert groups() == [["遅延", "もっさり"]]
    assert "もっさり" in found_by(advisory)


def test_a_group_that_is_taken_away_finds_nothing_any_more(editor):
    synonym = Synonym.objects.create(words="遅い\n遅延")
    advisory = make_advisory(summary_ja="ページの遅延")

    editor.post(f"/admin/advisories/synonym/{synonym.pk}/delete/", {"post": "yes"})

    assert groups() == []
    assert "遅い" not in found_by(advisory)


@pytest.mark.parametrize("words", ["", "遅い", "サーバー\nサーバ", "x" * 101 + "\ny", "ー\n・"])
def test_a_group_needs_two_different_words(editor, words):
    answer = editor.post(ADD, {"words": words})

    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors["words"]
    assert groups() == []


def test_an_editor_renames_a_product_and_it_is_found_by_the_new_name(editor):
    product = make_product()
    advisory = make_advisory(product=product)
    make_affected(advisory, make_product("other"))

    answer = editor.post(
        f"/admin/advisories/product/{product.pk}/change/",
        {
            "short_name": "新製品",
            "name": "Product",
            "modes": [mode.pk for mode in product.modes.all()],
            "position": "0",
            "releases-TOTAL_FORMS": "0",
            "releases-INITIAL_FORMS": "0",
        },
    )

    assert answer.status_code == 302
    assert "新製品" in found_by(advisory)
