"""Reads rows out of a table: CSV, Parquet, Excel, JSON (lines) or GeoJSON; a damaged row is named alone."""

import csv
import io
import itertools
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Any

import orjson

from blocklight.errors import SourceChanged, SourceUnavailable
from blocklight.intake.bounded_json import parse_json
from blocklight.intake.columns import Columns, list_at, reach
from blocklight.intake.decoding import PARQUET, excel_sheets, parquet_columns
from blocklight.intake.excel import EXCEL
from blocklight.intake.record import RawRecord, Unreadable

_MARK = b"\xef\xbb\xbf"
_GZIP = b"\x1f\x8b"
_DELIMITERS = ",;\t|"
_LONGEST_FIELD = 1_000_000
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_START = 4096
_MOST_EMPTY = 2_000_000
_MOST_COLUMNS = 5_000
_MOST_TITLES = 20
"""Lines that may stand above a row of headings: a title, the day of printing, a filter."""


@dataclass(slots=True)
class Block:
    """Some rows of a table, those that became records and those that could not."""

    records: list[RawRecord] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.records) + len(self.unreadable)


@dataclass(frozen=True, slots=True)
class Reading:
    """How a table is read: the columns wanted, where in a JSON document the rows are, the encoding."""

    columns: Columns
    records: str = ""
    encoding: str = "utf-8"
    size: int = 5000


def read_file(path: Path, reading: Reading) -> Iterator[Block]:
    """Yield the rows of a file in blocks; see ``read_table``."""
    with path.open("rb") as file:
        yield from read_table(file, reading)


def read_body(body: bytes, reading: Reading) -> Iterator[Block]:
    """Yield the rows of an answer's body in blocks; see ``read_table``."""
    return read_table(io.BytesIO(body), reading)


def read_table(file: IO[bytes], reading: Reading) -> Iterator[Block]:
    """Yield the rows of a table in blocks, whatever it is: its first bytes tell.

    Raises ``SourceUnavailable`` for what is no table at all, ``SourceChanged`` for one without our columns.
    """
    start = file.read(_START)
    file.seek(0)
    if start.startswith(PARQUET):
        return _parquet(file, reading)
    if start.startswith(EXCEL):
        return _excel(file, reading)
    if start.startswith(_GZIP):
        raise SourceUnavailable("packed with gzip; unpack it first")
    first = _first(start)
    if first in (b"[", b"{"):
        return _json(file.read(), reading)
    return _csv(file, reading, "utf-16" if start.startswith(_UTF16) else reading.encoding)


def table_body(body: bytes) -> bytes:
    """Return a body that is a table at first sight; raises ``SourceUnavailable`` for one that is none."""
    if body.startswith(PARQUET):
        if not body.endswith(PARQUET):
            raise SourceUnavailable("answered with half a Parquet file")
    elif _first(body) in (b"[", b"{"):
        try:
            parse_json(body.removeprefix(_MARK).lstrip().partition(b"\n")[0])
        except orjson.JSONDecodeError:
            json_document(body)
    return body


def _first(start: bytes) -> bytes:
    """Return the first byte that says something."""
    first = start.removeprefix(_MARK).lstrip()[:1]
    if not first:
        raise SourceUnavailable("answered with nothing")
    if first == b"<":
        raise SourceUnavailable("answered with HTML")
    return first


