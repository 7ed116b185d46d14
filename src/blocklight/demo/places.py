"""Reads the drawn city and answers where a call of a given sort is likely to come from."""

import math
import random
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Any

import numpy as np
import orjson
import shapely
from numpy.typing import NDArray

from blocklight.demo.ground import XY, to_degrees, to_km
from blocklight.demo.house_numbers import number_at

_STEP_KM = 0.055
_FAR_KM = 30


@dataclass(frozen=True, slots=True)
class Spot:
    """One exact place of the city as its dispatch centre knows it."""

    street: str
    cross: str
    road: str
    hundred: int
    x: float
    y: float
    beat: str
    neighborhood: str

    def degrees(self) -> XY:
        """Longitude and latitude in WGS 84."""
        return to_degrees(self.x, self.y)


# A hot spot: x, y and radius in km, and how strongly it draws.
Heat = tuple[float, float, float, float]

_NIGHTLIFE: tuple[Heat, ...] = (
    (6.3, 6.25, 0.35, 60), (5.45, 5.25, 0.3, 50), (6.3, 8.05, 0.22, 25), (4.9, 8.7, 0.22, 22),
    (6.4, 2.95, 0.2, 18),
    (9.5, 4.15, 0.25, 18), (10.3, 3.65, 0.3, 14),
)  # fmt: skip
_SHOPS: tuple[Heat, ...] = (
    (6.2, 5.7, 0.4, 45), (6.35, 7.9, 0.3, 22), (8.6, 7.3, 0.25, 18), (10.55, 3.6, 0.35, 26),
    (12.0, 3.65, 0.25, 18),
    (6.45, 2.9, 0.25, 20), (4.3, 3.75, 0.2, 12), (9.9, 3.1, 0.2, 14), (7.5, 9.3, 0.22, 12),
    (12.5, 2.45, 0.22, 12),
)  # fmt: skip
_SCHOOL_YARDS: tuple[XY, ...] = (
    (3.8, 5.8), (5.8, 8.6), (6.7, 9.7), (7.4, 8.6), (9.1, 5.9), (10.2, 5.1), (11.4, 3.9), (12.6, 3.6),
    (4.0, 4.1), (7.2, 2.9), (8.7, 2.2), (12.3, 2.1), (9.0, 9.2),
)  # fmt: skip
_SCHOOLS: tuple[Heat, ...] = tuple((x, y, 0.16, 30) for x, y in _SCHOOL_YARDS)
_ENCAMPED: tuple[Heat, ...] = (
    (5.2, 5.85, 0.35, 30), (7.9, 5.0, 0.4, 26), (9.2, 3.9, 0.35, 22), (10.9, 3.0, 0.4, 18),
    (4.5, 6.6, 0.3, 16),
)  # fmt: skip
_OLD_FLATS: tuple[Heat, ...] = (
    (10.7, 4.2, 0.9, 7), (4.0, 6.1, 0.7, 7), (12.0, 3.0, 0.8, 6), (9.3, 4.6, 0.7, 6), (5.7, 8.0, 0.7, 4),
    (6.3, 6.0, 0.8, 6),
)  # fmt: skip
_QUAYS: tuple[Heat, ...] = (
    (2.2, 6.2, 0.7, 30),
    (9.9, 3.0, 0.5, 14),
    (11.3, 2.4, 0.4, 10),
    (5.6, 5.0, 0.3, 6),
)

# Profile → share spread evenly over all streets, and its hot spots.
_HEATS: dict[str, tuple[float, tuple[Heat, ...]]] = {
    "homes": (1.0, _OLD_FLATS),
    "everywhere": (1.0, _OLD_FLATS + _SHOPS[:3]),
    "night": (0.35, _NIGHTLIFE),
    "shops": (0.25, _SHOPS),
    "school": (0.03, _SCHOOLS),
    "camps": (0.3, _ENCAMPED + _NIGHTLIFE[:1]),
    "quays": (0.1, _QUAYS),
    "streets": (1.0, _OLD_FLATS),
    "freeway": (1.0, ()),
    "crossing": (1.0, _SHOPS[:4] + _OLD_FLATS),
}


def city_file(name: str) -> list[dict[str, Any]]:
    """Load the features of one of the drawn city's GeoJSON files."""
    text = resources.files("blocklight").joinpath("cities", "demo", f"{name}.geojson").read_bytes()
    return list(orjson.loads(text)["features"])


@cache
def spots() -> tuple[Spot, ...]:
    """Every addressable place of the city, in a fixed order: one each 55 m of street inside the city."""
    positions = list(_along_streets())
    points = shapely.points([(x, y) for _, _, x, y, _ in positions])
    beats = _containing("beats", points)
    hoods = _containing("neighborhoods", points)
    crossings = _crossing_streets([(name, x, y) for name, _, x, y, _ in positions])
    return tuple(
        Spot(name, cross, road, hundred, x, y, beat, hood)
        for (name, road, x, y, hundred), cross, beat, hood in zip(
            positions, crossings, beats, hoods, strict=True
        )
        if beat
    )


