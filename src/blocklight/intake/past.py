"""What intake may ask about earlier incidents; without a store to ask, nothing is known."""

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from blocklight.model.record import PublicIncident

# Returns the matching ones of some public ids.
Matching = Callable[[Sequence[str]], AbstractSet[str]]


def _none_of(_: Sequence[str]) -> AbstractSet[str]:
    return frozenset()


def _no_incidents() -> Sequence[PublicIncident]:
    return ()


class Past(NamedTuple):
    """What is known of earlier incidents."""

    once_sensitive: Matching = _none_of
    """Once withheld as sensitive: they stay withheld, whatever their rows say now."""
    itself_sensitive: Matching = _none_of
    """Of those the ones that were sensitive themselves, and not only close to a sensitive one."""
    already_public: Matching = _none_of
    """Public now, or public before: what happens close to them later does not change them."""
    never_shown: Callable[[], Sequence[PublicIncident]] = _no_incidents
    """What waits to be published and never was, as it would be published."""


NOTHING_KNOWN = Past()
