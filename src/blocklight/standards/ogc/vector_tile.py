"""Writes Mapbox vector tiles (specification 2.1): points of many features at once, and polygons.

Points are written as one matrix of bytes with a mask of those that are there, so that no feature costs a
loop: ten thousand in some milliseconds.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

# What nearly all vector tiles have, and clients without an own setting expect.
EXTENT = 4_096
# How far beyond its border a tile draws, in its own units.
BUFFER = 64
# Keys below are those of vector_tile.proto: a field's number times 8, plus its wire type.
_VERSION = 2
_POINT, _POLYGON = 1, 3
_MOVE_TO, _LINE_TO, _CLOSE = 1, 2, 7
_LENGTH_DELIMITED = 2
_NUMBER_BYTES, _LENGTH_BYTES = 5, 2
# A triangle, whose last corner is its first.
_SMALLEST_RING = 4

Bytes = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Property:
    """The different values of a property, and for each feature which one it has; -1 for none."""

    values: Sequence[str | int]
    codes: Whole


def points_layer(
    name: str, xs: Whole, ys: Whole, ids: Whole | None, properties: Mapping[str, Property]
) -> bytes:
    """A layer of points in units of the tile."""
    count = len(xs)
    tags, start = [], 0
    for key, each in enumerate(properties.values()):
        has_value = each.codes >= 0
        for number in (np.full(count, key), each.codes + start):
            written, is_used = _varints(np.where(has_value, number, 0), 3)
            tags.append((written, is_used & has_value[:, None]))
        start += len(each.values)
    parts = [] if ids is None else [_constant(count, 0x08), _varints(ids, _NUMBER_BYTES)]
    if tags:
        packed = _joined(tags)
        parts += [_constant(count, 0x12), _varints(packed[1].sum(axis=1), _LENGTH_BYTES), packed]
    moves = _varints(_zigzag(xs), _NUMBER_BYTES), _varints(_zigzag(ys), _NUMBER_BYTES)
    geometry = _joined([_constant(count, _MOVE_TO | 1 << 3), *moves])
    parts += [_constant(count, 0x18, _POINT, 0x22), _varints(geometry[1].sum(axis=1), 1), geometry]
    body = _joined(parts)
    whole, is_used = _joined([_constant(count, 0x12), _varints(body[1].sum(axis=1), _LENGTH_BYTES), body])
    return _tile_layer(name, whole[is_used].tobytes(), properties)


def polygons_layer(
    name: str, shapes: Iterable[tuple[Any, Mapping[str, str]]], property_names: Sequence[str]
) -> bytes:
    """A layer of polygons in units of the tile, each with its properties."""
    values: dict[str, int] = {}
    written = b""
    for shape, properties in shapes:
        geometry = _polygon_commands(shape)
        if not geometry:
            continue
        tags = b"".join(
            _varint(property_names.index(key)) + _varint(values.setdefault(value, len(values)))
            for key, value in properties.items()
        )
        written += _length_delimited(
            2, _length_delimited(2, tags) + bytes((0x18, _POLYGON)) + _length_delimited(4, geometry)
        )
    every = Property(tuple(values), np.zeros(0, dtype=np.int64))
    nothing = Property((), np.zeros(0, dtype=np.int64))
    return _tile_layer(
        name, written, {key: nothing if at else every for at, key in enumerate(property_names)}
    )


def _tile_layer(name: str, features: bytes, properties: Mapping[str, Property]) -> bytes:
    """Put a layer together; without features there is none."""
    if not features:
        return b""
    keys = b"".join(_length_delimited(3, key.encode()) for key in properties)
    values = b"".join(
        _length_delimited(4, _value(value)) for each in properties.values() for value in each.values
    )
    # The extent (field 5) is optional in the schema, and required by 4.1 of the specification.
    size = bytes((0x28,)) + _varint(EXTENT)
    return _length_delimited(
        3, bytes((0x78, _VERSION)) + _length_delimited(1, name.encode()) + features + keys + values + size
    )


def _value(value: str | int) -> bytes:
    """A text, or a whole number as sint64."""
    return (
        _length_delimited(1, value.encode())
        if isinstance(value, str)
        else bytes((0x30,)) + _varint(value << 1 ^ value >> 63)
    )


def _polygon_commands(shape: Any) -> bytes:  # noqa: ANN401 - shapely has no types of its own
    """The commands that draw a shape: outer rings go round clockwise on the screen, holes the other way."""
    commands, at = [], np.zeros(2, dtype=np.int64)
    for polygon in shapely.get_parts(shape):
        if polygon.geom_type != "Polygon" or polygon.is_empty:
            continue
        for number, ring in enumerate((polygon.exterior, *polygon.interiors)):
            points = np.rint(shapely.get_coordinates(ring)).astype(np.int64)
            # Rounded to the grid of the tile, corners meet: a step of no length is not allowed (4.3.3.2).
            points = points[np.r_[True, np.any(np.diff(points, axis=0) != 0, axis=1)]]
            if len(points) < _SMALLEST_RING:
                # Without its outer ring, the holes of a polygon would be drawn as ground.
                if number == 0:
                    break
                continue
            if (_twice_ring_area(points) > 0) is (number > 0):
                points = points[::-1]
            steps = np.diff(np.vstack((at, points[:-1])), axis=0)
            numbers = _zigzag(steps).ravel().tolist()
            commands += [_MOVE_TO | 1 << 3, *numbers[:2], _LINE_TO | (len(points) - 2) << 3, *numbers[2:]]
            commands.append(_CLOSE | 1 << 3)
            # ClosePath does not move the cursor back to the first corner.
            at = points[-2]
    return b"".join(map(_varint, commands))


def _twice_ring_area(ring: Whole) -> int:
    """Twice the area of a ring, positive where it goes round clockwise with y downwards."""
    xs, ys = ring[:, 0], ring[:, 1]
    return int(np.sum(xs[:-1] * ys[1:] - xs[1:] * ys[:-1]))


def _zigzag(numbers: Whole) -> Whole:
    return (numbers << 1) ^ (numbers >> 63)


def _varint(number: int) -> bytes:
    written = bytearray()
    while number > 127:  # noqa: PLR2004 - seven bits
        written.append(number & 127 | 128)
        number >>= 7
    written.append(number)
    return bytes(written)


def _length_delimited(field: int, body: bytes) -> bytes:
    return _varint(field << 3 | _LENGTH_DELIMITED) + _varint(len(body)) + body


def _varints(numbers: Whole, width: int) -> tuple[Bytes, Mask]:
    """Numbers as varints in rows of *width* bytes, and which of the bytes are there."""
    shifted = numbers[:, None] >> (7 * np.arange(width))
    is_used = shifted > 0
    is_used[:, 0] = True
    goes_on = np.zeros_like(is_used)
    goes_on[:, :-1] = is_used[:, 1:]
    return ((shifted & 127) | (goes_on * 128)).astype(np.uint8), is_used


def _constant(count: int, *numbers: int) -> tuple[Bytes, Mask]:
    row = np.array(numbers, dtype=np.uint8)
    return np.broadcast_to(row, (count, len(row))), np.ones((count, len(row)), dtype=np.bool_)


def _joined(parts: Sequence[tuple[Bytes, Mask]]) -> tuple[Bytes, Mask]:
    return np.hstack([part[0] for part in parts]), np.hstack([part[1] for part in parts])
