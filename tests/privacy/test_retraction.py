"""What is taken back is gone from every surface: from what is stored, kept, compressed and replayed."""

import gzip
import re
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import brotli
import httpx2
import pytest
import zstandard
from archived import AS_OF_PATHS, PLAIN_PATHS, build_all, unpacked
from feature_server import ALL, service_of
from listening import Listener
from living_city import an_incident, incident_id, until
from msgspec.structs import replace
from public_side import NOW, PublicSide, public_side

from blocklight.api.state import web_root
from blocklight.model.outcomes import Withheld
from blocklight.model.record import Place
from blocklight.model.vocabulary import Category, PlaceKind, Reason, Status
from blocklight.store import FetchReport

TYPE = "CANARYTYPE"
LABEL = "4200 block of Canary St"
ID = incident_id(1)
UNPACK: dict[str, Callable[[bytes], bytes]] = {
    "identity": bytes,
    "gzip": gzip.decompress,
    "br": brotli.decompress,
    "zstd": lambda body: zstandard.ZstdDecompressor().decompressobj().decompress(body),
}
TOLD_PLAINLY = ("csv", "geojson", "geojsonl", "kml", "fgb", "atom", "jsonfeed")
QUERIES = [
    {"outFields": "*"},
    {"outFields": "*", "f": "geojson", "outSR": "102100"},
    {"outFields": "*", "f": "pbf"},
    {"where": "UPPER(source_type) LIKE 'CANARY%'"},
    {"returnDistinctValues": "true", "outFields": "source_type,place_label"},
]
PATHS = [
    "/api/v1/window?hours=720",
    "/api/v1/window?hours=24",
    "/api/v1/window/ids?hours=720",
    "/api/v1/incidents",
    "/api/v1/incidents?limit=1",
    "/api/v1/incidents?q=canary",
    f"/api/v1/incidents?q={ID[:8]}",
    "/api/v1/incidents?category=noise&status=open&kind=call&agency=police",
    "/api/v1/incidents?area=beat:02Y",
    "/api/v1/incidents?bbox=-122.3,37.7,-122.1,37.8",
    f"/api/v1/incidents/{ID}",
    "/api/v1/city",
    "/api/v1/sources",
    "/api/v1/ledger",
    "/api/v1/usual?area=beat:02Y",
    "/api/v1/usual",
    "/api/v1/policy",
    "/list",
    "/list?q=canary",
    f"/list/{ID}",
    "/data",
    "/metrics",
    "/",
    *PLAIN_PATHS,
    *(f"/api/v1/archive/2026-01.{form}" for form in ("parquet", "csv", "geojsonl")),
    *(f"/api/v1/archive/2026-01-revisions.{form}" for form in ("parquet", "csv", "geojsonl")),
    *(f"/api/v1/{path}as_of=2026-01-31T23:00:00Z" for path in AS_OF_PATHS),
    "/api/v1/areas/beat/02Y/summary",
    "/api/v1/areas/beat/02Y/series",
    "/api/v1/stats?by=area:beat&by=day",
    *(f"/api/v1/incidents.{form}?q=canary" for form in TOLD_PLAINLY),
    *(f"{service_of('smallville')}/{ALL}/query?{urlencode(query)}" for query in QUERIES),
]
MAY_SAY_NOTHING = {f"/api/v1/incidents/{ID}", f"/list/{ID}"}
SOON_S = 2.0


def asked(
    side: PublicSide, path: str, encoding: str, etag: str | None = None
) -> tuple[httpx2.Response, bytes]:
    """Return an answer with its body unpacked by us: what is kept for that encoding is what we see."""
    headers = {"accept-encoding": encoding} | ({} if etag is None else {"if-none-match": etag})
    with side.client.stream("GET", path, headers=headers) as answer:
        body = b"".join(answer.iter_raw())
    packed = answer.headers.get("content-encoding", "identity")
    return answer, unpacked(path, UNPACK[packed](body)) if body else b""


def kept_s(cache_control: str) -> int:
    """Return for how many seconds a cache on the way may answer without asking us."""
    if "no-store" in cache_control or "no-cache" in cache_control:
        return 0
    spans = [int(n) for n in re.findall(r"(?:max-age|stale-[a-z-]+)=(\d+)", cache_control)]
    assert spans, "nothing says for how long it may be kept"
    return sum(spans)


