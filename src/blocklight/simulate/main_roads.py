"""The freeways, boulevards, hill roads and railways of the demo city, set by hand and smoothed."""

import math
from dataclasses import dataclass
from functools import cache

import shapely
from shapely import Geometry
from shapely.geometry import LineString, Point

from blocklight.simulate.ground import XY, lakes, near, parts, rounded, shore_land


@dataclass(frozen=True, slots=True)
class Road:
    """One named way; *kind* is freeway, ramp, boulevard, street, lane or rail; *line* in kilometres."""

    name: str
    kind: str
    line: Geometry


_FREEWAYS: list[tuple[str, list[XY]]] = [
    ("Tidewater Fwy", [
        (7.4, 30), (6.5, 17), (5.85, 13), (5.55, 11), (5.35, 9.8), (5.3, 8.8), (5.15, 8.0), (4.85, 7.2),
        (4.72, 6.4),
        (4.95, 5.75), (5.6, 5.36), (6.5, 5.06), (7.4, 4.72), (8.3, 4.25), (9.1, 3.66), (10.0, 3.2),
        (11.0, 2.75),
        (11.9, 2.1), (12.6, 1.5), (13.4, 0.8), (14.8, -0.9), (16.6, -4), (16.2, -12), (19, -26), (18, -69)]),
    ("Ridgeline Fwy", [
        (-69, 16), (-30, 10.4), (-12, 8.6), (-2, 7.75), (1.6, 7.42), (3.2, 6.98), (4.2, 6.95), (4.95, 7.2),
        (5.9, 7.4),
        (7.0, 7.55), (8.2, 7.78), (9.0, 7.55), (9.7, 7.0), (10.4, 6.2), (11.2, 5.5), (12.1, 4.75),
        (13.1, 4.1),
        (14.2, 3.4), (16, 2.2), (22, 1), (40, 4), (84, 2)]),
    ("Canyon Fwy", [
        (8.6, 7.74), (9.3, 7.9), (9.75, 8.35), (10.15, 8.95), (10.9, 9.6), (11.9, 10.3), (13, 11.4), (15, 13),
        (22, 15), (50, 26), (84, 30)]),
    ("Market Fwy", [(4.95, 5.75), (5.2, 5.95), (5.5, 6.35), (5.75, 6.85), (6.0, 7.3), (6.5, 7.5)]),
]  # fmt: skip

