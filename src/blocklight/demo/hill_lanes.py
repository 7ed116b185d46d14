"""Lays the winding lanes of the demo city's hills: along the contours, and some straight up.

Evenly spaced streamlines after Jobard and Lefer (1997): a lane follows the slope until it would crowd
another.
"""

import math
import random
from collections.abc import Iterator

import shapely
from shapely import Geometry
from shapely.geometry import LineString, Point

from blocklight.demo import street_names
from blocklight.demo.ground import XY, height, hills, parts
from blocklight.demo.main_roads import Road, boulevards

_SPACING_KM = 0.115
_STEP_KM = 0.03
_SHORTEST_KM = 0.16
_DEAD_ENDS = 0.16


class _Slopes:
    """The lanes drawn so far, as points in square cells."""

    def __init__(self, ground: Geometry) -> None:
        self.ground = ground
        self._cells: dict[tuple[int, int], list[XY]] = {}

    def nearest(self, p: XY, apart: list[XY]) -> tuple[float, XY]:
        """The distance to the nearest point of a lane, and that point; *apart* is not looked at."""
        i, j = math.floor(p[0] / _SPACING_KM), math.floor(p[1] / _SPACING_KM)
        excluded = set(apart)
        close = [
            (math.dist(p, q), q)
            for di in (-1, 0, 1)
            for dj in (-1, 0, 1)
            for q in self._cells.get((i + di, j + dj), ())
            if q not in excluded
        ]
        return min(close, default=(math.inf, p))

    def occupy(self, points: list[XY]) -> None:
        """Remember a lane."""
        for p in points:
            cell = math.floor(p[0] / _SPACING_KM), math.floor(p[1] / _SPACING_KM)
            self._cells.setdefault(cell, []).append(p)

    def trace(self, start: XY, rng: random.Random, *, uphill: bool) -> list[XY]:
        """Follow the contour (or the slope) both ways from *start* until another lane is met."""
        ahead = self._half([start], 1.0, rng, uphill=uphill)
        behind = self._half([start], -1.0, rng, uphill=uphill)
        return [*reversed(behind[1:]), *ahead]

    def _half(self, points: list[XY], sign: float, rng: random.Random, *, uphill: bool) -> list[XY]:
        longest = rng.uniform(0.2, 0.45) if uphill else rng.uniform(0.4, 1.5)
        meets = rng.random() > _DEAD_ENDS
        dx, dy = _direction(*points[0], uphill=uphill)
        last = dx * sign, dy * sign
        while len(points) * _STEP_KM < longest:
            p = points[-1]
            dx, dy = _direction(*p, uphill=uphill)
            if dx * last[0] + dy * last[1] < 0:
                dx, dy = -dx, -dy
            # A lane keeps some of its way, so that it does not turn on a sixpence at every knoll.
            dx, dy = dx * 0.6 + last[0] * 0.4, dy * 0.6 + last[1] * 0.4
            p = p[0] + dx * _STEP_KM, p[1] + dy * _STEP_KM
            if not self.ground.contains(Point(p)):
                return points
            last = dx, dy
            points.append(p)
            away, lane_point = self.nearest(p, [])
            if away < _SPACING_KM * 0.5:
                return [*points, lane_point] if meets else points[:-1]
        away, lane_point = self.nearest(points[-1], [])
        return [*points, lane_point] if meets and away < _SPACING_KM else points


def _direction(x: float, y: float, *, uphill: bool) -> XY:
    e = 0.01
    gx, gy = height(x + e, y) - height(x - e, y), height(x, y + e) - height(x, y - e)
    size = math.hypot(gx, gy) or 1.0
    return (gx / size, gy / size) if uphill else (-gy / size, gx / size)


def hill_lanes(ground: Geometry, streets: list[Road]) -> Iterator[Road]:
    """Yield the lanes of the hills, named; most end on another or on one of *streets*, some are dead ends."""
    rng = random.Random("hills")  # noqa: S311 - a drawing, not a secret
    shapely.prepare(ground)
    slopes = _Slopes(ground)
    for road in (*boulevards(), *streets):
        slopes.occupy(_dense(road.line.intersection(hills().buffer(0.3))))
    name = street_names.of("hills", 0)
    west, low, right, top = ground.bounds
    count = 0
    for uphill, tries, room in ((False, 3000, 0.8), (True, 1300, 0.62)):
        for _ in range(tries):
            start = rng.uniform(west, right), rng.uniform(low, top)
            if not ground.contains(Point(start)) or slopes.nearest(start, [])[0] < _SPACING_KM * room:
                continue
            points = slopes.trace(start, rng, uphill=uphill)
            line = LineString(points) if len(points) > 1 else LineString()
            if line.length < _SHORTEST_KM:
                continue
            slopes.occupy(_dense(line))
            count += 1
            yield Road(name(count), "lane", line.simplify(0.003))


def _dense(geometry: Geometry) -> list[XY]:
    return [
        (point.x, point.y)
        for line in parts(geometry)
        if line.length > 0
        for point in (line.interpolate(k * _STEP_KM) for k in range(int(line.length / _STEP_KM) + 1))
    ]
