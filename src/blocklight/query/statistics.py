"""Statistics over what was selected: each an exact function of values that the records show."""

from dataclasses import dataclass
from typing import Literal

from blocklight.query.conditions import Condition

StatisticKind = Literal["count", "sum", "min", "max", "avg", "var", "stddev"]
# Those that need numbers; of times they are refused.
NUMERIC: frozenset[StatisticKind] = frozenset(("sum", "avg", "var", "stddev"))


@dataclass(frozen=True, slots=True)
class Statistic:
    """One figure of each group, under a name; a count without a field counts incidents."""

    kind: StatisticKind
    field: str | None
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """Figures for each combination of the values of some fields, of which *having* keeps some."""

    by: tuple[str, ...] = ()
    figures: tuple[Statistic, ...]
    having: Condition | None = None
