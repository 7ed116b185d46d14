"""Guesses how a column writes times, from its values."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from blocklight.intake.values.time_words import own_zone, plain_clock

_MONTH_FIRST = ("%m/%d/%Y", "%m/%d/%y", "%m-%d-%Y", "%m-%d-%y", "%m.%d.%Y")
_DAY_FIRST = ("%d/%m/%Y", "%d/%m/%y", "%d-%m-%Y", "%d-%m-%y", "%d.%m.%Y")
_TWINS = dict(zip((*_MONTH_FIRST, *_DAY_FIRST), (*_DAY_FIRST, *_MONTH_FIRST), strict=True))
_NAMED = ("%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%d %B %Y",
    "%A, %B %d, %Y", "%a, %b %d, %Y", "%b-%d-%Y")  # fmt: skip
_DAYS = (*_MONTH_FIRST, *_DAY_FIRST, "%Y/%m/%d", "%Y-%m-%d", *_NAMED, "%Y%m%d")
_CLOCKS = ("%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p", "%I:%M%p", "%H%M")
_SMALL = ("%H:%M:%S.%f", "%I:%M:%S.%f %p")
# How C, SAS and some dispatch systems write a time.
_ODD = (
    "%a %b %d %H:%M:%S %Y", "%a %b %d %Y %H:%M:%S", "%Y%m%d%H%M%S", "%d%b%Y:%H:%M:%S", "%d%b%y:%H:%M:%S",
    *(f"{clock} {day}" for day in (*_MONTH_FIRST, *_DAY_FIRST) for clock in _CLOCKS[:4]),
)  # fmt: skip

_FORMATS = (
    *(f"{day} {clock}" for day in _DAYS for clock in _CLOCKS),
    *(f"{day}{apart}{clock}" for day in _DAYS for apart in (", ", " @ ", " - ") for clock in _CLOCKS[:4]),
    *(f"{day} {clock}" for day in _MONTH_FIRST for clock in _SMALL),
    *_ODD,
)
# From 1989 to 2096: numbers outside are no milliseconds since 1970.
_MS = (600_000_000_000, 4_000_000_000_000)

_DAY_MS = 86_400_000
_S = (600_000_000, 4_000_000_000)
_MICROSECOND = 0.000001
_OFFSET = re.compile(r"(?:Z|[+-]\d\d:?\d\d)$")
_SERIAL = re.compile(r"[2-7]\d{4}(?:\.\d+)?")  # a day of a spreadsheet: 1954 to 2119
_MOST = 1500
_LONGEST = 60
_SPARE, _SPARE_NAMED = 50, 3
_MICROSOFT = re.compile(r"/Date\(-?\d+(?:[+-]\d{4})?\)/")
_COMPACT_DAY = re.compile(r"(?:19|20)\d{6}(?:\d{6})?\b")
_A_DAY = timedelta(days=1)


class Written(NamedTuple):
    """How times are written: converter, strptime format or nothing, and whether it is always midnight.

    *twin* is the format with day and month the other way round, where every value could be that as well.
    *zoned* says that each value itself says which moment it is, whatever the city's zone. *scale* is what a
    number is multiplied by, 0 where it is none.
    """

    convert: str
    form: str = ""
    midnight: bool = False
    twin: str = ""
    zoned: bool = False
    scale: float = 0


def written(values: Sequence[object], *, dates: bool = False, named: bool = False) -> Written | None:
    """Say how *values* write times, ``None`` where they do not.

    *dates*: the platform calls them so; *named*: their column does, so that more odd cells may be among them.
    """
    texts = [str(value).strip() for value in values if value not in (None, "")][:_MOST]
    if not texts:
        return None
    usual = _without_odd_cells(texts, _SPARE_NAMED if named else _SPARE)
    return _of_texts(texts, dates=dates) or (_of_texts(usual, dates=dates) if usual else None)


def _without_odd_cells(texts: Sequence[str], one_in: int) -> list[str]:
    """Leave out one in so many texts of the rarest forms: a cell such as NA hides no column."""
    forms = Counter(map(_shape_of_text, texts))
    odd: set[str] = set()
    spare = len(texts) // one_in
    for form, count in reversed(forms.most_common()):
        spare -= count
        if spare < 0:
            break
        odd.add(form)
    return [text for text in texts if _shape_of_text(text) not in odd] if odd else []


def _shape_of_text(text: str) -> str:
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "9", text))


def _of_texts(texts: Sequence[str], *, dates: bool) -> Written | None:
    if number := _epoch_of(texts, dates=dates):
        return number
    try:
        moments = [datetime.fromisoformat(text) for text in texts]
    except ValueError:
        moments = []
    if moments and all(len(text) > 8 for text in texts):  # noqa: PLR2004 - 20260130 is a number to most
        if all(_OFFSET.search(text[10:]) for text in texts):
            return Written("iso", zoned=True)
        if all(len(text) == len("2026-01-30") for text in texts):
            return Written("day")
        return Written(
            "local", midnight=not any(moment.time().isoformat() > "00:00:00" for moment in moments)
        )
    plain = [plain_clock(text) for text in texts]
    return (
        _of_their_zone(texts)
        or _by_format(texts)
        or (_by_format(plain) if plain != list(texts) else None)
        or _of_mail(texts)
    )


def _of_their_zone(texts: Sequence[str]) -> Written | None:
    """Say how texts write times that all end with a zone, such as UTC, CST or +00."""
    if any(len(text) > _LONGEST for text in texts):
        return None
    zones = [own_zone(text) for text in texts]
    bare = [text for text, zone in zones if zone is not None]
    if len(bare) < len(texts):
        return None
    form = _of_texts(bare, dates=False)
    if form is None or form.convert != "local":
        return None
    return form._replace(convert="local" if form.form else "iso", midnight=False, zoned=True)


def _of_mail(texts: Sequence[str]) -> Written | None:
    """How RSS writes times, as mail does (RFC 822): with a zone they need no other."""
    try:
        moments = [parsedate_to_datetime(text) for text in texts if len(text) <= _LONGEST]
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if len(moments) < len(texts) or not all(re.match("(?:[A-Za-z]{3},? +)?[0-9]", text) for text in texts):
        return None
    zoned = all(moment.tzinfo for moment in moments)
    return Written("iso" if zoned else "local", zoned=zoned)


def _epoch_of(texts: Sequence[str], *, dates: bool) -> Written | None:
    if all(_MICROSOFT.fullmatch(text) for text in texts):
        return Written("epoch_ms", zoned=True)
    if all(_SERIAL.fullmatch(text) for text in texts) and any("." in text for text in texts):
        return Written("excel")
    if not all(text.lstrip("-").isdecimal() for text in texts):
        return None
    numbers = [int(text) for text in texts]
    if dates or all(_MS[0] < number < _MS[1] for number in numbers):
        days = len(numbers) > 1 and not any(number % _DAY_MS for number in numbers)
        return Written("epoch_ms", zoned=True, midnight=days)
    if all(_S[0] < number * _MICROSECOND < _S[1] for number in numbers):
        return Written("epoch_s", zoned=True, scale=_MICROSECOND)
    return Written("epoch_s", zoned=True) if all(_S[0] < number < _S[1] for number in numbers) else None


def _by_format(texts: Sequence[str]) -> Written | None:
    for convert, forms in (("local", _FORMATS), ("day", _DAYS), ("time_of_day", _CLOCKS)):
        for form in forms:
            if form == "%H%M" and any(len(text) != len("1302") for text in texts):
                continue  # a plain number
            if form.startswith("%Y%m%d") and not all(map(_COMPACT_DAY.match, texts)):
                continue  # a coordinate: 683983 would be a day of the year 6839
            if (moments := _parsed_times(texts, form)) is None:
                continue
            still = convert == "local" and not any(
                moment.time().isoformat() > "00:00:00" for moment in moments
            )
            return _likelier(texts, Written(convert, form, midnight=still), moments)
    return None


def _parsed_times(texts: Sequence[str], form: str) -> list[datetime] | None:
    try:
        return [datetime.strptime(text, form) for text in texts]  # noqa: DTZ007 - only the form matters
    except ValueError:
        return None


def _likelier(texts: Sequence[str], written_as: Written, moments: Sequence[datetime]) -> Written:
    """*written_as*, with day and month the other way round where that makes a shorter past of it."""
    day = next((day for day in _TWINS if day in written_as.form), None)
    if (
        day is None
        or (swapped := _parsed_times(texts, twin := written_as.form.replace(day, _TWINS[day]))) is None
    ):
        return written_as
    if _stretch(swapped) < _stretch(moments):
        return written_as._replace(form=twin, twin=written_as.form)
    return written_as._replace(twin=twin)


def _stretch(moments: Sequence[datetime]) -> tuple[bool, timedelta]:
    """Say whether times lie in the future, and how far they are apart."""
    return max(moments) > datetime.now() + _A_DAY, max(moments) - min(moments)  # noqa: DTZ005 - only the day matters
