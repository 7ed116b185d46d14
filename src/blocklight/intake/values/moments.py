"""Turns a source's notation of a time into a moment in UTC; all raise ``ValueError`` on nonsense."""

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from email.utils import parsedate_to_datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from blocklight.intake.values.numbers import to_float
from blocklight.intake.values.time_words import day_and_clock, own_zone, plain_clock, without_no_day

_EPOCH_RANGE_S = (-2_208_988_800, 7_258_118_400)  # 1900 to 2200: beyond it is a unit mistake, not a time
# A clock time without a day that is farther ahead than clocks differ is one of yesterday.
_LATEST_AHEAD = timedelta(minutes=10)

# Stages are noted by several people and clocks: one may come minutes before the one that it follows.
_SLIGHTLY_EARLIER = timedelta(minutes=10)

# What is longer is no duration of a call but a number of another kind.
_LONGEST_DURATION_S = 366 * 86_400.0

_DAY_S = 86_400
_LONGEST_TEXT = 60  # of what is tried against patterns
_EXCEL_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a wall clock; the day that makes 1 March 1900 day 61
_EXCEL_DAYS = (20_000, 80_000)  # 1954 to 2119
_MICROSOFT = re.compile(r"/?Date\((-?\d+)(?:[+-]\d{4})?\)/?")
_EPOCH_MS = re.compile(r"-?\d{11,14}(?:\.0+)?")
_CLOCK = re.compile(r"(\d{1,2}):?(\d\d)(?::?(\d\d))?(?:\.0+)?\s*(?:([ap])m)?", re.IGNORECASE)
_LITERAL_OF_UTC = re.compile(r"(?<=%[a-zA-Z])\s*(?:Z|UTC|GMT)$", re.IGNORECASE)
_END_OF_DAY = re.compile(r"((?:^|(?<=[T ]))24(?=:?00))(:?00(?::?00(?:\.0+)?)?)(?!\d)")
_CLOCK_OF_DIGITS = re.compile(r"%[HI]%M(?:%S)?")
_DIGITS = re.compile(r"\d{1,6}(?:\.0+)?")
_FRACTION = re.compile(r"0?\.\d+")
_WITHOUT_SECONDS = re.compile(r"%S|%T|%X|%f")


def from_epoch_s(value: object) -> datetime:
    """The aware UTC time of seconds since 1970."""
    return _from_seconds(to_float(value))


def from_epoch_ms(value: object) -> datetime:
    """The aware UTC time of milliseconds since 1970, bare or written ``/Date(…)/``.

    The latter may contain the offset of the sender's clock; the number is in UTC all the same.
    """
    if isinstance(value, str) and (match := _MICROSOFT.fullmatch(value.strip())):
        value = match[1]
    return _from_seconds(to_float(value) / 1000)


def _from_seconds(seconds: float) -> datetime:
    if not _EPOCH_RANGE_S[0] <= seconds <= _EPOCH_RANGE_S[1]:
        raise ValueError("not seconds since 1970")
    return datetime.fromtimestamp(seconds, UTC)


def from_iso(value: object) -> datetime:
    """The aware UTC time of text with an offset: ISO 8601, RFC 822, or ISO with the word UTC."""
    moment = _reading(value, None)
    if moment.tzinfo is None:
        raise ValueError("has no offset; use the `local` converter")
    return _utc(moment)


def from_excel(value: object, zone: ZoneInfo) -> datetime:
    """The aware UTC time of a spreadsheet's day number (45000.5 is noon), a wall clock in *zone*."""
    days = to_float(value)
    if not _EXCEL_DAYS[0] <= days <= _EXCEL_DAYS[1]:
        raise ValueError("not a spreadsheet's day number")
    seconds = round(days * _DAY_S)
    return _utc((_EXCEL_EPOCH + timedelta(seconds=seconds)).replace(tzinfo=zone))


def from_local(
    value: object,
    zone: tzinfo,
    form: str | None,
    *,
    not_before: datetime | None = None,
) -> datetime:
    """The aware UTC time of a wall-clock reading in *zone*.

    A time that a change of clocks skips is read with the offset before the change, as on a clock that was not
    put forward. Of a time that occurs twice the first is returned, unless it lies before *not_before* and the
    second does not. Text that names its zone (an offset, ``Z``, UTC, CST …) is read in that zone. A number of
    milliseconds since 1970 is a wall-clock time that was stored as if it were UTC; 24:00 is the end of its
    day; hours and minutes without a separator (``%H%M``) may lack leading zeros.
    """
    naive = _reading(value, form)
    if naive.tzinfo is not None:
        return _utc(naive)
    first = _utc(naive.replace(tzinfo=zone, fold=0))
    if not_before is not None and first < not_before:
        second = _utc(naive.replace(tzinfo=zone, fold=1))
        if second >= not_before:
            return second
    return first


