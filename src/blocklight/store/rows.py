"""Rows to values and back: the only place that knows the order of an incident's columns."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from operator import attrgetter
from typing import Any, TypeVar

import msgspec

from blocklight.model import (
    TIMES,
    Category,
    Disposition,
    Kind,
    Origin,
    Place,
    PlaceKind,
    PublicIncident,
    Status,
    StoredIncident,
)

Row = Sequence[Any]
Where = tuple[Place, dict[str, str]]
"""A place and the areas it lies in."""

CONTENT = (
    "source", "kind", "agency", "category", "status", "received_at", "place_id", "source_type", "priority",
    "origin", "units", "disposition", "dispatched_at", "en_route_at", "on_scene_at", "closed_at", "delayed",
    "time_step_min", "folded",
)  # fmt: skip
STORED = ("first_seq", "id", "seq", "released_at", "updated_at", *CONTENT[:-1])

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_EXACT = 2**32 * 1000  # up to here (the year 2106) a float of seconds is off by less than half a microsecond

_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.Decoder(PublicIncident).decode

E = TypeVar("E", bound=StrEnum)


_times = attrgetter(*TIMES)


def _members(enum: type[E]) -> Callable[[str], E]:
    return {str(member): member for member in enum}.__getitem__


_kind, _category, _status = _members(Kind), _members(Category), _members(Status)
_origin, _disposition, _place_kind = _members(Origin), _members(Disposition), _members(PlaceKind)


def to_ms(time: datetime) -> int:
    """Count whole milliseconds since 1970; what lies below a millisecond is cut off."""
    return (time - _EPOCH) // _MS


def from_ms(ms: int) -> datetime:
    """Return the aware UTC time of *ms*."""
    if -_EXACT < ms < _EXACT:
        return datetime.fromtimestamp(ms / 1000, UTC)
    return _EPOCH + timedelta(milliseconds=ms)


# The incidents of one fetch share when they were released and updated.
_shared_time = lru_cache(maxsize=1024)(from_ms)


def maybe_ms(time: datetime | None) -> int | None:
    """As ``to_ms``, for times that may be missing."""
    return None if time is None else (time - _EPOCH) // _MS


def maybe_time(ms: int | None) -> datetime | None:
    """As ``from_ms``, for times that may be missing."""
    return None if ms is None else from_ms(ms)


def storable(incident: PublicIncident) -> PublicIncident:
    """Cut times to milliseconds and areas without a place, so that what is stored is what is announced."""
    cut: dict[str, Any] = {}
    for name, time in zip(TIMES, _times(incident), strict=True):
        if time is not None and time.microsecond % 1000:
            cut[name] = time.replace(microsecond=time.microsecond // 1000 * 1000)
    if incident.place is None and incident.areas:
        cut["areas"] = {}
    return msgspec.structs.replace(incident, **cut) if cut else incident


def body(incident: PublicIncident) -> bytes:
    """Encode a change as JSON; equal incidents have equal bytes."""
    return _encode(incident)


def incident_of_body(text: str) -> PublicIncident:
    """Read a change's JSON."""
    return _decode(text)


def digest(encoded: bytes) -> int:
    """64 bits that tell whether content changed, without reading what was stored."""
    return int.from_bytes(hashlib.blake2b(encoded, digest_size=8).digest(), "big", signed=True)


def content(incident: PublicIncident, place_id: int | None) -> tuple[Any, ...]:
    """Return the values of ``CONTENT``."""
    source_type = incident.source_type
    return (
        incident.source,
        str(incident.kind),
        incident.agency,
        str(incident.category),
        str(incident.status),
        to_ms(incident.received_at),
        place_id,
        source_type,
        incident.priority,
        None if incident.origin is None else str(incident.origin),
        incident.units,
        None if incident.disposition is None else str(incident.disposition),
        maybe_ms(incident.dispatched_at),
        maybe_ms(incident.en_route_at),
        maybe_ms(incident.on_scene_at),
        maybe_ms(incident.closed_at),
        1 if incident.delayed else None,
        incident.time_step_min,
        None if source_type is None else fold(source_type),
    )


def stored_of_row(row: Row, places: Mapping[int, Where]) -> StoredIncident:
    """Read the columns of ``STORED``; *places* holds every place that the row may name."""
    return StoredIncident(
        incident_of_row(row, places), row[0], row[2], _shared_time(row[3]), _shared_time(row[4])
    )


def incident_of_row(row: Row, places: Mapping[int, Where]) -> PublicIncident:
    """As ``stored_of_row``, without the places in the change log."""
    (
        _, id_, _, _, _, source, kind, agency, category, status, received, place_id, source_type, priority,
        origin, units, disposition, dispatched, en_route, on_scene, closed, delayed, time_step_min,
        *_,
    ) = row  # fmt: skip
    where, areas = (None, {}) if place_id is None else places[place_id]
    return PublicIncident(
        id_,
        source,
        _kind(kind),
        agency,
        _category(category),
        _status(status),
        from_ms(received),
        where,
        areas,
        source_type,
        priority,
        None if origin is None else _origin(origin),
        units,
        None if disposition is None else _disposition(disposition),
        maybe_time(dispatched),
        maybe_time(en_route),
        maybe_time(on_scene),
        maybe_time(closed),
        bool(delayed),
        time_step_min,
    )


def where_of_row(row: Row) -> Where:
    """Read lon, lat, kind, radius_m, label, areas."""
    lon, lat, kind, radius_m, label, areas = row
    return Place(lon, lat, _place_kind(kind), radius_m, label), msgspec.json.decode(
        areas, type=dict[str, str]
    )


def fold(text: str) -> str:
    """Return the form in which texts are compared without case."""
    return text.casefold()
