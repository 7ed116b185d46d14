"""Says in plain words what is wrong with a city file, and what was most likely meant."""

from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

_SIMILAR = 0.6
_LATITUDES = ("south", "north")


def in_words(error: ErrorDetails, top: type[BaseModel]) -> str:
    """The reason of one mistake; *top* is the model of the whole file."""
    entered: Any = error.get("input")
    match error["type"]:
        case "extra_forbidden":
            return "unknown key" + (_suggestion(error["loc"][0], top) if len(error["loc"]) == 1 else "")
        case "missing":
            return "is missing"
        case "literal_error":
            return _one_of(error, entered)
        case "less_than_equal" | "greater_than_equal" if error["loc"][-1] in _LATITUDES:
            return f"{entered} is no latitude: are latitude and longitude swapped?"
        case _:
            return error["msg"].removeprefix("Value error, ")


def _suggestion(key: object, top: type[BaseModel]) -> str:
    close = get_close_matches(str(key), list(top.model_fields), 1, _SIMILAR)
    return f"; did you mean {close[0]!r}?" if close else ""


def _one_of(error: ErrorDetails, entered: object) -> str:
    words = error.get("ctx", {}).get("expected", "")
    choices = [word.strip("' ") for word in words.replace(" or ", ", ").split(",")]
    close = get_close_matches(str(entered), choices, 1)
    return f"{entered!r} is none of {words}" + (f"; did you mean {close[0]!r}?" if close else "")
