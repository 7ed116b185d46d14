"""Reads everything that a store holds, to compare one run with another."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from blocklight.model import Change
from blocklight.store import Store


def tables(database: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table of an SQLite database, in the order of the primary key.

    The audit log is left out: when a run first noted its key is a moment of that run.
    """
    with closing(sqlite3.connect(database)) as connection:
        names = [
            name
            for (name,) in connection.execute(
                "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' "
                "and name != 'audit' order by 1"
            )
        ]
        return {
            name: sorted(connection.execute(f'select * from "{name}"').fetchall(), key=repr)  # noqa: S608 - our own tables
            for name in names
        }


def all_changes(store: Store) -> Iterator[Change]:
    """The change log from its beginning."""
    after = 0
    while block := store.changes(after):
        yield from block
        after = block[-1].seq
