"""Stands for a source that sends its records to us: there is nothing to ask."""

from collections.abc import AsyncIterator

from blocklight.config.city import SourceSpec
from blocklight.intake.connectors.http import Clock
from blocklight.intake.record import Batch


class Push:
    """Answers every fetch with nothing new; what is pushed is stored by ``push.Inbox``."""

    def __init__(self, source: SourceSpec, now: Clock) -> None:
        self.source = source
        self._now = now

    async def fetch(self, cursor: str | None) -> AsyncIterator[Batch]:  # noqa: ARG002 - a connector's signature
        """Yield that nothing has changed."""
        yield Batch([], self._now(), unchanged=True)
