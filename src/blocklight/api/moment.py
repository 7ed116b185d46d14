"""A moment that somebody asks for: ISO 8601 with an offset, or it is a mistake."""

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

# How one begins; pydantic would also take a number, for seconds since 1970.
_ISO_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}")


def _is_iso(value: object) -> object:
    if isinstance(value, str) and not _ISO_TIME.match(value):
        raise ValueError("needs an ISO 8601 time, for example 2026-01-31T08:00:00Z")
    return value


def _in_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("needs an offset, for example 2026-01-31T08:00:00Z")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("outside the years 1 to 9999") from None


# In UTC, as a parameter of a request.
Moment = Annotated[datetime, BeforeValidator(_is_iso), AfterValidator(_in_utc)]
