"""Requests that nobody thought of, made up from the OpenAPI document, are answered as it says."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from living_city import START, served
from public_side import public_side, some_incidents
from small_city import rules_of, small_city

from blocklight.api.state import Public
from blocklight.app.public_interface import create_public_app
from blocklight.geo.areas import Areas
from blocklight.intake.connectors.push import Push
from blocklight.intake.push import Inbox
from blocklight.intake.push_keys import PushKeys
from blocklight.intake.run import Feed
from blocklight.publish.publisher import Publisher
from blocklight.store import Store

_ROOT = Path(__file__).parents[2]
_NOW = datetime(2026, 3, 1, 18, tzinfo=UTC)


@pytest.fixture
def reading(tmp_path: Path) -> Iterator[str]:
    """The address of a city that is read."""
    with public_side(tmp_path) as side:
        side.store.apply("dispatch", some_incidents(50), at=START)
        side.follow()
        yield side.server.url


@pytest.fixture
def pushed(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The address of a city that is pushed to, with a key."""
    city = small_city(connector="push", url="", closes="time")
    keys = PushKeys(tmp_path)
    _, key = keys.create("calls")
    with Store.open(f"sqlite:///{tmp_path}/city.sqlite3", "smallton") as store:
        publisher = Publisher(city, store, now=lambda: _NOW)
        publisher.load()
        source = city.sources[0]
        feed = Feed(source, city, Push(source, lambda: _NOW), rules_of(city))
        inbox = Inbox([feed], store, keys, now=lambda: _NOW, stored=publisher.wake)
        app = create_public_app(Public(city, store, publisher, Areas(city)), None, inbox)
        with served(app, lifespan="off") as server:
            yield server.url, key


def _made_up(url: str, *options: str) -> str:
    """Run schemathesis, the same requests at every run, and return its report."""
    command = [str(Path(sys.executable).with_name("schemathesis")), "--config-file", "schemathesis.toml"]
    settings = ["--max-examples", "15", "--generation-deterministic", "--no-color", "--workers", "2"]
    done = subprocess.run(
        [*command, "run", f"{url}/openapi.json", *settings, *options],
        cwd=_ROOT,
        env=os.environ | {"NO_PROXY": "127.0.0.1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8_000:] + done.stderr[-2_000:]
    return str(done.stdout)


def test_every_path_that_is_read_answers_as_it_is_described(reading: str) -> None:
    documented = json.loads((_ROOT / "docs" / "openapi.json").read_text("utf-8"))["paths"]
    operations = sum(len(path.keys() & {"get", "post"}) for path in documented.values())
    assert operations > 60
    assert f"Tested: {operations - 1}" in _made_up(reading), "every one but the live stream, which never ends"


def test_whatever_is_pushed_is_answered_as_described(pushed: tuple[str, str]) -> None:
    url, key = pushed
    report = _made_up(url, "--include-path-regex", "push", "--header", f"Authorization: Bearer {key}")
    assert "Tested: 1" in report
