"""The first screen of the map page, as the server writes it before any script has run."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path

import orjson
import pytest
from public_side import NOW, PublicSide, public_side

from blocklight.api.encoding import PublicFile
from blocklight.api.kept_pages import KeptPages
from blocklight.api.state import web_root
from blocklight.model.outcomes import Withheld
from blocklight.model.record import PublicIncident
from blocklight.model.vocabulary import Category, Kind, Origin, Reason, Status
from blocklight.store import FetchReport


@pytest.fixture
def side(tmp_path: Path) -> Iterator[PublicSide]:
    (tmp_path / "web").symlink_to(web_root())
    with public_side(tmp_path) as served:
        yield served


def put(side: PublicSide, *incidents: PublicIncident) -> None:
    """Publish incidents."""
    side.store.apply("dispatch", list(incidents), at=NOW)
    side.follow()


def call(name: str, minutes_ago: float, **other: object) -> PublicIncident:
    values: dict[str, object] = {
        "id": name.ljust(16, "a"),
        "source": "dispatch",
        "kind": Kind.CALL,
        "agency": "police",
        "category": Category.NOISE,
        "status": Status.OPEN,
        "received_at": NOW - timedelta(minutes=minutes_ago),
    }
    return PublicIncident(**values | other)  # type: ignore[arg-type]  # read by field


def closed(name: str, minutes_ago: float, at: datetime, **other: object) -> PublicIncident:
    return call(name, minutes_ago, status=Status.CLOSED, closed_at=at, **other)


def row_ids(page: str) -> list[str]:
    return [id_.rstrip("a") for id_ in re.findall(r'href="/list/(\w+)\?', page)]


def test_it_lists_open_calls_above_what_ended_last(side: PublicSide) -> None:
    put(
        side,
        call("older", 90),
        call("newer", 3),
        closed("b", 60, NOW - timedelta(minutes=50)),
        closed("c", 80, NOW - timedelta(minutes=2)),
        call("request", 1, kind=Kind.REQUEST, source="requests"),
        call("officer", 1, origin=Origin.OFFICER),
        closed("d", 60 * 25, NOW - timedelta(hours=24, minutes=30)),
    )
    page = side.client.get("/").text
    assert row_ids(page) == ["newer", "older", "c", "b"]
    assert "Happening now · 2" in page
    # Of a feed that never answered nobody knows how many there are.
    assert "<b>–</b><span>calls being answered</span>" in page
    for id_ in ("newer", "c"):
        assert side.client.get(f"/list/{id_.ljust(16, 'a')}").status_code == 200


def test_it_speaks_the_readers_language_and_names_the_city(side: PublicSide) -> None:
    put(side, call("one", 3))
    answer = side.client.get("/", headers={"accept-language": "es-MX"})
    assert '<html lang="es">' in answer.text
    assert "<title>Smallville · Blocklight</title>" in answer.text
    assert "Ruido" in answer.text
    assert "accept-language" in answer.headers["vary"]
    assert '<html lang="vi">' in side.client.get("/?lang=vi").text


@pytest.mark.parametrize("query", ["?hide=traffic", "?id=aaaaaaaaaaaaaaaa", "?range=168", "?q=<b>", "?end=1"])
def test_of_an_address_that_shows_something_else_it_lists_nothing(side: PublicSide, query: str) -> None:
    put(side, call("one", 3))
    page = side.client.get(f"/{query}").text
    assert 'id="first"' in page
    assert row_ids(page) == []
    assert "<b>1</b>" not in page
    assert row_ids(side.client.get("/?range=24").text) == ["one"]


def test_it_carries_the_pulse_for_the_scripts_and_says_what_is_late(side: PublicSide) -> None:
    side.store.record_fetch(FetchReport("requests", NOW, late_after_s=30))
    side.publisher.health = side.store.sources()
    page = side.client.get("/").text
    hit = re.search(r'data-pulse="([^"]+)"', page)
    assert hit
    assert [source["state"] for source in orjson.loads(unescape(hit[1]))["sources"]] == ["waiting", "ok"]
    assert "has not answered yet" in page


def test_what_is_taken_back_is_gone_from_the_next_answer(side: PublicSide) -> None:
    put(side, call("one", 3), call("two", 5))
    assert row_ids(side.client.get("/").text) == ["one", "two"]
    side.store.apply("dispatch", [Withheld("one".ljust(16, "a"), "dispatch", Reason.POLICY)], at=NOW)
    side.follow()
    assert row_ids(side.client.get("/").text) == ["two"]


def test_neither_the_slim_page_nor_the_one_that_is_kept_offline_has_it(side: PublicSide) -> None:
    put(side, call("one", 3))
    for path in ("/embed", "/index.html"):
        assert 'id="first"' not in side.client.get(path).text


def test_a_page_is_made_anew_once_something_was_taken_back_while_it_was_made() -> None:
    taken_back, made = [0], list[int]()

    def make() -> PublicFile:
        made.append(len(made))
        if len(made) == 1:
            taken_back[0] += 1
        return PublicFile(str(len(made)).encode(), "text/html")

    pages = KeptPages()
    page = pages.get("en", lambda: taken_back[0], make)
    assert page is not None
    assert page.body == b"2"
    assert pages.get("en", lambda: taken_back[0], make) is page
    taken_back[0] += 1
    assert pages.get("en", lambda: taken_back[0], make) is not page


def test_no_page_is_given_while_something_is_taken_back_each_time() -> None:
    taken_back = [0]

    def make() -> PublicFile:
        taken_back[0] += 1
        return PublicFile(b"", "text/html")

    assert KeptPages().get("en", lambda: taken_back[0], make) is None
