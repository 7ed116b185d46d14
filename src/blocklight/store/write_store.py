"""What intake may do with one city's database: store what its feeds say, and ask what binds it."""

import math
import time
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from datetime import datetime
from typing import Self

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPICursor

from blocklight.model.outcomes import Outcome
from blocklight.model.record import PublicIncident
from blocklight.store.admin.figures import WriteFigures
from blocklight.store.failing import failing_as_store_error
from blocklight.store.read_store import ReadStore
from blocklight.store.schema import tables
from blocklight.store.schema.engines import (
    Engines,
    connect,
    cursor_of,
    in_passing,
    transaction,
)
from blocklight.store.schema.patience import Patience, without_end
from blocklight.store.schema.rows import incident_of_body, to_ms
from blocklight.store.schema.upgrading import prepare
from blocklight.store.write import sources
from blocklight.store.write.application import Application
from blocklight.store.write.applied import Applied
from blocklight.store.write.hold_queue import already_public
from blocklight.store.write.places import Places
from blocklight.store.write.restraint import Binder, withheld_elsewhere
from blocklight.store.write.settled import Settled
from blocklight.store.write.short_answers import ShortAnswers
from blocklight.store.write.sources import FetchReport, WithheldUsual
from blocklight.store.write.statements import Statements, fetch
from blocklight.store.write.tombstones import Tombstones
from blocklight.store.write.turn import Turn

# A key that anybody knows: for stores that are opened without the city's own.
UNKEPT = b"a store of which no key is kept"


