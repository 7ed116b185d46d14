"""Coarsens points and addresses: the same place always becomes the same public place, with no noise."""

import math
import re
from functools import lru_cache

import h3

from blocklight.model import Place, PlaceKind

_EARTH_RADIUS_M = 6_371_008.8
_DIGITS = 6
_SUFFIXES = frozenset(
    "ALY AVE AV BLVD BND BR BRG CIR CT CRES CV DR EXPY FWY HWY LN LOOP PARK PKWY PASS PATH PIKE PL PLZ PT RD "
    "ROW RUN SQ ST STREET AVENUE BOULEVARD DRIVE ROAD LANE COURT PLACE TER TERRACE TRL TRAIL WALK WAY WHARF "
    "FREEWAY HIGHWAY PARKWAY".split()
)
_DIRECTIONS = frozenset("N S E W NE NW SE SW IB OB NB SB EB WB".split())
_NUMBERED = re.compile(
    r"^(?P<number>\d{1,6})(?:-\d+)?\s+(?P<block>(?:BLK|BLOCK)(?:\s+OF)?\s+)?(?P<street>.+)$", re.IGNORECASE
)
_CROSSING = re.compile(r"\s*(?:/|&|@|\bAND\b|\bAT\b)\s*", re.IGNORECASE)
_STREET = re.compile(r"^[A-Za-z0-9' .-]{2,60}$")


def mask_point(lon: float, lat: float, resolution: int) -> Place:
    """Return the centre of the H3 cell that holds a WGS 84 point, with the cell's largest radius."""
    return _cell_place(h3.latlng_to_cell(lat, lon, resolution))


@lru_cache(maxsize=200_000)
def _cell_place(cell: str) -> Place:
    lat, lon = h3.cell_to_latlng(cell)
    reach = max(_distance_m(lon, lat, v_lon, v_lat) for v_lat, v_lon in h3.cell_to_boundary(cell))
    return Place(
        lon=round(lon, _DIGITS), lat=round(lat, _DIGITS), kind=PlaceKind.GRID, radius_m=math.ceil(reach)
    )


def _distance_m(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """Great-circle distance in metres (haversine on the mean Earth radius)."""
    phi1, phi2 = math.radians(lat1), math.radians(lat2)
    half_lat, half_lon = (phi2 - phi1) / 2, math.radians(lon2 - lon1) / 2
    chord = math.sin(half_lat) ** 2 + math.cos(phi1) * math.cos(phi2) * math.sin(half_lon) ** 2
    return 2 * _EARTH_RADIUS_M * math.asin(math.sqrt(chord))


@lru_cache(maxsize=100_000)
def hundred_block(address: str, cross_street: str | None = None) -> str | None:
    """Return "1400 block of Main St", "Main St & 2nd Ave", "Main St near 2nd Ave", or ``None``.

    Only words up to a known street suffix survive, so a unit, a name or a landmark never does.
    """
    parts = [part for part in _CROSSING.split(address.strip()) if part]
    if len(parts) == 2:  # noqa: PLR2004 - an intersection has two streets
        one, two = _street(parts[0]), _street(parts[1])
        return f"{one} & {two}" if one and two else None
    numbered = _NUMBERED.match(address.strip())
    if numbered and not _is_ordinal_street(address):
        street = _street(numbered["street"])
        return f"{int(numbered['number']) // 100 * 100} block of {street}" if street else None
    street = _street(address)
    near = _street(re.sub(r"^BLK\s+", "", cross_street or "", flags=re.IGNORECASE))
    return f"{street} near {near}" if street and near else street


def _is_ordinal_street(address: str) -> bool:
    return re.match(r"^\d+(ST|ND|RD|TH)\b", address.strip(), re.IGNORECASE) is not None


def _street(text: str) -> str | None:
    """Return the street's name in title case up to its suffix, or ``None`` when it has no known one."""
    if not _STREET.match(text.strip()):
        return None
    words = text.replace(".", "").split()
    ends = [i for i, word in enumerate(words) if word.upper() in _SUFFIXES and i > 0]
    if not ends:
        return None
    words = words[
        : ends[0] + 1 + (words[ends[0] + 1 : ends[0] + 2] != [] and words[ends[0] + 1].upper() in _DIRECTIONS)
    ]
    if any(re.fullmatch(r"\d{3,}", word) for word in words):  # a house number in an unexpected spot
        return None
    return " ".join(_word(word) for word in words)


def _word(word: str) -> str:
    if word.upper() in _DIRECTIONS:
        return word.upper()
    return word.capitalize() if not re.match(r"^\d", word) else word.lower()
