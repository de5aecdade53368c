"""Uploaded files as answers: a browser shows only what was written anew as a picture, and in
nothing of them can anything run."""

from collections.abc import Callable

from django.http import Http404, HttpResponse
from django.utils.http import content_disposition_header

from advisories.stored_files import FileChanged


def served(read: Callable[[str], bytes], sha256: str, kind: str, name: str) -> HttpResponse:
    """The stored bytes as `read` gives them, of the content type `kind`; what is no picture is
    downloaded as `name`. 404 where the file is gone or changed."""
    try:
        data = read(sha256)
    except (FileNotFoundError, FileChanged):
        raise Http404 from None
    headers = {
        "Cache-Control": "private, max-age=31536000, immutable",
        "Content-Disposition": content_disposition_header(not kind.startswith("image/"), name)
        or "inline",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(data, content_type=kind, headers=headers)


def picture_served(read: Callable[[str], bytes], sha256: str, kind: str) -> HttpResponse:
    """A picture without a name of its own, as `served`."""
    return served(read, sha256, kind, f"{sha256[:12]}.{kind.removeprefix('image/')}")
