"""The outcomes of one call of ``apply``, one for each id."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from msgspec.structs import replace

from blocklight.model.outcomes import Held, Outcome, Rejected, Withheld
from blocklight.model.record import PublicIncident
from blocklight.store.schema.rows import storable
from blocklight.store.write.holding import Pending
from blocklight.store.write.joining import joined
from blocklight.store.write.settled import Known

_UNPUBLISHED = (Held, Withheld)


@dataclass(slots=True)
class Batch:
    """The outcomes of one call, one for each id."""

    pending: Pending = field(default_factory=dict)
    rejected: dict[tuple[str, str], Rejected] = field(default_factory=dict)
    duplicates: int = 0
    settled: dict[str, Known] = field(default_factory=dict)
    """What is stored just so already: nothing is to be done about it."""
    given: dict[str, PublicIncident] = field(default_factory=dict)
    """The other published ones as they came, before they were made storable or joined."""

    def take_back(self, id_: str) -> PublicIncident | Held | Withheld | None:
        """Take out what was collected of an id, which is not settled if it is told once more."""
        settled = self.settled.pop(id_, None)
        return self.pending.pop(id_, None) if settled is None else settled.given


def collect(
    outcomes: Iterable[Outcome],
    *,
    join_rows: bool,
    settled: Mapping[str, Known] = MappingProxyType({}),
) -> Batch:
    """Keep the last outcome of each id; a sensitive one wins, and rows of one incident are joined.

    An outcome that is one of the *settled* objects, and the only one of its id, is set aside.
    """
    batch = Batch()
    for outcome in outcomes:
        if isinstance(outcome, Rejected):
            batch.rejected.setdefault((outcome.source, outcome.id), outcome)
            continue
        now: PublicIncident | Held | Withheld
        if isinstance(outcome, PublicIncident):
            entry = settled.get(outcome.id)
            if entry is not None and entry.given is outcome and outcome.id not in batch.pending:
                batch.duplicates += outcome.id in batch.settled
                batch.settled[outcome.id] = entry
                continue
            now = storable(outcome)
            batch.given[outcome.id] = outcome
        elif isinstance(outcome, _UNPUBLISHED):
            now = outcome
            batch.given.pop(outcome.id, None)  # what is stored in the end may be another version
        else:  # fail closed: what the store does not know, it does not publish
            raise TypeError(f"the store cannot keep a {type(outcome).__name__}")
        before = batch.take_back(now.id)
        if before is not None:
            batch.duplicates += 1
            if isinstance(before, Withheld):
                if before.sensitive:
                    now = before
            elif join_rows and not isinstance(now, Withheld):
                batch.duplicates -= 1
                now = _joined_holds(before, now)
        batch.pending[now.id] = now  # behind all others, whether it was settled before or not
    return batch


def _joined_holds(before: PublicIncident | Held, now: PublicIncident | Held) -> PublicIncident | Held:
    """Join two rows of one incident; when either has to wait, both do."""
    first = before.incident if isinstance(before, Held) else before
    two = now.incident if isinstance(now, Held) else now
    combined = joined(first, two)
    holds = now if isinstance(now, Held) else before
    return replace(holds, incident=combined) if isinstance(holds, Held) else combined
