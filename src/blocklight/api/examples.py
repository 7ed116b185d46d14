"""Examples and problem descriptions for the OpenAPI document.

The framework leaves nulls out of a document, so that every member here has a value.
"""

from typing import Any

from blocklight.api.city_schemas import AreaCollection
from blocklight.api.schemas import IncidentLife, IncidentPage, Problem, reference
from blocklight.publish.feature import IncidentFeature, example_feature

FEATURE: IncidentFeature = example_feature()

LIFE_EXAMPLE: IncidentLife = {
    **FEATURE,
    "life": [
        {"seq": 4810, "changed_at": "2026-01-31T05:02:04Z", "changed": {"status": "open"}},
        {
            "seq": 4822,
            "changed_at": "2026-01-31T05:31:03Z",
            "changed": {"status": "closed", "closed_at": "2026-01-31T05:31:00Z"},
        },
    ],
}


# The entries of answers in the OpenAPI document, by status.
Responses = dict[int | str, dict[str, Any]]


def _response_entry(description: str, media_type: str, answer: object, example: object) -> dict[str, Any]:
    content = {"schema": reference(answer), "example": example}
    return {"description": description, "content": {media_type: content}}


_PAGE_EXAMPLE: IncidentPage = {
    "type": "FeatureCollection",
    "features": [FEATURE],
    "next": "/api/v1/incidents?cursor=kq3x",
    "as_of": 4822,
}
FEATURE_COLLECTION = _response_entry(
    "A page of incidents", "application/geo+json", IncidentPage, _PAGE_EXAMPLE
)
LIFE = _response_entry("The incident and its life", "application/geo+json", IncidentLife, LIFE_EXAMPLE)


def problem_response(status: int, title: str, detail: str, **members: str) -> Responses:
    """The OpenAPI entry of one kind of failure."""
    example = {"type": "about:blank", "title": title, "status": status, "detail": detail, **members}
    return {status: _response_entry(title, "application/problem+json", Problem, example)}


PROBLEMS: Responses = {
    **problem_response(400, "Bad query", "bboxx: unknown parameter", parameter="bboxx"),
    **problem_response(404, "Not found", "no such incident is published"),
    **problem_response(
        429, "Too many requests", "this address asks for more than its share; come back later"
    ),
    **problem_response(503, "The store cannot answer right now", "try again in a moment"),
}


NOT_MODIFIED: Responses = {304: {"description": "The client has it already"}}


def problems(*statuses: int) -> Responses:
    """The OpenAPI entries of these failures."""
    return {status: PROBLEMS[status] for status in statuses}


def json_response(
    description: str, answer: object, example: object, media_type: str = "application/json"
) -> Responses:
    """The OpenAPI entries of a JSON answer with its example, and of its being unchanged."""
    return {200: _response_entry(description, media_type, answer, example), **NOT_MODIFIED}


def table_response(description: str, answer: object, example: object) -> Responses:
    """The OpenAPI entries of an answer that is JSON, or the same as a table in CSV."""
    entries = json_response(description, answer, example)
    entries[200]["content"]["text/csv"] = {"schema": {"type": "string"}, "example": "n,as_of,seq\n12,,4822\n"}
    return entries


def text_response(description: str, example: str) -> Responses:
    """The OpenAPI entry of a plain text answer with its example."""
    content = {"schema": {"type": "string"}, "example": example}
    return {200: {"description": description, "content": {"text/plain": content}}}


AREAS_EXAMPLE: AreaCollection = {
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
