"""The page without a connection: the last view, how old it is, and nothing that was taken back since."""

import re
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Page, expect

from browser.conftest import Blocklight, Visitor, drawn, soon
from browser.desk import ON_A_BLOCK, Desk
from browser.test_every_reader import PHONE, axe_finds_nothing

pytestmark = pytest.mark.browser

_KEPT = """async () => {
  const kept = {};
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      const response = await cache.match(request);  // it may have been deleted since its key was read
      if (response) kept[new URL(request.url).pathname] = await response.text();
    }
  }
  return kept;
}"""


def kept(page: Page) -> dict[str, str]:
    found: dict[str, str] = page.evaluate(_KEPT)
    return found


def kept_view(visitor: Visitor, url: str, **preferences: Any) -> Page:  # noqa: ANN401 - Playwright's own
    """Open the page and wait until its view is kept."""
    page = visitor.visit(url, **preferences)
    page.locator(".map[data-ready]").wait_for()
    soon(lambda: {"/", "/api/v1/city", "/api/v1/window", "/api/v1/window/ids"} <= set(kept(page)))
    soon(lambda: any(path.startswith("/assets/incident-map") for path in kept(page)))
    return page


def test_the_last_view_opens_offline_and_says_how_old_it_is(
    desk: Desk, server: Blocklight, visitor: Visitor
) -> None:
    desk.open("LOUD MUSIC", minutes_ago=20)
    desk.close(desk.open("VANDALISM", minutes_ago=40))
    page = kept_view(visitor, server.url, **PHONE)
    assert not [path for path in kept(page) if "live" in path or path.startswith("/api/v1/incidents")]
    # The server writes incidents into the page: what is kept of it is the page as it was built.
    assert 'id="first"' in httpx2.get(server.url, trust_env=False).text
    assert 'id="first"' not in kept(page)["/"]

    server.kill()
    page.goto(f"{server.url}/?hide=traffic")
    expect(page.locator(".row")).to_have_count(2)
    expect(page.locator(".pulse")).to_contain_text(re.compile(r"Offline\. Showing data from \d+ (s|min) ago"))
    expect(page.locator(".map")).to_have_attribute("data-marks", "2")
    axe_finds_nothing(page)

    desk.open("STOLEN VEHICLE", minutes_ago=0.1)
    server.start()
    expect(page.locator(".pulse")).to_contain_text("Live")
    expect(page.locator(".row", has_text="Stolen vehicle")).to_be_visible()


def test_what_was_taken_back_meanwhile_is_gone_at_the_next_connection(
    desk: Desk, server: Blocklight, visitor: Visitor
) -> None:
    desk.open("LOUD MUSIC", minutes_ago=20)
    number = desk.open("DISTURBANCE", minutes_ago=2)
    page = kept_view(visitor, server.url)
    page.locator(".row", has_text="Disturbance").get_by_role("button").click()
    expect(page).to_have_url(re.compile("id="))
    taken_back = page.url.rpartition("id=")[2]
    assert taken_back in kept(page)["/api/v1/window/ids"]

    server.kill()
    page.goto(server.url)
    expect(page.locator(".row", has_text="Disturbance")).to_be_visible()
    desk.change(number, CALL_TYPE="DOMESTIC VIOLENCE")
    server.start()
    expect(page.locator(".row", has_text="Disturbance")).to_have_count(0)
    soon(lambda: taken_back not in str(kept(page)))
    soon(lambda: "/api/v1/window" in kept(page))

    server.kill()
    page.reload()
    expect(page.locator(".row")).to_have_count(1)
    expect(page.locator(".row", has_text="Loud music")).to_be_visible()


def test_a_kept_copy_loses_what_is_taken_back_while_the_page_is_open(
    desk: Desk, server: Blocklight, visitor: Visitor
) -> None:
    desk.open("LOUD MUSIC", minutes_ago=20)
    number = desk.open("DISTURBANCE", minutes_ago=2)
    page = kept_view(visitor, server.url)
    before = kept(page)
    desk.change(number, CALL_TYPE="DOMESTIC VIOLENCE")
    expect(page.locator(".row", has_text="Disturbance")).to_have_count(0)
    soon(lambda: kept(page).get("/api/v1/window/ids") not in {None, before["/api/v1/window/ids"]})
    server.kill()
    page.reload()
    expect(page.locator(".row")).to_have_count(1)


def test_a_kept_copy_loses_the_finer_version_of_what_becomes_coarser(
    desk: Desk, server: Blocklight, visitor: Visitor
) -> None:
    desk.open("LOUD MUSIC", minutes_ago=20)
    number = desk.open("VANDALISM", minutes_ago=2, **ON_A_BLOCK)
    page = kept_view(visitor, server.url)
    page.locator(".row", has_text="Aster St").get_by_role("button").click()
    expect(page).to_have_url(re.compile("id="))
    assert "Aster" in kept(page)["/api/v1/window"]
    desk.change(number, ADDRESS=None)
    expect(page.locator(".row", has_text="Aster St")).to_have_count(0)
    soon(lambda: "Aster" not in kept(page).get("/api/v1/window", "Aster"))
    expect(page).to_have_url(re.compile("id="))  # the card stays open, of the coarser version
    server.kill()
    page.reload()
    expect(page.locator(".row")).to_have_count(2)
    expect(page.locator(".row", has_text="Aster St")).to_have_count(0)


def test_the_map_can_be_installed(quiet_city: str, visitor: Visitor) -> None:
    page = visitor.visit(quiet_city)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    session = page.context.new_cdp_session(page)
    assert session.send("Page.getAppManifest")["errors"] == []
    errors = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [error["errorId"] for error in errors] == ["in-incognito"]  # as every page of a test is


def test_a_frame_installs_nothing(quiet_city: str, visitor: Visitor) -> None:
    page = visitor.visit(f"{quiet_city}/embed", rows=False)
    drawn(page)
    assert page.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.length)") == 0


def test_a_window_that_was_on_its_way_while_something_was_taken_back_is_not_kept(
    quiet_city: str, visitor: Visitor
) -> None:
    page = kept_view(visitor, quiet_city)
    page.evaluate("""navigator.serviceWorker.ready.then(({ active }) => {
      active.postMessage({ keep: ["/api/v1/window?hours=24", "/api/v1/window/ids?hours=24"] });
      active.postMessage({ replace: [] });
      active.postMessage({ keep: ["/manifest.json"] });
    })""")
    # Asked for last and answered last: what the others brought has been kept by then, or has not.
    soon(lambda: "/manifest.json" in kept(page))
    page.wait_for_timeout(1000)
    assert not [path for path in kept(page) if path.startswith("/api/v1/window")]
