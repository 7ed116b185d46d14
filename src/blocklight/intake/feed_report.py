"""Counts what the rows of a feed hold: types, fields, endings and how far away places lie; keeps no row."""

import math
from collections import Counter
from dataclasses import dataclass, field

from blocklight.config.city import Bounds, SourceSpec
from blocklight.geo.exact import ExactPoint, degrees
from blocklight.intake.readable import value_of
from blocklight.intake.record import Incident, RawRecord

# Feeds write 0, 0 for a call without a place: a point in the Atlantic.
_NOUGHT = 1e-6
# Places are counted by their hundredth of a degree, east and north apart, so that no point is kept.
_CELLS_A_DEGREE = 100

_METRES_A_DEGREE = 111_320
_BESIDE_KM = (1, 10, 100, 1000)
_MOST_ENDINGS = 1000
# A value may be free text about people: its beginning shows what kind of thing it is.
_LONGEST = 60

Box = tuple[float, float, float, float]


@dataclass(slots=True)
class PlaceCounts:
    """Where places lie: how many, how far outside the city's bounds, and in which hundredths of a degree."""

    placed: int = 0
    beside: Counter[float] = field(default_factory=Counter)
    """How many lie outside the bounds, by the kilometres that they are at most away."""
    lons: Counter[int] = field(default_factory=Counter)
    lats: Counter[int] = field(default_factory=Counter)
    nowhere: int = 0
    """How many lie where both coordinates are nought, which stands for none: no box has to contain them."""
    exchanged: int = 0
    """How many lie outside the bounds, and inside with longitude and latitude exchanged."""

    def add(self, point: ExactPoint, bounds: Bounds) -> None:
        """Count a place."""
        lon, lat = degrees(point)
        self.placed += 1
        if max(abs(lon), abs(lat)) < _NOUGHT:
            self.nowhere += 1
            self.beside[math.inf] += not bounds.contains(lon, lat)
            return
        self.lons[math.floor(lon * _CELLS_A_DEGREE)] += 1
        self.lats[math.floor(lat * _CELLS_A_DEGREE)] += 1
        if not bounds.contains(lon, lat):
            away = _km_outside(lon, lat, bounds)
            self.beside[next((km for km in _BESIDE_KM if away <= km), math.inf)] += 1
            self.exchanged += bounds.contains(lat, lon)

    def box(self, share: float = 0.999) -> Box | None:
        """Find a small box, in whole hundredths of a degree, that holds at least *share* of the places."""
        if not (placed := self.placed - self.nowhere):
            return None
        spare = placed - math.ceil(placed * share)
        sides = [_Side(self.lons, 1), _Side(self.lons, -1), _Side(self.lats, 1), _Side(self.lats, -1)]
        while True:
            able = [side for side in sides if side.cost <= spare and side.gain > 0]
            if not able:
                break
            best = max(able, key=lambda side: side.gain / side.cost)
            spare -= best.cost
            best.step()
        west, east, south, north = (side.edge for side in sides)
        return tuple(  # type: ignore[return-value]  # four of them
            cell / _CELLS_A_DEGREE for cell in (west, south, east + 1, north + 1)
        )


class _Side:
    """One side of a box that moves inward, cell by cell: what a step costs in places and gains in width."""

    def __init__(self, counts: Counter[int], direction: int) -> None:
        self._cells = sorted(counts, reverse=direction < 0)
        self._counts = counts
        self._at = 0

    @property
    def edge(self) -> int:
        return self._cells[self._at]

    @property
    def cost(self) -> int:
        return self._counts[self.edge]

    @property
    def gain(self) -> int:
        """How many cells narrower the box becomes, none behind the last."""
        last = self._at + 1 >= len(self._cells)
        return 0 if last else abs(self._cells[self._at + 1] - self.edge)

    def step(self) -> None:
        self._at += 1


@dataclass(slots=True)
class FeedReport:
    """What the rows of one source hold, in counts."""

    rows: int = 0
    types: Counter[str] = field(default_factory=Counter)
    present: Counter[str] = field(default_factory=Counter)
    """How many rows have each of our fields."""
    endings: Counter[str] = field(default_factory=Counter)
    """Dispositions as the feed writes them of which ``[dispositions]`` makes nothing."""
    places: PlaceCounts = field(default_factory=PlaceCounts)

    def add(self, raw: RawRecord, incident: Incident, source: SourceSpec, bounds: Bounds) -> None:
        """Count a row; a further type binds its incident too, so it counts as a type as well."""
        self.rows += 1
        self.types.update({incident.source_type, *incident.other_types})
        self.present.update(_fields_of(raw, incident, source))
        if incident.point is not None:
            self.places.add(incident.point, bounds)
        if incident.disposition is None and (ending := _ending(raw, source)):
            if ending not in self.endings and len(self.endings) >= _MOST_ENDINGS:
                ending = "…"
            self.endings[ending] += 1


def _fields_of(raw: RawRecord, incident: Incident, source: SourceSpec) -> list[str]:
    return [name for name, _ in source.fields.named() if value_of(name, raw, incident, source) is not None]


def _ending(raw: RawRecord, source: SourceSpec) -> str:
    spec = source.fields.disposition
    values = (raw.get(column) for column in spec.source) if spec is not None else ()
    return next((str(value).strip()[:_LONGEST] for value in values if value not in (None, "")), "")


def _km_outside(lon: float, lat: float, bounds: Bounds) -> float:
    """How far a place lies outside a box at most, on the flat."""
    north = max(bounds.south - lat, lat - bounds.north, 0.0)
    east = max(bounds.west - lon, lon - bounds.east, 0.0) * math.cos(math.radians(min(abs(lat), 89.0)))
    return math.hypot(north, east) * _METRES_A_DEGREE / 1000
