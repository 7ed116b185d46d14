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

from blocklight.demo.drawn import DRAWN

XY = tuple[float, float]

WIDTH_KM, HEIGHT_KM = 14.0, 11.0
WEST, SOUTH = -126.2, 39.4
KM_PER_DEGREE_LAT = 111.0
KM_PER_DEGREE_LON = 111.32 * math.cos(math.radians(SOUTH + HEIGHT_KM / 2 / KM_PER_DEGREE_LAT))

# What is drawn around the city so that panning never finds an edge.
_SHEET = box(-70, -70, 85, 80)


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


def _buffered_lines(specs: list[tuple[XY, XY, float]]) -> list[Geometry]:
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
        for line, width in ((DRAWN.river, 0.05), (DRAWN.slough, 0.06), (DRAWN.creek, 0.03))
    ]
    return shapely.union_all(
        [_shore(DRAWN.lake, rng, 0.03), _shore(DRAWN.reservoir, rng, 0.06), channel, *streams]
    )


@cache
def shore_land() -> Geometry:
    """The dry land proper: mainland, islands and quays, without piers and breakwaters."""
    rng = random.Random("coast")  # noqa: S311 - a drawing, not a secret
    natural = [
        _shore(DRAWN.mainland, rng),
        _shore(DRAWN.island, rng, 0.035),
        _shore(DRAWN.spit, rng),
        _shore(DRAWN.islet, rng, 0.09),
    ]
    quays = shapely.union_all([Polygon(quay) for quay in DRAWN.quays])
    basins = shapely.union_all([Polygon(basin) for basin in DRAWN.basins])
    dry = shapely.union_all([*natural, quays]).difference(basins).difference(lakes()).intersection(_SHEET)
    return MultiPolygon([part for part in parts(dry) if part.area > 0.1])  # noqa: PLR2004 - crumbs of cutting


@cache
def land() -> Geometry:
    """All land of the sheet, with what is built into the water: piers and breakwaters."""
    walls = [LineString(rounded(wall, closed=False)).buffer(0.018) for wall in DRAWN.breakwaters]
    return shapely.union_all([shore_land(), *_buffered_lines(DRAWN.piers), *walls]).intersection(_SHEET)


@cache
def water() -> Geometry:
    """All water of the sheet."""
    return _SHEET.difference(land())


@cache
def city_land() -> Geometry:
    """The land inside the city limit: what areas tile and streets cover."""
    inside = (
        shore_land()
        .intersection(Polygon(rounded(DRAWN.city_limit, closed=True)))
        .intersection(box(-1, -1, WIDTH_KM, HEIGHT_KM))
    )
    return MultiPolygon([part for part in parts(inside) if part.area > 0.1])  # noqa: PLR2004 - slivers at the limit


@cache
def hills() -> Geometry:
    """The part of the city where streets follow the slopes."""
    return Polygon(rounded(DRAWN.hills, closed=True)).intersection(city_land())


@cache
def sheet() -> Geometry:
    """The whole drawn rectangle."""
    return _SHEET


def height(x: float, y: float) -> float:
    """Height of the ground in arbitrary units: a long slope to the north-east, cut by canyons."""
    along, up = x * 0.707 - y * 0.707, x * 0.707 + y * 0.707
    spurs = 0.34 * math.sin(along * 3.1 + 0.9 * math.sin(up * 1.3)) + 0.2 * math.sin(along * 5.7 + up * 1.9)
    knolls = 0.24 * math.sin(x * 4.3 + 1.0) * math.sin(y * 3.9 + 0.4)
    return up * 0.62 + spurs + knolls


def parts(geometry: Geometry) -> list[Geometry]:
    """The single parts of any geometry, without the empty ones."""
    return [part for part in getattr(geometry, "geoms", [geometry]) if not part.is_empty]


def near(x: float, y: float, radius_km: float) -> Geometry:
    """A disc on the sheet."""
    return Point(x, y).buffer(radius_km)
