"""Where land, water, hills and the city limit of the demo city lie, in kilometres on a flat plane.

x runs east and y north from the south-west corner of a 14 × 11 km sheet; `to_degrees` puts the sheet on an
empty stretch of the Pacific where no real town can be mistaken for it.
"""

import math
import random
from functools import cache

import shapely
from shapely import Geometry
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

XY = tuple[float, float]

WIDTH_KM, HEIGHT_KM = 14.0, 11.0
WEST, SOUTH = -126.2, 39.4
KM_PER_DEGREE_LAT = 111.0
KM_PER_DEGREE_LON = 111.32 * math.cos(math.radians(SOUTH + HEIGHT_KM / 2 / KM_PER_DEGREE_LAT))

_SHEET = box(-70, -70, 85, 80)
"""What is drawn around the city so that panning never finds an edge."""

_MAINLAND: list[XY] = [
    (9.0, 80), (7.0, 44), (9.4, 27), (6.6, 18), (5.6, 14.2), (3.9, 12.4), (2.6, 11.6), (2.1, 11.0),
    (2.35, 10.5), (3.0, 10.2), (3.9, 9.9), (4.5, 9.35), (4.72, 8.7), (4.66, 8.05), (4.25, 7.5), (3.5, 7.15),
    (2.6, 6.9), (2.0, 6.4), (2.3, 5.8), (3.2, 5.5), (4.0, 5.25), (4.9, 5.02), (5.9, 4.8), (6.8, 4.5),
    (7.6, 4.15), (8.4, 3.68), (9.2, 3.1), (9.9, 2.62), (10.6, 2.35), (11.1, 1.95), (11.35, 1.35),
    (11.9, 0.95),
    (12.6, 0.72), (13.0, 0.2), (13.3, -0.9), (14.2, -2.5), (15.8, -6), (13.9, -13), (17, -24), (15, -70),
    (85, -70), (85, 80),
]  # fmt: skip
_ISLAND: list[XY] = [
    (2.55, 4.0), (2.75, 4.62), (3.4, 4.86), (4.1, 4.68), (5.0, 4.42), (5.9, 4.22), (6.8, 3.9), (7.6, 3.52),
    (8.35, 3.0), (9.0, 2.45), (9.6, 1.95), (9.95, 1.45), (9.7, 1.02), (9.1, 0.98), (8.4, 1.2), (7.5, 1.62),
    (6.5, 2.02), (5.5, 2.3), (4.5, 2.6), (3.6, 2.98), (2.9, 3.45),
]  # fmt: skip
_SPIT: list[XY] = [
    (9.75, 0.55), (10.3, 1.0), (10.75, 1.1), (11.05, 0.7), (11.2, 0.1), (10.9, -0.35), (10.2, -0.4),
    (9.7, -0.05),
]  # fmt: skip
_ISLET: list[XY] = [(0.95, 8.75), (1.05, 9.15), (1.4, 9.3), (1.7, 9.05), (1.62, 8.72), (1.3, 8.52)]
_LAKE: list[XY] = [
    (7.72, 5.3), (7.45, 5.62), (7.5, 6.05), (7.62, 6.3), (7.36, 6.62), (7.3, 6.95), (7.56, 6.98),
    (7.86, 6.62),
    (8.12, 6.62), (8.4, 6.98), (8.68, 7.12), (8.74, 6.86), (8.46, 6.48), (8.44, 6.05), (8.34, 5.6),
    (8.05, 5.3),
]  # fmt: skip
_RESERVOIR: list[XY] = [
    (11.0, 8.95), (11.35, 8.8), (11.6, 8.45), (11.95, 8.3), (12.05, 8.0), (11.75, 7.95), (11.45, 8.2),
    (11.25, 8.55), (10.95, 8.7),
]  # fmt: skip
_RIVER: list[XY] = [
    (2.3, 10.62), (3.2, 10.66), (4.0, 10.95), (4.9, 10.78), (5.8, 10.98), (6.7, 10.72), (7.6, 11.02),
    (8.4, 11.5), (9.2, 12.4), (10.8, 13.0),
]  # fmt: skip
_SLOUGH: list[XY] = [(10.2, 2.1), (10.35, 2.7), (10.8, 3.05), (11.0, 3.5)]
_CREEK: list[XY] = [(12.4, 0.5), (12.95, 1.1), (13.2, 1.9), (13.75, 2.5)]
_QUAYS: list[list[XY]] = [
    [(0.62, 6.42), (0.86, 7.02), (3.3, 7.12), (3.6, 5.5), (2.2, 5.42), (1.5, 5.62), (0.95, 5.86)],
]
_BASINS: list[list[XY]] = [
    [(1.06, 7.1), (1.34, 7.1), (1.42, 6.42), (1.14, 6.42)],
    [(1.78, 7.2), (2.08, 7.2), (2.14, 6.5), (1.84, 6.5)],
    [(2.5, 7.2), (2.78, 7.2), (2.82, 6.66), (2.54, 6.66)],
    [(1.5, 5.5), (2.6, 5.3), (2.62, 5.62), (1.56, 5.86)],
]
_PIERS: list[tuple[XY, XY, float]] = [
    ((5.05, 5.05), (4.98, 4.74), 0.06), ((5.25, 5.0), (5.18, 4.68), 0.06), ((5.46, 4.95), (5.39, 4.64), 0.06),
    ((5.68, 4.9), (5.61, 4.6), 0.07), ((5.94, 4.85), (5.87, 4.58), 0.05), ((6.15, 4.78), (6.06, 4.52), 0.05),
    ((4.75, 8.62), (3.95, 8.7), 0.03), ((4.45, 7.85), (4.1, 8.05), 0.03), ((4.38, 9.42), (4.12, 9.2), 0.03),
    ((2.62, 4.1), (2.2, 4.22), 0.07), ((2.8, 4.5), (2.42, 4.66), 0.07), ((2.66, 3.8), (2.2, 3.86), 0.05),
    ((6.4, 2.1), (6.2, 1.62), 0.025), ((6.2, 1.64), (6.75, 1.42), 0.02), ((1.62, 8.78), (1.86, 8.66), 0.02),
    ((8.75, 3.5), (8.62, 3.3), 0.022), ((8.9, 3.4), (8.77, 3.2), 0.022), ((9.05, 3.28), (8.92, 3.1), 0.022),
    ((9.2, 3.16), (9.07, 2.98), 0.022), ((4.3, 4.6), (4.36, 4.84), 0.02), ((4.5, 4.54), (4.56, 4.77), 0.02),
    ((4.7, 4.48), (4.76, 4.7), 0.02), ((4.9, 4.4), (4.96, 4.63), 0.02),
]  # fmt: skip
_BREAKWATERS: list[list[XY]] = [
    [(0.2, 5.3), (1.2, 4.95), (2.0, 4.98)],
    [(3.1, 8.0), (3.2, 8.9), (3.55, 9.3)],
]
_LIMIT: list[XY] = [
    (-4, 10.7), (2.3, 10.62), (3.2, 10.66), (4.0, 10.95), (4.9, 10.78), (5.8, 10.98), (6.7, 10.72),
    (7.6, 11.0),
    (8.6, 10.95), (9.6, 10.55), (10.8, 10.1), (12.0, 9.35), (12.9, 8.3), (13.4, 7.1), (13.8, 5.9),
    (13.95, 4.6),
    (13.85, 3.4), (13.75, 2.5), (13.2, 1.9), (12.95, 1.1), (12.4, 0.5), (12.0, -1.5), (-4, -1.5),
]  # fmt: skip
_HILLS: list[XY] = [
    (7.7, 11.2), (8.1, 10.1), (8.6, 9.2), (9.3, 8.5), (10.1, 7.75), (10.8, 6.95), (11.6, 6.15), (12.6, 5.4),
    (13.9, 4.7), (15, 6), (14, 9), (12, 11), (9, 11.8),
]  # fmt: skip


