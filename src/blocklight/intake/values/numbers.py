"""Reads numbers in a source's own notation; raises ``ValueError`` on nonsense."""

import math
from typing import Any

_NUMERIC = (int, float, str)  # exactly: a bool is no number


def to_int(value: object) -> int:
    """A whole number."""
    number = to_float(value)
    if not number.is_integer():
        raise ValueError("not a whole number")
    return int(number)


def to_float(value: Any) -> float:  # noqa: ANN401 - a source's value may be anything
    """A finite number."""
    if type(value) is float and math.isfinite(value):  # the usual case, several times a row
        return value
    if type(value) not in _NUMERIC:
        raise ValueError("not a number")
    try:
        number = float(value)
    except OverflowError:
        raise ValueError("not a number") from None
    if not math.isfinite(number):
        raise ValueError("not finite")
    return number
