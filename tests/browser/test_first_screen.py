"""The first screen that the server writes: of use without scripts, which take over in its place."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser.conftest import Visitor
from browser.test_every_reader import PHONE, axe_finds_nothing

pytestmark = pytest.mark.browser

_DESK = {"viewport": {"width": 1280, "height": 800}}
_SCREENS: dict[str, dict[str, Any]] = {
    "desk": _DESK,
    "phone": PHONE,
    "small phone": PHONE | {"viewport": {"width": 320, "height": 568}},
    "phone on its side": PHONE | {"viewport": {"width": 844, "height": 390}},
}
_PARTS = ("h1", "header b", ".head h2", "li")
_NEAR_PX = 2.0


def places(page: Page, root: str) -> list[dict[str, float]]:
    """Where title, numbers, heading and rows begin."""
    boxes = []
    for part in _PARTS:
        found = page.locator(f"{root} {part}")
        for index in range(min(3, found.count())):
            box = found.nth(index).bounding_box()
            assert box
            boxes.append({name: box[name] for name in ("x", "y", "height")})
    return boxes


@pytest.mark.parametrize("screen", _SCREENS)
def test_the_scripts_draw_where_the_server_drew(quiet_city: str, visitor: Visitor, screen: str) -> None:
    still = visitor.visit(quiet_city, rows=False, java_script_enabled=False, **_SCREENS[screen])
    before = places(still, "#first")
    moving = visitor.visit(quiet_city, **_SCREENS[screen])
    expect(moving.locator("#first")).to_have_count(0)
    after = places(moving, ".panel")
    assert len(before) == len(after) >= 6
    for server, scripts in zip(before, after, strict=True):
        assert server == pytest.approx(scripts, abs=_NEAR_PX)


def test_without_scripts_each_row_is_a_link_to_its_page(quiet_city: str, visitor: Visitor) -> None:
    page = visitor.visit(quiet_city, rows=False, java_script_enabled=False)
    expect(page.get_by_role("heading", level=1)).to_have_text("Port Lumen")
    row = page.locator("#first li", has_text="Collision").first
    row.get_by_role("link").click()
    expect(page).to_have_url(re.compile(r"/list/\w{16}\?lang=en$"))


def test_axe_finds_nothing_in_what_stands_before_the_scripts(quiet_city: str, visitor: Visitor) -> None:
    page = visitor.visit(quiet_city, rows=False)
    page.route("**/assets/*.js", lambda route: route.abort())
    page.reload()
    expect(page.locator("#first li").first).to_be_visible()
    axe_finds_nothing(page)
    visitor.complaints.clear()
