"""Reads an Emergency Incident Data Object as one row, and takes nothing else out of it.

The format: NENA-STA-021 (EIDO-JSON). Its components stand beside each other and refer to each other. Of the
persons, callers, notes, vehicles and agents in it nothing is read; of several locations only the one that the
incident itself refers to, as the others are where a caller stood or where a call was routed by.
"""

from collections.abc import Iterator, Mapping
from xml.etree import ElementTree as ET

_LONGEST_LOCATION = 100_000
_MOST_COMPONENTS = 1_000
_OF_CALLERS = frozenset({"caller", "routinglocation", "celltower", "target", "device"})
_GML = "{http://www.opengis.net/gml}"
_CIVIC = "{urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr}"
_ROUND = (f"{_GML}Point", "{http://www.opengis.net/pidflo/1.0}Circle")
# Two numbers, latitude first; the second has a height behind them.
_DEGREES = ("", "urn:ogc:def:crs:EPSG::4326", "urn:ogc:def:crs:EPSG::4979")
_STREET = ("PRD", "RD", "STS", "POD")  # RFC 5139: direction, name, suffix, direction behind
# APCO ANS 1.111.2 numbers what became of patients 33 to 45.
_PATIENTS = range(33, 46)
# Of the incident states; what none of these words ends is open.
_OVER = frozenset({"closed", "canceled", "cancelled", "duplicate", "completed", "resolved"})
_POLE, _TURN = 90.0, 180.0


def eido_row(document: Mapping[str, object]) -> dict[str, object]:
    """The incident of a document, in columns with the names of our fields."""
    incident = document.get("incidentComponent")
    incident = incident if isinstance(incident, Mapping) else {}
    row: dict[str, object] = {
        "id": incident.get("internalIncidentId") or document.get("$id"),
        "received": min(_texts(document, "callComponent", "callStartTimestamp"), default=None),
        "type": incident.get("incidentTypeCommonRegistryText"),
        "local_type": incident.get("incidentTypeInternalText"),
        "local_code": incident.get("incidentTypeInternalCode"),
        "status": _status(incident.get("incidentStatusCommonRegistryText")),
        "priority": incident.get("incidentCommonPriorityNumber"),
        "disposition": _disposition(incident),
        **_place(document, incident),
    }
    return {name: value for name, value in row.items() if value is not None}


def _components(document: Mapping[str, object], name: str) -> Iterator[Mapping[str, object]]:
    members = document.get(name)
    for member in members[:_MOST_COMPONENTS] if isinstance(members, list) else ():
        if isinstance(member, Mapping):
            yield member


def _texts(document: Mapping[str, object], name: str, member: str) -> list[str]:
    values = (component.get(member) for component in _components(document, name))
    return [value for value in values if isinstance(value, str)]


def _status(states: object) -> str | None:
    """Whether the incident is over: it is when it is for every agency, in the registry's words."""
    given = states if isinstance(states, list) else []
    words = [state.casefold() for state in given if isinstance(state, str)]
    if not words:
        return None
    return "closed" if _OVER.issuperset(words) else "open"


def _disposition(incident: Mapping[str, object]) -> str | None:
    """The code of the primary disposition; those that tell what became of a patient are not read."""
    given = list(_components(incident, "dispositionComponent"))
    primary = [one for one in given if one.get("dispositionPrimaryIndicator") is True] or given
    for one in primary:
        code = one.get("dispositionCommonRegistryCode")
        digits = "".join(filter(str.isdigit, code)) if isinstance(code, str) else ""
        if isinstance(code, str) and not (digits and int(digits[:9]) in _PATIENTS):
            return code
    return None


def _place(document: Mapping[str, object], incident: Mapping[str, object]) -> dict[str, object]:
    references = {reference.get("$ref") for reference in _components(incident, "locationReference")} - {None}
    for location in _components(document, "locationComponent"):
        kind = str(location.get("locationTypeDescriptionRegistryText", "")).casefold().replace(" ", "")
        text = location.get("locationByValue")
        if location.get("$id") in references and kind not in _OF_CALLERS and isinstance(text, str):
            return _location(text)
    return {}


def _location(text: str) -> dict[str, object]:
    """The point and the address of a PIDF-LO (RFC 5491), nothing of one that declares anything."""
    if len(text) > _LONGEST_LOCATION or "<!" in text:  # entities, which bombs are made of, are declared so
        return {}
    try:
        root = ET.fromstring(text.strip())  # noqa: S314 - without declarations there is nothing to expand
    except (ET.ParseError, ValueError, RecursionError):
        return {}
    return {**_point(root), **_address(root)}


def _point(root: ET.Element) -> dict[str, object]:
    for shape in (shape for name in _ROUND for shape in root.iter(name)):
        numbers = (shape.findtext(f"{_GML}pos") or "").split()
        try:
            lat, lon = float(numbers[0]), float(numbers[1])
        except (IndexError, ValueError):
            continue
        if shape.get("srsName", "") in _DEGREES and abs(lat) <= _POLE and abs(lon) <= _TURN:
            return {"lon": lon, "lat": lat}
    return {}


def _address(root: ET.Element) -> dict[str, object]:
    civic = next(root.iter(f"{_CIVIC}civicAddress"), None)
    if civic is None:
        return {}
    parts = [civic.findtext(f"{_CIVIC}{name}") for name in ("HNO", *_STREET)]
    words = [part.strip() for part in parts if part and part.strip()]
    has_street = bool(civic.findtext(f"{_CIVIC}RD"))
    return {"address": " ".join(words)} if has_street else {}
