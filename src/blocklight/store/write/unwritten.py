"""The rows that one transaction has decided on and not written yet."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.engine.interfaces import DBAPICursor

from blocklight.store.write.statements import Statements, run_many

# Parameters of one statement, a row for each time that it is run.
Rows = list[tuple[Any, ...]]


@dataclass(slots=True)
class Unwritten:
    """What is to be written, as tuples in the order of their statements."""

    inserts: Rows = field(default_factory=list)
    updates: Rows = field(default_factory=list)
    moves: Rows = field(default_factory=list)
    relisted: Rows = field(default_factory=list)
    """By what a page lists an incident and since when it is public, where policy has cut its times since."""
    changes: Rows = field(default_factory=list)
    marks: Rows = field(default_factory=list)
    unmarked: list[str] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    scrubbed: list[int] = field(default_factory=list)

    def write(self, cursor: DBAPICursor, sql: Statements) -> None:
        """Delete what goes, then insert and update."""
        for statement, keys in (
            (sql.delete_changes, self.scrubbed),
            (sql.delete_incidents, self.gone),
            (sql.delete_marks, self.unmarked),
        ):
            if keys:
                cursor.execute(statement, sql.keys(keys))
        run_many(cursor, sql.insert_incident, self.inserts)
        run_many(cursor, sql.update_incident, self.updates)
        run_many(cursor, sql.move_incident, self.moves)
        run_many(cursor, sql.relist_incident, self.relisted)
        run_many(cursor, sql.insert_change, self.changes)
        run_many(cursor, sql.put_mark, self.marks)
