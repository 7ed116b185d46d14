"""Turns one row in a source's words into an ``Incident`` in ours; plain functions, no I/O."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from blocklight.config.city import City, FieldSpec, SourceSpec
from blocklight.config.matching import LONGEST_TEXT
from blocklight.errors import RecordRejected
from blocklight.geo.exact import ExactAddress, ExactPoint, SourceKey, address_lines, degrees, key_text
from blocklight.intake.key_text import KeyText, on_day
from blocklight.intake.record import Coded, Incident, RawRecord
from blocklight.intake.values.converters import CONVERTERS, from_xy, to_text
from blocklight.intake.values.moments import (
    from_day,
    from_duration,
    from_excel,
    from_local_of,
    from_time_of_day,
)
from blocklight.intake.values.numbers import to_float
from blocklight.model.vocabulary import Disposition, Origin, Status

# No city publishes older calls; a time before it is a number read in the wrong unit.
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)

# A dispatch centre's clock may be fast by minutes; a time that is farther ahead was read in a wrong zone.
_CLOCK_SKEW = timedelta(hours=1)

_STAGES = ("dispatched_at", "en_route_at", "on_scene_at", "closed_at")
# More are a number of something else, such as a unit's own.
_MAX_UNITS = 500

# More digits are a code and no rank.
_MAX_PRIORITY = 99


class When(NamedTuple):
    """What settles a time that is told in part: when the row was fetched, and when its call was received."""

    fetched_at: datetime
    received_at: datetime | None = None


Plain = Callable[[Any], Any]
Convert = Callable[[Any, When], Any]
# Gives one of our fields from a row, ``None`` where it has none. Raises ``ValueError`` on nonsense.
Reader = Callable[[RawRecord, When], Any]


class Normaliser:
    """One source's field map made ready to be applied to many rows."""

    def __init__(self, source: SourceSpec, zone: ZoneInfo, dispositions: dict[str, Disposition]) -> None:
        self.source = source
        self._key_text, self._has_day = KeyText(source.key), source.has_day_in_key
        self._dispositions = dispositions
        zone = ZoneInfo(source.zone) if source.zone else zone
        self._zone = zone
        self.readers = {name: _field_reader(spec, zone) for name, spec in source.fields.named()}
        self._soft = [
            (name, self.readers[name], make) for name, make in _OPTIONAL.items() if name in self.readers
        ]
        self.further = [
            _field_reader(spec.model_copy(update={"source": (column,)}), zone)
            for spec in filter(None, (source.fields.other_type,))
            for column in spec.source
        ]
        self._stages = [(name, self.readers[name]) for name in _STAGES if name in self.readers]

    @classmethod
    def of(cls, source: SourceSpec, city: City) -> "Normaliser":
        """Make the normaliser of one of a city's sources."""
        folded = {text.strip().casefold(): value for text, value in city.dispositions.items()}
        return cls(source, city.city.zone, folded)

    def source_key(self, raw: RawRecord, fetched_at: datetime) -> SourceKey:
        """The source's own identity of the incident that a row belongs to.

        Raises ``RecordRejected`` when every key column is empty, and where ids start anew each day also for a
        time that cannot be read.
        """
        text = self._key_text(raw)
        if self._has_day:
            text = on_day(text, self.received(raw, fetched_at).astimezone(self._zone).date())
        return SourceKey(text)

    def __call__(self, raw: RawRecord, fetched_at: datetime, source_key: SourceKey | None = None) -> Incident:
        """The incident in *raw*; raises ``RecordRejected`` with the reason's class."""
        repaired: list[str] = []
        received_at = self.received(raw, fetched_at)
        moments = When(fetched_at, received_at)
        values = self._later_stages(raw, moments, repaired)
        closed_at = values.get("closed_at")
        values["point"] = self.point(raw, moments, repaired)
        for name, read, make in self._soft:
            try:
                value = read(raw, moments)
                values[name] = None if value is None else make(value)
            except (ValueError, TypeError):
                repaired.append(name)
        values["address"] = address_of(values.get("address"), values.pop("cross_street", None))
        disposition = values.pop("disposition", None)
        ended = closed_at is not None or ("closed_at" in repaired and self._ended_before(raw, moments))
        status = self._status(raw, moments, ended=ended)
        if status is Status.OPEN:  # opened again, or not closed by that time
            values.pop("closed_at", None)
        return Incident(
            source=self.source.id,
            source_key=source_key or self.source_key(raw, fetched_at),
            kind=self.source.kind,
            agency=self._required(raw, "agency", moments),
            source_type=self._required(raw, "source_type", moments),
            status=status,
            received_at=received_at,
            other_types=self._other_types(raw, moments),
            disposition=disposition and self._dispositions.get(disposition.casefold()),
            repaired=tuple(repaired),
            **values,
        )

    def _required(self, raw: RawRecord, name: str, moments: When) -> str:
        try:
            value = self.readers[name](raw, moments)
        except ValueError:
            raise RecordRejected(f"bad_{name}") from None
        if value is None or value == "":
            raise RecordRejected(f"no_{name}")
        if len(text := str(value)) > LONGEST_TEXT:
            raise RecordRejected(f"bad_{name}")
        return text

    def _other_types(self, raw: RawRecord, moments: When) -> tuple[str, ...]:
        """The further types, which decide too: one that cannot be read makes the record unreadable."""
        texts: dict[str, None] = {}
        for read in self.further:
            try:
                value = read(raw, moments)
            except ValueError:
                raise RecordRejected("bad_other_type") from None
            if value is not None and value != "":
                if len(text := str(value)) > LONGEST_TEXT:
                    raise RecordRejected("bad_other_type")
                texts[text] = None
        return tuple(texts)

    def received(self, raw: RawRecord, fetched_at: datetime) -> datetime:
        """When a call was received; raises ``RecordRejected`` for none and an impossible one."""
        try:
            received = self.readers["received_at"](raw, When(fetched_at))
        except (ValueError, TypeError, OverflowError):
            raise RecordRejected("bad_time") from None
        if not isinstance(received, datetime):
            raise RecordRejected("no_time")
        if not _EARLIEST <= received <= fetched_at + _CLOCK_SKEW:
            raise RecordRejected("absurd_time")
        return received

    def _later_stages(self, raw: RawRecord, moments: When, repaired: list[str]) -> dict[str, Any]:
        """The later stages; one before received or in the future is impossible and left out."""
        fetched_at, received_at = moments.fetched_at, moments.received_at or moments.fetched_at
        stages: dict[str, Any] = {}
        for name, read in self._stages:
            try:
                value = read(raw, moments)
            except (ValueError, TypeError, OverflowError):
                repaired.append(name)
                continue
            if isinstance(value, datetime):
                if received_at <= value <= fetched_at + _CLOCK_SKEW:
                    stages[name] = value
                else:
                    repaired.append(name)
        return stages

    def point(self, raw: RawRecord, moments: When, repaired: list[str]) -> ExactPoint | None:
        """The point; one that cannot be read is noted in *repaired* and left out."""
        readers = self.readers
        try:
            point = readers["point"](raw, moments) if "point" in readers else None
            if point is not None:
                return ExactPoint(*point)
            if "lon" in readers and "lat" in readers:
                lon, lat = readers["lon"](raw, moments), readers["lat"](raw, moments)
                if lon is not None and lat is not None:
                    return ExactPoint(
                        lon if type(lon) is float else to_float(lon),
                        lat if type(lat) is float else to_float(lat),
                    )
        except (ValueError, TypeError, KeyError, IndexError):
            repaired.append("point")
        return None

    def _ended_before(self, raw: RawRecord, moments: When) -> bool:
        """Whether a call has a closing time before its beginning: impossible, but it is over."""
        try:
            ended = self.readers["closed_at"](raw, moments)
        except (ValueError, TypeError, OverflowError):
            return False
        return isinstance(ended, datetime) and moments.received_at is not None and ended < moments.received_at

    def _status(self, raw: RawRecord, moments: When, *, ended: bool) -> Status:
        match self.source.closes:
            case "status":
                try:
                    return Status(self._required(raw, "status", moments))
                except ValueError:
                    raise RecordRejected("unknown_status") from None
            case "time":
                return Status.CLOSED if ended else Status.OPEN
            case "vanish":
                return Status.OPEN
            case "never":
                return Status.CLOSED


