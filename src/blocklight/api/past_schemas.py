"""The answers about the past as declared types: the archive's files, counts, series and response times."""

from typing import Annotated, Any, NotRequired, TypedDict

from blocklight.model.described import Time, meaning

_SEQ = meaning("The place in the change log that it is exact as of", 4822)
_AS_OF = meaning("When what it is made of was published", "2026-01-31T05:03:00Z")
_IMPORTED = meaning(
    "With `as_of`: matching incidents that are left out, because history was imported and since when it was "
    "public is not claimed; null without",
    0,
)


class ArchiveRevisions(TypedDict):
    """The file with every published version of a month's incidents."""

    rows: Annotated[int, meaning("How many versions", 98_204)]
    bytes: Annotated[int, meaning("The size of the Parquet file", 2_004_331)]
    sha256: Annotated[str, meaning("Its checksum, in hex", "2c26b46b")]
    parquet: Annotated[str, meaning("Path of the Parquet file", "/api/v1/archive/2026-01-revisions.parquet")]
    csv: Annotated[str, meaning("Path of the same as CSV", "/api/v1/archive/2026-01-revisions.csv")]
    geojsonl: Annotated[
        str, meaning("Path of the same as GeoJSON lines", "/api/v1/archive/2026-01-revisions.geojsonl")
    ]


class ArchiveMonth(TypedDict):
    """One month's file."""

    month: Annotated[str, meaning("The month, UTC, in which its incidents were received", "2026-01")]
    rows: Annotated[int, meaning("How many incidents", 25_310)]
    first_received_at: Annotated[Time, meaning("The earliest of them", "2026-01-01T08:00:04Z")]
    last_received_at: Annotated[Time, meaning("The latest of them", "2026-01-31T05:02:00Z")]
    as_of: Annotated[Time, _AS_OF]
    seq: Annotated[int, _SEQ]
    bytes: Annotated[int, meaning("The size of the Parquet file", 1_204_331)]
    sha256: Annotated[str, meaning("Its checksum, in hex", "9f86d081")]
    parquet: Annotated[str, meaning("Path of the Parquet file", "/api/v1/archive/2026-01.parquet")]
    csv: Annotated[str, meaning("Path of the same as CSV", "/api/v1/archive/2026-01.csv")]
    geojsonl: Annotated[str, meaning("Path of the same as GeoJSON lines", "/api/v1/archive/2026-01.geojsonl")]
    fgb: Annotated[str, meaning("Path of the same as FlatGeobuf", "/api/v1/archive/2026-01.fgb")]
    revisions: Annotated[
        ArchiveRevisions | None,
        meaning("Every published version of them; null where all of them are imported history"),
    ]


class ArchiveList(TypedDict):
    """The months of the archive."""

    seq: Annotated[int, meaning("How far the change log was followed", 4822)]
    as_of: Annotated[Time | None, meaning("The newest of the files' own", "2026-01-31T05:03:00Z")]
    being_built: Annotated[list[str], meaning("Months whose file is being built", ["2025-12"])]
    months: Annotated[list[ArchiveMonth], meaning("The files, oldest month first")]


_PER_1000 = "per 1,000 residents; null where the city file has no population for the place"


class AreaName(TypedDict):
    """An area that people know."""

    id: Annotated[str, meaning("Its id", "04X")]
    name: Annotated[str, meaning("Its name", "Beat 04X")]


class AreasOfKind(TypedDict):
    """A kind of area, and all of its kind."""

    kind: Annotated[str, meaning("The kind", "beat")]
    label: Annotated[str, meaning("What people call it", "Police beats")]
    url: Annotated[str, meaning("Path of its polygons", "/api/v1/areas/beat")]
    areas: Annotated[list[AreaName], meaning("The areas")]


class AreaList(TypedDict):
    """The areas of a city."""

    kinds: Annotated[list[AreasOfKind], meaning("By kind, in the order of the city file")]


