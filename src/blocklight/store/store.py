"""One city's database: everything the rest of Blocklight may ask of it."""

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from datetime import date, datetime
from typing import Self

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPICursor

from blocklight.errors import StoreBusy
from blocklight.model.outcomes import Held, Outcome, Withheld
from blocklight.model.record import PublicIncident
from blocklight.store.admin import checking, compacting, pausing, renaming
from blocklight.store.admin.figures import DiskUse, WriteFigures, disk_use
from blocklight.store.admin.intake_lock import IntakeLock
from blocklight.store.admin.integrity import check_integrity
from blocklight.store.admin.pausing import Pause
from blocklight.store.admin.public_digest import public_digest
from blocklight.store.admin.renaming import NewId
from blocklight.store.failing import OTHERS_WRITE, failing_as_store_error
from blocklight.store.read.ledger import AreaLedgerRow, Counts, LedgerRow, area_entries, counts, entries
from blocklight.store.read_store import ReadStore
from blocklight.store.schema import tables
from blocklight.store.schema.engines import (
    Engines,
    connect,
    cursor_of,
    empty_log,
    in_passing,
    transaction,
)
from blocklight.store.schema.patience import Patience, without_end
from blocklight.store.schema.rows import from_ms, incident_of_body, to_ms
from blocklight.store.schema.upgrading import prepare
from blocklight.store.write import auditing, short_answers, sources
from blocklight.store.write.application import Application
from blocklight.store.write.applied import Applied
from blocklight.store.write.auditing import AuditEntry, AuditVerdict
from blocklight.store.write.holding import already_public
from blocklight.store.write.places import Places
from blocklight.store.write.restraint import Binder, withheld_elsewhere
from blocklight.store.write.settled import Settled
from blocklight.store.write.short_answers import ShortAnswers
from blocklight.store.write.sources import FetchReport
from blocklight.store.write.statements import Statements, fetch
from blocklight.store.write.tombstones import Position, Tombstones
from blocklight.store.write.turn import OwnTurnTaken, Turn

_PROBE_WAITS_S = 1.0
UNKEPT = b"a store of which no key is kept"
"""A key that anybody knows: for stores that are opened without the city's own."""


