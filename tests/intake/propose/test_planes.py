"""Numbers that are no degrees are read in the one system that puts them where the city is, or in none."""

import json
import tomllib
from pathlib import Path

import pytest
from pyproj import Transformer

from blocklight.errors import UsageError
from blocklight.intake.propose.city_file import Proposal, propose
from blocklight.intake.propose.planes import fitting
from blocklight.intake.propose.position import Position, position_of, states_of_ground
from blocklight.intake.propose.sample import read_sample

TYPES = ("ALARM", "TRAFFIC STOP", "NOISE COMPLAINT")
NOWHERE = "https://127.0.0.1/calls.csv"


def table(crs: str, lon: float, lat: float, *, address: str = "1 OAK ST") -> bytes:
    ahead = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    lines = ["call_number,received,type,address,x_coordinate,y_coordinate"]
    for n in range(12):
        x, y = ahead.transform(lon + n / 500, lat + n / 700)
        lines.append(f'{n},2026-03-01 10:{n:02}:00,{TYPES[n % 3]},"{address}",{x:.0f},{y:.0f}')
    return "\n".join(lines).encode()


def proposed(body: bytes, url: str = NOWHERE, *, near: str | None = None, folder: Path = Path()) -> Proposal:
    return propose(read_sample(url, body), "smallville", folder, near=near)


CITIES = [
    ("EPSG:2269", -122.67, 45.52, "America/Los_Angeles"),
    ("EPSG:2263", -73.95, 40.70, "America/New_York"),
    ("EPSG:2278", -98.49, 29.42, "America/Chicago"),
    ("EPSG:3435", -87.68, 41.88, "America/Chicago"),
    ("EPSG:2229", -118.26, 34.05, "America/Los_Angeles"),
    ("EPSG:26910", -121.50, 38.58, "America/Los_Angeles"),
    ("EPSG:3857", -97.33, 37.69, "America/Chicago"),
]


@pytest.mark.parametrize(("crs", "lon", "lat", "zone"), CITIES)
def test_a_plane_is_known_where_the_centre_or_the_bounds_of_the_city_are(
    crs: str, lon: float, lat: float, zone: str
) -> None:
    box = f"{lon - 0.2},{lat - 0.2},{lon + 0.2},{lat + 0.2}"
    for near in (f"{lon},{lat}", box):
        found = proposed(table(crs, lon, lat), near=near)
        assert found.table.found["point"].spec["crs"] == crs
        assert found.city is not None
        assert found.city.city.bounds.contains(lon, lat)
        assert found.city.city.time_zone == zone
        assert found.city.city.bounds.east - found.city.city.bounds.west < 0.2


@pytest.mark.parametrize(("crs", "lon", "lat", "zone"), CITIES[:-1])
def test_a_plane_that_could_be_anywhere_is_left_to_fill_in_with_what_fits(
    crs: str, lon: float, lat: float, zone: str
) -> None:
    found = proposed(table(crs, lon, lat))
    city = tomllib.loads(found.toml)
    assert city["sources"][0]["fields"]["point"]["crs"] == "FILL_IN"
    assert (city["city"]["bounds"], city["city"]["time_zone"]) == ("FILL_IN", "FILL_IN")
    [asked] = [line for line in found.decide if line.startswith("point:")]
    assert "--near" in asked
    assert zone not in found.toml
    assert crs in asked or asked.count("EPSG:") == 6


@pytest.mark.parametrize(
    ("url", "address", "folder"),
    [
        ("https://data.portlandoregon.gov/calls.csv", "1 OAK ST", ""),
        ("https://gis.ci.smallville.or.us/calls.csv", "1 OAK ST", ""),
        (NOWHERE, "1 OAK ST, SMALLVILLE, OR 97201", ""),
        (NOWHERE, "1 OAK ST", "ground"),
        ("https://data.example.gov/calls.csv", "1 OAK ST", ""),
    ],
)
def test_a_state_in_the_name_or_addresses_and_ground_beside_the_file_say_enough(
    url: str, address: str, folder: str, tmp_path: Path
) -> None:
    if folder:
        line = {"type": "LineString", "coordinates": [[-122.8, 45.4], [-122.5, 45.6]]}
        (tmp_path / "smallville").mkdir()
        (tmp_path / "smallville" / "streets.geojson").write_text(
            json.dumps(
                {
                    "type": "FeatureCollection",
                    "features": [{"type": "Feature", "properties": {}, "geometry": line}],
                }
            )
        )
    found = proposed(table("EPSG:2269", -122.67, 45.52, address=address), url, folder=tmp_path)
    assert found.table.found["point"].spec["crs"] == "EPSG:2269"


def test_numbers_that_fit_two_zones_of_one_state_are_not_decided() -> None:
    x, y = Transformer.from_crs("EPSG:4326", "EPSG:2229", always_xy=True).transform(-118.2, 34.0)
    systems = fitting([(x, y)], Position(states=frozenset({"California"}), american=True))
    assert not systems.sure
    assert "EPSG:2229" in {fit.crs for fit in systems.fits}


def test_numbers_of_another_continent_are_no_state_plane() -> None:
    x, y = Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True).transform(79.86, 6.93)
    assert not fitting([(x, y)], Position()).sure
    assert fitting([(x, y)], Position(box=(79, 6, 81, 8))).fits[0].crs == "EPSG:3857"


def test_a_system_that_puts_calls_elsewhere_than_the_city_is_not_proposed() -> None:
    found = proposed(table("EPSG:2269", -122.67, 45.52), near="-98.5,29.4")
    assert found.table.found["point"].spec["crs"] == "FILL_IN"
    assert any("fit no system" in line for line in found.decide)


@pytest.mark.parametrize("near", ["Portland", "1", "1,2,3", "200,10", "5,5,1,1", "nan,1"])
def test_a_position_that_is_none_is_refused(near: str) -> None:
    with pytest.raises(UsageError, match="--near"):
        position_of(NOWHERE, "smallville", [], near=near)


def test_a_state_is_not_taken_for_one_that_its_name_holds() -> None:
    assert states_of_ground("United States (USA) - Arkansas - counties of Kansas; Ohio") == {"Arkansas"}
    assert states_of_ground("United States (USA) - West Virginia") == {"West Virginia"}
    assert position_of("https://x.wv.us/", "a", []).states == {"West Virginia"}
    assert not position_of(NOWHERE, "a", []).is_known
