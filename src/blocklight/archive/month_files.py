"""Makes the files of one month: its incidents, and every version of them that was published."""

import os
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from blocklight.archive.folder import remove
from blocklight.archive.manifest import MonthFile, RevisionFile, checksum
from blocklight.archive.month_table import month_table, revision_table, write_month, write_rows
from blocklight.store import WindowRows, revisions

# The incidents of a month, and their published versions; ``None`` where there is none.
Tables = tuple[pa.Table | None, pa.Table | None]


def month_tables(month_rows: WindowRows, area_kinds: Sequence[str]) -> Tables:
    """Read the incidents of a month and their versions."""
    incidents, versions = [], []
    for rows in month_rows.blocks:
        places = dict(month_rows.places)
        by_row = [revisions(row, places) for row in rows]
        known_at = [of_row[0].known_at if of_row else None for of_row in by_row]
        incidents.append(month_table(rows, known_at, places, area_kinds))
        of_block = [revision for of_row in by_row for revision in of_row]
        if of_block:
            versions.append(revision_table(of_block, places, area_kinds))
    return (
        pa.concat_tables(incidents) if incidents else None,
        pa.concat_tables(versions) if versions else None,
    )


def write_files(
    folder: Path, month: str, tables: Tables, seq: int, built_at: datetime, *, in_use: Collection[str]
) -> MonthFile | None:
    """Write a month's files under the names of their content; ``None`` where nothing is published of it.

    Where that fails, no file that is not *in_use* is left.
    """
    incidents, versions = tables
    if incidents is None:
        return None
    kept = None
    if versions is not None:
        kept = RevisionFile(
            *_write_file(folder, f"{month}-revisions", versions, write_rows, built_at),
            *_span_of_month(versions),
        )
    try:
        file, rows, size, digest = _write_file(folder, month, incidents, write_month, built_at)
    except BaseException:
        if kept is not None and kept.file not in in_use:
            remove(folder, [kept.file])
        raise
    return MonthFile(month, file, rows, size, digest, seq, built_at, *_span_of_month(incidents), kept)


def _write_file(
    folder: Path, name: str, table: pa.Table, write: Callable[[pa.Table, Path], None], built_at: datetime
) -> tuple[str, int, int, str]:
    """Write a table whole or not at all; its file's name, rows, bytes and checksum."""
    new = folder / f"{name}.new"
    try:
        write(table, new)
        # The wall's clock says when we were at work, which is nobody's business.
        os.utime(new, (built_at.timestamp(), built_at.timestamp()))
        digest = checksum(new)
        file = f"{name}-{digest[:12]}.parquet"
        new.replace(folder / file)
    finally:
        new.unlink(missing_ok=True)
    return file, table.num_rows, (folder / file).stat().st_size, digest


def _span_of_month(table: pa.Table) -> tuple[datetime, datetime]:
    span = pc.min_max(table["received_at"]).as_py()
    return span["min"], span["max"]
