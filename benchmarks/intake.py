"""Measure intake: the recorded Houston polls through the whole flow, against the same upserts issued bare."""

import asyncio
import sqlite3
import statistics
import tempfile
import time
from datetime import datetime
from pathlib import Path

import httpx
import msgspec
from table import Table

from blocklight.cli.recording import ReplayClock, answer_at_once
from blocklight.cli.serving import Options, Town, open_town
from blocklight.intake.connectors import connector
from blocklight.intake.connectors.recording import ReplayTransport, replay_lines
from blocklight.intake.run import Feed, Runner
from blocklight.model import Change, PublicIncident

_ROUNDS = 3
_GOAL = 3.0
_INCIDENT = (
    "INSERT INTO incident VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (id) DO UPDATE SET "
    "seq = excluded.seq, status = excluded.status, category = excluded.category, units = excluded.units, "
    "lon = excluded.lon, lat = excluded.lat, label = excluded.label, radius_m = excluded.radius_m, "
    "received_at = excluded.received_at, closed_at = excluded.closed_at, life = excluded.life"
)


def replay(recording: Path, folder: Path) -> tuple[float, int, list[list[Change]]]:
    """Replay at full speed; return seconds, records, and the changes that each poll came to."""
    town = open_town(Options("houston", data=folder))
    lines = list(replay_lines(recording))
    begun = time.perf_counter()
    records, heads = asyncio.run(_polls(town, lines))
    taken = time.perf_counter() - begun
    changes: list[list[Change]] = []
    before = 0
    for head in heads:
        changes.append(town.store.changes(before, head - before) if head > before else [])
        before = head
    town.store.close()
    return taken, records, changes


async def _polls(town: Town, lines: list[tuple[datetime, bytes]]) -> tuple[int, list[int]]:
    source = town.city.source("active")
    transport, clock = ReplayTransport(), ReplayClock()
    records = 0
    heads: list[int] = []
    async with httpx.AsyncClient(transport=transport) as client:
        reader = connector(source, client=client, now=clock.now, sleep=answer_at_once)
        runner = Runner(
            Feed(source, town.city, reader, town.rules), town.store, now=clock.now, stored=lambda: None
        )
        for at, body in lines:
            clock.at, transport.body = at, body
            tally = await runner.poll()
            if tally is not None:
                records += tally.records
                heads.extend(applied.head for applied in tally.applied)
    return records, heads


def _row(change: Change, incident: PublicIncident) -> tuple[object, ...]:
    """Return one upsert's values in the order of its statement."""
    place, closed_at = incident.place, incident.closed_at
    head = (incident.id, change.first_seq, change.seq, incident.source, incident.kind, incident.agency)
    what = (incident.category, incident.status, incident.units, incident.priority)
    where = (None,) * 4 if place is None else (place.lon, place.lat, place.label, place.radius_m)
    when = (
        incident.received_at.timestamp(),
        closed_at and closed_at.timestamp(),
        change.changed_at.timestamp(),
    )
    return (*head, *what, *where, *when, "", "[]")


def bare(changes: list[list[Change]], path: Path) -> float:
    """Issue the same upserts straight to SQLite, a durable commit for each poll; return seconds."""
    encode = msgspec.json.Encoder().encode
    polls = []
    for poll in changes:
        rows, log = [], []
        for change in poll:
            incident = change.incident
            if incident is None:
                continue
            rows.append(_row(change, incident))
            log.append((change.seq, incident.id, change.changed_at.timestamp(), encode(incident)))
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
    ours, floor, records = [], [], 0
    for _ in range(_ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            taken, records, changes = replay(recording, Path(folder))
            ours.append(taken)
            floor.append(bare(changes, Path(folder) / "bare.sqlite3"))
    mine, straight = statistics.median(ours), statistics.median(floor)
    table.add(
        "619 Houston polls at full speed, durable commits",
        f"{mine:.1f} s, {records / mine:,.0f} records/s",
        f"{straight:.1f} s for the same upserts straight to SQLite",
        f"{mine / straight:.2f} times",
        f"at most {_GOAL:g} times",
        met=mine <= _GOAL * straight,
    )
