"""One block, one crossing, one stretch of a street, in each of the ways that dispatch centres write them."""

import math
from pathlib import Path

import pytest
from town_streets import line, town

from blocklight.config.city import City
from blocklight.geo.exact import degrees
from blocklight.intake.geocode.addresses import Spot, readings
from blocklight.intake.geocode.streets import Streets

SOUTH = (0.0, -0.4)
NUMBERS = {"lf": 100, "lt": 498, "rf": 101, "rt": 499}
LINES = [
    *(
        line(
            "N Pine St",
            (0, block * 0.4),
            (0, block * 0.4 + 0.4),
            lf=block * 100 + 100,
            lt=block * 100 + 198,
            rf=block * 100 + 101,
            rt=block * 100 + 199,
        )
        for block in range(5)
    ),
    line("S Pine St", (0, 0), SOUTH, lf=100, lt=198, rf=101, rt=199),
    line("E Canal Ave", (0, 0), (1.2, 0), **NUMBERS),
    line("E 2nd St N", (0, 0.8), (1.2, 0.8), **NUMBERS),
    line("E Fern St", (0, 1.2), (1.2, 1.2), **NUMBERS),
    line("Avenue C", (0.3, 0), (0.3, 1.6), **NUMBERS),
    line("Dr Martin Luther King Jr Blvd", (0.6, -0.4), (0.6, 1.6), **NUMBERS),
    line("Interstate 80", (0.9, -0.4), (0.9, 1.6)),
    line("The Alameda", (1.1, 1.0), (1.1, 1.4)),
    line("US Highway 6", (-0.6, 1.6), (1.2, 1.6)),
]
# The middle of the 300 block of N Pine St.
BLOCK = (0.0, 1.0)
# N Pine St and E Fern St.
CROSSING = (0.0, 1.2)
# Interstate 80 and E Canal Ave.
RAMP = (0.9, 0.0)
# E Fern St between N Pine St and Avenue C.
STRETCH = (0.15, 1.2)

NEAR_M = 40.0


@pytest.fixture(scope="module")
def streets(tmp_path_factory: pytest.TempPathFactory) -> Streets:
    return streets_of(town(tmp_path_factory.mktemp("town"), LINES))


def streets_of(city: City) -> Streets:
    assert city.geocoder is not None
    assert city.geocoder.streets is not None
    return Streets(city.geocoder.streets, city)


def where(streets: Streets, address: str, cross_street: str | None = None) -> tuple[float, float] | None:
    """The place of an address, in hundredths of a degree from the corner of the town."""
    for reading in readings(address, cross_street):
        point = reading.point if isinstance(reading, Spot) else streets.find(reading)
        if point is not None:
            lon, lat = degrees(point)
            return (lon + 95.5) * 100, (lat - 29.5) * 100
    return None


def is_at(found: tuple[float, float] | None, place: tuple[float, float]) -> bool:
    """Whether something was found, and within 40 m of *place*."""
    if found is None:
        return False
    return 1111.95 * math.hypot((found[0] - place[0]) * 0.87, found[1] - place[1]) < NEAR_M


@pytest.mark.parametrize(
    "address",
    [
        "300 BL N PINE ST",
        "300-BLK OF N PINE ST",
        "300 BLOCK/N PINE ST",
        "300 BLOCK, N PINE ST",
        "300 BLOCK: N PINE ST",
        "3 HUNDRED BLOCK OF N PINE",
        "300 HUNDRED BLK N PINE ST",
        "THE 300 BLOCK OF N PINE ST",
        "HUNDRED BLOCK OF 300 N PINE ST",
        "300'S N PINE ST",
        "300 THRU 399 N PINE ST",
        "3?? N PINE ST",
        "3## N PINE ST",
        "3__ N PINE ST",
        "3-- N PINE ST",
        "N PINE ST, 300 BLK",
        "N PINE ST (300 BLOCK)",
        "N PINE ST 300",
        "N PINE ST 3XX",
        "N PINE ST 300-399",
        "APPROX 300 N PINE ST",
        "APPROX. 300 BLK N PINE ST",
        "ACROSS FROM 300 N PINE ST",
        "300 N PINE ST-4",
        "300 N PINE ST #4",
        "@CORNER STORE, 300 N PINE ST",
        "CORNER STORE, 300 N PINE ST",
        "CORNER STORE - 300 N PINE ST",
        "CORNER STORE (300 N PINE ST)",
        "300 N PINE ST BTWN E FERN ST & E 2ND ST N",
        "300 N PINE ST (E FERN ST / E 2ND ST N)",
    ],
)
def test_a_block_is_found_however_it_is_written(streets: Streets, address: str) -> None:
    assert is_at(where(streets, address), BLOCK)