def tells(body: bytes) -> bool:
    """Whether a body holds anything of the incident."""
    return any(mark.encode() in body for mark in (TYPE, LABEL, ID))


def retracted_s(side: PublicSide, connected: Listener, incident: str, reason: Reason) -> float:
    """Take an incident back; return how many seconds later it is out of the window, and a client told so."""
    begun = time.monotonic()
    withheld = Withheld(incident, "dispatch", reason, sensitive=reason is Reason.SENSITIVE)
    side.store.apply("dispatch", [withheld], at=NOW)
    until(lambda: side.publisher.window.seq == side.store.head())
    events = connected.read(until_seen="retract")
    took_s = time.monotonic() - begun
    assert [event.data for event in events if event.name == "retract"] == [{"id": incident}]
    return took_s


@pytest.mark.parametrize("reason", [Reason.SENSITIVE, Reason.POLICY])
def test_a_retraction_leaves_every_surface_in_every_encoding_within_two_seconds(
    tmp_path: Path, reason: Reason
) -> None:
    place = an_incident(0).place
    assert place is not None
    told = an_incident(1, source_type=TYPE, areas={"beat": "02Y"}, place=replace(place, label=LABEL))
    (tmp_path / "web").symlink_to(web_root())
    with public_side(tmp_path) as side:
        side.store.apply("dispatch", [told, an_incident(2), an_incident(3)], at=NOW)
        side.follow()
        build_all(side.archive)
        before = {(path, way): asked(side, path, way) for path in PATHS for way in UNPACK}
        shown = {path for (path, _), (_, body) in before.items() if tells(body)}
        assert len(shown) >= 28, sorted(set(PATHS) - shown)
        for (path, _), (answer, _) in before.items():
            if path in shown:
                assert kept_s(answer.headers["cache-control"]) <= SOON_S, path
        following = before["/api/v1/incidents?limit=1", "identity"][0]
        assert following.status_code == 200
        # A busy machine may hold up one of three; what takes its time by design takes it every time.
        three = [incident_id(4), incident_id(5), ID]
        side.store.apply("dispatch", [an_incident(4), an_incident(5)], at=NOW)
        side.follow()
        with Listener(side.server.port, "/api/v1/live") as connected:
            connected.read(until_seen="pulse")
            assert min(retracted_s(side, connected, one, reason) for one in three) < SOON_S
        for (path, way), (old, _) in before.items():
            new, body = asked(side, path, way, old.headers.get("etag"))
            assert not tells(body.replace(ID.encode(), b"") if path in MAY_SAY_NOTHING else body), (path, way)
            if path in shown:
                assert new.status_code in ((404,) if path in MAY_SAY_NOTHING else (200,)), (path, way)
        with Listener(side.server.port, "/api/v1/live?last_event_id=0") as again:
            replay = [event for event in again.read(until_seen="retract") if event.name != "pulse"]
        assert [event.data for event in replay if event.name == "retract"] == [{"id": one} for one in three]
        assert not any(tells(repr(event.data).encode()) for event in replay if event.name != "retract")


EXACT_LON = -122.217391
COARSER: dict[str, dict[str, Any]] = {
    "medical": {
        "category": Category.MEDICAL,
        "source_type": None,
        "place": Place(-122.25, 37.75, PlaceKind.GRID, 530),
        "areas": {},
    },
    "masked": {"place": Place(-122.25, 37.75, PlaceKind.GRID, 530), "source_type": None, "areas": {}},
    "without a place": {"place": None, "areas": {}, "source_type": None},
    "times cut": {
        "time_step_min": 30,
        "received_at": NOW - timedelta(hours=2),
        "place": Place(-122.25, 37.75, PlaceKind.GRID, 530),
        "source_type": None,
        "areas": {},
    },
}


