"""Collects measured figures, each beside what it is compared with, and writes them as one Markdown table."""

import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass(frozen=True)
class Line:
    """One row: what was measured, ours, what it is compared with, the ratio, and the goal it should meet."""

    what: str
    ours: str
    floor: str
    ratio: str
    goal: str
    met: bool

    @property
    def verdict(self) -> str:
        """Whether the goal is met, as a word."""
        return "yes" if self.met else "**no**"


@dataclass
class Table:
    """The rows of one run."""

    lines: list[Line] = field(default_factory=list)

    def add(self, what: str, ours: str, floor: str, ratio: str, goal: str, *, met: bool) -> None:
        """Add a row and show it."""
        line = Line(what, ours, floor, ratio, goal, met)
        self.lines.append(line)
        print(f"{'ok ' if met else 'MISS'} {what}: {ours} | {floor} | {ratio} | goal {goal}", flush=True)

    def markdown(self, title: str, command: str) -> str:
        """Write a page with a head that says which *command* wrote it, when and where."""
        rows = "\n".join(
            f"| {line.what} | {line.ours} | {line.floor} | {line.ratio} | {line.goal} | {line.verdict} |"
            for line in self.lines
        )
        return (
            f"# {title}\n\n"
            f"Written by `{command}`. Each ratio compares two things measured in one run on one machine;\n"
            "absolute figures depend on the machine and on what else it does.\n\n"
            f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, Python {platform.python_version()}, "
            f"load average at the end {os.getloadavg()[0]:.1f}.\n\n"
            "| what | ours | compared with | ratio | goal | met |\n|---|---|---|---|---|---|\n" + rows + "\n"
        )


def median_s(work: Callable[[], object], times: int = 3) -> float:
    """Return the median wall time of *work* in seconds."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)
