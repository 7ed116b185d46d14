"""Puts the public interface together: routers, streaming endpoints, what stands before them."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import orjson
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from blocklight import __version__
from blocklight.api import (
    archive,
    archive_catalogue,
    area_reports,
    city,
    compare,
    exports,
    feeds,
    health,
    incidents,
    ledger,
    pages,
    past,
    policy,
    security_txt,
    sources,
    usual,
)
from blocklight.api.async_document import PATH as ASYNC_PATH
from blocklight.api.async_document import async_document
from blocklight.api.document import DESCRIPTION, Standard, document_streams
from blocklight.api.encoding import PublicFile
from blocklight.api.front import FROM_MEMORY, LIVE, Front
from blocklight.api.plain import area as area_pages
from blocklight.api.plain import comparison, listing, methods
from blocklight.api.plain.missing import add_missing_page
from blocklight.api.problems import add_problem_handlers
from blocklight.api.push import Inbox, PushEndpoint
from blocklight.api.state import Public
from blocklight.api.window import WindowEndpoint
from blocklight.publish.building import WindowBuilds

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def create_app(
    state: Public,
    lifespan: Lifespan | None = None,
    inbox: Inbox | None = None,
    *,
    standards: Sequence[Standard] = (),
) -> Any:  # noqa: ANN401 - an ASGI application
    """The ASGI application of one city; with an *inbox*, sources may push records to it.

    *standards* are other people's interfaces.
    """
    api = FastAPI(
        title=f"Blocklight: {state.city.city.name}",
        version=__version__,
        summary="Calls for service and service requests, as they are published.",
        description=DESCRIPTION,
        license_info={"name": "Apache-2.0"},
        docs_url=None,
        redoc_url=None,
        openapi_url=None,  # served below, from bytes that are made once
        lifespan=lifespan or _no_lifespan,
    )
    api.state.public = state
    api.include_router(archive_catalogue.router)  # its paths are some of the archive's
    numbers = (past, compare, area_reports)
    for part in (feeds, exports, incidents, *numbers, city, sources, ledger, usual, policy, archive):
        api.include_router(part.router, prefix="/api/v1")
    api.include_router(health.router)
    hours = state.city.publish.window_hours

    def sending_share() -> float:
        return state.publisher.live.sending_share

    builds = WindowBuilds(lambda: state.publisher.window, sending_share)
    streams: dict[str, Any] = {
        LIVE: state.publisher.live,
        "/api/v1/window": WindowEndpoint(builds, "window", longest_hours=hours),
        "/api/v1/window/ids": WindowEndpoint(builds, "ids", longest_hours=hours),
    }
    for path, endpoint in streams.items():
        api.router.routes.append(Route(path, endpoint=endpoint, methods=["GET"], include_in_schema=False))
    api.include_router(listing.router)
    api.include_router(methods.router)
    api.include_router(area_pages.router)
    api.include_router(comparison.router)
    api.include_router(security_txt.router)
    for standard in standards:
        api.include_router(standard.router)
    api.include_router(pages.router)
    add_problem_handlers(api)
    add_missing_page(api)
    document_streams(api, longest_hours=hours, push=inbox is not None, standards=standards)
    _serve_document(api, state)
    push = None if inbox is None else PushEndpoint(inbox, state.admission)
    return Front(
        api,
        streams,
        state.admission,
        push,
        from_memory=FROM_MEMORY | pages.file_paths(state.web),
        requests=state.requests,
        sending_share=sending_share,
    )


def _serve_document(api: FastAPI, state: Public) -> None:
    """Serve the OpenAPI and the AsyncAPI document, worked out when first requested and never again."""
    documents: dict[str, Callable[[], Any]] = {
        "/openapi.json": api.openapi,
        ASYNC_PATH: lambda: async_document(title=api.title, version=api.version),
    }

    def document(request: Request) -> Response:
        path = request.url.path
        if path not in state.files:
            state.files[path] = PublicFile(orjson.dumps(documents[path]()), "application/json")
        return state.files[path].respond(request)

    # Before the pages, which answer whatever nothing else does.
    for path in documents:
        api.router.routes.insert(0, Route(path, document, include_in_schema=False))


@asynccontextmanager
async def _no_lifespan(_: FastAPI) -> AsyncIterator[None]:
    yield
