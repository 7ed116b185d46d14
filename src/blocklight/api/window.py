"""The public window as one file; the answer is ready in memory, so the endpoint is bare ASGI."""

import asyncio
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from blocklight.api.encoding import matches, preferred_encoding
from blocklight.api.problems import problem
from blocklight.publish.publisher import Publisher
from blocklight.publish.window import Snapshot

MEDIA_TYPE = "application/vnd.apache.arrow.stream"


class WindowEndpoint:
    """``GET /api/v1/window?hours=`` and ``/api/v1/window/ids?hours=``."""

    def __init__(self, publisher: Publisher, what: str, *, longest_hours: int) -> None:
        self._publisher = publisher
        self._what = what
        self._longest_hours = longest_hours

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI has no types of its own
        """Answer one request."""
        request = Request(scope)
        hours = self._hours(scope["query_string"])
        if isinstance(hours, str):
            await problem(400, "Bad query", hours, parameter="hours")(scope, receive, send)
            return
        encoding = preferred_encoding(request.headers.get("accept-encoding"))
        window = self._publisher.window
        snapshot = window.ready(hours, encoding, self._what)
        if snapshot is None:
            snapshot = await asyncio.to_thread(window.get, hours, encoding, self._what)
        await _send(snapshot, request, send)

    def _hours(self, query: bytes) -> int | str:
        """Return the hours asked for, or what is wrong with the query."""
        pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
        unknown = [name for name, _ in pairs if name != "hours"]
        if unknown:
            return f"{unknown[0][:40]}: unknown parameter"
        text = pairs[-1][1] if pairs else "24"
        plain = text.isascii() and text.isdigit() and len(text) <= len(str(self._longest_hours))
        if not plain or not 1 <= int(text) <= self._longest_hours:
            return f"hours: a whole number from 1 to {self._longest_hours}"
        return int(text)


async def _send(snapshot: Snapshot, request: Request, send: Any) -> None:  # noqa: ANN401 - ASGI
    unchanged = matches(request.headers.get("if-none-match"), snapshot.etag)
    body = b"" if unchanged or request.method == "HEAD" else snapshot.body
    headers = [
        (b"etag", snapshot.etag.encode()),
        (b"vary", b"accept-encoding"),
        (b"cache-control", b"public, max-age=1"),
        (b"access-control-allow-origin", b"*"),
        (b"x-content-type-options", b"nosniff"),
    ]
    if not unchanged:
        headers += [
            (b"content-type", MEDIA_TYPE.encode()),
            (b"content-length", b"%d" % len(snapshot.body)),
        ]
        if snapshot.encoding != "identity":
            headers.append((b"content-encoding", snapshot.encoding.encode()))
    await send({"type": "http.response.start", "status": 304 if unchanged else 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
