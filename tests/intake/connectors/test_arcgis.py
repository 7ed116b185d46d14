from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from loopback.arcgis import Layer, RecordedLayer, error_body
from loopback.feeds import feed, numbers
from loopback.reading import Reader
from loopback.server import Reply, serving, with_faults
from loopback.table import Table

from blocklight.config.city import SourceSpec, load_city
from blocklight.errors import SourceChanged, SourceUnavailable
from blocklight.intake.connectors.recording import ReplayTransport, replay_lines

pytestmark = pytest.mark.anyio

RECORDING = Path("cad/houston/houston_raw_arcgis_2025-10-06_7d.jsonl.zst")


def houston(url: str | None = None) -> SourceSpec:
    source = load_city("houston").source("active")
    return source if url is None else source.model_copy(update={"url": url})


def keys_in(bodies: list[bytes], source: SourceSpec) -> set[tuple[object, ...]]:
    """Read recorded bodies without a connector."""
    features = [feature for body in bodies for feature in orjson.loads(body).get("features", ())]
    return {tuple(feature["attributes"][column] for column in source.key) for feature in features}


async def test_a_replayed_recording_yields_what_its_bodies_hold(shared_data: Path) -> None:
    source, transport, clock = houston(), ReplayTransport(), [datetime.now(UTC)]
    lines = list(replay_lines(shared_data / RECORDING))
    assert len(lines) == 619
    keys, errors = set(), []
    async with Reader(source, now=lambda: clock[0], transport=transport) as reader:
        for clock[0], transport.body in lines:
            fetched = await reader.fetch()
            errors += [fetched.error] if fetched.error else []
            assert fetched.complete == ([] if fetched.error else [True])
            assert all(batch.fetched_at == clock[0] for batch in fetched.batches)
            keys |= {tuple(row[column] for column in source.key) for row in fetched.rows}
    assert [repr(error) for error in errors] == ["SourceUnavailable('ArcGIS error 500')"]
    assert keys == keys_in([body for _, body in lines], source)
    assert len(keys) == 12_355


async def test_a_recording_served_over_http_yields_the_same(shared_data: Path) -> None:
    layer = RecordedLayer(shared_data / RECORDING)
    keys, fetches = set(), 0
    with serving(layer) as server:
        source = houston(f"{server.url}/HEC_Active_Incidents/MapServer/0")
        async with Reader(source) as reader:
            while layer.turn():
                fetched = await reader.fetch()
                fetches += 1
                keys |= {tuple(row[column] for column in source.key) for row in fetched.rows}
        assert {request.path.rpartition("/")[2] for request in server.asked} == {"0", "query"}
    assert (fetches, len(keys)) == (619, 12_355)


async def test_the_older_form_of_the_recording_is_a_changed_source(shared_data: Path) -> None:
    path = shared_data / "cad/houston/houston_raw_legacy_2020-06-01_1d.jsonl.zst"
    transport = ReplayTransport(next(replay_lines(path))[1])
    async with Reader(houston(), transport=transport) as reader:
        assert str((await reader.fetch()).error) == "no features in the answer"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        *zip((500, 503, 429), [SourceUnavailable] * 3, strict=True),
        *[(c, SourceChanged) for c in (400, 498, 499)],
    ],
)
async def test_an_error_inside_a_good_answer_is_an_error(code: int, expected: type[Exception]) -> None:
    with feed("arcgis in ranges", 5, wrap=lambda app: with_faults(app, [error_body(code)] * 9)) as one:
        async with Reader(one.source()) as reader:
            fetched = await reader.fetch()
    assert type(fetched.error) is expected
    assert str(fetched.error).partition(":")[0] == f"ArcGIS error {code}"
    assert fetched.batches == []


@pytest.mark.parametrize("error", [None, "broken", {"code": "x"}, [], {}])
async def test_an_error_of_any_form_is_an_error(error: object) -> None:
    with feed(
        "arcgis in ranges", 5, wrap=lambda app: with_faults(app, [Reply.json({"error": error})])
    ) as one:
        async with Reader(one.source()) as reader:
            assert isinstance((await reader.fetch()).error, SourceChanged)


async def test_one_answer_is_enough_for_a_small_layer_once_it_is_described() -> None:
    with feed("arcgis in ranges", 5) as one:
        async with Reader(one.source()) as reader:
            for _ in range(2):
                assert len((await reader.fetch()).rows) == 5
        layer = "/FeatureServer/0"
        assert [request.path for request in one.server.asked] == [layer, f"{layer}/query", f"{layer}/query"]


async def test_a_layer_that_pages_is_described_once() -> None:
    with feed("arcgis in ranges", 25) as one:
        async with Reader(one.source()) as reader:
            await reader.fetch()
            await reader.fetch()
        assert sum(not request.path.endswith("/query") for request in one.server.asked) == 1


async def test_an_answer_cut_short_without_a_word_is_noticed() -> None:
    with feed("arcgis in ranges", 1200) as one:
        assert isinstance(one.app, Layer)
        one.app.max_record_count, one.app.tells_limit = 500, False
        async with Reader(one.source(page_size=500)) as reader:
            fetched = await reader.fetch()
    assert sorted(numbers(fetched.rows)) == list(range(1, 1201))
    assert fetched.complete[-1]


