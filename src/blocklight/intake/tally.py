"""Counts what one fetch of a source came to, and keeps what its other parts have to know of it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from blocklight.model.outcomes import Held, Outcome, Withheld
from blocklight.model.record import PublicIncident
from blocklight.store import Applied
from blocklight.store.write.restraint import NOTHING, Restraint


@dataclass(slots=True)
class Tally:
    """What one fetch came to, in counts; safe to log and to publish."""

    records: int = 0
    published: int = 0
    held: int = 0
    withheld: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    repaired: Counter[str] = field(default_factory=Counter)
    noticed: Counter[str] = field(default_factory=Counter)
    """What sources are known by, as ``FetchReport.noticed``: addresses looked for and found."""
    applied: list[Applied] = field(default_factory=list)
    companions: list[Withheld] = field(default_factory=list)
    """Earlier calls, of any source, that are not public yet and are close to a sensitive one now."""
    joined: Counter[str] = field(default_factory=Counter)
    """How many rows an incident had, by its public id, where that may be several."""
    asked: dict[str, Restraint] = field(default_factory=dict)
    """What restricts the incidents whichever record is shown, by public id."""
    unread: set[str] = field(default_factory=set)
    """Public ids of incidents whose record is there but could not be read: they have not left the feed."""
    unread_columns: set[str] | None = None
    """Names of the columns that rows which could not be read do have, ``None`` before the first such row."""
    passing: bool = False
    """Whether the same rows may read otherwise at the next fetch: a time to come, a place not found yet."""
    at: datetime | None = None
    """When the latest answer came, whether anything had changed in it or not."""
    unchanged: bool = False
    reported: bool = False
    zone_mistake: str | None = None
    """Why the times seem to be read in the wrong zone; for the operator."""

    @property
    def shown(self) -> int:
        """How many incidents of this fetch the public can see."""
        return sum(applied.shown for applied in self.applied)

    def ask_also(self, other: "Tally") -> None:
        """Restrict incidents as another batch of the same source does, too."""
        for id_, restraint in other.asked.items():
            self.asked[id_] = restraint.with_other(self.asked.get(id_, NOTHING))

    def count(self, outcomes: Sequence[Outcome]) -> None:
        """Add the outcomes of a batch."""
        for outcome in outcomes:
            if isinstance(outcome, PublicIncident):
                self.published += 1
            elif isinstance(outcome, Held):
                self.held += 1
            elif isinstance(outcome, Withheld):
                self.withheld[outcome.reason] += 1
            else:
                self.rejected[outcome.reason] += 1
