"""The parks, cemetery, beaches and wild land of the demo city."""

from functools import cache

import shapely
from shapely import Geometry
from shapely.geometry import LineString, Polygon, box

from blocklight.demo.drawn import DRAWN
from blocklight.demo.ground import XY, near, parts, rounded, shore_land
from blocklight.demo.main_roads import boulevards, freeways
from blocklight.demo.streets import GRIDS, block

_BLOCKS: list[tuple[str, str, XY, tuple[int, int]]] = [
    ("Lumen Square", "downtown", (6.05, 5.45), (2, 2)), ("Custom House Green", "downtown", (5.5, 5.15),
    (2, 1)),
    ("Lampworks Park", "downtown", (5.95, 6.35), (2, 3)), ("Jib Playground", "downtown", (6.9, 5.2), (1, 2)),
    ("Ropewalk Green", "west", (4.2, 6.35), (2, 2)), ("Fresh Air Field", "west", (3.55, 5.8), (2, 3)),
    ("Vega Park", "north", (5.75, 7.75), (1, 3)), ("Polaris Field", "north", (6.6, 8.5), (1, 2)),
    ("Saltbox Commons", "north", (5.8, 9.9), (2, 3)), ("Marigold Park", "north", (7.0, 9.9), (1, 3)),
    ("Orchard Field", "orchard", (7.5, 8.55), (1, 3)), ("Avocet Court", "crescent", (5.1, 9.15), (1, 2)),
    ("Linden Park", "lakeside", (9.15, 6.1), (1, 3)), ("Mill Green", "east", (9.1, 4.75), (3, 1)),
    ("Grove Park", "east", (10.35, 5.35), (4, 1)), ("Ember Field", "east", (11.2, 4.05), (3, 1)),
    ("Granite Field", "east", (12.45, 4.0), (4, 1)), ("Far Reach Park", "far", (12.1, 2.35), (4, 1)),
    ("Windlass Park", "wick", (3.7, 4.1), (2, 2)), ("Alder Green", "halyard", (5.9, 3.25), (3, 1)),
    ("Halyard Fields", "halyard", (6.9, 2.5), (4, 1)), ("Heather Park", "sandpiper", (8.6, 2.1), (1, 3)),
    ("Tiller Park", "wick", (4.75, 3.3), (1, 3)),
]  # fmt: skip


@cache
def parks() -> tuple[tuple[str, Geometry], ...]:
    """Every park with its name, in kilometres, dry and clear of main roads."""
    dry = shore_land().buffer(-0.015)
    roads = shapely.union_all([road.line.buffer(0.02) for road in (*boulevards(), *freeways())])
    lawns = shapely.union_all(
        [road.line.buffer(0.03) for road in boulevards() if road.name != "Lakeshore Dr"]
    )
    grounds = []
    for name, points in DRAWN.parks:
        shape = Polygon(rounded(points, closed=True, times=3)).intersection(dry)
        grounds.append((name, _kept_shape(shape.difference(lawns))))
    for name, grid, (x, y), blocks in _BLOCKS:
        shape = (
            block(GRIDS[grid], x, y, blocks)
            .intersection(dry)
            .difference(roads)
            .buffer(-0.012, join_style="mitre")
        )
        grounds.append((name, _kept_shape(shape)))
    grounds.append(("Crescent Strand", _kept_shape(_strand())))
    grounds.append(("Lantern Strand", _kept_shape(_island_strand())))
    return tuple((name, shape) for name, shape in grounds if not shape.is_empty)


def _kept_shape(shape: Geometry) -> Geometry:
    return shapely.union_all([part for part in parts(shape) if part.area > 0.003])  # noqa: PLR2004 - crumbs


def _strand() -> Geometry:
    """The crescent's beach: the seaward strip of land along the bay."""
    bay = near(3.6, 8.8, 1.5)
    return (
        shore_land()
        .difference(shore_land().buffer(-0.07))
        .intersection(bay)
        .intersection(box(3.9, 7.7, 5.0, 9.9))
    )


def _island_strand() -> Geometry:
    return (
        shore_land()
        .difference(shore_land().buffer(-0.07))
        .intersection(box(3.4, 1.0, 8.9, 3.2))
        .intersection(LineString([(3.5, 2.9), (8.9, 0.9)]).buffer(0.45))
    )
