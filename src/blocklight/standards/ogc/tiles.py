"""Vector tiles of what is published: every incident where one looks closely, counts from farther away."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from blocklight.model.times import iso
from blocklight.query.encoded import FlatRow, Form, Points
from blocklight.query.fields import GEOMETRY, OBJECT_ID, Fields, FieldType, incident_fields
from blocklight.query.region import Region, within_box
from blocklight.query.selection import Selection, Slice
from blocklight.standards.area_rows import area_rows
from blocklight.standards.city_view import CityView
from blocklight.standards.geoservices.moments import moment_of_ms
from blocklight.standards.ogc.collections import Collection
from blocklight.standards.ogc.errors import OgcError
from blocklight.standards.ogc.items_request import ItemsRequest
from blocklight.standards.ogc.systems import ReferenceSystem
from blocklight.standards.ogc.vector_tile import BUFFER, EXTENT, Property, points_layer, polygons_layer

# A pixel is half a metre there, far below the size of any public place.
DEEPEST_ZOOM = 18
# From here on a tile has each incident; farther out it has counts.
FIRST_ZOOM_OF_EACH = 12
# Squares across a tile that are counted together.
_BINS = 64

# A larger tile takes longer than a client waits; time is what to ask less of.
_MOST_IN_TILE = 250_000

_MOST_DIGITS = 8
# Half the equator of EPSG 3857: the square that WebMercatorQuad divides.
_HALF_WORLD_M = 20_037_508.342_789_244
SHOWN = ("id", "kind", "category", "status", "stage", "priority", "received_at")
# The unit separator of ASCII, which is in none of our own words.
_SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True)
class TileAddress:
    """A tile of WebMercatorQuad: its zoom, and its place from the north-west."""

    zoom: int
    row: int
    column: int

    @property
    def size_m(self) -> float:
        """Length of a side."""
        return 2 * _HALF_WORLD_M / (1 << self.zoom)

    def units(self, points: Points) -> NDArray[np.float64]:
        """Points (longitude and latitude in rows) in units of the tile, y downwards."""
        metres = ReferenceSystem.MERCATOR.of_degrees(points)
        west, north = self.column * self.size_m - _HALF_WORLD_M, _HALF_WORLD_M - self.row * self.size_m
        across = (metres[:, 0] - west) / self.size_m * EXTENT
        return np.column_stack((across, (north - metres[:, 1]) / self.size_m * EXTENT))

    def region(self, buffer: float) -> Region:
        """The ground of the tile and, in units of the tile, a border around it."""
        margin = buffer / EXTENT * self.size_m
        west, north = self.column * self.size_m - _HALF_WORLD_M, _HALF_WORLD_M - self.row * self.size_m
        metres = np.array([
            (west - margin, north - self.size_m - margin), (west + self.size_m + margin, north + margin),
        ])  # fmt: skip
        (west_lon, south_lat), (east_lon, north_lat) = ReferenceSystem.MERCATOR.to_degrees(metres).tolist()
        return within_box(west_lon, south_lat, east_lon, north_lat)


def tile_address(zoom: str, row: str, column: str) -> TileAddress:
    """Read the address of a tile; raises ``OgcError`` for one that there is none of."""
    parts = [_tile_number(part) for part in (zoom, row, column)]
    if not 0 <= parts[0] <= DEEPEST_ZOOM or not all(0 <= part < 2 ** parts[0] for part in parts[1:]):
        raise OgcError(f"no such tile: zooms go from 0 to {DEEPEST_ZOOM}", status=404)
    return TileAddress(*parts)


def _tile_number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS else -1


def tile(view: CityView, collection: Collection, address: TileAddress, request: ItemsRequest) -> bytes:
    """The bytes of a tile, none for one without features."""
    if collection.area_kind is not None:
        return _area_tile(view, collection, address)
    return _incident_tile(view, collection, address, request)


def _area_tile(view: CityView, collection: Collection, address: TileAddress) -> bytes:
    drawn = []
    for row in area_rows(view.areas, collection.area_kind or ""):
        shape = shapely.transform(row[GEOMETRY], address.units)
        shape = shapely.clip_by_rect(shape, -BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER)
        if not shapely.is_empty(shape):
            shape = shapely.simplify(shape, 1)
            drawn.append((shape, {"id": str(row["id"]), "name": str(row["name"])}))
    return polygons_layer(collection.id, drawn, ("id", "name"))


def _incident_tile(
    view: CityView, collection: Collection, address: TileAddress, request: ItemsRequest
) -> bytes:
    is_each = address.zoom >= FIRST_ZOOM_OF_EACH
    selection = Selection(
        where=request.where,
        since=request.since,
        until=request.until,
        region=address.region(BUFFER if is_each else 0),
    )
    fields = incident_fields(area.kind for area in view.city.areas)
    form = (
        Form("ogc-tile", (OBJECT_ID, *SHOWN), _separated_rows)
        if is_each
        else Form("ogc-bin", (OBJECT_ID,), _nothing)
    )
    incidents = view.features.encoded(selection, Slice(limit=_MOST_IN_TILE), form, fields)
    if incidents.has_more:
        raise OgcError(f"more than {_MOST_IN_TILE:,} incidents in one tile: ask for less time with datetime")
    if not incidents.rows:
        return b""
    placed = address.units(incidents.points)
    if not is_each:
        return _bins(collection.id, placed)
    return _incident_points(collection.id, incidents.rows, np.rint(placed).astype(np.int64), fields)


def _nothing(rows: Sequence[FlatRow], _: Points) -> list[bytes]:
    return [b""] * len(rows)


def _separated_rows(rows: Sequence[FlatRow], _: Points) -> list[bytes]:
    """Rows as texts with a separator that no field of a tile contains."""
    return [_SEPARATOR.join("" if value is None else str(value) for value in row).encode() for row in rows]


def _bins(name: str, placed: NDArray[np.float64]) -> bytes:
    """Count what lies in each square, and draw the count in its middle."""
    side = EXTENT // _BINS
    squares = np.clip(placed // side, 0, _BINS - 1).astype(np.int64)
    keys, counts = np.unique(squares[:, 1] * _BINS + squares[:, 0], return_counts=True)
    # A tile lists each different value once, and features refer to it.
    values, codes = np.unique(counts, return_inverse=True)
    properties = {"count": Property(values.tolist(), codes.astype(np.int64))}
    xs, ys = keys % _BINS * side + side // 2, keys // _BINS * side + side // 2
    return points_layer(name, xs, ys, None, properties)


def _incident_points(name: str, rows: Sequence[bytes], placed: NDArray[np.int64], fields: Fields) -> bytes:
    columns = list(zip(*(row.decode().split(_SEPARATOR) for row in rows), strict=True))
    numbers = np.array([int(number) for number in columns[0]], dtype=np.int64)
    properties = {
        key: _tile_property(column, fields[key].type) for key, column in zip(SHOWN, columns[1:], strict=True)
    }
    return points_layer(name, placed[:, 0], placed[:, 1], numbers, properties)


def _tile_property(column: Sequence[str], type_: FieldType) -> Property:
    code_of_value: dict[str, int] = {"": -1}
    codes = [code_of_value.setdefault(value, len(code_of_value) - 1) for value in column]
    values: list[str | int] = [text for text in code_of_value if text]
    if type_ is FieldType.WHOLE:
        values = [int(value) for value in values]
    elif type_ is FieldType.TIME:
        values = [iso(moment_of_ms(int(value))) for value in values]
    return Property(values, np.array(codes, dtype=np.int64))
