"""A city file of a few lines, for tests that change one of them."""

from copy import deepcopy
from pathlib import Path
from typing import Any

from main_street import streets_beside

from blocklight.config.city import City, parse_city
from blocklight.geo.areas import Areas
from blocklight.intake.redact import Rules

KEY = bytes(range(32))

FIELDS: dict[str, Any] = {
    "received_at": {"from": "received", "convert": "iso"},
    "dispatched_at": {"from": "dispatched", "convert": "iso"},
    "en_route_at": {"from": "en_route", "convert": "iso"},
    "on_scene_at": {"from": "on_scene", "convert": "iso"},
    "closed_at": {"from": "closed", "convert": "iso"},
    "source_type": "type",
    "agency": {"from": "agency", "map": {"PD": "police", "FD": "fire"}},
    "lon": {"from": "lon", "convert": "float"},
    "lat": {"from": "lat", "convert": "float"},
    "address": "address",
    "cross_street": "cross",
    "priority": {"from": "priority", "convert": "int"},
    "origin": {"from": "origin", "map": {"C": "community", "O": "officer"}},
    "units": {"from": "units", "convert": "length"},
    "disposition": "disposition",
}
TABLE: dict[str, Any] = {
    "city": {
        "id": "smallton",
        "name": "Smallton",
        "time_zone": "America/Chicago",
        "bounds": {"west": -96, "south": 29, "east": -95, "north": 30},
    },
    "sources": [
        {
            "id": "calls",
            "label": "Calls",
            "connector": "arcgis",
            "url": "http://127.0.0.1:9/calls/FeatureServer/0",
            "key": ["number"],
            "closes": "vanish",
            "fields": FIELDS,
        }
    ],
    "call_types": {
        "exact": {"NOISE": "noise", "THEFT": "theft", "SICK PERSON": "medical", "ALARM": "alarm"},
        "sensitive": [{"match": "HUSH", "group": "tactical_officer_safety"}],
    },
    "dispositions": {"GOA": "gone_on_arrival", "RTF": "report_taken"},
}
ROW: dict[str, Any] = {
    "number": "P26-000117",
    "received": "2026-03-01T12:00:00+00:00",
    "dispatched": "2026-03-01T12:01:00+00:00",
    "en_route": "2026-03-01T12:02:00+00:00",
    "on_scene": "2026-03-01T12:08:00+00:00",
    "closed": None,
    "type": "NOISE",
    "agency": "PD",
    "lon": -95.5,
    "lat": 29.5,
    "address": "1412 MAIN ST APT 5",
    "cross": "2ND ST",
    "priority": 3,
    "origin": "C",
    "units": "1A12,1A14",
    "disposition": "GOA",
}


def small_city(folder: Path = Path(), *, top: dict[str, Any] | None = None, **source: Any) -> City:  # noqa: ANN401 - the fields of a source
    """Return the city with changes to its only source, and to the file's other tables."""
    table = deepcopy(TABLE) | deepcopy(top or {})
    if table.get("policy", {}).get("labels") and "geocoder" not in table:
        table["geocoder"] = {"streets": streets_beside(folder)}
    fields = source.pop("fields", {})
    table["sources"][0] |= source
    table["sources"][0]["fields"] |= fields
    return parse_city(table, file="smallton.toml", folder=folder)


def rules_of(city: City, key: bytes = KEY) -> Rules:
    """Return a city's rules under a key that tests know."""
    return Rules.of(city, key, Areas(city))
