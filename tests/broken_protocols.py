"""`make broken-protocols`: breaks the protocol of working offline on purpose, one rule at a time,
and says which test notices. Exit status 1 when one is not noticed.

A variant is a change of the source as it is loaded; no file is touched. Each runs a fast part of
the tests in a process of its own until the first one fails. Two lines break nothing: they show
that the same tests pass, so that red means what it says. Arguments are names of variants.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VARIABLE = "BROKEN_PROTOCOL"
PROTOCOL = [
    "tests/test_sync.py",
    "tests/test_actions_record.py",
    "tests/test_sync_machine.py",
    "tests/test_checklist_replay.py",
    "-m",
    "not e2e",
]
RACES = [
    "tests/test_sync_races.py",
    "-k",
    "not without_the_lock",  # a negative control of its own
]
BROWSER = [
    *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests").glob("test_offline*.py")),
    "-m",
    "e2e",
    "-k",
    "SYNC and JSON or another_persons_name",
]
UNLOCKED = (
    "checklists/actions/events.py",
    'Checklist.objects.select_for_update(of=("self",))\n',
    "Checklist.objects.all()\n",
)


@dataclass(frozen=True)
class Variant:
    """`changes` are (file, text that stands in it once, what stands there instead)."""

    name: str
    changes: tuple = ()
    tests: tuple = tuple(PROTOCOL)
    database: str = "sqlite"

    def source(self, file):
        """The file as this variant has it."""
        text = (ROOT / file).read_text(encoding="utf-8")
        for path, old, new in self.changes:
            if path == file:
                if text.count(old) != 1:
                    raise LookupError(f"{self.name}: {file} has {text.count(old)} times {old!r}")
                text = text.replace(old, new)
        return text

    @property
    def files(self):
        return dict.fromkeys(path for path, _old, _new in self.changes)


def broken(name, file, old, new, tests=PROTOCOL):
    return Variant(name, ((file, old, new),), tuple(tests))


OPERATIONS = "checklists/actions/operations.py"
EVENTS = "checklists/actions/events.py"
SYNC = "checklists/sync.py"
VIEW = "checklists/views/sync.py"
FLUSHER = "static/js/checklist/flusher.js"

VARIANTS = [
    Variant("nothing"),
    broken("idempotency look-up removed", OPERATIONS, "    if stored:\n", "    if None:\n"),
    broken("same body not compared", EVENTS, "    if known != (", "    if None and known != ("),
    broken("version check removed", OPERATIONS, "operation.base_version != item.version", "False"),
    broken(
        "version of an answer not checked",
        OPERATIONS,
        "operation.base_version != answer.version",
        "False",
    ),
    broken("sign-off ignored", OPERATIONS, "if not in_draft(checklist):", "if False:"),
    broken(
        "late operations dropped",
        OPERATIONS,
        "return _append(checklist, operation, {}, Event.Outcome.LATE)",
        'raise Refused("Too late.")',
    ),
    broken(
        "conflicts dropped",
        OPERATIONS,
        '        seen = {"version": item.version, "current": current}\n',
        '        raise Refused("Somebody was faster.")\n',
    ),
    broken(
        "permission check skipped", OPERATIONS, "    require(checklist, by, Role.ENGINEER)\n", ""
    ),
    broken(
        "a stranger may see", VIEW, "    visible_or_404(request, uuid)\n    try:\n", "    try:\n"
    ),
    broken(
        "session check skipped: a log-in page for scripts",
        "portal/middleware.py",
        "if is_for_script(request, view_func):",
        "if False:",
    ),
    broken(
        "token of the form not asked for",
        VIEW,
        "@answers_json\n@require_POST\n",
        "@__import__('django.views.decorators.csrf').views.decorators.csrf.csrf_exempt\n"
        "@answers_json\n@require_POST\n",
    ),
    broken(
        "client time trusted",
        EVENTS,
        "recorded_at=now or timezone.now(),",
        "recorded_at=client_at or now or timezone.now(),",
    ),
    broken("chain not linked", EVENTS, "prev_hash=checklist.head or FIRST", "prev_hash=FIRST"),
    broken("numbers of events not counted", EVENTS, "seq=checklist.last_seq + 1", "seq=2"),
    broken(
        "event and item not together",
        OPERATIONS,
        "    item.version += 1\n    columns",
        "    return event\n    columns",
    ),
    broken(
        "resolves ignored",
        "checklists/conflicts.py",
        'named = {op_id for event in later for op_id in event.payload.get("resolves", [])}',
        "named: set[str] = set()",
    ),
    broken(
        "a colleague's entry ends a conflict",
        "checklists/conflicts.py",
        "        and newer.actor_id == event.actor_id\n",
        "",
    ),
    broken(
        "mark of the reviewer ignored",
        OPERATIONS,
        "marked = item.returned or item.flagged",
        "marked = False",
    ),
    broken(
        "unsent devices ignored on signing",
        "checklists/actions/devices.py",
        "if not {tick_of(device) for device in devices} <= set(ticked):",
        "if False:",
    ),
    broken(
        "what a device still holds not noted", VIEW, "max(0, unsent - recorded)", "0 * recorded"
    ),
    broken(
        "own unsent entries in each other's way",
        SYNC,
        'follows = uuid_or_none(str(sent.get("follows", "")))',
        "follows = None",
    ),
    broken(
        "one refusal stops the others",
        SYNC,
        "except Refused as error:",
        "except ZeroDivisionError as error:",
    ),
    broken(
        "a batch recorded from its end",
        SYNC,
        "for operation in operations]",
        "for operation in operations[::-1]]",
    ),
    broken("forms that nobody knows recorded", SYNC, "not in SCHEMAS", "in ()"),
    Variant("nothing, races", (), tuple(RACES)),
    Variant(
        "lock removed",
        (UNLOCKED, ("portal/settings.py", '    "transaction_mode": "IMMEDIATE",\n', "")),
        tuple(RACES),
    ),
    Variant("nothing, races", (), tuple(RACES), "postgresql"),
    Variant("lock removed", (UNLOCKED,), tuple(RACES), "postgresql"),
    Variant("nothing, in the browser", (), tuple(BROWSER)),
    broken(
        "outbox cleared on any 200",
        FLUSHER,
        'if (status !== 200 || !Array.isArray(data.answers)) throw new NoAnswer("odd");\n'
        "  return data;",
        "if (status === 200) await outbox.remove(entries);\n"
        '  return { answers: entries.map(({ op_id }) => ({ op_id, outcome: "same" })) };',
        BROWSER,
    ),
    broken(
        "sent in another person's name",
        FLUSHER,
        "waiting.filter((entry) => entry.user === session.user)",
        "waiting",
        BROWSER,
    ),
]


def install(variant):
    """Load Python files as the variant has them."""
    sources = {str(ROOT / file): variant.source(file) for file in variant.files}
    load = SourceFileLoader.get_code

    def get_code(self, fullname):
        if self.path in sources:
            return self.source_to_code(sources[self.path].encode(), self.path)
        return load(self, fullname)

    SourceFileLoader.get_code = get_code


def replace_static(variant, collected):
    """The same for scripts, in the folder of files that are served."""
    for file in variant.files:
        path = Path(file)
        for served in (collected / path.relative_to("static")).parent.glob(f"{path.stem}*"):
            if served.suffix == path.suffix:
                served.write_text(variant.source(file), encoding="utf-8")
            else:
                served.unlink()  # the compressed one


def run(variant, database_url=None):
    """(failed test or "", seconds) of the variant's tests in a process of their own."""
    left_out = ("DATABASE_URL", "PYTEST_XDIST_WORKER", "PYTEST_ADDOPTS", "PYTEST_CURRENT_TEST")
    environment = {key: value for key, value in os.environ.items() if key not in left_out}
    environment |= {VARIABLE: variant.name} | (
        {"DATABASE_URL": database_url} if database_url else {}
    )
    command = [sys.executable, "-m", "pytest", "-p", "tests.broken_protocol", "-x", "-q"]
    command += ["--tb=no", "--no-header", "-rfE", *variant.tests]
    started = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    seconds = time.monotonic() - started
    failed = re.search(r"^(?:FAILED|ERROR) (\S+::.+?)(?: - .*)?$", done.stdout, re.M)
    if done.returncode not in (0, 1) or bool(done.returncode) != bool(failed):
        raise SystemExit(f"{variant.name}: no result\n{done.stdout}{done.stderr}")
    return (failed.group(1) if failed else ""), seconds


