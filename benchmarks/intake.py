"""Measure intake: the recorded Houston polls through the whole flow, against the same upserts issued bare."""

import asyncio
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import httpx
import msgspec
from table import Table

from blocklight.cli.recording import ReplayClock, answer_at_once
from blocklight.cli.serving import Options, Town, open_town
from blocklight.intake.connectors import connector
from blocklight.intake.connectors.recording import ReplayTransport, replay_lines
from blocklight.intake.run import Feed, Runner
from blocklight.model import Change, Outcome, PublicIncident
from blocklight.store import Applied, Store

_ROUNDS = 3
_GOAL = 3.0
_INCIDENT = (
    "INSERT INTO incident VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (id) DO UPDATE SET "
    "seq = excluded.seq, status = excluded.status, category = excluded.category, units = excluded.units, "
    "lon = excluded.lon, lat = excluded.lat, label = excluded.label, radius_m = excluded.radius_m, "
    "received_at = excluded.received_at, closed_at = excluded.closed_at, life = excluded.life"
)


@dataclass(slots=True)
class Replayed:
    """What one replay took and came to, poll by poll."""

    seconds: float = 0
    records: int = 0
    told: list[list[PublicIncident]] = field(default_factory=list)
    """Every public record of each poll, whether it said anything new or not."""
    changes: list[list[Change]] = field(default_factory=list)


class _Listening:
    """A store that remembers what it was given."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.told: list[list[PublicIncident]] = []

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - all else is the store's own
        return getattr(self._store, name)

    def apply(self, source: str, outcomes: Sequence[Outcome], **rest: Any) -> Applied:  # noqa: ANN401 - passed on
        self.told.append([outcome for outcome in outcomes if isinstance(outcome, PublicIncident)])
        return self._store.apply(source, outcomes, **rest)


def replay(recording: Path, folder: Path) -> Replayed:
    """Replay at full speed."""
    town = open_town(Options("houston", data=folder))
    lines = list(replay_lines(recording))
    begun = time.perf_counter()
    store = _Listening(town.store)
    records, heads = asyncio.run(_polls(town, store, lines))
    done = Replayed(time.perf_counter() - begun, records, store.told)
    before = 0
    for head in heads:
        done.changes.append(town.store.changes(before, head - before) if head > before else [])
        before = head
    town.store.close()
    return done


async def _polls(town: Town, store: _Listening, lines: list[tuple[datetime, bytes]]) -> tuple[int, list[int]]:
    source = town.city.source("active")
    transport, clock = ReplayTransport(), ReplayClock()
    records = 0
    heads: list[int] = []
    async with httpx.AsyncClient(transport=transport) as client:
        reader = connector(source, client=client, now=clock.now, sleep=answer_at_once)
        feed = Feed(source, town.city, reader, town.rules)
        runner = Runner(feed, cast("Store", store), now=clock.now, stored=lambda: None)
        for at, body in lines:
            clock.at, transport.body = at, body
            tally = await runner.poll()
            if tally is not None:
                records += tally.records
                heads.extend(applied.head for applied in tally.applied)
    return records, heads


def _row(seq: int, incident: PublicIncident, at: float) -> tuple[object, ...]:
    """Return one upsert's values in the order of its statement."""
    place, closed_at = incident.place, incident.closed_at
    head = (incident.id, seq, seq, incident.source, incident.kind, incident.agency)
    what = (incident.category, incident.status, incident.units, incident.priority)
    where = (None,) * 4 if place is None else (place.lon, place.lat, place.label, place.radius_m)
    when = (incident.received_at.timestamp(), closed_at and closed_at.timestamp(), at)
    return (*head, *what, *where, *when, "", "[]")


def bare(done: Replayed, path: Path, *, all_told: bool) -> float:
    """Issue the upserts straight to SQLite, a durable commit for each poll; return seconds.

    They are those of the rows that changed or, with *all_told*, of every record, as a plain loader's would be
    that does not look at what it has; the change log is the same.
    """
    encode = msgspec.json.Encoder().encode
    polls = []
    for told, poll in zip(done.told, done.changes, strict=True):
        put = [(change, change.incident) for change in poll if change.incident is not None]
        log = [
            (change.seq, incident.id, change.changed_at.timestamp(), encode(incident))
            for change, incident in put
        ]
        rows = [_row(change.seq, incident, change.changed_at.timestamp()) for change, incident in put]
        if all_told:
            at = put[-1][0].changed_at.timestamp() if put else 0.0
            rows = [_row(0, incident, at) for incident in told] + rows
        polls.append((rows, log))
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute(
        "CREATE TABLE incident (id TEXT PRIMARY KEY, first_seq, seq, source, kind, agency, category, status, "
        "units, priority, lon, lat, label, radius_m, received_at, closed_at, changed_at, areas, life)"
    )
    database.execute("CREATE INDEX by_time ON incident (received_at)")
    database.execute("CREATE TABLE change (seq INTEGER PRIMARY KEY, id, changed_at, body)")
    begun = time.perf_counter()
    for rows, log in polls:
        database.execute("BEGIN IMMEDIATE")
        database.executemany(_INCIDENT, rows)
        database.executemany("INSERT INTO change VALUES (?,?,?,?)", log)
        database.execute("COMMIT")
    taken = time.perf_counter() - begun
    database.close()
    return taken


def measure(table: Table, shared: Path) -> None:
    """Add the intake rows; the rounds alternate so that both sides meet the same machine."""
    recording = shared / "cad" / "houston" / "houston_raw_arcgis_2025-10-06_7d.jsonl.zst"
    ours, changed, everything, records = [], [], [], 0
    for _ in range(_ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            done = replay(recording, Path(folder))
            records = done.records
            ours.append(done.seconds)
            changed.append(bare(done, Path(folder) / "changed.sqlite3", all_told=False))
            everything.append(bare(done, Path(folder) / "everything.sqlite3", all_told=True))
    mine = statistics.median(ours)
    for what, floor in (
        ("every record and change, straight to SQLite", statistics.median(everything)),
        ("only what had changed, straight to SQLite", statistics.median(changed)),
    ):
        table.add(
            "619 Houston polls at full speed, durable commits",
            f"{mine:.1f} s, {records / mine:,.0f} records/s",
            f"{floor:.1f} s for the upserts of {what}",
            f"{mine / floor:.2f} times",
            f"at most {_GOAL:g} times",
            met=mine <= _GOAL * floor,
        )
