"""What people come for, in as few actions as it may take; near me and the contact have files of their own."""

import re
import time
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser.conftest import Blocklight, Visitor, drawn
from browser.desk import Desk
from browser.test_every_reader import PHONE, axe_finds_nothing
from browser.test_near import AT_HOME

pytestmark = pytest.mark.browser

HOME = {"LON": -126.1203, "LAT": 39.4551}
ELSEWHERE = {"LON": -126.102, "LAT": 39.4381}


def titles(page: Page) -> Any:  # noqa: ANN401 - Playwright's locator
    return page.locator("#list .row b")


def night_minutes_ago() -> float:
    """How long ago it was half past two in the demo city's last night but one, which clocks there call so."""
    now = time.time()
    local = time.gmtime(now - 8 * 3600)
    since_midnight = local.tm_hour * 60 + local.tm_min
    return since_midnight + 24 * 60 - 150


def test_only_fires_of_this_week_at_night_in_my_beat_take_four_actions(
    desk: Desk, server: Blocklight, visitor: Visitor
) -> None:
    night = night_minutes_ago()
    desk.close(desk.open("STRUCTURE FIRE", minutes_ago=night, **HOME))
    desk.close(desk.open("STRUCTURE FIRE", minutes_ago=night + 10, **ELSEWHERE))
    desk.close(desk.open("STRUCTURE FIRE", minutes_ago=night + 12 * 60, **HOME))
    desk.close(desk.open("LOUD MUSIC", minutes_ago=night, **HOME))
    desk.open("COLLISION NON INJURY", minutes_ago=4, **HOME)
    page = visitor.visit(server.url, **AT_HOME)
    page.locator(".map[data-ready]").wait_for()
    # Where one is names the beat, and is asked once for all time to come.
    page.get_by_role("button", name="Show where I am").click()
    beat = page.get_by_role("region", name="Here:").get_by_role("button", name=re.compile("^Beat "))
    name = beat.inner_text()
    beat.click()
    page.get_by_role("button", name="7 d", exact=True).click()
    chip = page.locator(".chip", has_text="Fire and hazard")
    chip.hover()
    chip.get_by_role("button", name="Only Fire and hazard, or all again").click()
    page.get_by_role("option", name=re.compile(r"^2 am")).click()
    expect(titles(page)).to_have_text(["Fire"])
    expect(page.get_by_role("list", name="Chosen").get_by_role("button")).to_have_accessible_name(
        f"Remove {name}"
    )
    axe_finds_nothing(page)


def test_a_frozen_view_is_shared_in_two_actions_and_shows_the_same_calls_later(
    desk: Desk, server: Blocklight, visitor: Visitor
) -> None:
    first = desk.open("LOUD MUSIC", minutes_ago=3)
    desk.close(desk.open("VANDALISM", minutes_ago=30))
    taken_back = desk.open("COLLISION NON INJURY", minutes_ago=8)
    page = visitor.visit(server.url)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    expect(titles(page)).to_have_count(3)
    page.get_by_role("button", name="Share", exact=True).click()
    page.get_by_role("button", name="Copy the link to this moment").click()
    axe_finds_nothing(page)
    link = page.evaluate("navigator.clipboard.readText()")
    assert re.search(r"[?&]end=\d{10}(&|$)", link)
    desk.open("SUSPICIOUS PERSON", minutes_ago=0)
    page.keyboard.press("Escape")
    expect(titles(page)).to_have_count(4)
    later = visitor.visit(link)
    expect(titles(later)).to_have_text(["Loud music", "Collision", "Property damage"])
    expect(later.locator(".until")).to_contain_text(
        re.compile(r"Received from .* to .*, as known today\. What was retracted since is not shown\.")
    )
    axe_finds_nothing(later)
    # As known today: what ended has ended, what was taken back is gone.
    desk.close(first)
    expect(later.locator("#list ul.ended b")).to_have_text(["Loud music", "Property damage"])
    desk.change(taken_back, CALL_TYPE="DEATH INVESTIGATION")
    expect(titles(later)).to_have_text(["Loud music", "Property damage"])
    later.get_by_role("button", name="Back to now").click()
    expect(titles(later)).to_have_text(["Something suspicious", "Loud music", "Property damage"])
    assert "end=" not in later.url


