"""What docs/privacy.md promises, from a source's answer to every byte that the public can ask for."""

import logging
from collections.abc import Iterator
from pathlib import Path

import h3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from town import KEY, Town, a_row, a_town

from blocklight.intake.geomask import mask_point

pytestmark = pytest.mark.anyio


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with a_town(tmp_path) as town:
        yield town


async def test_nothing_that_is_not_on_the_list_reaches_any_public_byte(town: Town) -> None:
    await town.fetch(a_row(1), a_row(2, what="SICK PERSON CANARYTYPE"), a_row(3, what="STALKING CANARY"))
    surfaces = await town.public()
    assert len(surfaces) == 100
    assert b"1400 block of Main St" in surfaces["live"]
    for path, body in surfaces.items():
        assert b"canary" not in body.lower(), path
        assert b"37.8123" not in body, path


async def test_what_cannot_be_judged_is_not_published_and_is_counted(town: Town) -> None:
    await town.fetch(
        a_row(1, what="WIZARDRY"),
        a_row(2, opened="yesterday"),
        a_row(3, lon=0, lat=0),
        a_row(4, lon=37.8123, lat=-122.2711),
        a_row(5, lon=None),
        a_row(6, state="PERHAPS"),
    )
    assert await town.features() == []
    assert town.ledger() == {
        ("withheld", "unmapped"): 1,
        ("rejected", "bad_time"): 1,
        ("withheld", "outside_city"): 2,
        ("withheld", "no_place"): 1,
        ("rejected", "no_status"): 1,
    }


async def test_a_call_that_becomes_sensitive_leaves_every_public_byte_and_never_comes_back(
    town: Town,
) -> None:
    await town.fetch(a_row(1), a_row(2, address="900 ELM AVE"))
    before = await town.public()
    await town.fetch(a_row(1, what="DOMESTIC VIOLENCE"), a_row(2, address="900 ELM AVE"))
    (kept,) = await town.features()
    (gone,) = {path.rpartition("/")[2] for path in before if path.startswith("/api/v1/incidents/")} - {
        kept["id"]
    }
    await town.fetch(a_row(1, what="BURGLARY"), a_row(2, address="900 ELM AVE"))
    for path, body in (await town.public()).items():
        assert b"Main St" not in body, path
        assert (gone.encode() in body) == (path == "live"), path
    assert (await town.public())["live"].count(b'{"id":"%b"}' % gone.encode()) == 1


async def test_medical_calls_are_coarser_and_without_detail(town: Town) -> None:
    await town.fetch(a_row(1, what="OVERTURNED PATIENT SICK PERSON", ended="REPORT", state="DONE"))
    (feature,) = await town.features()
    shown = feature["properties"]
    lon, lat = feature["geometry"]["coordinates"]
    assert shown["category"] == "medical"
    assert (shown["disposition"], shown["source_type"], shown["place"]["label"]) == (None, None, None)
    assert shown["place"]["radius_m"] > 450
    assert h3.latlng_to_cell(lat, lon, 8) == h3.latlng_to_cell(37.8123, -122.2711, 8)


@given(lon=st.floats(-180, 180), lat=st.floats(-85, 85), resolution=st.integers(5, 9))
def test_every_public_point_is_the_centre_of_the_cell_and_always_the_same(
    lon: float, lat: float, resolution: int
) -> None:
    place = mask_point(lon, lat, resolution)
    cell = h3.cell_to_parent(h3.latlng_to_cell(lat, lon, 9), resolution)  # so that cells nest
    centre = h3.cell_to_latlng(cell)
    assert (place.lat, place.lon) == (round(centre[0], 6), round(centre[1], 6))
    assert mask_point(lon, lat, resolution) == place
    assert mask_point(place.lon, place.lat, resolution) == place
    assert h3.great_circle_distance((lat, lon), centre, unit="m") <= place.radius_m + 1


async def test_public_ids_tell_nothing_without_the_key(town: Town, tmp_path: Path) -> None:
    await town.fetch(*(a_row(number) for number in range(50)))
    ids = [feature["id"] for feature in await town.features()]
    with a_town(tmp_path / "other") as other:
        await other.fetch(*(a_row(number) for number in range(50)), key=KEY[::-1])
        others = [feature["id"] for feature in await other.features()]
    assert len({*ids, *others}) == 100
    assert ids not in (sorted(ids), sorted(ids, reverse=True))


async def test_neither_log_nor_reason_holds_a_record(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await town.fetch(a_row(1, opened="CANARY"), a_row(2))
    await town.fetch({"number": "CANARY", "opened": "CANARY", "CANARY": "CANARY"})
    (health,) = town.store.sources()
    assert health.reason == "column 'what' is gone"
    assert "source calls failed" in caplog.text
    assert "canary" not in f"{caplog.text} {b''.join((await town.public()).values())!r}".lower()
