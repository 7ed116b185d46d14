"""Reads streets, blocks and addresses from geographic files, in WGS 84, repaired where that is safe."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray

from blocklight.config.city import Bounds
from blocklight.errors import CityFileError
from blocklight.geo.reference_systems import SWAPPED, Shapes, in_degrees, named_in_json

_MAX_FILE_BYTES = 500_000_000
# By what share of its area a polygon may change when it is repaired.
_MOST_CHANGED = 0.01


@dataclass(frozen=True)
class Layer:
    """Shapes in WGS 84 degrees with one column beside each; *repaired* says how many were not valid."""

    shapes: Shapes
    column: list[Any]
    repaired: int = 0


def read_layer(
    path: Path,
    key: str,
    *,
    column: str | None,
    crs: str | None,
    bounds: Bounds,
    layer: str | None = None,
    where: str | None = None,
    lenient: bool = False,
) -> Layer:
    """Read a file that GDAL knows: GeoJSON, shapefile, TopoJSON, GeoPackage and others.

    *key* says in messages what the file is for, *crs* stands in where the file names no reference system.
    Of a file with several layers the first is read unless *layer* names one; *where* is a condition on its
    columns, as GDAL reads them. What is only looked at may be *lenient*: polygons are
    repaired as well as they can be, and left empty where nothing of them remains.
    Raises ``CityFileError`` with file, key and reason.
    """
    if not path.exists():
        raise CityFileError(str(path), key, "no such file")
    if path.stat().st_size > _MAX_FILE_BYTES:
        raise CityFileError(str(path), key, f"larger than {_MAX_FILE_BYTES:,} bytes")
    try:
        layer = layer or pyogrio.list_layers(path)[0][0]
        fields = pyogrio.read_info(path, layer=layer)["fields"]
        if column is not None and column not in fields:
            column_names = ", ".join(map(str, fields[:20]))
            raise CityFileError(str(path), key, f"no column {column!r}; there are: {column_names}")
        meta, _, geometries, values = pyogrio.raw.read(
            path, layer=layer, columns=[] if column is None else [column], where=where, force_2d=True
        )
        shapes = shapely.from_wkb(geometries)
    except pyogrio.errors.DataLayerError:
        raise CityFileError(str(path), key, f"no layer {layer!r}; there are: {_layer_names(path)}") from None
    except ValueError:  # a condition that the file cannot answer
        raise CityFileError(str(path), key, f"cannot be queried with {where}") from None
    except (pyogrio.errors.DataSourceError, shapely.errors.ShapelyError):
        raise CityFileError(str(path), key, "not a file of geographic data that can be read") from None
    named = named_in_json(path) or meta["crs"] or crs
    column_values = [None] * len(shapes) if column is None else values[0].tolist()
    return checked(shapes, column_values, str(path), key, crs=named, bounds=bounds, lenient=lenient)


def _layer_names(path: Path) -> str:
    return ", ".join(str(name) for name, _ in pyogrio.list_layers(path)[:20])


def checked(
    shapes: Shapes,
    column: list[Any],
    file: str,
    key: str,
    *,
    crs: str | None,
    bounds: Bounds,
    lenient: bool = False,
) -> Layer:
    """Shapes in WGS 84 that are valid and of this city; raises ``CityFileError`` for others."""
    present = np.array([shape is not None and not shape.is_empty for shape in shapes], dtype=bool)
    shapes = shapes[present]
    column = [value for value, is_there in zip(column, present, strict=True) if is_there]
    if not len(shapes):
        raise CityFileError(file, key, "there is nothing in it")
    try:
        shapes = in_degrees(shapes, crs)
    except ValueError as error:
        raise CityFileError(file, key, str(error)) from None
    _of_this_city(shapes, file, key, bounds)
    repaired = 0
    for number in np.flatnonzero(~shapely.is_valid(shapes)):
        shapes[number] = _repaired(shapes[number], file, f"{key}.{number}", lenient=lenient)
        repaired += 1
    return Layer(shapes, column, repaired)


def _of_this_city(shapes: Shapes, file: str, key: str, bounds: Bounds) -> None:
    """Raise ``CityFileError`` where nothing lies in the city: then the reference system is another one."""
    box = shapely.box(bounds.west, bounds.south, bounds.east, bounds.north)
    if shapely.intersects(shapes, box).any():
        return
    turned = shapely.transform(shapes, lambda points: points[:, ::-1])
    if shapely.intersects(turned, box).any():
        raise CityFileError(file, key, SWAPPED)
    raise CityFileError(file, key, "nothing in it lies within the city's bounds: wrong reference system?")


def _repaired(shape: Any, file: str, key: str, *, lenient: bool) -> Any:  # noqa: ANN401 - shapely has no types of its own
    whole = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    if lenient:
        return whole
    is_polygon = whole.geom_type in ("Polygon", "MultiPolygon") and not whole.is_empty
    if not is_polygon or abs(whole.area - abs(shape.area)) > _MOST_CHANGED * whole.area:
        raise CityFileError(file, key, f"not a valid shape: {shapely.is_valid_reason(shape)[:80]}")
    return whole


def esri_shape(geometry: object) -> Any:  # noqa: ANN401 - any JSON value; shapely has no types of its own
    """An ArcGIS geometry (paths, rings or a point) as a shape, ``None`` for no geometry.

    A ring that runs clockwise is an outline, one that does not is a hole in it:
    https://developers.arcgis.com/documentation/common-data-types/geometry-objects.htm
    """
    if not isinstance(geometry, dict):
        return None
    try:
        if "paths" in geometry:
            return shapely.MultiLineString([path for path in geometry["paths"] if len(path) > 1])
        if "rings" in geometry:
            rings = [shapely.LinearRing(ring) for ring in geometry["rings"]]
            outlines = [shapely.Polygon(ring) for ring in rings if not ring.is_ccw]
            holes = [shapely.Polygon(ring) for ring in rings if ring.is_ccw]
            return shapely.difference(shapely.union_all(outlines), shapely.union_all(holes))
        return shapely.Point(geometry["x"], geometry["y"])
    except (KeyError, TypeError, ValueError, shapely.errors.ShapelyError):
        return None


def points_along(shapes: Iterable[Any], every: float) -> NDArray[np.float64]:
    """Points on lines, or on the outlines of polygons, one each *every* units of their length."""
    parts = [np.empty((0, 2))]
    for shape in shapes:
        line = shape.boundary if shape.geom_type in ("Polygon", "MultiPolygon") else shape
        for part in shapely.get_parts(line):
            at = np.arange(every / 2, part.length, every)
            parts.append(shapely.get_coordinates(shapely.line_interpolate_point(part, at)))
    return np.concatenate(parts)
