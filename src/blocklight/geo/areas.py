"""Reads the polygons that people know and answers which of them hold a point."""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import lru_cache
from itertools import compress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import shape

from blocklight.config.city import AreaLayer, Bounds, City
from blocklight.errors import CityFileError
from blocklight.geo.exact import ExactPoint, degrees
from blocklight.model.record import Area, Place

# A geometry of shapely, which ships no types.
Geometry = Any
# A feature or a collection of RFC 7946.
GeoJson = dict[str, Any]

_MAX_FILE_BYTES = 50_000_000
# The mean radius of the earth as the IUGG has it.
_EARTH_RADIUS_M = 6_371_008.8
# A square of about 100 m: all that is remembered of where an exact place was asked for.
SQUARES_A_DEGREE = 1000

# Squares are remembered where calls were looked up: a bound, as points may come from anywhere.
_MOST_SQUARES = 200_000

_ROUNDING = 1e-9
_ID = re.compile(r"[^:\x00-\x1f]{1,80}")
_NO_ID = "an area's id has 1 to 80 characters, and no colon"
# What a GeoJSON file is in that says nothing of it; older ones may name any system.
_IN_DEGREES = {"properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}

_PREPARE = "`blocklight area build` brings a file into degrees of WGS 84"
_UNKNOWN: Mapping[str, str] = {}

# The numbers of a square from west to east and from south to north.
Square = tuple[int, int]


class Touched(NamedTuple):
    """The areas that a piece of ground touches, as ``KIND:ID``, and those that hold all of it."""

    touched: frozenset[str]
    throughout: frozenset[str]


class Areas:
    """All areas of one city: public GeoJSON per kind, and an index from a WGS 84 point to area ids."""

    def __init__(self, city: City) -> None:
        self.by_kind: dict[str, list[Area]] = {}
        self._collections: dict[str, GeoJson] = {}
        self._polygons: list[Geometry] = []
        self._owners: list[Area] = []
        self._centres: dict[tuple[str, str], tuple[float, float, int]] = {}
        for layer in city.areas:
            self._add(layer, city.path(layer.file), city.city.bounds)
        self._expect_residents(city)
        self._shapes = np.array(self._polygons, dtype=object)
        shapely.prepare(self._shapes)
        self._tree = shapely.STRtree(self._shapes)
        self._at = lru_cache(maxsize=100_000)(self._look_up)
        self._squares: dict[Square, Mapping[str, str] | _Border] = {}

    def areas_of_public(self, place: Place) -> dict[str, str]:
        """The id of the area of each kind that holds a public place; kinds without one are left out.

        Places are remembered.
        """
        return self._at(place.lon, place.lat).copy()

    def areas_of_exact(self, point: ExactPoint) -> Mapping[str, str]:
        """The same for an exact point, which may not outlive the call: its square is remembered."""
        lon, lat = degrees(point)
        square_areas = self._in((math.floor(lon * SQUARES_A_DEGREE), math.floor(lat * SQUARES_A_DEGREE)))
        if not isinstance(square_areas, _Border):
            return square_areas
        inside = shapely.intersects_xy(square_areas.shapes, lon, lat)
        return _first_of_each_kind(compress(square_areas.areas, inside.tolist()))

    def no_border_in(self, square: Square) -> bool:
        """Whether all points of a square lie in the same areas."""
        return not isinstance(self._in(square), _Border)

    def touching(self, ground: object) -> Touched:
        """The areas that a shape in WGS 84 degrees touches; its border counts.

        Where it touches several of a kind, none of them counts as holding all of it, even where they overlap.
        """
        hits = self._tree.query(ground, predicate="intersects")
        owners = [self._owners[index] for index in hits]
        kinds = Counter(area.kind for area in owners)
        covering = shapely.covers(self._shapes[hits], ground)
        whole = (area for area in compress(owners, covering) if kinds[area.kind] == 1)
        return Touched(frozenset(map(_area_name, owners)), frozenset(map(_area_name, whole)))

    def names(self) -> frozenset[str]:
        """All areas as ``KIND:ID``."""
        return frozenset(map(_area_name, self._owners))

    def polygon(self, kind: str, area_id: str) -> Geometry:
        """The polygons of an area as one shape, in WGS 84 degrees; empty for an unknown one."""
        matches = (area.kind == kind and area.id == area_id for area in self._owners)
        return shapely.union_all(
            [shape for shape, is_own in zip(self._polygons, matches, strict=True) if is_own]
        )

    def centre(self, kind: str, area_id: str) -> tuple[float, float, int] | None:
        """A point inside an area (lon, lat) and how far its border is at most, in metres."""
        return self._centres.get((kind, area_id))

    def geojson(self, kind: str) -> GeoJson | None:
        """The areas of *kind* as a FeatureCollection, or ``None`` for an unknown kind."""
        return self._collections.get(kind)

    def _add(self, layer: AreaLayer, path: Path, bounds: Bounds) -> None:
        features = []
        first = len(self._polygons)
        for area, geometry in _whole_areas(layer, path):
            if (area.kind, area.id) in self._centres:
                raise CityFileError(str(path), layer.kind, f"{area.id!r} is the id of two areas")
            self.by_kind.setdefault(layer.kind, []).append(area)
            self._polygons.append(geometry)
            self._owners.append(area)
            self._centres[area.kind, area.id] = _centre(geometry)
            features.append(
                {
                    "type": "Feature",
                    "id": area.id,
                    "properties": {"id": area.id, "name": area.name, "kind": area.kind},
                    "geometry": json.loads(shapely.to_geojson(geometry)),
                }
            )
        _expect_here(self._polygons[first:], path, layer.kind, bounds)
        self._collections[layer.kind] = {"type": "FeatureCollection", "features": features}

    def _expect_residents(self, city: City) -> None:
        """Raise ``CityFileError`` where the city file has residents of an area that there is not."""
        for kind, residents in (city.population.areas if city.population else {}).items():
            ids = {area.id for area in self.by_kind.get(kind, ())}
            strange = sorted(set(residents) - ids)
            if strange:
                close = get_close_matches(strange[0], ids, 1)
                hint = f"; did you mean {close[0]!r}?" if close else ""
                raise CityFileError(
                    city.city.id, f"population.areas.{kind}", f"no area {strange[0][:80]!r}{hint}"
                )

    def _in(self, square: Square) -> "Mapping[str, str] | _Border":
        square_areas = self._squares.get(square, _UNKNOWN)
        if square_areas is _UNKNOWN:
            if len(self._squares) >= _MOST_SQUARES:
                self._squares.clear()
            square_areas = self._squares[square] = self._throughout(square)
        return square_areas

    def _throughout(self, square: Square) -> "Mapping[str, str] | _Border":
        """The areas that hold all of a square, or where a border goes through it those it touches."""
        west, south, east, north = (
            (number + side) / SQUARES_A_DEGREE + side * _ROUNDING - (1 - side) * _ROUNDING
            for side in (0, 1)
            for number in square
        )
        box = shapely.box(west, south, east, north)
        hits = np.sort(self._tree.query(box, predicate="intersects"))
        areas = [self._owners[index] for index in hits]
        shapes = self._shapes[hits]
        return _first_of_each_kind(areas) if shapely.covers(shapes, box).all() else _Border(areas, shapes)

    def _look_up(self, lon: float, lat: float) -> dict[str, str]:
        if not self._polygons:
            return {}
        hits = np.sort(self._tree.query(shapely.Point(lon, lat)))
        inside = hits[shapely.intersects_xy(self._shapes[hits], lon, lat)]
        return _first_of_each_kind(self._owners[index] for index in inside)


class _Border(NamedTuple):
    """The areas that a square touches where a border goes through it, in the order of their files."""

    areas: list[Area]
    shapes: NDArray[np.object_]


def _area_name(area: Area) -> str:
    return f"{area.kind}:{area.id}"


def _first_of_each_kind(areas: Iterable[Area]) -> dict[str, str]:
    """Of each kind the first area in the file: on a shared border it wins, always."""
    ids: dict[str, str] = {}
    for area in areas:
        ids.setdefault(area.kind, area.id)
    return ids


def _whole_areas(layer: AreaLayer, path: Path) -> Iterable[tuple[Area, Geometry]]:
    """The areas of a file, each whole: features of one id and one name are parts of one area."""
    parts: dict[Area, list[Geometry]] = {}
    for feature in _read_features(path):
        area, geometry = _feature_part(feature, layer, path)
        parts.setdefault(area, []).append(geometry)
    return [
        (area, shapes[0] if len(shapes) == 1 else shapely.union_all(shapes)) for area, shapes in parts.items()
    ]


def _feature_part(feature: GeoJson, layer: AreaLayer, path: Path) -> tuple[Area, Geometry]:
    try:
        geometry = shape(feature["geometry"])
        properties = dict(feature.get("properties") or {})
    except (shapely.errors.ShapelyError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        raise CityFileError(str(path), layer.kind, "areas must be polygons") from None
    if not geometry.is_valid:
        geometry = shapely.make_valid(geometry, method="structure", keep_collapsed=False)
    if geometry.is_empty or geometry.geom_type not in ("Polygon", "MultiPolygon"):
        raise CityFileError(str(path), layer.kind, "areas must be polygons")
    try:
        area = Area(kind=layer.kind, id=str(properties[layer.id]), name=str(properties[layer.name]))
    except KeyError as error:
        raise CityFileError(str(path), layer.kind, f"an area has no property {error}") from error
    if not _ID.fullmatch(area.id):
        raise CityFileError(str(path), layer.kind, _NO_ID)
    return area, geometry


def _expect_here(polygons: list[Geometry], path: Path, kind: str, bounds: Bounds) -> None:
    """Raise ``CityFileError`` where no area lies in the city: no incident would ever be in one."""
    box = shapely.box(bounds.west, bounds.south, bounds.east, bounds.north)
    if shapely.intersects(polygons, box).any():
        return
    turned = shapely.transform(polygons, lambda points: points[:, ::-1])
    if len(polygons) and shapely.intersects(turned, box).any():
        raise CityFileError(str(path), kind, "longitude and latitude are swapped")
    reason = "no area lies within the city's bounds" if polygons else "there are no areas in it"
    raise CityFileError(str(path), kind, f"{reason}; {_PREPARE}")


def _centre(polygon: Geometry) -> tuple[float, float, int]:
    """A point that lies inside, to 6 digits, and the great-circle reach to the farthest corner."""
    inside = polygon.representative_point()
    lon, lat = round(inside.x, 6), round(inside.y, 6)
    corners = shapely.get_coordinates(polygon)
    across = np.radians(corners[:, 0] - lon) * np.cos(np.radians((corners[:, 1] + lat) / 2))
    up = np.radians(corners[:, 1] - lat)
    return lon, lat, math.ceil(float(np.hypot(across, up).max()) * _EARTH_RADIUS_M)


def _read_features(path: Path) -> list[GeoJson]:
    if path.stat().st_size > _MAX_FILE_BYTES:
        raise CityFileError(str(path), "", f"larger than {_MAX_FILE_BYTES:,} bytes")
    try:
        document = json.loads(path.read_bytes())
        features: list[GeoJson] = list(document["features"])
        system = str((document.get("crs") or _IN_DEGREES)["properties"]["name"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CityFileError(str(path), "", "not a GeoJSON FeatureCollection") from error
    if not system.endswith(("CRS84", ":4326")):
        raise CityFileError(str(path), "crs", f"in {system[:80]}, not in degrees of WGS 84; {_PREPARE}")
    return features
