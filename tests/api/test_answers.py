import contextlib
import gzip
import http.client
import logging
import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import brotli
import httpx2
import orjson
import pyarrow as pa
import pytest
import zstandard
from listening import Listener
from living_city import START, an_incident, incident_id, until
from prometheus_client.parser import text_string_to_metric_families
from public_side import NOW, PAGE, SCRIPT, PublicSide, public_side

from blocklight.api.encoding import matches, preferred_encoding
from blocklight.api.pages import content_policy
from blocklight.cli.log_lines import OncePerFault
from blocklight.model.outcomes import Withheld
from blocklight.model.vocabulary import Reason, Status
from blocklight.store import FetchReport

_COMPRESSED = ["window", "window/ids", "incidents", "areas/beat", "map/0", "city"]


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PublicSide]:
    with public_side(tmp_path_factory.mktemp("city"), style_url="https://tiles.example/style.json") as side:
        side.store.apply("dispatch", [an_incident(n) for n in range(40)], at=NOW)
        closed = an_incident(3, status=Status.CLOSED, closed_at=START + timedelta(hours=1), priority=2)
        side.store.apply("dispatch", [closed], at=NOW + timedelta(minutes=1))
        side.follow()
        yield side


def _raw(
    side: PublicSide, path: str, method: str = "GET", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """Send a request exactly as it is written, and return the answer as it came."""
    with contextlib.closing(
        http.client.HTTPConnection("127.0.0.1", side.server.port, timeout=20)
    ) as connection:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, headers=named)
        answer = connection.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()


def test_an_incident_is_told_with_its_life(side: PublicSide) -> None:
    body = side.get(f"incidents/{incident_id(3)}").json()
    assert body["properties"]["status"] == "closed"
    assert body["properties"]["closed_at"] == "2026-01-31T09:00:00Z"
    first, second = body["life"]
    assert (first["seq"], second["seq"]) == (body["properties"]["first_seq"], body["properties"]["seq"])
    assert second["changed"] == {"status": "closed", "closed_at": "2026-01-31T09:00:00Z", "priority": 2}


def test_the_city_says_what_a_page_needs(side: PublicSide) -> None:
    body = side.get("city").json()
    assert (body["id"], body["now"]) == ("smallville", "2026-02-02T08:00:00Z")
    assert body["head"] == side.publisher.window.seq >= 41
    assert [side.client.get(kind["url"]).status_code for kind in body["area_kinds"]] == [200]
    assert [side.client.get(layer["url"]).status_code for layer in body["map"]["layers"]] == [200]
    assert body["map"]["style_url"] == "https://tiles.example/style.json"
    assert [source["id"] for source in body["sources"]] == ["dispatch", "requests"]


def test_area_polygons_carry_their_ids(side: PublicSide) -> None:
    answer = side.get("areas/beat")
    assert answer.headers["content-type"] == "application/geo+json"
    features = answer.json()["features"]
    assert [feature["id"] for feature in features] == ["01X", "02Y"]
    assert features[0]["properties"] == {"id": "01X", "name": "Beat 01X", "kind": "beat"}


def test_the_city_says_what_was_withheld_yesterday_and_nothing_of_today(tmp_path: Path) -> None:
    with public_side(tmp_path, follow=False) as side:
        hidden = [Withheld(incident_id(n), "dispatch", Reason.SENSITIVE, sensitive=True) for n in range(2, 9)]
        side.store.apply("dispatch", hidden, at=NOW)
        assert side.get("city").json()["ledger_yesterday"]["withheld"]["sensitive"] is None
        yesterday = NOW - timedelta(days=1)
        hidden = [
            Withheld(incident_id(n), "dispatch", Reason.SENSITIVE, sensitive=True) for n in range(20, 26)
        ]
        side.store.apply("dispatch", [an_incident(9), *hidden], at=yesterday)
        ledger = side.get("city").json()["ledger_yesterday"]
        assert (ledger["day"], ledger["published"], ledger["retracted"]) == ("2026-02-01", 1, 0)
        assert ledger["withheld"]["sensitive"] == 6


def test_the_window_can_be_followed_from_its_seq(side: PublicSide) -> None:
    answer = side.get("window", params={"hours": 72})
    assert answer.headers["content-type"] == "application/vnd.apache.arrow.stream"
    about = pa.ipc.open_stream(answer.content).schema.metadata
    seq, epoch = int(about[b"seq"]), about[b"epoch"].decode()
    assert epoch == side.store.epoch()
    with Listener(side.server.port, f"/api/v1/live?last_event_id={seq}-{epoch}") as listener:
        events = listener.read(until_seen="pulse")
        side.store.apply("dispatch", [an_incident(100)], at=NOW)
        side.publisher.wake()
        while events[-1].name == "pulse" or events[-1].data["id"] != incident_id(100):
            events += listener.read(events=1)
        heard = {event.seq for event in events}
        assert set(range(seq + 1, side.store.head() + 1)) <= heard
        found = side.get("incidents", params={"q": incident_id(100)}).json()["features"]
        assert events[-1].data == found[0]


