"""Pictures that people upload: read by their content, written anew without anything a camera or a
program added, stored once under the SHA-256 of that."""

import hashlib
import io
import warnings
from dataclasses import dataclass

from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from advisories.stored_files import FileChanged, Folder

__all__ = ["FileChanged", "Picture", "PictureRefused", "clean", "path_of", "read", "store"]

MOST_BYTES = 5 * 1024 * 1024
MOST_PIXELS = 40_000_000
LONGEST_SIDE = 2400  # larger ones are made smaller: enough for a page of paper
READ = ("PNG", "JPEG", "WEBP", "GIF")

_folder = Folder("notes")
path_of, read = _folder.path_of, _folder.read


class PictureRefused(Exception):
    """The file is no picture that can be kept; the message says why."""


@dataclass(frozen=True)
class Picture:
    """A picture as it is stored."""

    data: bytes
    type: str
    width: int
    height: int

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


def clean(data: bytes) -> Picture:
    """The first picture in the file, upright, without metadata: a JPEG stays one, anything else
    becomes a PNG. Raises PictureRefused. The same file gives the same bytes."""
    if len(data) > MOST_BYTES:
        raise PictureRefused(_("The picture is larger than 5 MB. Make it smaller."))
    with warnings.catch_warnings():
        # Pillow only warns of a picture with very many pixels.
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(io.BytesIO(data), formats=READ) as opened:
                if opened.width * opened.height > MOST_PIXELS:
                    raise PictureRefused(_("The picture has too many pixels. Make it smaller."))
                return _written(opened)
        except PictureRefused:
            raise
        except Exception as error:  # a broken file has many ways to fail
            raise PictureRefused(
                _("The file is no picture that can be read. Use PNG, JPEG, WebP or GIF.")
            ) from error


def _written(opened: Image.Image) -> Picture:
    is_photo = opened.format == "JPEG"
    upright = ImageOps.exif_transpose(opened)
    mode = "RGB" if is_photo or "A" not in upright.getbands() else "RGBA"
    if upright.mode in ("P", "PA") and "transparency" in upright.info:
        mode = "RGBA"
    picture = upright.convert(mode)
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    # Pixels only: `info` would take comments and profiles along.
    bare = Image.frombytes(mode, picture.size, picture.tobytes())
    out = io.BytesIO()
    if is_photo:
        bare.save(out, "JPEG", quality=88)
    else:
        bare.save(out, "PNG")
    return Picture(
        data=out.getvalue(),
        type="image/jpeg" if is_photo else "image/png",
        width=bare.width,
        height=bare.height,
    )


def store(picture: Picture) -> None:
    _folder.store(picture.data)
