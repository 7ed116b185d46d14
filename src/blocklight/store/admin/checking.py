"""Whether the database can be written to, and whether its file is whole: asked without touching a record."""

import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from blocklight.errors import StoreError
from blocklight.store.schema.engines import Engines, in_passing
from blocklight.store.schema.tables import log

_LEAST_FREE = 32 * 1024**2
_CHECKED_FOR_S = 5.0
_STEPS = 100_000


def probe(engines: Engines) -> None:
    """Write what changes nothing; raises what the database raises, ``StoreError`` for a disk almost full.

    A log that SQLite uses again has room on a full disk, until it is longer than ever before: what is free is
    looked at as well.
    """
    if engines.is_sqlite and shutil.disk_usage(_file(engines).parent).free < _LEAST_FREE:
        raise StoreError("the database failed: the disk is almost full")
    with in_passing(engines.write) as connection:
        connection.execute(log.update().values(one=log.c.one))


def damage(engines: Engines) -> str | None:
    """Return what is damaged in the file of SQLite, as far as five seconds show; ``None`` for nothing."""
    if not engines.is_sqlite:
        return None  # PostgreSQL checks its pages itself, where it was set up with checksums
    deadline = time.monotonic() + _CHECKED_FOR_S
    with closing(sqlite3.connect(f"{_file(engines).absolute().as_uri()}?mode=ro", uri=True)) as connection:
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


def _file(engines: Engines) -> Path:
    url: sa.URL = engines.write.url
    return Path(url.database or "")
