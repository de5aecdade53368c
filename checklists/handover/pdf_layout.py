"""A hand-over as the data of templates/handover/checklist.typ.

Whatever the template sets in a column is cleaned of what the typeface cannot draw, gets break
points in runs wider than the column, and a row that could be taller than a page is marked `tall`:
typst would fail, overprint the next column, or cut the row without a word.
"""

from dataclasses import fields, is_dataclass
from typing import Any

from .fonts import breakable, clean, line_count, width
from .parts import Answer, EvidenceLine, Handover, Section
from .rows import NotePicture, Row

POINTS = 7.5
PADDING = 2.4  # millimetres, left and right of a cell together
TALLEST = 16  # lines; a page has room for more than twice as many
LINE = 3.5  # millimetres of a line of text
# Of a picture in its column: as large as on a screen of 144 dots per inch, and no larger than that.
DOT = 25.4 / 144
PICTURE_HEIGHT = 50.0
FACT_WIDTH = 85.0
SIGNER_WIDTH = 24.0
DOCUMENT_WIDTH = 44.0
HEADER_WIDTH = 80.0
NUMBER_WIDTH = 54.0
NUMBER_LINES = 3
NUMBER_POINTS = 6.5
CLASS_WIDTH = 30.0
HEADER_LETTERS = 80
# Set row by row, or not at all.
NOT_PRINTED = (
    "sections",
    "first",
    "answers",
    "common",
    "sheet_head",
    "generated_at",
    "logo",
    "pictures",
)

WIDTHS = {
    "work": (10, 14, 33, 91, 34, 24, 43, 24),
    "not_applicable": (10, 14, 80, 73, 34, 62),
    "first": (10, 14, 77, 42, 26, 80, 24),
    "answers": (62, 28, 21, 23),
    "history": (20, 38, 165, 50),
    "evidence": (10, 77, 24, 102, 32, 28),
}
Texts = dict[str, Any]


def template_data(handover: Handover) -> Texts:
    """Everything the template reads, as JSON-able texts; the keys are those of Handover."""
    small = {
        field.name: _walk(getattr(handover, field.name), FACT_WIDTH)
        for field in fields(handover)
        if field.name not in NOT_PRINTED
    }
    return {
        **small,
        "widths": WIDTHS,
        "boxes": _walk(handover.boxes, SIGNER_WIDTH),
        "document": _walk(handover.document, DOCUMENT_WIDTH),
        "history": _walk(handover.history, min(WIDTHS["history"]) - PADDING),
        "evidence": [_evidence(line) for line in handover.evidence],
        "subject": _short(clean(handover.subject)),
        "customer_short": _short(clean(handover.customer)),
        "number_head": _number_head(handover.document_number),
        "classification": _short(clean(handover.classification), CLASS_WIDTH),
        "sections": [_section(section) for section in handover.sections],
        "first": [_first_row(row) for row in handover.first],
        "seals": _seals(handover),
        "answers": [_answer(answer) for answer in handover.answers],
    }


def _number_head(number: str) -> str:
    """The document number for every page's header: in as many lines as fit above the page; only
    what is longer than any house would number is cut there. The cover has it whole."""
    number = _short(
        clean(number), NUMBER_LINES * NUMBER_WIDTH, letters=NUMBER_LINES * HEADER_LETTERS
    )
    return breakable(number, NUMBER_WIDTH, NUMBER_POINTS)


def _seals(handover: Handover) -> list[str]:
    """What verify.py looks for in the file's metadata; none while nobody has signed."""
    sealed = {"digest": handover.common["digest"], "head": handover.common["chain_head"]}
    return [f"{name} {value}" for name, value in sealed.items() if value]


def _short(text: str, millimetres: float = HEADER_WIDTH, letters: int = HEADER_LETTERS) -> str:
    """One line that leaves room for the rest of a page's header."""
    line = " ".join(text.split())
    if width(line, POINTS) <= millimetres:
        return line
    line = line[:letters]
    while width(line, POINTS) > millimetres:
        line = line[:-1]
    return f"{line}…"


