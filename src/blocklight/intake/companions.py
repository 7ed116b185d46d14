"""Remembers for an hour, as keyed digests, where sensitive calls were, and withholds calls close to them.

A hang-up from the house of a withheld call, ten minutes before or after it, would reveal that call.
"""

import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import NamedTuple

from h3.api import basic_int as grid
from msgspec.structs import replace

from blocklight.config.city import City
from blocklight.geo.exact import ExactPoint, address_lines, degrees
from blocklight.intake.digests import digest_of
from blocklight.intake.geocode.addresses import Between, Block, Crossing, Reading, Spot, readings
from blocklight.intake.geocode.names import core
from blocklight.intake.geocode.streets import Streets
from blocklight.intake.geomask import hundred_block_once
from blocklight.intake.past import Past
from blocklight.intake.record import Incident
from blocklight.intake.redact import Rules, as_companion, withheld_record
from blocklight.intake.waiting_calls import (
    Sensitive,
    WaitingCall,
    WaitingCalls,
    all_slots_near,
    slot_of,
    slots_near,
)
from blocklight.model.outcomes import Held, Outcome, Rejected, Withheld
from blocklight.model.vocabulary import Reason

# H3 resolution and rings around a cell: at least ``NEAR_M`` from any point of it, about 100 m at most.
_FINE, _RINGS = 12, 4
# How long a call is remembered after its source was read: feeds report calls late.
_KEPT = timedelta(hours=1)

# A renewal is one more entry of the marks that are kept, and the hour need not be exact to the minute.
_REFRESHED = timedelta(minutes=10)
# Up to 62 for each call at a point, several hundred for a long block; beyond this the oldest are dropped.
_MOST_MARKS = 100_000


class _Noted(NamedTuple):
    at: datetime
    slot: int
    mark: bytes


class Companions:
    """Where and when a city's sensitive calls of the last hour were, and calls that are not public yet.

    In memory only, shared by the city's feeds.
    """

    def __init__(self, streets: Streets | None = None) -> None:
        self._streets = streets
        self._marks: dict[int, dict[bytes, datetime]] = {}
        self._noted: deque[_Noted] = deque()
        self._any_unplaced = False
        self._waiting = WaitingCalls()
        self._lock = threading.Lock()

    @classmethod
    def of(cls, city: City) -> "Companions | None":
        """An empty memory, ``None`` for a city that publishes companions.

        Raises ``CityFileError`` for street lines that cannot be read.
        """
        if city.policy.companions is not None:
            return None
        lines = city.geocoder and city.geocoder.streets
        return cls(Streets.of(lines, city) if lines else None)

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
        past: Past,
    ) -> list[Outcome]:
        """*outcomes* of *incidents*, read at *at*, with companions of sensitive calls withheld.

        The order within an answer does not matter. What is public already stays and is updated: retracting it
        would reveal that something sensitive happened close to it.
        """
        pairs = zip(incidents, outcomes, strict=True)
        self._remember(
            [judged_incident for judged_incident, outcome in pairs if _withheld_as_sensitive(outcome)], at
        )
        if not self._marks:
            return list(outcomes)
        may_be_shown = {
            outcome.id: incidents[number] for number, outcome in enumerate(outcomes) if _may_be_shown(outcome)
        }
        companions = self._among(may_be_shown, past)
        return [
            as_companion(outcome.id, incident, rules) if outcome.id in companions else outcome
            for incident, outcome in zip(incidents, outcomes, strict=True)
        ]

    def unplaced(
        self,
        sensitive: Sequence[Incident],
        without_place: Mapping[str, Incident],
        at: datetime,
        past: Past,
    ) -> set[str]:
        """The public ids of companions among those *without_place* of an answer with *sensitive* ones.

        They are recognised by their addresses, so that no outside service is asked for what is withheld.
        """
        self._remember(sensitive, at)
        return self._among(without_place, past)

    def not_public_yet(
        self,
        incidents: Sequence[Incident],
        outcomes: Sequence[Outcome],
        rules: Rules,
        at: datetime,
        past: Past,
        *,
        shows_past: bool = False,
    ) -> list[Withheld]:
        """The marks of earlier calls that wait close to a sensitive one of an answer, of any source.

        *outcomes* are those that ``judged`` returned; what of them is not public yet is remembered. With
        *shows_past* they are of a file of history, whose old calls are public as soon as they are stored.
        """
        pairs = list(zip(incidents, outcomes, strict=True))
        sensitive = self._sensitive_of(
            [candidate for candidate, outcome in pairs if _withheld_as_sensitive(outcome)]
        )
        stored = past.never_shown() if sensitive.places else ()
        ids = {outcome.id for outcome in outcomes}
        with self._lock:
            self._waiting.forget_before(at)
            waiting = self._waiting.close_to(sensitive, ids)
            for record in self._waiting.unknown(stored, sensitive, ids):
                mark = withheld_record(record, Reason.SENSITIVE, rules)
                waiting.append(replace(mark, companion=True))
            self._waiting.forget([candidate.id for candidate in waiting])
            for incident, outcome in pairs:
                if not (shows_past and isinstance(outcome, Held) and outcome.is_over(at)):
                    self._note_waiting(incident, outcome, rules, at)
        public = past.already_public([candidate.id for candidate in waiting]) if waiting else ()
        return [candidate for candidate in waiting if candidate.id not in public]

    def _remember(self, sensitive: Sequence[Incident], at: datetime) -> None:
        with self._lock:
            self._forget_before(at - _KEPT)
            for incident in sensitive:
                self._note(incident, at)

    def _among(self, incidents: Mapping[str, Incident], past: Past) -> set[str]:
        with self._lock:
            near = all_slots_near(self._marks)
            beside = [
                id_
                for id_, incident in incidents.items()
                if (slot := slot_of(incident.received_at)) in near and self._is_beside(incident, slot)
            ]
        return set(beside) - past.already_public(beside) if beside else set()

    def _sensitive_of(self, incidents: Sequence[Incident]) -> Sensitive:
        sensitive = Sensitive()
        for incident in incidents:
            slot = slot_of(incident.received_at)
            sensitive.marks.setdefault(slot, set()).update(self._marks_of_sensitive(incident))
            point, _ = _point_and_names(incident)
            points = self._points(incident, point)
            sensitive.places += [(slot, spot, None) for spot in points]
            if point is None:
                sensitive.places.append((slot, None, _label(incident)))
        return sensitive

    def _note_waiting(self, incident: Incident, outcome: Outcome, rules: Rules, at: datetime) -> None:
        if isinstance(outcome, Held) or (isinstance(outcome, Withheld) and not outcome.sensitive):
            marks = tuple(self._marks_of_other(incident, always=True))
            if isinstance(outcome, Withheld):
                withheld = replace(outcome, reason=Reason.SENSITIVE, sensitive=True, companion=True)
            else:
                withheld = as_companion(outcome.id, incident, rules)
            self._waiting.note(WaitingCall(at, slot_of(incident.received_at), marks, withheld))
        elif isinstance(outcome, Withheld):
            self._waiting.forget([outcome.id])

    def _note(self, incident: Incident, at: datetime) -> None:
        slot = slot_of(incident.received_at)
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

    def _is_beside(self, incident: Incident, slot: int) -> bool:
        near = [marks for number in slots_near(slot) if (marks := self._marks.get(number))]
        return any(mark in marks for mark in self._marks_of_other(incident) for marks in near)

    def _marks_of_sensitive(self, incident: Incident) -> Iterator[bytes]:
        """Yield the marks by which another call is recognised as close to a sensitive one."""
        point, names = _point_and_names(incident)
        around = (grid.grid_disk(_fine_cell(spot), _RINGS) for spot in self._points(incident, point))
        for cell in set(chain.from_iterable(around)):
            yield digest_of(cell)
        for name in names:
            self._any_unplaced |= point is None
            yield digest_of(("placed" if point is not None else "unplaced", name))

    def _marks_of_other(self, incident: Incident, *, always: bool = False) -> Iterator[bytes]:
        """Yield the marks to look for close to a call that may be shown; its block if either has no point.

        *always* yields them also for sensitive calls that come later and may have no point.
        """
        looked_up = incident.point is None or incident.placed is not None
        if (
            incident.address is None and not looked_up
        ):  # many feeds' only case: nothing but a point to look at
            point = _own_point(incident)
            if point is not None:
                yield digest_of(_fine_cell(point))
            return
        names: Sequence[str] = ()
        if looked_up or always or self._any_unplaced:
            point, names = _point_and_names(incident)
        else:  # the usual case, and then the address need not be read
            point = _own_point(incident)
        for cell in {_fine_cell(spot) for spot in self._points(incident, point)}:
            yield digest_of(cell)
        for name in names:
            yield digest_of(("unplaced", name))
            if looked_up:
                yield digest_of(("placed", name))

    def _points(self, incident: Incident, point: ExactPoint | None) -> Sequence[ExactPoint]:
        """Where an incident may be: at its own *point*, or where its address is on the city's streets.

        A looked-up point is the middle of a block, and what is withheld has none: nobody is asked for it.
        """
        points = [] if point is None else [point]
        if self._streets is None or (incident.point is not None and incident.placed is None):
            return points
        on_lines = map(self._streets.spread, _readings(incident))
        return [*points, *next(filter(None, on_lines), ())]


