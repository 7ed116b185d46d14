"""Exports that other libraries write: GeoParquet, FlatGeobuf and Excel workbooks."""

import io
import struct
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from blocklight.model.spreadsheets import safe_cell
from blocklight.publish.exports.table import ExportPage, ExportTable, pairs, time_of
from blocklight.query.fields import Field, FieldType

_CHUNK = 256 * 1024
# Small enough to be held in memory, large enough that columns compress well.
_ROW_GROUP = 20_000
# Of one sheet of a workbook, below its header.
_SHEET_ROWS = 1_048_575

_COLUMN_WIDTH = 20
_NO_TIME = datetime(2000, 1, 1)  # noqa: DTZ001 - equal records make equal files, whenever they are written
_TYPES = {FieldType.TEXT: pa.string(), FieldType.WHOLE: pa.int64(), FieldType.TIME: pa.timestamp("ms", "UTC")}
# What makes a Parquet file a GeoParquet file; without a system of its own, it is in WGS 84 (OGC:CRS84).
_GEO = {
    "version": "1.1.0",
    "primary_column": "geometry",
    "columns": {"geometry": {"encoding": "WKB", "geometry_types": ["Point"]}},
}

_POINT = struct.Struct("<BIdd")


def _arrow_schema(table: ExportTable, metadata: dict[bytes, bytes]) -> pa.Schema:
    columns = [pa.field(column.name, _TYPES[column.type]) for column in table.columns]
    return pa.schema([*columns, pa.field("geometry", pa.binary())], metadata=metadata)


def _batch(page: ExportPage, schema: pa.Schema) -> pa.RecordBatch:
    columns: Sequence[Sequence[Any]] = list(zip(*page.rows, strict=True)) or [()] * (len(schema) - 1)
    points = [None if pair is None else _POINT.pack(1, 1, *pair) for pair in pairs(page.points)]
    arrays = [pa.array(values, field.type) for values, field in zip([*columns, points], schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def write_parquet(table: ExportTable, pages: Iterator[ExportPage]) -> Iterator[bytes]:
    """Write GeoParquet 1.1, a group of rows at a time."""
    schema = _arrow_schema(table, {b"geo": orjson.dumps(_GEO)})
    sink = _Drained()
    with pq.ParquetWriter(pa.PythonFile(sink, mode="w"), schema, compression="zstd") as writer:
        batches: list[pa.RecordBatch] = []
        for page in pages:
            batches.append(_batch(page, schema))
            if sum(batch.num_rows for batch in batches) >= _ROW_GROUP:
                writer.write_table(pa.Table.from_batches(batches, schema))
                batches = []
            yield sink.taken()
        if batches:
            writer.write_table(pa.Table.from_batches(batches, schema))
    yield sink.taken()


class _Drained(io.RawIOBase):
    """A file of which only what was not taken yet is kept."""

    def __init__(self) -> None:
        super().__init__()
        self._kept = bytearray()
        self._length = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._length

    def write(self, part: Any) -> int:  # noqa: ANN401 - a buffer
        self._length += len(part)
        self._kept += part
        return len(part)

    def close(self) -> None:
        """Stay open for what is to be taken."""

    def taken(self) -> bytes:
        """What was written since the last time."""
        part = bytes(self._kept)
        self._kept.clear()
        return part


def write_flatgeobuf(table: ExportTable, pages: Iterator[ExportPage]) -> Iterator[bytes]:
    """Write FlatGeobuf without a spatial index, which would need all of it in memory."""
    from pyogrio import write_arrow  # noqa: PLC0415 - most processes never need GDAL

    schema = _arrow_schema(table, {})
    with TemporaryDirectory() as folder:
        file = Path(folder) / "incidents.fgb"
        batches = (_batch(page, schema) for page in pages)
        write_arrow(
            pa.RecordBatchReader.from_batches(schema, batches),
            file,
            driver="FlatGeobuf",
            geometry_name="geometry",
            geometry_type="Point",
            crs="EPSG:4326",
            SPATIAL_INDEX="NO",
        )
        yield from _chunks_of_file(file)


def write_workbook(table: ExportTable, pages: Iterator[ExportPage]) -> Iterator[bytes]:
    """Write an Excel workbook, a new sheet for every million rows; no text in it is a formula or a link."""
    from xlsxwriter import Workbook  # noqa: PLC0415 - most processes never need it

    settings = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with TemporaryDirectory() as folder:
        file = Path(folder) / "incidents.xlsx"
        with closing(Workbook(str(file), settings | {"tmpdir": folder})) as book:
            book.set_properties({"created": _NO_TIME})
            sheets = _Sheets(book, table)
            for page in pages:
                for row, pair in zip(page.rows, pairs(page.points), strict=True):
                    sheets.add([*map(_cell, row, table.columns), *(pair or (None, None))])
                yield b""
        yield from _chunks_of_file(file)


class _Sheets:
    """The sheets of a workbook, of which the last one is being filled."""

    def __init__(self, book: Any, table: ExportTable) -> None:  # noqa: ANN401 - xlsxwriter has no types
        self._book = book
        self._head = [*table.names, "longitude", "latitude"]
        self._time = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._begin()

    def _begin(self) -> None:
        self._sheet = self._book.add_worksheet()
        self._sheet.freeze_panes(1, 1)
        self._sheet.set_column(0, len(self._head) - 1, _COLUMN_WIDTH)
        self._sheet.write_row(0, 0, self._head)
        self._rows = 0

    def add(self, values: Sequence[Any]) -> None:
        """Add a row."""
        if self._rows == _SHEET_ROWS:
            self._begin()
        self._rows += 1
        for column, value in enumerate(values):
            if isinstance(value, datetime):
                self._sheet.write_datetime(self._rows, column, value, self._time)
            elif isinstance(value, str):
                self._sheet.write_string(self._rows, column, value)
            elif value is not None:
                self._sheet.write_number(self._rows, column, value)


def _cell(value: Any, column: Field) -> Any:  # noqa: ANN401 - of any field
    if column.type is FieldType.TIME and value is not None:
        return time_of(value).replace(tzinfo=None)  # a workbook knows no zones: all of its times are UTC
    return safe_cell(value)


def _chunks_of_file(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        while part := opened.read(_CHUNK):
            yield part