def test_a_retraction_leaves_every_address_at_once(tmp_path: Path) -> None:
    with public_side(tmp_path) as side:
        side.store.apply("dispatch", [an_incident(1, source_type="CANARY"), an_incident(2)], at=NOW)
        side.follow()
        for path in ("window?hours=720", "window/ids?hours=720", "incidents"):
            side.get(path)
        side.store.apply("dispatch", [Withheld(incident_id(1), "dispatch", Reason.POLICY)], at=NOW)
        side.follow()
        assert side.get(f"incidents/{incident_id(1)}").status_code == 404
        for path in ("window?hours=720", "window/ids?hours=720", "incidents", "city", "sources"):
            body = side.get(path).content
            assert b"CANARY" not in body
            assert incident_id(1).encode() not in body
        with Listener(side.server.port, "/api/v1/live?last_event_id=0") as listener:
            events = [event for event in listener.read(until_seen="retract") if event.name != "pulse"]
            assert [(event.name, event.seq) for event in events] == [("incident", 2), ("retract", 3)]
            assert events[1].data == {"id": incident_id(1)}


@pytest.mark.parametrize("path", _COMPRESSED)
def test_an_unchanged_answer_costs_no_body(side: PublicSide, path: str) -> None:
    first = side.get(path)
    etag = first.headers["etag"]
    for tags in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = side.get(path, headers={"if-none-match": tags})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == etag
        assert again.headers["vary"] == "accept-encoding"
    assert side.get(path, headers={"if-none-match": '"other"'}).status_code == 200


def _unpacked(encoding: str, body: bytes) -> bytes:
    if encoding == "zstd":
        return zstandard.ZstdDecompressor().decompress(body)
    unpacked: bytes = {"br": brotli.decompress, "gzip": gzip.decompress, "identity": bytes}[encoding](body)
    return unpacked


@pytest.mark.parametrize("path", _COMPRESSED)
def test_every_encoding_carries_the_same_bytes_under_its_own_etag(side: PublicSide, path: str) -> None:
    _, _, plain = _raw(side, f"/api/v1/{path}", accept_encoding="identity")
    tags = set()
    for accepted in ("zstd", "br", "gzip", "identity"):
        status, headers, body = _raw(side, f"/api/v1/{path}", accept_encoding=accepted)
        assert status == 200
        encoding = headers.get("content-encoding", "identity")
        assert encoding in (accepted, "identity")
        assert _unpacked(encoding, body) == plain
        assert int(headers["content-length"]) == len(body)
        tags.add((encoding, headers["etag"]))
    assert len(dict(tags)) == len(tags)
    assert len(tags) >= (3 if len(plain) > 600 else 1), "a large answer comes compressed"


@pytest.mark.parametrize(
    ("accept", "encoding"),
    [
        (None, "identity"),
        ("", "identity"),
        ("gzip", "gzip"),
        ("gzip, br, zstd", "zstd"),
        ("gzip;q=1.0, br;q=0.5", "br"),
        ("zstd;q=0, br;q=0, gzip", "gzip"),
        ("*", "zstd"),
        ("zstd;q=0, *", "br"),
        ("*;q=0", "identity"),
        ("identity", "identity"),
        ("GZIP", "gzip"),
        ("gzip;q=nan", "identity"),
        ("gzip;q=x;q=1", "identity"),
        (";;;,,,=", "identity"),
        ("br" + ",gzip" * 5000, "br"),
    ],
)
def test_the_encoding_is_one_that_the_client_takes(accept: str | None, encoding: str) -> None:
    assert preferred_encoding(accept) == encoding


def test_an_etag_matches_in_lists_and_weakly() -> None:
    assert matches('W/"a", "b"', '"b"')
    assert not matches('"ab"', '"b"')
    assert not matches("", '"b"')


@pytest.mark.parametrize(
    "path",
    ["/", "/assets/index-1a2b.js", "/healthz", "/readyz", "/metrics", "/openapi.json", "/api/v1/live"]
    + [f"/api/v1/{path}" for path in _COMPRESSED],
)
def test_head_answers_as_get_does_but_without_a_body(side: PublicSide, path: str) -> None:
    status, headers, body = _raw(side, path, "HEAD")
    assert (status, body) == (200, b"")
    if path != "/api/v1/live":
        _, full, _ = _raw(side, path)
        assert headers.get("content-length") == full.get("content-length")
        assert headers["content-type"] == full["content-type"]


