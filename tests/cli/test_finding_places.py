"""`check` and `policy explain` look addresses up as intake does, and say which are not found."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from blocklight.cli import app

_CITY = """
[city]
id = "smallville"
name = "Smallville"
time_zone = "America/Chicago"
bounds = { west = -97.60, south = 37.55, east = -97.10, north = 37.85 }

[geocoder.streets]
file = "streets.geojson"

[call_types.exact]
"NOISE COMPLAINT" = "noise"

[[sources]]
id = "calls"
label = "Police calls"
connector = "json"
url = "http://127.0.0.1:9/calls.json"
key = ["number"]
closes = "never"

[sources.fields]
received_at = { from = "received", convert = "iso" }
source_type = "type"
agency = { default = "police" }
address = "location"
"""
_LINES = {"BIRCH LN": [[-97.36, 37.70], [-97.34, 37.70]], "CEDAR ST": [[-97.35, 37.69], [-97.35, 37.71]]}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "smallville.toml").write_text(_CITY, "utf-8")
    features = [
        {
            "type": "Feature",
            "properties": {"name": name},
            "geometry": {"type": "LineString", "coordinates": line},
        }
        for name, line in _LINES.items()
    ]
    lines = json.dumps({"type": "FeatureCollection", "features": features})
    (tmp_path / "streets.geojson").write_text(lines, "utf-8")
    return tmp_path


def run(*arguments: str) -> str:
    return " ".join(CliRunner().invoke(app, list(arguments)).output.split())


def rows(*locations: str) -> str:
    return json.dumps(
        [
            {
                "number": number,
                "received": "2026-03-01T12:00:00Z",
                "type": "NOISE COMPLAINT",
                "location": location,
            }
            for number, location in enumerate(locations)
        ]
    )


def test_check_lists_the_words_that_missed_addresses_share_and_no_address(folder: Path) -> None:
    body = rows("BIRCH LN & CEDAR ST", "12 QUAY WALK", "14 QUAY WALK", "3 SECRET COTTAGE", "QUAY GATE")
    (folder / "calls.json").write_text(body, "utf-8")
    said = run("check", "smallville.toml", "--sample", "calls.json")
    assert "Of 5 addresses that may be shown 1 were found." in said
    assert "Words of those that were not: QUAY 3, WALK 2." in said
    assert "SECRET" not in said.partition("Words of those")[2]


@pytest.mark.parametrize(
    ("location", "told"),
    [
        ("BIRCH LN / CEDAR ST", ["address: its place was found", "outcome: published at"]),
        ("QUAY WALK", ["address: not found", "outcome: withheld as no_place"]),
    ],
)
def test_policy_explain_finds_places_as_intake_does(folder: Path, location: str, told: list[str]) -> None:
    (folder / "row.json").write_text(rows(location), "utf-8")
    said = run("policy", "explain", "smallville.toml", "--record", "row.json")
    for words in told:
        assert words in said, said
