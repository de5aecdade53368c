"""Importing a new edition of a document: what it shows, what is chosen, what is refused."""

import csv
import io
import threading

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse
from django.utils import timezone, translation

from advisories import import_actions
from advisories.actions import publish, withdraw
from advisories.catalogue_file import FaultyFile
from advisories.cells import defuse
from advisories.import_actions import ImportRefused
from advisories.models import (
    Advisory,
    AdvisoryRevision,
    DocumentImport,
    DocumentRevision,
    LocalNote,
    Topic,
)
from advisories.proposals import Kind, proposal_of
from advisories.table_rows import columns, to_row
from portal.roles import Role
from tests.factory import load_fixture_catalogue, make_advisory, make_document, make_user
from tests.support import editions
from tests.support.editing import Catalogue, as_editor, sign_in
from tests.support.editions import ADDED, DROPPED, FIXED, RERATED, REWORDED

pytestmark = pytest.mark.django_db
UPLOAD = reverse("admin:advisories_documentimport_add")
Step = AdvisoryRevision.Step


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def editor(client):
    person = as_editor(client)
    client.cookies["django_language"] = "en"
    client.person = person
    return client


@pytest.fixture
def mara():
    return make_user(Role.EDITOR)


def stage(document, by, name="edition.json"):
    data = document if isinstance(document, bytes) else editions.as_bytes(document)
    return import_actions.stage(file_name=name, data=data, by=by)


def kinds(staged):
    """Tracking IDs by kind of line."""
    return {kind.value: [line.tracking_id for line in lines] for kind, lines in groups(staged)}


def groups(staged):
    return proposal_of(staged).groups()


def line_of(staged, name):
    return next(line for line in proposal_of(staged).lines if line.tracking_id == name)


def take(staged, *names, by, **words):
    """Apply these lines as the page shows them now."""
    seen = {line.tracking_id: line.token for line in proposal_of(staged).lines}
    words = {"note": "Edition 1.4", "reason": "No longer in 1.4"} | words
    return import_actions.apply(staged=staged, chosen=set(names), seen=seen, by=by, **words)


def edit(name, by=None, **fields):
    """A change made in the portal."""
    Advisory.objects.filter(tracking_id=name).update(**fields)
    return publish(advisory=Advisory.objects.get(tracking_id=name), note="here", by=by)


# What a catalogue file shows


@pytest.fixture
def loaded():
    load_fixture_catalogue()


@pytest.fixture
def edition(loaded, mara):
    """Edition 1.4, uploaded and not decided."""
    return stage(editions.edition_1_4(), mara)


def test_an_edition_is_shown_by_what_it_does(edition):
    assert kinds(edition) == {
        "added": [ADDED],
        "fixed": [FIXED],
        "changed": [REWORDED, RERATED],
        "missing": [DROPPED],
    }
    assert proposal_of(edition).unchanged == 28
    assert (edition.document, edition.edition) == (editions.DOCUMENT, "1.4")


@pytest.mark.parametrize(
    ("name", "step", "fields"),
    [
        (REWORDED, Step.PATCH, ["summary (Japanese)", "summary (English)"]),
        (RERATED, Step.MINOR, ["severity"]),
        (
            FIXED,
            Step.MAJOR,
            [
                "IWSVA: fixed in",
                "IWSVA: fix reaches",
                "IWSVA: kind of fix",
                "IWSVA: fix note (Japanese)",
                "IWSVA: fix note (English)",
            ],
        ),
        (ADDED, Step.FIRST, None),
    ],
)
def test_each_line_has_its_step_and_its_fields(edition, name, step, fields):
    line = line_of(edition, name)

    assert line.step == step
    assert fields is None or [d.label for d in line.differences] == fields


def test_uploading_writes_nothing_but_the_staged_import(edition):
    assert AdvisoryRevision.objects.count() == 32
    assert not DocumentRevision.objects.filter(version="1.4").exists()
    assert edition.state == "staged"
    assert edition.terms["added"] == {"edition": ["1.4"]}


