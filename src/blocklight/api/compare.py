"""Areas, or two periods of one area, side by side, as JSON or CSV."""

import re
from dataclasses import replace
from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field, field_validator
from starlette.responses import Response

from blocklight.api.call_filter import CallFilter, check_span, span_of
from blocklight.api.compare_schemas import COMPARE_EXAMPLE, ComparedAreas, ComparedColumn, ComparedRow
from blocklight.api.encoding import PublicFile
from blocklight.api.examples import problems, table_response
from blocklight.api.moment import Moment
from blocklight.api.past import as_csv, known_area
from blocklight.api.past_definitions import COUNTED
from blocklight.api.past_parameters import Form
from blocklight.api.past_targets import times_definition
from blocklight.api.rates import rates_definition
from blocklight.api.state import Public, public
from blocklight.errors import BadQuery, NotFound
from blocklight.insight.comparison import (
    AreaKey,
    ComparedFigure,
    Comparison,
    Side,
    compare,
    compared_figures,
)
from blocklight.insight.intervals import Verdict
from blocklight.insight.rates import residents
from blocklight.model.times import iso
from blocklight.model.vocabulary import Section, StageTime

router = APIRouter(tags=["past"])

# What stands for the whole city among the areas.
CITY = "city"

# More columns fit on no screen, and each costs a survival curve of its own.
MOST_COMPARED = 6

COMPARED = (
    f"{COUNTED} Without `section`, `kind` or `origin` those of the section `calls`. Calls a week: the "
    "interval is that of a Poisson count (Byar), wider by as much as whole weeks vary beyond chance. Shares: "
    "Wilson. Waits: by when half and nine in ten were served (Aalen-Johansen). Differences from the first "
    "column: Zou and Donner 2008. All at 95 %, so that about one difference in twenty leaves out zero by "
    "chance alone; an area is part of its city, so that the two are not independent. "
)
_OF_COLUMN = ("area", "name", "since", "until", "residents")
_BETWEEN_AREAS = re.compile(r",(?=[a-z][a-z0-9_-]{0,62}:|city(?:,|$))")


class CompareParameters(CallFilter):
    """Which areas, in which span, and beside which other span."""

    areas: list[str] = Field(
        [],
        description="two to six areas as kind:id, or `city`, with commas between them or repeated; one area "
        "with `versus_since` and `versus_until`",
        max_length=MOST_COMPARED,
    )
    versus_since: Moment | None = Field(None, description="the other period of one area: from when")
    versus_until: Moment | None = Field(None, description="before when")
    format: Form = Field("json", description="`json` or `csv`")

    @field_validator("areas", mode="before")
    @classmethod
    def _divided(cls, value: object) -> object:
        texts = [value] if isinstance(value, str) else value
        if not isinstance(texts, list):
            return value
        return list(dict.fromkeys(part for text in texts for part in _BETWEEN_AREAS.split(str(text)) if part))


def comparison_sides(state: Public, parameters: CompareParameters) -> tuple[Side, ...]:
    """The columns that are wanted; raises ``BadQuery`` and ``NotFound``.

    One area alone is a column by itself, which the page shows beside a form for more.
    """
    if parameters.area is not None:
        raise BadQuery("not allowed here: name areas with `areas`", parameter="area")
    as_of = state.past.snapshot().as_of or state.publisher.now()
    since, until = span_of(parameters, as_of)
    areas = [_compared_area(state, text) for text in parameters.areas]
    sides = [Side(area, since, until) for area in areas]
    if parameters.versus_since is not None or parameters.versus_until is not None:
        if len(areas) != 1:
            raise BadQuery("two periods can be compared for one area only", parameter="versus_since")
        length = until - since
        versus_until = parameters.versus_until or (parameters.versus_since or since) + length
        versus_since = parameters.versus_since or versus_until - length
        check_span(versus_since, versus_until, "versus_until")
        sides.append(Side(areas[0], versus_since, versus_until))
    return tuple(sides)


def _compared_area(state: Public, text: str) -> AreaKey | None:
    if text == CITY:
        return None
    kind, _, area_id = text.partition(":")
    area = known_area(state, kind, area_id)
    return area.kind, area.id


def compare_sides(state: Public, parameters: CompareParameters, sides: tuple[Side, ...]) -> Comparison:
    """The comparison of these columns; raises ``NotFound`` where nothing was ever published."""
    query = replace(parameters.filter(state.city.city.zone), since=None, until=None)
    comparison = compare(state.past, state.city.city.zone, query, sides)
    if comparison is None:
        raise NotFound("nothing was ever published here")
    return comparison


@router.get(
    "/compare",
    responses=table_response("Areas side by side", ComparedAreas, COMPARE_EXAMPLE) | problems(400, 404, 503),
)
def get_comparison(
    request: Request,
    parameters: Annotated[CompareParameters, Query()],
    state: Annotated[Public, Depends(public)],
) -> Response:
    """Compare areas, or two periods of one area, each figure with its interval.

    The last 52 weeks unless `since` and `until` say otherwise. A difference whose interval holds zero is
    `within_chance`.
    """
    sides = comparison_sides(state, parameters)
    if len(sides) < 2:  # noqa: PLR2004 - a pair
        raise BadQuery("needs two to six areas, or one area and a second period", parameter="areas")
    comparison = compare_sides(state, parameters, sides)
    columns = [_column(state, comparison, number) for number in range(len(sides))]
    rows = [_row(figure) for figure in compared_figures(comparison)]
    definition = COMPARED + times_definition(state.city, StageTime.RESPONSE) + rates_definition(state.city)
    made_of = {"as_of": iso(comparison.as_of), "seq": comparison.seq, "definition": definition}
    if parameters.format == "csv":
        of_columns = [
            {name: value for name, value in column.items() if name in _OF_COLUMN} for column in columns
        ]
        flat = [of_columns[row["column"]] | row for row in rows]
        names = (*_OF_COLUMN, *ComparedRow.__annotations__)
        return as_csv(request, names, flat, made_of)
    body: ComparedAreas = {**made_of, "columns": columns, "rows": rows}  # type: ignore[typeddict-item]  # the rest of it
    return PublicFile(orjson.dumps(body), "application/json", "public, max-age=1", quality=4).respond(request)


def _column(state: Public, comparison: Comparison, number: int) -> ComparedColumn:
    column = comparison.columns[number]
    area = column.side.area
    return {
        "area": None if area is None else ":".join(area),
        "name": state.city.city.name if area is None else known_area(state, *area).name,
        "since": iso(column.side.since),
        "until": iso(column.side.until),
        "days": round(column.days, 3),
        "calls": column.calls,
        "officer": column.sections[Section.OFFICER],
        "requests": column.sections[Section.REQUESTS],
        "residents": residents(state.city, area),
    }


def _row(row: ComparedFigure) -> ComparedRow:
    figure, difference = row.figure, row.difference
    return {
        "column": row.column,
        "measure": row.measure,
        "term": row.term,
        "n": row.n,
        "value": None if figure is None else _rounded(figure.value),
        "low": None if figure is None else _rounded(figure.low),
        "high": None if figure is None else _rounded(figure.high),
        "difference": None if difference is None else _rounded(difference.value),
        "difference_low": None if difference is None else _rounded(difference.low),
        "difference_high": None if difference is None else _rounded(difference.high),
        "verdict": Verdict.UNKNOWN if difference is None else difference.verdict,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 5)
