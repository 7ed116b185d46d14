"""A policy that becomes stricter while calls wait: they are released as it says, not as they were told."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from town import FILE, KEY, NOW, Town, a_row, a_town

from blocklight.app.policy_change import apply_policy
from blocklight.intake.geomask import mask_point
from blocklight.intake.redact import Rules

pytestmark = pytest.mark.anyio

FIRES_LATER = """
[[policy.rules]]
name = "fires-later"
category = "fire"
action = "hold"
for_min = 30
"""
WAITS = (
    FILE.replace('labels = "hundred_block"', 'labels = "hundred_block"\nsource_types = true') + FIRES_LATER
)
FINE = mask_point(-122.2711, 37.8123, 9)


def put_in_force(town: Town, folder: Path, file: str, at: datetime = NOW + timedelta(minutes=1)) -> None:
    """Start intake with another city file, as a server does."""
    with a_town(folder, file) as other:
        city = other.city
    apply_policy(city, Rules.of(city, KEY), town.store, at)


async def released(folder: Path, stricter: str, minutes: int = 60) -> tuple[Town, dict[str, bytes]]:
    """Let a fire wait under one policy, put another in force, and return what is public after some time."""
    with a_town(folder / "town", WAITS) as town:
        apply_policy(town.city, Rules.of(town.city, KEY), town.store, NOW)
        await town.fetch(a_row(1, what="FIRE", opened=NOW.isoformat()), a_row(2))
        assert town.store.held() == 1
        put_in_force(town, folder / "strict", stricter)
        assert len(await town.features()) == 1  # nothing is released by the change
        town.store.release(NOW + timedelta(minutes=minutes))
        return town, await town.public(NOW + timedelta(minutes=minutes))


async def test_what_waits_and_is_withheld_by_a_new_policy_is_never_released(tmp_path: Path) -> None:
    rule = 'name = "no-fires"\ncategory = "fire"\naction = "withhold"'
    _, surfaces = await released(tmp_path, FILE + f"[[policy.rules]]\n{rule}\n")
    assert b'"category":"fire"' not in surfaces["live"]
    assert b'"category":"burglary"' in surfaces["live"]


async def test_what_waits_is_released_as_coarsely_as_a_new_policy_says(tmp_path: Path) -> None:
    coarse = FILE.replace('labels = "hundred_block"', "resolution = 7") + FIRES_LATER
    _, surfaces = await released(tmp_path, coarse)
    assert b'"category":"fire"' in surfaces["live"]
    for path, body in surfaces.items():
        for mark in (str(FINE.lon).encode(), b"Main St", b'"FIRE"'):
            assert mark not in body, path


@pytest.mark.parametrize(
    ("for_min", "at_min", "shown"),
    [(10, 29, False), (10, 30, True), (59, 58, False), (59, 60, True), (61, 60, False), (600, 60, False)],
)
async def test_what_waits_waits_as_long_as_the_longer_of_both_policies_says(
    tmp_path: Path, for_min: int, at_min: int, *, shown: bool
) -> None:
    other = WAITS.replace("for_min = 30", f"for_min = {for_min}")
    _, surfaces = await released(tmp_path, other, minutes=at_min)
    assert (b'"category":"fire"' in surfaces["live"]) is shown


CLOSED_AND = "until_closed = true\nfor_min = {}"


@pytest.mark.parametrize(("before", "after"), [(30, 5), (5, 30), (30, 30)])
async def test_what_waits_for_its_closing_waits_as_long_after_it_as_the_longer_of_both_policies_says(
    tmp_path: Path, before: int, after: int
) -> None:
    old, new = (WAITS.replace("for_min = 30", CLOSED_AND.format(n)) for n in (before, after))
    old, new = (file.replace('closes = "status"', 'closes = "vanish"') for file in (old, new))
    with a_town(tmp_path / "town", old) as town:
        apply_policy(town.city, Rules.of(town.city, KEY), town.store, NOW)
        await town.fetch(a_row(1, what="FIRE"), a_row(2))
        put_in_force(town, tmp_path / "new", new)
        left = NOW + timedelta(minutes=10)
        await town.fetch(a_row(2), at=left - timedelta(minutes=1))
        await town.fetch(a_row(2), at=left)  # one answer without it is not believed
        shown = []
        for minutes in (1, 6, 29, 30):
            town.store.release(left + timedelta(minutes=minutes))
            shown.append(len(await town.features(left + timedelta(minutes=minutes))))
    assert shown == [1, 1, 1, 2]


@pytest.mark.parametrize(("before", "after"), [(5, 60), (60, 5)])
@pytest.mark.parametrize("leaves", [False, True])
async def test_what_waits_for_a_whole_step_is_told_at_the_wider_step_of_both_policies(
    tmp_path: Path, before: int, after: int, *, leaves: bool
) -> None:
    steps = '[[policy.rules]]\nname = "steps"\naction = "publish"\ntime_step_min = {}\n'
    file = FILE.replace('closes = "status"', 'closes = "vanish"')
    opened = NOW.isoformat()
    with a_town(tmp_path / "town", file + steps.format(before)) as town:
        apply_policy(town.city, Rules.of(town.city, KEY), town.store, NOW)
        await town.fetch(a_row(2, what="WIZARDRY"))  # what the first fetch of a source holds does not wait
        await town.fetch(a_row(1, opened=opened), at=NOW + timedelta(minutes=1))
        assert town.store.held() == 1
        put_in_force(town, tmp_path / "new", file + steps.format(after), NOW + timedelta(minutes=2))
        if leaves:
            await town.fetch(a_row(2, what="WIZARDRY"), at=NOW + timedelta(minutes=3))
        for minute in range(4, 200):
            moment = NOW + timedelta(minutes=minute)
            town.store.release(moment)
            if town.store.changes(0):
                break
        (feature,) = await town.features(moment)
    assert (moment.minute, moment.second) == (2, 0)
    assert feature["properties"]["received_at"] == "2026-01-31T05:00:00Z"
    assert (feature["properties"]["status"] == "closed") is leaves


async def test_what_waits_may_have_to_wait_for_its_closing(tmp_path: Path) -> None:
    until_closed = WAITS.replace("for_min = 30", "until_closed = true")
    _, surfaces = await released(tmp_path, until_closed, minutes=6000)
    assert b'"category":"fire"' not in surfaces["live"]


async def test_an_update_that_waits_outlives_a_policy_that_coarsens_what_is_published(tmp_path: Path) -> None:
    steps = '[[policy.rules]]\nname = "steps"\naction = "publish"\ntime_step_min = 15\n'
    call = {"what": "FIRE", "opened": NOW.isoformat()}
    with a_town(tmp_path / "town", FILE + steps) as town:
        apply_policy(town.city, Rules.of(town.city, KEY), town.store, NOW)
        await town.fetch(a_row(1, **call))
        town.store.release(NOW + timedelta(minutes=15))
        later = NOW + timedelta(minutes=16)
        done = later.isoformat()
        await town.fetch(a_row(1, **call, state="DONE", closed=done), at=later)
        assert town.store.held() == 1
        stricter = FILE.replace('labels = "hundred_block"', "resolution = 7") + steps
        put_in_force(town, tmp_path / "strict", stricter, later)
        (before,) = await town.features(later)
        town.store.release(NOW + timedelta(minutes=45))
        (after,) = await town.features(NOW + timedelta(minutes=45))
    assert before["properties"]["status"] == "open"  # the change of policy is no moment to tell it
    assert after["properties"]["status"] == "closed"
    for told in (before, after):
        assert told["properties"]["place"]["radius_m"] > 2 * FINE.radius_m
        assert told["geometry"]["coordinates"] == before["geometry"]["coordinates"]


async def test_what_is_due_as_a_policy_changes_is_never_released_as_the_old_one_told_it(
    tmp_path: Path,
) -> None:
    stricter = FILE.replace('labels = "hundred_block"', "resolution = 7")
    stricter += '[[policy.rules]]\nname = "no-fires"\ncategory = "fire"\naction = "withhold"\n'
    due = NOW + timedelta(minutes=40)
    with a_town(tmp_path / "town", WAITS) as town:
        apply_policy(town.city, Rules.of(town.city, KEY), town.store, NOW)
        fires = [a_row(number, what="FIRE", opened=NOW.isoformat()) for number in (1, 2, 3)]
        await town.fetch(*fires, a_row(4), a_row(5))
        assert town.store.held() == 3
        put_in_force(town, tmp_path / "strict", stricter, due)
        assert town.store.held() == 0
        changes = town.store.changes(0)
        assert {change.incident.category for change in changes if change.incident} == {"burglary"}
        # Two published, and for each a retraction and the coarser version: nothing of the fires.
        assert town.store.head() == 6
        assert town.ledgered("withheld") == 3
