"""Measure the past: ten million incidents of six years in 200 areas, asked over HTTP and by bare engines.

The month files are made of the recorded Houston calls, six times over, by the code that writes any.
"""

import json
import sqlite3
import statistics
import tempfile
import time
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
from cold_start import fill, serving
from history import CITY
from live import resident_kb
from table import Table

from blocklight.archive.archive import Archive
from blocklight.archive.manifest import Manifest, MonthFile, write_manifest
from blocklight.archive.month_files import write_files
from blocklight.archive.month_table import LAYOUT, month_table
from blocklight.archive.months import months_between
from blocklight.config.city import load_city
from blocklight.store import Store

_ALL = 10_000_000
_COPIES = 6
_COLUMNS, _ROWS = 20, 10
_WEST, _SOUTH, _WIDE, _HIGH = -95.95, 29.45, 0.05, 0.075
_FIRST, _LAST = datetime(2020, 1, 1, tzinfo=UTC), datetime(2025, 12, 31, tzinfo=UTC)
_AREAS = """
[[areas]]
kind = "square"
label = "Square"
file = "squares.geojson"
"""
_STAGES = (
    'dispatched_at = { from = "sent", convert = "iso" }\non_scene_at = { from = "there", convert = "iso" }\n'
)
# The stages are invented: a minute or two until a unit is sent, some more until it is there.
_MADE = """
CREATE TABLE calls AS
SELECT row_number() OVER () AS n, agency, n_units_max AS units, lon_e5 / 1e5 AS lon, lat_e5 / 1e5 AS lat,
  TIMESTAMP '2020-01-01'
    + INTERVAL 1 minute * CAST(floor(day * 1.5) * 1440 + minute + copy AS BIGINT) AS received_at
FROM (SELECT *, (call_min - first) // 1440 AS day, (call_min - first) % 1440 AS minute
      FROM read_parquet($file), (SELECT min(call_min) AS first FROM read_parquet($file))),
  range($copies) AS copies(copy)
WHERE lon_e5 BETWEEN -9595000 AND -9495001 AND lat_e5 BETWEEN 2945000 AND 3019999
LIMIT $all
"""
_OF_A_MONTH = """
SELECT NULL::TIMESTAMPTZ AS known_at, n AS first_seq, lpad(CAST(n AS VARCHAR), 16, 'a') AS id, n AS seq,
  received_at AS released_at, received_at AS updated_at, 'active' AS source, 'call' AS kind,
  CASE agency WHEN 'F' THEN 'fire' ELSE 'police' END AS agency,
  CASE n % 5 WHEN 0 THEN 'fire' WHEN 1 THEN 'alarm' WHEN 2 THEN 'traffic' WHEN 3 THEN 'noise' ELSE 'other' END
    AS category,
  'closed' AS status, received_at, lon, lat, 'grid' AS place_kind, 201 AS place_radius_m,
  NULL AS place_label,
  's' || (floor((lon + 95.95) / 0.05)::INT + 20 * floor((lat - 29.45) / 0.075)::INT) AS area_square,
  NULL AS source_type, n % 3 + 1 AS priority, NULL AS origin, units, NULL AS disposition,
  received_at + INTERVAL 1 second * (30 + n % 90) AS dispatched_at, NULL::TIMESTAMPTZ AS en_route_at,
  CASE WHEN n % 7 > 0 THEN received_at + INTERVAL 1 second * (240 + n % 1200) END AS on_scene_at,
  received_at + INTERVAL 1 second * (1200 + n % 3600) AS closed_at,
  false AS delayed, NULL::INT AS time_step_min, NULL AS subcategory
FROM calls WHERE strftime(received_at, '%Y-%m') = $month ORDER BY received_at, n
"""
_HOURS = (
    "SELECT hour(timezone('America/Chicago', received_at)) AS hour, area_square, count(*) "
    "FROM read_parquet($files) WHERE received_at >= '2024-01-01' AND received_at < '2025-01-01' GROUP BY ALL"
)
_IN_SQLITE = (
    "SELECT (received_at / 3600000 + 18) % 24 AS hour, area, count(*) FROM incident "
    "WHERE received_at >= 1704067200000 AND received_at < 1735689600000 GROUP BY 1, 2"
)
_SPAN = "since=2024-01-01T00:00:00Z&until=2025-01-01T00:00:00Z"


