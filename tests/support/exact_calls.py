"""Calls made by hand from plain numbers and texts, and what is in them, for tests of what is exact."""

from typing import Any

import msgspec

from blocklight.geo.exact import ExactAddress, ExactPoint, SourceKey, address_lines, degrees, key_text
from blocklight.intake.record import Incident
from blocklight.model.record import Place
from blocklight.model.vocabulary import PlaceKind


def exact_address(line: str | None, cross_street: str | None = None) -> ExactAddress | None:
    return ExactAddress(line or "", cross_street) if line or cross_street else None


def public_place(lon: float, lat: float) -> Place:
    return Place(lon, lat, PlaceKind.GRID, 1)


def an_incident(
    *,
    source_key: str,
    lon: float | None = None,
    lat: float | None = None,
    address: str | None = None,
    cross_street: str | None = None,
    **fields: Any,  # noqa: ANN401 - the plain fields of an incident
) -> Incident:
    return Incident(
        source_key=SourceKey(source_key),
        point=None if lon is None or lat is None else ExactPoint(lon, lat),
        address=exact_address(address, cross_street),
        **fields,
    )


def opened(incident: Incident) -> dict[str, Any]:
    """Return what is in an incident, as ``an_incident`` takes it."""
    fields = {name: getattr(incident, name) for name in incident.__struct_fields__}
    del fields["point"], fields["address"]
    fields["source_key"] = key_text(incident.source_key)
    fields["lon"], fields["lat"] = lon_lat(incident) or (None, None)
    line, fields["cross_street"] = address_of(incident)
    return fields | {"address": line or None}


def changed(incident: Incident, **fields: Any) -> Incident:  # noqa: ANN401 - as ``an_incident`` takes them
    """Return an incident in which some fields are others."""
    if fields.keys() & {"source_key", "lon", "lat", "address", "cross_street"}:
        return an_incident(**opened(incident) | fields)
    return msgspec.structs.replace(incident, **fields)


def lon_lat(incident: Incident) -> tuple[float, float] | None:
    return None if incident.point is None else degrees(incident.point)


def address_of(incident: Incident) -> tuple[str, str | None]:
    return ("", None) if incident.address is None else address_lines(incident.address)