class StatTable(TypedDict):
    """Counts of incidents by groups."""

    as_of: Annotated[Time | None, _AS_OF]
    seq: Annotated[int, _SEQ]
    imported: Annotated[int | None, _IMPORTED]
    definition: Annotated[str, meaning("What is counted", "Published incidents, by when they were received.")]
    by: Annotated[list[str], meaning("The groups", ["hour", "area:beat"])]
    rows: Annotated[
        list[dict[str, Any]],
        meaning(
            "Each combination that occurs, and its count `n`; where the city file has a population also "
            "`residents` of the area or city that it is of, and `per_1000` of them, null where not known",
            [{"hour": 3, "area:beat": "04X", "n": 12}],
        ),
    ]


class Interval(TypedDict):
    """An estimate with its interval of 95 %; null where it is never reached."""

    value: Annotated[float | None, meaning("Seconds", 380.0)]
    low: Annotated[float | None, meaning("Its lower bound", 371.0)]
    high: Annotated[float | None, meaning("Its upper bound", 392.0)]


class NaiveTimes(TypedDict):
    """What is usually given: figures of the calls that were served, without all others."""

    median: Annotated[float, meaning("Seconds within which half of them were served", 371.0)]
    mean: Annotated[float, meaning("Their mean, in seconds", 412.4)]
    p90: Annotated[float, meaning("Seconds within which nine in ten of them were served", 702.0)]
    within_target: Annotated[float | None, meaning("Share within the target, null without one", 0.71)]


class TargetShare(TypedDict):
    """How large a share of the calls with a target was served within it."""

    calls: Annotated[int, meaning("Calls with a target, less those left out", 1402)]
    seconds: Annotated[float | None, meaning("Their target; null where they have several", 480.0)]
    goal: Annotated[float | None, meaning("The share that is to meet it; null without or with several", 0.9)]
    value: Annotated[
        float, meaning("Served within it, of served, waiting and unserved (Aalen-Johansen)", 0.62)
    ]
    low: Annotated[float, meaning("Its lower bound (95 %)", 0.59)]
    high: Annotated[float, meaning("Its upper bound", 0.65)]
    naive: Annotated[float, meaning("Of those served alone", 0.71)]
    if_missing_at_once: Annotated[float, meaning("`value` if each missing time were at once", 0.68)]
    if_missing_never: Annotated[float, meaning("`value` if nobody had come to those", 0.57)]


class TargetLine(TypedDict):
    """A target of the city; of several that fit a call the first is its own."""

    seconds: Annotated[float, meaning("Within how many seconds", 480.0)]
    share: Annotated[float | None, meaning("The share of calls that is to be served so soon", 0.9)]
    since: Annotated[str | None, meaning("The first local day on which a call has it", "2025-01-01")]
    priority: Annotated[list[int], meaning("Of calls of these priorities; empty: of any", [1])]
    category: Annotated[list[str], meaning("Of these categories; empty: of any", ["fire"])]
    agency: Annotated[list[str], meaning("Of these agencies; empty: of any", ["fire"])]
    source: Annotated[str | None, meaning("Where the city says so", "https://example.org/budget")]


class ResponseTimeRow(TypedDict):
    """One stage of one group of calls."""

    group: Annotated[dict[str, Any], meaning("The values of the groups", {"priority": 1})]
    calls: Annotated[int, meaning("Calls that the figures are about", 4303)]
    served: Annotated[int, meaning("Those that reached the stage's end", 3391)]
    waiting: Annotated[int, meaning("Those open, which still wait", 7)]
    unserved: Annotated[int, meaning("Those that ended and nobody came", 641)]
    missing: Annotated[int, meaning("Those that ended and whose time is missing", 264)]
    no_start: Annotated[int, meaning("Left out: the stage's begin is not known", 12)]
    negative: Annotated[int, meaning("Left out: they end before they begin", 3)]
    absurd: Annotated[int, meaning("Left out: longer than a day", 1)]
    cut: Annotated[int, meaning("Calls whose times policy cut to whole steps", 188)]
    refusal: Annotated[
        str | None, meaning("Why there are no figures: not_reported, too_few or missing_grows", "too_few")
    ]
    naive: Annotated[NaiveTimes | None, meaning("Of those served alone")]
    half: Annotated[
        Interval | None, meaning("By when half were served, of served, waiting and unserved (Aalen-Johansen)")
    ]
    nine_in_ten: Annotated[Interval | None, meaning("By when nine in ten were, likewise")]
    half_of_served: Annotated[
        Interval | None, meaning("By when half were, of served and waiting (Kaplan-Meier)")
    ]
    bounds: NotRequired[
        Annotated[
            list[float | None] | None,
            meaning("`half` if each missing time were at once, and if it were never", [340.0, 402.0]),
        ]
    ]
    within_target: Annotated[
        TargetShare | None,
        meaning("Null without a target, or where fewer than five of those served have one"),
    ]


