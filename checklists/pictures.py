"""Uploaded logos and scans: told by their content, stripped of what a camera or a scanner adds."""

import io
from dataclasses import dataclass

from django.utils.translation import gettext as _
from PIL import Image, ImageOps

MEGABYTE = 1024 * 1024
LOGO_BYTES = 2 * MEGABYTE
SCAN_BYTES = 10 * MEGABYTE
# A picture is unpacked in memory: four bytes for each point.
MOST_POINTS = 50_000_000
LOGO_SIZE = (1200, 400)
# What Pillow raises for broken files, besides OSError.
DAMAGED = (
    OSError,
    SyntaxError,
    ValueError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)


class NotUsable(Exception):
    """The upload is not what was asked for; the text says what to do."""


@dataclass(frozen=True)
class Scan:
    """A scanned paper as it is stored. `extension` is pdf, jpg or png."""

    data: bytes
    extension: str


def clean_logo(data: bytes) -> bytes:
    """A PNG or JPEG as a PNG without metadata, made smaller where it is large."""
    _require_size(data, LOGO_BYTES)
    picture, _kind = _open(data)
    picture.thumbnail(LOGO_SIZE)
    return _saved(picture, "PNG")


def clean_scan(data: bytes) -> Scan:
    """A PDF as it is; a JPEG or PNG turned upright and without metadata."""
    _require_size(data, SCAN_BYTES)
    if data.startswith(b"%PDF-"):
        return Scan(data, "pdf")
    picture, kind = _open(data)
    if kind == "PNG":
        return Scan(_saved(picture, "PNG"), "png")
    return Scan(_saved(picture, "JPEG", quality=90), "jpg")


def _require_size(data: bytes, most: int) -> None:
    if not data:
        raise NotUsable(_("The file is empty."))
    if len(data) > most:
        text = _("The file is too large: at most %(megabytes)d MB.")
        raise NotUsable(text % {"megabytes": most // MEGABYTE})


def _open(data: bytes) -> tuple[Image.Image, str]:
    """The picture, unpacked and turned as its metadata says, and its kind. Raises NotUsable for
    anything but a PNG or JPEG of usual size."""
    try:
        picture = Image.open(io.BytesIO(data), formats=("PNG", "JPEG"))
        if picture.width * picture.height > MOST_POINTS:
            raise NotUsable(_("The picture has too many points. Make it smaller."))
        return ImageOps.exif_transpose(picture), str(picture.format)
    except DAMAGED as error:
        raise NotUsable(_("The file is damaged, or of another kind than is asked for.")) from error


def _saved(picture: Image.Image, kind: str, **options: int) -> bytes:
    """Only the points, written anew: comments, positions and profiles stay behind."""
    modes = {"PNG": ("1", "L", "LA", "RGB", "RGBA"), "JPEG": ("L", "RGB")}[kind]
    if picture.mode not in modes:
        picture = picture.convert("RGBA" if kind == "PNG" else "RGB")
    bare = Image.new(picture.mode, picture.size)
    bare.paste(picture)
    written = io.BytesIO()
    bare.save(written, kind, optimize=True, **options)
    return written.getvalue()
