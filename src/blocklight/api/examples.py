"""Examples and problem descriptions for the OpenAPI document."""

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
        "status": "open",
        "stage": "on_scene",
        "units": 2,
        "disposition": None,
        "source_type": None,
        "place": {"label": "1400 block of Broadway", "kind": "grid", "radius_m": 201},
        "areas": {"beat": "04X"},
        "received_at": "2026-01-31T05:02:00Z",
        "dispatched_at": "2026-01-31T05:06:10Z",
        "en_route_at": None,
        "on_scene_at": "2026-01-31T05:13:00Z",
        "closed_at": None,
        "released_at": "2026-01-31T05:02:04Z",
        "updated_at": "2026-01-31T05:13:03Z",
    },
}

LIFE_EXAMPLE: dict[str, Any] = FEATURE | {
    "life": [
        {"seq": 4810, "changed_at": "2026-01-31T05:02:04Z", "changed": {"status": "open"}},
        {
            "seq": 4822,
            "changed_at": "2026-01-31T05:13:03Z",
            "changed": {"on_scene_at": "2026-01-31T05:13:00Z"},
        },
    ]
}


def _response(description: str, media_type: str, example: object) -> dict[str, Any]:
    content = {"schema": {"type": "object"}, "example": example}
    return {"description": description, "content": {media_type: content}}


FEATURE_COLLECTION = _response(
    "A page of incidents",
    "application/geo+json",
    {"type": "FeatureCollection", "features": [FEATURE], "next": None, "as_of": 4822},
)
LIFE = _response("The incident and its life", "application/geo+json", LIFE_EXAMPLE)


def problem_response(status: int, title: str, detail: str) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI entry of one kind of failure."""
    example = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return {status: _response(title, "application/problem+json", example)}


PROBLEMS: dict[int | str, dict[str, Any]] = {
    **problem_response(400, "Bad query", "bboxx: unknown parameter"),
    **problem_response(404, "Not found", "no such incident is published"),
    **problem_response(503, "The store cannot answer right now", "try again in a moment"),
}


def json_response(description: str, example: object) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI entry of a JSON answer with its example."""
    return {200: _response(description, "application/json", example)}
