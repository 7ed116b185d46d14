"""Debian's Firefox for tests, driven over WebDriver BiDi, which it speaks by itself.

Playwright drives only a Firefox of its own build, and Selenium needs geckodriver, which Debian does
not carry.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

_LISTENING = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
# A busy machine takes its time; these only end what hangs.
_START_S, _ANSWER_S = 120, 120
# Nothing but the page under test may be asked for anything.
_PREFERENCES: dict[str, bool | int | str] = {
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.safebrowsing.downloads.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.getAddons.cache.enabled": False,
    "extensions.update.enabled": False,
    "intl.accept_languages": "en-US",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.dns.disablePrefetch": True,
    "network.http.speculative-parallel-limit": 0,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "toolkit.telemetry.enabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
}
_KEYS = {"Enter": "\ue007", "Escape": "\ue00c", "Tab": "\ue004", "ArrowDown": "\ue015"}


class Firefox:
    """One Firefox with one tab; the selectors are CSS, the first element that matches is meant."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._asked = 0
        self._tab = ""
        # What the page's own code did wrong since the last look.
        self.complaints: list[str] = []

    def open_session(self) -> None:
        """Begin: one tab as large as a desktop's window, with an ear to what the page complains about."""
        self._ask("session.new", capabilities={})
        self._ask("session.subscribe", events=["log.entryAdded"])
        self._tab = self._ask("browsingContext.create", type="tab")["context"]
        self._ask("browsingContext.setViewport", context=self._tab, viewport={"width": 1280, "height": 800})

    def visit(self, url: str) -> None:
        """Open a page anew, also where only what is behind # differs, and wait until it is loaded."""
        for address in ("about:blank", url):
            self._ask("browsingContext.navigate", context=self._tab, url=address, wait="complete")

    def evaluate(self, expression: str) -> Any:  # noqa: ANN401 - whatever the expression gives
        """Evaluate JavaScript in the page, awaited, and give its value as JSON would."""
        answer = self._ask(
            "script.evaluate",
            expression=f"Promise.resolve({expression}).then((value) => JSON.stringify(value ?? null))",
            target={"context": self._tab},
            awaitPromise=True,
        )
        assert answer["type"] == "success", answer
        return json.loads(answer["result"]["value"])

    def run(self, script: str) -> None:
        """Run a script as the page's own would be."""
        target = {"context": self._tab}
        answer = self._ask("script.evaluate", expression=script, target=target, awaitPromise=False)
        assert answer["type"] == "success", answer

    def wait_for(self, condition: str, within_s: float = _ANSWER_S) -> None:
        """Wait until an expression is true in the page."""
        deadline = time.monotonic() + within_s
        while not self.evaluate(f"Boolean({condition})"):
            assert time.monotonic() < deadline, f"not so in time: {condition}"
            time.sleep(0.1)

    def texts(self, selector: str) -> list[str]:
        """The text of each element, as one reads it."""
        texts: list[str] = self.evaluate(
            f"[...document.querySelectorAll({json.dumps(selector)})].map((one) => one.innerText)"
        )
        return texts

    def click(self, selector: str) -> None:
        """Click where the element is, as a mouse does, once it is there."""
        quoted = json.dumps(selector)
        self.wait_for(f"document.querySelector({quoted})?.checkVisibility()")
        self.evaluate(f"document.querySelector({quoted}).scrollIntoView({{block: 'nearest'}})")
        at = self.evaluate(
            f"(({{ x, y, width, height }}) => [x + width / 2, y + height / 2].map(Math.round))"
            f"(document.querySelector({quoted}).getBoundingClientRect())"
        )
        self.click_at(*at)

    def click_at(self, x: int, y: int) -> None:
        """Click at a place of the window."""
        steps = [{"type": "pointerMove", "x": x, "y": y}]
        steps += [{"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp")]
        self._act({"type": "pointer", "id": "mouse", "actions": steps})

    def press(self, *keys: str) -> None:
        """Type keys, by name or as they are."""
        steps = [
            {"type": kind, "value": _KEYS.get(key, key)} for key in keys for kind in ("keyDown", "keyUp")
        ]
        self._act({"type": "key", "id": "keys", "actions": steps})

    def _act(self, source: dict[str, Any]) -> None:
        self._ask("input.performActions", context=self._tab, actions=[source])

    def _ask(self, method: str, **params: Any) -> dict[str, Any]:  # noqa: ANN401 - the protocol's values
        self._asked += 1
        self._connection.send(json.dumps({"id": self._asked, "method": method, "params": params}))
        while True:
            message = json.loads(self._connection.recv(timeout=_ANSWER_S))
            if message.get("method") == "log.entryAdded" and message["params"]["level"] == "error":
                self.complaints.append(message["params"]["text"])
            if message.get("id") == self._asked:
                assert message["type"] == "success", f"{method}: {message}"
                result: dict[str, Any] = message["result"]
                return result


@contextmanager
def firefox() -> Iterator[Firefox]:
    """Start Firefox with a profile of its own, and end it."""
    folder = Path(tempfile.mkdtemp(prefix="firefox-"))
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(to)});\n" for name, to in _PREFERENCES.items()]
    (folder / "user.js").write_text("".join(lines), "utf-8")
    said = folder / "said.txt"
    with said.open("wb") as log:
        process = subprocess.Popen(
            [
                os.environ.get("FIREFOX", "/usr/bin/firefox-esr"),
                "--headless",
                "--no-remote",
                *("--profile", str(folder)),
                "--remote-debugging-port=0",
                "about:blank",
            ],
            stdout=subprocess.DEVNULL,
            stderr=log,
            env={**os.environ, "HOME": str(folder)},
        )
    try:
        with connect(f"{_address(process, said)}/session", max_size=None, proxy=None) as connection:
            driven = Firefox(connection)
            driven.open_session()
            yield driven
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _address(process: subprocess.Popen[bytes], said: Path) -> str:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        if listening := _LISTENING.search(said.read_text("utf-8", "replace")):
            return listening[1]
        if process.poll() is not None:
            break
        time.sleep(0.1)
    pytest.fail(f"Firefox did not start:\n{said.read_text('utf-8', 'replace')[-2000:]}")
