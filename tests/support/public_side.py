"""A running public side on loopback: city, store, publisher, application and an HTTP client for it."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
from archived import archived
from fastapi import FastAPI
from living_city import PATIENCE_S, START, Served, a_city, incident_id, served, until

from blocklight.api.export_places import ExportPlaces
from blocklight.api.state import Public
from blocklight.app.public_interface import create_public_app
from blocklight.archive.archive import Archive
from blocklight.config.city import Identity
from blocklight.geo.areas import Areas
from blocklight.model.record import Place, PublicIncident
from blocklight.model.vocabulary import Category, Kind, Origin, PlaceKind, Status, Subcategory
from blocklight.publish.publisher import Publisher
from blocklight.store import ReadStore, Store

NOW = START + timedelta(hours=48)
PAGE = "<!doctype html><title>Smallville</title>" + "<p>calls</p>" * 200
SCRIPT = "export const calls = [];\n" * 100


def whole(store: ReadStore) -> Store:
    """The store that a page reads from, for a test that writes to it as well."""
    assert isinstance(store, Store)
    return store


@dataclass(frozen=True)
class PublicSide:
    """What runs, and *client* to ask it."""

    store: Store
    publisher: Publisher
    client: httpx2.Client
    server: Served
    database: Path
    archive: Archive
    exports: ExportPlaces

    def follow(self) -> None:
        """Wait until everything committed is published."""
        self.publisher.wake()
        until(lambda: self.publisher.window.seq == self.store.head())

    def get(self, path: str, **settings: Any) -> httpx2.Response:  # noqa: ANN401 - of httpx2
        """Ask for a path below the API's root."""
        return self.client.get(f"/api/v1/{path}", **settings)


def some_incidents(count: int, seed: int = 3) -> list[PublicIncident]:
    """Return incidents of every sort, the same at every call."""
    chance = random.Random(seed)  # noqa: S311 - makes examples, guards nothing
    labels = [None, "1400 block of Main St", "ÉTÉ & 5th", "100% Main_St", "Broadway"]
    found = []
    for number in range(count):
        received_at = START + timedelta(seconds=chance.randrange(100_000))
        closed = chance.random() < 0.5
        lon, lat = chance.choice([-122.29, -122.25, -122.21, -122.15]), chance.choice([37.71, 37.75, 37.78])
        located = chance.random() < 0.9
        place = Place(lon, lat, PlaceKind.GRID, 201, chance.choice(labels))
        found.append(
            PublicIncident(
                id=incident_id(number + 1 + 32**15 * chance.randrange(32)),
                source=chance.choice(["dispatch", "requests"]),
                kind=chance.choice(list(Kind)),
                agency=chance.choice(["police", "fire"]),
                category=chance.choice([Category.NOISE, Category.FIRE, Category.TRAFFIC, Category.MEDICAL]),
                status=Status.CLOSED if closed else Status.OPEN,
                received_at=received_at,
                place=place if located else None,
                areas={"beat": chance.choice(["01X", "02Y"])} if located and chance.random() < 0.8 else {},
                subcategory=chance.choice([None, Subcategory.LOUD_PARTY, Subcategory.SMOKE_ALARM]),
                source_type=chance.choice([None, "LOUD PARTY", "fire_alarm"]),
                priority=chance.choice([None, 1, 2, 3]),
                origin=(None, Origin.COMMUNITY, Origin.OFFICER)[number % 3],
                closed_at=received_at + timedelta(minutes=9) if closed else None,
            )
        )
    return found


def web_files(folder: Path) -> Path:
    """Write a built web app of one page and one script, with a secret beside it."""
    web = folder / "web"
    (web / "assets").mkdir(parents=True)
    (web / "index.html").write_text(PAGE)
    (web / "assets" / "index-1a2b.js").write_text(SCRIPT)
    (folder / "secret.txt").write_text("SECRET")
    return web


@contextmanager
def public_side(
    folder: Path,
    *,
    style_url: str | None = None,
    follow: bool = True,
    now: datetime = NOW,
    identity: Mapping[str, str] = {},
    reports: Sequence[str] = (),
    tables: Mapping[str, object] = {},
) -> Iterator[PublicSide]:
    """Run the public side of the small city, with its files in *folder*; *identity* adds to who it is.

    Its calls report the fields of *reports* beside those that every feed has; *tables* are further ones of
    the city file.
    """
    city = a_city(folder, reports)
    if identity:
        city = city.model_copy(
            update={"city": Identity.model_validate(city.city.model_dump() | dict(identity))}
        )
    city = city.model_copy(update=dict(tables))
    database = folder / "blocklight.sqlite3"
    with (
        Store.open(f"sqlite:///{database}", "smallville") as store,
        archived(city, store, folder / "archive", lambda: now) as engine,
    ):
        publisher = Publisher(city, store, now=lambda: now)
        publisher.load()

        @asynccontextmanager
        async def lifespan(_: FastAPI) -> AsyncIterator[None]:
            task = asyncio.create_task(publisher.run())
            yield
            task.cancel()
            await asyncio.wait([task])

        web = folder / "web" if (folder / "web").exists() else web_files(folder)
        state = Public(city, store, publisher, Areas(city), style_url=style_url, web=web, archive=engine)
        with (
            served(create_public_app(state, lifespan if follow else None)) as server,
            httpx2.Client(base_url=server.url, timeout=PATIENCE_S, trust_env=False) as client,
        ):
            if follow:
                until(lambda: publisher.following)
            yield PublicSide(store, publisher, client, server, database, engine.archive, state.exports)
            server.run(publisher.live.close())
