"""Reads rows out of text with delimiters: commas, semicolons, tabs or bars, under a heading or titles."""

import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from typing import IO

from blocklight.errors import SourceChanged
from blocklight.geo.exact import SourceKey
from blocklight.intake.forms.columns import Columns
from blocklight.intake.forms.table_rows import (
    FOOTER_CELLS,
    MOST_TITLES,
    Block,
    Reading,
    heading_of,
    in_blocks,
    is_footer,
)
from blocklight.intake.record import RawRecord, Unreadable

_DELIMITERS = ",;\t|"
# A quote that is never closed would take the rest of the file for one value.
_LONGEST_FIELD = 1_000_000

# A file of line ends alone costs a loop for each byte.
_MOST_EMPTY = 2_000_000

# A row of a million commas is as many values, in each of its rows.
_MOST_COLUMNS = 5_000

_START = 65_536
_LINES_LOOKED_AT = 50
# What Excel writes above a table whose delimiter is not that of the country.
_SEPARATOR = re.compile(r"\ufeff?sep=([,;\t|])\s*", re.IGNORECASE)


def csv_blocks(file: IO[bytes], reading: Reading, encoding: str) -> Iterator[Block]:
    """Yield the rows of a text file in blocks; raises ``SourceChanged`` for one without our columns."""
    csv.field_size_limit(_LONGEST_FIELD)
    encoding = "utf-8-sig" if encoding.lower().replace("_", "-") in ("utf-8", "utf8") else encoding
    delimiters = _delimiters(file.read(_START).decode(encoding, errors="replace"))
    file.seek(0)
    lines = io.TextIOWrapper(file, encoding, errors="surrogateescape", newline="")
    try:
        yield from _rows_in_blocks(lines, reading, delimiters)
    finally:
        if not file.closed:  # a reader that stopped half-way is tidied up when its owner is done already
            lines.detach()  # the file is its owner's to close


def _delimiters(start: str) -> str:
    """The delimiters that a table may have, the likeliest first.

    That is the one that cuts the most lines into the same number of cells: a heading may hold more of
    another, in the name of a column.
    """
    if separator := _SEPARATOR.match(start):
        return separator[1]
    lines = start.splitlines()[:_LINES_LOOKED_AT]
    lines = lines[:-1] if len(start) == _START else lines

    def fit(delimiter: str) -> tuple[int, int]:
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter) if len(row) > 1)
        return max(((count, width) for width, count in widths.items()), default=(0, 0))

    try:
        return "".join(sorted(_DELIMITERS, key=fit, reverse=True))
    except csv.Error:  # a cell beyond the limit: the rows will say so
        return _DELIMITERS


def _rows_in_blocks(lines: IO[str], reading: Reading, delimiters: str) -> Iterator[Block]:
    columns = reading.columns
    if reading.names:
        heading, delimiter = list(reading.names), delimiters[0]
    else:
        try:
            heading, delimiter = heading_of(_candidates(lines, delimiters), columns)
        except UnicodeError:
            raise SourceChanged("not in the encoding that the city file says") from None
    rows = _filled_rows(csv.reader(_bounded_lines(lines), delimiter=delimiter))
    records = (_record(row, heading, columns) for row in rows if not _is_beside(row, heading))
    yield from in_blocks(records, reading.size)


def _bounded_lines(file: IO[str]) -> Iterator[str]:
    """Yield lines, those that are too long in pieces: a row has as many fields as its line has commas."""
    return iter(partial(file.readline, _LONGEST_FIELD), "")


def _candidates(lines: IO[str], delimiters: str) -> Iterator[tuple[list[str], str]]:
    """Yield what may be the row of headings, which reports write below a title, each with its delimiter."""
    for line in itertools.islice(_bounded_lines(lines), MOST_TITLES + 1):
        if any(line.count(delimiter) > _MOST_COLUMNS for delimiter in delimiters):
            continue
        for delimiter in delimiters:
            yield (
                [
                    _without_formula(name.strip())
                    for name in next(csv.reader([line], delimiter=delimiter), [])
                ],
                delimiter,
            )


def _filled_rows(reader: Iterator[list[str]]) -> Iterator[list[str] | None]:
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


def _is_beside(row: Sequence[str] | None, heading: Sequence[str]) -> bool:
    """Whether a line is no row: the headings once more, or what stands below a table, such as a total."""
    if row is None:
        return False
    if row[0] == heading[0] and list(row) == list(heading):
        return True
    filled = (text for cell in row if (text := cell.strip()))
    return is_footer(list(itertools.islice(filled, FOOTER_CELLS + 1)), len(heading))


def _record(row: list[str] | None, heading: list[str], columns: Columns) -> RawRecord | Unreadable:
    if row is None:
        return Unreadable(SourceKey("a row without an end"), "bad_row")
    if len(row) != len(heading):
        if len(row) < len(heading) or any(row[len(heading) :]):
            return Unreadable(SourceKey(repr(row)), "ragged_row")
        row = row[: len(heading)]
    text = "".join(row)
    if not text.isascii() and any("\udc80" <= c <= "\udcff" for c in text):
        return Unreadable(SourceKey(repr(row)), "bad_encoding")
    if '="' in text:
        row = [_without_formula(cell) for cell in row]
    # Of columns with the same name the first counts.
    return columns.record(dict(zip(reversed(heading), reversed(row), strict=True)))


def _without_formula(cell: str) -> str:
    """What a cell shows that is written as a formula to keep its leading zeros in Excel: ``="07"``."""
    return cell[2:-1] if cell.startswith('="') and cell.endswith('"', 2) else cell
