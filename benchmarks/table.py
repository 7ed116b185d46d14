"""Collects measured figures, each beside what it is compared with, and writes them as one Markdown table."""

import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


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

    def run(self) -> dict[str, Any]:
        """The rows as they are kept: with when they were measured, of which version, and at what load."""
        return {
            "ended": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
            "load": round(os.getloadavg()[0], 1),
            "commit": _commit(),
            "lines": [asdict(line) for line in self.lines],
        }

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


def _commit() -> str:
    """Name the version that was measured, by its first seven digits."""
    command = ["git", "rev-parse", "--short", "HEAD"]
    named = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    return named.stdout.strip() or "no version"


def median_s(work: Callable[[], object], times: int = 3) -> float:
    """Return the median wall time of *work* in seconds."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)
