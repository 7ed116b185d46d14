"""Reads the bodies of pushes: each within a time, fast enough, and all of one source in bounded memory."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass

from starlette.requests import ClientDisconnect, Request

# A thousand bytes for each record of the largest batch.
MOST_BYTES = 5_000_000
# Of all bodies of one source that are not whole yet.
_MOST_BYTES_EACH = 8 * MOST_BYTES

# Within it the largest body comes over a line of 1.4 Mbit/s.
_SLOWEST_S = 30.0

_GRACE_S = 5.0
# What is slower holds a place open: no line in use today is.
_LEAST_BYTES_PER_S = 10_000


class SlowBody(Exception):
    """The body did not come in time, or its sender left."""


class LargeBody(Exception):
    """The body is longer than allowed, whatever its length was said to be."""


@dataclass(slots=True, eq=False)
class _Reading:
    """One body that is being read: when it ends at the latest, and how much of it is there."""

    timeout: asyncio.Timeout
    count: int = 0


class PushedBodies:
    """The bodies that are being read, by source.

    Whoever sends slowly, with a stolen key for example, keeps nobody from pushing: bodies that are not whole
    are bounded in their bytes alone, and where they are too many, the one that has been coming longest goes.
    """

    def __init__(self) -> None:
        self._reading: dict[str, OrderedDict[_Reading, None]] = {}

    async def read(self, request: Request, source: str) -> bytes:
        """The body of *request*; raises ``SlowBody`` or ``LargeBody``."""
        body = bytearray()
        loop = asyncio.get_running_loop()
        began = loop.time()
        of_source = self._reading.setdefault(source, OrderedDict())
        reading = _Reading(asyncio.timeout_at(began + _GRACE_S))
        of_source[reading] = None
        try:
            async with reading.timeout:
                async for chunk in request.stream():
                    body += chunk
                    reading.count = len(body)
                    if reading.count > MOST_BYTES:
                        raise LargeBody
                    if not reading.timeout.expired():
                        allowed_s = min(_SLOWEST_S, _GRACE_S + reading.count / _LEAST_BYTES_PER_S)
                        reading.timeout.reschedule(began + allowed_s)
                    self._make_room(of_source, loop.time())
        except (TimeoutError, ClientDisconnect):
            raise SlowBody from None
        finally:
            of_source.pop(reading, None)
            if not of_source and self._reading.get(source) is of_source:
                del self._reading[source]
        return bytes(body)

    def _make_room(self, of_source: OrderedDict[_Reading, None], now: float) -> None:
        while sum(reading.count for reading in of_source) > _MOST_BYTES_EACH:
            oldest, _ = of_source.popitem(last=False)
            oldest.timeout.reschedule(now)
