"""What every table of a city file is: checked, frozen, and without a key that nobody knows."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

# Call types that have nothing in common: a pattern that finds something in each of them finds it in all that
# have a letter.
_UNLIKE = (
    "NOISE",
    "BURGLARY",
    "MVA",
    "WTR LK",
    "HIT & RUN",
    "415PC",
    "ALARM",
    "DOG",
    "TRAFFIC STOP",
)


class Table(BaseModel):
    """A TOML table in which an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _pattern(text: str) -> str:
    try:
        pattern = re.compile(text, re.IGNORECASE)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    if pattern.search("") or all(pattern.search(sample) for sample in _UNLIKE):
        raise ValueError("this pattern matches everything")
    return text


Pattern = Annotated[str, AfterValidator(_pattern)]


def folded(text: str) -> str:
    """Return the form in which an agency's words are compared: upper case, gaps and `_` as one space."""
    return " ".join(text.replace("_", " ").split()).upper()


def several(value: object) -> object:
    """Read one word where several may stand."""
    return (value,) if isinstance(value, str) else value
