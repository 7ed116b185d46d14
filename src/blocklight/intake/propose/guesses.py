"""A column's guessed meaning, and the table of a sample that guesses are made about."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from blocklight.intake.propose.names import NAMES
from blocklight.intake.propose.sample import Sample
from blocklight.intake.propose.times import Written

SURE, LIKELY, GUESS = 0.95, 0.75, 0.5
# How much less a name says that is that of a member inside another.
_INSIDE = 0.9

_ZONE_WORD = re.compile(r"_(?:utc|gmt|zulu|local)$")
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
            whole = {snake_case(column), snake_case(self.sample.aliases.get(column, column))}
            names = {**dict.fromkeys(_last_names(column), _INSIDE), **dict.fromkeys(map(unzoned, whole), 1.0)}
            for pattern, weight in NAMES[name]:
                if fits := [share for called, share in names.items() if re.search(pattern, called)]:
                    best = max(best or (column, 0.0), (column, weight * max(fits)), key=lambda one: one[1])
                    break
        return best


def unzoned(name: str) -> str:
    """A folded name without the zone behind it: ``received_utc`` is ``received``."""
    return _ZONE_WORD.sub("", name)


def _last_names(column: str) -> set[str]:
    """What a member inside another, or an attribute, is called itself: ``inc@lat`` is ``lat``."""
    last = re.split(r"[.@]", column)[-1]
    return {unzoned(snake_case(last))} if last and last != column else set()


def snake_case(name: str) -> str:
    """Write a column's name in small letters with one kind of gap: ``callType`` is ``call_type``."""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.replace("DtTm", "dttm").replace("#", " number"))
    return re.sub(r"[^0-9a-z_]+", "_", name.casefold()).strip("_") if name[:2] != "__" else name
