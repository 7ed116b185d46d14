"""Keeps back what may not be public yet: sorts a batch into what is decided now and what waits."""

from collections.abc import Collection, Iterable, Mapping

import msgspec
from sqlalchemy.engine.interfaces import DBAPICursor

from blocklight.model.outcomes import Held, Withheld
from blocklight.model.record import Bound, PublicIncident
from blocklight.model.vocabulary import Category, PlaceKind, Reason, Status
from blocklight.store.schema.rows import STORED, Row, body, digest, from_ms, incident_of_row, storable
from blocklight.store.write.coarsening import taken_back
from blocklight.store.write.hold_queue import HoldQueue
from blocklight.store.write.joining import joined
from blocklight.store.write.place_marks import PlaceMarks
from blocklight.store.write.places import Places
from blocklight.store.write.statements import Statements, fetch
from blocklight.store.write.waiting import Shown, Waiting

# Reasons that leave no mark: such an incident is only late.
PASSING = frozenset({Reason.HELD, Reason.PAUSED})

_MEDICAL = str(Category.MEDICAL)
_PLACE_ID = STORED.index("place_id")
# Where a mark, as it is read, says that what it withholds was told as medical once.
_MARKED_MEDICAL = 4

Pending = dict[str, PublicIncident | Held | Withheld]


class Holding:
    """What of a transaction's incidents waits: new versions, and those that a release publishes."""

    def __init__(
        self, cursor: DBAPICursor, sql: Statements, places: Places, place_marks: PlaceMarks, queue: HoldQueue
    ) -> None:
        self._cursor = cursor
        self._place_marks = place_marks
        self._sql = sql
        self._places = places
        self._queue = queue
        self._at = queue.at
        self._leaves = False
        # What a release publishes, by id; ``None`` while none is under way.
        self._due: dict[str, Waiting] | None = None

    def due(self) -> list[Waiting]:
        """What is to be released now, the longest due first; it is published when it is sorted."""
        rows = self._queue.due()
        self._due = {row.id: row for row in rows}
        return rows

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
        before = self._queue.rows(pending) if self._due is None else _of(self._due, pending)
        if self._leaves:
            before = self._left(pending, before)
        queue = self._queue
        queue.bounds |= {
            id_: Bound(step_min=mark[-1]) for id_, mark in marks.items() if mark[_MARKED_MEDICAL]
        }
        is_decided = self._due is not None and not queue.pauses.scopes
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
        self._queue.bounds |= {
            id_: bound for id_, row in before.items() if (bound := row.medical_bound) is not None
        }
        medical = {id_: row for id_, row in shown.items() if row.medical_once or row.category == _MEDICAL}
        place_ids = {row.place_id for row in medical.values()}
        wheres = self._places.wheres(self._cursor, place_ids) if medical else {}
        for id_, row in medical.items():
            place, areas = (None, {}) if row.place_id is None else wheres[row.place_id]
            self._queue.bounds[id_] = Bound(place, areas, row.time_step_min)

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
            self._queue.bounds.setdefault(incident.id, incident.bound)
        return incident

    def _where(self, place_id: int | None) -> Bound:
        return (
            Bound() if place_id is None else Bound(*self._places.wheres(self._cursor, {place_id})[place_id])
        )

    def _followed(self, incident: PublicIncident, current: Bound | None) -> PublicIncident:
        if self._leaves:  # a stricter policy's place is computed from the public one
            return incident
        return self._place_marks.follow(incident, current)

    def _may_wait(self, outcome: PublicIncident | Held | Withheld, in_steps: Collection[str]) -> bool:
        if isinstance(outcome, PublicIncident):
            bound = self._queue.bounds.get(outcome.id)
            in_step = outcome.id in in_steps or (bound is not None and bound.step_min is not None)
            paused = bool(self._queue.pauses.scopes) and self._queue.pauses.cover(outcome)
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
            self._queue.take_out(before)
        if isinstance(outcome, Withheld):
            if before is not None and before.was_shown and before.incident.detail.as_published:
                self._queue.bounds.setdefault(before.id, Bound())  # its point was told: no other one is
            return outcome
        incident = storable(outcome.incident if isinstance(outcome, Held) else outcome)
        waiting = incident if before is None or self._due is not None else before.incident
        if join_rows and before is not None:
            incident = joined(waiting, incident)
        incident = self._as_first_told(incident, before, waiting, shown)
        if (bound := self._queue.bounds.get(incident.id)) is not None:
            incident = incident.no_finer_than(bound)
        paused = self._queue.pauses.cover(incident)
        if self._due is not None and not paused:
            return incident
        held = outcome if isinstance(outcome, Held) else Held(outcome, release_at=from_ms(self._at))
        if (
            before is None
            and shown is None
            and not paused
            and self._queue.times.is_past(held, incident, mark)
        ):
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
        seen = self._queue.times.seen(incident, before, shown, mark)
        to_step_end = self._in_step(held, incident)  # a hold takes back what is told until then, a step not
        due = self._queue.times.due(to_step_end, incident, before, encoded, seen)
        is_due = due is not None and due <= self._at and not paused
        on_hold = self._queue.times.is_on_hold(held, incident, seen, shown)
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
            self._queue.put(
                incident, due, to_step_end, seen, encoded, joins=joins, counted=True, was_shown=True
            )
            return before.incident
        self._queue.put(
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

    def _pick(self, statement: str, ids: Collection[str]) -> Iterable[Row]:
        return fetch(self._cursor, statement, self._sql.keys(ids)) if ids else ()


def _of(rows: Mapping[str, Waiting], ids: Iterable[str]) -> dict[str, Waiting]:
    return {id_: rows[id_] for id_ in ids if id_ in rows}
