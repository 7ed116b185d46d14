"""Reads messages that others send by themselves, and has them acknowledged once they are stored.

What came is taken in the rhythm of ``poll_s`` and not when it comes: else the moments at which something is
stored would tell of messages that are withheld. A message that cannot be one (too large, not JSON) is
counted and done with; one whose records do not fit the city file waits, unacknowledged, until a person has
looked.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Protocol

import orjson

from blocklight.config.city import SourceSpec
from blocklight.errors import SourceChanged
from blocklight.geo.exact import SourceKey
from blocklight.intake.connectors.http import Clock
from blocklight.intake.forms.bounded_json import parse_json
from blocklight.intake.forms.columns import Columns
from blocklight.intake.forms.row_lists import list_at
from blocklight.intake.record import Batch, RawRecord, Unreadable
from blocklight.intake.threads import POLLING, in_thread

# How many messages are held that are not stored yet; a broker keeps what is more.
MOST_WAITING = 200
LARGEST_MESSAGE = 1_048_576
_LOOKS_S = 5.0
_BETWEEN_S = 0.1
_FEW = 9  # of so few unreadable records nothing is concluded: see `judge_answer`


@dataclass(frozen=True, slots=True)
class Message:
    """One message; *ticket* is what its link acknowledges it by. One that is too large has no body."""

    body: bytes | None = field(repr=False)
    ticket: object = field(default=None, repr=False)


class Link(Protocol):
    """The side of a stream that speaks its protocol."""

    async def take(self, most: int) -> list[Message]:
        """What has come and was not taken yet, connecting where it must; raises ``SourceError``."""
        ...

    async def stored(self, messages: Sequence[Message]) -> None:
        """Acknowledge messages: they are stored."""
        ...

    async def close(self) -> None:
        """Close the connection."""
        ...


class Stream:
    """The messages of one source, through its *link*."""

    def __init__(self, source: SourceSpec, link: Link, now: Clock, *, keeps: bool) -> None:
        """With *keeps*, what is stored is acknowledged; without, the stream is only looked at for a while."""
        self._source = source
        self._link = link
        self._now = now
        self._keeps = keeps
        self._columns = Columns(source)
        # What was taken and could not be stored: it is tried again before anything else is taken.
        self._refused: list[Message] = []

    async def fetch(self, cursor: str | None) -> AsyncIterator[Batch]:  # noqa: ARG002 - the broker has it
        """Yield what has come since the last fetch; the next batch is only asked for when one is stored."""
        count, end = 0, time.monotonic() + (0 if self._keeps else _LOOKS_S)
        while count < self._source.max_rows and (self._keeps or time.monotonic() < end):
            messages = self._refused or await self._taken(end)
            if not messages:
                break
            self._refused = messages
            records, unreadable = await in_thread(POLLING, self._read, messages)
            at = self._now()
            for start in range(0, len(unreadable), _FEW):
                yield Batch([], at, unreadable=unreadable[start : start + _FEW])
            if records:
                yield Batch(records, at)
            self._refused = []
            if self._keeps:
                await self._link.stored(messages)
            count += len(messages)
        if not count:
            yield Batch([], self._now(), unchanged=True)

    async def _taken(self, end: float) -> list[Message]:
        """What came; while the stream is only looked at, something is waited for until *end*."""
        most = min(MOST_WAITING, self._source.page_size)
        while not (messages := await self._link.take(most)) and time.monotonic() < end:  # noqa: ASYNC110 - no link tells when something came
            await asyncio.sleep(_BETWEEN_S)
        return messages

    async def close(self) -> None:
        """Close the connection; what is not acknowledged comes again."""
        await self._link.close()

    def _read(self, messages: Sequence[Message]) -> tuple[list[RawRecord], list[Unreadable]]:
        records: list[RawRecord] = []
        unreadable: list[Unreadable] = []
        for message in messages:
            if message.body is None:
                unreadable.append(Unreadable(SourceKey("too large"), "too_large"))
                continue
            rows = rows_of(message.body, self._source.records)
            if rows is None:
                digest = blake2b(message.body, digest_size=16).hexdigest()
                unreadable.append(Unreadable(SourceKey(digest), "not_json"))
            else:
                records += self._columns.records(rows)
        return records, unreadable


def rows_of(body: bytes, path: str) -> Sequence[object] | None:
    """The records of a message: one, or the list at *path*; ``None`` where it is no such JSON."""
    try:
        document = parse_json(body.removeprefix(b"\xef\xbb\xbf"))
    except (orjson.JSONDecodeError, SourceChanged):  # the second for too many values
        return None
    return rows_in(document, path)


def rows_in(document: object, path: str) -> Sequence[object] | None:
    """The records of a message that is read: one, or the list at *path*; ``None`` where there is none."""
    rows = list_at(document, path)
    if rows is None and isinstance(document, Mapping) and not path:
        return [document]
    return rows
