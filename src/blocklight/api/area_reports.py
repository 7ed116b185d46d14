"""How an area's calls ended, and what work they were, as JSON or CSV."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import Field
from starlette.responses import Response

from blocklight.api.call_filter import CallFilter, span_of
from blocklight.api.encoding import PublicFile
from blocklight.api.examples import problems, table_response
from blocklight.api.incidents import FilterParameters
from blocklight.api.past import as_csv, known_area
from blocklight.api.past_definitions import COUNTED
from blocklight.api.past_parameters import Form, of_area
from blocklight.api.report_schemas import (
    OUTCOMES_EXAMPLE,
    WORK_EXAMPLE,
    AreaOutcomes,
    AreaWork,
    OutcomeRow,
    WorkHourRow,
)
from blocklight.api.state import Public, public
from blocklight.errors import BadQuery
from blocklight.insight.intervals import share_interval
from blocklight.insight.past import Counts
from blocklight.insight.workload import WorkCounts, WorkHour, Workload
from blocklight.model.times import iso
from blocklight.model.vocabulary import Status

router = APIRouter(tags=["past"])

OUTCOMES_COUNTED = (
    f"{COUNTED} Those that are closed, by how they ended in our terms; without `section`, `kind` or `origin` "
    "those of the section `calls`. Closed does not mean solved. `wait` is the minutes from received to the "
    "first unit on scene."
)
WORK_COUNTED = (
    "Published calls for service. Community: the section `calls`; officer: the section `officer`. A call "
    "holds its units from the first reported sign of one (dispatched, en route, on scene) until it is "
    "closed: as many as were last reported, or one where no number is. It waits from received until that "
    "sign, or until it is closed where there is none. Means are over all the time of an hour of the week on "
    "the city's clocks, also the hour that comes twice in autumn. Left out: no sign of a unit, no end, an "
    "end before the begin or more than a day after it."
)

_Kind = Annotated[str, Path(description="one of the city's `area_kinds`", examples=["beat"])]
_AreaId = Annotated[str, Path(description="the area's id", examples=["04X"])]
_State = Annotated[Public, Depends(public)]


class OutcomeParameters(CallFilter):
    """Which calls, and by what."""

    by: str = Field("category", description="one group of `/api/v1/stats`, such as `wait` or `area:beat`")
    format: Form = Field("json", description="`json` or `csv`")


class WorkParameters(FilterParameters):
    """Which calls."""

    format: Form = Field("json", description="`json` or `csv`")


@router.get(
    "/city/outcomes",
    responses=table_response("How calls ended", AreaOutcomes, OUTCOMES_EXAMPLE) | problems(400, 404, 503),
)
def get_city_outcomes(
    request: Request, parameters: Annotated[OutcomeParameters, Query()], state: _State
) -> Response:
    """Say how the city's calls ended, by one group, each share with its interval."""
    return _outcomes(request, state, parameters, parameters.area)


@router.get(
    "/areas/{kind}/{area_id:path}/outcomes",
    responses=table_response("How calls ended", AreaOutcomes, OUTCOMES_EXAMPLE) | problems(400, 404, 503),
)
def get_area_outcomes(
    request: Request,
    kind: _Kind,
    area_id: _AreaId,
    parameters: Annotated[OutcomeParameters, Query()],
    state: _State,
) -> Response:
    """Say how an area's calls ended, by one group, each share with its interval."""
    parameters = of_area(parameters, known_area(state, kind, area_id))
    return _outcomes(request, state, parameters, parameters.area)


@router.get(
    "/city/work",
    responses=table_response("The work of the city's calls", AreaWork, WORK_EXAMPLE)
    | problems(400, 404, 503),
)
def get_city_work(
    request: Request, parameters: Annotated[WorkParameters, Query()], state: _State
) -> Response:
    """Count committed units and waiting calls by hour of the week, and name the longest queues."""
    return _work(request, state, parameters)


