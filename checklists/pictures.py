"""Uploaded logos, scans and photographs: told by their content, without what a camera or a scanner
adds."""

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
PHOTO_SIZE = (4096, 4096)  # a screen of today, or a page of paper at 350 dpi
THUMBNAIL_SIZE = (240, 240)


class NotUsable(Exception):
    """The upload is not what was asked for; the text says what to do."""


@dataclass(frozen=True)
class Scan:
    """A scanned paper as it is stored. `extension` is pdf, jpg or png."""

    data: bytes
    extension: str


@dataclass(frozen=True)
class Photo:
    """A picture as it is stored, and a small WebP of it."""

    data: bytes
    thumbnail: bytes


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


def clean_photo(data: bytes) -> Photo:
    """A PNG, JPEG or WebP of the same kind, upright, without metadata, made smaller where it is
    very large."""
    opened, kind = _open(data, ("PNG", "JPEG", "WEBP"))
    picture = _converted(opened, kind)
    picture.thumbnail(PHOTO_SIZE)
    options = {} if kind == "PNG" else {"quality": 90}
    cleaned = _saved(picture, kind, **options)
    picture = _converted(picture, "WEBP")
    picture.thumbnail(THUMBNAIL_SIZE)
    return Photo(cleaned, _saved(picture, "WEBP", quality=80))


def _require_size(data: bytes, most: int) -> None:
    if not data:
        raise NotUsable(_("The file is empty."))
    if len(data) > most:
        text = _("The file is too large: at most %(megabytes)d MB.")
        raise NotUsable(text % {"megabytes": most // MEGABYTE})


def _open(data: bytes, kinds: tuple[str, ...] = ("PNG", "JPEG")) -> tuple[Image.Image, str]:
    """The picture, unpacked and turned as its metadata says, and its kind. Raises NotUsable for
    anything but one of these kinds and of usual size."""
    try:
        picture = Image.open(io.BytesIO(data), formats=kinds)
        if picture.width * picture.height > MOST_POINTS:
            raise NotUsable(_("The picture has too many points. Make it smaller."))
        if getattr(picture, "is_animated", False):
            raise NotUsable(_("The picture moves. Save a single picture of it."))
        upright = ImageOps.exif_transpose(picture)
        if upright.mode.startswith("I"):  # 16 bits of grey would all become white
            upright = upright.convert("I").point(lambda value: value / 256).convert("L")
        return upright, str(picture.format)
    except NotUsable:
        raise
    except Exception as error:  # a broken file has many ways to fail
        raise _damaged() from error


def _damaged() -> NotUsable:
    return NotUsable(_("The file is damaged, or of another kind than is asked for."))


def _saved(picture: Image.Image, kind: str, **options: int) -> bytes:
    """Only the points, written anew: comments, positions and profiles stay behind."""
    picture = _converted(picture, kind)
    bare = Image.new(picture.mode, picture.size)
    bare.paste(picture)
    written = io.BytesIO()
    bare.save(written, kind, optimize=True, **options)
    return written.getvalue()


def _converted(picture: Image.Image, kind: str) -> Image.Image:
    """As this kind of file holds it."""
    modes = {"PNG": ("1", "L", "LA", "RGB", "RGBA"), "JPEG": ("L", "RGB"), "WEBP": ("RGB", "RGBA")}
    if picture.mode in modes[kind]:
        return picture
    return picture.convert("RGB" if kind == "JPEG" else "RGBA")
