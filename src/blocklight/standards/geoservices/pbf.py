"""Answers as Esri's FeatureCollection protocol buffer (github.com/Esri/arcgis-pbf)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blocklight.standards.geoservices.protobuf import (
    bytes_field,
    double_field,
    number_field,
    packed_field,
    text_field,
    zigzag,
)
from blocklight.standards.geoservices.quantizing import Quantization

_GEOMETRIES = {"esriGeometryPoint": 0, "esriGeometryPolygon": 3}
_FIELD_TYPES = {
    "esriFieldTypeInteger": 1,
    "esriFieldTypeDouble": 3,
    "esriFieldTypeString": 4,
    "esriFieldTypeDate": 5,
    "esriFieldTypeOID": 6,
}
_SQL_OTHER = 16
_VERSION = ""
_FEATURES, _COUNT, _IDS = 1, 2, 3
_DEGREES = Quantization(1e-7, 0.0, 0.0, from_top=True)
"""Of clients that name no grid: about a centimetre, and within 32 bits all around the world."""
_METRES = Quantization(0.01, 0.0, 0.0, from_top=True)
_WGS84 = 4326

Parts = list[NDArray[Any]]
"""The rings of a polygon, or one list of one point."""


@dataclass(frozen=True, slots=True)
class PbfLayer:
    """What stands before the features: names, types, the reference system and the grid."""

    object_id: str
    fields: Sequence[dict[str, Any]]
    geometry_type: str | None
    system: dict[str, int] | None
    quantization: Quantization | None


def counted(count: int) -> bytes:
    """Return a count."""
    return _result(_COUNT, number_field(1, count))


def numbered(object_id: str, numbers: Sequence[int]) -> bytes:
    """Return object ids."""
    return _result(_IDS, text_field(1, object_id) + packed_field(3, numbers))


def collection(
    layer: PbfLayer, rows: Sequence[Sequence[Any]], geometries: Sequence[Parts | None] | None, *, more: bool
) -> bytes:
    """Return features: values in the order of the fields, and geometries unless there are none.

    Geometries come as the layer's quantization left them: whole cells of its grid, or coordinates.
    """
    quantization = layer.quantization
    if quantization is None and layer.system is not None:
        quantization = _DEGREES if layer.system["wkid"] == _WGS84 else _METRES
    head = _head(layer, quantization, more=more)
    writers = [_VALUES[str(field["type"])] for field in layer.fields]
    grid = None if layer.quantization is not None else quantization
    features = []
    for at, row in enumerate(rows):
        parts = [b"" if value is None else write(value) for write, value in zip(writers, row, strict=True)]
        feature = b"".join(bytes_field(1, part) for part in parts)
        geometry = None if geometries is None else geometries[at]
        if geometry is not None:
            feature += bytes_field(2, _geometry(geometry, grid))
        features.append(bytes_field(15, feature))
    return _result(_FEATURES, head + b"".join(features))


def _result(kind: int, content: bytes) -> bytes:
    return text_field(1, _VERSION) + bytes_field(2, bytes_field(kind, content))


def _head(layer: PbfLayer, quantization: Quantization | None, *, more: bool) -> bytes:
    unique = text_field(1, layer.object_id) + number_field(2, 1)
    head = text_field(1, layer.object_id) + bytes_field(2, unique)
    if layer.geometry_type is not None and layer.system is not None:
        system = number_field(1, layer.system["wkid"]) + number_field(2, layer.system["latestWkid"])
        head += number_field(7, _GEOMETRIES[layer.geometry_type]) + bytes_field(8, system)
    head += number_field(9, int(more))
    if quantization is not None:
        head += bytes_field(12, _transform(quantization))
    for field in layer.fields:
        described = text_field(1, str(field["name"])) + number_field(2, _FIELD_TYPES[str(field["type"])])
        described += text_field(3, str(field["alias"])) + number_field(4, _SQL_OTHER)
        head += bytes_field(13, described)
    return head


def _transform(quantization: Quantization) -> bytes:
    scale = double_field(1, quantization.tolerance) + double_field(2, quantization.tolerance)
    translate = double_field(1, quantization.left) + double_field(2, quantization.edge)
    origin = number_field(1, 0 if quantization.from_top else 1)
    return origin + bytes_field(2, scale) + bytes_field(3, translate)


def _geometry(parts: Parts, grid: Quantization | None) -> bytes:
    """Return lengths and coordinates: of each part the first point, then the steps from one to the next."""
    cells = parts if grid is None else [grid.cells(part) for part in parts]
    steps = [np.concatenate((part[:1], np.diff(part, axis=0))).ravel().tolist() for part in cells]
    numbers = [zigzag(int(step)) for part in steps for step in part]
    return packed_field(2, map(len, parts)) + packed_field(3, numbers)


_VALUES: dict[str, Callable[[Any], bytes]] = {
    "esriFieldTypeString": lambda value: text_field(1, value),
    "esriFieldTypeDouble": lambda value: double_field(3, float(value)),
    "esriFieldTypeInteger": lambda value: number_field(4, zigzag(value)),
    "esriFieldTypeOID": lambda value: number_field(5, value),
    "esriFieldTypeDate": lambda value: number_field(6, value),
}
