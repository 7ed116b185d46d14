"""One city's database for who runs it: what people decide, its upkeep, and counts that stay inside."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import sqlalchemy as sa

from blocklight.errors import StoreBusy
from blocklight.model.outcomes import Held, Withheld
from blocklight.model.record import PublicIncident
from blocklight.store.admin import checking, compacting, pausing, renaming
from blocklight.store.admin.figures import DiskUse, disk_use
from blocklight.store.admin.intake_lock import IntakeLock
from blocklight.store.admin.integrity import check_integrity
from blocklight.store.admin.pausing import Pause
from blocklight.store.admin.public_digest import public_digest
from blocklight.store.admin.renaming import NewId
from blocklight.store.failing import failing_as_store_error
from blocklight.store.read.ledger import AreaLedgerRow, Counts, LedgerRow, area_entries, counts, ledger_rows
from blocklight.store.schema import tables
from blocklight.store.schema.engines import (
    Engines,
    connect,
    empty_log,
)
from blocklight.store.schema.rows import from_ms, incident_of_body
from blocklight.store.write import auditing, short_answers
from blocklight.store.write.applied import Applied
from blocklight.store.write.auditing import AuditEntry, AuditVerdict
from blocklight.store.write.tombstones import Position
from blocklight.store.write.turn import OwnTurnTaken
from blocklight.store.write_store import WriteStore

_PROBE_WAITS_S = 1.0
_BESIDE_WAITS_S = 0.25


class Store(WriteStore):
    """The whole database of one city, on SQLite or PostgreSQL, also for who administers it."""

    # What people decide

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

    def renew_epoch(self) -> str:
        """Begin another history and return its name; to be called when a backup was restored.

        Seqs that were published since the backup will be given to other changes: with another epoch every
        page, client and follower loads the window anew instead of going on where it was.
        """
        epoch = tables.new_epoch()
        with self._deciding() as (connection, _):
            connection.execute(tables.log.update().values(epoch=epoch))
        return epoch

    def audit(self) -> list[AuditEntry]:
        """The audit log, oldest first."""
        with self._read() as connection:
            return auditing.audit_entries(connection)

    def verify_audit(self) -> AuditVerdict:
        """Work out every digest of the audit log again."""
        with self._read() as connection:
            return auditing.verdict(connection)

    # Upkeep

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

    def probe(self, *, by_writing: bool = True) -> None:
        """Raise ``StoreError`` where nothing can be written, ``StoreBusy`` while others keep us from it.

        A thread of this process that writes proves that it can be done. How long it writes, or takes to
        begin, is no failure: that depends on records which may be withheld. Without *by_writing* locks are
        taken and given back, and nothing is written.
        """
        with failing_as_store_error():
            try:
                with self._turn.taken(_PROBE_WAITS_S) as lock_s:
                    checking.probe(self._engines, lock_s, by_writing=by_writing)
            except OwnTurnTaken:
                self._probe_beside_own_writer()

    def _probe_beside_own_writer(self) -> None:
        """Raise ``StoreBusy`` where others keep the thread that has the turn from writing."""
        if self._turn.waited_s() < _PROBE_WAITS_S / 2:
            checking.probe_tables(self._engines, _PROBE_WAITS_S)
            return
        try:
            with failing_as_store_error():
                checking.probe_lock(self._engines, _BESIDE_WAITS_S)
        except StoreBusy:
            if self._turn.waited_s():  # else it has the lock by now
                raise

    def damage(self) -> str | None:
        """What is damaged in the database's file, as far as a few seconds show."""
        with failing_as_store_error():
            return checking.damage(self._engines)

    def check_integrity(self) -> None:
        """Read every page of the database; raises ``StoreError`` for a damaged one."""
        with self._read() as connection:
            check_integrity(connection)

    def public_digest(self) -> str:
        """A digest of all that the public can see, the same on both engines."""
        with self._read() as connection:
            return public_digest(connection)

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

    @classmethod
    def lock_of(cls, url: str) -> IntakeLock:
        """``intake_lock`` of a database that cannot be opened, or is to be made."""
        engines = connect(url)
        engines.close()
        return IntakeLock(engines.write)

    def intake_lock(self) -> IntakeLock:
        """The lock that lets one process at a time fetch for this city; nobody holds it yet."""
        return IntakeLock(self._engines.write)

    def disk_use(self) -> DiskUse:
        """The size of the database and the free space on its disk."""
        return disk_use(self._engines.write)

    # What only the operator may count

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

    def ledger(self, since: date, until: date) -> list[LedgerRow]:
        """The ledger of the days (UTC) from *since* to *until*, both included."""
        with self._read() as connection:
            return ledger_rows(connection, since, until)

    def area_ledger(self, kind: str, since: date, until: date) -> list[AreaLedgerRow]:
        """The ledger by area for the months (UTC) that two days lie in."""
        with self._read() as connection:
            return area_entries(connection, kind, since, until)
