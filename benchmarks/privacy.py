"""Measure what privacy costs: redacting under a large policy, and the public ledger of a year."""

import gc
import random
import shutil
import statistics
import tempfile
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import orjson
import sqlalchemy as sa
from table import Table, median_s

from blocklight.api.ledger import LedgerParameters, ledger_answer
from blocklight.api.state import Public
from blocklight.config.city import City, default_call_types, parse_city
from blocklight.geo.approved_places import ApprovedPlaces
from blocklight.geo.areas import Areas
from blocklight.geo.exact import ExactPoint, SourceKey, degrees, key_text
from blocklight.intake.record import Incident
from blocklight.intake.redact import Rules, redact
from blocklight.model.record import Place
from blocklight.model.vocabulary import Kind, PlaceKind, Reason, Status
from blocklight.publish.publisher import Publisher
from blocklight.store import Store
from blocklight.store.schema import tables

_RULES, _PLACES, _RECORDS, _ROUNDS = 200, 20_000, 60_000, 5
_GOAL_RECORDS_S, _GOAL_LEDGER_MS = 50_000, 50
_NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
_LAYERS = {
    "beat": ("police_beats_2009.geojson", "Name"),
    "council_district": ("council_districts.geojson", "name"),
    "neighborhood": ("neighborhoods_clickthathood.geojson", "name"),
}


def measure(table: Table, shared: Path) -> None:
    """Add the rows of redacting and of the ledger."""
    with tempfile.TemporaryDirectory() as folder:
        city = _city(Path(folder), shared)
        areas = Areas(city)
        _measure_redacting(table, city, areas)
        _measure_ledger(table, city, areas, Path(folder))


def _measure_redacting(table: Table, city: City, areas: Areas) -> None:
    chance = random.Random(4)  # noqa: S311 - makes examples, guards nothing
    places = _places(city, areas, chance)
    # The policy asks for places; its own file is not made for a measurement.
    policy = city.policy.model_copy(update={"place": "nearest"})
    rules = Rules.of(city, bytes(32), areas)
    rules = replace(
        rules,
        policy=policy,
        decider=replace(rules.decider, policy=policy),
        masks=replace(rules.masks, approved=places),
    )
    incidents = _incidents(areas, chance)
    for incident in incidents:  # which squares a border crosses is found out once
        redact(incident, rules)
    gc.freeze()  # what other benchmarks left is no part of this one
    plain = [_plain(incident) for incident in incidents]
    taken, floors, shown = [], [], 0
    for _ in range(_ROUNDS):
        begun = time.process_time()
        outcomes = [redact(incident, rules) for incident in incidents]
        taken.append(time.process_time() - begun)
        begun = time.process_time()
        for one in plain:
            msgspec.json.encode(one)
        floors.append(time.process_time() - begun)
        shown = sum(getattr(outcome, "place", None) is not None for outcome in outcomes)
    if shown < _RECORDS // 4:
        raise RuntimeError(f"only {shown} of {_RECORDS} incidents are shown at a place")
    gc.unfreeze()
    rate = _RECORDS / statistics.median(taken)
    table.add(
        f"Redact, {_RULES} rules and {_PLACES:,} approved places, of processor time",
        f"{rate:,.0f} records/s, {shown / _RECORDS:.0%} at a place",
        f"msgspec writing the same incidents as JSON {_RECORDS / statistics.median(floors):,.0f}/s",
        f"{statistics.median(taken) / statistics.median(floors):.1f} times",
        f"at least {_GOAL_RECORDS_S:,} records/s",
        met=rate >= _GOAL_RECORDS_S,
    )


_Plain = msgspec.defstruct("_Plain", Incident.__struct_fields__)


def _plain(incident: Incident) -> msgspec.Struct:
    """Return an incident that can be written as JSON, as an incident itself cannot."""
    point = incident.point and degrees(incident.point)
    fields = msgspec.structs.asdict(incident)
    return _Plain(**fields | {"point": point, "source_key": key_text(incident.source_key)})


def _measure_ledger(table: Table, city: City, areas: Areas, folder: Path) -> None:
    with Store.open(f"sqlite:///{folder}/ledger.sqlite3", city.city.id) as store:
        _fill(store)
        publisher = Publisher(city, store, now=lambda: _NOW)
        publisher.load()
        state = Public(city, store, publisher, areas)
        year = LedgerParameters.model_validate({"from": "2025-01-01", "to": "2025-12-31"})
        body = ledger_answer(state, year)
        if len(body["days"]) != 365 or body["total"]["published"] < 1000:
            raise RuntimeError("the ledger holds no year")
        ours = median_s(lambda: orjson.dumps(ledger_answer(state, year)), 15)
        floor = median_s(lambda: store.ledger(date(2025, 1, 1), date(2025, 12, 31)), 15)
        table.add(
            "The public ledger of a year, six sources",
            f"{ours * 1000:.1f} ms",
            f"reading its rows {floor * 1000:.1f} ms",
            f"{ours / floor:.1f} times",
            f"under {_GOAL_LEDGER_MS} ms",
            met=ours * 1000 < _GOAL_LEDGER_MS,
        )


