"""The pages without scripts as people use them: by keyboard, phone, at night, in Spanish, printed."""

from typing import Any

import pytest
from playwright.sync_api import expect

from browser.conftest import Visitor
from browser.test_every_reader import PHONE, axe_finds_nothing

pytestmark = pytest.mark.browser

READERS: dict[str, dict[str, Any]] = {
    "plain": {},
    "dark": {"color_scheme": "dark"},
    "spanish": {"locale": "es-MX"},
    "chinese": {"locale": "zh-CN"},
    "phone": PHONE,
    "vietnamese phone": PHONE | {"locale": "vi-VN"},
    "dark phone": PHONE | {"color_scheme": "dark"},
    "zoomed to 200 %": {"viewport": {"width": 640, "height": 400}, "device_scale_factor": 2},
}


@pytest.mark.parametrize("reader", READERS)
def test_axe_finds_nothing_on_the_list(quiet_city: str, visitor: Visitor, reader: str) -> None:
    page = visitor.visit(f"{quiet_city}/list", rows=False, **READERS[reader])
    expect(page.locator(".rows li")).to_have_count(30)
    axe_finds_nothing(page)
    page.locator(".filters > details").evaluate("details => { details.open = true }")
    page.locator("fieldset details").first.evaluate("details => { details.open = true }")
    axe_finds_nothing(page)


@pytest.mark.parametrize("reader", READERS)
def test_axe_finds_nothing_on_the_page_of_an_incident(quiet_city: str, visitor: Visitor, reader: str) -> None:
    page = visitor.visit(f"{quiet_city}/list", rows=False, **READERS[reader])
    page.locator(".rows a").first.click()
    expect(page.get_by_role("article")).to_be_visible()
    axe_finds_nothing(page)


@pytest.mark.parametrize("path", ["/list?status=gone", "/list/none", "/list?q=nothing-like-this"])
def test_axe_finds_nothing_where_there_is_nothing(quiet_city: str, visitor: Visitor, path: str) -> None:
    page = visitor.visit("about:blank", rows=False)
    page.goto(quiet_city + path)
    axe_finds_nothing(page)
    visitor.complaints.clear()  # the browser names the status 400 and 404 of two of them


@pytest.mark.parametrize("reader", READERS)
def test_nothing_of_a_page_lies_beside_the_screen(quiet_city: str, visitor: Visitor, reader: str) -> None:
    page = visitor.visit(f"{quiet_city}/list", rows=False, **READERS[reader])
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator(".rows a").first.click()
    expect(page.get_by_role("article")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_without_scripts_people_come_from_the_map_to_the_list_to_an_incident_and_back(
    quiet_city: str, visitor: Visitor
) -> None:
    page = visitor.visit(quiet_city, rows=False, java_script_enabled=False)
    page.get_by_role("link", name="plain list").click()
    expect(page.get_by_role("heading", name="Incidents in Port Lumen")).to_be_visible()
    page.get_by_label("Street, place or words").fill("500 aster")
    page.get_by_label("Status").select_option("Open")
    page.keyboard.press("Enter")
    expect(page.locator(".rows li")).to_have_count(1)
    page.locator(".rows a").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Something suspicious")).to_be_visible()
    page.get_by_role("link", name="Back to the list").click()
    expect(page.locator(".rows li")).to_have_count(30)
    page.get_by_role("link", name="Español").click()
    expect(page.get_by_role("heading", name="Incidentes en Port Lumen")).to_be_visible()
    expect(page.locator(".rows").first).to_contain_text("Choque")


def test_on_a_wide_screen_the_filters_stand_beside_the_list(quiet_city: str, visitor: Visitor) -> None:
    page = visitor.visit(f"{quiet_city}/list", rows=False, java_script_enabled=False)
    page.locator("summary", has_text="Harm to a person").click()
    page.get_by_label("Assault or threat").check()
    page.get_by_role("button", name="Apply").click()
    expect(page.locator(".rows li")).to_have_count(6)
    expect(page.get_by_label("Assault or threat")).to_be_checked()


def test_a_phone_shows_the_list_before_the_filters_are_opened(quiet_city: str, visitor: Visitor) -> None:
    page = visitor.visit(f"{quiet_city}/list", rows=False, java_script_enabled=False, **PHONE)
    expect(page.locator(".rows li").nth(2)).to_be_in_viewport()
    expect(page.get_by_label("Street, place or words")).to_be_hidden()
    page.get_by_text("Filters").tap()
    expect(page.get_by_label("Street, place or words")).to_be_visible()


def test_the_list_prints_without_its_controls(quiet_city: str, visitor: Visitor) -> None:
    page = visitor.visit(f"{quiet_city}/list", rows=False)
    page.emulate_media(media="print")
    expect(page.locator(".rows li").first).to_be_visible()
    expect(page.get_by_role("button", name="Apply")).to_be_hidden()
    expect(page.get_by_role("link", name="Map", exact=True)).to_be_hidden()


def test_the_list_asks_nobody_but_its_own_server(quiet_city: str, visitor: Visitor) -> None:
    page = visitor.visit("about:blank", rows=False)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{quiet_city}/list")
    page.wait_for_load_state("networkidle")
    assert len(asked) >= 3
    assert [url for url in asked if not url.startswith(quiet_city)] == []
    assert page.context.cookies() == []
