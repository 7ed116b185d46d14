"""How long answers take to begin, by route and status."""

import time
from typing import Any

from blocklight.histogram import Histogram

ROUTED = "blocklight.routed"
"""Where a scope names the one that was routed, if that is another."""
_UNROUTED = "none"
_PREFIX = "/api/v1"
_ANYTHING = ("/{path:path}",)
"""The route that answers what no other does."""


def _route_of(scope: Any) -> str:  # noqa: ANN401 - ASGI
    """Return the path of the route that answers, as it was declared: never what a client wrote."""
    path = str(getattr(scope.get(ROUTED, scope).get("route"), "path", _UNROUTED))
    is_below = scope["path"].startswith(f"{_PREFIX}/") and path.startswith("/")
    # FastAPI names a router's routes without the prefix that it was included with.
    return f"{_PREFIX}{path}" if is_below and path not in _ANYTHING and not path.startswith(_PREFIX) else path


class RequestFigures:
    """A histogram for each route and status: the time from a request to the first byte of its answer."""

    def __init__(self) -> None:
        self.histograms: dict[tuple[str, str], Histogram] = {}

    def timing(self, scope: Any, send: Any, route: str | None = None) -> Any:  # noqa: ANN401 - ASGI
        """Return a ``send`` that counts an answer as it begins; *route* where no router finds it."""
        began = time.perf_counter()

        async def send_and_time(message: Any) -> None:  # noqa: ANN401 - ASGI
            if message["type"] == "http.response.start":
                name = route or _route_of(scope)
                self._of(name, str(message["status"])).observe(time.perf_counter() - began)
            await send(message)

        return send_and_time

    def _of(self, route: str, status: str) -> Histogram:
        return self.histograms.setdefault((route, status), Histogram())
