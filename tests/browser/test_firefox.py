"""The main paths in Firefox, which has no WebGL here: flat map, list, filters, card, live change, pages."""

from collections.abc import Iterator
from importlib.resources import files

import pytest

from browser.conftest import Blocklight
from browser.desk import ON_A_BLOCK, Desk
from browser.firefox import Firefox, firefox

pytestmark = pytest.mark.browser

_ROWS = "#list .row b"


@pytest.fixture(scope="module")
def started() -> Iterator[Firefox]:
    with firefox() as running:
        yield running


@pytest.fixture
def fox(started: Firefox) -> Iterator[Firefox]:
    """The browser of this module, in which nothing may have gone wrong after each test."""
    started.complaints.clear()
    yield started
    assert started.complaints == []


def finds_nothing(fox: Firefox) -> None:
    """Let axe look at the page as it stands."""
    fox.run((files("axe_playwright_python") / "axe.min.js").read_text("utf-8"))
    violations = "axe.run().then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes[0].html]))"
    assert fox.evaluate(violations) == []


def test_the_map_is_drawn_and_steered_by_keys(quiet_city: str, fox: Firefox) -> None:
    fox.visit(f"{quiet_city}/#12/39.46/-126.1")
    fox.wait_for("document.querySelector('.map[data-idle]')?.dataset.marks === '30'")
    colours = fox.evaluate(
        """(({ width, height, data }) => new Set(new Uint32Array(data.buffer)).size)(
          ((canvas) => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height))(
            document.querySelector(".map canvas")))"""
    )
    assert colours > 50, "ground and marks"
    fox.evaluate("document.querySelector('.map canvas').focus()")
    fox.press("+")
    fox.wait_for("location.hash.startsWith('#13/')")
    finds_nothing(fox)


def test_a_filter_and_a_search_leave_the_rows_that_match(quiet_city: str, fox: Firefox) -> None:
    fox.visit(quiet_city)
    fox.wait_for("document.querySelectorAll('#list .row').length > 5")
    assert "Collision" in fox.texts(_ROWS)
    fox.click("#search")
    fox.press(*"theft")
    fox.wait_for("[...document.querySelectorAll('#list .row b')].every((one) => one.innerText === 'Theft')")
    fox.press("Escape")
    fox.visit(f"{quiet_city}/?hide=traffic")
    fox.wait_for("document.querySelectorAll('#list .row').length > 5")
    assert "Collision" not in fox.texts(_ROWS)


def test_a_card_opens_by_mouse_and_closes_by_key(quiet_city: str, fox: Firefox) -> None:
    fox.visit(quiet_city)
    fox.click("[data-row]")
    fox.wait_for("document.querySelector('article')?.innerText.includes('Something suspicious')")
    finds_nothing(fox)
    fox.press("Escape")
    fox.wait_for("!document.querySelector('article')")


def test_a_call_arrives_and_closes_before_ones_eyes(desk: Desk, server: Blocklight, fox: Firefox) -> None:
    desk.open("LOUD MUSIC", minutes_ago=5)
    fox.visit(server.url)
    fox.wait_for("document.querySelectorAll('#list ul.now .row').length === 1")
    number = desk.open("VANDALISM", minutes_ago=1, **ON_A_BLOCK)
    fox.wait_for("document.querySelectorAll('#list ul.now .row').length === 2")
    fox.wait_for("document.querySelector('.map').dataset.marks === '2'")
    desk.close(number)
    fox.wait_for("document.querySelector('#list ul.ended .row b')?.innerText === 'Property damage'")
    fox.visit("about:blank")  # before its server goes


def test_the_pages_without_scripts_lead_to_one_another(quiet_city: str, fox: Firefox) -> None:
    fox.visit(f"{quiet_city}/list")
    assert len(fox.texts(".rows li")) == 30
    finds_nothing(fox)
    fox.click(".rows a")
    # Whoever leaves a page while its parts are on their way is told that they could not be loaded.
    fox.wait_for("document.readyState === 'complete' && document.querySelector('article')")
    fox.visit(f"{quiet_city}/area/neighborhood/heron-shore")
    assert "Heron Shore" in fox.texts("h1")[0]
    finds_nothing(fox)
