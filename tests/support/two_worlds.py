"""One city lived twice, with and without the rows that are withheld, over feeds of every platform."""

import asyncio
import sqlite3
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import httpx2
import orjson
from loopback.arcgis import Layer
from loopback.documents import Portal, as_atom, as_csv, as_json, as_page
from loopback.server import App, Reply, Request, with_etag
from loopback.soda import Dataset, soda_rows
from loopback.table import Row, Table
from main_street import with_streets
from town import KEY, NOW, Town, name_epoch

from blocklight.config.city import City, parse_city
from blocklight.errors import SourceChanged
from blocklight.geo.areas import Areas
from blocklight.geo.exact import ExactPoint
from blocklight.intake.claims import Claims
from blocklight.intake.companions import Companions
from blocklight.intake.connectors import connector
from blocklight.intake.connectors.streams import Message, Stream
from blocklight.intake.geocode.addresses import Reading
from blocklight.intake.geocode.geocoder import Geocoder
from blocklight.intake.geocode.place import NotNow
from blocklight.intake.geocode.services import Service
from blocklight.intake.push import Inbox
from blocklight.intake.push_keys import PushKeys
from blocklight.intake.redact import Rules
from blocklight.intake.run import Feed, Runner
from blocklight.model.vocabulary import PlaceKind
from blocklight.prepare.places.build import Approved, Built, write_places
from blocklight.store import Store

COLUMNS = ("number", "opened", "closed", "state", "what", "also", "address", "lon", "lat", "row")
DOCUMENTS = {"json": as_json, "feed": as_atom, "html": as_page, "files": as_csv}
PLATFORMS = (*DOCUMENTS, "arcgis", "socrata", "ckan", "open311", "sql", "mqtt", "push")
# How the rows of a platform are asked for, where there are several ways.
SHAPES = {"json": ("", "rows", "pages"), "arcgis": ("", "lists", "offset")}
# What gives its rows page by page, two at a time.
PAGED = frozenset(
    {("json", "rows"), ("json", "pages"), ("socrata", ""), ("ckan", "")}
    | {("arcgis", shape) for shape in SHAPES["arcgis"]}
)
# What a source's points are: its own, kept where they were first, or masked by the publisher.
POINTS = {
    "": "",
    "frozen": "freeze_place = true",
    "masked": 'masked_by_publisher = { radius_m = 100, reason = "The city publishes corners alone" }',
}

_PATHS = {"arcgis": "/FeatureServer/0", "socrata": "/resource/abcd-1234.json", "ckan": "/dataset/calls"}
_FILES = "sqlite:////where/the/city/is"
_CITY = """
[city]
id = "anytown"
name = "Anytown"
time_zone = "America/Los_Angeles"
bounds = { west = -122.3, south = 37.7, east = -122.1, north = 37.9 }
"""
_SOURCE = """
[[sources]]
id = "{id}"
label = "Calls"
connector = "{platform}"
{settings}
key = ["number"]
late_after_s = 600
closes = "{closes}"
max_rejected_share = {share}
[sources.fields]
received_at = {{ from = "opened", convert = "iso" }}
closed_at = {{ from = "closed", convert = "iso" }}
status = {{ from = "state", map = {{ OPEN = "open", DONE = "closed" }} }}
source_type = "what"
other_type = "also"
agency = {{ default = "police" }}
address = "address"
lon = {{ from = "lon", convert = "float" }}
lat = {{ from = "lat", convert = "float" }}
"""
_GEOCODER = """
[geocoder]
service = "nominatim"
url = "http://geocoder.example/search"
locality = "Anytown, CA"
"""
AREAS = """
[[areas]]
kind = "beat"
label = "Beats"
file = "beats.geojson"
"""
# What a city shows of places: hexagons, with the names of blocks, or the nearest of its approved places.
MASKS = {"": "", "labels": 'labels = "hundred_block"\n', "nearest": 'place = "nearest"\n'}

_PLACES = '[places]\nfile = "places.geojson"\n'
# In reach of where calls are drawn, the houses of both sources among them; those of some have no place.
_APPROVED = (
    (-122.2705, 37.8118),
    (-122.2612, 37.7915),
    (-122.1502, 37.8028),
    (-122.2407, 37.8216),
    (-122.2307, 37.8216),
)

_BEATS = (("01X", -122.3, -122.2), ("02Y", -122.2, -122.1))
# How many places the geocoder finds in one fetch: more have to wait for the next one.
_TURNS = 2


