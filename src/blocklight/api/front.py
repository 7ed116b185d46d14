"""Stands before every route: who asks, whether that may be now, and what every answer says besides."""

import asyncio
import math
from collections.abc import Callable, Collection
from typing import Any

from fastapi import FastAPI
from starlette.types import Message, Receive, Scope, Send

from blocklight.api.limits import Admission, address_key, client_address, is_trusted
from blocklight.api.problems import overloaded, too_many
from blocklight.api.push import PREFIX, PushEndpoint
from blocklight.api.queueing import Full, Turns
from blocklight.api.request_figures import ROUTED, RequestFigures

LIVE = "/api/v1/live"
PUSH_ROUTE = f"{PREFIX}{{source}}"
# What pages of other sites may read: maps and tables of others live in browsers.
_OPEN_TO_ALL = ("/api/", "/arcgis/", "/ogc", "/open311/", "/openapi", "/asyncapi")
# Answered at once, with the files of the page. Everything else is work and waits for its turn: a new page
# or interface too, whose author thinks of no queue.
FROM_MEMORY = frozenset({"/", "/embed", "/healthz", "/readyz", "/.well-known/security.txt"})
# Of these a refusal, too, is counted by name, though it comes before any routing.
NAMED = (
    *("/list", "/data", "/area", "/response-times", "/ogc"),
    *(f"/api/v1/{noun}" for noun in ("city", "incidents", "ledger", "policy", "sources", "usual")),
)

_TAKES_FORMS = "/arcgis/"
_LEAST_WORK_S = 0.05
# Until an answer begins: longer than any statement may take, so that only a database that hangs as a whole,
# and says nothing of it, comes to it. The place stays taken: whoever comes next is sent away from the queue.
_LONGEST_WORK_S = 12.0

# Browsers come back after some seconds by themselves; who is over a limit should not come that soon.
_LIVE_AGAIN_S = 30
# From a request to its refusal, of an address that has been refused often: refusing is work too.
_REFUSED_AFTER_S = 2.0

_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"geolocation=(self), camera=(), microphone=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
]
_OPEN = (b"access-control-allow-origin", b"*")
_PREFLIGHT = [
    _OPEN,
    (b"access-control-allow-headers", b"content-type, last-event-id, if-none-match, x-requested-with"),
    (b"access-control-max-age", b"86400"),
]


