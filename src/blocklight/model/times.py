"""Writes times as everything public has them."""

from datetime import datetime
from typing import overload


@overload
def iso(time: datetime) -> str: ...
@overload
def iso(time: datetime | None) -> str | None: ...
def iso(time: datetime | None) -> str | None:
    """An aware UTC time as ``2026-01-31T08:15:00Z``, with milliseconds only where it has them."""
    if time is None:
        return None
    text = time.isoformat(timespec="milliseconds" if time.microsecond else "seconds")
    return text.removesuffix("+00:00") + "Z"
