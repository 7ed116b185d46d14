"""How the OpenAPI document describes the Open311 interface: paths, parameters, answers."""

from typing import Any

from blocklight.standards.open311.documents import MEDIA_TYPES
from blocklight.standards.open311.routes import ROOT

Json = dict[str, Any]
_PAGE, _ERRORS = "Open311Answer", "Open311Errors"
SCHEMAS: Json = {
    _PAGE: {
        "title": _PAGE,
        "type": ["array", "object"],
        "description": "A list or a table as Open311 GeoReport v2 has it; what is not published is null.",
        "examples": [[{"service_code": "pothole"}]],
    },
    _ERRORS: {
        "title": _ERRORS,
        "type": "array",
        "description": "What is wrong, as GeoReport has it.",
        "items": {"type": "object"},
        "examples": [[{"code": 400, "description": "status: expected open, closed or both"}]],
    },
}
_JURISDICTION = {"jurisdiction_id": "the city's id; nothing else is served here"}
_TIME = "a time like 2026-01-31T08:00:00Z"
_QUESTION = {
    **_JURISDICTION,
    "service_request_id": "public ids, with commas between them",
    "service_code": "codes of services, with commas between them",
    "status": "`open`, `closed` or both",
    "start_date": f"received at or after {_TIME}",
    "end_date": f"received at or before {_TIME}",
    "updated_after": f"last changed here at or after {_TIME}",
    "updated_before": f"last changed here at or before {_TIME}",
    "page": "from 1 on",
    "page_size": "how many requests a page has, 1,000 at most",
}


def _parameter(place: str, name: str, text: str) -> Json:
    parameter: Json = {"name": name, "in": place, "description": text, "schema": {"type": "string"}}
    if place == "path":
        parameter["required"] = True
        parameter["schema"]["minLength"] = 1
    return parameter


def _body_content(form: str, schema: str, example: Any) -> Json:  # noqa: ANN401 - any JSON
    if form == "xml":
        return {MEDIA_TYPES["xml"]: {"schema": {"type": "string"}, "example": "<services/>"}}
    return {MEDIA_TYPES["json"]: {"schema": {"$ref": f"#/components/schemas/{schema}"}, "example": example}}


def _operation(form: str, summary: str, text: str, path: Json, query: Json) -> Json:
    parameters = [_parameter("path", name, words) for name, words in path.items()]
    parameters += [_parameter("query", name, words) for name, words in query.items()]
    problems = {
        "400": "A parameter that cannot be answered, or is not known",
        "404": "There is no such city, service or request",
        "503": "The database cannot answer right now",
    }
    responses: Json = {
        "200": {
            "description": "The answer",
            "content": _body_content(form, _PAGE, [{"service_code": "pothole"}]),
        },
        "304": {"description": "Not Modified"},
    }
    errors = _body_content(form, _ERRORS, [{"code": 400, "description": "page: expected a number"}])
    responses |= {status: {"description": words, "content": errors} for status, words in problems.items()}
    return {
        "get": {
            "tags": ["open311"],
            "summary": f"{summary} ({form.upper()})",
            "description": text,
            "parameters": parameters,
            "responses": responses,
        }
    }


PATHS: Json = {
    path: operation
    for form in ("json", "xml")
    for path, operation in {
        f"{ROOT}/discovery.{form}": _operation(
            form, "Open311 discovery", "Where the interface is, and which forms it has.", {}, {}
        ),
        f"{ROOT}/services.{form}": _operation(
            form, "Open311 services", "Every subcategory and category.", {}, _QUESTION
        ),
        f"{ROOT}/services/{{code}}.{form}": _operation(
            form, "Open311 service definition", "Without attributes: nothing is taken here.",
            {"code": "its code"}, _QUESTION,
        ),
        f"{ROOT}/requests.{form}": _operation(
            form, "Open311 requests", "Published service requests, newest first.", {}, _QUESTION
        ),
        f"{ROOT}/requests/{{request_id}}.{form}": _operation(
            form, "An Open311 request", "One request by its public id.", {"request_id": "its id"}, _QUESTION
        ),
    }.items()
}  # fmt: skip
