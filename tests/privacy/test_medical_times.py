"""To the second, the times of a medical call tell which ambulance it was: they are cut by default."""

import tomllib
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from town import FILE, KEY, NOW, Row, Town, a_row, a_town

from blocklight.config.city import parse_city
from blocklight.errors import CityFileError
from blocklight.intake.feed import Feed
from blocklight.intake.redact import Rules
from blocklight.intake.tally import Tally
from blocklight.model.outcomes import Held
from blocklight.model.record import PublicIncident

pytestmark = pytest.mark.anyio

CLOSING = FILE.replace("lat = ", 'closed_at = { from = "closed", convert = "iso" }\nlat = ', 1)
UNCUT = CLOSING + '[policy.medical]\nshow = ["times"]\nreason = "The fire board publishes its run times"\n'
OPENED = NOW - timedelta(minutes=7, seconds=13)
SICK: Row = {"what": "SICK PERSON", "opened": OPENED.isoformat(), "closed": None}
# When a step that begins now has ended and settled.
END = NOW + timedelta(minutes=7)

ELSEWHERE: Row = {"lon": -122.2, "lat": 37.8}


async def medical(town: Town) -> list[Row]:
    """Return what is published of medical calls."""
    shown = [feature["properties"] for feature in await town.features(END)]
    return [properties for properties in shown if properties["category"] == "medical"]


@pytest.mark.parametrize("late_s", [1, 100])
@pytest.mark.parametrize("seconds", [1, 130, 299])
async def test_a_medical_call_appears_when_its_step_has_settled_whenever_in_it_it_came(
    tmp_path: Path, seconds: int, late_s: int
) -> None:
    opened = NOW + timedelta(seconds=seconds)
    at = opened + timedelta(seconds=late_s)  # the last of a step are read when the next one has begun
    patient = a_row(2, **SICK | {"opened": opened.isoformat()})
    with a_town(tmp_path / "town", CLOSING) as town:
        await town.fetch(a_row(1, **ELSEWHERE))
        await town.fetch(a_row(1, **ELSEWHERE), patient, at=at)
        town.store.release(END - timedelta(seconds=1))
        assert await medical(town) == []
        town.store.release(END)
        (shown,) = await medical(town)
    assert shown["received_at"] == "2026-01-31T05:00:00Z"
    assert (shown["delayed"], shown["time_step_min"]) == (True, 5)


async def test_what_the_first_fetch_of_a_source_holds_is_shown_at_once_with_its_times_cut(
    tmp_path: Path,
) -> None:
    with a_town(tmp_path / "town", CLOSING) as town:
        await town.fetch(a_row(1, **SICK), at=NOW + timedelta(seconds=7))
        (shown,) = await medical(town)
    assert (shown["received_at"], shown["time_step_min"]) == ("2026-01-31T04:50:00Z", 5)


@pytest.mark.parametrize("leaves", [False, True])
async def test_a_medical_call_is_closed_when_the_step_has_settled(tmp_path: Path, *, leaves: bool) -> None:
    file = CLOSING.replace('closes = "status"', 'closes = "vanish"') if leaves else CLOSING
    done = NOW + timedelta(seconds=190)
    other = a_row(2, **ELSEWHERE)
    rows = [other] if leaves else [other, a_row(1, **SICK | {"state": "DONE", "closed": done.isoformat()})]
    with a_town(tmp_path / "town", file) as town:
        await town.fetch(other, a_row(1, **SICK))
        await town.fetch(*rows, at=done)
        town.store.release(END - timedelta(seconds=1))
        (shown,) = await medical(town)
        assert (shown["status"], shown["closed_at"]) == ("open", None)
        town.store.release(END)
        (shown,) = await medical(town)
    assert (shown["status"], shown["closed_at"]) == ("closed", "2026-01-31T05:00:00Z")


async def test_of_a_call_that_becomes_medical_the_exact_times_are_nowhere(tmp_path: Path) -> None:
    with a_town(tmp_path / "town", CLOSING) as town:
        await town.fetch(a_row(1, **SICK | {"what": "BURGLARY ALARM"}))
        before = await town.public()
        await town.fetch(a_row(1, **SICK), at=NOW + timedelta(minutes=1))
        between = await town.public(NOW + timedelta(minutes=1))
        town.store.release(END)
        after = await town.public(END)
    assert b"T04:52:47Z" in before["live"]
    assert b"T04:50:00Z" in after["live"]
    for path, body in (*between.items(), *after.items()):
        assert b"T04:52:47Z" not in body, path


async def test_the_times_of_a_call_that_was_medical_stay_cut_whatever_it_is_called_later(
    tmp_path: Path,
) -> None:
    done = NOW + timedelta(minutes=1, seconds=23)
    closed = {"what": "BURGLARY ALARM", "state": "DONE", "closed": done.isoformat()}
    with a_town(tmp_path / "town", CLOSING) as town:
        await town.fetch(a_row(1, **SICK))
        await town.fetch(a_row(1, **SICK | closed), at=done)
        town.store.release(END)
        (feature,) = await town.features(END)
    shown = feature["properties"]
    assert shown["category"] == "alarm"
    assert (shown["received_at"], shown["time_step_min"]) == ("2026-01-31T04:50:00Z", 5)
    assert shown["closed_at"] == "2026-01-31T05:00:00Z"


ALARM: Row = SICK | {"what": "BURGLARY ALARM"}
DONE = NOW + timedelta(seconds=83)
CLOSED: Row = {"state": "DONE", "closed": DONE.isoformat()}


