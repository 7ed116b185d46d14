"""Is this usual here, in a browser: on an incident's card and for the area chosen as filter."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from browser.conftest import Visitor, blocklight, settled
from browser.desk import feeds
from browser.test_every_reader import PHONE, axe_finds_nothing

pytestmark = pytest.mark.browser

_WEEK, _HOUR = 7 * 24 * 60, 60
_HERE: dict[str, Any] = {"LON": -126.115, "LAT": 39.449}
READERS: dict[str, dict[str, Any]] = {
    "light": {},
    "dark": {"color_scheme": "dark"},
    "phone": PHONE,
    "dark phone": PHONE | {"color_scheme": "dark"},
}


@pytest.fixture(scope="module")
def noisy_city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A city that was called for noise eight times on each of nine days that count, and thirty today."""
    with feeds() as served:
        desk = served.desk
        for week in range(11):
            for call in range(8):
                ago = week * _WEEK + (2 + call) * _HOUR
                desk.close(desk.open("LOUD MUSIC", minutes_ago=ago, **_HERE))
                desk.close(desk.open("VANDALISM", minutes_ago=ago + 7))
            desk.open("SECURITY CHECK", minutes_ago=week * _WEEK + 90, CALL_SOURCE="OFFICER", **_HERE)
        for call in range(22):
            desk.open("LOUD MUSIC", minutes_ago=3 + 20 * call, **_HERE)
        with blocklight(tmp_path_factory.mktemp("noisy"), served) as started:
            yield started.url


def told(page: Page) -> Locator:
    return page.locator("section.usual")


def open_first(page: Page) -> Locator:
    page.locator("[data-row]").first.click()
    told(page).locator(".verdict").wait_for()
    return told(page)


@pytest.mark.parametrize("reader", READERS)
def test_the_card_says_it_with_every_week_beside_it(noisy_city: str, visitor: Visitor, reader: str) -> None:
    page = visitor.visit(noisy_city, **READERS[reader])
    card = open_first(page)
    expect(card.locator(".verdict")).to_have_text("More than usual")
    expect(card).to_contain_text(re.compile(r"Disturbance · .*Calls from the community: \d+ in the 24 hours"))
    expect(card).to_contain_text(re.compile(r"9 weeks before: 8 on average, \d+ to \d+ is usual"))
    strip = card.locator("svg")
    expect(strip).to_have_attribute("aria-label", re.compile(r"not compared, (8, ){8}8\. Now: 30\.$"))
    assert strip.locator("rect:not(.band)").count() == 13
    card.locator("summary").click()
    expect(card).to_contain_text("more calls are not more crimes")
    expect(card).to_contain_text("3 of the twelve weeks before are not compared")
    card.scroll_into_view_if_needed()
    axe_finds_nothing(page)


@pytest.mark.parametrize("reader", READERS)
def test_an_area_that_is_chosen_stands_against_its_usual(
    noisy_city: str, visitor: Visitor, reader: str
) -> None:
    page = visitor.visit(noisy_city, **READERS[reader])
    page.locator("[data-row]").first.click()
    here = page.locator(".details .where").inner_text()
    beat = re.search(r"[Bb]eat (\w+)", here)
    assert beat is not None
    page = visitor.visit(f"{noisy_city}/?area=beat:{beat[1]}", **READERS[reader])
    if "phone" in reader:
        page.locator(".grip").focus()
        page.keyboard.press("ArrowUp")
        page.keyboard.press("ArrowUp")
    panel = told(page)
    expect(panel.locator(".title")).to_have_text(
        re.compile(rf"{beat[1]}: now compared with what is usual", re.IGNORECASE)
    )
    expect(panel.locator(".verdict")).to_have_text("More than usual")
    expect(panel).to_contain_text(
        re.compile(r"Counted separately: Opened by officers: 1, on average 1\. About usual\.")
    )
    axe_finds_nothing(page)


def test_it_speaks_the_readers_language(noisy_city: str, visitor: Visitor) -> None:
    for language, title in {"es": "¿Es habitual aquí?", "vi": "Ở đây có thường như vậy không?"}.items():
        page = visitor.visit(f"{noisy_city}/?lang={language}")
        expect(open_first(page).locator(".title")).to_have_text(title)


