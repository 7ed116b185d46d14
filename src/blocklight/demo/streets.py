"""Lays the street grids of the demo city's flats: each turned its own way, meeting at boulevards."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import shapely
from shapely import Geometry, affinity
from shapely.geometry import LineString, Polygon

from blocklight.demo import street_names
from blocklight.demo.ground import XY, city_land, parts
from blocklight.demo.main_roads import Road, freeways, rails

_SHORTEST_KM = 0.07


@dataclass(frozen=True, slots=True)
class Grid:
    """A surveyor's grid: *angle* in degrees, block size in km along and across, *gaps* in its streets."""

    name: str
    angle: float
    along: float
    across: float
    gaps: float
    wander: float = 0.02


GRIDS: dict[str, Grid] = {
    grid.name: grid
    for grid in (
        Grid("port", -2, 0.5, 0.24, 0.5, 0.0),
        Grid("west", 3, 0.19, 0.1, 0.12),
        Grid("downtown", -15, 0.115, 0.085, 0.06, 0.0),
        Grid("waterfront", -15, 0.2, 0.09, 0.3, 0.0),
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
def corridors() -> Geometry:
    """The ground that freeways and railways take, where only few streets get across."""
    wide = [road.line.buffer(0.045) for road in freeways()]
    return shapely.union_all(wide + [road.line.buffer(0.018) for road in rails()])


def grid_streets(grid: Grid, ground: Geometry) -> Iterator[Road]:
    """Yield the streets of one grid over *ground*, its boulevards and parks already taken out."""
    rng = random.Random(f"grid {grid.name}")  # noqa: S311 - a drawing, not a secret
    open_ground = ground.difference(shapely.union_all([corridors(), *_superblocks(grid, ground, rng)]))
    for direction, spacing, along in ((0, grid.across, grid.along), (1, grid.along, grid.across)):
        name = street_names.of(grid.name, direction)
        first = None
        for index, line in _parallels(grid, ground, direction, spacing):
            crosses = index % 5 == 2  # noqa: PLR2004 - every fifth street passes under the freeway
            pieces = parts(line.intersection(ground if crosses else open_ground))
            long_pieces = [piece for piece in pieces if piece.length > max(_SHORTEST_KM, along * 0.6)]
            if long_pieces and first is None:
                first = index
            yield from (Road(name(index - (first or index)), "street", piece) for piece in long_pieces)


def block(grid: Grid, x: float, y: float, blocks: tuple[int, int]) -> Geometry:
    """The outline of whole blocks of *grid* around a point: where a park or a school can stand."""
    u, v = _rotated(x, y, -grid.angle)
    west, low = math.floor(u / grid.along) * grid.along, math.floor(v / grid.across) * grid.across
    right, top = west + blocks[0] * grid.along, low + blocks[1] * grid.across
    ring = _points_between((west, low), (right, low)) + _points_between((right, low), (right, top))
    ring += _points_between((right, top), (west, top)) + _points_between((west, top), (west, low))
    return Polygon([_wandered(grid, *_rotated(a, b, grid.angle)) for a, b in ring])


def _superblocks(grid: Grid, ground: Geometry, rng: random.Random) -> list[Geometry]:
    """Schools, works and estates: places where the street between two blocks was never built."""
    west, low, right, top = affinity.rotate(ground, -grid.angle, origin=(0, 0)).bounds
    blocks = []
    for i in range(math.floor(west / grid.along), math.ceil(right / grid.along)):
        for j in range(math.floor(low / grid.across), math.ceil(top / grid.across)):
            if rng.random() > grid.gaps * 0.55:
                continue
            wide = (1, 2) if rng.random() < 0.65 else (2, 1)  # noqa: PLR2004 - a share
            x, y = _rotated((i + 0.5) * grid.along, (j + 0.5) * grid.across, grid.angle)
            blocks.append(block(grid, x, y, wide).buffer(-0.003, join_style="mitre"))
    return blocks


def _parallels(
    grid: Grid, ground: Geometry, direction: int, spacing: float
) -> Iterator[tuple[int, Geometry]]:
    west, low, right, top = affinity.rotate(ground, -grid.angle, origin=(0, 0)).bounds
    first, last, start, end = (low, top, west, right) if direction == 0 else (west, right, low, top)
    for index in range(math.floor(first / spacing), math.ceil(last / spacing) + 1):
        at = index * spacing
        ends = ((start, at), (end, at)) if direction == 0 else ((at, start), (at, end))
        yield (
            index,
            LineString([_wandered(grid, *_rotated(u, v, grid.angle)) for u, v in _points_between(*ends)]),
        )


def _points_between(a: XY, b: XY, step: float = 0.15) -> list[XY]:
    n = max(1, round(math.dist(a, b) / step))
    return [(a[0] + (b[0] - a[0]) * k / n, a[1] + (b[1] - a[1]) * k / n) for k in range(n + 1)]


def _rotated(x: float, y: float, degrees: float) -> XY:
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return x * c - y * s, x * s + y * c


def _wandered(grid: Grid, x: float, y: float) -> XY:
    """Bend a perfect grid a little, as surveys of the time did."""
    amount = grid.wander
    return (
        x + amount * (math.sin(y * 2.3 + x * 0.7) + 0.5 * math.sin(y * 4.9 + 1)),
        y + amount * (math.sin(x * 2.1 - y * 0.9 + 2) + 0.5 * math.sin(x * 4.4)),
    )


def street_ground(parks: Geometry) -> Geometry:
    """The land on which minor streets may lie: inside the city, off the beach, outside parks."""
    return city_land().buffer(-0.05).difference(parks)
