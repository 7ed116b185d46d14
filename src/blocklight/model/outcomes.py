"""What becomes of a record: it is published, held for later, withheld or rejected."""

from datetime import datetime, timedelta

import msgspec

from blocklight.model.record import PublicIncident, cut
from blocklight.model.vocabulary import Reason


class Withheld(msgspec.Struct, frozen=True):
    """An incident that is not published: its id and the class of reason, and nothing of what it was.

    *sensitive* is the ratchet: such an id is never published again, whatever later updates say. *areas* are
    those of its masked place: they are counted in the ledger and not kept with the id. A *companion* is
    withheld because it is close to a sensitive one; if it is public already, it is not retracted.
    """

    id: str
    source: str
    reason: Reason
    sensitive: bool = False
    areas: dict[str, str] = {}
    companion: bool = False


class Held(msgspec.Struct, frozen=True):
    """A public record that is not public yet.

    It is released at *release_at*; without one, once it is closed and *after_close_s* have passed. Both count
    by the source's clock, which may be wrong: so it waits *after_seen_s* at least from the moment it was
    first seen here, and *after_close_s* from the one it was first seen closed. With *step_min* it is released
    at the next whole step after it came in, and what was published of it before stays until then.
    """

    incident: PublicIncident
    release_at: datetime | None = None
    after_close_s: int = 0
    step_min: int | None = None
    after_seen_s: int = 0

    def end_of_step(self, seen_at: datetime) -> datetime | None:
        """When it is released if first seen at *seen_at*; ``None`` if it may wait for anything else."""
        if self.step_min is None or self.after_close_s or self.after_seen_s:
            return None
        if self.release_at is None or self.release_at > seen_at:
            return None
        return cut(seen_at, self.step_min) + timedelta(minutes=self.step_min)

    @property
    def id(self) -> str:
        """The public id that it will have."""
        return self.incident.id

    @property
    def source(self) -> str:
        """The source it came from."""
        return self.incident.source


class Rejected(msgspec.Struct, frozen=True):
    """A record that could not be normalised: *id* is a keyed hash, so that it is counted once."""

    id: str
    source: str
    reason: str


Outcome = PublicIncident | Held | Withheld | Rejected
