"""Measure intake: the recorded Houston polls through the whole flow, against the same upserts issued bare."""

import asyncio
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
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
_Written = list[tuple[str, list[tuple[Any, ...]]]]
"""One poll's statements that write, in order, each with the rows that it was run for."""
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


def written(recording: Path, folder: Path) -> list[_Written]:
    """Replay once, untimed, and return what each transaction of the store wrote."""
    polls: list[_Written] = []

    @contextmanager
    def noting(engine: sa.Engine, lock_s: float = WRITING.lock_s) -> Iterator[DBAPICursor]:
        with transaction(engine, lock_s) as cursor:
            polls.append([])
            yield cast("DBAPICursor", _Noting(cursor, polls[-1]))

    with mock.patch("blocklight.store.write_store.transaction", noting):
        replay(recording, folder)
    return polls


def replay(recording: Path, folder: Path) -> tuple[float, int]:
    """Replay at full speed; return seconds and records."""
    town = open_city(Options("houston", data=folder))
    lines = list(replay_lines(recording))
    begun = time.perf_counter()
    records = asyncio.run(_polls(town, lines))
    taken = time.perf_counter() - begun
    town.store.close()
    return taken, records


async def _polls(town: CityRuntime, lines: list[tuple[datetime, bytes]]) -> int:
    source = town.city.source("active")
    transport, clock = ReplayTransport(), ReplayClock()
    records = 0
    async with httpx2.AsyncClient(transport=transport) as client:
        reader = connector(source, client=client, now=clock.now, sleep=answer_at_once)
        feed = Feed(source, town.city, reader, town.rules)
        runner = Runner(feed, town.store, now=clock.now, stored=lambda: None)
        for at, body in lines:
            clock.at, transport.body = at, body
            town.store.release(at)  # as a running city does between two polls
            tally = await runner.poll()
            if tally is not None:
                records += tally.records
    return records


def bare(polls: list[_Written], folder: Path) -> float:
    """Issue the same statements and rows straight to SQLite, a durable commit a poll; return seconds."""
    open_city(Options("houston", data=folder)).store.close()  # the same tables, empty
    database = sqlite3.connect(folder / "blocklight.sqlite3", isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "cache_size = -64000"):
        database.execute(f"PRAGMA {pragma}")
    begun = time.perf_counter()
    for poll in polls:
        database.execute("BEGIN IMMEDIATE")
        for sql, rows in poll:
            database.executemany(sql, rows)
        database.execute("COMMIT")
    taken = time.perf_counter() - begun
    database.close()
    return taken


def measure(table: Table, shared: Path) -> None:
    """Add the intake row; the rounds alternate so that both sides meet the same machine."""
    recording = shared / "cad" / "houston" / "houston_raw_arcgis_2025-10-06_7d.jsonl.zst"
    ours, floor, records = [], [], 0
    with tempfile.TemporaryDirectory() as folder:
        polls = written(recording, Path(folder))
    for _ in range(_ROUNDS):
        with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
            taken, records = replay(recording, Path(one))
            ours.append(taken)
            floor.append(bare(polls, Path(other)))
    mine, theirs = statistics.median(ours), statistics.median(floor)
    table.add(
        f"{len(polls)} Houston polls at full speed, durable commits",
        f"{mine:.1f} s, {records / mine:,.0f} records/s",
        f"{theirs:.1f} s for the same statements and rows straight to SQLite, a commit a poll",
        f"{mine / theirs:.2f} times",
        f"at most {_GOAL:g} times",
        met=mine <= _GOAL * theirs,
    )
