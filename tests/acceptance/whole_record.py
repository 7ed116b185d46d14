"""Reads everything that a store holds, to compare one run with another."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from blocklight.model.changes import Change
from blocklight.store import Store

_OF_ONE_RUN = frozenset(
    {
        ("source", "noticed"),
        ("source", "withheld_usual"),
        ("source", "withheld_for_weeks"),
        ("log", "epoch"),
        ("log", "object_key"),
        ("incident", "object_id"),
    }
)


def tables(database: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table of an SQLite database, in the order of the primary key.

    The audit log is left out: when a run first noted its key is a moment of that run. So is what was noticed
    of a source: a process compares a fetch with the one before, which one that just started did not see. The
    share that is usually withheld is stored only when it has moved by a hundredth, so that a process which
    starts in between begins with the stored one.
    The name of a change log is drawn by lot, and so is the key by which GIS clients are given object ids.
    """
    with closing(sqlite3.connect(database)) as connection:
        names = [
            name
            for (name,) in connection.execute(
                "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' "
                "and name != 'audit' order by 1"
            )
        ]
        return {name: _rows(connection, name) for name in names}


def _rows(connection: sqlite3.Connection, table: str) -> list[tuple[object, ...]]:
    told = connection.execute(f'pragma table_info("{table}")')
    columns = ", ".join(f'"{column[1]}"' for column in told if (table, column[1]) not in _OF_ONE_RUN)
    return sorted(connection.execute(f'select {columns} from "{table}"').fetchall(), key=repr)  # noqa: S608 - our own tables


def all_changes(store: Store) -> Iterator[Change]:
    """The change log from its beginning."""
    after = 0
    while block := store.changes(after):
        yield from block
        after = block[-1].seq