def _reading(value: object, form: str | None) -> datetime:
    """What a wall clock showed; aware if the text itself names its zone."""
    text = str(value).strip()
    if len(text) > _LONGEST_TEXT:
        raise ValueError("too long for a time")
    if form is None and _EPOCH_MS.fullmatch(text):
        return from_epoch_ms(text).replace(tzinfo=None)
    if match := text.endswith("/") and _MICROSOFT.fullmatch(text):
        return from_epoch_ms(match[1])
    return _read_text(text, form)


def _read_text(text: str, form: str | None) -> datetime:
    """Parse text; most texts match the format and are parsed in one step."""
    clock, of_utc = _peculiar(form) if form else (None, False)
    if clock is None and not of_utc:
        with suppress(ValueError):
            return datetime.strptime(text, form) if form else datetime.fromisoformat(text)  # noqa: DTZ007 - see above
    bare, zone = own_zone(text)
    form = form and _LITERAL_OF_UTC.sub("", form)
    try:
        moment = _parsed_text(bare, form, clock)
    except ValueError:
        plain = plain_clock(bare)
        if plain == bare:
            raise
        moment = _parsed_text(plain, form, clock)
    return moment if zone is None or moment.tzinfo else moment.replace(tzinfo=zone)


@lru_cache(maxsize=256)
def _peculiar(form: str) -> tuple[str | None, bool]:
    """The time of day in a format without separators, and whether the format ends in UTC, GMT or Z.

    If other digits come right before it, its leading zeros cannot be missing.
    """
    clock = _CLOCK_OF_DIGITS.search(form)
    alone = clock is not None and not form[: clock.start()][-1:].isalpha()
    return clock[0] if clock and alone else None, bool(_LITERAL_OF_UTC.search(form))


def _parsed_text(text: str, form: str | None, clock: str | None) -> datetime:
    if form and clock:
        text = _with_leading_zeros(text, form, clock)
    text, days = _END_OF_DAY.subn(r"00\2", text, count=1)
    moment = datetime.strptime(text, form) if form else _parsed_freely(text)  # noqa: DTZ007 - the zone follows
    try:
        return moment + timedelta(days=days)
    except OverflowError:
        raise ValueError("beyond the calendar") from None


