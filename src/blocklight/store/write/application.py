"""Apply a batch of outcomes: one transaction from the lock on the log's row to its new head."""

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from operator import attrgetter

import msgspec
from sqlalchemy.engine.interfaces import DBAPICursor

from blocklight.model.outcomes import Held, Outcome, Rejected, Withheld
from blocklight.model.record import Bound, PublicIncident
from blocklight.model.vocabulary import Category, Reason
from blocklight.store.schema.object_ids import ObjectIds
from blocklight.store.schema.rows import Row, body, digest, from_ms, to_ms
from blocklight.store.write import sources
from blocklight.store.write.applied import Applied
from blocklight.store.write.batch import collect
from blocklight.store.write.hold_changes import HoldChanges
from blocklight.store.write.hold_queue import HoldQueue, already_public
from blocklight.store.write.holding import Holding, Pending
from blocklight.store.write.joining import joined
from blocklight.store.write.leaving import Leaving
from blocklight.store.write.ledger_counts import LedgerCounts
from blocklight.store.write.place_marks import PlaceMarks
from blocklight.store.write.places import Places
from blocklight.store.write.public_writes import PublicWrites
from blocklight.store.write.restraint import Binder, Earlier, Restraints
from blocklight.store.write.settled import Known, Settled, Stored, stored_rows
from blocklight.store.write.short_answers import ShortAnswers
from blocklight.store.write.statements import WHOLE, Statements, fetch, run_many
from blocklight.store.write.tombstones import Tombstones
from blocklight.store.write.turn import Turn

_PLACE_ID = WHOLE.index("place_id")

# Where the log stands: its head, the next place and its version, the drift, the next object id.
LogEnds = tuple[int, int, int, int, int]


