"""Measure a cold start: the serve command on a database of a million incidents, until it answers."""

import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from live import resident_kb
from table import Table
from window import calls

from blocklight.config.city import load_city
from blocklight.store import Store

ROWS = 1_000_000
_BATCH = 5_000
_GOAL_S = 5.0
_GOAL_MB = 600
_PATIENCE_S = 120.0


def fill(folder: Path, shared: Path) -> float:
    """Store a million recorded calls that end now, in batches; return rows a second."""
    city = load_city("houston")
    end = datetime.now(UTC)
    rows = calls(shared, ROWS, city, end=end)
    taken = 0.0
    with Store.open(f"sqlite:///{folder}/blocklight.sqlite3", city.city.id) as store:
        while batch := list(islice(rows, _BATCH)):
            begun = time.perf_counter()
            store.apply("active", batch, at=end)
            taken += time.perf_counter() - begun
        store.compact(keep_since=end, keep_at_least=20_000)
    return ROWS / taken


@contextmanager
def serving(city: str | Path, data: Path) -> Iterator[tuple[str, int]]:
    """Serve what is stored of a city; yield its address and process."""
    options: list[str | Path] = ["serve", city, "--no-intake", "--port", "0", "--data", data]
    command = [sys.executable, "-m", "blocklight", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout  # noqa: S101 - asked for above
        text = ""
        while not (found := re.search(r" live at (http://127\.0\.0\.1:\d+)", text)):
            line = server.stdout.readline()
            if not line:
                raise RuntimeError(text)
            text += line
        try:
            yield found[1], server.pid
        finally:
            server.terminate()


def start(folder: Path) -> tuple[float, float]:
    """Start serving; return seconds until ready and resident megabytes then."""
    begun = time.perf_counter()
    with serving("houston", folder) as (base, process):
        _wait(base + "/readyz")
        with urllib.request.urlopen(base + "/api/v1/window?hours=24") as answer:  # noqa: S310 - our own server
            answer.read()
        ready = time.perf_counter() - begun
        resident = resident_kb(process) / 1024
    return ready, resident


def _wait(url: str) -> None:
    end = time.monotonic() + _PATIENCE_S
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(url):  # noqa: S310 - our own server
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.02)
    raise TimeoutError(url)


def measure(table: Table, shared: Path) -> None:
    """Add the cold start row."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rate = fill(folder, shared)
        starts = sorted(start(folder) for _ in range(3))
    ready, resident = starts[1]
    table.add(
        f"Cold start with {ROWS:,} stored incidents (stored at {rate:,.0f} rows/s)",
        f"{ready:.1f} s until the window is served, {resident:.0f} MB",
        "",
        "",
        f"under {_GOAL_S:g} s, below {_GOAL_MB} MB",
        met=ready < _GOAL_S and resident < _GOAL_MB,
    )
