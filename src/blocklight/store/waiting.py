"""What is known of a record that waits: its row, what is published of it, since when it is seen, pauses."""

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
    """Whether the ledger counted it before it waited: as published, or as withheld."""
    bound: str | None
    """Where it was told to be while it was medical (JSON), if ever it was."""
    first_seen_at: int
    closed_seen_at: int | None

    @property
    def incident(self) -> PublicIncident:
        """What is to be published."""
        return incident_of_body(self.body)


class Shown(NamedTuple):
    """What a published incident's row says to one that may have to wait, in the order of its statement."""

    digest: int
    status: str
    category: str
    medical_once: int
    place_id: int | None
    released_at: int
    delayed: int | None


class Seen(NamedTuple):
    """When an incident was first seen here, and first seen closed, in ms: 0 where that no longer counts."""

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
