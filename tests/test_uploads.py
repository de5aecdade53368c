"""What an uploaded file may be: limits before it is parsed, and a child process for the parsing."""

import io
import json
import zipfile

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import translation

from advisories import uploads
from advisories.catalogue_file import SCHEMA_FILE, FaultyFile
from advisories.catalogue_words import EXPECTED
from advisories.table_parsing import FileRefused
from advisories.uploads import MOST_COLUMNS, read_catalogue, read_table
from tests.factory import CATALOGUE_FILE
from tests.support.editing import as_editor

IMPORTS = ("admin:advisories_advisory_import", "admin:advisories_documentimport_add")


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def no_child(monkeypatch):
    """Fails as soon as a child process is started."""

    def start(*_arguments, **_options):
        raise AssertionError("a child process was started")

    monkeypatch.setattr(uploads.subprocess, "run", start)


def workbook(rows=(("a",), ("1",))):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def zip_of(parts):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return content.getvalue()


def parts_of(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def changed(part, change):
    """A workbook of which one part was changed by hand."""
    parts = parts_of(workbook())
    parts[part] = change(parts.get(part))
    return zip_of(parts)


def bomb():
    """A workbook of about 500 kB that unpacks to 100 MB."""
    noise = bytes(range(256)) * 1600  # it shrinks little when packed once
    scattered = b"".join(noise[n : n + 256] + b"%d" % n for n in range(0, len(noise), 7))
    return zip_of(
        parts_of(workbook())
        | {"xl/worksheets/sheet2.xml": b"0" * 100_000_000, "xl/media/noise": scattered}
    )


# Before parsing


def test_a_small_workbook_that_unpacks_to_100_mb_is_refused_before_it_is_read(no_child):
    data = bomb()

    assert 200_000 < len(data) < 600_000
    with pytest.raises(FileRefused, match="holds too much"):
        read_table(data, "xlsx")


REFUSED_UNREAD = {
    "a ratio beyond any table": (zip_of({"a": "x" * 20_000_000}), "holds too much"),
    "more than 200 parts": (zip_of({f"e{n}": "" for n in range(201)}), "holds too much"),
    "macros": (zip_of(parts_of(workbook()) | {"xl/vbaProject.bin": "x"}), "holds macros"),
    "old macro sheets": (zip_of({"xl/macrosheets/sheet1.xml": "x"}), "holds macros"),
    "links to workbooks": (
        zip_of(parts_of(workbook()) | {"xl/externalLinks/externalLink1.xml": "<x/>"}),
        "links to other workbooks",
    ),
    "an old or locked workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "password"),
    "no zip": (b"tracking_id,revision", "not an XLSX workbook"),
    "half a zip": (workbook()[:500], "not an XLSX workbook"),
    "nothing": (b"", "not an XLSX workbook"),
    "too many bytes": (b"x" * (2 * 1024 * 1024 + 1), "larger than 2 MB"),
}


@pytest.mark.parametrize("case", REFUSED_UNREAD)
def test_a_workbook_is_refused_unread_for(no_child, case):
    data, message = REFUSED_UNREAD[case]

    with pytest.raises(FileRefused, match=message):
        read_table(data, "xlsx")


def test_a_file_that_is_too_large_is_refused_unread_whatever_it_is(no_child):
    large = b" " * (2 * 1024 * 1024 + 1)

    with pytest.raises(FileRefused, match="larger than 2 MB"):
        read_table(large, "csv")
    with pytest.raises(FaultyFile, match="larger than 2 MB"):
        read_catalogue(large)


# While parsing, in the child


XXE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'
LAUGHS = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><x>&b;</x>'
REFUSED = {
    "an external entity": (
        changed("xl/worksheets/sheet1.xml", lambda _old: XXE),
        "no spreadsheet writes",
    ),
    "a billion laughs": (
        changed("xl/sharedStrings.xml", lambda _old: LAUGHS),
        "no spreadsheet writes",
    ),
    "entities in another encoding": (
        changed("xl/workbook.xml", lambda _old: XXE.decode().encode("utf-16")),
        "no spreadsheet writes",
    ),
    "entities behind no byte order mark": (
        changed("xl/workbook.xml", lambda _old: XXE.decode().encode("utf-16-le")),
        "no spreadsheet writes",
    ),
    "a part that is no XML": (
        changed("xl/worksheets/sheet1.xml", lambda _old: b"\x89PNG"),
        "cannot be read as an XLSX workbook",
    ),
    "a part that is not what its directory says": (
        workbook().replace(b"xl/workbook.xml", b"xl/workbook.xm_"),
        "cannot be read as an XLSX workbook",
    ),
    "one long text named again and again": (
        workbook([["a"], *[["x" * 30_000] * 50] * 10]),
        "holds too much",
    ),
    "too many rows": (workbook([["a"]] * 5_002), r"more than 5000 rows"),
    "too many columns": (workbook([["a"] * (MOST_COLUMNS + 1)]), "more columns"),
    "a formula": (workbook([["a"], ["=1+1"]]), "Row 2 holds a formula."),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_workbook_is_refused_in_words_for(case):
    data, message = REFUSED[case]

    with pytest.raises(FileRefused, match=message):
        read_table(data, "xlsx")


def test_a_table_of_a_portal_with_many_products_may_have_more_columns():
    wide = ",".join(f"c{n}" for n in range(MOST_COLUMNS + 7)).encode()

    assert len(read_table(wide, "csv", columns=MOST_COLUMNS + 7)[0]) == MOST_COLUMNS + 7
    with pytest.raises(FileRefused, match="more columns"):
        read_table(wide, "csv")


def test_a_table_is_read_as_rows_of_text():
    assert read_table(workbook([["a", "b"], [1.0, None], ["é", "日本"]]), "xlsx") == [
        ["a", "b"],
        ["1", ""],
        ["é", "日本"],
    ]


def test_the_child_speaks_the_language_of_the_page():
    with translation.override("ja"), pytest.raises(FileRefused, match="ファイル"):
        read_table(b"\xff", "csv")


def test_a_child_that_takes_too_long_is_given_up(monkeypatch):
    monkeypatch.setattr(uploads, "SECONDS", 0)

    with pytest.raises(FileRefused, match="takes too long"):
        read_table(b"a\n1\n", "csv")


def test_a_child_that_needs_too_much_memory_is_given_up(monkeypatch):
    monkeypatch.setattr(uploads, "MEGABYTES", 1)

    with pytest.raises(FileRefused, match="too much memory"):
        read_table(b"a\n1\n", "csv")


# Catalogue files


def test_a_catalogue_file_is_read_as_it_is():
    data = CATALOGUE_FILE.read_bytes()

    assert read_catalogue(data) == json.loads(data)


HOSTILE = {
    "endless brackets": (b'{"advisories": ' + b"[" * 500_000, "nested too deeply|not JSON"),
    "too many advisories": (
        b'{"advisories": [' + b"1," * 5_000 + b"1]}",
        "more than 5000 advisories",
    ),
    "a huge number": (b'{"source": ' + b"9" * 10_000 + b"}", "not JSON"),
    "not a number": (b'{"source": NaN}', "NaN is no JSON value"),
    "a key twice": (b'{"source": 1, "source": 2}', "given twice"),
    "a surrogate": (b'{"source": "\\ud800"}', "holds U\\+D800"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_catalogue_file_is_refused_in_words(case):
    data, message = HOSTILE[case]

    with pytest.raises(FaultyFile, match=message):
        read_catalogue(data)


def test_a_catalogue_file_that_fills_the_memory_is_given_up(monkeypatch):
    monkeypatch.setattr(uploads, "MEGABYTES", 160)

    with pytest.raises(FaultyFile, match="too much memory"):
        read_catalogue(b'{"modes": [' + b"{}," * 500_000 + b"{}]}")


def test_everything_the_schema_calls_expected_is_a_message():
    described = set(descriptions(json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))))

    # The rest describes whole groups, which no fault quotes.
    assert set(EXPECTED) <= described
    assert len(described - set(EXPECTED)) == 3


def descriptions(node):
    if isinstance(node, dict):
        if isinstance(node.get("description"), str):
            yield node["description"]
        for child in node.values():
            yield from descriptions(child)
    elif isinstance(node, list):
        for child in node:
            yield from descriptions(child)


# On the pages


@pytest.mark.django_db
@pytest.mark.parametrize("page", IMPORTS)
@pytest.mark.parametrize("case", [*REFUSED_UNREAD, *REFUSED])
def test_no_page_answers_a_hostile_workbook_with_an_error(client, page, case):
    as_editor(client)
    client.cookies["django_language"] = "en"
    data, _message = (REFUSED_UNREAD | REFUSED)[case]
    file = SimpleUploadedFile("a.xlsx", data)

    answer = client.post(reverse(page), {"file": file, "import_file": file, "resource": 0})

    assert answer.status_code == 200
    assert 'class="errorlist' in answer.content.decode()
