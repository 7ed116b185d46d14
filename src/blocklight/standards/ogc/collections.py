"""The collections: all published incidents, and each kind of area."""

from collections.abc import Mapping
from dataclasses import dataclass

from blocklight.config.city import City
from blocklight.query.fields import OBJECT_ID, Field, Fields, FieldType, incident_fields
from blocklight.standards.ogc.errors import OgcError

INCIDENTS = "incidents"
_AREAS = "areas-"


@dataclass(frozen=True, slots=True)
class Collection:
    """One collection; *area_kind* names what one of areas draws, *fields* are its properties."""

    id: str
    title: str
    description: str
    fields: Fields
    area_kind: str | None = None

    @property
    def has_times(self) -> bool:
        """Whether its features belong to a moment, by which they can be chosen."""
        return self.area_kind is None


def collections_of(city: City) -> Mapping[str, Collection]:
    """The collections of a city by their ids."""
    every = incident_fields(area.kind for area in city.areas)
    # The object id is GeoServices' own: these features have their public id.
    fields = {name: field for name, field in every.items() if name != OBJECT_ID}
    description = f"What {city.city.name} publishes. A call for service is a request for help, not a crime."
    collections = [Collection(INCIDENTS, "Incidents", description, fields)]
    for area in city.areas:
        id_ = Field("id", FieldType.TEXT, f"Id of the {area.kind}", nullable=False)
        name = Field("name", FieldType.TEXT, "Its name", nullable=False)
        collections.append(
            Collection(
                f"{_AREAS}{area.kind}",
                area.label,
                f"Areas of kind {area.kind}, by whose ids incidents name them.",
                {"id": id_, "name": name},
                area.kind,
            )
        )
    return {collection.id: collection for collection in collections}


def collection_of(collections: Mapping[str, Collection], id_: str) -> Collection:
    """The collection of an id; raises ``OgcError``."""
    collection = collections.get(id_)
    if collection is None:
        raise OgcError(f"no collection {id_[:40]!r}", status=404)
    return collection
