"""Remembers, as keyed digests, where calls are that are not public yet, to compare them with later ones.

A call that waits may not be reported again: a source that pushes, or is read by a cursor, says it once.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from blocklight.geo.exact import ExactPoint, degrees
from blocklight.geo.hexagons import distance_m
from blocklight.model.outcomes import Withheld
from blocklight.model.record import PublicIncident

# A quarter of an hour: with those beside it the half hour of decision 26 is covered.
SLOT_S = 900
# Slots of a quarter of an hour to each side: at least 30 minutes, less than 45.
SLOTS_NEAR = 2
# Calls that are at most this far apart are always close to each other.
NEAR_M = 40
# How long a call is remembered after it was last reported; then its public place alone is compared.
_KEPT = timedelta(days=1)
# Beyond this the oldest are dropped.
_MOST_CALLS = 20_000


def slot_of(at: datetime) -> int:
    """The number of the quarter of an hour that a time lies in."""
    return int(at.timestamp()) // SLOT_S


def slots_near(slot: int) -> range:
    """The slots in which a call may be close to one of *slot*."""
    return range(slot - SLOTS_NEAR, slot + SLOTS_NEAR + 1)


def all_slots_near(slots: Iterable[int]) -> set[int]:
    """The slots in which a call may be close to one of any of *slots*: most calls are in none of them."""
    return {near for slot in slots for near in slots_near(slot)}


class WaitingCall(NamedTuple):
    """A call that is not public, read at *at*: when it was received, digests of its place, and its mark."""

    at: datetime
    slot: int
    marks: Sequence[bytes]
    withheld: Withheld


@dataclass(slots=True)
class Sensitive:
    """The sensitive calls of one answer: marks of what is close to them by slot, and each one's own place."""

    marks: dict[int, set[bytes]] = field(default_factory=dict, repr=False)
    places: list[tuple[int, ExactPoint | None, str | None]] = field(default_factory=list, repr=False)
    """Slot, point and block of each; lives as long as the answer is read."""

    def is_close(self, call: WaitingCall) -> bool:
        """Whether a remembered call is close to any of these in place and time."""
        near = slots_near(call.slot)
        return any(mark in marks for slot in near if (marks := self.marks.get(slot)) for mark in call.marks)

    def may_be_close(self, incident: PublicIncident) -> bool:
        """Whether a call of which only the public record is known may be close to any of these.

        One without a place is close to none: its record points at no house.
        """
        place, slot = incident.place, slot_of(incident.received_at)
        if place is None:
            return False
        return any(
            distance_m(*degrees(point), place.lon, place.lat) <= place.radius_m + NEAR_M
            if point is not None
            else block is not None and block == place.label
            for sensitive_slot, point, block in self.places
            if abs(sensitive_slot - slot) <= SLOTS_NEAR
        )


class WaitingCalls:
    """The calls of the last day that were not public when they were last reported; in memory only."""

    def __init__(self) -> None:
        # A plain dict passes over all that was deleted before it comes to its oldest entry.
        self._calls: OrderedDict[str, WaitingCall] = OrderedDict()

    def note(self, call: WaitingCall) -> None:
        """Remember a call, or where it is now."""
        self._calls.pop(call.withheld.id, None)  # the oldest come first
        self._calls[call.withheld.id] = call
        while len(self._calls) > _MOST_CALLS:
            self._calls.popitem(last=False)

    def forget(self, ids: Collection[str]) -> None:
        """Drop calls that are public, or never will be."""
        for id_ in ids:
            self._calls.pop(id_, None)

    def forget_before(self, moment: datetime) -> None:
        """Drop what was last reported more than a day before *moment*."""
        while self._calls and next(iter(self._calls.values())).at < moment - _KEPT:
            self._calls.popitem(last=False)

    def close_to(self, sensitive: Sensitive, but: Collection[str]) -> list[Withheld]:
        """The marks of the remembered calls close to sensitive ones, *but* some ids."""
        if not sensitive.marks:
            return []
        near = all_slots_near(sensitive.marks)
        return [
            call.withheld
            for id_, call in self._calls.items()
            if call.slot in near and id_ not in but and sensitive.is_close(call)
        ]

    def unknown(
        self, stored: Sequence[PublicIncident], sensitive: Sensitive, but: Collection[str]
    ) -> list[PublicIncident]:
        """Those of what is *stored* that are not remembered and may be close to sensitive calls.

        Such are those that another process read, and those from before a restart: what is stored is their
        public place, so all of the ground that it stands for counts as close.
        """
        return [
            record
            for record in stored
            if record.id not in but and record.id not in self._calls and sensitive.may_be_close(record)
        ]
