"""How each kind of database is asked so that nobody there has to wait for us and nothing can be changed.

PostgreSQL and SQLite are read with these rules in the tests. SQL Server's were reviewed and are compiled
there: no server of it could be had.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy import exc

from blocklight.config.city import SourceSpec
from blocklight.errors import SourceChanged, SourceError, SourceUnavailable

# How long a question waits for somebody else's lock before it gives up.
_LOCK_S = 1.0
_STEPS = 10_000  # of SQLite's virtual machine between two looks at the clock
_LOGIN_S = 10
_WITHOUT_DRIVER = {"postgresql": "postgresql+psycopg"}
# PostgreSQL's codes for what a person must look at.
_REFUSED = {
    "28000": "the login is refused",
    "28P01": "the login is refused: see BLOCKLIGHT_SOURCE_PASSWORDS",
    "3D000": "there is no such database",
    "42501": "this login may not read it",
    "42P01": "a table of the query is gone",
    "42703": "a column of the query is gone",
    "42601": "its SQL is not understood",
    "25006": "the query writes or locks, which is not allowed",
}
# What drivers say of a server that they cannot reach.
_UNREACHABLE = {
    "refused": "connection refused",
    "resolve": "unknown host",
    "translate host": "unknown host",
    "timeout": "connecting timed out",
    "unable to open": "no such file",
    "does not exist": "no such file",
}
_TIMED_OUT = {"57014": "the question took too long", "55P03": "somebody else holds a lock"}


@dataclass(frozen=True)
class Guard:
    """One database with the rules by which it is asked."""

    url: sa.URL = field(repr=False)
    timeout_s: float
    # The level of isolation that is asked for, where it is not the database's own.
    isolation: str | None = None

    @classmethod
    def of(cls, source: SourceSpec, password: SecretStr | None) -> "Guard":
        """The rules for a source's database."""
        url = sa.make_url(source.url)
        url = url.set(drivername=_WITHOUT_DRIVER.get(url.drivername, url.drivername))
        if password is not None:
            url = url.set(password=password.get_secret_value())
        isolation = None
        if url.get_backend_name() == "mssql":
            # A dirty read waits for nobody, but may miss rows that move; a call must not be closed for that.
            isolation = "SNAPSHOT" if source.closes == "vanish" else "READ UNCOMMITTED"
        return cls(url, source.timeout_s, isolation)

    @property
    def beginning(self) -> tuple[str, ...]:
        """What the database is told at the beginning of each transaction."""
        milliseconds = max(1, round(1000 * self.timeout_s))
        match self.url.get_backend_name():
            case "postgresql":
                return (
                    "SET TRANSACTION READ ONLY",
                    f"SET LOCAL statement_timeout = {milliseconds}",
                    f"SET LOCAL lock_timeout = {round(1000 * _LOCK_S)}",
                    f"SET LOCAL idle_in_transaction_session_timeout = {milliseconds}",
                )
            case "mssql":
                return (f"SET LOCK_TIMEOUT {round(1000 * _LOCK_S)}",)
            case _:
                return ("PRAGMA query_only = ON",)

    @contextmanager
    def connection(self) -> Iterator[sa.Connection]:
        """A connection inside a transaction that reads, undone and closed at the end."""
        try:
            engine = self._engine()
        except (ImportError, exc.ArgumentError, exc.NoSuchModuleError):
            detail = f"install the driver of {self.url.drivername} beside Blocklight"
            raise SourceChanged("the database's driver is missing", detail=detail) from None
        with engine.connect() as connection:
            for statement in self.beginning:
                connection.exec_driver_sql(statement)
            self._limit(connection)
            yield connection
            connection.rollback()

    def _engine(self) -> sa.Engine:
        options: dict[str, Any] = {"poolclass": sa.NullPool, "hide_parameters": True}
        if self.isolation is not None:
            options["isolation_level"] = self.isolation
        seconds = max(1, round(self.timeout_s))
        match self.url.get_backend_name():
            case "postgresql":
                # The keepalives end a connection to a machine that is gone.
                arguments = {
                    "connect_timeout": min(max(2, seconds), _LOGIN_S),
                    "keepalives_idle": seconds,
                    "keepalives_interval": seconds,
                    "keepalives_count": 2,
                    "application_name": "blocklight",
                }
                return sa.create_engine(self.url, connect_args=arguments, **options)
            case "mssql":
                login = {"timeout" if self.url.get_driver_name() == "pyodbc" else "login_timeout": _LOGIN_S}
                return sa.create_engine(self.url, connect_args=login, **options)
            case _:
                return sa.create_engine("sqlite://", creator=self._opened_file, **options)

    def _opened_file(self) -> sqlite3.Connection:
        """A file of SQLite for reading: one that does not exist is not made."""
        path = Path(self.url.database or "").absolute()
        return sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=_LOCK_S, check_same_thread=False)

    def _limit(self, connection: sa.Connection) -> None:
        """Bound the time of a statement where the database cannot be told in SQL."""
        driver: Any = connection.connection.driver_connection
        if isinstance(driver, sqlite3.Connection):
            end = time.monotonic() + self.timeout_s
            driver.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
        elif self.url.get_driver_name() == "pyodbc":
            driver.timeout = max(1, round(self.timeout_s))


def failure_of(error: Exception) -> SourceError:
    """A database's error as one of ours, without its text, which may quote the query or a row."""
    original = getattr(error, "orig", None) or error
    state = str(getattr(original, "sqlstate", None) or "")
    text = str(original).casefold()
    if state in _TIMED_OUT or "interrupted" in text or "locked" in text:
        detail = _TIMED_OUT.get(state, "somebody else holds a lock" if "locked" in text else "")
        return SourceUnavailable("timed out", detail=detail)
    if state in _REFUSED:
        return SourceChanged("the database refuses the query", detail=_REFUSED[state])
    if "password" in text or "authentication" in text:
        return SourceChanged("the database refuses the query", detail=_REFUSED["28P01"])
    if getattr(original, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR:
        is_gone = "no such" in text
        detail = "a table or a column of it is gone" if is_gone else "its SQL is not understood"
        return SourceChanged("the database refuses the query", detail=detail)
    if isinstance(error, exc.OperationalError | exc.InterfaceError | exc.TimeoutError):
        detail = next((meaning for words, meaning in _UNREACHABLE.items() if words in text), "no connection")
        return SourceUnavailable("cannot be reached", detail=detail)
    return SourceChanged(
        "the database refuses the query", detail=f"{type(original).__name__} {state}".strip()
    )
