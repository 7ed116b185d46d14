import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest
from loopback.arcgis import Layer, error_body
from loopback.server import HTML, SERVER_ERROR, App, Reply, Request, serving, too_many_requests, with_etag
from loopback.soda import Dataset, soda_rows
from loopback.table import Table
from small_city import ROW, rules_of, small_city

from blocklight.errors import RowsMoved, SourceChanged, SourceUnavailable
from blocklight.geo.exact import SourceKey
from blocklight.intake.connectors import connector
from blocklight.intake.record import Batch, RawRecord
from blocklight.intake.run import Feed, Runner, Tally, run_once
from blocklight.jobs import POLLING, Job, Jobs
from blocklight.model.changes import StoredIncident
from blocklight.model.outcomes import Outcome
from blocklight.model.vocabulary import Status
from blocklight.net import client, outbound
from blocklight.store import Applied, SourceHealth, Store

pytestmark = pytest.mark.anyio

START = datetime(2026, 3, 1, 13, tzinfo=UTC)
MARK = "Zq7Xv"


async def _at_once(_: float) -> None:
    """Do not wait before trying again."""


class Town:
    """One source behind a real server, and the store that it is read into."""

    def __init__(self, folder: Path, **source: Any) -> None:  # noqa: ANN401 - the fields of a source
        self.now = START
        self.requests = 0
        self.app: App = lambda _: Reply.json({}, 503)
        self.city = small_city(**source)
        self.rules = rules_of(self.city)
        self.store = Store.open(f"sqlite:///{folder / 'town.sqlite3'}", self.city.city.id)

    def answer(self, request: Request) -> Reply:
        self.requests += 1
        return self.app(request)

    def feed(self, url: str, client: httpx2.AsyncClient) -> Feed:
        spec = self.city.source("calls").model_copy(update={"url": url})
        reader = connector(spec, client=client, now=lambda: self.now, sleep=_at_once)
        return Feed(spec, self.city, reader, self.rules)

    def id(self, number: str) -> str:
        return self.rules.public_id("calls", SourceKey(number))

    def shown(self) -> dict[str, StoredIncident]:
        window = self.store.window(START - timedelta(days=400))
        return {stored.incident.id: stored for block in window for stored in block}

    def ledger(self) -> dict[tuple[str, str], int]:
        rows = self.store.ledger(date(2026, 1, 1), date(2026, 12, 31))
        return {(row.outcome, row.reason): row.n for row in rows}

    def health(self) -> SourceHealth:
        return self.store.sources()[0]

    def content(self) -> bytes:
        return msgspec.json.encode(
            [self.store.changes(0), sorted(self.ledger().items()), list(self.store.window(START))]
        )


