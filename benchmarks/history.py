"""Measure import and new-city: history in bulk against the bare engine, and a first look at a feed."""

import contextlib
import re
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
from table import Table

from blocklight.app.city_runtime import open_city
from blocklight.app.importing import Import, report_of_history
from blocklight.app.opening import Options
from blocklight.config.city import load_city

_ALL = 1_787_812
_SOME = _ALL // 8
_BATCH = 5_000
_GOAL = 1 / 3
_FLAT = 1.3
_COLUMNS = (
    "id TEXT PRIMARY KEY, first_seq INTEGER, seq INTEGER, source TEXT, kind TEXT, agency TEXT, "
    "category TEXT, status TEXT, received_at INTEGER, updated_at INTEGER, lon REAL, lat REAL, units INTEGER"
)
_UPSERT = (
    "INSERT INTO incident VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?) "
    "ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, status = excluded.status"
)

# What a person would write for this file: its times are minutes, its degrees are multiplied.
CITY = """
[city]
id = "houston-history"
name = "Houston"
time_zone = "America/Chicago"
bounds = { west = -95.95, south = 29.45, east = -94.95, north = 30.2 }

[[sources]]
id = "active"
label = "Active incidents"
connector = "files"
url = "https://data.example/houston.parquet"
key = ["agency", "incident_type", "call_min", "lon_e5", "lat_e5"]
closes = "never"

[sources.fields]
received_at = { from = "call_min", convert = "epoch_s", scale = 60 }
source_type = "incident_type"
agency = { from = "agency", map = { F = "fire", P = "police" } }
lon = { from = "lon_e5", convert = "float", scale = 0.00001 }
lat = { from = "lat_e5", convert = "float", scale = 0.00001 }
units = { from = "n_units_max", convert = "int" }
"""


def city_file(folder: Path) -> Path:
    """Write the city file with Houston's own call types."""
    shipped = load_city("houston").call_types.exact
    types = "".join(f"{orjson.dumps(text).decode()} = {str(kind)!r}\n" for text, kind in shipped.items())
    path = folder / "houston-history.toml"
    path.write_text(f"{CITY}\n[call_types.exact]\n{types}", "utf-8")
    return path


def first_rows(shared: Path, folder: Path, rows: int) -> Path:
    """Write the first rows of the four years into a file of their own."""
    whole = pq.ParquetFile(shared / "cad" / "houston" / "houston_calls_2020_2023.parquet")
    path = folder / f"first-{rows}.parquet"
    with pq.ParquetWriter(path, whole.schema_arrow) as writer:
        left = rows
        for batch in whole.iter_batches(min(rows, 50_000)):
            writer.write_batch(batch.slice(0, left))
            left -= len(batch)
            if left <= 0:
                break
    return path


def import_alone(shared: Path, rows: int) -> tuple[float, float, float]:
    """Import *rows*: rows/s, the largest memory of its two processes (MB), and rows/s of the report."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        city, file = city_file(folder), first_rows(shared, folder, rows)
        open_city(Options(str(city), data=folder / "data")).store.close()
        command: list[str | Path] = [sys.executable, __file__, city, file, folder / "data"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, megabytes, reporting = map(float, done.stdout.split()[-3:])
    return rows / seconds, megabytes, rows / reporting


def _import_here(city: str, file: Path, data: Path) -> None:
    begun = time.perf_counter()
    with contextlib.closing(Import(Options(city, data=data), "active", file)) as history:
        for _ in history.blocks():
            pass
    taken = time.perf_counter() - begun
    reader = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    megabytes = (_largest_kb() + reader) / 1024
    begun = time.perf_counter()
    report_of_history(Options(city, data=data), "active", file)
    print(taken, megabytes, time.perf_counter() - begun)


def _largest_kb() -> int:
    """Return the largest memory this process took; ``getrusage`` would also count who started it."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text("ascii"))
    if found is None:
        raise RuntimeError("the system does not say how much memory a process took")
    return int(found[1])


def bare(rows: int, folder: Path, batch: int = _BATCH) -> float:
    """Issue as many upserts, each with its change, straight to SQLite, *batch* at a time; return rows/s."""
    database = sqlite3.connect(folder / "bare.sqlite3", isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute("PRAGMA cache_size = -64000")  # as the store's own writer has
    database.execute(f"CREATE TABLE incident ({_COLUMNS})")
    database.execute("CREATE INDEX by_time ON incident (received_at)")
    database.execute("CREATE TABLE change (seq INTEGER PRIMARY KEY, id, changed_at, body)")
    text = "x" * 230
    rest = ("active", "call", "fire", "medical", "closed")
    ready = [
        (f"{n * 2654435761 % 2**32:016x}", n, n, *rest, n * 60_000, n, -95.3, 29.7, 3) for n in range(rows)
    ]
    log = [(row[1], row[0], row[9], text) for row in ready]
    begun = time.perf_counter()
    for start in range(0, rows, batch):
        database.execute("BEGIN IMMEDIATE")
        database.executemany(_UPSERT, ready[start : start + batch])
        database.executemany("INSERT INTO change VALUES (?,?,?,?)", log[start : start + batch])
        database.execute("COMMIT")
    taken = time.perf_counter() - begun
    database.close()
    return rows / taken


def _new_city(shared: Path, folder: Path) -> float:
    sample = shared / "cad" / "sf_fire" / "Fire_Department_Calls_for_Service_2020.csv"
    url = "https://data.example.gov/resource/abcd-1234"
    command: list[Any] = [sys.executable, "-m", "blocklight", "city", "new", url, "--sample", sample]
    begun = time.perf_counter()
    subprocess.run([*command, "-o", folder], capture_output=True, check=True)
    return time.perf_counter() - begun


def measure(table: Table, shared: Path) -> None:
    """Add the rows of import and new-city; both sides of a ratio meet the same machine in turns."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mine, memory, reported = import_alone(shared, _ALL)
        floor = bare(_ALL, folder)
        _, small, _ = import_alone(shared, _SOME)
        began = _new_city(shared, folder / "proposed")
    table.add(
        f"Import of the {_ALL:,} Houston rows, durable",
        f"{mine:,.0f} rows/s",
        f"{floor:,.0f} rows/s for as many upserts with their changes straight to SQLite, 5,000 at a time",
        f"{mine / floor:.2f} times",
        "at least 0.33 times",
        met=mine >= _GOAL * floor,
    )
    table.add(
        "The same, largest memory of its two processes",
        f"{memory:.0f} MB",
        f"{small:.0f} MB for an eighth of the rows",
        f"{memory / small:.2f} times",
        f"flat: at most {_FLAT:g} times",
        met=memory <= _FLAT * small,
    )
    table.add(
        "The report of it, which reads the file once more",
        f"{reported:,.0f} rows/s",
        "",
        f"{reported / mine:.2f} times the import",
        "faster than the import",
        met=reported >= mine,
    )
    quick = began < 10
    table.add("`city new` on a recorded sample", f"{began:.1f} s", "", "", "under 10 s", met=quick)


if __name__ == "__main__":
    _import_here(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