@router.get(
    "/areas/{kind}/{area_id:path}/work",
    responses=table_response("The work that calls were", AreaWork, WORK_EXAMPLE) | problems(400, 404, 503),
)
def get_area_work(
    request: Request,
    kind: _Kind,
    area_id: _AreaId,
    parameters: Annotated[WorkParameters, Query()],
    state: _State,
) -> Response:
    """Count an area's committed units and waiting calls by hour of the week, and name its longest queues."""
    return _work(request, state, of_area(parameters, known_area(state, kind, area_id)))


def outcome_rows(counts: Counts) -> list[OutcomeRow]:
    """The share of each ending in each group, of counts by a group and `disposition`."""
    totals: Counter[str | int | None] = Counter()
    for row in counts.rows:
        totals[row.key[0]] += row.n
    rows: list[OutcomeRow] = []
    for row in counts.rows:
        group, disposition = row.key
        share = share_interval(row.n, totals[group])
        if share is not None:
            rows.append(
                {
                    "group": group,
                    "disposition": None if disposition is None else str(disposition),
                    "n": row.n,
                    "of": totals[group],
                    "share": round(share.value, 5),
                    "low": round(share.low, 5),
                    "high": round(share.high, 5),
                }
            )
    return rows


def _outcomes(request: Request, state: Public, parameters: OutcomeParameters, area: str | None) -> Response:
    as_of = state.past.snapshot().as_of or state.publisher.now()
    since, until = span_of(parameters, as_of)
    if parameters.by == "disposition":
        raise BadQuery("these counts are grouped by how calls ended already", parameter="by")
    if parameters.status is not None:
        raise BadQuery("only closed calls have ended", parameter="status")
    query = replace(parameters.filter(state.city.city.zone), since=since, until=until, status=Status.CLOSED)
    counts = state.past.count(query, (parameters.by, "disposition"))
    rows = outcome_rows(counts)
    made_of = {"as_of": iso(counts.as_of), "seq": counts.seq, "definition": OUTCOMES_COUNTED}
    if parameters.format == "csv":
        flat = [{parameters.by: row["group"], **row} for row in rows]
        names = (parameters.by, *(name for name in OutcomeRow.__annotations__ if name != "group"))
        return as_csv(request, names, flat, made_of)
    body: AreaOutcomes = {
        "area": area,
        **made_of,  # type: ignore[typeddict-item]  # the rest of it
        "by": parameters.by,
        "since": iso(since),
        "until": iso(until),
        "rows": rows,
    }
    return _json(request, body)


def _work(request: Request, state: Public, parameters: WorkParameters) -> Response:
    as_of = state.past.snapshot().as_of or state.publisher.now()
    since, until = span_of(parameters, as_of)
    work = state.past.work(parameters.filter(state.city.city.zone), since, until)
    workload = work.workload
    rows = [] if workload is None else work_rows(workload.hours)
    made_of = {"as_of": iso(work.as_of), "seq": work.seq, "definition": WORK_COUNTED}
    if parameters.format == "csv":
        return as_csv(request, tuple(WorkHourRow.__annotations__), rows, made_of)
    body: AreaWork = {
        "area": parameters.area,
        **made_of,  # type: ignore[typeddict-item]  # the rest of it
        "since": iso(since if workload is None else workload.since),
        "until": iso(until if workload is None else workload.until),
        "reported": work.is_reported,
        **_work_counts(workload),
        "rows": rows,
        "queues": []
        if workload is None
        else [{"at": iso(queue.at), "waiting": queue.waiting} for queue in workload.queues],
    }
    return _json(request, body)


def _work_counts(workload: Workload | None) -> dict[str, int]:
    return (WorkCounts() if workload is None else workload.counts)._asdict()


def work_rows(hours: Sequence[WorkHour]) -> list[WorkHourRow]:
    """The hours of the week as the API has them."""
    return [
        {
            "weekday": row.weekday,
            "hour": row.hour,
            "hours": round(row.hours, 3),
            "unit_hours_community": round(row.community * row.hours, 3),
            "unit_hours_officer": round(row.officer * row.hours, 3),
            "units_community": round(row.community, 4),
            "units_officer": round(row.officer, 4),
            "waiting": round(row.waiting, 4),
        }
        for row in hours
    ]


def _json(request: Request, body: object) -> Response:
    return PublicFile(orjson.dumps(body), "application/json", "public, max-age=1", quality=4).respond(request)
