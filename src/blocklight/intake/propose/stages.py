"""Guesses when a call came in, was sent, arrived and ended: stages in one column, in two, or in parts."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from blocklight.intake.propose.guesses import GUESS, LIKELY, SURE, Table, snake_case, unzoned
from blocklight.intake.propose.names import NAMES
from blocklight.intake.propose.times import Written, written
from blocklight.intake.values.time_words import plain_clock

_STAGES = ("received_at", "dispatched_at", "en_route_at", "on_scene_at", "closed_at")
_CLOCK = "time_of_day"
_MIDNIGHT = (
    'every time here is midnight, so they are taken for days; if later ones are not, convert = "local"'
)
_IN_PARTS = (
    "a part of the day stands in another column, which is read only behind a day as ISO 8601 writes it"
)
_MIDNIGHT_HHMM, _AN_HOUR, _HOURS = 2400, 60, 24
# How sure a time without a zone can be: it hangs on the city's.
_WALL = 0.8

_CLOCK_NAME = re.compile(r"_?(?:time|tm|hour|hr|hhmm|clock)$|^time_?(?:of_)?")
_PART_OF_DAY = re.compile(r"0?\.\d+|0")
_NAMELESS = re.compile(r"(?:column_)?\d+")
_PARTS = {
    form: re.compile(rf"(?:\w+_)?(?:{words})")
    for form, words in (("%Y", "year|yyyy"), ("%m", "month|mm"), ("%d", "day|dd"), ("%H", "hour|hh"),
                        ("%M", "minutes?|mi"), ("%S", "seconds?|ss"))
}  # fmt: skip
_OF_UTC = re.compile(r"(?:^|_)(?:utc|gmt|zulu)(?:_|$)")


def note_times(table: Table) -> None:
    """Note how each column writes times, if it holds any."""
    sample = table.sample
    for column, values in table.values.items():
        name = snake_case(column)
        named = any(re.search(pattern, name) for pattern, _ in NAMES["received_at"])
        if form := written(values, dates=column in sample.dates, named=named):
            if form.convert == "epoch_ms" and sample.wall_clocks:
                form = Written("local")
            table.times[column] = form
        if clock := _clock_of_digits(name, values):
            table.times.setdefault(column, clock)
        elif column in table.times and table.times[column].form == "%H%M" and not _may_be_clock(name):
            del table.times[column]  # the number of a beat, or a year


def propose_stages(table: Table) -> None:
    """Propose the stages of a call, of the columns that hold times."""
    for step in (_day_in_parts, _propose_times, _clocks_beside_the_day):
        step(table)


def _may_be_clock(name: str) -> bool:
    """Whether a column may hold clocks: it is called so, like a stage of a call, or nothing at all."""
    stages = (pattern for stage in _STAGES for pattern, _ in NAMES[stage])
    return bool(_CLOCK_NAME.search(unzoned(name)) or _NAMELESS.fullmatch(name)) or any(
        re.search(pattern, unzoned(name)) for pattern in stages
    )


def _clock_of_digits(name: str, values: Sequence[object]) -> Written | None:
    """How a column writes clocks without a sign between: 5, 105, 1302, 91500, ``1302 hrs``, 0.5 for noon.

    Hours alone are no clock, nor are numbers in a column that is not called like one.
    """
    texts = [plain_clock(str(value).strip()).removesuffix(".0") for value in values]
    if not texts or not _CLOCK_NAME.search(unzoned(name)):
        return None
    if all(map(_PART_OF_DAY.fullmatch, texts)) and any(len(text) > len("0.375") for text in texts):
        return Written(_CLOCK)
    if not all(text.isdecimal() and len(text) <= len("130257") for text in texts):
        return None
    numbers = [int(text) for text in texts]
    if all(number <= _MIDNIGHT_HHMM and number % 100 < _AN_HOUR for number in numbers):
        return Written(_CLOCK, "%H%M") if max(numbers) > _AN_HOUR else None
    seconds = all(
        number // 10_000 < _HOURS and number // 100 % 100 < _AN_HOUR and number % 100 < _AN_HOUR
        for number in numbers
    )
    return Written(_CLOCK, "%H%M%S") if seconds else None


def _day_in_parts(table: Table) -> None:
    """Read a time whose year, month, day and hour are columns of their own."""
    parts = {
        part: column
        for column in table.values
        for part, pattern in _PARTS.items()
        if pattern.fullmatch(snake_case(column)) and _are_whole(table.values[column])
    }
    if not {"%Y", "%m", "%d"} <= set(parts) or table.best("received_at", lambda name: _has_day(table, name)):
        return
    named = [form for form in _PARTS if form in parts and (form in "%Y%m%d" or "%H" in parts)]
    spec = {
        "from": tuple(parts[form] for form in named),
        "join": "-",
        "convert": "local" if "%H" in named else "day",
        "format": "-".join(named),
    }
    table.take("received_at", spec, LIKELY, "a time whose parts are columns of their own")


def _has_day(table: Table, column: str) -> bool:
    return column in table.times and table.times[column].convert != _CLOCK


def _are_whole(values: Sequence[object]) -> bool:
    return bool(values) and all(str(value).strip().isdecimal() for value in values)


def _propose_times(table: Table) -> None:
    """Propose the stages; a date and a clock in two columns are read together."""
    for stage in _STAGES[1:] + _STAGES[:1]:  # what is left over may be when it came in
        if stage in table.found:
            continue
        further_stages = (
            [name for name in NAMES if name in _STAGES and name != stage] if stage == "received_at" else []
        )

        def suits(column: str, further: Sequence[str] = tuple(further_stages)) -> bool:
            form = table.times.get(column)
            if form is None or form.convert == "time_of_day":
                return False
            return not any(
                re.search(p, snake_case(column)) for stage_name in further for p, _ in NAMES[stage_name][:1]
            )

        if best := table.best(stage, suits):
            _take_time(table, stage, *best)
    if "received_at" not in table.found:
        loose = [column for column, time_form in table.times.items() if column not in table.taken]
        if loose:
            _take_time(
                table, "received_at", min(loose, key=lambda c: table.times[c].convert == "time_of_day"), 0.4
            )


def _clocks_beside_the_day(table: Table) -> None:
    """Read clocks that are called by stages, beside one column of days: `date`, `received`, `dispatched`."""
    first = table.found.get("received_at")
    if first is None:
        return
    clocks = {name: time_form for name, time_form in table.times.items() if time_form.convert == _CLOCK}
    if len(first.columns) > 1 and first.columns[1] in clocks:
        _take_clocks_of_stages(table, clocks)
        return
    if first.spec["convert"] != "day" or len(first.columns) != 1:
        return
    day = first.columns[0]
    received = table.best("received_at", lambda column: column in clocks)
    if received is None:
        return
    form = f"{table.times[day].form or '%Y-%m-%d'} {clocks[received[0]].form or '%H:%M:%S'}"
    if table.times[day].convert == "day":
        spec = {"from": (day, received[0]), "join": " ", "convert": "local", "format": form}
        table.take("received_at", spec, LIKELY, "a date and a time in two columns")
        _take_clocks_of_stages(table, clocks)


def _take_clocks_of_stages(table: Table, clocks: Mapping[str, Written]) -> None:
    for stage in _STAGES[1:]:
        if stage not in table.found and (best := table.best(stage, lambda column: column in clocks)):
            spec = {"from": (best[0],), "convert": _CLOCK}
            spec |= {"format": clocks[best[0]].form} if clocks[best[0]].form else {}
            table.take(stage, spec, best[1] * LIKELY)


def _take_time(table: Table, stage: str, column: str, weight: float) -> None:
    time_form = table.times[column]
    doubt = _either_way(time_form)
    clock = _clock_beside(table, column) if time_form.midnight or time_form.convert == "day" else None
    if clock is not None and time_form.form and not table.times[clock].form:
        clock = None  # a part of the day is read behind a day as ISO 8601 writes it
        doubt = _IN_PARTS
    if clock is None:
        spec: dict[str, Any] = {
            "from": (column,),
            "convert": "day" if time_form.midnight else time_form.convert,
        }
        spec |= {"format": time_form.form} if time_form.form else {}
        spec |= {"scale": time_form.scale} if time_form.scale else {}
        if not time_form.zoned and _says_utc(table, column):
            spec, weight = spec | {"zone": "UTC"}, weight * LIKELY
        if time_form.midnight and not doubt:
            table.take(stage, spec, GUESS, _MIDNIGHT)
            return
        table.take(stage, spec, GUESS / 2 if doubt else weight * (SURE if time_form.zoned else _WALL), doubt)
        return
    if time_form.convert == "epoch_ms":
        spec = {"from": (column, clock), "join": " ", "convert": "local"}
        table.take(stage, spec, weight * LIKELY, "a date and a time in two columns")
        return
    day = time_form.form or (
        "%Y-%m-%d" if time_form.convert == "day" else _iso_midnight(table.values[column][0])
    )
    day = day.replace("%I:%M:%S %p", "12:00:00 AM").replace("%H:%M:%S", "00:00:00").replace("%H:%M", "00:00")
    spec = {"from": (column, clock), "join": " ", "convert": "local"}
    if table.times[clock].form:
        spec |= {"format": f"{day} {table.times[clock].form}"}
    if _says_utc(table, column) or _says_utc(table, clock):
        spec |= {"zone": "UTC"}
    table.take(
        stage, spec, GUESS / 2 if doubt else weight * LIKELY, doubt or "a date and a time in two columns"
    )


def _says_utc(table: Table, column: str) -> bool:
    """Whether a column is called after UTC, by its name or by what the layer has for people."""
    return any(
        _OF_UTC.search(snake_case(name)) for name in (column, table.sample.aliases.get(column, column))
    )


def _either_way(form: Written) -> str:
    return f"day and month may be the other way round, as in {form.twin}" if form.twin else ""


def _iso_midnight(value: object) -> str:
    return "%Y-%m-%d" + str(value)[10:]


def _clock_beside(table: Table, column: str) -> str | None:
    """The column with the clock readings that belong to a column of dates."""
    stem = re.sub(r"_?(?:date|dt|day)$|^(?:date|day)_?(?:of_)?", "", unzoned(snake_case(column)))
    clocks = [
        name
        for name, form in table.times.items()
        if form.convert == "time_of_day" and name not in table.taken
    ]
    same = [name for name in clocks if re.sub(_CLOCK_NAME, "", unzoned(snake_case(name))) == stem]
    return same[0] if same else None
