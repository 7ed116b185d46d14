"""Entries of the change log, and a published incident with its places in that log."""

from datetime import datetime

import msgspec

from blocklight.model.record import PublicIncident
from blocklight.model.vocabulary import Operation


class Change(msgspec.Struct, frozen=True):
    """One entry of the change log: *incident* is ``None`` when the id was retracted.

    *released_at* is when the incident was first published, *changed_at* when this change was.
    """

    seq: int
    id: str
    first_seq: int
    changed_at: datetime
    incident: PublicIncident | None
    released_at: datetime | None = None

    @property
    def operation(self) -> Operation:
        """Whether the incident was published or updated, or taken back."""
        return Operation.RETRACT if self.incident is None else Operation.PUT


class LifeEvent(msgspec.Struct, frozen=True):
    """One published change in an incident's life: the fields it set, as they were published."""

    seq: int
    changed_at: datetime
    changed: dict[str, object]


class StoredIncident(msgspec.Struct, frozen=True):
    """A published incident with its places in the change log.

    *first_seq* is where it was first published and never changes; *seq* is its latest change.
    """

    incident: PublicIncident
    first_seq: int
    seq: int
    released_at: datetime
    updated_at: datetime
