"""A city file whose clock is not that of its place is noticed before the city is served."""

from datetime import UTC, datetime
from typing import Any

import pytest
from small_city import small_city

from blocklight.app.zone_of_bounds import other_zone
from blocklight.config.city import City, load_city

AT = datetime(2026, 11, 28, tzinfo=UTC)
BOISE = {"west": -116.4, "south": 43.5, "east": -116.0, "north": 43.7}
AT_SEA = {"west": -140.0, "south": 10.0, "east": -139.0, "north": 11.0}
ON_A_BORDER = {"west": -85.6, "south": 32.3, "east": -84.8, "north": 32.7}


def city_at(bounds: dict[str, float], zone: str) -> City:
    city: dict[str, Any] = {"id": "smallton", "name": "Smallton", "time_zone": zone, "bounds": bounds}
    return small_city(top={"city": city})


def test_a_zone_of_another_place_is_named_with_that_of_the_bounds() -> None:
    mistake = other_zone(city_at(BOISE, "America/Los_Angeles"), AT)
    assert mistake is not None
    assert "America/Los_Angeles" in mistake
    assert "America/Boise" in mistake


@pytest.mark.parametrize(
    ("bounds", "zone"),
    [
        (BOISE, "America/Boise"),
        (BOISE, "America/Denver"),
        (AT_SEA, "America/Chicago"),
        (ON_A_BORDER, "America/New_York"),
        (ON_A_BORDER, "America/Chicago"),
    ],
)
def test_a_clock_of_any_part_of_the_bounds_is_none(bounds: dict[str, float], zone: str) -> None:
    assert other_zone(city_at(bounds, zone), AT) is None


@pytest.mark.parametrize("name", ["houston", "oakland", "detroit", "demo", "new-orleans", "cincinnati"])
def test_the_clocks_of_shipped_cities_are_those_of_their_places(name: str) -> None:
    assert other_zone(load_city(name), AT) is None
