"""What is said of vector tiles: tilesets, their tiling scheme (OGC 17-083r4), and TileJSON 3."""

import math
from typing import Any

from blocklight.config.city import City
from blocklight.standards.ogc.collections import Collection
from blocklight.standards.ogc.describing import JSON, ROOT, TILE, TILING, TILING_ID, city_box, link
from blocklight.standards.ogc.tiles import DEEPEST_ZOOM, FIRST_ZOOM_OF_EACH, SHOWN

Json = dict[str, Any]
_CRS = "http://www.opengis.net/def/crs/EPSG/0/3857"
# The radius of the earth in EPSG 3857 times pi.
_EDGE_M = 20_037_508.342_789_244
# As the OGC's common tiling scheme has it.
_TILE_PIXELS = 256
# The size of a pixel by which scales are told (OGC 17-083r4, 6.2).
_PIXEL_M = 0.000_28


def _here(root: str, collection: Collection) -> str:
    return f"{root}{ROOT}/collections/{collection.id}/tiles"


def _tile_url_template(root: str, collection: Collection, place: str, tile_query: str = "") -> str:
    """The address of a tile, with names in brackets for its *place*: zoom, row and column."""
    query = f"?{tile_query}" if tile_query else ""
    return f"{_here(root, collection)}/{TILING_ID}/{place}{query}"


def tilesets(root: str, collection: Collection) -> Json:
    """The tilesets of a collection: one."""
    address = _here(root, collection)
    return {
        "title": f"Vector tiles: {collection.title}",
        "links": [link("self", address, JSON)],
        "tilesets": [_tileset_summary(root, collection)],
    }


def _tileset_summary(root: str, collection: Collection) -> Json:
    address = f"{_here(root, collection)}/{TILING_ID}"
    return {
        "title": collection.title,
        "dataType": "vector",
        "crs": _CRS,
        "tileMatrixSetURI": TILING,
        "links": [
            link("self", address, JSON, "This tileset"),
            link("describedby", f"{address}/tilejson", JSON, "TileJSON"),
            link(
                "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme",
                f"{root}{ROOT}/tileMatrixSets/{TILING_ID}",
                JSON,
            ),
            {
                **link(
                    "item", _tile_url_template(root, collection, "{tileMatrix}/{tileRow}/{tileCol}"), TILE
                ),
                "templated": True,
            },
        ],
    }


def tileset(city: City, root: str, collection: Collection) -> Json:
    """One tileset with its bounds and layer."""
    west, south, east, north = city_box(city)
    return {
        **_tileset_summary(root, collection),
        "description": _tileset_description(collection),
        "boundingBox": {"lowerLeft": [west, south], "upperRight": [east, north]},
        "layers": [{"id": collection.id, "dataType": "vector", "title": collection.title}],
    }


def _tileset_description(collection: Collection) -> str:
    if collection.area_kind is not None:
        return collection.description
    return (
        f"From zoom {FIRST_ZOOM_OF_EACH} on each incident; farther out how many there are (`count`) in each "
        "of 64 by 64 squares of a tile."
    )


def tile_json(city: City, root: str, collection: Collection, tile_query: str) -> Json:
    """TileJSON 3.0.0; *tile_query* are parameters that each tile is asked for with."""
    west, south, east, north = city_box(city)
    names = ("id", "name") if collection.area_kind is not None else (*SHOWN, "count")
    return {
        "tilejson": "3.0.0",
        "name": f"{city.city.name}: {collection.title}",
        "description": _tileset_description(collection),
        "attribution": city.city.attribution or "",
        "tiles": [_tile_url_template(root, collection, "{z}/{y}/{x}", tile_query)],
        "minzoom": 0,
        "maxzoom": DEEPEST_ZOOM,
        "bounds": [west, south, east, north],
        "vector_layers": [
            {
                "id": collection.id,
                "description": collection.description,
                "minzoom": 0,
                "maxzoom": DEEPEST_ZOOM,
                "fields": {
                    name: collection.fields[name].meaning if name in collection.fields else "How many"
                    for name in names
                },
            }
        ],
    }


def tiling_schemes(root: str) -> Json:
    """The tiling schemes: one."""
    address = f"{root}{ROOT}/tileMatrixSets/{TILING_ID}"
    scheme = {"id": TILING_ID, "title": TILING_ID, "uri": TILING, "links": [link("self", address, JSON)]}
    return {"tileMatrixSets": [scheme]}


def tiling_scheme() -> Json:
    """WebMercatorQuad, down to the deepest zoom that is answered."""
    return {
        "id": TILING_ID,
        "title": "Google Maps Compatible for the World",
        "uri": TILING,
        "crs": _CRS,
        "orderedAxes": ["X", "Y"],
        "wellKnownScaleSet": "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
        "tileMatrices": [_matrix(zoom) for zoom in range(DEEPEST_ZOOM + 1)],
    }


def _matrix(zoom: int) -> Json:
    cell = 2 * _EDGE_M / _TILE_PIXELS / math.pow(2, zoom)
    return {
        "id": str(zoom),
        "scaleDenominator": cell / _PIXEL_M,
        "cellSize": cell,
        "cornerOfOrigin": "topLeft",
        "pointOfOrigin": [-_EDGE_M, _EDGE_M],
        "matrixWidth": 1 << zoom,
        "matrixHeight": 1 << zoom,
        "tileWidth": _TILE_PIXELS,
        "tileHeight": _TILE_PIXELS,
    }