def test_an_edition_that_says_nothing_new_shows_no_lines(loaded, mara):
    assert kinds(stage(editions.edition_1_3(), mara)) == {}


def test_a_new_document_is_all_added(mara):
    staged = stage(editions.edition_1_3(), mara)

    assert list(kinds(staged)) == ["added"]
    take(staged, *kinds(staged)["added"], by=mara)
    assert Advisory.objects.published().count() == 32


def test_comparing_takes_the_same_queries_however_much_differs(
    loaded, mara, django_assert_num_queries
):
    few, many = editions.edition_1_3(), editions.edition_1_4()
    few["advisories"][0]["title"]["ja"] = "別"
    for advisory in many["advisories"]:
        advisory["title"]["ja"] += "改"

    for document in (few, many):
        staged = stage(document, mara)
        with django_assert_num_queries(15):
            proposal_of(staged)


# Choosing


def test_only_what_was_chosen_is_taken_over(edition, mara):
    done = take(edition, ADDED, RERATED, by=mara)

    assert done.state == "applied"
    assert done.result == {
        "added": [ADDED],
        "changed": [RERATED],
        "withdrawn": [],
        "left": [REWORDED, FIXED, DROPPED],
    }
    new = AdvisoryRevision.objects.filter(note="Edition 1.4")
    assert set(new.values_list("advisory__tracking_id", "origin", "editor__username")) == {
        (ADDED, "file", "mara"),
        (RERATED, "file", "mara"),
    }
    assert DocumentRevision.objects.filter(version="1.4").exists()


def test_a_withdrawal_is_offered_and_never_automatic(edition, mara):
    take(edition, ADDED, by=mara)

    assert Advisory.objects.get(tracking_id=DROPPED).state == "published"


def test_a_chosen_withdrawal_has_the_reason(edition, mara):
    take(edition, DROPPED, by=mara, reason="Not in 1.4 any more")

    dropped = Advisory.objects.get(tracking_id=DROPPED)
    assert (dropped.state, dropped.withdrawn_reason) == ("withdrawn", "Not in 1.4 any more")


def test_a_withdrawal_without_a_reason_takes_nothing_over(edition, mara):
    with pytest.raises(ImportRefused, match="Say why"):
        take(edition, ADDED, DROPPED, by=mara, reason=" ")

    assert not Advisory.objects.filter(tracking_id=ADDED).exists()
    edition.refresh_from_db()
    assert edition.state == "staged"


def test_an_import_is_decided_once(edition, mara):
    take(edition, ADDED, by=mara)

    with pytest.raises(ImportRefused, match="decided already"):
        import_actions.apply(staged=edition, chosen=[], seen={}, note="again", by=mara)
    with pytest.raises(ImportRefused, match="decided already"):
        import_actions.discard(staged=edition, by=mara)


def test_a_discarded_import_changes_nothing(edition, mara):
    import_actions.discard(staged=edition, by=mara)

    assert AdvisoryRevision.objects.count() == 32
    assert DocumentImport.objects.get().state == "discarded"


def test_after_everything_was_taken_the_file_says_nothing_new(edition, mara):
    take(edition, ADDED, REWORDED, RERATED, FIXED, DROPPED, by=mara)

    assert kinds(stage(editions.edition_1_4(), mara)) == {}


# Work done in the portal


def test_what_was_edited_here_is_kept_unless_it_is_chosen(loaded, mara):
    edit(RERATED, by=mara, title_ja="当社の件名")
    staged = stage(editions.edition_1_4(), mara)

    line = line_of(staged, RERATED)

    assert line.kind == Kind.EDITED
    assert not line.kind.is_ticked
    assert "Revision 2: Mara Editor" in line.words
    take(staged, by=mara)
    assert Advisory.objects.get(tracking_id=RERATED).title_ja == "当社の件名"


def test_a_chosen_line_replaces_what_was_edited_here(loaded, mara):
    edit(RERATED, title_ja="当社の件名")
    staged = stage(editions.edition_1_4(), mara)

    take(staged, RERATED, by=mara)

    stored = Advisory.objects.get(tracking_id=RERATED)
    assert stored.title_ja != "当社の件名"
    assert stored.severity == 3


