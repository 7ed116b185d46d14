"""Knows where a read of an ArcGIS layer stands: its pages, and its cursor."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from blocklight.errors import SourceChanged
from blocklight.intake.connectors.http import Answer
from blocklight.intake.record import RawRecord


@dataclass(frozen=True, slots=True)
class Page:
    """One answer's rows, the value of the object id in each, and whether there are more rows."""

    records: list[RawRecord]
    ids: list[int]
    answer: Answer
    more: bool


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a layer that knows when its rows were edited, in epoch ms.

    With *after*, a read is under way: rows edited from *since* on are still to be read beyond that object
    id. The next read begins at *newest*, but no later than *began*: what was read may have changed since.
    """

    since: int
    after: int | None = None
    newest: int = 0
    began: int = 0

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """Read a stored cursor; raises ``SourceChanged`` for another connector's."""
        try:
            return cls(*map(int, text.split(":")))
        except (TypeError, ValueError):
            raise SourceChanged("the stored cursor belongs to another connector") from None

    def __str__(self) -> str:
        under_way = () if self.after is None else (self.after, self.newest, self.began)
        return ":".join(map(str, (self.since, *under_way)))


def both(first: str, two: str) -> str:
    """The condition that two conditions hold."""
    return f"({first}) AND ({two})" if first else two


def numbers(values: Iterable[object]) -> list[int]:
    """Object ids, which are whole numbers; raises ``SourceChanged`` for others."""
    ids = list(values)
    if not all(isinstance(number, int) for number in ids):
        raise SourceChanged("object ids are not numbers")
    return cast("list[int]", ids)


def listed(answer: Answer, after: int | None) -> list[int]:
    """The object ids beyond *after* in an answer to the question for nothing else, in order."""
    ids = answer.value.get("objectIds", ())
    if not isinstance(ids, list | None):
        raise SourceChanged("no object ids in the answer")
    return sorted(number for number in set(numbers(ids or ())) if after is None or number > after)


def expect_ids(page: Page, ids: Sequence[int]) -> None:
    """Raise ``SourceChanged`` for a page with other object ids than those *ids*."""
    if not set(page.ids) <= set(ids):
        raise SourceChanged("the layer returned rows that were not requested")


def moved_on(place: Cursor, page: Page, column: str) -> Cursor:
    """The place of a read by a cursor after one more page."""
    began = place.began or round(page.answer.answered_at.timestamp() * 1000)
    edited = (value for row in page.records if isinstance(value := row.get(column), int))
    # What claims to be edited in the future would keep the next fetch from seeing anything else.
    newest = max((value for value in edited if value <= began), default=0)
    after = page.ids[-1] if page.ids else place.after
    return Cursor(place.since, after, max(place.newest, newest), began)
