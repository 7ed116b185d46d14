"""How connections are made: what must be true of every one before a statement runs."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPICursor

from blocklight.errors import StoreError
from blocklight.store.schema.patience import READING, WRITING, Patience, end_late_statements

_BRIEFLY_S = 0.1
# SQLite's own pauses grow to a tenth of a second, in which others are served first.
_BETWEEN_LOOKS_S = 0.002

_LOCK_S = "lock_s"
_CONNECT_S = 3
# A server that is gone says nothing: without this the kernel waits for a quarter of an hour.
_GONE_MS = 10_000

_BEGIN_TO_WRITE = "BEGIN IMMEDIATE"


@dataclass(frozen=True, slots=True)
class Engines:
    """One engine that writes and one that can only read; a transaction of either sees one moment."""

    write: sa.Engine
    read: sa.Engine
    further: list[sa.Engine] = field(default_factory=list)
    """Readers of their own connections."""

    @property
    def is_sqlite(self) -> bool:
        """Whether this is SQLite rather than PostgreSQL."""
        return self.write.dialect.name == "sqlite"

    def reading_with(self, patience: Patience) -> "Engines":
        """The same writer with a reader of its own connections, which waits so long and no longer."""
        url = self.write.url
        read = (
            _sqlite(url, "BEGIN", patience, query_only=True)
            if self.is_sqlite
            else _reading_engine(url, patience)
        )
        self.further.append(read)
        return Engines(self.write, read)

    def close(self) -> None:
        """Close every connection."""
        for reader in (self.read, *self.further):
            reader.dispose()
        self.write.dispose()

    def dispose(self) -> None:
        """As ``close``, by SQLAlchemy's name for it."""
        self.close()


_EXPECTED_URL = "database URL: expected postgresql://user@host/name or sqlite:///file"


def connect(url: str) -> Engines:
    """Make the engines for ``sqlite:///path`` or ``postgresql://…``; raises ``StoreError`` for any other."""
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError:
        raise StoreError(_EXPECTED_URL) from None
    match parsed.get_backend_name():
        case "sqlite" if parsed.database and parsed.database != ":memory:":
            _keep_private(parsed.database)
            return Engines(
                _sqlite(parsed, _BEGIN_TO_WRITE, WRITING, query_only=False),
                _sqlite(parsed, "BEGIN", READING, query_only=True),
            )
        case "postgresql":
            return _postgresql(parsed.set(drivername="postgresql+psycopg"))
        case name:
            raise StoreError(f"{_EXPECTED_URL}, not {name}")


def _keep_private(path: str) -> None:
    """Make a database file, with what SQLite puts beside it, readable by its owner alone.

    It holds the marks of what is withheld, and what waits. A folder that cannot be written is told of later.
    """
    with suppress(OSError):
        # Only where there is none: to close a file that this process has open as a database elsewhere would
        # drop the locks it holds on it (sqlite.org/howtocorrupt.html, 2.2), and two writers would meet.
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        for file in (path, f"{path}-wal", f"{path}-shm"):
            with suppress(FileNotFoundError):
                os.chmod(file, 0o600)  # noqa: PTH101 - beside os.open, and of a plain path