def _fill(store: Store) -> None:
    """Write a year of counts as intake would have come to them."""
    chance = random.Random(2)  # noqa: S311 - see above
    outcomes = [("published", ""), ("held", ""), ("retracted", "sensitive"), ("rejected", "bad_time")]
    outcomes += [("withheld", str(reason)) for reason in Reason]
    rows = [
        {"day": str(date(2025, 1, 1) + timedelta(days=n)), "source": f"s{source}", "outcome": outcome,
         "reason": reason, "n": chance.randint(0, 90)}
        for n in range(365)
        for source in range(6)
        for outcome, reason in outcomes
    ]  # fmt: skip
    with store._engines.write.begin() as connection:  # noqa: SLF001 - no method writes a whole year
        connection.execute(sa.insert(tables.ledger), rows)
        key = (tables.ledger.c.day, tables.ledger.c.outcome, tables.ledger.c.reason)
        whole = sa.select(*key, sa.func.sum(tables.ledger.c.n)).group_by(*key)
        connection.execute(
            sa.insert(tables.city_ledger).from_select(["day", "outcome", "reason", "n"], whole)
        )


def _city(folder: Path, shared: Path) -> City:
    gis = shared / "gis" / "oakland"
    for file, _ in _LAYERS.values():
        shutil.copyfile(gis / file, folder / file)
    table: dict[str, Any] = {
        "city": {
            "id": "oakland",
            "name": "Oakland",
            "time_zone": "America/Los_Angeles",
            "bounds": {"west": -122.36, "south": 37.69, "east": -122.11, "north": 37.89},
        },
        "sources": [
            {
                "id": f"s{n}",
                "label": f"Source {n}",
                "connector": "arcgis",
                "url": "http://127.0.0.1:9/FeatureServer/0",
                "key": ["id"],
                "closes": "vanish",
                "fields": {
                    "received_at": "at",
                    "source_type": "type",
                    "agency": {"default": "police"},
                    "address": "where",
                },
            }
            for n in range(6)
        ],
        "areas": [
            {"kind": kind, "label": kind, "file": file, "id": column, "name": column}
            for kind, (file, column) in _LAYERS.items()
        ],
        "policy": {"rules": list(_rules(random.Random(1)))},  # noqa: S311 - see above
    }
    return parse_city(table, file="oakland.toml", folder=folder)


def _rules(chance: random.Random) -> Any:  # noqa: ANN401 - tables of a city file
    """Yield rules of every sort, the last of them for everything; none comes before another in vain."""
    exact = sorted(default_call_types().exact)
    for n in range(_RULES - 1):
        rule: dict[str, Any] = {"name": f"rule-{n}", "source": f"s{n % 6}", "priority": 100 + n}
        sort = n % 5
        if sort == 0:
            rule |= {"types": f"TYPE {n}", "action": "withhold"}
        elif sort == 1:
            rule |= {"match": f"^SPECIAL {n}\\b", "action": "hold", "for_min": 30}
        elif sort == 2:
            rule |= {"category": ["noise", "theft"], "action": "publish", "time_step_min": 15}
        elif sort == 3:
            del rule["priority"]
            rule |= {"area": f"beat:{n % 35 + 1:02}X", "time_of_day": f"{n % 24:02}:00-{n % 24:02}:30"}
            rule |= {"action": "publish", "place": "area", "area_kind": "beat"}
            rule |= {"types": chance.choice(exact)} if exact else {}
        else:
            rule |= {"status": "open", "origin": "officer", "action": "hold", "until_closed": True}
        yield rule
    yield {"name": "rest", "action": "publish"}


def _places(city: City, areas: Areas, chance: random.Random) -> ApprovedPlaces:
    points = _points(areas, _PLACES, chance)
    kinds = (PlaceKind.INTERSECTION, PlaceKind.BLOCK)
    listed = [Place(*at, kinds[n % 2], 400, f"{n} St & Oak Ave") for n, at in enumerate(points)]
    return ApprovedPlaces(listed, city, areas)


def _points(areas: Areas, count: int, chance: random.Random) -> list[tuple[float, float]]:
    found: dict[tuple[float, float], None] = {}
    while len(found) < count:
        lon, lat = chance.uniform(-122.34, -122.12), chance.uniform(37.7, 37.88)
        if "beat" in areas.areas_of_exact(ExactPoint(lon, lat)):
            found[round(lon, 6), round(lat, 6)] = None
    return list(found)


def _incidents(areas: Areas, chance: random.Random) -> list[Incident]:
    types = [
        "NOISE",
        "BURGLARY",
        "THEFT",
        "ALARM",
        "SICK PERSON",
        "STRUCTURE FIRE",
        "LOUD PARTY",
        "VANDALISM",
    ]
    return [
        Incident(
            source=f"s{n % 6}",
            source_key=SourceKey(f"P25-{n:06}"),
            kind=Kind.CALL,
            agency="police",
            source_type=chance.choice(types),
            status=chance.choice(list(Status)),
            received_at=_NOW - timedelta(minutes=chance.randrange(10_000)),
            point=ExactPoint(lon, lat),
            priority=chance.randint(1, 5),
        )
        for n, (lon, lat) in enumerate(_points(areas, _RECORDS, chance))
    ]