def to_degrees(x: float, y: float) -> XY:
    """Turn kilometres on the sheet into WGS 84 lon, lat."""
    return WEST + x / KM_PER_DEGREE_LON, SOUTH + y / KM_PER_DEGREE_LAT


def to_km(lon: float, lat: float) -> XY:
    """Turn WGS 84 lon, lat into kilometres on the sheet."""
    return (lon - WEST) * KM_PER_DEGREE_LON, (lat - SOUTH) * KM_PER_DEGREE_LAT


def rounded(points: list[XY], *, closed: bool, times: int = 2) -> list[XY]:
    """Cut corners (Chaikin), so that a handful of hand-set points becomes a drawn line."""
    for _ in range(times):
        pairs = list(zip(points, points[1:] + points[:1] if closed else points[1:], strict=False))
        cut = [
            point
            for a, b in pairs
            for point in (
                (a[0] * 0.75 + b[0] * 0.25, a[1] * 0.75 + b[1] * 0.25),
                (a[0] * 0.25 + b[0] * 0.75, a[1] * 0.25 + b[1] * 0.75),
            )
        ]
        points = cut if closed else [points[0], *cut[1:-1], points[-1]]
    return points


def _weathered(points: list[XY], rng: random.Random, *, roughness: float, times: int) -> list[XY]:
    """Displace midpoints again and again, as waves do with a shore."""
    for _ in range(times):
        grown: list[XY] = []
        for a, b in zip(points, points[1:] + points[:1], strict=True):
            shift = rng.gauss(0, roughness)
            dx, dy = b[0] - a[0], b[1] - a[1]
            grown += [a, ((a[0] + b[0]) / 2 - dy * shift, (a[1] + b[1]) / 2 + dx * shift)]
        points = grown
    return points


