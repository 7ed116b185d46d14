"""Reads rows out of a table: CSV, Parquet, Excel, JSON (lines) or GeoJSON; a damaged row is named alone."""

import io
import itertools
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import IO, Any

import orjson

from blocklight.errors import SourceChanged, SourceUnavailable
from blocklight.geo.exact import SourceKey
from blocklight.intake.forms.bounded_json import INVALID_JSON, parse_json
from blocklight.intake.forms.columns import Columns
from blocklight.intake.forms.csv_tables import csv_blocks
from blocklight.intake.forms.decoding import PARQUET, Cells, excel_sheets, parquet_columns
from blocklight.intake.forms.excel import EXCEL
from blocklight.intake.forms.extent import FAILED, NOT_ALL, extent_of, says_failed
from blocklight.intake.forms.packed import is_packed, unpacked
from blocklight.intake.forms.row_lists import list_at, tables_of_rows
from blocklight.intake.forms.table_rows import MOST_TITLES, Block, Reading, heading_of, in_blocks
from blocklight.intake.record import EMPTY, RawRecord, Unreadable
from blocklight.intake.values.shapes import middle_of

__all__ = ["Block", "Reading", "json_value", "read_body", "read_file", "read_table", "table_body"]

# Excel begins CSV files in UTF-8 with the byte order mark.
_MARK = b"\xef\xbb\xbf"
# Excel's "Unicode text" is UTF-16, whose byte order its first two bytes say.
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
# Where a table says in its first bytes what it is.
_START = 4096

_MOST_JSON = 400_000_000


def read_file(path: Path, reading: Reading) -> Iterator[Block]:
    """Yield the rows of a file in blocks; see ``read_table``."""
    with path.open("rb") as file:
        yield from read_table(file, reading)


def read_body(body: bytes, reading: Reading) -> Iterator[Block]:
    """Yield the rows of an answer's body in blocks; see ``read_table``."""
    return read_table(io.BytesIO(body), reading)


def read_table(file: IO[bytes], reading: Reading) -> Iterator[Block]:
    """Yield the rows of a table in blocks, whatever it is, packed or not: its first bytes tell.

    Raises ``SourceUnavailable`` for what is no table at all, ``SourceChanged`` for one without our columns.
    """
    if is_packed(file):
        with unpacked(file, reading.member) as inner:
            yield from _csv_table_blocks(inner, reading)
    else:
        yield from _csv_table_blocks(file, reading)


def _csv_table_blocks(file: IO[bytes], reading: Reading) -> Iterator[Block]:
    start = file.read(_START)
    file.seek(0)
    if start.startswith(PARQUET):
        return _parquet_blocks(file, reading)
    if start.startswith(EXCEL):
        return _excel_blocks(file, reading)
    if _first_byte(start) in (b"[", b"{") or start.strip() == b"null":
        text = file.read(_MOST_JSON + 1)
        if len(text) > _MOST_JSON:
            raise SourceChanged("the JSON document is too large once uncompressed")
        return _json_blocks(text, reading)
    return csv_blocks(file, reading, "utf-16" if start.startswith(_UTF16) else reading.encoding)


def table_body(body: bytes) -> bytes:
    """A body that is a table at first sight; raises ``SourceUnavailable`` for one that is none."""
    if body.startswith(PARQUET):
        if not body.endswith(PARQUET):
            raise SourceUnavailable("incomplete Parquet file")
    elif _first_byte(body) in (b"[", b"{"):
        try:
            parse_json(body.removeprefix(_MARK).lstrip().partition(b"\n")[0])
        except orjson.JSONDecodeError:
            json_value(body)
    return body


def _first_byte(start: bytes) -> bytes:
    """The first byte that says something."""
    first = start.removeprefix(_MARK).lstrip()[:1]
    if not first:
        raise SourceUnavailable(EMPTY)
    if first == b"<":
        raise SourceUnavailable("the response is HTML, not data")
    return first


