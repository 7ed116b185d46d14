"""The answers about how calls ended and about the work that they were, as declared types."""

from typing import Annotated, Any, TypedDict

from blocklight.model.described import Time, meaning

_AS_OF = meaning("When what it is made of was published", "2026-01-31T05:03:00Z")
_SEQ = meaning("The place in the change log that it is exact as of", 4822)
_AREA = meaning("kind:id, null for the whole city", "beat:04X")


class OutcomeRow(TypedDict):
    """How many calls of one group ended in one way, and their share of the group with an interval of 95 %."""

    group: Annotated[Any, meaning("The value of the group, null where none is reported", "noise")]
    disposition: Annotated[str | None, meaning("How they ended, null where the feed does not say", "advised")]
    n: Annotated[int, meaning("Calls that ended so", 12)]
    of: Annotated[int, meaning("Calls of the group that ended", 57)]
    share: Annotated[float, meaning("The share", 0.2105)]
    low: Annotated[float, meaning("Its lower bound (Wilson)", 0.1249)]
    high: Annotated[float, meaning("Its upper bound", 0.3327)]


class AreaOutcomes(TypedDict):
    """How calls ended, by one group."""

    area: Annotated[str | None, _AREA]
    as_of: Annotated[Time | None, _AS_OF]
    seq: Annotated[int, _SEQ]
    definition: Annotated[str, meaning("What is counted", "Closed calls; closed does not mean solved.")]
    by: Annotated[str, meaning("The group", "category")]
    since: Annotated[Time, meaning("From when they were received", "2025-02-01T05:03:00Z")]
    until: Annotated[Time, meaning("Before when", "2026-01-31T05:03:00Z")]
    rows: Annotated[list[OutcomeRow], meaning("Each combination that occurs")]


class WorkHourRow(TypedDict):
    """One hour of the week."""

    weekday: Annotated[int, meaning("The day of the week, Monday is 0", 4)]
    hour: Annotated[int, meaning("The hour of the city's clocks", 22)]
    hours: Annotated[float, meaning("How many hours were observed", 52.0)]
    unit_hours_community: Annotated[float, meaning("Committed unit-hours in them, community's calls", 166.4)]
    unit_hours_officer: Annotated[float, meaning("The same of calls that officers opened", 31.2)]
    units_community: Annotated[float, meaning("Units committed at once, on average", 3.2)]
    units_officer: Annotated[float, meaning("The same of calls that officers opened", 0.6)]
    waiting: Annotated[float, meaning("The community's calls that wait at once, on average", 1.4)]


class QueueRow(TypedDict):
    """The longest queue of one day."""

    at: Annotated[Time, meaning("When first so many waited", "2026-01-16T05:12:00Z")]
    waiting: Annotated[int, meaning("The community's calls that waited at once", 14)]


class AreaWork(TypedDict):
    """What calls were in work."""

    area: Annotated[str | None, _AREA]
    as_of: Annotated[Time | None, _AS_OF]
    seq: Annotated[int, _SEQ]
    definition: Annotated[str, meaning("What is counted", "Units from dispatched to closed.")]
    since: Annotated[
        Time, meaning("The begin of the span, as far as the archive reaches", "2025-02-01T05:03:00Z")
    ]
    until: Annotated[Time, meaning("Its end", "2026-01-31T05:03:00Z")]
    reported: Annotated[
        bool, meaning("Whether any source reports when units are sent and when calls end", example=True)
    ]
    community: Annotated[int, meaning("The community's calls that units were committed to", 4012)]
    officer: Annotated[int, meaning("Calls that officers opened", 381)]
    one_unit: Annotated[int, meaning("Calls of both whose units are not reported: counted as one", 37)]
    no_start: Annotated[int, meaning("Left out: when a unit was sent is not known", 641)]
    no_end: Annotated[int, meaning("Left out: the end is not known", 4)]
    contradicting: Annotated[int, meaning("Left out: it ends before it begins, or after a day", 2)]
    rows: Annotated[list[WorkHourRow], meaning("The 168 hours of the week from Monday; none if not reported")]
    queues: Annotated[list[QueueRow], meaning("The longest queues, at most one a day, the longest first")]


OUTCOMES_EXAMPLE: AreaOutcomes = {
    "area": "beat:04X",
    "as_of": "2026-01-31T05:03:00Z",
    "seq": 4822,
    "definition": "Closed calls; closed does not mean solved.",
    "by": "category",
    "since": "2025-02-01T05:03:00Z",
    "until": "2026-01-31T05:03:00Z",
    "rows": [
        {
            "group": "noise",
            "disposition": "advised",
            "n": 12,
            "of": 57,
            "share": 0.21053,
            "low": 0.12486,
            "high": 0.33266,
        }
    ],
}
WORK_EXAMPLE: AreaWork = {
    "area": "beat:04X",
    "as_of": "2026-01-31T05:03:00Z",
    "seq": 4822,
    "definition": "Units from dispatched to closed.",
    "since": "2025-02-01T05:03:00Z",
    "until": "2026-01-31T05:03:00Z",
    "reported": True,
    "community": 4012,
    "officer": 381,
    "one_unit": 37,
    "no_start": 641,
    "no_end": 4,
    "contradicting": 2,
    "rows": [
        {
            "weekday": 4,
            "hour": 22,
            "hours": 52.0,
            "unit_hours_community": 166.4,
            "unit_hours_officer": 31.2,
            "units_community": 3.2,
            "units_officer": 0.6,
            "waiting": 1.4,
        }
    ],
    "queues": [{"at": "2026-01-16T05:12:00Z", "waiting": 14}],
}
