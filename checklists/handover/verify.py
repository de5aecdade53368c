#!/usr/bin/env python3
"""引き渡しファイル一式の検証 / Verifies a hand-over without the portal it came from.

使い方 / Usage:
    python verify.py                  このファイルのあるフォルダー / the folder this file lies in
    python verify.py bundle.zip       一式の ZIP / a whole bundle
    python verify.py checklist.json   JSON だけ / one JSON file alone
    python verify.py --code 9F86D-... 紙面の確認コードと照合 / compare with the code on the paper

Python 3.8 or newer, standard library only: nothing has to be installed, nothing is sent anywhere.
終了ステータス / Exit status: 0 すべて正しい / everything holds, 1 正しくない / something does not.
"""

from __future__ import annotations

import argparse
import binascii
import hashlib
import io
import json
import re
import struct
import sys
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

FORMAT = 1
MANIFEST = "MANIFEST.json"
FIRST = "0" * 64  # prev_hash of event 1
EVENT_KEYS = {
    *("checklist", "seq", "op_id", "kind", "item", "payload", "effect", "base_version"),
    *("outcome", "actor", "actor_name", "recorded_at", "client_at", "prev_hash", "hash"),
}


FITS = (
    "すべて正しく、互いに一致しています。発行されたものと同じかどうかは、上の確認コードまたは",
    "ダイジェストを、署名した紙面または確認ページのものと比べて確かめてください。",
    "Everything holds and fits together. Whether it is what was issued, the code or the digest",
    "above shows: compare them with the paper that was signed, or on the verification page.",
)
DOES_NOT_FIT = (
    "正しくない箇所があります。[NG] の行を見てください。",
    "Something does not hold: see the lines marked [NG].",
)


class Finding(NamedTuple):
    """One thing that was looked at: whether it holds, in both languages."""

    holds: bool
    ja: str
    en: str


class Broken(Exception):
    """A file that cannot be read as what it should be."""

    def __init__(self, ja: str, en: str) -> None:
        super().__init__(en)
        self.ja, self.en = ja, en


# ---- what is hashed -------------------------------------------------------------------------


def canonical(value: Any) -> str:
    """JSON with sorted keys and no spaces; the same value gives the same text everywhere."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def digest(value: Any) -> str:
    """SHA-256 (hex) of the canonical JSON in UTF-8."""
    return sha256(canonical(value).encode())


def code_of(content_digest: str) -> str:
    """The verification code: the digest's first 80 bits as four groups of five."""
    return "-".join(content_digest[start : start + 5].upper() for start in range(0, 20, 5))


def printed(value: Any) -> bytes:
    """A JSON file as it is written here: sorted, one value a line, ending in a line end."""
    return (json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False) + "\n").encode()


def read_json(data: bytes, name: str) -> Any:
    """The value of a file that `printed` wrote, byte for byte. Raises Broken."""
    try:
        value = json.loads(data)
        same = printed(value) == data
    except (ValueError, RecursionError):
        same = False
    if not same:
        raise Broken(
            f"{name}: 書き出したときのままの JSON ではありません。",
            f"{name}: it is not the JSON that was written.",
        )
    return value


# ---- one JSON file --------------------------------------------------------------------------


def check_json(data: bytes, name: str) -> list[Finding]:
    """The export of one edition: its checksum, the digest of its content, its code."""
    try:
        said = read_json(data, name)
        rest = {key: value for key, value in said.items() if key != "checksum"}
        whole = digest(rest) == said["checksum"]
        draft = said["state"] != "issued"
        same = said["digest"] == digest(said["content"]) or (draft and said["digest"] is None)
        code = said["code"] == (code_of(said["digest"]) if said["digest"] else None)
        number = said["content"]["edition"]["number"]
    except Broken as error:
        return [Finding(False, error.ja, error.en)]
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
        return [
            Finding(
                False,
                f"{name}: チェックリストの JSON ではありません。",
                f"{name}: it is no checklist in JSON.",
            )
        ]
    findings = [
        Finding(
            whole,
            f"{name}: 書き出した後に変更されて{_ja(whole)}。",
            f"{name}: it {_en(whole)} changed after it was written.",
        ),
        Finding(
            same,
            f"{name}: 内容は、署名されたダイジェストと一致{_fits_ja(same)}。",
            f"{name}: its content {_fits_en(same)} the digest that was signed.",
        ),
        Finding(
            code,
            f"{name}: 確認コードは、ダイジェストと一致{_fits_ja(code)}。",
            f"{name}: its verification code {_fits_en(code)} the digest.",
        ),
    ]
    if draft:
        findings.append(
            Finding(
                False,
                f"{name}: 版 {number} の下書きで、発行されていません。",
                f"{name}: a draft of edition {number}; it was never issued.",
            )
        )
    return findings


