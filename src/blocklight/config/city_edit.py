"""Adds signed-off call types to the text of a city file, and leaves every other byte and comment as it is."""

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
    """Return a city file with a line for each signed type under ``[call_types.exact]``, dated by a comment.

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


def _expected(before: dict[str, Any], signed: Mapping[str, Category]) -> dict[str, Any]:
    types = before.get("call_types", {})
    exact = {**types.get("exact", {}), **{name: str(category) for name, category in signed.items()}}
    return {**before, "call_types": {**types, "exact": exact}}
