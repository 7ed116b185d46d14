"""Opens Excel files (xlsx, xlsb, xls, ods), within bounds, and writes their cells as a CSV export would."""

import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import IO, Any

from python_calamine import CalamineError, CalamineWorkbook

from blocklight.errors import SourceChanged, SourceUnavailable
from blocklight.intake.forms.decoding import Cells

# How files of Excel begin: a ZIP archive, or an old compound document.
EXCEL = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")

# What is in a ZIP archive may be a thousand times as large as the archive.
_MAX_UNPACKED = 400_000_000

_MOST_SHEETS = 50
# What an archive holds that is a workbook of Excel, or of OpenDocument.
BOOKS = ("[Content_Types].xml", "content.xml")


def sheets(file: IO[bytes]) -> Iterator[Iterator[Cells]]:
    """Yield each sheet as its rows that are not empty.

    Raises ``SourceUnavailable`` for a broken file, ``SourceChanged`` for one too large once uncompressed.
    """
    _expect_bounded(file)
    try:
        book = CalamineWorkbook.from_filelike(file)
        for name in book.sheet_names[:_MOST_SHEETS]:
            yield _cell_rows(book.get_sheet_by_name(name).to_python(skip_empty_area=True))
    except (CalamineError, OSError, ValueError):
        raise SourceUnavailable("damaged Excel file") from None


def _expect_bounded(file: IO[bytes]) -> None:
    """Refuse an archive that unpacks to more than we are willing to hold, before anything is unpacked."""
    old = file.read(4) == EXCEL[1]
    file.seek(0)
    if old:
        return
    try:
        with zipfile.ZipFile(file) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
            book = any(name in BOOKS for name in archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError):
        raise SourceUnavailable("damaged Excel file") from None
    finally:
        file.seek(0)
    if not book:
        raise SourceUnavailable("a ZIP archive, not an Excel file: unpack it first")
    if unpacked > _MAX_UNPACKED:
        raise SourceChanged("the Excel file is too large once uncompressed")


def _cell_rows(rows: list[Cells]) -> Iterator[Cells]:
    for row in rows:
        cells = [_cell_value(cell) for cell in row]
        if any(cell != "" for cell in cells):
            yield cells


def _cell_value(value: object) -> Any:  # noqa: ANN401 - a cell may hold anything
    """A cell's value: times in ISO 8601, whole numbers without a fraction."""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return int(value.total_seconds())
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
