"""All tests: on SQLite, on a real PostgreSQL, in a real browser. `make test` runs this.

Arguments are pytest's. A part that cannot run fails the run in CI (CI=true); elsewhere it is named
in the last lines.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools import postgres, system  # noqa: E402  (after the path is set)

IN_CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")
ALONE = {"--pdb", "--trace", "-s"}  # these need the terminal, so the tests run in one process
NO_TESTS = 5  # pytest's exit status when ARGS select nothing of a part
KEYS = ("tests", "failures", "errors", "skipped")


@dataclass
class Result:
    name: str
    status: int
    seconds: float
    passed: int
    failed: int
    skipped: int

    def __str__(self) -> str:
        counts = f"{self.passed} passed, {self.failed} failed"
        if self.skipped:
            counts += f", {self.skipped} not run"
        return f"{self.name}: {counts} in {self.seconds:.0f} s"


def main(arguments: list[str]) -> int:
    missing = system.prepare()
    with database_url() as url:
        results = [
            run("SQLite", ["-m", "not e2e", *arguments], None),
            run("PostgreSQL", ["-m", "not e2e", "--only-database", *arguments], url),
            run("Browser", ["-m", "e2e", *arguments], None),
        ]
    return conclude(results, missing)


@contextlib.contextmanager
def database_url() -> Iterator[str]:
    """A PostgreSQL: the one of DATABASE_URL, else a server of our own for this run."""
    given = os.environ.get("DATABASE_URL", "")
    if given.startswith(("postgres://", "postgresql://")):
        yield given
        return
    binaries = postgres.machine_binaries() or postgres.packaged_binaries()
    print(f"PostgreSQL from {binaries}", flush=True)
    with postgres.temporary_server(binaries) as url:
        yield url


def run(name: str, arguments: list[str], database: str | None) -> Result:
    """One run of pytest; `database` None is a SQLite file of the tests' own."""
    print(f"\n== {name}", flush=True)
    environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    if database:
        environment["DATABASE_URL"] = database
    if not ALONE & set(arguments) and not any(each.startswith("-n") for each in arguments):
        arguments = ["-n", str(min(4, os.cpu_count() or 1)), *arguments]
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", f"--junitxml={report}", *arguments]
        status = subprocess.run(command, cwd=ROOT, env=environment).returncode
        passed, failed, skipped = counts(report)
    return Result(name, status, time.monotonic() - started, passed, failed, skipped)


def counts(report: Path) -> tuple[int, int, int]:
    """Passed, failed and skipped tests of a JUnit report; zeros when there is none."""
    if not report.exists():
        return 0, 0, 0
    suites = list(ElementTree.parse(report).getroot().iter("testsuite"))  # noqa: S314  our own file
    total = {key: sum(int(suite.get(key, 0)) for suite in suites) for key in KEYS}
    failed = total["failures"] + total["errors"]
    return total["tests"] - failed - total["skipped"], failed, total["skipped"]


def conclude(results: list[Result], missing: list[str]) -> int:
    """Print the closing lines; the exit status of the whole run."""
    print("\n== Result")
    for result in results:
        print(result)
    for one in missing:
        print(f"MISSING, its tests did not run: {one}")
    passed, failed, skipped = (
        sum(getattr(result, key) for result in results) for key in ("passed", "failed", "skipped")
    )
    broken = [each.name for each in results if each.status not in (0, NO_TESTS) and not each.failed]
    if broken:
        print(f"Ended without a result: {', '.join(broken)}")
    print(f"{passed} passed, {failed} failed" + (f", {skipped} NOT RUN" if skipped else ""))
    bad = any(result.status not in (0, NO_TESTS) for result in results)
    return int(bad or not passed or (IN_CI and bool(missing or skipped)))


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
