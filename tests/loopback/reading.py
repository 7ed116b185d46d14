"""Drives a connector over real HTTP and keeps what it yielded, how it ended and how long it waited."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

import httpx2
from pydantic import SecretStr

from blocklight.config.city import SourceSpec
from blocklight.errors import SourceError
from blocklight.intake.connectors import connector
from blocklight.intake.connectors.streams import Stream
from blocklight.intake.record import Batch, Connector

NOW = datetime(2024, 3, 11, 6, 0, tzinfo=UTC)


@dataclass
class Fetched:
    """What one fetch yielded, and the error that ended it."""

    batches: list[Batch] = field(default_factory=list)
    error: SourceError | None = None

    @property
    def rows(self) -> list[Mapping[str, Any]]:
        return [row for batch in self.batches for row in batch.records]

    @property
    def cursor(self) -> str | None:
        """The cursor that a store would now hold."""
        return next((batch.cursor for batch in reversed(self.batches) if batch.cursor is not None), None)

    @property
    def complete(self) -> list[bool]:
        return [batch.complete for batch in self.batches]


def calls_source(url: str, connector: str, **changes: Any) -> SourceSpec:  # noqa: ANN401 - any setting
    """A source of calls that close by leaving it; *changes* give at least its fields."""
    plain = {"id": "calls", "label": "Calls", "connector": connector, "url": url, "closes": "vanish"}
    return SourceSpec.model_validate({**plain, "key": ["id"], "timeout_s": 30, **changes})


class Reader:
    """A connector with its client, its clock and its patience: *slept* is what it would have waited."""

    def __init__(
        self,
        source: SourceSpec,
        *,
        token: str | None = None,
        now: Callable[[], datetime] = lambda: NOW,
        transport: httpx2.AsyncBaseTransport | None = None,
        keeps: bool = True,
    ) -> None:
        self.slept: list[float] = []
        self._client = httpx2.AsyncClient(transport=transport, trust_env=False)
        self.connector: Connector = connector(
            source,
            client=self._client,
            secret=None if token is None else SecretStr(token),
            now=now,
            sleep=self._sleep,
            keeps=keeps,
        )

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if isinstance(self.connector, Stream):
            await self.connector.close()
        await self._client.aclose()

    async def fetch(self, cursor: str | None = None) -> Fetched:
        """Fetch once, to the end or to the error."""
        fetched = Fetched()
        try:
            async for batch in self.connector.fetch(cursor):
                fetched.batches.append(batch)
        except SourceError as error:
            fetched.error = error
        return fetched
