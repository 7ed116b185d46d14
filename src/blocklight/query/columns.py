"""Fields of many incidents as columns in memory: which rows meet a condition, in which order they come."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from blocklight.query.conditions import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Constant,
    FieldRef,
    Inside,
    IsNull,
    Like,
    Not,
    OneOf,
    Value,
    holds,
)
from blocklight.query.region import Degrees, Region, points_within
from blocklight.query.selection import Order

Mask = NDArray[np.bool_]
Numbers = NDArray[np.int64]
Codes = NDArray[np.int32]
# Numbers of whatever kind that sort as the values do.
Sortable = NDArray[Any]

Test = Comparison | OneOf | Like

# Stands in a column of numbers where a row has no value.
NOTHING = np.iinfo(np.int64).min

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
# For a few values one comparison each is quicker than looking all of them up.
_FEW = 3

_KEPT_TESTS = 128


def as_number(value: Value) -> int | float:
    """A value as a column of numbers has it; what lies below a millisecond is cut off."""
    if isinstance(value, datetime):
        return (value - _EPOCH) // _MS
    if isinstance(value, str):
        raise TypeError("a text is no number")
    return value


class Words:
    """The different texts of a column, each with a code; no text has the code 0."""

    def __init__(self) -> None:
        self.values: list[str | None] = [None]
        self._codes: dict[str | None, int] = {None: 0}
        self._tested: dict[Test, list[bool]] = {}

    def code(self, text: str | None) -> int:
        """The code of a text, a new one for one that has none."""
        code = self._codes.get(text)
        if code is None:
            code = self._codes[text] = len(self.values)
            self.values.append(text)
        return code

    def meeting(self, test: Test) -> Mask:
        """Which codes stand for texts that pass a test; those tested once are not tested again."""
        if len(self._tested) > _KEPT_TESTS:
            self._tested.clear()
        # A column's words only ever grow, so that what was tested before stays true.
        passed = self._tested.setdefault(test, [False])
        passed += [holds(text or "", test) for text in self.values[len(passed) :]]
        return np.array(passed)

    def equal(self, test: Test) -> list[int] | None:
        """The codes of what a test compares with as it stands; ``None`` for another kind of test."""
        match test:
            case Comparison(FieldRef(fold=None), "=", value):
                values: Iterable[Any] = (value,)
            case OneOf(FieldRef(fold=None), values) if len(values) <= _FEW:
                pass
            case _:
                return None
        return [self._codes[value] for value in values if value in self._codes]

    def ranks(self) -> Codes:
        """The place of each code in the order of the texts; no text comes first."""
        order = sorted(range(1, len(self.values)), key=lambda code: self.values[code] or "")
        ranks = np.zeros(len(self.values), dtype=np.int32)
        ranks[order] = np.arange(1, len(self.values))
        return ranks


class Column(Protocol):
    """The values of one field in all rows."""

    def passing(self, test: Test) -> Mask:
        """The rows with a value that passes a test."""

    def has_value(self) -> Mask:
        """The rows with a value."""

    def sortable(self, rows: Numbers) -> Sortable:
        """Numbers for some rows in the order of their values; what has no value comes first."""

    def values(self, rows: Numbers) -> list[Any]:
        """The values of some rows."""


class TextColumn:
    """Texts as codes of words."""

    def __init__(self, words: Words, codes: Codes) -> None:
        self._words, self._codes = words, codes

    def passing(self, test: Test) -> Mask:
        """As in ``Column``."""
        equal = self._words.equal(test)
        if equal is None:
            met: Mask = self._words.meeting(test)[self._codes]
            return met
        passed: Mask = np.zeros(len(self._codes), dtype=np.bool_)
        for code in equal:
            passed |= self._codes == code
        return passed

    def has_value(self) -> Mask:
        """As in ``Column``."""
        has_value: Mask = self._codes != 0
        return has_value

    def sortable(self, rows: Numbers) -> Sortable:
        """As in ``Column``."""
        return self._words.ranks()[self._codes[rows]]

    def values(self, rows: Numbers) -> list[Any]:
        """As in ``Column``."""
        words = self._words.values
        return [words[code] for code in self._codes[rows].tolist()]


class NumberColumn:
    """Whole numbers, or times in milliseconds since 1970."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers

    def passing(self, test: Test) -> Mask:
        """As in ``Column``."""
        numbers = self._numbers
        match test:
            case OneOf(_, values):
                passed: Mask = np.isin(numbers, [as_number(value) for value in values])
            case Comparison(_, "<>", value):
                passed = numbers != as_number(value)
            case Comparison(_, operator, value):
                passed = _COMPARING[operator](numbers, as_number(value))
            case Like():
                raise TypeError("numbers are like no text")
        return passed & self.has_value()

    def has_value(self) -> Mask:
        """As in ``Column``."""
        has_value: Mask = self._numbers != NOTHING
        return has_value

    def sortable(self, rows: Numbers) -> Sortable:
        """As in ``Column``."""
        return self._numbers[rows]

    def values(self, rows: Numbers) -> list[Any]:
        """As in ``Column``."""
        numbers = self._numbers[rows].tolist()
        return (
            [None if number == NOTHING else number for number in numbers] if NOTHING in numbers else numbers
        )