@pytest.mark.parametrize("path", ["city", "incidents", "window", "live", "nothing", "sources", "map/0"])
def test_any_page_may_read_the_api_and_each_header_stands_once(side: PublicSide, path: str) -> None:
    for method in ("GET", "HEAD") if path != "live" else ("HEAD",):
        answer = side.client.request(method, f"/api/v1/{path}")
        assert answer.headers.get_list("access-control-allow-origin") == ["*"]
        assert answer.headers.get_list("x-content-type-options") == ["nosniff"]
        assert "access-control-allow-credentials" not in answer.headers
        assert "set-cookie" not in answer.headers
    preflight = side.client.options(
        f"/api/v1/{path}", headers={"origin": "https://x.example", "access-control-request-method": "GET"}
    )
    assert (preflight.status_code, preflight.content) == (204, b"")
    assert "last-event-id" in preflight.headers["access-control-allow-headers"]


def test_the_page_is_served_with_a_strict_content_policy(side: PublicSide) -> None:
    answer = side.client.get("/")
    assert (answer.text, answer.headers["content-type"]) == (PAGE, "text/html; charset=utf-8")
    policy = answer.headers["content-security-policy"].split("; ")
    assert "script-src 'self'" in policy
    assert "connect-src 'self' https://tiles.example" in policy
    assert "frame-ancestors 'none'" in policy
    assert not [part for part in policy if "unsafe" in part or "*" in part]
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-cache"


def test_the_page_names_the_window_of_its_address_so_that_the_browser_asks_at_once(side: PublicSide) -> None:
    asked = {"": 24, "?range=168": 168, "?range=720&status=open": 720, "?range=12": 24, "?range=<>": 24}
    for query, hours in asked.items():
        link = side.client.get(f"/{query}").headers["link"]
        assert link == f"</api/v1/window?hours={hours}>; rel=preload; as=fetch; crossorigin"
        assert side.client.get(link[1 : link.index(">")]).status_code == 200


def test_only_the_slim_page_may_be_framed_and_only_by_whom_the_city_names(side: PublicSide) -> None:
    def framers(path: str) -> str:
        answer = side.client.get(path)
        assert answer.text == PAGE
        policy = answer.headers["content-security-policy"].split("; ")
        assert "x-frame-options" not in answer.headers
        return next(part for part in policy if part.startswith("frame-ancestors"))

    assert framers("/embed") == "frame-ancestors *"
    assert framers("/") == framers("/index.html") == "frame-ancestors 'none'"
    named = ("https://news.example", "https://*.town.example:8443")
    assert "frame-ancestors https://news.example https://*.town.example:8443" in content_policy(None, named)
    assert "frame-ancestors 'none'" in content_policy(None, ())


def test_only_a_geocoder_that_the_city_names_may_be_asked() -> None:
    assert "connect-src 'self'; " in content_policy(None)
    policy = content_policy(None, (), "https://geo.example:8443/search?q={query}")
    assert "connect-src 'self' https://geo.example:8443; " in policy


def test_the_map_can_be_installed_under_the_citys_name(side: PublicSide) -> None:
    answer = side.client.get("/manifest.webmanifest")
    assert answer.headers["content-type"] == "application/manifest+json"
    told = answer.json()
    assert told["name"] == "Smallville · Blocklight"
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in told["icons"]}
    assert (told["start_url"], told["scope"], told["display"]) == ("/", "/", "standalone")


@pytest.mark.parametrize("style", [None, "/style.json", "nonsense"])
def test_without_a_foreign_basemap_the_policy_names_nobody_else(style: str | None) -> None:
    assert "//" not in content_policy(style)


def test_hashed_files_are_kept_for_ever(side: PublicSide) -> None:
    answer = side.client.get("/assets/index-1a2b.js")
    assert answer.text == SCRIPT
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/assets/../../secret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt", "/..%5csecret.txt", "//etc/passwd", "/%2Fetc%2Fpasswd",
        "/etc/passwd", "/file:///etc/passwd", "/%00", "/a%00b", "/%ff", "/~root", "/*", "/.", "/assets",
        "/assets/", "/assets/../index.html", "/./index.html", "/assets//index-1a2b.js", "/index.html/",
        "/" + "a" * 5000, "/" + "a/" * 3000, "/?../secret.txt",
    ],
)  # fmt: skip
def test_no_spelling_of_a_path_leaves_the_folder_or_is_kept_twice(side: PublicSide, path: str) -> None:
    status, _, body = _raw(side, path)
    assert status == (200 if path.startswith("/?") else 404)
    assert b"SECRET" not in body
    assert b"root:" not in body


