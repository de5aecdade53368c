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
    `memory` and its limit in megabytes, None where it was not measured."""

    name: str
    ours: float
    floor: float | None
    limit: float  # a ratio, or milliseconds where there is no floor
    memory: float | None = None
    most_memory: float = 0

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
        return f"{self.name:<44} {measured:<44} {'holds' if self.holds else 'MISSED'}"


HEAD = f"{'':<44} {'ours ms':>10} {'floor ms':>10} {'ratio':>7}  goal"


def milliseconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def compare(
    name: str, ours: Callable[[], Any], floor: Callable[[], Any], *, limit: float, rounds: int
) -> Line:
    """Medians of `rounds` runs of each, taking turns, after one run of each to warm up."""
    ours(), floor()
    gc.collect()
    gc.disable()
    try:
        pairs = [(milliseconds(ours), milliseconds(floor)) for _ in range(rounds)]
    finally:
        gc.enable()
    return Line(name, median(o for o, _ in pairs), median(f for _, f in pairs), limit)
