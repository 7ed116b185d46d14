"""Rows to values and back: the only place that knows the order of an incident's columns."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from operator import attrgetter
from typing import Any, TypeVar, get_args, get_type_hints

import msgspec

from blocklight.model.changes import StoredIncident
from blocklight.model.record import TIMES, Place, PublicIncident, times_of
from blocklight.model.vocabulary import PlaceKind

Row = Sequence[Any]
# A place and the areas it lies in.
Where = tuple[Place, dict[str, str]]

# The fields that are a column each, in their order; a place and its areas are a row of another table.
_OWN = tuple(name for name in PublicIncident.__struct_fields__ if name not in ("id", "place", "areas"))
# Where the place's number stands among them.
_PLACE = PublicIncident.__struct_fields__.index("place") - 1

CONTENT = (*_OWN[:_PLACE], "place_id", *_OWN[_PLACE:], "folded")
_LOG = ("first_seq", "id", "seq", "released_at", "updated_at")
STORED = (*_LOG, *CONTENT[:-1])
_FIRST = len(_LOG)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_EXACT = 2**32 * 1000  # up to here (the year 2106) a float of seconds is off by less than half a microsecond

_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.Decoder(PublicIncident).decode

E = TypeVar("E", bound=StrEnum)


def to_ms(time: datetime) -> int:
    """Count whole milliseconds since 1970; what lies below a millisecond is cut off."""
    return (time - _EPOCH) // _MS


def from_ms(ms: int) -> datetime:
    """The aware UTC time of *ms*."""
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
    for number, time in enumerate(times_of(incident)):
        if time is not None and time.microsecond % 1000:
            cut[TIMES[number]] = time.replace(microsecond=time.microsecond // 1000 * 1000)
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


def _members(enum: type[E]) -> Callable[[str], E]:
    return {str(member): member for member in enum}.__getitem__


_DECLARED = get_type_hints(PublicIncident)


def _is(name: str, kind: type) -> bool:
    """Whether a field is of a kind, or of that or nothing."""
    return any(
        isinstance(part, type) and issubclass(part, kind)
        for part in (_DECLARED[name], *get_args(_DECLARED[name]))
    )


_TIMES = tuple(position for position, name in enumerate(_OWN) if _is(name, datetime))
_FLAGS = tuple(position for position, name in enumerate(_OWN) if _is(name, bool))
_WORDS = tuple(
    (position, {str(member): member for member in enum})
    for position, name in enumerate(_OWN)
    for enum in (_DECLARED[name], *get_args(_DECLARED[name]))
    if isinstance(enum, type) and issubclass(enum, StrEnum)
)
_values = attrgetter(*_OWN)
_place_kind = _members(PlaceKind)


def content(incident: PublicIncident, place_id: int | None) -> tuple[Any, ...]:
    """The values of ``CONTENT``."""
    values = list(_values(incident))
    for position, _ in _WORDS:
        member = values[position]
        if member is not None:
            values[position] = str(member)
    for position in _TIMES:
        time = values[position]
        if time is not None:
            values[position] = (time - _EPOCH) // _MS
    for position in _FLAGS:
        values[position] = 1 if values[position] else None
    values.insert(_PLACE, place_id)
    source_type = incident.source_type
    values.append(None if source_type is None else fold(source_type))
    return tuple(values)


def stored_of_row(row: Row, places: Mapping[int, Where]) -> StoredIncident:
    """Read the columns of ``STORED``; *places* holds every place that the row may name."""
    return StoredIncident(
        incident_of_row(row, places), row[0], row[2], _shared_time(row[3]), _shared_time(row[4])
    )


def incident_of_row(row: Row, places: Mapping[int, Where]) -> PublicIncident:
    """As ``stored_of_row``, without the places in the change log."""
    values = list(row[_FIRST : _FIRST + len(_OWN) + 1])
    place_id = values.pop(_PLACE)
    for position, members in _WORDS:
        text = values[position]
        if text is not None:
            values[position] = members[text]
    for position in _TIMES:
        ms = values[position]
        if ms is not None:
            values[position] = from_ms(ms)
    for position in _FLAGS:
        values[position] = bool(values[position])
    values[_PLACE:_PLACE] = (None, {}) if place_id is None else places[place_id]
    return PublicIncident(row[1], *values)


def where_of_row(row: Row) -> Where:
    """Read lon, lat, kind, radius_m, label, areas."""
    lon, lat, kind, radius_m, label, areas = row
    return Place(lon, lat, _place_kind(kind), radius_m, label), msgspec.json.decode(
        areas, type=dict[str, str]
    )


def fold(text: str) -> str:
    """The form in which texts are compared without case."""
    return text.casefold()
