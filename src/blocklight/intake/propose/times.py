"""Guesses how a column writes times, from its values."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

_MONTH_FIRST = ("%m/%d/%Y", "%m/%d/%y", "%m-%d-%Y", "%m-%d-%y", "%m.%d.%Y")
_DAY_FIRST = ("%d/%m/%Y", "%d/%m/%y", "%d-%m-%Y", "%d-%m-%y", "%d.%m.%Y")
_TWINS = dict(zip((*_MONTH_FIRST, *_DAY_FIRST), (*_DAY_FIRST, *_MONTH_FIRST), strict=True))
_NAMED = ("%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%d %B %Y")
_DAYS = (*_MONTH_FIRST, *_DAY_FIRST, "%Y/%m/%d", "%Y-%m-%d", *_NAMED, "%Y%m%d")
_CLOCKS = ("%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p", "%I:%M%p", "%H%M")
_FORMATS = tuple(f"{day} {clock}" for day in _DAYS for clock in _CLOCKS)
_MS = (600_000_000_000, 4_000_000_000_000)
_S = (600_000_000, 4_000_000_000)
_OFFSET = re.compile(r"(?:Z|[+-]\d\d:?\d\d)$")
_SERIAL = re.compile(r"[2-7]\d{4}(?:\.\d+)?")  # a day of a spreadsheet: 1954 to 2119
_MOST = 300
_LONGEST = 60
_SPARE = 50
_COMPACT_DAY = re.compile(r"(?:19|20)\d{6}\b")
_A_DAY = timedelta(days=1)


class Written(NamedTuple):
    """How times are written: converter, strptime format or nothing, and whether it is always midnight.

    *twin* is the format with day and month the other way round, where every value could be that as well.
    """

    convert: str
    form: str = ""
    midnight: bool = False
    twin: str = ""


def written(values: Sequence[Any], *, dates: bool = False) -> Written | None:
    """Return how *values* write times, ``None`` where they do not; *dates*: the platform calls them so."""
    texts = [str(value).strip() for value in values if value not in (None, "")][:_MOST]
    if not texts:
        return None
    return _of_texts(texts, dates=dates) or _of_texts(_without_odd_cells(texts), dates=dates)


def _without_odd_cells(texts: Sequence[str]) -> list[str]:
    """Return the texts but for one in fifty of the rarest forms: a cell such as NA hides no column."""
    forms = Counter(map(_form, texts))
    odd: set[str] = set()
    spare = len(texts) // _SPARE
    for form, count in reversed(forms.most_common()):
        spare -= count
        if spare < 0:
            break
        odd.add(form)
    return [text for text in texts if _form(text) not in odd] if odd else []


def _form(text: str) -> str:
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "9", text))


def _of_texts(texts: Sequence[str], *, dates: bool) -> Written | None:
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
    return _by_format(texts) or _of_mail(texts)


def _of_mail(texts: Sequence[str]) -> Written | None:
    """Return how RSS writes times, as mail does (RFC 822): with a zone they need no other."""
    try:
        found = [parsedate_to_datetime(text) for text in texts if len(text) <= _LONGEST]
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if len(found) < len(texts) or not all(re.match("(?:[A-Za-z]{3},? +)?[0-9]", text) for text in texts):
        return None
    return Written("iso" if all(one.tzinfo for one in found) else "local")


def _counted(texts: Sequence[str], *, dates: bool) -> Written | None:
    if all(_SERIAL.fullmatch(text) for text in texts) and any("." in text for text in texts):
        return Written("excel")
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
            if form.startswith("%Y%m%d") and not all(map(_COMPACT_DAY.match, texts)):
                continue  # a coordinate: 683983 would be a day of the year 6839
            if (found := _read(texts, form)) is None:
                continue
            still = convert == "local" and not any(one.time().isoformat() > "00:00:00" for one in found)
            return _likelier(texts, Written(convert, form, midnight=still), found)
    return None


def _read(texts: Sequence[str], form: str) -> list[datetime] | None:
    try:
        return [datetime.strptime(text, form) for text in texts]  # noqa: DTZ007 - only the form matters
    except ValueError:
        return None


def _likelier(texts: Sequence[str], how: Written, found: Sequence[datetime]) -> Written:
    """Return *how*, with day and month the other way round where that makes a shorter past of it."""
    day = next((day for day in _TWINS if how.form.startswith(day)), None)
    if day is None or (other := _read(texts, twin := how.form.replace(day, _TWINS[day]))) is None:
        return how
    if _stretch(other) < _stretch(found):
        return how._replace(form=twin, twin=how.form)
    return how._replace(twin=twin)


def _stretch(found: Sequence[datetime]) -> tuple[bool, timedelta]:
    """Say whether times lie in the future, and how far they are apart."""
    return max(found) > datetime.now() + _A_DAY, max(found) - min(found)  # noqa: DTZ005 - only the day matters
