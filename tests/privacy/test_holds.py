"""Holds that hold: where nothing is ever seen to close, under a wrong clock, and after an import."""

import tomllib
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from town import FILE, KEY, NOW, Row, Town, a_row, a_town

from blocklight.app.policy_change import apply_policy
from blocklight.config.city import City, parse_city
from blocklight.errors import CityFileError
from blocklight.intake.bulk import History, understand
from blocklight.intake.redact import Rules

pytestmark = pytest.mark.anyio

NEVER = FILE.replace('closes = "status"', 'closes = "never"').replace(
    'status = { from = "state", map = { OPEN = "open", DONE = "closed" } }\n', ""
)
TACTICAL = """
[[policy.allow]]
group = "tactical_officer_safety"
types = ["SWAT CALL OUT"]
reason = "An invented ordinance asks for it after the fact"
"""
EXACT = FILE[FILE.index('"SICK PERSON CANARYTYPE"') :]
WORDS = EXACT.splitlines()[0]
SWAT = WORDS + '\n"SWAT CALL OUT" = "officer_activity"'
FIRES = """
[[policy.rules]]
name = "fires-later"
category = "fire"
action = "hold"
for_min = 30
"""
STOPS = """
[[policy.rules]]
name = "stops"
category = "officer_activity"
action = "hold"
until_closed = true
"""
TIMED = FILE.replace("lat = ", 'closed_at = { from = "closed", convert = "iso" }\nlat = ', 1)


HEADING = "number,opened,state,what,lon,lat,address,cross,ended,units"


def clock(hours: float) -> str:
    """Return the time that a source tells whose clock is so many hours slow."""
    told: str = (NOW - timedelta(hours=hours)).isoformat()
    return told


def city_of(file: str, folder: Path) -> City:
    return parse_city(tomllib.loads(file), file="anytown.toml", folder=folder)


async def shown(town: Town, minutes: float) -> list[str]:
    """Return the categories that are public so many minutes later."""
    at = NOW + timedelta(minutes=minutes)
    town.store.release(at)
    return [feature["properties"]["category"] for feature in await town.features(at)]


@pytest.mark.parametrize("closes", ["status", "never"])
async def test_a_tactical_call_stays_withheld_where_none_is_ever_seen_to_close(
    tmp_path: Path, closes: str
) -> None:
    file = (FILE if closes == "status" else NEVER).replace(WORDS, SWAT) + TACTICAL
    with a_town(tmp_path / "town", file) as town:
        await town.fetch(a_row(1, what="SWAT CALL OUT", state="DONE"), a_row(2))
        later = await shown(town, 600)
        withheld = town.ledger().get(("withheld", "sensitive"), 0)
    assert "burglary" in later
    assert ("officer_activity" in later) is (closes == "status")
    assert withheld == (closes == "never")


async def test_a_further_type_that_is_tactical_is_withheld_there_too(tmp_path: Path) -> None:
    further = NEVER.replace('source_type = "what"', 'source_type = "what"\nother_type = "first"')
    with a_town(tmp_path / "town", further.replace(WORDS, SWAT) + TACTICAL) as town:
        await town.fetch(a_row(1, first="SWAT CALL OUT"), a_row(2, what="FIRE"))
        assert await shown(town, 600) == ["fire"]


async def test_what_was_published_of_it_before_is_taken_back(tmp_path: Path) -> None:
    file = FILE.replace(WORDS, SWAT).replace('labels = "hundred_block"', "source_types = true") + TACTICAL
    with a_town(tmp_path / "town", file) as town:
        await town.fetch(a_row(1, what="SWAT CALL OUT", state="DONE"), a_row(2))
        assert len(await shown(town, 0)) == 2
        apply_policy(town.city, Rules.of(town.city, KEY), town.store, NOW)
        other = city_of(file.replace('closes = "status"', 'closes = "never"'), tmp_path)
        apply_policy(other, Rules.of(other, KEY), town.store, NOW)
        assert await shown(town, 0) == ["burglary"]


@pytest.mark.parametrize("condition", ["", 'source = "calls"\n', 'kind = "call"\n', 'agency = "police"\n'])
def test_a_hold_until_closed_alone_is_refused_where_none_is_ever_seen_to_close(
    tmp_path: Path, condition: str
) -> None:
    with pytest.raises(CityFileError, match=r"policy\.rules\.stops: .*closes = \"never\".*`for_min`"):
        city_of(NEVER + STOPS + condition, tmp_path)