def named(name):
    return next(variant for variant in VARIANTS if variant.name == name)


def line(variant, failed, seconds):
    expected = bool(failed) == bool(variant.changes)
    if not variant.changes:
        result = f"passes as it should: {variant.tests[0]} ..." if expected else f"FAILS: {failed}"
    else:
        result = failed if expected else "SURVIVED"
    label = variant.name + (" (PostgreSQL)" if variant.database == "postgresql" else "")
    return f"{label:<50} {seconds:5.1f} s  {result}"


def main(names: Iterable[str]) -> int:
    from tools import postgres

    chosen = [variant for variant in VARIANTS if not names or variant.name in names]
    unknown = set(names) - {variant.name for variant in chosen}
    if unknown:
        raise SystemExit(f"No such variant: {', '.join(sorted(unknown))}")
    good = True
    with ExitStack() as stack:
        url = None
        if any(variant.database == "postgresql" for variant in chosen):
            binaries = postgres.machine_binaries() or postgres.packaged_binaries()
            url = stack.enter_context(postgres.temporary_server(binaries))
        # Two of PostgreSQL would meet in one test database; these take turns.
        turns = [[v] for v in chosen if v.database == "sqlite"]
        turns.append([v for v in chosen if v.database == "postgresql"])
        pool = stack.enter_context(ThreadPoolExecutor(max_workers=min(2, os.cpu_count() or 1)))

        def take(variants):
            return [(v, *run(v, url if v.database == "postgresql" else None)) for v in variants]

        for results in pool.map(take, turns):
            for variant, failed, seconds in results:
                print(line(variant, failed, seconds), flush=True)
                good &= bool(failed) == bool(variant.changes)
    print("every broken variant is noticed" if good else "NOT every variant is noticed")
    return 0 if good else 1


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main(sys.argv[1:]))
