"""Writes a published incident as GeoJSON (RFC 7946): one shape for the API, live frames and files.

Its properties are the fields of ``PublicIncident``, in their order, with its places in the change log.
"""

from collections.abc import Iterator
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypedDict, get_type_hints

import msgspec

from blocklight.model.changes import Change, StoredIncident
from blocklight.model.described import Time, example, meaning, meanings
from blocklight.model.record import TIMES, PublicIncident
from blocklight.model.times import iso
from blocklight.model.vocabulary import PlaceKind, Stage


class PlaceProperties(TypedDict):
    """What was done to a location before it became public."""

    label: Annotated[str | None, meaning("Its label, for example a hundred block", "1400 block of Broadway")]
    kind: Annotated[PlaceKind, meaning("Which kind of mask", "grid")]
    radius_m: Annotated[
        int,
        meaning("The true place is at most so many metres from the point; for `publisher` as that says", 201),
    ]


class PointGeometry(TypedDict):
    """A GeoJSON point in WGS 84."""

    type: Annotated[Literal["Point"], meaning("Always a point", "Point")]
    coordinates: Annotated[tuple[float, float], meaning("Longitude and latitude", [-122.27121, 37.80438])]


_OF_THE_LOG: dict[str, Any] = {
    "first_seq": Annotated[
        int,
        meaning("Where it was first published in the change log; joins the window with the live feed", 4810),
    ],
    "seq": Annotated[int, meaning("Its latest change", 4822)],
    "stage": Annotated[Stage, meaning("The furthest stage that it reached", "closed")],
    "released_at": Annotated[
        Time | None, meaning("When it was first published here", "2026-01-31T05:02:04Z")
    ],
    "updated_at": Annotated[
        Time | None, meaning("When its latest change was published here", "2026-01-31T05:31:03Z")
    ],
}
# Fields that a feature writes in a form of its own.
_SHAPED = ("id", "place")

_PLAIN = tuple(name for name in PublicIncident.__struct_fields__ if name not in _SHAPED)
_plain_values = attrgetter(*_PLAIN)


def _properties() -> Iterator[tuple[str, Any]]:
    """Yield the name and the declared type of each property, as JSON has it."""
    hints = get_type_hints(PublicIncident, include_extras=True)
    described = meanings(PublicIncident)
    yield from ((name, _OF_THE_LOG[name]) for name in ("first_seq", "seq"))
    for name in _PLAIN:
        if name in TIMES:
            time: Any = Time if name == TIMES[0] else Time | None  # each call was received
            yield name, Annotated[time, described[name]]
        else:
            yield name, hints[name]
    yield "place", Annotated[PlaceProperties | None, described["place"]]
    yield from ((name, _OF_THE_LOG[name]) for name in ("stage", "released_at", "updated_at"))


if TYPE_CHECKING:
    IncidentProperties = dict[str, Any]
else:
    IncidentProperties = msgspec.defstruct(
        "IncidentProperties",
        list(_properties()),
        namespace={"__doc__": "What is published of an incident."},
        module=__name__,
    )


class IncidentFeature(TypedDict):
    """An incident as a GeoJSON feature."""

    type: Annotated[Literal["Feature"], meaning("Always a feature", "Feature")]
    id: Annotated[str, meaning("Its public id, of 16 letters and digits", "k3x7m2qa5tzw4bne")]
    geometry: Annotated[PointGeometry | None, meaning("Its public point, null where none is published")]
    properties: Annotated[IncidentProperties, meaning("What is published of it")]


def feature(
    incident: PublicIncident,
    *,
    first_seq: int,
    seq: int,
    released_at: datetime | None = None,
    updated_at: datetime | None = None,
) -> IncidentFeature:
    """The incident as a GeoJSON Feature, with its places and times in the change log."""
    place = incident.place
    properties: dict[str, Any] = {"first_seq": first_seq, "seq": seq}
    properties.update(zip(_PLAIN, _plain_values(incident), strict=False))
    for name in TIMES:
        time = properties[name]
        if time is not None:
            properties[name] = iso(time)
    properties["place"] = (
        None if place is None else {"label": place.label, "kind": place.kind, "radius_m": place.radius_m}
    )
    properties["stage"] = incident.stage
    properties["released_at"] = iso(released_at)
    properties["updated_at"] = iso(updated_at)
    return {
        "type": "Feature",
        "id": incident.id,
        "geometry": None if place is None else {"type": "Point", "coordinates": (place.lon, place.lat)},
        "properties": properties,
    }


def stored_feature(stored: StoredIncident) -> IncidentFeature:
    """A stored incident as a Feature."""
    return feature(
        stored.incident,
        first_seq=stored.first_seq,
        seq=stored.seq,
        released_at=stored.released_at,
        updated_at=stored.updated_at,
    )


def change_feature(change: Change, incident: PublicIncident) -> IncidentFeature:
    """What a change published as a Feature."""
    return feature(
        incident,
        first_seq=change.first_seq,
        seq=change.seq,
        released_at=change.released_at,
        updated_at=change.changed_at,
    )


def example_feature() -> IncidentFeature:
    """An invented incident, made of the examples of its fields."""
    properties = example(IncidentProperties)
    return {
        "type": "Feature",
        "id": example(PublicIncident)["id"],
        "geometry": {"type": "Point", "coordinates": (-122.27121, 37.80438)},
        "properties": properties,
    }
