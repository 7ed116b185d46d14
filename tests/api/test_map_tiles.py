"""The city's own map tiles over HTTP: whole, in ranges, and only when they changed."""

import asyncio
from pathlib import Path
from typing import Any

import httpx2
import pytest
from living_city import START
from small_city import small_city

from blocklight.api.app import create_app
from blocklight.api.state import Public
from blocklight.cli.building_basemap import build_basemap
from blocklight.geo.areas import Areas
from blocklight.publish.publisher import Publisher
from blocklight.store import Store

PATH = "/api/v1/map/tiles"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiles")
    build_basemap("demo", [], crs=None, credit="© Somebody", output=folder / "a.pmtiles")
    return folder


def ask(folder: Path, path: str, method: str = "GET", tiles: str | None = "a.pmtiles", **headers: str) -> Any:  # noqa: ANN401 - of httpx2
    """Ask a city that lies in a folder."""
    city = small_city(folder, top={"map": {"attribution": "Smallton", "tiles": tiles}} if tiles else None)
    sent = {name.replace("_", "-"): text for name, text in headers.items()}

    async def answer(app: Any) -> httpx2.Response:  # noqa: ANN401 - an ASGI application
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://city") as client:
            return await client.request(method, path, headers=sent)

    with Store.open(f"sqlite:///{folder}/a.sqlite3", city.city.id) as store:
        publisher = Publisher(city, store, now=lambda: START)
        return asyncio.run(answer(create_app(Public(city, store, publisher, Areas(city)))))


def test_the_whole_file_is_served(folder: Path) -> None:
    answer = ask(folder, PATH)
    assert answer.status_code == 200
    assert answer.content == (folder / "a.pmtiles").read_bytes()
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["content-type"] == "application/vnd.pmtiles"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize(
    ("asked", "first", "last"), [("0-126", 0, 126), ("127-127", 127, 127), ("5-", 5, None)]
)
def test_a_range_of_bytes_is_served(folder: Path, asked: str, first: int, last: int | None) -> None:
    whole = (folder / "a.pmtiles").read_bytes()
    answer = ask(folder, PATH, range=f"bytes={asked}")
    end = len(whole) - 1 if last is None else last
    assert answer.status_code == 206
    assert answer.content == whole[first : end + 1]
    assert answer.headers["content-range"] == f"bytes {first}-{end}/{len(whole)}"


def test_the_end_of_the_file_is_served(folder: Path) -> None:
    assert ask(folder, PATH, range="bytes=-9").content == (folder / "a.pmtiles").read_bytes()[-9:]


def test_bytes_that_do_not_exist_are_refused(folder: Path) -> None:
    size = (folder / "a.pmtiles").stat().st_size
    answer = ask(folder, PATH, range=f"bytes={size}-")
    assert answer.status_code == 416
    assert answer.headers["content-range"] in (f"bytes */{size}", f"*/{size}")


def test_a_range_of_another_version_is_answered_with_the_whole_file(folder: Path) -> None:
    etag = ask(folder, PATH).headers["etag"]
    assert ask(folder, PATH, range="bytes=0-9", if_range=etag).status_code == 206
    answer = ask(folder, PATH, range="bytes=0-9", if_range='"another"')
    assert answer.status_code == 200
    assert len(answer.content) > 1000


def test_what_the_client_has_is_not_sent_again(folder: Path) -> None:
    etag = ask(folder, PATH).headers["etag"]
    answer = ask(folder, PATH, if_none_match=etag)
    assert (answer.status_code, answer.content) == (304, b"")


def test_its_length_is_told_without_its_bytes(folder: Path) -> None:
    answer = ask(folder, PATH, "HEAD")
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) == (folder / "a.pmtiles").stat().st_size


def test_the_city_says_where_its_tiles_are_and_whom_they_name(folder: Path) -> None:
    told = ask(folder, "/api/v1/city").json()["map"]
    assert told["tiles"]["url"] == PATH
    assert told["tiles"]["layers"][:2] == ["land", "water"]
    assert told["attribution"] == "Smallton · © Somebody"


def test_a_city_without_tiles_has_none(folder: Path) -> None:
    assert ask(folder, PATH, tiles=None).status_code == 404
    assert ask(folder, "/api/v1/city", tiles=None).json()["map"]["tiles"] is None
