"""Figures about the database for whoever runs the city; none of them is public."""

import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from blocklight.histogram import Histogram


@dataclass(frozen=True, slots=True)
class WriteFigures:
    """How long each transaction took that changes the public record, its wait for another one included."""

    transactions: Histogram = field(default_factory=Histogram)


@dataclass(frozen=True, slots=True)
class DiskUse:
    """How much room a database takes and has left, in bytes.

    Of PostgreSQL nothing is known: its files are its own, and may be on another machine.
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
    return DiskUse(_size(file), _size(Path(f"{file}-wal")) or 0, free)


def _size(file: Path) -> int | None:
    try:
        return file.stat().st_size
    except OSError:
        return None