def _walk(value: Any, millimetres: float) -> Any:
    """Dataclasses, tuples and texts as JSON-able values, every text cleaned and breakable."""
    if isinstance(value, str):
        return breakable(clean(value), millimetres, POINTS)
    if isinstance(value, dict):
        return {key: _walk(item, millimetres) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return _walk(vars(value), millimetres)
    if isinstance(value, list | tuple):
        return [_walk(item, millimetres) for item in value]
    return value


class _Cells:
    """Sets texts into the columns of one row and keeps the height of the tallest."""

    def __init__(self, table: str) -> None:
        self._widths = WIDTHS[table]
        self._lines = [0] * len(self._widths)

    def set(self, column: int, text: str, *, label: str = "") -> str:
        millimetres = self._widths[column] - PADDING
        text = clean(text)
        if text:
            self._lines[column] += line_count(f"{label} {text}", millimetres, POINTS)
        return breakable(text, millimetres, POINTS)

    def picture(self, column: int, picture: NotePicture) -> Texts:
        """Where the file lies for typst (`picture_file`), and how large it is printed."""
        room = self._widths[column] - PADDING
        wide, high = picture.width * DOT, picture.height * DOT
        scale = min(1.0, room / wide, PICTURE_HEIGHT / high)
        self._lines[column] += int(high * scale / LINE) + 1
        return {
            "file": picture_file(picture.sha256),
            "alt": clean(picture.alt),
            "name": self.set(column, picture.name),
            "width": round(wide * scale, 2),
            "height": round(high * scale, 2),
        }

    def record(self, column: int, row: Row) -> list[tuple[str, str]]:
        return [(label, self.set(column, text, label=label)) for label, text in row.record]

    @property
    def tall(self) -> bool:
        return max(self._lines) > TALLEST


def picture_file(sha256: str) -> str:
    """The name of a picture beside the template; typst sees by its content what it is."""
    return f"{sha256}.picture"


def _section(section: Section) -> Texts:
    make = _not_applicable_row if section.kind == "not_applicable" else _work_row
    return {
        "kind": section.kind,
        "title": clean(section.title),
        "rows": [make(row) for row in section.rows],
    }


def _keys(row: Row) -> Texts:
    """What the template asks and never sets as it is."""
    return {
        "number": row.number,
        "severity": row.severity,
        "severity_key": row.severity_key,
        "verdict": row.verdict,
        "verdict_key": row.verdict_key,
        "decision": row.decision,
        "decision_key": row.decision_key,
    }


def _links(cells: _Cells, column: int, row: Row) -> list[Texts]:
    return [{"text": cells.set(column, link.text), "url": link.url} for link in row.links]


def _work_row(row: Row) -> Texts:
    cells = _Cells("work")
    texts = {
        "reason": cells.set(2, row.reason),
        **{
            key: cells.set(3, getattr(row, key), label="対処・確認")
            for key in ("title", "summary", "action", "check", "impact", "fix", "phase", "acts")
        },
        "steps": cells.set(3, row.steps, label="社内手順"),
        "pictures": [cells.picture(3, picture) for picture in row.pictures],
        "links": _links(cells, 4, row),
        "record": cells.record(6, row),
        "who": cells.set(7, row.who),
        "when": row.when,
    }
    return {**_keys(row), **texts, "tall": cells.tall}


def _not_applicable_row(row: Row) -> Texts:
    cells = _Cells("not_applicable")
    texts = {
        "title": cells.set(2, row.title),
        "reason": cells.set(3, row.reason),
        "links": _links(cells, 4, row),
        "record": cells.record(5, row),
        "who": cells.set(5, row.who),
        "when": row.when,
    }
    return {**_keys(row), **texts, "tall": cells.tall}


def _first_row(row: Row) -> Texts:
    cells = _Cells("first")
    texts = {
        "title": cells.set(2, row.title),
        "reason": cells.set(3, row.reason),
        "record": cells.record(5, row),
        "who": cells.set(6, row.who),
        "when": row.when,
    }
    return {**_keys(row), **texts, "tall": cells.tall}


def _answer(answer: Answer) -> Texts:
    cells = _Cells("answers")
    texts = {
        "question": cells.set(0, answer.question),
        "answer": cells.set(1, answer.answer),
        "by": cells.set(2, answer.by),
        "at": answer.at,
    }
    return {**texts, "tall": cells.tall}


def _evidence(line: EvidenceLine) -> Texts:
    cells = _Cells("evidence")
    texts = {
        "number": line.number,
        "name": cells.set(1, line.name),
        "size": line.size,
        "sha256": cells.set(3, line.sha256),
        "by": cells.set(4, line.by),
        "at": line.at,
    }
    return {**texts, "tall": cells.tall}
