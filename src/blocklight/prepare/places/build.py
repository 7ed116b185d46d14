"""Chooses a city's approved places: merges those that serve too few, and writes the file."""

import math
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import shapely
from numpy.typing import NDArray

from blocklight.config.city import City, PlacesSpec
from blocklight.geo.approved_places import (
    LONGEST_LABEL,
    METRES_A_DEGREE,
    Combination,
    areas_digest,
    by_combination,
    shrink,
)
from blocklight.geo.areas import Areas
from blocklight.model.vocabulary import PlaceKind
from blocklight.prepare.places.layers import Layer, points_along
from blocklight.prepare.places.streets import candidates, shown_street_name

_DIGITS = 6
# Reaches are rounded up to whole steps, so that the ledger's distribution stays short.
_STEP_M = 25
# Street for each address where nobody counted them: about half of what one side of a street has.
_METRES_AN_ADDRESS = 30.0

_APART_M = 200.0
Points = NDArray[np.float64]


@dataclass(frozen=True)
class Approved:
    """One approved place as it is written down."""

    lon: float
    lat: float
    kind: PlaceKind
    label: str
    addresses: int
    radius_m: int


@dataclass(frozen=True)
class Built:
    """What a build came to; *addresses* are all that were counted, *without* those that no place serves."""

    places: list[Approved]
    candidates: dict[str, int]
    addresses: int
    without: int
    moved_m: tuple[float, float]
    """How far the median address is from its place, and the 90th percentile."""


class Plane:
    """Degrees of one city as metres east and north of its middle."""

    def __init__(self, city: City) -> None:
        bounds = city.city.bounds
        self._middle = np.array([(bounds.west + bounds.east) / 2, (bounds.south + bounds.north) / 2])
        self._scale = np.array([shrink(bounds), 1.0]) * METRES_A_DEGREE

    def metres(self, points: Points) -> Points:
        """Longitude and latitude as metres."""
        return np.asarray((points - self._middle) * self._scale)

    def degrees(self, points: Points) -> Points:
        """Metres as lon, lat."""
        return np.asarray(points / self._scale + self._middle).round(_DIGITS)

    def flat(self, shapes: object) -> Any:  # noqa: ANN401 - shapely has no types of its own
        """Shapes in metres."""
        return shapely.transform(shapes, self.metres)


def build(city: City, areas: Areas, streets: Layer, served: tuple[Points, Points]) -> Built:
    """Choose the places; *served* are the points of addresses in degrees, and how many are at each."""
    spec, plane = _places_spec(city), Plane(city)
    named = [
        (shown_street_name(text), shape) for text, shape in zip(streets.column, streets.shapes, strict=True)
    ]
    spots = candidates((name, plane.flat(shape)) for name, shape in named if name)
    bounds = city.city.bounds
    degrees = plane.degrees(np.array([(spot.x, spot.y) for spot in spots]).reshape(-1, 2))
    inside = [bounds.contains(lon, lat) for lon, lat in degrees]
    spots = [spot for spot, is_inside in zip(spots, inside, strict=True) if is_inside]
    degrees = degrees[np.array(inside, dtype=bool)]
    points, weights = served
    spots_by = by_combination(degrees, city, areas)
    addresses_by = by_combination(points, city, areas)
    places: list[Approved] = []
    away = [np.empty((0, 2))]
    for combination, numbers in sorted(spots_by.items(), key=lambda item: str(item[0])):
        nearby = addresses_by.get(combination, np.empty(0, dtype=np.int64))
        group = _Group(plane.metres(degrees[numbers]), plane.metres(points[nearby]), weights[nearby])
        chosen, counts = group.merged(spec)
        away.append(group.away(chosen, spec.furthest_m))
        ground = _ground(city, areas, plane, combination)
        reaches = _reaches(ground, group.at[chosen], spec.furthest_m)
        for index, n, reach in zip(chosen, counts, reaches, strict=True):
            lon, lat = degrees[numbers[index]].tolist()
            spot = spots[numbers[index]]
            places.append(Approved(lon, lat, spot.kind, spot.label[:LONGEST_LABEL], int(n), reach))
    moved = np.concatenate(away)
    return Built(
        sorted(places, key=lambda place: (place.lon, place.lat)),
        {
            str(kind): sum(spot.kind is kind for spot in spots)
            for kind in (PlaceKind.INTERSECTION, PlaceKind.BLOCK)
        },
        round(float(weights.sum())),
        round(float(weights.sum() - moved[:, 1].sum())),
        _moved_percentiles(moved),
    )


def served_by(layer: Layer, counts: list[Any] | None, plane: Plane) -> tuple[Points, Points]:
    """Points of addresses in degrees and how many are at each.

    Points are one address each unless *counts* says otherwise. A block's addresses lie along its outline: as
    many as it counts, or one for each 30 m.
    """
    if all(shape.geom_type == "Point" for shape in layer.shapes):
        at = shapely.get_coordinates(layer.shapes)
        return at, np.ones(len(at)) if counts is None else np.array(counts, dtype=np.float64)
    positions, weights = [np.empty((0, 2))], [np.empty(0)]
    flat = plane.flat(layer.shapes)
    for number, shape in enumerate(flat):
        along = points_along([shape], _METRES_AN_ADDRESS)
        positions.append(along)
        n = len(along) if counts is None else counts[number]
        weights.append(np.full(len(along), n / max(1, len(along))))
    return plane.degrees(np.concatenate(positions)), np.concatenate(weights)


