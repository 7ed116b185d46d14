"""Finding one's way: areas, places and addresses by name, and where one is."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from loopback.server import App, Loopback, Reply, serving
from playwright.sync_api import Page, expect

from browser.conftest import Visitor, blocklight, changed_demo, drawn
from browser.desk import feeds
from browser.test_every_reader import PHONE, axe_finds_nothing

pytestmark = pytest.mark.browser

HOME = {"latitude": 39.4571, "longitude": -126.1043}


def search(page: Page, text: str) -> None:
    page.locator("#search").fill(text)


def test_an_area_is_found_by_its_name_and_then_filters_and_fills_the_map(
    quiet_city: str, visitor: Visitor
) -> None:
    page = visitor.visit(quiet_city)
    page.locator(".map[data-ready]").wait_for()
    search(page, "heron")
    option = page.get_by_role("option", name=re.compile("Heron Shore"))
    expect(option).to_contain_text("Neighborhoods")
    axe_finds_nothing(page)
    page.keyboard.press("ArrowDown")
    expect(option).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"area=neighborhood%3Aheron-shore&outlines=neighborhood$"))
    expect(page.get_by_role("option", name=re.compile("Heron Shore"))).to_have_count(0)
    expect(page.locator("#search")).to_have_value("")
    expect(page.locator(".row", has_text="suspicious")).to_be_visible()


def test_an_area_and_a_card_lead_to_the_areas_page_and_back_to_the_same_view(
    quiet_city: str, visitor: Visitor
) -> None:
    page = visitor.visit(f"{quiet_city}/?range=168&area=neighborhood:heron-shore")
    page.get_by_role("link", name="Area in numbers").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Heron Shore")
    page.get_by_role("link", name="On the map").first.click()
    expect(page).to_have_url(re.compile(r"\?range=168&area=neighborhood%3Aheron-shore$"))
    page.locator(".row").first.click()
    page.locator(".details").get_by_role("link", name=re.compile("Heron Shore")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Heron Shore")


def test_a_place_of_a_shown_incident_is_found_by_its_label(quiet_city: str, visitor: Visitor) -> None:
    page = visitor.visit(quiet_city)
    search(page, "aster")
    page.get_by_role("option", name=re.compile("500 block of Aster St")).click()
    expect(page.locator("#search")).to_have_value("500 block of Aster St")
    expect(page.locator(".row")).to_have_count(1)


def test_where_the_reader_is_never_leaves_the_browser(quiet_city: str, visitor: Visitor) -> None:
    page = visitor.visit(quiet_city, geolocation=HOME, permissions=["geolocation"])
    page.locator(".map[data-ready]").wait_for()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url + str(request.post_data)))
    page.get_by_role("button", name="Show where I am").click()
    expect(page.locator(".pointer.here")).to_be_visible()
    drawn(page)
    page.get_by_role("button", name=re.compile("being answered")).click()
    page.reload()
    page.locator(".map[data-ready]").wait_for()
    assert len(asked) > 8
    assert not [url for url in asked if "39.4" in url or "126.1" in url]
    assert "39.4" not in page.url


@pytest.mark.parametrize(
    ("preferences", "said"),
    [
        (
            {"geolocation": {"latitude": 10, "longitude": 10}, "permissions": ["geolocation"]},
            "outside the area",
        ),
        ({"permissions": []}, "did not give a position"),
    ],
)
def test_somebody_elsewhere_or_unwilling_is_told(
    quiet_city: str, visitor: Visitor, preferences: dict[str, Any], said: str
) -> None:
    page = visitor.visit(quiet_city, **PHONE, **preferences)
    page.get_by_role("button", name="Show where I am").click()
    expect(page.get_by_role("status").filter(has_text=said)).to_be_visible()
    axe_finds_nothing(page)


@contextmanager
def city_with_geocoder(tmp_path: Path, answer: App) -> Iterator[tuple[str, Loopback]]:
    with serving(answer) as geocoder, feeds() as served:
        named = f'[map]\ngeocoder_url = "{geocoder.url}/search?lang={{language}}&q={{query}}"'
        file = changed_demo(tmp_path, lambda text: text.replace("[map]", named, 1))
        served.desk.open("LOUD MUSIC", minutes_ago=20)
        with blocklight(tmp_path / "data", served, file) as server:
            yield server.url, geocoder


def test_an_address_is_looked_up_only_when_asked_and_at_the_citys_geocoder(
    tmp_path: Path, visitor: Visitor
) -> None:
    point = {"type": "Point", "coordinates": [-126.1, 39.46]}
    found = {
        "features": [{"geometry": point, "properties": {"display_name": "12 Lantern Ave, <b>Port Lumen</b>"}}]
    }

    def answer(_: object) -> Reply:
        return Reply.json(found, access_control_allow_origin="*")

    with city_with_geocoder(tmp_path, answer) as (url, geocoder):
        page = visitor.visit(url)
        page.locator(".map[data-ready]").wait_for()
        search(page, "12 lantern")
        offer = page.get_by_role("option", name=re.compile(r"Look up “12 lantern” at 127\.0\.0\.1:\d+"))
        offer.wait_for()
        assert geocoder.asked == []
        offer.click()
        page.get_by_role("option", name="12 Lantern Ave, <b>Port Lumen</b>").click()
        expect(page.locator(".pointer.found")).to_be_visible()
        assert [dict(request.params) for request in geocoder.asked] == [{"lang": "en", "q": "12 lantern"}]
        assert "referer" not in {name.lower() for name in geocoder.asked[0].headers}
        expect(page.locator("#search")).to_have_value("")
        visitor.leave()


def test_a_geocoder_that_is_away_is_said_and_stops_nothing(tmp_path: Path, visitor: Visitor) -> None:
    with city_with_geocoder(tmp_path, lambda _: Reply(503)) as (url, _):
        page = visitor.visit(url)
        search(page, "noise")
        page.get_by_role("option", name=re.compile("Look up")).click()
        expect(page.get_by_role("status").filter(has_text="does not answer")).to_be_visible()
        expect(page.locator(".row")).to_have_count(1)
        visitor.complaints.clear()  # the browser names the answer that it did not get
        visitor.leave()
