"""What the live feed answers, as declared types of plain dicts."""

from typing import Annotated, Literal, NotRequired, TypedDict

from blocklight.model.described import Time, meaning
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
