"""What a city file need not say of a source whose records are standard messages."""

from collections.abc import Mapping
from typing import Any

_ISO = {"convert": "iso"}
_PLACE: dict[str, Any] = {
    "lon": {"from": "lon", "convert": "float"},
    "lat": {"from": "lat", "convert": "float"},
    "address": "address",
}
# A source's keys by the message, in the words of a city file.
STANDARD: dict[str, dict[str, Any]] = {
    "eido": {
        "key": ["id"],
        "closes": "status",
        "fields": {
            "received_at": {"from": "received", **_ISO},
            "source_type": "type",
            "other_type": ["local_type", "local_code"],
            "status": {"from": "status", "map": {"open": "open", "closed": "closed"}},
            "priority": {"from": "priority", "convert": "int"},
            "disposition": "disposition",
            "agency": {"default": "police"},
            **_PLACE,
        },
    },
    "neris": {
        "key": ["department", "id"],
        "closes": "time",
        "fields": {
            "received_at": {"from": "received", **_ISO},
            "dispatched_at": {"from": "dispatched", **_ISO},
            "en_route_at": {"from": "en_route", **_ISO},
            "on_scene_at": {"from": "on_scene", **_ISO},
            "closed_at": {"from": "closed", **_ISO},
            "source_type": "type",
            "other_type": ["determinant"],
            "units": {"from": "units", "convert": "length"},
            "disposition": "disposition",
            "agency": {"default": "fire"},
            **_PLACE,
        },
    },
}


def with_standard_fields(source: Mapping[str, Any]) -> dict[str, Any]:
    """A source of a city file with what its message says of itself; what the city file says comes first."""
    standard = STANDARD.get(str(source.get("message", "")))
    if standard is None:
        return dict(source)
    own = source.get("fields", {})
    fields = {**standard["fields"], **own} if isinstance(own, Mapping) else own
    return {**standard, **source, "fields": fields}
