import socket
from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from living_city import START, an_incident, incident_id
from public_side import PublicSide, public_side

_NAMES = (
    "bbox since until status kind category agency priority area q limit cursor hours last_event_id".split()
)
_NASTY = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            "", " ", "\x00", "a\x00b", "nan", "inf",
            "-inf", "1e999", "-0", "١٢", "¼", "9" * 400, "-" + "9" * 30,
            "1_000", "0x10", "true", "null", "[]", "{}", "'", '"', "%", "\\", "a" * 3000, "\ud7ff\ue000",
            "nan,nan,nan,nan", "1,2,3,4,5", "1,2,3", ",,,", "-181,0,1,1", "inf,0,1,1", "1,1,1,1", "2,2,1,1",
            "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-02-30T00:00:00Z", "2026-01-31",
            "2026-01-31T08:00:00", "1e400", "99999999999999999999", "-1", "2026-01-31T08:00:00+99:99",
            "beat", "beat:", ":01X", "beat:01X:02Y", "beat:\x00", "AAAA", "A" * 42 + "==",
        ]
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PublicSide]:
    with public_side(tmp_path_factory.mktemp("city")) as side:
        side.store.apply("dispatch", [an_incident(1), an_incident(2)], at=START)
        side.follow()
        yield side


@settings(max_examples=150)
@given(pairs=st.lists(st.tuples(st.sampled_from(_NAMES), _NASTY), min_size=1, max_size=4))
@example(pairs=[("since", "9999-12-31T23:59:59-14:00")])
@example(pairs=[("until", "0001-01-01T00:00:00+14:00")])
def test_no_value_of_any_parameter_makes_the_list_fail(
    side: PublicSide, pairs: list[tuple[str, str]]
) -> None:
    answer = side.get("incidents", params=pairs)
    assert answer.status_code in (200, 400)
    if answer.status_code == 400:
        assert answer.headers["content-type"] == "application/problem+json"
        problem = answer.json()
        assert problem["status"] == 400
        assert problem["parameter"] in _NAMES


@settings(max_examples=100)
@given(value=_NASTY)
@example(value="000024" + "9" * 5000)
@example(value="0000249999")
def test_no_length_of_the_window_makes_it_fail(side: PublicSide, value: str) -> None:
    for path in ("window", "window/ids"):
        answer = side.get(path, params={"hours": value})
        assert answer.status_code in (200, 400)
        if answer.status_code == 400:
            assert answer.json()["parameter"] == "hours"


@settings(max_examples=50)
@given(text=_NASTY)
def test_no_path_makes_the_server_fail(side: PublicSide, text: str) -> None:
    for prefix in ("incidents", "areas", "map", "", "../", "nothing"):
        path = f"/api/v1/{prefix}/" + "".join(f"%{byte:02X}" for byte in text.encode()[:1500])
        answer = side.client.get(path)
        assert answer.status_code in (200, 404), path
        assert answer.status_code == 404 or prefix in ("", "map") or text == "beat"


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("bboxx=1", "bboxx"),
        ("bbox=nan,nan,nan,nan", "bbox"),
        ("bbox=1,2,3", "bbox"),
        ("bbox=2,2,1,1", "bbox"),
        ("since=2026-01-31T08:00:00", "since"),
        ("until=yesterday", "until"),
        ("status=closing", "status"),
        ("kind=crime", "kind"),
        ("category=crime", "category"),
        ("category=noise&category=crime", "category"),
        ("agency=Police", "agency"),
        ("priority=" + "9" * 300, "priority"),
        ("priority=-1", "priority"),
        ("area=beat", "area"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("cursor=xyz", "cursor"),
        ("q=%00", "q"),
        ("q=" + "+".join("abcdefghi"), "q"),
        ("_=1", "_"),
    ],
)
def test_a_mistake_is_named_in_a_problem_document(side: PublicSide, query: str, parameter: str) -> None:
    answer = side.get(f"incidents?{query}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["parameter"] == parameter
    assert problem["detail"].startswith(f"{parameter}: ") or parameter in ("cursor", "q")
    assert (problem["status"], problem["title"], problem["type"]) == (400, "Bad query", "about:blank")


def test_an_endless_parameter_name_is_not_repeated_in_full(side: PublicSide) -> None:
    assert len(side.get(f"incidents?{'x' * 5000}=1").content) < 500
    assert len(side.get(f"window?{'x' * 5000}=1").content) < 500


def test_a_parameter_given_twice_counts_once_and_never_fails(side: PublicSide) -> None:
    assert side.get("incidents?limit=1&limit=2").status_code == 200
    assert side.get("incidents?status=open&status=nonsense").status_code == 400
    assert side.get("window?hours=1&hours=2").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        f"incidents/{incident_id(99)}", "incidents/1", "incidents/UPPERCASEUPPERCA", "areas/zone", "map/1",
        "map/-1", "map/x", "map/99999999999999999999999", "nothing", "incidents/", "window/x", "live/x",
    ],
)  # fmt: skip
def test_what_is_not_there_is_a_404_in_our_own_words(side: PublicSide, path: str) -> None:
    answer = side.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert incident_id(99) not in answer.text


@pytest.mark.parametrize("path", ["incidents", "window", "window/ids", "live", "city", "sources"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_written(side: PublicSide, method: str, path: str) -> None:
    answer = side.client.request(method, f"/api/v1/{path}", content=b"x" * 1000)
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_request_that_is_no_http_does_not_disturb_the_next(side: PublicSide) -> None:
    for garbage in (
        b"\x00\x01\x02\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET " + b"/" * 100_000 + b" HTTP/1.1\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", side.server.port), timeout=20) as connection:
            connection.sendall(garbage)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65_536):
                pass
    assert side.client.get("/healthz").text == "ok"


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/incidents/" + "a" * 16,
        "/api/v1/incidents?bboxx=1",
        "/api/v1/window?hours=x",
        "/api/v1/areas/nothing",
        "/nothing",
        "/metrics",
        "/list/" + "a" * 16,
    ],
)
def test_what_is_refused_or_changes_is_kept_by_no_cache_and_taken_for_what_it_says(
    side: PublicSide, path: str
) -> None:
    headers = side.client.get(path).headers
    assert headers["cache-control"] == "no-store"
    assert headers.get_list("x-content-type-options") == ["nosniff"]
