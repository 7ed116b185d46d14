"""What each answer about the past counts, in words, and an example of it."""

from blocklight.api.past_schemas import (
    AreaList,
    AreaSeries,
    AreaSummary,
    Interval,
    ResponseTimes,
    StatTable,
)
from blocklight.model.vocabulary import StageTime

COUNTED = (
    "Published incidents, by when they were received, as the archive's files hold them. Hours, days, weeks "
    "(from Monday) and months are those of the city's clocks."
)
AS_OF = (
    " Of these, what was public at `as_of`, with its values of then. Incidents taken back since are left "
    "out, values made coarser since are as they are now, and imported history is left out, as since when "
    "it was public is not claimed."
)
COUNTED_CALLS = f"{COUNTED} Calls are those of the section `calls`: neither opened by officers nor requests."
STAGE_DEFINITIONS = {
    StageTime.QUEUE: "From received to dispatched, so with the time in which the call was taken.",
    StageTime.TURNOUT: "From dispatched to en route.",
    StageTime.TRAVEL: "From en route to the first unit on scene; from dispatched where a source does not "
    "report en route.",
    StageTime.RESPONSE: "From received to the first unit on scene.",
    StageTime.ON_SCENE: "From the first unit on scene to closed.",
}
TIMES_COUNTED = (
    "Calls for service whose begin of the stage is known and whose source reports its end. Served: it was "
    "reached. Waiting: the call is open. Unserved: it was closed, and was cancelled, a duplicate, or no unit "
    "was ever sent. Missing: it was closed, and the time is not in the feed. Left out: the end lies before "
    "the begin, or over a day after it. No figures for fewer than five served calls, nor where times are "
    "missing more often the longer calls wait."
)
TARGETS_COUNTED = (
    " Within target: the share of the calls that have a target of which the stage took no longer, by "
    "Aalen-Johansen over served, waiting and unserved, each call's time divided by its own target; the band "
    "is of 95 % on the scale of log(-log), Wilson's where the share is nothing or all. Of the city's targets "
    "that fit a call the first counts."
)
STATS_EXAMPLE: StatTable = {
    "as_of": "2026-01-31T05:03:00Z",
    "seq": 4822,
    "imported": 0,
    "definition": COUNTED,
    "by": ["hour", "area:beat"],
    "rows": [{"hour": 3, "area:beat": "04X", "n": 12}],
}
_INTERVAL: Interval = {"value": 380.0, "low": 371.0, "high": 392.0}
TIMES_EXAMPLE: ResponseTimes = {
    "as_of": "2026-01-31T05:03:00Z",
    "seq": 4822,
    "imported": 0,
    "stage": "response",
    "target_s": 480.0,
    "targets": [
        {
            "seconds": 480.0,
            "share": 0.9,
            "since": "2025-01-01",
            "priority": [1],
            "category": ["fire"],
            "agency": ["fire"],
            "source": "https://example.org/budget",
        }
    ],
    "definition": f"{STAGE_DEFINITIONS[StageTime.RESPONSE]} {TIMES_COUNTED}",
    "by": ["priority"],
    "rows": [
        {
            "group": {"priority": 1},
            "calls": 4303,
            "served": 3391,
            "waiting": 7,
            "unserved": 641,
            "missing": 264,
            "no_start": 0,
            "negative": 3,
            "absurd": 1,
            "cut": 0,
            "refusal": "too_few",
            "naive": {"median": 371.0, "mean": 412.4, "p90": 702.0, "within_target": 0.71},
            "half": _INTERVAL,
            "nine_in_ten": _INTERVAL,
            "half_of_served": _INTERVAL,
            "bounds": [340.0, 402.0],
            "within_target": {
                "calls": 4303,
                "seconds": 480.0,
                "goal": 0.9,
                "value": 0.62,
                "low": 0.59,
                "high": 0.65,
                "naive": 0.71,
                "if_missing_at_once": 0.68,
                "if_missing_never": 0.57,
            },
        }
    ],
}
SUMMARY_EXAMPLE: AreaSummary = {
    "area": "beat:04X",
    "name": "Beat 04X",
    "as_of": "2026-01-31T05:03:00Z",
    "seq": 4822,
    "imported": 0,
    "definition": COUNTED_CALLS,
    "residents": 8420,
    "spans": [
        {
            "hours": 24,
            "since": "2026-01-30T05:03:00Z",
            "until": "2026-01-31T05:03:00Z",
            "calls": 31,
            "officer": 9,
            "requests": 4,
            "calls_per_1000": 3.682,
        }
    ],
    "categories": {"noise": 12},
    "week_hours": [[0, 1, 0, 2]],
    "endings": {"advised": 9},
}
SERIES_EXAMPLE: AreaSeries = {
    "area": "beat:04X",
    "as_of": "2026-01-31T05:03:00Z",
    "seq": 4822,
    "imported": 0,
    "period": "week",
    "residents": 8420,
    "definition": COUNTED,
    "points": [{"start": "2026-01-26", "n": 204, "per_1000": 24.228, "complete": True}],
}
AREAS_EXAMPLE: AreaList = {
    "kinds": [
        {
            "kind": "beat",
            "label": "Police beats",
            "url": "/api/v1/areas/beat",
            "areas": [{"id": "04X", "name": "Beat 04X"}],
        }
    ]
}
