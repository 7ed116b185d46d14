"""The pages about the past: an area or the whole city in numbers, and how long people wait."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import parse_qsl, quote, urlencode

from babel.dates import get_day_names
from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError
from starlette.responses import Response

from blocklight.api.compare import CITY
from blocklight.api.past import known_area
from blocklight.api.past_parameters import TimesParameters
from blocklight.api.plain import charts
from blocklight.api.plain.asking import as_given
from blocklight.api.plain.page import Reader
from blocklight.api.plain.rates import rate_line, residents_line
from blocklight.api.plain.reports import outcome_tables, work_values
from blocklight.api.plain.targets import target_row, target_sentences
from blocklight.api.plain.usual import area_lines
from blocklight.api.state import Public, public
from blocklight.errors import BadQuery, NotFound, StoreError
from blocklight.insight.area_summary import WEEKS, Period, Summary, series, summary
from blocklight.insight.past import Key, Times
from blocklight.insight.response_times import Figures
from blocklight.insight.survival import Estimate
from blocklight.model.record import Area
from blocklight.model.times import iso
from blocklight.model.vocabulary import Section, StageTime, Status
from blocklight.store import IncidentQuery

router = APIRouter(include_in_schema=False)

_OPEN_SHOWN = 8
# So far they are counted: hardly a city has as many open calls at once.
_MOST_OPEN = 1000

_BY = ("priority", "category", "agency", "origin", "hour", "weekday", "month")
_TABLES = {"category": "category", "agency": "agencies", "origin": "origins"}
_LONGEST_VIEW, _MOST_NAMES = 1000, 50
# What the address of the map names: web/src/state/filter.ts.
_OF_THE_MAP = frozenset(
    "range since until hide end category status section agency priority area q hours weekdays".split()
)
_State = Annotated[Public, Depends(public)]


@dataclass(frozen=True, slots=True)
class WaitRow:
    """One group's waiting times as a table shows them."""

    name: str
    calls: str
    known: str
    refusal: str | None
    half: str
    interval: str
    nine: str
    naive: str
    mean: str
    marks: charts.Marks | None


@router.get("/area")
def city_page(request: Request, state: _State) -> Response:
    """The whole city in numbers."""
    return _area_page(Reader.of(request, state), request, None)


@router.get("/area/{kind}/{area_id:path}")
def area_page(request: Request, kind: str, area_id: str, state: _State) -> Response:
    """An area in numbers."""
    reader = Reader.of(request, state)
    try:
        area = known_area(state, kind, area_id)
    except NotFound:
        return reader.trouble(request, "plain.missing", 404)
    return _area_page(reader, request, area)


@router.get("/response-times")
def response_times_page(request: Request, state: _State) -> Response:
    """How long one stage takes, by one group."""
    reader = Reader.of(request, state)
    filled = as_given(request.query_params)
    if groups := [group for group in request.query_params.getlist("by") if group]:
        filled["by"] = groups
    try:
        parameters = TimesParameters.model_validate(filled)
        values = _response_times(reader, parameters, _group(state, parameters))
    except (BadQuery, ValidationError) as error:
        name = error.parameter if isinstance(error, BadQuery) else str(error.errors()[0]["loc"][0])
        return reader.refused(request, name or "?")
    except NotFound:
        return reader.trouble(request, "plain.missing", 404)
    except StoreError:
        return reader.trouble(request, "past.building", 503)
    return reader.answer(request, "response_times.html", values, parameters=filled)


def _group(state: Public, parameters: TimesParameters) -> str:
    by = (*parameters.groups(), "priority")[0]
    if by not in (*_BY, *(f"area:{layer.kind}" for layer in state.city.areas)):
        raise BadQuery("no such group", parameter="by")
    return by


def _area_page(reader: Reader, request: Request, area: Area | None) -> Response:
    try:
        area_summary = summary(reader.state.past, _area_key(area))
        if area_summary is None:
            return reader.trouble(request, "plain.missing", 404)
        values = _area_values(reader, area, area_summary)
    except NotFound:
        return reader.trouble(request, "plain.missing", 404)
    except StoreError:
        return reader.trouble(request, "past.building", 503)
    view = map_view(request.query_params.get("map", ""))
    to_area = {"area": f"{area.kind}:{area.id}"} if area else {}
    values["back"] = reader.link("/", view or to_area)
    return reader.answer(request, "area.html", values, parameters={"map": urlencode(view)} if view else {})


