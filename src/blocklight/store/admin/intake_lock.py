"""Sees that one process at a time fetches for a city: a lock that its holder's death gives back."""

import fcntl
import os
from contextlib import suppress

import sqlalchemy as sa

from blocklight.store.failing import failing_as_store_error

_KEY = 0x696E74616B65  # "intake"; an advisory lock belongs to one database, and that to one city
# A holder whose machine lost power closes no connection: both ends notice within nine seconds.
_ALIVE = "-c tcp_keepalives_idle=3 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3"
_CLIENT_ALIVE = {
    "keepalives_idle": 3,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 9_000,
}


class IntakeLock:
    """The right to fetch. It is a file's lock beside SQLite, and a session's advisory lock in PostgreSQL.

    Both end with the process, however it ends. A pooler in front of PostgreSQL must keep sessions apart.
    Calls may wait for the database: make them in a thread. Not to be called by several threads at once.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._url = engine.url
        self._file: int | None = None
        self._engine: sa.Engine | None = None
        self._session: sa.Connection | None = None

    def acquire(self) -> bool:
        """Take the lock if nobody has it; return whether this process holds it now."""
        if self.held():
            return True
        return self._acquire_file() if self._url.get_backend_name() == "sqlite" else self._acquire_session()

    def held(self) -> bool:
        """Whether this process still holds the lock; a session may have ended without our doing."""
        if self._session is None:
            return self._file is not None
        try:
            self._session.exec_driver_sql("SELECT 1")
        except sa.exc.DBAPIError:
            self.release()
            return False
        return True

    def release(self) -> None:
        """Give the lock back."""
        if self._file is not None:
            os.close(self._file)  # the file stays: removed, two processes could hold locks on two of them
            self._file = None
        if self._session is not None:
            with suppress(sa.exc.DBAPIError):
                self._session.close()
            self._session = None
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    def _acquire_file(self) -> bool:
        file = os.open(f"{self._url.database}-intake-lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        self._file = file
        return True

    def _acquire_session(self) -> bool:
        with failing_as_store_error():
            self._engine = sa.create_engine(
                self._url,
                hide_parameters=True,
                isolation_level="AUTOCOMMIT",  # an open transaction would keep old rows from being removed
                poolclass=sa.NullPool,
                connect_args={"application_name": "blocklight intake", "options": _ALIVE, **_CLIENT_ALIVE},
            )
            session = self._engine.connect()
            if session.scalar(sa.select(sa.func.pg_try_advisory_lock(_KEY))):
                self._session = session
                return True
            session.close()
            return False
