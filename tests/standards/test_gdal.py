"""GDAL's ESRIJSON driver, on which QGIS, geopandas and R build, reads every record of a served city."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from urllib.parse import urlencode

import pytest
from feature_server import ALL, FeatureServer, service_of
from gdal_client import Read, read_by_gdal
from living_city import START, an_incident
from public_side import NOW, PublicSide, public_side, some_incidents

from blocklight.model.outcomes import Withheld
from blocklight.model.vocabulary import Reason

COUNT = 700
INCIDENTS = some_incidents(COUNT)


@pytest.fixture
def side(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PublicSide]:
    with public_side(tmp_path_factory.mktemp("city")) as side:
        side.store.apply("dispatch", INCIDENTS, at=START)
        side.follow()
        yield side


def _read_address(address: str) -> Read:
    """Return what GDAL reads from an address, in a process of its own (see ``_read``)."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(read_by_gdal, address).result(120)


def _read(side: PublicSide, layer: int = ALL, **asked: str) -> Read:
    """Return what GDAL reads, by column; it asks for further pages by itself.

    In a process of its own: while it waits, it lets no other thread of its process answer.
    """
    query = {"where": "1=1", "outFields": "*", "orderByFields": "OBJECTID", "f": "json", **asked}
    url = f"ESRIJSON:{side.server.url}{service_of('smallville')}/{layer}/query?{urlencode(query)}"
    return _read_address(url)


def test_gdal_reads_all_records_over_many_pages(side: PublicSide, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("blocklight.standards.geoservices.query_request.MOST_RECORDS", 90)
    read = _read(side)
    assert len(read["id"]) == COUNT
    assert set(read["id"]) == {incident.id for incident in INCIDENTS}
    assert len(set(read["OBJECTID"])) == COUNT
    assert read["crs"] == "EPSG:4326"


def test_gdal_reads_the_same_place_and_second(side: PublicSide) -> None:
    read = _read(side)
    by_id = {incident.id: incident for incident in INCIDENTS}
    assert len(read["id"]) == COUNT
    for id_, received_at, category, point in zip(
        read["id"], read["received_at"], read["category"], read["geometry"], strict=True
    ):
        record = by_id[id_]
        assert category == record.category
        assert received_at[:19] == record.received_at.isoformat()[:19]
        assert (point is None) is (record.place is None)


def test_gdal_reads_the_same_part_for_a_box_and_a_time(side: PublicSide) -> None:
    box = _read(side, geometry="-122.3,37.7,-122.2,37.76", geometryType="esriGeometryEnvelope")
    expected = {i.id for i in INCIDENTS if i.place and i.place.lon < -122.2 and i.place.lat < 37.76}
    assert set(box["id"]) == expected
    recent = {i.id for i in INCIDENTS if i.received_at >= NOW - timedelta(hours=24)}
    assert set(_read(side, layer=0)["id"]) == recent


def test_gdal_reads_areas_and_sources(side: PublicSide) -> None:
    areas = _read(side, layer=10)
    assert list(areas["name"]) == ["Beat 01X", "Beat 02Y"]
    assert all(geometry is not None for geometry in areas["geometry"])
    assert set(_read(side, layer=4)["id"]) == {"dispatch", "requests"}


def test_after_a_refresh_gdal_reads_what_came_and_nothing_that_was_taken_back(side: PublicSide) -> None:
    before = _read(side)
    gone = [Withheld(i.id, i.source, Reason.SENSITIVE, sensitive=True) for i in INCIDENTS[:20]]
    side.store.apply("dispatch", [*gone, an_incident(9_000)], at=START + timedelta(hours=1))
    side.follow()
    after = _read(side)
    assert set(after["id"]) == {i.id for i in INCIDENTS[20:]} | {an_incident(9_000).id}
    new = set(after["OBJECTID"]) - set(before["OBJECTID"])
    assert len(new) == 1
    assert FeatureServer(side.client).count() == len(after["id"])


def test_gdal_reads_the_ogc_api_whole_and_by_box_and_filter(side: PublicSide) -> None:
    address = f"OAPIF:{side.server.url}/ogc/collections/incidents"
    read = _read_address(address)
    by_id = {incident.id: incident for incident in INCIDENTS}
    assert sorted(read["id"]) == sorted(by_id)
    assert "CRS84" in read["crs"]
    for id_, received_at in zip(read["id"], read["received_at"], strict=True):
        assert received_at[:19] == by_id[id_].received_at.isoformat()[:19]
    gone = [Withheld(i.id, i.source, Reason.SENSITIVE, sensitive=True) for i in INCIDENTS[:20]]
    side.store.apply("dispatch", [*gone, an_incident(9_000)], at=START + timedelta(hours=1))
    side.follow()
    after = _read_address(address)
    assert set(after["id"]) == {i.id for i in INCIDENTS[20:]} | {an_incident(9_000).id}


def test_gdal_reads_a_vector_tile(side: PublicSide, tmp_path: Path) -> None:
    tile = side.client.get("/ogc/collections/incidents/tiles/WebMercatorQuad/0/0/0")
    (tmp_path / "0.mvt").write_bytes(tile.content)
    places = [incident.place for incident in INCIDENTS if incident.place is not None]
    assert sum(_read_address(f"MVT:{tmp_path / '0.mvt'}")["count"]) == len(places)
