"""Decides in one transaction which calls are closed because they left their source's feed."""

from collections.abc import Set as AbstractSet

from sqlalchemy.engine.interfaces import DBAPICursor

from blocklight.store.schema.rows import from_ms
from blocklight.store.write.hold_changes import HoldChanges
from blocklight.store.write.hold_queue import HoldQueue
from blocklight.store.write.restraint import Restraints
from blocklight.store.write.short_answers import ShortAnswers, Vanishing
from blocklight.store.write.statements import Statements, fetch


class Leaving:
    """What one answer of *source*, stored at *at* (ms), no longer holds."""

    def __init__(
        self,
        cursor: DBAPICursor,
        sql: Statements,
        queue: HoldQueue,
        short_answers: ShortAnswers,
        *,
        source: str,
        at: int,
    ) -> None:
        self._cursor = cursor
        self._sql = sql
        self._queue = queue
        self._vanishing = Vanishing(cursor, sql, short_answers, source=source, at=at)
        self._source = source
        self._at = at
        # How many public calls stay open until another answer lacks them too.
        self.unconfirmed = 0
        # How many calls that wait go on waiting until another answer lacks them too.
        self.doubtful = 0

    def missing(self, present: AbstractSet[str]) -> dict[str, int]:
        """The public calls to close, each with its first seq; those that wait are closed here."""
        closing_waits = self._queue.closing_of(self._source)  # those left before, and count no more
        rows = fetch(self._cursor, self._sql.open, (self._source,))
        still_open = {id_: first_seq for id_, first_seq in rows if id_ not in closing_waits}
        missing = {id_: first_seq for id_, first_seq in still_open.items() if id_ not in present}
        closing = self._vanishing.believed(missing.keys(), still_open)
        self.unconfirmed = len(missing) - len(closing)
        self._end_waiting(present, believed=not self.unconfirmed)
        return {id_: first_seq for id_, first_seq in missing.items() if id_ in closing}

    def _end_waiting(self, present: AbstractSet[str], *, believed: bool) -> None:
        """End what waits to be closed and has left its source, if an earlier answer lacked it too.

        Its closing publishes it: one short answer would publish calls that go on.
        """
        restraints = Restraints(self._cursor, self._sql)
        rows = self._queue.open_without(self._source, present)
        absent = restraints.lacking(self._source, present)
        unclosed = {row.id for row in rows if row.release_at is None} | absent.keys()
        doubtful = unclosed - self._vanishing.gone_before(unclosed)
        # What is due is published as it waits, and closed by the next answer without it.
        doubtful |= {row.id for row in rows if self._queue.is_due(row)}
        self.doubtful = len(doubtful)
        if not believed:
            return
        HoldChanges(self._queue).close(row for row in rows if row.id not in doubtful)
        ended = {id_: restraint for id_, restraint in absent.items() if id_ not in doubtful}
        restraints.close(self._source, ended, from_ms(self._at))
