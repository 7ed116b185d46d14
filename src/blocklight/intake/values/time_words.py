"""Takes from a written time what stands beside its digits: zones, halves of the day, days that mean none."""

import re
from contextlib import suppress
from datetime import UTC, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

# Names of zones that RFC 822 knows, and those of Alaska and Hawaii.
_OFFSETS_H = {
    "Z": 0, "UTC": 0, "GMT": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6,
    "PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8, "HST": -10,
}  # fmt: skip

_NAMES = "|".join(_OFFSETS_H)
_NAME = re.compile(rf"(?<=[\dmM.])\s*(?:\(({_NAMES})\)|({_NAMES}))$", re.IGNORECASE)
_OFFSET = re.compile(
    r"(?:\s+|(?<=:\d\d)|(?<=[\dmM])\s*(?:UTC|GMT))([+-])(\d{1,2})(?::?(\d\d))?$", re.IGNORECASE
)
# What JavaScript writes behind the offset: ``(Central Standard Time)``.
_IN_WORDS = re.compile(r"\s*\([A-Za-z]+(?: [A-Za-z]+)* Time\)$")

_AMERICAN = {"E": "New_York", "C": "Chicago", "M": "Denver", "P": "Los_Angeles"}
# The zones of the United States in words; without standard or daylight, by the clock of the place.
_AMERICAN_WORDS = re.compile(
    r"\s+(?:(Eastern|Central|Mountain|Pacific) (Standard |Daylight )?Time|([ECMP])T)$", re.IGNORECASE
)

_PLACE = re.compile(r"(?:\s+|\[)(UTC|[A-Z][A-Za-z]+/[A-Za-z_/]{2,40})\]?$")
_HALF = re.compile(r"(?<=\d)(\s*)([ap])\.?\s?(?:m\.?)?$", re.IGNORECASE)
_HOURS = re.compile(r"(?<=\d)\s*(?:hrs?|hours?|h)\.?$", re.IGNORECASE)
# The day that a spreadsheet or database gives to a time without one.
_NO_DAY = re.compile(
    r"^(?:1899-12-3[01]|1900-01-0[01]|1970-01-01|12/3[01]/1899|0?1/0?[01]/1900|0?1/0?1/1970)[T ]+(?=\d)"
)

_DAY_AND_CLOCK = re.compile(
    r"^(?P<day>\d{4}-\d\d-\d\d|\d{8}|\d{11,13}(?:\.0+)?)"
    r"(?:[T ]00:00(?::00(?:\.0+)?)?(?:Z|\+00:?00)?)?\s+(?P<clock>\d.*)$"
)


def own_zone(text: str) -> tuple[str, tzinfo | None]:
    """A text without the zone that it names at its end, and that zone."""
    text = _IN_WORDS.sub("", text)
    if match := _AMERICAN_WORDS.search(text):
        letter = (match[3] or match[1])[0].upper()
        if match[2]:
            return text[: match.start()], timezone(
                timedelta(hours=_OFFSETS_H[f"{letter}{match[2][0].upper()}T"])
            )
        return text[: match.start()], ZoneInfo(f"America/{_AMERICAN[letter]}")
    if match := _PLACE.search(text):
        bare = text[: match.start()]
        with suppress(KeyError, ValueError, OSError):  # the name of no zone
            return (bare, ZoneInfo(match[1])) if not _OFFSET.search(bare) else own_zone(bare)
    if match := _NAME.search(text):
        hours = _OFFSETS_H[(match[1] or match[2]).upper()]
        return text[: match.start()], timezone(timedelta(hours=hours)) if hours else UTC
    if match := _OFFSET.search(text):
        apart = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
        if apart < timedelta(hours=15):
            return text[: match.start()], timezone(-apart if match[1] == "-" else apart)
    return text, None


def plain_clock(text: str) -> str:
    """A text with AM or PM in two letters, and without a word for hours: ``10:07 a.m.``, ``1007 hrs``."""
    return _HALF.sub(r"\1\2m", _HOURS.sub("", text))


def without_no_day(text: str) -> str:
    """The clock of a text whose day stands for none: ``1899-12-30T10:07:00``."""
    return _NO_DAY.sub("", text)


def day_and_clock(text: str) -> tuple[str, str] | None:
    """A day, as ISO text or in milliseconds, and the clock behind it; its own is midnight or missing."""
    match = _DAY_AND_CLOCK.match(text)
    return None if match is None else (match["day"], match["clock"])
