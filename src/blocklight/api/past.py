"""The past in numbers: areas with their summary, series and response times, and counts by any groups."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response

from blocklight.api.encoding import PublicFile
from blocklight.api.examples import json_response, problems, table_response
from blocklight.api.past_definitions import (
    AREAS_EXAMPLE,
    AS_OF,
    COUNTED,
    COUNTED_CALLS,
    SERIES_EXAMPLE,
    STATS_EXAMPLE,
    SUMMARY_EXAMPLE,
    TIMES_EXAMPLE,
)
from blocklight.api.past_parameters import (
    CountParameters,
    SeriesParameters,
    SummaryParameters,
    TimesParameters,
    of_area,
)
from blocklight.api.past_schemas import (
    AreaList,
    AreaSeries,
    AreaSummary,
    Interval,
    ResponseTimeRow,
    ResponseTimes,
    StatTable,
    TargetShare,
)
from blocklight.api.past_targets import target_lines, times_definition
from blocklight.api.rates import rates_definition, rounded_rate
from blocklight.api.state import Public, public
from blocklight.archive.archive import Snapshot
from blocklight.config.city import City
from blocklight.errors import NotFound
from blocklight.insight.area_summary import Point, series, summary
from blocklight.insight.past import Count, Counts, Past, Times
from blocklight.insight.rates import residents, residents_of_group
from blocklight.insight.response_times import Figures, WithinTarget
from blocklight.insight.survival import Estimate
from blocklight.model.record import Area
from blocklight.model.spreadsheets import cell_text
from blocklight.model.times import iso
from blocklight.model.vocabulary import Section
from blocklight.store import IncidentQuery

router = APIRouter(tags=["past"])

_KEPT = "public, max-age=1"
AreaId = tuple[str, str]


_Kind = Annotated[str, Path(description="one of the city's `area_kinds`", examples=["beat"])]
_AreaId = Annotated[str, Path(description="the area's id", examples=["04X"])]
_State = Annotated[Public, Depends(public)]


@router.get("/areas", responses=json_response("The areas", AreaList, AREAS_EXAMPLE))
def get_area_list(request: Request, state: _State) -> Response:
    """List the areas of the city by kind."""
    body: AreaList = {
        "kinds": [
            {
                "kind": layer.kind,
                "label": layer.label,
                "url": f"/api/v1/areas/{layer.kind}",
                "areas": [{"id": area.id, "name": area.name} for area in state.areas.by_kind[layer.kind]],
            }
            for layer in state.city.areas
        ]
    }
    return _json(request, body)


@router.get("/stats", responses=table_response("Counts", StatTable, STATS_EXAMPLE) | problems(400, 404, 503))
def get_stats(request: Request, parameters: Annotated[CountParameters, Query()], state: _State) -> Response:
    """Count published incidents by up to three groups, narrowed by the filters of `/api/v1/incidents`.

    Groups are `hour`, `weekday` (from Monday, 0), `day`, `week`, `month`, `area:KIND`, `category`,
    `priority`, `origin`, `agency`, `source`, `kind`, `section`, `status` and `disposition`. Counts are exact.
    """
    past, query = state.past.at(parameters.as_of), parameters.filter(state.city.city.zone)
    counts = past.count(query, parameters.groups())
    made_of = _made_of(past, counts, COUNTED + rates_definition(state.city), query)
    rows = [
        {**dict(zip(counts.by, row.key, strict=True)), "n": row.n, **_rate(state.city, query, counts.by, row)}
        for row in counts.rows
    ]
    if parameters.format == "csv":
        rated = () if state.city.population is None else ("residents", "per_1000")
        return as_csv(request, (*counts.by, "n", *rated), rows, made_of)
    body: StatTable = {**made_of, "by": list(counts.by), "rows": rows}  # type: ignore[typeddict-item]  # the rest of it
    return _json(request, body)


@router.get(
    "/response-times",
    responses=table_response("How long people wait", ResponseTimes, TIMES_EXAMPLE) | problems(400, 404, 503),
)
def get_response_times(
    request: Request, parameters: Annotated[TimesParameters, Query()], state: _State
) -> Response:
    """Say how long a stage of calls takes, by up to three groups, with those still waiting counted.

    Beside the figures of the calls that were served stand those of everybody: `half` is by when half of all
    calls were served, those waiting and those that nobody came to counted (Aalen-Johansen, 95 %).
    """
    return times_answer(request, state, parameters, None)


@router.get(
    "/areas/{kind}/{area_id:path}/summary",
    responses=json_response("An area in numbers", AreaSummary, SUMMARY_EXAMPLE) | problems(400, 404, 503),
)
def get_area_summary(
    request: Request,
    kind: _Kind,
    area_id: _AreaId,
    state: _State,
    parameters: Annotated[SummaryParameters, Query()],
) -> Response:
    """Return what an area's page says: the last day, week and month, by kind, hour and ending."""
    return _summary(request, state, known_area(state, kind, area_id), parameters.as_of)


