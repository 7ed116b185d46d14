"""The private types: what a source said, and what we understood of it. They never leave ``intake/``."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, NoReturn, Protocol, Self

import msgspec

from blocklight.geo.exact import ExactAddress, ExactPoint, SourceKey
from blocklight.model.vocabulary import Disposition, Kind, Origin, Status

# Why a source that is read whole fails at its limit: without a number, as every reason that is public.
TOO_MANY_ROWS = "more rows than max_rows"

# Why an answer without a byte fails: nobody can tell whether it means "no rows" or a fault.
EMPTY = "empty response body"

# One row in the source's own words.
RawRecord = Mapping[str, Any]


class Coded(str):
    """The word that a platform says a code stands for; *code* is what the row holds."""

    __slots__ = ("code",)
    code: Any

    def __new__(cls, word: str, code: object) -> Self:
        """Make a word of a code."""
        self = super().__new__(cls, word)
        self.code = code
        return self


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row that is damaged in its container (a ragged line of a CSV file) and so never became a record.

    *identity* tells it from others and is only ever hashed; *reason* is a short stable class.
    """

    identity: SourceKey
    reason: str


@dataclass(frozen=True, slots=True)
class Batch:
    """One page of a fetch.

    *cursor* is where a later fetch may begin once this batch is stored (``None`` keeps the old one).
    *complete* is set on the last batch of a fetch that read everything the source now holds; only then
    may a missing record mean a closed call. *unchanged* says that the source had nothing new (HTTP 304).
    *more* says that another batch of the same answer follows: what is one answer is stored in one piece, or
    its pages would tell by their moments how many withheld rows lie between those that are shown.
    """

    records: list[RawRecord] = field(repr=False)
    fetched_at: datetime
    cursor: str | None = None
    complete: bool = False
    unchanged: bool = False
    unreadable: Sequence[Unreadable] = ()
    more: bool = False


class Connector(Protocol):
    """The code for one platform: speaks its protocol and yields rows, understanding none of them."""

    def fetch(self, cursor: str | None) -> AsyncIterator[Batch]:
        """Yield batches from *cursor* on.

        Raises ``SourceUnavailable`` (retry later) or ``SourceChanged`` (a person must look).
        """
        ...


class Placed(Enum):
    """What the geocoder made of an incident that came without coordinates."""

    FOUND = "found"
    MISSED = "missed"
    LATER = "later"
    """Nobody could be asked yet; it is asked for again with the next fetch."""


class Lookup(Enum):
    """Where the place of an incident that has only an address may be looked up."""

    NOWHERE = "it is withheld wherever it is"
    AT_HOME = "it may be withheld for its place, so no outside service may learn of it"
    ANYWHERE = "it is shown wherever it is"


class Incident(msgspec.Struct, frozen=True):
    """One incident with its exact place, in our words; lives in memory between normalise and redact.

    What is exact is in types that show nothing and cannot be copied, pickled or encoded, nor can this.
    *source_key* is the source's own identity of the incident, *other_types* what further rows of it call it.
    """

    source: str
    source_key: SourceKey
    kind: Kind
    agency: str
    source_type: str
    status: Status
    received_at: datetime
    point: ExactPoint | None = None
    address: ExactAddress | None = None
    priority: int | None = None
    origin: Origin | None = None
    units: int | None = None
    disposition: Disposition | None = None
    dispatched_at: datetime | None = None
    en_route_at: datetime | None = None
    on_scene_at: datetime | None = None
    closed_at: datetime | None = None
    other_types: tuple[str, ...] = ()
    repaired: tuple[str, ...] = ()
    """Names of fields that were unreadable or impossible and were left out."""
    placed: Placed | None = None

    def __repr__(self) -> str:
        """Show only what may stand in a log."""
        return f"Incident(source={self.source!r}, status={str(self.status)!r})"

    def __copy__(self) -> NoReturn:
        """Refuse a copy, as what is exact does."""
        raise TypeError("an incident cannot be copied")
