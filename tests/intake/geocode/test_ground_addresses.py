"""Feeds that have addresses and no coordinates, placed on street lines that `blocklight ground build` wrote.

The rows are written by hand in the forms of two dispatch centres: one writes blocks with XX and corners with
slashes, the other whole numbers, "block of", highways and directions at either end.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely
from small_city import TABLE, small_city

from blocklight.config.city import City, load_city
from blocklight.geo.exact import degrees
from blocklight.intake.geocode.addresses import readings
from blocklight.intake.geocode.streets import Streets
from blocklight.prepare.city_ground.themes import HOUSE_NUMBERS

WEST, SOUTH, STEP = -95.6, 29.4, 0.003
ENOUGH = 0.9
NEAR_M = 60.0

ACROSS = (
    "Drew St", "Cleveland St", "Gulf To Bay Blvd", "Court St", "Lakeview Rd", "Nursery Rd",
    "Sunset Point Rd", "State Rd 590", "Lindell Blvd", "Page Blvd", "Dr Martin Luther King Dr",
    "Chouteau Ave", "St Louis Ave", "Cherokee St", "McPherson Ave", "I- 70", "Cass Ave", "Salisbury St",
)  # fmt: skip
UP = (
    "S Ft Harrison Ave", "N Myrtle Ave", "S Missouri Ave", "N Hercules Ave", "N Belcher Rd",
    "US Hwy 19 N", "N McMullen Booth Rd", "S Keene Rd", "N Grand Blvd", "N Kingshighway Blvd",
    "S Broadway", "S Jefferson Ave", "N Florissant Ave", "N 13th St", "N 14th St", "Gravois Ave",
    "Union Blvd", "Vandeventer Ave",
)  # fmt: skip
XX_AND_SLASHES = (
    ("3XX LINDELL BLVD", ("Lindell Blvd", 300)),
    ("8XX DR MARTIN LUTHER KING DR", ("Dr Martin Luther King Dr", 800)),
    ("12XX N GRAND BLVD", ("N Grand Blvd", 1200)),
    ("4XX S JEFFERSON", ("S Jefferson Ave", 400)),
    ("15XX N 13TH ST", ("N 13th St", 1500)),
    ("9XX ST LOUIS AVE", ("St Louis Ave", 900)),
    ("2XX MCPHERSON", ("McPherson Ave", 200)),
    ("10XX CASS AV", ("Cass Ave", 1000)),
    ("6XX S BROADWAY", ("S Broadway", 600)),
    ("16XX VANDEVENTER AVE", ("Vandeventer Ave", 1600)),
    ("N GRAND BLVD / PAGE BLVD", ("N Grand Blvd", "Page Blvd")),
    ("PAGE / GRAND", ("N Grand Blvd", "Page Blvd")),
    ("N KINGSHIGHWAY / DR MARTIN LUTHER KING", ("N Kingshighway Blvd", "Dr Martin Luther King Dr")),
    ("S BROADWAY/CHOUTEAU AVE", ("S Broadway", "Chouteau Ave")),
    ("CHEROKEE ST / S JEFFERSON AVE", ("S Jefferson Ave", "Cherokee St")),
    ("SALISBURY / N 14TH", ("N 14th St", "Salisbury St")),
    ("N FLORISSANT AVE / ST LOUIS AVE", ("N Florissant Ave", "St Louis Ave")),
    ("GRAVOIS AV/CHOUTEAU AV", ("Gravois Ave", "Chouteau Ave")),
    ("I70 / N GRAND", ("N Grand Blvd", "I- 70")),
    ("UNION BLVD @ LINDELL BLVD", ("Union Blvd", "Lindell Blvd")),
)
NUMBERS_AND_HIGHWAYS = (
    ("712 DREW ST", ("Drew St", 700)),
    ("1900 GULF TO BAY BLVD", None),
    ("1300 GULF TO BAY BLVD", ("Gulf To Bay Blvd", 1300)),
    ("200 BLOCK OF N MYRTLE AVE", ("N Myrtle Ave", 200)),
    ("1000 BLK S MISSOURI AVE", ("S Missouri Ave", 1000)),
    ("500 S FORT HARRISON AVE", ("S Ft Harrison Ave", 500)),
    ("1100 US HIGHWAY 19 N", ("US Hwy 19 N", 1100)),
    ("1400 US 19", ("US Hwy 19 N", 1400)),
    ("800 STATE ROAD 590", ("State Rd 590", 800)),
    ("600 CLEVELAND STREET, CLEARWATER", ("Cleveland St", 600)),
    ("900 SUNSET POINT RD APT 4", ("Sunset Point Rd", 900)),
    ("300 MCMULLEN BOOTH RD N", ("N McMullen Booth Rd", 300)),
    ("US HIGHWAY 19 N/DREW ST", ("US Hwy 19 N", "Drew St")),
    ("US 19 & GULF TO BAY BLVD", ("US Hwy 19 N", "Gulf To Bay Blvd")),
    ("S FORT HARRISON AVE/COURT ST", ("S Ft Harrison Ave", "Court St")),
    ("MISSOURI AVE S / COURT ST", ("S Missouri Ave", "Court St")),
    ("DREW ST AT N BELCHER RD", ("N Belcher Rd", "Drew St")),
    ("N MCMULLEN BOOTH RD AND SUNSET POINT RD", ("N McMullen Booth Rd", "Sunset Point Rd")),
    ("KEENE RD / LAKEVIEW RD", ("S Keene Rd", "Lakeview Rd")),
    ("NURSERY RD & BELCHER RD", ("N Belcher Rd", "Nursery Rd")),
    ("SR 590 / N HERCULES AVE", ("N Hercules Ave", "State Rd 590")),
    ("CLEVELAND ST - N MYRTLE AVE", ("N Myrtle Ave", "Cleveland St")),
)
Rows = tuple[tuple[str, tuple[str, str | int] | None], ...]


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Streets:
    """The town's streets in a file as `blocklight ground build` writes it."""
    folder = tmp_path_factory.mktemp("ground")
    lines: list[Any] = []
    columns: dict[str, list[str | None]] = {name: [] for name in ("FULLNAME", *HOUSE_NUMBERS)}
    for names, is_across in ((ACROSS, True), (UP, False)):
        for turn, name in enumerate(names):
            for block in range(len(UP) - 1):
                ends = [point(turn, block, across=is_across), point(turn, block + 1, across=is_across)]
                lines.append(shapely.MultiLineString([ends]))
                first = (block + 1) * 100
                numbers = (first, first + 98, first + 1, first + 99)
                for column, value in zip(columns, (name, *map(str, numbers)), strict=True):
                    columns[column].append(value)
    pyogrio.raw.write(
        folder / "streets.fgb", shapely.to_wkb(np.array(lines, dtype=object)),
        [np.array(values, dtype=object) for values in columns.values()], [*columns],
        geometry_type="MultiLineString", crs="EPSG:4326", driver="FlatGeobuf",
    )  # fmt: skip
    city = small_city(folder, top={"geocoder": {"streets": {"file": "streets.fgb"}}})
    return streets_of(city)