def test_what_was_withdrawn_here_says_so(loaded, mara):
    withdraw(advisory=Advisory.objects.get(tracking_id=RERATED), reason="x", by=mara)

    line = line_of(stage(editions.edition_1_4(), mara), RERATED)

    assert line.kind == Kind.EDITED
    assert "It is withdrawn here" in line.words


def test_what_changed_here_after_the_upload_is_a_conflict(edition, mara):
    edit(FIXED, by=mara, title_ja="当社の件名")

    line = line_of(edition, FIXED)

    assert line.kind == Kind.CONFLICT
    assert "It was changed here after the file was uploaded." in line.words
    assert "Mara Editor" in line.words


def test_what_changed_after_the_page_was_made_stops_everything(edition, mara):
    seen = {line.tracking_id: line.token for line in proposal_of(edition).lines}
    edit(FIXED, title_ja="当社の件名")

    with pytest.raises(ImportRefused) as refused:
        import_actions.apply(
            staged=edition, chosen=[ADDED, FIXED], seen=seen, note="n", reason="r", by=mara
        )

    assert refused.value.messages == [
        f"{FIXED} was changed here after this page was made. Look at it again."
    ]
    assert not Advisory.objects.filter(tracking_id=ADDED).exists()


def test_what_nobody_chose_may_change_meanwhile(edition, mara):
    seen = {line.tracking_id: line.token for line in proposal_of(edition).lines}
    edit(FIXED, title_ja="当社の件名")

    import_actions.apply(staged=edition, chosen=[ADDED], seen=seen, note="n", by=mara)

    assert Advisory.objects.filter(tracking_id=ADDED).exists()


def test_an_import_never_touches_a_local_note(loaded, mara):
    note = LocalNote.objects.create(
        advisory=Advisory.objects.get(tracking_id=FIXED),
        version=1,
        text="社内手順",
        saved_by=mara,
        saved_at=timezone.now(),
    )
    staged = stage(editions.edition_1_4(), mara)

    take(staged, ADDED, FIXED, by=mara)

    assert LocalNote.objects.get(pk=note.pk).text == "社内手順"


def test_of_two_editors_who_apply_at_the_same_moment_one_is_told(committed_db):
    load_fixture_catalogue()
    mara = make_user(Role.EDITOR)
    staged = stage(editions.edition_1_4(), mara)
    start = threading.Barrier(2)
    outcomes = []

    def apply():
        try:
            start.wait(timeout=20)
            take(staged, ADDED, FIXED, by=mara)
            outcomes.append("applied")
        except ImportRefused:
            outcomes.append("refused")
        finally:
            connection.close()

    editors = [threading.Thread(target=apply) for _ in range(2)]
    for editor in editors:
        editor.start()
    for editor in editors:
        editor.join(timeout=60)

    assert sorted(outcomes) == ["applied", "refused"]
    assert Advisory.objects.get(tracking_id=FIXED).revision == 2


# Renumbered rows


def renumbered(document, name, new):
    next(row for row in document["advisories"] if row["tracking_id"] == name)["tracking_id"] = new
    return document


def test_a_renumbered_row_is_recognised_by_its_numbers_and_keeps_its_tracking_id(loaded, mara):
    staged = stage(renumbered(editions.edition_1_4(), FIXED, "NEW-15"), mara)

    line = line_of(staged, FIXED)

    assert (line.kind, line.in_file) == (Kind.FIXED, "NEW-15")
    take(staged, FIXED, by=mara)
    assert Advisory.objects.get(tracking_id=FIXED).revision == 2
    assert not Advisory.objects.filter(tracking_id="NEW-15").exists()


def test_a_renumbered_row_that_says_the_same_is_unchanged(loaded, mara):
    staged = stage(renumbered(editions.edition_1_3(), FIXED, "NEW-15"), mara)

    assert kinds(staged) == {}


