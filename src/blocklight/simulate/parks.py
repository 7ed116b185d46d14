"""The parks, cemetery, beaches and wild land of the demo city."""

from functools import cache

import shapely
from shapely import Geometry
from shapely.geometry import LineString, Polygon, box

from blocklight.simulate.ground import XY, near, parts, rounded, shore_land
from blocklight.simulate.main_roads import boulevards, freeways
from blocklight.simulate.streets import GRIDS, block

_DRAWN: list[tuple[str, list[XY]]] = [
    ("Merganser Park", [(7.2, 5.2), (7.15, 6.2), (7.12, 7.05), (7.9, 7.15), (8.8, 7.2), (8.9, 6.8),
    (8.62, 6.3),
                        (8.55, 5.5), (8.1, 5.1)]),
    ("North Head Preserve", [(1.8, 10.6), (3.2, 10.72), (4.0, 11.0), (4.9, 10.86), (5.35, 11.1),
    (5.4, 13.0), (6.0, 16),
                             (6.5, 20), (3, 20), (1, 12)]),
    ("Tern River Wild Land", [(5.9, 11.15), (6.7, 10.85), (7.6, 11.15), (8.6, 11.05), (9.6, 10.65),
    (10.5, 10.3), (11.2, 10.5),
                              (12.4, 11.6), (13.5, 13.2), (12, 15), (8.5, 16.5), (7.0, 14.5)]),
    ("Eastern Ridge Regional Park", [(11.6, 9.7), (12.3, 9.1), (13.0, 8.3), (13.55, 7.1), (13.95, 5.9),
    (14.05, 4.8),
                                     (13.95, 3.6), (15.2, 3.3), (16.9, 3.0), (19, 6), (20, 10),
                                     (17.5, 12.5), (14.2, 11.6), (12.6, 10.7)]),
    ("Reservoir Watershed", [(10.7, 8.95), (11.2, 9.15), (11.7, 8.85), (12.15, 8.5), (12.3, 7.95),
    (11.9, 7.6),
                             (11.35, 7.9), (10.95, 8.35)]),
    ("Redwood Canyon", [(11.3, 6.75), (11.75, 7.2), (12.2, 7.35), (12.35, 7.0), (11.95, 6.7), (11.55, 6.35)]),
    ("Owl Canyon", [(9.5, 9.35), (9.9, 9.75), (10.5, 9.55), (10.3, 9.25), (9.9, 9.15)]),
    ("Sallow Marsh", [(11.4, 1.5), (12.2, 0.95), (12.7, 0.6), (13.3, 0.9), (13.6, 0.1), (13.4, -1.4),
    (14.5, -3),
                      (15.6, -2.4), (14.8, -0.4), (13.6, 1.2), (13.3, 1.7), (12.9, 1.1), (12.2, 1.6),
                      (11.6, 1.9)]),
    ("Signal Cemetery", [(7.62, 9.02), (7.72, 9.28), (8.1, 9.42), (8.35, 9.2), (8.3, 8.8), (8.0, 8.62)]),
    ("Keeper's Islet", [(0.8, 8.4), (0.8, 9.4), (1.75, 9.4), (1.75, 8.95), (1.2, 8.85), (1.2, 8.4)]),
    ("Outer Mole Park", [(0.5, 6.3), (0.5, 6.55), (1.02, 6.62), (1.02, 5.7), (0.8, 5.7)]),
    ("Wickford Common", [(2.5, 3.4), (2.5, 4.0), (2.95, 3.95), (3.3, 3.5), (3.25, 3.1)]),
    ("Sandpiper Links", [(8.9, 0.9), (8.85, 1.55), (9.3, 1.62), (9.75, 1.5), (10.1, 1.4), (9.8, 0.85)]),
    ("Airfield Meadow", [(9.7, 0.1), (10.4, -0.2), (11.0, 0.0), (11.1, -0.6), (9.6, -0.6)]),
]  # fmt: skip

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
    found = []
    for name, points in _DRAWN:
        shape = Polygon(rounded(points, closed=True, times=3)).intersection(dry)
        found.append((name, _kept(shape.difference(lawns))))
    for name, grid, (x, y), blocks in _BLOCKS:
        shape = (
            block(GRIDS[grid], x, y, blocks)
            .intersection(dry)
            .difference(roads)
            .buffer(-0.012, join_style="mitre")
        )
        found.append((name, _kept(shape)))
    found.append(("Crescent Strand", _kept(_strand())))
    found.append(("Lantern Strand", _kept(_island_strand())))
    return tuple((name, shape) for name, shape in found if not shape.is_empty)


def _kept(shape: Geometry) -> Geometry:
    return shapely.union_all([part for part in parts(shape) if part.area > 0.003])  # noqa: PLR2004 - crumbs


def _strand() -> Geometry:
    """Return the crescent's beach: the seaward strip of land along the bay."""
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
