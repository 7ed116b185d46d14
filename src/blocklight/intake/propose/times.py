"""Guesses how a column writes times, from its values."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

_FORMATS = (
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y %I:%M %p",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%d/%m/%Y %H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%Y-%m-%d %I:%M:%S %p",
    "%b %d, %Y %I:%M:%S %p",
    "%m-%d-%Y %H:%M:%S",
)
_DAYS = ("%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d", "%m-%d-%Y", "%Y%m%d")
_CLOCKS = ("%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p", "%H%M")
_MS = (600_000_000_000, 4_000_000_000_000)
_S = (600_000_000, 4_000_000_000)
_OFFSET = re.compile(r"(?:Z|[+-]\d\d:?\d\d)$")
_MOST = 300


class Written(NamedTuple):
    """How times are written: converter, strptime format or nothing, and whether it is always midnight."""

    convert: str
    form: str = ""
    midnight: bool = False


def written(values: Sequence[Any], *, dates: bool = False) -> Written | None:
    """Return how *values* write times, ``None`` where they do not; *dates*: the platform calls them so."""
    texts = [str(value).strip() for value in values if value not in (None, "")][:_MOST]
    if not texts:
        return None
    if number := _counted(texts, dates=dates):
        return number
    try:
        found = [datetime.fromisoformat(text) for text in texts]
    except ValueError:
        found = []
    if found and all(len(text) > 8 for text in texts):  # noqa: PLR2004 - 20260130 is a number to most
        if all(_OFFSET.search(text[10:]) for text in texts):
            return Written("iso")
        if all(len(text) == len("2026-01-30") for text in texts):
            return Written("day")
        return Written("local", midnight=not any(one.time().isoformat() > "00:00:00" for one in found))
    return _by_format(texts)


def _counted(texts: Sequence[str], *, dates: bool) -> Written | None:
    if not all(text.lstrip("-").isdecimal() for text in texts):
        return None
    numbers = [int(text) for text in texts]
    if dates or all(_MS[0] < number < _MS[1] for number in numbers):
        return Written("epoch_ms")
    return Written("epoch_s") if all(_S[0] < number < _S[1] for number in numbers) else None


def _by_format(texts: Sequence[str]) -> Written | None:
    for convert, forms in (("local", _FORMATS), ("day", _DAYS), ("time_of_day", _CLOCKS)):
        for form in forms:
            if form == "%H%M" and any(len(text) != len("1302") for text in texts):
                continue  # a plain number
            try:
                found = [datetime.strptime(text, form) for text in texts]  # noqa: DTZ007 - only the form matters
            except ValueError:
                continue
            still = not any(one.time().isoformat() > "00:00:00" for one in found)
            return Written(convert, form, midnight=convert == "local" and still)
    return None