@cache
def chooser(profile: str) -> Callable[[random.Random], Spot]:
    """How to draw a spot for a profile such as ``night`` or ``school``."""
    spread, heats = _HEATS[profile]
    every = [spot for spot in spots() if (spot.road == "freeway") == (profile == "freeway")]
    running = np.cumsum(_draws(every, spread, heats)).tolist()

    def choose(rng: random.Random) -> Spot:
        return every[min(bisect_left(running, rng.random() * running[-1]), len(every) - 1)]

    return choose


@cache
def _by_cell() -> dict[tuple[int, int], list[Spot]]:
    cells: dict[tuple[int, int], list[Spot]] = {}
    for spot in spots():
        if spot.road != "freeway":
            cells.setdefault((math.floor(spot.x / 0.2), math.floor(spot.y / 0.2)), []).append(spot)
    return cells


def neighbor(spot: Spot, rng: random.Random) -> Spot:
    """Draw a place within 200 m of another."""
    i, j = math.floor(spot.x / 0.2), math.floor(spot.y / 0.2)
    close = [s for di in (-1, 0, 1) for dj in (-1, 0, 1) for s in _by_cell().get((i + di, j + dj), ())]
    close = [s for s in close if math.hypot(s.x - spot.x, s.y - spot.y) < 0.2]  # noqa: PLR2004 - 200 m
    return rng.choice(close) if close else spot


def _draws(every: list[Spot], spread: float, heats: tuple[Heat, ...]) -> NDArray[np.float64]:
    """Weigh every spot: by its road, and by the hot spots within three radii."""
    xs, ys = np.array([spot.x for spot in every]), np.array([spot.y for spot in every])
    boulevard = np.array([spot.road == "boulevard" for spot in every])
    lane = np.array([spot.road == "lane" for spot in every])
    weights = spread * np.where(lane, 0.35, np.where(boulevard, 1.7, 1.0))
    for x, y, radius, strength in heats:
        away = ((xs - x) ** 2 + (ys - y) ** 2) / (radius * radius)
        near = strength * np.exp(-away / 2) * np.where(boulevard, 0.4, 0.25)
        weights = weights + np.where(away < 9, near, 0.0)  # noqa: PLR2004 - three radii
    return np.asarray(weights, dtype=np.float64)


def _along_streets() -> Iterator[tuple[str, str, float, float, int]]:
    for name in ("roads_minor", "roads_major"):
        for feature in city_file(name):
            road, street = feature["properties"]["class"], feature["properties"]["name"]
            if road in {"ramp", "runway"}:
                continue
            shape = feature["geometry"]
            lines = shape["coordinates"] if shape["type"] == "MultiLineString" else [shape["coordinates"]]
            for line in lines:
                near = [to_km(*point) for point in line]
                for x, y, dx, dy in _steps([p for p in near if max(map(abs, p)) < _FAR_KM]):
                    yield street, road, x, y, number_at(x, y, dx, dy) // 100 * 100


def _steps(line: list[XY]) -> Iterator[tuple[float, float, float, float]]:
    """Yield points every 55 m along a line, with the direction of the street there."""
    ahead = _STEP_KM / 2
    for (ax, ay), (bx, by) in pairwise(line):
        length = math.hypot(bx - ax, by - ay)
        if length == 0:
            continue
        dx, dy = (bx - ax) / length, (by - ay) / length
        while ahead < length:
            yield ax + dx * ahead, ay + dy * ahead, dx, dy
            ahead += _STEP_KM
        ahead -= length


def _containing(layer: str, points: NDArray[np.object_]) -> list[str]:
    features = city_file(layer)
    shapes = [shapely.from_geojson(orjson.dumps(feature["geometry"])) for feature in features]
    flat = [shapely.transform(shape, _to_km) for shape in shapes]
    names = [""] * len(points)
    tree = shapely.STRtree(points)
    for shape, feature in zip(flat, features, strict=True):
        for index in tree.query(shape, predicate="contains"):
            names[int(index)] = feature["properties"]["id" if layer == "beats" else "name"]
    return names


def _to_km(points: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.array([to_km(lon, lat) for lon, lat in points])


def _crossing_streets(named: list[tuple[str, float, float]]) -> list[str]:
    """Find for each point the nearest street of another name."""
    cells: dict[tuple[int, int], list[tuple[str, float, float]]] = {}
    for name, x, y in named:
        cells.setdefault((math.floor(x / 0.12), math.floor(y / 0.12)), []).append((name, x, y))
    return [_nearest_other(cells, name, x, y) for name, x, y in named]


def _nearest_other(
    cells: dict[tuple[int, int], list[tuple[str, float, float]]], name: str, x: float, y: float
) -> str:
    i, j = math.floor(x / 0.12), math.floor(y / 0.12)
    best, name_of_best = 1.0, ""
    for di in (-1, 0, 1):
        for dj in (-1, 0, 1):
            for candidate, ox, oy in cells.get((i + di, j + dj), ()):
                away = (ox - x) ** 2 + (oy - y) ** 2
                if away < best and candidate != name and not candidate.endswith("Fwy"):
                    best, name_of_best = away, candidate
    return name_of_best
