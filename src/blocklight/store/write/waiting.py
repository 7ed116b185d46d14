"""Types for records that wait: the row, what is published of it, when it was first seen, pauses."""

from typing import NamedTuple

import msgspec

from blocklight.model.record import Bound, PublicIncident
from blocklight.model.vocabulary import Category
from blocklight.store.schema.rows import incident_of_body

_bound_of = msgspec.json.Decoder(Bound).decode
# In the body of every medical call, and of few others: it saves decoding them.
_AS_MEDICAL = f'"{Category.MEDICAL}"'


class Waiting(NamedTuple):
    """One row of the table ``held``, in the order of its columns; times in ms."""

    id: str
    source: str
    release_at: int | None
    after_close_ms: int
    step_min: int | None
    open: int
    joins: int
    body: str
    counted: int
    """Whether the ledger counted it before it waited, as published or as withheld."""
    bound: str | None
    """Where it was shown while it was medical (JSON), if it ever was."""
    first_seen_at: int
    closed_seen_at: int | None
    was_shown: int
    """Whether it was ever published: what was only withheld before is counted too, and nobody saw it."""

    @property
    def incident(self) -> PublicIncident:
        """What is to be published."""
        return incident_of_body(self.body)

    @property
    def medical_bound(self) -> Bound | None:
        """What may be told of place and times whatever it is called later, if it was or is to be medical."""
        if self.bound is not None:
            return _bound_of(self.bound)
        if _AS_MEDICAL not in self.body:
            return None
        incident = self.incident
        return incident.bound_with_times if incident.category is Category.MEDICAL else None


class Shown(NamedTuple):
    """The columns of a published incident that decide whether it waits, in the order of the statement."""

    digest: int
    status: str
    category: str
    medical_once: int
    place_id: int | None
    released_at: int
    delayed: int | None
    time_step_min: int | None


class Seen(NamedTuple):
    """When an incident was first seen here, and first seen closed, in ms; 0 if that no longer matters."""

    first_at: int
    closed_at: int | None


class Pauses(NamedTuple):
    """What is not published for the time being: pairs of a scope and its value."""

    scopes: tuple[tuple[str, str], ...]

    def cover(self, incident: PublicIncident) -> bool:
        """Whether any of them covers an incident."""
        return bool(self.scopes) and any(covers(scope, value, incident) for scope, value in self.scopes)


def covers(scope: str, value: str, incident: PublicIncident) -> bool:
    """Whether one pause covers an incident: the whole city, its source, its category, or an area it is in."""
    match scope:
        case "source":
            return incident.source == value
        case "category":
            return incident.category == value
        case "area":
            kind, _, area = value.partition(":")
            return incident.areas.get(kind) == area
    return True
