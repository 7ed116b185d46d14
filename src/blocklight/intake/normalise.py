"""Turns one row in a source's words into an ``Incident`` in ours; plain functions, no I/O."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from blocklight.city import City, FieldSpec, SourceSpec
from blocklight.errors import RecordRejected
from blocklight.intake.converters import CONVERTERS, from_local, to_float, to_text
from blocklight.intake.record import Incident, RawRecord
from blocklight.model import Disposition, Origin, Status

_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_CLOCK_SKEW = timedelta(hours=1)
_STAGES = ("dispatched_at", "en_route_at", "on_scene_at", "closed_at")
_SEPARATOR = "\x1f"
_MAX_UNITS = 500
_MAX_PRIORITY = 99


@dataclass(frozen=True)
class Normaliser:
    """One source's field map made ready to be applied to many rows."""

    source: SourceSpec
    zone: ZoneInfo
    dispositions: dict[str, Disposition]
    _specs: dict[str, FieldSpec] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_specs", dict(self.source.fields.named()))

    @classmethod
    def of(cls, source: SourceSpec, city: City) -> "Normaliser":
        """Make the normaliser of one of a city's sources."""
        folded = {text.strip().casefold(): value for text, value in city.dispositions.items()}
        return cls(source, city.city.zone, folded)

    def source_key(self, raw: RawRecord) -> str:
        """Return the source's own identity of the incident that a row belongs to.

        Raises ``RecordRejected`` when every key column is empty.
        """
        parts = [raw.get(column) for column in self.source.key]
        if all(part in (None, "") for part in parts):
            raise RecordRejected("no_key")
        return _SEPARATOR.join("" if part is None else str(part) for part in parts)

    def __call__(self, raw: RawRecord, fetched_at: datetime) -> Incident:
        """Return the incident in *raw*; raises ``RecordRejected`` with the reason's class."""
        repaired: list[str] = []
        received_at = self._received(raw, fetched_at)
        stages = self._stages(raw, received_at, fetched_at, repaired)
        lon, lat = self._point(raw, repaired)
        soft = partial(self._soft, raw, repaired)
        disposition = soft("disposition")
        units, priority = soft("units", to=int), soft("priority", to=int)
        return Incident(
            source=self.source.id,
            source_key=self.source_key(raw),
            kind=self.source.kind,
            agency=self._required(raw, "agency"),
            source_type=self._required(raw, "source_type"),
            status=self._status(raw, stages["closed_at"]),
            received_at=received_at,
            lon=lon,
            lat=lat,
            address=soft("address"),
            cross_street=soft("cross_street"),
            priority=priority if priority is not None and 0 <= priority <= _MAX_PRIORITY else None,
            origin=soft("origin", to=Origin),
            units=units if units is not None and 0 <= units <= _MAX_UNITS else None,
            disposition=self._disposition(disposition),
            repaired=tuple(repaired),
            **stages,
        )

    def _value(self, raw: RawRecord, name: str, *, not_before: datetime | None = None) -> Any:  # noqa: ANN401
        """Return a converted value, or ``None`` where the source has none; raises ``ValueError``."""
        spec = self._specs.get(name)
        if spec is None:
            return None
        for column in spec.source:
            value = raw.get(column)
            if value is None or value == "":
                continue
            if spec.folded_map is not None:
                return spec.folded_map.get(to_text(value).casefold(), spec.default)
            if spec.convert == "local":
                return from_local(value, self.zone, spec.format, not_before=not_before)
            return CONVERTERS[spec.convert](value)
        return spec.default

    def _required(self, raw: RawRecord, name: str) -> str:
        try:
            value = self._value(raw, name)
        except ValueError:
            raise RecordRejected(f"bad_{name}") from None
        if value is None or value == "":
            raise RecordRejected(f"no_{name}")
        return str(value)

    def _soft(self, raw: RawRecord, repaired: list[str], name: str, to: type | None = None) -> Any:  # noqa: ANN401
        """Return an optional value; what cannot be read is left out and named in *repaired*."""
        try:
            value = self._value(raw, name)
            return value if value is None or to is None else to(value)
        except (ValueError, TypeError):
            repaired.append(name)
            return None

    def _received(self, raw: RawRecord, fetched_at: datetime) -> datetime:
        try:
            received = self._value(raw, "received_at")
        except (ValueError, TypeError, OverflowError):
            raise RecordRejected("bad_time") from None
        if not isinstance(received, datetime):
            raise RecordRejected("no_time")
        if not _EARLIEST <= received <= fetched_at + _CLOCK_SKEW:
            raise RecordRejected("absurd_time")
        return received

    def _stages(
        self, raw: RawRecord, received_at: datetime, fetched_at: datetime, repaired: list[str]
    ) -> dict[str, datetime | None]:
        """Return the later stages; one before received or in the future is impossible and left out."""
        stages: dict[str, datetime | None] = {}
        for name in _STAGES:
            try:
                value = self._value(raw, name, not_before=received_at)
            except (ValueError, TypeError, OverflowError):
                value = None
                repaired.append(name)
            if isinstance(value, datetime) and not received_at <= value <= fetched_at + _CLOCK_SKEW:
                value = None
                repaired.append(name)
            stages[name] = value
        return stages

    def _point(self, raw: RawRecord, repaired: list[str]) -> tuple[float | None, float | None]:
        try:
            point = self._value(raw, "point")
            if point is not None:
                return float(point[0]), float(point[1])
            lon, lat = self._value(raw, "lon"), self._value(raw, "lat")
            if lon is not None and lat is not None:
                return to_float(lon), to_float(lat)
        except (ValueError, TypeError, KeyError, IndexError):
            repaired.append("point")
        return None, None

    def _status(self, raw: RawRecord, closed_at: datetime | None) -> Status:
        match self.source.closes:
            case "status":
                try:
                    return Status(self._required(raw, "status"))
                except ValueError:
                    raise RecordRejected("unknown_status") from None
            case "time":
                return Status.OPEN if closed_at is None else Status.CLOSED
            case "vanish":
                return Status.OPEN
            case "never":
                return Status.CLOSED

    def _disposition(self, text: str | None) -> Disposition | None:
        return None if text is None else self.dispositions.get(str(text).strip().casefold())


def join_unit_rows(rows: Iterable[Incident]) -> list[Incident]:
    """Return one incident for each source key, from a source that has a row for each unit.

    Dispatched, en route and on scene are the first of any unit; the call is closed when every unit is.
    """
    groups: dict[str, list[Incident]] = {}
    for row in rows:
        groups.setdefault(row.source_key, []).append(row)
    return [_joined(group) for group in groups.values()]


def _joined(rows: list[Incident]) -> Incident:
    first = rows[0]
    if len(rows) == 1:
        return replace(first, units=first.units or 1)
    everyone_closed = all(row.status is Status.CLOSED for row in rows)
    return replace(
        first,
        received_at=min(row.received_at for row in rows),
        dispatched_at=_extreme(min, (row.dispatched_at for row in rows)),
        en_route_at=_extreme(min, (row.en_route_at for row in rows)),
        on_scene_at=_extreme(min, (row.on_scene_at for row in rows)),
        closed_at=_extreme(max, (row.closed_at for row in rows)) if everyone_closed else None,
        status=Status.CLOSED if everyone_closed else Status.OPEN,
        units=len(rows),
        disposition=next((row.disposition for row in rows if row.disposition is not None), None),
    )


def _extreme(choose: Any, times: Iterable[datetime | None]) -> datetime | None:  # noqa: ANN401 - min or max
    return choose((time for time in times if time is not None), default=None)  # type: ignore[no-any-return]