class Application:
    """One call of ``Store.apply`` inside its transaction; used once."""

    def __init__(
        self,
        cursor: DBAPICursor,
        sql: Statements,
        places: Places,
        settled: Settled,
        *,
        source: str,
        at: datetime,
        ledger_kind: str | None = None,
        tombstones: Tombstones | None = None,
        short_answers: ShortAnswers | None = None,
        place_key: bytes | None = None,
        turn: Turn | None = None,
    ) -> None:
        self._cursor = cursor
        self._turn = turn or Turn()
        self._sql = sql
        self._places = places
        self._settled = settled
        self._source = source
        self._at = to_ms(at)
        self._ledger = LedgerCounts(from_ms(self._at).date().isoformat(), ledger_kind)
        self._known: Mapping[str, Known] = {}
        self._place_marks = PlaceMarks(cursor, sql, place_key)
        self._queue = HoldQueue(cursor, sql, self._at)
        self._holding = Holding(cursor, sql, places, self._place_marks, self._queue)
        self._hold_changes = HoldChanges(self._queue)
        self._public = PublicWrites(self._at, self._ledger, self._queue, self._place_marks)
        self._leaving = Leaving(
            cursor, sql, self._queue, short_answers or ShortAnswers(), source=source, at=self._at
        )
        # Whether places are computed from public ones, and not from a source's own.
        self._is_derived = False
        self._tombstones = tombstones

    def release(self) -> Applied:
        """Publish what has waited long enough."""
        before = self.lock()
        due = self._holding.due()
        for joins in (0, 1):
            pending: Pending = {row.id: row.incident for row in due if row.joins == joins}
            if pending:
                self._decide(pending, join_rows=bool(joins))
        return self._finish(before)

    def take_back_paused(self) -> Applied:
        """Let every open incident that a pause covers wait, so that it leaves the public record."""
        before = self.lock()
        self._settled.forget()
        for stored in self._read(fetch(self._cursor, self._sql.open_whole)):
            incident = stored.incident
            if self._queue.pauses.cover(incident):
                self._hold_changes.put_back(incident, stored.bound, stored.released_at)
                self._public.withhold(Withheld(incident.id, incident.source, Reason.PAUSED), None, stored)
        return self._finish(before)

    def close_no_later(self) -> Applied:
        """Close what vanished at a time that has not come yet at this one."""
        before = self.lock()
        self._settled.forget()
        for stored in self._read(fetch(self._cursor, self._sql.closed_ahead, (self._at,))):
            incident = stored.incident.closed_by_vanishing(from_ms(self._at))
            self._public.update(stored, incident, stored.place_id, vanished=1)
        return self._finish(before)

    def restrain(self, outcomes: Sequence[PublicIncident | Held | Withheld]) -> Applied:
        """Let what waits tell no more, and wait no shorter, than these say."""
        before = self.lock()
        self._hold_changes.restrain([outcome for outcome in outcomes if not isinstance(outcome, Withheld)])
        self._decide(
            {outcome.id: outcome for outcome in outcomes if isinstance(outcome, Withheld)}, join_rows=False
        )
        return self._finish(before)

    def refilter(self, outcomes: Sequence[PublicIncident | Held | Withheld]) -> Applied:
        """Let what is published tell no more than these say; what waits of it is asked about by itself."""
        before = self.lock()
        self._holding.leave_waiting()
        self._queue.times.is_history = True
        self._is_derived = True
        self._decide({outcome.id: outcome for outcome in outcomes}, join_rows=False)
        return self._finish(before)

    def run(
        self,
        outcomes: Sequence[Outcome],
        *,
        cursor: str | None,
        present: AbstractSet[str] | None,
        join_rows: bool,
        is_history: bool = False,
        is_first_read: bool = False,
        bind: Binder | None = None,
    ) -> Applied:
        """Do everything that ``Store.apply`` promises."""
        before = self.lock()
        self._queue.times.is_history = is_history
        self._public.is_import = is_history
        self._queue.times.is_first_read = is_first_read
        if bind is not None:
            outcomes = self._bound(bind, outcomes, join_rows=join_rows)
        self._known = {} if join_rows else self._settled.of(self._source)
        batch = collect(outcomes, join_rows=join_rows, settled=self._known)
        self._public.tally["unchanged"] += len(batch.settled)
        self._leave_public(batch.pending)
        self._decide(batch.pending, join_rows=join_rows)
        given_outcomes = {} if join_rows else batch.given  # what is stored of joined rows is none of them
        stored = {
            id_: Known(given_outcomes[id_], row)
            for id_, row in self._public.stored.items()
            if id_ in given_outcomes
        }
        self._settled.keep(self._source, batch.settled | stored)
        self._public.write(self._cursor, self._sql)
        self._reject(batch.rejected)
        if present is not None:
            self._vanish(present, join_rows=join_rows)
        sources.advance(self._cursor, self._sql, self._source, cursor, self._public.delays)
        return self._finish(before, duplicates=batch.duplicates)

    def _finish(self, before: LogEnds, *, duplicates: int = 0) -> Applied:
        """Write what was decided, and the log's new head."""
        public = self._public
        public.write(self._cursor, self._sql)
        self._queue.write()
        self._place_marks.write()
        self._places.drop_unused(self._cursor, public.left)
        self._ledger.write(self._cursor, self._sql)
        if self._tombstones is not None and public.taken_back:
            self._tombstones.append(public.taken_back)  # on the disk before any of this is committed
        self._settled.end(public.head)
        places = self._places
        after = (public.head, places.next, places.version, public.drift, public.object_ids.next)
        if after != before:
            self._cursor.execute(self._sql.write_log, after)
            if self._sql.announce is not None:
                self._cursor.execute(self._sql.announce, (str(public.head),))
        return Applied.of(public.head, public.tally, self._ledger.events, duplicates=duplicates)

    def lock(self) -> LogEnds:
        """Wait for one's turn to change the public record, and return where the log stands."""
        ((head, next_place, version, drift, next_object, object_key),) = fetch(self._cursor, self._sql.lock)
        self._turn.has_begun()
        self._public.head, self._public.drift = head, drift
        self._public.object_ids = ObjectIds(next_object, object_key)
        self._places.begin(next_place, version)
        self._settled.begin(head)
        ((is_any_held, is_any_marked),) = fetch(self._cursor, self._sql.any_held_or_moved)
        self._queue.begin(is_any_held=bool(is_any_held))
        self._place_marks.are_stored = bool(is_any_marked)
        return head, next_place, version, drift, next_object

    # Deciding

    def _bound(self, bind: Binder, outcomes: Sequence[Outcome], *, join_rows: bool) -> list[Outcome]:
        """The outcomes of a batch, combined with other sources and earlier rows of its incidents."""
        restraints = Restraints(self._cursor, self._sql)
        incidents = (outcome.binds if isinstance(outcome, Rejected) else outcome.id for outcome in outcomes)
        restraints_by_id = restraints.of({id_ for id_ in incidents if id_ is not None})
        inferred: set[str] = set()

        def read(ids: AbstractSet[str]) -> dict[str, PublicIncident]:
            stored = self._queue.incidents(ids)
            first_seqs = fetch(self._cursor, self._sql.known, self._sql.keys(ids - stored.keys()))
            for row in self._whole([first_seq for _, first_seq, *_ in first_seqs]):
                stored[row.incident.id] = _as_known(row) if join_rows else row.incident
                if row.vanished:
                    inferred.add(row.incident.id)
            return stored

        combined = bind(outcomes, Earlier(restraints_by_id, read, from_ms(self._at), inferred))
        restraints.put(self._source, combined.changed)
        return combined.outcomes

    def _leave_public(self, pending: Pending) -> None:
        """Take public companions out of *pending*: a retraction would point at the call close to them."""
        companions = [
            id_ for id_, outcome in pending.items() if isinstance(outcome, Withheld) and outcome.companion
        ]
        for id_ in already_public(self._cursor, self._sql, companions):
            del pending[id_]
            self._public.tally["unchanged"] += 1

    def _decide(self, pending: Pending, *, join_rows: bool) -> None:
        self._settled.drop(list(pending))
        marks, stored = self._load(pending, join_rows=join_rows)
        self._load_place_marks(pending, stored)
        self._bind(pending, stored, join_rows=join_rows)
        public = [outcome for outcome in pending.values() if isinstance(outcome, PublicIncident)]
        numbers = self._places.numbers(self._cursor, public)
        for id_, outcome in pending.items():
            row, mark = stored.get(id_), marks.get(id_)
            if isinstance(outcome, Withheld):
                self._public.withhold(outcome, mark, row)
            elif isinstance(outcome, Held):  # sorted out before; never published from here
                continue
            elif row is None:
                self._public.publish(outcome, numbers.get(id_), mark)
            else:
                self._public.update(row, outcome, numbers.get(id_))

    def _bind(self, pending: Pending, stored: Mapping[str, Stored], *, join_rows: bool) -> None:
        """Make each published version no finer than what was published of the incident before allows."""
        for id_, before in stored.items():
            outcome = pending.get(id_)
            if isinstance(outcome, PublicIncident):
                new = _joined_with_stored(before, outcome) if join_rows else outcome
                new = self._followed(new.staying_at(before.incident.bound), before.incident.bound)
                bound = before.bound
                pending[id_] = new if bound is None else new.no_finer_than(bound)
        for id_, outcome in pending.items():
            if isinstance(outcome, PublicIncident) and id_ not in stored:
                pending[id_] = self._followed(outcome, None)
        for id_, bound in self._queue.bounds.items():  # of those that were taken back, and are not stored
            outcome = pending.get(id_)
            if isinstance(outcome, PublicIncident) and id_ not in stored:
                pending[id_] = outcome.no_finer_than(bound)

    def _load_place_marks(self, pending: Pending, stored: Mapping[str, Stored]) -> None:
        """Read the marks of incidents that appear, or appear somewhere else."""
        self._place_marks.load(
            id_
            for id_, outcome in pending.items()
            if isinstance(outcome, PublicIncident)
            and (id_ not in stored or stored[id_].incident.place != outcome.place)
        )

    def _followed(self, new: PublicIncident, current: Bound | None) -> PublicIncident:
        return new if self._is_derived else self._place_marks.follow(new, current)

    def _load(self, pending: Pending, *, join_rows: bool) -> tuple[dict[str, Row], dict[str, Stored]]:
        """Marks and what is stored by id; outcomes that change nothing are taken out of *pending*.

        What this process stored last and remembers has no mark, or it would not be published.
        """
        any_at_hand = pending if self._known or self._public.stored else ()
        remembered = {id_: row for id_ in any_at_hand if (row := self._at_hand(id_)) is not None}
        keys = self._sql.keys(id_ for id_ in pending if id_ not in remembered)
        marks = {row[0]: row for row in fetch(self._cursor, self._sql.marks, keys)}
        for id_, _, sensitive, *_ in marks.values():
            if sensitive and not isinstance(pending[id_], Withheld):
                del pending[id_]
                self._public.tally["withheld"] += 1
        rows = fetch(self._cursor, self._sql.known, keys)
        in_steps = {row[0] for row in rows if _tells_medical_times(*row[-3:])}
        in_steps |= {id_ for id_, row in remembered.items() if row.bound and row.bound.step_min}
        published = {row[0] for row in rows} | remembered.keys()
        fall = self._holding.sort(pending, marks, in_steps, published, join_rows=join_rows)
        self._public.rows.unmarked += fall
        needed = []
        for id_, first_seq, stored, *_ in rows:
            outcome = pending.get(id_)
            if outcome is None:
                continue
            if join_rows or not isinstance(outcome, PublicIncident) or digest(body(outcome)) != stored:
                needed.append(first_seq)
            else:
                del pending[id_]
                self._public.stored[id_] = None
                self._public.tally["unchanged"] += 1
        return marks, remembered | {stored.incident.id: stored for stored in self._whole(needed)}

    def _at_hand(self, id_: str) -> Stored | None:
        """The row of an incident as this batch or the source's last one left it, if that is known."""
        entry = self._known.get(id_)
        return self._public.stored.get(id_) or (entry and entry.stored)

    def _whole(self, first_seqs: Collection[int]) -> list[Stored]:
        """Read whole rows, in the order in which they were first published."""
        if not first_seqs:
            return []
        return self._read(fetch(self._cursor, self._sql.whole, self._sql.keys(first_seqs)))

    def _read(self, rows: Sequence[Row]) -> list[Stored]:
        wheres = self._places.wheres(self._cursor, {row[_PLACE_ID] for row in rows})
        return stored_rows(rows, wheres)

    def _reject(self, rejected: dict[tuple[str, str], Rejected]) -> None:
        self._public.tally["rejected"] = len(rejected)
        if not rejected:
            return
        keys = self._sql.keys({id_ for _, id_ in rejected})
        seen = {(row[0], row[1]) for row in fetch(self._cursor, self._sql.rejected, keys)}
        fresh = [outcome for key, outcome in rejected.items() if key not in seen]
        rows = [(outcome.source, outcome.id, outcome.reason, self._at) for outcome in fresh]
        run_many(self._cursor, self._sql.insert_rejected, rows)
        for outcome in fresh:
            self._ledger.count("rejected", outcome.source, outcome.reason)

    def _vanish(self, present: AbstractSet[str], *, join_rows: bool) -> None:
        missing = self._leaving.missing(present)
        self._public.tally["unconfirmed"], self._public.tally["doubtful"] = (
            self._leaving.unconfirmed,
            self._leaving.doubtful,
        )
        if not missing:
            return
        self._settled.drop(missing)
        at_hand = {id_: row for id_ in missing if (row := self._at_hand(id_)) is not None}
        rows = self._whole([first_seq for id_, first_seq in missing.items() if id_ not in at_hand])
        closed = [
            (row, row.incident.closed_by_vanishing(from_ms(self._at)))
            for row in sorted([*at_hand.values(), *rows], key=attrgetter("first_seq"))
        ]
        closings = [(new, row.bound, row.released_at) for row, new in closed]
        held_back = self._hold_changes.keep_back(closings, join_rows=join_rows)
        for row, new in closed:
            if new.id in held_back:
                continue
            self._public.update(row, new, row.place_id, vanished=1)
            self._public.tally["vanished"] += 1


def _joined_with_stored(before: Stored, new: PublicIncident) -> PublicIncident:
    """Join a stored incident with a further row of it; a closing that we inferred is not something known."""
    return joined(_as_known(before), new)


def _as_known(before: Stored) -> PublicIncident:
    """A stored incident in the form to which further rows are joined."""
    stored = before.incident
    return msgspec.structs.replace(stored, closed_at=None) if before.vanished else stored


def _tells_medical_times(step_min: int | None, category: str, medical_once: int) -> bool:
    """Whether what is published is, or was, medical, with its times cut."""
    return step_min is not None and bool(medical_once or category == Category.MEDICAL)
