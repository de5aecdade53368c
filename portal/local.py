"""What a portal on one machine keeps for itself. Settings import this: standard library only."""

import os
import secrets
from pathlib import Path

KEY_FILE = Path(__file__).resolve().parent.parent / "var" / "secret-key"


def secret_key(path: Path = KEY_FILE) -> str:
    """The key that signs sessions, from `path`; made at the first call, readable by its owner only.

    Two processes that start at once get the same key: the file appears whole or not at all, and
    the first one wins. Raises ValueError when the file is empty (a full disk, a broken copy).
    """
    if not path.exists():
        _make(path)
    key = path.read_text(encoding="ascii").strip()
    if not key:
        raise ValueError(f"{path} is empty. Remove it: the next start makes a new key.")
    return key


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(50) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # unlike a rename, it never replaces a key that another process made
    except FileExistsError:
        pass
    except OSError:  # a file system without hard links
        os.replace(draft, path)
    draft.unlink(missing_ok=True)