def json_document(body: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Return the JSON value in *body*."""
    try:
        return parse_json(body.removeprefix(_MARK))
    except orjson.JSONDecodeError:
        raise SourceUnavailable("answered with broken JSON") from None


def _csv(file: IO[bytes], reading: Reading, encoding: str) -> Iterator[Block]:
    csv.field_size_limit(_LONGEST_FIELD)
    encoding = "utf-8-sig" if encoding.lower().replace("_", "-") in ("utf-8", "utf8") else encoding
    lines = io.TextIOWrapper(file, encoding, errors="surrogateescape", newline="")
    try:
        yield from _csv_blocks(lines, reading)
    finally:
        if not file.closed:  # a reader that stopped half-way is tidied up when its owner is done already
            lines.detach()  # the file is its owner's to close


def _csv_blocks(lines: IO[str], reading: Reading) -> Iterator[Block]:
    try:
        heading, delimiter = _csv_heading(lines, reading.columns)
    except UnicodeError:
        raise SourceChanged("not in the encoding that the city file says") from None
    rows = _csv_rows(csv.reader(_lines(lines), delimiter=delimiter))
    yield from _blocks((_csv_row(row, heading, reading.columns) for row in rows), reading.size)


def _lines(file: IO[str]) -> Iterator[str]:
    """Yield lines, those that are too long in pieces: a row has as many fields as its line has commas."""
    return iter(partial(file.readline, _LONGEST_FIELD), "")


def _csv_heading(lines: IO[str], columns: Columns) -> tuple[list[str], str]:
    """Return the first row that has our columns, which reports write below a title, and the delimiter."""

    def candidates() -> Iterator[tuple[list[str], str]]:
        for line in itertools.islice(_lines(lines), _MOST_TITLES + 1):
            delimiter = max(_DELIMITERS, key=line.count)
            if line.count(delimiter) > _MOST_COLUMNS:
                continue
            yield [name.strip() for name in next(csv.reader([line], delimiter=delimiter), [])], delimiter

    return _heading(candidates(), columns)


def _heading(rows: Iterable[tuple[list[str], Any]], columns: Columns) -> tuple[list[str], Any]:
    """Return the first heading with all columns; raises for the one with some, or else for the first."""
    missing: SourceChanged | None = None
    for names, more in rows:
        heading = columns.named(names)
        try:
            columns.expect_in_heading(set(heading))
        except SourceChanged as error:
            if missing is None or (
                set(columns.wanted) & set(heading) and not set(columns.wanted) & set(missing.heading)
            ):
                missing = error
        else:
            return heading, more
    raise missing or SourceChanged("no row of headings")


def _csv_rows(reader: Iterator[list[str]]) -> Iterator[list[str] | None]:
    """Yield the rows that hold anything; ``None`` stands for one that no rule of CSV can make sense of."""
    empty = 0
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield None
        except UnicodeError:
            raise SourceChanged("not in the encoding that the city file says") from None
        else:
            if any(row):
                yield row
                continue
            empty += 1
            if empty > _MOST_EMPTY:
                raise SourceChanged("too many empty rows")


def _csv_row(row: list[str] | None, heading: list[str], columns: Columns) -> RawRecord | Unreadable:
    if row is None:
        return Unreadable("a row without an end", "bad_row")
    if len(row) != len(heading):
        if len(row) < len(heading) or any(row[len(heading) :]):
            return Unreadable(repr(row), "ragged_row")
        row = row[: len(heading)]
    if not "".join(row).isascii() and any("\udc80" <= c <= "\udcff" for text in row for c in text):
        return Unreadable(repr(row), "bad_encoding")
    # Of columns with the same name the first counts.
    return columns.record(dict(zip(reversed(heading), reversed(row), strict=True)))


def _parquet(file: IO[bytes], reading: Reading) -> Iterator[Block]:
    with parquet_columns(file) as (names, rows):
        heading = reading.columns.named(names)
        reading.columns.expect_in_heading(set(heading))
        ours = dict(zip(names, heading, strict=True))
        wanted = [
            theirs
            for theirs, name in ours.items()
            if reading.columns.every or name in reading.columns.read_from
        ]
        columns = [ours[name] for name in wanted]
        records = (
            reading.columns.record(dict(zip(columns, row, strict=True)))
            for block in rows(wanted)
            for row in block
        )
        yield from _blocks(records, reading.size)


def _excel(file: IO[bytes], reading: Reading) -> Iterator[Block]:
    """Yield the rows of the first sheet that has our columns, below the row that names them."""

    def candidates(
        book: Iterator[Iterator[list[Any]]],
    ) -> Iterator[tuple[list[str], Iterator[list[Any]]]]:
        for cells in book:
            for row in itertools.islice(cells, _MOST_TITLES + 1):
                yield [str(cell).strip() for cell in row], cells

    with closing(excel_sheets(file)) as book:  # closed by nobody else while its rows are read
        heading, cells = _heading(candidates(book), reading.columns)
        rows = (dict(zip(heading, row, strict=False)) for row in cells)
        yield from _blocks((reading.columns.record(row) for row in rows), reading.size)


def _json(body: bytes, reading: Reading) -> Iterator[Block]:
    text = body.removeprefix(_MARK)
    try:
        document = parse_json(text)
    except orjson.JSONDecodeError:
        yield from _blocks(_json_lines(text, reading.columns), reading.size)
        return
    path = reading.records or ("features" if isinstance(document, Mapping) and "features" in document else "")
    rows = list_at(document, path)
    if rows is None:
        raise SourceChanged("no list of records in the document")
    yield from _blocks((reading.columns.record(_flat(row)) for row in rows), reading.size)


def _json_lines(text: bytes, columns: Columns) -> Iterator[RawRecord | Unreadable]:
    for number, line in enumerate(filter(None, map(bytes.strip, io.BytesIO(text)))):
        try:
            yield columns.record(_flat(parse_json(line)))
        except orjson.JSONDecodeError:
            if not number:
                raise SourceUnavailable("answered with broken JSON") from None
            yield Unreadable(repr(line), "bad_row")


def _flat(row: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any JSON value
    """Return a row's columns; a GeoJSON feature's are its properties, its id and its geometry."""
    if not isinstance(row, Mapping):
        return {}
    properties = row.get("properties")
    if row.get("type") != "Feature" or not isinstance(properties, Mapping):
        return row
    lon, lat = reach(row, "geometry.coordinates.0"), reach(row, "geometry.coordinates.1")
    return {**row, "__lon": lon, "__lat": lat, **properties}  # named as the point of an ArcGIS row


def _blocks(rows: Iterable[RawRecord | Unreadable], size: int) -> Iterator[Block]:
    """Gather rows into blocks; there is always one, be it empty."""
    rows = iter(rows)
    given = False
    while taken := list(itertools.islice(rows, size)):
        given = True
        yield Block(
            [row for row in taken if not isinstance(row, Unreadable)],
            [row for row in taken if isinstance(row, Unreadable)],
        )
    if not given:
        yield Block()