class Front:
    """Answers the streaming paths before any routing; *api* answers all others, a few at a time.

    *from_memory* names the paths that need no turn.
    """

    def __init__(
        self,
        api: FastAPI,
        streams: dict[str, Any],
        admission: Admission,
        push: PushEndpoint | None = None,
        *,
        from_memory: Collection[str] = FROM_MEMORY,
        requests: RequestFigures | None = None,
        sending_share: Callable[[], float] = lambda: 0.0,
        longest_work_s: float = _LONGEST_WORK_S,
    ) -> None:
        self.api = api
        self._streams = streams
        self._admission = admission
        self._push = push
        self._from_memory = from_memory
        self._turns = Turns(sending_share=sending_share)
        self._requests = requests or RequestFigures()
        self._longest_work_s = longest_work_s
        self._given_up: set[asyncio.Future[None]] = set()
        self._named = {*NAMED, *streams}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.api(scope, receive, send)
            return
        scope = self._from_client(scope)
        if self._push is not None and scope["path"].startswith(PREFIX):
            await self._pushed(self._push, scope, receive, self._requests.timing(scope, send, PUSH_ROUTE))
            return
        method, path = scope["method"], scope["path"]
        if path != LIVE:  # ten thousand readers get its frames, each one a message: they are not timed
            send = self._requests.timing(scope, send, path if path in self._named else None)
        open_to_all = path.startswith(_OPEN_TO_ALL)
        address = _client_address(scope)
        wait_s = self._admission.requests.take(address, 1.0)
        if wait_s:
            await self._too_many("requests", wait_s, scope, receive, _adding(send, scope))
        elif method == "OPTIONS" and open_to_all:
            await send({"type": "http.response.start", "status": 204, "headers": _preflight(path)})
            await send({"type": "http.response.body"})
        elif path in self._streams and method in ("GET", "HEAD"):
            await self._stream(address, scope, receive, send)
        elif path in self._from_memory:
            await self._routed(scope, receive, _adding(send, scope))
        else:
            await self._in_turn(address, scope, receive, _adding(send, scope))

    async def _pushed(self, push: PushEndpoint, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a push. Whoever holds a key is no stranger and is never counted; others are, like readers."""
        wait_s = await push(
            scope,
            receive,
            send,
            wait_of_stranger=lambda: self._admission.requests.take(_client_address(scope), 1.0),
        )
        if wait_s:
            await self._too_many("requests", wait_s, scope, receive, send)

    def _from_client(self, scope: Scope) -> Scope:
        """*scope* as of the client that a trusted proxy speaks for."""
        client = scope.get("client")
        trusted = self._admission.limits.trusted
        if not client or not trusted or not is_trusted(client[0], trusted):
            return scope
        headers = scope["headers"]
        forwarded = b",".join(value for name, value in headers if name == b"x-forwarded-for")
        schemes = [value.decode("latin-1") for name, value in headers if name == b"x-forwarded-proto"]
        address = client_address(client[0], forwarded.decode("latin-1"), trusted)
        changed: Scope = {**scope, "client": (address, client[1] if address == client[0] else 0)}
        return {**changed, "scheme": schemes[-1]} if schemes[-1:] in (["http"], ["https"]) else changed

    async def _stream(self, address: str, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = self._streams[scope["path"]]
        if scope["path"] != LIVE or scope["method"] == "HEAD":
            await endpoint(scope, receive, send)
            return
        live = self._admission.live
        reason = live.take(address)
        if reason is not None:
            await self._no_place(reason, scope, receive, _adding(send, scope))
            return
        try:
            await endpoint(scope, receive, send)
        finally:
            live.leave(address)

    async def _no_place(self, reason: str, scope: Scope, receive: Receive, send: Send) -> None:
        if reason == "address":
            await self._too_many("live", _LIVE_AGAIN_S, scope, receive, send)
            return
        self._admission.refused["live_total"] += 1
        await overloaded(_LIVE_AGAIN_S)(scope, receive, send)

    async def _in_turn(self, address: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Have a request worked out when its turn comes; sending the answer is no work any more."""
        wait_s = self._admission.work.take(address, 0.0, at_least=_LEAST_WORK_S)
        if wait_s:
            await self._too_many("work", wait_s, scope, receive, send)
            return
        loop = asyncio.get_running_loop()
        came = loop.time()
        try:
            await self._turns.enter(address)
        except Full:
            self._admission.refused["work_total"] += 1
            await self._calm(address, _REFUSED_AFTER_S - (loop.time() - came))
            await overloaded()(scope, receive, send)
            return
        started_at: float | None = loop.time()
        given_up = False

        def worked_out() -> None:
            nonlocal started_at
            if started_at is not None:
                self._admission.work.spend(address, min(loop.time() - started_at, self._longest_work_s))
                self._turns.leave(address, loop.time() - started_at)
                started_at = None

        produced_at = math.inf

        async def send_and_leave(message: Message) -> None:
            nonlocal produced_at
            worked_out()
            # A long download is produced while it is sent: no place for that, or whoever reads slowly would
            # keep it, but its address has had that work all the same.
            self._admission.work.spend(address, max(0.0, loop.time() - produced_at))
            if not given_up:
                await send(message)
            produced_at = loop.time()

        answering = asyncio.ensure_future(self._routed(scope, receive, send_and_leave))
        answering.add_done_callback(lambda _: worked_out())
        try:
            await asyncio.wait({answering}, timeout=self._longest_work_s)
            if answering.done() or started_at is None:
                await answering
                return
        except asyncio.CancelledError:
            answering.cancel()
            raise
        given_up = True
        self._given_up.add(answering)
        answering.add_done_callback(self._has_ended)
        await overloaded()(scope, receive, send)

    def _has_ended(self, answering: "asyncio.Future[None]") -> None:
        self._given_up.discard(answering)
        if not answering.cancelled():
            answering.exception()  # who asked has been told to come back, whatever came of it

    async def _routed(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Every route answers HEAD as it answers GET, without the body.
        seen = {**scope, "method": "GET"} if scope["method"] == "HEAD" else dict(scope)
        scope[ROUTED] = seen
        is_answered = False

        async def send_and_note(message: Message) -> None:
            nonlocal is_answered
            await send(message)
            is_answered = message["type"] == "http.response.body" and not message.get("more_body", False)

        try:
            await self.api(seen, receive, send_and_note)
        except Exception:
            # Starlette has logged this, answered 500 and raised it again; uvicorn would log it once more and
            # reset the connection.
            if not is_answered:
                raise
        finally:
            del scope[ROUTED]
            seen.clear()  # what the framework keeps in it refers to it: that would have to be collected

    async def _too_many(self, limit: str, wait_s: float, scope: Scope, receive: Receive, send: Send) -> None:
        self._admission.refused[f"{limit}_address"] += 1
        await self._calm(_client_address(scope), min(_REFUSED_AFTER_S, wait_s))
        detail = "this address asks for more than its share; come back later"
        await too_many(detail, math.ceil(wait_s))(scope, receive, send)

    async def _calm(self, address: str, wait_s: float) -> None:
        """Let an address that is refused again and again wait, or we would be busy with refusing alone."""
        if self._admission.refusals.take(address, 1.0):
            await asyncio.sleep(wait_s)


def _preflight(path: str) -> list[tuple[bytes, bytes]]:
    """What a page of another site may send; a query may be too long for an address."""
    methods = b"GET, HEAD, POST, OPTIONS" if path.startswith(_TAKES_FORMS) else b"GET, HEAD, OPTIONS"
    return [*_PREFLIGHT, (b"allow", methods), (b"access-control-allow-methods", methods)]


def _client_address(scope: Scope) -> str:
    return address_key(scope["client"][0] if scope.get("client") else "")


def _adding(send: Send, scope: Scope) -> Callable[[Any], Any]:
    """A ``send`` that adds the headers of every answer, and leaves the body of a HEAD's out."""
    headers = [*_HEADERS, _OPEN] if scope["path"].startswith(_OPEN_TO_ALL) else _HEADERS

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            present = list(message.get("headers", ()))
            names = {name.lower() for name, _ in present}
            message["headers"] = [*present, *(header for header in headers if header[0] not in names)]
        elif scope["method"] == "HEAD":
            message["body"] = b""
        await send(message)

    return send_with_headers
