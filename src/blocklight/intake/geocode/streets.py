"""Finds crossings and hundred blocks on a city's own street lines, in memory and asking nobody."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np
import shapely
from shapely.ops import substring

from blocklight.config.city import City, StreetLines
from blocklight.errors import CityFileError
from blocklight.geo.exact import ExactPoint
from blocklight.intake.geocode.addresses import Between, Block, Crossing, Reading, Spot
from blocklight.intake.geocode.names import looser, same_street, street_name
from blocklight.intake.geocode.street_lines import StreetLine, read_street_lines

_METRES_PER_DEGREE = 111_195.0
# How far apart two lines may end and still be taken for a crossing: kerbs and dual carriageways.
_NEARLY_M = 25.0
# How far crossings of two streets may lie apart and still be one place: beyond, nobody knows which.
_SAME_M = 200.0

# A longer one is a highway's between two exits: its middle says nothing of where the call was.
_LONGEST_BLOCK_M = 1500.0

_HUNDRED = 100
# How far apart points are that stand for a line: less than two calls may be that are close to each other.
_STEP_M = 20.0

_MOST_MEETINGS = 50
# Of how many pairs of streets that two short names may mean, each is tried.
_MOST_PAIRS = 16


@dataclass(frozen=True, slots=True)
class Stretch:
    """A block or crossing on the street lines: its middle in degrees, and how far it reaches from there."""

    lon: float
    lat: float
    reach_m: float


# A line of shapely, which has no types of its own.
Line = Any

_Metres = tuple[float, float]
# The middle of a block or crossing, in metres like the lines, and how far it reaches from there.
_Found = tuple[_Metres, float]


@dataclass(frozen=True, slots=True)
class _Piece:
    """One piece of a street with its smallest and largest house number, drawn from the one to the other."""

    line: Line
    low: int
    high: int


class Streets:
    """The street lines of a city by name, in metres east and north of the middle of its bounds."""

    def __init__(self, spec: StreetLines, city: City) -> None:
        self._bounds = bounds = city.city.bounds
        self._middle = (bounds.west + bounds.east) / 2, (bounds.south + bounds.north) / 2
        self._across = _METRES_PER_DEGREE * math.cos(math.radians(self._middle[1]))
        self._lines: dict[str, list[Line]] = {}
        self._pieces: dict[str, list[_Piece]] = {}
        self._box = shapely.box(bounds.west, bounds.south, bounds.east, bounds.north)
        for street in read_street_lines(spec, city):
            self._add(street)
        if not self._lines:
            raise CityFileError(str(city.path(spec.file)), "geocoder.streets.name", "no line has a name")
        self._loose = self._loosened()
        self._line = lru_cache(maxsize=20_000)(self._whole)

    @classmethod
    def of(cls, spec: StreetLines, city: City) -> "Streets":
        """A city's street lines; if the file has not changed, those that were read before.

        Raises ``CityFileError`` for a file that cannot be read.
        """
        path = city.path(spec.file)
        stat = path.stat()
        key = path, stat.st_mtime_ns, stat.st_size, spec.model_dump_json(), city.city.bounds.model_dump_json()
        streets = _read.get(key)
        if streets is None:
            _read.clear()  # a process needs those of one city; more would only fill the memory
            streets = _read[key] = cls(spec, city)
        return streets

    def __len__(self) -> int:
        return len(self._lines)

    def find(self, reading: Reading, deadline: float = 0) -> ExactPoint | None:  # noqa: ARG002 - it never waits
        """The middle of what is asked for, ``None`` where that is not certain."""
        stretch = self.stretch(reading)
        return None if stretch is None else ExactPoint(stretch.lon, stretch.lat)

    def stretch(self, reading: Reading) -> Stretch | None:
        """A whole block or crossing, ``None`` if it is not certain which one is meant."""
        middle = self._found(reading)
        if middle is None:
            return None
        (x, y), reach_m = middle
        return Stretch(*self._degrees(x, y), reach_m)

    def spread(self, reading: Reading) -> list[ExactPoint]:
        """Points, close together, on all of the line that an address may stand for.

        Of an address with a house number that is one place, interpolated between the numbers of a line.
        Without any, it is not certain where it is.
        """
        match reading:
            case Crossing():
                middle = self._crossing(reading)
                line = None if middle is None else shapely.Point(middle[0])
            case Between():
                line = self._line_between(reading)
            case Block(exact=int(number)) if (
                house := self._numbers(reading.street, number, number)
            ) is not None:
                line = house
            case Block():
                line = self._numbers(reading.street, reading.number, reading.number + _HUNDRED - 1)
            case Spot():
                line = None
        if line is None:
            return []
        xy = shapely.get_coordinates(shapely.segmentize(line, _STEP_M))
        return [ExactPoint(*self._degrees(x, y)) for x, y in xy]

    def _degrees(self, x: float, y: float) -> tuple[float, float]:
        """Turn metres on the city's plane into lon, lat."""
        return float(self._middle[0] + x / self._across), float(self._middle[1] + y / _METRES_PER_DEGREE)

    def _found(self, reading: Reading) -> _Found | None:
        match reading:
            case Crossing():
                return self._crossing(reading)
            case Between():
                return self._between(reading)
            case Block():
                return self._block(reading)
            case Spot():
                return None

    def _add(self, street: StreetLine) -> None:
        name = street_name(street.name)
        if not name or street.line.is_empty or not self._box.intersects(street.line):
            return
        pieces_of_line = getattr(street.line, "geoms", [street.line])
        parts = [self._metres(part) for part in pieces_of_line if part.length]
        self._lines.setdefault(name, []).extend(parts)
        if numbers := street.begins + street.ends:
            falling = min(street.begins, default=0) > min(street.ends, default=max(numbers))
            drawn = (part.reverse() if falling else part for part in parts)
            pieces = [_Piece(part, min(numbers), max(numbers)) for part in drawn]
            self._pieces.setdefault(name, []).extend(pieces)

    def _metres(self, line: object) -> Line:
        xy = shapely.get_coordinates(line)
        xy = (xy - self._middle) * (self._across, _METRES_PER_DEGREE)
        return shapely.LineString(xy)

    def _loosened(self) -> dict[str, tuple[str, ...]]:
        """The names that each looser form can stand for."""
        names: dict[str, tuple[str, ...]] = {}
        for name in self._lines:
            for form in looser(name):
                names[form] = (*names.get(form, ()), name)
        return names

    def _known(self, name: str) -> str | None:
        """The name under which a street is known; one that says less must fit one street alone."""
        names = self._candidates(name)
        return names[0] if len(names) == 1 else None

    def _candidates(self, name: str) -> tuple[str, ...]:
        """The streets that a name may mean: the one of this name, or those of which it says less.

        One that says more or something else is not known: East 9th Street is not 9th Street.
        """
        forms = (name, *same_street(name))
        exact = next(((form,) for form in forms if form in self._lines), None)
        return exact or next(filter(None, map(self._loose.get, forms)), ())

    def _whole(self, name: str) -> Line:
        line = shapely.MultiLineString(self._lines[name])
        shapely.prepare(line)
        return line

    def _crossing(self, crossing: Crossing) -> _Found | None:
        """Find where two streets meet; of those that a short name may mean, the ones that do."""
        ones, twos = self._candidates(crossing.one), self._candidates(crossing.two)
        if len(ones) * len(twos) > _MOST_PAIRS:
            return None
        places: list[_Found] = []
        for one, two in product(ones, twos):
            if one == two:
                return None  # both names may mean the same street
            first, second = self._line(one), self._line(two)
            if shapely.dwithin(first, second, _NEARLY_M):
                place = _only_place(_meetings(first, second))
                if place is None:
                    return None
                places.append(place)
        if any(math.dist(place[0], places[0][0]) > _NEARLY_M for place in places):
            return None
        return places[0] if places else None

    def _between(self, between: Between) -> _Found | None:
        """Find the middle of a street between two of its crossings, on its line."""
        ends = [
            self._crossing(Crossing(*sorted((between.street, end)))) for end in (between.one, between.two)
        ]
        if ends[0] is None or ends[1] is None:
            return None
        (first, _), (two, _) = ends[0], ends[1]
        name = self._known(between.street)
        if name is None or math.dist(first, two) > _LONGEST_BLOCK_M:
            return None
        straight = shapely.Point((first[0] + two[0]) / 2, (first[1] + two[1]) / 2)
        middle = shapely.get_coordinates(shapely.shortest_line(self._line(name), straight))[0]
        midpoint = float(middle[0]), float(middle[1])
        return midpoint, max(math.dist(midpoint, first), math.dist(midpoint, two))

    def _line_between(self, between: Between) -> shapely.Geometry | None:
        """The straight line from one crossing of a street to the other."""
        if self._between(between) is None:
            return None
        ends = [
            self._crossing(Crossing(*sorted((between.street, end)))) for end in (between.one, between.two)
        ]
        return shapely.LineString([end[0] for end in ends if end is not None])

    def _block(self, block: Block) -> _Found | None:
        joined = self._numbers(block.street, block.number, block.number + _HUNDRED - 1)
        if joined is None:
            return None
        longest = max(getattr(joined, "geoms", [joined]), key=lambda line: float(line.length))
        middle = longest.interpolate(0.5, normalized=True)
        reach_m = float(shapely.hausdorff_distance(joined, middle))
        return (middle.x, middle.y), reach_m

    def _numbers(self, street: str, first: int, last: int) -> shapely.Geometry | None:
        """The part of a street from a house number to another, ``None`` if it is not certain."""
        name = self._known(street)
        pieces = self._pieces.get(name or "", ())
        parts = [_part_of_piece(piece, first, last) for piece in pieces]
        parts = [part for part in parts if part is not None]
        if not parts:
            return None
        joined = shapely.line_merge(shapely.union_all(parts))
        west, south, east, north = joined.bounds
        if math.hypot(east - west, north - south) > _LONGEST_BLOCK_M:
            return None  # two streets of one name
        return joined


