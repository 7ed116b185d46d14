"""Records that are sent to us: stored for good or refused, once however often, never without the key."""

import asyncio
import json
import sqlite3
import stat
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hmac import compare_digest as hmac_equal
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest
from living_city import until
from own_thread import own_thread
from small_city import ROW, rules_of, small_city

from blocklight.api import push_bodies
from blocklight.api.app import create_app
from blocklight.api.state import Public
from blocklight.geo.areas import Areas
from blocklight.intake.connectors.push import Push
from blocklight.intake.push import Inbox
from blocklight.intake.push_keys import PushKeys
from blocklight.intake.run import Feed
from blocklight.model.outcomes import Outcome
from blocklight.publish.publisher import Publisher
from blocklight.store import Applied, Store

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 3, 1, 18, tzinfo=UTC)
HOLD = {"policy": {"rules": [{"name": "later", "action": "hold", "types": ["ALARM"], "for_min": 9000}]}}
LATER = NOW + timedelta(minutes=2)
PATH = "/api/v1/push/calls"


@dataclass
class Side:
    """A city that is pushed to."""

    app: Any
    store: Store
    keys: PushKeys
    key: str
    folder: Path
    now: datetime = NOW
    store_fails: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(
        self,
        content: object,
        key: str | None = None,
        path: str = PATH,
        **headers: str,
    ) -> httpx2.Response:
        body = content if isinstance(content, bytes | AsyncIterator) else json.dumps(content).encode()
        transport = httpx2.ASGITransport(self.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://city") as client:
            sent = {"authorization": f"Bearer {self.key if key is None else key}", **headers}
            return await client.post(path, content=body, headers=sent)


@pytest.fixture
def side(tmp_path: Path) -> Iterator[Side]:
    city = small_city(connector="push", url="", closes="time", top=HOLD)
    keys = PushKeys(tmp_path)
    _, key = keys.create("calls")
    with Store.open(f"sqlite:///{tmp_path}/city.sqlite3", "smallton") as store:
        publisher = Publisher(city, store, now=lambda: NOW)
        publisher.load()
        source = city.sources[0]
        feed = Feed(source, city, Push(source, lambda: NOW), rules_of(city))
        side = Side(None, store, keys, key, tmp_path)
        inbox = Inbox(
            [feed],
            store,
            keys,
            now=lambda: side.now,
            stored=publisher.wake,
            store_fails=side.store_fails,
        )
        side.app = create_app(Public(city, store, publisher, Areas(city)), None, inbox)
        yield side


def rows(*numbers: int, **changes: object) -> list[dict[str, object]]:
    return [{**ROW, "number": str(number), "secret": "x", **changes} for number in numbers]


async def test_a_batch_is_stored_and_counted(side: Side) -> None:
    batch = [*rows(1, 2), *rows(3, type="HUSH"), *rows(4, type="?"), *rows(5, received="soon"), "no record"]
    answer = await side.send(batch)
    assert answer.status_code == 202
    assert answer.json() == {
        "records": 6,
        "published": 2,
        "withheld": {"sensitive": 1, "unmapped": 1},
        "rejected": {"bad_time": 1, "no_key": 1},
    }
    assert side.store.head() == 2
    [health] = side.store.sources()
    assert health.last_success_at == NOW


async def test_the_thread_that_answers_the_public_does_no_work_for_each_record(side: Side) -> None:
    with own_thread() as few:
        await side.send(rows(1, 2))
    with own_thread() as more:
        await side.send(rows(*range(3, 9)))
    assert orjson.loads not in few.built_in
    assert more.more_than(few) == {}


async def test_a_batch_sent_twice_changes_nothing(side: Side) -> None:
    for _ in range(3):
        assert (await side.send({"records": rows(1, 2)})).json()["published"] == 2
    assert side.store.head() == 2
    assert (await side.send(rows(2, closed="2026-03-01T12:30:00+00:00"))).status_code == 202
    assert side.store.head() == 3


async def test_a_sign_of_life_is_noted(side: Side) -> None:
    answer = await side.send({"alive": True})
    assert (answer.status_code, answer.content) == (202, b"")
    [health] = side.store.sources()
    assert health.last_success_at == NOW


async def test_an_empty_batch_and_one_of_withheld_records_leave_the_same_trace_none(side: Side) -> None:
    # A sender of whatever is new each minute would tell by its signs of life when something was withheld.
    batches: list[object] = [[], {"records": []}, rows(7, type="HUSH"), rows(8, type="?")]
    for content in batches:
        assert (await side.send(content)).status_code == 202
        assert side.store.sources() == []


@pytest.mark.parametrize(
    ("changes", "seen"),
    [
        ({"type": "HUSH"}, False),
        ({"type": "?"}, False),
        ({"type": "ALARM"}, False),
        ({"received": "soon"}, False),
        ({"type": "NOISE"}, True),
    ],
)
async def test_the_moment_of_a_batch_is_told_only_when_something_of_it_is_shown(
    side: Side, changes: dict[str, object], *, seen: bool
) -> None:
    # A dispatch system pushes each call as it comes in: the source's freshness would tell of withheld ones.
    assert (await side.send(rows(1))).status_code == 202
    before, side.now = side.store.sources(), LATER
    await side.send(rows(7, **changes))
    after = side.store.sources()
    assert (after != before) is seen
    assert after[0].last_success_at == (LATER if seen else NOW)


async def test_a_batch_that_takes_something_back_is_told_as_the_retraction_is(side: Side) -> None:
    assert (await side.send(rows(1))).status_code == 202
    side.now = LATER
    assert (await side.send(rows(1, type="HUSH"))).status_code == 202
    [health] = side.store.sources()
    assert (side.store.head(), health.last_success_at) == (2, LATER)


@pytest.mark.parametrize("key", ["", "wrong", "blk_12345678_" + "a" * 43, "x" * 10_000])
async def test_a_wrong_key_is_refused(side: Side, key: str) -> None:
    answer = await side.send(rows(1), key.encode().decode("latin-1"))
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert side.store.head() == 0


async def test_a_wrong_key_is_compared_whole_whatever_is_wrong_with_it(
    side: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[tuple[int, int]] = []

    def compare(given: str, known: str) -> bool:
        compared.append((len(given), len(known)))
        return hmac_equal(given, known)

    monkeypatch.setattr("blocklight.intake.push_keys.hmac.compare_digest", compare)
    near = side.key[:-1] + ("A" if side.key[-1] != "A" else "B")
    for key, source in ((near, "calls"), ("x", "calls"), (side.key, "nobody"), ("", "nobody")):
        compared.clear()
        assert not side.keys.admitted(source, key)
        assert compared == [(64, 64)]
    assert side.keys.admitted("calls", side.key)


async def test_a_key_opens_only_its_source_and_not_once_it_is_revoked(side: Side) -> None:
    other_id, other = side.keys.create("elsewhere")
    assert (await side.send(rows(1), other)).status_code == 401
    assert (await side.send(rows(1), other, "/api/v1/push/elsewhere")).status_code == 401
    assert (await side.send(rows(1), side.key, "/api/v1/push/nothing")).status_code == 401
    assert (await side.send(rows(1))).status_code == 202
    assert PushKeys(side.folder).revoke(side.key.split("_")[1])
    assert (await side.send(rows(2))).status_code == 401
    assert PushKeys(side.folder).revoke(other_id)
    assert not PushKeys(side.folder).revoke(other_id)


async def test_many_wrong_keys_are_refused_for_a_while_and_silence_nobody_with_a_right_one(
    side: Side,
) -> None:
    seen = [(await side.send(rows(1), f"wrong{n}")).status_code for n in range(12)]
    assert seen == [401] * 10 + [429] * 2
    answer = await side.send(rows(1), "wrong")
    assert 0 < int(answer.headers["retry-after"]) <= 61
    assert (await side.send(rows(1))).status_code == 202
    assert (await side.send(rows(1), "wrong")).status_code == 429


async def test_only_the_hash_of_a_key_is_kept_where_only_its_owner_reads(side: Side) -> None:
    path = side.folder / "push-keys.json"
    text = path.read_text("utf-8")
    assert side.key not in text
    assert side.key.rpartition("_")[2] not in text
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_a_body_that_says_it_is_too_large_is_not_read(side: Side) -> None:
    sent = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(100):
            sent += 1
            yield b" " * 1_000_000

    answer = await side.send(body(), **{"content-length": "100000000"})
    assert answer.status_code == 413
    assert answer.headers["connection"] == "close"
    assert sent == 0
    assert (await side.send(body())).status_code == 413
    assert sent < 10


@pytest.mark.parametrize("body", [b"", b"{", b"7", b'{"records": 7}', b"\xff", b"null"])
async def test_what_is_no_batch_is_refused(side: Side, body: bytes) -> None:
    assert (await side.send(body)).status_code == 400


async def test_more_records_than_allowed_are_refused(side: Side) -> None:
    assert (await side.send([{}] * 5001)).status_code == 413
    assert side.store.head() == 0


async def test_a_packed_body_is_refused(side: Side) -> None:
    assert (await side.send(b"x", **{"content-encoding": "gzip"})).status_code == 415


async def test_the_body_that_comes_longest_makes_room_for_others(
    side: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push_bodies, "_MOST_BYTES_EACH", 1_000)
    stalled = asyncio.Event()

    async def stalling() -> AsyncIterator[bytes]:
        yield b" " * 600
        stalled.set()
        await asyncio.Event().wait()

    async def large() -> AsyncIterator[bytes]:
        yield json.dumps(rows(1)).encode() + b" " * 600

    old = asyncio.create_task(side.send(stalling()))
    await stalled.wait()
    assert (await side.send(large())).status_code == 202
    assert (await old).status_code == 408


async def test_a_batch_that_is_mostly_unreadable_is_refused_as_a_whole(side: Side) -> None:
    batch = [*rows(1), *({"nmber": n} for n in range(20))]
    answer = await side.send(batch)
    assert answer.status_code == 422
    assert side.store.head() == 0


async def test_a_store_that_cannot_store_says_when_to_come_again(side: Side) -> None:
    assert (await side.send(rows(1))).status_code == 202
    with sqlite3.connect(side.folder / "city.sqlite3") as other:
        other.execute("drop table change")
    answer = await side.send(rows(2))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "change" not in answer.text


async def test_nobody_waits_for_a_database_that_hangs(side: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    answers, apply = threading.Event(), side.store.apply

    def hanging(source: str, outcomes: Sequence[Outcome], *, at: datetime, **_: object) -> Applied:
        answers.wait()
        return apply(source, outcomes, at=at)

    monkeypatch.setattr(side.store, "apply", hanging)
    side.store_fails.set()
    try:
        refused = [await side.send(batch) for batch in (rows(1), rows(2), {"alive": True})]
        assert [answer.status_code for answer in refused] == [503] * 3
        assert {answer.headers["retry-after"] for answer in refused} == {"5"}
    finally:
        answers.set()
    side.store_fails.clear()
    await asyncio.to_thread(until, lambda: side.store.head() == 1)
    assert (await side.send(rows(1))).status_code == 202
    assert side.store.head() == 1, "stored once, though it was sent again; what was refused is not stored"


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
async def test_other_methods_are_refused(side: Side, method: str) -> None:
    transport = httpx2.ASGITransport(side.app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://city") as client:
        answer = await client.request(method, PATH)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


async def test_no_answer_repeats_what_was_sent(side: Side) -> None:
    for batch in (rows(1, type="CANARY7"), [{"number": "CANARY7"}], ["CANARY7"]):
        assert "CANARY7" not in (await side.send(batch)).text
    assert "CANARY7" not in (await side.send(b'["CANARY7"')).text
