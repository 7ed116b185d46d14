"""The tables of a city file for what lies under its incidents: areas, approved places and the basemap."""

from typing import Literal, Self, get_args

from pydantic import (
    Field,
    model_validator,
)

from blocklight.config.field import ID, ReferenceSystem
from blocklight.config.table import Table


class AreaLayer(Table):
    """One kind of area and the GeoJSON file (WGS 84, polygons) that draws it."""

    kind: str = Field(pattern=ID)
    label: str
    file: str
    id: str = "id"
    name: str = "name"


class PlacesSpec(Table):
    """Where the city's approved places are, and what `place build` makes them from.

    *serves* is how many addresses each serves at least, *within* the kinds of areas that no place crosses
    (all where it is left out), *furthest_m* how far a place may be from what it stands for.
    """

    file: str
    serves: int = Field(default=8, ge=5, le=1000)
    furthest_m: int = Field(default=400, ge=50, le=2000)
    within: tuple[str, ...] | None = None
    streets: str | None = None
    street_name: str = "name"
    addresses: str | None = None
    blocks: str | None = None
    count: str | None = None
    crs: ReferenceSystem | None = None


BaseKind = Literal["land", "water", "park", "road_minor", "road_major", "rail", "label"]


BASE_KINDS: tuple[BaseKind, ...] = get_args(BaseKind)


class BaseLayer(Table):
    """One GeoJSON file (WGS 84) of the city's own basemap; *kind* chooses how it is drawn."""

    kind: BaseKind
    file: str


# A host that may stand in a content policy, and what is looked up somewhere behind it.
_GEOCODER = r"^https?://[a-z0-9.-]+(:\d{1,5})?/\S*\{query\}\S*$"


class MapSpec(Table):
    """What lies under the incidents: a style URL, or local layers, or nothing but area outlines."""

    style_url: str | None = None
    geocoder_url: str | None = Field(default=None, pattern=_GEOCODER)
    attribution: str = ""
    layers: tuple[BaseLayer, ...] = ()
    tiles: str | None = None

    @model_validator(mode="after")
    def _one_ground(self) -> Self:
        if self.style_url is not None and self.tiles is not None:
            raise ValueError("`tiles` and `style_url` exclude each other: use one of them")
        return self
