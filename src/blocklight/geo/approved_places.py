"""Reads a city's approved places, and answers which is nearest to a point without crossing a border.

The file is GeoJSON that `blocklight place build` wrote: points in WGS 84, each with how many addresses it
serves and how far away these are at most. A place serves the points that are nearest to it among all places
in the same areas, so its areas are theirs, and telling them tells nothing that the place does not.
"""

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from blocklight.config.city import Bounds, City, PlacesSpec
from blocklight.errors import CityFileError
from blocklight.geo.areas import SQUARES_A_DEGREE, Areas, Square
from blocklight.geo.exact import ExactPoint, degrees
from blocklight.model.record import Place
from blocklight.model.vocabulary import PlaceKind

METRES_A_DEGREE = 111_195.0
KINDS = (PlaceKind.INTERSECTION, PlaceKind.BLOCK)
LONGEST_LABEL = 120
_MAX_FILE_BYTES = 50_000_000
# Squares are remembered where calls were looked up: a bound, as points may come from anywhere.
_MOST_SQUARES = 200_000

# Distances that differ by less are the same but for floating point.
_ROUNDING = 1e-6

_MOST_DEGREES = (180, 90)

# The area of each kind that a point lies in, in the order of the city file.
Combination = tuple[str | None, ...]

_Candidate = tuple[float, float, float, Place]


class ApprovedPlaces:
    """All approved places of one city."""

    def __init__(self, places: list[Place], city: City, areas: Areas, digest: str = "") -> None:
        self.digest = digest
        self._areas = areas
        self._within = city.within
        self._known = frozenset((place.lon, place.lat) for place in places)
        self._shrink = shrink(city.city.bounds)
        inside: dict[Combination, list[_Candidate]] = {}
        for place in places:
            reach = (place.radius_m / METRES_A_DEGREE) ** 2
            candidate = place.lon * self._shrink, place.lat, reach, place
            inside.setdefault(self._combination(ExactPoint(place.lon, place.lat)), []).append(candidate)
        self._inside = {
            combination: (candidates, np.array([candidate[:2] for candidate in candidates]))
            for combination, candidates in inside.items()
        }
        self._whole: dict[Square, tuple[_Candidate, ...]] = {}
        self._parts: dict[tuple[Square, Combination], tuple[_Candidate, ...]] = {}

    @classmethod
    def of(cls, city: City, areas: Areas) -> "ApprovedPlaces":
        """Load a city's places; raises ``CityFileError`` for a file that cannot be used."""
        if city.places is None:
            raise CityFileError(city.city.id, "places", "this city has no approved places")
        path = city.path(city.places.file)
        if not path.is_file():
            hint = f"make it with: blocklight place build {city.city.id}"
            raise CityFileError(city.city.id, "places.file", f"no such file: {city.places.file}; {hint}")
        if path.stat().st_size > _MAX_FILE_BYTES:
            raise CityFileError(str(path), "", f"larger than {_MAX_FILE_BYTES:,} bytes")
        body = path.read_bytes()
        digest = hashlib.blake2b(body, digest_size=16).hexdigest()
        return cls(list(_checked(body, path, city, city.places)), city, areas, digest)

    def __contains__(self, place: Place) -> bool:
        """Whether a public place is one of these."""
        return (place.lon, place.lat) in self._known

    def nearest(self, point: ExactPoint) -> Place | None:
        """The nearest place in the same areas, ``None`` where it does not reach so far."""
        lon, lat = degrees(point)
        square = math.floor(lon * SQUARES_A_DEGREE), math.floor(lat * SQUARES_A_DEGREE)
        candidates = self._whole.get(square)
        if candidates is None:
            candidates = self._in(square, self._combination(point))
        shortest, closest, reach = math.inf, None, 0.0
        at = lon * self._shrink
        for x, y, reaches, place in candidates:
            east, north = x - at, y - lat
            away = east * east + north * north
            if away < shortest:
                shortest, closest, reach = away, place, reaches
        return closest if shortest <= reach else None

    def _combination(self, point: ExactPoint) -> Combination:
        return _combination(point, self._within, self._areas)

    def _in(self, square: Square, combination: Combination) -> tuple[_Candidate, ...]:
        candidates = self._parts.get((square, combination))
        if candidates is None:
            if len(self._parts) >= _MOST_SQUARES:
                self._parts.clear()
                self._whole.clear()
            candidates = self._parts[square, combination] = self._candidates(*square, combination)
            if self._areas.no_border_in(square):
                self._whole[square] = candidates
        return candidates

    def _candidates(self, i: int, j: int, combination: Combination) -> tuple[_Candidate, ...]:
        """The places that may be the nearest to some point of a square, in the order of the file."""
        if combination not in self._inside:
            return ()
        candidates, points = self._inside[combination]
        low = np.array([i * self._shrink, j]) / SQUARES_A_DEGREE
        high = np.array([(i + 1) * self._shrink, j + 1]) / SQUARES_A_DEGREE
        nearest_m = np.hypot(*np.maximum(0, np.maximum(low - points, points - high)).T)
        furthest_m = np.hypot(*np.maximum(points - low, high - points).T)
        near = np.flatnonzero(nearest_m <= furthest_m.min() * (1 + _ROUNDING))
        # What is nearer than another at all corners is so in all of the square: that other need not be asked.
        corners = np.array([low, high, (low[0], high[1]), (high[0], low[1])])
        away = np.hypot(*(points[near, None] - corners).T)
        beaten = (away[:, :, None] * (1 + _ROUNDING) < away[:, None, :]).all(axis=0).any(axis=0)
        return tuple(candidates[index] for index in near[~beaten])


