"""Two lists with two meanings, 311 in a tab of its own, and numbers that follow what is listed."""

import re

import pytest
from playwright.sync_api import Page, expect

from browser.conftest import Blocklight, Visitor
from browser.desk import Desk
from browser.test_every_reader import axe_finds_nothing

pytestmark = pytest.mark.browser


def titles(page: Page, part: str) -> list[str]:
    return page.locator(f"#list ul.{part} .row b").all_inner_texts()


def test_what_is_happening_stands_above_what_has_ended(
    desk: Desk, server: Blocklight, visitor_without_webgl: Visitor
) -> None:
    desk.open("LOUD MUSIC", minutes_ago=50)
    number = desk.open("SHOPLIFT", minutes_ago=10)
    desk.close(desk.open("VANDALISM", minutes_ago=5))
    page = visitor_without_webgl.visit(server.url)
    expect(page.get_by_role("heading", name="Happening now · 2")).to_be_visible()
    expect(page.get_by_role("heading", name="Ended · last 24 hours · 1")).to_be_visible()
    assert titles(page, "now") == ["Theft", "Loud music"]
    page.get_by_label("Order").select_option("longest")
    expect(page.locator("#list ul.now .row b").first).to_have_text("Loud music")
    axe_finds_nothing(page)
    # What ends is the first of what has ended, whenever it came in.
    desk.close(number)
    expect(page.get_by_role("heading", name="Ended · last 24 hours · 2")).to_be_visible()
    assert titles(page, "ended") == ["Theft", "Property damage"]


def test_requests_and_officers_activity_have_tabs_and_are_no_calls(
    desk: Desk, server: Blocklight, visitor_without_webgl: Visitor
) -> None:
    desk.open("LOUD MUSIC", minutes_ago=5)
    desk.open("SUSPICIOUS PERSON", minutes_ago=6, CALL_SOURCE="OFFICER")
    page = visitor_without_webgl.visit(server.url)
    tabs = page.get_by_role("group", name="What is listed")
    expect(tabs.get_by_role("button", name="Calls 1")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".numbers b").first).to_have_text("1")
    assert titles(page, "now") == ["Loud music"]
    tabs.get_by_role("button", name="Officer activity 1").click()
    expect(page).to_have_url(re.compile("section=officer$"))
    expect(page.locator("#list .row b")).to_have_text(["Something suspicious"])
    tabs.get_by_role("button", name="Repairs and requests 0").click()
    expect(page.get_by_text("No incidents match.")).to_be_visible()


def test_the_numbers_follow_the_filter_and_the_whole_city_stands_beside(
    quiet_city: str, visitor_without_webgl: Visitor
) -> None:
    page = visitor_without_webgl.visit(quiet_city)
    numbers = page.locator(".numbers button")
    expect(numbers.nth(0)).to_contain_text(re.compile(r"^6\s*calls being answered\s*$"))
    expect(numbers.nth(1)).to_contain_text(re.compile(r"^24\s*ended, 24 h\s*$"))
    page.get_by_label("Search a street").fill("collision")
    expect(numbers.nth(0)).to_contain_text(re.compile(r"^5\s*calls being answered\s*6 in the whole city\s*$"))
    expect(numbers.nth(1)).to_contain_text(re.compile(r"^0\s*ended, 24 h\s*24 in the whole city\s*$"))


def test_a_category_that_no_feed_of_the_city_has_needs_no_switch(
    quiet_city: str, visitor_without_webgl: Visitor
) -> None:
    page = visitor_without_webgl.visit(quiet_city)
    switches = page.get_by_role("group", name="Categories").get_by_role("button")
    groups = [re.compile(name) for name in ("Harm", "Property", "Disturbance", "Traffic")]
    # Each has a button beside it that shows it alone.
    expect(switches).to_have_text([text for group in groups for text in (group, "only")])
