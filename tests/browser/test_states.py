"""Every state of the page and every page of the server, light, dark and on a phone, before two checkers.

Contrast counts as well: a text on something see-through, of which axe cannot tell, is a finding.
"""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser.checkers import all_findings
from browser.conftest import Visitor, drawn
from browser.test_every_reader import PHONE

pytestmark = pytest.mark.browser

READERS: dict[str, dict[str, Any]] = {
    "light": {},
    "dark": {"color_scheme": "dark"},
    "phone": PHONE,
    "dark phone": PHONE | {"color_scheme": "dark"},
}
HERE: dict[str, Any] = {
    "geolocation": {"latitude": 39.4571, "longitude": -126.1043},
    "permissions": ["geolocation"],
}


def _as_it_opens(page: Page) -> None:
    drawn(page)


def _with_filters(page: Page) -> None:
    page.keyboard.press("Escape")
    if (search := page.get_by_role("button", name="Search", exact=True)).is_visible():
        search.click()  # it opens the sheet of a phone
    page.get_by_role("button", name="Filters").click()
    expect(page.get_by_role("group", name="Categories")).to_be_visible()


def _with_an_area_found(page: Page) -> None:
    page.locator("#search").fill("heron")
    expect(page.get_by_role("option", name="Heron Shore Neighborhoods")).to_be_visible()


def _with_nothing_found(page: Page) -> None:
    page.locator("#search").fill("nothing is called like this")
    expect(page.get_by_text("No incidents match.")).to_be_visible()


def _with_layers(page: Page) -> None:
    page.get_by_role("button", name="Layers").click()


def _near_me(page: Page) -> None:
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Show where I am").click()
    expect(page.get_by_role("region", name="Here:")).to_be_visible()


def _with_a_card(page: Page) -> None:
    page.locator("#search").fill("")
    page.locator("[data-row]").first.click()
    expect(page.get_by_role("article")).to_be_visible()


def _with_the_share_dialog(page: Page) -> None:
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Share", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_visible()


def _with_help(page: Page) -> None:
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()


# On a phone the sheet covers the buttons of the map once it is opened for the filters: they come first.
STATES: tuple[Callable[[Page], None], ...] = (
    _as_it_opens,
    _with_layers,
    _near_me,
    _with_the_share_dialog,
    _with_help,
    _with_filters,
    _with_an_area_found,
    _with_nothing_found,
    _with_a_card,
)
PATHS = (
    "/embed",
    "/list",
    "/list?q=nothing-like-this",
    "/list?status=gone",
    "/list/none",
    "/nowhere",
    "/data",
    "/area",
    "/area/neighborhood/heron-shore",
    "/response-times",
    "/compare",
    "/compare?areas=neighborhood:heron-shore,city",
)


@pytest.mark.parametrize("reader", READERS)
def test_nothing_is_found_in_any_state_of_the_map_page(
    quiet_city: str, visitor_without_webgl: Visitor, reader: str
) -> None:
    page = visitor_without_webgl.visit(quiet_city, **HERE, **READERS[reader])
    findings = {}
    for change in STATES:
        change(page)
        findings[change.__name__] = all_findings(page)
    assert {state: found for state, found in findings.items() if found} == {}


@pytest.mark.parametrize("reader", READERS)
def test_nothing_is_found_on_any_page_of_the_server(
    quiet_city: str, visitor_without_webgl: Visitor, reader: str
) -> None:
    page = visitor_without_webgl.visit("about:blank", rows=False, **READERS[reader])
    findings = {}
    for path in PATHS:
        page.goto(quiet_city + path)
        if path == "/embed":
            drawn(page)
        findings[path] = all_findings(page)
    page.goto(f"{quiet_city}/list")
    page.locator(".rows a").first.click()
    expect(page.get_by_role("article")).to_be_visible()
    findings["an incident"] = all_findings(page)
    assert {path: found for path, found in findings.items() if found} == {}
    visitor_without_webgl.complaints.clear()  # the browser names the statuses 400 and 404


def test_the_checkers_find_what_nobody_could_read(visitor_without_webgl: Visitor) -> None:
    page = visitor_without_webgl.visit("about:blank", rows=False)
    page.set_content(
        """<!doctype html><html lang="en"><title>Pale</title><main><h1 style="color: #999">Pale</h1>
        <p style="background: linear-gradient(#fff, #000)">On what changes</p><img src="data:,"></main>"""
    )
    findings = "\n".join(all_findings(page))
    assert "axe color-contrast: <h1" in findings
    assert "axe cannot tell the contrast (bgGradient): <p" in findings
    assert "WCAG2AA.Principle1.Guideline1_1.1_1_1.H37: <img" in findings
    visitor_without_webgl.complaints.clear()