@dataclass(frozen=True)
class Source:
    """How one source is configured."""

    platform: str
    closes: str = "status"
    share: float = 0.5
    may_be_empty: bool | None = None
    same: str = ""
    rows: str = "incident"
    by_cursor: bool = False
    shape: str = ""
    points: str = ""

    def text(self, id_: str) -> str:
        """Return its part of the city file."""
        settings = self._address(id_)
        if self.platform == "json":
            settings["records"] = '"result.calls"'
        if self.is_paged:
            settings["page_size"] = "2"
        if self.platform == "json" and self.shape:
            settings["pages"] = f'{{ parameter = "from", counts = "{self.shape}", size = "limit" }}'
        if self.by_cursor and self.platform in ("socrata", "sql"):
            settings |= {"cursor_column": '"opened"', "overlap_s": "86400"}
        if self.by_cursor and self.platform == "open311":
            settings["cursor_column"] = '"updated_datetime"'
        if self.may_be_empty is not None:
            settings["may_be_empty"] = str(self.may_be_empty).lower()
        if self.same:
            settings |= {"same_as": '"s0"', "both": f'"{self.same}"'}
        if self.rows != "incident":
            settings["rows"] = f'"{self.rows}"'
        lines = "\n".join([*(f"{name} = {value}" for name, value in settings.items()), POINTS[self.points]])
        return _SOURCE.format(
            id=id_, platform=self.platform, settings=lines, closes=self.closes, share=self.share
        )

    def _address(self, id_: str) -> dict[str, str]:
        match self.platform:
            case "push":
                return {}
            case "sql":
                return {"url": f'"{_FILES}/{id_}.sqlite3"', "query": '"SELECT * FROM calls"'}
            case "mqtt":
                return {"url": f'"mqtt://{id_}.example"', "topic": '"calls"', "page_size": "3"}
            case _:
                return {"url": f'"http://{id_}.example{self._path}"'}

    @property
    def is_paged(self) -> bool:
        """Whether its rows come page by page."""
        return (self.platform, self.shape) in PAGED

    @property
    def _path(self) -> str:
        return _PATHS.get(self.platform, "/calls")


@dataclass(frozen=True)
class Step:
    """One poll of every source: minutes after the one before, the rows of each, and whether we restarted.

    Once a source has been asked *moves_at* times in this poll it has the rows of *later*, if there are any.
    """

    minutes: float
    rows: Sequence[Sequence[Row]]
    restart: bool = False
    later: Sequence[Sequence[Row]] = ()
    moves_at: int = 0


