"""What the API answers of the city itself, its areas and its basemap, as declared types."""

from typing import Annotated, Any, Literal, TypedDict

from blocklight.config.map_layers import BaseKind
from blocklight.model.described import Time, meaning
from blocklight.model.ledger import LedgerDay
from blocklight.model.vocabulary import Kind, Stage


class AreaKind(TypedDict):
    """A kind of area that the city has polygons of."""

    kind: Annotated[str, meaning("Its id", "beat")]
    label: Annotated[str, meaning("Its name", "Police beats")]
    url: Annotated[str, meaning("Where its polygons are", "/api/v1/areas/beat")]


class MapTiles(TypedDict):
    """The city's own vector tiles."""

    url: Annotated[str, meaning("Where the PMTiles file is", "/api/v1/map/tiles")]
    layers: Annotated[list[BaseKind], meaning("Which kinds of layers are in it", ["water", "road_minor"])]
    bounds: Annotated[
        tuple[float, float, float, float],
        meaning("Where its shapes end: west, south, east, north", [-96.2, 29.3, -94.7, 30.3]),
    ]


class MapLayer(TypedDict):
    """One GeoJSON layer of the city's own basemap."""

    name: Annotated[str, meaning("Its name", "water-0")]
    kind: Annotated[BaseKind, meaning("How it is drawn", "water")]
    url: Annotated[str, meaning("Where it is", "/api/v1/map/0")]


class Basemap(TypedDict):
    """What is drawn below the incidents, and where addresses are looked up."""

    style_url: Annotated[
        str | None, meaning("Style of another basemap", "https://tiles.example.org/style.json")
    ]
    geocoder_url: Annotated[
        str | None,
        meaning(
            "Where an address may be looked up; `{query}` stands for it",
            "https://geocoder.example.org/search?format=geojson&q={query}",
        ),
    ]
    attribution: Annotated[str, meaning("Whom the map must name", "")]
    tiles: Annotated[MapTiles | None, meaning("The city's own vector tiles, null where it has none")]
    layers: Annotated[list[MapLayer], meaning("The city's own GeoJSON layers")]


class SourceReports(TypedDict):
    """What a source reports of an incident's life, as the fields that the city file maps decide it."""

    stages: Annotated[
        list[Stage],
        meaning("The stages that it reports, in order; without `closed` no end", ["received", "closed"]),
    ]
    units: Annotated[bool, meaning("Whether it reports how many units are assigned", example=False)]


class CitySource(TypedDict):
    """A source as the city file has it."""

    id: Annotated[str, meaning("Its id", "dispatch")]
    label: Annotated[str, meaning("Its name", "911 dispatch")]
    kind: Annotated[Kind, meaning("What it has: calls for service or requests", "call")]
    closes: Annotated[
        Literal["status", "time", "vanish", "never"], meaning("How it says that a call is over", "status")
    ]
    reports: Annotated[SourceReports, meaning("What it reports of an incident's life")]
    precision: Annotated[Literal["day", "time"], meaning("Whether its times are days alone", "time")]
    poll_s: Annotated[float, meaning("How often it is fetched, in seconds", 5)]
    late_after_s: Annotated[float, meaning("After how many seconds without an answer it is late", 30)]


class City(TypedDict):
    """What a page needs to draw the city."""

    id: Annotated[str, meaning("Its id", "harbour")]
    name: Annotated[str, meaning("Its name", "Harbour City")]
    time_zone: Annotated[str, meaning("Its time zone (IANA)", "America/Los_Angeles")]
    bounds: Annotated[
        tuple[float, float, float, float], meaning("West, south, east, north", [-122.34, 37.7, -122.1, 37.9])
    ]
    languages: Annotated[list[str], meaning("Languages of its readers, the first is its own", ["en", "es"])]
    attribution: Annotated[str, meaning("Whom those who use the data must name", "")]
    contact_url: Annotated[
        str | None,
        meaning(
            "Where to tell the city that something is wrong or private; `{id}` stands for the public id",
            "mailto:map@harbour.example?subject=Harbour%20City%3A%20{id}",
        ),
    ]
    now: Annotated[Time, meaning("The city's clock", "2026-01-31T05:02:00Z")]
    clock_rate: Annotated[float, meaning("Seconds of the city's clock in one second; 1 but in a demo", 1.0)]
    window_hours: Annotated[int, meaning("How far back the window goes at most, in hours", 720)]
    framed_by: Annotated[list[str], meaning("Whose pages may frame `/embed`; empty: nobody's", ["*"])]
    head: Annotated[int, meaning("The newest change", 4822)]
    area_kinds: Annotated[list[AreaKind], meaning("Which kinds of areas it has")]
    map: Annotated[Basemap, meaning("What is drawn below the incidents")]
    sources: Annotated[list[CitySource], meaning("Its sources, in the order of the city file")]
    ledger_yesterday: Annotated[LedgerDay, meaning("The ledger of the newest day that is over")]


class AreaProperties(TypedDict):
    """What an area is called."""

    id: Annotated[str, meaning("Its id", "04X")]
    name: Annotated[str, meaning("Its name", "Beat 04X")]
    kind: Annotated[str, meaning("Its kind", "beat")]


_RING_EXAMPLE = [[[-122.3, 37.8], [-122.2, 37.8], [-122.2, 37.9], [-122.3, 37.8]]]


class AreaGeometry(TypedDict):
    """A GeoJSON polygon or several, in WGS 84."""

    type: Annotated[Literal["Polygon", "MultiPolygon"], meaning("Which of the two", "Polygon")]
    coordinates: Annotated[
        list[Any], meaning("Rings of longitude and latitude, as in RFC 7946", _RING_EXAMPLE)
    ]


class AreaFeature(TypedDict):
    """One area as a GeoJSON feature."""

    type: Annotated[Literal["Feature"], meaning("Always a feature", "Feature")]
    id: Annotated[str, meaning("Its id", "04X")]
    properties: Annotated[AreaProperties, meaning("What it is called")]
    geometry: Annotated[AreaGeometry, meaning("Its outline")]


class AreaCollection(TypedDict):
    """The areas of one kind as a GeoJSON feature collection."""

    type: Annotated[Literal["FeatureCollection"], meaning("Always a collection", "FeatureCollection")]
    features: Annotated[list[AreaFeature], meaning("The areas")]


class GeoJsonLayer(TypedDict):
    """One layer of the city's own basemap, as its file has it."""

    type: Annotated[Literal["FeatureCollection"], meaning("Always a collection", "FeatureCollection")]
    features: Annotated[list[dict[str, Any]], meaning("Features as in RFC 7946", [])]