def _sqlite(url: sa.URL, begin: str, patience: Patience, *, query_only: bool) -> sa.Engine:
    engine = sa.create_engine(
        url,
        hide_parameters=True,
        pool_size=patience.connections if query_only else 1,
        max_overflow=0,
        pool_timeout=patience.lock_s,
        connect_args={"timeout": patience.lock_s, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own connection
        connection.isolation_level = None  # the driver begins nothing; the statement below does
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            "secure_delete = ON",  # what is taken back is not to be found in the file either
            "temp_store = MEMORY",
            f"cache_size = -{16_000 if query_only else 64_000}",
            f"query_only = {int(query_only)}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        lock_s = connection.info.get(_LOCK_S)
        if lock_s is None:
            connection.exec_driver_sql(begin)
        else:
            with cursor_of(connection) as cursor:
                _begin_to_write(cursor, lock_s)

    if query_only:  # a writer ends with what it began
        end_late_statements(engine, patience)
    return engine


def _postgresql(url: sa.URL) -> Engines:
    write = sa.create_engine(
        url,
        hide_parameters=True,
        paramstyle="format",
        pool_size=2,
        pool_pre_ping=True,
        connect_args=_session(WRITING),
    )
    return Engines(write, _reading_engine(url, READING))


def _reading_engine(url: sa.URL, patience: Patience) -> sa.Engine:
    return sa.create_engine(
        url,
        hide_parameters=True,
        isolation_level="REPEATABLE READ",
        pool_size=patience.connections,
        max_overflow=0,
        pool_timeout=patience.lock_s,
        pool_pre_ping=True,
        connect_args=_session(patience, "-c default_transaction_read_only=on"),
    )


def _session(patience: Patience, further: str = "") -> dict[str, Any]:
    """How a session of PostgreSQL begins, and how soon a server that is gone is noticed."""
    options = f"{patience.options()} {further}"
    return {"options": options, "connect_timeout": _CONNECT_S, "tcp_user_timeout": _GONE_MS}


@contextmanager
def transaction(engine: sa.Engine, lock_s: float = WRITING.lock_s) -> Iterator[DBAPICursor]:
    """Begin a write transaction on the driver's own connection, which waits *lock_s* seconds for a lock.

    What SQLAlchemy does around a transaction costs more than a small batch's statements do. A connection that
    broke is found out by the pool when it is asked for next.
    """
    with closing(engine.raw_connection()) as connection, closing(connection.cursor()) as cursor:
        try:
            if engine.dialect.name == "sqlite":  # the other driver begins by itself
                _begin_to_write(cursor, lock_s)
            elif lock_s < WRITING.lock_s:
                cursor.execute(f"SET LOCAL lock_timeout = {_as_timeout(lock_s)}")
            yield cursor
            connection.commit()
        except BaseException:
            with suppress(engine.dialect.loaded_dbapi.Error):
                connection.rollback()
            raise


def cursor_of(connection: sa.Connection) -> AbstractContextManager[DBAPICursor]:
    """Open a cursor of the driver's own in the transaction of *connection*."""
    return closing(connection.connection.cursor())


def empty_log(engine: sa.Engine) -> None:
    """Bring what SQLite keeps beside the database into it, and cut that file: earlier pages are still there.

    Where somebody is reading them, it stays for the next time.
    """
    with (
        closing(engine.raw_connection()) as connection,
        closing(connection.cursor()) as cursor,
        waiting_at_most(cursor, _BRIEFLY_S),
    ):
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _begin_to_write(cursor: DBAPICursor, lock_s: float) -> None:
    """Begin a transaction that writes to SQLite, once nobody else does.

    SQLite looks again ten times a second and misses the moments between the transactions of a busy writer,
    such as an import. Who waits briefly looks more often.
    """
    if lock_s >= WRITING.lock_s:
        cursor.execute(_BEGIN_TO_WRITE)
        return
    deadline = time.monotonic() + lock_s
    with waiting_at_most(cursor, 0.0):
        while True:
            try:
                cursor.execute(_BEGIN_TO_WRITE)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorname != "SQLITE_BUSY" or time.monotonic() >= deadline:
                    raise
                time.sleep(_BETWEEN_LOOKS_S)
            else:
                return


@contextmanager
def waiting_at_most(cursor: DBAPICursor, lock_s: float) -> Iterator[None]:
    """Let the writing connection of SQLite wait less long for a lock than it does otherwise."""
    if lock_s >= WRITING.lock_s:
        yield
        return
    cursor.execute(f"PRAGMA busy_timeout = {_as_timeout(lock_s)}")
    try:
        yield
    finally:
        cursor.execute(f"PRAGMA busy_timeout = {_as_timeout(WRITING.lock_s)}")


def _as_timeout(seconds: float) -> int:
    """Whole milliseconds, and never 0, which to PostgreSQL is without end."""
    return max(1, round(seconds * 1000))


@contextmanager
def in_passing(
    engine: sa.Engine, lock_s: float = WRITING.lock_s, *, checkpoints: bool = True
) -> Iterator[sa.Connection]:
    """Begin a write transaction that a power cut may lose: for health, never for records.

    Without *checkpoints* it leaves to others to bring SQLite's log into the database, which takes as long as
    that log is.
    """
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            driver.execute("PRAGMA synchronous = NORMAL")
            (pages,) = driver.execute("PRAGMA wal_autocheckpoint").fetchone()
            if not checkpoints:
                driver.execute("PRAGMA wal_autocheckpoint = 0")
            try:
                connection.info[_LOCK_S] = lock_s
                with connection.begin():
                    yield connection
            finally:
                connection.info.pop(_LOCK_S, None)
                driver.execute("PRAGMA synchronous = FULL")
                if not checkpoints:
                    driver.execute(f"PRAGMA wal_autocheckpoint = {pages}")
    else:
        with engine.begin() as connection:
            connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
            if lock_s < WRITING.lock_s:
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = {_as_timeout(lock_s)}")
            yield connection