def test_a_row_is_recognised_by_the_successors_of_its_numbers(loaded, mara):
    document = renumbered(editions.edition_1_3(), "IWS-1120273", "NEW-1")
    document["advisories"][0]["references"] = [
        {"number": "KA-0008812", "url": "https://success.trendmicro.com/ja-JP/solution/KA-0008812"}
    ]

    assert kinds(stage(document, mara)) == {"changed": ["IWS-1120273"]}


def test_two_rows_with_the_same_numbers_are_not_guessed(loaded, mara):
    document = renumbered(editions.edition_1_3(), FIXED, "NEW-15")
    twin = dict(next(r for r in document["advisories"] if r["tracking_id"] == "NEW-15"))
    document["advisories"].append(twin | {"tracking_id": "NEW-16", "position": 99})

    assert kinds(stage(document, mara)) == {"added": ["NEW-15", "NEW-16"], "missing": [FIXED]}


def test_a_row_without_numbers_is_not_guessed_either(loaded, mara):
    document = renumbered(editions.edition_1_3(), FIXED, "NEW-15")
    next(r for r in document["advisories"] if r["tracking_id"] == "NEW-15")["references"] = []

    assert kinds(stage(document, mara)) == {"added": ["NEW-15"], "missing": [FIXED]}


# Tables


@pytest.fixture
def catalogue():
    return Catalogue()


def table(**changes):
    """The export as rows of dicts, with cells of some advisories changed ("__" is the dot)."""
    from advisories.models import Product

    products = list(Product.objects.all())
    rows = [to_row(a, products) for a in Advisory.objects.with_terms().order_by("position")]
    for row in rows:
        cells = changes.get(row["tracking_id"].replace("-", "_"), {})
        row.update({column.replace("__", "."): value for column, value in cells.items()})
    return columns(products), rows


def as_csv(header, rows):
    text = io.StringIO()
    csv.writer(text).writerows([header, *([defuse(row[c]) for c in header] for row in rows)])
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(header, rows):
    book = openpyxl.Workbook()
    for row in [header, *([defuse(row[c]) for c in header] for row in rows)]:
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


FIX = {"gateway__fixed_in": "gateway-2", "gateway__fix_scope": "all_installs"}


@pytest.mark.parametrize(("name", "written"), [("a.csv", as_csv), ("a.xlsx", as_xlsx)])
def test_a_table_is_compared_in_the_same_way(catalogue, mara, name, written):
    header, rows = table(E_1={"title_ja": "別"}, E_2=FIX)
    new = {**rows[0], "tracking_id": "E-20", "revision": "", "references": ""}

    staged = stage(written(header, [*rows[:2], new]), mara, name)

    assert kinds(staged) == {
        "added": ["E-20"],
        "fixed": ["E-2"],
        "changed": ["E-1"],
        "missing": ["E-3"],
    }


def test_an_exported_table_says_nothing_new(catalogue, mara):
    catalogue.draft()
    withdraw(advisory=catalogue.third, reason="gone", by=None)

    staged = stage(as_csv(*table()), mara, "a.csv")

    assert kinds(staged) == {}


def test_chosen_rows_of_a_table_become_revisions(catalogue, mara):
    header, rows = table(E_1={"title_ja": "別", "topics": "reports"}, E_2=FIX)
    new = {**rows[0], "tracking_id": "E-20", "revision": "", "references": ""}
    staged = stage(as_csv(header, [*rows[:2], new]), mara, "a.csv")

    take(staged, "E-1", "E-20", "E-3", by=mara)

    first = catalogue.first.revisions.get(number=2)
    assert (first.origin, first.editor) == ("import", mara)
    assert first.content["title"]["ja"] == "別"
    assert first.content["topics"] == ["reports"]
    assert Advisory.objects.get(tracking_id="E-20").revision == 1
    assert Advisory.objects.get(tracking_id="E-3").state == "withdrawn"
    assert Advisory.objects.get(tracking_id="E-2").revision == 1


def test_a_table_made_from_an_older_revision_is_a_conflict(catalogue, mara):
    written = as_csv(*table(E_1={"title_ja": "別"}))
    edit("E-1", action_ja="先に公開")

    line = line_of(stage(written, mara, "a.csv"), "E-1")

    assert line.kind == Kind.CONFLICT
    assert line.words == "The table was made from revision 1; the newest is 2."


