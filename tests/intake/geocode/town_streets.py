"""A town of a few streets drawn by hand, a hundredth of a degree apart."""

import json
from pathlib import Path
from typing import Any

from small_city import small_city

from blocklight.config.city import City

LON, LAT = -95.5, 29.5


def line(name: str, *points: tuple[float, float], **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any property
    """Return one line; points are in hundredths of a degree from the middle of the town."""
    coordinates = [[LON + x / 100, LAT + y / 100] for x, y in points]
    return {
        "type": "Feature",
        "properties": {"name": name, **more},
        "geometry": {"type": "LineString", "coordinates": coordinates},
    }


LINES = [
    line("Main Street", (-1, 0), (0, 0), lf=100, lt=198, rf=101, rt=199),
    line("Main Street", (0, 0), (1, 0), lf=200, lt=298, rf=201, rt=299),
    line("Falling Road", (-1, 0.5), (1, 0.5), lf=1998, lt=1800, rf=1999, rt=1801),
    line("Second Avenue", (0, -1), (0, 1)),
    line("Nearly Street", (0.5, 0.0001), (0.5, 1)),
    line("Twice Street", (-0.9, -1), (-0.9, 1)),
    line("Twice Street", (0.9, -1), (0.9, 1)),
    line("North Third Street", (-0.5, -1), (-0.5, 1)),
    line("Elm Street", (-0.7, -1), (-0.7, 1)),
    line("Elm Avenue", (-0.6, -1), (-0.6, 1)),
    line("Faraway Lane", (300, 300), (301, 300)),
]


def town(
    folder: Path,
    lines: list[dict[str, Any]] | None = None,
    *,
    top: dict[str, Any] | None = None,
    **geocoder: Any,  # noqa: ANN401 - its keys
) -> City:
    """Return a city with street lines beside it."""
    text = json.dumps({"type": "FeatureCollection", "features": LINES if lines is None else lines})
    (folder / "streets.geojson").write_text(text, "utf-8")
    streets = {"file": "streets.geojson", "ranges": ["lf", "lt", "rf", "rt"]}
    whole = {"geocoder": {"streets": streets} | geocoder} | (top or {})
    return small_city(folder, top=whole, closes="never")