class Store(ReadStore):
    """The whole database of one city, on SQLite or PostgreSQL, also for who writes and administers it.

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

    # Writing

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
                sources.record(driver, self._sql, report)
            return applied

    def release(self, at: datetime) -> Applied | None:
        """Publish all held incidents whose time has come; return ``None`` when there was none."""
        with self._read() as connection, cursor_of(connection) as driver:
            if not self._due(driver, at):  # most of the time: no need to wait for one's turn to write
                return None
        with self._applying() as driver:
            return self._release(driver, at)

    def restrain(self, outcomes: Sequence[PublicIncident | Held | Withheld], at: datetime) -> Applied:
        """Let what waits tell no more, and wait no shorter, than a stricter policy makes of it.

        What it withholds is taken back as well, if an earlier version is published.
        """
        with self._applying() as driver:
            return self._application(driver, at).restrain(outcomes)

    def refilter(self, outcomes: Sequence[PublicIncident | Held | Withheld], at: datetime) -> Applied:
        """Take back, delay and coarsen what is published as a stricter policy says; updates go on waiting."""
        with self._applying() as driver:
            return self._application(driver, at).refilter(outcomes)

    def close_no_later(self, at: datetime) -> Applied:
        """Let calls that left their feed be closed at *at* where the clock, once wrong, says later."""
        with self._applying() as driver:
            return self._application(driver, at).close_no_later()

    @property
    def engines(self) -> Engines:
        """The connections, for what copies the whole database."""
        return self._engines

    def tombstone_position(self) -> Position | None:
        """How far the tombstone journal is, at a moment at which nobody is taking anything back."""
        if self._tombstones is None:
            return None
        with self._deciding() as (_, driver):
            self._application(driver, from_ms(0)).lock()
            return self._tombstones.position()

    def public_digest(self) -> str:
        """A digest of all that the public can see, the same on both engines."""
        with self._read() as connection:
            return public_digest(connection)

    def check_integrity(self) -> None:
        """Read every page of the database; raises ``StoreError`` for a damaged one."""
        with self._read() as connection:
            check_integrity(connection)

    @classmethod
    def lock_of(cls, url: str) -> IntakeLock:
        """``intake_lock`` of a database that cannot be opened, or is to be made."""
        engines = connect(url)
        engines.close()
        return IntakeLock(engines.write)

    def intake_lock(self) -> IntakeLock:
        """The lock that lets one process at a time fetch for this city; nobody holds it yet."""
        return IntakeLock(self._engines.write)

    def pause(self, pause: Pause, *, by: str | None = None) -> Applied:
        """Publish nothing more of what a pause covers, and take its open incidents back until then.

        The audit log names *by* whom; the public does not read that.
        """
        with self._deciding() as (connection, driver):
            application = self._application(driver, pause.since)
            application.lock()
            pausing.begin(connection, pause, by)
            return application.take_back_paused()

    def resume(self, scope: str, value: str, at: datetime, *, by: str | None = None) -> bool:
        """End a pause, so that what waited is published by the next ``release``; return whether it was."""
        with self._deciding() as (connection, driver):
            self._application(driver, at).lock()
            return pausing.end(connection, scope, value, at, by)

    def confirm_closings(self, source: str, at: datetime, *, by: str | None = None) -> bool:
        """Let a source's next answer close the calls missing from it; return whether any closings waited."""
        with self._deciding() as (connection, driver):
            self._application(driver, at).lock()
            return short_answers.confirm(connection, source, at, by)

    def note(self, at: datetime, action: str, detail: Mapping[str, object]) -> None:
        """Append a decision to the audit log."""
        with self._deciding() as (connection, driver):
            self._application(driver, at).lock()
            auditing.append(connection, at, action, detail)

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

    def rename(self, new_id: NewId, at: datetime, action: str, detail: Mapping[str, object]) -> int:
        """Give every incident another public id, and note why; return how many are published.

        Marks and what waits are renamed alike, so nothing that was withheld comes back. Earlier changes are
        dropped, so that followers begin anew.
        """
        with self._deciding() as (connection, driver):
            self._application(driver, at).lock()
            published = renaming.rename(connection, new_id)
            if self._tombstones is not None:
                self._tombstones.renamed()
            auditing.append(connection, at, action, detail)
            self._settled.forget()
            return published

    def record_fetch(self, report: FetchReport) -> None:
        """Remember how a fetch went, for ``sources``."""
        with (
            failing_as_store_error(),
            self._turn.taken(self._longest_s) as lock_s,
            in_passing(self._engines.write, lock_s) as connection,
            cursor_of(connection) as driver,
        ):
            self._turn.has_begun()
            sources.record(driver, self._sql, report)

    def probe(self, *, by_writing: bool = True) -> None:
        """Raise ``StoreError`` where nothing can be written, ``StoreBusy`` while others keep us from it.

        A thread of this process that writes proves that it can be done, unless it waits as well. Without
        *by_writing* locks are taken and given back, and nothing is written.
        """
        with failing_as_store_error():
            try:
                with self._turn.taken(_PROBE_WAITS_S) as lock_s:
                    checking.probe(self._engines, lock_s, by_writing=by_writing)
            except OwnTurnTaken:
                if self._turn.waited_s() >= _PROBE_WAITS_S / 2:
                    raise StoreBusy(OTHERS_WRITE) from None
                checking.probe_tables(self._engines, _PROBE_WAITS_S)

    def damage(self) -> str | None:
        """What is damaged in the database's file, as far as a few seconds show."""
        with failing_as_store_error():
            return checking.damage(self._engines)

    def compact(self, *, keep_since: datetime, keep_at_least: int) -> int:
        """Drop changes older than *keep_since* that are not among the newest *keep_at_least*.

        Return how many seqs the tail moved. Incidents keep their lives. Of what was deleted, nothing is left
        in the files of SQLite.
        """
        with failing_as_store_error():
            moved = compacting.compact(self._engines.write, self._turn, keep_since, keep_at_least)
            if self._engines.is_sqlite:
                with self._turn.taken(self._longest_s):
                    self._turn.has_begun()
                    empty_log(self._engines.write)
            return moved

    # Reading

    def cursor(self, source: str) -> str | None:
        """Where *source*'s next fetch may begin."""
        with self._read() as connection:
            return sources.cursor(connection, source)

    def renew_epoch(self) -> str:
        """Begin another history and return its name; to be called when a backup was restored.

        Seqs that were published since the backup will be given to other changes: with another epoch every
        page, client and follower loads the window anew instead of going on where it was.
        """
        epoch = tables.new_epoch()
        with self._deciding() as (connection, _):
            connection.execute(tables.log.update().values(epoch=epoch))
        return epoch

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

    def open_ids(self, source: str) -> set[str]:
        """The ids of *source*'s open incidents."""
        table = tables.incident
        statement = sa.select(table.c.id).where(table.c.status == tables.OPEN, table.c.source == source)
        with self._read() as connection:
            return set(connection.scalars(statement))

    def counts(self, *, closed_since: datetime) -> Counts:
        """Count what is open and what was closed since a time."""
        with self._read() as connection:
            return counts(connection, closed_since)

    def withheld(self) -> dict[str, int]:
        """Count the incidents that are withheld now and might not be for ever, by reason."""
        table = tables.withheld
        statement = (
            sa.select(table.c.reason, sa.func.count()).where(table.c.sensitive == 0).group_by(table.c.reason)
        )
        with self._read() as connection:
            return {row[0]: row[1] for row in connection.execute(statement)}

    def held(self) -> int:
        """Count what waits to be released."""
        with self._read() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(tables.held)) or 0

    def waiting(self) -> list[PublicIncident]:
        """What waits to be released, as it would be published."""
        with self._read() as connection:
            return [incident_of_body(text) for text in connection.scalars(sa.select(tables.held.c.body))]

    def audit(self) -> list[AuditEntry]:
        """The audit log, oldest first."""
        with self._read() as connection:
            return auditing.entries(connection)

    def verify_audit(self) -> AuditVerdict:
        """Work out every digest of the audit log again."""
        with self._read() as connection:
            return auditing.verdict(connection)

    def withheld_usual(self, source: str) -> float | None:
        """The share of a source's records that is usually withheld, as last reported."""
        with self._read() as connection:
            return sources.withheld_usual(connection, source)

    def disk_use(self) -> DiskUse:
        """The size of the database and the free space on its disk."""
        return disk_use(self._engines.write)

    def ledger(self, since: date, until: date) -> list[LedgerRow]:
        """The ledger of the days (UTC) from *since* to *until*, both included."""
        with self._read() as connection:
            return entries(connection, since, until)

    def area_ledger(self, kind: str, since: date, until: date) -> list[AreaLedgerRow]:
        """The ledger by area for the months (UTC) that two days lie in."""
        with self._read() as connection:
            return area_entries(connection, kind, since, until)
