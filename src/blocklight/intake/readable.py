"""Opens what is exact of a sample for the operator, whose command shows it on purpose.

Nothing that serves or stores imports this.
"""

from collections.abc import Callable, Mapping

from blocklight.config.source import SourceSpec
from blocklight.geo.exact import address_lines, degrees
from blocklight.intake.record import Incident, RawRecord

# Fields that count when their columns are filled, also where nothing of ours comes of the value.
_AS_READ = ("other_type", "disposition")


def value_of(name: str, raw: RawRecord, incident: Incident, source: SourceSpec) -> object:
    """Give what a row says for one of our fields: as understood, or as read where little comes of it."""
    if name in _EXACT:
        return _EXACT[name](incident)
    if name not in _AS_READ:
        return getattr(incident, name, None)
    spec = dict(source.fields.named())[name]
    return next((raw[column] for column in spec.source if raw.get(column) not in (None, "")), None)


def address_text(incident: Incident) -> str:
    """An address and the cross street beside it, empty where there is neither."""
    lines = () if incident.address is None else address_lines(incident.address)
    return " ".join(line for line in lines if line)


def _lon(incident: Incident) -> float | None:
    return None if incident.point is None else degrees(incident.point)[0]


def _lat(incident: Incident) -> float | None:
    return None if incident.point is None else degrees(incident.point)[1]


def _point_of_incident(incident: Incident) -> tuple[float, float] | None:
    return None if incident.point is None else degrees(incident.point)


def _address_line(incident: Incident) -> str | None:
    return None if incident.address is None else address_lines(incident.address)[0] or None


def _cross_street(incident: Incident) -> str | None:
    return None if incident.address is None else address_lines(incident.address)[1]


_EXACT: Mapping[str, Callable[[Incident], object]] = {
    "lon": _lon,
    "lat": _lat,
    "point": _point_of_incident,
    "address": _address_line,
    "cross_street": _cross_street,
}
