"""Takes records that a source sends to us: who may, how much, how often; what they mean is not known here."""

import asyncio
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import orjson
from starlette.requests import Request
from starlette.responses import Response

from blocklight.api.problems import problem
from blocklight.api.push_bodies import MOST_BYTES, LargeBody, PushedBodies, SlowBody
from blocklight.api.schemas import PushedBatch
from blocklight.errors import SourceChanged, StoreError

PREFIX = "/api/v1/push/"

MOST_RECORDS = 5_000
_MOST_WAITING = 8
"""Batches of one source that are stored or wait for it; one that is still being sent is none of them."""
_WRONG_KEYS = 10
_PER_S = 60.0
_REMEMBERED = 10_000
_STORE_RETRY_S = 5
_ALIVE = {"alive": True}
"""A sign of life. An empty batch is none: sent in turn with others, it would tell when one was withheld."""


class Inbox(Protocol):
    """Where records go, wired by the command line to the private side."""

    def admits(self, source: str, key: str) -> bool:
        """Whether *key* may push to *source*; takes as long for any wrong key."""
        ...

    async def take(self, source: str, records: Sequence[Any]) -> Mapping[str, Any]:
        """Store *records* for good and return what became of them, in counts.

        Raises ``StoreError`` when they cannot be stored now, ``SourceChanged`` when too many are unreadable.
        """
        ...

    async def note_alive(self, source: str) -> None:
        """Note that *source* is alive; raises ``StoreError``."""
        ...


class PushEndpoint:
    """The bare ASGI endpoint below ``/api/v1/push/``: the last part of the path is the source."""

    def __init__(self, inbox: Inbox, refused: Counter[str] | None = None) -> None:
        """*refused* counts, by limit, what one of them refused."""
        self._inbox = inbox
        self._refused: Counter[str] = Counter() if refused is None else refused
        self._bodies = PushedBodies()
        self._wrong: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._waiting: Counter[str] = Counter()

    async def __call__(
        self,
        scope: Any,  # noqa: ANN401 - ASGI
        receive: Any,  # noqa: ANN401 - the same
        send: Any,  # noqa: ANN401 - the same
        *,
        wait_of_stranger: Callable[[], float] = lambda: 0.0,
    ) -> float:
        """Answer one request; return 0.

        Whoever holds a key is never counted. For anybody else *wait_of_stranger* is asked: if it says that
        they have to wait, nothing is answered, and that number of seconds is returned.
        """
        request = Request(scope, receive)
        source = scope["path"].removeprefix(PREFIX)
        is_stranger = request.method != "POST" or not self._inbox.admits(source, _key_of(request))
        if is_stranger and (wait_s := wait_of_stranger()):
            return wait_s
        response = await self._answer(request, source, is_stranger=is_stranger)
        response.headers["cache-control"] = "no-store"
        if not 200 <= response.status_code < 300:  # noqa: PLR2004 - what was not read is not waited for
            response.headers["connection"] = "close"
        await response(scope, receive, send)
        return 0.0

    async def _answer(self, request: Request, source: str, *, is_stranger: bool) -> Response:
        if request.method != "POST":
            return _with(problem(405, "Method Not Allowed"), allow="POST")
        refusal = self._refuse(request, source, is_stranger=is_stranger)
        if refusal is not None:
            return refusal
        try:
            body = await self._bodies.read(request, source)
        except SlowBody:
            self._refused["slow_body"] += 1
            return problem(408, "Request Timeout")
        except LargeBody:
            return _too_large()
        if self._waiting[source] >= _MOST_WAITING:
            return _with(problem(503, "Too many batches at once"), retry_after="1")
        self._waiting[source] += 1
        try:
            return await self._taken(body, source)
        finally:
            self._waiting[source] -= 1

    def _refuse(self, request: Request, source: str, *, is_stranger: bool) -> Response | None:
        """Why the request is not even read, ``None`` when it is."""
        scheme = request.headers.get("authorization", "").partition(" ")[0]
        if is_stranger or scheme.lower() != "bearer":
            return self._wrong_key(f"{request.client.host if request.client else ''} {source}")
        if int(_length(request)) > MOST_BYTES:
            return _too_large()
        if request.headers.get("content-encoding", "identity").lower() != "identity":
            return problem(415, "Unsupported Media Type", "send JSON as it is, not packed")
        return None

    def _wrong_key(self, client: str) -> Response:
        """Refuse a wrong key, and too many of them for a while.

        A right key is taken all the same: strangers behind the same address, which may be a proxy's, must not
        be able to silence a dispatch centre, and none of them guesses 256 bits.
        """
        now = time.monotonic()
        since, count = self._wrong.pop(client, (now, 0))
        wait_s = since + _PER_S - now
        since, count = (since, count + 1) if wait_s > 0 else (now, 1)
        self._wrong[client] = (since, min(count, _WRONG_KEYS + 1))
        while len(self._wrong) > _REMEMBERED:
            self._wrong.popitem(last=False)
        if count > _WRONG_KEYS:
            return _with(problem(429, "Too many wrong keys"), retry_after=str(int(wait_s) + 1))
        return _with(problem(401, "This key does not open this source"), www_authenticate="Bearer")

    async def _taken(self, body: bytes, source: str) -> Response:
        value = await asyncio.to_thread(_value, body)  # this thread answers the public meanwhile
        if value == _ALIVE:
            return await self._stored(source, None)
        records = value.get("records") if isinstance(value, dict) else value
        if not isinstance(records, list):
            return problem(400, "Bad batch", 'expected a JSON list of records, or {"records": [...]}')
        if len(records) > MOST_RECORDS:
            return problem(413, "Too large", f"a batch may have {MOST_RECORDS:,} records")
        return await self._stored(source, records)

    async def _stored(self, source: str, records: list[Any] | None) -> Response:
        """Store *records*, or where there are none of them the sign of life that came in their place."""
        try:
            if records is None:
                await self._inbox.note_alive(source)
                return Response(status_code=202)
            counts = await self._inbox.take(source, records)
        except StoreError:
            answer = problem(503, "Nothing could be stored; send it again")
            return _with(answer, retry_after=str(_STORE_RETRY_S))
        except SourceChanged as error:
            return problem(422, "Not as the city file says", f"{error}; nothing of it is published")
        batch: PushedBatch = {
            "records": counts["records"],
            "published": counts["published"],
            "withheld": counts["withheld"],
            "rejected": counts["rejected"],
        }
        return Response(orjson.dumps(batch), 202, media_type="application/json")


def _key_of(request: Request) -> str:
    return request.headers.get("authorization", "").partition(" ")[2].strip()


def _length(request: Request) -> str:
    text = request.headers.get("content-length", "")
    return text if text.isascii() and text.isdigit() else "0"


def _too_large() -> Response:
    return problem(413, "Too large", f"a batch may have {MOST_BYTES:,} bytes")


def _value(body: bytes) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _with(response: Response, **headers: str) -> Response:
    for name, value in headers.items():
        response.headers[name.replace("_", "-")] = value
    return response