def test_a_table_that_names_no_revision_leaves_what_was_edited_here(catalogue, mara):
    header, rows = table(E_1={"title_ja": "別", "revision": ""})

    assert kinds(stage(as_csv(header, rows), mara, "a.csv")) == {"edited": ["E-1"]}


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"category": "nope"}, "Row 2, category: “nope” is not known."),
        ({"severity": "urgent"}, "Row 2, severity: “urgent” is not known."),
        ({"title_ja": ""}, "Row 2, title_ja:"),
        ({"title_ja": "x" * 201}, "Row 2, title_ja:"),
        ({"action_ja": "bell \x07"}, "Row 2, action_ja: Character 6"),
        ({"tracking_id": "E-2"}, "Row 3, tracking_id: This tracking ID is in row 2 as well."),
        ({"tracking_id": "a b"}, "Row 2, tracking_id: Use letters"),
        ({"document": "nope"}, "Row 3, document: Row 2 is of the document “nope”."),
        ({"state": "lost"}, "Row 2, state: “lost” is not known."),
        ({"state": "withdrawn"}, "Row 2, state: An import publishes."),
        ({"gateway__status": "", "gateway__basis": ""}, "Row 2, gateway.status: Give a status"),
        ({"other__status": "affected"}, "Row 2, other.status: The document"),
        ({"gateway__fixed_in": "mail-2"}, "Row 2, gateway.fixed_in: Mail 2.0 is a release of"),
        ({"references": "|1|javascript:1||"}, "Row 2, references: Line 1, url:"),
        ({"source_revision": "9"}, "Row 2, source_revision: “9” is not known."),
    ],
)
def test_a_faulty_table_is_refused_whole_with_row_and_column(catalogue, mara, cells, message):
    with pytest.raises(FaultyFile) as faulty:
        stage(as_csv(*table(E_1=cells)), mara, "a.csv")

    assert message in str(faulty.value)
    assert not DocumentImport.objects.exists()


def test_a_row_without_any_product_is_refused(catalogue, mara):
    group = {f"gateway__{c}": "" for c in ("status", "basis", "fixed_in", "fix_scope", "fix_kind")}
    notes = {"gateway__fix_note_ja": "", "gateway__fix_note_en": ""}

    with pytest.raises(FaultyFile, match="Row 2, tracking_id: List at least one product"):
        stage(as_csv(*table(E_1=group | notes)), mara, "a.csv")


def test_every_fault_of_a_table_is_said_at_once(catalogue, mara):
    with pytest.raises(FaultyFile) as faulty:
        stage(as_csv(*table(E_1={"severity": "x"}, E_3={"category": "x"})), mara, "a.csv")

    assert len(faulty.value.faults) == 2


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.txt", b"x", "ends in .json, .csv or .xlsx"),
        ("a", b"x", "ends in .json, .csv or .xlsx"),
        ("a.csv", b"tracking_id\nE-1\n", "These columns are missing:"),
        ("a.json", b"[]", "not an object"),
        ("a.json", b'{"source": 1', "The file is not JSON from line 1, column 13 on."),
        ("a.json", b"PK\x03\x04\xff", "not UTF-8"),
        ("a.xlsx", b"{}", "not an XLSX workbook"),
    ],
)
def test_a_file_of_the_wrong_kind_is_refused_in_words(catalogue, mara, name, data, message):
    with pytest.raises(FaultyFile, match=message):
        stage(data, mara, name)


def test_a_table_with_a_header_only_is_refused(catalogue, mara):
    header, _rows = table()

    with pytest.raises(FaultyFile, match="The table has no rows"):
        stage(as_csv(header, []), mara, "a.csv")


