"""Lays the minor streets of the demo city: rotated grids that meet at boulevards, and lanes that follow the slopes."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import shapely
from shapely import affinity
from shapely.geometry import LineString, Point, Polygon

from blocklight.simulate import street_names
from blocklight.simulate.ground import XY, city_land, height, hills, parts
from blocklight.simulate.main_roads import Road, boulevards, freeways, rails

_SHORTEST_KM = 0.07


@dataclass(frozen=True, slots=True)
class Grid:
    """A surveyor's grid: *angle* in degrees, block size in km along and across it, how often a crossing is left out."""

    name: str
    angle: float
    along: float
    across: float
    gaps: float
    wander: float = 0.02


GRIDS: dict[str, Grid] = {
    grid.name: grid
    for grid in (
        Grid("port", -4, 0.42, 0.3, 0.35, 0.0),
        Grid("west", 3, 0.19, 0.1, 0.12),
        Grid("downtown", -15, 0.115, 0.085, 0.06, 0.0),
        Grid("north", 6, 0.22, 0.1, 0.14),
        Grid("crescent", -14, 0.18, 0.1, 0.12, 0.03),
        Grid("orchard", 21, 0.21, 0.1, 0.16, 0.03),
        Grid("lakeside", -47, 0.19, 0.1, 0.12, 0.035),
        Grid("east", -34, 0.11, 0.2, 0.14, 0.025),
        Grid("shore", -31, 0.26, 0.2, 0.3, 0.0),
        Grid("far", -25, 0.1, 0.2, 0.18, 0.03),
        Grid("wick", -6, 0.2, 0.11, 0.14, 0.015),
        Grid("halyard", -21, 0.1, 0.18, 0.1, 0.03),
        Grid("sandpiper", -30, 0.19, 0.1, 0.2, 0.05),
    )
}


@cache
def corridors() -> Any:
    """The ground that freeways and railways take, where only few streets get across."""
    wide = [road.line.buffer(0.045) for road in freeways()]
    return shapely.union_all(wide + [road.line.buffer(0.018) for road in rails()])


def grid_streets(grid: Grid, ground: Any) -> Iterator[Road]:
    """Yield the streets of one grid over *ground*, its boulevards and parks already taken out."""
    rng = random.Random(f"grid {grid.name}")  # noqa: S311 - a drawing, not a secret
    open_ground = ground.buffer(-0.012)
    blocked = shapely.union_all([corridors(), *_superblocks(grid, open_ground, rng)])
    for direction, spacing, other in ((0, grid.across, grid.along), (1, grid.along, grid.across)):
        names = street_names.of(grid.name, direction)
        for index, line in _parallels(grid, ground, direction, spacing):
            crosses = index % 5 == 2  # noqa: PLR2004 - every fifth street passes under the freeway
            usable = ground if crosses else ground.difference(blocked)
            name = names(index)
            for part in parts(line.intersection(usable)):
                if part.length > max(_SHORTEST_KM, other * 0.6):
                    yield Road(name, "street", part)


def block(grid: Grid, x: float, y: float, blocks: tuple[int, int]) -> Any:
    """The outline of *blocks* whole blocks of *grid* around a point: where a park or a school can stand."""
    u, v = _turned(x, y, -grid.angle)
    left, low = math.floor(u / grid.along) * grid.along, math.floor(v / grid.across) * grid.across
    right, top = left + blocks[0] * grid.along, low + blocks[1] * grid.across
    ring = _between((left, low), (right, low)) + _between((right, low), (right, top))
    ring += _between((right, top), (left, top)) + _between((left, top), (left, low))
    return Polygon([_wandered(grid, *_turned(a, b, grid.angle)) for a, b in ring])


def _superblocks(grid: Grid, ground: Any, rng: random.Random) -> list[Any]:
    """Schools, works and estates: places where the street between two blocks was never built."""
    left, low, right, top = affinity.rotate(ground, -grid.angle, origin=(0, 0)).bounds
    made = []
    for i in range(math.floor(left / grid.along), math.ceil(right / grid.along)):
        for j in range(math.floor(low / grid.across), math.ceil(top / grid.across)):
            if rng.random() > grid.gaps * 0.55:
                continue
            wide = (1, 2) if rng.random() < 0.65 else (2, 1)  # noqa: PLR2004 - a share
            x, y = _turned((i + 0.5) * grid.along, (j + 0.5) * grid.across, grid.angle)
            made.append(block(grid, x, y, wide).buffer(-0.012, join_style="mitre"))
    return made


def _parallels(grid: Grid, ground: Any, direction: int, spacing: float) -> Iterator[tuple[int, Any]]:
    left, low, right, top = affinity.rotate(ground, -grid.angle, origin=(0, 0)).bounds
    first, last, start, end = (low, top, left, right) if direction == 0 else (left, right, low, top)
    for index in range(math.floor(first / spacing), math.ceil(last / spacing) + 1):
        at = index * spacing
        ends = ((start, at), (end, at)) if direction == 0 else ((at, start), (at, end))
        yield index, LineString([_wandered(grid, *_turned(u, v, grid.angle)) for u, v in _between(*ends)])


