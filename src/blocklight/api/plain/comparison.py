"""The page that shows areas, or two periods of one area, side by side."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError
from starlette.responses import Response

from blocklight.api.compare import CITY, MOST_COMPARED, CompareParameters, compare_sides, comparison_sides
from blocklight.api.past import known_area
from blocklight.api.plain import charts
from blocklight.api.plain.asking import Filled, as_given, aware
from blocklight.api.plain.page import Reader
from blocklight.api.plain.rates import counted_by
from blocklight.api.plain.targets import target_sentences
from blocklight.api.state import Public, public
from blocklight.errors import BadQuery, NotFound, StoreError
from blocklight.insight.comparison import (
    AreaKey,
    ComparedFigure,
    Comparison,
    Measure,
    Side,
    compared_figures,
)
from blocklight.insight.intervals import Difference, Verdict
from blocklight.model.times import iso
from blocklight.model.vocabulary import StageTime

router = APIRouter(include_in_schema=False)

_SPANS = ("since", "until", "versus_since", "versus_until")
_SHARES = {Measure.CATEGORY_SHARE: "category", Measure.ENDING_SHARE: "dispositions"}
_IN_PER_CENT = (*_SHARES, Measure.WITHIN_TARGET_SHARE)
# A tenth of a call is noise beside a hundred calls.
_HUNDRED = 100


@dataclass(frozen=True, slots=True)
class FigureCell:
    """One figure as a table shows it: itself, its interval, and how it stands beside the first."""

    value: str
    interval: str
    verdict: str
    beside: str
    """The verdict in words, with the difference where it is in a unit of its own."""
    mark: charts.IntervalMark | None


@dataclass(frozen=True, slots=True)
class ComparedLine:
    """One column of the comparison as a line of a table."""

    name: str
    address: str
    calls: str
    apart: str
    days: str
    a_week: FigureCell
    per_1000: FigureCell | None
    half: FigureCell
    nine: FigureCell
    in_time: FigureCell | None
    refusal: str | None


@router.get("/compare")
def comparison_page(request: Request, state: Annotated[Public, Depends(public)]) -> Response:
    """Areas side by side, or a form for them."""
    reader = Reader.of(request, state)
    filled = as_given(request.query_params)
    filled["areas"] = [text for text in request.query_params.getlist("areas") if text]
    zone = state.city.city.zone
    try:
        parameters = CompareParameters.model_validate(
            filled | {name: aware(filled[name], zone) for name in _SPANS if name in filled}
        )
        sides = comparison_sides(state, parameters)
        values = _values(reader, parameters, sides, filled)
    except (BadQuery, ValidationError) as error:
        name = error.parameter if isinstance(error, BadQuery) else str(error.errors()[0]["loc"][0])
        return reader.refused(request, name or "?")
    except NotFound:
        return reader.trouble(request, "plain.missing", 404)
    except StoreError:
        return reader.trouble(request, "past.building", 503)
    return reader.answer(request, "compare.html", values, parameters=filled)


def _values(
    reader: Reader, parameters: CompareParameters, sides: tuple[Side, ...], filled: Filled
) -> dict[str, object]:
    comparison = compare_sides(reader.state, parameters, sides) if sides else None
    shown = _kept(parameters)
    values: dict[str, object] = {
        "chosen": _chosen(reader, parameters, filled),
        "choices": _choices(reader, parameters),
        "filled": {name: str(filled.get(name, ""))[:10] for name in _SPANS},
        "kept": [
            (name, value)
            for name, members in shown.items()
            if name not in (*_SPANS, "areas")
            for value in (members if isinstance(members, list) else [members])
        ],
        "json": reader.link("/api/v1/compare", shown),
        "csv": reader.link("/api/v1/compare", {**shown, "format": "csv"}),
        "lines": [],
        "pair": len(sides) > 1,
    }
    if comparison is None:
        return values
    figures = compared_figures(comparison)
    return values | {
        "lines": _compared_lines(reader, comparison, figures),
        "kinds": _share_rows(reader, figures, Measure.CATEGORY_SHARE),
        "endings": _share_rows(reader, figures, Measure.ENDING_SHARE),
        "as_of": reader.formats.moment(comparison.as_of, reader.now),
        "seq": comparison.seq,
        "span": _span(reader, sides[0]),
        "counted_by": counted_by(reader),
        "targets": target_sentences(reader, StageTime.RESPONSE, None),
    }


def _kept(parameters: CompareParameters) -> dict[str, object]:
    """The filter as the API takes it, for links and for the form's hidden fields."""
    kept = parameters.model_dump(mode="json", exclude_defaults=True, exclude={"format"})
    return kept | {name: iso(value) for name in _SPANS if (value := getattr(parameters, name))}


def _chosen(reader: Reader, parameters: CompareParameters, filled: Filled) -> list[tuple[str, str, str]]:
    """Of each area that is compared: how the address names it, its name, and the page without it."""
    return [
        (
            text,
            _name(reader, None if text == CITY else (text.partition(":")[0], text.partition(":")[2])),
            reader.link("/compare", filled | {"areas": [one for one in parameters.areas if one != text]}),
        )
        for text in parameters.areas
    ]