class WriteStore(ReadStore):
    """The database for who feeds it: every batch is one transaction.

    Every change of what is published takes the next ``seq``, without gaps and in the order of commits.
    """

    def __init__(self, engines: Engines, tombstones: Tombstones | None = None) -> None:
        super().__init__(engines)
        self._tombstones = tombstones
        self._sql = Statements(engines.write.dialect)
        self._places = Places(self._sql)
        self._settled = Settled()
        self._short_answers = ShortAnswers()
        self._turn = Turn()
        self._longest_s = math.inf
        self.write_figures = WriteFigures()
        self.ledger_kind: str | None = None
        self._place_key: bytes | None = None

    @classmethod
    def open(
        cls,
        url: str,
        city_id: str,
        *,
        ledger_kind: str | None = None,
        tombstones: Tombstones | None = None,
        place_key: bytes | None = UNKEPT,
    ) -> Self:
        """Open ``sqlite:///file`` or ``postgresql://…``, bringing its schema up to date.

        *ledger_kind* is the kind of area that the ledger is kept by; *tombstones* notes what is taken back.
        *place_key* keys the digests of where incidents were shown; without one, none is shown there again.
        Raises ``StoreError`` for another city's database, a newer schema, or one that cannot be used.
        """
        engines = connect(url)
        try:
            prepare(engines.write, city_id)
        except BaseException:
            engines.dispose()
            raise
        store = cls(engines, tombstones)
        store.ledger_kind = ledger_kind
        store._place_key = place_key
        return store

    def patient(self, patience: Patience) -> Self:
        """This store for who waits so long for it and no longer, read over connections of its own."""
        patient_store = super().patient(patience)
        patient_store._longest_s = patience.lock_s  # noqa: SLF001 - of the same class
        return patient_store

    def apply(
        self,
        source: str,
        outcomes: Sequence[Outcome],
        *,
        at: datetime,
        cursor: str | None = None,
        present: AbstractSet[str] | None = None,
        join_rows: bool = False,
        is_history: bool = False,
        bind: Binder | None = None,
        report: FetchReport | None = None,
    ) -> Applied:
        """Store a batch of *source*, its cursor and its changes in one transaction; twice is harmless.

        *present* names all that the source still holds: its other open incidents are closed at *at*, unless
        they are unusually many and nothing has confirmed it (``short_answers``).
        *join_rows* says that an incident may have several rows, each adding to what is known, *is_history*
        that the batch is of an import: what is long past by its source's clock is not held for being new.
        *bind* settles the batch beside what other sources and earlier rows say of its incidents.
        An id that was ever withheld as sensitive stays withheld, and a published one that is withheld now
        is retracted: its row, life and earlier changes are deleted. Withheld and rejected ones take no seq,
        nor do held ones before they are released. What waited and is due, unchanged, is left for ``release``.
        *report* is remembered as by ``record_fetch``. What a source's first fetch holds does not wait for the
        end of a time step: its moment shows when we began to read, and nothing of when the calls came.
        """
        with self._applying() as driver:
            is_first = (
                report is not None and not report.if_shown and sources.is_new(driver, self._sql, source)
            )
            application = self._application(driver, at, source)
            applied = application.run(
                outcomes,
                cursor=cursor,
                present=present,
                join_rows=join_rows,
                is_history=is_history,
                is_first_read=is_first,
                bind=bind,
            )
            if report is not None and (applied.seen or not report.if_shown):
                sources.record_fetch(driver, self._sql, report)
            return applied

    def release(self, at: datetime) -> Applied | None:
        """Publish all held incidents whose time has come; return ``None`` when there was none."""
        with self._read() as connection, cursor_of(connection) as driver:
            if not self._due(driver, at):  # most of the time: no need to wait for one's turn to write
                return None
        with self._applying() as driver:
            return self._release(driver, at)

    def close_no_later(self, at: datetime) -> Applied:
        """Let calls that left their feed be closed at *at* where the clock, once wrong, says later."""
        with self._applying() as driver:
            return self._application(driver, at).close_no_later()

    def record_fetch(self, report: FetchReport) -> None:
        """Remember how a fetch went, for ``sources``."""
        with (
            failing_as_store_error(),
            self._turn.taken(self._longest_s) as lock_s,
            in_passing(self._engines.write, lock_s) as connection,
            cursor_of(connection) as driver,
        ):
            self._turn.has_begun()
            sources.record_fetch(driver, self._sql, report)

    def cursor(self, source: str) -> str | None:
        """Where *source*'s next fetch may begin."""
        with self._read() as connection:
            return sources.cursor(connection, source)

    def once_sensitive(self, ids: Sequence[str]) -> set[str]:
        """Which of *ids* were ever withheld as sensitive, and so are never published."""
        with self._read() as connection, cursor_of(connection) as driver:
            return {row[0] for row in fetch(driver, self._sql.once_sensitive, self._sql.keys(ids))}

    def itself_sensitive(self, ids: Sequence[str]) -> set[str]:
        """Which of *ids* were ever sensitive themselves, and not only close to a sensitive one."""
        with self._read() as connection, cursor_of(connection) as driver:
            return {row[0] for row in fetch(driver, self._sql.itself_sensitive, self._sql.keys(ids))}

    def already_public(self, ids: Sequence[str]) -> set[str]:
        """Which of *ids* are published, or were published and wait now."""
        with self._read() as connection, cursor_of(connection) as driver:
            return already_public(driver, self._sql, ids)

    def never_shown(self) -> list[PublicIncident]:
        """What waits and was never published, as it would be published."""
        bodies = sa.select(tables.held.c.body).where(tables.held.c.was_shown == 0)
        with self._read() as connection:
            return [incident_of_body(text) for text in connection.scalars(bodies)]

    def withheld_elsewhere(self, ids: Sequence[str], source: str) -> set[str]:
        """Which of *ids* another source than *source* withholds."""
        with self._read() as connection, cursor_of(connection) as driver:
            return withheld_elsewhere(driver, self._sql, ids, source)

    def withheld_usual(self, source: str) -> WithheldUsual | None:
        """What share of a source's records is usually withheld, as last reported."""
        with self._read() as connection:
            return sources.withheld_usual(connection, source)

    @contextmanager
    def _applying(self) -> Iterator[DBAPICursor]:
        """Open one transaction that may change the public record."""
        began = time.perf_counter()
        try:
            with self._changing() as lock_s, transaction(self._engines.write, lock_s) as driver:
                if self._engines.is_sqlite:
                    self._turn.has_begun()
                yield driver
        finally:
            self.write_figures.transactions.observe(time.perf_counter() - began)

    @contextmanager
    def _deciding(self) -> Iterator[tuple[sa.Connection, DBAPICursor]]:
        """As ``_applying``, for what people decide: seldom, and by SQLAlchemy's own statements too."""
        with self._changing(), self._engines.write.begin() as connection, cursor_of(connection) as driver:
            without_end(connection)
            yield connection, driver

    @contextmanager
    def _changing(self) -> Iterator[float]:
        """Take the turn to write, and yield how long the database may be waited for now."""
        with failing_as_store_error(), self._turn.taken(self._longest_s) as lock_s:
            try:
                yield lock_s
            except BaseException:
                self._places.forget()
                self._settled.forget()
                raise

    def _application(self, driver: DBAPICursor, at: datetime, source: str = "") -> Application:
        return Application(
            driver,
            self._sql,
            self._places,
            self._settled,
            source=source,
            at=at,
            ledger_kind=self.ledger_kind,
            tombstones=self._tombstones,
            short_answers=self._short_answers,
            place_key=self._place_key,
            turn=self._turn,
        )

    def _release(self, driver: DBAPICursor, at: datetime) -> Applied | None:
        return self._application(driver, at).release() if self._due(driver, at) else None

    def _due(self, driver: DBAPICursor, at: datetime) -> bool:
        return bool(fetch(driver, self._sql.any_due, (to_ms(at),)))
