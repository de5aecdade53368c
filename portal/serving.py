"""What `serve` checks and prepares before it listens."""

import hashlib
import ipaddress
import json
import os
import socket
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.utils.module_loading import import_string


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`. A name other than localhost counts as outside."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def refusal(host: str, port: int) -> str:
    """Why nothing can listen at host:port, in the system's words; empty when something can."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            if os.name == "posix":  # a port that was closed a moment ago counts as free
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except OSError as error:
        return error.strerror or str(error)
    return ""


def load_worker(target: str) -> WSGIHandler:
    """The application for a worker of granian, out of the terminal's reach.

    Ctrl-C would go to the workers as well as to their parent; a worker that is told to stop twice
    hangs until it is killed. So only the parent hears the terminal, and stops its workers.
    """
    if os.name == "posix":
        os.setpgrp()
    application: WSGIHandler = import_string(target.replace(":", "."))
    return application


def collect_static() -> None:
    """Collect the static files unless the last collection was of exactly these."""
    stamp = Path(settings.STATIC_ROOT).with_suffix(".collected")
    present = _static_fingerprint()
    if stamp.exists() and stamp.read_text(encoding="ascii") == present:
        return
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(present, encoding="ascii")


def _static_fingerprint() -> str:
    """SHA-256 over place, size and time of every static file there is, and of the settings."""
    files = [str(settings.STATIC_ROOT), str(settings.STORAGES["staticfiles"])]
    for finder in get_finders():
        for path, storage in finder.list([]):
            stat = os.stat(storage.path(path))
            files.append(f"{storage.location} {path} {stat.st_size} {stat.st_mtime_ns}")
    return hashlib.sha256(json.dumps(files).encode()).hexdigest()
