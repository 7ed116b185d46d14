"""Adds signed-off call types and the ground to a city file's text; every other byte and comment stays."""

import tomllib
from collections.abc import Mapping
from datetime import date
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Table

from blocklight.errors import CityFileError
from blocklight.model.vocabulary import Category


def with_signed_types(text: str, signed: Mapping[str, Category], day: date, *, file: str) -> str:
    """A city file with a line for each signed type under ``[call_types.exact]``, dated by a comment.

    Raises ``CityFileError`` for a file whose tables are written so that a line cannot be added.
    """
    by_hand = CityFileError(file, "call_types.exact", "cannot be edited; add the lines by hand")
    try:
        document = tomlkit.parse(text)
        types = document.setdefault("call_types", tomlkit.table(is_super_table=True))
        exact = types.setdefault("exact", tomlkit.table())
        if not isinstance(exact, Table):
            raise by_hand
        exact.add(tomlkit.comment(f"Signed off on {day.isoformat()}."))
        for name, category in signed.items():
            exact[name] = str(category)
        exact.add(tomlkit.nl())
    except TOMLKitError as error:
        raise by_hand from error
    edited = tomlkit.dumps(document).rstrip() + "\n"
    if tomllib.loads(edited) != _expected(tomllib.loads(text), signed):
        raise by_hand
    return edited


def with_ground(text: str, keys: Mapping[str, object], *, file: str) -> str:
    """A city file with *keys* added: tables of `map`, `geocoder` and `places`, and further `areas`.

    Raises ``CityFileError`` for a file whose tables are written so that a key cannot be added.
    """
    by_hand = CityFileError(file, min(keys, default=""), "cannot be edited; add the lines of --print by hand")
    before = tomllib.loads(text)
    try:
        document = tomlkit.parse(text)
        for name, value in keys.items():
            if isinstance(value, list):
                _append(document, name, value)
            elif name in document:
                document[name].update(value)
            else:
                document.add(tomlkit.nl())
                document[name] = value
    except (TOMLKitError, AttributeError, TypeError) as error:
        raise by_hand from error
    edited = tomlkit.dumps(document).rstrip() + "\n"
    if tomllib.loads(edited) != _merged(before, keys):
        raise by_hand
    return edited


def ground_lines(keys: Mapping[str, object]) -> str:
    """The lines that ``with_ground`` would add, for a person to paste."""
    return with_ground("", keys, file="").lstrip()


def _append(document: tomlkit.TOMLDocument, name: str, rows: list[dict[str, Any]]) -> None:
    tables = document.get(name)
    if tables is None:
        tables = tomlkit.aot()
        document.add(tomlkit.nl())
        document.add(name, tables)
    for row in rows:
        table = tomlkit.item(row)
        table.add(tomlkit.nl())
        tables.append(table)


def _merged(before: Mapping[str, Any], keys: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(before)
    for name, value in keys.items():
        is_list = isinstance(value, list)
        merged[name] = [*merged.get(name, []), *value] if is_list else {**merged.get(name, {}), **value}
    return merged


def _expected(before: dict[str, Any], signed: Mapping[str, Category]) -> dict[str, Any]:
    types = before.get("call_types", {})
    exact = {**types.get("exact", {}), **{name: str(category) for name, category in signed.items()}}
    return {**before, "call_types": {**types, "exact": exact}}