def _parsed_freely(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        if parts := day_and_clock(text):
            return _day_with_clock(*parts)
        if not re.search(r"[A-Za-z]{3}", text):
            raise
    try:
        return parsedate_to_datetime(text)  # naive where it knows no zone
    except (TypeError, IndexError, OverflowError):
        raise ValueError("not a date of RFC 822") from None


def _day_with_clock(day: str, clock: str) -> datetime:
    """What a day and a clock show that were joined."""
    moment = _reading(day, None) if _EPOCH_MS.fullmatch(day) else datetime.fromisoformat(day)
    reading, _ = _clock_reading(without_no_day(clock), ())
    return datetime.combine(moment.date(), reading)


@lru_cache(maxsize=256)
def _digits_of_clock(form: str, clock: str) -> re.Pattern[str]:
    """A pattern that finds the digits of a time of day such as ``%H%M`` in a text of the format."""
    before, _, after = form.partition(clock)
    return re.compile(f"({_any_text(before)})(\\d{{1,{len(clock)}}})(?:\\.0+)?({_any_text(after)})")


def _any_text(form: str) -> str:
    """A pattern for the text that a part of a format matches."""
    return "".join(
        ".+?" if part.startswith("%") else re.escape(part) for part in re.split(r"(%[a-zA-Z])", form)
    )


def _with_leading_zeros(text: str, form: str, clock: str) -> str:
    """The text with the leading zeros of a time of day that is written as a number: 105 is 01:05."""
    match = _digits_of_clock(form, clock).fullmatch(text)
    if match is None:
        raise ValueError("not in the format")
    return match[1] + match[2].zfill(len(clock)) + match[3]


def from_local_of(
    value: object,
    zone: ZoneInfo,
    forms: Sequence[str],
    *,
    not_before: datetime | None = None,
) -> datetime:
    """The aware UTC time of a wall-clock reading in the first of *forms* that fits, else ISO."""
    if len(forms) <= 1:
        return from_local(value, zone, forms[0] if forms else None, not_before=not_before)
    for form in forms:
        try:
            return from_local(value, zone, form, not_before=not_before)
        except ValueError:
            continue
    raise ValueError("in none of the formats")


def from_day(
    value: object,
    zone: ZoneInfo,
    forms: Sequence[str],
    *,
    not_before: datetime | None = None,
) -> datetime:
    """The aware UTC time at which a day begins in *zone*, or *not_before* if that is on that day.

    A value with a time of day other than midnight is refused: it is for `local`.
    """
    begins = _day_of(value, zone, forms)
    if not_before is not None and not_before.astimezone(zone).date() == begins:
        return not_before
    return _local_moment(begins, time(), zone)


def _day_of(value: object, zone: ZoneInfo, forms: Sequence[str]) -> date:
    for form in forms or (None,):
        try:
            reading = _reading(value, form)
        except ValueError:
            continue
        for shown in (reading, reading.astimezone(zone) if reading.tzinfo else reading):
            if shown.time() == time():
                return shown.date()
        raise ValueError("a time of day, not a day")
    raise ValueError("in none of the formats")


def from_time_of_day(
    value: object,
    zone: tzinfo,
    forms: Sequence[str],
    *,
    fetched_at: datetime,
    not_before: datetime | None = None,
) -> datetime:
    """The aware UTC time of a clock reading without a date.

    It is the latest such time before *fetched_at*, or the first from *not_before* on. One slightly before
    *not_before* is taken as it is, not a day later, and one in the same minute without seconds is
    *not_before*. A form with a day in it is for values that do have a date. Digits without a separator are
    hours and minutes (105 is 01:05); a number below one is a fraction of the day.
    """
    for form in (form for form in forms if "%d" in form):
        with suppress(ValueError):
            return from_local(value, zone, form, not_before=not_before)
    text = str(value).strip()[:_LONGEST_TEXT]
    bare, own = own_zone(without_no_day(text))
    zone = own or zone
    reading, of_minute = _clock_reading(bare, [form for form in forms if "%d" not in form])
    if not_before is not None:
        day = not_before.astimezone(zone).date()
        moment = _local_moment(day, reading, zone)
        if of_minute and moment == not_before.replace(second=0, microsecond=0):
            return not_before
        if moment >= not_before.replace(microsecond=0) - _SLIGHTLY_EARLIER:
            return moment
        return _local_moment(_day_after(day, 1), reading, zone)
    latest = fetched_at + _LATEST_AHEAD
    day = latest.astimezone(zone).date()
    moment = _local_moment(day, reading, zone)
    return moment if moment <= latest else _local_moment(_day_after(day, -1), reading, zone)


def _clock_reading(text: str, forms: Sequence[str]) -> tuple[time, bool]:
    """What a clock showed, and whether it showed no seconds."""
    for form in forms:
        try:
            return _read_text(text, form).time(), not _WITHOUT_SECONDS.search(form)
        except ValueError:
            continue
    if forms:
        raise ValueError("in none of the formats")
    if _FRACTION.fullmatch(text):
        return (_EXCEL_EPOCH + timedelta(seconds=round(float(text) * _DAY_S))).time(), False
    text = _END_OF_DAY.sub(r"00\2", text)
    if _DIGITS.fullmatch(text):
        digits = text.partition(".")[0]
        width = 4 if len(digits) <= 4 else 6  # noqa: PLR2004 - hours and minutes, or seconds too
        return time.fromisoformat(digits.zfill(width)), width == 4  # noqa: PLR2004 - see above
    match = _CLOCK.fullmatch(plain_clock(text))
    if match is None:
        if "." in text and ":" not in text:
            raise ValueError("neither hours nor a fraction of the day")  # 01.05 would be read as one o'clock
        return time.fromisoformat(text).replace(tzinfo=None), text.count(":") == 1
    return _clock_time(match), match[3] is None


def _clock_time(match: re.Match[str]) -> time:
    hour = int(match[1])
    if match[4]:
        if not 1 <= hour <= 12:  # noqa: PLR2004 - a clock of twelve hours
            raise ValueError("not an hour of half a day")
        hour = hour % 12 + (12 if match[4].casefold() == "p" else 0)
    return time(hour, int(match[2]), int(match[3] or 0))


def _local_moment(day: date, reading: time, zone: tzinfo) -> datetime:
    return _utc(datetime.combine(day, reading, zone))


def _day_after(day: date, days: int) -> date:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        raise ValueError("beyond the calendar") from None


def from_duration(value: object, scale: float, received_at: datetime) -> datetime:
    """The time that lies a duration after *received_at*; numbers joined by ``+`` are added up."""
    parts = value.split("+") if isinstance(value, str) else [value]
    seconds = sum(to_float(part) for part in parts) * scale
    if not 0 <= seconds <= _LONGEST_DURATION_S:
        raise ValueError("not a duration")
    return received_at + timedelta(seconds=seconds)


def _utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("beyond the calendar") from None
