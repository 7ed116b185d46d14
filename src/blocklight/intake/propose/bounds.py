"""Where a city lies and by which clock it lives, as the places of a sample show it."""

from collections.abc import Sequence

from blocklight.intake.propose.guesses import LIKELY

_MARGIN = 0.03


WORLD = {"west": -180.0, "south": -90.0, "east": 180.0, "north": 90.0}


_ZONES = (
    (-141.0, -125.0, "America/Anchorage"),
    (-125.0, -114.5, "America/Los_Angeles"),
    (-114.5, -102.0, "America/Denver"),
    (-102.0, -86.5, "America/Chicago"),
    (-86.5, -66.0, "America/New_York"),
)


# Those of the United States: elsewhere a longitude says nothing of the clock.
_LATITUDES = (24.0, 72.0)


_ARIZONA = (-114.5, -109.1, 31.3, 37.0)


def bounds_and_zone(points: Sequence[tuple[float, float]]) -> tuple[dict[str, float] | None, str, float]:
    """The box of most points, and the time zone of its middle: by longitude, empty where not known."""
    real = sorted(lon_lat for lon_lat in points if max(map(abs, lon_lat)) > 1 and _is_within_earth(*lon_lat))
    if not real:
        return None, "", 0.0
    spare = len(real) // 100
    lons, lats = (sorted(lon_lat)[spare : len(real) - spare] for lon_lat in zip(*real, strict=True))
    box = {"west": lons[0], "south": lats[0], "east": lons[-1], "north": lats[-1]}
    lon, lat = (box["west"] + box["east"]) / 2, (box["south"] + box["north"]) / 2
    signs = {"west": -1, "south": -1, "east": 1, "north": 1}
    bounds = {side: round(value + signs[side] * _MARGIN, 2) for side, value in box.items()}
    if _ARIZONA[0] < lon < _ARIZONA[1] and _ARIZONA[2] < lat < _ARIZONA[3]:
        return bounds, "America/Phoenix", LIKELY
    zones = _ZONES if _LATITUDES[0] < lat < _LATITUDES[1] else ()
    zone = next((name for west, east, name in zones if west <= lon < east), "")
    return bounds, zone, LIKELY if zone else 0.0


def _is_within_earth(lon: float, lat: float) -> bool:
    return abs(lon) <= WORLD["east"] and abs(lat) <= WORLD["north"]
