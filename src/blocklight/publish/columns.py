"""The public window as growing columns in memory: one slot for each published incident, found by its id."""

import math
from datetime import datetime
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blocklight.model.changes import StoredIncident
from blocklight.model.described import in_window
from blocklight.model.record import TIMES, Place, PublicIncident
from blocklight.model.vocabulary import Status

# Stands in a duration or number column where the incident has no value.
NOT_REACHED = -1

# The largest number that the column holds.
_FURTHEST_M = 2**31 - 1
# Fields that are kept, and sent, as codes of a vocabulary of their own.
TEXTS = in_window(PublicIncident, "text")

SMALL_NUMBERS = in_window(PublicIncident, "small_number")
_KEPT_NUMBERS = (*SMALL_NUMBERS, "units")
_STAGES = TIMES[1:]
_ROW = np.dtype(
    [
        ("alive", "?"),
        ("open", "?"),
        ("first_seq", "u4"),
        ("received_at", "i8"),
        *[(name, "i4") for name in _STAGES],
        ("place", "i4"),
        *[(name, "i4") for name in (*_KEPT_NUMBERS, *TEXTS)],
        ("id", "S16"),
    ]
)


class CannotBeShown(ValueError):
    """An incident does not fit the columns, or could not be written by any answer made of them."""


class Vocabulary:
    """Distinct values in order of first use, each with a small integer code; ``None`` is -1."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._codes: dict[Any, int] = {}

    def code(self, value: Any) -> int:  # noqa: ANN401 - text or a place
        """The code of *value*, adding it when it is new."""
        if value is None:
            return NOT_REACHED
        code = self._codes.get(value)
        if code is None:
            _check_key(value)  # here, as one value that Arrow or JSON refuses would spoil every answer
            code = self._codes[value] = len(self.values)
            self.values.append(value)
        return code


class Columns:
    """Slots of a structured array; a retracted or aged incident's slot is used again.

    One thread writes; others may read, and a lock keeps them from seeing half a row.
    """

    def __init__(self) -> None:
        self.rows: NDArray[Any] = np.zeros(1024, dtype=_ROW)
        self.words = {name: Vocabulary() for name in TEXTS}
        self.places = Vocabulary()
        self._slots: dict[str, int] = {}
        self._free: list[int] = []
        self._end = 0
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._slots)

    @property
    def open(self) -> int:
        """How many incidents are open."""
        return int(np.count_nonzero(self.rows["alive"] & self.rows["open"]))

    def closed_since(self, moment: datetime) -> int:
        """Count the incidents closed at or after *moment*."""
        rows = self.rows
        closed_at = rows["received_at"] + rows["closed_at"]
        has_closing = rows["alive"] & ~rows["open"] & (rows["closed_at"] != NOT_REACHED)
        return int(np.count_nonzero(has_closing & (closed_at >= int(moment.timestamp()))))

    def put(self, stored: StoredIncident) -> None:
        """Add or replace one incident."""
        self.put_row(stored.incident, stored.first_seq)

    def put_row(self, incident: PublicIncident, first_seq: int) -> None:
        """Add or replace one incident under its *first_seq*.

        Raises ``CannotBeShown``, and then holds no version of it: an older one is no longer true.
        """
        try:
            row = self._row(incident, first_seq)
            with self._lock:
                slot = self._slots.get(incident.id)
                if slot is None:
                    slot = self._slots[incident.id] = self._claim()
                try:
                    self.rows[slot] = row
                except (ValueError, OverflowError):  # half of it may be written
                    self.rows[slot] = np.zeros((), dtype=_ROW)
                    raise
        except (ValueError, TypeError, OverflowError) as error:
            self.remove(incident.id)
            raise CannotBeShown(type(error).__name__) from error

    def _row(self, incident: PublicIncident, first_seq: int) -> tuple[Any, ...]:
        words = self.words
        return (
            True,
            incident.status is Status.OPEN,
            first_seq,
            int(incident.received_at.timestamp()),
            *(_seconds_between(incident.received_at, getattr(incident, name)) for name in _STAGES),
            self.places.code(_place_key(incident)),
            *(_or_not_reached(getattr(incident, name)) for name in _KEPT_NUMBERS),
            *(words[name].code(getattr(incident, name)) for name in TEXTS),
            incident.id.encode(),
        )

    def remove(self, incident_id: str) -> bool:
        """Forget one incident; return whether it was held."""
        slot = self._slots.pop(incident_id, None)
        if slot is None:
            return False
        with self._lock:
            self.rows[slot] = np.zeros((), dtype=_ROW)
            self._free.append(slot)
        return True

    def forget_before(self, moment: datetime) -> int:
        """Drop closed incidents received before *moment*; return how many."""
        rows = self.rows
        old = rows["alive"] & ~rows["open"] & (rows["received_at"] < int(moment.timestamp()))
        ids = [raw.decode() for raw in rows["id"][old].tolist()]
        for incident_id in ids:
            self.remove(incident_id)
        return len(ids)

    def since(self, moment: datetime) -> NDArray[Any]:
        """A copy of the rows received at or after *moment* or still open, oldest first."""
        with self._lock:
            rows = self.rows
            chosen = rows["alive"] & (rows["open"] | (rows["received_at"] >= int(moment.timestamp())))
            selected = rows[chosen]
        return selected[np.lexsort((selected["first_seq"], selected["received_at"]))]

    def by_source(self, moment: datetime) -> dict[str, int]:
        """Count the incidents of each source that were received at or after *moment* or are still open."""
        names = self.words["source"].values
        codes, counts = np.unique(self.since(moment)["source"], return_counts=True)
        return {names[code]: int(n) for code, n in zip(codes.tolist(), counts.tolist(), strict=True)}

    def placed(self) -> list[Place | None]:
        """The place of each incident, ``None`` for one without."""
        with self._lock:
            codes = self.rows["place"][self.rows["alive"]].tolist()
        return [None if code == NOT_REACHED else self.places.values[code][0] for code in codes]

    def _claim(self) -> int:
        if self._free:
            return self._free.pop()
        if self._end == len(self.rows):
            grown = np.zeros(len(self.rows) * 2, dtype=_ROW)
            grown[: self._end] = self.rows
            self.rows = grown
        self._end += 1
        return self._end - 1


PlaceKey = tuple[Place, tuple[tuple[str, str], ...]]


def _place_key(incident: PublicIncident) -> PlaceKey | None:
    if incident.place is None:
        return None
    return incident.place, tuple(sorted(incident.areas.items()))


def _or_not_reached(number: int | None) -> int:
    return NOT_REACHED if number is None else number


def _seconds_between(start: datetime, end: datetime | None) -> int:
    return NOT_REACHED if end is None else max(0, int((end - start).total_seconds()))


def _check_key(value: str | PlaceKey) -> None:
    """Raise ``ValueError`` for text that is not Unicode, a point that is none, and a radius without sense."""
    if isinstance(value, str):
        value.encode()
        return
    place, areas = value
    if not (math.isfinite(place.lon) and math.isfinite(place.lat) and 0 <= place.radius_m <= _FURTHEST_M):
        raise ValueError("not a place")
    for text in (place.label or "", *(text for pair in areas for text in pair)):
        text.encode()
