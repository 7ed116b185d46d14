"""An archive of a store, kept in a folder, for tests of what is answered from it."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import httpx2
import pyarrow.parquet as pq

from blocklight.archive.archive import Archive
from blocklight.archive.engine import Engine
from blocklight.config.city import City
from blocklight.model.times import iso
from blocklight.store import ReadStore

AREA_PATHS = (
    "summary",
    "work",
    "outcomes?by=wait",
    "series?period=day",
    "series?format=csv",
    "response-times?by=priority",
)
AS_OF_PATHS = ("stats?by=category&", "stats?by=day&format=csv&", "city/summary?", "city/series?period=day&")
PLAIN_PATHS = (
    "/api/v1/areas",
    "/api/v1/archive",
    "/api/v1/archive/datapackage.json",
    "/data.json",
    *(f"/api/v1/city/{path}" for path in ("summary", "series?period=month", "work", "outcomes")),
    "/api/v1/stats?by=category&by=hour",
    "/api/v1/stats?by=section&by=source&by=status&format=csv",
    *(f"/api/v1/response-times?stage={stage}" for stage in ("queue", "response", "on_scene")),
    "/api/v1/response-times?by=agency&format=csv&target_s=480",
)


@contextmanager
def archived(city: City, store: ReadStore, folder: Path, now: Callable[[], datetime]) -> Iterator[Engine]:
    """Keep an archive of a store in a folder, with every file built."""
    kinds = [layer.kind for layer in city.areas]
    engine = Engine(Archive(store, folder, city=city.city.id, area_kinds=kinds, now=now))
    build_all(engine.archive)
    yield engine
    engine.close()
    engine.archive.close()


def unpacked(path: str, body: bytes) -> bytes:
    """Return a body, with all that is packed in it beside it where it is Parquet."""
    if not path.endswith(".parquet") or not body.startswith(b"PAR1"):
        return body
    return body + json.dumps(pq.read_table(io.BytesIO(body)).to_pylist(), default=str).encode()


def build_all(archive: Archive) -> None:
    """Build every file that is not up to date."""
    archive.mark_all()
    while archive.turn():
        pass


def archive_paths(engine: Engine, areas: list[tuple[str, str]]) -> list[str]:
    """Return every path that is answered from an archive that is not empty."""
    snapshot = engine.archive.current()
    moment = iso((snapshot.exact_before - timedelta(seconds=1)).replace(microsecond=0))
    names = [month.month for month in snapshot.months]
    names += [f"{month.month}-revisions" for month in snapshot.months if month.revisions is not None]
    files = [f"/api/v1/archive/{name}.{form}" for name in names for form in ("parquet", "csv", "geojsonl")]
    by_area = [f"/api/v1/areas/{kind}/{area}/{path}" for kind, area in areas for path in AREA_PATHS]
    by_area += [f"/api/v1/compare?areas={kind}:{area}&areas=city" for kind, area in areas]
    counts = [f"/api/v1/stats?by=area:{kind}&by=day" for kind in sorted({kind for kind, _ in areas})]
    as_of = [f"/api/v1/{path}as_of={moment}" for path in AS_OF_PATHS]
    files += [f"/api/v1/archive/{month.month}.fgb" for month in snapshot.months]
    return [*PLAIN_PATHS, *counts, *files, *by_area, *as_of]


def downloaded_rows(client: httpx2.Client) -> list[dict[str, str]]:
    """Every row of every month that can be downloaded, as CSV says it."""
    rows: list[dict[str, str]] = []
    for month in client.get("/api/v1/archive").json()["months"]:
        rows += csv.DictReader(client.get(month["csv"]).text.splitlines())
    return rows
