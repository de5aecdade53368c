"""Files that prove an item: told by their content; pictures are written anew, the rest stays."""

import codecs
import unicodedata
from dataclasses import dataclass

from django.utils.translation import gettext as _

from checklists.pictures import MEGABYTE, NotUsable, clean_photo

MOST_BYTES = 10 * MEGABYTE
MOST_NAME = 100
# Kinds of picture as their first bytes tell them.
PICTURES = {"png": b"\x89PNG\r\n\x1a\n", "jpg": b"\xff\xd8\xff"}
# What is text says by its name which kind of text it is.
TEXTS = ("txt", "csv", "log")
CONTENT_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "webp": "image/webp",
    "pdf": "application/pdf",
    "txt": "text/plain",
    "csv": "text/csv",
    "log": "text/plain",
}
ACCEPTED = ",".join(f".{kind}" for kind in (*CONTENT_TYPES, "jpeg"))
ENCODINGS = ("utf-8-sig", "cp932")


@dataclass(frozen=True)
class EvidenceFile:
    """A file as it is stored. `thumbnail` is a small WebP, empty where it is no picture."""

    name: str
    type: str
    data: bytes
    thumbnail: bytes = b""


def is_picture(kind: str) -> bool:
    return CONTENT_TYPES.get(kind, "").startswith("image/")


def clean_evidence(name: str, data: bytes) -> EvidenceFile:
    """The upload as it is kept: a PNG, JPEG or WebP upright and without metadata; a PDF or a text
    as it is. Raises NotUsable. The same file gives the same bytes."""
    if not data:
        raise NotUsable(_("The file is empty."))
    if len(data) > MOST_BYTES:
        text = _("The file is too large: at most %(megabytes)d MB.")
        raise NotUsable(text % {"megabytes": MOST_BYTES // MEGABYTE})
    kind = _kind(name, data)
    if not is_picture(kind):
        return EvidenceFile(_name(name, kind), kind, data)
    photo = clean_photo(data)
    if len(photo.data) > MOST_BYTES:  # a picture can grow when it is written anew
        raise NotUsable(_("The picture has too many points. Make it smaller."))
    return EvidenceFile(_name(name, kind), kind, photo.data, photo.thumbnail)


def _kind(name: str, data: bytes) -> str:
    for kind, begins in PICTURES.items():
        if data.startswith(begins):
            return kind
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "webp"
    if data.startswith(b"%PDF-") and b"%%EOF" in data[-2048:]:
        return "pdf"
    extension = name.rpartition(".")[2].lower()
    if extension in TEXTS and _is_text(data):
        return extension
    raise NotUsable(_("This kind of file is not taken. Use PNG, JPEG, WebP, PDF, TXT, CSV or LOG."))


def _is_text(data: bytes) -> bool:
    """Whether it reads as UTF-8, Shift_JIS or, with its mark, UTF-16."""
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if wide else ENCODINGS:
        try:
            return "\x00" not in data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return False


def _name(given: str, kind: str) -> str:
    """The last part of the name without what cannot be seen, ending as its content is."""
    last = unicodedata.normalize("NFC", given).replace("\\", "/").rpartition("/")[2]
    seen = "".join(" " if c.isspace() else c for c in last if unicodedata.category(c)[0] != "C")
    name = " ".join(seen.split()).lstrip(".")
    stem, _dot, extension = name.rpartition(".")
    if extension.lower() in (*CONTENT_TYPES, "jpeg"):
        name = stem
    return f"{name[:MOST_NAME].strip(' .') or 'evidence'}.{kind}"