def _rows(count: int, **changes: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - a source's values
    return [
        ROW | {"OBJECTID": number, "number": f"P{number}", "lon": -95.5 + number / 1000, **changes}
        for number in range(1, count + 1)
    ]


def _table(count: int, **changes: Any) -> Table:  # noqa: ANN401 - a source's values
    return Table(("OBJECTID", *ROW), _rows(count, **changes))


class Reading:
    """A town whose source is a layer; every ``fetch`` is a minute later."""

    def __init__(self, town: Town, feed: Feed) -> None:
        self.town = town
        self.runner = Runner(feed, town.store, now=lambda: town.now, stored=lambda: None)
        self.feed = feed

    async def fetch(self) -> Tally:
        self.town.now += timedelta(minutes=1)
        return await run_once(self.feed, self.town.store)

    async def poll(self) -> Tally | None:
        self.town.now += timedelta(minutes=1)
        return await self.runner.poll()


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    town = Town(tmp_path)
    yield town
    town.store.close()


@pytest.fixture
async def reading(town: Town) -> Any:  # noqa: ANN401 - an asynchronous generator
    with serving(town.answer) as server:
        async with httpx2.AsyncClient() as client:
            yield Reading(town, town.feed(f"{server.url}/calls/FeatureServer/0", client))


async def test_a_fetch_publishes_what_it_read(town: Town, reading: Reading) -> None:
    town.app = Layer(_table(12))
    tally = await reading.fetch()
    assert (tally.records, tally.published, tally.shown) == (12, 12, 12)
    assert set(town.shown()) == {town.id(f"P{number}") for number in range(1, 13)}
    assert town.ledger() == {("published", ""): 12}


async def test_the_same_fetch_again_changes_nothing(town: Town, reading: Reading) -> None:
    town.app = Layer(_table(12))
    await reading.fetch()
    before = town.content()
    for _ in range(3):
        tally = await reading.fetch()
        assert tally.published == 12
    assert town.content() == before
    assert town.store.head() == 12


async def test_a_restart_reads_the_same_rows_to_the_same_end(town: Town, reading: Reading) -> None:
    town.app = Layer(_table(12))
    await reading.fetch()
    before = town.content()
    again = Feed(reading.feed.source, town.city, reading.feed.connector, rules_of(town.city))
    await run_once(again, town.store)
    assert town.content() == before


async def test_a_fetch_of_mostly_unreadable_records_is_counted_and_changes_nothing(
    town: Town, reading: Reading
) -> None:
    table = _table(20)
    town.app = Layer(table)
    await reading.fetch()
    head, before = town.store.head(), town.shown()
    table.update("OBJECTID > 5", received="soon")
    table.delete("OBJECTID = 1")
    table.update("OBJECTID = 2", type="THEFT")
    with pytest.raises(SourceChanged, match=r"^too many of its records cannot be read$"):
        await reading.fetch()
    assert reading.feed.batches == {"stored": 1, "refused": 1}
    assert town.store.head() == head
    assert town.shown() == before
    assert town.ledger()["rejected", "bad_time"] == 15


async def test_a_few_unreadable_records_are_rejected_alone_and_counted_once(
    town: Town, reading: Reading
) -> None:
    table = _table(20)
    table.update("OBJECTID in (3, 4)", received="soon")
    table.update("OBJECTID = 5", agency="SHERIFF")
    town.app = Layer(table)
    tally = await reading.fetch()
    await reading.fetch()
    assert tally.rejected == {"bad_time": 2, "no_agency": 1}
    assert town.ledger() == {("published", ""): 17, ("rejected", "bad_time"): 2, ("rejected", "no_agency"): 1}


async def test_a_call_whose_record_becomes_unreadable_has_not_left_the_feed(
    town: Town, reading: Reading
) -> None:
    table = _table(20)
    town.app = Layer(table)
    await reading.fetch()
    table.update("OBJECTID = 5", received="soon")
    await reading.fetch()
    assert town.shown()[town.id("P5")].incident.status is Status.OPEN
    table.delete("OBJECTID = 5")
    await reading.fetch()
    assert town.shown()[town.id("P5")].incident.status is Status.CLOSED


async def test_half_of_the_rows_gone_at_once_close_nothing_until_the_same_answer_comes_again(
    town: Town, reading: Reading, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "blocklight.intake")
    table = _table(100)
    town.app = with_etag(Layer(table))
    await reading.poll()
    table.delete("OBJECTID > 50")
    await reading.poll()
    assert len(town.store.open_ids("calls")) == 100
    assert town.health().short_at == town.now
    assert (town.health().failures, town.health().last_success_at) == (0, town.now)
    await reading.poll()
    assert len(town.store.open_ids("calls")) == 50
    assert town.health().short_at is None
    await reading.poll()
    said = [record.getMessage() for record in caplog.records if record.name.startswith("blocklight.intake")]
    assert len(said) == 2
    assert "unusually short: 50 of its open calls are missing" in said[0]
    assert "50 were closed now" in said[1]


def _as_one_that_may_only_be_read(store: Store, *, only_read: int) -> None:
    with store._engines.write.connect() as connection:  # noqa: SLF001 - root may write to any file
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute(f"PRAGMA query_only = {only_read}")


@pytest.mark.parametrize("lines", [0, 2])
async def test_a_failing_database_that_the_log_tells_of_already_is_not_said_for_each_source(
    town: Town, reading: Reading, caplog: pytest.LogCaptureFixture, lines: int
) -> None:
    caplog.set_level(logging.INFO, "blocklight.intake")

    async def fails() -> bool:
        return not lines

    runner = Runner(reading.feed, town.store, now=lambda: town.now, stored=lambda: None, store_fails=fails)
    town.app = Layer(_table(3))
    await runner.poll()
    _as_one_that_may_only_be_read(town.store, only_read=1)
    for _ in range(3):
        assert await runner.poll() is None
    _as_one_that_may_only_be_read(town.store, only_read=0)
    assert await runner.poll() is not None
    said = [record for record in caplog.records if "health" not in record.getMessage()]
    assert len(said) == lines
    assert reading.feed.batches == {"stored": 2, "failed": 3}


@pytest.mark.parametrize("left", [0, 3])
async def test_when_nothing_is_left_that_may_be_shown_the_last_call_of_the_night_closes(
    town: Town, reading: Reading, left: int
) -> None:
    table = _table(12)
    town.app = Layer(table)
    await reading.fetch()
    table.delete("1=1")
    table.insert(row | {"type": "HUSH", "number": f"H{n}"} for n, row in enumerate(_rows(left)))
    await reading.poll()
    health = town.health()
    assert (health.failures, health.reason, health.last_success_at) == (0, None, town.now)
    assert town.store.open_ids("calls") == set()
    assert {stored.incident.closed_at for stored in town.shown().values()} == {town.now}


@pytest.mark.parametrize("left", [0, 3])
async def test_where_an_answer_may_not_be_empty_one_with_withheld_rows_alone_is_the_same_failure(
    tmp_path: Path, left: int
) -> None:
    town = Town(tmp_path, may_be_empty=False)
    table = _table(12)
    town.app = Layer(table)
    with serving(town.answer) as server:
        async with httpx2.AsyncClient() as client:
            reading = Reading(town, town.feed(f"{server.url}/calls/FeatureServer/0", client))
            await reading.poll()
            table.delete("1=1")
            table.insert(row | {"type": "HUSH", "number": f"H{n}"} for n, row in enumerate(_rows(left)))
            assert await reading.poll() is None
    assert town.health().reason == "nothing in the answer can be shown"
    assert len(town.store.open_ids("calls")) == 12
    town.store.close()


@pytest.mark.parametrize("hidden", [0, 40])
async def test_the_share_that_cannot_be_read_is_one_of_what_may_be_shown(
    town: Town, reading: Reading, hidden: int
) -> None:
    table = _table(4)
    town.app = Layer(table)
    unreadable = [row | {"number": f"U{n}", "received": "soon"} for n, row in enumerate(_rows(8))]
    withheld = [row | {"number": f"H{n}", "type": "HUSH"} for n, row in enumerate(_rows(hidden))]
    for number, row in enumerate([*unreadable, *withheld]):
        table.insert([row | {"OBJECTID": 100 + number}])
    assert await reading.poll() is None
    assert town.health().reason == "too many of its records cannot be read"
    assert town.store.head() == 0


@pytest.mark.parametrize("ratcheted", [0, 20])
async def test_what_was_sensitive_once_is_no_part_of_the_share_either(
    town: Town, reading: Reading, ratcheted: int
) -> None:
    rows = [row | {"number": f"H{n}", "OBJECTID": 200 + n} for n, row in enumerate(_rows(ratcheted))]
    table = Table(("OBJECTID", *ROW), [*_rows(4), *(row | {"type": "HUSH"} for row in rows)])
    town.app = Layer(table)
    await reading.poll()
    table.delete("OBJECTID >= 200")
    table.insert(rows)
    for number, row in enumerate(_rows(8)):
        table.insert([row | {"number": f"U{number}", "OBJECTID": 100 + number, "received": "soon"}])
    assert await reading.poll() is None
    assert town.store.head() == 4


async def test_what_is_sensitive_in_an_answer_that_fails_is_never_shown_later(
    town: Town, reading: Reading
) -> None:
    table = _table(4)
    town.app = Layer(table)
    await reading.poll()
    table.update("OBJECTID in (1, 2)", received="soon")
    table.update("OBJECTID = 3", type="HUSH")
    table.insert([_rows(5)[4] | {"type": "HUSH"}])
    assert await reading.poll() is None
    assert set(town.shown()) == {town.id(f"P{number}") for number in (1, 2, 4)}
    table.update("1=1", received=ROW["received"], type="NOISE")
    assert await reading.poll() is not None
    assert set(town.shown()) == {town.id(f"P{number}") for number in (1, 2, 4)}


async def test_a_column_that_only_withheld_rows_have_is_gone(town: Town, reading: Reading) -> None:
    hidden = [{**row, "type": "HUSH"} for row in _rows(3)]
    shapeless = [{"OBJECTID": 100 + n, "number": f"U{n}", "received": None} for n in range(2)]
    for rows in ([*hidden, *shapeless], shapeless):
        features = [{"attributes": row} for row in rows]
        town.app = lambda _, features=features: Reply.json({"features": features})  # type: ignore[misc]  # a default
        assert await reading.poll() is None
        assert town.health().reason == "column 'type' is gone"


async def test_a_row_that_may_be_read_later_is_asked_for_again_though_nothing_changed(
    town: Town, reading: Reading
) -> None:
    ahead = START + timedelta(hours=2)
    stages = dict.fromkeys(("dispatched", "en_route", "on_scene"))
    town.app = _unchanging(Layer(_table(2, received=ahead.isoformat(), **stages)))
    reading.feed.source = reading.feed.source.model_copy(update={"max_rejected_share": 1.0})
    assert (await reading.fetch()).rejected == {"absurd_time": 2}
    town.now += timedelta(hours=2)
    assert (await reading.fetch()).published == 2
    assert (await reading.fetch()).unchanged


async def test_the_pages_of_one_answer_are_published_at_one_moment(tmp_path: Path) -> None:
    # By its pages' moments a feed of known page size would tell how many withheld rows lie among the others.
    town = Town(tmp_path, connector="socrata", closes="never", cursor_column="received", page_size=8)
    rows = soda_rows(
        [
            row | {"received": f"2026-03-01T12:{n:02}:00.000Z", "number": f"P{n}"}
            for n, row in enumerate(_rows(40))
        ]
    )
    dataset = Dataset(Table((":id", ":updated_at", *ROW), rows))

    def ticking(request: Request) -> Reply:
        town.now += timedelta(seconds=1)
        return dataset(request)

    town.app = ticking
    with serving(town.answer) as server:
        async with httpx2.AsyncClient() as client:
            await run_once(town.feed(f"{server.url}/resource/abcd-1234.json", client), town.store)
    assert dataset.queries > 4
    assert len({change.changed_at for change in town.store.changes(0)}) == 1
    assert len(town.shown()) == 40
    town.store.close()


async def test_a_closing_that_is_impossible_yet_is_told_in_time_though_the_answer_does_not_change(
    tmp_path: Path,
) -> None:
    # It waits for its step as well. A withheld row that changes would have it read again, and so show itself.
    town = Town(tmp_path, closes="time")
    ends = START + timedelta(minutes=130)
    town.app = with_etag(Layer(_table(1, type="SICK PERSON", closed=ends.isoformat())))
    with serving(town.answer) as server:
        async with httpx2.AsyncClient() as client:
            reading = Reading(town, town.feed(f"{server.url}/calls/FeatureServer/0", client))
            await reading.fetch()
            town.now = ends
            await reading.fetch()
    town.store.release(ends + timedelta(minutes=20))
    assert [stored.incident.status for stored in town.shown().values()] == [Status.CLOSED]
    town.store.close()


class SteadyClock:
    """Stands in for the steady clock: working out a row takes a millisecond, and a wait no time at all."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def monotonic(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds


@pytest.mark.parametrize("withheld", [0, 400])
async def test_how_long_rows_take_to_work_out_does_not_show(
    town: Town, reading: Reading, monkeypatch: pytest.MonkeyPatch, withheld: int
) -> None:
    clock, work_out, store = SteadyClock(), reading.feed.outcomes, town.store.apply
    stored_at: list[float] = []

    def working_out(records: Sequence[RawRecord], *args: Any, **named: Any) -> list[Outcome]:  # noqa: ANN401 - passed on
        clock.now_s += len(records) / 1000
        return work_out(records, *args, **named)

    def storing(*args: Any, **named: Any) -> Applied:  # noqa: ANN401 - passed on
        stored_at.append(clock.now_s)
        return store(*args, **named)

    monkeypatch.setattr("blocklight.intake.run.time", clock)
    monkeypatch.setattr(reading.feed, "settles_s", 0.5)
    monkeypatch.setattr(reading.feed, "outcomes", working_out)
    monkeypatch.setattr(town.store, "apply", storing)
    rows = _rows(10 + withheld)
    for row in rows[10:]:
        row["type"] = "STALKING"
    town.app = Layer(Table(("OBJECTID", *ROW), rows), max_record_count=1000)
    tally = await reading.fetch()
    assert (tally.published, tally.withheld.total()) == (10, withheld)
    assert stored_at == [pytest.approx(100.5)]


@pytest.mark.parametrize("is_unchanged", [False, True])
async def test_an_answer_settles_as_long_whether_anything_in_it_is_new(
    town: Town, reading: Reading, monkeypatch: pytest.MonkeyPatch, *, is_unchanged: bool
) -> None:
    class Answers:
        async def fetch(self, _: str | None) -> AsyncIterator[Batch]:
            yield Batch([], town.now, unchanged=is_unchanged, complete=True)

    waits: list[float] = []

    async def slept(seconds: float) -> None:
        waits.append(seconds)

    clock = SteadyClock()
    monkeypatch.setattr("blocklight.intake.run.time", clock)
    monkeypatch.setattr("blocklight.intake.run.asyncio.sleep", slept)
    monkeypatch.setattr(reading.feed, "settles_s", 0.5)
    monkeypatch.setattr(reading.feed, "connector", Answers())
    with contextlib.suppress(SourceChanged):  # an empty answer is refused, and that is public too
        await reading.fetch()
    assert sum(waits) + clock.now_s - 100 == pytest.approx(0.5)


async def test_a_call_that_leaves_the_feed_is_closed_when_it_is_missed_and_reopened_when_it_returns(
    town: Town, reading: Reading
) -> None:
    table = _table(12)
    town.app = Layer(table)
    await reading.fetch()
    table.delete("OBJECTID = 7")
    await reading.fetch()
    closed = town.shown()[town.id("P7")]
    assert (closed.incident.status, closed.incident.closed_at) == (Status.CLOSED, town.now)
    assert len(town.store.open_ids("calls")) == 11
    table.insert([_rows(12)[6]])
    await reading.fetch()
    reopened = town.shown()[town.id("P7")]
    assert (reopened.incident.status, reopened.incident.closed_at) == (Status.OPEN, None)
    assert reopened.first_seq == closed.first_seq
    assert len(town.store.incident(town.id("P7"))[1]) == 3


def _unchanging(layer: Layer) -> App:
    """Answer as *layer* did to the first question for rows, with an ETag."""
    answers: list[Reply] = []

    def answer(request: Request) -> Reply:
        if not request.path.endswith("/query"):
            return layer(request)
        if not answers:
            answers.append(layer(request))
        return answers[0]

    return with_etag(answer)


async def test_an_answer_that_did_not_change_closes_nothing(town: Town, reading: Reading) -> None:
    town.app = _unchanging(Layer(_table(12)))
    await reading.fetch()
    before = town.content()
    tally = await reading.fetch()
    assert (tally.unchanged, tally.records) == (True, 0)
    assert town.content() == before


async def test_an_answer_that_could_not_be_stored_is_not_taken_for_known_when_it_comes_again(
    town: Town, reading: Reading
) -> None:
    town.app = _unchanging(Layer(_table(12, received="soon")))
    for _ in range(3):
        with pytest.raises(SourceChanged, match="cannot be read"):
            await reading.fetch()


async def test_a_call_that_was_once_sensitive_is_never_shown_again(town: Town, reading: Reading) -> None:
    table = _table(12)
    town.app = Layer(table)
    await reading.fetch()
    for source_type in ("HUSH", "NOISE", "QWERTY", "THEFT"):
        table.update("OBJECTID = 4", type=source_type)
        await reading.fetch()
        assert town.id("P4") not in town.shown()
    assert town.ledger()["retracted", "sensitive"] == 1
    assert town.id("P4") not in {c.id for c in town.store.changes(0) if c.incident is not None}


async def test_a_call_that_nobody_had_mapped_is_shown_once_somebody_did(town: Town, reading: Reading) -> None:
    table = _table(12)
    table.update("OBJECTID = 4", type="QWERTY")
    town.app = Layer(table)
    await reading.fetch()
    assert town.id("P4") not in town.shown()
    table.update("OBJECTID = 4", type="THEFT")
    await reading.fetch()
    assert town.id("P4") in town.shown()


async def test_a_source_that_renames_a_column_overnight_fails_by_name_and_closes_nothing(
    town: Town, reading: Reading
) -> None:
    town.app = Layer(_table(12))
    await reading.fetch()
    before = town.content()
    columns = ["nature" if column == "type" else column for column in ROW]
    renamed = [
        {("nature" if name == "type" else name): value for name, value in row.items()} for row in _rows(12)
    ]
    town.app = Layer(Table(("OBJECTID", *columns), renamed))
    with pytest.raises(SourceChanged, match="column 'type' is gone"):
        await reading.fetch()
    assert town.content() == before


async def test_a_fetch_of_many_pages_that_breaks_off_applies_nothing_of_a_feed_that_drops_calls(
    town: Town, reading: Reading
) -> None:
    table = _table(30)
    layer = Layer(table, max_record_count=8)
    town.app = layer
    await reading.fetch()
    before = town.content()
    table.delete("OBJECTID = 2")
    layer.queries = 0

    def breaking(request: Request) -> Reply:
        return SERVER_ERROR if layer.queries > 2 else layer(request)

    town.app = breaking
    with pytest.raises(SourceUnavailable):
        await reading.fetch()
    assert town.content() == before
    town.app = layer
    await reading.fetch()
    assert town.shown()[town.id("P2")].incident.status is Status.CLOSED


async def test_a_fetch_of_many_pages_that_breaks_off_goes_on_where_it_was(tmp_path: Path) -> None:
    rows = soda_rows([
        row | {"number": f"P{number}", "received": f"2026-03-01T12:{number:02}:00.000Z"}
        for number, row in enumerate(_rows(40))
    ])  # fmt: skip
    columns = (":id", ":updated_at", *ROW)
    shown = []
    for name, breaks in (("whole", False), ("broken", True)):
        (tmp_path / name).mkdir()
        town = Town(
            tmp_path / name,
            connector="socrata",
            closes="never",
            cursor_column="received",
            page_size=8,
            overlap_s=60,
        )
        dataset = Dataset(Table(columns, rows))
        with serving(town.answer) as server:
            async with httpx2.AsyncClient() as client:
                feed = town.feed(f"{server.url}/resource/abcd-1234.json", client)
                if breaks:
                    town.app = lambda request: SERVER_ERROR if dataset.queries > 2 else dataset(request)  # noqa: B023 - the same
                    with pytest.raises(SourceUnavailable):
                        await run_once(feed, town.store)
                    assert 15 < len(town.shown()) < 30
                    server.asked.clear()
                town.app = dataset
                await run_once(feed, town.store)
                assert "$where" in server.asked[0].params
                assert ("2026" in server.asked[0].params["$where"]) == breaks, "it began where it had been"
        shown.append([stored.incident for stored in town.shown().values()])
        town.store.close()
    assert len(shown[0]) == 40
    assert shown[0] == shown[1]


async def test_times_that_are_whole_hours_old_are_said_to_the_operator_once(
    town: Town, reading: Reading, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "blocklight")
    rows = _rows(30)
    for number, row in enumerate(rows):
        row["received"] = (town.now - timedelta(hours=6, minutes=number)).isoformat()
    town.app = Layer(Table(("OBJECTID", *ROW), rows))
    for _ in range(3):
        await reading.poll()
    told = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(told) == 1
    assert told[0] == "source calls: its newest times are whole hours old, as if read in a wrong zone"


async def test_a_failing_source_logs_once_when_it_fails_and_once_when_it_recovers(
    town: Town, reading: Reading, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "blocklight")
    layer = Layer(_table(12, address=MARK, disposition=MARK))
    garbage = Reply(200, (f'{{"features": [{{"attributes": {{"address": "{MARK}'.encode(),))
    answers = [
        layer,
        lambda _: HTML,
        lambda _: SERVER_ERROR,
        lambda _: garbage,
        lambda _: error_body(400),
        layer,
        layer,
    ]
    reported = []
    for answer in answers:
        town.app = answer  # type: ignore[assignment]  # each is an app
        await reading.poll()
        reported.append((town.health().failures, town.health().reason is None))
    assert reported == [(0, True), (1, False), (2, False), (3, False), (4, False), (0, True), (0, True)]
    told = [record.getMessage() for record in caplog.records if record.levelno >= logging.INFO]
    assert [line.split(":")[0] for line in told] == [
        "source calls failed",
        "source calls recovered after 4 failed fetches",
    ]
    assert MARK not in caplog.text


async def test_health_that_cannot_be_stored_is_one_line_for_as_long_as_that_lasts(
    town: Town, reading: Reading, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def rename(old: str, new: str) -> None:
        with contextlib.closing(sqlite3.connect(tmp_path / "town.sqlite3")) as database:
            database.execute(f"alter table {old} rename to {new}")
            database.commit()

    town.app = lambda _: SERVER_ERROR
    for _ in range(2):
        rename("source", "gone")
        for _ in range(3):
            await reading.poll()
        rename("gone", "source")
        await reading.poll()
    told = [record.getMessage() for record in caplog.records if "stored" in record.getMessage()]
    assert told == ["source calls: its health cannot be stored"] * 2


async def test_a_mistake_of_our_own_is_logged_once_without_what_it_said(
    town: Town, reading: Reading, caplog: pytest.LogCaptureFixture
) -> None:
    def broken_clock() -> datetime:
        raise RuntimeError(MARK)

    caplog.set_level(logging.INFO, "blocklight")
    town.app = Layer(_table(12))
    async with httpx2.AsyncClient() as client:
        url = reading.feed.source.url
        reader = connector(reading.feed.source, client=client, now=broken_clock, sleep=_at_once)
        feed = Feed(reading.feed.source, town.city, reader, town.rules)
        runner = Runner(feed, town.store, now=lambda: town.now, stored=lambda: None)
        assert [await runner.poll() for _ in range(3)] == [None, None, None]
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 1
    assert "RuntimeError" in told[0]
    reason = town.health().reason
    assert reason is not None
    for text in (caplog.text, reason):
        assert MARK not in text
        assert url not in text
        assert str(Path(__file__).parent) not in text


async def test_the_health_of_a_source_does_not_move_with_what_is_withheld(
    town: Town, reading: Reading
) -> None:
    table = _table(12)
    town.app = Layer(table)
    await reading.poll()
    before, head = town.health(), town.store.head()
    table.insert(
        [
            row | {"number": f"H{row['OBJECTID']}", "OBJECTID": row["OBJECTID"] + 500}
            for row in _rows(100, type="HUSH")
        ]
    )
    town.now -= timedelta(minutes=1)
    await reading.poll()
    assert town.health() == before
    assert town.store.head() == head == 12


async def test_what_a_network_failure_is_goes_to_the_log_and_not_to_the_public(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    async with client(outbound({"127.0.0.1"})) as clients:
        reading = Reading(town, town.feed("http://127.0.0.1:9/calls/FeatureServer/0", clients))
        with caplog.at_level(logging.WARNING):
            assert await reading.poll() is None
    assert town.health().reason == "cannot be reached"
    assert [record.getMessage() for record in caplog.records] == [
        "source calls failed: cannot be reached: connection refused"
    ]


async def test_a_longer_pause_that_the_far_side_requests_is_kept(town: Town, reading: Reading) -> None:
    town.app = lambda _: too_many_requests("120")
    assert await reading.poll() is None
    assert reading.runner.pause_s(0) == 120
    town.app = Layer(_table(12))
    assert await reading.poll() is not None
    assert reading.runner.pause_s(0) < 120


async def test_a_pause_ends_when_a_poll_is_wanted_now(town: Town, reading: Reading) -> None:
    town.app = Layer(_table(12))
    reading.feed.source = reading.feed.source.model_copy(update={"poll_s": 3600})
    polls = town.requests
    running = asyncio.create_task(Jobs().repeat(Job(POLLING, reading.runner.turn)))
    try:
        async with asyncio.timeout(60):
            for expected in (1, 2, 3):
                while town.requests < polls + expected or not reading.runner.waiting:  # noqa: ASYNC110 - no event
                    await asyncio.sleep(0.01)
                reading.runner.poll_now()
    finally:
        running.cancel()


async def test_what_a_wrong_clock_called_impossible_is_read_again_when_the_clock_was_set(
    town: Town, reading: Reading
) -> None:
    town.app = Layer(_table(12, received=(town.now + timedelta(hours=2)).isoformat()))
    reading.feed.cursor, reading.feed.cursor_known = "before", True
    feed = reading.feed
    feed.source = feed.source.model_copy(update={"max_rejected_share": 1.0})
    assert await reading.poll() is not None
    feed.cursor = "beyond"
    reading.runner.clock_was_set()
    assert feed.cursor == "before"
    town.app = Layer(_table(12))
    await reading.poll()
    feed.cursor = "beyond"
    reading.runner.clock_was_set()
    assert feed.cursor == "beyond"


class Moving:
    """A connector whose rows move while they are read, so many times."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.reads = 0

    async def fetch(self, cursor: str | None) -> AsyncIterator[Batch]:  # noqa: ARG002 - a protocol's
        self.reads += 1
        yield Batch([*_rows(2)], START, more=True)
        if self.reads <= self.times:
            raise RowsMoved
        yield Batch([*_rows(4)], START, complete=True)


@pytest.mark.parametrize(("times", "fails"), [(1, False), (3, False), (4, True)])
async def test_rows_that_moved_while_they_were_read_are_read_again_before_that_is_a_failure(
    town: Town, *, times: int, fails: bool
) -> None:
    moving = Moving(times)
    feed = Feed(town.city.source("calls"), town.city, moving, town.rules)
    with pytest.raises(RowsMoved) if fails else contextlib.nullcontext():
        await run_once(feed, town.store)
    assert moving.reads == 4 if fails else times + 1


async def test_of_an_answer_whose_rows_moved_no_part_is_stored(town: Town) -> None:
    moving = Moving(9)
    source = town.city.source("calls").model_copy(update={"closes": "never"})
    feed = Feed(source, town.city, moving, town.rules)
    with pytest.raises(RowsMoved):
        await run_once(feed, town.store)
    assert (moving.reads, town.store.head()) == (4, 0)
