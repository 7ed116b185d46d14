"""What the public may ask of one city's database: published values, and counts that are not small."""

from calendar import monthrange
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Self

import sqlalchemy as sa

from blocklight.model.changes import Change, LifeEvent, StoredIncident
from blocklight.model.ledger import LedgerDay, LedgerMonth
from blocklight.model.vocabulary import Kind
from blocklight.query.fields import Fields
from blocklight.store.admin import pausing
from blocklight.store.admin.pausing import Pause
from blocklight.store.failing import failing_as_store_error
from blocklight.store.read import reading
from blocklight.store.read.ledger import area_entries, ledger_rows
from blocklight.store.read.public_ledger import public_days, public_months
from blocklight.store.read.query import IncidentQuery, Page, answer, matching
from blocklight.store.read.reading import LogPart, WindowRows
from blocklight.store.read.received import Beginning, Received, Span, beginnings, received
from blocklight.store.schema import tables
from blocklight.store.schema.engines import Engines
from blocklight.store.schema.patience import Patience, without_end
from blocklight.store.write import auditing, sources
from blocklight.store.write.sources import SourceHealth

if TYPE_CHECKING:
    from blocklight.store.read.features import FeatureReader, FlatRows


class ReadStore:
    """The published side of one city's database, safe to use from several threads.

    Pages and the API are given this type: it can change nothing, and tells nothing of what is withheld.
    """

    def __init__(self, engines: Engines) -> None:
        self._engines = engines

    def patient(self, patience: Patience) -> Self:
        """This store read over connections of its own, by who waits so long for them and no longer."""
        patient_store = copy(self)
        patient_store._engines = self._engines.reading_with(patience)  # noqa: SLF001 - of the same class
        return patient_store

    def close(self) -> None:
        """Close every connection; nothing is lost without it."""
        self._engines.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def head(self) -> int:
        """The newest seq, 0 when nothing was ever published."""
        with self._read() as connection:
            return reading.ends(connection)[0]

    def tail(self) -> int:
        """The seq from which on a follower can resume."""
        with self._read() as connection:
            return reading.ends(connection)[1]

    def changes(self, after: int, limit: int = 1000) -> list[Change]:
        """Up to *limit* changes after a seq, in order; those of retracted incidents are no more."""
        with self._read() as connection:
            return reading.changes(connection, after, limit)

    def follow(self, after: int, limit: int = 1000) -> LogPart:
        """Up to *limit* changes after a seq, with the ends and the epoch of the log at that moment."""
        with self._read() as connection:
            return reading.log_part(connection, after, limit)

    def epoch(self) -> str:
        """The name of this history of the log: a seq means something only within one."""
        with self._read() as connection:
            return connection.scalar(sa.select(tables.log.c.epoch)) or ""

    def incident(self, id_: str) -> tuple[StoredIncident, list[LifeEvent]]:
        """A published incident and its life; raises ``NotFound``."""
        with self._read() as connection:
            return reading.incident(connection, id_)

    def query(self, query: IncidentQuery) -> Page:
        """A page of incidents, newest first; raises ``BadQuery``."""
        with self._read() as connection:
            return answer(connection, query)

    def matching(self, query: IncidentQuery, ids: Sequence[str]) -> list[StoredIncident]:
        """Those of some incidents that a query matches now, in no order; raises ``BadQuery``."""
        with self._read() as connection:
            return matching(connection, query, ids)

    def features(self) -> "FeatureReader":
        """Open what answers selections as flat rows, for GIS clients."""
        from blocklight.store.read.features import FeatureReader  # noqa: PLC0415 - a pause is not to wait for it

        return FeatureReader(self._read)

    def exported(self, query: IncidentQuery, names: Sequence[str], fields: Fields) -> Iterator["FlatRows"]:
        """Yield everything that a query matches, newest first, as values of some fields; raises ``BadQuery``.

        Together it is what was published when the first part was read, less what was taken back meanwhile.
        """
        from blocklight.store.read.exporting import as_pages, flat_page  # noqa: PLC0415 - as above

        query = as_pages(query)
        while True:
            with self._read() as connection:
                page, cursor = flat_page(connection, query, names, fields)
            yield page
            if cursor is None:
                return
            query = replace(query, cursor=cursor)

    def window(self, since: datetime) -> Iterator[list[StoredIncident]]:
        """Yield blocks of the incidents received *since* or still open, ordered by received_at."""
        with self.window_rows(since) as window:
            for block in window.blocks:
                yield list(reading.readable(block, window.places))

    @contextmanager
    def window_rows(self, since: datetime) -> Iterator[WindowRows]:
        """Open the same sweep as plain rows, several times faster; read its blocks inside the ``with``."""
        with self._read() as connection:
            without_end(connection)
            yield reading.window_rows(connection, since)

    @contextmanager
    def rows_between(self, start: datetime, end: datetime) -> Iterator[WindowRows]:
        """Open a sweep over what was received from *start* to before *end*, as plain rows.

        Behind the columns of ``STORED`` a row has its life, and whether it was imported: `revisions` reads
        both. Read its blocks inside the ``with``.
        """
        with self._read() as connection:
            without_end(connection)
            yield reading.rows_between(connection, start, end)

    def received_bounds(self) -> tuple[datetime, datetime] | None:
        """The first and the last received_at of all that is published, ``None`` where nothing is."""
        with self._read() as connection:
            without_end(connection)
            return reading.received_bounds(connection)

    def drift(self) -> timedelta:
        """How far the received_at of any incident was ever moved."""
        with self._read() as connection:
            return timedelta(milliseconds=reading.ends(connection)[2])

    def received(
        self, kind: Kind, area_kind: str | None, area_id: str | None, spans: Sequence[Span]
    ) -> list[Received]:
        """Count what was received during spans of time: in an area, by area in all of a kind, or at all."""
        with self._read() as connection:
            return received(connection, kind, area_kind, area_id, spans)

    def beginnings(self, sources: Iterable[str], since: datetime) -> dict[str, Beginning]:
        """Where each source begins that tells anything since a time."""
        with self._read() as connection:
            return beginnings(connection, sources, since)

    def pauses(self) -> list[Pause]:
        """What is paused."""
        with self._read() as connection:
            return pausing.pauses(connection)

    def sources(self) -> list[SourceHealth]:
        """The health of every source that was ever fetched."""
        with self._read() as connection:
            return sources.healths(connection)

    def ledger_days(self, since: date, until: date) -> list[LedgerDay]:
        """List what became of what was fetched from day *since* to *until* (UTC), without small counts."""
        with self._read() as connection:
            return public_days(ledger_rows(connection, since, until), since, until)

    def ledger_months(
        self, months: Sequence[str], kind: str, area: str, areas: Sequence[str]
    ) -> list[LedgerMonth]:
        """List what became of the incidents of one *area* in whole *months* (UTC, ``2026-01``).

        *areas* are the ids of all areas of its *kind*: what one of them hides, the others must not tell.
        """
        if not months:
            return []
        since, last = (date.fromisoformat(f"{month}-01") for month in (months[0], months[-1]))
        until = last.replace(day=monthrange(last.year, last.month)[1])
        with self._read() as connection:
            city = ledger_rows(connection, since, until)
            by_area = area_entries(connection, kind, since, until)
        return public_months(months, city, by_area, list(areas), area)

    def days_of(self, action: str) -> list[date]:
        """List the days (UTC) on which the audit log has an *action*, the oldest first."""
        with self._read() as connection:
            return sorted(
                {entry.at.date() for entry in auditing.audit_entries(connection) if entry.action == action}
            )

    @contextmanager
    def _read(self) -> Iterator[sa.Connection]:
        with failing_as_store_error(), self._engines.read.begin() as connection:
            yield connection
