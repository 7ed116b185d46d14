"""Turns the points of ArcGIS rows into degrees where a server does not: some ignore the system asked for."""

from collections.abc import Mapping

from blocklight.config.city import SourceSpec
from blocklight.config.reference_names import is_known
from blocklight.errors import SourceChanged
from blocklight.intake.record import RawRecord
from blocklight.intake.values.converters import degrees_of_projected

_POINT = ("__lon", "__lat")
# Degrees end at 180; some services go on beyond them across the Pacific.
_FURTHEST = 400.0
# WGS 84, and the American systems that differ from it by less than two metres.
_IN_DEGREES = frozenset({4326, 4269, 4152, 6318})

_UNKNOWN = "coordinates are in a reference system that is not known"
_HOW = 'read __lon and __lat as `point`, with convert = "xy" and `crs`'


class Degrees:
    """Puts the points of one source into degrees, unless its city file names their reference system."""

    def __init__(self, source: SourceSpec) -> None:
        specs = (spec for _, spec in source.fields.named())
        self._left_alone = any(spec.crs is not None and set(_POINT) & set(spec.source) for spec in specs)

    def of(self, records: list[RawRecord], reference: object) -> list[RawRecord]:
        """*records* as ``with_degrees`` does, or as they are where the city file knows better."""
        return records if self._left_alone else with_degrees(records, reference)


def with_degrees(records: list[RawRecord], reference: object) -> list[RawRecord]:
    """*records* with their points in degrees; *reference* is the system that the answer names.

    Raises ``SourceChanged`` for one that nobody knows, and for numbers that are no degrees.
    """
    if not any("__lon" in record for record in records):
        return records
    crs = reference_system(reference) if isinstance(reference, Mapping) else None
    if crs is None:
        if any(abs(record.get("__lon", 0)) > _FURTHEST for record in records):
            raise SourceChanged(_UNKNOWN, detail=_HOW)
        return records
    return [_with_degrees(record, crs) for record in records]


def reference_system(reference: Mapping[str, object]) -> str | None:
    """The reference system that ArcGIS describes, ``None`` for degrees or none at all.

    Raises ``SourceChanged`` for one that nobody knows.
    """
    numbers = [number for name in ("latestWkid", "wkid") if isinstance(number := reference.get(name), int)]
    if any(number in _IN_DEGREES for number in numbers):
        return None
    text = reference.get("wkt") or reference.get("wkt2")
    if not numbers and not text:
        return None
    names = [f"{authority}:{number}" for number in numbers for authority in ("EPSG", "ESRI")]
    for name in names:
        if is_known(name):
            return name
    if isinstance(text, str):
        # Pop-up maps of the world write its name and leave out the rest.
        if "web_mercator" in text.casefold():
            return "EPSG:3857"
        if text.startswith("GEOGCS") and any(name in text for name in ("WGS_1984", "North_American_1983")):
            return None
        if is_known(text):
            return text
    raise SourceChanged(_UNKNOWN, detail=_HOW)


def _with_degrees(record: RawRecord, crs: str) -> RawRecord:
    """A row with its point in degrees, or without one that lies outside the system."""
    if "__lon" not in record:
        return record
    rest = {name: value for name, value in record.items() if name not in _POINT}
    try:
        lon, lat = degrees_of_projected(record["__lon"], record["__lat"], crs)
    except ValueError:
        return rest
    return {**rest, "__lon": lon, "__lat": lat}
