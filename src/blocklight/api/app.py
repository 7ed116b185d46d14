"""Puts the public interface together: routers, streaming endpoints, security headers, documentation."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.routing import Route

from blocklight import __version__
from blocklight.api import city, health, incidents, ledger, pages, policy, sources, usual
from blocklight.api.examples import FEATURE, problems
from blocklight.api.plain import listing, methods
from blocklight.api.problems import add_problem_handlers
from blocklight.api.push import PREFIX, Inbox, PushEndpoint
from blocklight.api.state import Public
from blocklight.api.window import MEDIA_TYPE, WindowEndpoint

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]

_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"geolocation=(self), camera=(), microphone=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
]
_OPEN = (b"access-control-allow-origin", b"*")
_PREFLIGHT = [
    _OPEN,
    (b"allow", b"GET, HEAD, OPTIONS"),
    (b"access-control-allow-methods", b"GET, HEAD, OPTIONS"),
    (b"access-control-allow-headers", b"last-event-id, if-none-match"),
    (b"access-control-max-age", b"86400"),
]


def create_app(state: Public, lifespan: Lifespan | None = None, inbox: Inbox | None = None) -> Any:  # noqa: ANN401 - an ASGI application
    """Return the ASGI application of one city; with an *inbox*, sources may push records to it."""
    api = FastAPI(
        title=f"Blocklight: {state.city.city.name}",
        version=__version__,
        summary="Calls for service and service requests, as they are published.",
        description=_DESCRIPTION,
        license_info={"name": "Apache-2.0"},
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        lifespan=lifespan or _nothing,
    )
    api.state.public = state
    for router in (incidents.router, city.router, sources.router, ledger.router, usual.router, policy.router):
        api.include_router(router, prefix="/api/v1")
    api.include_router(health.router)
    hours = state.city.publish.window_hours
    streams: dict[str, Any] = {
        "/api/v1/live": state.publisher.live,
        "/api/v1/window": WindowEndpoint(state.publisher, "window", longest_hours=hours),
        "/api/v1/window/ids": WindowEndpoint(state.publisher, "ids", longest_hours=hours),
    }
    for path, endpoint in streams.items():
        api.router.routes.append(Route(path, endpoint=endpoint, methods=["GET"], include_in_schema=False))
    api.include_router(listing.router)
    api.include_router(methods.router)
    api.include_router(pages.router)
    add_problem_handlers(api)
    _document_streams(api)
    return _Front(api, streams, None if inbox is None else PushEndpoint(inbox))


class _Front:
    """Answers the streaming paths before any routing, and adds security headers to everything else."""

    def __init__(self, app: FastAPI, streams: dict[str, Any], push: PushEndpoint | None = None) -> None:
        self.api = app
        self._push = push
        self._streams = streams

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
        if scope["type"] != "http":
            await self.api(scope, receive, send)
            return
        if self._push is not None and scope["path"].startswith(PREFIX):
            await self._push(scope, receive, send)
            return
        method, open_to_all = scope["method"], scope["path"].startswith(("/api/", "/openapi"))
        if method == "OPTIONS" and open_to_all:
            await send({"type": "http.response.start", "status": 204, "headers": _PREFLIGHT})
            await send({"type": "http.response.body"})
            return
        stream = self._streams.get(scope["path"])
        if stream is not None and method in ("GET", "HEAD"):
            await stream(scope, receive, send)
            return
        headers = [*_HEADERS, _OPEN] if open_to_all else _HEADERS

        async def send_with_headers(message: Any) -> None:  # noqa: ANN401 - ASGI
            if message["type"] == "http.response.start":
                given = list(message.get("headers", ()))
                names = {name.lower() for name, _ in given}
                message["headers"] = [*given, *(one for one in headers if one[0] not in names)]
            elif method == "HEAD":
                message["body"] = b""
            await send(message)

        # Every route answers HEAD as it answers GET, without the body.
        seen = scope | {"method": "GET"} if method == "HEAD" else scope
        await self.api(seen, receive, send_with_headers)


@asynccontextmanager
async def _nothing(_: FastAPI) -> AsyncIterator[None]:
    yield


_DESCRIPTION = """
Everything on the map, for anyone to build on. Times are UTC; points are lon, lat in WGS 84 and approved
public places, never the exact location. A call for service is a request for help, not a crime. `seq` is a
place in the change log, within its `epoch`: read the window, then follow
`/api/v1/live?last_event_id=<seq>-<epoch>` with those of its metadata, and nothing is missed.
"""

_LIVE_EXAMPLE = (
    f'id: 4822-3f9a1c20\nevent: incident\ndata: {{"type":"Feature","id":"{FEATURE["id"]}", ...}}\n\n'
)


def _document_streams(app: FastAPI) -> None:
    """Describe the bare ASGI endpoints in the OpenAPI document, which FastAPI cannot see."""
    hours = {
        "name": "hours",
        "in": "query",
        "description": "how far back; open incidents are always included",
        "schema": {"type": "integer", "minimum": 1, "default": 24},
    }
    last = {
        "name": "last_event_id",
        "in": "query",
        "description": "resume after this event (or the Last-Event-ID header): `<seq>-<epoch>`",
        "schema": {"type": "string", "examples": ["4822-3f9a1c20"]},
    }
    example = "an Arrow IPC stream; read it with pyarrow.ipc.open_stream"
    binary = {"schema": {"type": "string", "format": "binary"}, "example": example}
    events = {"schema": {"type": "string"}, "example": _LIVE_EXAMPLE}
    extra = {
        "/api/v1/window": _operation(
            "The public window as Arrow columns",
            "Arrow IPC stream: one batch, oldest first. `first_seq_delta` and `received_at_delta` (epoch "
            "seconds) are differences to the row before; `closed_min` is minutes after received, rounded up; "
            "`place` is a dictionary. Schema metadata: `seq`, `epoch`, `hours`, `city`. Compressed with "
            "zstd, br or gzip; ETag and 304.",
            hours,
            {MEDIA_TYPE: binary},
            problems(400),
        ),
        "/api/v1/window/ids": _operation(
            "The public ids of the window",
            "Arrow IPC stream with `first_seq` and `id`.",
            hours,
            {MEDIA_TYPE: binary},
            problems(400),
        ),
        "/api/v1/live": _operation(
            "Changes as they are published",
            "Server-Sent Events: `incident` (a Feature), `retract` (`{id}`), `reset` (load the window anew), "
            "`pulse` (clock, source freshness, counts; no id). The event id is `<seq>-<epoch>`; the epoch "
            "is another one once a backup was restored, and then everybody is answered with a `reset`.",
            last,
            {"text/event-stream": events},
            {},
        ),
    }
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        document["paths"].update(extra)
        for path in document["paths"].values():
            path["get"]["responses"].pop("422", None)  # the framework's; ours is a 400
        for name in ("HTTPValidationError", "ValidationError"):
            document["components"]["schemas"].pop(name, None)
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI documents this as its extension point


def _operation(
    summary: str,
    description: str,
    parameter: dict[str, Any],
    content: dict[str, Any],
    failures: dict[int | str, dict[str, Any]],
) -> dict[str, Any]:
    operation = {
        "tags": ["live"],
        "summary": summary,
        "description": description,
        "parameters": [parameter],
        "responses": {"200": {"description": summary, "content": content}}
        | {str(status): entry for status, entry in failures.items()},
    }
    return {"get": operation}
