"""The queue of what waits, inside one transaction: its rows as they are stored, and what changes of them."""

from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet

import msgspec
from sqlalchemy.engine.interfaces import DBAPICursor

from blocklight.model.outcomes import Held
from blocklight.model.record import Bound, PublicIncident
from blocklight.model.vocabulary import Status
from blocklight.store.schema.rows import body
from blocklight.store.write.due_times import DueTimes
from blocklight.store.write.statements import Statements, fetch, run_many
from blocklight.store.write.waiting import Pauses, Seen, Waiting

_encode = msgspec.json.encode


def already_public(cursor: DBAPICursor, sql: Statements, ids: Sequence[str]) -> set[str]:
    """Which of *ids* are published, or were published before they waited."""
    if not ids:
        return set()
    keys = sql.keys(ids)
    published = {row[0] for row in fetch(cursor, sql.shown, keys)}
    waiting = (Waiting(*row) for row in fetch(cursor, sql.held, keys))
    return published | {row.id for row in waiting if row.was_shown}


class HoldQueue:
    """What waits in a transaction at *at* (ms), and what decides for how long: due times and pauses."""

    def __init__(self, cursor: DBAPICursor, sql: Statements, at: int) -> None:
        self._cursor = cursor
        self._sql = sql
        self.at = at
        self.times = DueTimes(at)
        self.pauses = Pauses(())
        # Where those were told to be that were told as medical before they were taken back.
        self.bounds: dict[str, Bound] = {}
        # Ids that were held before, and whether the ledger counted them before that.
        self.waited: dict[str, bool] = {}
        self._any = True
        self._puts: dict[str, Waiting] = {}
        self._gone: list[str] = []

    def begin(self, *, is_any_held: bool) -> None:
        """Read, once the log is locked, what is paused; an empty queue is not looked into."""
        self.pauses = Pauses(tuple((row[0], row[1]) for row in fetch(self._cursor, self._sql.pauses)))
        self._any = is_any_held

    def rows(self, ids: Collection[str]) -> dict[str, Waiting]:
        """The rows of some incidents by public id, as they are stored."""
        if not ids or not self._any:
            return {}
        rows = fetch(self._cursor, self._sql.held, self._sql.keys(ids))
        return {row[0]: Waiting(*row) for row in rows}

    def incidents(self, ids: Collection[str]) -> dict[str, PublicIncident]:
        """The waiting records of some ids."""
        return {id_: row.incident for id_, row in self.rows(ids).items()}

    def due(self) -> list[Waiting]:
        """What is to be released now, the longest due first."""
        statement = self._sql.all_due if self.pauses.scopes else self._sql.due
        rows = [Waiting(*row) for row in fetch(self._cursor, statement, (self.at,))]
        if self.pauses.scopes:
            rows = [row for row in rows if not self.pauses.cover(row.incident)]
        return rows

    def open_without(self, source: str, present: AbstractSet[str]) -> list[Waiting]:
        """What waits as an open call and is no longer in its source."""
        if not self._any:
            return []
        waiting = fetch(self._cursor, self._sql.open_held, (source,))
        return list(self.rows([row[0] for row in waiting if row[0] not in present]).values())

    def closing_of(self, source: str) -> set[str]:
        """The incidents of a source whose closing waits."""
        rows = fetch(self._cursor, self._sql.closing_held, (source,)) if self._any else ()
        return {row[0] for row in rows}

    def is_due(self, row: Waiting) -> bool:
        """Whether the next release publishes a record that waits."""
        if row.release_at is None or row.release_at > self.at:
            return False
        return not (self.pauses.scopes and self.pauses.cover(row.incident))

    def is_changed(self, id_: str) -> bool:
        """Whether this transaction lets an incident wait, or wait otherwise."""
        return id_ in self._puts

    def take_out(self, row: Waiting) -> None:
        """Let an incident wait no more, unless it is put in again."""
        self._gone.append(row.id)
        self.waited[row.id] = bool(row.counted)

    def change(self, row: Waiting) -> None:
        """Let an incident wait as *row* says."""
        self._puts[row.id] = row

    def put(
        self,
        incident: PublicIncident,
        due: int | None,
        held: Held,
        seen: Seen,
        encoded: bytes | None = None,
        *,
        joins: bool,
        counted: bool,
        was_shown: bool,
    ) -> None:
        """Let a version of an incident wait until *due*, in ms; ``None`` while it waits for its closing."""
        self._puts[incident.id] = Waiting(
            incident.id,
            incident.source,
            due,
            held.after_close_s * 1000,
            held.step_min,
            int(incident.status is Status.OPEN),
            int(joins),
            (encoded or body(incident)).decode(),
            int(counted),
            None if (bound := self.bounds.get(incident.id)) is None else _encode(bound).decode(),
            *seen,
            int(was_shown),
        )

    def write(self) -> None:
        """Write what was decided."""
        gone = [id_ for id_ in self._gone if id_ not in self._puts]
        if gone:
            self._cursor.execute(self._sql.delete_held, self._sql.keys(gone))
        run_many(self._cursor, self._sql.put_held, [tuple(row) for row in self._puts.values()])
        self._gone, self._puts = [], {}