_BOULEVARDS: list[tuple[str, list[XY]]] = [
    ("Meridian Ave", [
        (6.0, 4.84), (6.28, 5.6), (6.5, 6.4), (6.75, 7.2), (7.1, 8.1), (7.45, 9.0), (7.75, 9.9),
        (7.95, 10.8)]),
    ("Semaphore Ave", [(6.36, 5.9), (6.26, 6.6), (6.2, 7.4), (6.2, 8.4), (6.3, 9.4), (6.4, 10.6)]),
    ("Crescent Dr", [
        (4.2, 7.0), (4.5, 7.3), (4.86, 7.9), (4.95, 8.7), (4.74, 9.45), (4.1, 10.1), (3.3, 10.42),
        (2.6, 10.5)]),
    ("Wharf Blvd", [
        (0.9, 6.2), (2.4, 6.12), (3.6, 6.06), (4.75, 6.0), (5.6, 5.9), (6.36, 5.66), (7.1, 5.42),
        (7.66, 5.16),
        (8.05, 5.1)]),
    ("Grand Lantern Ave", [
        (3.3, 6.7), (4.75, 6.7), (5.6, 6.72), (6.5, 6.6), (7.1, 6.72), (7.28, 7.12), (7.9, 7.1), (8.3, 7.3),
        (8.9, 7.95), (9.2, 8.6), (9.7, 9.1), (10.15, 8.95)]),
    ("Beacon Blvd", [(4.92, 8.14), (5.8, 8.04), (6.7, 8.04), (7.6, 8.2), (8.3, 8.36), (8.95, 8.1)]),
    ("Saltbox Rd", [(4.8, 9.32), (5.8, 9.26), (6.8, 9.32), (7.55, 9.36), (8.2, 9.55), (8.6, 9.95)]),
    ("Riverside Dr", [
        (2.7, 10.5), (3.2, 10.5), (4.0, 10.76), (4.9, 10.6), (5.8, 10.8), (6.7, 10.56), (7.6, 10.8),
        (8.4, 10.75)]),
    ("Anchor Blvd", [
        (8.05, 5.1), (8.7, 4.72), (9.6, 4.1), (10.6, 3.55), (11.6, 2.95), (12.5, 2.45), (13.2, 1.95),
        (14.4, 1.2),
        (17, -0.8)]),
    ("Foothill Blvd", [
        (8.4, 5.55), (9.2, 5.5), (10.0, 4.92), (10.9, 4.3), (11.9, 3.7), (12.9, 3.2), (13.8, 2.75),
        (15.6, 1.9)]),
    ("Parkhill Ave", [(8.2, 5.15), (8.8, 6.1), (9.4, 6.75), (9.95, 7.45), (10.5, 8.1), (10.75, 8.6),
    (10.9, 9.5)]),
    ("Almond Ave", [(9.0, 3.35), (9.5, 4.15), (10.05, 4.9), (10.6, 5.8), (11.0, 6.4), (11.35, 7.0),
    (11.5, 7.7)]),
    ("Foundry St", [(10.1, 2.75), (10.6, 3.55), (11.25, 4.4), (11.75, 5.05), (12.2, 5.8)]),
    ("Granite Ave", [(11.2, 2.1), (11.65, 2.95), (12.1, 3.6), (12.6, 4.4), (13.0, 5.2)]),
    ("Sallow Ave", [(11.9, 1.2), (12.4, 2.0), (12.75, 2.7), (13.1, 3.3), (13.4, 3.95)]),
    ("Skyline Dr", [
        (7.95, 10.8), (8.5, 10.45), (8.9, 10.5), (9.3, 10.1), (9.8, 10.25), (10.2, 9.8), (10.7, 9.85),
        (10.95, 9.45),
        (11.5, 9.5), (11.75, 9.0), (12.25, 8.9), (12.3, 8.35), (12.75, 8.0), (12.6, 7.5), (13.0, 7.1),
        (12.95, 6.5),
        (13.4, 6.2), (13.3, 5.6), (13.65, 5.1), (13.5, 4.5), (13.8, 3.9)]),
    ("Redwood Rd", [(10.8, 6.1), (11.5, 6.5), (11.8, 7.0), (12.3, 7.1), (12.62, 7.5), (13.4, 7.9),
    (14.6, 8.2),
                    (18, 10)]),
    ("Highland Ave", [(8.15, 9.5), (8.8, 9.15), (9.5, 9.05), (10.15, 8.95)]),
    ("Dockside Ave", [(3.42, 7.0), (3.36, 6.7), (3.3, 6.08), (3.26, 5.41)]),
    ("Central Ave", [
        (2.75, 3.95), (4.0, 3.76), (5.2, 3.36), (6.4, 2.92), (7.5, 2.44), (8.5, 1.96), (9.55, 1.38)]),
    ("Willow Ave", [(2.9, 4.42), (4.0, 4.26), (5.2, 3.9), (6.4, 3.48), (7.5, 3.0), (8.4, 2.44), (9.3, 1.86)]),
    ("Wickford Ave", [(4.5, 5.42), (4.46, 4.6), (4.36, 3.66), (4.24, 2.7)]),
    ("Halyard Blvd", [(7.1, 4.88), (6.9, 4.2), (6.62, 3.2), (6.4, 2.16)]),
    ("Sandpiper Blvd", [(8.9, 3.84), (8.4, 3.1), (8.12, 2.2), (7.92, 1.56)]),
    ("Airfield Pkwy", [(9.55, 1.38), (9.95, 0.95), (10.2, 0.72), (10.65, 0.62), (10.95, 1.0), (11.1, 1.8),
                           (11.2, 2.65)]),
]  # fmt: skip

_RAIL: list[list[XY]] = [
    [(7.6, 30), (6.7, 17), (6.05, 13), (5.72, 11), (5.52, 9.8), (5.46, 8.8), (5.32, 8.0), (5.04, 7.3),
    (4.55, 6.85),
     (4.2, 6.4), (4.12, 5.9), (4.35, 5.46), (4.9, 5.24), (5.9, 5.02), (6.8, 4.74), (7.6, 4.44), (8.4, 3.98),
     (9.2, 3.42), (10.0, 2.96), (11.0, 2.52), (11.85, 1.88), (12.5, 1.3), (13.3, 0.6), (14.7, -1.1),
     (16.4, -4.1),
     (16.0, -12), (18.7, -26), (17.6, -69)],
    [(4.55, 6.85), (4.1, 6.48), (3.5, 6.4), (2.4, 6.36), (1.3, 6.32)],
]  # fmt: skip
_YARD = [(1.7, 3.7, 6.36, 0.045 * lane) for lane in (-3, -2, -1, 1, 2)]

