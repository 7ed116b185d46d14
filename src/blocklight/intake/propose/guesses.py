"""A column's guessed meaning, and the table of a sample that guesses are made about."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from blocklight.intake.propose.names import NAMES
from blocklight.intake.propose.sample import Sample
from blocklight.intake.propose.times import Written

SURE, LIKELY, GUESS = 0.95, 0.75, 0.5
# Stands in a proposed file for what only a person knows.
FILL_IN = "FILL_IN"


@dataclass(frozen=True, slots=True)
class Guess:
    """One proposed field: the table for the city file, and how sure that is, from 0 to 1."""

    spec: Mapping[str, Any]
    confidence: float
    why: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it is read from."""
        return tuple(self.spec.get("from", ()))


@dataclass(slots=True)
class Table:
    """The columns of a sample with their values, and what was proposed so far."""

    sample: Sample
    values: dict[str, list[Any]] = field(default_factory=dict)
    times: dict[str, Written] = field(default_factory=dict)
    found: dict[str, Guess] = field(default_factory=dict)

    def take(self, name: str, spec: Mapping[str, Any], confidence: float, reason: str = "") -> None:
        """Propose a field."""
        self.found[name] = Guess(spec, confidence, reason)

    @property
    def taken(self) -> set[str]:
        """The columns that stand for something."""
        return {column for guess in self.found.values() for column in guess.columns}

    def best(self, name: str, suits: Callable[[str], bool]) -> tuple[str, float] | None:
        """Find the free column whose name says most that it is a field, of those that suit."""
        best: tuple[str, float] | None = None
        for column, values in self.values.items():
            if not values or column in self.taken or not suits(column):
                continue
            names = {snake_case(column), snake_case(self.sample.aliases.get(column, column))}
            for pattern, weight in NAMES[name]:
                if any(re.search(pattern, called) for called in names):
                    if best is None or weight > best[1]:
                        best = column, weight
                    break
        return best


def snake_case(name: str) -> str:
    """Write a column's name in small letters with one kind of gap: ``callType`` is ``call_type``."""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.replace("DtTm", "dttm").replace("#", " number"))
    return re.sub(r"[^0-9a-z_]+", "_", name.casefold()).strip("_") if name[:2] != "__" else name