def _city_file(folder: Path) -> Path:
    squares = [
        {
            "type": "Feature",
            "properties": {"id": f"s{column + _COLUMNS * row}", "name": f"Square {column} {row}"},
            "geometry": {"type": "Polygon", "coordinates": [_square(column, row)]},
        }
        for row in range(_ROWS)
        for column in range(_COLUMNS)
    ]
    (folder / "squares.geojson").write_text(
        json.dumps({"type": "FeatureCollection", "features": squares}), "utf-8"
    )
    path = folder / "houston-history.toml"
    path.write_text(f"{CITY}{_STAGES}{_AREAS}", "utf-8")
    return path


def _square(column: int, row: int) -> list[list[float]]:
    west, south = _WEST + column * _WIDE, _SOUTH + row * _HIGH
    return [
        [west, south],
        [west + _WIDE, south],
        [west + _WIDE, south + _HIGH],
        [west, south + _HIGH],
        [west, south],
    ]


def _make_archive(shared: Path, folder: Path, data: Path) -> list[Path]:
    """Write an empty city's archive of ten million incidents; the paths of its month files."""
    city = load_city(str(_city_file(folder)))
    with Store.open(f"sqlite:///{data}/blocklight.sqlite3", city.city.id) as store:
        epoch, head = store.epoch(), store.head()
    archive = data / "archive"
    archive.mkdir()
    schema = month_table([], [], {}, ["square"]).schema
    months: dict[str, MonthFile] = {}
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        file = shared / "cad" / "houston" / "houston_calls_2020_2023.parquet"
        connection.execute(_MADE, {"file": str(file), "copies": _COPIES, "all": _ALL})
        for month in months_between(_FIRST, _LAST):
            rows = connection.sql(_OF_A_MONTH, params={"month": month}).to_arrow_table()
            tables = (_with_shapes(rows, schema) if rows.num_rows else None, None)
            built = write_files(archive, month, tables, head, datetime.now(UTC), in_use=())
            if built is not None:
                months[month] = built
    write_manifest(archive, Manifest(city.city.id, LAYOUT, ["square"], epoch, head, months, []))
    return [archive / month.file for month in months.values()]