@router.get(
    "/city/summary",
    responses=json_response("The city in numbers", AreaSummary, SUMMARY_EXAMPLE) | problems(400, 404, 503),
)
def get_city_summary(
    request: Request, state: _State, parameters: Annotated[SummaryParameters, Query()]
) -> Response:
    """Return the same for the whole city."""
    return _summary(request, state, None, parameters.as_of)


@router.get(
    "/areas/{kind}/{area_id:path}/series",
    responses=table_response("Counts over time", AreaSeries, SERIES_EXAMPLE) | problems(400, 404, 503),
)
def get_area_series(
    request: Request,
    kind: _Kind,
    area_id: _AreaId,
    parameters: Annotated[SeriesParameters, Query()],
    state: _State,
) -> Response:
    """Count an area's incidents by day, week or month; a period that is not over is marked."""
    return _series(request, state, of_area(parameters, known_area(state, kind, area_id)))


@router.get(
    "/city/series",
    responses=table_response("Counts over time", AreaSeries, SERIES_EXAMPLE) | problems(400, 404, 503),
)
def get_city_series(
    request: Request, parameters: Annotated[SeriesParameters, Query()], state: _State
) -> Response:
    """Return the same for the whole city."""
    return _series(request, state, parameters)


@router.get(
    "/areas/{kind}/{area_id:path}/response-times",
    responses=table_response("How long people wait", ResponseTimes, TIMES_EXAMPLE) | problems(400, 404, 503),
)
def get_area_response_times(
    request: Request,
    kind: _Kind,
    area_id: _AreaId,
    parameters: Annotated[TimesParameters, Query()],
    state: _State,
) -> Response:
    """Say how long a stage of an area's calls takes, as `/api/v1/response-times` does."""
    return times_answer(request, state, parameters, known_area(state, kind, area_id))


def known_area(state: Public, kind: str, area_id: str) -> Area:
    """Return an area of the city; raises ``NotFound``."""
    for area in state.areas.by_kind.get(kind, ()):
        if area.id == area_id:
            return area
    raise NotFound("the city has no such area")


def times_answer(request: Request, state: Public, parameters: TimesParameters, area: Area | None) -> Response:
    """Answer with the times of an area, or of whatever the parameters narrow them to."""
    if area is not None:
        parameters = of_area(parameters, area)
    query = parameters.filter(state.city.city.zone)
    past = state.past.at(parameters.as_of)
    times = past.response_times(query, parameters.stage, parameters.groups(), parameters.target_s)
    made_of = _made_of(past, times, times_definition(state.city, times.stage, parameters.target_s), query)
    rows = [_times_row(dict(zip(times.by, key, strict=True)), row) for key, row in times.rows]
    if parameters.format == "csv":
        flat = [_flat(row) for row in rows]
        names = tuple(flat[0]) if flat else ("calls",)
        return as_csv(request, names, flat, made_of)
    body: ResponseTimes = {
        **made_of,  # type: ignore[typeddict-item]  # the rest of it
        "stage": times.stage,
        "target_s": parameters.target_s,
        "targets": target_lines(state.city, parameters.stage, parameters.target_s),
        "by": list(times.by),
        "rows": rows,
    }
    return _json(request, body)


def _summary(request: Request, state: Public, area: Area | None, moment: datetime | None) -> Response:
    past, area_key = state.past.at(moment), None if area is None else (area.kind, area.id)
    people = residents(state.city, area_key)
    figures = summary(past, area_key)
    if figures is None:
        raise NotFound("nothing was ever published here")
    body: AreaSummary = {
        "area": None if area is None else f"{area.kind}:{area.id}",
        "name": state.city.city.name if area is None else area.name,
        "as_of": iso(figures.as_of),
        "seq": figures.seq,
        "imported": past.imported(IncidentQuery(area=area_key, until=moment)),
        "definition": COUNTED_CALLS + rates_definition(state.city) + (AS_OF if moment else ""),
        "residents": people,
        "spans": [
            {
                "hours": round((span.until - span.since).total_seconds() / 3600),
                "since": iso(span.since),
                "until": iso(span.until),
                **{str(section): n for section, n in span.counts.items()},  # type: ignore[typeddict-item]  # its members
                "calls_per_1000": rounded_rate(span.counts[Section.CALLS], people),
            }
            for span in figures.spans
        ],
        "categories": figures.categories,
        "week_hours": [list(row) for row in figures.week_hours],
        "endings": figures.endings,
    }
    return _json(request, body)


