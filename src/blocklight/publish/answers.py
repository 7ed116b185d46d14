"""What the live feed and the ledger answer, as declared types of plain dicts."""

from typing import Annotated, Literal, NotRequired, TypedDict

from blocklight.model.described import Day, Time, meaning
from blocklight.model.vocabulary import PauseScope

SourceState = Literal["ok", "short", "unstored", "late", "failing", "waiting", "paused"]


class SourcePulse(TypedDict):
    """How fresh one source is."""

    id: Annotated[str, meaning("Id of the source", "dispatch")]
    state: Annotated[
        SourceState,
        meaning(
            "`short`: unusually many published calls are missing from its last answer; `unstored`: nothing "
            "can be stored; `late`: no good answer for too long; `failing`: late, and the last fetch failed; "
            "`waiting`: not fetched yet",
            "ok",
        ),
    ]
    last_success_at: Annotated[Time | None, meaning("When it last answered well", "2026-01-31T05:02:00Z")]
    late_s: NotRequired[
        Annotated[int, meaning("Age of the last good answer in seconds; absent where there was none", 4)]
    ]
    reason: Annotated[str | None, meaning("Class of the failure, where there is one", "no answer in time")]


class PublicPause(TypedDict):
    """What the city has stopped publishing for now."""

    scope: Annotated[PauseScope, meaning("What kind of thing is paused", "source")]
    value: Annotated[str, meaning("Which one; empty for the city and for an area", "dispatch")]
    reason: Annotated[str, meaning("Why, in the city's words", "Works on the dispatch system")]
    since: Annotated[Time, meaning("Since when", "2026-01-31T04:00:00Z")]


class Pulse(TypedDict):
    """Event `pulse` of the live feed: the clock, how fresh each source is, and two counts."""

    now: Annotated[Time, meaning("The city's clock", "2026-01-31T05:02:00Z")]
    clock_rate: Annotated[float, meaning("Seconds of the city's clock in one second; 1 but in a demo", 1.0)]
    seq: Annotated[int, meaning("The newest change", 4822)]
    sources: Annotated[list[SourcePulse], meaning("Each source, in the order of the city file")]
    open: Annotated[int, meaning("How many incidents are open", 57)]
    closed_today: Annotated[int, meaning("How many were closed since midnight in the city", 310)]
    paused: Annotated[list[PublicPause], meaning("What is paused")]


class Retraction(TypedDict):
    """Event `retract` of the live feed: forget this incident."""

    id: Annotated[str, meaning("Its public id", "k3x7m2qa5tzw4bne")]


class Reset(TypedDict):
    """Event `reset` of the live feed: load the window anew. Always empty."""


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
