"""What is paused or silent is said in one sentence, the same on the map, the slim map and the list."""

import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from browser.conftest import Blocklight, Visitor, blocklight
from browser.desk import Desk, Feeds
from browser.test_every_reader import axe_finds_nothing

pytestmark = pytest.mark.browser

PLACES = ("/", "/embed", "/list")


def said(page: Page) -> list[str]:
    expect(page.locator(".banner p").first).to_be_visible()
    return page.locator(".banner p").all_inner_texts()


def test_a_pause_is_said_alike_on_map_slim_map_and_list(
    desk: Desk, server: Blocklight, tmp_path: Path, visitor: Visitor
) -> None:
    desk.close(desk.open("LOUD MUSIC", minutes_ago=20))
    page = visitor.visit(server.url)
    expect(page.locator(".banner")).to_be_hidden()
    pause = [sys.executable, "-m", "blocklight", "pause", "demo", f"--data={tmp_path}"]
    subprocess.run([*pause, "--reason=Officers <are> in danger"], check=True, capture_output=True)
    told = []
    for place in PLACES:
        page.goto(server.url + place)
        told.append(said(page))
        if place != "/list":
            expect(page.locator(".pulse")).not_to_contain_text("Live")
        axe_finds_nothing(page)
    assert told[0] == told[1] == told[2]
    ((sentence),) = told[0]
    assert sentence.startswith("Paused by the city since ")
    assert sentence.endswith(": everything. Reason: Officers <are> in danger")
    page.goto(server.url)
    expect(page.locator(".numbers b")).to_have_text(["–", "–"])


def test_a_feed_that_never_answered_is_said_alike_and_counted_as_unknown(
    own_feeds: Feeds, tmp_path: Path, visitor: Visitor
) -> None:
    nowhere = Feeds(own_feeds.desk, ("--source-url=dispatch=http://127.0.0.1:9/", own_feeds.options[1]))
    with blocklight(tmp_path, nowhere) as server:
        page = visitor.visit(server.url, rows=False)
        told = said(page)
        assert told[0].endswith("has not answered yet")
        expect(page.locator(".numbers b")).to_have_text(["–", "–"])
        for place in PLACES[1:]:
            page.goto(server.url + place)
            assert said(page)[0] == told[0]
        expect(page.locator(".part-head")).to_have_text(["Happening now · –"])
        visitor.leave()
