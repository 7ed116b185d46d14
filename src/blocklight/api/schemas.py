"""Every answer of the API as a declared type: the OpenAPI document and the web's types are made from these.

The values are plain dicts that are encoded as they are: nothing is validated or converted at run time.
"""

from typing import Annotated, Any, Literal, NotRequired, TypedDict

import msgspec

from blocklight.api.city_schemas import AreaCollection, City, GeoJsonLayer, SourceReports
from blocklight.api.compare_schemas import ComparedAreas
from blocklight.api.past_schemas import (
    ArchiveList,
    AreaList,
    AreaSeries,
    AreaSummary,
    ResponseTimes,
    StatTable,
)
from blocklight.api.report_schemas import AreaOutcomes, AreaWork
from blocklight.insight.usual import Missing, Verdict
from blocklight.model.described import Day, Time, meaning
from blocklight.model.ledger import LedgerDay, LedgerMonth, LedgerTotal
from blocklight.model.vocabulary import Category, Kind, Origin
from blocklight.publish.answers import Pulse, Reset, Retraction, SourcePulse
from blocklight.publish.exports.feeds import JsonFeed
from blocklight.publish.exports.texts import ExportedCollection
from blocklight.publish.feature import IncidentFeature

REF = "#/components/schemas/{name}"


class Problem(TypedDict):
    """A failure as RFC 9457 problem details."""

    type: Annotated[str, meaning("Always `about:blank`: the status says it", "about:blank")]
    title: Annotated[str, meaning("What is wrong, in a few words", "Bad query")]
    status: Annotated[int, meaning("The HTTP status", 400)]
    detail: NotRequired[Annotated[str, meaning("What exactly is wrong", "bboxx: unknown parameter")]]
    parameter: NotRequired[Annotated[str, meaning("Which query parameter", "bboxx")]]


class IncidentPage(TypedDict):
    """A page of published incidents as a GeoJSON feature collection."""

    type: Annotated[Literal["FeatureCollection"], meaning("Always a collection", "FeatureCollection")]
    features: Annotated[list[IncidentFeature], meaning("The incidents, newest received first")]
    next: Annotated[
        str | None, meaning("Path of the next page, null on the last", "/api/v1/incidents?cursor=kq3x")
    ]
    as_of: Annotated[int, meaning("The change up to which all pages together are exact", 4822)]


class PublishedChange(TypedDict):
    """One published change of an incident."""

    seq: Annotated[int, meaning("Its place in the change log", 4822)]
    changed_at: Annotated[Time, meaning("When it was published", "2026-01-31T05:31:03Z")]
    changed: Annotated[dict[str, Any], meaning("The fields that it set", {"status": "closed"})]


class IncidentLife(IncidentFeature):
    """One incident as a GeoJSON feature, with every published change of it."""

    life: Annotated[list[PublishedChange], meaning("Its published changes, oldest first")]


class DelayPercentiles(TypedDict):
    """Seconds from when a record was received to when it was first stored."""

    p50: Annotated[float, meaning("Half are stored within so many seconds", 12)]
    p90: Annotated[float, meaning("Nine in ten", 41)]
    p99: Annotated[float, meaning("Ninety-nine in a hundred", 300)]


Span = TypedDict(
    "Span",
    {
        "from": Annotated[Time, meaning("Its begin", "2026-01-31T01:00:00Z")],
        "to": Annotated[Time, meaning("Its end", "2026-01-31T01:12:00Z")],
    },
)
Span.__doc__ = "A span of time."


class SourceHealth(SourcePulse):
    """How healthy a source is. Nothing in it counts what an answer held."""

    label: Annotated[str, meaning("Its name", "911 dispatch")]
    kind: Annotated[Kind, meaning("What it has: calls for service or requests", "call")]
    closes: Annotated[
        Literal["status", "time", "vanish", "never"], meaning("How it says that a call is over", "status")
    ]
    reports: Annotated[SourceReports, meaning("What it reports of an incident's life")]
    records: Annotated[int, meaning("How many of its incidents the public window holds", 41)]
    last_attempt_at: NotRequired[
        Annotated[Time | None, meaning("When it was last fetched", "2026-01-31T05:03:30Z")]
    ]
    last_failure_at: NotRequired[
        Annotated[Time | None, meaning("When that last failed", "2026-01-31T05:03:30Z")]
    ]
    failures: NotRequired[Annotated[int, meaning("Failures in a row", 3)]]
    delay_s: NotRequired[
        Annotated[DelayPercentiles | None, meaning("How late its records are, null while unknown")]
    ]
    gaps: NotRequired[
        Annotated[list[Span], meaning("Spans of the last 90 days without a good answer, oldest first")]
    ]
    noticed: NotRequired[
        Annotated[
            dict[str, int],
            meaning("Counts over whole days before today, cut to whole tens", {"places_sought": 810}),
        ]
    ]


