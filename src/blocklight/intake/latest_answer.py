"""Remembers a source's latest answer by the digests of its rows: an unchanged row is not worked out again."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from blocklight.model.outcomes import Held, Outcome
from blocklight.model.record import PublicIncident
from blocklight.store.write.restraint import Restraint

# How long after a time step a release that is due has certainly run, unless nothing runs at all.
_RELEASED_WITHIN = timedelta(minutes=1)


class LatestAnswer:
    """What the rows of a source's latest answer came to; no row outlives its fetch, only its digest does.

    It changes as a whole, once the next answer is worked out.
    """

    def __init__(self) -> None:
        self._outcomes: dict[bytes, Outcome] = {}
        # What waits for the end of a time step alone, with when that is.
        self._in_step: dict[bytes, tuple[datetime, PublicIncident]] = {}
        self._all: Sequence[Outcome] = ()
        # By public id.
        self.restraints: Mapping[str, Restraint] = {}

    def outcome_of(self, digest: bytes, at: datetime) -> Outcome | None:
        """What an unchanged row comes to at *at*, ``None`` for one that is worked out again."""
        outcome = self._outcomes.get(digest)
        if outcome is not None:
            return outcome
        waiting = self._in_step.get(digest)
        return waiting[1] if waiting is not None and waiting[0] <= at else None

    def public_from(self, digest: bytes, outcome: Held, at: datetime) -> datetime | None:
        """When a row that waits is certainly public, ``None`` if more than the clock decides that."""
        waiting = self._in_step.get(digest)
        if waiting is not None:
            return waiting[0]
        end = outcome.end_of_step(at)
        return None if end is None else end + _RELEASED_WITHIN

    def published(self) -> dict[str, PublicIncident]:
        """Its published incidents by public id."""
        return {outcome.id: outcome for outcome in self._all if isinstance(outcome, PublicIncident)}

    def replace(
        self,
        by_digest: dict[bytes, Outcome],
        in_step: dict[bytes, tuple[datetime, PublicIncident]],
        outcomes: Sequence[Outcome],
        restraints: Mapping[str, Restraint],
    ) -> None:
        """Remember the next answer in place of this one."""
        self._outcomes, self._in_step = by_digest, in_step
        self._all, self.restraints = outcomes, restraints
