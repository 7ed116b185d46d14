"""Types for records that wait: the row, what is published of it, when it was first seen, pauses."""

from typing import NamedTuple

from blocklight.model import PublicIncident
from blocklight.store.rows import incident_of_body


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


class Shown(NamedTuple):
    """The columns of a published incident that decide whether it waits, in the order of the statement."""

    digest: int
    status: str
    category: str
    medical_once: int
    place_id: int | None
    released_at: int
    delayed: int | None


class Seen(NamedTuple):
    """When an incident was first seen here, and first seen closed, in ms; 0 if that no longer matters."""

    first_at: int
    closed_at: int | None


class Pauses(NamedTuple):
    """What is not published for the time being: pairs of a scope and its value."""

    scopes: tuple[tuple[str, str], ...]

    def cover(self, incident: PublicIncident) -> bool:
        """Whether any of them covers an incident."""
        return any(covers(scope, value, incident) for scope, value in self.scopes)


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