def write_places(built: Built, city: City, path: Path) -> None:
    """Write the place file, one place a line, so that a changed place is a changed line."""
    rows = [
        {
            "type": "Feature",
            "properties": {
                "kind": place.kind,
                "label": place.label,
                "addresses": place.addresses,
                "radius_m": place.radius_m,
            },
            "geometry": {"type": "Point", "coordinates": [place.lon, place.lat]},
        }
        for place in built.places
    ]
    head = orjson.dumps(
        {
            "type": "FeatureCollection",
            "serves": _places_spec(city).serves,
            "within": list(city.within),
            "areas": areas_digest(city),
        }
    )
    body = head[:-1] + b',"features":[\n' + b",\n".join(map(orjson.dumps, rows)) + b"\n]}\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    draft.write_bytes(body)
    draft.replace(path)


@dataclass(frozen=True)
class _Group:
    """The candidates of one combination of areas in metres, with the addresses there and their weights."""

    at: Points
    addresses: Points
    weights: Points

    def merged(self, spec: PlacesSpec) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Which candidates are kept, and how many addresses each serves.

        What serves too few gives way, the fewest first, and its addresses go to whatever is nearest then.
        """
        chosen = np.arange(len(self.at))
        while len(chosen):
            counts = self._counts(chosen, spec.furthest_m)
            small = np.flatnonzero(counts < spec.serves)
            if not len(small):
                return chosen, counts
            order = sorted(small.tolist(), key=lambda index: (counts[index], *self.at[chosen[index]]))
            chosen = np.delete(chosen, self._far_apart(chosen, order))
        return chosen, np.empty(0, dtype=np.int64)

    def _counts(self, chosen: NDArray[np.int64], furthest_m: float) -> NDArray[np.int64]:
        nearest, close = self._nearest(chosen, furthest_m)
        sums = np.bincount(nearest[close], weights=self.weights[close], minlength=len(chosen))
        counts: NDArray[np.int64] = np.floor(sums + 1e-9).astype(np.int64)
        return counts

    def away(self, chosen: NDArray[np.int64], furthest_m: float) -> Points:
        """For each address that a place serves how far that is, and its weight."""
        nearest, close = self._nearest(chosen, furthest_m)
        gaps = self.at[chosen][nearest[close]] - self.addresses[close]
        return np.stack([np.hypot(*gaps.T), self.weights[close]], axis=1)

    def _nearest(
        self, chosen: NDArray[np.int64], furthest_m: float
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        if not len(chosen) or not len(self.addresses):
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=bool)
        tree = shapely.STRtree(shapely.points(self.at[chosen]))
        nearest: NDArray[np.int64] = tree.nearest(shapely.points(self.addresses))
        close = np.hypot(*(self.at[chosen][nearest] - self.addresses).T) <= furthest_m
        return nearest, close

    def _far_apart(self, chosen: NDArray[np.int64], order: list[int]) -> list[int]:
        """Those that go at once: no two so close that one could have served the other's addresses."""
        gone: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        for index in order:
            x, y = self.at[chosen[index]]
            i, j = math.floor(x / _APART_M), math.floor(y / _APART_M)
            if not any((i + di, j + dj) in gone for di in (-1, 0, 1) for dj in (-1, 0, 1)):
                gone[i, j].append(index)
        return [index for group in gone.values() for index in group]


def _places_spec(city: City) -> PlacesSpec:
    return city.places or PlacesSpec(file="places.geojson")


def _ground(city: City, areas: Areas, plane: Plane, combination: Combination) -> Any:  # noqa: ANN401 - shapely has no types of its own
    """The ground that a combination of areas covers, in metres, or more than that."""
    bounds = city.city.bounds
    ground = plane.flat(shapely.box(bounds.west, bounds.south, bounds.east, bounds.north))
    for kind, area in zip(city.within, combination, strict=True):
        if area is not None:
            ground = ground.intersection(plane.flat(areas.polygon(kind, area)))
    return ground


def _reaches(ground: object, at: Points, furthest_m: int) -> list[int]:
    """How far the ground that each place serves reaches: to its neighbours' and to the border."""
    if not len(at):
        return []
    cells = np.array([ground], dtype=object)
    if len(at) > 1:
        drawn = shapely.voronoi_polygons(shapely.multipoints(at), extend_to=ground, ordered=True)
        # Where streets stand in a regular grid, GEOS draws cells that cross themselves by a hair.
        cells = shapely.intersection(shapely.make_valid(shapely.get_parts(drawn)), ground)
    reaches = []
    for cell, point in zip(cells, at, strict=True):
        corners = shapely.get_coordinates(cell)
        far = float(np.hypot(*(corners - point).T).max()) if len(corners) else 0.0
        reaches.append(min(furthest_m, max(1, math.ceil(far / _STEP_M)) * _STEP_M))
    return reaches


def _moved_percentiles(moved: Points) -> tuple[float, float]:
    if not len(moved):
        return 0.0, 0.0
    order = moved[np.argsort(moved[:, 0])]
    share = np.cumsum(order[:, 1]) / order[:, 1].sum()
    half, ninth = (float(order[np.searchsorted(share, part), 0]) for part in (0.5, 0.9))
    return half, ninth
