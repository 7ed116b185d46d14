"""Near me: one sentence first, the list by distance, and nobody learns where."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser.conftest import Blocklight, Visitor
from browser.desk import Desk
from browser.test_every_reader import PHONE, axe_finds_nothing

pytestmark = pytest.mark.browser

HOME = {"latitude": 39.4551, "longitude": -126.1203}
AT_HOME: dict[str, Any] = {"geolocation": HOME, "permissions": ["geolocation"]}


def a_siren(desk: Desk) -> None:
    """Put a collision that has ended to the north of home, and two others farther away."""
    desk.open("LOUD MUSIC", minutes_ago=8, LON=-126.1203, LAT=39.4381)
    desk.close(desk.open("VANDALISM", minutes_ago=300, LON=-126.137, LAT=39.4551))
    desk.close(desk.open("COLLISION NON INJURY", minutes_ago=20, LON=-126.1203, LAT=39.4601))


def told(page: Page) -> Any:  # noqa: ANN401 - Playwright's locator
    return page.get_by_role("region", name="Here:")


@pytest.mark.parametrize("preferences", [{}, PHONE], ids=["desktop", "phone"])
def test_what_was_that_siren_has_its_answer_after_one_action(
    desk: Desk, server: Blocklight, visitor: Visitor, preferences: dict[str, Any]
) -> None:
    a_siren(desk)
    page = visitor.visit(server.url, **AT_HOME, **preferences)
    page.locator(".map[data-ready]").wait_for()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url + str(request.post_data)))
    page.get_by_role("button", name="Show where I am").click()
    expect(told(page)).to_contain_text(
        re.compile(
            r"Nearest: collision, about \d+ m north\. Reported \d+:\d\d [ap]m, ended \d+:\d\d [ap]m\. "
            r"Nothing else is open within 500 m\."
        )
    )
    # "Which beat am I in?" is answered as well.
    expect(told(page)).to_contain_text(re.compile(r"Here: Where you are\s*Beat \w+ · "))
    expect(page.locator("#list ul.now .row .where")).to_have_text(re.compile(r"^1\.\d km S · "))
    expect(page.locator("#list ul.ended .row b")).to_have_text(["Collision", "Property damage"])
    axe_finds_nothing(page)
    page.reload()
    expect(told(page)).to_contain_text("Nearest: collision")
    expect(page.locator(".pointer.here")).to_be_visible()
    assert len(asked) > 8
    assert not [url for url in asked if "39.45" in url or "126.12" in url]
    assert "39.4" not in page.url
    page.get_by_role("button", name="Forget this place").click()
    expect(told(page)).to_have_count(0)
    page.reload()
    page.locator("[data-row]").first.wait_for()
    expect(told(page)).to_have_count(0)


def test_a_point_of_the_map_an_area_and_search_on_a_phone_set_it_too(
    quiet_city: str, visitor: Visitor
) -> None:
    page = visitor.visit(quiet_city)
    page.locator(".map[data-ready]").wait_for()
    page.mouse.click(800, 300, button="right")
    expect(told(page)).to_contain_text("A point on the map")
    expect(page.get_by_label("Order")).to_have_value("nearest")

    phone = visitor.visit(quiet_city, **PHONE)
    phone.locator(".map[data-ready]").wait_for()
    phone.get_by_role("button", name="Search", exact=True).click()
    expect(phone.locator("#search")).to_be_focused()
    phone.locator("#search").fill("heron")
    phone.get_by_role("option", name=re.compile("Heron Shore")).click()
    expect(told(phone)).to_contain_text("Heron Shore")
    expect(told(phone)).to_contain_text("Nearest: ")


def test_a_row_is_read_as_what_state_when_and_where(quiet_city: str, visitor_without_webgl: Visitor) -> None:
    page = visitor_without_webgl.visit(quiet_city)
    row = page.locator(".row", has_text="suspicious").get_by_role("button")
    expect(row).to_have_accessible_name(
        re.compile(r"^Something suspicious, open, \d+ (second|minute)s? ago, 500 block of Aster St · ")
    )