def _choices(reader: Reader, parameters: CompareParameters) -> list[tuple[str, list[tuple[str, str]]]]:
    """By kind, the areas that may still be added; none where six are compared."""
    if len(parameters.areas) >= MOST_COMPARED:
        return []
    state = reader.state
    city = [] if CITY in parameters.areas else [(CITY, state.city.city.name)]
    kinds = [
        (
            layer.label,
            [
                (f"{area.kind}:{area.id}", area.name)
                for area in state.areas.by_kind[layer.kind]
                if f"{area.kind}:{area.id}" not in parameters.areas
            ],
        )
        for layer in state.city.areas
    ]
    return [(reader.words("past.wholeCity"), city), *kinds]


def _name(reader: Reader, area: AreaKey | None) -> str:
    return reader.state.city.city.name if area is None else known_area(reader.state, *area).name


def _span(reader: Reader, side: Side) -> str:
    """The first and the last local day of a span."""
    zone = reader.state.city.city.zone
    days = (moment.astimezone(zone).date() for moment in (side.since, side.until - timedelta(microseconds=1)))
    return " – ".join(map(reader.formats.day, days))


def _compared_lines(
    reader: Reader, comparison: Comparison, figures: list[ComparedFigure]
) -> list[ComparedLine]:
    by_measure = {
        measure: [row for row in figures if row.measure is measure]
        for measure in (
            Measure.CALLS_A_WEEK,
            Measure.CALLS_A_WEEK_PER_1000,
            Measure.HALF_WAIT_S,
            Measure.NINE_IN_TEN_WAIT_S,
            Measure.WITHIN_TARGET_SHARE,
        )
    }
    cells = {
        measure: [
            _figure_cell(reader, row, mark)
            for row, mark in zip(rows, charts.interval_marks([row.figure for row in rows]), strict=True)
        ]
        for measure, rows in by_measure.items()
    }
    periods = len({(column.side.since, column.side.until) for column in comparison.columns}) > 1
    number = reader.formats.number
    lines = []
    for index, column in enumerate(comparison.columns):
        area, wait = column.side.area, column.wait
        address = "/area" if area is None else f"/area/{area[0]}/{quote(area[1])}"
        apart = reader.words(
            "past.apart",
            officer=number(column.sections["officer"]),  # type: ignore[index]  # a section is its text
            requests=number(column.sections["requests"]),  # type: ignore[index]
        )
        lines.append(
            ComparedLine(
                _span(reader, column.side) if periods else _name(reader, area),
                reader.link(address),
                number(column.calls),
                apart,
                number(round(column.days, 1)),
                cells[Measure.CALLS_A_WEEK][index],
                cells[Measure.CALLS_A_WEEK_PER_1000][index] if cells[Measure.CALLS_A_WEEK_PER_1000] else None,
                cells[Measure.HALF_WAIT_S][index],
                cells[Measure.NINE_IN_TEN_WAIT_S][index],
                cells[Measure.WITHIN_TARGET_SHARE][index] if cells[Measure.WITHIN_TARGET_SHARE] else None,
                None
                if wait is None or wait.refusal is None
                else reader.words.of("past.refusals", wait.refusal),
            )
        )
    return lines


def _share_rows(
    reader: Reader, figures: list[ComparedFigure], measure: Measure
) -> list[tuple[str, str, list[FigureCell]]]:
    """Of each category or ending: the group that it is drawn in, its name, and its share in each column."""
    rows = [row for row in figures if row.measure is measure]
    table = _SHARES[measure]
    shown = []
    for term, cells in groupby(rows, key=lambda row: row.term or ""):
        name = reader.words.of(table, term) if term else reader.words("past.untold")
        group = reader.catalogue.group(term) if measure is Measure.CATEGORY_SHARE else ""
        shown.append((group, name, [_figure_cell(reader, row, None) for row in cells]))
    return shown


def _figure_cell(reader: Reader, row: ComparedFigure, mark: charts.IntervalMark | None) -> FigureCell:
    verdict = Verdict.UNKNOWN if row.difference is None else row.difference.verdict
    figure = row.figure
    if figure is None:
        return FigureCell("–", "", verdict, "", None)
    if figure.value is None:
        return FigureCell(reader.words("past.never"), "", verdict, "", None)
    beside = "" if row.difference is None else reader.words.of("past.compare.verdicts", verdict)
    if row.difference is not None and row.measure not in _SHARES:
        beside = f"{_difference(reader, row.measure, row.difference)}: {beside}"
    interval = reader.words(
        "past.interval",
        low=_said(reader, row.measure, figure.low),
        high=_said(reader, row.measure, figure.high),
    )
    return FigureCell(_said(reader, row.measure, figure.value), interval, verdict, beside, mark)


def _difference(reader: Reader, measure: Measure, difference: Difference) -> str:
    parts = [_signed(reader, measure, value) for value in difference]
    return f"{parts[0]} ({reader.words('past.interval', low=parts[1], high=parts[2])})"


def _signed(reader: Reader, measure: Measure, value: float | None) -> str:
    if value is None:
        return "∞"
    text = _said(reader, measure, abs(value))
    return text if value == 0 else f"{'+' if value > 0 else '−'}{text}"


def _said(reader: Reader, measure: Measure, value: float | None) -> str:
    if value is None:
        return "∞"
    if measure in _IN_PER_CENT:
        return reader.formats.percent(value)
    if measure is Measure.CALLS_A_WEEK:
        return reader.formats.number(round(value) if value >= _HUNDRED else round(value, 1))
    if measure is Measure.CALLS_A_WEEK_PER_1000:
        return reader.formats.number(round(value, 2))
    return reader.formats.wait(value)
