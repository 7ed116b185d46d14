"""A city whose streets are its own tiles: drawn from ranges of one file, asking nobody else."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Request, Route, expect

from blocklight.cli.building_basemap import build_basemap
from browser.conftest import Visitor, blocklight, changed_demo, drawn, settled, soon
from browser.desk import feeds
from browser.test_map_for_everybody import has_ground

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def tiled_city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the demo city with its streets cut into tiles instead of whole layers."""
    folder = tmp_path_factory.mktemp("tiled")
    build_basemap("demo", [], crs=None, credit="© Somebody", output=folder / "streets.pmtiles")

    def in_tiles(text: str) -> str:
        without_layers = re.sub(r"\[\[map\.layers\]\]\n.*?(?=\n\n|\Z)", "", text, flags=re.DOTALL)
        return without_layers.replace("[map]\n", '[map]\ntiles = "streets.pmtiles"\n')

    file = changed_demo(folder, in_tiles)
    with feeds() as served:
        for minutes in (3, 9, 14):
            served.desk.open("COLLISION NON INJURY", minutes_ago=minutes)
        with blocklight(folder, served, file) as started:
            yield started.url


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_streets_are_drawn_from_ranges_of_the_citys_own_file(
    tiled_city: str, visitor: Visitor, scheme: str
) -> None:
    page = visitor.visit("about:blank", rows=False, color_scheme=scheme)
    asked: list[Request] = []
    page.on("requestfinished", lambda request: asked.append(request))  # noqa: PLW0108 - Playwright needs a function
    page.goto(tiled_city)
    page.locator(".map[data-ready]").wait_for()
    expect(page.get_by_text("© Somebody")).to_be_visible()

    def ranges() -> list[Request]:
        page.wait_for_timeout(50)  # what the browser tells is heard while a call to it is under way
        return [request for request in asked if request.url.endswith("/api/v1/map/tiles")]

    soon(lambda: len(ranges()) >= 2)
    tiles = ranges()
    assert {request.headers["range"][:6] for request in tiles} == {"bytes="}
    answers = [request.response() for request in tiles]
    assert {answer.status for answer in answers if answer} == {206}
    strangers = [
        request.url for request in asked if not request.url.startswith((tiled_city, "data:", "blob:"))
    ]
    assert strangers == []
    page.get_by_role("button", name="Zoom in").click()
    page.get_by_role("button", name="Zoom in").click()
    settled(page)
    drawn(page)


def test_without_webgl_streets_are_drawn_from_the_tiles_too(
    tiled_city: str, visitor_without_webgl: Visitor
) -> None:
    page = visitor_without_webgl.visit(tiled_city)
    expect(page.get_by_text("© Somebody")).to_be_visible()
    drawn(page)
    has_ground(page)


def test_tiles_that_could_not_be_read_come_as_soon_as_they_can(tiled_city: str, visitor: Visitor) -> None:
    page = visitor.visit("about:blank", rows=False, service_workers="block")
    asked: list[Route] = []

    def answer(route: Route) -> None:
        asked.append(route)
        if len(asked) == 1:
            route.abort()
        else:
            route.continue_()

    page.route("**/api/v1/map/tiles", answer)
    page.goto(tiled_city)
    page.locator(".map[data-ready]").wait_for()
    soon(lambda: (page.title(), len(asked) >= 3)[1])
    drawn(page)


def test_a_city_without_tiles_does_not_load_what_reads_them(quiet_city: str, visitor: Visitor) -> None:
    page = visitor.visit("about:blank", rows=False)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(quiet_city)
    drawn(page)
    assert any("incident-map" in url for url in asked)
    assert not any("tile-reader" in url or "map/tiles" in url for url in asked)
