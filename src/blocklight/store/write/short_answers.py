"""Decides whether the calls missing from an answer are closed, or are too many to believe at once.

A feed that shows half of its rows by mistake would close thousands of calls that go on. So if an unusual
share of calls is missing, they stay open until a later answer lacks the same calls, or a person confirms it.
Only published calls are counted: withheld records never change which calls are closed.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Self

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPICursor

from blocklight.store.schema import tables
from blocklight.store.write import auditing
from blocklight.store.write.sources import new_row
from blocklight.store.write.statements import Statements, fetch

FEW = 20
"""Up to this many calls are always closed at once: the last ones of a night, all of a small town."""
SECOND_LOOK_MS = 30_000
"""How much later an answer must come to confirm an earlier one: an immediate second fetch proves nothing."""
_AGREEING = 0.9
_ANSWERS_KEPT = 100
_ANSWERS_KNOWN = 10
"""After this many answers that closed calls, the usual share of a feed is known."""
_CALL_LASTS_MS = 30 * 60_000
"""How long calls are assumed to last before that."""
_MOST_OF_THEM = 0.9

_Closing = tuple[int, float]
_closings = msgspec.json.Decoder(list[_Closing]).decode


@dataclass(frozen=True, slots=True)
class UsualClosings:
    """The latest answers of one source that closed calls: when (ms), and which share of its open calls."""

    closings: Sequence[_Closing]

    @classmethod
    def stored(cls, text: str) -> Self:
        """Parse what ``plus`` returned."""
        return cls(_closings(text))

    def plus(self, at: int, share: float) -> str:
        """The stored form with one more answer."""
        latest = [*self.closings, (at, round(share, 4))][-_ANSWERS_KEPT:]
        return msgspec.json.encode(latest).decode()

    def share(self, since: int | None, at: int) -> float:
        """The share of its open calls that the source usually closes from *since* to *at*, in ms.

        That is the 90th percentile of its closing answers or, if more, what it closes on average in as long a
        time: after an outage the calls of hours are closed at once.
        """
        shares = sorted(share for _, share in self.closings)
        usual = shares[int(_MOST_OF_THEM * (len(shares) - 1))] if shares else 0.0
        elapsed_ms = 0 if since is None else at - since
        if len(shares) < _ANSWERS_KNOWN:
            usual = max(usual, elapsed_ms / _CALL_LASTS_MS)
        if shares and (watched_ms := at - self.closings[0][0]) > 0:
            usual = max(usual, sum(shares) * elapsed_ms / watched_ms)
        return min(1.0, usual)

    def allow(self, missing: int, still_open: int, since: int | None, at: int) -> bool:
        """Whether *missing* of *still_open* calls are no more than usually close in twice the time."""
        if missing <= FEW:
            return True
        return missing <= still_open * (1 - (1 - self.share(since, at)) ** 2)


class _Lacking(NamedTuple):
    """Which calls an unusually short answer lacked, and when (ms) one first lacked them."""

    ids: frozenset[str]
    at: int


class ShortAnswers:
    """The unusually short answers that nothing has agreed with yet, by source.

    They are not stored: after a restart two more answers are needed.
    """

    def __init__(self) -> None:
        self._lacking: dict[str, _Lacking] = {}
        self._waiting: dict[str, dict[str, int]] = {}

    def lacked_before(self, source: str, lacking: AbstractSet[str], at: int) -> set[str]:
        """Which of *lacking*, which wait to be closed, every answer has lacked for long enough."""
        before = self._waiting.get(source, {})
        first = self._waiting[source] = {id_: before.get(id_, at) for id_ in lacking}
        return {id_ for id_, since in first.items() if at - since >= SECOND_LOOK_MS}

    def confirmed(self, source: str, missing: AbstractSet[str], at: int) -> AbstractSet[str] | None:
        """Which of *missing* an earlier answer lacked too; ``None`` while that one is too young.

        Empty if the two disagree, as they do for a feed that lacks different rows each time.
        """
        before = self._lacking.get(source)
        if before is None:
            return frozenset()
        agreeing = before.ids & missing
        if len(agreeing) < _AGREEING * len(before.ids):
            return frozenset()
        return agreeing if at - before.at >= SECOND_LOOK_MS else None

    def note(self, source: str, missing: AbstractSet[str], at: int) -> None:
        """Remember what an unusually short answer lacked."""
        self._lacking[source] = _Lacking(frozenset(missing), at)

    def forget(self, source: str) -> None:
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

    def believed(self, missing: AbstractSet[str], still_open: int) -> AbstractSet[str]:
        """Which of the *missing* calls are to be closed, and store what was closed as usual."""
        rows = fetch(self._cursor, self._sql.closings, (self._source,))
        text, since, short_at, is_confirmed = rows[0] if rows else ("[]", None, None, 0)
        usual = UsualClosings.stored(text)
        closing = missing
        if not is_confirmed and not usual.allow(len(missing), still_open, since, self._at):
            closing = self._agreed(usual, missing, still_open, since)
        waits = len(closing) < len(missing)
        if not waits:
            self._short_answers.forget(self._source)
        closings_text = usual.plus(self._at, len(closing) / still_open) if closing else text
        new = (closings_text, (short_at or self._at) if waits else None, 0)
        if new != (text, short_at, is_confirmed):
            if not rows:
                self._cursor.execute(self._sql.insert_source, new_row(self._source, None))
            self._cursor.execute(self._sql.note_closings, (*new, self._source))
        return closing

    def _agreed(
        self, usual: UsualClosings, missing: AbstractSet[str], still_open: int, since: int | None
    ) -> AbstractSet[str]:
        """Which of the *missing* calls may be closed because an earlier answer lacked them too."""
        agreeing = self._short_answers.confirmed(self._source, missing, self._at)
        if agreeing is None:
            return frozenset()
        fresh = missing - agreeing
        if agreeing and usual.allow(len(fresh), still_open - len(agreeing), since, self._at):
            return missing
        self._short_answers.note(self._source, fresh, self._at)
        return agreeing


def confirm(connection: sa.Connection, source: str, at: datetime, by: str | None) -> bool:
    """Let a source's next answer close the calls missing from it; return whether any closings waited."""
    table = tables.source
    waits = (table.c.source == source, table.c.short_at.is_not(None))
    if not connection.execute(table.update().where(*waits).values(short_confirmed=1)).rowcount:
        return False
    detail = {"source": source} | ({} if by is None else {"by": by})
    auditing.append(connection, at, "confirm", detail)
    return True
