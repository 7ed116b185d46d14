"""What becomes of a record: it is published, held for later, withheld or rejected."""

from datetime import datetime, timedelta

import msgspec

from blocklight.model.record import PublicIncident, cut, may_be_new, times_of
from blocklight.model.vocabulary import Reason

# How long after the end of a step its versions are published: feeds tell late of what happens.
#
# A call that was received just before the end and read just after it would else appear a step later than all
# others with its time, and so be known to the minute.
SETTLES = timedelta(minutes=2)


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
    as `ends_of_step` says, and what was published of it before stays until then.
    """

    incident: PublicIncident
    release_at: datetime | None = None
    after_close_s: int = 0
    step_min: int | None = None
    after_seen_s: int = 0

    def end_of_step(self, seen_at: datetime) -> datetime | None:
        """When at the latest it is released if first seen at *seen_at*; ``None`` if it may wait for more."""
        if self.step_min is None or self.after_close_s or self.after_seen_s:
            return None
        if self.release_at is None or self.release_at > seen_at:
            return None
        return ends_of_step(self.incident, seen_at, self.step_min)[1]

    def is_over(self, at: datetime) -> bool:
        """Whether, as history, it need not wait at *at*: it is past in any time zone, and was due."""
        is_due = self.release_at is not None and self.release_at <= at
        return is_due and not may_be_new(self.incident.received_at, at)

    @property
    def id(self) -> str:
        """The public id that it will have."""
        return self.incident.id

    @property
    def source(self) -> str:
        """The source it came from."""
        return self.incident.source


class Rejected(msgspec.Struct, frozen=True):
    """A record that could not be normalised: *id* is a keyed hash, so that it is counted once.

    *binds* is the public id of its incident where what can be read of it restricts that.
    """

    id: str
    source: str
    reason: str
    binds: str | None = None


Outcome = PublicIncident | Held | Withheld | Rejected


def ends_of_step(incident: PublicIncident, due: datetime, step_min: int) -> tuple[datetime, datetime]:
    """When a version that is *due* may be published at the earliest, and when it tells least.

    Published are the versions of a step together, once it is over and has settled. The second moment is the
    same for all with one latest time, unless they came later than that.
    """
    step = timedelta(minutes=step_min)
    latest = max(filter(None, times_of(incident)))
    earliest = cut(due - SETTLES, step_min) + step + SETTLES
    return earliest, max(earliest, cut(latest, step_min) + step + SETTLES)