@pytest.mark.parametrize("how", COARSER)
def test_a_coarser_version_clears_the_finer_one_everywhere_as_a_retraction_does(
    tmp_path: Path, how: str
) -> None:
    finer = an_incident(
        1,
        source_type=TYPE,
        received_at=NOW - timedelta(hours=2) + timedelta(minutes=1, seconds=37),
        areas={"beat": "02Y"},
        place=Place(EXACT_LON, 37.75, PlaceKind.GRID, 201, LABEL),
    )
    marks = [TYPE, LABEL, str(EXACT_LON)] + ([":01:37Z"] if how == "times cut" else [])
    (tmp_path / "web").symlink_to(web_root())
    with public_side(tmp_path) as side:
        side.store.apply("dispatch", [finer, an_incident(2), an_incident(3)], at=NOW)
        side.store.record_fetch(FetchReport("dispatch", NOW, late_after_s=30))
        side.follow()
        build_all(side.archive)
        paths = [*PATHS, "/api/v1/usual?category=noise"]
        before = {(path, way): asked(side, path, way) for path in paths for way in UNPACK}
        assert any(mark.encode() in body for _, body in before.values() for mark in marks[3:] or marks)
        with Listener(side.server.port, "/api/v1/live") as connected:
            connected.read(until_seen="pulse")
            begun = time.monotonic()
            side.store.apply("dispatch", [replace(finer, **COARSER[how])], at=NOW)
            side.follow()
            events = [event for event in connected.read(until_seen="incident") if event.name != "pulse"]
            took_s = time.monotonic() - begun
        assert [event.name for event in events] == ["retract", "incident"]
        assert took_s < SOON_S
        for (path, way), (old, body) in before.items():
            new, after = asked(side, path, way, old.headers.get("etag"))
            assert not any(mark.encode() in after for mark in marks), (path, way)
            if any(mark.encode() in body for mark in marks):
                assert new.status_code == 200, (path, way)
                assert kept_s(old.headers["cache-control"]) <= SOON_S, path
        with Listener(side.server.port, "/api/v1/live?last_event_id=0") as again:
            replay = again.read(until_seen="pulse")
        assert [event.name for event in replay if event.data.get("id") == ID] == ["retract", "incident"]
        assert not any(mark in repr(event.data) for event in replay for mark in marks)
        counts = paths[-1] if how == "medical" else "/api/v1/usual?area=beat:02Y"
        assert asked(side, counts, "identity")[1] != before[counts, "identity"][1]


def test_what_is_remembered_of_the_weeks_before_goes_when_an_old_incident_is_taken_back(
    tmp_path: Path,
) -> None:
    with public_side(tmp_path) as side:
        old = an_incident(1, received_at=NOW - timedelta(days=60), status=Status.CLOSED)
        side.store.apply("dispatch", [old], at=NOW)
        side.follow()
        side.publisher.columns.forget_before(NOW - timedelta(days=30))
        before = side.publisher.retractions
        side.store.apply("dispatch", [Withheld(ID, "dispatch", Reason.POLICY)], at=NOW)
        side.follow()
        assert side.publisher.retractions > before


def test_no_cache_keeps_a_count_that_held_what_was_taken_back(tmp_path: Path) -> None:
    (tmp_path / "web").symlink_to(web_root())
    with public_side(tmp_path) as side:
        lately = {"received_at": NOW - timedelta(hours=2), "areas": {"beat": "02Y"}}
        side.store.apply("dispatch", [an_incident(n, **lately) for n in (1, 2, 3)], at=NOW)
        side.store.record_fetch(FetchReport("dispatch", NOW, late_after_s=30))
        side.follow()
        build_all(side.archive)
        before = {path: asked(side, path, "identity") for path in PATHS}
        side.store.apply("dispatch", [Withheld(ID, "dispatch", Reason.POLICY)], at=NOW)
        side.follow()
        moved = {
            path: old for path, (old, body) in before.items() if asked(side, path, "identity")[1] != body
        }
        of_the_past = {"/api/v1/stats?by=category&by=hour", "/api/v1/areas/beat/02Y/summary"}
        assert {"/api/v1/usual?area=beat:02Y", "/api/v1/incidents", "/list", *of_the_past} <= set(moved)
        for path, old in moved.items():
            assert kept_s(old.headers["cache-control"]) <= SOON_S, path


def test_a_page_that_was_begun_before_a_retraction_does_not_bring_it_back(tmp_path: Path) -> None:
    with public_side(tmp_path) as side:
        side.store.apply("dispatch", [an_incident(n, source_type=TYPE) for n in (1, 2, 3)], at=NOW)
        side.follow()
        first = side.get("incidents?limit=1").json()
        assert first["next"]
        side.store.apply("dispatch", [Withheld(ID, "dispatch", Reason.SENSITIVE, sensitive=True)], at=NOW)
        found, following = [one["id"] for one in first["features"]], first["next"]
        while following:
            page = side.client.get(following).json()
            found += [one["id"] for one in page["features"]]
            following = page["next"]
        assert ID not in found
        assert incident_id(2) in found
