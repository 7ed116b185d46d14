"""A version that tells less takes back what earlier ones told: of patients, and of masks made coarser."""

import base64
from datetime import datetime, timedelta
from pathlib import Path

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from town import DESCRIBING, FILE, FIRES_LATER_NO_NOISE, KEY, NOW, Row, Town, a_row, a_town

from blocklight.app.policy_change import apply_policy
from blocklight.intake.geomask import mask_point
from blocklight.intake.redact import Rules
from blocklight.store import IncidentQuery, Pause

pytestmark = pytest.mark.anyio

TOLD = FILE.replace('labels = "hundred_block"', 'labels = "hundred_block"\nsource_types = true')
FINE = mask_point(-122.2711, 37.8123, 9)
# When the time step that holds `NOW` is over and has settled.
STEP_OVER = NOW + timedelta(minutes=10)

OF_THE_FINE_ONE = [str(FINE.lon).encode(), b"Main St", b"BURGLARY ALARM", b"report_taken"]


def call_named(what: str) -> Row:
    return a_row(1, what=what, ended="REPORT", state="DONE")


async def told(town: Town, *names: str) -> dict[str, bytes]:
    """Return every public byte of a call after its agency has named it so, one name after the other.

    A medical call is shown when its time step is over.
    """
    for minute, what in enumerate(names):
        await town.fetch(call_named(what), at=NOW + timedelta(minutes=minute))
    later = NOW + timedelta(minutes=len(names) + 5)
    town.store.release(later)
    return await town.public(later)


def of_calls(surfaces: dict[str, bytes]) -> list[tuple[str, bytes]]:
    """Leave out what describes the interface and its layers, and so lists every disposition that there is."""
    return [(path, body) for path, body in surfaces.items() if not path.endswith(DESCRIBING)]


async def test_of_a_call_that_becomes_medical_nothing_finer_is_told_any_more(tmp_path: Path) -> None:
    with a_town(tmp_path / "town", TOLD) as town:
        before = await told(town, "BURGLARY ALARM")
        assert all(mark in before["live"] for mark in OF_THE_FINE_ONE)
        after = await told(town, "BURGLARY ALARM", "SICK PERSON")
    assert len(after) >= 13
    for path, body in of_calls(after):
        for mark in OF_THE_FINE_ONE:
            assert mark not in body, path
    assert b'"category":"medical"' in after["live"]


async def test_a_call_that_was_medical_once_gets_no_finer_whatever_it_is_called_later(tmp_path: Path) -> None:
    with a_town(tmp_path / "town", TOLD) as town:
        after = await told(town, "SICK PERSON", "BURGLARY ALARM", "BURGLARY ALARM")
        head = town.store.head()
    for path, body in of_calls(after):
        for mark in OF_THE_FINE_ONE:
            assert mark not in body, path
    assert head == 2  # the third time it is told as it stands
    assert b'"category":"alarm"' in after["live"]


@pytest.mark.parametrize("between", ["FIRE", "LOUD MUSIC", "WIZARDRY", "a pause"])
async def test_a_call_that_was_medical_is_told_no_finer_after_it_was_taken_back(
    tmp_path: Path, between: str
) -> None:
    with a_town(tmp_path / "town", TOLD + FIRES_LATER_NO_NOISE) as town:
        await town.fetch(call_named("SICK PERSON") | {"state": "OPEN"})
        later = NOW + timedelta(minutes=1)
        if between == "a pause":
            town.store.pause(Pause("city", "", "for a test", later))
        else:
            await town.fetch(call_named(between), at=later)
        assert await town.features(later) == []  # it was taken back
        await town.fetch(call_named("BURGLARY ALARM"), at=later)
        town.store.resume("city", "", later)
        for what in ("BURGLARY ALARM", "FIRE", "BURGLARY ALARM"):
            town.store.release(later := later + timedelta(hours=1))
            await town.fetch(call_named(what), at=later)
        town.store.release(later := later + timedelta(hours=1))
        surfaces = await town.public(later)
    assert b'"category":"alarm"' in surfaces["live"]
    assert len(surfaces) >= 13
    for path, body in of_calls(surfaces):
        for mark in OF_THE_FINE_ONE:
            assert mark not in body, path


async def test_a_call_that_was_medical_and_moves_away_is_told_without_a_place(tmp_path: Path) -> None:
    with a_town(tmp_path / "town", TOLD) as town:
        await town.fetch(call_named("SICK PERSON"))
        await town.fetch(call_named("BURGLARY ALARM") | {"lon": -122.15, "lat": 37.75})
        town.store.release(STEP_OVER)
        (feature,) = await town.features(STEP_OVER)
    assert feature["geometry"] is None


