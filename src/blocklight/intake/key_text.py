"""Writes the text by which a source names the incident that a row belongs to."""

from datetime import date
from operator import itemgetter

from blocklight.errors import RecordRejected
from blocklight.intake.record import Coded, RawRecord

# The column that says which of several equal rows one is, from the second on.
NTH = "__nth"

_SEPARATOR = "\x1f"


class KeyText:
    """The key columns of a source, ready to be read of many rows."""

    def __init__(self, columns: tuple[str, ...]) -> None:
        self._columns = columns
        self._column = columns[0] if len(columns) == 1 else None
        self._parts_of = itemgetter(*columns)

    def __call__(self, raw: RawRecord) -> str:
        """Join the values of the key columns; raises ``RecordRejected`` when every one of them is empty."""
        text = self._of_columns(raw)
        nth = raw.get(NTH)
        return text if nth is None else f"{text}{_SEPARATOR}{nth}"

    def _of_columns(self, raw: RawRecord) -> str:
        if self._column is not None:
            value = raw.get(self._column)
            if value is None or value == "":
                raise RecordRejected("no_key")
            return str(value.code if type(value) is Coded else value)  # ids outlive a change of words
        try:
            parts = self._parts_of(raw)
        except KeyError:
            parts = (None,)
        if None in parts:
            parts = tuple("" if (value := raw.get(column)) is None else value for column in self._columns)
        parts = tuple(part.code if type(part) is Coded else part for part in parts)
        text = _SEPARATOR.join(map(str, parts))
        if len(text) < len(parts):  # nothing but separators
            raise RecordRejected("no_key")
        return text


def on_day(text: str, day: date) -> str:
    """Add the day to a key that means something else on every day."""
    return f"{text}{_SEPARATOR}{day.isoformat()}"
