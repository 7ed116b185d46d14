"""A database under test: emptied between tests, and read behind the store's back."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from blocklight.store import Store
from blocklight.store.schema.engines import Engines, connect
from blocklight.store.schema.tables import log, metadata

CITY = "testville"


class Database:
    """One database, by URL; both engines answer alike."""

    def __init__(self, url: str, city: str = CITY) -> None:
        self.url = url
        self._city = city
        self._store: Store | None = None
        self._engines: Engines | None = None

    @property
    def is_sqlite(self) -> bool:
        return self.url.startswith("sqlite")

    def open(self) -> Store:
        return Store.open(self.url, self._city)

    @contextmanager
    def emptied(self) -> Iterator[Store]:
        self.empty()
        with self.shared() as store:
            yield store

    @contextmanager
    def shared(self) -> Iterator[Store]:
        """The same open store for every example that only reads."""
        if self._store is None:
            self._store = self.open()
        yield self._store

    def close(self) -> None:
        if self._store is not None:
            self._store.close()
        if self._engines is not None:
            self._engines.dispose()

    def empty(self) -> None:
        with self.shared(), self.connection() as connection:
            for table in reversed(metadata.sorted_tables):
                if table is not log:
                    connection.execute(table.delete())
            fresh = {"head": 0, "tail": 0, "next_place": 1, "drift_ms": 0, "next_object": 0}
            connection.execute(log.update().values(fresh | {"places_version": log.c.places_version + 1}))

    @contextmanager
    def connection(self) -> Iterator[sa.Connection]:
        if self._engines is None:
            self._engines = connect(self.url)
        with self._engines.write.begin() as connection:
            yield connection

    def rows(self, table: sa.Table) -> Sequence[Any]:
        """Everything in a table, in the order of its key."""
        with self.connection() as connection:
            return connection.execute(sa.select(table).order_by(*table.primary_key)).all()

    def texts(self) -> str:
        """Every value of every table as one text, to look for what must not be there."""
        return "\n".join(str(tuple(row)) for table in metadata.sorted_tables for row in self.rows(table))
