"""What would change if another city file took the place of the one in use; changes nothing."""

from dataclasses import dataclass
from pathlib import Path

from blocklight.app.opening import Options, configured_city, open_store, wall_clock
from blocklight.app.policy_change import Difference, refiltered_published, refiltered_waiting
from blocklight.config.settings import Settings
from blocklight.errors import BlocklightError
from blocklight.intake.redact import Rules
from blocklight.intake.refilter import vocabulary

# Nothing is stored, so the ids need no secret.
_THROWAWAY_KEY = bytes(32)


@dataclass(frozen=True, slots=True)
class PolicyDiff:
    """The differences for what is published and what waits, and how much is withheld, by reason."""

    published: Difference
    waiting: Difference
    withheld: dict[str, int]


def compare_policies(old: str, new: str, data: Path | None, database: str | None) -> PolicyDiff:
    """Compare two files of one city over its database; raises ``BlocklightError`` for two cities."""
    before, after = configured_city(Options(old)), configured_city(Options(new))
    if before.city.id != after.city.id:
        raise BlocklightError(
            f"{old} and {new} are files of different cities: {before.city.id} and {after.city.id}"
        )
    shown_types = vocabulary(before.call_types, before.policy.allow)
    published, waiting = Difference(), Difference()
    options = Options(old, data=data, database=database)
    with open_store(options, before, Settings(), existing=True) as store:
        arguments = after, Rules.of(after, _THROWAWAY_KEY), store, shown_types, wall_clock()
        for incident, refiltered in refiltered_published(*arguments):
            published.add(incident, refiltered, after.ledger_kind)
        for incident, refiltered in refiltered_waiting(*arguments):
            waiting.add(incident, refiltered, after.ledger_kind)
        return PolicyDiff(published, waiting, store.withheld())