def _series(request: Request, state: Public, parameters: SeriesParameters) -> Response:
    past, query = state.past.at(parameters.as_of), parameters.filter(state.city.city.zone)
    points = series(past, state.city, query, parameters.period)
    made_of = _made_of(past, past.snapshot(), COUNTED + rates_definition(state.city), query)
    people = residents_of_group(state.city, query, (), ())
    rows = [point_row(point, people) for point in points]
    if parameters.format == "csv":
        return as_csv(request, ("start", "n", "per_1000", "complete"), rows, made_of)
    body: AreaSeries = {
        **made_of,  # type: ignore[typeddict-item]  # the rest of it
        "area": parameters.area,
        "period": parameters.period,
        "residents": people,
        "points": rows,
    }
    return _json(request, body)


def point_row(point: Point, people: int | None) -> Any:  # noqa: ANN401 - a SeriesPoint, and a row of CSV
    """Return one point as the API has it."""
    return {
        "start": point.start.isoformat(),
        "n": point.n,
        "per_1000": rounded_rate(point.n, people),
        "complete": point.complete,
    }


def _rate(city: City, query: IncidentQuery, by: Sequence[str], row: Count) -> dict[str, object]:
    """The rate of one count, where the city file has a population."""
    if city.population is None:
        return {}
    people = residents_of_group(city, query, by, row.key)
    return {"residents": people, "per_1000": rounded_rate(row.n, people)}


def _made_of(
    past: Past, answer: Counts | Times | Snapshot, definition: str, query: IncidentQuery
) -> dict[str, object]:
    imported = past.imported(query)
    return {
        "as_of": iso(answer.as_of),
        "seq": answer.seq,
        "imported": imported,
        "definition": definition if imported is None else definition + AS_OF,
    }


def _times_row(group: dict[str, object], figures: Figures) -> ResponseTimeRow:
    naive = figures.naive
    return {
        "group": group,
        "calls": figures.fates.calls,
        **figures.fates._asdict(),  # type: ignore[typeddict-item]  # its members
        "refusal": figures.refusal,
        "naive": None
        if naive is None
        else {
            "median": _seconds(naive.median),
            "mean": round(naive.mean, 1),
            "p90": _seconds(naive.p90),
            "within_target": naive.within_target,
        },
        "half": _interval(figures.half),
        "nine_in_ten": _interval(figures.nine_in_ten),
        "half_of_served": _interval(figures.half_of_served),
        "bounds": None if figures.bounds is None else [_maybe_seconds(value) for value in figures.bounds],
        "within_target": _target_share(figures.within),
    }


def _flat(row: ResponseTimeRow) -> dict[str, object]:
    """Return a row without anything nested, for CSV."""
    plain: dict[str, Any] = dict(row)
    flat = {f"{name}": value for name, value in plain.pop("group").items()}
    bounds = plain.pop("bounds") or (None, None)
    for name, members in (
        ("naive", ("median", "mean", "p90", "within_target")),
        *_INTERVALS,
        ("within_target", _IN_TARGET),
    ):
        value = plain.pop(name) or {}
        plain |= {f"{name}_{member}": value.get(member) for member in members}
    return flat | plain | {"half_if_missing_at_once": bounds[0], "half_if_missing_never": bounds[1]}


_IN_TARGET = (
    "calls",
    "seconds",
    "goal",
    "value",
    "low",
    "high",
    "naive",
    "if_missing_at_once",
    "if_missing_never",
)
_INTERVALS = tuple((name, ("value", "low", "high")) for name in ("half", "nine_in_ten", "half_of_served"))


def _interval(figures: Estimate | None) -> Interval | None:
    if figures is None:
        return None
    return {
        "value": _maybe_seconds(figures.value),
        "low": _maybe_seconds(figures.low),
        "high": _maybe_seconds(figures.high),
    }


def _target_share(within: WithinTarget | None) -> TargetShare | None:
    if within is None:
        return None
    return {
        "calls": within.calls,
        "seconds": within.seconds,
        "goal": within.goal,
        "value": round(within.share.value, 5),
        "low": round(within.share.low, 5),
        "high": round(within.share.high, 5),
        "naive": round(within.naive, 5),
        "if_missing_at_once": round(within.at_once, 5),
        "if_missing_never": round(within.never, 5),
    }


def _seconds(value: float) -> float:
    return round(value, 3)


def _maybe_seconds(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def as_csv(
    request: Request,
    names: Iterable[str],
    rows: Iterable[Mapping[str, object]],
    made_of: Mapping[str, object],
) -> Response:
    """Answer with a table whose last columns say what each figure is made of."""
    text = io.StringIO(newline="")
    columns = [*names, *made_of]
    writer = csv.DictWriter(text, columns, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(
        {name: cell_text(value) for name, value in (dict(row) | dict(made_of)).items()} for row in rows
    )
    file = PublicFile(text.getvalue().encode(), "text/csv; charset=utf-8", _KEPT, quality=4)
    return file.respond(request)


def _json(request: Request, body: object) -> Response:
    return PublicFile(orjson.dumps(body), "application/json", _KEPT, quality=4).respond(request)
