"""A served city that takes pushes, behind each of the shipped proxies."""

from collections.abc import Iterator

import pytest
from front_servers import FRONTS, Front
from pushed_city import PushedCity, pushed_city


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PushedCity]:
    with pushed_city(tmp_path_factory.mktemp("city")) as city:
        yield city


@pytest.fixture(scope="module", params=list(FRONTS))
def front(
    request: pytest.FixtureRequest, city: PushedCity, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Front]:
    folder = tmp_path_factory.mktemp(request.param)
    with FRONTS[request.param](folder, city.port) as running:
        yield running
