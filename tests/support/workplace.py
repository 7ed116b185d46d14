"""A folder with a city file, and the real command run in it."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from living_city import PATIENCE_S, START, until
from loopback.server import Loopback, serving
from loopback.soda import Dataset
from loopback.table import Table

COLUMNS = (":id", ":updated_at", "id", "received", "type", "status", "lon", "lat")
Inside = Callable[..., str]
CITY_FILE = """
[city]
id = "smallville"
name = "Smallville"
time_zone = "America/Los_Angeles"
bounds = { west = -122.4, south = 37.6, east = -122.0, north = 37.9 }

[[sources]]
id = "calls"
label = "The calls"
connector = "socrata"
url = "http://127.0.0.1:9/calls.json"
key = ["id"]
closes = "status"
poll_s = 0.2

[sources.fields]
received_at = { from = "received", convert = "iso" }
source_type = "type"
agency = { default = "police" }
status = { from = "status", map = { open = "open", closed = "closed" } }
lon = { from = "lon", convert = "float" }
lat = { from = "lat", convert = "float" }

[call_types.exact]
"NOISE" = "noise"
"FIRE" = "fire"
"""


def a_row(number: int, **changes: object) -> dict[str, Any]:
    plain = {
        ":id": f"row-{number}",
        ":updated_at": START.isoformat(),
        "id": f"C{number}",
        "received": START.isoformat(),
        "type": "NOISE",
        "status": "open",
        "lon": "-122.25",
        "lat": "37.75",
    }
    return plain | changes


@dataclass
class Workplace:
    """A folder with a city file, and the command to run in it."""

    folder: Path

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "blocklight", *arguments]

    def environment(self, **more: str) -> Mapping[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("BLOCKLIGHT")}
        return {name: value for name, value in kept.items() if name != "COLUMNS"} | more

    def run(self, *arguments: str, code: int = 0, **environment: str) -> str:
        """Run a command to its end and return all that it said, which is never a traceback."""
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment(**environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert "Traceback" not in done.stdout, done.stdout
        assert done.returncode == code, done.stdout
        return done.stdout

    @contextmanager
    def running(self, *arguments: str, **environment: str) -> Iterator["Running"]:
        """Start a command that runs until it is told to stop."""
        log = self.folder / f"log-{arguments[0]}-{time.monotonic_ns()}"
        with log.open("wb") as file:
            process = subprocess.Popen(
                self.command(*arguments),
                cwd=self.folder,
                env=self.environment(**environment),
                stdout=file,
                stderr=subprocess.STDOUT,
            )
            try:
                yield Running(process, log, time.monotonic())
            finally:
                process.kill()
                process.wait()


@dataclass
class Running:
    """A command that is still going."""

    process: subprocess.Popen[bytes]
    log: Path
    began: float
    start_s: float = 0

    def said(self) -> str:
        return self.log.read_text("utf-8")

    def address(self) -> str:
        """Return where it is live, once it says so."""

        def announced() -> re.Match[str] | None:
            assert self.process.poll() is None, self.said()
            return re.search(r"live at (http://\S+)", self.said())

        found = until(announced)
        assert found is not None
        self.start_s = time.monotonic() - self.began
        return found[1]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Ask it to end, which it does at once and cleanly; a slow machine may take as long as to start."""
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(60)
        assert time.monotonic() - began < max(3, self.start_s)
        assert self.process.returncode == 0
        assert "Traceback" not in self.said()
        assert "ERROR" not in self.said(), "it had to cut off somebody"


@contextmanager
def serving_rows(*rows: dict[str, Any]) -> Iterator[tuple[Table, Loopback]]:
    """Serve rows as a Socrata dataset on loopback."""
    table = Table(COLUMNS, rows)
    with serving(Dataset(table)) as server:
        yield table, server
    table.close()


def read_from(server: Loopback) -> tuple[str, str]:
    return "--source-url", f"calls={server.url}/calls.json"


def statuses(address: str) -> dict[str, str]:
    features = httpx2.get(f"{address}/api/v1/incidents", trust_env=False).json()["features"]
    return {feature["id"]: feature["properties"]["status"] for feature in features}
