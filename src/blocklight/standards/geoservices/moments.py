"""Times as GeoServices clients write them, in UTC."""

import re
from datetime import UTC, datetime, timedelta

_DAY_AND_TIME = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?)?(Z|[+-]\d{2}:?\d{2})?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = ("day", "hour", "minute", "second")
_SECONDS = {"day": 86_400, "hour": 3_600, "minute": 60, "second": 1}


def moment_of_sql(text: str) -> datetime:
    """Read ``2026-01-31``, with a time behind ``T`` or a space, UTC where it says no offset."""
    if not _DAY_AND_TIME.fullmatch(text):
        raise ValueError("expected a time such as 2026-01-31 08:00:00")
    moment = datetime.fromisoformat(text)
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("outside the years 1 to 9999") from None


def moment_of_ms(ms: float) -> datetime:
    """Read milliseconds since 1970."""
    try:
        return _EPOCH + timedelta(milliseconds=ms)
    except (OverflowError, ValueError):
        raise ValueError("outside the years 1 to 9999") from None


def interval(text: str, first: str, last: str | None) -> timedelta:
    """Read an interval such as ``'2' DAY`` or ``'1 12:00:00' DAY TO SECOND`` from its text and units."""
    units = _UNITS[_UNITS.index(first) : _UNITS.index(last or first) + 1]
    parts = re.split(r"[ :]", text.strip())
    if not units or len(parts) != len(units) or not all(re.fullmatch(r"\d{1,6}", part) for part in parts):
        raise ValueError(
            "expected an interval such as INTERVAL '2' DAY or INTERVAL '1 12:00:00' DAY TO SECOND"
        )
    return timedelta(seconds=sum(int(part) * _SECONDS[unit] for part, unit in zip(parts, units, strict=True)))
