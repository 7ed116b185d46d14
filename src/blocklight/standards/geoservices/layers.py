"""The layers of the service: incidents by how far back they go, each kind of area, and the sources."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from blocklight.config.city import City
from blocklight.query.fields import OBJECT_ID, Field, Fields, FieldType, incident_fields
from blocklight.standards.geoservices.errors import GeoServicesError

Sort = Literal["incidents", "areas", "sources"]
_LENGTHS = ((0, "Last 24 hours", 24), (1, "Last 7 days", 168), (2, "Last 30 days", 720), (3, "All", None))
SOURCES = 4
_FIRST_AREA = 10
_NUMBER = Field(OBJECT_ID, FieldType.WHOLE, "Number of the feature, for GIS clients", nullable=False)
_OF_AN_AREA = (
    _NUMBER,
    Field("id", FieldType.TEXT, "Id of the area", nullable=False),
    Field("name", FieldType.TEXT, "Its name", nullable=False),
)
_OF_A_SOURCE = (
    _NUMBER,
    Field("id", FieldType.TEXT, "Id of the source", nullable=False),
    Field("label", FieldType.TEXT, "Its name", nullable=False),
    Field("kind", FieldType.TEXT, "What it has: calls for service or requests", nullable=False),
    Field(
        "state", FieldType.TEXT, "Whether it answers: ok, short, late, failing, waiting, paused or unstored"
    ),
    Field("last_success_at", FieldType.TIME, "When it was last read with success"),
)


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer or table; *hours* bound an incident layer, *area_kind* names what an area layer draws."""

    id: int
    name: str
    sort: Sort
    fields: Fields
    description: str
    hours: int | None = None
    area_kind: str | None = None

    @property
    def is_table(self) -> bool:
        """Whether its rows have no geometry."""
        return self.sort == "sources"

    @property
    def display_field(self) -> str:
        """The field by which a person tells features apart."""
        return {"incidents": "category", "areas": "name", "sources": "label"}[self.sort]


def layers_of(city: City) -> Mapping[int, Layer]:
    """The layers of a city by their ids, which stay as they are when others come."""
    fields = incident_fields(area.kind for area in city.areas)
    description = f"What {city.city.name} publishes. A call for service is a request for help, not a crime."
    incidents = [Layer(id_, name, "incidents", fields, description, hours) for id_, name, hours in _LENGTHS]
    areas = [
        Layer(
            at, area.label, "areas", _named(_OF_AN_AREA), f"Areas of kind {area.kind}.", area_kind=area.kind
        )
        for at, area in enumerate(city.areas, _FIRST_AREA)
    ]
    sources = Layer(
        SOURCES, "Sources", "sources", _named(_OF_A_SOURCE), "Where incidents come from, and how late."
    )
    return {layer.id: layer for layer in (*incidents, sources, *areas)}


def layer_of(layers: Mapping[int, Layer], text: str) -> Layer:
    """The layer with an id as a path has it; raises ``GeoServicesError``."""
    layer = layers.get(int(text)) if text.isdecimal() and len(text) < 6 else None  # noqa: PLR2004 - no more digits
    if layer is None:
        raise GeoServicesError("no such layer", code=404)
    return layer


def _named(fields: tuple[Field, ...]) -> Fields:
    return {field.name: field for field in fields}
