"""Which published incidents a query is about, in which order, and how many of them."""

from dataclasses import dataclass
from datetime import datetime

from blocklight.query.conditions import Condition
from blocklight.query.region import Region


@dataclass(frozen=True, slots=True)
class Order:
    """A field to sort by."""

    field: str
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """All of it must be met; what is left out matches everything.

    *since* and *until*, both included, bound received_at, by which the store finds what is recent.
    """

    where: Condition | None = None
    since: datetime | None = None
    until: datetime | None = None
    region: Region | None = None
    object_ids: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """A part of what was selected, in an order; without one, in that in which it was published."""

    order: tuple[Order, ...] = ()
    offset: int = 0
    limit: int