_read: dict[tuple[object, ...], Streets] = {}


def _meetings(first: Line, second: Line) -> list[_Metres]:
    """Where two streets cross, or else where they come near each other."""
    crossing = shapely.get_coordinates(shapely.intersection(first, second))
    if len(crossing):
        return [(float(x), float(y)) for x, y in crossing]
    ones, twos = np.array(first.geoms), np.array(second.geoms)
    pairs = shapely.STRtree(twos).query(ones, predicate="dwithin", distance=_NEARLY_M)
    if len(pairs[0]) > _MOST_MEETINGS:
        return []  # they run side by side: nobody knows which place is meant
    between = shapely.shortest_line(ones[pairs[0]], twos[pairs[1]])
    return [(float(x), float(y)) for x, y in (shapely.get_coordinates(line).mean(axis=0) for line in between)]


def _only_place(points: Sequence[_Metres]) -> _Found | None:
    """The middle of points that are one place, ``None`` where they lie too far apart for that."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    if not points or math.hypot(max(xs) - min(xs), max(ys) - min(ys)) > _SAME_M:
        return None
    middle = sum(xs) / len(xs), sum(ys) / len(ys)
    return middle, max(math.dist(middle, point) for point in points)


def _part_of_piece(piece: _Piece, first: int, last: int) -> Line:
    """The part of a piece that a block's numbers lie on, ``None`` when none do."""
    low, high = max(first, piece.low), min(last, piece.high)
    if low > high:
        return None
    span = piece.high - piece.low + 1
    start, end = (low - piece.low) / span, (high - piece.low + 1) / span
    return substring(piece.line, start, end, normalized=True)
