import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocklight.geo.exact import degrees
from blocklight.intake.geocode.addresses import Between, Block, Crossing, Spot, read_address, readings


@pytest.mark.parametrize(
    ("address", "block", "street"),
    [
        ("39XX BOWEN ST", 3900, "BOWEN ST"),
        ("3900 BLOCK OF BOWEN ST", 3900, "BOWEN ST"),
        ("3942 Bowen Street, Apt 5", 3900, "BOWEN ST"),
        ("3942 BOWEN ST APT 5", 3900, "BOWEN ST"),
        ("012XX Canal St", 1200, "CANAL ST"),
        ("XX N MAIN ST", 0, "N MAIN ST"),
        ("1000BLK OF 10TH ST", 1000, "10TH ST"),
        ("2554 / 2550 SEMINARY AVE", 2500, "SEMINARY AVE"),
        ("1234 1/2 MAIN ST", 1200, "MAIN ST"),
        ("1412B MAIN ST", 1400, "MAIN ST"),
        ("100 MAIN ST / 2ND ST", 100, "MAIN ST"),
        ("IFO 858 PINE ST", 800, "PINE ST"),
        ("700-BLK PINE ST", 700, "PINE ST"),
        ("700-BLOCK PINE", 700, "PINE"),
        ("700BLK. PINE ST", 700, "PINE ST"),
        ("7** PINE ST", 700, "PINE ST"),
        ("PINE ST 700 BLOCK", 700, "PINE ST"),
        ("BLK 700 PINE ST", 700, "PINE ST"),
        ("700 - 799 BLOCK OF PINE ST", 700, "PINE ST"),
        ("700 TO 799 PINE ST", 700, "PINE ST"),
        ("712.5 PINE ST", 700, "PINE ST"),
        ("1/2 712 PINE ST", 700, "PINE ST"),
        ("712 PINE ST: @CORNER STORE", 700, "PINE ST"),
        ("CORNER STORE @ 712 PINE ST", 700, "PINE ST"),
        ("712 PINE ST (REAR)", 700, "PINE ST"),
        ("2100 HWY 9", 2100, "HWY 9"),
        ("3600 GIBSON X BLVD", 3600, "GIBSON X BLVD"),
        ("500 NORTH AND SOUTH RD", 500, "N AND SOUTH RD"),
    ],
)
def test_an_address_is_read_as_its_hundred_block(address: str, block: int, street: str) -> None:
    found = read_address(address)
    assert isinstance(found, Block)
    assert (found.number, found.street) == (block, street)


@pytest.mark.parametrize(
    "address",
    [
        "A ST & B AVE",
        "A ST/B AVE",
        "B AVE AT A ST",
        "B Ave @ A St",
        "A ST AND B AVE",
        "A ST \\ B AVE",
        "A ST // B AVE",
        "A ST; B AVE",
        "A ST | B AVE",
        "A ST - B AVE",
        "A ST X B AVE",
        "A ST, B AVE",
        "INTERSECTION OF A ST AND B AVE",
        "NE CORNER OF A ST & B AVE",
        "A ST & B AVE (NE CORNER)",
        "A ST & B AVE, SPRINGFIELD",
    ],
)
def test_two_streets_are_read_as_their_crossing(address: str) -> None:
    assert read_address(address) == Crossing("A ST", "B AVE")


@pytest.mark.parametrize(
    ("address", "cross_street"),
    [
        ("MAIN ST", "BLK 2ND ST"),
        ("MAIN ST", "DEAD END & 2ND ST"),
        ("", "MAIN ST & 2ND ST"),
        ("MAIN ST", "2ND ST & MAIN ST"),
    ],
)
def test_a_street_and_its_cross_street_are_a_crossing(address: str, cross_street: str) -> None:
    assert read_address(address, cross_street) == Crossing("2ND ST", "MAIN ST")


@pytest.mark.parametrize(
    ("address", "cross_street"),
    [
        ("MAIN ST", "2ND ST & 3RD ST"),
        ("MAIN ST BTWN 3RD ST & 2ND ST", None),
        ("MAIN ST BETWEEN 2ND ST AND 3RD ST", None),
        ("MAIN ST FROM 2ND ST TO 3RD ST", None),
    ],
)
def test_a_street_between_two_others_is_that_part_of_it(address: str, cross_street: str | None) -> None:
    assert readings(address, cross_street) == (Between("MAIN ST", "2ND ST", "3RD ST"),)


@pytest.mark.parametrize("text", ["39.5010, -98.2500", "39.5010 -98.2500", "LL(-98:15:00.0,39:30:03.6)"])
def test_a_point_may_stand_in_place_of_an_address_and_is_never_written_out(text: str) -> None:
    (spot,) = readings(text)
    assert isinstance(spot, Spot)
    assert degrees(spot.point) == pytest.approx((-98.25, 39.501))
    assert repr(spot) == "<exact>"


def test_a_town_behind_a_street_is_the_second_reading() -> None:
    assert readings("712 PINE ST SPRINGFIELD ZZ 12345")[-1] == Block(700, "PINE ST", 712)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "UNKNOWN",
        "21ST AVE",
        "MAIN ST & MAIN ST",
        "A & B & C",
        "X" * 500,
        "PINE ST (DEAD END)",
        "PINE ST & DEAD END",
        "PINE ST MM 3",
        "I-80 MM 7",
    ],
)
def test_what_names_no_place_is_none(address: str) -> None:
    assert read_address(address) is None


@given(st.text(max_size=80), st.text(max_size=40) | st.none())
def test_nothing_that_a_feed_writes_breaks_the_reading(address: str, cross: str | None) -> None:
    found = read_address(address, cross)
    if isinstance(found, Block):
        assert found.number % 100 == 0
