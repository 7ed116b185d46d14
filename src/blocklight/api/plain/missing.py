"""Answers readers of pages where there is none: what is wrong, and a search for what was meant."""

from fastapi import FastAPI, Request
from starlette.responses import Response

from blocklight.api.plain.page import Reader
from blocklight.api.problems import problem
from blocklight.api.state import Public
from blocklight.errors import NotFound

_FOR_PROGRAMS = ("/api/", "/openapi", "/metrics", "/assets/", "/.well-known/")


def add_missing_page(app: FastAPI) -> None:
    """Answer readers of pages in words, and everybody else as before."""
    app.add_exception_handler(NotFound, _not_found)


def _not_found(request: Request, error: Exception) -> Response:
    wants_page = "text/html" in request.headers.get("accept", "")
    if wants_page and not request.url.path.startswith(_FOR_PROGRAMS):
        state: Public = request.app.state.public
        try:
            return Reader.of(request, state).trouble(request, "plain.missing", 404)
        except NotFound:  # no web app is built, and so there are no words
            pass
    return problem(404, "Not found", str(error))
