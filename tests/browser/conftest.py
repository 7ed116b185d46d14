"""A real server over a desk that the test works at, and a real Chromium in front of it."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from blocklight.config.city import shipped_cities
from browser.desk import ON_A_BLOCK, Desk, Feeds, feeds

# How long a page may take is no test's matter: a map drawn in software keeps a busy machine's page waiting.
_PATIENCE_MS = 180_000
expect.set_options(timeout=_PATIENCE_MS / 2)
_PICTURES = Path(__file__).parents[1] / "artefacts"
# The browser's own words for a server that is away, the last of them for a service worker's. That is part of
# some tests; what the page's own code does wrong never is.
_SERVER_AWAY = ("net::ERR", "status of 5", "An unknown error occurred when fetching the script.")

_FLAGS = (
    "--no-sandbox",  # containers have no user namespaces, and nothing but our own page is opened
    "--disable-gpu",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


class Blocklight:
    """The command line's own server process, which a test may kill and start again."""

    def __init__(self, folder: Path, source_options: tuple[str, ...], city: str = "demo") -> None:
        self._city = city
        self._folder = folder
        self.options = source_options
        # Its port stays its own while it is away: on a busy machine somebody else soon takes a free one.
        self._holder = socket.socket()
        self._holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._holder.bind(("127.0.0.1", 0))
        self._process: subprocess.Popen[str] | None = None
        self._rest: Thread | None = None
        self.url = ""

    def start(self) -> None:
        """Start, on the same port every time."""
        command = [sys.executable, "-m", "blocklight", "serve", self._city, "--poll=0.2", *self.options]
        self._process = subprocess.Popen(
            [*command, f"--port={self._holder.getsockname()[1]}", f"--data={self._folder}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "COLUMNS": "200", "PYTHONUNBUFFERED": "1"},
        )
        assert self._process.stdout is not None
        said: list[str] = []
        for line in self._process.stdout:
            said.append(line)
            if found := re.search(r" live at (http://127\.0\.0\.1:\d+)", line):
                self.url = found[1]
                # Nobody may be kept waiting because a pipe is full.
                self._rest = Thread(target=self._process.stdout.read)
                self._rest.start()
                return
        self.kill()
        pytest.fail("the server ended before it answered:\n" + "".join(said[-20:]))

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            if self._rest is not None:
                self._rest.join()
            with self._process:
                self._process = self._rest = None

    def close(self) -> None:
        """End it for good."""
        self.kill()
        self._holder.close()


@contextmanager
def blocklight(folder: Path, served: Feeds, city: str = "demo") -> Iterator[Blocklight]:
    server = Blocklight(folder, served.options, city)
    try:
        server.start()
        yield server
    finally:
        server.close()


def changed_demo(folder: Path, change: Callable[[str], str]) -> str:
    """Write the demo city with its file changed, and return that file's path."""
    demo = shipped_cities()["demo"]
    shutil.copytree(demo.parent / "demo", folder / "demo")
    file = folder / "demo.toml"
    file.write_text(change(demo.read_text("utf-8")), "utf-8")
    return str(file)


@pytest.fixture
def own_feeds() -> Iterator[Feeds]:
    with feeds() as served:
        yield served


@pytest.fixture
def desk(own_feeds: Feeds) -> Desk:
    """The desk of this test's own server; calls opened before the server is asked for are its history."""
    return own_feeds.desk


@pytest.fixture
def server(own_feeds: Feeds, tmp_path: Path) -> Iterator[Blocklight]:
    with blocklight(tmp_path, own_feeds) as started:
        yield started


@pytest.fixture(scope="session")
def quiet_city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server on which nothing happens any more: for tests that only look."""
    with feeds() as served:
        desk = served.desk
        for minutes in (3, 9, 14, 22, 31):
            desk.arrive(desk.open("COLLISION NON INJURY", minutes_ago=minutes))
        for minutes, call_type in enumerate(["LOUD MUSIC", "VANDALISM", "SHOPLIFT", "ASSAULT"] * 6):
            desk.close(desk.open(call_type, minutes_ago=40 + 25 * minutes))
        desk.open("SUSPICIOUS PERSON", minutes_ago=1, **ON_A_BLOCK)
        with blocklight(tmp_path_factory.mktemp("quiet"), served) as started:
            # Pages of the past are there once their first files are.
            soon(lambda: httpx2.get(f"{started.url}/area", trust_env=False).status_code == httpx2.codes.OK)
            yield started.url


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@contextmanager
def chromium(playwright: Playwright, *more: str) -> Iterator[Browser]:
    path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    browser = playwright.chromium.launch(executable_path=path, args=[*_FLAGS, *more])
    try:
        yield browser
    finally:
        browser.close()


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    with chromium(playwright) as started:
        yield started


@pytest.fixture(scope="session")
def browser_without_webgl(playwright: Playwright) -> Iterator[Browser]:
    with chromium(playwright, "--disable-3d-apis") as started:
        yield started


# Marks that breathe keep software WebGL drawing without a pause: only what is about motion asks for it.
_USUAL: dict[str, Any] = {
    "viewport": {"width": 1280, "height": 800},
    "locale": "en-US",
    "reduced_motion": "reduce",
}


class Visitor:
    """Opens pages as somebody with this screen and these preferences would, and notes what goes wrong."""

    def __init__(self, browser: Browser, name: str) -> None:
        self._browser = browser
        self._name = name
        self._contexts: list[BrowserContext] = []
        self.pages: list[Page] = []
        self.complaints: list[str] = []

    def visit(self, url: str, *, rows: bool = True, **preferences: Any) -> Page:  # noqa: ANN401 - Playwright's own
        """Open a page and wait for its first rows."""
        settings = _USUAL | preferences
        context = self._browser.new_context(**settings)
        self._contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(_PATIENCE_MS)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._heard)
        self.pages.append(page)
        page.goto(url)
        if rows:
            page.locator("[data-row]").first.wait_for()
            # Where things stand is settled once the typeface is there.
            page.evaluate("document.fonts.ready.then(() => true)")
        return page

    def _heard(self, message: Any) -> None:  # noqa: ANN401 - Playwright's message
        # A server that is away is part of some tests; what the page's own code does wrong never is.
        away = ("net::ERR", "status of 5", "unknown error occurred when fetching the script")
        if message.type == "error" and not any(part in message.text for part in away):
            self.complaints.append(message.text)

    def leave(self) -> None:
        """Take a last picture of each page and close it; with a server of its own, before that goes."""
        _PICTURES.mkdir(exist_ok=True)
        for number, page in enumerate(self.pages):
            page.screenshot(path=_PICTURES / f"{self._name}{number or ''}.png")
        for context in self._contexts:
            context.close()
        self.pages.clear()
        self._contexts.clear()


def _visitor(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Visitor]:
    visitor = Visitor(browser, re.sub(r"\W+", "-", request.node.name.removeprefix("test_")).strip("-"))
    yield visitor
    visitor.leave()
    assert visitor.complaints == []


@pytest.fixture
def visitor(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Visitor]:
    yield from _visitor(browser, request)


@pytest.fixture
def visitor_without_webgl(
    browser_without_webgl: Browser, request: pytest.FixtureRequest
) -> Iterator[Visitor]:
    yield from _visitor(browser_without_webgl, request)


# The dot that beats goes on for ever; all else that moves comes to an end.
_MOVING = """new Promise((told) => requestAnimationFrame(() => requestAnimationFrame(() => told(
  document.getAnimations().some((one) =>
    one.playState === "running" && one.effect.getComputedTiming().endTime !== Infinity)))))"""


def settled(page: Page) -> None:
    """Wait until nothing moves on the page that will come to rest."""
    soon(lambda: not page.evaluate(_MOVING))


def drawn(page: Page) -> None:
    """Wait until the map has drawn all that it was given."""
    page.locator(".map[data-idle]").wait_for()


def soon(what: Any, within_s: float = _PATIENCE_MS / 1000) -> None:  # noqa: ANN401 - a function that says whether it is so
    """Wait until *what* is so."""
    deadline = time.monotonic() + within_s
    while not what():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