def address_of(line: str | None, cross_street: str | None) -> ExactAddress | None:
    """An address, ``None`` where a row has nothing of one."""
    return ExactAddress(line or "", cross_street) if line or cross_street else None


def _field_reader(spec: FieldSpec, zone: ZoneInfo) -> Reader:
    """The function that reads one field."""
    plain = _plain_reader(spec)
    if plain is not None and spec.join is None and len(spec.source) == 1:
        return _alone(spec.source[0], spec.default, plain)
    columns, join, default, convert = spec.source, spec.join, spec.default, _convert(spec, zone)

    def first(raw: RawRecord, moments: When) -> Any:  # noqa: ANN401 - each field has its own type
        for column in columns:
            value = raw.get(column)
            if value is not None and value != "":
                return convert(value, moments)
        return default

    def joined(raw: RawRecord, moments: When) -> Any:  # noqa: ANN401 - each field has its own type
        values = [value for column in columns if (value := raw.get(column)) is not None and value != ""]
        if len(values) < (1 if spec.gaps else len(columns)):
            return default
        return convert(str(join).join(map(str, values)), moments)

    return first if join is None else joined


def _alone(column: str, default: str | int | None, plain: Plain) -> Reader:
    """Read one column by a converter that needs nothing else: what most fields are, at half the cost."""

    def alone(raw: RawRecord, _: When) -> Any:  # noqa: ANN401 - each field has its own type
        value = raw.get(column)
        return default if value is None or value == "" else plain(value)

    return alone


