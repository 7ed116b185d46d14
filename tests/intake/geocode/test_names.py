import pytest

from blocklight.intake.geocode.names import core, looser, same_street, street_name, without_town


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
        ("Dr Martin Luther King Jr Blvd", "MLK BLVD"),
        ("M L King Boulevard", "MARTIN LUTHER KING JR BLVD"),
        ("Twelfth Street", "12TH ST"),
        ("Interstate 80", "I-80"),
        ("I- 80", "I80 EB"),
        ("I-80 ON RAMP", "IH 80"),
        ("US Highway 101", "US-101"),
        ("U.S. 101 NB", "US HWY 101"),
        ("State Route 13", "SR-13"),
        ("CA-13", "ST RTE 13"),
        ("State Highway 13", "SH 13"),
        ("County Road 7", "CR 7"),
        ("Co Rd 7", "CR-7"),
        ("Farm to Market Rd 1960", "FM 1960"),
        ("Highway 9", "RTE 9"),
        ("West US Highway 6", "W US-6"),
    ],
)
def test_a_street_has_one_name_however_it_is_written(one: str, other: str) -> None:
    assert street_name(one) == street_name(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("NORTH ST", "N ST"),
        ("9TH ST", "E 9TH ST"),
        ("15TH ST", "15TH AVE"),
        ("ST JAMES ST", "JAMES ST"),
        ("US-6", "SR-6"),
        ("I-80", "I-8"),
        ("AVENUE I", "I-1"),
        ("COUNTY RD", "CR 1"),
        ("E US-6", "W US-6"),
    ],
)
def test_two_streets_keep_two_names(one: str, other: str) -> None:
    assert street_name(one) != street_name(other)


def test_a_form_that_says_less_never_turns_a_street_into_an_avenue() -> None:
    assert looser("E 9TH ST") == ["9TH ST", "E 9TH", "9TH"]
    assert looser("BROADWAY") == []


def test_a_highway_may_be_called_by_its_number_alone() -> None:
    assert looser("W US 6") == ["US 6", "HWY 6"]
    assert looser("CR 6") == []


@pytest.mark.parametrize(
    ("name", "others"),
    [
        ("MAPLE ST N", ["N MAPLE ST"]),
        ("N MAPLE ST", ["MAPLE ST N"]),
        ("MAPLE ST", []),
        ("N US 6", ["US 6", "HWY 6"]),
        ("AVENUE N", ["N AVENUE"]),
    ],
)
def test_a_direction_may_stand_at_either_end(name: str, others: list[str]) -> None:
    assert list(same_street(name)) == others


@pytest.mark.parametrize(
    ("text", "street"),
    [
        ("MAPLE ST SPRINGFIELD", "MAPLE ST"),
        ("MAPLE ST N SPRINGFIELD ZZ 12345", "MAPLE ST N"),
        ("MAPLE ST HARTFORD CT 06103", "MAPLE ST"),
        ("OAK GROVE RD", "OAK GROVE RD"),
        ("BROADWAY", "BROADWAY"),
        ("MAPLE ST EXTENSION", "MAPLE ST EXTENSION"),
    ],
)
def test_a_town_behind_the_street_is_not_part_of_its_name(text: str, street: str) -> None:
    assert without_town(text) == street


@pytest.mark.parametrize("name", ["MAPLE", "MAPLE ST", "N MAPLE ST", "MAPLE ST N", "E MAPLE AVE"])
def test_the_core_of_a_name_is_what_all_ways_of_writing_it_share(name: str) -> None:
    assert core(name) == "MAPLE"


@pytest.mark.parametrize("name", ["US 6", "HWY 6", "W US 6", "SR 6"])
def test_the_core_of_a_highway_is_its_number(name: str) -> None:
    assert core(name) == "6"


def test_a_name_that_is_nothing_else_is_its_own_core() -> None:
    assert core("BROADWAY") == "BROADWAY"
