"""What somebody passes on: the link of a view, and the slim map in a page of their own."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from loopback.server import Reply, serving
from playwright.sync_api import Page, Request, expect

from browser.conftest import Visitor, soon
from browser.test_every_reader import PHONE, axe_finds_nothing

pytestmark = pytest.mark.browser


def copied_code(page: Page) -> str:
    page.get_by_role("button", name="Share", exact=True).click()
    return page.get_by_label("Code for a page of your own").input_value()


@contextmanager
def framed(visitor: Visitor, html: str) -> Iterator[Page]:
    """Open a page of another origin that holds *html*."""
    reply = Reply(
        chunks=(f"<!doctype html><h1>News</h1>{html}".encode(),), headers={"content-type": "text/html"}
    )
    with serving(lambda _: reply) as elsewhere:
        yield visitor.visit(elsewhere.url, rows=False)


def test_the_share_dialog_holds_the_link_and_the_code_of_this_view(quiet_city: str, visitor: Visitor) -> None:
    page = visitor.visit(f"{quiet_city}/?hide=traffic#13.5/39.46/-126.1")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    assert f'src="{quiet_city}/embed?hide=traffic#13.5/39.46/-126.1"' in copied_code(page)
    expect(page.get_by_label("Link to this view")).to_have_value(page.url)
    axe_finds_nothing(page)
    page.get_by_role("button", name="Copy the code").click()
    expect(page.get_by_role("button", name="Copy the code")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()").startswith("<iframe ")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_copied_code_shows_the_same_view_in_another_page(quiet_city: str, visitor: Visitor) -> None:
    code = copied_code(visitor.visit(f"{quiet_city}/?hide=traffic"))
    with framed(visitor, code) as page:
        frame = page.frame_locator("iframe")
        expect(frame.get_by_role("heading")).to_have_text("Port Lumen")
        expect(frame.locator(".pulse")).to_contain_text("Live")
        expect(frame.locator(".map")).to_have_attribute("data-marks", "25")
        with page.expect_popup() as opened:
            frame.get_by_role("link", name="Open the full map").click()
        expect(opened.value).to_have_url(f"{quiet_city}/?hide=traffic")


def test_the_whole_page_can_be_framed_by_nobody(quiet_city: str, visitor: Visitor) -> None:
    with framed(visitor, f'<iframe src="{quiet_city}/"></iframe>') as page:
        # Where a frame is, is heard while a call is under way.
        soon(lambda: (page.title(), page.frames[1].url)[1] == "chrome-error://chromewebdata/")
    assert any("frame-ancestors" in complaint for complaint in visitor.complaints)
    visitor.complaints.clear()


def test_where_the_map_looks_is_in_the_address_but_never_sent(quiet_city: str, visitor: Visitor) -> None:
    page = visitor.visit(quiet_city)
    page.locator(".map[data-ready]").wait_for()
    page.get_by_role("button", name="Zoom in").click()
    expect(page).to_have_url(re.compile(r"/#1\d(\.\d+)?/39\.\d+/-126\.\d+$"))
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))  # noqa: PLW0108 - Playwright marks what it is given
    page.get_by_role("button", name=re.compile("^Traffic 5")).click()
    expect(page).to_have_url(re.compile(r"/\?hide=traffic#1\d"))
    page.reload()
    page.locator(".map[data-ready]").wait_for()
    assert len(asked) > 8
    assert not [request.url for request in asked if "39." in request.url.split("#")[0]]
    page.get_by_role("button", name="Whole city", exact=True).click()
    expect(page).to_have_url(re.compile(r"/\?hide=traffic$"))


@pytest.mark.parametrize(
    "preferences",
    [{"viewport": {"width": 640, "height": 480}}, PHONE | {"color_scheme": "dark"}, {"locale": "es-MX"}],
    ids=["small", "dark phone", "spanish"],
)
def test_the_slim_map_is_for_everybody(
    quiet_city: str, visitor: Visitor, preferences: dict[str, Any]
) -> None:
    page = visitor.visit(f"{quiet_city}/embed", rows=False, **preferences)
    expect(page.locator(".map")).to_have_attribute("data-marks", "30")
    axe_finds_nothing(page)
    assert page.locator(".panel").count() == 0


def test_without_webgl_the_slim_page_has_a_map_too(quiet_city: str, visitor_without_webgl: Visitor) -> None:
    page = visitor_without_webgl.visit(
        f"{quiet_city}/embed", rows=False, viewport={"width": 480, "height": 480}
    )
    expect(page.locator(".map")).to_have_attribute("data-marks", "30")
    expect(page.locator("canvas.flat")).to_be_visible()
    axe_finds_nothing(page)
