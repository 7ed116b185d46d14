"""Rows as an answer has them, each encoded by itself."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Values in the order of the fields that were asked for: texts, whole numbers, times in ms since 1970.
FlatRow = Sequence[Any]
# Longitude and latitude in rows; without a place, neither is a number.
Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Form:
    """How rows are written: two forms of one *kind* and with the same *names* write the same bytes."""

    kind: Hashable
    names: tuple[str, ...]
    encode: Callable[[Sequence[FlatRow], Points], list[bytes]] = field(compare=False)


@dataclass(frozen=True, slots=True)
class EncodedRows:
    """Rows in order with their public points, and whether there are more."""

    rows: list[bytes]
    points: Points
    has_more: bool


def as_points(points: Sequence[tuple[float, float] | None]) -> Points:
    """Points as rows of an array."""
    nowhere = (np.nan, np.nan)
    return np.array([point or nowhere for point in points], dtype=np.float64).reshape(-1, 2)
