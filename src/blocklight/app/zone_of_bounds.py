"""Notices a city file whose time zone is not that of its place."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from blocklight.config.city import City
from blocklight.geo.time_zones import zone_at

_HALF_A_YEAR = timedelta(days=182)


def other_zone(city: City, at: datetime) -> str | None:
    """Why the zone of a city seems to be wrong, ``None`` where it is that of a part of its bounds."""
    box, own = city.city.bounds, city.city.zone
    middle = (box.west + box.east) / 2, (box.south + box.north) / 2
    corners = [(lon, lat) for lon in (box.west, box.east) for lat in (box.south, box.north)]
    zones = [zone for place in (middle, *corners) if (zone := zone_at(*place))]
    if not zones or any(_is_one_clock(ZoneInfo(zone), own, at) for zone in zones if _is_known(zone)):
        return None
    return (
        f"The time zone is {own.key}, and the bounds lie in {zones[0]}, whose clocks show another time: "
        "is one of them wrong?"
    )


def _is_known(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except ZoneInfoNotFoundError:  # of a newer tz database than this machine's
        return False
    return True


def _is_one_clock(one: ZoneInfo, other: ZoneInfo, at: datetime) -> bool:
    """Whether clocks of two zones show the same in both halves of the year."""
    return all(
        moment.astimezone(one).utcoffset() == moment.astimezone(other).utcoffset()
        for moment in (at, at - _HALF_A_YEAR)
    )
