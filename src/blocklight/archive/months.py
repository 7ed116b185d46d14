"""Calendar months in UTC, by which the archive is divided, written as ``2026-01``."""

from datetime import UTC, datetime, timedelta

_DECEMBER = 12
_LONGEST_MONTH = timedelta(days=31)


def month_of(moment: datetime) -> str:
    """Name the month (UTC) of a moment."""
    return f"{moment.astimezone(UTC):%Y-%m}"


def month_bounds(month: str) -> tuple[datetime, datetime]:
    """The first moment of a month and the first one after it."""
    year, number = int(month[:4]), int(month[5:])
    start = datetime(year, number, 1, tzinfo=UTC)
    following = (year + 1, 1) if number == _DECEMBER else (year, number + 1)
    return start, datetime(*following, 1, tzinfo=UTC)


def months_between(first: datetime, last: datetime) -> list[str]:
    """List the months from that of *first* to that of *last*, both included."""
    months = [month_of(first)]
    end = month_of(last)
    while months[-1] < end:
        months.append(month_of(month_bounds(months[-1])[1]))
    return months


def months_near(moment: datetime, distance: timedelta) -> list[str]:
    """List the months that lie up to *distance* before or after a moment, with its own."""
    reach = min(distance, _LONGEST_MONTH * 12)
    return months_between(moment - reach, moment + reach)