def _with_shapes(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    lon, lat = (rows[name].combine_chunks() for name in ("lon", "lat"))
    bbox = pa.StructArray.from_arrays([lon, lat, lon, lat], fields=list(schema.field("bbox").type))
    wkb = pa.array([b"\x01\x01\x00\x00\x00" + bytes(16)] * rows.num_rows, pa.binary())
    whole = rows.append_column("bbox", bbox).append_column("geometry", wkb)
    return whole.select(schema.names).cast(schema)


def _ms(url: str) -> float:
    begun = time.perf_counter()
    with urllib.request.urlopen(url) as answer:  # noqa: S310 - our own server
        answer.read()
    return (time.perf_counter() - begun) * 1000


def _least_ms(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(5):
        begun = time.perf_counter()
        work()
        taken.append((time.perf_counter() - begun) * 1000)
    return min(taken)


def _in_duckdb(files: list[Path]) -> float:
    with duckdb.connect(config={"threads": 1}) as connection:
        names = [str(path) for path in files if "2023-12" <= path.name[:7] <= "2025-01"]
        return _least_ms(lambda: connection.execute(_HOURS, {"files": names}).fetchall())


def _in_sqlite(files: list[Path], folder: Path) -> float:
    with duckdb.connect() as source:
        names = [str(path) for path in files]
        rows = source.execute(
            "SELECT epoch_ms(received_at), area_square FROM read_parquet($files)", {"files": names}
        )
        database = sqlite3.connect(folder / "bare.sqlite3")
        database.execute("PRAGMA synchronous = OFF")
        database.execute("CREATE TABLE incident (received_at INTEGER, area TEXT)")
        while some := rows.fetchmany(200_000):
            database.executemany("INSERT INTO incident VALUES (?, ?)", some)
        database.execute("CREATE INDEX by_time ON incident (received_at, area)")
        database.commit()
    taken = _least_ms(lambda: database.execute(_IN_SQLITE).fetchall())
    database.close()
    return taken


def _rebuilding(shared: Path) -> float:
    """Store recorded calls of a month or two and build their files; rows a second."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fill(folder, shared)
        city = load_city("houston")
        with Store.open(f"sqlite:///{folder}/blocklight.sqlite3", city.city.id) as store:
            kinds = [layer.kind for layer in city.areas]
            archive = Archive(
                store, folder / "archive", city=city.city.id, area_kinds=kinds, now=lambda: datetime.now(UTC)
            )
            archive.mark_all()
            begun = time.perf_counter()
            while archive.turn():
                pass
            taken = time.perf_counter() - begun
            rows = sum(month.rows for month in archive.current().months)
            archive.close()
    return rows / taken


def _add_questions(table: Table, base: str, duck_ms: float, sqlite_ms: float) -> None:
    _ms(f"{base}/api/v1/areas/square/s99/summary")  # DuckDB is loaded with the first question
    _ms(f"{base}/area/square/s99")
    for what, path, start in (
        ("page", "/area/square/{}", 40),
        ("summary as JSON", "/api/v1/areas/square/{}/summary", 41),
    ):
        squares = [f"s{3 * number + start}" for number in range(11)]
        first = [_ms(base + path.format(square)) for square in squares]
        again = [_ms(base + path.format(square)) for square in squares]
        table.add(
            f"The {what} of an area, {_ALL:,} incidents of six years in 200 areas, first visit and next",
            f"{statistics.median(first):.0f} ms (at most {max(first):.0f}) "
            f"and {statistics.median(again):.0f} ms",
            "",
            "",
            "at most 150 ms and 20 ms",
            met=statistics.median(first) <= 150 and statistics.median(again) <= 20,
        )
    cold = _ms(f"{base}/api/v1/stats?by=hour&by=area:square&{_SPAN}")
    warm = _ms(f"{base}/api/v1/stats?by=hour&by=area:square&{_SPAN}")
    table.add(
        "Counts by hour and area over a year",
        f"{cold:.0f} ms, again {warm:.0f} ms",
        f"bare DuckDB on the same files {duck_ms:.0f} ms, SQLite over an index {sqlite_ms:.0f} ms",
        f"{cold / duck_ms:.2f} times DuckDB",
        "at most 150 ms, and twice DuckDB",
        met=cold <= 150 and cold <= 2 * duck_ms,
    )


def measure(table: Table, shared: Path) -> None:
    """Add the rows of the past."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = folder / "data"
        data.mkdir()
        files = _make_archive(shared, folder, data)
        duck_ms, sqlite_ms = _in_duckdb(files), _in_sqlite(files, folder)
        with serving(folder / "houston-history.toml", data) as (base, pid):
            _add_questions(table, base, duck_ms, sqlite_ms)
            resident = resident_kb(pid) / 1024
    table.add(
        "Memory of `serve` after these",
        f"{resident:.0f} MB",
        "",
        "",
        "at most 700 MB",
        met=resident <= 700,
    )
    rate = _rebuilding(shared)
    table.add(
        "Months built from the store",
        f"{rate:,.0f} rows/s",
        "",
        "",
        "at least 200,000 rows/s",
        met=rate >= 200_000,
    )
