"""What happens on the page while the city goes on, without anybody reloading it."""

import re
import time

import pytest
from playwright.sync_api import expect

from browser.conftest import Blocklight, Visitor, drawn
from browser.desk import Desk
from browser.test_every_reader import axe_finds_nothing

pytestmark = pytest.mark.browser

_COUNT_DRAWINGS = """(() => {
  const context = WebGL2RenderingContext.prototype;
  const { drawArraysInstanced } = context;
  window.drawings = 0;
  context.drawArraysInstanced = function (...how) {
    if (this.canvas.id === "deckgl-overlay") window.drawings++;
    return drawArraysInstanced.apply(this, how);
  };
})()"""


def test_a_call_arrives_moves_on_and_closes_before_your_eyes(
    desk: Desk, server: Blocklight, visitor: Visitor
) -> None:
    desk.open("LOUD MUSIC", minutes_ago=20)
    page = visitor.visit(server.url)
    page.locator(".map[data-ready]").wait_for()
    expect(page.locator(".map")).to_have_attribute("data-marks", "1")
    page.evaluate("window.neverReloaded = true")

    number = desk.open("STOLEN VEHICLE", minutes_ago=0.1)
    fresh = page.locator(".row", has_text="Stolen vehicle")
    expect(fresh).to_contain_text("Received")
    expect(fresh).to_have_class(re.compile(r"\bopen\b"))
    expect(page.locator(".numbers b").first).to_have_text("2")
    expect(page.locator(".map")).to_have_attribute("data-marks", "2")

    desk.arrive(number)
    expect(fresh).to_contain_text("On scene")
    desk.close(number)
    expect(fresh).to_contain_text("Stolen vehicle · report taken")
    expect(fresh).to_contain_text(re.compile(r"Closed in \d+ (s|min)"))
    expect(fresh).not_to_have_class(re.compile(r"\bopen\b"))
    expect(page.locator(".numbers b").first).to_have_text("1")
    expect(page.locator(".numbers b").last).to_have_text("1")
    assert page.evaluate("window.neverReloaded") is True


def test_the_page_says_that_the_server_is_gone_and_recovers_by_itself(
    desk: Desk, server: Blocklight, visitor: Visitor
) -> None:
    desk.open("LOUD MUSIC", minutes_ago=20)
    page = visitor.visit(server.url)
    expect(page.locator(".pulse")).to_contain_text("Live")
    drawn(page)  # the map, too, is loaded

    server.kill()
    expect(page.locator(".pulse")).to_contain_text("Connection lost")
    axe_finds_nothing(page)
    desk.open("VANDALISM", minutes_ago=2)
    server.start()
    expect(page.locator(".pulse")).to_contain_text("Live")
    expect(page.locator(".row", has_text="Property damage")).to_be_visible()
    expect(page.locator(".row")).to_have_count(2)


def test_what_is_retracted_leaves_list_map_and_card_at_once(
    desk: Desk, server: Blocklight, visitor: Visitor
) -> None:
    desk.open("LOUD MUSIC", minutes_ago=20)
    number = desk.open("DISTURBANCE", minutes_ago=2)
    page = visitor.visit(server.url)
    page.locator(".row", has_text="Disturbance").get_by_role("button").click()
    card = page.get_by_role("article")
    expect(card).to_contain_text("nobody is reported hurt")
    expect(page.locator(".map")).to_have_attribute("data-marks", "2")

    desk.change(number, CALL_TYPE="DOMESTIC VIOLENCE")
    expect(page.locator(".row", has_text="Disturbance")).to_have_count(0)
    expect(card).to_have_count(0)
    expect(page.locator(".map")).to_have_attribute("data-marks", "1")
    expect(page).to_have_url(re.compile(r"/$"))
    axe_finds_nothing(page)


def test_somebody_reading_further_down_is_not_moved_by_arrivals(
    desk: Desk, server: Blocklight, visitor: Visitor
) -> None:
    for minutes in range(40):
        desk.close(desk.open("SHOPLIFT", minutes_ago=60 + minutes))
    page = visitor.visit(server.url)
    expect(page.locator(".map")).to_have_attribute("data-marks", re.compile(r"[1-9]"))
    box = page.locator("#list")
    box.evaluate("box => box.scrollTo(0, 58 * 20)")
    expect(page.locator('li[aria-posinset="24"]')).to_be_in_viewport()
    before = page.evaluate("document.elementFromPoint(200, 500).closest('[data-row]').dataset.row")

    desk.open("STOLEN VEHICLE", minutes_ago=0.1)
    expect(page.get_by_role("button", name="1 new incident")).to_be_visible()
    after = page.evaluate("document.elementFromPoint(200, 500).closest('[data-row]').dataset.row")
    assert after == before
    page.get_by_role("button", name="1 new incident").click()
    expect(page.locator(".row", has_text="Stolen vehicle")).to_be_in_viewport()


def test_following_opens_each_new_call_as_it_arrives(
    desk: Desk, server: Blocklight, visitor: Visitor
) -> None:
    desk.open("LOUD MUSIC", minutes_ago=20)
    page = visitor.visit(server.url)
    page.keyboard.press("f")
    expect(page.get_by_role("article")).to_contain_text("Noise")
    desk.open("SUSPICIOUS PERSON", minutes_ago=0.1)
    expect(page.get_by_role("article")).to_contain_text("Something suspicious")
    axe_finds_nothing(page)
    page.keyboard.press("Escape")
    desk.open("VANDALISM", minutes_ago=0.1)
    expect(page.locator(".row", has_text="Property damage")).to_be_visible()
    expect(page.get_by_role("article")).to_have_count(0)


def test_a_change_is_on_screen_within_a_second_of_being_fetched(
    desk: Desk, server: Blocklight, visitor: Visitor
) -> None:
    desk.open("LOUD MUSIC", minutes_ago=20)
    page = visitor.visit(server.url)
    page.locator(".map[data-ready]").wait_for()
    desk.open("STOLEN VEHICLE", minutes_ago=0.1)
    begun = time.monotonic()
    page.locator(".row", has_text="Stolen vehicle").wait_for()
    # Not a measure of speed: half a minute would mean that something polls.
    assert time.monotonic() - begun < 10


def test_an_arrival_is_drawn_at_once_and_not_again_and_again_for_somebody_who_wants_it_still(
    desk: Desk, server: Blocklight, visitor: Visitor
) -> None:
    desk.open("LOUD MUSIC", minutes_ago=20)
    page = visitor.visit(server.url, reduced_motion="reduce")
    drawn(page)
    page.evaluate(_COUNT_DRAWINGS)
    desk.open("STOLEN VEHICLE", minutes_ago=0.1)
    page.locator(".row", has_text="Stolen vehicle").wait_for()
    page.wait_for_function("drawings > 0")
    page.wait_for_timeout(2_000)
    assert page.evaluate("drawings") < 12
