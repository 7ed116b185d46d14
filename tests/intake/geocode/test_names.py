import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocklight.intake.geocode.names import Block, Crossing, looser, read_address, street_name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("West MacArthur Boulevard", "W. MACARTHUR BL"),
        ("Telegraph Avenue", "TELEGRAPH AV"),
        ("East 9th Street", "E. 9TH ST"),
        ("01ST AVE", "First Avenue"),
        ("22nd Street Southeast", "22ND ST SE"),
        ("Saint Andrews Place", "ST ANDREWS PL"),
        ("Martin Luther King Junior Way", "MARTIN LUTHER KING JR WY"),
        ("O'Farrell Street", "OFARRELL ST"),
    ],
)
def test_a_street_has_one_name_however_it_is_written(one: str, other: str) -> None:
    assert street_name(one) == street_name(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("NORTH ST", "N ST"), ("9TH ST", "E 9TH ST"), ("15TH ST", "15TH AVE"), ("ST JAMES ST", "JAMES ST")],
)
def test_two_streets_keep_two_names(one: str, other: str) -> None:
    assert street_name(one) != street_name(other)


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
    ],
)
def test_an_address_is_read_as_its_hundred_block(address: str, block: int, street: str) -> None:
    found = read_address(address)
    assert isinstance(found, Block)
    assert (found.number, found.street) == (block, street)


@pytest.mark.parametrize(
    "address",
    ["A ST & B AVE", "A ST/B AVE", "B AVE AT A ST", "B Ave @ A St", "A ST AND B AVE", "A ST \\ B AVE"],
)
def test_two_streets_are_read_as_their_crossing(address: str) -> None:
    assert read_address(address) == Crossing("A ST", "B AVE")


def test_a_street_and_its_cross_street_are_a_crossing() -> None:
    assert read_address("MAIN ST", "BLK 2ND ST") == Crossing("2ND ST", "MAIN ST")


@pytest.mark.parametrize("address", ["", "UNKNOWN", "21ST AVE", "MAIN ST & MAIN ST", "A & B & C", "X" * 500])
def test_what_names_no_place_is_none(address: str) -> None:
    assert read_address(address) is None


@given(st.text(max_size=80), st.text(max_size=40) | st.none())
def test_nothing_that_a_feed_writes_breaks_the_reading(address: str, cross: str | None) -> None:
    found = read_address(address, cross)
    if isinstance(found, Block):
        assert found.number % 100 == 0


def test_a_form_that_says_less_never_turns_a_street_into_an_avenue() -> None:
    assert looser("E 9TH ST") == ["9TH ST", "E 9TH", "9TH"]
    assert looser("BROADWAY") == []
