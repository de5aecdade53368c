"""The hand-over as tables: every word in its language, every row computed once for all formats.

Pure: the input is the content that is digested and signed (its shape is in `checklists.content`)
and a `Proof` of what happened to it; no queries.
"""

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from advisories.texts import in_language
from checklists.wording import open_points_text

from . import words
from .dates import calendar as in_calendar
from .dates import day, moment
from .parts import (
    Answer,
    CountLine,
    EditionLine,
    EvidenceLine,
    Fact,
    Handover,
    Proof,
    Section,
    SeverityLine,
    Signature,
    SignatureBox,
)
from .rows import Row, make_row, revisions
from .settings_shape import WESTERN, settings_in

__all__ = ["EditionLine", "Handover", "Proof", "Signature", "make_handover"]

Content = Mapping[str, Any]


def make_handover(
    content: Content,
    *,
    language: str,
    proof: Proof,
    time_zone: tzinfo | str,
    calendar: str = WESTERN,
) -> Handover:
    """The hand-over of `content` in `language` ("ja" or "en"), times in `time_zone`.

    `calendar` is for the Japanese paper; what is read by machines keeps the western one. Raises
    ValueError when the content's counts are not those of its items: nothing may be left out in
    silence (design section 5).
    """
    zone = ZoneInfo(time_zone) if isinstance(time_zone, str) else time_zone
    with override(language), in_calendar(calendar if language == "ja" else WESTERN):
        return _make(content, language, proof, zone)


def _make(content: Content, language: str, proof: Proof, zone: tzinfo) -> Handover:
    checklist, settings = content["checklist"], settings_in(content)
    product = checklist["product"]["slug"]
    moved = {offer["tracking_id"]: offer for offer in content["offers"] if offer["position"]}
    rows = tuple(
        make_row(
            item,
            language=language,
            zone=zone,
            product=product,
            offer=moved.get(item["tracking_id"]),
        )
        for item in sorted(content["items"], key=lambda item: item["position"])
    )
    counts = _counts(content, rows)
    answers = tuple(_answer(answer, language, zone) for answer in content["answers"])
    boxes, history = _boxes(proof, zone), tuple(_edition_line(line, zone) for line in proof.history)
    evidence = _evidence(content, zone)
    common = _common(content, language, proof, zone) | {
        "answers": "\n".join(map(_answer_text, answers)),
        "signatures": "\n".join(_signature_text(box) for box in boxes if box.name),
        "history": "\n".join(map(_history_text, history)),
        "evidence": "\n".join(map(_evidence_text, evidence)),
    }
    first = tuple(sorted((row for row in rows if row.attention_rank), key=_first_order))
    severities = _severities(rows)
    preparer = next((sign.company for sign in proof.signatures if sign.kind == "prepared"), "")
    return Handover(
        language=language,
        checklist=checklist["id"],
        title=_("Deployment checklist"),
        subject=f"{checklist['host']} {_('Deployment checklist')}",
        edition=_("Edition %(number)s") % {"number": content["edition"]["number"]},
        marks=_marks(content, proof),
        draft=proof.state == "draft",
        customer=_("For: %(customer)s") % {"customer": checklist["customer"]},
        project=checklist["project"],
        document_number=settings.document_number,
        classification=settings.classification,
        issuer=settings.company or preparer,
        logo=proof.logo,
        pictures=proof.pictures,
        signature=settings.signature,
        document=_document_lines(content, proof, zone),
        code=proof.code,
        facts=_facts(checklist, common),
        remarks=_remarks(content, proof, rows),
        sum=_sum(counts),
        decisions=tuple(str(word) for word in words.DECISIONS.values()),
        counted=tuple(str(word) for word in words.COUNTED.values()),
        counts=counts,
        severities=severities,
        chart=_chart_text(severities),
        first=first,
        first_text=_first_text(first),
        answers=answers,
        sections=_sections(rows),
        offers=tuple(_offer(offer, language, proof) for offer in content["offers"]),
        statement=common["statement"],
        boxes=boxes,
        history=history,
        evidence=evidence,
        proof=_proof_lines(proof, zone),
        not_vendor=_not_vendor(content),
        public_url=proof.public_url,
        generated_at=proof.generated_at,
        words={key: str(word) for key, word in words.PAGE.items()},
        common=common,
        sheet_head=tuple(str(head) for _key, head in words.SHEET_COLUMNS),
    )


