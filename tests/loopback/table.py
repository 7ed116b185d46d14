"""Rows that can be asked with SQL clauses, for the servers that speak of `where` and `order by`."""

import random
import re
import sqlite3
import threading
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

_TIMESTAMP = re.compile(r"\btimestamp\s+'([^']*)'", re.IGNORECASE)
_SYSTEM = re.compile(r"(?<![\w':])(:\w+)")

Row = dict[str, Any]


class BadClauseError(Exception):
    """A clause that the table does not understand, with the column that it lacks if that is why."""

    def __init__(self, column: str | None) -> None:
        super().__init__(column)
        self.column = column


class Table:
    """Rows under SQL. Without an order they come in a different one each time, as they may."""

    def __init__(
        self, columns: Iterable[str], rows: Iterable[Mapping[str, Any]], *, file: str = ":memory:"
    ) -> None:
        self.columns = tuple(columns)
        self._lock = threading.Lock()
        self._random = random.Random(7)  # noqa: S311 - a shuffle, not a secret
        self._database = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._database.row_factory = sqlite3.Row
        self._database.execute(f"create table t ({', '.join(map(_quoted, self.columns))})")
        self.insert(rows)

    def close(self) -> None:
        self._database.close()

    def insert(self, rows: Iterable[Mapping[str, Any]]) -> None:
        marks = ", ".join("?" * len(self.columns))
        values = [[row.get(column) for column in self.columns] for row in rows]
        with self._lock:
            statement = f"insert into t values ({marks})"  # noqa: S608 - nothing but question marks
            self._database.executemany(statement, values)

    def update(self, where: str, **changes: Any) -> None:  # noqa: ANN401 - any value that a column holds
        assignments = ", ".join(f"{_quoted(column)} = ?" for column in changes)
        with self._lock:
            self._database.execute(
                f"update t set {assignments} where {_translated(where)}",  # noqa: S608 - our own tests' clauses
                list(changes.values()),
            )

    def delete(self, where: str) -> None:
        with self._lock:
            self._database.execute(f"delete from t where {_translated(where)}")  # noqa: S608 - our own tests' clauses

    def select(self, where: str, order: str = "", limit: int = -1, offset: int = 0) -> list[Row]:
        """Return rows; raises ``BadClauseError``."""
        clause = f"select * from t where {_translated(where or '1=1')}"  # noqa: S608 - our own tests' clauses
        if order:
            clause += f" order by {_translated(order)} limit {limit} offset {offset}"
        with self._lock:
            try:
                rows = [dict(row) for row in self._database.execute(clause)]
            except sqlite3.OperationalError as error:
                missing = re.search(r"no such column: \"?(:?\w+)", str(error))
                raise BadClauseError(missing[1] if missing else None) from None
            if not order:
                self._random.shuffle(rows)
                rows = rows[offset:][: None if limit < 0 else limit]
        return rows


def _quoted(column: str) -> str:
    return f'"{column}"'


def _translated(clause: str) -> str:
    def epoch_ms(match: re.Match[str]) -> str:
        return str(round(datetime.fromisoformat(match[1]).replace(tzinfo=UTC).timestamp() * 1000))

    return _SYSTEM.sub(r'"\1"', _TIMESTAMP.sub(epoch_ms, clause))
