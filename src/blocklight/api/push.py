"""Takes records that a source sends to us: who may, how much, how often; what they mean is not known here."""

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from blocklight.api.limits import Admission, Limits, address_key
from blocklight.api.problems import problem
from blocklight.api.push_bodies import MOST_BYTES, LargeBody, PushedBodies, SlowBody
from blocklight.api.push_turns import NothingStored, PushTurns, Sender, TooMuch
from blocklight.api.schemas import PushedBatch
from blocklight.errors import SourceChanged, StoreError

PREFIX = "/api/v1/push/"

MOST_RECORDS = 5_000
# Nobody guesses a key of 256 bits: this is for a sender that was set up wrongly and goes on trying.
_WRONG_KEYS = 10

_PER_S = 60.0
_REMEMBERED = 10_000
_STORE_RETRY_S = 5
# The wait is the sender's, and not work of ours: one that repeats at once is slowed down by it.
_REFUSED_AFTER_S = 2.0
# A sign of life. An empty batch is none: sent in turn with others, it would tell when one was withheld.
_ALIVE = {"alive": True}


class Inbox(Protocol):
    """Where records go, wired by the command line to the private side."""

    def admitted(self, source: str, key: str) -> str | None:
        """Name the public id of *key* if it opens *source*; takes as long for any wrong key."""
        ...

    async def take(self, source: str, records: Sequence[object]) -> Mapping[str, Any]:
        """Store *records* for good and return what became of them, in counts.

        Raises ``StoreError`` when they cannot be stored now, ``SourceChanged`` when too many are unreadable.
        """
        ...

    async def note_alive(self, source: str) -> None:
        """Note that *source* is alive; raises ``StoreError``."""
        ...


class PushEndpoint:
    """The bare ASGI endpoint below ``/api/v1/push/``: the last part of the path is the source."""

    def __init__(self, inbox: Inbox, admission: Admission | None = None) -> None:
        """*admission* has the limits, and counts what one of them refused."""
        self._inbox = inbox
        self._admission = admission or Admission(Limits())
        self._bodies = PushedBodies()
        self._turns = PushTurns(self._admission.refused_pushes, self._admission.limits.work_each)
        self._wrong: OrderedDict[str, tuple[float, int]] = OrderedDict()

    async def __call__(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        *,
        wait_of_stranger: Callable[[], float] = lambda: 0.0,
    ) -> float:
        """Answer one request; return 0.

        Whoever holds a key shares with those who push, not with readers. For anybody else *wait_of_stranger*
        is asked: if they have to wait, nothing is answered, and that number of seconds is returned.
        """
        request = Request(scope, receive)
        source = scope["path"].removeprefix(PREFIX)
        key_id = self._inbox.admitted(source, _key_of(request)) if request.method == "POST" else None
        if key_id is None and (wait_s := wait_of_stranger()):
            return wait_s
        response = await self._answer(request, source, key_id)
        response.headers["cache-control"] = "no-store"
        if not 200 <= response.status_code < 300:  # noqa: PLR2004 - what was not read is not waited for
            response.headers["connection"] = "close"
        await response(scope, receive, send)
        return 0.0

    async def _answer(self, request: Request, source: str, key_id: str | None) -> Response:
        if request.method != "POST":
            return _with(problem(405, "Method Not Allowed"), allow="POST")
        address = address_key(request.client.host if request.client else "")
        refusal = self._refuse(request, source, is_stranger=key_id is None)
        if refusal is not None or key_id is None:
            return refusal or self._wrong_key(f"{address} {source}")
        sender = Sender(source, key_id, address)
        try:
            self._turns.check(sender)
        except TooMuch as refused:
            await self._calm(address)
            return _too_much(refused.wait_s)
        return await self._read(request, sender)

    async def _calm(self, address: str) -> None:
        """Let who is refused again and again wait, before its body is read: refusing is work too."""
        if self._admission.refusals.take(address, 1.0):
            await asyncio.sleep(_REFUSED_AFTER_S)

    async def _read(self, request: Request, sender: Sender) -> Response:
        """Read a batch, and have it stored when its turn comes."""
        try:
            body = await self._bodies.read(request, sender.source)
            async with self._turns.turn(sender):
                return await self._taken(body, sender.source)
        except SlowBody:
            self._admission.refused["slow_body"] += 1
            return problem(408, "Request Timeout")
        except LargeBody:
            return _too_large()
        except TooMuch as refused:
            return _too_much(refused.wait_s)
        except NothingStored:
            return _not_stored()

    def _refuse(self, request: Request, source: str, *, is_stranger: bool) -> Response | None:
        """Why the request is not even read, ``None`` when it is."""
        scheme = request.headers.get("authorization", "").partition(" ")[0]
        if is_stranger or scheme.lower() != "bearer":
            return self._wrong_key(f"{address_key(request.client.host if request.client else '')} {source}")
        if int(_length(request)) > MOST_BYTES:
            return _too_large()
        if request.headers.get("content-encoding", "identity").lower() != "identity":
            return problem(415, "Unsupported Media Type", "send plain JSON, without Content-Encoding")
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
        return _with(problem(401, "Wrong key for this source"), www_authenticate="Bearer")

    async def _taken(self, body: bytes, source: str) -> Response:
        value = await asyncio.to_thread(_json_value, body)  # this thread answers the public meanwhile
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
            self._turns.give_up(source)
            return _not_stored()
        except SourceChanged as error:
            return problem(422, "Not what the city file describes", f"{error}; nothing of it is published")
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


def _too_much(wait_s: float) -> Response:
    detail = "this key sends more than its share; send the same again later"
    return _with(problem(429, "Too many batches", detail), retry_after=str(math.ceil(wait_s)))


def _not_stored() -> Response:
    answer = problem(503, "Nothing could be stored; send it again")
    return _with(answer, retry_after=str(_STORE_RETRY_S))


def _json_value(body: bytes) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _with(response: Response, **headers: str) -> Response:
    for name, value in headers.items():
        response.headers[name.replace("_", "-")] = value
    return response
