"""Measure records that are sent to us: small batches over HTTP, each durable before its answer."""

import http.client
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import history
import orjson
from table import Table

_RECORDS = 20_000
_BATCH = 10
_GOAL = 1_000
# The recording's first minute since 1970, as its column `call_min` counts.
_MIN_CALL = 26_441_962


def city_file(folder: Path) -> Path:
    """Write the city of the import benchmark with a source that is sent to us."""
    path = history.city_file(folder)
    text = path.read_text("utf-8")
    path.write_text(re.sub(r'connector = "files"\nurl = .*', 'connector = "push"', text), "utf-8")
    return path


def batches() -> list[bytes]:
    """Return bodies of different incidents, ten in each."""
    records = [
        {
            "call_min": _MIN_CALL + n // 10,
            "agency": "F",
            "incident_type": "HOUSE FIRE",
            "lon_e5": -9_530_000 + n % 977 * 10,
            "lat_e5": 2_970_000 + n % 983 * 10,
            "n_units_max": n % 9,
        }
        for n in range(_RECORDS)
    ]
    return [orjson.dumps(records[start : start + _BATCH]) for start in range(0, _RECORDS, _BATCH)]


def rate(folder: Path) -> float:
    """Send every batch to a served city, one after the other over one connection; return records/s."""
    city, data = str(city_file(folder)), ["--data", str(folder / "pushed")]
    command = [sys.executable, "-m", "blocklight"]
    made = subprocess.run(
        [*command, "key", "create", city, "active", *data], capture_output=True, text=True, check=True
    )
    headers = {"authorization": f"Bearer {made.stdout.split()[-1]}", "content-type": "application/json"}
    server = subprocess.Popen(
        [*command, "serve", city, "--port", "0", *data],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    with server:
        try:
            assert server.stdout  # noqa: S101 - asked for above
            found = next(
                filter(
                    None, (re.search(r" live at http://127\.0\.0\.1:(\d+)", line) for line in server.stdout)
                )
            )
            return _send(http.client.HTTPConnection("127.0.0.1", int(found[1])), headers)
        finally:
            server.terminate()


def _send(connection: http.client.HTTPConnection, headers: dict[str, str]) -> float:
    bodies = batches()
    begun = time.perf_counter()
    published = 0
    for body in bodies:
        connection.request("POST", "/api/v1/push/active", body, headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != http.client.ACCEPTED:
            raise RuntimeError(f"HTTP {answer.status}")
        published += orjson.loads(text)["published"]
    taken = time.perf_counter() - begun
    connection.close()
    if published != _RECORDS:
        raise RuntimeError(f"{published} of {_RECORDS} were published")
    return _RECORDS / taken


def measure(table: Table, _: Path) -> None:
    """Add the row of pushing."""
    with tempfile.TemporaryDirectory() as name:
        pushed = rate(Path(name))
        floor = history.bare(_RECORDS, Path(name), _BATCH)
    table.add(
        f"{_RECORDS:,} records pushed over HTTP in batches of {_BATCH}, one connection, each durable",
        f"{pushed:,.0f} records/s",
        f"{floor:,.0f} upserts/s with their changes straight to SQLite in the same batches",
        f"{pushed / floor:.2f} times",
        f"at least {_GOAL:,}/s",
        met=pushed >= _GOAL,
    )
