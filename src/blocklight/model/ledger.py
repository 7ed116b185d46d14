"""What the public ledger says, as declared types of plain dicts."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, TypedDict

from blocklight.model.described import Day, meaning

# How long after midnight a day is over: answers that came before it are stored until then. Told sooner, its
# counts would grow by those of one fetch while somebody watches.
SETTLES_IN = timedelta(minutes=15)


def day_under_way(now: datetime) -> date:
    """The day (UTC) of which nothing is told yet."""
    return (now - SETTLES_IN).astimezone(UTC).date()


class CountRange(TypedDict):
    """A sum of counts of which some are left out."""

    at_least: Annotated[int, meaning("The sum of the counts that are shown", 256)]
    at_most: Annotated[int, meaning("The sum, were each count left out as large as it can be", 272)]


class LedgerDay(TypedDict):
    """What became of what was decided on one day (UTC)."""

    day: Annotated[Day, meaning("The day, UTC", "2026-01-30")]
    published: Annotated[int, meaning("Published at once", 210)]
    held: Annotated[int, meaning("Published late", 12)]
    released: Annotated[int, meaning("Published after it was withheld, or once more", 2)]
    retracted: Annotated[int, meaning("Taken back", 1)]
    withheld: Annotated[
        dict[str, int | None], meaning("Withheld, by reason; null for a small count", {"sensitive": 21})
    ]
    rejected: Annotated[
        dict[str, int | None], meaning("Unreadable, by reason; null for a small count", {"bad_time": 6})
    ]
    fetched: Annotated[CountRange, meaning("All of them: published, held, withheld and rejected")]


class LedgerMonth(TypedDict):
    """What became of the incidents of one area in one month (UTC)."""

    month: Annotated[str, meaning("The month, UTC", "2026-01")]
    published: Annotated[int | None, meaning("Published at once", 80)]
    held: Annotated[int | None, meaning("Published late", 5)]
    released: Annotated[int | None, meaning("Published after it was withheld, or once more", 0)]
    withheld: Annotated[
        dict[str, int | None],
        meaning("Withheld, by reason; null for a count that is small or would give one away", {"policy": 9}),
    ]


class LedgerTotal(TypedDict):
    """The sum of several days, made of the counts that are shown."""

    published: Annotated[int, meaning("Published at once", 5880)]
    held: Annotated[int, meaning("Published late", 336)]
    released: Annotated[int, meaning("Published after it was withheld, or once more", 56)]
    retracted: Annotated[int, meaning("Taken back", 28)]
    withheld: Annotated[
        dict[str, CountRange],
        meaning("Withheld, by reason", {"sensitive": {"at_least": 588, "at_most": 592}}),
    ]
    rejected: Annotated[CountRange, meaning("Unreadable")]
    fetched: Annotated[CountRange, meaning("All of them")]
