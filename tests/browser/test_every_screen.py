"""Every screen: a phone on its side, the smallest ones, fingers, keyboards, and pages that are not there."""

import math
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser.conftest import Blocklight, Visitor, drawn
from browser.desk import Desk
from browser.test_every_reader import PHONE, axe_finds_nothing
from browser.test_further_readers import PIXELS_PER_DEGREE, SOMEWHERE

pytestmark = pytest.mark.browser

ON_ITS_SIDE: dict[str, Any] = PHONE | {"viewport": {"width": 844, "height": 390}}
SMALLEST: dict[str, Any] = PHONE | {"viewport": {"width": 320, "height": 568}}
AT_400: dict[str, Any] = {"viewport": {"width": 320, "height": 256}, "device_scale_factor": 4}

_OVERLAPS = """() => {
  const boxes = [...document.querySelectorAll('.bar > *, .zoom > button')]
    .map((one) => [one.textContent.trim() || one.getAttribute('aria-label'), one.getBoundingClientRect()])
    .filter(([, box]) => box.width > 0);
  const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
  return boxes.flatMap(([name, box], index) => [
    ...boxes.slice(index + 1).filter(([, other]) => meet(box, other)).map(([other]) => `${name}, ${other}`),
    ...(box.left < 0 || box.right > innerWidth ? [`${name} beside the screen`] : []),
  ]);
}"""

_TOO_SMALL = """() => [...document.querySelectorAll('button, select, input:not([type=range]), [role=option]')]
  .filter((one) => !one.closest('.dial, .dials, label, .grip') && one.checkVisibility())
  .map((one) => [one.getAttribute('aria-label') || one.textContent.trim(), one.getBoundingClientRect()])
  .filter(([, box]) => box.width > 0 && (box.width < 43.5 || box.height < 43.5))
  .map(([name, box]) => `${name}: ${box.width} × ${box.height}`)"""


def rows_in_sight(page: Page) -> int:
    return int(
        page.evaluate(
            """() => [...document.querySelectorAll('[data-row]')].filter((row) => {
              const { top, bottom, left } = row.getBoundingClientRect();
              return document.elementFromPoint(left + 40, (top + bottom) / 2)?.closest('[data-row]') === row;
            }).length"""
        )
    )


def test_a_phone_on_its_side_shows_rows_beside_the_map(quiet_city: str, visitor: Visitor) -> None:
    page = visitor.visit(quiet_city, **ON_ITS_SIDE)
    assert rows_in_sight(page) >= 2
    panel = page.locator(".panel").bounding_box()
    assert panel is not None
    assert panel["width"] < 844 * 0.5
    axe_finds_nothing(page)
    page.locator("[data-row]").first.tap()
    expect(page.get_by_role("article")).to_be_in_viewport()
    page.get_by_role("button", name="Filters").tap()
    expect(page.get_by_role("group", name="Categories")).to_be_visible()


@pytest.mark.parametrize("screen", [SMALLEST, AT_400, ON_ITS_SIDE], ids=["320 px", "400 %", "on its side"])
def test_nothing_lies_over_something_else_or_beside_the_screen(
    quiet_city: str, visitor_without_webgl: Visitor, screen: dict[str, Any]
) -> None:
    page = visitor_without_webgl.visit(quiet_city, **screen)
    assert page.evaluate(_OVERLAPS) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_finger_has_room_on_every_control(quiet_city: str, visitor_without_webgl: Visitor) -> None:
    page = visitor_without_webgl.visit(quiet_city, **PHONE)
    assert page.evaluate(_TOO_SMALL) == []
    page.get_by_role("button", name="Search", exact=True).tap()
    page.locator("#search").fill("aster")
    page.get_by_role("button", name="Filters").tap()
    assert page.evaluate(_TOO_SMALL) == []
    page.get_by_role("button", name="Clear search").tap()
    page.locator("[data-row]").first.tap()
    expect(page.get_by_role("article")).to_be_visible()
    assert page.evaluate(_TOO_SMALL) == []


@pytest.mark.parametrize("screen", [{}, PHONE], ids=["desktop", "phone"])
def test_the_first_key_leads_past_everything_to_the_first_row(
    quiet_city: str, visitor_without_webgl: Visitor, screen: dict[str, Any]
) -> None:
    page = visitor_without_webgl.visit(quiet_city, **screen)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the list")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator('li[aria-posinset="1"] [data-row]').first).to_be_focused()
    for name in ("Happening now", "Ended", "Filters", "Timeline"):
        expect(page.get_by_role("heading", name=re.compile(name)).first).to_be_attached()


def test_all_of_many_incidents_at_one_place_can_be_reached(
    desk: Desk, server: Blocklight, visitor: Visitor
) -> None:
    for number in range(40):
        desk.open("LOUD MUSIC", minutes_ago=number + 1, **SOMEWHERE)
    page = visitor.visit(f"{server.url}/#15/39.4535/-126.102")
    expect(page.locator(".map")).to_have_attribute("data-marks", "40")
    drawn(page)
    answer = page.request.get(f"{server.url}/api/v1/incidents?limit=1").json()
    lon, lat = answer["features"][0]["geometry"]["coordinates"]
    x = 640 + (lon - SOMEWHERE["LON"]) * PIXELS_PER_DEGREE
    y = 400 - (lat - SOMEWHERE["LAT"]) * PIXELS_PER_DEGREE / math.cos(math.radians(lat))
    page.mouse.click(x, y)
    expect(page.locator(".map")).to_have_attribute("data-fan", "40")


def test_where_there_is_no_page_one_can_search(quiet_city: str, visitor: Visitor) -> None:
    page = visitor.visit("about:blank", rows=False)
    page.goto(f"{quiet_city}/area/beat/none")
    axe_finds_nothing(page)
    page.get_by_label("Street, place or words").fill("aster")
    page.get_by_role("button", name="Search").click()
    expect(page).to_have_url(re.compile(r"/list\?q=aster$"))
    expect(page.locator(".rows li")).to_have_count(1)
    visitor.complaints.clear()  # the browser names the status 404