def _combination(point: ExactPoint, within: tuple[str, ...], areas: Areas) -> Combination:
    held = areas.areas_of_exact(point)
    return tuple(held.get(kind) for kind in within)


def by_combination(
    points: NDArray[np.float64], city: City, areas: Areas
) -> Mapping[Combination, NDArray[np.int64]]:
    """The numbers of the points in each combination; *points* are lon and lat, some may be outside.

    An address is as exact as a call at it, so none of these points is remembered either.
    """
    numbers_by: defaultdict[Combination, list[int]] = defaultdict(list)
    bounds = city.city.bounds
    for number, (lon, lat) in enumerate(points.tolist()):
        if bounds.contains(lon, lat):
            numbers_by[_combination(ExactPoint(lon, lat), city.within, areas)].append(number)
    return {combination: np.array(numbers) for combination, numbers in numbers_by.items()}


def shrink(bounds: Bounds) -> float:
    """How much shorter a degree of longitude is than one of latitude, in the middle of a city."""
    return math.cos(math.radians((bounds.south + bounds.north) / 2))


def areas_digest(city: City) -> str:
    """A digest of the borders that no place crosses: a place file belongs to them."""
    digest = hashlib.blake2b(digest_size=16)
    for layer in city.areas:
        if layer.kind in city.within:
            digest.update(f"{layer.kind}\x1f{layer.id}\x1f".encode() + city.path(layer.file).read_bytes())
    return digest.hexdigest()


def _checked(body: bytes, path: Path, city: City, spec: PlacesSpec) -> Iterator[Place]:
    """Yield the places of a file; raises ``CityFileError`` at the first thing that cannot be right."""
    try:
        document = orjson.loads(body)
        features = document["features"]
        serves, within, borders = document["serves"], document["within"], document["areas"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise CityFileError(str(path), "", "not a file that `blocklight place build` wrote") from None
    if not isinstance(features, list) or not features:
        raise CityFileError(str(path), "features", "there are no places")
    if not isinstance(serves, int) or serves < spec.serves:
        reason = f"its places serve at least {serves} addresses, the city file asks for {spec.serves}"
        raise CityFileError(str(path), "serves", f"{reason}: build them again")
    if within != list(city.within) or borders != areas_digest(city):
        raise CityFileError(str(path), "areas", "the areas have changed since: build the places again")
    seen: set[tuple[float, float]] = set()
    for number, feature in enumerate(features):
        key, reason = f"features.{number}", ""
        try:
            place = _place_of_feature(feature, city, spec)
            reason = "two places at one point" if (place.lon, place.lat) in seen else ""
        except (KeyError, TypeError, ValueError) as error:
            reason = f"no {error}" if isinstance(error, KeyError) else str(error)
        if reason:
            raise CityFileError(str(path), key, reason)
        seen.add((place.lon, place.lat))
        yield place


def _place_of_feature(feature: Any, city: City, spec: PlacesSpec) -> Place:  # noqa: ANN401 - any JSON value
    properties, geometry = feature["properties"], feature["geometry"]
    if geometry["type"] != "Point":
        raise ValueError("a place is a point")
    lon, lat = (float(number) for number in geometry["coordinates"])
    if not all(abs(number) <= maximum for number, maximum in zip((lon, lat), _MOST_DEGREES, strict=True)):
        raise ValueError("coordinates are not degrees of WGS 84")
    bounds = city.city.bounds
    if not bounds.contains(lon, lat):
        swapped = ": longitude and latitude are swapped" if bounds.contains(lat, lon) else ""
        raise ValueError(f"outside the city's bounds{swapped}")
    label, radius_m, addresses = properties.get("label"), properties["radius_m"], properties["addresses"]
    if label is not None and not (isinstance(label, str) and 0 < len(label.strip()) <= LONGEST_LABEL):
        raise ValueError(f"label: expected a text of at most {LONGEST_LABEL} characters")
    if not isinstance(radius_m, int) or not 0 < radius_m <= spec.furthest_m:
        raise ValueError(f"radius_m: expected a whole number up to furthest_m = {spec.furthest_m}")
    if not isinstance(addresses, int) or addresses < spec.serves:
        raise ValueError(f"serves {addresses} addresses, fewer than {spec.serves}")
    kind = PlaceKind(properties["kind"])
    if kind not in KINDS:
        raise ValueError(f"kind: expected {' or '.join(KINDS)}")
    return Place(lon, lat, kind, radius_m, label)
