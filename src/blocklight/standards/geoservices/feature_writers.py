"""Writes features in the formats of an answer: attributes, geometries, and what is around them."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import orjson

from blocklight.query.encoded import FlatRow, Points
from blocklight.query.fields import OBJECT_ID
from blocklight.standards.geoservices import pbf
from blocklight.standards.geoservices.describing import field_json, geometry_type
from blocklight.standards.geoservices.geometries import (
    Json,
    esri_point,
    esri_polygon,
    geojson_shape,
    placed,
    rings,
)
from blocklight.standards.geoservices.layers import Layer
from blocklight.standards.geoservices.query_request import Query
from blocklight.standards.geoservices.spatial import Shape

Shapes = Sequence[Shape | None]


class Writer(Protocol):
    """Writes the features of one answer."""

    kind: str
    media_type: str
    names: tuple[str, ...]
    """The fields that it needs of each row."""

    def attributes(self, rows: Sequence[FlatRow]) -> list[bytes]:
        """Write the values of each row."""

    def points(self, points: Points) -> list[bytes]:
        """Write the geometry of each point."""

    def shapes(self, shapes: Shapes) -> list[bytes]:
        """Write the geometry of each shape, or of a row of a table."""

    def feature(self, attributes: bytes, geometry: bytes) -> bytes:
        """Put a feature together."""

    def collection(self, features: Sequence[bytes], *, has_more: bool) -> bytes:
        """Write a whole answer."""


def writer_of(layer: Layer, query: Query) -> Writer:
    """What writes in the format that a query asks for."""
    if query.format == "pbf":
        return PbfWriter(layer, query)
    return GeoJsonWriter(query) if query.format == "geojson" else JsonWriter(layer, query)


class JsonWriter:
    """GeoServices JSON."""

    kind = "json"
    media_type = "application/json"

    def __init__(self, layer: Layer, query: Query) -> None:
        self._layer, self._query = layer, query
        self.names = query.names

    def attributes(self, rows: Sequence[FlatRow]) -> list[bytes]:
        """As in ``Writer``."""
        names = self.names
        return [b'{"attributes":' + orjson.dumps(dict(zip(names, row, strict=True))) for row in rows]

    def points(self, points: Points) -> list[bytes]:
        """As in ``Writer``."""
        if not self._query.with_geometry:
            return [b"}"] * len(points)
        pairs = placed(points, self._query)
        return [b"}" if pair is None else _geometry(esri_point(pair)) + b"}" for pair in pairs]

    def shapes(self, shapes: Shapes) -> list[bytes]:
        """As in ``Writer``."""
        return [b"}" if shape is None else self._shape(shape) for shape in shapes]

    def _shape(self, shape: Shape) -> bytes:
        written = _geometry(esri_polygon(shape, self._query)) if self._query.with_geometry else b""
        if self._query.with_centroid:
            inside = shape.representative_point()
            (pair,) = placed(np.array([(inside.x, inside.y)]), self._query)
            written += b',"centroid":' + orjson.dumps(esri_point(pair or ()))
        return written + b"}"

    def feature(self, attributes: bytes, geometry: bytes) -> bytes:
        """As in ``Writer``."""
        return attributes + geometry

    def collection(self, features: Sequence[bytes], *, has_more: bool) -> bytes:
        """As in ``Writer``."""
        body = _with_features(self._head(has_more=has_more), features)
        return (
            orjson.dumps(orjson.loads(body), option=orjson.OPT_INDENT_2)
            if self._query.format == "pjson"
            else body
        )

    def _head(self, *, has_more: bool) -> Json:
        """What stands before the features; clients find the type of what follows by it."""
        layer, query = self._layer, self._query
        body: Json = {
            "objectIdFieldName": OBJECT_ID,
            "uniqueIdField": {"name": OBJECT_ID, "isSystemMaintained": True},
            "globalIdFieldName": "",
        }
        if not layer.is_table:
            body |= {"geometryType": geometry_type(layer), "spatialReference": query.system.json}
            body |= {"hasZ": False, "hasM": False}
            if query.quantization is not None:
                body["transform"] = query.quantization.json
        body["fields"] = [field_json(layer.fields[name]) for name in query.names]
        if has_more:
            body["exceededTransferLimit"] = True
        return body


class GeoJsonWriter:
    """GeoJSON (RFC 7946), with the object id as the id of a feature."""

    kind = "geojson"
    media_type = "application/geo+json"

    def __init__(self, query: Query) -> None:
        self._query = query
        self.names = (OBJECT_ID, *query.names)

    def attributes(self, rows: Sequence[FlatRow]) -> list[bytes]:
        """As in ``Writer``."""
        names = self._query.names
        return [
            b'{"type":"Feature","id":%d,"properties":%b'
            % (row[0], orjson.dumps(dict(zip(names, row[1:], strict=True))))
            for row in rows
        ]

    def points(self, points: Points) -> list[bytes]:
        """As in ``Writer``."""
        if not self._query.with_geometry:
            return [_NO_GEOMETRY] * len(points)
        return [
            _NO_GEOMETRY if pair is None else _geometry({"type": "Point", "coordinates": pair}) + b"}"
            for pair in placed(points, self._query)
        ]

    def shapes(self, shapes: Shapes) -> list[bytes]:
        """As in ``Writer``."""
        if not self._query.with_geometry:
            return [_NO_GEOMETRY] * len(shapes)
        return [
            _NO_GEOMETRY if shape is None else _geometry(geojson_shape(shape, self._query)) + b"}"
            for shape in shapes
        ]

    def feature(self, attributes: bytes, geometry: bytes) -> bytes:
        """As in ``Writer``."""
        return attributes + geometry

    def collection(self, features: Sequence[bytes], *, has_more: bool) -> bytes:
        """As in ``Writer``."""
        body: Json = {"type": "FeatureCollection"}
        if has_more:
            body |= {"exceededTransferLimit": True, "properties": {"exceededTransferLimit": True}}
        return _with_features(body, features)


class PbfWriter:
    """Esri's protocol buffer, whose first field is the object id."""

    kind = "pbf"
    media_type = pbf.MEDIA_TYPE

    def __init__(self, layer: Layer, query: Query) -> None:
        self._layer, self._query = layer, query
        self.names = (OBJECT_ID, *(name for name in query.names if name != OBJECT_ID))
        self._fields = [field_json(layer.fields[name]) for name in self.names]
        self._wkid = query.system.json["wkid"]

    def attributes(self, rows: Sequence[FlatRow]) -> list[bytes]:
        """As in ``Writer``."""
        return pbf.attributes(self._fields, rows)

    def points(self, points: Points) -> list[bytes]:
        """As in ``Writer``."""
        if not self._query.with_geometry:
            return [b""] * len(points)
        return pbf.points(placed(points, self._query), self._query.quantization, self._wkid)

    def shapes(self, shapes: Shapes) -> list[bytes]:
        """As in ``Writer``."""
        if not self._query.with_geometry:
            return [b""] * len(shapes)
        grid = self._query.quantization
        return [
            b"" if shape is None else pbf.geometry(rings(shape, self._query), grid, self._wkid)
            for shape in shapes
        ]

    def feature(self, attributes: bytes, geometry: bytes) -> bytes:
        """As in ``Writer``."""
        return pbf.pbf_feature(attributes, geometry)

    def collection(self, features: Sequence[bytes], *, has_more: bool) -> bytes:
        """As in ``Writer``."""
        layer, query = self._layer, self._query
        geometry = None if layer.is_table else geometry_type(layer)
        described = pbf.PbfLayer(OBJECT_ID, self._fields, geometry, query.system.json, query.quantization)
        return pbf.collection(described, features, has_more=has_more)


_NO_GEOMETRY = b',"geometry":null}'


def _geometry(geometry: dict[str, Any]) -> bytes:
    return b',"geometry":' + orjson.dumps(geometry)


def _with_features(body: Json, features: Sequence[bytes]) -> bytes:
    return orjson.dumps(body)[:-1] + b',"features":[' + b",".join(features) + b"]}"
