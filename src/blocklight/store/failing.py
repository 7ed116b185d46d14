"""Says in our own words that a database failed: a driver's may quote a row."""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from blocklight.errors import StoreBusy, StoreError

_DISK_FULL, _LOCKED = "the disk is full", "another process is writing to it"
_TOO_LONG = "it took too long to answer"
_COMMON = {
    "SQLITE_FULL": _DISK_FULL,
    "53100": _DISK_FULL,
    "SQLITE_BUSY": _LOCKED,
    "55P03": _LOCKED,
    "SQLITE_INTERRUPT": _TOO_LONG,
    "57014": _TOO_LONG,
    "SQLITE_IOERR": "the disk can be neither written nor read",
    "SQLITE_READONLY": "it may only be read",
    "SQLITE_CORRUPT": "its file is damaged",
    "SQLITE_NOTADB": "its file is damaged",
}


def _errors() -> tuple[type[Exception], ...]:
    """What a database raises. PostgreSQL's driver is not loaded for SQLite: a pause must not wait for it."""
    driver = sys.modules.get("psycopg")
    of_postgresql = () if driver is None else (driver.Error,)
    return (sa.exc.DBAPIError, sa.exc.TimeoutError, sqlite3.Error, *of_postgresql)


@contextmanager
def failing_as_store_error() -> Iterator[None]:
    """Name the driver's failure without its text, which may quote a row."""
    try:
        yield
    except _errors() as error:
        cause = getattr(error, "orig", error)
        code = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None)
        reason = next(
            (reason for name, reason in _COMMON.items() if str(code).startswith(name)), type(cause).__name__
        )
        kind = StoreBusy if reason is _LOCKED else StoreError
        raise kind(f"the database failed: {reason}") from error