class Sources(TypedDict):
    """The health of every configured source."""

    sources: Annotated[list[SourceHealth], meaning("In the order of the city file")]


class MaskedPlaces(TypedDict):
    """How many incidents of the live window have places of one mask."""

    kind: Annotated[str, meaning("Which kind of mask", "grid")]
    radius_m: Annotated[int, meaning("How far the true place may be from the point, in metres", 201)]
    n: Annotated[int, meaning("How many incidents", 5180)]


class LedgerPlaces(TypedDict):
    """How far the incidents of the live window were moved at most."""

    without: Annotated[int, meaning("How many have no public place", 3)]
    masked: Annotated[list[MaskedPlaces], meaning("The others, by mask")]


Ledger = TypedDict(
    "Ledger",
    {
        "from": Annotated[Day, meaning("The first day, UTC", "2026-01-30")],
        "to": Annotated[Day, meaning("The last day, UTC", "2026-01-30")],
        "small": Annotated[int, meaning("Counts below this are null", 5)],
        "area_kind": Annotated[str | None, meaning("The kind of area that it is kept by", "beat")],
        "days": NotRequired[Annotated[list[LedgerDay], meaning("Of the whole city: each day")]],
        "total": NotRequired[Annotated[LedgerTotal, meaning("Of the whole city: the sum of the days")]],
        "places": NotRequired[Annotated[LedgerPlaces, meaning("Of the whole city: how places are masked")]],
        "area": NotRequired[Annotated[str, meaning("Of one area: which, as `kind:id`", "beat:04X")]],
        "months": NotRequired[
            Annotated[list[LedgerMonth], meaning("Of one area: each month within the days")]
        ],
    },
)
Ledger.__doc__ = "What became of everything fetched: of the city by day, or of one area by month."

PastWeek = TypedDict(
    "PastWeek",
    {
        "from": Annotated[Time, meaning("Its begin", "2026-01-23T05:02:00Z")],
        "to": Annotated[Time, meaning("Its end", "2026-01-24T05:02:00Z")],
        "count": Annotated[int | None, meaning("What was received, null where it is not compared", 37)],
        "missing": Annotated[Missing | None, meaning("Why it is not compared", "outage")],
    },
)
PastWeek.__doc__ = "The same 24 hours in a week before."


class UsualPart(TypedDict):
    """Incidents of one origin, now and before."""

    origin: Annotated[Origin | None, meaning("Who opened them, null where it is not published", "community")]
    now: Annotated[int, meaning("How many were received in the 24 hours", 41)]
    mean: Annotated[float | None, meaning("The mean of the weeks before", 38.4)]
    low: Annotated[int | None, meaning("Fewer than this is less than usual", 21)]
    high: Annotated[int | None, meaning("More than this is more than usual", 60)]
    verdict: Annotated[Verdict, meaning("How now compares, or why it cannot be compared", "usual")]
    past: Annotated[list[PastWeek], meaning("The weeks before, newest first")]


UsualKind = TypedDict(
    "UsualKind",
    {
        "kind": Annotated[Kind, meaning("Calls for service or requests", "call")],
        "from": Annotated[Time | None, meaning("Begin of the 24 hours", "2026-01-30T05:02:00Z")],
        "to": Annotated[Time | None, meaning("Their end", "2026-01-31T05:02:00Z")],
        "weeks": Annotated[int, meaning("How many weeks are compared", 11)],
        "size": Annotated[
            float | None, meaning("How much weeks vary beyond chance: variance m + m² / size", 41.3)
        ],
        "parts": Annotated[list[UsualPart], meaning("By who opened them")],
    },
)
UsualKind.__doc__ = "Incidents of one kind, now and before."


