"""Finds the reference system of numbers that are no degrees: the one that puts them where the city is."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from statistics import median
from typing import TYPE_CHECKING

from blocklight.intake.propose.position import Position

if TYPE_CHECKING:
    from pyproj import Transformer

_MERCATOR = "EPSG:3857"
_METRES_A_DEGREE = 111_320
_SAME_PLACE_M = 200
# How far apart the middle half of a city's calls may lie; a county of the West is two degrees wide.
_SPREAD_DEGREES = 3.0

_MODERN = re.compile(
    r"NAD83 / |WGS 84 / (?:UTM|Pseudo-Mercator)|ETRS89 / "
    r"|OSGB36 / British|RGF93 v1 / Lambert-93|GDA(?:94|2020) / |NZGD2000 / New|SIRGAS 2000 / UTM"
)
_OF_NO_CITY = re.compile(r"BLM|Offshore|Statistics Canada|Atlas|Albers|Canada Lambert|LAEA|LCC Europe|Arctic")
_PLANE = re.compile(r"NAD83 / ")
_AMERICA = (-180.0, 15.0, -64.0, 72.0)


@dataclass(frozen=True, slots=True)
class Fit:
    """A reference system that the numbers may be in, and where their middle would then be, in degrees."""

    crs: str
    name: str
    lon: float
    lat: float

    @property
    def described(self) -> str:
        """What a person reads of it."""
        return f"{self.crs} ({self.name}: the middle at {self.lat:.2f}, {self.lon:.2f})"


@dataclass(frozen=True, slots=True)
class Systems:
    """The systems that fit; *sure* where all of them mean the same place, so that the first will do."""

    fits: tuple[Fit, ...]
    sure: bool


@dataclass(frozen=True, slots=True)
class _Plane:
    code: str
    name: str
    ground: str
    bounds: tuple[float, float, float, float]


def fitting(pairs: Sequence[tuple[float, float]], position: Position) -> Systems:
    """Find the reference systems that put *pairs* of x and y where the city is known to be.

    Where nothing is known of the city, numbers may lie anywhere on Earth, and several systems fit.
    """
    real = [pair for pair in pairs if all(map(math.isfinite, pair)) and abs(pair[0]) > 1 and abs(pair[1]) > 1]
    if not real:
        return Systems((), sure=False)
    fits = [
        fit
        for plane in _planes()
        if position.touches(plane.bounds) and (fit := _fit(plane, real, position)) is not None
    ]
    if position.is_known:
        return Systems(tuple(fits), sure=bool(fits) and all(_same_place(fits[0], fit) for fit in fits))
    # No state plane has numbers like those that Web Mercator gives North America: x is far below zero.
    only = len(fits) == 1 and fits[0].crs == _MERCATOR and _is_in_box(fits[0].lon, fits[0].lat, _AMERICA)
    return Systems(tuple(fits), sure=only)


def _fit(plane: _Plane, pairs: Sequence[tuple[float, float]], position: Position) -> Fit | None:
    from pyproj.exceptions import ProjError  # noqa: PLC0415 - its database takes a while to open

    middle = median(x for x, _ in pairs), median(y for _, y in pairs)
    try:
        ahead = _transformer_from(plane.code)
        lon, lat = ahead.transform(*middle)
    except ProjError:
        return None
    if not _is_in_box(lon, lat, plane.bounds) or not position.allows(lon, lat, plane.ground):
        return None
    lons, lats = ahead.transform([x for x, _ in pairs], [y for _, y in pairs])
    if max(_middle_spread(lons), _middle_spread(lats)) > _SPREAD_DEGREES:
        return None
    return Fit(plane.code, plane.name, lon, lat)


@lru_cache(maxsize=1000)
def _transformer_from(code: str) -> "Transformer":
    from pyproj import Transformer  # noqa: PLC0415 - its database takes a while to open

    return Transformer.from_crs(code, "EPSG:4326", always_xy=True)


def _middle_spread(values: Sequence[float]) -> float:
    ordered = sorted(values)
    return ordered[-1 - len(ordered) // 4] - ordered[len(ordered) // 4]


def _same_place(first: Fit, second: Fit) -> bool:
    east = (first.lon - second.lon) * math.cos(math.radians(first.lat))
    return math.hypot(east, first.lat - second.lat) * _METRES_A_DEGREE < _SAME_PLACE_M


def _is_in_box(lon: float, lat: float, box: tuple[float, float, float, float]) -> bool:
    return box[0] <= lon <= box[2] and box[1] <= lat <= box[3]


@cache
def _planes() -> tuple[_Plane, ...]:
    """List the systems that cities publish in, state planes first; from PROJ's copy of the EPSG registry."""
    return tuple(sorted(_read_planes(), key=lambda plane: not _PLANE.match(plane.name)))


def _read_planes() -> Iterator[_Plane]:
    from pyproj.database import query_crs_info  # noqa: PLC0415 - its database takes a while to open
    from pyproj.enums import PJType  # noqa: PLC0415 - the same

    for info in query_crs_info(auth_name="EPSG", pj_types=[PJType.PROJECTED_CRS]):
        area = info.area_of_use
        if info.deprecated or area is None or not _MODERN.match(info.name) or _OF_NO_CITY.search(info.name):
            continue
        bounds = (area.west, area.south, area.east, area.north)
        yield _Plane(f"EPSG:{info.code}", info.name, area.name or "", bounds)