def test_a_day_of_the_past_is_reached_by_the_calendar_and_from_an_empty_list(
    desk: Desk, server: Blocklight, visitor: Visitor
) -> None:
    ago = 33 * 24 * 60
    desk.close(desk.open("LOUD MUSIC", minutes_ago=ago))
    desk.close(desk.open("VANDALISM", minutes_ago=ago + 3 * 24 * 60))
    page = visitor.visit(server.url, rows=False)
    page.get_by_role("button", name=re.compile("^Go to the newest call, ")).click()
    expect(titles(page)).to_have_text(["Loud music"])
    day = page.get_by_label("Go to a day")
    expect(day).to_have_value(time.strftime("%Y-%m-%d", time.gmtime(time.time() - ago * 60 - 8 * 3600)))
    day.fill(time.strftime("%Y-%m-%d", time.gmtime(time.time() - (ago + 3 * 24 * 60) * 60 - 8 * 3600)))
    expect(titles(page)).to_have_text(["Property damage"])
    page.reload()
    expect(titles(page)).to_have_text(["Property damage"])


def test_several_categories_are_chosen_at_once_and_let_go_by_name(quiet_city: str, visitor: Visitor) -> None:
    page = visitor.visit(quiet_city)
    page.get_by_role("button", name="Filters").click()
    for name in ("Noise", "Collision"):
        page.get_by_label("Category").select_option(name)
    chosen = page.get_by_role("list", name="Chosen")
    expect(chosen.get_by_role("button")).to_have_text([re.compile("Noise"), re.compile("Collision")])
    expect(page.locator("#list ul.now b")).to_have_text(["Collision"] * 5)
    assert (
        "category=traffic_collision%2Cnoise" in page.url or "category=noise%2Ctraffic_collision" in page.url
    )
    axe_finds_nothing(page)
    chosen.get_by_role("button", name="Remove Collision").click()
    expect(page.locator("#list ul.now")).to_have_count(0)
    assert page.url.endswith("category=noise")


def test_a_finger_that_rests_on_a_switch_shows_that_group_alone(quiet_city: str, visitor: Visitor) -> None:
    page = visitor.visit(quiet_city, **PHONE)
    harm = page.locator(".switch", has_text="Harm")
    box = harm.bounding_box()
    assert box
    touch = page.context.new_cdp_session(page)
    point = {"x": box["x"] + 30, "y": box["y"] + box["height"] / 2}
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    expect(page.locator(".switch", has_text="Property")).to_have_attribute("aria-pressed", "false")
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(harm).to_have_attribute("aria-pressed", "true")
    expect(titles(page).first).to_have_text("Assault or threat")


def test_marks_are_walked_by_arrows_and_a_place_says_how_many_stand_there(
    desk: Desk, server: Blocklight, visitor: Visitor
) -> None:
    for number in range(14):
        desk.open("LOUD MUSIC", minutes_ago=number + 1, **ELSEWHERE)
    desk.close(desk.open("VANDALISM", minutes_ago=60, **HOME))
    page = visitor.visit(f"{server.url}/#15/39.4381/-126.102", reduced_motion="reduce")
    drawn(page)
    expect(page.locator(".stacks b")).to_have_text(["14"])
    marks = page.get_by_role("listbox", name="Incidents on the map")
    marks.focus()
    expect(marks.get_by_role("option")).to_have_count(5)
    active = page.locator("[id=" + str(marks.get_attribute("aria-activedescendant")) + "]")
    expect(active).to_have_text(re.compile("^Loud music, open, 1 minute ago, "))
    expect(active).to_have_attribute("aria-setsize", "15")
    axe_finds_nothing(page)
    page.keyboard.press("End")
    last = page.locator("[id=" + str(marks.get_attribute("aria-activedescendant")) + "]")
    expect(last).to_have_text(re.compile("^Property damage, "))
    page.keyboard.press("Enter")
    expect(page.locator(".beside").get_by_role("heading", level=2)).to_have_text("Property damage")