@pytest.mark.parametrize(
    "address",
    [
        "SWC N PINE ST & E FERN ST",
        "NW COR OF N PINE ST & E FERN ST",
        "COR N PINE ST & E FERN ST",
        "SOUTHWEST CORNER OF N PINE ST AND E FERN ST",
        "INTERSECTION N PINE ST & E FERN ST",
        "INTX N PINE ST/E FERN ST",
        "N PINE ST &amp; E FERN ST",
        "N PINE ST--E FERN ST",
        "N PINE ST NEAR E FERN ST",
        "N PINE ST JUST NORTH OF E FERN ST",
        "N PINE ST JSO E FERN ST",
        "N PINE ST, SPRINGFIELD & E FERN ST, SPRINGFIELD",
        "PINE & FERN",
    ],
)
def test_a_crossing_is_found_however_it_is_written(streets: Streets, address: str) -> None:
    assert is_at(where(streets, address), CROSSING)


@pytest.mark.parametrize(
    "address",
    [
        "NORTHBOUND I-80 & E CANAL AVE",
        "I-80 NORTH BOUND AT E CANAL AVE",
        "I-80 OFFRAMP / E CANAL AVE",
        "RAMP I-80 NB TO E CANAL AVE",
        "I-80 NB RAMP TO E CANAL AVE",
        "I80 NB EXIT TO E CANAL AVE",
        "I80 NB ON FROM E CANAL AVE",
        "E CANAL AVE ON RAMP TO I-80 NB",
        "E CANAL AVE TO I-80 NB",
        "I-80 @ CANAL AVE EXIT",
        "IH-80/E CANAL AVE",
    ],
)
def test_a_ramp_is_at_the_crossing_that_it_belongs_to(streets: Streets, address: str) -> None:
    assert is_at(where(streets, address), RAMP)


@pytest.mark.parametrize(
    "address",
    [
        "E FERN ST B/W N PINE ST & AVENUE C",
        "E FERN ST (N PINE ST / AVENUE C)",
        "E FERN ST (BTWN N PINE ST & AVENUE C)",
        "E FERN ST, N PINE ST / AVENUE C",
        "E FERN ST, N PINE ST TO AVE C",
        "E FERN ST; BETWEEN N PINE ST AND AVENUE C",
    ],
)
def test_a_street_between_two_others_is_found_however_it_is_written(streets: Streets, address: str) -> None:
    assert is_at(where(streets, address), STRETCH)


@pytest.mark.parametrize(
    "address",
    ["2ND & PINE", "E SECOND ST & N PINE ST", "2 ST & N PINE ST", "E 2 ND ST N / N PINE ST", "E 2 ST/N PINE"],
)
def test_a_numbered_street_is_known_with_and_without_its_ending(streets: Streets, address: str) -> None:
    assert is_at(where(streets, address), (0.0, 0.8))


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("AVE C & E FERN ST", (0.3, 1.2)),
        ("THE ALAMEDA & E FERN ST", (1.1, 1.2)),
        ("400 DR MARTIN L KING BLVD", (0.6, 1.35)),
        ("HWY 6 EB AT N PINE ST", (0.0, 1.6)),
        ("US-6 & AVENUE C", (0.3, 1.6)),
    ],
)
def test_other_names_of_a_street_are_known(
    streets: Streets, address: str, place: tuple[float, float]
) -> None:
    assert is_at(where(streets, address), place)


@pytest.mark.parametrize(
    "text",
    [
        "29.5120, -95.5000",
        "-95.5000,29.5120",
        "POINT (-95.5 29.512)",
        "LL(-95.5000,29.5120)",
        "29.5120 N, 95.5000 W",
        "LAT 29.5120 LON -95.5000",
        "29°30'43.2\"N 95°30'00.0\"W",
    ],
)
def test_a_point_is_read_in_each_of_its_forms(streets: Streets, text: str) -> None:
    assert is_at(where(streets, text), CROSSING)


@pytest.mark.parametrize(
    "address",
    [
        "PINE",
        "300",
        "300 W PINE ST",
        "PINE ST E 300",
        "STATE ROAD 300",
        "W PINE ST & E FERN ST",
        "N PINE ST NORTH OF E FERN ST",  # nobody says how far
        "CORNER STORE 300",
        "I-80 EXIT 7",
        "I-80 MM 300",
        "1300 BLOCK N PINE ST",
        "95.5000, 195.5000",
    ],
)
def test_what_is_not_certain_is_nowhere(streets: Streets, address: str) -> None:
    assert where(streets, address) is None


def test_a_short_name_means_the_street_that_meets_the_other(tmp_path: Path) -> None:
    lines = [*LINES, line("Pine Ct", (1.0, 1.0), (1.0, 1.3), **NUMBERS)]
    streets = streets_of(town(tmp_path, lines))
    assert where(streets, "PINE & FERN") is None
    assert is_at(where(streets, "PINE & 2ND"), (0.0, 0.8))
