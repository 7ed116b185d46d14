"""Reads a dispatch of NERIS, the national reports of fire departments, as one row, and nothing else of it.

The format: the core module "dispatch" of NERIS with its modules of unit responses and of a civic location, as
published at https://github.com/ulfsri/neris-framework. Its comments are free text, its times at a patient's
side and at a hospital tell of a patient: neither is read. Its ids hold the millisecond or the day at which a
call began, so they are a key, of which nothing but a keyed digest is ever made.
"""

from collections.abc import Iterator, Mapping

_MOST_UNITS = 1_000
_UNIT_TIMES = {
    "dispatched": "time_dispatch",
    "en_route": "time_enroute_to_scene",
    "on_scene": "time_on_scene",
}
_ADDRESS = (
    "an_complete",
    "sn_pre_dir",
    "sn_pre_type",
    "sn_street_name",
    "sn_post_type",
    "sn_post_directional",
)


def neris_row(dispatch: Mapping[str, object]) -> dict[str, object]:
    """The dispatch in columns with the names of our fields; of its units the first that came counts."""
    units = list(_units(dispatch))
    times = {name: min(_texts(units, member), default=None) for name, member in _UNIT_TIMES.items()}
    department, number = dispatch.get("fd_neris_id"), dispatch.get("dispatch_internal_id")
    row: dict[str, object] = {
        "id": number or dispatch.get("incident_neris_id"),
        "department": department,
        "received": dispatch.get("dispatch_time_call_arrival") or dispatch.get("dispatch_time_call_create"),
        **times,
        "closed": dispatch.get("time_incident_clear")
        or max(_texts(units, "time_incident_clear"), default=None),
        "type": dispatch.get("dispatch_incident_code"),
        "determinant": dispatch.get("dispatch_determinate_code"),
        "disposition": dispatch.get("dispatch_final_disposition"),
        "units": [number for number, _ in enumerate(units)] or None,
        **_point(dispatch.get("dispatch_point")),
        **_address(dispatch.get("dispatch_location")),
    }
    return {name: value for name, value in row.items() if value is not None}


def _units(dispatch: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    members = dispatch.get("dispatch_unit_response")
    for member in members[:_MOST_UNITS] if isinstance(members, list) else ():
        if isinstance(member, Mapping):
            yield member


def _texts(units: list[Mapping[str, object]], member: str) -> list[str]:
    """The times of all units; all are in UTC, so that they compare as they are written."""
    return [value for unit in units if isinstance(value := unit.get(member), str) and value]


def _point(point: object) -> dict[str, object]:
    """A point as GeoJSON, as an object with both numbers, or as text: latitude, longitude."""
    if isinstance(point, Mapping):
        if isinstance(pair := point.get("coordinates"), list) and len(pair) > 1:
            return {"lon": pair[0], "lat": pair[1]}
        return {
            "lon": point.get("longitude", point.get("lng")),
            "lat": point.get("latitude", point.get("lat")),
        }
    parts = point.split(",") if isinstance(point, str) else []
    return {"lat": parts[0].strip(), "lon": parts[1].strip()} if len(parts) == len("ab") else {}


def _address(location: object) -> dict[str, object]:
    """The address as text, or of the parts of a civic location without building, floor and unit."""
    if isinstance(location, str):
        return {"address": location}
    if not isinstance(location, Mapping) or not location.get("sn_street_name"):
        return {}
    number = location.get("an_complete") or location.get("an_number")
    parts = [number, *(location.get(name) for name in _ADDRESS[1:])]
    return {"address": " ".join(str(part).strip() for part in parts if part)}
