"""Numbers, times and spans in the reader's language and the city's time zone, as the map page writes them.

``web/src/present/format.ts`` is the other rendering; ``tests/golden/sentences.json`` holds both to one text.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_skeleton, format_time
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit

_KILOMETRE_M = 1000
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86_400
# "30 h" says more than "1 d": what was yesterday is still counted in hours.
_HOURS_UNTIL_DAYS = 36

# Up to here the minutes beside the hours still matter to a reader.
_LONG_WAIT_HOURS = 3

# A day of a week ago has the same name as today.
_DAYS_BY_NAME = 6

_SYMBOLS = {"second": "s", "minute": "min", "hour": "h", "day": "d"}
_READS_SYMBOLS = ("en", "es")
# CLDR's minimum grouping digits, which Babel does not know: Spanish writes 1234 and 12.345.
_UNGROUPED_BELOW = {"es": 10_000}

_DAY_AND_TIME = {"vi": "{time} {day}", "zh": "{day} {time}"}
_OTHERS_DAY_AND_TIME = "{day}, {time}"
_SEPARATED_FROM = 1000
_HALF = re.compile(r"\s?([AP])M$")
_SHORT_THU = re.compile(r"^Th (?=\d)")


def number(value: float, locale: Locale) -> str:
    """A number with a language's own separators."""
    if isinstance(value, int) and 0 <= value < _SEPARATED_FROM:
        return str(value)  # most numbers of a page, and a fiftieth of the time
    grouped = abs(value) >= _UNGROUPED_BELOW.get(locale.language, 0)
    return format_decimal(value, locale=locale, group_separator=grouped)


@dataclass(frozen=True, slots=True)
class Formats:
    """How one language writes things, in one time zone."""

    locale: Locale
    zone: ZoneInfo

    def number(self, value: float) -> str:
        """A number with the language's own separators."""
        return number(value, self.locale)

    def percent(self, share: float) -> str:
        """A share of 1 in per cent."""
        return format_percent(share, locale=self.locale)

    def time(self, at: datetime) -> str:
        """The time of day: "9:02 pm"."""
        return _HALF.sub(
            lambda hit: f" {hit[1].lower()}m", format_time(at, "short", tzinfo=self.zone, locale=self.locale)
        )

    def moment(self, at: datetime, now: datetime) -> str:
        """The time alone for today, else with the weekday, or with the date when it was longer ago.

        The year stands with the date where it is another one than now's.
        """
        that_day, today = at.astimezone(self.zone), now.astimezone(self.zone)
        if that_day.date() == today.date():
            return self.time(at)
        if (now - at).total_seconds() < _DAYS_BY_NAME * _DAY_S:
            # Older tables of the language shorten "Thứ 6" to "Th 6".
            day = _SHORT_THU.sub("Thứ ", format_datetime(at, "EEE", tzinfo=self.zone, locale=self.locale))
        else:
            skeleton = "MMMd" if that_day.year == today.year else "yMMMd"
            day = format_skeleton(skeleton, at, tzinfo=self.zone, locale=self.locale)
        order = _DAY_AND_TIME.get(self.locale.language, _OTHERS_DAY_AND_TIME)
        return order.format(day=day, time=self.time(at))

    def day(self, day: date) -> str:
        """A day."""
        return format_date(day, "medium", locale=self.locale)

    def parse(self, text: str) -> datetime:
        """Read a time as the API writes it."""
        return datetime.fromisoformat(text)

    def parse_day(self, text: str) -> date:
        """Read a day as the API writes it."""
        return date.fromisoformat(text)

    def span(self, seconds: float) -> str:
        """A span: "12 s", "4 min", "3 h", "2 d", or in words where those are no symbols."""
        value = max(0.0, seconds)
        if value < _MINUTE_S:
            return self._told(value, "second")
        if value < _HOUR_S:
            return self._told(value // _MINUTE_S, "minute")
        if value < _HOURS_UNTIL_DAYS * _HOUR_S:
            return self._told(value // _HOUR_S, "hour")
        return self._told(value // _DAY_S, "day")

    def wait(self, seconds: float) -> str:
        """A time that people wait, as `span` has it, but in minutes up to three hours."""
        if _HOUR_S <= seconds < _LONG_WAIT_HOURS * _HOUR_S:
            return self._told(seconds // _MINUTE_S, "minute")
        return self.span(seconds)

    def exact_wait(self, seconds: float) -> str:
        """A time to the second: "8 min", "1 min 30 s"."""
        minutes, rest = divmod(seconds, _MINUTE_S)
        parts = [(minutes, "minute"), (rest, "second")]
        return " ".join(self._told(value, unit) for value, unit in parts if value) or self._told(0, "second")

    def _told(self, value: float, unit: str) -> str:
        if self.locale.language in _READS_SYMBOLS:
            return f"{self.number(int(value))} {_SYMBOLS[unit]}"
        return format_unit(int(value), f"duration-{unit}", "short", locale=self.locale)

    def metres(self, value: float) -> str:
        """A distance."""
        unit = format_unit(0, "length-meter", "short", locale=self.locale)
        return unit.replace("0", self.number(value))

    def distance(self, metres: float) -> str:
        """A distance, from a kilometre on in kilometres with one decimal."""
        if metres < _KILOMETRE_M:
            return self.metres(metres)
        unit = format_unit(0, "length-kilometer", "short", locale=self.locale)
        return unit.replace("0", self.number(round(metres / _KILOMETRE_M, 1)))


def locale_of(language: str) -> Locale:
    """What CLDR knows of a language that we speak."""
    return Locale.parse(language, sep="-")


def formats(language: str, zone: ZoneInfo) -> Formats:
    """The formats of a language that we speak."""
    return Formats(locale_of(language), zone)
