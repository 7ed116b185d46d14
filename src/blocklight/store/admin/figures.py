"""Figures about the database for the operator; none of them is public."""

import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from blocklight.histogram import Histogram


@dataclass(frozen=True, slots=True)
class WriteFigures:
    """How long each transaction that changes the public record took, including the wait for another one."""

    transactions: Histogram = field(default_factory=Histogram)


@dataclass(frozen=True, slots=True)
class DiskUse:
    """The size of a database and the free space on its disk, in bytes.

    Unknown for PostgreSQL, whose files may be on another machine.
    """

    database: int | None = None
    write_ahead_log: int | None = None
    free: int | None = None


def disk_use(engine: sa.Engine) -> DiskUse:
    """Look at the files of a SQLite database."""
    if engine.dialect.name != "sqlite" or not engine.url.database:
        return DiskUse()
    file = Path(engine.url.database)
    free = None
    with suppress(OSError):
        room = os.statvfs(file.parent)
        free = room.f_bavail * room.f_frsize
    return DiskUse(_file_size(file), _file_size(Path(f"{file}-wal")) or 0, free)


def _file_size(file: Path) -> int | None:
    try:
        return file.stat().st_size
    except OSError:
        return None