async def alarms(town: Town, at: datetime) -> list[Row]:
    """Publish what is due at a time, and say what is told of alarms."""
    town.store.release(at)
    shown = [feature["properties"] for feature in await town.features(at)]
    return [properties for properties in shown if properties["category"] == "alarm"]


async def test_a_medical_call_that_waits_goes_on_waiting_whatever_it_is_called_meanwhile(
    tmp_path: Path,
) -> None:
    opened = (NOW + timedelta(seconds=13)).isoformat()
    with a_town(tmp_path / "town", CLOSING) as town:
        await town.fetch(a_row(2, **ELSEWHERE, what="LOUD MUSIC"))
        for seconds, row in ((20, SICK), (40, ALARM), (60, ALARM | CLOSED)):
            at = NOW + timedelta(seconds=seconds)
            await town.fetch(a_row(1, **row | {"opened": opened}), at=at)
            assert await alarms(town, END - timedelta(seconds=1)) == []
        (shown,) = await alarms(town, END)
    assert (shown["received_at"], shown["time_step_min"]) == ("2026-01-31T05:00:00Z", 5)
    assert (shown["status"], shown["closed_at"]) == ("closed", "2026-01-31T05:00:00Z")


async def test_what_is_told_of_a_call_that_was_medical_appears_when_a_step_has_settled(
    tmp_path: Path,
) -> None:
    with a_town(tmp_path / "town", CLOSING) as town:
        await town.fetch(a_row(1, **SICK))
        await town.fetch(a_row(1, **ALARM), at=NOW + timedelta(seconds=140))
        assert await alarms(town, END - timedelta(seconds=1)) == []
        (shown,) = await alarms(town, END)
        assert (shown["status"], shown["time_step_min"]) == ("open", 5)
        await town.fetch(a_row(1, **ALARM | CLOSED), at=END + timedelta(seconds=30))
        (shown,) = await alarms(town, END + timedelta(minutes=2))
        assert shown["status"] == "open"
        (shown,) = await alarms(town, END + timedelta(minutes=5))
    assert (shown["status"], shown["closed_at"]) == ("closed", "2026-01-31T05:00:00Z")


@pytest.mark.parametrize("told_twice", [False, True])
async def test_a_call_that_was_medical_and_was_taken_back_keeps_cut_times(
    tmp_path: Path, *, told_twice: bool
) -> None:
    with a_town(tmp_path / "town", CLOSING) as town:
        await town.fetch(a_row(1, **SICK))
        await town.fetch(a_row(1, **SICK | {"what": "WIZARDRY"}), at=NOW + timedelta(seconds=140))
        assert await town.features(END) == []
        if told_twice:
            await town.fetch(a_row(1, **SICK | {"what": "WIZARDRY"}), at=NOW + timedelta(seconds=150))
        await town.fetch(a_row(1, **ALARM), at=NOW + timedelta(seconds=160))
        assert await alarms(town, END - timedelta(seconds=1)) == []
        (shown,) = await alarms(town, END)
        await town.fetch(a_row(1, **ALARM | CLOSED), at=END + timedelta(seconds=30))
        (later,) = await alarms(town, END + timedelta(minutes=5))
    assert (shown["received_at"], shown["time_step_min"]) == ("2026-01-31T04:50:00Z", 5)
    assert (later["closed_at"], later["time_step_min"]) == ("2026-01-31T05:00:00Z", 5)


async def test_a_city_that_says_why_shows_exact_times_at_once(tmp_path: Path) -> None:
    with a_town(tmp_path / "town", UNCUT) as town:
        await town.fetch(a_row(1, **ELSEWHERE))
        await town.fetch(a_row(1, **ELSEWHERE), a_row(2, **SICK), at=NOW + timedelta(minutes=1))
        (shown,) = await medical(town)
        policy = (await town.public())["/api/v1/policy"]
    assert (shown["received_at"], shown["time_step_min"]) == ("2026-01-31T04:52:47Z", None)
    assert b'"medical_time_step_min":null' in policy
    assert b'{"show":["times"],"reason":"The fire board publishes its run times"}' in policy


def test_a_step_beside_times_that_are_shown_is_refused(tmp_path: Path) -> None:
    both = UNCUT.replace("[policy]", "[policy]\nmedical_time_step_min = 10")
    with pytest.raises(CityFileError, match="times are not cut"):
        parse_city(tomllib.loads(both), file="anytown.toml", folder=tmp_path)


async def test_a_call_that_was_to_be_medical_gets_no_finer_though_nobody_saw_it(tmp_path: Path) -> None:
    with a_town(tmp_path / "town", CLOSING) as town:
        for minute, what in enumerate(["BURGLARY ALARM", "SICK PERSON", "BURGLARY ALARM"]):
            await town.fetch(a_row(1, **SICK | {"what": what}), at=NOW + timedelta(minutes=minute))
        town.store.release(END)
        (feature,) = await town.features(END)
    assert feature["properties"]["category"] == "alarm"
    assert feature["properties"]["place"]["radius_m"] > 450
    assert feature["properties"]["time_step_min"] == 5


def test_an_unchanged_row_is_judged_no_more_once_its_step_is_over(tmp_path: Path) -> None:
    with a_town(tmp_path / "town", CLOSING) as town:
        city = town.city
    feed = Feed(city.sources[0], city, None, Rules.of(city, KEY))  # type: ignore[arg-type]  # nothing is fetched
    outcomes = [
        feed.outcomes([a_row(1, **SICK)], NOW + timedelta(minutes=minute), Tally())[0]
        for minute in (1, 2, 3, 4)
    ]
    first, again, over, later = outcomes
    assert isinstance(first, Held)
    assert again == first
    assert isinstance(over, PublicIncident)
    assert over == first.incident
    assert later is over
