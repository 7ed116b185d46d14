"""Decides when a record that waits may be published: by its source's clock and by ours, the later of both."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from blocklight.model.outcomes import Held, ends_of_step
from blocklight.model.record import PublicIncident, may_be_new
from blocklight.model.vocabulary import Status
from blocklight.store.schema.rows import Row, from_ms, to_ms
from blocklight.store.write.waiting import Seen, Shown, Waiting

# What is due later waits until something else is known, and the step after it could not be written.
_NO_STEP_AFTER = to_ms(datetime(9999, 12, 30, tzinfo=UTC))
_LONG_AGO = Seen(0, 0)
# Index of a mark's time in its row: the incident was first seen then.
_MARKED_AT = 3


@dataclass(slots=True)
class DueTimes:
    """When records are due that are stored at *at* (ms)."""

    at: int
    is_history: bool = False
    """Whether records may be long past, as in an import: only those that may be new count as seen now."""
    is_first_read: bool = False
    """Whether they are all that a source held before we ever read it."""
    _moment: datetime = field(init=False, repr=False)
    """*at* as a time."""

    def __post_init__(self) -> None:
        self._moment = from_ms(self.at)

    def seen(
        self, incident: PublicIncident, before: Waiting | None, shown: Shown | None, mark: Row | None
    ) -> Seen:
        """When an incident was first seen here, by our own clock."""
        closed_at = self.at if incident.status is Status.CLOSED else None
        if before is not None:
            was_closed = closed_at is not None and not before.open
            return Seen(before.first_seen_at, before.closed_seen_at if was_closed else closed_at)
        if shown is not None:
            # A delayed incident has waited already, and so has a public closing.
            public = closed_at is not None and shown.status == Status.CLOSED
            return Seen(0 if shown.delayed else shown.released_at, 0 if public else closed_at)
        if self._is_long_past(incident):
            return _LONG_AGO
        return Seen(self.at if mark is None else mark[_MARKED_AT], closed_at)

    def due(
        self, held: Held, incident: PublicIncident, before: Waiting | None, encoded: bytes, seen: Seen
    ) -> int | None:
        """When an incident is to be released, in ms; ``None`` while it waits for its closing."""
        due = self.end_of_hold(held, incident, seen)
        if due is None:
            return None
        if held.step_min is not None and before is not None and before.body == encoded.decode():
            waits = before.release_at  # the same version; but another source may hold it longer by now
            if waits is not None and due <= waits < _NO_STEP_AFTER:
                return waits
        over = self._is_over(due, incident)
        return due if over else self.stepped(due, held.step_min, incident, before)

    def is_past(self, held: Held, incident: PublicIncident, mark: Row | None) -> bool:
        """Whether an incident of which nothing waits or is shown need not wait at all."""
        is_long_past = self._is_long_past(incident)
        if not (is_long_past or self.is_first_read):
            return False
        seen = _LONG_AGO if is_long_past else self.seen(incident, None, None, mark)
        due = self.end_of_hold(held, incident, seen)
        return due is not None and due <= self.at

    def is_on_hold(self, held: Held, incident: PublicIncident, seen: Seen, shown: Shown | None) -> bool:
        """Whether more than the end of a step is waited for: then nothing of the incident may be shown.

        What is *shown* and had waited as long when it was released has waited, also if our clock went back.
        """
        due = self.end_of_hold(held, incident, seen)
        return due is None or due > (self.at if shown is None else max(self.at, shown.released_at))

    def end_of_hold(self, held: Held, incident: PublicIncident, seen: Seen) -> int | None:
        """When an incident might be released if its times were not cut, in ms; ``None`` as for ``due``.

        A delay counts from the later of the source's time and the moment it was first seen here: otherwise a
        clock read in the wrong zone would cancel every hold.
        """
        due = None if held.release_at is None else to_ms(held.release_at)
        if due is None and incident.status is Status.CLOSED:  # closed, and nobody says when
            due = to_ms(incident.received_at) + held.after_close_s * 1000
        if due is None:
            return None
        if held.after_seen_s:
            due = max(due, seen.first_at + held.after_seen_s * 1000)
        if held.after_close_s and seen.closed_at is not None:
            due = max(due, seen.closed_at + held.after_close_s * 1000)
        return due

    def _is_over(self, due: int, incident: PublicIncident) -> bool:
        """Whether an incident was due before a batch whose moment has nothing to do with when it happened."""
        if due > self.at:
            return False
        return self.is_first_read or self._is_long_past(incident)

    def _is_long_past(self, incident: PublicIncident) -> bool:
        return self.is_history and not may_be_new(incident.received_at, self._moment)

    def stepped(
        self, due: int | None, step_min: int | None, incident: PublicIncident, before: Waiting | None
    ) -> int | None:
        """When a version with cut times that is *due* is published, together with its step's others.

        *before* is what waits of the incident: a later version joins it, or a call of which much is told
        would wait for ever.
        """
        if due is None or step_min is None or due >= _NO_STEP_AFTER:
            return due
        earliest, settled = ends_of_step(incident, from_ms(max(due, self.at)), step_min)
        waits = None if before is None or before.step_min is None else before.release_at
        if waits is not None and waits > self.at:
            settled = max(earliest, min(settled, from_ms(waits)))
        return to_ms(settled)
