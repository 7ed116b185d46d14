"""Makes rows with one key equally strict, for a source that sends several although `rows` does not say so."""

from collections.abc import Sequence

from msgspec.structs import replace

from blocklight.model.outcomes import Held, Outcome, Rejected, Withheld
from blocklight.model.record import COARSER, PublicIncident
from blocklight.model.vocabulary import Category, Reason

_BINDING = frozenset({Reason.UNMAPPED, Reason.POLICY, Reason.SENSITIVE})


def bound_by_key(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Outcomes in which those with one id are equal: the latest one, as strict as the strictest."""
    by_id: dict[str, PublicIncident | Held | Withheld] = {}
    for outcome in outcomes:
        if not isinstance(outcome, Rejected):
            before = by_id.get(outcome.id)
            by_id[outcome.id] = outcome if before is None else _stricter(before, outcome)
    return [outcome if isinstance(outcome, Rejected) else by_id[outcome.id] for outcome in outcomes]


def _stricter(
    before: PublicIncident | Held | Withheld, now: PublicIncident | Held | Withheld
) -> PublicIncident | Held | Withheld:
    if isinstance(before, Withheld) or isinstance(now, Withheld):
        withheld = [
            outcome
            for outcome in (before, now)
            if isinstance(outcome, Withheld) and outcome.reason in _BINDING
        ]
        return max(withheld, key=lambda outcome: outcome.sensitive, default=now)
    holds = [outcome for outcome in (before, now) if isinstance(outcome, Held)]
    combined = _as_coarse(
        *(outcome.incident if isinstance(outcome, Held) else outcome for outcome in (before, now))
    )
    if not holds:
        return combined
    first, last = holds[0], holds[-1]
    times = [outcome.release_at for outcome in holds if outcome.release_at is not None]
    step = max(first.step_min or 0, last.step_min or 0) or None
    return Held(
        replace(combined.with_times_cut(step or 0), delayed=True),
        release_at=max(times) if len(times) == len(holds) else None,
        after_close_s=max(first.after_close_s, last.after_close_s),
        step_min=step,
        after_seen_s=max(first.after_seen_s, last.after_seen_s),
    )


def _as_coarse(before: PublicIncident, now: PublicIncident) -> PublicIncident:
    """The medical one of two records, or else the later, at the coarser place of both."""
    record = before if before.category is Category.MEDICAL else now
    widest = max((now, before), key=lambda one: one.detail.radius_m)
    if widest.detail.radius_m > COARSER * record.detail.radius_m:
        record = replace(record, place=widest.place, areas=widest.areas)
    return record
