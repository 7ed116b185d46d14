import math
import re
import string

import h3
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from blocklight.geo.exact import ExactAddress
from blocklight.intake.geomask import hundred_block, mask_point
from blocklight.model.vocabulary import PlaceKind

lons = st.floats(-179.9, 179.9)
lats = st.floats(-84, 84)
resolutions = st.integers(5, 9)


def _metres(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    one, two = (
        (math.cos(math.radians(lat)) * math.cos(math.radians(lon)),
         math.cos(math.radians(lat)) * math.sin(math.radians(lon)),
         math.sin(math.radians(lat)))
        for lon, lat in ((lon1, lat1), (lon2, lat2))
    )  # fmt: skip
    return 2 * 6_371_008.8 * math.asin(min(1, math.dist(one, two) / 2))


@given(lons, lats, resolutions)
def test_the_same_place_is_always_the_same_point(lon: float, lat: float, resolution: int) -> None:
    masks = {mask_point(lon, lat, resolution) for _ in range(5)}
    assert len(masks) == 1
    assert masks.pop().kind is PlaceKind.GRID


@given(lons, lats, st.integers(7, 9), st.integers(0, 999_999))
def test_every_point_of_a_cell_has_one_mask(lon: float, lat: float, resolution: int, chosen: int) -> None:
    finest = h3.latlng_to_cell(lat, lon, 9)
    inside = list(h3.cell_to_children(h3.cell_to_parent(finest, resolution), 9))
    other_lat, other_lon = h3.cell_to_latlng(inside[chosen % len(inside)])
    assert mask_point(other_lon, other_lat, resolution) == mask_point(lon, lat, resolution)


@given(lons, lats, resolutions)
def test_the_radius_covers_every_point_of_the_cell(lon: float, lat: float, resolution: int) -> None:
    place = mask_point(lon, lat, resolution)
    assert _metres(lon, lat, place.lon, place.lat) <= place.radius_m
    cell = h3.cell_to_parent(h3.latlng_to_cell(lat, lon, 9), resolution)
    corners = [corner for child in h3.cell_to_children(cell, 9) for corner in h3.cell_to_boundary(child)]
    assert len(corners) >= 5
    reach = [_metres(c_lon, c_lat, place.lon, place.lat) for c_lat, c_lon in corners]
    assert max(reach) <= place.radius_m < max(reach) + 1


@given(lons, lats)
def test_a_mask_tells_a_cell_and_masking_it_again_tells_no_more(lon: float, lat: float) -> None:
    once = mask_point(lon, lat, 9)
    assert mask_point(once.lon, once.lat, 9) == once


@given(lons, lats, st.integers(2, 200))
def test_averaging_many_masks_of_one_address_teaches_nothing(lon: float, lat: float, n: int) -> None:
    masks = [mask_point(lon, lat, 9) for _ in range(n)]
    mean = (math.fsum(m.lon for m in masks) / n, math.fsum(m.lat for m in masks) / n)
    assert mean == pytest.approx((masks[0].lon, masks[0].lat), abs=1e-9)


def test_a_medical_cell_is_coarser_than_any_other() -> None:
    coarse, fine = mask_point(-95.37, 29.76, 8), mask_point(-95.37, 29.76, 9)
    assert coarse.radius_m > 2 * fine.radius_m > 250


@pytest.mark.parametrize(
    ("address", "cross", "label"),
    [
        ("1412 MAIN ST", None, "1400 block of Main St"),
        ("1412-1418 MAIN ST", None, "1400 block of Main St"),
        ("4000 Block of MISSION ST", None, "4000 block of Mission St"),
        ("1400 BLK N MAIN ST", None, "1400 block of N Main St"),
        ("7 OAK LN", None, "0 block of Oak Ln"),
        ("100 42ND ST", None, "100 block of 42nd St"),
        ("42ND ST", "BLK OAK LN", "42nd St near Oak Ln"),
        ("ROYAL PALMS ST", "BLK GRIGGS RD", "Royal Palms St near Griggs Rd"),
        ("PENNSYLVANIA AV/25TH ST", None, "Pennsylvania Av & 25th St"),
        ("MAIN ST & B ST", None, "Main St & B St"),
        ("MAIN ST AT 2ND AVE", None, "Main St & 2nd Ave"),
        ("1412 MAIN ST APT 5", None, "1400 block of Main St"),
        ("1412 MAIN ST, SMITH RESIDENCE", None, None),
        ("1412 MAIN ST (JOHN DOE)", None, None),
        ("1412B MAIN ST", None, None),
        ("1412 1/2 MAIN ST", None, None),
        ("1412 UNIT 5 MAIN ST", None, None),
        ("APT 4 MAIN ST", None, None),
        ("SMITH RESIDENCE 1412 MAIN ST", None, None),
        ("JOHN DOE 1412 MAIN ST", None, None),
        ("JOHN DOE MAIN ST", "2ND ST", None),
        ("GENERAL HOSPITAL POTRERO AVE", "2ND ST", None),
        ("GOLDEN GATE PARK", "2ND ST", None),
        ("MAIN ST", None, None),
        ("MAIN ST", "1412", None),
        ("MAIN ST", "APT 4 OAK LN", None),
        ("MCDONALDS & MAIN ST", None, None),
        ("", None, None),
        ("MAIN ST " * 40, "2ND ST", None),
    ],
)  # fmt: skip
def test_an_address_becomes_a_hundred_block_or_a_crossing_or_nothing(
    address: str, cross: str | None, label: str | None
) -> None:
    assert hundred_block(ExactAddress(address, cross)) == label


STREETS = st.sampled_from(
    ["MAIN ST", "N OAK LN", "SAN JOSE AVE", "42ND ST", "W 5TH AVE", "O'NEIL BLVD", "Elm Ct"]
)
NUMBERS = st.integers(1, 99_999)
UNITS = st.builds(
    "{} {}".format,
    st.sampled_from("APT Apt UNIT STE # RM FL BLDG LOT TRLR SPC ROOM FLOOR PH".split()),
    st.sampled_from(["5", "5B", "B", "512", "C-7", "12"]),
)
NAMES = st.sampled_from(
    ["XAVIER QUIROZ", "QUIROZ, XAVIER", "XAVIER Q QUIROZ", "MR QUIROZ", "C/O XAVIER QUIROZ"]
)
LANDMARKS = st.sampled_from(
    [
        "QUIROZ SHELTER",
        "QUIROZ HOTEL",
        "QUIROZ NURSING HOME",
        "QUIROZ PARK",
        "ST QUIROZ HOSPITAL",
        "QUIROZ SCHOOL",
    ]
)
JOINTS = st.sampled_from([" ", ", ", " - ", "; ", " (", ") ", " : ", "  ", "\t"])
CONNECTIVES = st.sampled_from([" ", ", ", " NEAR ", " / ", " & ", " AT ", " @ ", " AND "])


@given(
    NUMBERS,
    STREETS,
    st.lists(st.tuples(JOINTS, UNITS | NAMES | LANDMARKS), min_size=1, max_size=2),
    st.booleans(),
)
def test_nothing_around_a_street_comes_through(
    number: int,
    street: str,
    extras: list[tuple[str, str]],
    before: bool,  # noqa: FBT001 - drawn by hypothesis
) -> None:
    address = f"{number} {street}"
    for joint, extra in extras:
        address = f"{extra}{joint}{address}" if before else f"{address}{joint}{extra}"
    label = hundred_block(ExactAddress(address))
    assert label in (None, f"{number // 100 * 100} block of {_title(street)}")


@given(NUMBERS, STREETS, UNITS | NAMES | LANDMARKS)
def test_nothing_between_a_number_and_its_street_comes_through(number: int, street: str, extra: str) -> None:
    assert hundred_block(ExactAddress(f"{number} {extra} {street}")) is None
    assert hundred_block(ExactAddress(f"{extra} {street}", "2ND ST")) is None


@given(STREETS, NAMES | LANDMARKS | UNITS | NUMBERS.map(str), CONNECTIVES)
def test_a_crossing_with_anything_but_a_street_is_nothing(street: str, extra: str, joint: str) -> None:
    assume(not (joint in (" ", ", ") and extra[0].isdigit()))
    for address in (f"{street}{joint}{extra}", f"{extra}{joint}{street}"):
        label = hundred_block(ExactAddress(address))
        assert label in (None, f"{_title(street)}")
        assert label is None


@given(st.text(string.printable, max_size=60) | st.text(max_size=40), st.none() | st.text(max_size=40))
@example("1 ST ST", "ST ST")
@example("00000 A ST", None)
def test_a_label_has_the_form_of_a_block_or_a_crossing_whatever_is_said(
    address: str, cross: str | None
) -> None:
    label = hundred_block(ExactAddress(address, cross))
    assert label is None or re.fullmatch(
        r"(\d{1,4}00|0) block of [A-Za-z0-9'. -]+|[A-Za-z0-9'. -]+ (&|near) [A-Za-z0-9'. -]+", label
    )
    for word in (label or "").removeprefix(str(label).split(" block", maxsplit=1)[0] + " block").split():
        assert not re.search(r"\d", word) or re.fullmatch(r"\d{1,3}(st|nd|rd|th)", word)


@given(NUMBERS, NUMBERS, STREETS)
def test_two_addresses_of_a_block_have_one_label(one: int, two: int, street: str) -> None:
    same = hundred_block(ExactAddress(f"{one} {street}")) == hundred_block(ExactAddress(f"{two} {street}"))
    assert same == (one // 100 == two // 100)


def _title(street: str) -> str:
    words = street.split()
    return " ".join(w if w in ("N", "W") else w.capitalize() if w[0].isalpha() else w.lower() for w in words)
