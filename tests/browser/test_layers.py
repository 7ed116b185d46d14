"""What the map shows besides the filter: density, 311 on a switch of its own, outlines."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from browser.conftest import Blocklight, Visitor, drawn, soon
from browser.desk import Desk
from browser.pixels import pixels_of
from browser.test_every_reader import PHONE, axe_finds_nothing

pytestmark = pytest.mark.browser

# Where nothing but the map is to be seen.
_MAP = {"x": 430, "y": 80, "width": 760, "height": 540}


def open_layers(page: Page) -> None:
    page.get_by_role("button", name="Layers").click()


def test_hexagons_stand_for_closed_marks_and_say_for_how_many(quiet_city: str, visitor: Visitor) -> None:
    page = visitor.visit(quiet_city)
    page.locator(".map[data-ready]").wait_for()
    assert page.locator(".map").get_attribute("data-dense") is None
    open_layers(page)
    page.get_by_label("Always").check()
    expect(page).to_have_url(re.compile(r"\?density=always$"))
    legend = page.get_by_role("note")
    expect(legend).to_contain_text("Closed incidents in a hexagon")
    assert 1 <= int(page.locator(".map").get_attribute("data-dense") or 0) <= 24
    axe_finds_nothing(page)
    page.keyboard.press("Escape")
    expect(page.get_by_label("Always")).to_have_count(0)
    page.get_by_role("button", name=re.compile("being answered")).click()
    expect(legend).to_have_count(0)


def test_a_click_on_a_hexagon_goes_nearer_until_there_are_marks(quiet_city: str, visitor: Visitor) -> None:
    page = visitor.visit(f"{quiet_city}/?density=always&status=closed#10/39.46/-126.1")
    expect(page.get_by_role("note")).to_be_visible()
    page.mouse.click(700, 300)
    expect(page).to_have_url(re.compile("#11.5/"))


def test_the_address_holds_the_layers(quiet_city: str, visitor: Visitor) -> None:
    page = visitor.visit(f"{quiet_city}/?kind=call&density=never&outlines=none", **PHONE)
    open_layers(page)
    expect(page.get_by_label("Never")).to_be_checked()
    expect(page.get_by_label("No outlines")).to_be_checked()
    expect(page.get_by_label("Calls for service")).to_be_checked()
    expect(page.get_by_label("311 requests")).not_to_be_checked()
    axe_finds_nothing(page)


def test_requests_and_calls_are_switches_of_which_one_is_always_on(quiet_city: str, visitor: Visitor) -> None:
    page = visitor.visit(quiet_city)
    open_layers(page)
    page.get_by_label("311 requests").check()
    expect(page).to_have_url(re.compile("section=all"))
    page.get_by_label("Calls for service").click()
    expect(page).to_have_url(re.compile("section=requests"))
    expect(page.get_by_label("311 requests")).to_be_checked()
    expect(page.get_by_text("No incidents match.")).to_be_visible()
    page.get_by_label("311 requests").click()
    expect(page).to_have_url(re.compile("section=calls"))


def test_on_a_phone_the_whole_menu_is_on_the_screen(quiet_city: str, visitor: Visitor) -> None:
    page = visitor.visit(quiet_city, **PHONE)
    open_layers(page)
    box = page.get_by_role("group", name="Layers").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390


def test_closed_marks_lie_under_the_names_and_open_ones_over_them(
    quiet_city: str, visitor: Visitor, browser: Browser
) -> None:
    page = visitor.visit(f"{quiet_city}/?density=never", reduced_motion="reduce")
    page.locator(".map[data-ready]").wait_for()
    closed, opened = "#8e3b6b", "#2f64b0"  # assaults, of which all are closed, and collisions, all open

    def seen() -> tuple[int, int]:
        picture = page.screenshot(clip=_MAP)  # type: ignore[arg-type]  # of the right keys
        return pixels_of(browser, picture, closed), pixels_of(browser, picture, opened)

    soon(lambda: min(seen()) > 20)
    # What deck.gl draws on a canvas of its own lies over all that the map draws, its names too.
    page.evaluate("document.querySelector('.map #deckgl-overlay').style.visibility = 'hidden'")
    soon(lambda: seen()[1] == 0)
    assert seen()[0] > 20


def test_among_hexagons_a_mark_that_closed_goes_once_it_was_seen_closing(
    desk: Desk, server: Blocklight, visitor: Visitor, browser: Browser
) -> None:
    number = desk.open("STOLEN VEHICLE", minutes_ago=5)
    page = visitor.visit(f"{server.url}/?density=always", reduced_motion="reduce")
    drawn(page)

    def seen() -> int:
        picture = page.screenshot(clip=_MAP)  # type: ignore[arg-type]  # of the right keys
        return pixels_of(browser, picture, "#b07a12")

    soon(lambda: seen() > 20)
    desk.close(number)
    expect(page.get_by_role("note")).to_contain_text("Closed incidents in a hexagon")
    soon(lambda: seen() == 0)
