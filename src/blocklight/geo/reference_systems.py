"""Turns shapes in any coordinate reference system into degrees of WGS 84, and says why where it cannot."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from blocklight.config.reference_names import is_known

Shapes = NDArray[np.object_]

SWAPPED = "longitude and latitude are swapped"
_WGS84 = CRS.from_epsg(4326)
_MOST_DEGREES = (180, 90)


def in_degrees(shapes: Shapes, crs: str | None) -> Any:  # noqa: ANN401 - shapely has no types of its own
    """Give *shapes*, which are in *crs* or else in degrees already, in lon, lat of WGS 84.

    Raises ``ValueError`` with the reason for a system that is not known and for what are no degrees.
    """
    if crs is not None:
        if not is_known(crs):
            raise ValueError(f"{crs!r} is not a reference system")
        system = CRS.from_user_input(crs)
        if not system.equals(_WGS84, ignore_axis_order=True):
            ahead = Transformer.from_crs(system, _WGS84, always_xy=True)
            shapes = shapely.transform(shapes, lambda points: np.stack(ahead.transform(*points.T), axis=1))
    points = shapely.get_coordinates(shapes)
    if (np.abs(points[:, ::-1]) <= _MOST_DEGREES).all() and (np.abs(points) > _MOST_DEGREES).any():
        raise ValueError(SWAPPED)
    if not (np.abs(points) <= _MOST_DEGREES).all():
        raise ValueError("coordinates are not degrees: name their reference system with crs")
    return shapes


def named_in_json(path: Path) -> str | None:
    """Give the reference system that an old GeoJSON file names, which GDAL takes for WGS 84 if unknown."""
    if path.suffix.lower() not in (".json", ".geojson") or not path.is_file():
        return None
    with path.open("rb") as file:
        hit = re.search(rb'"crs"\s*:\s*\{[^{}]*\{\s*"name"\s*:\s*"([^"]{1,80})"', file.read(4096))
    return None if hit is None else hit[1].decode("ascii", "replace")
