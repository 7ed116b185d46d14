"""What every table of a city file is: checked, frozen, and without a key that nobody knows."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationInfo

from blocklight.config.matching import longest

# How long a pattern may take is worked out from its parts, and that takes time by itself.
_LONGEST_PATTERN = 10_000

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


def _cutting(text: str) -> str:
    """Check a pattern that only cuts a text apart: it may well find something in every text."""
    _bounded_pattern(text)
    return text


class Tested:
    """The validation context of the patterns that come with Blocklight: tests check them, no command does."""


def _pattern(text: str, info: ValidationInfo) -> str:
    if info.context is Tested:
        return text
    pattern = _bounded_pattern(text)
    if pattern.search("") or all(pattern.search(sample) for sample in _UNLIKE):
        raise ValueError("this pattern matches everything")
    return text


def _bounded_pattern(text: str) -> re.Pattern[str]:
    if len(text) > _LONGEST_PATTERN:
        raise ValueError(f"a pattern has at most {_LONGEST_PATTERN:,} characters")
    try:
        pattern = re.compile(text, re.IGNORECASE)
        bounded = longest(text, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"not a regular expression: {error}") from error
    if not bounded:
        raise ValueError(
            "this pattern could take too long: what it repeats may match in several ways; "
            "write at most two of `.*` after each other, and none inside what is repeated"
        )
    return pattern


def _narrow_pattern(text: str) -> str:
    matched = sum(re.search(text, sample, re.IGNORECASE) is not None for sample in _UNLIKE)
    if matched > len(_UNLIKE) // 2:
        raise ValueError(
            f"this pattern matches {matched} of {len(_UNLIKE)} types that have nothing in common"
        )
    return text


Pattern = Annotated[str, AfterValidator(_pattern)]
# A pattern that cuts columns out of a text, and decides nothing.
CuttingPattern = Annotated[str, AfterValidator(_cutting)]
# A pattern that lets types be published: it may not catch whatever comes.
NarrowPattern = Annotated[Pattern, AfterValidator(_narrow_pattern)]

PublicReason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=10, max_length=400)]


def comparable_words(text: str) -> str:
    """The form in which an agency's words are compared: upper case, gaps and `_` as one space."""
    return " ".join(text.replace("_", " ").split()).upper()


def several(value: object) -> object:
    """Read one word where several may stand."""
    return (value,) if isinstance(value, str) else value
