"""Where a city lies and by which clock it lives, as the places of a sample show it."""

from collections import Counter
from collections.abc import Sequence

from blocklight.geo.time_zones import zone_at
from blocklight.intake.propose.guesses import LIKELY, SURE

# Of the span of the calls that were seen: the next ones lie a little farther out.
_MARGIN = 0.03

_MOST_ASKED = 60
# How far from the middle half of all places one of the city may be: so many times as far as those lie apart,
# and at least half a degree.
_REACH, _WITHIN_DEGREES = 3, 0.5

WORLD = {"west": -180.0, "south": -90.0, "east": 180.0, "north": 90.0}


def bounds_and_zone(points: Sequence[tuple[float, float]]) -> tuple[dict[str, float] | None, str, float]:
    """The box of most points, and their time zone with how sure that is: empty where there is none."""
    real = sorted(lon_lat for lon_lat in points if max(map(abs, lon_lat)) > 1 and _is_within_earth(*lon_lat))
    if not real:
        return None, "", 0.0
    real = _near_the_others(real)
    spare = len(real) // 100
    lons, lats = (sorted(lon_lat)[spare : len(real) - spare] for lon_lat in zip(*real, strict=True))
    box = {"west": lons[0], "south": lats[0], "east": lons[-1], "north": lats[-1]}
    lon, lat = (box["west"] + box["east"]) / 2, (box["south"] + box["north"]) / 2
    signs = {"west": -1, "south": -1, "east": 1, "north": 1}
    bounds = {side: round(value + signs[side] * _MARGIN, 2) for side, value in box.items()}
    zone, sure = _zone_of(real, lon, lat)
    return bounds, zone, sure


def _near_the_others(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Leave out what lies far from the middle half of them: mistyped ones, calls from another state."""
    sides: list[tuple[float, float]] = []
    for numbers in map(sorted, zip(*points, strict=True)):
        low, high = numbers[len(numbers) // 4], numbers[-1 - len(numbers) // 4]
        reach = max(_REACH * (high - low), _WITHIN_DEGREES)
        sides.append((low - reach, high + reach))
    (west, east), (south, north) = sides
    return [(lon, lat) for lon, lat in points if west <= lon <= east and south <= lat <= north]


def _zone_of(points: Sequence[tuple[float, float]], lon: float, lat: float) -> tuple[str, float]:
    """The zone of most places, or of the middle where all of them are at sea, and how sure that is."""
    every = max(1, len(points) // _MOST_ASKED)
    zones = Counter(zone for point in points[::every] if (zone := zone_at(*point)))
    if not zones:
        zone = zone_at(lon, lat)
        return zone, LIKELY if zone else 0.0
    return zones.most_common(1)[0][0], SURE if len(zones) == 1 else LIKELY


def _is_within_earth(lon: float, lat: float) -> bool:
    return abs(lon) <= WORLD["east"] and abs(lat) <= WORLD["north"]