# Catalogue files that are refused


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d["advisories"][3].update(severity="urgent"), r"advisories\[3\]\.severity:"),
        (lambda d: d["advisories"][3].pop("action"), r"advisories\[3\]: action missing"),
        (lambda d: d["advisories"][3].update(colour=1), r"advisories\[3\]: unknown key"),
        (lambda d: d["releases"][0].update(product="nope"), r"releases\[0\]\.product: nope is not"),
    ],
)
def test_a_faulty_catalogue_file_is_refused_with_its_place(loaded, mara, change, message):
    document = editions.edition_1_4()
    change(document)

    with pytest.raises(FaultyFile, match=message):
        stage(document, mara)


def test_faults_are_said_in_japanese_too(loaded, mara):
    document = editions.edition_1_4()
    document["advisories"][3]["severity"] = "urgent"

    with translation.override("ja"), pytest.raises(FaultyFile, match="使用できる値"):
        stage(document, mara)


def test_an_older_edition_is_refused(loaded, mara):
    document = editions.edition_1_3()
    document["source"]["revisions"].pop()
    for advisory in document["advisories"]:
        advisory["provenance"]["revision"] = "1.2"

    with pytest.raises(FaultyFile, match=r"edition 1\.3 of .* is loaded"):
        stage(document, mara)


def test_another_documents_tracking_id_is_refused(loaded, mara):
    make_advisory("E-1", document=make_document("own"))
    document = renumbered(editions.edition_1_4(), ADDED, "E-1")

    with pytest.raises(FaultyFile, match=r"advisories\[31\]: E-1 is an advisory of the document"):
        stage(document, mara)


def test_a_term_that_means_something_else_here_is_refused(mara):
    Topic.objects.create(slug="network", name_ja="まったく別")

    with pytest.raises(FaultyFile, match="network is “まったく別” here, brought by the portal"):
        stage(editions.edition_1_3(), mara)


# The pages


def upload(client, document, name="edition.json"):
    data = document if isinstance(document, bytes) else editions.as_bytes(document)
    return client.post(UPLOAD, {"file": SimpleUploadedFile(name, data)}, follow=True)


def sent(page, take=None, **fields):
    """The form as a browser sends it, with what is ticked."""
    ticked = [
        line.tracking_id
        for _kind, lines in page.context["groups"]
        for line, is_ticked in lines
        if is_ticked
    ]
    form = page.context["form"]
    return {
        "seen": page.context["seen"],
        "take": ticked if take is None else take,
        "note": form["note"].value(),
        "reason": form["reason"].value(),
        "_apply": "1",
    } | fields


def test_an_editor_uploads_looks_and_takes_over(editor, loaded):
    page = upload(editor, editions.edition_1_4())

    text = page.content.decode()
    assert "What this edition changes" in text
    assert "Newly fixed" in text
    done = editor.post(page.request["PATH_INFO"], sent(page), follow=True)

    assert DocumentImport.objects.get().result["changed"] == [REWORDED, RERATED, FIXED]
    assert "The edition is taken over." in done.content.decode()
    assert Advisory.objects.get(tracking_id=DROPPED).state == "published"


def test_everything_but_withdrawals_and_work_done_here_is_ticked(editor, loaded):
    edit(REWORDED, title_ja="当社の件名")

    page = upload(editor, editions.edition_1_4())

    assert sent(page)["take"] == [ADDED, FIXED, RERATED]


def test_the_note_of_the_page_is_in_the_history(editor, loaded):
    page = upload(editor, editions.edition_1_4())

    editor.post(page.request["PATH_INFO"], sent(page, [ADDED], note="Read and taken"))

    assert AdvisoryRevision.objects.get(advisory__tracking_id=ADDED).note == "Read and taken"


@pytest.mark.parametrize(
    "fields",
    [{"note": ""}, {"note": "bell \x07"}, {"take": ["nope"]}, {"take": ["a\0"]}, {"take": ["<b>"]}],
)
def test_a_form_that_cannot_be_is_shown_again(editor, loaded, fields):
    page = upload(editor, editions.edition_1_4())

    answer = editor.post(page.request["PATH_INFO"], sent(page) | fields)

    assert "Nothing was taken over." in answer.content.decode()
    assert AdvisoryRevision.objects.count() == 32


