"""Reads the polygons that people know and answers which of them hold a point."""

import json
import math
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry import shape

from blocklight.city import AreaLayer, City
from blocklight.errors import CityFileError
from blocklight.model import Area

_MAX_FILE_BYTES = 50_000_000
_EARTH_RADIUS_M = 6_371_008.8


class Areas:
    """All areas of one city: public GeoJSON per kind, and an index from a WGS 84 point to area ids."""

    def __init__(self, city: City) -> None:
        self.by_kind: dict[str, list[Area]] = {}
        self._collections: dict[str, dict[str, Any]] = {}
        self._polygons: list[Any] = []
        self._owners: list[Area] = []
        self._centres: dict[tuple[str, str], tuple[float, float, int]] = {}
        for layer in city.areas:
            self._add(layer, city.path(layer.file))
        self._tree = shapely.STRtree(self._polygons)
        self._at = lru_cache(maxsize=100_000)(self._look_up)

    def at(self, lon: float, lat: float) -> dict[str, str]:
        """Return the id of the area of each kind that holds the point; kinds without one are left out."""
        return dict(self._at(lon, lat))

    def holding(self, lon: float, lat: float) -> dict[str, str]:
        """As ``at``, remembering nothing: for exact places, which may not outlive the call."""
        return dict(self._look_up(lon, lat))

    def centre(self, kind: str, area_id: str) -> tuple[float, float, int] | None:
        """Return a point inside an area (lon, lat) and how far its border is at most, in metres."""
        return self._centres.get((kind, area_id))

    def geojson(self, kind: str) -> dict[str, Any] | None:
        """Return the areas of *kind* as a FeatureCollection, or ``None`` for an unknown kind."""
        return self._collections.get(kind)

    def _add(self, layer: AreaLayer, path: Path) -> None:
        features = []
        for feature in _features(path):
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
        self._collections[layer.kind] = {"type": "FeatureCollection", "features": features}

    def _look_up(self, lon: float, lat: float) -> tuple[tuple[str, str], ...]:
        if not self._polygons:
            return ()
        hits = self._tree.query(shapely.Point(lon, lat), predicate="intersects")
        found: dict[str, str] = {}
        for index in sorted(hits.tolist()):  # on a shared border the first in the file wins, always
            found.setdefault(self._owners[index].kind, self._owners[index].id)
        return tuple(found.items())


def _centre(polygon: Any) -> tuple[float, float, int]:  # noqa: ANN401 - shapely has no types of its own
    """Return a point that lies inside, to 6 digits, and the great-circle reach to the farthest corner."""
    inside = polygon.representative_point()
    lon, lat = round(inside.x, 6), round(inside.y, 6)
    corners = shapely.get_coordinates(polygon)
    across = np.radians(corners[:, 0] - lon) * np.cos(np.radians((corners[:, 1] + lat) / 2))
    up = np.radians(corners[:, 1] - lat)
    return lon, lat, math.ceil(float(np.hypot(across, up).max()) * _EARTH_RADIUS_M)


def _features(path: Path) -> list[dict[str, Any]]:
    if path.stat().st_size > _MAX_FILE_BYTES:
        raise CityFileError(str(path), "", f"larger than {_MAX_FILE_BYTES:,} bytes")
    try:
        features: list[dict[str, Any]] = json.loads(path.read_bytes())["features"]
    except (ValueError, KeyError, TypeError) as error:
        raise CityFileError(str(path), "", "not a GeoJSON FeatureCollection") from error
    return features
