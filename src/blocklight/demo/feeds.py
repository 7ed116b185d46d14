"""Serves the demo city's two feeds as their platforms would, hiccups and all: an ASGI application."""

import asyncio
import math
import random
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

import orjson

from blocklight.demo.arcgis_layer import BadQuestion, Layer
from blocklight.demo.dispatch import HOUR, Dispatch
from blocklight.demo.request_desk import RequestDesk
from blocklight.demo.showcase import Showcase
from blocklight.demo.soda_dataset import Dataset

DISPATCH_HOST = "dispatch.demo.invalid"
REQUESTS_HOST = "requests.demo.invalid"
HOSTS = (DISPATCH_HOST, REQUESTS_HOST)
_LAYER = "/arcgis/rest/services/CAD/FeatureServer/0"
_DATASET = "/resource/demo-311a.json"

# Eight weeks before, and the day that is compared with them: what is usual needs a past.
HISTORY_DAYS = 58

OUTAGE_S = 90
_OUTAGES = ("server_error", "arcgis_error", "html", "slow")
_SLOW_S = 1.5
_CALM_S = 600
_HTML = b"<!doctype html><title>Maintenance</title><h1>We will be back shortly</h1>"

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
ASGIApp = Callable[
    [Scope, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer."""

    status: int
    body: bytes
    kind: str = "application/json"


def outage(seed: int, host: str, now: int) -> str | None:
    """How the source fails at *now*, if it does: once in most hours, for 90 seconds."""
    rng = random.Random(f"outage {seed} {host} {now // HOUR}")  # noqa: S311 - a simulation, not a secret
    start, kind, happens = rng.randrange(HOUR - OUTAGE_S), rng.choice(_OUTAGES), rng.random() < 0.4  # noqa: PLR2004
    return kind if happens and 0 <= now % HOUR - start < OUTAGE_S else None


def dispatch_centre(
    *,
    seed: int,
    now: Callable[[], datetime],
    history_days: int = HISTORY_DAYS,
    hiccups: bool = True,
    showcase: Showcase | None = None,
) -> ASGIApp:
    """The application that answers for both hosts, as the centre stands at ``now()``.

    Without *hiccups* it never fails. It never does in its first ten minutes. With a *showcase* its scenes are
    among the calls.
    """
    dispatch = Dispatch(seed, None if showcase is None else showcase.hour)
    return _Centre(seed, now, history_days, dispatch, hiccups=hiccups)


class _Centre:
    """Both feeds of one seed, with the clock that they live by."""

    def __init__(
        self,
        seed: int,
        now: Callable[[], datetime],
        history_days: int,
        dispatch: Dispatch,
        *,
        hiccups: bool,
    ) -> None:
        self._seed, self._now, self._history_days = seed, now, history_days
        self._dispatch, self._desk = dispatch, RequestDesk(seed)
        self._layer = Layer(self._dispatch, history_days)
        self._dataset = Dataset(self._desk, history_days)
        self._calm_until = now().timestamp() + (_CALM_S if hiccups else math.inf)
        self._turn = asyncio.Lock()

    async def __call__(
        self,
        scope: Scope,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """Answer one HTTP request."""
        if scope["type"] != "http":
            return
        body = await _request_body(receive)
        query = dict(parse_qsl((scope["query_string"] + b"&" + body).decode(), keep_blank_values=True))
        answer = await self._made(_requested_host(scope), scope["path"], query)
        headers = [
            (b"content-type", answer.kind.encode()),
            (b"content-length", str(len(answer.body)).encode()),
        ]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    async def _made(self, host: str, path: str, query: dict[str, str]) -> Answer:
        at = int(self._now().timestamp())
        trouble = outage(self._seed, host, at) if at > self._calm_until else None
        if trouble == "slow":
            await asyncio.sleep(_SLOW_S)
        elif trouble is not None:
            return _failure(trouble)
        async with self._turn:  # the tables are made in a thread, by one question at a time
            return await asyncio.to_thread(self._answer, host, path, query, at)

    def _answer(self, host: str, path: str, query: dict[str, str], at: int) -> Answer:
        kept_from = at - (self._history_days + 3) * 24 * HOUR
        self._dispatch.forget_before(kept_from)
        self._desk.forget_before(kept_from)
        if host == DISPATCH_HOST and path.startswith(_LAYER):
            return _arcgis_answer(self._layer, path.removeprefix(_LAYER), query, at)
        if host == REQUESTS_HOST and path == _DATASET:
            return _soda(self._dataset, query, at)
        return Answer(404, b"<h1>Not found</h1>", "text/html")


async def _request_body(receive: Callable[[], Awaitable[Message]]) -> bytes:
    body = b""
    while (message := await receive())["type"] == "http.request":
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    return body


def _requested_host(scope: Scope) -> str:
    named = next((value for name, value in scope["headers"] if name == b"host"), b"")
    return str(named.decode("latin-1").partition(":")[0])


def _arcgis_answer(layer: Layer, path: str, query: dict[str, str], at: int) -> Answer:
    """Answer like ArcGIS, which puts its errors inside HTTP 200."""
    try:
        if path in {"", "/"}:
            return Answer(200, orjson.dumps(layer.describe()))
        if path == "/query":
            return Answer(200, orjson.dumps(layer.query(query, at)))
    except BadQuestion as error:
        return Answer(200, _error(400, str(error)))
    return Answer(200, _error(404, "no such operation"))


def _soda(dataset: Dataset, query: dict[str, str], at: int) -> Answer:
    try:
        return Answer(200, orjson.dumps(dataset.query(query, at)))
    except BadQuestion as error:
        refusal = {"message": "Query coordinator error", "errorCode": "query.soql.no-such-column",
                "data": {"column": str(error)}}  # fmt: skip
        return Answer(400, orjson.dumps(refusal))


def _failure(kind: str) -> Answer:
    if kind == "arcgis_error":
        return Answer(200, _error(500, "Unable to perform query operation."))
    if kind == "html":
        return Answer(200, _HTML, "text/html")
    return Answer(503, b"Service unavailable", "text/plain")


def _error(code: int, message: str) -> bytes:
    return orjson.dumps({"error": {"code": code, "message": message, "details": []}})
