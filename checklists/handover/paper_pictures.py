"""Pictures of the company's own notes as a PDF takes them: small, and without transparency."""

import io

from PIL import Image

LONGEST_SIDE = 1000  # pixels: about 290 dots per inch in the widest column
MOST_BYTES = 200_000  # of a PNG; a larger one is a photograph and becomes a JPEG


def for_paper(data: bytes) -> bytes:
    """The stored picture (`advisories.pictures`) made small, on white. The same one gives the same
    bytes. Raises OSError or ValueError for what is no picture."""
    with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as opened:
        is_photo = opened.format == "JPEG"
        picture = opened.convert("RGBA")
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    white = Image.new("RGBA", picture.size, "white")
    flat = Image.alpha_composite(white, picture).convert("RGB")
    png = b"" if is_photo else _written(flat, "PNG", optimize=True)
    return png if 0 < len(png) <= MOST_BYTES else _written(flat, "JPEG", quality=85)


def _written(picture: Image.Image, kind: str, **options: int | bool) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()
