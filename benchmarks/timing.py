"""Ratios of two ways to do the same, measured in turn in one run."""

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Line:
    """One row of the table; times in milliseconds, `floor` None where there is only a limit;
    `memory` and its limit in megabytes, None where it was not measured; `orm` is what the floor's
    statements cost as plain ORM calls, None where that was not asked."""

    name: str
    ours: float
    floor: float | None
    limit: float  # a ratio, or milliseconds where there is no floor
    memory: float | None = None
    most_memory: float = 0
    orm: float | None = None

    @property
    def holds(self) -> bool:
        in_time = self.ours <= self.limit * (self.floor if self.floor is not None else 1)
        return in_time and (self.memory is None or self.memory <= self.most_memory)

    def __str__(self) -> str:
        if self.floor is None:
            measured = f"{self.ours:10.1f} {'':>10} {'':>7}  < {self.limit:.0f} ms"
            if self.memory is not None:
                measured += f"; {self.memory:.0f} < {self.most_memory:.0f} MB"
        else:
            ratio = self.ours / self.floor
            measured = f"{self.ours:10.2f} {self.floor:10.2f} {ratio:6.2f}x  <= {self.limit:.0f}x"
        alone = f"  (ORM alone {self.orm:.2f} ms)" if self.orm is not None else ""
        return f"{self.name:<44} {measured:<44} {'holds' if self.holds else 'MISSED'}{alone}"


HEAD = f"{'':<44} {'ours ms':>10} {'floor ms':>10} {'ratio':>7}  goal"


def milliseconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def compare(
    name: str,
    ours: Callable[[], Any],
    floor: Callable[[], Any],
    *,
    limit: float,
    rounds: int,
    orm: Callable[[], Any] | None = None,
) -> Line:
    """Medians of `rounds` runs of each, taking turns, after one run of each to warm up."""
    works = [ours, floor, *([orm] if orm else [])]
    for work in works:
        work()
    gc.collect()
    gc.disable()
    try:
        times = [[milliseconds(work) for work in works] for _ in range(rounds)]
    finally:
        gc.enable()
    medians = [median(column) for column in zip(*times, strict=True)]
    return Line(name, medians[0], medians[1], limit, orm=medians[2] if orm else None)
