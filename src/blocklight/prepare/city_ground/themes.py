"""What a city's ground is made of, and by which columns and classes each source tells it.

Columns and classes: TIGER/Line's record layouts and MTFCC codes
(https://www.census.gov/programs-surveys/geography/technical-documentation.html), TIGERweb's fields, the keys
of OpenStreetMap (https://wiki.openstreetmap.org/wiki/Map_features), and what cities call their own.
"""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Literal


class Theme(StrEnum):
    """One part of a city's ground. The values are what people write on the command line."""

    STREETS = "streets"
    """Lines with names and, where there are any, house numbers: what addresses are found on."""
    ROADS = "roads"
    """Lines that are drawn."""
    RAIL = "rail"
    WATER = "water"
    PARK = "park"
    BOUNDARY = "boundary"
    """The municipalities: their names stand on the map."""
    PLACE_NAMES = "place_names"
    """Points or polygons whose names stand on the map."""
    ZIP = "zip"
    TRACT = "tract"
    COUNTY_SUBDIVISION = "county_subdivision"
    NEIGHBORHOOD = "neighborhood"
    BLOCKS = "blocks"
    """Polygons with a count of their homes, which say how many addresses a place serves."""
    ADDRESSES = "addresses"
    """Points, one for each address."""


# The kinds of areas in the order in which a city file gets them, with what people read.
AREA_LABELS: Mapping[Theme, str] = {
    Theme.NEIGHBORHOOD: "Neighborhoods",
    Theme.ZIP: "ZIP codes",
    Theme.TRACT: "Census tracts",
    Theme.COUNTY_SUBDIVISION: "County subdivisions",
}

# Where a line begins and ends on its left, then on its right, as TIGER's ADDRFEAT files name it.
HOUSE_NUMBERS = ("LFROMHN", "LTOHN", "RFROMHN", "RTOHN")

_NAMES = (
    "FULLNAME", "NAMELSAD", "NAMELSAD20", "NAMELSAD10", "NAME", "NAME20", "NAME10", "BASENAME", "name",
    "Name", "FULL_NAME", "STREETNAME", "STREET_NAME", "ST_NAME", "STREET", "LABEL",
)  # fmt: skip
# Without the legal kind behind it: Houston, not Houston city.
_SHORT_NAMES = ("BASENAME", "NAME", "NAME20")

_GEOIDS = ("GEOID", "GEOID20", "GEOID10", "id", "ID")
_ZIPS = (
    "ZCTA5",
    "ZCTA5CE20",
    "ZCTA5CE10",
    "ZCTA5CE",
    "GEOID20",
    "GEOID10",
    "GEOID",
    "ZIP",
    "ZIPCODE",
    "ZIP_CODE",
)
_CLASSES = ("MTFCC", "ROAD_MTFCC", "MTFCC20", "highway", "kind")
_COUNTS = ("HOUSING20", "HU100", "HOUSING10", "housing", "count")
_NUMBERS = (HOUSE_NUMBERS, ("LFROMADD", "LTOADD", "RFROMADD", "RTOADD"))


def columns_of(theme: Theme, fields: Sequence[str]) -> dict[str, str]:
    """Give for each of our columns the one of *fields* that holds it; what no field holds is left out.

    Ours are ``id``, ``name``, ``class``, ``count`` and, for streets, the four of ``HOUSE_NUMBERS``.
    """
    named_shortly = theme in (Theme.BOUNDARY, Theme.PLACE_NAMES)
    candidates: dict[str, Sequence[str]] = {
        "name": (*_SHORT_NAMES, *_NAMES) if named_shortly else _NAMES,
        "class": _CLASSES,
    }
    if theme in AREA_LABELS:
        candidates["id"] = _ZIPS if theme is Theme.ZIP else (*_GEOIDS, *_NAMES)
    if theme is Theme.BLOCKS:
        candidates["count"] = _COUNTS
    chosen = {
        name: next((field for field in spellings if field in fields), None)
        for name, spellings in candidates.items()
    }
    if theme is Theme.STREETS:
        numbers = next((form for form in _NUMBERS if {*form} <= {*fields}), ())
        chosen |= dict(zip(HOUSE_NUMBERS, numbers, strict=False))
    return {name: spellings for name, spellings in chosen.items() if spellings is not None}


_MAJOR = frozenset({"S1100", "S1200", "motorway", "trunk", "primary", "secondary"})
_MINOR = frozenset(
    {"S1400", "S1630", "S1640", "S1740", "tertiary", "residential", "unclassified", "living_street", "road",
     "pedestrian"}
)  # fmt: skip
# A class of TIGER or OpenStreetMap that is in neither list is a path, an alley, a drive.
_NO_ROAD = re.compile(r"S\d{4}|[a-z_]+")
# Parks of every kind from national to private, golf courses, cemeteries.
_PARK = re.compile(r"K21[89]\d|K2561|K2582")


def road_kind(road_class: str) -> Literal["road_major", "road_minor"] | None:
    """Give the kind of layer that a road of this class is drawn as, ``None`` for what is no road for cars."""
    name = road_class.removesuffix("_link")
    if name in _MAJOR:
        return "road_major"
    return None if name not in _MINOR and _NO_ROAD.fullmatch(name) else "road_minor"


def is_park(landmark_class: str) -> bool:
    """Whether a landmark of this class is green; one without a class was chosen by whoever gave the file."""
    return not landmark_class.startswith("K") or _PARK.fullmatch(landmark_class) is not None


def area_name(theme: Theme, area_id: str, name: str) -> str:
    """Give the name that people read: no code of the Census Bureau, and never empty."""
    if theme is Theme.ZIP:
        return area_id
    if theme is Theme.TRACT and re.fullmatch(r"[\d.]+", name or area_id):
        return f"Census Tract {name or area_id}"
    return re.sub(r" (?:CCD|UT)$", "", name) or area_id
