"""A day-by-day table of unit rows, served as its portal does, against a direct reading of its lines."""

import csv
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import h3
import httpx2
import orjson
import pytest
from archived import archived
from loopback.server import Loopback, serving
from loopback.soda import Dataset, soda_rows
from loopback.table import Table
from whole_record import tables

from blocklight.config.city import load_city
from blocklight.config.policy import MedicalDetail
from blocklight.geo.areas import Areas
from blocklight.insight.past import Past
from blocklight.intake.connectors import connector
from blocklight.intake.redact import Rules
from blocklight.intake.run import Feed, Tally, run_once
from blocklight.model.changes import StoredIncident
from blocklight.model.vocabulary import Reason, StageTime
from blocklight.store import IncidentQuery, Store

SAN_FRANCISCO = ZoneInfo("America/Los_Angeles")
NOW = datetime(2020, 4, 22, 12, tzinfo=UTC)
STAGES = ("received_dttm", "dispatch_dttm", "response_dttm", "on_scene_dttm")
TIMES = (*STAGES, "available_dttm", "entry_dttm", "transport_dttm", "hospital_dttm")

# The header of the download, and the names that the portal gives to the same columns (dataset nuek-vuh3).
COLUMNS = {
    "Call Number": "call_number",
    "Unit ID": "unit_id",
    "Incident Number": "incident_number",
    "Call Type": "call_type",
    "Call Date": "call_date",
    "Watch Date": "watch_date",
    "Received DtTm": "received_dttm",
    "Entry DtTm": "entry_dttm",
    "Dispatch DtTm": "dispatch_dttm",
    "Response DtTm": "response_dttm",
    "On Scene DtTm": "on_scene_dttm",
    "Transport DtTm": "transport_dttm",
    "Hospital DtTm": "hospital_dttm",
    "Call Final Disposition": "call_final_disposition",
    "Available DtTm": "available_dttm",
    "Address": "address",
    "City": "city",
    "Zipcode of Incident": "zipcode_of_incident",
    "Battalion": "battalion",
    "Station Area": "station_area",
    "Box": "box",
    "Original Priority": "original_priority",
    "Priority": "priority",
    "Final Priority": "final_priority",
    "ALS Unit": "als_unit",
    "Call Type Group": "call_type_group",
    "Number of Alarms": "number_of_alarms",
    "Unit Type": "unit_type",
    "Unit sequence in call dispatch": "unit_sequence_in_call_dispatch",
    "Fire Prevention District": "fire_prevention_district",
    "Supervisor District": "supervisor_district",
    "Neighborhooods - Analysis Boundaries": "neighborhoods_analysis_boundaries",
    "Location": "case_location",
    "RowID": "rowid",
}
MEANING = {
    "Medical Incident": "medical",
    "Alarms": "alarm",
    "Structure Fire": "fire",
    "Outside Fire": "fire",
    "Vehicle Fire": "fire",
    "Smoke Investigation (Outside)": "fire",
    "Traffic Collision": "traffic_collision",
    "Other": "other",
    "Citizen Assist / Service Call": "service",
    "Gas Leak (Natural and LP Gases)": "hazard",
    "Electrical Hazard": "hazard",
    "Odor (Strange / Unknown)": "hazard",
    "Fuel Spill": "hazard",
    "Water Rescue": "rescue",
    "Elevator / Escalator Rescue": "rescue",
}

# Where officers are at work: withheld.
ASSIST_POLICE = "Assist Police"

Reading = tuple[Any, ...]


def _time(text: str) -> datetime | None:
    return datetime.strptime(text, "%m/%d/%Y %I:%M:%S %p").replace(tzinfo=SAN_FRANCISCO) if text else None


@pytest.fixture(scope="module")
def unit_rows(shared_data: Path) -> list[dict[str, str]]:
    path = shared_data / "cad" / "sf_fire" / "Fire_Department_Calls_for_Service_2020.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return [{COLUMNS[name]: text for name, text in row.items()} for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def reading(unit_rows: list[dict[str, str]]) -> list[Reading]:
    """What a person would write down for each call: category, priority, units, place and the stages."""
    calls: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in unit_rows:
        calls[row["call_number"]].append(row)
    found = []
    for rows in calls.values():
        if any(row["call_type"] == ASSIST_POLICE for row in rows):
            continue
        category = MEANING[rows[0]["call_type"]]
        lat, lon = map(float, rows[0]["case_location"].strip("()").split(","))
        medical = category == "medical"  # of a patient's call neither priority nor units are shown
        cell = h3.latlng_to_cell(lat, lon, 9)
        cell = h3.cell_to_parent(cell, 8) if medical else cell
        priority = None if medical else {"3": 1, "2": 2}[rows[0]["final_priority"]]
        first = [_utc(min(filter(None, (_time(row[c]) for row in rows)), default=None)) for c in STAGES]
        ends = [_time(row["available_dttm"]) for row in rows]
        closed = None if None in ends else _utc(max(filter(None, ends)))
        found.append((category, priority, None if medical else len(rows), cell, *first, closed))
    return found


