"""The page for everybody: phone, dark, Spanish, zoomed, still, without WebGL or scripts, by screen reader."""

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from browser.conftest import Visitor, drawn, settled

pytestmark = pytest.mark.browser

PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "has_touch": True,
    "is_mobile": True,
}


def axe_finds_nothing(page: Page) -> None:
    settled(page)
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


@pytest.mark.parametrize(
    "preferences",
    [
        {},
        {"color_scheme": "dark"},
        {"locale": "es-MX"},
        PHONE,
        PHONE | {"color_scheme": "dark"},
        {"viewport": {"width": 640, "height": 400}, "device_scale_factor": 2},
        {"reduced_motion": "reduce"},
    ],
    ids=["plain", "dark", "spanish", "phone", "dark phone", "zoomed to 200 %", "still"],
)
def test_axe_finds_nothing(quiet_city: str, visitor: Visitor, preferences: dict[str, Any]) -> None:
    page = visitor.visit(quiet_city, **preferences)
    axe_finds_nothing(page)
    page.locator("[data-row]").first.click()
    expect(page.get_by_role("article")).to_be_visible()
    axe_finds_nothing(page)


def test_axe_finds_nothing_in_menus_filters_and_help(quiet_city: str, visitor: Visitor) -> None:
    page = visitor.visit(quiet_city)
    page.get_by_role("button", name="Layers").click()
    page.get_by_role("button", name="Filters").click()
    axe_finds_nothing(page)
    page.get_by_label("Search a street").fill("nothing is called like this")
    expect(page.get_by_text("No incidents match.")).to_be_visible()
    axe_finds_nothing(page)
    page.get_by_role("button", name="Keys and help").click()
    axe_finds_nothing(page)


def test_spanish_speaks_spanish_throughout(quiet_city: str, visitor: Visitor) -> None:
    page = visitor.visit(quiet_city, locale="es-MX")
    expect(page.locator("html")).to_have_attribute("lang", "es")
    expect(page.locator(".row", has_text="Choque").first).to_contain_text("En el lugar")
    expect(page.locator(".pulse")).to_contain_text("En vivo")
    page.locator(".row", has_text="Choque").first.get_by_role("button").click()
    expect(page.get_by_role("article")).to_contain_text("Las lesiones no se muestran.")
    page.get_by_label("Idioma").select_option("en")
    expect(page.locator(".row", has_text="Collision").first).to_be_visible()
    expect(page).to_have_url(re.compile("lang=en"))


def test_a_phone_has_a_sheet_with_three_stops(quiet_city: str, visitor: Visitor) -> None:
    page = visitor.visit(quiet_city, **PHONE)
    panel = page.locator(".panel")

    def height() -> float:
        settled(page)
        box = panel.bounding_box()
        assert box is not None
        return box["height"]

    middle = height()
    assert middle <= 844 * 0.55
    expect(page.get_by_role("link", name="Data & methods")).to_be_in_viewport(ratio=1)
    expect(page.locator(".row").nth(2)).to_be_in_viewport()
    grip = page.get_by_role("button", name="Resize the panel")
    grip.focus()
    page.keyboard.press("ArrowUp")
    assert height() > 800
    expect(page.get_by_label("Search a street")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert height() < 140
    expect(page.locator(".numbers")).to_be_in_viewport()


def test_on_an_upright_tablet_the_dials_make_room_for_the_timeline(quiet_city: str, visitor: Visitor) -> None:
    page = visitor.visit(quiet_city, viewport={"width": 820, "height": 1180})
    hours = page.get_by_role("listbox", name="Hours of the day")
    expect(hours).to_have_count(0)
    # A click that something else would catch fails.
    for name in ("Play the day", "Layers", "Share"):
        page.get_by_role("button", name=name).click(trial=True)
    page.get_by_role("button", name="Filters").click()
    expect(hours).to_be_visible()
    axe_finds_nothing(page)


def test_on_a_phone_the_card_is_in_the_sheet(quiet_city: str, visitor: Visitor) -> None:
    page = visitor.visit(quiet_city, **PHONE)
    page.locator("[data-row]").nth(1).tap()
    expect(page.locator(".panel").get_by_role("article")).to_be_visible()
    page.get_by_role("button", name="Close", exact=True).tap()
    expect(page.locator("[data-row]").first).to_be_visible()


def test_without_scripts_the_page_leads_to_a_plain_list(quiet_city: str, visitor: Visitor) -> None:
    page = visitor.visit(quiet_city, rows=False, java_script_enabled=False)
    expect(page.get_by_role("link", name="plain list")).to_be_visible()


def test_nothing_moves_for_somebody_who_wants_it_still(quiet_city: str, visitor: Visitor) -> None:
    page = visitor.visit(quiet_city, reduced_motion="reduce")
    page.locator(".map[data-ready]").wait_for()
    moving = "document.getAnimations().filter(one => one.playState === 'running').length"
    assert page.evaluate(moving) == 0


def test_the_page_asks_nobody_but_its_own_server(quiet_city: str, visitor: Visitor) -> None:
    page = visitor.visit("about:blank", rows=False)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(quiet_city)
    drawn(page)
    assert len(asked) > 8
    strangers = [url for url in asked if not url.startswith((quiet_city, "data:", "blob:"))]
    assert strangers == []
    assert page.context.cookies() == []
