"""Cuts shapes into vector tiles, simplified for each zoom, and writes them as PMTiles.

The tile format is Mapbox Vector Tile 2.1, the file format PMTiles 3:
https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md
"""

import gzip
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import mapbox_vector_tile
import numpy as np
import shapely
from numpy.typing import NDArray
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from blocklight.config.city import Bounds
from blocklight.prepare.basemap.parts import Drawing

# Beyond the last zoom the browser draws its tiles larger: they hold about two metres.
MIN_ZOOM, MAX_ZOOM = 8, 14
# Below it a kind would only be dust.
_FROM_ZOOM = {"road_minor": 11, "label": 10, "rail": 10}

_EXTENT = 4096
_BUFFER = 64 / _EXTENT
# What is smaller than this part of a tile is straightened out.
_SMALLEST = 1024

_WORLD_M = 2 * math.pi * 6_378_137.0
# How much farther than the city tiles reach, in its own widths: people pan.
_MARGIN = 0.5


@dataclass(frozen=True, slots=True)
class Cut:
    """How many tiles were written and of which kinds."""

    tiles: int
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Sheet:
    """One kind's shapes in Web Mercator, simplified for one zoom, with an index."""

    kind: str
    shapes: NDArray[np.object_]
    names: list[str | None]
    tree: shapely.STRtree


def count_tiles(bounds: Bounds, max_zoom: int = MAX_ZOOM) -> int:
    """How many tiles a city and what lies around it have at most."""
    zooms = range(MIN_ZOOM, max_zoom + 1)
    return sum(1 for zoom in zooms for _ in _covering(_around(bounds), zoom))


def write_tiles(
    drawings: list[Drawing], bounds: Bounds, credit: str, target: Path, *, max_zoom: int = MAX_ZOOM
) -> Cut:
    """Write the tiles of a city and what lies around it; the same shapes always give the same bytes."""
    planes = [(drawing, shapely.transform(drawing.shapes, _mercator_points)) for drawing in drawings]
    west, south, east, north = _around(bounds)
    kinds: set[str] = set()
    tiles = []
    for zoom in range(MIN_ZOOM, max_zoom + 1):
        sheets = [
            _sheet(drawing, shapes, zoom)
            for drawing, shapes in planes
            if zoom >= _FROM_ZOOM.get(drawing.kind, 0)
        ]
        for x, y in _covering((west, south, east, north), zoom):
            layers = _tile_layers(sheets, zoom, x, y)
            if layers:
                kinds |= {str(layer["name"]) for layer in layers}
                body = gzip.compress(mapbox_vector_tile.encode(layers), mtime=0)
                tiles.append((zxy_to_tileid(zoom, x, y), body))
    with target.open("wb") as file:
        writer = Writer(file)
        for number, body in sorted(tiles):
            writer.write_tile(number, body)
        metadata = _tile_metadata(kinds, credit, max_zoom)
        metadata["extent"] = _drawn_extent(drawings, (west, south, east, north))
        writer.finalize(_header((west, south, east, north), bounds), metadata)
    return Cut(len(tiles), tuple(sorted(kinds)))


