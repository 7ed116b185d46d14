"""Two real cities in a browser: Oakland's reports over its streets and beats, Houston's calls as they vanish.

The recordings are moved in time so that they end now; nothing else of them is changed.
"""

import csv
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from loopback.arcgis import Layer
from loopback.server import serving
from loopback.soda import Dataset, soda_rows
from loopback.table import Table
from playwright.sync_api import Page, expect

from blocklight.cli.building_basemap import build_basemap
from blocklight.config.city import shipped_cities
from browser.conftest import Visitor, blocklight, drawn, soon
from browser.desk import Desk, Feeds
from browser.test_every_reader import PHONE, axe_finds_nothing

pytestmark = pytest.mark.browser

READERS: dict[str, dict[str, Any]] = {
    "light": {},
    "dark": {"color_scheme": "dark"},
    "phone": PHONE,
    "dark phone": PHONE | {"color_scheme": "dark"},
}
OAKLAND = """
[[areas]]
kind = "beat"
label = "Police beats"
file = "beats.geojson"
id = "CP_BEAT"
name = "CP_BEAT"
[[areas]]
kind = "neighborhood"
label = "Neighborhoods"
file = "neighborhoods.geojson"
id = "name"
[map]
tiles = "streets.pmtiles"
"""


def reports(path: Path) -> list[dict[str, Any]]:
    """Return CrimeWatch's rows as the portal serves them, moved so that the last of August 2024 is now."""
    later = datetime.now() - datetime(2024, 8, 12, 13)  # noqa: DTZ001, DTZ005 - wall-clock times of one city
    rows = []
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            plain: dict[str, Any] = {name.lower(): text for name, text in row.items() if text}
            at = datetime.strptime(plain["datetime"], "%m/%d/%Y %I:%M:%S %p") + later  # noqa: DTZ007 - the same
            plain["datetime"] = at.strftime("%Y-%m-%dT%H:%M:%S.000")
            if point := re.match(r"POINT \((\S+) (\S+)\)", plain.pop("location", "")):
                coordinates = [float(point[1]), float(point[2])]
                plain["location"] = json.dumps({"type": "Point", "coordinates": coordinates})
            rows.append(plain)
    return rows


@contextmanager
def datasets(*served: tuple[str, list[dict[str, Any]]]) -> Iterator[Feeds]:
    """Serve rows for sources, each as a Socrata data set of its own."""
    with contextmanager(_datasets)(served) as options:
        yield Feeds(Desk(), options)


def _datasets(served: tuple[tuple[str, list[dict[str, Any]]], ...]) -> Iterator[tuple[str, ...]]:
    (source, rows), *others = served
    packed = soda_rows(rows)
    table = Table(dict.fromkeys(name for row in packed for name in row), packed)
    with serving(Dataset(table, nested=frozenset({"location"}))) as running:
        option = f"--source-url={source}={running.url}/resource/abcd-1234.json"
        if others:
            with contextmanager(_datasets)(tuple(others)) as more:
                yield (option, *more)
        else:
            yield (option,)
    table.close()