def test_without_a_built_web_app_the_page_says_so_and_the_api_works(tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    with public_side(tmp_path, follow=False) as side:
        answer = side.client.get("/")
        assert answer.status_code == 503
        assert "not built" in answer.json()["detail"]
        assert side.get("city").status_code == 200


def test_the_health_of_every_source_is_public(tmp_path: Path) -> None:
    with public_side(tmp_path, follow=False) as side:

        def report(minutes: int, **what: object) -> None:
            at = NOW - timedelta(minutes=minutes)
            side.store.record_fetch(FetchReport("dispatch", at, late_after_s=30, **what))  # type: ignore[arg-type]  # counts or a reason

        report(60)
        report(30)
        report(1, failure="HTTP 500")
        dispatch, requests = side.get("sources").json()["sources"]
        assert dispatch["state"] == "failing"
        assert dispatch["reason"] == "HTTP 500"
        assert (dispatch["records"], dispatch["failures"]) == (0, 1)
        assert "rejected" not in dispatch
        assert dispatch["gaps"] == [{"from": "2026-02-02T07:00:00Z", "to": "2026-02-02T07:30:00Z"}]
        assert dispatch["late_s"] == 1800
        assert requests["state"] == "waiting"


def test_the_process_is_ready_only_while_it_follows_the_log(tmp_path: Path) -> None:
    with public_side(tmp_path) as side:
        assert side.client.get("/readyz").status_code == 200
        with contextlib.closing(sqlite3.connect(side.database, timeout=20)) as database:
            database.execute("alter table log rename to elsewhere")
            database.commit()
            until(lambda: side.client.get("/readyz").status_code == 503)
            assert side.client.get("/healthz").status_code == 200
            database.execute("alter table elsewhere rename to log")
            database.commit()
        until(lambda: side.client.get("/readyz").status_code == 200)


def test_before_following_the_process_is_alive_but_not_ready(tmp_path: Path) -> None:
    with public_side(tmp_path, follow=False) as side:
        assert side.client.get("/healthz").text == "ok"
        answer = side.client.get("/readyz")
        assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")


def test_metrics_are_in_the_exposition_format(side: PublicSide) -> None:
    answer = side.client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    assert families["blocklight_seq"].samples[0].value >= 41
    assert families["blocklight_live_frames"].type == "counter"
    assert {s.labels["source"] for s in families["blocklight_source_ok"].samples} == {"dispatch", "requests"}


def test_a_failing_store_is_a_503_that_says_nothing_of_why(tmp_path: Path) -> None:
    with public_side(tmp_path, follow=False) as side:
        with contextlib.closing(sqlite3.connect(side.database)) as database:
            for table in ("incident", "source", "ledger", "city_ledger"):
                database.execute(f"alter table {table} rename to gone_{table}")
            database.commit()
        for path in ("incidents", f"incidents/{incident_id(1)}", "sources", "city"):
            answer = side.get(path)
            assert answer.status_code == 503
            assert answer.headers["content-type"] == "application/problem+json"
            assert set(answer.json()) == {"type", "title", "status"}
            for word in ("Error", "table", "sqlite", "gone"):
                assert word not in answer.text
        assert side.get("window").status_code == 200, "the window is answered from memory"


def test_an_unexpected_failure_is_a_500_that_says_nothing_of_why_and_one_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    broken: list[bool] = []

    class Clock(datetime):
        """A clock that breaks with a message nobody outside may read."""

        def astimezone(self, _tz: object = None) -> datetime:  # type: ignore[override]  # it only ever fails
            if broken:
                raise RuntimeError("SECRET caller 555-0100")
            return datetime(self.year, self.month, self.day, self.hour, tzinfo=self.tzinfo)

    now = Clock(NOW.year, NOW.month, NOW.day, NOW.hour, tzinfo=NOW.tzinfo)
    with public_side(tmp_path, follow=False, now=now) as side:
        broken.append(True)
        answer = side.get("city")
        assert answer.status_code == 500
        assert orjson.loads(answer.content) == {
            "type": "about:blank",
            "title": "Internal error",
            "status": 500,
        }
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert side.get("city?FORGED").status_code == 500
    errors = [line for line in caplog.records if line.levelno >= logging.ERROR]
    assert [line.getMessage() for line in errors] == ["unexpected RuntimeError answering /city"] * 2
    once = OncePerFault()
    assert [once.filter(line) for line in errors] == [True, False]


def test_a_slow_reader_of_the_window_gets_all_of_it(side: PublicSide) -> None:
    with httpx2.stream("GET", f"{side.server.url}/api/v1/window?hours=720", trust_env=False) as answer:
        body = b"".join(answer.iter_bytes(64))
    assert pa.ipc.open_stream(body).read_all().num_rows >= 40
