"""How settings are read: a bad value stops the start and names itself, without showing a secret."""

import re
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import dj_database_url
import dj_email_url  # type: ignore[import-untyped]
from environs import Env, ValidationError

BASE_DIR = Path(__file__).resolve().parent.parent

NAME = r"([a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:.]+\])"
HOST = re.compile(rf"\*|\.?{NAME}", re.IGNORECASE)
ORIGIN = re.compile(rf"https?://(\*\.)?{NAME}(:\d+)?", re.IGNORECASE)
ADDRESS = re.compile(rf"https?://{NAME}(:\d+)?(/[^\s?#]*)?", re.IGNORECASE)
ENGINES = {"sqlite": "django.db.backends.sqlite3", "postgres": "django.db.backends.postgresql"}
MAIL = re.compile(r"(smtp|submission|submit|console|file|memory|dummy):.*")

env = Env(eager=True)


def key_file(name: str, media_root: Path) -> Path | None:
    """The file that `name` names; None when it names none. It must not lie where files are
    handed out from."""
    value = env.str(name, "")
    if not value:
        return None
    path = BASE_DIR / value
    if not path.is_file():
        raise _invalid(name, f"there is no file {value!r}")
    if path.resolve().is_relative_to(media_root.resolve()):
        raise _invalid(name, "a key file must not lie under MEDIA_ROOT")
    return path


def signing_key(name: str, media_root: Path, password: str) -> Path | None:
    """The PKCS#12 file that signs PDFs, opened once so that a wrong password shows at the start;
    None when there is none."""
    path = key_file(name, media_root)
    if path is None:
        return None
    if find_spec("pyhanko") is None:
        raise _invalid(name, "it needs the packages of requirements-pades.txt, install them")
    from cryptography.hazmat.primitives.serialization import pkcs12

    try:
        key, certificate, _others = pkcs12.load_key_and_certificates(
            path.read_bytes(), password.encode() or None
        )
    except (OSError, ValueError) as error:
        raise _invalid(name, f"{path} is no PKCS#12 that SIGNING_KEY_PASSWORD opens") from error
    if key is None or certificate is None:
        raise _invalid(name, f"{path} lacks a private key or its certificate")
    return path


def secret(name: str, media_root: Path) -> str:
    """What stands in the file that `name`_FILE names, else `name`; "" when there is neither."""
    return _said(name, media_root)[1]


def _said(name: str, media_root: Path, default: str = "") -> tuple[str, str]:
    """The variable that gives a secret, `name`_FILE or `name`, and the secret."""
    file = key_file(f"{name}_FILE", media_root)
    if file is None:
        return name, env.str(name, default)
    name = f"{name}_FILE"
    try:
        value = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise _invalid(name, f"{file} cannot be read as text") from error
    if not value:
        raise _invalid(name, f"{file} is empty")
    return name, value


def database(name: str, default: str, media_root: Path) -> dict[str, Any]:
    """Django's settings for one database. Its address may hold a password, so it is a secret."""
    name, address = _said(name, media_root, default)
    try:
        found: dict[str, Any] = dict(dj_database_url.parse(address))
    except Exception as error:  # what it raises depends on the part that is wrong
        raise _invalid(name, "it is no address of a database") from error
    if found.get("ENGINE") not in ENGINES.values():
        raise _invalid(name, "it must start with sqlite:/// or postgres://")
    if found["ENGINE"] == ENGINES["sqlite"]:
        if found["NAME"] == ":memory:":
            raise _invalid(name, "a database in memory is lost with its process, name a file")
        found["NAME"] = str(BASE_DIR / found["NAME"])
    return found


def mail(name: str, media_root: Path) -> dict[str, Any]:
    """Django's settings for sending mail; none when nothing is said. A secret as well."""
    name, address = _said(name, media_root)
    if not address:
        return {}
    if not MAIL.fullmatch(address):
        raise _invalid(name, "it must start with submission:// or smtp://")
    try:
        found: dict[str, Any] = dict(dj_email_url.parse(address))
    except Exception as error:  # as above
        raise _invalid(name, "it is no address of a mail server") from error
    user = found.get("EMAIL_HOST_USER") or ""
    # Django's own default is webmaster@localhost, which no server takes.
    return {"DEFAULT_FROM_EMAIL": user, **found} if "@" in user else found


def is_given(value: object) -> None:
    if not value:
        raise ValidationError("it is empty.")


def are_hosts(values: Sequence[str]) -> None:
    """Names as they are compared with a request's; with a scheme or a port none would match."""
    is_given(values)
    _each(HOST, values, "host name (without scheme, port and path)")


def are_origins(values: Sequence[str]) -> None:
    """As they are compared with a request's; with a slash at the end none would match."""
    _each(ORIGIN, values, "origin like https://portal.example.jp")


def is_address(value: str) -> None:
    """Something to which a path can be appended, or nothing."""
    _each(ADDRESS, [value] if value else [], "address like https://portal.example.jp")


def is_time_zone(value: str) -> None:
    try:
        ZoneInfo(value)
    except Exception as error:  # which one depends on the text and on the machine's files
        raise ValidationError(f"{value!r} is no time zone like Asia/Tokyo.") from error


def _each(pattern: re.Pattern[str], values: Sequence[str], kind: str) -> None:
    for value in values:
        if not pattern.fullmatch(value):
            raise ValidationError(f"{value!r} is no {kind}.")


def _invalid(name: str, why: str) -> ValueError:
    return ValueError(f'Environment variable "{name}" invalid: {why}.')