def _plain_reader(spec: FieldSpec) -> Plain | None:
    """What turns a value into the field's, ``None`` where it needs more than the value."""
    words, default, scale = spec.folded_map, spec.default, spec.scale
    if words is not None:
        return _translation(words, default)
    if spec.convert in _TOLD_IN_PART:
        return None
    plain = CONVERTERS[spec.convert]
    return plain if scale == 1 else lambda value: plain(to_float(value) * scale)


def _translation(words: Mapping[str, str | int], default: str | int | None) -> Plain:
    """What looks a value up; of a coded one the city file may name the word, or the code."""

    def translated(value: object) -> str | int | None:
        word = words.get(to_text(value).casefold())
        if word is None and isinstance(value, Coded):
            word = words.get(to_text(value.code).casefold())
        return default if word is None else word

    return translated


def _convert(spec: FieldSpec, zone: ZoneInfo) -> Convert:
    """What turns a column's value into the field's, whatever it needs."""
    plain = _plain_reader(spec)
    zone = ZoneInfo(spec.zone) if spec.zone else zone
    return _TOLD_IN_PART[spec.convert](spec, zone) if plain is None else lambda value, _: plain(value)


def _local(spec: FieldSpec, zone: ZoneInfo) -> Convert:
    return lambda value, when: from_local_of(value, zone, spec.format, not_before=when.received_at)


def _day_in_zone(spec: FieldSpec, zone: ZoneInfo) -> Convert:
    return lambda value, when: from_day(value, zone, spec.format, not_before=when.received_at)


def _time_of_day(spec: FieldSpec, zone: ZoneInfo) -> Convert:
    return lambda value, when: from_time_of_day(
        value, zone, spec.format, fetched_at=when.fetched_at, not_before=when.received_at
    )