def _counts(content: Content, rows: tuple[Row, ...]) -> tuple[CountLine, ...]:
    lines = []
    for key, verdict in words.VERDICTS.items():
        mine = [row.counted_key for row in rows if row.verdict_key == key]
        if len(mine) != content["counts"][key]:
            raise ValueError(f"{key}: {content['counts'][key]} counted, {len(mine)} items")
        decisions = tuple(mine.count(decision) for decision in words.COUNTED)
        lines.append(CountLine(key, str(verdict), decisions, len(mine)))
    return tuple(lines)


def _severities(rows: tuple[Row, ...]) -> tuple[SeverityLine, ...]:
    """A line for each severity that the document uses, the highest first."""
    lines = []
    for key, severity in words.SEVERITIES.values():
        mine = [row.counted_key for row in rows if row.severity_key == key]
        decisions = tuple(mine.count(decision) for decision in words.COUNTED)
        word = str(severity) if key != "none" else _("Without severity")
        lines.append(SeverityLine(key, word, decisions, len(mine)))
    return tuple(line for line in lines if line.total or line.key != "none")


def _chart_text(severities: tuple[SeverityLine, ...]) -> str:
    """The chart for who cannot see it: every number that is not 0."""
    names = [str(word) for word in words.COUNTED.values()]
    lines = []
    for line in severities:
        counted = zip(names, line.decisions, strict=True)
        parts = [f"{name} {number}" for name, number in counted if number]
        lines.append(f"{line.severity} {line.total} ({_(', ').join(parts) or '0'})")
    return _("Advisories by severity and decision: %(lines)s") % {"lines": "; ".join(lines)}


def _sum(counts: tuple[CountLine, ...]) -> str:
    parts = " + ".join(f"{line.verdict} {line.total}" for line in counts)
    total = sum(line.total for line in counts)
    return _("%(total)d advisories = %(parts)s") % {"total": total, "parts": parts}


def _marks(content: Content, proof: Proof) -> tuple[str, ...]:
    marks = [] if proof.state == "issued" else [_("DRAFT")]
    demo = content["checklist"]["demo"] or proof.demo
    return tuple([*marks, _("DEMO")] if demo else marks)


def _common(content: Content, language: str, proof: Proof, zone: tzinfo) -> dict[str, str]:
    """What is the same in every row of a sheet, by the key of its column."""
    checklist, catalogue = content["checklist"], content["catalogue"]
    mode, opened, settings = checklist["mode"], content["edition"], settings_in(content)
    notes = [
        in_language(note, language)
        for note in ((mode or {}).get("note"), checklist["product"].get("modes_note"))
    ]
    release = in_language(checklist["release"]["label"], language)
    documents = (_document(document, language) for document in catalogue["documents"])
    modes = [in_language(mode["name"], language)] if mode else [_("This product has no modes")]
    if checklist["mode_detail"]:
        modes.append(checklist["mode_detail"])
    return {
        "customer": checklist["customer"],
        "project": checklist["project"],
        "project_number": checklist["number"],
        "host": checklist["host"],
        "release": f"{checklist['product']['short_name']} {release}",
        "mode": " / ".join(modes),
        "installed_with": in_language(checklist["installed_with"]["label"], language),
        "edition": content["edition"]["number"],
        "state": str(words.STATES[proof.state]),
        "documents": "\n".join(documents),
        "check_date": day(catalogue["check_date"]),
        "added": "\n".join(
            _offer(offer, language, proof)
            for offer in content["offers"]
            if offer["position"] is None
        ),
        "digest": proof.digest,
        "chain_head": proof.chain_head,
        "code": proof.code,
        "marks": " / ".join(_marks(content, proof)),
        "document_number": settings.document_number,
        "classification": settings.classification,
        "product": checklist["product"]["name"],
        "mode_notes": "\n".join(note for note in notes if note),
        "end_of_support": _end_of_support(checklist["release"]),
        "checklist": checklist["id"],
        "created": f"{moment(checklist['created_at'], zone)} {checklist['created_by']}",
        "opened": f"{moment(opened['opened_at'], zone)} {opened['opened_by']}",
        "predecessor": _before(checklist),
        "statement": in_language(content["statement"], language),
    }


def _end_of_support(release: Mapping[str, Any]) -> str:
    support, source = day(release["end_of_support"] or ""), release["end_of_support_source"]
    return f"{support} ({source})" if support and source else support or _("Not stated")


