"""Whatever is worked out for a request waits for its turn, on whichever interface it was asked for."""

import asyncio
import re
from pathlib import Path

import httpx2
import pytest
from living_city import START
from small_city import small_city

from blocklight.api.front import FROM_MEMORY, LIVE, Front
from blocklight.api.queueing import Full, Turns
from blocklight.api.state import Public
from blocklight.app.public_interface import create_public_app
from blocklight.geo.areas import Areas
from blocklight.publish.publisher import Publisher
from blocklight.store import Store

_PAGES = {"/list", "/list/1", "/data", "/area", "/area/1/1", "/response-times", "/manifest.webmanifest"}
_HAVE_QUEUES_OF_THEIR_OWN = {LIVE, "/api/v1/window", "/api/v1/window/ids"}


def _app(folder: Path, store: Store) -> Front:
    (folder / "web" / "assets").mkdir(parents=True)
    (folder / "web" / "index.html").write_text("<!doctype html><title>Map</title>", "utf-8")
    (folder / "web" / "assets" / "page.js").write_text("export {};", "utf-8")
    city = small_city()
    publisher = Publisher(city, store, now=lambda: START)
    publisher.load()
    app = create_public_app(Public(city, store, publisher, Areas(city), web=folder / "web"))
    assert isinstance(app, Front)
    return app


def _declared(app: Front) -> set[str]:
    """Every documented path, each variable of it filled in."""
    return {re.sub(r"\{[^}]*\}", "1", path) for path in app.api.openapi()["paths"]}


def test_whatever_is_not_in_memory_waits_for_its_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def none_is_free(*_: object) -> None:
        raise Full

    monkeypatch.setattr(Turns, "enter", none_is_free)
    with Store.open(f"sqlite:///{tmp_path}/city.sqlite3", "smallton") as store:
        app = _app(tmp_path, store)
        files = {"/assets/page.js", "/index.html"}
        declared = _declared(app) - _HAVE_QUEUES_OF_THEIR_OWN
        asked = {*declared, *_PAGES, *FROM_MEMORY, *files, "/nothing", "/assets/none.js", "/openapi.json"}

        async def turned_away() -> dict[str, bool]:
            transport = httpx2.ASGITransport(app)
            async with httpx2.AsyncClient(transport=transport, base_url="http://city") as client:
                return {path: "retry-after" in (await client.get(path)).headers for path in asked}

        waits = asyncio.run(turned_away())
    assert {"/ogc/collections/1/items", "/arcgis/rest/info", "/api/v1/incidents"} <= waits.keys()
    assert {path for path, is_away in waits.items() if not is_away} == FROM_MEMORY | files