@pytest.mark.parametrize("condition", ["for_min = 30\n", 'kind = "request"\n', 'status = "open"\n'])
def test_a_hold_that_can_end_or_meets_none_of_its_calls_is_not_refused(
    tmp_path: Path, condition: str
) -> None:
    assert len(city_of(NEVER + STOPS + condition, tmp_path).policy.rules) == 1


def test_the_refusal_names_the_sources_that_do_close(tmp_path: Path) -> None:
    one = NEVER[NEVER.index("[[sources]]") : NEVER.index("[dispositions]")]
    other = one.replace('"calls"', '"fire"').replace('closes = "never"', 'closes = "vanish"')
    with pytest.raises(CityFileError, match=r"name other sources: source = \['fire'\]"):
        city_of(NEVER.replace("[dispositions]", other + "[dispositions]") + STOPS, tmp_path)
    only_there = STOPS + 'source = "fire"\n'
    both = city_of(NEVER.replace("[dispositions]", other + "[dispositions]") + only_there, tmp_path)
    assert [source.id for source in both.sources] == ["calls", "fire"]


async def test_where_none_closes_a_hold_counts_from_when_a_call_was_first_seen(tmp_path: Path) -> None:
    with a_town(tmp_path / "town", NEVER + STOPS + "for_min = 30\n") as town:
        for minute in (0, 10, 20, 29):
            await town.fetch(
                a_row(1, what="TRAFFIC STOP", opened=clock(8)), at=NOW + timedelta(minutes=minute)
            )
            assert await shown(town, minute) == []
        assert await shown(town, 29.9) == []
        assert await shown(town, 30) == ["officer_activity"]


@pytest.mark.parametrize("hours", [0, 1, 8, 14, 26, -0.5])
async def test_a_clock_read_in_the_wrong_zone_makes_no_hold_void(tmp_path: Path, hours: float) -> None:
    row = a_row(1, what="FIRE", opened=clock(hours))
    ends = 30 if hours >= 0 else 60
    with a_town(tmp_path / "town", FILE + FIRES) as town:
        await town.fetch(row)
        assert await shown(town, 1) == []
    with a_town(tmp_path / "town", FILE + FIRES) as town:  # started anew
        await town.fetch(row, at=NOW + timedelta(minutes=15))
        assert await shown(town, ends - 0.1) == []
        assert await shown(town, ends) == ["fire"]
        await town.fetch(row | {"state": "DONE", "ended": "REPORT"}, at=NOW + timedelta(minutes=61))
        assert await shown(town, 61) == ["fire"]  # it has waited: an update is not held again


@pytest.mark.parametrize("hours", [0, 8])
async def test_a_hold_after_the_closing_counts_from_when_that_was_first_seen(
    tmp_path: Path, hours: float
) -> None:
    def row(**other: object) -> Row:
        return a_row(1, what="TRAFFIC STOP", opened=clock(hours + 1), **other)

    with a_town(tmp_path / "town", TIMED + STOPS + "for_min = 30\n") as town:
        await town.fetch(row())
        done = row(state="DONE", closed=clock(hours))
        for minute in (100, 120, 129):
            await town.fetch(done, at=NOW + timedelta(minutes=minute))
            assert await shown(town, minute) == []
        await town.fetch(row(), at=NOW + timedelta(minutes=129))  # opened again
        assert await shown(town, 300) == []
        await town.fetch(done, at=NOW + timedelta(minutes=300))
        assert await shown(town, 329.9) == []
        assert await shown(town, 330) == ["officer_activity"]


async def test_a_call_that_has_waited_and_is_to_be_held_until_it_is_closed_is_taken_back_at_once(
    tmp_path: Path,
) -> None:
    """Both types mean a fire, so that nothing of what is public changes with the type."""
    typed = FILE.replace(WORDS, WORDS + '\n"ARSON AT LARGE" = "fire"')
    at_large = STOPS.replace('category = "officer_activity"', 'types = ["ARSON AT LARGE"]')
    with a_town(tmp_path / "town", typed + at_large + FIRES) as town:
        await town.fetch(a_row(1, what="FIRE"), a_row(2))
        assert await shown(town, 30) == ["fire", "burglary"]
        await town.fetch(a_row(1, what="ARSON AT LARGE"), a_row(2), at=NOW + timedelta(minutes=31))
        assert await shown(town, 31) == ["burglary"]
        assert await shown(town, 6000) == ["burglary"]