@dataclass
class World:
    """A city as it went: its public answers after each step, and what outside services were asked."""

    answers: list[dict[str, bytes]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    published: int = 0
    failures: int = 0
    moved: int = 0
    """In how many polls a source was asked for more after its rows had moved."""


class Turns:
    """The real service with a transport that notes what it is asked, for two questions in each fetch."""

    def __init__(self, city: City, asked: list[str]) -> None:
        assert city.geocoder is not None
        client = httpx2.Client(transport=httpx2.MockTransport(self._answer))
        self._service = Service(
            city.geocoder, city.city.bounds, client, clock=lambda: 0.0, sleep=lambda _: None
        )
        self._asked = asked
        self._fetch, self._left = 0.0, 0

    def find(self, address: Reading, deadline: float) -> ExactPoint | None:
        if deadline != self._fetch:
            self._fetch, self._left = deadline, _TURNS
        if not self._left:
            raise NotNow
        self._left -= 1
        return self._service.find(address, deadline)

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self._asked.append(str(request.url))
        house = {"lat": "37.81", "lon": "-122.27", "address": {"house_number": "1"}}
        return httpx2.Response(200, json=[] if "NOWHERE" in str(request.url) else [house])


class InOrder(Table):
    """Rows that come in the order in which they were written where no other is asked for."""

    def select(self, where: str, order: str = "", limit: int = -1, offset: int = 0) -> list[Row]:
        return super().select(where, order or "rowid", limit, offset)


class Feeds(httpx2.AsyncBaseTransport):
    """The servers of all sources; an answer that did not change is told to be the same."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources
        self._step = Step(0, [[] for _ in sources])
        self._asked: Counter[int] = Counter()
        self.moved = 0

    def begin(self, step: Step, folder: Path) -> None:
        """Hold the rows of a poll; those of a database stand in its file in *folder*."""
        self._step = step
        self._asked.clear()
        for number, source in enumerate(self._sources):
            if source.platform == "sql":
                write_database(folder / f"s{number}.sqlite3", step.rows[number])

    def _rows(self, number: int) -> Sequence[Row]:
        step, asked = self._step, self._asked[number]
        self._asked[number] += 1
        if not step.later or asked < step.moves_at:
            return step.rows[number]
        self.moved += asked == step.moves_at and step.later[number] != step.rows[number]
        return step.later[number]

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        number = int(request.url.host.removeprefix("s").partition(".")[0])
        asked = Request(request.method, request.url.path, dict(request.url.params), request.headers)
        with _app(self._sources[number], self._rows(number)) as app:
            reply = with_etag(app)(asked)
        headers = {**reply.headers, "date": "Sat, 31 Jan 2026 05:00:00 GMT"}
        return httpx2.Response(reply.status, headers=headers, content=b"".join(reply.chunks))


@contextmanager
def _app(source: Source, rows: Sequence[Row]) -> Iterator[App]:
    platform = source.platform
    if platform == "json" and source.shape:
        yield lambda request: _page(source.shape, rows, request)
        return
    if platform == "open311":
        yield lambda request: _requests(rows, request)
        return
    if platform in DOCUMENTS:
        yield lambda _: DOCUMENTS[platform](COLUMNS, list(rows))
        return
    if platform == "socrata":
        given = soda_rows([{":id": f"row-{row['row']}", **_without_blanks(row)} for row in rows])
        table: Table = InOrder((":id", ":updated_at", *COLUMNS), given)
        app: App = Dataset(table)
    elif platform == "ckan":
        table = InOrder(("_id", *COLUMNS), [{"_id": row["row"], **row} for row in rows])
        app = Portal(table)
    else:
        table = InOrder(("OBJECTID", *COLUMNS), [{"OBJECTID": row["row"], **row} for row in rows])
        in_lists = source.shape == "lists"
        object_id = None if source.shape == "offset" else "OBJECTID"
        app = Layer(table, object_id, max_record_count=2, supports_pagination=not in_lists)
    try:
        yield app
    finally:
        table.close()


def _page(shape: str, rows: Sequence[Row], request: Request) -> Reply:
    """Return a page of a list that says how many rows it has in all."""
    number, limit = int(request.params["from"]), int(request.params["limit"])
    start = number if shape == "rows" else (number - 1) * limit
    return Reply.json({"result": {"calls": list(rows[start : start + limit]), "total": len(rows)}})


def _requests(rows: Sequence[Row], request: Request) -> Reply:
    """Return the rows as an Open311 server does, all of them requested and changed at one moment."""
    since, until = (
        next(datetime.fromisoformat(request.params[name]) for name in names if name in request.params)
        for names in (("start_date", "updated_after"), ("end_date", "updated_before"))
    )
    moment = NOW.isoformat()
    always = {"requested_datetime": moment, "updated_datetime": moment, "service_name": "a service"}
    requests = [{"service_request_id": row["row"], **always, **_without_blanks(row)} for row in rows]
    return Reply.json(requests if since <= NOW < until else [])


def write_database(file: Path, rows: Sequence[Row]) -> None:
    """Write rows into a file of SQLite, in place of those before."""
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        database.execute("DROP TABLE IF EXISTS calls")
        database.execute(f"CREATE TABLE calls ({', '.join(COLUMNS)})")
        values = [[row.get(column) for column in COLUMNS] for row in rows]
        marks = ", ".join("?" * len(COLUMNS))
        database.executemany(f"INSERT INTO calls VALUES ({marks})", values)  # noqa: S608 - question marks


def _without_blanks(row: Row) -> Row:
    return {name: value for name, value in row.items() if value != ""}


def city_text(
    sources: Sequence[Source], *, rules: str, geocoder: bool, place: str = "", policy: str = ""
) -> str:
    """Write a whole city file; *place* is one of ``MASKS``."""
    parts = [_CITY, *(source.text(f"s{number}") for number, source in enumerate(sources))]
    parts += [AREAS, _GEOCODER if geocoder else "", "[policy]\n", policy]
    return "".join([*parts, MASKS[place], rules, _PLACES if place == "nearest" else ""])


def write_areas(folder: Path) -> None:
    """Write two beats, west and east."""
    features = ", ".join(
        f'{{"type": "Feature", "properties": {{"id": "{id_}", "name": "Beat {id_}"}}, "geometry": '
        f'{{"type": "Polygon", "coordinates": [[[{west}, 37.7], [{east}, 37.7], [{east}, 37.9], '
        f"[{west}, 37.9], [{west}, 37.7]]]}}}}"
        for id_, west, east in _BEATS
    )
    text = f'{{"type": "FeatureCollection", "features": [{features}]}}'
    (folder / "beats.geojson").write_text(text)


def write_place_file(city: City, path: Path) -> None:
    """Write the approved places, each of which serves some addresses around it."""
    places = [
        Approved(lon, lat, PlaceKind.INTERSECTION, f"Corner {number}", addresses=20, radius_m=300)
        for number, (lon, lat) in enumerate(_APPROVED)
    ]
    write_places(Built(places, {}, addresses=80, without=0, moved_m=(100.0, 200.0)), city, path)


def live(folder: Path, text: str, sources: Sequence[Source], steps: Sequence[Step]) -> World:
    """Let a city read its sources step by step, and keep all that the public could have seen."""
    folder.mkdir(parents=True, exist_ok=True)
    write_areas(folder)
    text = with_streets(text.replace(_FILES, f"sqlite:///{folder.absolute()}"), folder)
    city = parse_city(tomllib.loads(text), file="anytown.toml", folder=folder)
    if city.places is not None:
        write_place_file(city, folder / city.places.file)
    return asyncio.run(_live(folder, city, sources, steps))


async def _live(folder: Path, city: City, sources: Sequence[Source], steps: Sequence[Step]) -> World:
    world, at = World(), NOW
    feeds = Feeds(sources)
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(httpx2.AsyncClient(transport=feeds))
        store = stack.enter_context(
            Store.open(f"sqlite:///{folder}/city.sqlite3", city.city.id, ledger_kind=city.ledger_kind)
        )
        name_epoch(store)
        process: _Process | None = None
        for step in steps:
            at += timedelta(minutes=step.minutes)
            feeds.begin(step, folder)
            if process is None or step.restart:
                process = _Process(city, store, client, world.asked, folder)
            store.release(at)
            world.failures += await process.read(step.rows, at)
            world.answers.append(await Town(city, store).public(at))
        world.published, world.moved = store.head(), feeds.moved
    return world


class Waiting:
    """The messages that a broker keeps for us, until they are stored."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def take(self, most: int) -> list[Message]:
        return self.messages[:most]

    async def stored(self, messages: Sequence[Message]) -> None:
        del self.messages[: len(messages)]

    async def close(self) -> None:
        """Keep what is there."""


class _Process:
    """What reads the sources, with all that it remembers until it is started anew."""

    def __init__(
        self, city: City, store: Store, client: httpx2.AsyncClient, asked: list[str], folder: Path
    ) -> None:
        self._store = store
        self._now = NOW
        rules, claims = Rules.of(city, KEY, Areas(city)), Claims()
        companions = Companions.of(city)
        found = [Turns(city, asked)] if city.geocoder is not None else []
        geocoder = Geocoder(found, city.city.bounds, patience_s=5) if found else None
        self._waiting = {source.id: Waiting() for source in city.sources}
        links = [
            Stream(source, self._waiting[source.id], self._clock, keeps=True)
            if source.connector == "mqtt"
            else connector(source, client=client, now=self._clock, sleep=_at_once)
            for source in city.sources
        ]
        self._feeds = [
            Feed(source, city, link, rules, geocoder=geocoder, claims=claims, companions=companions)
            for source, link in zip(city.sources, links, strict=True)
        ]
        self._inbox = Inbox(self._feeds, store, PushKeys(folder), now=self._clock, stored=_nothing)

    async def read(self, rows: Sequence[Sequence[Row]], at: datetime) -> int:
        """Read every source once; return how many failed."""
        self._now = at
        failures = 0
        for feed, sent in zip(self._feeds, rows, strict=True):
            bodies = [orjson.dumps(_without_blanks(row)) for row in sent]
            self._waiting[feed.source.id].messages += [Message(body) for body in bodies]
            if feed.source.connector != "push":
                runner = Runner(feed, self._store, now=self._clock, stored=_nothing)
                failures += await runner.poll() is None
                continue
            try:
                await self._inbox.take(feed.source.id, [_without_blanks(row) for row in sent])
            except SourceChanged:
                failures += 1
        return failures

    def _clock(self) -> datetime:
        return self._now


def _nothing() -> None:
    """Stand in for waking a publisher."""


async def _at_once(_: float) -> None:
    """Do not wait before trying again."""


def differences(one: Mapping[str, bytes], other: Mapping[str, bytes]) -> list[str]:
    """Return the addresses whose answers differ, or that only one of two cities has."""
    return sorted(path for path in one.keys() | other.keys() if one.get(path) != other.get(path))