def test_with_too_little_past_it_says_that_and_no_more(quiet_city: str, visitor: Visitor) -> None:
    page = visitor.visit(quiet_city)
    card = open_first(page)
    expect(card.locator(".verdict")).to_have_text("Not enough history")
    expect(card).to_contain_text(
        "Earlier weeks that can be compared: 0. At least 4 are needed to say what is usual."
    )
    axe_finds_nothing(page)


def test_a_comparison_that_cannot_be_had_says_so_and_the_card_stays(
    quiet_city: str, visitor: Visitor
) -> None:
    # A service worker that takes the page over while the route is laid leaves the requests outside it.
    page = visitor.visit(quiet_city, service_workers="block")
    page.route("**/api/v1/usual?*", lambda route: route.fulfill(status=503, body="{}"))
    page.locator("[data-row]").first.click()
    expect(told(page)).to_contain_text("The comparison cannot be loaded now.")
    expect(page.locator(".details h2")).to_be_visible()


def city(page: Page) -> Locator:
    return page.locator("header .city-usual")


@pytest.mark.parametrize("reader", READERS)
def test_the_city_stands_against_its_usual_beside_the_numbers(
    noisy_city: str, visitor: Visitor, reader: str
) -> None:
    page = visitor.visit(noisy_city, **READERS[reader])
    expect(city(page)).to_have_text(
        re.compile(r"^(More than|About) usual\s*\d+ calls in 24 h, usually \d+–\d+$")
    )
    # It takes no room of its own, so that nothing moves when it comes.
    numbers, line = page.locator(".numbers").bounding_box(), city(page).bounding_box()
    assert numbers
    assert line
    assert numbers["y"] - 1 <= line["y"]
    assert line["y"] + line["height"] <= numbers["y"] + numbers["height"] + 1
    axe_finds_nothing(page)
    city(page).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Port Lumen: now compared with what is usual")
    expect(dialog).to_contain_text(re.compile(r"Calls from the community: \d+ in the 24 hours to"))
    expect(dialog).to_contain_text("more calls are not more crimes")
    axe_finds_nothing(page)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(city(page)).to_be_focused()


def test_beside_a_filter_it_says_that_it_is_of_the_whole_city(noisy_city: str, visitor: Visitor) -> None:
    for language, whole in {"en": "in the whole city", "es": "en toda la ciudad"}.items():
        page = visitor.visit(f"{noisy_city}/?status=open&lang={language}")
        expect(city(page)).to_contain_text(whole)
        page.locator(".numbers button").first.click()
        expect(city(page)).not_to_contain_text(whole)


def test_with_too_little_past_nothing_is_said_of_the_city(quiet_city: str, visitor: Visitor) -> None:
    page = visitor.visit(quiet_city, rows=False)
    with page.expect_response("**/api/v1/usual?kind=call") as answer:
        page.reload()
    assert "too_few_weeks" in answer.value.text()
    settled(page)
    expect(city(page)).to_have_count(0)


def test_first_incidents_never_wait_for_what_is_said_of_the_city(noisy_city: str, visitor: Visitor) -> None:
    page = visitor.visit(noisy_city, service_workers="block", rows=False)
    page.route("**/api/v1/usual?*", lambda _: None)
    with page.expect_request("**/api/v1/usual?kind=call"):
        page.reload()
        page.locator("[data-row]").first.wait_for()
    expect(city(page)).to_have_count(0)
    # The browser notes what was loaded a moment after it is there.
    asked = page.wait_for_function(
        """() => {
          const loaded = performance.getEntriesByType('resource');
          const begun = ['/api/v1/window', 'CityUsual'].map((part) =>
            loaded.find(({ name }) => name.includes(part))?.startTime);
          return begun.every((one) => one !== undefined) && begun;
        }"""
    ).json_value()
    assert asked[0] < asked[1]


def test_nothing_of_an_incident_is_compared_before_it_is_shown(quiet_city: str, visitor: Visitor) -> None:
    page = visitor.visit(quiet_city)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    loaded = page.evaluate("performance.getEntriesByType('resource').map((one) => one.name)")
    assert len(loaded) > 5
    assert not [url for url in loaded if "/Usual-" in url or ("/usual?" in url and "area=" in url)]
    open_first(page)
    assert [url for url in asked if "/Usual-" in url]
    assert [url for url in asked if "/api/v1/usual?" in url and "area=" in url]
