"""Decides whether the calls missing from an answer are closed, or are too many to believe.

A feed that shows half of its rows by mistake, or fewer at every answer, would close thousands of calls that
go on. So if the calls that went missing lately are unusually many, they stay open until a later answer lacks
the same calls and hardly more, until every answer has lacked them for ten minutes, or until a person confirms
it. Only published calls are counted: withheld records never change which calls are closed.
"""

from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPICursor

from blocklight.store.schema import tables
from blocklight.store.write import auditing
from blocklight.store.write.sources import new_row
from blocklight.store.write.statements import Statements, fetch
from blocklight.store.write.usual_closings import UsualClosings

# How much later an answer must come to confirm an earlier one: an immediate second fetch proves nothing.
SECOND_LOOK_MS = 30_000
# How long every answer of a feed that goes on losing calls must have lacked a call before it is closed.
LONG_LOOK_MS = 10 * 60_000

# A feed that goes on losing calls never lacks exactly the same ones twice.
_AGREEING = 0.9


class ShortAnswers:
    """What the answers of each source have lacked since they became unusually short.

    It is not stored: after a restart two more answers are needed.
    """

    def __init__(self) -> None:
        self._lacking: dict[str, dict[str, int]] = {}
        self._waiting: dict[str, dict[str, int]] = {}
        # When the first answer of each source came (ms), and the highest first seq that was open then.
        self._first_answers: dict[str, tuple[int, int]] = {}

    def arriving(self, source: str, first_seqs: Collection[int], at: int) -> float:
        """How many calls have come in each ms since the first answer, as a share of those open at *at* (ms).

        *first_seqs* are those of the open calls: what came and has ended since is not counted.
        """
        newest = max(first_seqs, default=0)
        came_at, last = self._first_answers.get(source, (at, newest))
        if at <= came_at or newest <= last:  # or the clock, or the whole database, went back: begin anew
            self._first_answers[source] = (min(at, came_at), newest)
            return 0.0
        return sum(first_seq > last for first_seq in first_seqs) / len(first_seqs) / (at - came_at)

    def lacked_before(self, source: str, lacking: AbstractSet[str], at: int) -> set[str]:
        """Which of *lacking*, which wait to be closed, every answer has lacked for long enough."""
        before = self._waiting.get(source, {})
        first = self._waiting[source] = {id_: before.get(id_, at) for id_ in lacking}
        return {id_ for id_, since in first.items() if at - since >= SECOND_LOOK_MS}

    def note(self, source: str, missing: AbstractSet[str], at: int) -> dict[str, int]:
        """Remember what an unusually short answer lacks; since when (ms) every answer has lacked each call.

        It begins anew if many of the calls came back: such a feed lacks now these and now those.
        """
        before = self._lacking.get(source, {})
        if len(before.keys() & missing) < _AGREEING * len(before):
            before = {}
        first = self._lacking[source] = {id_: min(at, before.get(id_, at)) for id_ in missing}
        return first

    def forget(self, source: str, closed: AbstractSet[str]) -> None:
        """Forget calls that are closed, and with the last of them that answers were short."""
        lacking = self._lacking.get(source, {})
        self._lacking[source] = {id_: since for id_, since in lacking.items() if id_ not in closed}

    def reset(self, source: str) -> None:
        """Forget the short answers of a source whose last answer was as usual."""
        self._lacking.pop(source, None)


class Vanishing:
    """Chooses which calls that left their source's feed are closed, inside one transaction at *at* (ms)."""

    def __init__(
        self, cursor: DBAPICursor, sql: Statements, short_answers: ShortAnswers, *, source: str, at: int
    ) -> None:
        self._cursor = cursor
        self._sql = sql
        self._short_answers = short_answers
        self._source = source
        self._at = at

    def gone_before(self, lacking: AbstractSet[str]) -> AbstractSet[str]:
        """Which of the calls *lacking* that wait to be closed an earlier answer lacked too."""
        return self._short_answers.lacked_before(self._source, lacking, self._at)

    def believed(self, missing: AbstractSet[str], open_calls: Mapping[str, int]) -> AbstractSet[str]:
        """Which of the *missing* calls are to be closed, and store what was closed as usual.

        *open_calls* are all that are open, each with its first seq.
        """
        rows = fetch(self._cursor, self._sql.closings, (self._source,))
        text, since, short_at, is_confirmed = rows[0] if rows else ("[]", None, None, 0)
        still_open = len(open_calls)
        arriving = self._short_answers.arriving(self._source, open_calls.values(), self._at)
        usual = UsualClosings.stored(text)
        closing = missing
        excess = usual.excess_after(len(missing), still_open, since, self._at, arriving=arriving)
        if is_confirmed:
            excess = 0.0
        elif excess > usual.most_excess(still_open):
            closing, excess = self._looked_at_again(usual, missing, still_open, since, arriving)
        waits = len(closing) < len(missing)
        if waits:
            self._short_answers.forget(self._source, closing)
        else:
            self._short_answers.reset(self._source)
        share = len(closing) / still_open if closing else 0
        closings_text = usual.plus(self._at, share, excess).text() if closing else text
        new = (closings_text, (short_at or self._at) if waits else None, 0)
        if new != (text, short_at, is_confirmed):
            if not rows:
                self._cursor.execute(self._sql.insert_source, new_row(self._source, None))
            self._cursor.execute(self._sql.note_closings, (*new, self._source))
        return closing

    def _looked_at_again(
        self,
        usual: UsualClosings,
        missing: AbstractSet[str],
        still_open: int,
        since: int | None,
        arriving: float,
    ) -> tuple[AbstractSet[str], float]:
        """Which of the *missing* calls earlier answers lacked too for long enough, and the excess after that.

        A second look is enough for calls that were gone at once. It uses up what may be closed beyond the
        usual, so that calls that go a part at a time are looked at for longer.
        """
        first = self._short_answers.note(self._source, missing, self._at)
        began_at = min(first.values())
        fresh = sum(lacked_at > began_at for lacked_at in first.values())
        were_open = still_open - len(first) + fresh
        excess = usual.excess_after(fresh, were_open, began_at, self._at, arriving=arriving)
        most = usual.most_excess(still_open)
        if self._at - began_at >= SECOND_LOOK_MS and excess <= most / 2:
            return missing, most
        long_gone = {id_ for id_, lacked_at in first.items() if self._at - lacked_at >= LONG_LOOK_MS}
        return long_gone, usual.excess_after(0, still_open, since, self._at, arriving=arriving)


def confirm(connection: sa.Connection, source: str, at: datetime, by: str | None) -> bool:
    """Let a source's next answer close the calls missing from it; return whether any closings waited."""
    table = tables.source
    waits = (table.c.source == source, table.c.short_at.is_not(None))
    if not connection.execute(table.update().where(*waits).values(short_confirmed=1)).rowcount:
        return False
    detail = {"source": source} | ({} if by is None else {"by": by})
    auditing.append(connection, at, "confirm", detail)
    return True