_JOIN_KM = 0.16
_PROLONG_KM = 0.28
_INTERCHANGES: list[XY] = [(4.98, 7.2), (8.9, 7.62), (4.98, 5.76), (6.28, 7.46)]


def _smooth(points: list[XY]) -> Geometry:
    return LineString(rounded(points, closed=False, times=3))


@cache
def freeways() -> tuple[Road, ...]:
    """Return the limited-access roads, with bridges over water; spurs end on the freeway that they leave."""
    lines: list[Geometry] = []
    for _, points in _FREEWAYS:
        lines.append(_ending_on(_smooth(points), lines))
    return tuple(Road(name, "freeway", line) for (name, _), line in zip(_FREEWAYS, lines, strict=True))


@cache
def boulevards() -> tuple[Road, ...]:
    """Return the main roads: radials, rings and hill roads; most bound neighbourhoods and beats."""
    drawn = [_smooth(points) for _, points in _BOULEVARDS]
    drawn = [_ending_on(line, drawn[:i] + drawn[i + 1 :]) for i, line in enumerate(drawn)]
    named = [Road(name, "boulevard", line) for (name, _), line in zip(_BOULEVARDS, drawn, strict=True)]
    lake = next(part for part in parts(lakes()) if part.contains(Point(7.95, 6.0)))
    around = lake.buffer(0.16).buffer(-0.08).exterior.difference(near(7.8, 4.6, 0.62))
    island = next(part for part in parts(shore_land()) if part.contains(Point(6.2, 2.9)))
    beach = island.buffer(-0.32).buffer(0.2).exterior
    named += [Road("Lakeshore Dr", "boulevard", line) for line in _joined(around)]
    named += [Road("Strand Dr", "boulevard", line) for line in _joined(beach)]
    return tuple(named)


@cache
def dividers() -> tuple[Geometry, ...]:
    """Return the main roads that people think of as where one part of the city ends and the next begins."""
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


def _ending_on(line: Geometry, others: list[Geometry]) -> Geometry:
    """Move the ends of a road onto the other roads that they nearly reach."""
    points = list(line.coords)
    for at in (0, -1):
        end = Point(points[at])
        close = [other for other in others if other.distance(end) < _JOIN_KM]
        if close:
            other = min(close, key=end.distance)
            joint = other.interpolate(other.project(end))
            before = points[1 if at == 0 else -2]
            # A few metres past the middle of the other road, so that the two surely cross.
            past = 0.006 / (math.dist(before, (joint.x, joint.y)) or 1.0)
            points[at] = (joint.x + (joint.x - before[0]) * past, joint.y + (joint.y - before[1]) * past)
    return LineString(points)


@cache
def rails() -> tuple[Road, ...]:
    """Return the coast line, its branch to the quays and the goods yard."""
    lines = [Road("Coast Line", "rail", _smooth(points)) for points in _RAIL]
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
    """Return the airfield on the spit."""
    lines = [
        [(9.86, 0.02), (10.98, 0.34)],
        [(10.02, 0.5), (10.86, -0.14)],
        [(9.95, 0.2), (10.3, 0.34), (10.82, 0.44)],
    ]
    return tuple(Road("Airfield", "runway", LineString(points)) for points in lines)


@cache
def ramps() -> tuple[Road, ...]:
    """Return the curved connectors where freeways meet."""
    whole = shapely.union_all([road.line for road in freeways()])
    drawn = []
    for x, y in _INTERCHANGES:
        arms = [
            line
            for line in _joined(near(x, y, 0.42).exterior.intersection(near(x, y, 1)))
            if not line.is_empty
        ]
        feet = sorted(
            (point for arm in arms for point in parts(arm.intersection(whole))),
            key=lambda point: _turn(point, x, y),
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


def _turn(point: Geometry, x: float, y: float) -> float:
    dx, dy = point.x - x, point.y - y
    ratio = dx / ((dx * dx + dy * dy) ** 0.5)
    return float(-ratio if dy >= 0 else 2 + ratio)


def _joined(geometry: Geometry) -> list[Geometry]:
    """Join touching pieces of lines into as few lines as possible."""
    if geometry.geom_type in {"LinearRing", "LineString"}:
        return [LineString(geometry.coords)]
    return parts(shapely.line_merge(geometry))
