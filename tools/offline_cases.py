"""`make offline-cases`: the cases F01 to F30 of work without a network, one line for each.

A case is whatever tests are marked with it: `case("F07 browser: two tabs of one engineer")`. Exit
status 1 when one of them fails or did not run, or a case has no test. Arguments are pytest's.
"""

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
CASES = [f"F{number:02}" for number in range(1, 31)]


@dataclass
class Case:
    """`what` are the words of its marks, `how` browser or protocol, or what a test says of a fault
    that this machine did not let it make; `outcomes` are by test."""

    id: str
    what: dict[str, None] = field(default_factory=dict)
    how: dict[str, None] = field(default_factory=dict)
    outcomes: dict[str, str] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        return set(self.outcomes.values()) == {"passed"}

    def __str__(self) -> str:
        tests = f"{len(self.outcomes)} test{'' if len(self.outcomes) == 1 else 's'}"
        failed = [test for test, outcome in self.outcomes.items() if outcome != "passed"]
        result = "holds" if self.holds else "FAILED" if failed else "NO TEST"
        line = f"{self.id}  {'; '.join(self.what):<76} {', '.join(self.how):<18} {result} ({tests})"
        return "\n".join([line, *(f"     {test}: {self.outcomes[test]}" for test in failed)])


class Cases:
    """A plugin of pytest: the cases by what their tests report."""

    def __init__(self) -> None:
        self.all = {id: Case(id) for id in CASES}

    def pytest_runtest_logreport(self, report: Any) -> None:
        properties = [(str(name), str(value)) for name, value in report.user_properties]
        for name, value in properties:
            if name == "case":
                self._note(value, [v for n, v in properties if n == "how"], report)

    def _note(self, mark: str, hows: Iterable[str], report: Any) -> None:
        id, how, what = parts_of(mark)
        case = self.all.setdefault(id, Case(id))
        case.what[what] = None
        case.how |= dict.fromkeys([how, *hows])
        tells = report.outcome != "passed" or report.when == "call"
        # A test that passed and then failed to clean up has failed.
        if tells and case.outcomes.get(report.nodeid, "passed") == "passed":
            case.outcomes[report.nodeid] = report.outcome

    def lines(self) -> list[str]:
        return [str(case) for case in self.all.values()]

    @property
    def hold(self) -> bool:
        return all(case.holds for case in self.all.values())


def parts_of(mark: str) -> tuple[str, str, str]:
    """ "F07 browser: two tabs of one engineer" -> ("F07", "browser", "two tabs of one engineer")"""
    first, what = mark.split(": ", 1)
    id, how = first.split()
    return id, how, what


def main(arguments: list[str]) -> int:
    cases = Cases()
    workers = ["-n", str(min(2, os.cpu_count() or 1))]
    files = sorted(
        str(path) for path in (ROOT / "tests").glob("test_*.py") if "case(" in path.read_text()
    )
    pytest.main([*files, "-m", "case", "-q", *workers, *arguments], plugins=[cases])
    print("\n".join(["", *cases.lines()]))
    return 0 if cases.hold else 1


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    os.chdir(ROOT)
    sys.exit(main(sys.argv[1:]))
