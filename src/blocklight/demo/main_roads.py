"""The freeways, boulevards, hill roads and railways of the demo city, set by hand and smoothed."""

import math
from dataclasses import dataclass
from functools import cache

import shapely
from shapely import Geometry
from shapely.geometry import LineString, Point

from blocklight.demo.drawn import DRAWN
from blocklight.demo.ground import XY, lakes, near, parts, rounded, shore_land


@dataclass(frozen=True, slots=True)
class Road:
    """One named way; *kind* is freeway, ramp, boulevard, street, lane or rail; *line* in kilometres."""

    name: str
    kind: str
    line: Geometry


_YARD = [(1.7, 3.7, 6.36, 0.045 * lane) for lane in (-3, -2, -1, 1, 2)]

_JOIN_KM = 0.16
_PROLONG_KM = 0.28


def _smooth(points: list[XY]) -> Geometry:
    return LineString(rounded(points, closed=False, times=3))


@cache
def freeways() -> tuple[Road, ...]:
    """The limited-access roads, with bridges over water; spurs end on the freeway that they leave."""
    lines: list[Geometry] = []
    for _, points in DRAWN.freeways:
        lines.append(_ending_on(_smooth(points), lines))
    return tuple(Road(name, "freeway", line) for (name, _), line in zip(DRAWN.freeways, lines, strict=True))


@cache
def boulevards() -> tuple[Road, ...]:
    """The main roads: radials, rings and hill roads; most bound neighbourhoods and beats."""
    drawn = [_smooth(points) for _, points in DRAWN.boulevards]
    drawn = [_ending_on(line, drawn[:i] + drawn[i + 1 :]) for i, line in enumerate(drawn)]
    named = [Road(name, "boulevard", line) for (name, _), line in zip(DRAWN.boulevards, drawn, strict=True)]
    lake = next(part for part in parts(lakes()) if part.contains(Point(7.95, 6.0)))
    around = lake.buffer(0.16).buffer(-0.08).exterior.difference(near(7.8, 4.6, 0.62))
    island = next(part for part in parts(shore_land()) if part.contains(Point(6.2, 2.9)))
    beach = island.buffer(-0.32).buffer(0.2).exterior
    named += [Road("Lakeshore Dr", "boulevard", line) for line in _merged_lines(around)]
    named += [Road("Strand Dr", "boulevard", line) for line in _merged_lines(beach)]
    return tuple(named)


@cache
def dividers() -> tuple[Geometry, ...]:
    """The main roads that people think of as where one part of the city ends and the next begins."""
    inner = {"Lakeshore Dr", "Strand Dr", "Airfield Pkwy", "Riverside Dr", "Willow Ave"}
    return tuple(_prolonged(road.line) for road in (*boulevards(), *freeways()) if road.name not in inner)


def _prolonged(line: Geometry) -> Geometry:
    """Carry a road on for a few hundred metres at both ends, to the shore behind its last corner."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = (line.coords[i] for i in (0, 1, -2, -1))
    first, last = (
        _PROLONG_KM / (math.dist(*pair) or 1) for pair in (((ax, ay), (bx, by)), ((cx, cy), (dx, dy)))
    )
    start = ax + (ax - bx) * first, ay + (ay - by) * first
    return LineString([start, *line.coords, (dx + (dx - cx) * last, dy + (dy - cy) * last)])


def _ending_on(line: Geometry, roads: list[Geometry]) -> Geometry:
    """Move the ends of a road onto the other roads that they nearly reach."""
    points = list(line.coords)
    for at in (0, -1):
        end = Point(points[at])
        close = [road for road in roads if road.distance(end) < _JOIN_KM]
        if close:
            road = min(close, key=end.distance)
            joint = road.interpolate(road.project(end))
            before = points[1 if at == 0 else -2]
            # A few metres past the middle of the other road, so that the two surely cross.
            past = 0.006 / (math.dist(before, (joint.x, joint.y)) or 1.0)
            points[at] = (joint.x + (joint.x - before[0]) * past, joint.y + (joint.y - before[1]) * past)
    return LineString(points)


@cache
def rails() -> tuple[Road, ...]:
    """The coast line, its branch to the quays and the goods yard."""
    lines = [Road("Coast Line", "rail", _smooth(points)) for points in DRAWN.rail]
    lines += [
        Road(
            "Quayside Yard",
            "rail",
            _smooth([(x0 - 0.2, y), (x0 + 0.2, y + dy), (x1 - 0.5, y + dy), (x1, y + 0.03)]),
        )
        for x0, x1, y, dy in _YARD
    ]
    return tuple(lines)


@cache
def runways() -> tuple[Road, ...]:
    """The airfield on the spit."""
    lines = [
        [(9.86, 0.02), (10.98, 0.34)],
        [(10.02, 0.5), (10.86, -0.14)],
        [(9.95, 0.2), (10.3, 0.34), (10.82, 0.44)],
    ]
    return tuple(Road("Airfield", "runway", LineString(points)) for points in lines)


@cache
def ramps() -> tuple[Road, ...]:
    """The curved connectors where freeways meet."""
    whole = shapely.union_all([road.line for road in freeways()])
    drawn = []
    for x, y in DRAWN.interchanges:
        arms = [
            line
            for line in _merged_lines(near(x, y, 0.42).exterior.intersection(near(x, y, 1)))
            if not line.is_empty
        ]
        feet = sorted(
            (point for arm in arms for point in parts(arm.intersection(whole))),
            key=lambda point: _angle(point, x, y),
        )
        for a, b in zip(feet, feet[1:] + feet[:1], strict=True):
            bend = [(a.x, a.y), (a.x * 0.45 + x * 0.55, a.y * 0.45 + y * 0.55),
                    (b.x * 0.45 + x * 0.55, b.y * 0.45 + y * 0.55), (b.x, b.y)]  # fmt: skip
            side = 0.09
            mid = ((a.x + b.x) / 2 - x, (a.y + b.y) / 2 - y)
            size = (mid[0] ** 2 + mid[1] ** 2) ** 0.5 or 1.0
            shift = (mid[0] / size * side, mid[1] / size * side)
            drawn.append(Road("Ramp", "ramp", _smooth([bend[0], *[(p[0] + shift[0], p[1] + shift[1])
                                                                 for p in bend[1:3]], bend[3]])))  # fmt: skip
    return tuple(drawn)


def _angle(point: Geometry, x: float, y: float) -> float:
    dx, dy = point.x - x, point.y - y
    ratio = dx / ((dx * dx + dy * dy) ** 0.5)
    return float(-ratio if dy >= 0 else 2 + ratio)


def _merged_lines(geometry: Geometry) -> list[Geometry]:
    """Join touching pieces of lines into as few lines as possible."""
    if geometry.geom_type in {"LinearRing", "LineString"}:
        return [LineString(geometry.coords)]
    return parts(shapely.line_merge(geometry))