def streets_of(city: City) -> Streets:
    assert city.geocoder is not None
    assert city.geocoder.streets is not None
    return Streets.of(city.geocoder.streets, city)


def point(turn: int, along: float, *, across: bool) -> tuple[float, float]:
    lon, lat = (along, turn) if across else (turn, along)
    return WEST + lon * STEP, SOUTH + lat * STEP


def truth(place: tuple[str, str | int]) -> tuple[float, float]:
    name, other = place
    if isinstance(other, int):
        across = name in ACROSS
        return point((ACROSS if across else UP).index(name), other / 100 - 0.5, across=across)
    return point(UP.index(name), ACROSS.index(other), across=False)


def found(streets: Streets, address: str) -> tuple[float, float] | None:
    points = (streets.find(reading) for reading in readings(address))
    return next((degrees(point) for point in points if point is not None), None)


def apart_m(one: tuple[float, float], two: tuple[float, float]) -> float:
    across = (one[0] - two[0]) * math.cos(math.radians(one[1]))
    return 111_195.0 * math.hypot(across, one[1] - two[1])


@pytest.mark.parametrize("rows", [XX_AND_SLASHES, NUMBERS_AND_HIGHWAYS], ids=["xx", "numbers"])
def test_blocks_and_crossings_are_found_where_their_street_is_in_the_ground(
    ground: Streets, rows: Rows
) -> None:
    known = [(address, place) for address, place in rows if place is not None]
    assert len(known) >= 20
    missed = [address for address, _ in known if found(ground, address) is None]
    assert 1 - len(missed) / len(known) >= ENOUGH, missed
    for address, place in known:
        at = found(ground, address)
        assert at is None or apart_m(at, truth(place)) < NEAR_M, address


