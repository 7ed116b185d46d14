"""A row that cannot be read binds its incident by what can be read of it: its key, and what it calls it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from test_strictest import BOTH, RULES, UNITS, WORDS, shown, tell, two_sources
from town import FILE, NOW, Town, a_row, a_town

from blocklight.intake.geomask import mask_point
from blocklight.model.record import PublicIncident

pytestmark = pytest.mark.anyio

NO_TIME: dict[str, Any] = {"opened": "soon"}
BROKEN: list[dict[str, Any]] = [NO_TIME, {"state": "WHO KNOWS"}]
TYPED = FILE.replace('labels = "hundred_block"', 'labels = "hundred_block"\nsource_types = true')


def is_as_a_patients(incident: PublicIncident | None) -> bool:
    return (
        incident is not None
        and incident.category == "medical"
        and (incident.source_type, incident.units, incident.disposition) == (None, None, None)
        and incident.place is not None
        and incident.place.radius_m >= mask_point(-122.2711, 37.8123, 8).radius_m
    )


async def later(town: Town, minutes: int = 30) -> PublicIncident | None:
    town.store.release(NOW + timedelta(minutes=minutes))
    return shown(town)


@pytest.mark.parametrize("broken", BROKEN)
async def test_a_public_call_whose_row_becomes_medical_and_unreadable_is_told_as_a_patients(
    tmp_path: Path, broken: dict[str, Any]
) -> None:
    with a_town(tmp_path / "town", TYPED + RULES) as town:
        await town.fetch(a_row(1))
        (before,) = await town.features()
        fine = [b"Main St", str(before["geometry"]["coordinates"][0]).encode()]
        listed = (await town.public())["/api/v1/incidents"]
        assert all(mark in listed for mark in fine)
        await town.fetch(a_row(1, what="SICK PERSON", **broken), at=NOW + timedelta(minutes=1))
        assert town.ledgered("rejected") == 1
        for path, body in (await town.public(NOW + timedelta(minutes=2))).items():
            assert not [mark for mark in fine if mark in body], path
        assert is_as_a_patients(await later(town))
        await town.fetch(a_row(1, what="SICK PERSON", **broken), at=NOW + timedelta(minutes=40))
        await town.fetch(a_row(1), at=NOW + timedelta(minutes=41))
        incident = await later(town, 60)
    assert incident is not None
    assert incident.category == "burglary"
    assert not is_as_a_patients(incident)
    assert incident.source_type is None, "what was medical once gets no finer"


@pytest.mark.parametrize(
    ("what", "reason"), [("WIZARDRY", "unmapped"), ("LOUD MUSIC", "policy"), ("", "unmapped")]
)
async def test_a_public_call_whose_row_may_not_be_shown_and_cannot_be_read_is_withheld_until_it_can(
    tmp_path: Path, what: str, reason: str
) -> None:
    with a_town(tmp_path / "town", FILE + RULES) as town:
        await town.fetch(a_row(1), a_row(2))
        await town.fetch(a_row(1, what=what, **NO_TIME), a_row(2, **NO_TIME), at=NOW + timedelta(minutes=1))
        assert await later(town, 2) is None
        assert shown(town, 2) is not None, "what may be shown stays as it was"
        assert town.ledger()["retracted", reason] == 1
        await town.fetch(a_row(1), at=NOW + timedelta(minutes=3))
        assert await later(town, 3) is not None


async def test_a_row_that_cannot_be_read_makes_no_incident(tmp_path: Path) -> None:
    with a_town(tmp_path / "town", FILE + RULES) as town:
        await town.fetch(*(a_row(n, what=what, **NO_TIME) for n, what in enumerate(WORDS.values())))
        assert await town.features() == []
        assert town.store.held() == 0
        assert town.ledger() == {("rejected", "bad_time"): len(WORDS) - 1, ("withheld", "sensitive"): 1}


async def test_what_waits_is_released_as_a_patients_if_its_row_became_medical_and_unreadable(
    tmp_path: Path,
) -> None:
    with a_town(tmp_path / "town", FILE + RULES) as town:
        await town.fetch(a_row(1, what="FIRE", opened=NOW.isoformat()))
        assert town.store.held() == 1
        await town.fetch(a_row(1, what="SICK PERSON", **NO_TIME), at=NOW + timedelta(minutes=1))
        assert is_as_a_patients(await later(town, 60))


@pytest.mark.parametrize("both", BOTH)
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_a_row_of_the_other_source_binds_though_it_cannot_be_read(
    tmp_path: Path, both: str, order: tuple[int, int]
) -> None:
    with a_town(tmp_path / "town", two_sources(both)) as town:
        await tell(town, order[0], a_row(1))
        await tell(town, order[1], a_row(1, what="SICK PERSON", **NO_TIME), minutes=1)
        assert is_as_a_patients(await later(town))
        await tell(town, order[0], a_row(1, units="A,B,C"), minutes=31)
        assert is_as_a_patients(await later(town, 60))


@pytest.mark.parametrize("file", [UNITS, FILE])
async def test_one_of_several_rows_binds_though_it_cannot_be_read(tmp_path: Path, file: str) -> None:
    rows = [a_row(1), a_row(1, what="SICK PERSON", **NO_TIME)]
    for folder, answers in (("one", [rows]), ("two", [rows[::-1]]), ("three", [rows[:1], rows])):
        with a_town(tmp_path / folder, file + RULES) as town:
            for minute, answer in enumerate(answers):
                await town.fetch(*answer, at=NOW + timedelta(minutes=minute))
            assert is_as_a_patients(await later(town)), folder
