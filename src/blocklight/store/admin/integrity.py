"""Sees that a database is whole: nothing on the disk has changed by itself."""

import sqlalchemy as sa

from blocklight.errors import StoreError
from blocklight.store.schema import tables


def check_integrity(connection: sa.Connection) -> None:
    """Read all that is stored; raises ``StoreError`` where a page, an index or the change log is damaged."""
    if connection.dialect.name == "sqlite":
        if connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar() != "ok":
            raise StoreError("the database file is damaged: restore a backup")
        if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
            raise StoreError("the database file is damaged: a row names another that is gone")
    else:
        for table in tables.metadata.sorted_tables:  # a page with a wrong checksum cannot be read
            rows = connection.execute(sa.select(table), execution_options={"yield_per": 5_000})
            for _ in rows.partitions():
                pass
    log, change = tables.log, tables.change
    head = connection.scalar(sa.select(log.c.head))
    newest = connection.scalar(sa.select(sa.func.max(change.c.seq)))
    if newest is not None and newest > (head or 0):
        raise StoreError("the change log does not fit its head: restore a backup")