def _ja(holds: bool) -> str:
    return "いません" if holds else "います"


def _en(holds: bool) -> str:
    return "was not" if holds else "WAS"


def _fits_ja(holds: bool) -> str:
    return "します" if holds else "しません"


def _fits_en(holds: bool) -> str:
    return "fits" if holds else "does NOT fit"


def claimed(data: bytes) -> str:
    """The digest that a PDF, XLSX, JSON or CSV file says it has; "" when it says none."""
    pattern = rb"digest ([0-9a-f]{64})"  # keywords of a PDF or XLSX
    if data.startswith(b"PK"):
        data = _properties(data)
    elif data.startswith(b"{"):
        pattern = rb'\n "digest": "([0-9a-f]{64})"'
    elif not data.startswith(b"%PDF"):
        pattern = rb'"([0-9a-f]{64})"'  # the first column of a CSV that holds one
    found = re.search(pattern, data)
    return found.group(1).decode() if found else ""


def _properties(data: bytes) -> bytes:
    """The document properties of an XLSX file; b"" where there are none of a usual size."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            name = "docProps/core.xml"
            return archive.read(name) if archive.getinfo(name).file_size < 100_000 else b""
    except (KeyError, ValueError, OSError, zipfile.BadZipFile, zlib.error, NotImplementedError):
        return b""


# ---- the chain of events --------------------------------------------------------------------


def check_events(
    data: bytes, name: str, *, checklist: str, content_digest: str, head: str, number: str
) -> list[Finding]:
    """Every event's own hash, its link to the one before, and the head that the files print."""
    events, wrong = _events(data, name)
    previous, place = FIRST, 0
    for event in events:
        place += 1
        if event["seq"] != place:
            wrong.append(
                Finding(
                    False,
                    f"{name}: 記録 {place} がありません。",
                    f"{name}: event {place} is missing.",
                )
            )
            place = event["seq"]
        if event["prev_hash"] != previous:
            wrong.append(
                Finding(
                    False,
                    f"{name}: 記録 {place} は直前の記録につながりません。",
                    f"{name}: event {place} does not follow the one before.",
                )
            )
        body = {key: value for key, value in event.items() if key != "hash"}
        if digest(body) != event["hash"] or event["checklist"] != checklist:
            wrong.append(
                Finding(
                    False,
                    f"{name}: 記録 {place} は変更されています。",
                    f"{name}: event {place} was changed.",
                )
            )
        previous = event["hash"]
    if wrong:
        return wrong
    signed = [e for e in events if e["hash"] == head and e["kind"] == "prepared"]
    fits = bool(signed) and signed[0]["payload"].get("digest") == content_digest
    issued = any(
        e["kind"] == "issued"
        and e["payload"].get("digest") == content_digest
        and e["payload"].get("edition") == number
        for e in events
    )
    count = len(events)
    return [
        Finding(
            True,
            f"{name}: {count} 件の記録は途切れず、どれも変更されていません。",
            f"{name}: {count} events in one chain, none of them changed.",
        ),
        Finding(
            fits,
            f"{name}: 紙面に印字された末尾ハッシュの記録が{_there_ja(fits)}。",
            f"{name}: the event whose hash the files print as chain head {_there_en(fits)}.",
        ),
        Finding(
            issued,
            f"{name}: この版を発行した記録が{_there_ja(issued)}。",
            f"{name}: the event that issued this edition {_there_en(issued)}.",
        ),
    ]


def _there_ja(holds: bool) -> str:
    return "あります" if holds else "ありません"


def _there_en(holds: bool) -> str:
    return "is there" if holds else "is NOT there"