def _utc(time: datetime | None) -> datetime | None:
    return None if time is None else time.astimezone(UTC)


@pytest.fixture(scope="module")
def portal(unit_rows: list[dict[str, str]]) -> Iterator[Loopback]:
    with _served(unit_rows) as server:
        yield server


@contextmanager
def _served(unit_rows: list[dict[str, str]]) -> Iterator[Loopback]:
    """Serve the rows as the portal does: floating timestamps, GeoJSON points, empty cells left out."""
    rows: list[Mapping[str, Any]] = []
    for row in unit_rows:
        told: dict[str, str | None] = {column: text or None for column, text in row.items()}
        for column in TIMES:
            time = _time(row[column])
            told[column] = time.replace(tzinfo=None).isoformat(timespec="milliseconds") if time else None
        lat, lon = map(float, row["case_location"].strip("()").split(","))
        told["case_location"] = orjson.dumps({"type": "Point", "coordinates": [lon, lat]}).decode()
        rows.append(told)
    table = Table((":id", ":updated_at", *COLUMNS.values()), soda_rows(rows))
    with serving(Dataset(table, nested=frozenset({"case_location"}))) as server:
        yield server
    table.close()


async def _fetched(portal: Loopback, folder: Path, *, fetches: int = 1, **changes: Any) -> list[Tally]:  # noqa: ANN401 - fields of a source
    shipped = load_city("san-francisco-fire")
    times = MedicalDetail(show=("times",), reason="For a direct reading, which knows no steps")
    city = shipped.model_copy(update={"policy": shipped.policy.model_copy(update={"medical": times})})
    spec = city.source("calls").model_copy(update={"url": f"{portal.url}/resource/nuek-vuh3.json"} | changes)
    rules = Rules.of(city, bytes(32), Areas(city))
    with Store.open(f"sqlite:///{folder / 'blocklight.sqlite3'}", city.city.id) as store:
        async with httpx2.AsyncClient() as client:
            feed = Feed(spec, city, connector(spec, client=client, now=lambda: NOW), rules)
            return [await run_once(feed, store) for _ in range(fetches)]


def _public(folder: Path) -> list[StoredIncident]:
    with Store.open(f"sqlite:///{folder / 'blocklight.sqlite3'}", "san-francisco-fire") as store:
        return [stored for block in store.window(NOW - timedelta(days=60)) for stored in block]


@pytest.mark.anyio
async def test_unit_rows_become_incidents_with_the_first_stages_of_any_unit(
    portal: Loopback, reading: list[Reading], tmp_path: Path
) -> None:
    tally = (await _fetched(portal, tmp_path))[0]
    assert (tally.records, tally.published) == (10_410, 5_287)
    assert tally.withheld == {Reason.SENSITIVE: 5}
    assert not tally.rejected
    assert not tally.repaired
    published: Counter[Reading] = Counter()
    for stored in _public(tmp_path):
        call = stored.incident
        assert call.place is not None
        assert call.status == ("open" if call.closed_at is None else "closed")
        cell = h3.latlng_to_cell(call.place.lat, call.place.lon, 8 if call.category == "medical" else 9)
        stages = (call.received_at, call.dispatched_at, call.en_route_at, call.on_scene_at, call.closed_at)
        published[call.category.value, call.priority, call.units, cell, *stages] += 1
    assert published.total() == 5_287
    assert published == Counter(reading)


@pytest.mark.anyio
@pytest.mark.parametrize("page_size", [37, 1000])
async def test_pages_that_split_incidents_change_nothing(
    portal: Loopback, tmp_path: Path, page_size: int
) -> None:
    whole, paged = tmp_path / "whole", tmp_path / "paged"
    whole.mkdir()
    paged.mkdir()
    await _fetched(portal, whole, page_size=50_000)
    asked = len(portal.asked)
    await _fetched(portal, paged, page_size=page_size)
    assert len(portal.asked) - asked > 10_410 / page_size
    assert tables(paged / "blocklight.sqlite3") == tables(whole / "blocklight.sqlite3")