@pytest.fixture(scope="module")
def oakland(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("oakland")
    gis = shared_data / "gis" / "oakland"
    shutil.copy(gis / "police_beats_2009.geojson", folder / "beats.geojson")
    shutil.copy(gis / "neighborhoods_clickthathood.geojson", folder / "neighborhoods.geojson")
    streets, ground = gis / "osm_roads_oakland_wgs84.geojson", gis / "osm_landuse_water_oakland_wgs84.geojson"
    layers = [
        f"park={ground}#layer=parks,cemeteries",
        f"water={ground}#layer=sf-bay-mask,waterbodies",
        f"road_minor={streets}#layer=residentialroads,tertiaryroads",
        f"road_major={streets}#layer=secondaryroads,primaryroads,motorways",
        f"rail={ground}#layer=railways",
        f"label={ground}#layer=neighborhoods",
    ]
    build_basemap("oakland", layers, crs=None, credit=None, output=folder / "streets.pmtiles")
    file = folder / "oakland.toml"
    shipped = shipped_cities()["oakland"].read_text()
    file.write_text(shipped[: shipped.index("\n[[areas]]")] + OAKLAND)  # on other ground than is shipped
    crimes = reports(shared_data / "crime" / "oakland" / "crimewatch_past90days_2024-08.csv")
    assert 10_000 < len(crimes) <= 20_000
    pothole = {
        "requestid": "1",
        "datetimeinit": "2020-01-01T08:00:00.000",
        "description": "Streets - Potholes/Depression",
        "datetimeclosed": "2020-01-02T08:00:00.000",
        "status": "CLOSED",
    }
    with (
        datasets(("crimewatch", crimes), ("requests", [pothole])) as served,
        blocklight(folder, served, str(file)) as started,
    ):
        yield started.url


def on_the_map(page: Page) -> None:
    expect(page.locator(".map")).to_have_attribute("data-marks", re.compile("[1-9]"))
    drawn(page)


@pytest.mark.parametrize("reader", READERS)
def test_oakland_lies_over_its_own_streets_and_beats(oakland: str, visitor: Visitor, reader: str) -> None:
    page = visitor.visit(f"{oakland}/?range=168", **READERS[reader])
    on_the_map(page)
    expect(page.get_by_text("© OpenStreetMap contributors")).to_be_visible()
    expect(page.locator(".row").first).to_contain_text(re.compile(r"\w"))
    if reader == "dark":
        page.locator("[data-row]").first.click()
        # These are reports, of which the feed never says that they ended: nothing is still to come.
        expect(page.locator("aside dl")).to_contain_text("reported")
        expect(page.locator("aside dl")).not_to_contain_text("closed")
        expect(page.locator("aside dl")).not_to_contain_text("…")
    axe_finds_nothing(page)


def test_a_beat_of_oakland_is_listed_without_scripts(oakland: str, visitor: Visitor) -> None:
    page = visitor.visit(f"{oakland}/list?area=beat:12X", rows=False, java_script_enabled=False)
    rows = page.locator(".rows li")
    expect(rows.nth(10)).to_be_visible()
    expect(rows.first).to_contain_text(re.compile("[A-Z]"))


@pytest.mark.parametrize("reader", READERS)
def test_a_beat_of_oakland_stands_against_its_weeks_before(
    oakland: str, visitor: Visitor, reader: str
) -> None:
    page = visitor.visit(f"{oakland}/?range=720&area=beat:12X", **READERS[reader])
    if "phone" in reader:
        page.locator(".grip").focus()
        page.keyboard.press("ArrowUp")
        page.keyboard.press("ArrowUp")
    usual = page.locator("section.usual")
    expect(usual.locator(".title")).to_contain_text("12X: now compared with what is usual")
    # Reports are written days later: of the recording's last day hardly any is there yet, in the whole city.
    expect(usual.locator(".verdict")).to_have_text("Not available today")
    expect(usual).to_contain_text(re.compile(r"1[0-2] weeks before: [\d.]+ on average, \d+ to \d+ is usual"))
    axe_finds_nothing(page)


@pytest.fixture
def houston(shared_data: Path, tmp_path: Path) -> Iterator[tuple[str, Table, int]]:
    """A server on a day of Houston's calls that are all still on the feed, with how many will go."""
    found = pq.read_table(shared_data / "cad" / "houston" / "houston_calls_full_2025-09_2025-10.parquet")
    until = datetime(2025, 10, 6, 23, tzinfo=UTC)
    day = found.filter((pc.field("call_time") > until - timedelta(days=1)) & (pc.field("call_time") <= until))
    later = datetime.now(UTC) - until
    rows = [
        {
            "Agency": row["agency"],
            "Address": row["address"],
            "CrossStreet": row["cross_street"],
            "CALL_TIME": int((row["call_time"] + later).timestamp() * 1000),
            "IncidentType": row["type_last"],
            "NO_UNITS": row["n_units_max"],
            "LONGITUDE": row["lon"],
            "LATITUDE": row["lat"],
            "gone": int(row["gone_at"] is not None and row["gone_at"] <= until),
        }
        for row in day.to_pylist()
    ]
    assert 500 < len(rows) < 20_000
    table = Table(tuple(rows[0]), rows)
    layer = Layer(
        table,
        object_id=None,
        dates=frozenset({"CALL_TIME"}),
        max_record_count=10_000,
        supports_pagination=False,
    )
    with serving(layer) as running:
        options = (f"--source-url=active={running.url}/arcgis/rest/services/HEC/MapServer/0",)
        with blocklight(tmp_path, Feeds(Desk(), options), "houston") as started:
            yield started.url, table, sum(row["gone"] for row in rows)
    table.close()


@pytest.mark.parametrize("reader", ["light", "dark", "dark phone"])
def test_houstons_calls_close_as_they_vanish(
    houston: tuple[str, Table, int], visitor: Visitor, reader: str
) -> None:
    url, table, gone = houston
    page = visitor.visit(url, **READERS[reader])
    on_the_map(page)

    def number(which: int) -> int:
        return int(page.locator(".numbers b").nth(which).inner_text().replace(",", ""))

    opened = number(0)
    assert opened > gone * 0.5 > 100
    table.delete("gone = 1")
    soon(lambda: number(0) < opened - gone / 4)  # medical calls close some minutes later, with their step
    drawn(page)
    axe_finds_nothing(page)
