"""Measures the time to the first byte of each response, by route and status."""

import time
from typing import Any

from starlette.types import Message, Scope, Send

from blocklight.histogram import Histogram

# Key under which a scope names the inner scope that was routed, if there is one.
ROUTED = "blocklight.routed"

_UNROUTED = "none"
# Interfaces of many paths: what was refused before any routing is counted for each of them.
_FAMILIES = ("/api", "/arcgis", "/area", "/ogc", "/open311")

_PREFIX = "/api/v1"
# The catch-all route.
_ANYTHING = ("/{path:path}",)


def _route_of(scope: Scope) -> str:
    """The declared path of the matching route, never text that a client sent."""
    path = str(getattr(scope.get(ROUTED, scope).get("route"), "path", _family_of(scope["path"])))
    is_below = scope["path"].startswith(f"{_PREFIX}/") and path.startswith("/")
    # FastAPI names a router's routes without the prefix that it was included with.
    return f"{_PREFIX}{path}" if is_below and path not in _ANYTHING and not path.startswith("/api") else path


def _family_of(path: str) -> str:
    """The interface that an unrouted path belongs to, as ``/ogc/*``."""
    return next(
        (f"{family}/*" for family in _FAMILIES if path == family or path.startswith(f"{family}/")), _UNROUTED
    )


class RequestFigures:
    """A histogram for each route and status: the time from a request to the first byte of its answer."""

    def __init__(self) -> None:
        self.histograms: dict[tuple[str, str], Histogram] = {}

    def timing(self, scope: Scope, send: Send, route: str | None = None) -> Any:  # noqa: ANN401 - ASGI
        """A ``send`` that times the start of the response; *route* names it if no router does."""
        began = time.perf_counter()

        async def send_and_time(message: Message) -> None:
            if message["type"] == "http.response.start":
                name = route or _route_of(scope)
                self._of(name, str(message["status"])).observe(time.perf_counter() - began)
            await send(message)

        return send_and_time

    def _of(self, route: str, status: str) -> Histogram:
        return self.histograms.setdefault((route, status), Histogram())
