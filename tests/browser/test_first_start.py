"""A server whose sources cannot be reached when it starts: it answers, and the page says what is wrong."""

import re
import socket
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

from browser.conftest import Visitor, blocklight
from browser.desk import Desk, Feeds, feeds

pytestmark = pytest.mark.browser


def source_urls(address: tuple[str, int]) -> tuple[str, ...]:
    host = f"http://{address[0]}:{address[1]}"
    return f"--source-url=dispatch={host}/layer/0", f"--source-url=requests={host}/resource/a.json"


def test_a_city_whose_sources_say_nothing_answers_soon_and_says_so(
    tmp_path: Path, visitor_without_webgl: Visitor
) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
        begun = time.monotonic()
        with blocklight(tmp_path, Feeds(Desk(), source_urls(silent.getsockname()))) as server:
            # Not a measure of speed: each of the two sources has a time limit of half a minute.
            assert time.monotonic() - begun < 55
            page = visitor_without_webgl.visit(server.url, rows=False)
            expect(page.get_by_text(re.compile("has not answered")).first).to_be_visible()
            expect(page.locator(".numbers b").first).to_have_text("–")
            visitor_without_webgl.leave()


def test_a_city_whose_sources_refuse_answers_at_once_and_shows_what_comes_when_they_are_back(
    tmp_path: Path, visitor_without_webgl: Visitor
) -> None:
    with feeds() as served, blocklight(tmp_path, Feeds(served.desk, source_urls(("127.0.0.1", 9)))) as server:
        page = visitor_without_webgl.visit(server.url, rows=False)
        expect(page.get_by_text(re.compile("has not answered")).first).to_be_visible()
        server.kill()
        served.desk.open("LOUD MUSIC", minutes_ago=3)
        server.options = served.options
        server.start()
        expect(page.locator(".row", has_text="Loud music")).to_be_visible()
        expect(page.locator(".pulse")).to_contain_text("Live")
        visitor_without_webgl.leave()
