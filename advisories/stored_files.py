"""Files under MEDIA_ROOT, stored under their own hash: the same bytes are one file, and none is
replaced."""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings


class FileChanged(Exception):
    """The stored file no longer has the hash it is stored under."""


@dataclass(frozen=True)
class Folder:
    """A folder of such files."""

    name: str

    def path_of(self, sha256: str) -> Path:
        return Path(settings.MEDIA_ROOT) / self.name / sha256[:2] / sha256

    def store(self, data: bytes) -> str:
        """Write `data` so that a crash leaves all of it or nothing; its SHA-256 in hex."""
        sha256 = hashlib.sha256(data).hexdigest()
        target = self.path_of(sha256)
        if target.exists():
            return sha256
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor, draft = tempfile.mkstemp(dir=target.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, target)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
        return sha256

    def read(self, sha256: str) -> bytes:
        """The stored bytes. Raises FileChanged when they do not have that hash any more, and
        FileNotFoundError."""
        data = self.path_of(sha256).read_bytes()
        if hashlib.sha256(data).hexdigest() != sha256:
            raise FileChanged(sha256)
        return data
