"""What the city is: name, clock, area polygons, basemap layers and yesterday's ledger."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import FileResponse, Response

from blocklight.api.city_schemas import AreaCollection, City, GeoJsonLayer, SourceReports
from blocklight.api.contact import contact_template
from blocklight.api.encoding import PublicFile, matches
from blocklight.api.examples import AREAS_EXAMPLE, NOT_MODIFIED, Responses, json_response, problems
from blocklight.api.ledger import DAY_EXAMPLE, newest_day
from blocklight.api.state import GeoJson, Public, public
from blocklight.config.city import City as CityFile
from blocklight.config.city import SourceSpec
from blocklight.config.map_layers import BASE_KINDS
from blocklight.config.reported import reported
from blocklight.errors import NotFound
from blocklight.model.times import iso
from blocklight.model.vocabulary import Kind, Stage

router = APIRouter(tags=["city"])

_CITY_EXAMPLE: City = {
    "id": "harbour",
    "name": "Harbour City",
    "time_zone": "America/Los_Angeles",
    "bounds": (-122.34, 37.7, -122.1, 37.9),
    "languages": ["en", "es"],
    "attribution": "",
    "contact_url": "mailto:map@harbour.example?subject=Harbour%20City%3A%20{id}",
    "now": "2026-01-31T05:02:00Z",
    "clock_rate": 1.0,
    "window_hours": 720,
    "framed_by": ["*"],
    "head": 4822,
    "area_kinds": [{"kind": "beat", "label": "Police beats", "url": "/api/v1/areas/beat"}],
    "map": {
        "style_url": "https://tiles.example.org/style.json",
        "geocoder_url": "https://geocoder.example.org/search?format=geojson&q={query}",
        "attribution": "",
        "tiles": {
            "url": "/api/v1/map/tiles",
            "layers": ["water", "road_minor"],
            "bounds": (-96.2, 29.3, -94.7, 30.3),
        },
        "layers": [{"name": "water-0", "kind": "water", "url": "/api/v1/map/0"}],
    },
    "sources": [
        {
            "id": "dispatch",
            "label": "911 dispatch",
            "kind": Kind.CALL,
            "closes": "status",
            "reports": {"stages": [Stage.RECEIVED, Stage.CLOSED], "units": False},
            "precision": "time",
            "poll_s": 5,
            "late_after_s": 30,
        }
    ],
    "ledger_yesterday": DAY_EXAMPLE,
}


_LAYER_EXAMPLE: GeoJsonLayer = {"type": "FeatureCollection", "features": []}


@router.get("/city", responses=json_response("The city", City, _CITY_EXAMPLE) | problems(503))
def get_city(request: Request, state: Annotated[Public, Depends(public)]) -> Response:
    """What a page needs to draw the city, with its clock and what was withheld yesterday."""
    city, publisher = state.city, state.publisher
    bounds = city.city.bounds
    body: City = {
        "id": city.city.id,
        "name": city.city.name,
        "time_zone": city.city.time_zone,
        "bounds": (bounds.west, bounds.south, bounds.east, bounds.north),
        "languages": list(city.city.languages),
        "attribution": city.city.attribution,
        "contact_url": contact_template(city.city),
        "now": iso(publisher.now()),
        "clock_rate": publisher.clock_rate,
        "window_hours": city.publish.window_hours,
        "framed_by": list(city.publish.framed_by),
        "head": publisher.window.seq,
        "area_kinds": [
            {"kind": layer.kind, "label": layer.label, "url": f"/api/v1/areas/{layer.kind}"}
            for layer in city.areas
        ],
        "map": {
            "style_url": state.style_url or city.map.style_url,
            "geocoder_url": city.map.geocoder_url,
            "attribution": _credits(state),
            "tiles": None
            if city.tiles is None
            else {
                "url": "/api/v1/map/tiles",
                "layers": [name for name in BASE_KINDS if name in city.tiles.layers],
                "bounds": city.tiles.extent,
            },
            "layers": [
                {"name": f"{layer.kind}-{number}", "kind": layer.kind, "url": f"/api/v1/map/{number}"}
                for number, layer in enumerate(city.map.layers)
            ],
        },
        "sources": [
            {
                "id": source.id,
                "label": source.label,
                "kind": source.kind,
                "closes": source.closes,
                "reports": source_reports(city, source),
                "precision": source.precision,
                "poll_s": source.poll_s,
                "late_after_s": source.lateness_s,
            }
            for source in city.sources
        ],
        "ledger_yesterday": newest_day(state),
    }
    return PublicFile(orjson.dumps(body), "application/json", "no-cache").respond(request)


@router.get(
    "/areas/{kind}",
    response_class=GeoJson,
    responses=json_response("GeoJSON polygons", AreaCollection, AREAS_EXAMPLE, GeoJson.media_type)
    | problems(404),
)
def get_areas(
    request: Request,
    kind: Annotated[str, Path(description="one of the city's `area_kinds`")],
    state: Annotated[Public, Depends(public)],
) -> Response:
    """The polygons of one kind of area as GeoJSON in WGS 84."""
    key = f"area:{kind}"
    if key not in state.files:
        collection = state.areas.geojson(kind)
        if collection is None:
            raise NotFound("this city has no areas of that kind")
        state.files[key] = PublicFile(orjson.dumps(collection), GeoJson.media_type, "public, max-age=3600")
    return state.files[key].respond(request)


def source_reports(city: CityFile, source: SourceSpec) -> SourceReports:
    """What a source reports, as the API says it."""
    reports = reported(source, city.sources)
    return {"stages": list(reports.stages), "units": reports.units}


def _credits(state: Public) -> str:
    """Whom the basemap must name: what the city file says, and what its tiles say of themselves."""
    tiles, attribution = state.city.tiles, state.city.map.attribution
    if tiles is None or tiles.attribution in attribution:
        return attribution
    return " · ".join(text for text in (attribution, tiles.attribution) if text)


_TILES = "application/vnd.pmtiles"
_PART_OF_IT: Responses = {
    200: {
        "description": "The whole file",
        "content": {
            _TILES: {
                "schema": {"type": "string", "format": "binary"},
                "example": "a PMTiles archive, version 3",
            }
        },
    },
    206: {"description": "The bytes asked for"},
    **NOT_MODIFIED,
    416: {"description": "No such bytes"},
}


@router.get("/map/tiles", response_class=FileResponse, responses=_PART_OF_IT | problems(404))
def get_map_tiles(request: Request, state: Annotated[Public, Depends(public)]) -> Response:
    """The city's own vector tiles, a PMTiles file, whole or in ranges of bytes (RFC 9110, 14)."""
    if state.city.tiles is None or state.city.map.tiles is None:
        raise NotFound("this city has no map tiles")
    path = state.city.path(state.city.map.tiles)
    headers = {
        "cache-control": "public, max-age=3600",
        "access-control-expose-headers": "etag, content-range",
    }
    answer = FileResponse(path, media_type=_TILES, headers=headers, stat_result=path.stat())
    etag = answer.headers["etag"]
    if matches(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers | {"etag": etag})
    return answer


@router.get(
    "/map/{number}",
    response_class=GeoJson,
    responses=json_response("GeoJSON layer", GeoJsonLayer, _LAYER_EXAMPLE, GeoJson.media_type)
    | problems(404),
)
def get_map_layer(
    request: Request,
    number: Annotated[int, Path(description="place of the layer in the city's `map.layers`, from 0")],
    state: Annotated[Public, Depends(public)],
) -> Response:
    """One layer of the city's own basemap as GeoJSON in WGS 84."""
    layers = state.city.map.layers
    if not 0 <= number < len(layers):
        raise NotFound("this city has no such map layer")
    key = f"map:{number}"
    if key not in state.files:
        body = state.city.path(layers[number].file).read_bytes()
        state.files[key] = PublicFile(body, GeoJson.media_type, "public, max-age=3600")
    return state.files[key].respond(request)
