"""Reference systems and search geometries as GeoServices clients write them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
import orjson
import shapely
from numpy.typing import NDArray

from blocklight.query.region import NOWHERE, Region, near_point, within_box, within_shape
from blocklight.standards.geoservices.errors import GeoServicesError
from blocklight.standards.mercator import degrees_of_mercator, mercator_of_degrees

# Degrees; what lies farther out would overflow in computing with it.
_FARTHEST = 1e6
# 102100 and 102113 are Esri's codes from before EPSG had 3857, 900913 that of OpenLayers.
_WKIDS = {4326: "WGS84", 3857: "MERCATOR", 102100: "MERCATOR", 102113: "MERCATOR", 900913: "MERCATOR"}
# Each point is compared with each corner.
_MOST_CORNERS = 20_000

_DIGITS = 9
_METRES = {
    "esriSRUnit_Meter": 1.0,
    "esriSRUnit_Kilometer": 1_000.0,
    "esriSRUnit_Foot": 0.3048,
    # The survey foot and mile, by their definition as a fraction of the metre.
    "esriSRUnit_USFoot": 1_200 / 3_937,
    "esriSRUnit_StatuteMile": 1_609.344,
    "esriSRUnit_USMile": 1_609.347_218_694,
    "esriSRUnit_NauticalMile": 1_852.0,
    "esriSRUnit_USNauticalMile": 1_852.0,
}
_RELATIONS = (
    "Intersects",
    "EnvelopeIntersects",
    "IndexIntersects",
    "Contains",
    "Within",
    "Touches",
    "Crosses",
    "Overlaps",
)
# 64 corners lie within 0.12 % of the radius of a true circle.
_CIRCLE = np.linspace(0, 2 * np.pi, 65)
# A shapely geometry; shapely has no types of its own.
Shape = Any


class SpatialReference(Enum):
    """The systems that coordinates are taken and given in."""

    WGS84 = 4326
    MERCATOR = 3857

    @property
    def json(self) -> dict[str, int]:
        """How an answer names it."""
        if self is SpatialReference.MERCATOR:
            return {"wkid": 102100, "latestWkid": 3857}
        return {"wkid": 4326, "latestWkid": 4326}

    def of_degrees(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points (lon, lat in rows) in this system."""
        if self is SpatialReference.WGS84 or not len(points):
            return points
        return mercator_of_degrees(points)

    def to_degrees(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points of this system as lon, lat."""
        if self is SpatialReference.WGS84:
            return points
        return degrees_of_mercator(points)


@dataclass(frozen=True, slots=True)
class Search:
    """Where features are looked for: a shape in degrees, within what distance of it, and how they meet."""

    shape: Shape
    relation: str
    box: tuple[float, float, float, float] | None = None
    """Where the shape is a box; its west may be greater than its east."""
    distance_m: float | None = None

    def region(self) -> Region:
        """The ground of points that are met; what only lines and polygons can do, no point does."""
        if self.distance_m is not None:
            return near_point(self.shape.x, self.shape.y, self.distance_m)
        return self._of_point() if self.shape.geom_type == "Point" else self._of_ground()

    def _of_point(self) -> Region:
        is_met = self.relation not in ("Touches", "Crosses", "Overlaps")
        return within_shape(self.shape) if is_met else NOWHERE

    def _of_ground(self) -> Region:
        match self.relation:
            case "Contains":
                return within_shape(self.shape, border=False)
            case "Touches":
                return within_shape(self.shape, border=True)
            case "Intersects":
                return within_shape(self.shape) if self.box is None else within_box(*self.box)
            case "EnvelopeIntersects" | "IndexIntersects" if not shapely.is_empty(self.shape):
                return within_box(*(self.box or shapely.bounds(self.shape).tolist()))
        return NOWHERE

    def meets(self, shapes: NDArray[np.object_]) -> NDArray[np.bool_]:
        """Whether each of some polygons is met."""
        searched = self.shape if self.distance_m is None else _circle(self.shape, self.distance_m)
        if self.relation in ("EnvelopeIntersects", "IndexIntersects"):
            searched = shapely.envelope(searched)
        predicate = {
            "Contains": shapely.contains, "Within": shapely.within, "Touches": shapely.touches,
            "Crosses": shapely.crosses, "Overlaps": shapely.overlaps,
        }.get(self.relation, shapely.intersects)  # fmt: skip
        met: NDArray[np.bool_] = predicate(searched, shapes)
        return met


def parse_reference(text: str | None, parameter: str) -> SpatialReference | None:
    """Read ``4326``, ``102100`` or ``{"wkid": 102100}``; raises ``GeoServicesError`` for another system."""
    if not text:
        return None
    if text.lstrip().startswith("{"):
        return _reference_of(_parsed_json(text, parameter), parameter)
    return _reference_of({"wkid": text.strip()}, parameter)


def _reference_of(document: object, parameter: str) -> SpatialReference:
    codes = [document.get("latestWkid"), document.get("wkid")] if isinstance(document, dict) else []
    for code in map(str, codes):
        name = _WKIDS.get(int(code)) if code.isdecimal() and len(code) < _DIGITS else None
        if name is not None:
            return SpatialReference[name]
    raise GeoServicesError("expected 4326 (WGS 84) or 3857 (Web Mercator)", parameter=parameter)


def parse_search(
    geometry: str, kind: str | None, reference: SpatialReference | None, relation: str | None
) -> Search:
    """Read a search geometry, in degrees unless it says otherwise; raises ``GeoServicesError``."""
    relation_name = (relation or "esriSpatialRelIntersects").removeprefix("esriSpatialRel")
    if relation_name not in _RELATIONS:
        raise GeoServicesError(
            f"expected one of esriSpatialRel{', '.join(_RELATIONS)}", parameter="spatialRel"
        )
    if geometry.lstrip().startswith("{"):
        document = _parsed_json(geometry, "geometry")
        if not isinstance(document, dict):
            raise GeoServicesError("expected a geometry", parameter="geometry")
        if document.get("spatialReference") is not None and reference is None:
            reference = _reference_of(document["spatialReference"], "geometry")
        return _of_json(document, reference or SpatialReference.WGS84, relation_name)
    numbers = _finite_numbers(geometry.split(","))
    system = reference or SpatialReference.WGS84
    match len(numbers), kind:
        case 2, None | "esriGeometryPoint" | "esriGeometryEnvelope":
            return Search(shapely.Point(*_search_degrees([numbers], system)[0]), relation_name)
        case 4, None | "esriGeometryEnvelope":
            return _box(numbers, system, relation_name)
    raise GeoServicesError("expected x,y or xmin,ymin,xmax,ymax, or JSON", parameter="geometry")


def with_distance(search: Search, distance: str | None, units: str | None) -> Search:
    """A search around a point; raises ``GeoServicesError`` for another shape or no distance."""
    if not distance:
        return search
    (number,) = _finite_numbers([distance], "distance")
    metres = _METRES.get(units or "esriSRUnit_Meter")
    if metres is None:
        raise GeoServicesError(f"expected one of {', '.join(_METRES)}", parameter="units")
    if number < 0:
        raise GeoServicesError("must not be negative", parameter="distance")
    if number == 0:
        return search
    if search.shape.geom_type != "Point":
        raise GeoServicesError("only a point can be searched around", parameter="distance")
    return Search(search.shape, search.relation, distance_m=number * metres)


def _of_json(document: dict[str, Any], system: SpatialReference, relation_name: str) -> Search:
    if "xmin" in document:
        return _box(
            _finite_numbers([document.get(side) for side in ("xmin", "ymin", "xmax", "ymax")]),
            system,
            relation_name,
        )
    if "x" in document:
        return Search(
            shapely.Point(*_search_degrees([_finite_numbers([document["x"], document.get("y")])], system)[0]),
            relation_name,
        )
    if "rings" in document:
        return Search(_polygon_of_rings(document["rings"], system), relation_name)
    raise GeoServicesError("expected a point, an envelope or a polygon", parameter="geometry")


def _box(numbers: Sequence[float], system: SpatialReference, relation_name: str) -> Search:
    (west, south), (east, north) = _search_degrees([numbers[:2], numbers[2:]], system).tolist()
    parts = [shapely.box(*part) for part in within_box(west, south, east, north).boxes]
    return Search(shapely.union_all(parts), relation_name, (west, south, east, north))


def _polygon_of_rings(rings: object, system: SpatialReference) -> Shape:
    """The ground that lies in an odd number of rings, in whatever direction each goes round."""
    if not isinstance(rings, list) or not all(isinstance(ring, list) for ring in rings):
        raise GeoServicesError("rings must be lists of points", parameter="geometry")
    if sum(map(len, rings)) > _MOST_CORNERS:
        raise GeoServicesError(f"more than {_MOST_CORNERS:,} corners", parameter="geometry")
    ground = shapely.Polygon()
    for ring in rings:
        corners = [_finite_numbers(point[:2] if isinstance(point, list) else [None]) for point in ring]
        if len(corners) < 3 or any(len(corner) != 2 for corner in corners):  # noqa: PLR2004 - a triangle, in a plane
            raise GeoServicesError("a ring needs at least three points", parameter="geometry")
        part = shapely.make_valid(shapely.Polygon(_search_degrees(corners, system)))
        ground = shapely.symmetric_difference(ground, part)
    return ground


def _search_degrees(points: Sequence[Sequence[float]], system: SpatialReference) -> NDArray[np.float64]:
    return np.clip(system.to_degrees(np.array(points, dtype=np.float64)), -_FARTHEST, _FARTHEST)


def _finite_numbers(values: Sequence[object], parameter: str = "geometry") -> list[float]:
    """Finite numbers; ArcGIS writes them as texts too."""
    try:
        numbers = [float(value) for value in values if isinstance(value, int | float | str)]
    except (ValueError, OverflowError):
        numbers = []
    if len(numbers) != len(values) or not all(map(math.isfinite, numbers)):
        raise GeoServicesError("expected finite numbers", parameter=parameter)
    return numbers


def _circle(centre: Shape, metres: float) -> Shape:
    reach = math.degrees(metres / 6_371_008.8)
    across = reach / max(math.cos(math.radians(centre.y)), 0.01)
    return shapely.Polygon(
        np.column_stack((centre.x + across * np.cos(_CIRCLE), centre.y + reach * np.sin(_CIRCLE)))
    )


def _parsed_json(text: str, parameter: str) -> object:
    try:
        document: object = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise GeoServicesError("not JSON", parameter=parameter, position=error.pos + 1) from None
    return document