def _shore(points: list[XY], rng: random.Random, roughness: float = 0.05) -> Geometry:
    return Polygon(
        rounded(_weathered(points, rng, roughness=roughness, times=2), closed=True, times=2)
    ).buffer(0)


def _lines(specs: list[tuple[XY, XY, float]]) -> list[Geometry]:
    return [LineString([a, b]).buffer(width / 2, cap_style="flat") for a, b, width in specs]


@cache
def lakes() -> Geometry:
    """Fresh water: the lake with its channel to the estuary, the reservoir, the river and the creeks."""
    rng = random.Random("lakes")  # noqa: S311 - a drawing, not a secret
    channel = LineString(rounded([(7.85, 5.4), (7.74, 5.0), (7.8, 4.6), (7.68, 4.0)], closed=False)).buffer(
        0.045
    )
    streams = [
        LineString(rounded(line, closed=False, times=3)).buffer(width)
        for line, width in ((_RIVER, 0.05), (_SLOUGH, 0.06), (_CREEK, 0.03))
    ]
    return shapely.union_all([_shore(_LAKE, rng, 0.03), _shore(_RESERVOIR, rng, 0.06), channel, *streams])


@cache
def shore_land() -> Geometry:
    """Return the dry land proper: mainland, islands and quays, without piers and breakwaters."""
    rng = random.Random("coast")  # noqa: S311 - a drawing, not a secret
    natural = [
        _shore(_MAINLAND, rng),
        _shore(_ISLAND, rng, 0.035),
        _shore(_SPIT, rng),
        _shore(_ISLET, rng, 0.09),
    ]
    quays = shapely.union_all([Polygon(quay) for quay in _QUAYS])
    basins = shapely.union_all([Polygon(basin) for basin in _BASINS])
    dry = shapely.union_all([*natural, quays]).difference(basins).difference(lakes()).intersection(_SHEET)
    return MultiPolygon([part for part in parts(dry) if part.area > 0.1])  # noqa: PLR2004 - crumbs of cutting


@cache
def land() -> Geometry:
    """All land of the sheet, with what is built into the water: piers and breakwaters."""
    walls = [LineString(rounded(wall, closed=False)).buffer(0.018) for wall in _BREAKWATERS]
    return shapely.union_all([shore_land(), *_lines(_PIERS), *walls]).intersection(_SHEET)


@cache
def water() -> Geometry:
    """All water of the sheet."""
    return _SHEET.difference(land())


@cache
def city_land() -> Geometry:
    """Return the land inside the city limit: what areas tile and streets cover."""
    inside = (
        shore_land()
        .intersection(Polygon(rounded(_LIMIT, closed=True)))
        .intersection(box(-1, -1, WIDTH_KM, HEIGHT_KM))
    )
    return MultiPolygon([part for part in parts(inside) if part.area > 0.1])  # noqa: PLR2004 - slivers at the limit


@cache
def hills() -> Geometry:
    """Return the part of the city where streets follow the slopes."""
    return Polygon(rounded(_HILLS, closed=True)).intersection(city_land())


@cache
def sheet() -> Geometry:
    """Return the whole drawn rectangle."""
    return _SHEET


def height(x: float, y: float) -> float:
    """Height of the ground in arbitrary units: a long slope to the north-east, cut by canyons."""
    along, up = x * 0.707 - y * 0.707, x * 0.707 + y * 0.707
    spurs = 0.34 * math.sin(along * 3.1 + 0.9 * math.sin(up * 1.3)) + 0.2 * math.sin(along * 5.7 + up * 1.9)
    knolls = 0.24 * math.sin(x * 4.3 + 1.0) * math.sin(y * 3.9 + 0.4)
    return up * 0.62 + spurs + knolls


def parts(geometry: Geometry) -> list[Geometry]:
    """Return the single parts of any geometry, without the empty ones."""
    return [part for part in getattr(geometry, "geoms", [geometry]) if not part.is_empty]


def near(x: float, y: float, radius_km: float) -> Geometry:
    """Return a disc on the sheet."""
    return Point(x, y).buffer(radius_km)
