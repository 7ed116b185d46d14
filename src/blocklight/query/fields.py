"""The fields that a filter, a statistic or a sort may name: those that a published record shows, no others.

This decides for every surface how finely anything is answered. A field stands for the very value that the
record shows, already masked, cut and redacted, so no combination of filters reveals more than reading all
records does. What the store keeps besides (when a call was first listed, its earlier versions, folded texts,
marks) has no field and cannot be queried.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import get_args, get_type_hints

from blocklight.model.described import meanings
from blocklight.model.record import Place, PublicIncident
from blocklight.model.vocabulary import PlaceKind, Stage

# The number by which GIS clients tell features apart; it says nothing of the incident.
OBJECT_ID = "OBJECTID"
# The public point, by which a condition asks where an incident lies; no answer lists it as a field.
GEOMETRY = "geometry"

_AREA_PREFIX = "area_"


class FieldType(StrEnum):
    """What a field holds."""

    TEXT = "text"
    WHOLE = "whole"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Field:
    """One field by its name, what it holds, and what it means; *words* are all values it can have, if few."""

    name: str
    type: FieldType
    meaning: str
    words: tuple[str, ...] = ()
    nullable: bool = True
    area_kind: str | None = None

    @property
    def alias(self) -> str:
        """The name as a person reads it."""
        return self.name.removeprefix(_AREA_PREFIX).removesuffix("_at").replace("_", " ").capitalize()


Fields = Mapping[str, Field]

# Fields of the record that are several fields, or none, of a flat row.
_SHAPED = ("place", "areas")

_OF_THE_LOG = (
    Field("seq", FieldType.WHOLE, "Its latest change in the change log", nullable=False),
    Field("first_seq", FieldType.WHOLE, "Where it was first published in the change log", nullable=False),
    Field("released_at", FieldType.TIME, "When it was first published here", nullable=False),
    Field("updated_at", FieldType.TIME, "When its latest change was published here", nullable=False),
)
_OF_THE_PLACE = (
    Field("place_label", FieldType.TEXT, "Label of its public place, for example a hundred block"),
    Field("place_kind", FieldType.TEXT, "What was done to its place", tuple(map(str, PlaceKind))),
    Field("place_radius_m", FieldType.WHOLE, "The true place is at most so many metres from the point"),
)
_STAGE = Field(
    "stage", FieldType.TEXT, "The furthest stage that it reached", tuple(map(str, Stage)), nullable=False
)


def _of_the_record() -> Iterable[Field]:
    hints = get_type_hints(PublicIncident)
    for name, meaning in meanings(PublicIncident).items():
        if name in _SHAPED:
            continue
        kinds = get_args(hints[name]) or (hints[name],)
        words = tuple(str(word) for kind in kinds if issubclass(kind, StrEnum) for word in kind)
        nullable = type(None) in kinds
        yield Field(name, _value_type(kinds), meaning.description or "", words, nullable)
        if name == "status":
            yield _STAGE


def _value_type(kinds: tuple[type, ...]) -> FieldType:
    if datetime in kinds:
        return FieldType.TIME
    return FieldType.WHOLE if int in kinds or bool in kinds else FieldType.TEXT


def incident_fields(area_kinds: Iterable[str] = ()) -> Fields:
    """The fields of an incident in a city with these kinds of areas, by name."""
    # Many clients take a hyphen in a name for a minus.
    areas = (
        Field(f"{_AREA_PREFIX}{kind.replace('-', '_')}", FieldType.TEXT, f"Id of its {kind}", area_kind=kind)
        for kind in area_kinds
    )
    number = Field(OBJECT_ID, FieldType.WHOLE, "Number of the feature, for GIS clients", nullable=False)
    every = (number, *_of_the_record(), *_OF_THE_PLACE, *areas, *_OF_THE_LOG)
    return {field.name: field for field in every}


assert {"lon", "lat", "kind", "radius_m", "label"} == set(Place.__struct_fields__)  # noqa: S101 - see _OF_THE_PLACE