def _events(data: bytes, name: str) -> tuple[list[dict[str, Any]], list[Finding]]:
    events: list[dict[str, Any]] = []
    lines = data.split(b"\n")
    wrong = [] if lines.pop() == b"" else [_no_event(name, len(lines) + 1)]
    for number, line in enumerate(lines, 1):
        try:
            event = json.loads(line)
            known = isinstance(event, dict) and event.keys() == EVENT_KEYS
            known = known and isinstance(event["payload"], dict)
            if known and canonical(event).encode() == line:
                events.append(event)
                continue
        except (ValueError, RecursionError):
            pass
        wrong.append(_no_event(name, number))
    return events, wrong


def _no_event(name: str, line: int) -> Finding:
    return Finding(
        False, f"{name}: {line} 行目は記録として読めません。", f"{name}: line {line} is no event."
    )


def _kinds(data: bytes, number: str) -> list[str]:
    """What happened to the edition with this number."""
    events = _events(data, "")[0]
    return [event["kind"] for event in events if event["payload"].get("edition") == number]


def issued_files(data: bytes, content_digest: str) -> list[dict[str, Any]]:
    """The files that the event says were issued with this digest."""
    for event in _events(data, "")[0]:
        if event["kind"] == "issued" and event["payload"].get("digest") == content_digest:
            found: list[dict[str, Any]] = event["effect"].get("files", [])
            return found
    return []


# ---- a bundle -------------------------------------------------------------------------------


class Parts(NamedTuple):
    """The files of a bundle: their names, and how to read one."""

    names: list[str]
    read: Callable[[str], bytes]


def manifest_of(files: Iterable[tuple[str, int, str]], editions: list[dict[str, str]]) -> bytes:
    """The manifest of these (path, size, SHA-256), itself left out."""
    listed = [
        {"path": path, "size": size, "sha256": hashed} for path, size, hashed in sorted(files)
    ]
    return printed({"format": FORMAT, "editions": editions, "files": listed})


def check_bundle(parts: Parts) -> list[Finding]:
    """The manifest against the files, then each edition: content, JSON, chain, issued files."""
    try:
        manifest = read_json(parts.read(MANIFEST), MANIFEST)
        listed = [(file["path"], file["size"], file["sha256"]) for file in manifest["files"]]
        editions = [_in_texts(edition) for edition in manifest["editions"]]
        fits = manifest_of(listed, editions) == parts.read(MANIFEST)
    except Broken as error:
        return [Finding(False, error.ja, error.en)]
    except (KeyError, OSError, RecursionError, TypeError, ValueError):
        return [
            Finding(
                False,
                f"{MANIFEST} がないか、読めません。",
                f"{MANIFEST} is missing or cannot be read.",
            )
        ]
    findings = (
        []
        if fits
        else [Finding(False, f"{MANIFEST} は変更されています。", f"{MANIFEST} was changed.")]
    )
    wrong, whole = _check_files(parts, listed)
    findings += wrong
    for edition in editions:
        try:
            findings += _check_edition(parts, edition, whole)
        except Broken as error:
            findings.append(Finding(False, error.ja, error.en))
        except (AttributeError, KeyError, OSError, RecursionError, TypeError, ValueError):
            where = edition.get("folder", "?")
            findings.append(
                Finding(
                    False,
                    f"{where}: 版のファイルがないか、読めません。",
                    f"{where}: files of the edition are missing or unreadable.",
                )
            )
    return findings


def _check_files(
    parts: Parts, listed: list[tuple[str, int, str]]
) -> tuple[list[Finding], list[tuple[str, int, str]]]:
    """What is to be said, and the files that are here as they are listed."""
    wrong, whole, known = [], [], {MANIFEST}
    for path, size, hashed in listed:
        known.add(path)
        try:
            data = parts.read(path)
        except (KeyError, OSError, ValueError):
            wrong.append(Finding(False, f"{path} がありません。", f"{path} is missing."))
            continue
        if (len(data), sha256(data)) != (size, hashed):
            wrong.append(Finding(False, f"{path} は変更されています。", f"{path} was changed."))
        else:
            whole.append((path, size, hashed))
    for name in parts.names:
        if name not in known:
            wrong.append(
                Finding(
                    False, f"{name} は {MANIFEST} にありません。", f"{name} is not in {MANIFEST}."
                )
            )
    if wrong:
        return wrong, whole
    holds = Finding(
        True,
        f"{len(whole)} 個のファイルは {MANIFEST} のとおりです。",
        f"{len(whole)} files are as {MANIFEST} says.",
    )
    return [holds], whole