class ResponseTimes(TypedDict):
    """How long a stage takes."""

    as_of: Annotated[Time | None, _AS_OF]
    seq: Annotated[int, _SEQ]
    imported: Annotated[int | None, _IMPORTED]
    stage: Annotated[str, meaning("queue, turnout, travel, response or on_scene", "response")]
    target_s: Annotated[float | None, meaning("The target asked for, in place of the city's", 480.0)]
    targets: Annotated[list[TargetLine], meaning("The targets of this stage")]
    definition: Annotated[
        str, meaning("Which clock starts, which calls count", "From received to first on scene.")
    ]
    by: Annotated[list[str], meaning("The groups", ["priority"])]
    rows: Annotated[list[ResponseTimeRow], meaning("Each group")]


class SpanCounts(TypedDict):
    """What was received during one span."""

    hours: Annotated[int, meaning("How long it is", 24)]
    since: Annotated[Time, meaning("Its begin", "2026-01-30T05:03:00Z")]
    until: Annotated[Time, meaning("Its end", "2026-01-31T05:03:00Z")]
    calls: Annotated[int, meaning("Calls that the community made", 31)]
    officer: Annotated[int, meaning("Calls that officers opened", 9)]
    requests: Annotated[int, meaning("Service requests", 4)]
    calls_per_1000: Annotated[float | None, meaning(f"The calls {_PER_1000}", 3.682)]


class AreaSummary(TypedDict):
    """What an area's page says."""

    area: Annotated[str | None, meaning("kind:id, null for the whole city", "beat:04X")]
    name: Annotated[str, meaning("Its name", "Beat 04X")]
    as_of: Annotated[Time | None, _AS_OF]
    seq: Annotated[int, _SEQ]
    imported: Annotated[int | None, _IMPORTED]
    definition: Annotated[str, meaning("What is counted", "Published incidents, by when they were received.")]
    residents: Annotated[
        int | None, meaning("How many people live there, null where the city file does not say", 8420)
    ]
    spans: Annotated[list[SpanCounts], meaning("The last 24 hours, 7 days and 28 days")]
    categories: Annotated[
        dict[str, int], meaning("Community calls of the last 28 days by category", {"noise": 12})
    ]
    week_hours: Annotated[
        list[list[int]],
        meaning("Community calls of the last 52 weeks, by weekday from Monday and hour", [[0, 1]]),
    ]
    endings: Annotated[
        dict[str, int], meaning("Community calls of the last 364 days that ended, by how", {"advised": 9})
    ]


class SeriesPoint(TypedDict):
    """The count of one period."""

    start: Annotated[str, meaning("Its first day, in the city's time zone", "2026-01-26")]
    n: Annotated[int, meaning("Incidents received", 204)]
    per_1000: Annotated[float | None, meaning(f"The same {_PER_1000}", 24.228)]
    complete: Annotated[
        bool, meaning("Whether it is over and the archive reaches back to its begin", example=True)
    ]


class AreaSeries(TypedDict):
    """Counts over time."""

    area: Annotated[str | None, meaning("kind:id, null for the whole city", "beat:04X")]
    as_of: Annotated[Time | None, _AS_OF]
    seq: Annotated[int, _SEQ]
    imported: Annotated[int | None, _IMPORTED]
    period: Annotated[str, meaning("day, week or month", "week")]
    residents: Annotated[
        int | None, meaning("How many people live there, null where the city file does not say", 8420)
    ]
    definition: Annotated[str, meaning("What is counted", "Published incidents, by when they were received.")]
    points: Annotated[list[SeriesPoint], meaning("Each period, oldest first, also those without any")]