@pytest.mark.parametrize("seen", ["", "no json", "[]", '{"IWS-1120344": 1}'])
def test_a_forged_look_is_a_conflict_and_no_error(editor, loaded, seen):
    page = upload(editor, editions.edition_1_4())

    answer = editor.post(page.request["PATH_INFO"], sent(page, [RERATED], seen=seen))

    assert "was changed here after this page was made" in answer.content.decode()


def test_ticks_are_kept_when_something_changed_meanwhile(editor, loaded):
    page = upload(editor, editions.edition_1_4())
    edit(FIXED, title_ja="当社の件名")

    again = editor.post(page.request["PATH_INFO"], sent(page, [ADDED, FIXED]))

    assert sent(again)["take"] == [FIXED, ADDED]
    editor.post(page.request["PATH_INFO"], sent(again))
    assert DocumentImport.objects.get().state == "applied"


def test_the_comparison_names_advisories_and_no_places_inside_the_file(editor, loaded):
    text = upload(editor, editions.edition_1_4()).content.decode()

    assert REWORDED in text
    assert "advisories[" not in text


def test_a_faulty_file_is_refused_on_the_page(editor, loaded):
    document = editions.edition_1_4()
    document["advisories"][3]["severity"] = "urgent"

    page = upload(editor, document)

    text = page.content.decode()
    assert "The file cannot be imported. Nothing was written." in text
    assert "advisories[3].severity: &quot;urgent&quot; is not one of high, medium, low" in text
    assert not DocumentImport.objects.exists()


@pytest.mark.parametrize("data", [b"", b"x" * (2 * 1024 * 1024 + 1)])
def test_a_file_that_is_empty_or_too_large_is_refused(editor, data):
    page = upload(editor, data)

    assert 'class="errorlist' in page.content.decode()
    assert not DocumentImport.objects.exists()


def test_an_import_that_no_longer_fits_the_portal_can_only_be_discarded(editor, catalogue):
    page = upload(editor, as_csv(*table(E_1={"topics": "reports", "title_ja": "別"})), "a.csv")
    for advisory in Advisory.objects.all():
        advisory.topics.clear()
    Topic.objects.filter(slug="reports").delete()

    again = editor.get(page.request["PATH_INFO"])

    assert "The file no longer fits the portal" in again.content.decode()
    assert "“reports” is not known." in again.content.decode()
    editor.post(page.request["PATH_INFO"], {"_discard": "1"})
    assert DocumentImport.objects.get().state == "discarded"


def test_a_decided_import_shows_what_became_of_it(editor, loaded):
    page = upload(editor, editions.edition_1_4())
    editor.post(page.request["PATH_INFO"], sent(page, [ADDED]))

    text = editor.get(page.request["PATH_INFO"]).content.decode()

    assert ADDED in text
    assert "Left as they were" in text
    assert 'name="take"' not in text


def test_imports_are_listed_and_cannot_be_deleted(editor, loaded):
    page = upload(editor, editions.edition_1_4())
    staged = DocumentImport.objects.get()

    listed = editor.get(reverse("admin:advisories_documentimport_changelist"))
    deleted = editor.post(
        reverse("admin:advisories_documentimport_delete", args=[staged.pk]), {"post": "yes"}
    )

    assert page.request["PATH_INFO"] in listed.content.decode()
    assert deleted.status_code == 403


@pytest.mark.parametrize("pk", ["4711", "abc"])
def test_an_import_that_is_not_there_is_not_found(editor, pk):
    address = reverse("admin:advisories_documentimport_change", args=[pk])

    assert editor.get(address).status_code == 404


@pytest.mark.parametrize("role", [Role.ENGINEER, Role.REVIEWER, Role.READER])
def test_only_editors_import(client, role):
    sign_in(client, role)

    assert client.get(UPLOAD).status_code == 302


def test_somebody_who_may_only_look_at_imports_may_not_upload(client):
    from django.contrib.auth.models import Permission

    person = sign_in(client, Role.READER)
    person.is_staff = True
    person.save()
    person.user_permissions.set(Permission.objects.filter(content_type__model="documentimport"))

    assert client.get(UPLOAD).status_code == 403