def _mercator_points(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Project degrees to Web Mercator metres (EPSG:3857)."""
    lat = np.clip(points[:, 1], -85.05, 85.05)
    y = np.log(np.tan(np.pi / 4 + np.radians(lat) / 2))
    return np.stack([points[:, 0] / 360 * _WORLD_M, y / (2 * np.pi) * _WORLD_M], axis=1)


def _around(bounds: Bounds) -> tuple[float, float, float, float]:
    wide, high = (bounds.east - bounds.west) * _MARGIN, (bounds.north - bounds.south) * _MARGIN
    return (
        max(-180.0, bounds.west - wide),
        max(-85.0, bounds.south - high),
        min(180.0, bounds.east + wide),
        min(85.0, bounds.north + high),
    )


def _sheet(drawing: Drawing, shapes: NDArray[np.object_], zoom: int) -> _Sheet:
    """A kind as one zoom needs it: straightened, without areas that nobody could see."""
    smallest = _WORLD_M / 2**zoom / _SMALLEST
    plain = shapely.simplify(shapes, smallest)
    polygon = np.isin(shapely.get_type_id(plain), (3, 6))
    visible = ~shapely.is_empty(plain) & (~polygon | (shapely.area(plain) > (2 * smallest) ** 2))
    names = [name for name, is_kept in zip(drawing.names, visible, strict=True) if is_kept]
    return _Sheet(drawing.kind, plain[visible], names, shapely.STRtree(plain[visible]))


def _covering(box: tuple[float, float, float, float], zoom: int) -> Iterator[tuple[int, int]]:
    (left, bottom), (right, top) = _mercator_points(np.array([box[:2], box[2:]]))
    size = _WORLD_M / 2**zoom
    for x in range(_tile_number(left, size, zoom), _tile_number(right, size, zoom) + 1):
        for y in range(_tile_number(-top, size, zoom), _tile_number(-bottom, size, zoom) + 1):
            yield x, y


def _tile_number(metres: float, size: float, zoom: int) -> int:
    return int(min(2**zoom - 1, max(0, math.floor((metres + _WORLD_M / 2) / size))))


def _tile_corners(zoom: int, x: int, y: int) -> tuple[float, float, float, float]:
    size = _WORLD_M / 2**zoom
    left, top = x * size - _WORLD_M / 2, _WORLD_M / 2 - y * size
    return left, top - size, left + size, top


def _tile_layers(sheets: list[_Sheet], zoom: int, x: int, y: int) -> list[dict[str, object]]:
    """The layers of one tile; kinds of one name are one layer."""
    left, bottom, right, top = _tile_corners(zoom, x, y)
    margin = (right - left) * _BUFFER
    box = (left - margin, bottom - margin, right + margin, top + margin)
    by_kind: dict[str, list[dict[str, object]]] = {}
    for sheet in sheets:
        near = np.sort(sheet.tree.query(shapely.box(*box)))
        cut = _on_grid(shapely.clip_by_rect(sheet.shapes[near], *box), (left, bottom), right - left)
        for number, shape in zip(near, cut, strict=True):
            if not shape.is_empty:
                name = sheet.names[number]
                properties = {"name": name} if name else {}
                by_kind.setdefault(sheet.kind, []).append({"geometry": shape, "properties": properties})
    return [{"name": kind, "features": features} for kind, features in sorted(by_kind.items())]


def _on_grid(shapes: NDArray[np.object_], corner: tuple[float, float], size: float) -> NDArray[np.object_]:
    """Move shapes to a tile's own grid of whole numbers, with its lower left corner at 0, 0."""
    moved: NDArray[np.object_] = shapely.transform(
        shapes, lambda points: np.rint((points - corner) / size * _EXTENT)
    )
    broken = ~shapely.is_valid(moved)
    moved[broken] = shapely.make_valid(moved[broken], method="structure", keep_collapsed=False)
    return moved


def _drawn_extent(drawings: list[Drawing], box: tuple[float, float, float, float]) -> list[float]:
    """Where the shapes end within the tiles' box: the page lets the map fade before that."""
    drawn = [
        shapely.total_bounds(drawing.shapes)
        for drawing in drawings
        if drawing.kind != "label" and len(drawing.shapes)
    ]
    if not drawn:
        return list(box)
    ends = np.array(drawn)
    lows = np.maximum(ends[:, :2].min(axis=0), box[:2])
    highs = np.minimum(ends[:, 2:].max(axis=0), box[2:])
    return [round(float(degrees), 5) for degrees in (*lows, *highs)]


def _header(box: tuple[float, float, float, float], bounds: Bounds) -> dict[str, object]:
    west, south, east, north = (round(degrees * 1e7) for degrees in box)
    return {
        "tile_type": TileType.MVT,
        "tile_compression": Compression.GZIP,
        "min_lon_e7": west,
        "min_lat_e7": south,
        "max_lon_e7": east,
        "max_lat_e7": north,
        "center_zoom": (MIN_ZOOM + MAX_ZOOM) // 2,
        "center_lon_e7": round((bounds.west + bounds.east) * 5e6),
        "center_lat_e7": round((bounds.south + bounds.north) * 5e6),
    }


def _tile_metadata(kinds: set[str], credit: str, max_zoom: int) -> dict[str, object]:
    layers = [
        {
            "id": kind,
            "fields": {"name": "String"} if kind == "label" else {},
            "minzoom": max(MIN_ZOOM, _FROM_ZOOM.get(kind, 0)),
            "maxzoom": max_zoom,
        }
        for kind in sorted(kinds)
    ]
    return {"attribution": credit, "type": "baselayer", "format": "pbf", "vector_layers": layers}
