"""Takes what a server sends over one open connection: a WebSocket, or server-sent events.

Nobody keeps such messages for us: what is sent while there is no connection is lost, but for events whose
server knows ``Last-Event-ID``. So the connection is read in the background and its messages are held, up to a
number; behind that the server has to wait.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from typing import Protocol

import httpx2
from pydantic import SecretStr
from websockets.asyncio.client import connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidStatus,
    InvalidURI,
    WebSocketException,
)

from blocklight.config.city import SourceSpec
from blocklight.errors import SourceChanged, SourceError, SourceUnavailable
from blocklight.intake.connectors.streams import LARGEST_MESSAGE, MOST_WAITING, Message
from blocklight.net import describe, trusted

_TRY_AGAIN = frozenset({408, 425, 429})
_SERVER_ERROR = 500
_NO_CONTENT = 204
_TOO_BIG = 1009  # RFC 6455, 7.4.1: what our side says when it ends a connection for that


class Connection(Protocol):
    """How one kind of connection is opened and read to its end."""

    def messages(self) -> AsyncIterator[Message]:
        """Yield what comes until the server ends it; raises ``SourceError`` where it cannot be opened."""
        ...

    def stored(self, messages: Sequence[Message]) -> None:
        """Note how far what came is stored."""
        ...


class LiveLink:
    """Reads a connection in the background, and opens it anew where it ended."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._came: asyncio.Queue[Message] = asyncio.Queue(MOST_WAITING)
        self._reading: asyncio.Task[None] | None = None

    async def take(self, most: int) -> list[Message]:
        """Take the oldest messages that came; how a connection ended is said when nothing of it is left."""
        if self._reading is None:
            self._reading = asyncio.create_task(self._read())
        await asyncio.sleep(0)
        messages = [self._came.get_nowait() for _ in range(min(most, self._came.qsize()))]
        if not messages and self._reading.done():
            ended, self._reading = self._reading, None
            error = ended.exception()
            if error is not None:
                raise error
        return messages

    async def stored(self, messages: Sequence[Message]) -> None:
        """Note how far what came is stored."""
        self._connection.stored(messages)

    async def close(self) -> None:
        """Close the connection."""
        task, self._reading = self._reading, None
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError, SourceError):
                await task

    async def _read(self) -> None:
        async for message in self._connection.messages():
            await self._came.put(message)


class WebSocket:
    """A WebSocket whose messages are records."""

    def __init__(self, source: SourceSpec, secret: SecretStr | None) -> None:
        self._source = source
        self._largest = min(source.max_bytes, LARGEST_MESSAGE)
        self._headers = _bearer(secret)

    async def messages(self) -> AsyncIterator[Message]:
        """Yield each message; one that is too large ends the connection, as nothing behind it can be read."""
        url = self._source.url
        try:
            opened = _OfOneHost(
                url,
                max_size=self._largest,
                max_queue=MOST_WAITING,
                open_timeout=self._source.timeout_s,
                additional_headers=self._headers,
                ssl=trusted() if url.startswith("wss:") else None,
            )
            async with opened as socket:
                async for text in socket:
                    yield Message(text.encode() if isinstance(text, str) else text)
        except ConnectionClosed as error:
            if error.sent is None or error.sent.code != _TOO_BIG:
                raise SourceUnavailable("the connection was lost") from None
            yield Message(None)
        except InvalidStatus as error:
            raise _refusal(error.response.status_code) from None
        except InvalidURI:
            raise SourceChanged("not an address that can be asked") from None
        except (WebSocketException, OSError, TimeoutError) as error:
            raise SourceUnavailable("cannot be reached", detail=describe(error)) from None

    def stored(self, messages: Sequence[Message]) -> None:
        """Keep nothing: the server does not want to know."""


class _OfOneHost(connect):
    """A connection that is not led elsewhere: only the city file says who is asked."""

    def process_redirect(self, exc: Exception) -> Exception:
        """Take a redirect for the refusal that it is."""
        return exc


class Events:
    """Server-sent events whose data are records.

    The protocol: https://html.spec.whatwg.org/multipage/server-sent-events.html
    """

    def __init__(self, source: SourceSpec, client: httpx2.AsyncClient, secret: SecretStr | None) -> None:
        self._source = source
        self._client = client
        self._largest = min(source.max_bytes, LARGEST_MESSAGE)
        self._headers = {"accept": "text/event-stream", "cache-control": "no-store", **_bearer(secret)}
        self._last_id = ""

    async def messages(self) -> AsyncIterator[Message]:
        """Yield the data of each event, with its id as ticket."""
        headers = {**self._headers, **({"last-event-id": self._last_id} if self._last_id else {})}
        # A server says that it is alive by a comment now and then.
        timeout = httpx2.Timeout(self._source.timeout_s, read=max(60.0, self._source.timeout_s))
        try:
            async with self._client.stream(
                "GET", self._source.url, headers=headers, timeout=timeout, follow_redirects=False
            ) as response:
                if not response.is_success or response.status_code == _NO_CONTENT:
                    raise _refusal(response.status_code)
                if not response.headers.get("content-type", "").startswith("text/event-stream"):
                    raise SourceChanged("no stream of events at this address")
                async for message in self._events(response):
                    yield message
        except httpx2.TimeoutException:
            raise SourceUnavailable("timed out") from None
        except httpx2.HTTPError as error:
            raise SourceUnavailable("cannot be reached", detail=describe(error)) from None
        except httpx2.InvalidURL:
            raise SourceChanged("not an address that can be asked") from None

    async def _events(self, response: httpx2.Response) -> AsyncIterator[Message]:
        data, size, id_ = list[str](), 0, self._last_id
        async for line in _lines(response, self._largest):
            if line:
                name, _, value = (line or "").partition(":")
                value = value.removeprefix(" ")
                if name == "data":
                    size += len(value)
                    data = [*data, value] if size <= self._largest else []
                elif name == "id" and "\0" not in value:
                    id_ = value
                continue
            if size or line is None:
                is_too_large = line is None or size > self._largest
                yield Message(None if is_too_large else "\n".join(data).encode(), id_)
            data, size = [], 0

    def stored(self, messages: Sequence[Message]) -> None:
        """Begin behind what is stored when the connection is opened anew."""
        self._last_id = next((str(one.ticket) for one in reversed(messages) if one.ticket), self._last_id)


async def _lines(response: httpx2.Response, largest: int) -> AsyncIterator[str | None]:
    """The lines of a stream; ``None`` stands for one that is too long, whose rest is passed over."""
    line, is_too_long = bytearray(), False
    async for chunk in response.aiter_bytes():
        pieces = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        for number, piece in enumerate(pieces):
            if number:
                yield None if is_too_long else line.decode(errors="replace")
                line, is_too_long = bytearray(), False
            if not is_too_long:
                line += piece
                is_too_long = len(line) > largest + len("data: ")
                if is_too_long:
                    line.clear()


def _bearer(secret: SecretStr | None) -> Mapping[str, str]:
    return {} if secret is None else {"authorization": f"Bearer {secret.get_secret_value()}"}


def _refusal(status: int) -> SourceError:
    if status in _TRY_AGAIN or status >= _SERVER_ERROR:
        return SourceUnavailable(f"HTTP {status}")
    return SourceChanged(f"HTTP {status}")
