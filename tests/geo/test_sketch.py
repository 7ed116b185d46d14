"""The small map of the list: real ground, of bounded size, and marks where the public points are."""

import re

import pytest

from blocklight.config.city import City, load_city
from blocklight.geo.areas import Areas
from blocklight.geo.sketch import MOST_POINTS, Sketch

_POINT = re.compile(r"(\d+) (\d+)")


@pytest.fixture(scope="module", params=["demo", "oakland", "san-francisco"])
def city(request: pytest.FixtureRequest) -> City:
    return load_city(request.param)


def test_the_ground_of_a_city_is_drawn_inside_its_frame_with_few_points(city: City) -> None:
    sketch = Sketch.of(city, Areas(city))
    points = [(int(x), int(y)) for _, path in sketch.paths for x, y in _POINT.findall(path)]
    assert 300 < len(points) <= MOST_POINTS
    assert max(sketch.width, sketch.height) == 1200
    assert all(0 <= x <= sketch.width and 0 <= y <= sketch.height for x, y in points)
    assert {"land", "outline"} <= {kind for kind, _ in sketch.paths}
    assert sum(len(path) for _, path in sketch.paths) < 30_000


def test_a_point_is_drawn_where_it_is_and_one_outside_of_the_city_nowhere() -> None:
    city = load_city("demo")
    sketch, bounds = Sketch.of(city, Areas(city)), city.city.bounds
    assert sketch.at(bounds.west, bounds.north) == (0, 0)
    assert sketch.at(bounds.east, bounds.south) == (sketch.width, sketch.height)
    assert sketch.at(bounds.east + 0.01, bounds.south) is None


def test_a_city_without_any_ground_has_none_drawn() -> None:
    city = load_city("houston")
    assert Sketch.of(city, Areas(city)).paths == ()
