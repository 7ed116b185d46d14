"""Finds the list of records in a JSON document, in whichever of the usual ways it is written."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from blocklight.geo.exact import SourceKey
from blocklight.intake.forms.bounded_json import parse_json
from blocklight.intake.record import Unreadable

# Columns for what a list is keyed by, and for the name of the group that a row stands in.
KEY, GROUP = "__key", "__group"

_NAMES = ("columns", "fields", "headers", "header", "cols", "columnNames")
_SCALAR = (str, int, float)


def list_at(document: object, path: str) -> list[object] | None:
    """The list at a path with dots inside a document, ``None`` where there is none.

    A part ``*`` of the path stands for every member: their lists are put together, each row with the name of
    its member as ``__group``. A list may also be an object of records by their ids, which are then in
    ``__key``, and any part of the document may be JSON within a text. An empty list is written in several
    ways: ``null`` there or on the way there, and as an object or a text without anything in it by what turns
    XML into JSON.
    """
    return _list_at(document, path.split(".") if path else [], at_root=not path)


def _list_at(value: object, parts: Sequence[str], *, at_root: bool) -> list[object] | None:
    value = _opened_json(value)
    if value is None:
        return []
    if not parts:
        return _list_of_rows(value, at_root=at_root)
    part, rest = parts[0], parts[1:]
    if part == "*":
        return _of_every(value, rest)
    if isinstance(value, Mapping) and part in value:
        return _list_at(value[part], rest, at_root=False)
    if isinstance(value, list) and part.isdecimal() and int(part) < len(value):
        return _list_at(value[int(part)], rest, at_root=False)
    return None


def _list_of_rows(value: object, *, at_root: bool) -> list[object] | None:
    if isinstance(value, list):
        return value
    if not at_root and value in ("", {}):
        return []
    if not at_root and isinstance(value, Mapping) and all(_is_record(member) for member in value.values()):
        return [{**member, KEY: name} for name, member in value.items()]
    return None


def _of_every(value: Any, rest: Sequence[str]) -> list[object] | None:  # noqa: ANN401 - see above
    """The lists of all members as one; ``None`` where one of them has none, as it would be missed."""
    if isinstance(value, Mapping) and not rest and any(_is_record(member) for member in value.values()):
        return [{**member, KEY: name} for name, member in value.items() if isinstance(member, Mapping)]
    named = value.items() if isinstance(value, Mapping) else ((None, member) for member in value or ())
    rows: list[object] = []
    for name, member in named:
        if not isinstance(member, Mapping | list | None):
            continue
        rows_there = _list_at(member, rest, at_root=False)
        if rows_there is None:
            return None
        rows += [{**row, GROUP: name} if name and isinstance(row, Mapping) else row for row in rows_there]
    return rows


def _is_record(value: object) -> bool:
    """Whether something may be a record: it says something itself, and does not only hold lists."""
    return isinstance(value, Mapping) and any(isinstance(member, _SCALAR) for member in value.values())


def _opened_json(value: object) -> Any:  # noqa: ANN401 - see above
    """What a text holds that is itself JSON, as older web services of .NET answer."""
    if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        try:
            return parse_json(value.encode())
        except orjson.JSONDecodeError:
            return value
    return value


def tables_of_rows(
    rows: Sequence[object], names: Sequence[str], columns: Sequence[str], around: Mapping[str, object]
) -> tuple[list[object], list[Unreadable]]:
    """Rows that are lists of values as tables of columns; other rows stay as they are.

    Their names are *names*, or those in the first row or in a member beside the list (*around*), where the
    *columns* ones are among them, or else their positions from 0. A row of another length is damaged.
    """
    if not any(isinstance(row, list) for row in rows):
        return list(rows), []
    listed = next(row for row in rows if isinstance(row, list))
    if not names and columns and set(columns) <= {value for value in listed if isinstance(value, str)}:
        names, rows = [str(value) for value in listed], rows[1:]
    names = names or _names_beside(around, columns)
    named: list[object] = []
    unreadable: list[Unreadable] = []
    for row in rows:
        if not isinstance(row, list):
            named.append(row)
        elif not names or len(row) == len(names):
            named.append(dict(zip(names or map(str, range(len(row))), row, strict=True)))
        else:
            unreadable.append(Unreadable(SourceKey(repr(row)), "ragged_row"))
    return named, unreadable


def described_names(document: object, path: str, width: int) -> list[str]:
    """The names that a document has for the *width* values of each row, beside its list or in its `meta`.

    Socrata's export has them in ``meta.view.columns``, far from its rows.
    """
    around = _at(document, path.split(".")[:-1])
    for described in (around, _at(document, ("meta", "view")), _at(document, ("meta",))):
        for member in _NAMES:
            column_list = described.get(member) if isinstance(described, Mapping) else None
            names = [_column_name(column) for column in column_list] if isinstance(column_list, list) else []
            if len(names) == width and all(names):
                return names
    return []


def _at(document: object, parts: Sequence[str]) -> object:
    for part in parts:
        document = document.get(part) if isinstance(document, Mapping) else None
    return document


def _names_beside(around: Mapping[str, object], columns: Sequence[str]) -> list[str]:
    for member in _NAMES:
        column_list = around.get(member)
        if not isinstance(column_list, list):
            continue
        names = [_column_name(column) for column in column_list]
        if columns and set(columns) <= set(names):
            return names
    return []


def _column_name(column: object) -> str:
    if isinstance(column, Mapping):
        return str(next((column[key] for key in ("fieldName", "name", "id", "title") if key in column), ""))
    return str(column)