def _check_edition(
    parts: Parts, edition: Mapping[str, str], listed: list[tuple[str, int, str]]
) -> list[Finding]:
    folder, signed = edition["folder"], edition["digest"]
    text = parts.read(f"{folder}/content.json")
    content = json.loads(text)
    same = sha256(text) == signed and canonical(content).encode() == text
    facts = {
        "checklist": content["checklist"]["id"],
        "number": content["edition"]["number"],
        "code": code_of(signed),
    }
    right = same and all(edition[name] == value for name, value in facts.items())
    findings = [
        Finding(
            right,
            f"{folder}: 署名された内容はダイジェストと一致{_fits_ja(right)}。",
            f"{folder}: the content that was signed {_fits_en(right)} its digest.",
        ),
    ]
    events = parts.read(f"{folder}/events.jsonl")
    findings += check_events(
        events,
        f"{folder}/events.jsonl",
        checklist=facts["checklist"],
        content_digest=signed,
        head=edition["chain_head"],
        number=facts["number"],
    )
    issued = issued_files(events, signed)
    findings += _check_issued(issued, folder, listed)
    if "revoked" in _kinds(events, facts["number"]):
        findings.append(
            Finding(
                False,
                f"{folder}: この版は取り消されています。",
                f"{folder}: this edition was revoked.",
            )
        )
    findings += _check_evidence(content, folder, listed)
    findings += _check_answers(events, folder, facts["number"], listed)
    findings += _check_pictures(content, folder, listed)
    for file in issued:
        if file["format"] == "json":
            findings += _check_own_json(parts, f"{folder}/{file['name']}", edition)
    return findings


def _check_evidence(
    content: Mapping[str, Any], folder: str, listed: list[tuple[str, int, str]]
) -> list[Finding]:
    """The files that prove items, as the signed content names them."""
    here = {hashed for path, _size, hashed in listed if path.startswith(f"{folder}/evidence/")}
    files = content.get("evidence", [])
    missing = [file["name"] for file in files if file["sha256"] not in here]
    if missing:
        names = ", ".join(missing)
        return [
            Finding(
                False,
                f"{folder}: 署名された証跡がありません: {names}",
                f"{folder}: evidence that was signed is not here: {names}",
            )
        ]
    found = Finding(
        True,
        f"{folder}: {len(files)} 個の証跡は、署名したときのままです。",
        f"{folder}: {len(files)} files of evidence are those that were signed.",
    )
    return [found] if files else []


def _check_answers(
    data: bytes, folder: str, number: str, listed: list[tuple[str, int, str]]
) -> list[Finding]:
    """What the customer answered last, and the acceptance sheets that the chain names."""
    here = {hashed for path, _size, hashed in listed if path.startswith(f"{folder}/")}
    answers: dict[str, dict[str, Any]] = {}
    for event in _events(data, "")[0]:
        if event["payload"].get("edition") != number:
            continue
        if event["kind"] in ("accepted", "declined"):
            answers[event["kind"]] = event
        elif event["kind"] == "reply_revoked":
            answers.pop(event["payload"].get("kind"), None)
    findings = []
    for kind, event in answers.items():
        who, when = event["actor_name"], event["recorded_at"]
        ja, en = ("承認", "accepted") if kind == "accepted" else ("受領拒否", "declined")
        there = {sheet["sha256"] for sheet in event["effect"].get("sheets", [])} <= here
        findings.append(
            Finding(
                there,
                f"{folder}: お客様の回答: {ja} ({who}、{when})。承認書のファイルが"
                f"{_there_ja(there)}。",
                f"{folder}: {en} by the customer ({who}, {when}); its sheet {_there_en(there)}.",
            )
        )
    return findings


def _check_pictures(
    content: Mapping[str, Any], folder: str, listed: list[tuple[str, int, str]]
) -> list[Finding]:
    """The pictures of the company's own steps that the signed content names, where it gives them
    to the customer."""
    if not (content.get("handover") or {}).get("local_notes"):
        return []
    notes = [item.get("local_note") or {} for item in content["items"]]
    named = {picture["sha256"] for note in notes for picture in note.get("pictures", [])}
    if not named:
        return []
    here = {hashed for path, _size, hashed in listed if path.startswith(f"{folder}/notes/")}
    there = named <= here
    return [
        Finding(
            there,
            f"{folder}: 署名された社内手順の画像 {len(named)} 個が{_there_ja(there)}。",
            f"{folder}: pictures of our own steps that were signed ({len(named)}):"
            f" each of them {_there_en(there)}.",
        )
    ]


