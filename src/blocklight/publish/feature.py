"""Writes a published incident as GeoJSON (RFC 7946): one shape for the API, live frames and files."""

from datetime import datetime
from typing import Any

from blocklight.model import Change, PublicIncident, StoredIncident


def feature(incident: PublicIncident, **log: int | datetime | None) -> dict[str, Any]:
    """Return the incident as a GeoJSON Feature; *log* holds its places and times in the change log."""
    place = incident.place
    return {
        "type": "Feature",
        "id": incident.id,
        "geometry": None if place is None else {"type": "Point", "coordinates": [place.lon, place.lat]},
        "properties": {
            "first_seq": log["first_seq"],
            "seq": log["seq"],
            "kind": incident.kind,
            "source": incident.source,
            "agency": incident.agency,
            "category": incident.category,
            "priority": incident.priority,
            "origin": incident.origin,
            "status": incident.status,
            "stage": incident.stage,
            "units": incident.units,
            "disposition": incident.disposition,
            "source_type": incident.source_type,
            "place": None
            if place is None
            else {"label": place.label, "kind": place.kind, "radius_m": place.radius_m},
            "areas": incident.areas,
            "received_at": iso(incident.received_at),
            "dispatched_at": iso(incident.dispatched_at),
            "en_route_at": iso(incident.en_route_at),
            "on_scene_at": iso(incident.on_scene_at),
            "closed_at": iso(incident.closed_at),
            "released_at": iso(log.get("released_at")),
            "updated_at": iso(log.get("updated_at")),
            "delayed": incident.delayed,
            "time_step_min": incident.time_step_min,
        },
    }


def stored_feature(stored: StoredIncident) -> dict[str, Any]:
    """Return a stored incident as a Feature."""
    return feature(
        stored.incident,
        first_seq=stored.first_seq,
        seq=stored.seq,
        released_at=stored.released_at,
        updated_at=stored.updated_at,
    )


def change_feature(change: Change, incident: PublicIncident) -> dict[str, Any]:
    """Return what a change published as a Feature."""
    return feature(
        incident,
        first_seq=change.first_seq,
        seq=change.seq,
        released_at=change.released_at,
        updated_at=change.changed_at,
    )


def iso(time: object) -> str | None:
    """Return an aware UTC time as ``2026-01-31T08:15:00Z``, with milliseconds only where it has them."""
    if not isinstance(time, datetime):
        return None
    precision = "milliseconds" if time.microsecond else "seconds"
    return time.isoformat(timespec=precision).replace("+00:00", "Z")
