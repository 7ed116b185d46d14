"""Guesses which column is which of our fields, by its name and by what stands in it."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from blocklight.config.city import CallTypes
from blocklight.intake.call_types import CallMeanings
from blocklight.intake.propose.coordinates import is_point, propose_place
from blocklight.intake.propose.guesses import GUESS, LIKELY, SURE, Table, snake_case
from blocklight.intake.propose.position import Position
from blocklight.intake.propose.sample import Sample
from blocklight.intake.propose.stages import note_times, propose_stages

_MOST_STATES = 20
# A column is a key if hardly a value comes twice: rows may be repeated by mistake.
_ALONE = 0.995

_MOSTLY = 0.8
_WORDED = r"_?(?:text|desc|description|name)"
_MANY = 10
_FURTHER = re.compile(
    r"(?:initial|original|orig|sub|secondary)_?\w*(?:type|desc|nature)|cv_?legend|^offen[sc]e$"
)
_ID = re.compile(
    r"^unique_key$|^(?:call|incident|inc|run|event|case|placemark|cad|service_?request|request|sr|case_enquiry|nopd|entry|incident_entry|master_incident|cad_event)?_?"
    r"(?:number|num|no|id|item)$|^case_?(?:no|number)$|(?:^|_)guid$|^__key$"
    r"|^(?:call|event|log|incident|entry|row)_(?:incident|event|call|case|key|id|no|num|number)$"
)
_CODE, _CALLED = (
    re.compile(r"(?=.*\d)[A-Za-z0-9-]+"),
    re.compile(r"^(?:call|case|incident|event|run|report)$"),
)
# What else a number with three digits may be.
_PART_OF_ADDRESS = re.compile(r"block|house|street|building|apartment|zip|post|phone|distance")

_LINK = re.compile(r"(?:^|_)(?:link|url|uri|permalink|href)$")
_ONE_WORD = re.compile(r"(?=.*\d{3})[A-Za-z0-9-]+")
# A number before a name, or two names with a sign of a crossing between them.
_ADDRESS = re.compile(
    r"^\d[\dX]{0,5} +(?:BLOCK |BLK )?(?:OF )?[A-Z\d][\w.' -]*[A-Z]|[A-Z]{2} *[/&@] *\w"
    r"|[A-Z]{2} +(?:AT|AND) +\w+ +\w",
    re.IGNORECASE,
)

_LONGEST_ADDRESS = 120
# The two that GeoReport v2 knows: the other one may just not stand in this answer.
_OPEN311_STATES = {"open", "closed"}

_UNIT = re.compile(r"^unit_?(?:id|number|no|name)?$")


def propose_fields(sample: Sample, position: Position) -> Table:
    """Propose a field map for the columns of a sample, each with its confidence."""
    table = Table(sample)
    for column in sample.columns:
        values = [row.get(column) for row in sample.rows]
        table.values[column] = [value for value in values if value not in (None, "")]
    note_times(table)
    propose_stages(table)
    _type(table)
    propose_place(table, position)
    for step in (_propose_words, _propose_further_types):
        step(table)
    return table


def _type(table: Table) -> None:
    def suits(column: str) -> bool:
        return column not in table.times and any(re.search("[A-Za-z]", str(v)) for v in table.values[column])

    empty = _says_nothing_of_calls(table)
    best = table.best("source_type", lambda column: suits(column) and column not in empty)
    best = best or table.best("source_type", suits) or _only_further(table, suits)
    if best is None and (column := _by_its_words(table, suits)):
        table.take("source_type", {"from": (column,)}, GUESS, "chosen by its words, not by its name")
    elif best is not None:
        column, weight = _column_in_words(table, best[0]), best[1]
        filled = len(table.values[column]) / len(table.sample.rows)
        spare = (
            table.best("source_type", lambda name: name != column and suits(name)) if filled < SURE else None
        )
        columns = (column, spare[0]) if spare else (column,)
        table.take("source_type", {"from": columns}, weight * SURE)


def _says_nothing_of_calls(table: Table) -> set[str]:
    """The columns in which all of many rows have one same value that is no type of call: ``incidents``."""
    meanings, empty = CallMeanings(CallTypes(), ()), set()
    for column, values in table.values.items():
        texts = set(map(str, values)) if len(values) >= _MANY else set()
        if len(texts) == 1 and not meanings.of(texts.pop()).is_call_type:
            empty.add(column)
    return empty


def _only_further(table: Table, suits: Callable[[str], bool]) -> tuple[str, float] | None:
    """The first column that would be a further type, where there is no other."""
    columns = (
        c for c, values in table.values.items() if values and suits(c) and _FURTHER.search(snake_case(c))
    )
    column = next(columns, None)
    return None if column is None else (column, GUESS)


def _by_its_words(table: Table, suits: Callable[[str], bool]) -> str | None:
    """The column most of whose values the shipped rules know for call types."""
    meanings, best = CallMeanings(CallTypes(), ()), (GUESS, "")
    for column, values in table.values.items():
        if (
            values
            and column not in table.taken
            and suits(column)
            and not isinstance(values[0], Mapping | list)
        ):
            readable = sum(meanings.of(str(value)).is_call_type for value in values)
            best = max(best, (readable / len(table.sample.rows), column), key=lambda one: one[0])
    return best[1] or None


def _column_in_words(table: Table, column: str) -> str:
    """The column that says in words what a column of codes says, or the column itself."""
    codes = [value for value in table.values[column] if " " not in str(value).strip()]
    if len(codes) < _MOSTLY * len(table.values[column]):
        return column
    for name, values in table.values.items():
        if values and re.fullmatch(re.escape(snake_case(column)) + _WORDED, snake_case(name)):
            return name
    return column


def _propose_words(table: Table) -> None:
    """Propose what is read as it stands."""
    for name in ("address", "cross_street", "priority", "disposition", "origin", "status", "units"):

        def suits(column: str, name: str = name) -> bool:
            values = table.values[column]
            if column in table.times or isinstance(values[0], Mapping | list):
                return name == "units" and isinstance(values[0], list)
            if name == "address" and snake_case(column) == "title":  # a headline, as often as not
                return _holds_addresses(values, len(table.sample.rows))
            return name != "address" or not is_point(values)

        best = table.best(name, suits)
        if best is None:
            continue
        column, weight = best
        column = _column_in_words(table, column) if name == "disposition" else column
        values = [str(value) for value in table.values[column]]
        if isinstance(table.values[column][0], list):
            spec: dict[str, Any] | None = {"from": (column,), "convert": "length"}
        elif name == "status" and _is_open311(table) and {*map(str.casefold, values)} <= _OPEN311_STATES:
            spec = {"from": (column,), "map": {"closed": "closed"}, "default": "open"}
        else:
            spec = _word_spec(name, column, values)
        if spec:
            table.take(name, spec, weight * LIKELY)
    _joined_address(table)
    if not {"address", "point", "lon"} & set(table.found) and (addressed := _by_its_addresses(table)):
        table.take("address", {"from": (addressed,)}, GUESS, "chosen by its values, not by its name")


def _is_open311(table: Table) -> bool:
    return "service_request_id" in table.values


def _by_its_addresses(table: Table) -> str | None:
    """Find the column of which most values are written like addresses or corners."""
    for column, values in table.values.items():
        free = column not in table.taken and column not in table.times
        if free and _holds_addresses(values, len(table.sample.rows)):
            return column
    return None


def _holds_addresses(values: Sequence[object], rows: int) -> bool:
    texts = [str(value) for value in values if not isinstance(value, Mapping | list)]
    return sum(map(_is_address, texts)) >= _MOSTLY * rows


def _is_address(text: str) -> bool:
    return len(text) <= _LONGEST_ADDRESS and bool(_ADDRESS.search(text))


def _word_spec(name: str, column: str, values: Sequence[str]) -> dict[str, Any] | None:
    whole = all(value.removesuffix(".0").isdecimal() for value in values)
    if name == "priority":
        return {"from": (column,), "convert": "int"} if whole else None
    if name == "units":
        return {"from": (column,), "convert": "int" if whole else "units"}
    if name == "status":
        words = {
            value: "closed"
            for value in sorted(set(values))
            if re.search(r"^C$|clos|complet|resolv|cancel|clear", value, re.IGNORECASE)
        }
        return (
            {"from": (column,), "map": words, "default": "open"}
            if words and len(set(values)) < _MOST_STATES
            else None
        )
    if name == "origin":
        officer = {
            value: "officer"
            for value in sorted(set(values))
            if re.search(r"^Y|on.?view|officer|self", value, re.IGNORECASE)
        }
        return {"from": (column,), "map": officer or {"Y": "officer"}, "default": "community"}
    return {"from": (column,)}


def _joined_address(table: Table) -> None:
    named = {snake_case(column): column for column in table.values}
    number = named.get("block_number") or named.get("street_number") or named.get("house_number")
    street = named.get("street") or named.get("street_name")
    if number and street:
        table.take("address", {"from": (number, street), "join": " "}, LIKELY)


def _propose_further_types(table: Table) -> None:
    """Propose the further type columns: what one of them withholds is withheld."""
    columns = tuple(
        column
        for column, values in table.values.items()
        if values
        and column not in table.taken
        and column not in table.times
        and _FURTHER.search(snake_case(column))
        and _column_in_words(table, column) == column
    )
    columns = (*table.found["source_type"].columns[1:], *columns) if "source_type" in table.found else columns
    if columns:
        table.take("other_type", {"from": columns}, LIKELY)


def propose_key(table: Table) -> tuple[tuple[str, ...], str, float]:
    """The key columns, what a row is (``incident``, ``unit`` or ``part``), and how sure that is."""
    rows = len(table.sample.rows)
    ids = [
        c
        for c in table.values
        if _ID.search(snake_case(c)) and c not in table.sample.row_ids and table.values[c]
    ]
    full = [column for column in ids if len(table.values[column]) >= _filled(column) * rows]
    if full:
        best = max(full, key=lambda column: (_rank(column), -full.index(column)))
        alone = len({str(value) for value in table.values[best]}) / max(1, len(table.values[best]))
        if alone > _ALONE:
            return (best,), "incident", SURE
        unit = any(_UNIT.search(snake_case(column)) for column in table.values)
        return (best,), "unit" if unit else "part", LIKELY
    if column := _by_its_ids(table):
        return (column,), "incident", LIKELY
    if link := next((c for c in table.values if _LINK.search(snake_case(c)) and _differs(table, c)), None):
        return (link,), "incident", LIKELY
    names = ("agency", "address", "cross_street", "received_at", "lon", "lat", "point")
    columns = [c for name in names if name in table.found for c in table.found[name].columns]
    return tuple(dict.fromkeys(columns)) or (table.sample.columns[0],), "incident", GUESS


def _differs(table: Table, column: str) -> bool:
    """Whether a column is another in each row."""
    return len({str(value) for value in table.values[column]}) == len(table.sample.rows) > 1


def _filled(column: str) -> float:
    """Say in which share of the rows a key stands; where its name leaves no doubt, some may lack it."""
    return GUESS if snake_case(column) in ("service_request_id", "unique_key") else SURE


def _by_its_ids(table: Table) -> str | None:
    """Find the column that names each row by one word with digits in it, whatever it is called."""
    for column, values in table.values.items():
        texts = [str(value) for value in values]
        if (
            column not in table.taken | set(table.times) | set(table.sample.row_ids)
            and not _PART_OF_ADDRESS.search(snake_case(column))
            and len(set(texts)) == len(table.sample.rows) > 1
            and all(
                (_CODE if _CALLED.search(snake_case(column)) else _ONE_WORD).fullmatch(text) for text in texts
            )
        ):
            return column
    return None


def _rank(column: str) -> int:
    """How likely a column numbers calls: an id is often the table's own, a number the agency's."""
    name = snake_case(column)
    whole = bool(re.search(r"^(?:call|cad|event|incident|service_request)", name))
    return (
        2 * bool(re.search(r"(?:number|num|no)$", name)) + 2 * whole + bool(re.search(r"^(?:call|cad)", name))
    )