@pytest.mark.parametrize("step", ["", "time_step_min = 15\n"])
@pytest.mark.parametrize("later", ["", "units"])
async def test_a_stricter_policy_takes_back_what_is_to_be_held_though_it_has_waited(
    tmp_path: Path, step: str, later: str
) -> None:
    """Whether an update of it waits for its step or not."""
    told = '[[policy.rules]]\nname = "steps"\naction = "publish"\n' + (step or "time_step_min = 60\n")
    stops = STOPS.replace("officer_activity", "fire") + step
    call = {"what": "FIRE", "opened": NOW.isoformat()}
    with a_town(tmp_path / "town", FILE + told) as town:
        apply_policy(town.city, Rules.of(town.city, KEY), town.store, NOW)
        await town.fetch(a_row(1, **call))
        if later:
            await town.fetch(a_row(1, **call, units="CANARY1"), at=NOW + timedelta(minutes=1))
        assert town.store.held() == bool(later)
        assert await shown(town, 2) == ["fire"]
        other = city_of(FILE + stops + told, tmp_path)
        apply_policy(other, Rules.of(other, KEY), town.store, NOW + timedelta(minutes=3))
        assert await shown(town, 3) == []
        assert await shown(town, 6000) == []


async def test_a_call_that_was_seen_under_another_type_is_held_from_then_on(tmp_path: Path) -> None:
    with a_town(tmp_path / "town", FILE + FIRES) as town:
        await town.fetch(a_row(1, opened=clock(8)), a_row(2, what="WIZARDRY", opened=clock(8)))
        fires = [a_row(number, what="FIRE", opened=clock(8)) for number in (1, 2)]
        await town.fetch(*fires, at=NOW + timedelta(minutes=20))
        assert await shown(town, 29.9) == []
        assert await shown(town, 30) == ["fire", "fire"]


async def test_a_stricter_rule_counts_from_when_a_call_was_first_seen(tmp_path: Path) -> None:
    rows = [a_row(1, what="FIRE", opened=clock(8)), a_row(2, what="FIRE", opened=clock(24 * 300))]
    with a_town(tmp_path / "town", FILE) as town:
        apply_policy(town.city, Rules.of(town.city, KEY), town.store, NOW)
        await town.fetch(*rows)
        assert len(await shown(town, 1)) == 2
        other = city_of(FILE + FIRES, tmp_path)
        apply_policy(other, Rules.of(other, KEY), town.store, NOW + timedelta(minutes=1))
        assert len(await shown(town, 29.9)) == 1  # the one of last year stays
        assert len(await shown(town, 30)) == 2


async def test_a_longer_hold_of_what_waits_counts_from_when_it_was_first_seen(tmp_path: Path) -> None:
    with a_town(tmp_path / "town", FILE + FIRES) as town:
        apply_policy(town.city, Rules.of(town.city, KEY), town.store, NOW)
        await town.fetch(a_row(1, what="FIRE", opened=clock(8)))
        other = city_of(FILE + FIRES.replace("30", "50"), tmp_path)
        apply_policy(other, Rules.of(other, KEY), town.store, NOW + timedelta(minutes=10))
        assert await shown(town, 49.9) == []
        assert await shown(town, 50) == ["fire"]


@pytest.mark.parametrize(("hours", "is_held"), [(24 * 300, False), (27, False), (25, True), (0.1, True)])
async def test_an_import_holds_what_may_be_new_and_nothing_of_the_past(
    tmp_path: Path, hours: float, *, is_held: bool
) -> None:
    file = tmp_path / "past.csv"
    file.write_text(f"{HEADING}\n7,{clock(hours)},DONE,FIRE,-122.2711,37.8123,,,,\n")
    with a_town(tmp_path / "town", FILE + FIRES) as town:
        history = History(file, town.city, town.city.sources[0], KEY, now)
        for block in understand(history):
            town.store.apply("calls", block.outcomes, at=block.at, is_history=True)
        assert await shown(town, 29.9) == ([] if is_held else ["fire"])
        assert await shown(town, 30) == ["fire"]


def now() -> datetime:
    """Return the moment of the import."""
    moment: datetime = NOW
    return moment