def _check_own_json(parts: Parts, path: str, edition: Mapping[str, str]) -> list[Finding]:
    data = parts.read(path)
    said = json.loads(data)
    own = all(said[name] == edition[name] for name in ("digest", "chain_head", "code"))
    wrong = Finding(False, f"{path}: 別の版のものです。", f"{path}: it belongs to another edition.")
    return [*check_json(data, path), *([] if own else [wrong])]


def _check_issued(
    issued: list[dict[str, Any]], folder: str, listed: list[tuple[str, int, str]]
) -> list[Finding]:
    """The files that the chain says were issued, against those that are here."""
    here = {hashed for path, _size, hashed in listed if path.startswith(f"{folder}/")}
    missing = [file["name"] for file in issued if file["sha256"] not in here]
    if missing or not issued:
        names = ", ".join(missing) or "PDF, CSV"
        return [
            Finding(
                False,
                f"{folder}: 発行の記録と一致するファイルがありません: {names}",
                f"{folder}: no file here is the one that was issued: {names}",
            )
        ]
    return [
        Finding(
            True,
            f"{folder}: {len(issued)} 個のファイルは、発行したときのままです。",
            f"{folder}: {len(issued)} files are those that were issued.",
        )
    ]


def editions_in(parts: Parts) -> list[dict[str, str]]:
    """The editions that the manifest names; none when it cannot be read."""
    try:
        return [_in_texts(edition) for edition in json.loads(parts.read(MANIFEST))["editions"]]
    except (KeyError, OSError, RecursionError, TypeError, ValueError):
        return []


def _in_texts(edition: Any) -> dict[str, str]:
    """An edition as a manifest names it. Raises TypeError for anything but texts."""
    if not isinstance(edition, dict) or not all(isinstance(v, str) for v in edition.values()):
        raise TypeError("no edition")
    return edition


# ---- the ZIP file: one layout, so that each of its bytes is known ---------------------------

LOCAL = struct.Struct("<4s5H3I2H")
CENTRAL = struct.Struct("<4s6H3I5H2I")
END = struct.Struct("<4s4H2IH")
FLAGS, STORED, TIME, DATE = 0x0800, 0, 0, 0x0021  # names in UTF-8; 1980-01-01
LARGEST = 0xFFFFFFFF


def local_header(name: bytes, crc: int, size: int) -> bytes:
    head = (b"PK\3\4", 20, FLAGS, STORED, TIME, DATE, crc, size, size, len(name), 0)
    return LOCAL.pack(*head) + name


def central_header(name: bytes, crc: int, size: int, offset: int) -> bytes:
    head = (b"PK\1\2", 0x0314, 20, FLAGS, STORED, TIME, DATE, crc, size, size, len(name))
    return CENTRAL.pack(*head, 0, 0, 0, 0, 0o100644 << 16, offset) + name


def end_record(count: int, size: int, offset: int) -> bytes:
    return END.pack(b"PK\5\6", 0, 0, count, count, size, offset, 0)


def zip_size(entries: Iterable[tuple[str, int]]) -> int:
    """The size of the ZIP of entries with these names and sizes. Raises ValueError from 4 GiB."""
    total = END.size
    for name, size in entries:
        total += LOCAL.size + CENTRAL.size + 2 * len(name.encode()) + size
    if total > LARGEST:
        raise ValueError("a ZIP file without extensions ends at 4 GiB")
    return total


def zip_chunks(entries: Iterable[tuple[str, bytes]]) -> Iterator[bytes]:
    """The ZIP of (name, data), stored and not packed; one entry in memory at a time."""
    offset, central, count = 0, [], 0
    for name, data in entries:
        encoded, crc = name.encode(), binascii.crc32(data)
        central.append(central_header(encoded, crc, len(data), offset))
        header = local_header(encoded, crc, len(data))
        yield header
        yield data
        offset, count = offset + len(header) + len(data), count + 1
    directory = b"".join(central)
    yield directory
    yield end_record(count, len(directory), offset)


