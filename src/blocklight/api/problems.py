"""The one table from exception to status, answered as RFC 9457 problem details."""

import logging
from http import HTTPStatus

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from blocklight.api.schemas import Problem
from blocklight.errors import BadQuery, StoreError

_log = logging.getLogger(__name__)

# A parameter's name comes from whoever asks, and stands in our answer.
_LONGEST_NAME = 80

_STORE_RETRY_S = 5

PROBLEM_TYPE = "application/problem+json"
_HEADERS = {
    "cache-control": "no-store",  # a cache may keep a 404 as it likes where nothing is said
    "x-content-type-options": "nosniff",
}


def problem(status: int, title: str, detail: str | None = None, *, parameter: str | None = None) -> Response:
    """A problem details response; *detail* is only ever our own words."""
    body: Problem = {"type": "about:blank", "title": title, "status": status}
    if detail:
        body["detail"] = detail
    if parameter:
        body["parameter"] = parameter
    return Response(orjson.dumps(body), status, headers=_HEADERS, media_type=PROBLEM_TYPE)


def overloaded(retry_after_s: int = 2) -> Response:
    """The answer to who asks for more than can be worked out in time."""
    return _later(problem(HTTPStatus.SERVICE_UNAVAILABLE, "Busy", "try again in a moment"), retry_after_s)


def too_many(detail: str, retry_after_s: int) -> Response:
    """The answer to an address that asks for more than its share; its connection ends with it."""
    answer = problem(HTTPStatus.TOO_MANY_REQUESTS, "Too many requests", detail)
    answer.headers["connection"] = "close"
    return _later(answer, retry_after_s)


def _later(answer: Response, retry_after_s: int) -> Response:
    answer.headers["retry-after"] = str(retry_after_s)
    return answer


def add_problem_handlers(app: FastAPI) -> None:
    """Map our errors, the framework's and any other to problem details, but what is missing."""
    app.add_exception_handler(BadQuery, _bad_query)
    app.add_exception_handler(StoreError, _unavailable)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def _bad_query(_: Request, error: Exception) -> Response:
    parameter = error.parameter if isinstance(error, BadQuery) else None
    return problem(400, "Bad query", str(error), parameter=parameter)


def _unavailable(_: Request, __: Exception) -> Response:
    return _later(problem(503, "The store cannot answer right now"), _STORE_RETRY_S)


def _invalid(_: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    first = error.errors()[0]
    if first["loc"][0] == "path":
        return problem(404, "Not found", "no page or resource has this address")
    parameter = str(first["loc"][1])[:_LONGEST_NAME]  # what follows is the place in a list
    detail = (
        "unknown parameter"
        if first["type"] == "extra_forbidden"
        else first["msg"].removeprefix("Value error, ")
    )
    return problem(400, "Bad query", f"{parameter}: {detail}", parameter=parameter)


def _http(_: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    answer = problem(error.status_code, str(error.detail))
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        answer.headers["allow"] = "GET, HEAD"
    return answer


def _unexpected(request: Request, error: Exception) -> Response:
    route = getattr(
        request.scope.get("route"), "path", "a request"
    )  # its pattern: what strangers send is not logged
    _log.error("unexpected %s answering %s", type(error).__name__, route, exc_info=error)
    return problem(500, "Internal error")
