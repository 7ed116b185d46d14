"""Writes a month's file in other formats, a batch of rows at a time: CSV, GeoJSON lines, FlatGeobuf."""

import csv
import io
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from blocklight.model.spreadsheets import cell_text
from blocklight.model.times import iso

_BATCH = 2_000
_CHUNK = 256 * 1024
_SHAPES = ("bbox", "geometry")


def csv_lines(path: Path, may_go_on: Callable[[], bool] = lambda: True) -> Iterator[bytes]:
    """Yield a file as CSV. Texts that a spreadsheet would run as a formula have an apostrophe before them.

    Fails in the middle where it *may_go_on* no more, so that nobody takes the part for the whole.
    """
    for number, (names, rows) in enumerate(_batches(path, may_go_on)):
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        if number == 0:
            writer.writerow(names)
        writer.writerows([cell_text(row[name]) for name in names] for row in rows)
        yield text.getvalue().encode()


def geojson_lines(path: Path, may_go_on: Callable[[], bool] = lambda: True) -> Iterator[bytes]:
    """Yield a file as one GeoJSON feature (RFC 7946) a line; ends as `csv_lines` does."""
    for _, rows in _batches(path, may_go_on):
        yield b"".join(_feature(row) for row in rows)


def flatgeobuf(path: Path, may_go_on: Callable[[], bool] = lambda: True) -> Iterator[bytes]:
    """Yield a month's file as FlatGeobuf, without a spatial index; ends as `csv_lines` does.

    GDAL writes it on disk first, a batch of rows at a time.
    """
    from pyogrio import write_arrow  # noqa: PLC0415 - most processes never need GDAL

    with TemporaryDirectory() as folder, pq.ParquetFile(path) as file:
        names = [name for name in file.schema_arrow.names if name != "bbox"]
        schema = pa.schema([file.schema_arrow.field(name) for name in names])
        target = Path(folder) / "month.fgb"
        # No error may pass through GDAL: what is withdrawn ends its rows, and is refused below.
        batches = takewhile(lambda _: may_go_on(), file.iter_batches(_BATCH, columns=names))
        write_arrow(
            pa.RecordBatchReader.from_batches(schema, batches),
            target,
            driver="FlatGeobuf",
            geometry_name="geometry",
            geometry_type="Point",
            crs="EPSG:4326",
            SPATIAL_INDEX="NO",
        )
        with target.open("rb") as written:
            while True:
                if not may_go_on():
                    raise Withdrawn
                part = written.read(_CHUNK)
                if not part:
                    return
                yield part


class Withdrawn(Exception):
    """The file that is being sent holds what was taken back since."""


def _batches(
    path: Path, may_go_on: Callable[[], bool]
) -> Iterator[tuple[list[str], list[dict[str, object]]]]:
    with pq.ParquetFile(path) as file:
        names = [name for name in file.schema_arrow.names if name not in _SHAPES]
        for batch in file.iter_batches(_BATCH, columns=names):
            if not may_go_on():
                raise Withdrawn
            yield names, batch.to_pylist()


def _feature(row: dict[str, object]) -> bytes:
    lon, lat = row.pop("lon"), row.pop("lat")
    properties = {name: iso(value) if isinstance(value, datetime) else value for name, value in row.items()}
    feature = {
        "type": "Feature",
        "id": properties.pop("id"),
        "geometry": None if lon is None else {"type": "Point", "coordinates": (lon, lat)},
        "properties": properties,
    }
    return orjson.dumps(feature, option=orjson.OPT_APPEND_NEWLINE)
