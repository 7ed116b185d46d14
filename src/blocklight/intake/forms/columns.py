"""Knows which columns a city file wants of a source, cuts them out of rows, and says which are gone."""

import re
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from blocklight.config.city import SourceSpec
from blocklight.config.matching import Matcher
from blocklight.errors import SourceChanged
from blocklight.intake.forms.messages import MESSAGES
from blocklight.intake.record import RawRecord


class Columns:
    """The columns of one source: those that its city file names, and nothing else, reach a record.

    A column's name may be a path with dots into what a row holds (``geometry.coordinates``). *patterns* of
    the city file cut further columns out of a text by their named groups. A source that is only looked at
    gives every column whose value is a text or a number.
    """

    def __init__(self, source: SourceSpec) -> None:
        self._patterns = [(column, Matcher(text)) for column, text in source.patterns.items()]
        self._cut = {name for _, pattern in self._patterns for name in pattern.groupindex}
        cursor = () if source.cursor_column is None else (source.cursor_column,)
        self._fields = [spec.source for _, spec in source.fields.named() if spec.source]
        self._needed = (*source.key, *cursor)
        named = (column for columns in self._fields for column in columns)
        self.wanted = tuple(dict.fromkeys((*self._needed, *named)))
        self._read = tuple(column for column in self.wanted if column not in self._cut)
        tops = (column.partition(".")[0] for column in self._read)
        # The columns that anything is read from.
        self.read_from = frozenset({*self._read, *tops, *source.patterns})
        self._every = source.every_column
        self._message = None if source.message is None else MESSAGES[source.message]
        self._deep = any("." in column for column in self._read)

    @property
    def read(self) -> tuple[str, ...]:
        """The columns that are read from a row as they are, without those that patterns cut out."""
        return self._read

    @property
    def every(self) -> bool:
        """Whether all columns are wanted."""
        return self._every

    @property
    def is_message(self) -> bool:
        """Whether each record is a standard message, which may also stand alone."""
        return self._message is not None

    def record(self, row: Mapping[str, object]) -> RawRecord:
        """What of a row is wanted; of a standard message, what is read of it at all."""
        if self._message is not None:
            row = self._message(row)
        if self._every:
            rest = {name: value for name, value in row.items() if isinstance(value, str | int | float)}
            return rest | self._wanted_of(row)
        return self._wanted_of(row)

    def _wanted_of(self, row: Mapping[str, object]) -> dict[str, Any]:
        if self._deep:
            record = {column: value for column in self._read if (value := _value_at(row, column)) is not None}
        else:
            record = {column: value for column in self._read if (value := row.get(column)) is not None}
        for column, pattern in self._patterns:
            value = _value_at(row, column)
            if isinstance(value, str) and (hit := pattern.search(value)):
                record.update((name, text) for name, text in hit.groupdict().items() if text is not None)
        return record

    def records(self, rows: Iterable[object]) -> list[RawRecord]:
        """The records of rows; a row that is no table of columns becomes an empty record."""
        return [self.record(row) if isinstance(row, Mapping) else {} for row in rows]

    def named(self, heading: Sequence[str]) -> list[str]:
        """Headings as the city file writes them, where they differ only in case, gaps and dots.

        A portal's own exports call its columns so: ``Block Location`` is ``block_location``.
        """
        spellings = {
            _folded_name(column): column
            for column in (*self.wanted, *(origin for origin, _ in self._patterns))
        }
        return [
            name if name in spellings.values() else spellings.get(_folded_name(name), name)
            for name in heading
        ]

    def expect_in_heading(self, heading: AbstractSet[str]) -> None:
        """Raise ``SourceChanged`` naming a column that is not in *heading*, which names all there are."""
        for columns in (*((column,) for column in self._needed), *self._fields):
            if not any(column in heading for column in self._sources(columns)):
                raise SourceChanged(f"column {columns[0]!r} is gone", heading=tuple(sorted(heading)))

    def _sources(self, columns: Sequence[str]) -> Iterable[str]:
        """Yield where columns come from: themselves, or what they are cut out of."""
        for column in columns:
            if column in self._cut:
                yield from (origin for origin, pattern in self._patterns if column in pattern.groupindex)
            else:
                yield column


def _folded_name(name: str) -> str:
    return re.sub(r"[^0-9a-z]+", "_", name.casefold()).strip("_")


def _value_at(row: Mapping[str, object], column: str) -> Any:  # noqa: ANN401 - a source's value may be anything
    if column in row or "." not in column:
        return row.get(column)
    return reach(row, column)


def reach(value: object, path: str) -> Any:  # noqa: ANN401 - any JSON value in, any out
    """What lies at a path with dots inside a document, counting from 0; ``None`` for nothing."""
    for part in path.split(".") if path else ():
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value