def _withheld_as_sensitive(outcome: Outcome) -> bool:
    return isinstance(outcome, Withheld) and outcome.sensitive and not outcome.companion


def _may_be_shown(outcome: Outcome) -> bool:
    """Whether it is shown now or may be later: once it has a place, or another type."""
    if isinstance(outcome, Withheld):
        return not outcome.sensitive
    return not isinstance(outcome, Rejected)


def _own_point(incident: Incident) -> ExactPoint | None:
    return None if incident.point is None else _point_on_earth(incident.point)


def _point_on_earth(point: ExactPoint) -> ExactPoint | None:
    lon, lat = degrees(point)
    return None if abs(lon) > 180 or abs(lat) > 90 else point  # noqa: PLR2004 - degrees


def _fine_cell(point: ExactPoint) -> int:
    lon, lat = degrees(point)
    return int(grid.latlng_to_cell(lat, lon, _FINE))


def _readings(incident: Incident) -> Sequence[Reading]:
    return () if incident.address is None else readings(*address_lines(incident.address))


def _point_and_names(incident: Incident) -> tuple[ExactPoint | None, Sequence[str]]:
    """Give the point of an incident, also one that its address is, and the names of its block or crossing.

    Of streets only what every way of writing them has in common: 120 MAIN, 100 BLK N MAIN ST and
    120 MAIN STREET, APT 4 have one name.
    """
    point = _own_point(incident)
    names: list[str] = []
    for reading in _readings(incident):
        match reading:
            case Spot():
                point = _point_on_earth(reading.point) if incident.point is None else point
            case Block():
                names.append(f"{reading.number} {core(reading.street)}")
            case Crossing():
                names.append(" & ".join(sorted((core(reading.one), core(reading.two)))))
            case Between():
                ends = (core(reading.one), core(reading.two))
                names += [" & ".join(sorted((core(reading.street), end))) for end in ends]
    return point, names


def _label(incident: Incident) -> str | None:
    return None if incident.address is None else hundred_block_once(incident.address)