def zip_parts(file: Any) -> Parts:
    """The files of an open ZIP whose every byte is where `zip_chunks` puts it. Raises Broken."""
    places: dict[str, tuple[int, int, int]] = {}
    central = []
    offset = 0
    file.seek(0)
    while True:
        head = file.read(LOCAL.size)
        if not head.startswith(b"PK\3\4") or len(head) < LOCAL.size:
            break
        crc, size, _same, length = LOCAL.unpack(head)[6:10]
        name = file.read(length)
        if head + name != local_header(name, crc, size):
            raise _not_ours()
        start = offset + len(head) + length
        try:
            places[name.decode()] = (start, size, crc)
        except UnicodeDecodeError:
            raise _not_ours() from None
        central.append(central_header(name, crc, size, offset))
        offset = start + size
        file.seek(offset)
    directory = b"".join(central)
    file.seek(offset)
    expected = directory + end_record(len(central), len(directory), offset)
    if not central or len(places) != len(central) or file.read(len(expected) + 1) != expected:
        raise _not_ours()

    def read(name: str) -> bytes:
        start, size, crc = places[name]
        file.seek(start)
        data: bytes = file.read(size)
        if len(data) != size or binascii.crc32(data) != crc:
            raise ValueError(name)
        return data

    return Parts(list(places), read)


def _not_ours() -> Broken:
    return Broken(
        "ZIP ファイルは書き出したときのままではありません。展開したフォルダーも確認してください。",
        "The ZIP file is not as it was written. Check the unpacked folder, too.",
    )


def folder_parts(folder: Path) -> Parts:
    """The files below a folder; what Python leaves behind is no part of it."""
    names = sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    )
    known = set(names)

    def read(name: str) -> bytes:
        if name not in known:
            raise KeyError(name)
        return (folder / name).read_bytes()

    return Parts(names, read)


# ---- the command ----------------------------------------------------------------------------


def check(path: Path) -> tuple[list[Finding], list[dict[str, str]]]:
    """What holds and what does not of a bundle (ZIP or folder) or a JSON file; its editions."""
    try:
        if path.is_dir():
            parts = folder_parts(path)
            return check_bundle(parts), editions_in(parts)
        data = path.read_bytes() if path.suffix.lower() == ".json" else b""
        if data:
            return check_json(data, path.name), _edition_of(data)
        with path.open("rb") as file:
            parts = zip_parts(file)
            return check_bundle(parts), editions_in(parts)
    except Broken as error:
        return [Finding(False, error.ja, error.en)], []
    except OSError as error:
        return [Finding(False, f"読めません: {error}", f"It cannot be read: {error}")], []


def _edition_of(data: bytes) -> list[dict[str, str]]:
    try:
        said = json.loads(data)
        return [_in_texts({name: said[name] or "" for name in ("digest", "chain_head", "code")})]
    except (KeyError, RecursionError, TypeError, ValueError):
        return []


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("path", nargs="?", type=Path, default=Path(__file__).resolve().parent)
    parser.add_argument("--code", default="", help="紙面の確認コード / the code on the paper")
    options = parser.parse_args(arguments)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    findings, editions = check(options.path)
    if options.code:
        findings.append(_compare(options.code, editions))
    for finding in findings:
        print(f"[{'OK' if finding.holds else 'NG'}] {finding.ja}\n     {finding.en}")
    good = bool(findings) and all(finding.holds for finding in findings)
    print()
    for edition in editions:
        print(f"版 / Edition {edition.get('number', '')} {edition.get('folder', '')}")
        print(f"  確認コード / Verification code {edition.get('code', '')}")
        print(f"  ダイジェスト / Digest           {edition.get('digest', '')}")
        print(f"  末尾ハッシュ / Chain head       {edition.get('chain_head', '')}")
    print()
    for line in FITS if good else DOES_NOT_FIT:
        print(line)
    return 0 if good else 1


def _compare(code: str, editions: list[dict[str, str]]) -> Finding:
    wanted = re.sub(r"[^0-9A-F]", "", unicodedata.normalize("NFKC", code).upper())
    there = any(edition.get("code", "").replace("-", "") == wanted for edition in editions)
    return Finding(
        there,
        f"紙面の確認コードの版が{_there_ja(there)}。",
        f"The edition with the code on the paper {_there_en(there)}.",
    )


if __name__ == "__main__":
    sys.exit(main())
