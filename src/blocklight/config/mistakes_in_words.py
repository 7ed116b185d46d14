"""Says in plain words what is wrong with a city file, and what was most likely meant."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

# Below it the key that is proposed would have little in common with the one that was typed.
_SIMILAR = 0.6

_LATITUDES = ("south", "north")


def in_words(error: ErrorDetails, top: type[BaseModel]) -> str:
    """The reason of one mistake; *top* is the model of the whole file."""
    entered: Any = error.get("input")
    match error["type"]:
        case "extra_forbidden":
            return "unknown key" + _suggestion(error["loc"], top)
        case "missing":
            return "is missing"
        case "literal_error":
            return _one_of(error, entered)
        case "less_than_equal" | "greater_than_equal" if error["loc"][-1] in _LATITUDES:
            return f"{entered} is no latitude: are latitude and longitude swapped?"
        case _:
            return error["msg"].removeprefix("Value error, ")


def _suggestion(parts: tuple[int | str, ...], top: type[BaseModel]) -> str:
    table = _table_at(parts[:-1], top)
    close = get_close_matches(str(parts[-1]), list(table.model_fields) if table else [], 1, _SIMILAR)
    return f"; did you mean {close[0]!r}?" if close else ""


def _table_at(parts: tuple[int | str, ...], top: type[BaseModel]) -> type[BaseModel] | None:
    """The model of the table at *parts*, where there can only be one."""
    table = top
    for part in parts:
        if isinstance(part, int):
            continue  # of a list, which is what its members are
        field = table.model_fields.get(part)
        models = set(_models(field.annotation)) if field else set()
        if len(models) != 1:
            return None
        table = models.pop()
    return table


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def _one_of(error: ErrorDetails, entered: object) -> str:
    words = error.get("ctx", {}).get("expected", "")
    choices = [word.strip("' ") for word in words.replace(" or ", ", ").split(",")]
    close = get_close_matches(str(entered), choices, 1)
    return f"{entered!r} is none of {words}" + (f"; did you mean {close[0]!r}?" if close else "")
