"""The built web app: one page and its hashed assets, compressed once, with a strict content policy."""

import mimetypes
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import orjson
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from blocklight.api.encoding import PublicFile
from blocklight.api.plain.first_screen import first_screen
from blocklight.api.problems import problem
from blocklight.api.state import Public, public
from blocklight.errors import NotFound

router = APIRouter(include_in_schema=False)

_FOREVER = "public, max-age=31536000, immutable"
# The hours that the page's address may ask for, the usual first; see ``web/src/state/filter.ts``.
_RANGES = ("24", "1", "168", "720")

_PRELOAD = "</api/v1/window?hours={}>; rel=preload; as=fetch; crossorigin"
_MISSING = "the web app is not built in this installation; the API works: see /openapi.json"


def content_policy(
    style_url: str | None, framed_by: Sequence[str] = (), geocoder_url: str | None = None
) -> str:
    """The Content-Security-Policy: ourselves, basemap, geocoder, and who may frame it."""
    extra = _origin(style_url)
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            f"img-src 'self' data: blob:{extra}",
            "font-src 'self'",
            f"connect-src 'self'{extra}{_origin(geocoder_url)}",
            "worker-src 'self' blob:",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors " + (" ".join(framed_by) or "'none'"),
        )
    )


def _origin(url: str | None) -> str:
    if not url or "://" not in url:
        return ""
    parts = urlsplit(url)
    return f" {parts.scheme}://{parts.netloc}"


def file_paths(web: Path) -> frozenset[str]:
    """The paths of the files of the built web app in the folder *web*: none where it is not built."""
    return frozenset(f"/{file.relative_to(web).as_posix()}" for file in web.rglob("*") if file.is_file())


@router.get("/")
def index(request: Request, state: Annotated[Public, Depends(public)]) -> Response:
    """Serve the map page with its first screen, which nobody may frame."""
    return _page(request, state, with_first_screen=True)


@router.get("/embed")
async def embed(request: Request, state: Annotated[Public, Depends(public)]) -> Response:
    """Serve the slim map for pages of others: the same document, which the city's list may frame."""
    return _page(request, state, state.city.publish.framed_by)


@router.get("/manifest.webmanifest")
def manifest(request: Request, state: Annotated[Public, Depends(public)]) -> Response:
    """Serve what a browser needs to install the map as an app (W3C Web Application Manifest)."""
    city = state.city.city
    body = {
        "id": "/",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "name": f"{city.name} · Blocklight",
        "short_name": city.name,
        "lang": city.languages[0],
        "background_color": "#f3f0e9",
        "theme_color": "#f3f0e9",
        "icons": [
            {"src": "/icon.svg", "type": "image/svg+xml", "sizes": "any"},
            *({"src": f"/icon-{n}.png", "type": "image/png", "sizes": f"{n}x{n}"} for n in (192, 512)),
        ],
    }
    return PublicFile(orjson.dumps(body), "application/manifest+json", "no-cache").respond(request)


@router.get("/{path:path}")
async def asset(request: Request, path: str, state: Annotated[Public, Depends(public)]) -> Response:
    """Serve a file of the built web app."""
    if path.startswith("api/"):
        raise NotFound("no such resource")
    return _page(request, state) if path == "index.html" else _file(state, path).respond(request)


def _page(
    request: Request, state: Public, framed_by: Sequence[str] = (), *, with_first_screen: bool = False
) -> Response:
    style_url = state.style_url or state.city.map.style_url
    headers = {"content-security-policy": content_policy(style_url, framed_by, state.city.map.geocoder_url)}
    # The page asks for its incidents as soon as its code has arrived; told here, the browser asks at once.
    span = request.query_params.get("range")
    headers["link"] = _PRELOAD.format(span if span in _RANGES else _RANGES[0])
    try:
        document = _file(state, "index.html")
    except NotFound:
        return problem(503, "No web app", _MISSING)
    page = first_screen(request, state, document.body.decode()) if with_first_screen else None
    if page is None:
        return document.respond(request, headers)
    return page.respond(request, headers | {"vary": "accept-encoding, accept-language"})


def _file(state: Public, path: str) -> PublicFile:
    """A file of the built web app; raises ``NotFound`` where there is none."""
    key = f"asset:{path}"
    if key not in state.files:
        file = _asset_file(state.web, path)
        if file is None:
            raise NotFound("no such page")
        media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        lifetime = _FOREVER if path.startswith("assets/") else "no-cache"
        state.files[key] = PublicFile(file.read_bytes(), media_type, lifetime)
    return state.files[key]


def _asset_file(root: Path, path: str) -> Path | None:
    """The file that a path names in its one plain spelling, so that none is kept twice."""
    try:
        file = (root / path).resolve()
        plain = file.relative_to(root.resolve()).as_posix()
        return file if plain == path and file.is_file() else None
    except (OSError, ValueError):
        return None