def _before(checklist: Mapping[str, Any]) -> str:
    """The checklist before this one and what became of the box since; "": it is the first."""
    happened = words.HAPPENED.get(checklist.get("happened", ""))
    named = (checklist.get("predecessor", ""), f"({happened})" if happened else "")
    return " ".join(part for part in named if part)


def _document(document: Mapping[str, Any], language: str) -> str:
    published = f"({day(document['date'])})" if document["date"] else ""
    title = f"{document['publisher']}: {in_language(document['title'], language)}"
    return " ".join(part for part in (title, document["version"], published) if part)


def _document_lines(content: Content, proof: Proof, zone: tzinfo) -> tuple[Fact, ...]:
    """What identifies the document: number, edition and date."""
    settings, number = settings_in(content), content["edition"]["number"]
    lines = (
        Fact(_("Document number"), settings.document_number),
        Fact(_("Edition"), f"{number} ({words.STATES[proof.state]})"),
        Fact(_("Date of this file"), moment(proof.generated_at.isoformat(), zone)),
    )
    return tuple(line for line in lines if line.value)


def _edition_line(line: EditionLine, zone: tzinfo) -> EditionLine:
    revoked = _("Revoked: %(reason)s") % {"reason": line.revoked} if line.revoked else ""
    return EditionLine(
        line.number, moment(line.at, zone), line.reason or _("First edition"), line.by, revoked
    )


def _evidence(content: Content, zone: tzinfo) -> tuple[EvidenceLine, ...]:
    """Evidence in the order of the items that it proves."""
    numbers = {item["tracking_id"]: item["position"] for item in content["items"]}
    files = sorted(content.get("evidence", []), key=lambda file: numbers[file["tracking_id"]])
    return tuple(
        EvidenceLine(
            number=str(numbers[file["tracking_id"]]),
            name=" – ".join(text for text in (file["name"], file.get("caption")) if text),
            size=f"{file['size']:,}",
            sha256=file["sha256"],
            by=file["by"],
            at=moment(file["at"], zone),
        )
        for file in files
    )


def _facts(checklist: Mapping[str, Any], common: Mapping[str, str]) -> tuple[Fact, ...]:
    """The lines of the cover, to be read left, right, left, right."""
    mode = "\n".join(part for part in (common["mode"], common["mode_notes"]) if part)
    return (
        Fact(_("Project"), checklist["project"]),
        Fact(_("Project number"), checklist["number"]),
        Fact(_("Host"), checklist["host"]),
        Fact(_("Product and release"), f"{common['release']}\n{common['product']}"),
        Fact(_("Deployment mode"), mode),
        Fact(_("Catalogue edition"), common["documents"]),
        Fact(_("First installed with"), common["installed_with"]),
        Fact(_("Catalogue checked on"), common["check_date"]),
        Fact(_("End of vendor support"), common["end_of_support"]),
        Fact(_("Checklist created"), common["created"]),
    )


def _remarks(content: Content, proof: Proof, rows: tuple[Row, ...]) -> tuple[str, ...]:
    """What a reader must know before the tables, the weightiest first."""
    remarks = []
    if pending := sum(row.decision_key == "pending" for row in rows):
        remarks.append(open_points_text(pending))
    if untaken := sum(offer["confirmed"] for offer in content["offers"]):
        text = ngettext(
            "%(n)d added or MAJOR change of the catalogue was not taken; it is listed below.",
            "%(n)d added or MAJOR changes of the catalogue were not taken; they are listed below.",
            untaken,
        )
        remarks.append(text % {"n": untaken})
    if not content["checklist"]["release"]["in_source"]:
        remarks.append(
            _(
                "This release is newer than the vendor document, which does not name it: "
                "advisories that came later are not in this list."
            )
        )
    if any(sign.self_review for sign in proof.signatures):
        remarks.append(_("Prepared and reviewed by the same person."))
    return tuple(remarks)


def _first_order(row: Row) -> tuple[int, int, int]:
    return row.attention_rank, -row.severity_rank, int(row.number)


def _first_text(first: tuple[Row, ...]) -> str:
    if first:
        return _("Each of these is also in its table below, under the same number.")
    return _("None: every advisory is settled, none is pending and no risk was accepted.")