async def test_rows_that_share_an_object_id_are_all_read() -> None:
    with feed("arcgis in ranges", 40) as one:
        one.table.update("number in ('9', '10', '11', '12', '20')", OBJECTID=10)
        async with Reader(one.source()) as reader:
            fetched = await reader.fetch()
    assert sorted(numbers(fetched.rows)) == list(range(1, 41))


async def test_more_rows_with_one_object_id_than_a_page_holds_are_an_error_and_no_circle() -> None:
    with feed("arcgis in ranges", 40) as one:
        one.table.update("1=1", OBJECTID=10)
        async with Reader(one.source()) as reader:
            fetched = await reader.fetch()
    assert str(fetched.error) == "more rows share an object id than fit on a page"


@pytest.mark.parametrize("cursor_column", [None, "edited"])
async def test_a_server_that_gives_the_same_answer_to_everything_is_no_circle(
    cursor_column: str | None,
) -> None:
    with feed("arcgis in ranges", 5) as one:
        async with Reader(one.source()) as reader:
            row = dict((await reader.fetch()).rows[0]) | {"OBJECTID": 1, "edited": 1}
        body = {"objectIdFieldName": "OBJECTID", "exceededTransferLimit": True}
        body |= {"features": [{"attributes": row}], "supportsPagination": True}
        with serving(lambda _: Reply.json(body)) as stubborn:
            source = one.source(url=stubborn.url, cursor_column=cursor_column)
            async with Reader(source) as reader:
                fetched = await reader.fetch()
            assert len(stubborn.asked) < 6
    assert fetched.error is not None
    assert not any(fetched.complete)


async def test_long_lists_of_object_ids_travel_as_a_form() -> None:
    with feed("arcgis in lists", 1500) as one:
        assert isinstance(one.app, Layer)
        one.app.max_record_count = 1000
        async with Reader(one.source(page_size=1000)) as reader:
            fetched = await reader.fetch()
        assert sorted(numbers(fetched.rows)) == list(range(1, 1501))
        assert {request.method for request in one.server.asked} == {"GET", "POST"}


async def test_a_list_that_is_still_too_long_is_halved() -> None:
    with feed("arcgis in lists", 40) as one:
        assert isinstance(one.app, Layer)
        described = Layer(one.table, supports_pagination=False, max_record_count=16)
        layer = one.app
        layer.max_record_count = 5
        with serving(lambda r: (layer if r.path.endswith("query") else described)(r)) as server:
            async with Reader(one.source(url=server.url, page_size=100)) as reader:
                fetched = await reader.fetch()
    assert sorted(numbers(fetched.rows)) == list(range(1, 41))


async def test_a_layer_that_keeps_local_time_is_read_from_earlier_on() -> None:
    with feed("arcgis in ranges", 25) as one:
        assert isinstance(one.app, Layer)
        one.app.time_zone = "Central Standard Time"
        async with Reader(one.source(cursor_column="edited", overlap_s=0)) as reader:
            cursor = (await reader.fetch()).cursor
            await reader.fetch(cursor)
        assert one.server.asked[-1].params["where"].startswith("(edited >= timestamp '2024-03-03 16:")


async def test_a_cursor_column_that_is_gone_is_named() -> None:
    with feed("arcgis in ranges", 5) as one:
        async with Reader(one.source(cursor_column="modified")) as reader:
            assert str((await reader.fetch()).error) == "column 'modified' is gone"


@pytest.mark.parametrize(
    ("geometry", "expected"),
    [
        ({"x": -95.5, "y": 29.5}, (-95.5, 29.5)),
        ({"x": "NaN", "y": "NaN"}, (None, None)),
        ({"x": None, "y": 1}, (None, None)),
        ({"rings": [[[0, 0], [2, 4]]]}, (1, 2)),
        ({"rings": [["x"]]}, (None, None)),
        (None, (None, None)),
        ([1, 2], (None, None)),
    ],
)
async def test_a_point_becomes_two_columns(geometry: object, expected: tuple[object, object]) -> None:
    with feed("arcgis in ranges", 1) as one:
        row = {"number": "1", "received": 1, "type": "CAR FIRE"}
        body = {"features": [{"attributes": row, "geometry": geometry}, {"no": "feature"}, 7]}
        fields = {
            "received_at": {"from": "received", "convert": "epoch_ms"},
            "source_type": "type",
            "agency": {"default": "fire"},
            "lon": {"from": "__lon", "convert": "float"},
            "lat": {"from": "__lat", "convert": "float"},
        }
        with serving(lambda _: Reply.json(body)) as server:
            async with Reader(one.source(url=f"{server.url}/query", fields=fields)) as reader:
                fetched = await reader.fetch()
            assert server.asked[1].params["returnGeometry"] == "true"
            assert server.asked[1].path == "/query"
    assert [(row.get("__lon"), row.get("__lat")) for row in fetched.rows] == [
        expected,
        (None, None),
        (None, None),
    ]


async def test_an_empty_layer_is_a_complete_answer_without_rows() -> None:
    table = Table(("OBJECTID", *houston().key, "IncidentType", "NO_UNITS"), ())
    with serving(Layer(table)) as server:
        async with Reader(houston(server.url)) as reader:
            fetched = await reader.fetch()
    table.close()
    assert fetched.error is None
    assert fetched.complete == [True]
    assert fetched.rows == []