class PointColumn:
    """The public point of each row, kept once for each place; the first place is none."""

    def __init__(self, points: Degrees, places: Codes) -> None:
        self._points, self._places = points, places

    def within(self, region: Region) -> Mask:
        """Return the rows that lie in a region."""
        return points_within(region, self._points)[self._places]

    def passing(self, test: Test) -> Mask:  # noqa: ARG002 - as all columns have it
        """As in ``Column``: nothing else can be asked of a place."""
        raise TypeError("a place is compared with nothing")

    def has_value(self) -> Mask:
        """As in ``Column``."""
        has_value: Mask = self._places != 0
        return has_value

    def sortable(self, rows: Numbers) -> NDArray[Any]:  # noqa: ARG002 - the same
        """As in ``Column``: places have no order."""
        raise TypeError("places have no order")

    def values(self, rows: Numbers) -> list[Any]:
        """As in ``Column``."""
        points: list[Any] = self._points[self._places[rows]].tolist()
        return points


class PlaceColumn:
    """What belongs to the place of a row, kept once for each place; the first place is none."""

    def __init__(self, of_places: Column, places: Codes) -> None:
        self._of_places, self._places = of_places, places

    def passing(self, test: Test) -> Mask:
        """As in ``Column``."""
        return self._of_places.passing(test)[self._places]

    def has_value(self) -> Mask:
        """As in ``Column``."""
        return self._of_places.has_value()[self._places]

    def sortable(self, rows: Numbers) -> Sortable:
        """As in ``Column``."""
        return self._of_places.sortable(self._places[rows].astype(np.int64))

    def values(self, rows: Numbers) -> list[Any]:
        """As in ``Column``."""
        return self._of_places.values(self._places[rows].astype(np.int64))


_COMPARING: Mapping[str, np.ufunc] = {
    "=": np.equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


def rows_meeting(condition: Condition, columns: Mapping[str, Column], count: int) -> Mask:
    """Which of *count* rows meet a condition; of those for which that is unknown, none."""
    return _met(condition, columns, count, truth=True)


def _met(condition: Condition, columns: Mapping[str, Column], count: int, *, truth: bool) -> Mask:
    """The rows for which a condition is true, or for which it is false: unknown is neither."""
    match condition:
        case Constant(value):
            return np.full(count, value is truth)
        case Not(inner):
            return _met(inner, columns, count, truth=not truth)
        case AllOf(parts) | AnyOf(parts):
            # De Morgan: an AND is false where any part of it is, an OR where all are.
            needs_all = isinstance(condition, AllOf) is truth
            met = np.full(count, needs_all)
            for part in parts:
                if needs_all:
                    met &= _met(part, columns, count, truth=truth)
                else:
                    met |= _met(part, columns, count, truth=truth)
            return met
        case IsNull(field):
            has_value = columns[field.name].has_value()
            return ~has_value if truth else has_value
        case Inside(field, region, _):
            column = columns[field.name]
            if not isinstance(column, PointColumn):
                raise TypeError("only places lie somewhere")
            inside = column.within(region)
            return inside if truth else column.has_value() & ~inside
        case _:
            column = columns[condition.field.name]
            passed = column.passing(condition)
            return passed if truth else column.has_value() & ~passed


def ordered(rows: Numbers, order: Sequence[Order], columns: Mapping[str, Column]) -> Numbers:
    """Sort rows by some fields, of equal ones those first that come first."""
    if not order:
        return rows
    keys: list[Sortable] = [np.arange(len(rows))]
    for key_field in reversed(order):
        key = columns[key_field.field].sortable(rows)
        # One's complement: the other way round, without the one number that has no opposite.
        keys.append(~key if key_field.descending else key)
    return rows[np.lexsort(keys)]