def map_view(view: str) -> dict[str, str]:
    """What the map showed when it led here: of *view*, the query of its address, only names that it knows."""
    try:
        named = parse_qsl(view, max_num_fields=_MOST_NAMES) if len(view) <= _LONGEST_VIEW else []
    except ValueError:  # more names than any view has
        named = []
    return {name: value for name, value in named if name in _OF_THE_MAP}


def _area_key(area: Area | None) -> tuple[str, str] | None:
    return None if area is None else (area.kind, area.id)


def _area_values(reader: Reader, area: Area | None, area_summary: Summary) -> dict[str, object]:
    state = reader.state
    year = area_summary.as_of - timedelta(weeks=WEEKS)
    calls = IncidentQuery(area=_area_key(area), section=Section.CALLS, since=year, until=area_summary.as_of)
    points = series(state.past, state.city, calls, Period.WEEK)
    times = state.past.response_times(calls, StageTime.RESPONSE, ("priority",))
    layers = {layer.kind: layer.label for layer in state.city.areas}
    return {
        "name": state.city.city.name if area is None else area.name,
        "kind_label": reader.words("past.wholeCity") if area is None else layers[area.kind],
        "area": area,
        "compared": [CITY] if area is None else [f"{area.kind}:{area.id}", CITY],
        "found": area_summary,
        "as_of": reader.formats.moment(area_summary.as_of, reader.now),
        "usual": area_lines(reader, _area_key(area)),
        "residents": residents_line(reader, _area_key(area)),
        "spans": [
            (
                round((span.until - span.since).total_seconds() / 3600),
                span.counts,
                rate_line(reader, span.counts[Section.CALLS], _area_key(area)),
            )
            for span in area_summary.spans
        ],
        "kinds": _kinds(reader, area_summary),
        "weekdays": weekday_names(reader),
        "shades": charts.shades(area_summary.week_hours),
        "points": points,
        "bars": charts.bars(points),
        "wait": _wait(reader, times, "priority", None),
        "endings": _endings(reader, area_summary),
        "outcomes": outcome_tables(reader, calls, _area_kinds(state) if area is None else []),
        "work": work_values(reader, calls, year, area_summary.as_of),
        "span": f"since={iso(year)}&until={iso(area_summary.as_of)}",
        **_open_now(reader, _area_key(area)),
        "api": f"/api/v1/areas/{quote(area.kind)}/{quote(area.id)}" if area else "/api/v1/city",
        "filter": _filter(area, year, area_summary.as_of),
        "areas": [
            (
                layer.label,
                [
                    (f"/area/{of_kind.kind}/{quote(of_kind.id)}", of_kind.name)
                    for of_kind in state.areas.by_kind[layer.kind]
                ],
            )
            for layer in state.city.areas
        ],
    }


def _area_kinds(state: Public) -> list[tuple[str, str]]:
    """The kind of areas that the city's own page has a table of: the first alone, so that it stays short."""
    return [(layer.kind, layer.label) for layer in state.city.areas[:1]]


def _filter(area: Area | None, since: datetime, until: datetime) -> str:
    """The filter of the page's calls, as the API has it."""
    named = f"&area={quote(f'{area.kind}:{area.id}')}" if area else ""
    return f"section=calls&since={iso(since)}&until={iso(until)}{named}"


def _kinds(reader: Reader, area_summary: Summary) -> list[tuple[str, str, int, float, float, int]]:
    """Group, name, count, where the bar and the city's share end (of 100), and that share's count."""
    groups: Counter[str] = Counter()
    city: Counter[str] = Counter()
    for counts, target in ((area_summary.categories, groups), (area_summary.city_categories, city)):
        for category, n in counts.items():
            target[reader.catalogue.group(category)] += n
    share = groups.total() / max(city.total(), 1)
    largest = max([*groups.values(), *(n * share for n in city.values()), 1])
    return [
        (
            group,
            reader.words.of("groups", group),
            n,
            round(n / largest * 100, 1),
            round(city[group] * share / largest * 100, 1),
            round(city[group] * share),
        )
        for group, n in groups.most_common()
    ]


def weekday_names(reader: Reader) -> list[str]:
    """The short names of the days, from Monday."""
    names = get_day_names("abbreviated", locale=reader.formats.locale)
    return [names[number] for number in range(7)]


def _endings(reader: Reader, area_summary: Summary) -> list[tuple[str, int, str, float, float]]:
    """Name, count, share and where the part of the bar begins and how wide it is, of 1000."""
    total = max(sum(area_summary.endings.values()), 1)
    begin = 0.0
    rows = []
    for disposition, n in sorted(area_summary.endings.items(), key=lambda item: (item[0] == "", -item[1])):
        width = n / total * charts.WIDTH
        name = reader.words.of("dispositions", disposition) if disposition else reader.words("past.untold")
        rows.append((name, n, reader.formats.percent(n / total), round(begin, 1), round(width, 1)))
        begin += width
    return rows


