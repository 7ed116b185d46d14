"""The map of a browser without WebGL: an old phone, a locked-down computer, a remote desktop."""

import re
from typing import Any

import httpx2 as httpx
import pytest
from playwright.sync_api import Page, expect

from browser.conftest import Visitor, drawn, soon
from browser.test_every_reader import PHONE, axe_finds_nothing

pytestmark = pytest.mark.browser

_COLOURS = """(box) => {
  const style = getComputedStyle(document.documentElement);
  const wanted = ["water", "major", "park"].map((name) => style.getPropertyValue(`--${name}`).trim());
  const canvas = box.querySelector("canvas");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const seen = new Set();
  for (let at = 0; at < data.length; at += 4)
    seen.add("#" + [0, 1, 2].map((part) => data[at + part].toString(16).padStart(2, "0")).join(""));
  return wanted.filter((colour) => !seen.has(colour)).length;
}"""


def has_ground(page: Page) -> None:
    """Wait until water, parks and main streets are on the canvas."""
    soon(lambda: page.locator(".map").evaluate(_COLOURS) == 0)


@pytest.mark.parametrize("preferences", [{}, PHONE | {"color_scheme": "dark"}], ids=["desk", "dark phone"])
def test_there_is_a_map_with_ground_and_marks(
    quiet_city: str, visitor_without_webgl: Visitor, preferences: dict[str, Any]
) -> None:
    page = visitor_without_webgl.visit(quiet_city, **preferences)
    expect(page.locator(".map")).to_have_attribute("data-marks", "30")
    drawn(page)
    has_ground(page)
    axe_finds_nothing(page)


def test_list_and_marks_choose_the_same(quiet_city: str, visitor_without_webgl: Visitor) -> None:
    answer = httpx.get(f"{quiet_city}/api/v1/incidents?category=suspicious").json()
    lon, lat = answer["features"][0]["geometry"]["coordinates"]
    page = visitor_without_webgl.visit(f"{quiet_city}/#16/{lat}/{lon}")
    drawn(page)
    page.locator(".map canvas").click(position={"x": 640, "y": 400})
    expect(page.get_by_role("article")).to_contain_text("Something suspicious")
    page.keyboard.press("Escape")
    page.locator("[data-row]", has_text="Collision").first.click()
    expect(page.get_by_role("article")).to_contain_text("Collision")
    drawn(page)


def test_keys_buttons_and_areas_move_the_map(quiet_city: str, visitor_without_webgl: Visitor) -> None:
    page = visitor_without_webgl.visit(f"{quiet_city}/#12/39.46/-126.1")
    drawn(page)
    page.locator(".map canvas").focus()
    page.keyboard.press("+")
    expect(page).to_have_url(re.compile("#13/"))
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile(r"#13/39\.46/-126\.09"))
    page.get_by_role("button", name="Zoom in").click()
    expect(page).to_have_url(re.compile("#14/"))
    page.get_by_role("button", name="Whole city", exact=True).click()
    expect(page).to_have_url(re.compile(r"/$"))


def test_only_what_this_map_needs_is_loaded(quiet_city: str, visitor_without_webgl: Visitor) -> None:
    page = visitor_without_webgl.visit("about:blank", rows=False)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(quiet_city)
    drawn(page)
    assert any("flat-map" in url for url in asked)
    assert not any("incident-map" in url or "flat-tiles" in url for url in asked)