def _excel_converter(_: FieldSpec, zone: ZoneInfo) -> Convert:
    return lambda value, _: from_excel(value, zone)


def _duration(spec: FieldSpec, _: ZoneInfo) -> Convert:
    return lambda value, when: from_duration(value, spec.scale, when.received_at or when.fetched_at)


def _xy(spec: FieldSpec, _: ZoneInfo) -> Convert:
    return lambda value, _: from_xy(value, spec.scale, spec.crs)


# Converters that need more than the value: the city's zone, the field's own settings, other times.
_TOLD_IN_PART: dict[str, Callable[[FieldSpec, ZoneInfo], Convert]] = {
    "local": _local,
    "day": _day_in_zone,
    "time_of_day": _time_of_day,
    "excel": _excel_converter,
    "duration": _duration,
    "xy": _xy,
}


def _up_to(maximum: int) -> Callable[[Any], int]:
    def whole(value: Any) -> int:  # noqa: ANN401 - a source's value may be anything
        number = int(value)
        if not 0 <= number <= maximum:
            raise ValueError("out of range")
        return number

    return whole


# Fields that may be left out when they cannot be read, each with its type.
_OPTIONAL: dict[str, Plain] = {
    "address": str,
    "cross_street": str,
    "priority": _up_to(_MAX_PRIORITY),
    "origin": Origin,
    "units": _up_to(_MAX_UNITS),
    "disposition": to_text,
}


def join_unit_rows(rows: Iterable[Incident], *, are_units: bool = True) -> list[Incident]:
    """One incident for each source key, from a source that has a row for each unit or another part.

    Dispatched, en route and on scene are the first of any unit; the call is closed when every unit is.
    """
    groups: dict[str, list[Incident]] = {}
    for row in rows:
        groups.setdefault(key_text(row.source_key), []).append(row)
    return [_joined_rows(group, are_units=are_units) for group in groups.values()]


def _joined_rows(rows: list[Incident], *, are_units: bool) -> Incident:
    """Join the rows of one incident, whatever their order; the unit sent first speaks for the call."""
    if len(rows) == 1:
        return replace(rows[0], units=rows[0].units or 1) if are_units else rows[0]
    rows = sorted(rows, key=_order_of_row)
    first = rows[0]
    types = {text for row in rows for text in (row.source_type, *row.other_types)}
    placed = next((row for row in rows if row.point is not None), first)
    everyone_closed = all(row.status is Status.CLOSED for row in rows)
    return replace(
        first,
        other_types=tuple(sorted(types - {first.source_type})),
        received_at=min(row.received_at for row in rows),
        dispatched_at=_extreme(min, (row.dispatched_at for row in rows)),
        en_route_at=_extreme(min, (row.en_route_at for row in rows)),
        on_scene_at=_extreme(min, (row.on_scene_at for row in rows)),
        closed_at=_extreme(max, (row.closed_at for row in rows)) if everyone_closed else None,
        status=Status.CLOSED if everyone_closed else Status.OPEN,
        units=min(len(rows), _MAX_UNITS) if are_units else first.units,
        point=placed.point,
        address=placed.address if placed.address and address_lines(placed.address)[0] else first.address,
        disposition=next((row.disposition for row in rows if row.disposition is not None), None),
        repaired=tuple(name for row in rows for name in row.repaired),
    )


def _order_of_row(row: Incident) -> tuple[datetime, str]:
    values = msgspec.structs.asdict(row)
    values["point"] = row.point and degrees(row.point)
    values["address"] = row.address and address_lines(row.address)
    return row.dispatched_at or datetime.max.replace(tzinfo=UTC), repr(tuple(values.values()))


def _extreme(choose: Any, times: Iterable[datetime | None]) -> datetime | None:  # noqa: ANN401 - min or max
    return choose((time for time in times if time is not None), default=None)  # type: ignore[no-any-return]