def _open_now(reader: Reader, area: tuple[str, str] | None) -> dict[str, object]:
    query = IncidentQuery(area=area, status=Status.OPEN, section=Section.CALLS, limit=_MOST_OPEN)
    items = reader.state.store.query(query).items
    return {
        "open": len(items),
        "rows": [reader.teller.row(item.incident) for item in items[:_OPEN_SHOWN]],
    }


def _response_times(reader: Reader, parameters: TimesParameters, by: str) -> dict[str, object]:
    state = reader.state
    as_of = state.past.snapshot().as_of
    if as_of is None:
        raise NotFound("nothing was ever published here")
    query = parameters.filter(state.city.city.zone)
    if query.since is None and query.until is None:
        parameters = parameters.model_copy(update={"since": as_of - timedelta(weeks=WEEKS), "until": as_of})
        query = parameters.filter(state.city.city.zone)
    times = state.past.response_times(query, parameters.stage, (by,), parameters.target_s)
    named = {name: reader.words.of("past.byNames", name) for name in _BY}
    named |= {f"area:{layer.kind}": layer.label for layer in state.city.areas}
    shown = parameters.model_dump(mode="json", exclude_defaults=True, exclude={"by", "format", "stage"})
    shown |= {name: iso(value) for name in ("since", "until") if (value := getattr(parameters, name))}
    return {
        "wait": _wait(reader, times, by, parameters.target_s),
        "stage": parameters.stage,
        "stages": list(StageTime),
        "by": by,
        "named": named,
        "as_of": reader.formats.moment(as_of, reader.now),
        "seq": times.seq,
        "csv": reader.link(
            "/api/v1/response-times", {"stage": str(parameters.stage), "by": by, **shown, "format": "csv"}
        ),
    }


def _wait(reader: Reader, times: Times, by: str, target_s: float | None) -> dict[str, object]:
    """The rows, the sentence about what became of the calls, and whether there are any figures."""
    longest = charts.longest_s([row for _, row in times.rows])
    total: Counter[str] = Counter()
    for _, row in times.rows:
        total.update({**row.fates._asdict(), "calls": row.fates.calls, "excluded": row.fates.excluded})
    number = reader.formats.number
    sentence = reader.words(
        "past.fates",
        **{
            name: number(total[name])
            for name in ("calls", "served", "unserved", "missing", "waiting", "excluded")
        },
    )
    return {
        "rows": [_wait_row(reader, key, row, longest, by) for key, row in times.rows],
        "fates": sentence,
        "in_time": [
            target_row(reader, _group_name(reader, by, key[0]), row.within)
            for key, row in times.rows
            if row.within is not None
        ],
        "targets": target_sentences(reader, times.stage, target_s),
        "reported": reader.state.past.reports(times.stage),
        "longest": reader.formats.wait(longest),
    }


def _wait_row(reader: Reader, key: Key, row: Figures, longest: float, by: str) -> WaitRow:
    words, number = reader.words, reader.formats.number
    counted = row.fates.calls
    half, nine, naive = row.half, row.nine_in_ten, row.naive
    return WaitRow(
        _group_name(reader, by, key[0]),
        number(counted),
        reader.formats.percent(row.fates.served / counted) if counted else "–",
        None if row.refusal is None else words.of("past.refusals", row.refusal),
        _week_span(reader, half),
        ""
        if half is None or half.value is None
        else words("past.interval", low=_bound(reader, half.low), high=_bound(reader, half.high)),
        _week_span(reader, nine),
        "–" if naive is None else reader.formats.wait(naive.median),
        "–" if naive is None else reader.formats.wait(naive.mean),
        charts.marks(row, longest),
    )


def _week_span(reader: Reader, estimate: Estimate | None) -> str:
    if estimate is None:
        return "–"
    return reader.words("past.never") if estimate.value is None else reader.formats.wait(estimate.value)


def _bound(reader: Reader, seconds: float | None) -> str:
    return "∞" if seconds is None else reader.formats.wait(seconds)


def _group_name(reader: Reader, by: str, value: str | int | None) -> str:
    if value is None:
        return reader.words("past.none")
    if by in _TABLES:
        return reader.words.of(_TABLES[by], value)
    if by == "weekday":
        return weekday_names(reader)[int(value)]
    if by.startswith("area:"):
        return reader.teller.area(by.removeprefix("area:"), str(value))
    return str(value)
