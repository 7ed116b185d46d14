"""What one call of ``Store.apply`` did, in numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

# A publication that comes late, in the ledger: of what only waited, and of what was counted before.
LATE = ("held", "released")

_TOLD = ("published", "updated", "retracted", "released")


@dataclass(frozen=True, slots=True)
class Applied:
    """What one call of ``Store.apply`` did, in ids; *head* is the newest seq after it."""

    head: int
    published: int = 0
    updated: int = 0
    unchanged: int = 0
    withheld: int = 0
    rejected: int = 0
    retracted: int = 0
    vanished: int = 0
    duplicates: int = 0
    released: int = 0
    unconfirmed: int = 0
    """How many calls left their feed and stay open until another answer or a person confirms it."""
    doubtful: int = 0
    """How many calls that wait to be closed left their feed, and wait on until another answer confirms it."""

    @property
    def shown(self) -> int:
        """How many incidents of the batch the public can see."""
        return self.published + self.updated + self.unchanged - self.vanished

    @property
    def seen(self) -> bool:
        """Whether the public sees anything of the batch, were it that something is gone."""
        return self.shown > 0 or self.vanished > 0 or self.retracted > 0

    @classmethod
    def of(
        cls,
        head: int,
        tally: Mapping[str, int],
        events: Mapping[tuple[str, str, str], int],
        *,
        duplicates: int,
    ) -> Self:
        """Add up what was tallied and what the ledger counts, by source, outcome and reason."""
        counts = dict(tally)
        for (_, outcome, _), n in events.items():
            names = [outcome] if outcome in _TOLD else []
            names += ["published"] * (outcome in LATE) + ["released"] * (outcome == "held")
            for name in names:
                counts[name] = counts.get(name, 0) + n
        return replace(cls(head, duplicates=duplicates), **counts)
