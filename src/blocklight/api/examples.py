"""Examples and problem descriptions for the OpenAPI document.

The framework leaves nulls out of a document, so that every member here has a value.
"""

from typing import Any

FEATURE: dict[str, Any] = {
    "type": "Feature",
    "id": "k3x7m2qa5tzw4bne",
    "geometry": {"type": "Point", "coordinates": [-122.27121, 37.80438]},
    "properties": {
        "first_seq": 4810,
        "seq": 4822,
        "kind": "call",
        "source": "dispatch",
        "agency": "police",
        "category": "disturbance",
        "priority": 3,
        "origin": "community",
        "status": "closed",
        "stage": "closed",
        "units": 2,
        "disposition": "advised",
        "source_type": "NOISE COMPLAINT",
        "place": {"label": "1400 block of Broadway", "kind": "grid", "radius_m": 201},
        "areas": {"beat": "04X"},
        "received_at": "2026-01-31T05:02:00Z",
        "dispatched_at": "2026-01-31T05:06:10Z",
        "en_route_at": "2026-01-31T05:07:00Z",
        "on_scene_at": "2026-01-31T05:13:00Z",
        "closed_at": "2026-01-31T05:31:00Z",
        "released_at": "2026-01-31T05:02:04Z",
        "updated_at": "2026-01-31T05:31:03Z",
        "delayed": False,
        "time_step_min": 1,
    },
}

LIFE_EXAMPLE: dict[str, Any] = FEATURE | {
    "life": [
        {"seq": 4810, "changed_at": "2026-01-31T05:02:04Z", "changed": {"status": "open"}},
        {
            "seq": 4822,
            "changed_at": "2026-01-31T05:31:03Z",
            "changed": {"status": "closed", "closed_at": "2026-01-31T05:31:00Z"},
        },
    ]
}


def _response(description: str, media_type: str, example: object) -> dict[str, Any]:
    content = {"schema": {"type": "object"}, "example": example}
    return {"description": description, "content": {media_type: content}}


FEATURE_COLLECTION = _response(
    "A page of incidents",
    "application/geo+json",
    {
        "type": "FeatureCollection",
        "features": [FEATURE],
        "next": "/api/v1/incidents?cursor=kq3x",
        "as_of": 4822,
    },
)
LIFE = _response("The incident and its life", "application/geo+json", LIFE_EXAMPLE)


def problem_response(status: int, title: str, detail: str, **members: str) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI entry of one kind of failure."""
    example = {"type": "about:blank", "title": title, "status": status, "detail": detail, **members}
    return {status: _response(title, "application/problem+json", example)}


PROBLEMS: dict[int | str, dict[str, Any]] = {
    **problem_response(400, "Bad query", "bboxx: unknown parameter", parameter="bboxx"),
    **problem_response(404, "Not found", "no such incident is published"),
    **problem_response(
        429, "Too many requests", "this address asks for more than its share; come back later"
    ),
    **problem_response(503, "The store cannot answer right now", "try again in a moment"),
}


NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "The client has it already"}}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI entries of these failures."""
    return {status: PROBLEMS[status] for status in statuses}


def json_response(
    description: str, example: object, media_type: str = "application/json"
) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI entries of a JSON answer with its example, and of its being unchanged."""
    return {200: _response(description, media_type, example), **NOT_MODIFIED}


def text_response(description: str, example: str) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI entry of a plain text answer with its example."""
    content = {"schema": {"type": "string"}, "example": example}
    return {200: {"description": description, "content": {"text/plain": content}}}


AREAS_EXAMPLE: dict[str, Any] = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "id": "04X",
            "properties": {"id": "04X", "name": "Beat 04X", "kind": "beat"},
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[-122.3, 37.8], [-122.2, 37.8], [-122.2, 37.9], [-122.3, 37.8]]],
            },
        }
    ],
}
