"""The time zone of a place, from the boundaries that OpenStreetMap has of them; nobody is asked."""

import tzfpy

_OPEN_SEA = "Etc/"


def zone_at(lon: float, lat: float) -> str:
    """Name the IANA zone of a place; empty at sea, where no city is."""
    zone = tzfpy.get_tz(lon, lat)
    return "" if zone.startswith(_OPEN_SEA) else zone
