"""Remembers for an hour, as keyed digests, where sensitive calls were, and withholds calls close to them.

A hang-up from the house of a withheld call, ten minutes before or after it, would reveal that call.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import NamedTuple

from h3.api import basic_int as grid

from blocklight.city import City
from blocklight.intake.digests import digest_of
from blocklight.intake.geomask import hundred_block
from blocklight.intake.record import Incident
from blocklight.intake.redact import Rules, as_companion, choices_of
from blocklight.model import Outcome, Reason, Rejected, Withheld

_FINE, _RINGS = 12, 4
"""H3 resolution and rings around a cell: at least 40 m from any point of it, and about 100 at most."""
_SLOT_S = 900
_SLOTS_NEAR = 2
"""Slots of a quarter of an hour to each side: at least 30 minutes, less than 45."""
_KEPT = timedelta(hours=1)
"""How long a call is remembered after its source was read: feeds report calls late."""
_REFRESHED = timedelta(minutes=10)
_MOST_MARKS = 100_000
"""Up to 62 for each call; beyond this the oldest are dropped."""

AlreadyPublic = Callable[[Sequence[str]], AbstractSet[str]]
"""Returns which of some ids are or were public: what happens close to them later does not change them."""


class _Noted(NamedTuple):
    at: datetime
    slot: int
    mark: bytes


class Companions:
    """Where and when a city's sensitive calls of the last hour were; in memory only, shared by its feeds."""

    def __init__(self) -> None:
        self._marks: dict[int, dict[bytes, datetime]] = {}
        self._noted: deque[_Noted] = deque()
        self._any_unplaced = False
        self._lock = threading.Lock()

    @classmethod
    def of(cls, city: City) -> "Companions | None":
        """Return an empty memory, ``None`` for a city that publishes companions."""
        return cls() if city.policy.companions is None else None

    def __len__(self) -> int:
        return len(self._noted)

    def __repr__(self) -> str:
        """Show only what may be logged."""
        return "Companions()"

    def judged(
        self,
        incidents: Sequence[Incident],
        outcomes: Sequence[Outcome],
        rules: Rules,
        at: datetime,
        already_public: AlreadyPublic,
    ) -> list[Outcome]:
        """Return *outcomes* of *incidents*, read at *at*, with companions of sensitive calls withheld.

        The order within an answer does not matter. What is public already stays and is updated: retracting it
        would reveal that something sensitive happened close to it.
        """
        pairs = zip(incidents, outcomes, strict=True)
        self._remember([one for one, outcome in pairs if _is_sensitive(outcome)], at)
        if not self._marks:
            return list(outcomes)
        may_be_shown = {
            outcome.id: incidents[number] for number, outcome in enumerate(outcomes) if _may_be_shown(outcome)
        }
        companions = self._among(may_be_shown, already_public)
        return [
            as_companion(outcome.id, incident, rules) if outcome.id in companions else outcome
            for incident, outcome in zip(incidents, outcomes, strict=True)
        ]

    def unplaced(
        self,
        incidents: Sequence[Incident],
        without_place: Mapping[str, Incident],
        rules: Rules,
        at: datetime,
        already_public: AlreadyPublic,
    ) -> set[str]:
        """Return the public ids of companions among those *without_place* of an answer's *incidents*.

        They are recognised by their addresses, so that no outside service is asked for what is withheld.
        """
        hidden = [one for one in incidents if choices_of(one, rules)[0].category is Reason.SENSITIVE]
        self._remember(hidden, at)
        return self._among(without_place, already_public)

    def _remember(self, sensitive: Sequence[Incident], at: datetime) -> None:
        with self._lock:
            self._forget_before(at - _KEPT)
            for incident in sensitive:
                self._note(incident, at)

    def _among(self, incidents: Mapping[str, Incident], already_public: AlreadyPublic) -> set[str]:
        with self._lock:
            beside = [id_ for id_, incident in incidents.items() if self._is_beside(incident)]
        return set(beside) - already_public(beside) if beside else set()

    def _note(self, incident: Incident, at: datetime) -> None:
        slot = _slot(incident.received_at)
        of_slot = self._marks.setdefault(slot, {})
        for mark in self._marks_of_sensitive(incident):
            before = of_slot.get(mark)
            if before is None or at - before > _REFRESHED:
                of_slot[mark] = at
                self._noted.append(_Noted(at, slot, mark))
        while len(self._noted) > _MOST_MARKS:
            self._drop(self._noted.popleft())

    def _forget_before(self, moment: datetime) -> None:
        while self._noted and self._noted[0].at < moment:
            self._drop(self._noted.popleft())

    def _drop(self, noted: _Noted) -> None:
        of_slot = self._marks.get(noted.slot, {})
        if of_slot.get(noted.mark) == noted.at:  # else it was noted again since
            del of_slot[noted.mark]
            if not of_slot:
                del self._marks[noted.slot]

    def _is_beside(self, incident: Incident) -> bool:
        slot = _slot(incident.received_at)
        span = range(slot - _SLOTS_NEAR, slot + _SLOTS_NEAR + 1)
        near = [marks for number in span if (marks := self._marks.get(number))]
        if not near:  # the usual case, and then the place need not be computed
            return False
        return any(mark in marks for mark in self._marks_of_other(incident) for marks in near)

    def _marks_of_sensitive(self, incident: Incident) -> Iterator[bytes]:
        """Yield the marks by which another call is recognised as close to a sensitive one."""
        lon, lat = incident.lon, incident.lat
        label = _label(incident)
        if lon is None or lat is None or not _on_earth(lon, lat):  # its place is not looked up
            if label is not None:
                self._any_unplaced = True
                yield digest_of(("unplaced", label))
            return
        for cell in grid.grid_disk(grid.latlng_to_cell(lat, lon, _FINE), _RINGS):
            yield digest_of(cell)
        if label is not None:
            yield digest_of(("placed", label))

    def _marks_of_other(self, incident: Incident) -> Iterator[bytes]:
        """Yield the marks to look for close to a call that may be shown; its block if either has no point."""
        lon, lat = incident.lon, incident.lat
        if lon is not None and lat is not None and _on_earth(lon, lat):
            yield digest_of(grid.latlng_to_cell(lat, lon, _FINE))
        looked_up = lon is None or incident.placed is not None
        if (looked_up or self._any_unplaced) and (label := _label(incident)) is not None:
            yield digest_of(("unplaced", label))
            if looked_up:
                yield digest_of(("placed", label))


def _is_sensitive(outcome: Outcome) -> bool:
    return isinstance(outcome, Withheld) and outcome.sensitive


def _may_be_shown(outcome: Outcome) -> bool:
    """Whether it is shown now or may be later: once it has a place, or another type."""
    if isinstance(outcome, Withheld):
        return not outcome.sensitive
    return not isinstance(outcome, Rejected)


def _slot(at: datetime) -> int:
    return int(at.timestamp()) // _SLOT_S


def _on_earth(lon: float, lat: float) -> bool:
    return abs(lon) <= 180 and abs(lat) <= 90  # noqa: PLR2004 - degrees


def _label(incident: Incident) -> str | None:
    return hundred_block(incident.address, incident.cross_street) if incident.address else None