class Usual(TypedDict):
    """The last 24 hours of an area, or of the city, beside the same hours of the weeks before."""

    area: Annotated[str | None, meaning("Which area, as `kind:id`; null for the whole city", "beat:04X")]
    name: Annotated[str, meaning("Its name", "Beat 04X")]
    categories: Annotated[list[Category], meaning("Of which categories; empty: of all", ["noise"])]
    least_weeks: Annotated[int, meaning("How many weeks it takes to say what is usual", 6)]
    tail: Annotated[float, meaning("Chance of a usual count beyond `low` or `high`, at most", 0.005)]
    kinds: Annotated[list[UsualKind], meaning("Of each kind that the city has")]


class MedicalShown(TypedDict):
    """What of medical calls is published beside what always is."""

    show: Annotated[list[str], meaning("Which fields", ["units"])]
    reason: Annotated[str, meaning("Why, in the city's words", "The fire board asked for it")]


class CompanionsShown(TypedDict):
    """Why calls beside sensitive ones are published."""

    reason: Annotated[str, meaning("Why, in the city's words", "The council asks for every alarm")]


class AllowedGroup(TypedDict):
    """A sensitive group of which something is published."""

    group: Annotated[str, meaning("Which group", "tactical_officer_safety")]
    whole: Annotated[bool, meaning("Whether all of it is published", example=False)]
    reason: Annotated[str, meaning("Why, in the city's words", "Ordinance 12.4")]


class PublisherPoints(TypedDict):
    """A source whose points are shown where their publisher puts them."""

    source: Annotated[str, meaning("Id of the source", "calls")]
    radius_m: Annotated[int, meaning("How far it moves them at most, as it says, in metres", 120)]
    reason: Annotated[str, meaning("Why, in the city's words", "Each call is moved to its block")]


class Policy(TypedDict):
    """How places are masked, which sensitive groups are withheld, and what of them is let through."""

    resolution: Annotated[int, meaning("H3 resolution of places", 9)]
    medical_resolution: Annotated[int, meaning("H3 resolution of places of medical calls", 8)]
    medical_time_step_min: Annotated[
        int | None, meaning("Least step of the times of medical calls, in minutes; null: not cut", 5)
    ]
    labels: Annotated[Literal["none", "hundred_block"], meaning("How places are labelled", "none")]
    source_types: Annotated[bool, meaning("Whether the agency's own words are published", example=False)]
    medical: Annotated[MedicalShown | None, meaning("What more of medical calls is published")]
    companions_shown: Annotated[
        CompanionsShown | None, meaning("Why calls beside sensitive ones are published; null: withheld")
    ]
    sensitive_groups: Annotated[list[str], meaning("Groups that are withheld", ["child_abuse", "death"])]
    allowed: Annotated[list[AllowedGroup], meaning("What of them is published, and why")]
    masked_by_publisher: Annotated[list[PublisherPoints], meaning("Sources that mask their own points")]
    changed_on: Annotated[list[Day], meaning("When another policy took effect, UTC", ["2026-01-03"])]


class PushedBatch(TypedDict):
    """What became of a pushed batch, in counts."""

    records: Annotated[int, meaning("How many records it had", 3)]
    published: Annotated[int, meaning("Published or to be published", 1)]
    withheld: Annotated[dict[str, int], meaning("Withheld, by reason", {"sensitive": 1})]
    rejected: Annotated[dict[str, int], meaning("Unreadable, by reason", {"bad_time": 1})]


# Every JSON answer and every event of the live feed; what they are made of comes with them.
ANSWERS: tuple[type, ...] = (
    Problem,
    IncidentPage,
    IncidentLife,
    City,
    AreaCollection,
    GeoJsonLayer,
    Sources,
    Ledger,
    Usual,
    Policy,
    AreaList,
    AreaSummary,
    AreaSeries,
    ComparedAreas,
    AreaOutcomes,
    AreaWork,
    StatTable,
    ResponseTimes,
    ArchiveList,
    PushedBatch,
    ExportedCollection,
    JsonFeed,
    Pulse,
    Retraction,
    Reset,
)


def reference(answer: object) -> dict[str, str]:
    """The schema of an answer: a reference to its component."""
    return {"$ref": REF.format(name=getattr(answer, "__name__"))}  # noqa: B009 - a TypedDict has a name


def components() -> dict[str, Any]:
    """The JSON schema of every answer and of all that they are made of, by name."""
    _, schemas = msgspec.json.schema_components(ANSWERS, ref_template=REF)
    return dict(sorted(schemas.items()))