@pytest.mark.anyio
async def test_fetching_the_same_rows_again_changes_nothing(portal: Loopback, tmp_path: Path) -> None:
    await _fetched(portal, tmp_path)
    before = tables(tmp_path / "blocklight.sqlite3")
    tally = (await _fetched(portal, tmp_path))[0]
    assert 0 < tally.records < 10_410, "only the days of the overlap are read again"
    assert tables(tmp_path / "blocklight.sqlite3") == before


@pytest.mark.anyio
async def test_no_word_of_how_a_patient_fared_and_no_unit_reaches_the_store(
    portal: Loopback, unit_rows: list[dict[str, str]], tmp_path: Path
) -> None:
    await _fetched(portal, tmp_path)
    stored = repr(tables(tmp_path / "blocklight.sqlite3"))
    numbers = {row["call_number"] for row in unit_rows} | {row["incident_number"] for row in unit_rows}
    units = {row["unit_id"] for row in unit_rows if not row["unit_id"].isdecimal()}
    assert len(numbers) > 10_000
    assert len(units) > 100
    assert (numbers | units) & set(re.findall(r"\w+", stored)) == set()
    fates = {row["call_final_disposition"] for row in unit_rows} - {"Other", "Fire", "Cancelled"}
    streets = {row["address"].split(" of ")[-1] for row in unit_rows}
    assert [text for text in sorted(fates | streets) if len(text) > 3 and text in stored] == []
    medical = [stored.incident for stored in _public(tmp_path) if stored.incident.category == "medical"]
    assert len(medical) > 3_000
    assert {incident.disposition for incident in medical} == {None}


# Where the begin and the end of a stage stand in a reading.
_STAGE_COLUMNS = {
    "queue": (4, 5),
    "turnout": (5, 6),
    "travel": (6, 7),
    "response": (4, 7),
    "on_scene": (7, 8),
}

_DAY_S = 86_400


def _direct(calls: list[Reading], stage: str) -> tuple[Any, ...]:
    """Served, negative, absurd, without a begin; and median, mean and 90th percentile, by sorting."""
    begin, end = _STAGE_COLUMNS[stage]
    took = sorted((call[end] - call[begin]).total_seconds() for call in calls if call[begin] and call[end])
    served = [seconds for seconds in took if 0 <= seconds <= _DAY_S]
    counts = (
        len(served),
        sum(s < 0 for s in took),
        sum(s > _DAY_S for s in took),
        sum(c[begin] is None for c in calls),
    )
    if len(served) < 5:
        return (*counts, None)
    nth = [served[math.ceil(len(served) * share) - 1] for share in (0.5, 0.9)]
    return (*counts, (nth[0], pytest.approx(sum(served) / len(served)), nth[1]))


@pytest.mark.anyio
async def test_every_cell_of_response_times_is_what_the_file_says_itself(
    portal: Loopback, reading: list[Reading], tmp_path: Path
) -> None:
    await _fetched(portal, tmp_path)
    cells: dict[tuple[Any, ...], list[Reading]] = defaultdict(list)
    for call in reading:
        cells[call[0], call[1]].append(call)
    city = load_city("san-francisco-fire")
    compared = refused = 0
    with (
        Store.open(f"sqlite:///{tmp_path / 'blocklight.sqlite3'}", city.city.id) as store,
        archived(city, store, tmp_path / "archive", lambda: NOW) as engine,
    ):
        past = Past(city, engine)
        for stage in StageTime:
            rows = dict(past.response_times(IncidentQuery(), stage, ("category", "priority")).rows)
            assert set(rows) == set(cells)
            for key, row in rows.items():
                fates, figures = row.fates, row.naive
                told = None if figures is None else figures[:3]
                *counts, expected = _direct(cells[key], stage)
                assert [fates.served, fates.negative, fates.absurd, fates.no_start] == counts, (stage, key)
                assert fates.calls + fates.excluded == len(cells[key])
                if row.refusal is None:
                    assert told == expected, (stage, key)
                refused += row.refusal is not None
                compared += row.refusal is None
    assert compared > 40
    assert refused < compared
