"""The public window as one file; the answer is ready in memory, so the endpoint is bare ASGI."""

from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from blocklight.api.encoding import matches, preferred_encoding
from blocklight.api.problems import overloaded, problem
from blocklight.publish.building import WindowBuilds
from blocklight.publish.window import DEFAULT_HOURS, Snapshot, lengths

MEDIA_TYPE = "application/vnd.apache.arrow.stream"


class WindowEndpoint:
    """``GET /api/v1/window?hours=`` and ``/api/v1/window/ids?hours=``."""

    def __init__(self, builds: WindowBuilds, content: str, *, longest_hours: int) -> None:
        self._builds = builds
        self._what = content
        self._lengths = lengths(longest_hours)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope)
        hours = self._hours(scope["query_string"])
        if isinstance(hours, str):
            await problem(400, "Bad query", hours, parameter="hours")(scope, receive, send)
            return
        encoding = preferred_encoding(request.headers.get("accept-encoding"))
        built = next(length for length in self._lengths if length >= hours)
        snapshot = await self._builds.get(built, encoding, self._what)
        if snapshot is None:
            await overloaded()(scope, receive, send)
            return
        await _send(snapshot, request, send)

    def _hours(self, query: bytes) -> int | str:
        """The hours asked for, or what is wrong with the query."""
        pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
        unknown = [name for name, _ in pairs if name != "hours"]
        if unknown:
            return f"{unknown[0][:40]}: unknown parameter"
        longest = self._lengths[-1]
        text = pairs[-1][1] if pairs else str(min(DEFAULT_HOURS, longest))
        plain = text.isascii() and text.isdigit() and len(text) <= len(str(longest))
        if not plain or not 1 <= int(text) <= longest:
            return f"hours: a whole number from 1 to {longest}"
        return int(text)


async def _send(snapshot: Snapshot, request: Request, send: Send) -> None:
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
