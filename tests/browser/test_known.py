"""Only what is known: no stage, end or freshness that no source reported."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from browser.conftest import Visitor, blocklight, changed_demo
from browser.desk import Feeds

pytestmark = pytest.mark.browser

_LATER = re.compile(r"^(dispatched_at|en_route_at|on_scene_at) = .*\n", re.MULTILINE)
_TARGETS = re.compile(r"^\[\[targets\]\]\n(?:.+\n)*", re.MULTILINE)


def _of_two_stages(text: str) -> str:
    """A city file without what its feeds then no longer report, and without targets for that."""
    return _TARGETS.sub("", _LATER.sub("", text))


def test_a_feed_of_two_stages_shows_two_and_says_what_it_does_not_tell(
    own_feeds: Feeds, tmp_path: Path, visitor_without_webgl: Visitor
) -> None:
    desk = own_feeds.desk
    desk.open("LOUD MUSIC", minutes_ago=5, UNITS="1A12,1A14")
    desk.close(desk.open("VANDALISM", minutes_ago=20))
    city = changed_demo(tmp_path, _of_two_stages)
    with blocklight(tmp_path / "data", own_feeds, city) as server:
        page = visitor_without_webgl.visit(server.url)
        row = page.locator(".row", has_text="Loud music")
        expect(row).to_contain_text("Reported")
        expect(row.locator(".stages i")).to_have_count(2)
        expect(page.locator(".row", has_text="Property damage")).to_contain_text("Ended after")
        row.get_by_role("button").click()
        card = page.get_by_role("article")
        expect(card).to_contain_text("does not report when units arrive")
        expect(card).to_contain_text("2 units assigned")
        expect(card).not_to_contain_text("Received")
        visitor_without_webgl.leave()


def test_a_report_without_an_end_is_reported_and_not_closed(
    own_feeds: Feeds, tmp_path: Path, visitor_without_webgl: Visitor
) -> None:
    own_feeds.desk.close(own_feeds.desk.open("VANDALISM", minutes_ago=20))
    city = changed_demo(
        tmp_path,
        lambda text: re.sub(
            r"^closed_at = .*\n", "", _of_two_stages(text), count=1, flags=re.MULTILINE
        ).replace('closes = "status"', 'closes = "never"', 1),
    )
    with blocklight(tmp_path / "data", own_feeds, city) as server:
        page = visitor_without_webgl.visit(server.url)
        row = page.locator(".row", has_text="Property damage")
        expect(row).to_contain_text("Reported")
        expect(row).not_to_contain_text(re.compile("closed|ended", re.IGNORECASE))
        row.get_by_role("button").click()
        expect(page.get_by_role("article")).to_contain_text("does not report when anything ends")
        visitor_without_webgl.leave()


def test_a_feed_whose_newest_call_is_old_is_not_called_live(
    own_feeds: Feeds, tmp_path: Path, visitor_without_webgl: Visitor
) -> None:
    own_feeds.desk.close(own_feeds.desk.open("VANDALISM", minutes_ago=300))
    with blocklight(tmp_path, own_feeds) as server:
        page = visitor_without_webgl.visit(server.url)
        expect(page.locator(".pulse")).to_have_text("newest call 5 h ago")
        page.get_by_role("button", name="1 h", exact=True).click()
        expect(page.locator(".pulse")).to_have_text("newest call 5 h ago")
        own_feeds.desk.open("LOUD MUSIC", minutes_ago=1)
        expect(page.locator(".pulse")).to_have_text(re.compile(r"Live · newest call \d+ (s|min) ago"))
        visitor_without_webgl.leave()
