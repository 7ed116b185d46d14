"""Asks TIGERweb's ArcGIS services for what lies in a box: counties, boundaries, areas, blocks, railways.

Services: https://tigerweb.geo.census.gov/tigerwebmain/TIGERweb_restmapservice.html. Numbers of layers differ
from service to service and from year to year, so layers are found by their names.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import shapely

from blocklight import net
from blocklight.errors import SourceChanged, SourceError
from blocklight.prepare.city_ground.arcgis_layers import POINT, SHAPE, LayerRow, read_arcgis_layer
from blocklight.prepare.city_ground.downloads import Downloads
from blocklight.prepare.city_ground.features import CENSUS, Box, Part
from blocklight.prepare.city_ground.themes import Theme, columns_of
from blocklight.prepare.places.layers import esri_shape

_DIGITS = 7
# Each is some files to fetch; whoever means a whole state should say so county by county.
_MOST_COUNTIES = 12


@dataclass(frozen=True)
class _Layer:
    """A layer by the end of its name, in a service; *wide* ones are read for the whole map."""

    theme: Theme
    service: str
    name: str
    wide: bool = False


_PLACES = "Places_CouSub_ConCity_SubMCD"
_LAYERS = (
    _Layer(Theme.BOUNDARY, _PLACES, "Incorporated Places", wide=True),
    _Layer(Theme.PLACE_NAMES, _PLACES, "Census Designated Places", wide=True),
    _Layer(Theme.COUNTY_SUBDIVISION, _PLACES, "County Subdivisions"),
    _Layer(Theme.ZIP, "PUMA_TAD_TAZ_UGA_ZCTA", "ZIP Code Tabulation Areas"),
    _Layer(Theme.TRACT, "Tracts_Blocks", "Census Tracts"),
    _Layer(Theme.BLOCKS, "Tracts_Blocks", "Census Blocks"),
    _Layer(Theme.RAIL, "Transportation", "Railroads", wide=True),
)


@dataclass(frozen=True)
class TigerWeb:
    """TIGERweb's services, at a *url* that holds them."""

    url: str
    now: Callable[[], datetime]
    say: Callable[[str], None]

    def counties(self, box: Box, downloads: Downloads) -> list[str]:
        """Give the FIPS codes of the counties that touch a box; raises ``SourceError``."""
        layer, fields = self._find("State_County", "Counties", downloads)
        rows = self._rows(layer, ["GEOID"] if "GEOID" in fields else [], box)
        codes = sorted({str(row.get("GEOID")) for row in rows if _touches(row, box)})
        if len(codes) > _MOST_COUNTIES:
            raise SourceError(f"the bounds touch {len(codes)} counties: name those that matter with --county")
        return codes

    def parts(self, themes: Sequence[Theme], near: Box, wide: Box, downloads: Downloads) -> Iterator[Part]:
        """Yield a file for each of *themes* that TIGERweb has; raises ``SourceError``."""
        for layer in _LAYERS:
            if layer.theme not in themes:
                continue
            box = wide if layer.wide else near
            name = f"tigerweb_{layer.theme}_{_request_seal(self.url, box)}.geojson"
            if not downloads.has(name):
                self._fetch(layer, box, name, downloads)
            yield Part(layer.theme, downloads.folder / name, CENSUS)

    def _fetch(self, layer: _Layer, box: Box, name: str, downloads: Downloads) -> None:
        url, fields = self._find(layer.service, layer.name, downloads)
        columns = sorted({*columns_of(layer.theme, fields).values()})
        self.say(f"Fetching {layer.name} from {url}")
        rows = self._rows(url, columns, box)
        features = [feature for row in rows if (feature := _row_as_feature(row, columns))]
        downloads.keep(name, url, json.dumps({"type": "FeatureCollection", "features": features}))

    def _rows(self, url: str, columns: Sequence[str], box: Box) -> list[LayerRow]:
        try:
            return read_arcgis_layer(_in_box(url, box), columns, self.now)
        except SourceError as error:
            raise type(error)(f"{url}: {error.explained}") from None

    def _find(self, service: str, name: str, downloads: Downloads) -> tuple[str, list[str]]:
        """Give the address of the first layer of a service whose name ends so, and its columns."""
        server = f"{self.url}/{service}/MapServer"
        description = downloads.json(f"{server}?f=json")
        layers = description.get("layers") if isinstance(description, dict) else None
        if not isinstance(layers, list):
            raise SourceChanged(f"{server}: does not list its layers")
        for layer in layers:
            if not isinstance(layer, dict) or layer.get("subLayerIds"):
                continue
            if str(layer.get("name")).endswith(name):
                url = f"{server}/{layer.get('id')}"
                return url, _layer_columns(downloads.json(f"{url}?f=json"))
        raise SourceChanged(f"{server}: has no layer called {name!r}")


def _layer_columns(description: object) -> list[str]:
    fields = description.get("fields") if isinstance(description, dict) else None
    return [str(field.get("name")) for field in fields or () if isinstance(field, dict)]


def _in_box(url: str, box: Box) -> str:
    return net.with_params(
        url,
        {
            "geometry": ",".join(f"{degrees:.6f}" for degrees in box),
            "geometryType": "esriGeometryEnvelope",
            "inSR": "4326",
            "spatialRel": "esriSpatialRelIntersects",
        },
    )


def _touches(row: LayerRow, box: Box) -> bool:
    shape = esri_shape(row.get(SHAPE))
    return shape is not None and bool(shapely.intersects(shape, shapely.box(*box)))


def _row_as_feature(row: LayerRow, columns: Sequence[str]) -> Mapping[str, object] | None:
    shape = esri_shape(row.get(SHAPE) or dict(zip("xy", map(row.get, POINT), strict=True)))
    if shape is None or shape.is_empty:
        return None
    geometry = json.loads(shapely.to_geojson(shapely.transform(shape, lambda points: points.round(_DIGITS))))
    properties = {column: row.get(column) for column in columns}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def _request_seal(url: str, box: Box) -> str:
    """Tell answers for different boxes, or from different servers, apart."""
    return hashlib.sha256(f"{url} {box}".encode()).hexdigest()[:10]
