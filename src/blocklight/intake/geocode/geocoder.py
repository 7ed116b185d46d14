"""Asks a city's locators in order, and remembers in memory what they answered, by digest alone."""

import time
from collections.abc import Callable, Sequence
from threading import Lock

from msgspec.structs import replace

from blocklight import net
from blocklight.config.city import Bounds, City
from blocklight.geo.exact import ExactPoint, address_lines, degrees
from blocklight.intake.digests import digest_of, sealed, unsealed
from blocklight.intake.geocode.addresses import Reading, Spot, readings
from blocklight.intake.geocode.place import Locator, NotNow
from blocklight.intake.geocode.services import Service
from blocklight.intake.geocode.streets import Streets
from blocklight.intake.record import Incident, Lookup, Placed

_REMEMBERED = 50_000
_UNKNOWN = b""


class Geocoder:
    """Finds places for the incidents of one city that come without coordinates.

    A match outside the city's bounds is none. What was found, and what was not, is kept in memory only, and
    so that no address and no place can be read from it.
    """

    def __init__(self, locators: Sequence[Locator], bounds: Bounds, *, patience_s: float) -> None:
        self._locators = {
            Lookup.ANYWHERE: locators,
            Lookup.AT_HOME: [locator for locator in locators if isinstance(locator, Streets)],
        }
        self._bounds = bounds
        self._patience_s = patience_s
        self._answers: dict[bytes, bytes | None] = {}
        self._lock = Lock()

    @classmethod
    def of(cls, city: City) -> "Geocoder | None":
        """What a city file asks for, ``None`` where that is nothing.

        Raises ``CityFileError`` for street lines that cannot be read.
        """
        spec = city.geocoder
        if spec is None:
            return None
        locators: list[Locator] = []
        if spec.streets is not None:
            locators.append(Streets.of(spec.streets, city))
        if spec.service is not None:
            locators.append(Service(spec, city.city.bounds, net.sync_client(net.hosts_of(city))))
        return cls(locators, city.city.bounds, patience_s=spec.most_s)

    def placing(self) -> Callable[[Incident, Lookup], Incident]:
        """What places the incidents of one fetch, which together wait no longer than is allowed."""
        deadline = time.monotonic() + self._patience_s
        return lambda incident, lookup: self._place(incident, lookup, deadline)

    def _place(self, incident: Incident, lookup: Lookup, deadline: float) -> Incident:
        """*incident* with the place of its address, if it has none of its own and may be looked up."""
        locators = self._locators.get(lookup)
        if not locators or incident.point is not None or incident.address is None:
            return incident
        address_readings = readings(*address_lines(incident.address))
        if not address_readings:
            return replace(incident, placed=Placed.MISSED)
        try:
            point = self._find(address_readings, lookup, locators, deadline)
        except NotNow:
            return replace(incident, placed=Placed.LATER)
        if point is None:
            # Where others may not be asked, a miss is no measure of what is found, and nothing is counted.
            return incident if lookup is Lookup.AT_HOME else replace(incident, placed=Placed.MISSED)
        return replace(incident, point=point, placed=Placed.FOUND)

    def _find(
        self,
        address_readings: Sequence[Reading],
        lookup: Lookup,
        locators: Sequence[Locator],
        deadline: float,
    ) -> ExactPoint | None:
        if isinstance(address_readings[0], Spot):
            spot = address_readings[0].point
            return spot if self._bounds.contains(*degrees(spot)) else None
        key = (lookup.name, address_readings)
        mark = digest_of(key)
        seal = self._answers.get(mark, _UNKNOWN)
        if seal != _UNKNOWN:
            return None if seal is None else unsealed(seal, key)
        points = (self._bounded(locator, address_readings, deadline) for locator in locators)
        point = next((point for point in points if point is not None), None)
        with self._lock:
            if len(self._answers) >= _REMEMBERED:
                self._answers.clear()
            self._answers[mark] = None if point is None else sealed(point, key)
        return point

    def _bounded(
        self, locator: Locator, address_readings: Sequence[Reading], deadline: float
    ) -> ExactPoint | None:
        """Ask a locator for each reading; a service, which is asked outside, for the likeliest one only."""
        for reading in address_readings if isinstance(locator, Streets) else address_readings[:1]:
            point = locator.find(reading, deadline)
            if point is not None and self._bounds.contains(*degrees(point)):
                return point
        return None
