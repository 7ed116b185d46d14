"""What a city file says about one field: its columns in a source, and how they become a value."""

import math
import re
from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from blocklight.config.reference_names import is_known
from blocklight.config.table import Table, several

ID = r"^[a-z][a-z0-9_-]{0,62}$"

Converter = Literal[
    "text",
    "int",
    "float",
    "epoch_ms",
    "epoch_s",
    "iso",
    "local",
    "day",
    "time_of_day",
    "excel",
    "duration",
    "point",
    "lat_lon",
    "xy",
    "length",
    "units",
]
_SCALED = frozenset({"int", "float", "xy", "duration", "epoch_s"})
_WORDED = frozenset({"local", "day", "time_of_day"})
_COUNTS = frozenset({"int", "length", "units"})
_OF_THE_PLACE = ("lon", "lat", "point", "address", "cross_street")
# Fields of which something is published, or that decide what is.
_PUBLIC = ("source_type", "other_type", "agency", "status", "priority", "origin", "units", "disposition")

_ZONED = frozenset({"local", "day", "time_of_day", "excel"})


def _reference_system(name: str) -> str:
    if not is_known(name):
        raise ValueError(f"{name!r} is not a coordinate reference system such as EPSG:3857")
    return name


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        raise ValueError(f"{name!r} is not a time zone such as America/Chicago or UTC") from None
    return name


Zone = Annotated[str, AfterValidator(_zone)]
ReferenceSystem = Annotated[str, AfterValidator(_reference_system)]
Formats = Annotated[tuple[str, ...], BeforeValidator(several)]


class FieldSpec(Table):
    """Where one of our fields comes from and how its text becomes a value.

    *source* names one column, or several: tried in order, or with *join* read together as one text, of those
    that have a value if *gaps* says so.
    *map* translates values (compared without case), *codes* is such a map in a file; *default* is used if
    no column has a value or the map has no entry for it. *zone* is the time zone of a wall clock, if it is
    not the source's.
    """

    source: tuple[str, ...] = Field(default=(), validation_alias="from")
    join: str | None = None
    gaps: bool = False
    convert: Converter = "text"
    format: Formats = ()
    scale: float = 1
    zone: Zone | None = None
    crs: ReferenceSystem | None = None
    map: dict[str, str | int] | None = None
    codes: str | None = None
    default: str | int | None = None

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, value: object) -> object:
        if isinstance(value, str):
            return {"from": (value,)}
        if isinstance(value, list):
            return {"from": tuple(value)}
        if isinstance(value, dict) and isinstance(value.get("from"), str):
            return {**value, "from": (value["from"],)}
        return value

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.source and self.default is None:
            raise ValueError("needs `from` (a column) or `default` (a constant)")
        if self.join is not None and len(self.source) < 2:  # noqa: PLR2004 - one needs no joining
            raise ValueError("`join` puts several columns together: name them in `from`")
        if self.gaps and self.join is None:
            raise ValueError("`gaps` belongs to `join`")
        if self.crs is not None and self.convert != "xy":
            raise ValueError('`crs` belongs to convert = "xy"')
        if self.scale != 1 and self.convert not in _SCALED:
            raise ValueError("`scale` belongs to " + ", ".join(sorted(_SCALED)))
        if self.scale == 0 or (self.scale < 0 and self.convert != "float") or not math.isfinite(self.scale):
            raise ValueError("`scale` is larger than 0, or for `float` smaller")
        if self.format and self.convert not in _WORDED:
            raise ValueError("`format` belongs to " + ", ".join(sorted(_WORDED)))
        if self.zone is not None and self.convert not in _ZONED:
            raise ValueError("`zone` belongs to " + ", ".join(sorted(_ZONED)))
        if any("%Z" in form for form in self.format):
            raise ValueError(
                "format: %Z reads the name of a zone and ignores it, so that times would be hours off; set "
                '`zone = "UTC"`, or leave UTC, GMT or Z at the end out of the format: it is understood'
            )
        return self

    @cached_property
    def folded_map(self) -> dict[str, str | int] | None:
        """The map with its keys folded for comparing without case."""
        return None if self.map is None else {k.strip().casefold(): v for k, v in self.map.items()}


class FieldMap(Table):
    """Our fields, each with the source's column for it.

    *other_type* names columns with further types of a call: the one it had at first, a subtype, an offence.
    All of them are judged; what one of them withholds is withheld.
    """

    received_at: FieldSpec
    source_type: FieldSpec
    agency: FieldSpec
    other_type: FieldSpec | None = None
    dispatched_at: FieldSpec | None = None
    en_route_at: FieldSpec | None = None
    on_scene_at: FieldSpec | None = None
    closed_at: FieldSpec | None = None
    status: FieldSpec | None = None
    lon: FieldSpec | None = None
    lat: FieldSpec | None = None
    point: FieldSpec | None = None
    address: FieldSpec | None = None
    cross_street: FieldSpec | None = None
    priority: FieldSpec | None = None
    origin: FieldSpec | None = None
    units: FieldSpec | None = None
    disposition: FieldSpec | None = None

    @model_validator(mode="after")
    def _agency_is_ours(self) -> Self:
        words = [*(self.agency.map or {}).values(), self.agency.default]
        if self.agency.source and not self.agency.map:
            raise ValueError(
                "agency: needs `map` to ids such as fire, or a `default`: a source's text is not public"
            )
        if any(word is not None and not re.match(ID, str(word)) for word in words):
            raise ValueError("agency: ids are short lower-case words such as fire, ems or public_works")
        return self

    @model_validator(mode="after")
    def _places_stay_inside(self) -> Self:
        """Refuse a public field that reads where a call is, and units that are told by name."""
        named = dict(self.named())
        exact = {column for name in _OF_THE_PLACE if name in named for column in named[name].source}
        for name in _PUBLIC:
            if name in named and (twice := sorted(exact.intersection(named[name].source))):
                raise ValueError(
                    f"{name}: reads {twice[0]!r}, which holds an exact place and is never published"
                )
        units = self.units
        if units is not None and units.source and units.map is None and units.convert not in _COUNTS:
            raise ValueError("units: only their number is public: convert = " + ", ".join(sorted(_COUNTS)))
        return self

    @model_validator(mode="after")
    def _durations_follow_something(self) -> Self:
        if self.received_at.convert == "duration":
            raise ValueError("received_at: cannot be a duration, as no earlier time is known to add it to")
        return self

    def named(self) -> Iterator[tuple[str, FieldSpec]]:
        """Yield our field names with their specs, those that the file gives."""
        for name in type(self).model_fields:
            spec = getattr(self, name)
            if spec is not None:
                yield name, spec
