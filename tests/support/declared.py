"""Compares an answer with what the OpenAPI document declares of it."""

from typing import Any

import jsonschema_rs


def mistakes(document: dict[str, Any], schema: dict[str, Any], answer: object) -> list[str]:
    """Return what is wrong with an answer: a field that is missing, of another type, or not declared."""
    closed = schema | {"components": {"schemas": _closed(document["components"]["schemas"])}}
    found = jsonschema_rs.validator_for(closed, validate_formats=True).iter_errors(answer)
    return [f"{list(error.instance_path)}: {error.message}" for error in found]


def _closed(schemas: dict[str, Any]) -> dict[str, Any]:
    """Return schemas that allow no field beside those that they name."""
    return {
        name: {"additionalProperties": False, **schema} if "properties" in schema else schema
        for name, schema in schemas.items()
    }
