"""The population of a city file, and what is wrong with one in words."""

from pathlib import Path

import pytest
from test_city import MINIMAL, _refusal

from blocklight.config.city import load_city
from blocklight.config.population import Population
from blocklight.errors import CityFileError
from blocklight.geo.areas import Areas

POPULATION = """
[population]
year = 2020
source = "2020 Census, table P1"
city = 1000
"""


def test_residents_are_those_of_the_city_or_of_an_area(tmp_path: Path) -> None:
    path = tmp_path / "smallton.toml"
    path.write_text(MINIMAL + POPULATION)
    population = load_city(str(path)).population
    assert population is not None
    assert (population.of(None), population.of(("beat", "1"))) == (1000, None)


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        (POPULATION.replace("city = 1000", ""), "population", "says of nowhere"),
        (POPULATION.replace("1000", "0"), "population.city", "greater than 0"),
        (POPULATION.replace("1000", "1000.5"), "population.city", "integer"),
        (POPULATION.replace("year = 2020", ""), "population.year", "is missing"),
        (POPULATION + "[population.areas.beat]\n1 = 500", "population.areas.beat", "no areas of kind 'beat'"),
        (POPULATION + "[population.area.beat]\n1 = 500", "population.area", "did you mean 'areas'?"),
    ],
)
def test_a_mistake_in_a_population_is_told_in_words(tmp_path: Path, text: str, key: str, reason: str) -> None:
    refusal = _refusal(tmp_path, MINIMAL + text)
    assert refusal.key == key
    assert reason in refusal.reason


def test_residents_of_an_area_that_there_is_not_are_refused() -> None:
    strange = Population(year=2020, source="a count", areas={"beat": {"1A": 700, "1AZ": 5}})
    with pytest.raises(CityFileError, match="no area '1AZ'; did you mean '1A'"):
        Areas(load_city("demo").model_copy(update={"population": strange}))
