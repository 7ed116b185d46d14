"""Describes in the OpenAPI document what the framework cannot see: bare endpoints, limits."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, FastAPI

from blocklight.api.examples import FEATURE, json_response, problem_response, problems
from blocklight.api.push import MOST_RECORDS, PREFIX
from blocklight.api.schemas import PushedBatch, components, reference
from blocklight.api.window import MEDIA_TYPE
from blocklight.publish.answers import Pulse, Reset, Retraction
from blocklight.publish.columns import TEXTS
from blocklight.publish.feature import IncidentFeature
from blocklight.publish.window import COLUMNS

# A part of the OpenAPI document.
Json = dict[str, Any]

DESCRIPTION = """
Everything on the map, for anyone to build on. Times are UTC; points are lon, lat in WGS 84 and approved
public places, never the exact location. A call for service is a request for help, not a crime. `seq` is a
place in the change log, within its `epoch`: read the window, then follow
`/api/v1/live?last_event_id=<seq>-<epoch>` with those of its metadata, and nothing is missed.
"""

_LIVE_EXAMPLE = (
    f'id: 4822-3f9a1c20\nevent: incident\ndata: {{"type":"Feature","id":"{FEATURE["id"]}", ...}}\n\n'
)


_RECORDS: Json = {"type": "array", "maxItems": MOST_RECORDS, "items": {}}
_COUNTS: PushedBatch = {
    "records": 3,
    "published": 1,
    "withheld": {"sensitive": 1},
    "rejected": {"bad_time": 1},
}
_PUSH: Json = {
    "tags": ["push"],
    "summary": "Push records of a source",
    "description": "Stores a batch of a source whose connector is `push`, for good, before it answers. What "
    "cannot be read is counted and left out. The same batch sent again changes nothing.",
    "security": [{"key": []}],
    "parameters": [
        {"name": "source", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
    ],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "anyOf": [
                        _RECORDS,
                        {"type": "object", "required": ["records"], "properties": {"records": _RECORDS}},
                    ]
                }
            }
        },
    },
    "responses": {
        "202": json_response("Stored; what became of the records, in counts", PushedBatch, _COUNTS)[200],
        **{
            str(status): entry
            for status, entry in (
                problem_response(400, "Bad batch", "expected a JSON list of records")
                | problem_response(401, "Wrong key for this source", "")
                | problem_response(408, "Request Timeout", "")
                | problem_response(413, "Too large", f"a batch may have {MOST_RECORDS:,} records")
                | problem_response(415, "Unsupported Media Type", "send plain JSON, without Content-Encoding")
                | problem_response(422, "Not what the city file describes", "nothing of it is published")
            ).items()
        },
    },
}


# What the data of each event of the live feed are; OpenAPI 3.1 has no word of its own for it.
_EVENTS = {
    "incident": reference(IncidentFeature),
    "retract": reference(Retraction),
    "reset": reference(Reset),
    "pulse": reference(Pulse),
}

# Columns of the window that are no property of a feature.
_OF_THE_WINDOW: dict[str, Json] = {
    "first_seq_delta": {"type": "integer", "examples": [3]},
    "received_at_delta": {"type": "integer", "examples": [41]},
    "closed_min": {"anyOf": [{"type": "integer"}, {"type": "null"}], "examples": [29]},
    "place": {
        "anyOf": [{"type": "object"}, {"type": "null"}],
        "examples": [{"lon": -122.27121, "lat": 37.80438, "kind": "grid", "radius_m": 201, "label": None}],
    },
}


def _window(schemas: Json) -> Json:
    """The components that describe the window: a row of it, and its columns of words."""
    properties = schemas["IncidentProperties"]["properties"]
    return {
        "WindowRow": {
            "title": "WindowRow",
            "description": "A row of the window, an Arrow record batch; integer widths follow the values.",
            "type": "object",
            "properties": {
                name: (_OF_THE_WINDOW.get(name) or properties[name]) | {"description": text}
                for name, text in COLUMNS.items()
            },
            "required": sorted(COLUMNS),
        },
        "WindowText": {
            "title": "WindowText",
            "description": "Columns of the window that are dictionaries of words.",
            "enum": list(TEXTS),
        },
    }


@dataclass(frozen=True)
class Standard:
    """An interface of others: its routes, and how the OpenAPI document describes its paths and answers."""

    router: APIRouter
    paths: Mapping[str, Any]
    schemas: Mapping[str, Any]


def document_streams(
    app: FastAPI, *, longest_hours: int, push: bool, standards: Sequence[Standard] = ()
) -> None:
    """Describe in the OpenAPI document what FastAPI cannot see: bare ASGI endpoints and declared answers."""
    generate = app.openapi
    streams = _streams(longest_hours)

    def openapi() -> Json:
        document = generate()
        document["paths"].update(streams)
        for standard in standards:
            document["paths"].update(deepcopy(dict(standard.paths)))
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas.update(components())
        schemas.update(_window(schemas))
        for standard in standards:
            schemas.update(standard.schemas)
        if push:
            document["paths"][PREFIX + "{source}"] = {"post": _PUSH}
            document["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        for operation in (member for path in document["paths"].values() for member in path.values()):
            _complete(operation["responses"])
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI documents this as its extension point


def _complete(responses: Json) -> None:
    """Describe the failures that every path has, and nothing that is the framework's alone."""
    responses.pop("422", None)  # ours is a 400
    for status, entry in problems(429, 503).items():
        responses.setdefault(str(status), entry)
    for content in (
        entry_content for entry in responses.values() for entry_content in entry.get("content", {}).values()
    ):
        if "$ref" in content["schema"]:  # the framework calls what is not plain JSON a string
            content["schema"] = {"$ref": content["schema"]["$ref"]}


def _streams(longest_hours: int) -> Json:
    hours = {
        "name": "hours",
        "in": "query",
        "description": "how far back, rounded up to a length that is built (1, 24, 168, 720 or the longest); "
        "open incidents are always included",
        "schema": {"type": "integer", "minimum": 1, "maximum": longest_hours, "default": 24},
    }
    last = {
        "name": "last_event_id",
        "in": "query",
        "description": "resume after this event (or the Last-Event-ID header): `<seq>-<epoch>`",
        "schema": {"type": "string", "examples": ["4822-3f9a1c20"]},
    }
    example = "an Arrow IPC stream; read it with pyarrow.ipc.open_stream"
    binary = {"schema": {"type": "string", "format": "binary"}, "example": example}
    events = {"schema": {"type": "string"}, "x-events": _EVENTS, "example": _LIVE_EXAMPLE}
    rows = binary | {"x-columns": {"$ref": "#/components/schemas/WindowRow"}}
    return {
        "/api/v1/window": _operation(
            "The public window as Arrow columns",
            "Arrow IPC stream: one batch, oldest first. `first_seq_delta` and `received_at_delta` (epoch "
            "seconds) are differences to the row before; `closed_min` is minutes after received, rounded up; "
            "`place` is a dictionary. Schema metadata: `seq`, `epoch`, `hours`, `city`. Compressed with "
            "zstd, br or gzip; ETag and 304.",
            hours,
            {MEDIA_TYPE: rows},
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


def _operation(
    summary: str,
    description: str,
    parameter: Json,
    content: Json,
    failures: dict[int | str, Json],
) -> Json:
    operation = {
        "tags": ["live"],
        "summary": summary,
        "description": description,
        "parameters": [parameter],
        "responses": {"200": {"description": summary, "content": content}}
        | {str(status): entry for status, entry in failures.items()},
    }
    return {"get": operation}
