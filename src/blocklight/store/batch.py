"""The outcomes of one call of ``apply``, one for each id."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from msgspec.structs import replace

from blocklight.model import Held, Outcome, PublicIncident, Rejected, Withheld
from blocklight.store.holding import Pending
from blocklight.store.rows import storable


@dataclass(slots=True)
class Batch:
    """The outcomes of one call, one for each id."""

    pending: Pending = field(default_factory=dict)
    rejected: dict[tuple[str, str], Rejected] = field(default_factory=dict)
    duplicates: int = 0


def collect(outcomes: Iterable[Outcome], *, join_rows: bool) -> Batch:
    """Keep the last outcome of each id; a sensitive one wins, and rows of one incident are joined."""
    batch = Batch()
    for outcome in outcomes:
        if isinstance(outcome, Rejected):
            batch.rejected.setdefault((outcome.source, outcome.id), outcome)
            continue
        now: PublicIncident | Held | Withheld
        if isinstance(outcome, PublicIncident):
            now = storable(outcome)
        elif isinstance(outcome, Held | Withheld):
            now = outcome
        else:  # fail closed: what the store does not know, it does not publish
            raise TypeError(f"the store cannot keep a {type(outcome).__name__}")
        before = batch.pending.get(now.id)
        if before is not None:
            batch.duplicates += 1
            if isinstance(before, Withheld):
                if before.sensitive:
                    continue
            elif join_rows and not isinstance(now, Withheld):
                batch.duplicates -= 1
                now = _joined(before, now)
        batch.pending[now.id] = now
    return batch


def _joined(before: PublicIncident | Held, now: PublicIncident | Held) -> PublicIncident | Held:
    """Join two rows of one incident; when either has to wait, both do."""
    one = before.incident if isinstance(before, Held) else before
    two = now.incident if isinstance(now, Held) else now
    joined = one.joined_with(two)
    holds = now if isinstance(now, Held) else before
    return replace(holds, incident=joined) if isinstance(holds, Held) else joined