def test_a_block_that_the_street_does_not_have_is_nowhere(ground: Streets) -> None:
    assert found(ground, "1900 GULF TO BAY BLVD") is None


OAKLAND = (
    "BROADWAY / 14TH ST",
    "BROADWAY/GRAND AVE",
    "TELEGRAPH AVE / 40TH ST",
    "MACARTHUR BLVD / FRUITVALE AVE",
    "INTERNATIONAL BLVD / FRUITVALE AVE",
    "INTERNATIONAL BLVD / 73RD AVE",
    "FOOTHILL BLVD / 35TH AVE",
    "SAN PABLO AVE / W GRAND AVE",
    "MARTIN LUTHER KING JR WAY / 51ST ST",
    "GRAND AVE / LAKE PARK AVE",
    "PIEDMONT AVE / 41ST ST",
    "COLLEGE AVE / CLAREMONT AVE",
    "SHATTUCK AVE & 55TH ST",
    "ADELINE ST @ 18TH ST",
    "MARKET ST/W MACARTHUR BLVD",
    "MANDELA PKWY / 7TH ST",
    "BANCROFT AVE / HAVENSCOURT BLVD",
    "98TH AVE / PLYMOUTH ST",
    "HEGENBERGER RD / DOOLITTLE DR",
    "PARK BLVD / E 18TH ST",
    "HIGH ST / FOOTHILL BLVD",
    "SEMINARY AVE / CAMDEN ST",
    "MOUNTAIN BLVD / KELLER AVE",
    "REDWOOD RD / SKYLINE BLVD",
    "LAKESHORE AVE / TRESTLE GLEN RD",
    "HARRISON ST / 27TH ST",
    "WEBSTER ST AND 20TH ST",
    "FRANKLIN ST / 12TH ST",
    "E 12TH ST / 14TH AVE",
    "COOLIDGE AVE / SCHOOL ST",
)


def test_corners_of_a_recorded_city_are_found(shared_data: Path, tmp_path: Path) -> None:
    lines = (shared_data / "gis" / "oakland" / "osm_roads_oakland_wgs84.geojson").read_bytes()
    (tmp_path / "streets.geojson").write_bytes(lines)
    bounds = load_city("oakland").city.bounds.model_dump()
    top = {"geocoder": {"streets": {"file": "streets.geojson"}}, "city": TABLE["city"] | {"bounds": bounds}}
    streets = streets_of(small_city(tmp_path, top=top))
    missed = [address for address in OAKLAND if found(streets, address) is None]
    assert 1 - len(missed) / len(OAKLAND) >= ENOUGH, missed


def test_recorded_features_of_the_census_are_read_as_they_come(shared_data: Path, tmp_path: Path) -> None:
    features = shared_data / "wire" / "tiger" / "addrfeat_two_features.geojson"
    meta, _, wkb, values = pyogrio.raw.read(features)
    (tmp_path / "tl").mkdir()
    pyogrio.raw.write(
        tmp_path / "tl" / "tl_2024_11001_addrfeat.shp", wkb, values, meta["fields"],
        geometry_type="LineString", crs="EPSG:4269", driver="ESRI Shapefile", encoding="UTF-8",
    )  # fmt: skip
    bounds = {"west": -95.0, "south": 33.0, "east": -77.0, "north": 39.0}
    file = {"file": "tl/tl_2024_11001_addrfeat.shp"}
    streets = streets_of(
        small_city(tmp_path, top={"geocoder": {"streets": file}, "city": TABLE["city"] | {"bounds": bounds}})
    )
    assert found(streets, "31XX M ST NW") == pytest.approx((-77.06200, 38.90519), abs=1e-3)
    assert found(streets, "3XX PRESIDENT ST") == pytest.approx((-91.1999, 33.6079), abs=1e-3)
    assert found(streets, "9XX PRESIDENT ST") is None
