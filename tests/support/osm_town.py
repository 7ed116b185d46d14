"""A small invented town as Overpass tells of it: streets, water, a park with a hole, names, addresses."""

from itertools import count
from typing import Any

from loopback.server import Reply, Request

WEST, SOUTH, STEP, LINES = 8.40, 49.00, 0.002, 6
CITY = """\
[city]
id = "neustadt"
name = "Neustadt"
time_zone = "Europe/Berlin"
bounds = { west = 8.395, south = 48.995, east = 8.415, north = 49.015 }

[[sources]]
id = "calls"
label = "Calls"
connector = "files"
url = "https://data.example.org/calls.csv"
key = ["number"]
closes = "never"

[sources.fields]
received_at = { from = "received", convert = "iso" }
source_type = "type"
agency = { default = "police" }
address = "location"
"""


def answer(*, addresses: int = 4) -> dict[str, Any]:
    """Return the town's elements: nodes, ways by node ids, relations; *addresses* stand on each block."""
    numbers = count(1)
    elements: list[dict[str, Any]] = []

    def node(lon: float, lat: float, **tags: str) -> int:
        number = next(numbers)
        elements.append(
            {"type": "node", "id": number, "lon": round(lon, 7), "lat": round(lat, 7), "tags": tags}
        )
        return number

    def way(places: list[tuple[float, float]], **tags: str) -> int:
        refs = [node(*place) for place in places]
        refs = [*refs[:-1], refs[0]] if places[0] == places[-1] else refs
        number = next(numbers)
        elements.append({"type": "way", "id": number, "nodes": refs, "tags": tags})
        return number

    for line in range(LINES):
        at = line * STEP
        ends = [(WEST + step * STEP, SOUTH + at) for step in range(LINES)]
        way(ends, highway="residential" if line else "primary", name=f"Gasse {line + 1}")
        way(
            [(WEST + at, SOUTH + step * STEP) for step in range(LINES)],
            highway="residential",
            name=f"Weg {line + 1}",
        )
        for step in range((LINES - 1) * addresses):
            node(
                WEST + (step + 0.5) * STEP / addresses,
                SOUTH + at + 0.0001,
                **{"addr:housenumber": str(step + 1)},
            )
    way([(WEST, SOUTH), (WEST + 5 * STEP, SOUTH + 5 * STEP)], highway="footway", name="Pfad")
    way([(WEST, SOUTH + 0.001), (WEST + 5 * STEP, SOUTH + 0.001)], railway="rail")
    way(_square(WEST + 0.0022, SOUTH + 0.0022, 0.0015), natural="water")
    outer = way(_square(WEST + 0.0042, SOUTH + 0.0022, 0.0015))
    inner = way(_square(WEST + 0.0047, SOUTH + 0.0027, 0.0005))
    members = [{"type": "way", "ref": outer, "role": "outer"}, {"type": "way", "ref": inner, "role": "inner"}]
    tags = {"type": "multipolygon", "leisure": "park", "name": "Park"}
    elements.append({"type": "relation", "id": next(numbers), "members": members, "tags": tags})
    for side, name in ((0, "Weststadt"), (1, "Oststadt & Höhe")):
        border = way(_square(WEST - 0.001 + side * 0.006, SOUTH - 0.001, 0.006, 0.013))
        elements.append(
            {
                "type": "relation", "id": next(numbers),
                "members": [{"type": "way", "ref": border, "role": "outer"}],
                "tags": {"type": "boundary", "boundary": "administrative", "admin_level": "10", "name": name},
            }
        )  # fmt: skip
    node(WEST + 0.005, SOUTH + 0.005, place="town", name="Neustadt")
    house = _square(WEST + 0.0002, SOUTH + 0.00005, 0.0002)
    way(house, building="yes", **{"addr:housenumber": "1"})
    return {
        "version": 0.6,
        "generator": "Overpass API",
        "osm3s": {"copyright": "The data is made available under ODbL."},
        "elements": elements,
    }


def _square(west: float, south: float, wide: float, high: float | None = None) -> list[tuple[float, float]]:
    east, north = west + wide, south + (high or wide)
    return [(west, south), (east, south), (east, north), (west, north), (west, south)]


class Overpass:
    """An Overpass server: it answers queries that are posted to /api/interpreter."""

    def __init__(self) -> None:
        self.document = answer()
        self.queries: list[str] = []

    def __call__(self, request: Request) -> Reply:
        if (request.method, request.path) != ("POST", "/api/interpreter"):
            return Reply(404)
        self.queries.append(request.params["data"])
        return Reply.json(self.document)
