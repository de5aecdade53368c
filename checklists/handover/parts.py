"""What a hand-over is made of: what happened to the edition, and the tables ready to be set."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .rows import Row


@dataclass(frozen=True)
class Signature:
    """`kind`: prepared, reviewed, accepted or declined; `at`: ISO time; "" where not known."""

    kind: str
    name: str
    company: str
    at: str
    self_review: bool = False


@dataclass(frozen=True)
class Proof:
    """What is not content: the state of the edition, its signatures and how to verify it.

    `state` is draft, prepared or issued. `public_url` is the whole address of this edition's
    verification page ("": there is none, so no QR code). `history` has every edition up to this
    one, the oldest first. `demo`: a demo account has signed. `logo` is the PNG or JPEG that the
    settings name (b"": none), `certificate` whose certificate signs the PDF ("": nobody's).
    `pictures` are those of the company's own notes, by SHA-256, small enough for paper.
    """

    state: str
    generated_at: datetime
    digest: str = ""
    chain_head: str = ""
    code: str = ""
    signatures: tuple[Signature, ...] = ()
    public_url: str = ""
    history: tuple["EditionLine", ...] = ()
    demo: bool = False
    logo: bytes = b""
    certificate: str = ""
    pictures: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class EditionLine:
    """One edition; `at`: issued at (ISO, "" while it is not), `by`: who prepared or opened it,
    `revoked`: why it was taken back ("": it was not)."""

    number: str
    at: str
    reason: str
    by: str
    revoked: str = ""


@dataclass(frozen=True)
class Fact:
    """A line of the cover."""

    label: str
    value: str


@dataclass(frozen=True)
class Answer:
    """One answer that the verdicts rest on; `by` and `at` are "" when nobody has answered."""

    question: str
    answer: str
    by: str
    at: str


@dataclass(frozen=True)
class CountLine:
    """How many advisories of a verdict have each decision; `decisions` as words.COUNTED."""

    key: str
    verdict: str
    decisions: tuple[int, ...]
    total: int


@dataclass(frozen=True)
class SeverityLine:
    """How many advisories of a severity have each decision; `key` as in words.SEVERITIES."""

    key: str
    severity: str
    decisions: tuple[int, ...]
    total: int


@dataclass(frozen=True)
class EvidenceLine:
    """A file that proves an item; `number` is the item's."""

    number: str
    name: str
    size: str
    sha256: str
    by: str
    at: str


@dataclass(frozen=True)
class Section:
    """A table. `kind`: category, fixed or not_applicable."""

    kind: str
    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class SignatureBox:
    """Name, company and time are "" while nobody has signed: the box is left to be stamped."""

    title: str
    name: str
    company: str
    at: str
    remark: str


@dataclass(frozen=True)
class Handover:
    """One edition in one language. `first` repeats rows of `sections`, which have each row once.

    `chart` says in words what the chart of `severities` shows; `signature` is SIGN or SEAL,
    `pictures` as in Proof.
    """

    language: str
    checklist: str
    title: str
    subject: str
    edition: str
    marks: tuple[str, ...]
    draft: bool
    customer: str
    project: str
    document_number: str
    classification: str
    issuer: str
    logo: bytes
    pictures: Mapping[str, bytes]
    signature: str
    document: tuple[Fact, ...]
    code: str
    facts: tuple[Fact, ...]
    remarks: tuple[str, ...]
    sum: str
    decisions: tuple[str, ...]
    counted: tuple[str, ...]
    counts: tuple[CountLine, ...]
    severities: tuple[SeverityLine, ...]
    chart: str
    first: tuple[Row, ...]
    first_text: str
    answers: tuple[Answer, ...]
    sections: tuple[Section, ...]
    offers: tuple[str, ...]
    statement: str
    boxes: tuple[SignatureBox, ...]
    history: tuple[EditionLine, ...]
    evidence: tuple[EvidenceLine, ...]
    proof: tuple[Fact, ...]
    not_vendor: str
    public_url: str
    generated_at: datetime
    words: dict[str, str]
    common: dict[str, str]
    sheet_head: tuple[str, ...]
