"""Measure intake: the recorded Houston polls through the whole flow, against the same upserts issued bare."""

import asyncio
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any, cast
from unittest import mock

import httpx2
import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPICursor
from table import Table

from blocklight.app.city_runtime import CityRuntime, open_city
from blocklight.app.opening import Options
from blocklight.app.recording import ReplayClock, answer_at_once
from blocklight.intake.connectors import connector
from blocklight.intake.connectors.recording import ReplayTransport, replay_lines
from blocklight.intake.run import Feed, Runner
from blocklight.store.schema.engines import transaction
from blocklight.store.schema.patience import WRITING

_ROUNDS = 3
_GOAL = 3.0
# One poll's statements that write, in order, each with the rows that it was run for.
_Written = list[tuple[str, list[tuple[Any, ...]]]]

_WRITES = ("INSERT", "UPDATE", "DELETE")


class _Noting:
    """The writer's cursor, which notes what is written through it."""

    def __init__(self, cursor: DBAPICursor, written: _Written) -> None:
        self._cursor = cursor
        self._written = written

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - all else is the cursor's own
        return getattr(self._cursor, name)

    def execute(self, sql: str, row: Sequence[Any] = ()) -> object:
        if sql.startswith(_WRITES):
            self._written.append((sql, [tuple(row)]))
        return self._cursor.execute(sql, row)

    def executemany(self, sql: str, rows: list[tuple[Any, ...]]) -> object:
        self._written.append((sql, rows))
        return self._cursor.executemany(sql, rows)


@dataclass(frozen=True)
class Polls:
    """Polls of one recording: which city file reads them, and whether what waits is released between them."""

    recording: Path
    city: str
    releases: bool

    @classmethod
    def at_once(cls, recording: Path, folder: Path) -> "Polls":
        """Without steps: the times of medical calls are shown as they are, and nothing waits."""
        shipped = (files("blocklight.cities") / "houston.toml").read_text("utf-8")
        path = folder / "houston-at-once.toml"
        policy = '[policy.medical]\nshow = ["times"]\nreason = "As it was measured first"\n'
        path.write_text(f"{shipped}\n{policy}", "utf-8")
        return cls(recording, str(path), releases=False)


def written(polls: Polls, folder: Path) -> list[_Written]:
    """Replay once, untimed, and return what each transaction of the store wrote."""
    transactions: list[_Written] = []

    @contextmanager
    def noting(engine: sa.Engine, lock_s: float = WRITING.lock_s) -> Iterator[DBAPICursor]:
        with transaction(engine, lock_s) as cursor:
            transactions.append([])
            yield cast("DBAPICursor", _Noting(cursor, transactions[-1]))

    with mock.patch("blocklight.store.write_store.transaction", noting):
        replay(polls, folder)
    return transactions


def replay(polls: Polls, folder: Path) -> tuple[float, int]:
    """Replay at full speed; return seconds and records."""
    town = open_city(Options(polls.city, data=folder))
    lines = list(replay_lines(polls.recording))
    begun = time.perf_counter()
    records = asyncio.run(_polls(town, lines, releases=polls.releases))
    taken = time.perf_counter() - begun
    town.store.close()
    return taken, records


async def _polls(town: CityRuntime, lines: list[tuple[datetime, bytes]], *, releases: bool) -> int:
    source = town.city.source("active")
    transport, clock = ReplayTransport(), ReplayClock()
    records = 0
    async with httpx2.AsyncClient(transport=transport) as client:
        reader = connector(source, client=client, now=clock.now, sleep=answer_at_once)
        feed = Feed(source, town.city, reader, town.rules)
        runner = Runner(feed, town.store, now=clock.now, stored=lambda: None)
        for at, body in lines:
            clock.at, transport.body = at, body
            if releases:  # as a running city does between two polls
                town.store.release(at)
            tally = await runner.poll()
            if tally is not None:
                records += tally.records
    return records


def bare(transactions: list[_Written], folder: Path) -> float:
    """Issue the same statements and rows straight to SQLite, as many durable commits; return seconds."""
    open_city(Options("houston", data=folder)).store.close()  # the same tables, empty
    database = sqlite3.connect(folder / "blocklight.sqlite3", isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "cache_size = -64000"):
        database.execute(f"PRAGMA {pragma}")
    begun = time.perf_counter()
    for transaction_written in transactions:
        database.execute("BEGIN IMMEDIATE")
        for sql, rows in transaction_written:
            database.executemany(sql, rows)
        database.execute("COMMIT")
    taken = time.perf_counter() - begun
    database.close()
    return taken


def measure(table: Table, shared: Path) -> None:
    """Add the rows of polls, once with all that is published at once, and as the city file has it."""
    recording = shared / "cad" / "houston" / "houston_raw_arcgis_2025-10-06_7d.jsonl.zst"
    with tempfile.TemporaryDirectory() as name:
        at_once = Polls.at_once(recording, Path(name))
        _add(table, at_once, "{} Houston polls at full speed, durable commits, all published at once")
    in_steps = Polls(recording, "houston", releases=True)
    _add(table, in_steps, "The same where medical calls wait for the end of a step: {} polls and releases")


def _add(table: Table, polls: Polls, what: str) -> None:
    """Add one row; the rounds alternate so that both sides meet the same machine."""
    ours, floor, records = [], [], 0
    with tempfile.TemporaryDirectory() as folder:
        transactions = written(polls, Path(folder))
    for _ in range(_ROUNDS):
        with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
            taken, records = replay(polls, Path(one))
            ours.append(taken)
            floor.append(bare(transactions, Path(other)))
    mine, theirs = statistics.median(ours), statistics.median(floor)
    table.add(
        what.format(len(transactions)),
        f"{mine:.1f} s, {records / mine:,.0f} records/s",
        f"{theirs:.1f} s for the same statements and rows straight to SQLite, as many commits",
        f"{mine / theirs:.2f} times",
        f"at most {_GOAL:g} times",
        met=mine <= _GOAL * theirs,
    )
