"""Keeps back what may not be public yet: sorts a batch into what is decided now and what waits."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

import msgspec
from sqlalchemy.engine.interfaces import DBAPICursor

from blocklight.model.outcomes import Held, Withheld
from blocklight.model.record import Bound, PublicIncident
from blocklight.model.vocabulary import Category, PlaceKind, Reason, Status
from blocklight.store.schema.rows import STORED, Row, body, digest, from_ms, incident_of_row, storable
from blocklight.store.write.coarsening import taken_back
from blocklight.store.write.due_times import DueTimes
from blocklight.store.write.joining import joined
from blocklight.store.write.place_marks import PlaceMarks
from blocklight.store.write.places import Places
from blocklight.store.write.statements import Statements, fetch, run_many
from blocklight.store.write.waiting import Pauses, Seen, Shown, Waiting

PASSING = frozenset({Reason.HELD, Reason.PAUSED})
"""Reasons that leave no mark: such an incident is only late."""

_MEDICAL = str(Category.MEDICAL)
_PLACE_ID = STORED.index("place_id")
_MARKED_MEDICAL = 4
"""Where a mark, as it is read, says that what it withholds was told as medical once."""

_encode = msgspec.json.encode

Pending = dict[str, PublicIncident | Held | Withheld]


def already_public(cursor: DBAPICursor, sql: Statements, ids: Sequence[str]) -> set[str]:
    """Which of *ids* are published, or were published before they waited."""
    if not ids:
        return set()
    keys = sql.keys(ids)
    published = {row[0] for row in fetch(cursor, sql.shown, keys)}
    waiting = (Waiting(*row) for row in fetch(cursor, sql.held, keys))
    return published | {row.id for row in waiting if row.was_shown}


class Holding:
    """What waits, inside one transaction at *at* (ms)."""

    def __init__(
        self, cursor: DBAPICursor, sql: Statements, places: Places, place_marks: PlaceMarks, at: int
    ) -> None:
        self._cursor = cursor
        self._place_marks = place_marks
        self._sql = sql
        self._places = places
        self._at = at
        self._any = True
        self._leaves = False
        self._due: dict[str, Waiting] | None = None
        """What a release publishes, by id; ``None`` while none is under way."""
        self.times = DueTimes(at)
        self._puts: dict[str, Waiting] = {}
        self._gone: list[str] = []
        self.pauses = Pauses(())
        self.waited: dict[str, bool] = {}
        """Ids that were held before, and whether the ledger counted them before that."""
        self.bounds: dict[str, Bound] = {}
        """Where those were told to be that were told as medical before they were taken back."""

    def begin(self) -> None:
        """Read, once the log is locked, what is paused and whether anything waits."""
        self.pauses = Pauses(tuple((row[0], row[1]) for row in fetch(self._cursor, self._sql.pauses)))
        ((is_any_held, is_any_marked),) = fetch(self._cursor, self._sql.any_held_or_moved)
        self._any, self._place_marks.are_stored = bool(is_any_held), bool(is_any_marked)

    def sort(
        self,
        pending: Pending,
        marks: Mapping[str, Row],
        in_steps: Collection[str],
        published: Collection[str],
        *,
        join_rows: bool,
    ) -> list[str]:
        """Take what waits out of *pending*, and put what is due into it; list ids whose marks fall.

        *published* are the ids of *pending* that are public now. One of them that has to wait becomes
        ``Withheld``, for a reason that leaves no mark. What is told *in_steps*, since it was medical once,
        goes on waiting for their ends whatever it is called now.
        """
        before = self._rows(pending) if self._due is None else _of(self._due, pending)
        if self._leaves:
            before = self._left(pending, before)
        self.bounds |= {id_: Bound(step_min=mark[-1]) for id_, mark in marks.items() if mark[_MARKED_MEDICAL]}
        is_decided = self._due is not None and not self.pauses.scopes
        waits = (
            ()
            if is_decided
            else [id_ for id_, outcome in pending.items() if self._may_wait(outcome, in_steps)]
        )
        if not waits and not before:
            return []
        shown = {
            row[0]: Shown(*row[1:])
            for row in self._pick(self._sql.shown, [id_ for id_ in waits if id_ in published])
        }
        self._bind(before, shown)
        self._places.wheres(self._cursor, {row.place_id for row in shown.values()})
        sorted_ids = {*waits, *before}
        if not self._leaves:
            self._place_marks.load(sorted_ids)
        fall: list[str] = []
        for id_ in sorted_ids:
            now = self._one(
                pending[id_], before.get(id_), shown.get(id_), marks.get(id_), join_rows=join_rows
            )
            if now is not None:
                pending[id_] = now
                continue
            del pending[id_]
            if id_ in marks:
                fall.append(id_)
        return fall

    def leave_waiting(self) -> None:
        """Sort published versions from now on: later ones that wait of them go on waiting."""
        self._leaves = True

    def due(self) -> list[Waiting]:
        """What is to be released now, the longest due first; it is published when it is sorted."""
        statement = self._sql.all_due if self.pauses.scopes else self._sql.due
        rows = [Waiting(*row) for row in fetch(self._cursor, statement, (self._at,))]
        if self.pauses.scopes:
            rows = [row for row in rows if not self.pauses.cover(row.incident)]
        self._due = {row.id: row for row in rows}
        return rows

    def lacking(self, source: str, present: AbstractSet[str]) -> list[Waiting]:
        """What waits as an open call and is no longer in its source."""
        if not self._any:
            return []
        waiting = fetch(self._cursor, self._sql.open_held, (source,))
        return list(self._rows([row[0] for row in waiting if row[0] not in present]).values())

    def is_due(self, row: Waiting) -> bool:
        """Whether the next release publishes a record that waits."""
        return self._is_due(row) and not (self.pauses.scopes and self.pauses.cover(row.incident))

    def closing(self, source: str) -> set[str]:
        """The incidents of a source whose closing waits."""
        rows = fetch(self._cursor, self._sql.closing_held, (source,)) if self._any else ()
        return {row[0] for row in rows}

    def close(self, rows: Iterable[Waiting]) -> None:
        """Close what waits and is no longer in its source; one that waited for that has an end now."""
        for row in rows:
            if row.id in self._puts or row.id in self.waited:
                continue
            closed = row.incident.closed_by_vanishing(from_ms(self._at))
            due = self._at + row.after_close_ms if row.release_at is None else row.release_at
            self._puts[row.id] = row._replace(
                release_at=self.times.stepped(due, row.step_min, closed, row),
                open=0,
                body=body(closed).decode(),
                closed_seen_at=self._at,
            )

    def keep_back(
        self, closed: Iterable[tuple[PublicIncident, Bound | None, int]], *, join_rows: bool
    ) -> set[str]:
        """Hold the closings that may not be public yet; return their ids.

        Each comes with where it was shown, and when it was first published.
        """
        closings = [
            closing
            for closing in closed
            if closing[0].time_step_min is not None or self.pauses.cover(closing[0])
        ]
        before = self._rows([new.id for new, *_ in closings])
        for new, bound, released_at in closings:
            if new.id in self._puts or new.id in before:  # what waits was closed by `close`
                continue
            due = self.times.stepped(self._at, new.time_step_min, new, None)
            self._bind_one(new.id, bound)
            held, seen = (
                Held(new, step_min=new.time_step_min),
                Seen(0 if new.delayed else released_at, self._at),
            )
            self._put(new, due, held, seen, joins=join_rows, counted=True, was_shown=True)
        return {new.id for new, *_ in closings}

    def put_back(self, incident: PublicIncident, bound: Bound | None, released_at: int) -> None:
        """Let a published incident wait until what covers it is resumed."""
        self._bind_one(incident.id, bound)
        if incident.id not in self._rows([incident.id]):
            held = Held(incident, step_min=incident.time_step_min)
            seen = Seen(0 if incident.delayed else released_at, None)  # as in `DueTimes.seen`
            self._put(incident, self._at, held, seen, joins=False, counted=True, was_shown=True)

    def restrain(self, outcomes: Iterable[PublicIncident | Held]) -> None:
        """Let what waits tell no more, and wait no shorter, than a stricter policy makes of it."""
        outcomes_by_id = {outcome.id: outcome for outcome in outcomes}
        for id_, row in self._rows(outcomes_by_id).items():
            outcome = outcomes_by_id[id_]
            held = outcome if isinstance(outcome, Held) else None
            incident = storable(outcome if held is None else held.incident)  # type: ignore[arg-type]  # not both
            step = max(row.step_min or 0, 0 if held is None else held.step_min or 0) or None
            due, after = row.release_at, row.after_close_ms
            if held is not None:
                later = self.times.due(held, incident, None, b"", Seen(row.first_seen_at, row.closed_seen_at))
                due = None if due is None or later is None else max(due, later)
                after = max(after, held.after_close_s * 1000)
            bound = row.bound
            if bound is None and incident.detail.masks(row.incident.detail):
                bound = _encode(incident.bound).decode()
            self._puts[id_] = row._replace(
                release_at=due, after_close_ms=after, step_min=step, body=body(incident).decode(), bound=bound
            )

    def incidents(self, ids: Collection[str]) -> dict[str, PublicIncident]:
        """The waiting records of some ids."""
        return {id_: row.incident for id_, row in self._rows(ids).items()}

    def write(self) -> None:
        """Write what was sorted."""
        gone = [id_ for id_ in self._gone if id_ not in self._puts]
        if gone:
            self._cursor.execute(self._sql.delete_held, self._sql.keys(gone))
        run_many(self._cursor, self._sql.put_held, [tuple(row) for row in self._puts.values()])
        self._gone, self._puts = [], {}

    def _left(self, pending: Pending, before: Mapping[str, Waiting]) -> dict[str, Waiting]:
        """The rows of *before* that do not go on waiting; what is to be held is taken back with the others.

        A stricter policy cuts times at once, so that what it holds waits for more than the end of a step.
        """
        ending: dict[str, Waiting] = {}
        for id_, row in before.items():
            outcome = pending[id_]
            if isinstance(outcome, Withheld):
                ending[id_] = row
            elif isinstance(outcome, Held):
                pending[id_] = Withheld(id_, outcome.source, Reason.HELD)
        return ending

    def _bind(self, before: Mapping[str, Waiting], shown: Mapping[str, Shown]) -> None:
        """Remember what was told of those that were medical once, or waits to be."""
        self.bounds |= {id_: bound for id_, row in before.items() if (bound := row.medical_bound) is not None}
        medical = {id_: row for id_, row in shown.items() if row.medical_once or row.category == _MEDICAL}
        place_ids = {row.place_id for row in medical.values()}
        wheres = self._places.wheres(self._cursor, place_ids) if medical else {}
        for id_, row in medical.items():
            place, areas = (None, {}) if row.place_id is None else wheres[row.place_id]
            self.bounds[id_] = Bound(place, areas, row.time_step_min)

    def _as_first_told(
        self,
        incident: PublicIncident,
        before: Waiting | None,
        waiting: PublicIncident,
        shown: Shown | None,
    ) -> PublicIncident:
        """What is to wait where it is told to be, or waits to be, if that is its publisher's point.

        What waits began at what was told. One that is masked now is bound to that mask. *waiting* is what
        *before* holds.
        """
        current = None if shown is None else self._where(shown.place_id)
        if before is not None:
            first = waiting.bound
            current = current or (first if before.was_shown else None)
        elif current is not None:
            first = current
        else:
            return self._followed(incident, None)
        incident = self._followed(incident.staying_at(first), current)
        was_shown = before is None or before.was_shown
        passed = was_shown and first.place is not None and first.place.kind is PlaceKind.PUBLISHER
        if passed and not incident.detail.as_published:
            self.bounds.setdefault(incident.id, incident.bound)
        return incident

    def _where(self, place_id: int | None) -> Bound:
        return (
            Bound() if place_id is None else Bound(*self._places.wheres(self._cursor, {place_id})[place_id])
        )

    def _followed(self, incident: PublicIncident, current: Bound | None) -> PublicIncident:
        if self._leaves:  # a stricter policy's place is computed from the public one
            return incident
        return self._place_marks.follow(incident, current)

    def _bind_one(self, id_: str, bound: Bound | None) -> None:
        if bound is not None:
            self.bounds[id_] = bound

    def _may_wait(self, outcome: PublicIncident | Held | Withheld, in_steps: Collection[str]) -> bool:
        if isinstance(outcome, PublicIncident):
            bound = self.bounds.get(outcome.id)
            in_step = outcome.id in in_steps or (bound is not None and bound.step_min is not None)
            paused = bool(self.pauses.scopes) and self.pauses.cover(outcome)
            return paused or (in_step and not self._decides_alone)
        return isinstance(outcome, Held)

    @property
    def _decides_alone(self) -> bool:
        """Whether the moment is a release's or a stricter policy's, and says nothing of what happened."""
        return self._due is not None or self._leaves

    def _in_step(self, held: Held, incident: PublicIncident) -> Held:
        """Let what has cut times wait for the end of a step, or the moment would tell more than they do."""
        if incident.time_step_min is None or held.step_min is not None or self._decides_alone:
            return held
        return msgspec.structs.replace(held, step_min=incident.time_step_min)

    def _one(
        self,
        outcome: PublicIncident | Held | Withheld,
        before: Waiting | None,
        shown: Shown | None,
        mark: Row | None,
        *,
        join_rows: bool,
    ) -> PublicIncident | Withheld | None:
        """What is decided about now, ``None`` for one that waits."""
        if before is not None:
            self._gone.append(before.id)
            self.waited[before.id] = bool(before.counted)
        if isinstance(outcome, Withheld):
            if before is not None and before.was_shown and before.incident.detail.as_published:
                self.bounds.setdefault(before.id, Bound())  # its point was told: no other one is
            return outcome
        incident = storable(outcome.incident if isinstance(outcome, Held) else outcome)
        waiting = incident if before is None or self._due is not None else before.incident
        if join_rows and before is not None:
            incident = joined(waiting, incident)
        incident = self._as_first_told(incident, before, waiting, shown)
        if (bound := self.bounds.get(incident.id)) is not None:
            incident = incident.no_finer_than(bound)
        paused = self.pauses.cover(incident)
        if self._due is not None and not paused:
            return incident
        held = outcome if isinstance(outcome, Held) else Held(outcome, release_at=from_ms(self._at))
        if before is None and shown is None and not paused and self.times.is_past(held, incident, mark):
            return incident  # as ``_queued`` would say, at a part of its cost: most of an import
        if isinstance(outcome, PublicIncident) and not paused:
            held = self._in_step(held, incident)
        return self._queued(held, incident, before, shown, mark, joins=join_rows, paused=paused)

    def _queued(
        self,
        held: Held,
        incident: PublicIncident,
        before: Waiting | None,
        shown: Shown | None,
        mark: Row | None,
        *,
        joins: bool,
        paused: bool,
    ) -> PublicIncident | Withheld | None:
        """Let *incident* wait if it has to; return what is decided about now, as ``_one`` does."""
        encoded = body(incident)
        seen = self.times.seen(incident, before, shown, mark)
        to_step_end = self._in_step(held, incident)  # a hold takes back what is told until then, a step not
        due = self.times.due(to_step_end, incident, before, encoded, seen)
        is_due = due is not None and due <= self._at and not paused
        on_hold = self.times.is_on_hold(held, incident, seen, shown)
        if shown is not None and not on_hold and shown.digest == digest(encoded):
            return incident
        if is_due and not self._is_due(before, encoded):
            return incident
        was_shown = shown is not None or (before is not None and bool(before.was_shown))
        counted = bool(before.counted) if before is not None else was_shown or mark is not None
        in_step = held.step_min is not None and not on_hold
        overtaken = in_step and not (is_due or paused) and self._is_due(before)
        if before is not None and overtaken and not taken_back(before.incident, incident):
            # It was due with the step that is over, and would be lost to the version of the next one.
            self._put(incident, due, to_step_end, seen, encoded, joins=joins, counted=True, was_shown=True)
            return before.incident
        self._put(
            incident, due, to_step_end, seen, encoded, joins=joins, counted=counted, was_shown=was_shown
        )
        if shown is None:
            return None
        stays = not on_hold and (is_due or in_step or (paused and shown.status == Status.CLOSED))
        if stays and not self._is_coarser(incident):
            return None
        return Withheld(incident.id, incident.source, Reason.PAUSED if paused else Reason.HELD)

    def _is_due(self, before: Waiting | None, encoded: bytes | None = None) -> bool:
        """Whether what waits is due, and the same as a version that is *encoded* now.

        Then the next release publishes it. An answer is stored when anything of it changed, also if that is
        withheld: a record that is published with it though it did not change itself would reveal that.
        """
        if before is None or before.release_at is None or before.release_at > self._at:
            return False
        return encoded is None or before.body == encoded.decode()

    def _is_coarser(self, incident: PublicIncident) -> bool:
        """Whether an incident that waits takes back anything of what is published of it."""
        rows = list(self._pick(self._sql.published, [incident.id]))
        wheres = self._places.wheres(self._cursor, {row[_PLACE_ID] for row in rows})
        return any(taken_back(incident_of_row(row, wheres), incident) for row in rows)

    def _put(
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

    def _rows(self, ids: Collection[str]) -> dict[str, Waiting]:
        return {row[0]: Waiting(*row) for row in self._pick(self._sql.held, ids)} if self._any else {}

    def _pick(self, statement: str, ids: Collection[str]) -> Iterable[Row]:
        return fetch(self._cursor, statement, self._sql.keys(ids)) if ids else ()


def _of(rows: Mapping[str, Waiting], ids: Iterable[str]) -> dict[str, Waiting]:
    return {id_: rows[id_] for id_ in ids if id_ in rows}