def json_value(body: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """The JSON value in *body*."""
    try:
        return parse_json(body.removeprefix(_MARK))
    except orjson.JSONDecodeError:
        raise SourceUnavailable(INVALID_JSON) from None


def _parquet_blocks(file: IO[bytes], reading: Reading) -> Iterator[Block]:
    with parquet_columns(file) as (names, rows):
        heading = reading.columns.named(names)
        reading.columns.expect_in_heading(set(heading))
        column_of = dict(zip(names, heading, strict=True))
        file_names = [
            file_name
            for file_name, name in column_of.items()
            if reading.columns.every or name in reading.columns.read_from
        ]
        columns = [column_of[name] for name in file_names]
        records = (
            reading.columns.record(dict(zip(columns, row, strict=True)))
            for block in rows(file_names)
            for row in block
        )
        yield from in_blocks(records, reading.size)


def _excel_blocks(file: IO[bytes], reading: Reading) -> Iterator[Block]:
    """Yield the rows of the first sheet that has our columns, below the row that names them."""

    def candidates(
        book: Iterator[Iterator[Cells]],
    ) -> Iterator[tuple[list[str], Iterator[Cells]]]:
        for cells in book:
            for row in itertools.islice(cells, MOST_TITLES + 1):
                yield [str(cell).strip() for cell in row], cells

    with closing(excel_sheets(file)) as book:  # closed by nobody else while its rows are read
        heading, cells = heading_of(candidates(book), reading.columns)
        rows = (dict(zip(heading, row, strict=False)) for row in cells)
        yield from in_blocks((reading.columns.record(row) for row in rows), reading.size)


def _json_blocks(body: bytes, reading: Reading) -> Iterator[Block]:
    text = body.removeprefix(_MARK)
    try:
        document = parse_json(text)
    except orjson.JSONDecodeError:
        yield from in_blocks(_json_lines(text, reading.columns), reading.size)
        return
    if says_failed(document):
        raise SourceUnavailable(FAILED)
    path = reading.records or ("features" if isinstance(document, Mapping) and "features" in document else "")
    rows = list_at(document, path)
    if rows is None and reading.columns.is_message and isinstance(document, Mapping):
        rows = [document]
    if rows is None:
        raise SourceChanged("no list of records in the document")
    if reading.whole and extent_of(document, path, url=reading.url).lacks_some(len(rows)):
        raise SourceChanged(NOT_ALL, detail="read it with a connector that pages, or set `extent`")
    named, unreadable = tables_of_rows(rows, reading.names, reading.columns.read, {})
    records = (reading.columns.record(_row_columns(row)) for row in named)
    yield from in_blocks(itertools.chain(records, unreadable), reading.size)


def _json_lines(text: bytes, columns: Columns) -> Iterator[RawRecord | Unreadable]:
    for number, line in enumerate(filter(None, map(bytes.strip, io.BytesIO(text)))):
        try:
            yield columns.record(_row_columns(parse_json(line)))
        except orjson.JSONDecodeError:
            if not number:
                raise SourceUnavailable(INVALID_JSON) from None
            yield Unreadable(SourceKey(repr(line)), "bad_row")


def _row_columns(row: object) -> Mapping[str, Any]:
    """A row's columns; a GeoJSON feature's are its properties, its id and its geometry.

    ``__lon`` and ``__lat`` are the middle of its geometry, named as the point of an ArcGIS row.
    """
    if not isinstance(row, Mapping):
        return {}
    properties = row.get("properties")
    if row.get("type") != "Feature" or not isinstance(properties, Mapping | None):
        return row
    # Its own `type` says that it is a feature, and nothing of the call.
    members = {name: value for name, value in row.items() if name != "type"}
    flat = {**members, **(properties or {})}
    point = middle_of(row.get("geometry"))
    return flat if point is None else {**flat, "__lon": point[0], "__lat": point[1]}
