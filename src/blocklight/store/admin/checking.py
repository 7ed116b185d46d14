"""Whether the database can be written to, and whether its file is whole: asked without touching a record."""

import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from blocklight.errors import StoreError
from blocklight.store.schema.engines import Engines, in_passing, transaction
from blocklight.store.schema.tables import log, metadata

# SQLite needs room for its log until the next checkpoint: a batch is refused before it cannot be stored.
_LEAST_FREE = 32 * 1024**2

# A large file takes minutes to check from end to end, and the start of a city should not.
_CHECKED_FOR_S = 5.0

_STEPS = 100_000
_LOCK_LOG = "SELECT one FROM log FOR UPDATE"
_TABLES = ", ".join(sorted(metadata.tables))


def probe(engines: Engines, lock_s: float, *, by_writing: bool) -> None:
    """Take what a writer takes, or *by_writing* write what changes nothing; wait *lock_s* seconds for a lock.

    Raises what the database raises, ``StoreError`` for a disk almost full. A log that SQLite uses again has
    room on a full disk, until it is longer than ever before: what is free is looked at as well.
    """
    if engines.is_sqlite and shutil.disk_usage(_database_file(engines).parent).free < _LEAST_FREE:
        raise StoreError("the database failed: the disk is almost full")
    probe_tables(engines, lock_s)
    if by_writing:
        # How long a checkpoint takes depends on what was written before, withheld records included.
        with in_passing(engines.write, lock_s, checkpoints=False) as connection:
            connection.execute(log.update().values(one=log.c.one))
    else:
        with transaction(engines.write, lock_s) as cursor:
            cursor.execute("SELECT one FROM log" if engines.is_sqlite else _LOCK_LOG)


def probe_lock(engines: Engines, lock_s: float) -> None:
    """Raise what the database raises where another connection keeps writers waiting for *lock_s* seconds.

    It takes the lock over a connection of its own, as the one that writes to SQLite may be in use.
    """
    if engines.is_sqlite:
        with closing(sqlite3.connect(_database_file(engines), timeout=lock_s, isolation_level=None)) as own:
            own.execute("BEGIN IMMEDIATE")
            own.execute("ROLLBACK")
        return
    probe_tables(engines, lock_s)
    with transaction(engines.write, lock_s) as cursor:
        cursor.execute(_LOCK_LOG)


def probe_tables(engines: Engines, lock_s: float) -> None:
    """Raise what PostgreSQL raises while somebody keeps writers from a table; SQLite locks no single table.

    The lock is that of a writer. It waits for no other writer, and no reader waits for it.
    """
    if not engines.is_sqlite:
        with transaction(engines.write, lock_s) as cursor:
            cursor.execute(f"LOCK TABLE {_TABLES} IN ROW EXCLUSIVE MODE")


def damage(engines: Engines) -> str | None:
    """What is damaged in the file of SQLite, as far as five seconds show; ``None`` for nothing."""
    if not engines.is_sqlite:
        return None  # PostgreSQL checks its pages itself, where it was set up with checksums
    deadline = time.monotonic() + _CHECKED_FOR_S
    with closing(
        sqlite3.connect(f"{_database_file(engines).absolute().as_uri()}?mode=ro", uri=True)
    ) as connection:
        connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
        try:
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname == "SQLITE_INTERRUPT":
                return None
            raise
        except sqlite3.DatabaseError:
            return "its file is damaged"
    return None if verdict == "ok" else "its file is damaged"


def _database_file(engines: Engines) -> Path:
    url: sa.URL = engines.write.url
    return Path(url.database or "")
