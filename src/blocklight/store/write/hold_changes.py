"""Changes what waits though no record of it came: it left its feed, is paused, or the policy is stricter."""

from collections.abc import Iterable

import msgspec

from blocklight.model.outcomes import Held
from blocklight.model.record import Bound, PublicIncident
from blocklight.store.schema.rows import body, from_ms, storable
from blocklight.store.write.hold_queue import HoldQueue
from blocklight.store.write.waiting import Seen, Waiting

_encode = msgspec.json.encode


class HoldChanges:
    """Changes the queue of one transaction."""

    def __init__(self, queue: HoldQueue) -> None:
        self._queue = queue
        self._at = queue.at

    def close(self, rows: Iterable[Waiting]) -> None:
        """Close what waits and is no longer in its source; one that waited for that has an end now."""
        for row in rows:
            if self._queue.is_changed(row.id) or row.id in self._queue.waited:
                continue
            closed = row.incident.closed_by_vanishing(from_ms(self._at))
            due = self._at + row.after_close_ms if row.release_at is None else row.release_at
            self._queue.change(
                row._replace(
                    release_at=self._queue.times.stepped(due, row.step_min, closed, row),
                    open=0,
                    body=body(closed).decode(),
                    closed_seen_at=self._at,
                )
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
            if closing[0].time_step_min is not None or self._queue.pauses.cover(closing[0])
        ]
        before = self._queue.rows([new.id for new, *_ in closings])
        for new, bound, released_at in closings:
            if self._queue.is_changed(new.id) or new.id in before:  # what waits was closed by `close`
                continue
            due = self._queue.times.stepped(self._at, new.time_step_min, new, None)
            self._bind_one(new.id, bound)
            held, seen = (
                Held(new, step_min=new.time_step_min),
                Seen(0 if new.delayed else released_at, self._at),
            )
            self._queue.put(new, due, held, seen, joins=join_rows, counted=True, was_shown=True)
        return {new.id for new, *_ in closings}

    def put_back(self, incident: PublicIncident, bound: Bound | None, released_at: int) -> None:
        """Let a published incident wait until what covers it is resumed."""
        self._bind_one(incident.id, bound)
        if incident.id not in self._queue.rows([incident.id]):
            held = Held(incident, step_min=incident.time_step_min)
            seen = Seen(0 if incident.delayed else released_at, None)  # as in `DueTimes.seen`
            self._queue.put(incident, self._at, held, seen, joins=False, counted=True, was_shown=True)

    def restrain(self, outcomes: Iterable[PublicIncident | Held]) -> None:
        """Let what waits tell no more, and wait no shorter, than a stricter policy makes of it."""
        outcomes_by_id = {outcome.id: outcome for outcome in outcomes}
        for id_, row in self._queue.rows(outcomes_by_id).items():
            outcome = outcomes_by_id[id_]
            held = outcome if isinstance(outcome, Held) else None
            incident = storable(outcome if held is None else held.incident)  # type: ignore[arg-type]  # not both
            step = max(row.step_min or 0, 0 if held is None else held.step_min or 0) or None
            due, after = row.release_at, row.after_close_ms
            if held is not None:
                later = self._queue.times.due(
                    held, incident, None, b"", Seen(row.first_seen_at, row.closed_seen_at)
                )
                due = None if due is None or later is None else max(due, later)
                after = max(after, held.after_close_s * 1000)
            bound = row.bound
            if bound is None and incident.detail.masks(row.incident.detail):
                bound = _encode(incident.bound).decode()
            self._queue.change(
                row._replace(
                    release_at=due,
                    after_close_ms=after,
                    step_min=step,
                    body=body(incident).decode(),
                    bound=bound,
                )
            )

    def _bind_one(self, id_: str, bound: Bound | None) -> None:
        if bound is not None:
            self._queue.bounds[id_] = bound
