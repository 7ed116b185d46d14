"""Remembers what is stored as it was told, so that the same told again costs no look at the database."""

from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import NamedTuple

from blocklight.model.record import Bound, PublicIncident
from blocklight.model.vocabulary import Category
from blocklight.store.schema.rows import Row, Where, incident_of_row
from blocklight.store.write.statements import WHOLE

_RELEASED_AT, _PLACE_ID, _VANISHED, _LISTED_AT, _LIFE, _MEDICAL_ONCE = (
    WHOLE.index(name) for name in ("released_at", "place_id", "vanished", "listed_at", "life", "medical_once")
)


class Stored(NamedTuple):
    """A published incident and what else its row says; times in ms."""

    incident: PublicIncident
    first_seq: int
    released_at: int
    place_id: int | None
    vanished: int
    listed_at: int
    life: str | None
    medical_once: int

    @property
    def bound(self) -> Bound | None:
        """What may be told of place and times whatever it is called later, if it was ever told as medical."""
        medical = self.medical_once or self.incident.category is Category.MEDICAL
        return self.incident.bound_with_times if medical else None


def stored_rows(rows: Iterable[Row], wheres: Mapping[int, Where]) -> list[Stored]:
    """Read columns of ``WHOLE``, in the order in which the incidents were first published."""
    return [
        Stored(
            incident_of_row(row, wheres),
            row[0],
            row[_RELEASED_AT],
            row[_PLACE_ID],
            row[_VANISHED],
            row[_LISTED_AT],
            row[_LIFE],
            row[_MEDICAL_ONCE],
        )
        for row in sorted(rows, key=itemgetter(0))
    ]


class Known(NamedTuple):
    """One of a source's latest batch: the very object that was applied, and its row where that is at hand."""

    given: PublicIncident
    stored: Stored | None


class Settled:
    """The published incidents of each source's latest batch.

    A feed that is read whole tells most of its calls as it did before, and hands over the same objects. The
    memory holds while nobody else changes the public record: whoever does, moves the log's head.
    """

    def __init__(self) -> None:
        self._by_source: dict[str, dict[str, Known]] = {}
        self._head = -1

    def begin(self, head: int) -> None:
        """Start a transaction that found the log at *head*."""
        if head != self._head:
            self.forget()

    def of(self, source: str) -> Mapping[str, Known]:
        """What is settled of a source, by public id, as it stands now."""
        return dict(self._by_source.get(source, {}))

    def drop(self, ids: Iterable[str]) -> None:
        """Forget these incidents, about which something is decided; two sources may tell of one."""
        for entries in self._by_source.values():
            for id_ in ids:
                entries.pop(id_, None)

    def keep(self, source: str, settled: dict[str, Known]) -> None:
        """Remember a batch of *source* in place of the one before."""
        self._by_source[source] = settled

    def end(self, head: int) -> None:
        """Note that the transaction left the log at *head*."""
        self._head = head

    def forget(self) -> None:
        """Drop what is remembered: needed after a rollback, harmless otherwise."""
        self._by_source.clear()
        self._head = -1