def _sections(rows: tuple[Row, ...]) -> tuple[Section, ...]:
    to_do: dict[str, list[Row]] = {row.category: [] for row in rows}
    for row in rows:
        if row.verdict_key in ("required", "confirm"):
            to_do[row.category].append(row)
    annexes = (
        ("fixed", _("Annex A: fixed in this release, verify only")),
        ("not_applicable", _("Annex B: not applicable, with reasons")),
    )
    sections = [_section("category", name, mine) for name, mine in to_do.items() if mine]
    for kind, title in annexes:
        if mine := [row for row in rows if row.verdict_key == kind]:
            sections.append(_section(kind, title, mine))
    return tuple(sections)


def _section(kind: str, name: str, rows: list[Row]) -> Section:
    title = _("%(title)s: %(count)d") % {"title": name, "count": len(rows)}
    return Section(kind, title, tuple(rows))


def _answer(answer: Mapping[str, Any], language: str, zone: tzinfo) -> Answer:
    text = in_language(answer["value_text"], language)
    return Answer(
        question=in_language(answer["text"], language),
        answer=text or answer["value"] or _("Not answered"),
        by=answer["by"],
        at=moment(answer["at"], zone),
    )


def _answer_text(answer: Answer) -> str:
    """An answer with who and when in a line of a cell."""
    return _in_brackets(f"{answer.question}: {answer.answer}", answer.by, answer.at)


def _signature_text(box: SignatureBox) -> str:
    return _in_brackets(f"{box.title}: {box.name}", box.company, box.at, box.remark)


def _history_text(line: EditionLine) -> str:
    return _in_brackets(f"{line.number}: {line.reason}", line.by, line.at, line.revoked)


def _evidence_text(file: EvidenceLine) -> str:
    number = _("No. %(number)s") % {"number": file.number}
    return _in_brackets(f"{number} {file.name}", file.sha256, file.size, file.by, file.at)


def _in_brackets(text: str, *details: str) -> str:
    known = _(", ").join(detail for detail in details if detail)
    return f"{text} ({known})" if known else text


def _offer(offer: Mapping[str, Any], language: str, proof: Proof) -> str:
    """One advisory that moved and is not part of the list as it is now, in a line."""
    number = _("No. %(number)s") % {"number": offer["position"]} if offer["position"] else ""
    severity = str(words.SEVERITIES[offer["severity"]][1])
    named = (number, offer["tracking_id"], in_language(offer["title"], language))
    sentences = [
        _("%(advisory)s (%(severity)s): %(step)s")
        % {
            "advisory": " ".join(part for part in named if part),
            "severity": severity,
            "step": words.STEPS[offer["step"]],
        }
    ]
    if offer["withdrawn_reason"]:
        sentences.append(offer["withdrawn_reason"])
    elif offer["held"] and offer["step"] != "left":
        sentences.append(revisions(offer))
    if offer["confirmed"] and offer["verdict"]:
        verdict = words.VERDICTS[offer["verdict"]]
        sentences.append(_("verdict with it: %(verdict)s") % {"verdict": verdict})
    if offer["confirmed"] and proof.state != "draft":
        sentences.append(_("seen, and handed over without it"))
    return _("; ").join(sentences)


def _boxes(proof: Proof, zone: tzinfo) -> tuple[SignatureBox, ...]:
    signed = {sign.kind: sign for sign in proof.signatures}
    boxes = []
    for kind, title in words.SIGNATURES.items():
        sign = signed.get(kind)
        remark = _("Same person as prepared") if sign and sign.self_review else ""
        if kind == "accepted" and not sign and (sign := signed.get("declined")):
            remark = _("Declined")
        name, company, at = (sign.name, sign.company, sign.at) if sign else ("", "", "")
        boxes.append(SignatureBox(str(title), name, company, moment(at, zone), remark))
    return tuple(boxes)


def _proof_lines(proof: Proof, zone: tzinfo) -> tuple[Fact, ...]:
    lines = (
        Fact(_("Verification code"), proof.code),
        Fact(_("Verification page"), proof.public_url),
        Fact(_("Digest of the content (SHA-256)"), proof.digest),
        Fact(_("Chain head"), proof.chain_head),
        Fact(_("Digital signature of this file (PAdES)"), proof.certificate),
        Fact(_("Time zone of all times"), str(zone)),
    )
    return tuple(line for line in lines if line.value)


def _not_vendor(content: Content) -> str:
    publishers = sorted({document["publisher"] for document in content["catalogue"]["documents"]})
    return _("In our own words; not a document of %(vendor)s.") % {"vendor": ", ".join(publishers)}
