"""Asks a city's locators in order, and remembers in memory what they said."""

import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from threading import Lock

from msgspec.structs import replace

from blocklight import net
from blocklight.city import Bounds, City
from blocklight.intake.geocode.names import Block, Crossing, read_address
from blocklight.intake.geocode.place import Locator, NotNow, Point
from blocklight.intake.geocode.services import Service
from blocklight.intake.geocode.streets import Streets
from blocklight.intake.record import Incident, Placed

_REMEMBERED = 50_000

_read = lru_cache(maxsize=_REMEMBERED)(read_address)


class Geocoder:
    """Finds places for the incidents of one city that come without coordinates.

    A match outside the city's bounds is none. What was found, and what was not, is kept in memory only.
    """

    def __init__(self, locators: Sequence[Locator], bounds: Bounds, *, patience_s: float) -> None:
        self._locators = locators
        self._bounds = bounds
        self._patience_s = patience_s
        self._known: dict[Block | Crossing, Point | None] = {}
        self._lock = Lock()

    @classmethod
    def of(cls, city: City) -> "Geocoder | None":
        """Return what a city file asks for, ``None`` where that is nothing.

        Raises ``CityFileError`` for street lines that cannot be read.
        """
        spec = city.geocoder
        if spec is None:
            return None
        locators: list[Locator] = []
        if spec.streets is not None:
            locators.append(Streets(spec.streets, city))
        if spec.service is not None:
            locators.append(Service(spec, city.city.bounds, net.sync_client(net.hosts_of(city))))
        return cls(locators, city.city.bounds, patience_s=spec.most_s)

    def placing(self) -> Callable[[Incident], Incident]:
        """Return what places the incidents of one fetch, which together wait no longer than is allowed."""
        deadline = time.monotonic() + self._patience_s
        return lambda incident: self._place(incident, deadline)

    def _place(self, incident: Incident, deadline: float) -> Incident:
        """Return *incident* with the place of its address, if it has none of its own."""
        if incident.lon is not None or not incident.address:
            return incident
        asked = _read(incident.address, incident.cross_street)
        if asked is None:
            return replace(incident, placed=Placed.MISSED)
        try:
            point = self._find(asked, deadline)
        except NotNow:
            return replace(incident, placed=Placed.LATER)
        if point is None:
            return replace(incident, placed=Placed.MISSED)
        return replace(incident, lon=point[0], lat=point[1], placed=Placed.FOUND)

    def _find(self, asked: Block | Crossing, deadline: float) -> Point | None:
        if asked in self._known:
            return self._known[asked]
        point = None
        for locator in self._locators:
            point = locator.find(asked, deadline)
            if point is not None and self._bounds.contains(*point):
                break
            point = None
        with self._lock:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[asked] = point
        return point