@pytest.mark.parametrize("mask", ['place = "none"', "resolution = 7"])
async def test_a_call_that_was_medical_is_masked_by_a_rule_that_asks_for_more(
    tmp_path: Path, mask: str
) -> None:
    rule = f'[[policy.rules]]\nname = "alarms"\ncategory = "alarm"\naction = "publish"\n{mask}\n'
    with a_town(tmp_path / "town", TOLD + rule) as town:
        await town.fetch(call_named("SICK PERSON"))
        await town.fetch(call_named("BURGLARY ALARM"))
        town.store.release(STEP_OVER)
        (feature,) = await town.features(STEP_OVER)
    wanted = None if "none" in mask else mask_point(-122.2711, 37.8123, 7)
    assert feature["properties"]["category"] == "alarm"
    assert (feature["geometry"] is None) is (wanted is None)
    assert wanted is None or feature["geometry"]["coordinates"] == [wanted.lon, wanted.lat]


async def test_a_mask_made_coarser_takes_back_the_finer_places_of_the_past(tmp_path: Path) -> None:
    strict = TOLD.replace('labels = "hundred_block"', "resolution = 7").replace("source_types = true", "")
    with a_town(tmp_path / "town", TOLD) as town:
        await told(town, "BURGLARY ALARM")
        apply_policy(town.city, Rules.of(town.city, KEY), town.store, NOW)
        with a_town(tmp_path / "strict", strict) as other:
            city = other.city
        apply_policy(city, Rules.of(city, KEY), town.store, NOW)
        (feature,) = await town.features()
        surfaces = await town.public()
    assert feature["properties"]["place"]["radius_m"] > 1000
    for path, body in surfaces.items():
        for mark in OF_THE_FINE_ONE[:3]:
            assert mark not in body, path


async def test_times_cut_by_a_new_policy_are_told_uncut_nowhere(tmp_path: Path) -> None:
    rule = '[[policy.rules]]\nname = "steps"\naction = "publish"\ntime_step_min = 60\n'
    with a_town(tmp_path / "town", TOLD) as town:
        before = await told(town, "BURGLARY ALARM")
        apply_policy(town.city, Rules.of(town.city, KEY), town.store, NOW)
        with a_town(tmp_path / "strict", TOLD + rule) as other:
            city = other.city
        apply_policy(city, Rules.of(city, KEY), town.store, NOW)
        town.store.release(NOW + timedelta(hours=2))
        surfaces = await town.public(NOW + timedelta(hours=2))
    assert b"T04:50:00Z" in before["live"]
    assert b"T04:00:00Z" in surfaces["live"]
    for path, body in surfaces.items():
        assert b"T04:50:00Z" not in body, path


async def test_a_time_that_was_cut_later_is_in_no_pages_cursor(tmp_path: Path) -> None:
    rule = '[[policy.rules]]\nname = "steps"\naction = "publish"\ntime_step_min = 60\n'
    opened = [NOW - timedelta(minutes=7 + number, seconds=13) for number in range(3)]
    calls = [a_row(number, opened=at.isoformat()) for number, at in enumerate(opened)]
    with a_town(tmp_path / "town", TOLD) as town:
        await town.fetch(*calls)
        apply_policy(town.city, Rules.of(town.city, KEY), town.store, NOW)
        assert _in_cursors(town, opened)
        with a_town(tmp_path / "strict", TOLD + rule) as other:
            city = other.city
        apply_policy(city, Rules.of(city, KEY), town.store, NOW)
        town.store.release(NOW + timedelta(hours=2))
        assert not _in_cursors(town, opened)


def _in_cursors(town: Town, times: list[datetime]) -> bool:
    """Whether a cursor of a page of one incident holds one of some times."""
    page = town.store.query(IncidentQuery(limit=1))
    cursors = b""
    while page.next is not None:
        cursors += base64.urlsafe_b64decode(page.next)
        page = town.store.query(IncidentQuery(limit=1, cursor=page.next))
    assert cursors
    marks = [int(at.timestamp() * 1000).to_bytes(8, order) for at in times for order in ("big", "little")]
    return any(mark in cursors for mark in marks)


@settings(max_examples=12, suppress_health_check=list(HealthCheck))
@given(st.lists(st.sampled_from(["SICK PERSON", "BURGLARY ALARM", "LOUD MUSIC"]), min_size=1, max_size=5))
async def test_however_a_call_is_named_a_patients_place_is_told_coarsely_everywhere(
    tmp_path_factory: pytest.TempPathFactory, names: list[str]
) -> None:
    with a_town(tmp_path_factory.mktemp("town") / "town", TOLD) as town:
        surfaces = await told(town, *names)
    (feature,) = _features(surfaces)
    patient = "SICK PERSON" in names
    assert (feature["properties"]["place"]["radius_m"] > 450) is patient
    for path, body in surfaces.items():
        assert not (patient and str(FINE.lon).encode() in body), path


def _features(surfaces: dict[str, bytes]) -> list[Row]:
    body = surfaces["/api/v1/incidents"]
    found: list[Row] = orjson.loads(body[body.index(b'{"type"') :])["features"]
    return found
