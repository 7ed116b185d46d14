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
    varint,
    zigzag,
)
from blocklight.standards.geoservices.quantizing import Quantization

MEDIA_TYPE = "application/x-protobuf"
# Numbers of enumerations and fields are those of FeatureCollection.proto.
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
# Of clients that name no grid: about a centimetre, and within 32 bits all around the world.
_DEGREES = Quantization(1e-7, 0.0, 0.0, from_top=True)

_METRES = Quantization(0.01, 0.0, 0.0, from_top=True)
_WGS84 = 4326

# The key of a feature's second field, a message.
_GEOMETRY = b"\x12"
# One part of one point, and the key of its coordinates.
_ONE_POINT = packed_field(2, [1]) + b"\x1a"

# The rings of a polygon.
Parts = list[NDArray[Any]]


@dataclass(frozen=True, slots=True)
class PbfLayer:
    """What stands before the features: names, types, the reference system and the grid."""

    object_id: str
    fields: Sequence[dict[str, object]]
    geometry_type: str | None
    system: dict[str, int] | None
    quantization: Quantization | None


def count_message(count: int) -> bytes:
    """A count."""
    return _result(_COUNT, number_field(1, count))


def object_ids_message(object_id: str, numbers: Sequence[int]) -> bytes:
    """Object ids."""
    return _result(_IDS, text_field(1, object_id) + packed_field(3, numbers))


def collection(layer: PbfLayer, features: Sequence[bytes], *, has_more: bool) -> bytes:
    """Features behind what stands before them."""
    return _result(_FEATURES, _head(layer, has_more=has_more) + b"".join(features))


def pbf_feature(attributes: bytes, geometry: bytes) -> bytes:
    """One feature of a collection."""
    return bytes_field(15, attributes + geometry)


def attributes(fields: Sequence[dict[str, object]], rows: Sequence[Sequence[Any]]) -> list[bytes]:
    """The values of each row, in the order of the fields."""
    columns = []
    for field, values in zip(fields, zip(*rows, strict=True), strict=False):
        write = _VALUES[str(field["type"])]
        # Most columns have few different values: each is written once.
        written = {value: bytes_field(1, b"" if value is None else write(value)) for value in set(values)}
        columns.append([written[value] for value in values])
    return list(map(b"".join, zip(*columns, strict=True)))


def geometry(parts: Parts, query_grid: Quantization | None, wkid: int) -> bytes:
    """A feature's geometry: whole cells of the client's grid, or coordinates that are put on ours."""
    grid = None if query_grid is not None else _grid(wkid)
    return bytes_field(2, _geometry_message(parts, grid))


def points(
    pairs: Sequence[Sequence[float] | None], query_grid: Quantization | None, wkid: int
) -> list[bytes]:
    """The geometries of points; of a missing one, nothing."""
    existing = np.array([pair for pair in pairs if pair is not None], dtype=np.float64).reshape(-1, 2)
    cells = existing.astype(np.int64) if query_grid is not None else _grid(wkid).cells(existing)
    # Zigzag, as sint64 has it, for all points at once: a call for each would cost more than the rest.
    numbers = iter(((cells << 1) ^ (cells >> 63)).tolist())
    return [b"" if pair is None else _point_message(*next(numbers)) for pair in pairs]


def _point_message(x: int, y: int) -> bytes:
    coordinates = varint(x) + varint(y)
    content = _ONE_POINT + bytes((len(coordinates),)) + coordinates
    return _GEOMETRY + bytes((len(content),)) + content


def _grid(wkid: int) -> Quantization:
    return _DEGREES if wkid == _WGS84 else _METRES


def _result(kind: int, content: bytes) -> bytes:
    return text_field(1, _VERSION) + bytes_field(2, bytes_field(kind, content))


def _head(layer: PbfLayer, *, has_more: bool) -> bytes:
    quantization = layer.quantization
    if quantization is None and layer.system is not None:
        quantization = _grid(layer.system["wkid"])
    unique = text_field(1, layer.object_id) + number_field(2, 1)
    head = text_field(1, layer.object_id) + bytes_field(2, unique)
    if layer.geometry_type is not None and layer.system is not None:
        system = number_field(1, layer.system["wkid"]) + number_field(2, layer.system["latestWkid"])
        head += number_field(7, _GEOMETRIES[layer.geometry_type]) + bytes_field(8, system)
    head += number_field(9, int(has_more))
    if quantization is not None:
        head += bytes_field(12, _transform(quantization))
    for field in layer.fields:
        described = text_field(1, str(field["name"])) + number_field(2, _FIELD_TYPES[str(field["type"])])
        described += text_field(3, str(field["alias"])) + number_field(4, _SQL_OTHER)
        head += bytes_field(13, described)
    return head


def _transform(quantization: Quantization) -> bytes:
    scale = double_field(1, quantization.tolerance) + double_field(2, quantization.tolerance)
    translate = double_field(1, quantization.origin_x) + double_field(2, quantization.edge)
    origin = number_field(1, 0 if quantization.from_top else 1)
    return origin + bytes_field(2, scale) + bytes_field(3, translate)


def _geometry_message(parts: Parts, grid: Quantization | None) -> bytes:
    """Lengths and coordinates: of each part the first point, then the steps from one to the next."""
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
