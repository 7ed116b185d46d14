"""Take the pictures of the README from the demo city itself: desktop light and dark, and a phone."""

import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Literal, NamedTuple

from playwright.sync_api import Browser, sync_playwright

IMAGES = Path(__file__).parents[1] / "docs" / "images"
_PATIENCE_MS = 60_000
_FLAGS = (
    "--no-sandbox",  # containers have no user namespaces, and nothing but our own page is opened
    "--disable-gpu",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--disable-background-networking",
)


class Picture(NamedTuple):
    """One picture: its file, the window in CSS pixels, colour scheme, and device pixels for each of those."""

    name: str
    width: int
    height: int
    scheme: Literal["light", "dark"] = "light"
    scale: float = 1


_PICTURES = (
    Picture("map-light.png", 1440, 900),
    Picture("map-dark.png", 1440, 900, "dark"),
    Picture("map-phone.png", 390, 844, scale=2),
)


def main() -> None:
    """Start the demo in a folder of its own, and write each picture."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "blocklight", "demo", "--port", "0", "--data", folder]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - our own command
            try:
                _take(_address(server))
            finally:
                server.terminate()


def _address(server: subprocess.Popen[str]) -> str:
    assert server.stdout is not None  # noqa: S101 - asked for by its caller
    for line in server.stdout:
        if found := re.search(r" live at (http://127\.0\.0\.1:\d+)", line):
            return found[1]
    raise SystemExit("the demo ended before it answered")


def _take(url: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(_FLAGS))
        for picture in _PICTURES:
            _one(browser, url, picture)
        browser.close()


def _one(browser: Browser, url: str, picture: Picture) -> None:
    context = browser.new_context(
        viewport={"width": picture.width, "height": picture.height},
        color_scheme=picture.scheme,
        device_scale_factor=picture.scale,
    )
    page = context.new_page()
    page.goto(url)
    # Live, the map whole, and the letters of every row there.
    page.locator(".map[data-idle]").wait_for(timeout=_PATIENCE_MS)
    page.get_by_text("Live ·").wait_for(timeout=_PATIENCE_MS)
    page.evaluate("document.fonts.ready.then(() => true)")
    page.screenshot(path=IMAGES / picture.name)
    context.close()


if __name__ == "__main__":
    main()