def _between(a: XY, b: XY, step: float = 0.15) -> list[XY]:
    n = max(1, round(math.dist(a, b) / step))
    return [(a[0] + (b[0] - a[0]) * k / n, a[1] + (b[1] - a[1]) * k / n) for k in range(n + 1)]


def _turned(x: float, y: float, degrees: float) -> XY:
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return x * c - y * s, x * s + y * c


def _wandered(grid: Grid, x: float, y: float) -> XY:
    """Bend a perfect grid a little, as surveys of the time did."""
    amount = grid.wander
    return (
        x + amount * (math.sin(y * 2.3 + x * 0.7) + 0.5 * math.sin(y * 4.9 + 1)),
        y + amount * (math.sin(x * 2.1 - y * 0.9 + 2) + 0.5 * math.sin(x * 4.4)),
    )


@dataclass(slots=True)
class _Slopes:
    """Traces evenly spaced lanes over the hills (after Jobard and Lefer), remembering where lanes already are."""

    ground: Any
    spacing: float
    taken: dict[tuple[int, int], list[XY]]

    def crowded(self, p: XY, within: float, ignore: list[XY]) -> bool:
        cell = self.spacing
        i, j = math.floor(p[0] / cell), math.floor(p[1] / cell)
        recent = set(ignore[-12:])
        return any(
            math.dist(p, q) < within and q not in recent
            for di in (-1, 0, 1)
            for dj in (-1, 0, 1)
            for q in self.taken.get((i + di, j + dj), ())
        )

    def occupy(self, points: list[XY]) -> None:
        cell = self.spacing
        for p in points:
            self.taken.setdefault((math.floor(p[0] / cell), math.floor(p[1] / cell)), []).append(p)

    def trace(self, start: XY, *, uphill: bool, longest: float) -> list[XY]:
        """Follow the contour (or the slope) both ways from *start* until it would touch another lane."""
        halves = [self._half(start, sign, uphill=uphill, longest=longest) for sign in (1.0, -1.0)]
        return [*reversed(halves[1]), start, *halves[0]]

    def _half(self, start: XY, sign: float, *, uphill: bool, longest: float) -> list[XY]:
        points: list[XY] = []
        p, step, last = start, 0.03, (0.0, 0.0)
        while len(points) * step < longest:
            dx, dy = _direction(*p, uphill=uphill)
            if last != (0.0, 0.0) and dx * last[0] + dy * last[1] < 0:
                dx, dy = -dx, -dy
            elif last == (0.0, 0.0):
                dx, dy = dx * sign, dy * sign
            p, last = (p[0] + dx * step, p[1] + dy * step), (dx, dy)
            if not self.ground.contains(Point(p)):
                break
            points.append(p)
            if self.crowded(p, self.spacing * (0.3 if uphill else 0.55), points):
                break
        return points


def _direction(x: float, y: float, *, uphill: bool) -> XY:
    e = 0.01
    gx, gy = height(x + e, y) - height(x - e, y), height(x, y + e) - height(x, y - e)
    size = math.hypot(gx, gy) or 1.0
    return (gx / size, gy / size) if uphill else (-gy / size, gx / size)


def hill_lanes(ground: Any) -> Iterator[Road]:
    """Yield the winding lanes of the hills: many along the contours, fewer straight up, some dead ends."""
    rng = random.Random("hills")  # noqa: S311 - a drawing, not a secret
    shapely.prepare(ground)
    slopes = _Slopes(ground, 0.15, {})
    for road in boulevards():
        slopes.occupy(_dense(road.line.intersection(hills().buffer(0.3))))
    names = street_names.of("hills", 0)
    left, low, right, top = ground.bounds
    made = 0
    for uphill, tries, spacing in ((False, 2600, 0.85), (True, 900, 0.75)):
        for _ in range(tries):
            start = rng.uniform(left, right), rng.uniform(low, top)
            if not ground.contains(Point(start)) or slopes.crowded(start, slopes.spacing * spacing, []):
                continue
            points = slopes.trace(start, uphill=uphill, longest=rng.uniform(0.25, 0.5 if uphill else 1.1))
            if len(points) * 0.03 < 0.15:  # noqa: PLR2004 - too short to carry a name
                continue
            slopes.occupy(points)
            made += 1
            yield Road(names(made), "lane", LineString(points).simplify(0.004))


def _dense(geometry: Any) -> list[XY]:
    return [
        (point.x, point.y)
        for line in parts(geometry)
        if line.length > 0
        for point in (line.interpolate(k * 0.03) for k in range(int(line.length / 0.03) + 1))
    ]


def street_ground(parks: Any) -> Any:
    """The land on which minor streets may lie: inside the city, off the beach, outside parks."""
    return city_land().buffer(-0.05).difference(parks)
