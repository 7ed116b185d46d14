"""Answers that come late, or from before others: what is taken back goes, and every link comes about."""

import re
from collections.abc import Callable

import pyarrow as pa
import pytest
from playwright.sync_api import Page, Route, expect

from browser.conftest import Blocklight, Visitor, drawn, soon
from browser.desk import Desk

pytestmark = pytest.mark.browser

_WINDOW, _IDS = "/api/v1/window?hours=24", "/api/v1/window/ids?hours=24"


def ask(page: Page, server: Blocklight, path: str) -> bytes:
    """Return the server's own answer, past all that a test lays in the page's way."""
    return page.request.get(server.url + path).body()


def held(page: Page, server: Blocklight, what: str) -> int:
    """Return how many incidents are in the window, or how many ids."""
    return int(pa.ipc.open_stream(ask(page, server, what)).read_all().num_rows)


def visit(visitor: Visitor, server: Blocklight, answer: Callable[[Route], object], *, calls: int) -> Page:
    """Open the page on a window of so many calls, with its ids answered by *answer*."""
    page = visitor.visit("about:blank", rows=False, service_workers="block")
    soon(lambda: held(page, server, _WINDOW) == calls)
    page.route("**/api/v1/window/ids?*", lambda route: answer(route))  # noqa: PLW0108 - Playwright needs a function
    page.goto(server.url)
    page.locator("[data-row]").first.wait_for()
    return page


def test_what_is_taken_back_before_its_id_is_known_goes_too(
    desk: Desk, server: Blocklight, visitor: Visitor
) -> None:
    desk.open("LOUD MUSIC", minutes_ago=20)
    number = desk.open("DISTURBANCE", minutes_ago=2)
    waiting: list[Route] = []
    page = visit(visitor, server, waiting.append, calls=2)
    row = page.locator(".row", has_text="Disturbance")
    row.get_by_role("button").click()
    expect(page.get_by_role("article")).to_be_visible()
    soon(lambda: (page.title(), waiting)[1])
    desk.change(number, CALL_TYPE="DOMESTIC VIOLENCE")
    soon(lambda: held(page, server, _IDS) == 1)
    waiting[0].continue_()
    expect(row).to_have_count(0)
    expect(page.get_by_role("article")).to_have_count(0)
    expect(page.locator(".row")).to_have_count(1)


def test_what_is_chosen_before_its_id_is_known_has_a_link_in_the_end(
    desk: Desk, server: Blocklight, visitor: Visitor
) -> None:
    desk.open("LOUD MUSIC", minutes_ago=20)
    waiting: list[Route] = []
    page = visit(visitor, server, waiting.append, calls=1)
    page.locator("[data-row]").first.click()
    expect(page.get_by_role("article")).to_be_visible()
    soon(lambda: (page.title(), waiting)[1])
    waiting[0].continue_()
    expect(page).to_have_url(re.compile(r"\?id=[a-z2-7]{16}$"))


@pytest.mark.parametrize("first", ["older than the window", "no answer"])
def test_ids_that_are_no_use_are_asked_for_again(
    desk: Desk, server: Blocklight, visitor: Visitor, first: str
) -> None:
    desk.open("LOUD MUSIC", minutes_ago=20)
    old = ask(visitor.visit(server.url), server, _IDS)
    number = desk.open("DISTURBANCE", minutes_ago=2)
    asked = 0

    def answer(route: Route) -> None:
        nonlocal asked
        asked += 1
        if asked > 1:
            route.continue_()
        elif first == "no answer":
            route.fulfill(status=503)
        else:
            route.fulfill(body=old)

    page = visit(visitor, server, answer, calls=2)
    row = page.locator(".row", has_text="Disturbance")
    row.get_by_role("button").click()
    expect(page).to_have_url(re.compile(r"\?id=[a-z2-7]{16}$"))
    desk.change(number, CALL_TYPE="DOMESTIC VIOLENCE")
    expect(row).to_have_count(0)
    expect(page.locator(".row")).to_have_count(1)


def test_streets_that_could_not_be_loaded_come_as_soon_as_they_can(quiet_city: str, visitor: Visitor) -> None:
    page = visitor.visit("about:blank", rows=False, service_workers="block")
    failed: set[str] = set()
    loaded: set[str] = set()

    def answer(route: Route) -> None:
        # The first answer fails, as it does where the connection breaks off.
        path = route.request.url
        if path in failed:
            loaded.add(path)
            route.continue_()
        else:
            failed.add(path)
            route.abort()

    page.route("**/api/v1/map/*", answer)
    page.goto(quiet_city)
    page.locator(".map[data-ready]").wait_for()
    soon(lambda: (page.title(), loaded)[1])
    soon(lambda: (page.title(), loaded == failed)[1])
    drawn(page)
    assert len(loaded) > 3


def test_words_that_could_not_be_loaded_come_as_soon_as_they_can(quiet_city: str, visitor: Visitor) -> None:
    page = visitor.visit("about:blank", rows=False, service_workers="block")
    asked: list[Route] = []

    def answer(route: Route) -> None:
        asked.append(route)
        if len(asked) == 1:
            route.abort()
        else:
            route.continue_()

    page.route("**/assets/en-usual-*.js*", answer)  # also under another query
    page.goto(quiet_city)
    page.locator("[data-row]").first.click()
    expect(page.locator("article .usual")).to_contain_text("Not enough history")
    assert len(asked) > 1


def test_a_language_whose_words_do_not_come_leaves_the_page_in_the_one_before(
    quiet_city: str, visitor: Visitor
) -> None:
    page = visitor.visit("about:blank", rows=False, service_workers="block")
    page.route("**/assets/es-common-*.js*", lambda route: route.abort())
    page.goto(f"{quiet_city}/?lang=vi")
    choice = page.locator("nav select")
    expect(choice).to_have_value("vi")
    choice.select_option("es")
    expect(choice).to_have_value("vi")
    expect(page.locator("html")).to_have_attribute("lang", "vi")
    page.goto(f"{quiet_city}/?lang=es")
    expect(page.locator("[data-row]").first).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")
