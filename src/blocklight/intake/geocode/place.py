"""The contract of everything that finds where an address is."""

from typing import Protocol

from blocklight.geo.exact import ExactPoint
from blocklight.intake.geocode.addresses import Reading


class NotNow(Exception):
    """It cannot be asked at the moment, which says nothing about the address."""


class Locator(Protocol):
    """One way of finding places."""

    def find(self, reading: Reading, deadline: float) -> ExactPoint | None:
        """Where it is, ``None`` when that is not known; raises ``NotNow``.

        *deadline*, by the monotonic clock, is until when a locator that has to wait may do so.
        """
        ...
