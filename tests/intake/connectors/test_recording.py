import gzip
import stat
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import orjson
import pytest
import zstandard
from loopback.feeds import feed
from loopback.reading import NOW, Reader
from loopback.server import BROKEN_JSON, App, Reply, serving, with_etag, with_faults

from blocklight.errors import SourceChanged
from blocklight.intake.connectors.recording import RecordingTransport, ReplayTransport, replay_lines

pytestmark = pytest.mark.anyio


def recording(path: Path, *, largest: int = 1_000_000) -> RecordingTransport:
    return RecordingTransport(httpx2.AsyncHTTPTransport(), path, now=lambda: NOW, largest=largest)


def pack(path: Path, *lines: bytes) -> Path:
    path.write_bytes(zstandard.compress(b"\n".join(lines)))
    return path


async def record(app: App, path: Path, *, times: int = 1, largest: int = 1_000_000) -> list[bytes]:
    async with httpx2.AsyncClient(transport=recording(path, largest=largest)) as client:
        with serving(app) as server:
            return [(await client.get(server.url)).content for _ in range(times)]


async def test_what_was_recorded_is_replayed_through_the_same_connector(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl.zst"
    with feed("arcgis in ranges", 5) as one:
        async with Reader(one.source(), transport=recording(path)) as reader:
            lived = [await reader.fetch()]
            one.add(6)
            lived.append(await reader.fetch())
        transport = ReplayTransport()
        async with Reader(one.source(), transport=transport) as reader:
            replayed = []
            for when, transport.body in replay_lines(path):
                assert when == NOW
                replayed.append(await reader.fetch())
    assert [len(fetched.rows) for fetched in replayed] == [5, 6]
    assert [fetched.batches for fetched in replayed] == [fetched.batches for fetched in lived]


async def test_an_answer_that_is_no_json_is_replayed_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "broken.jsonl.zst"
    [body] = await record(lambda _: BROKEN_JSON, path)
    [(_, replayed)] = replay_lines(path)
    assert replayed == body == BROKEN_JSON.chunks[0]


async def test_packed_and_many_line_answers_are_recorded_plain_on_one_line(tmp_path: Path) -> None:
    path = tmp_path / "packed.jsonl.zst"
    text = b'{\r\n  "features": []\n}\n'
    packed = Reply(200, (gzip.compress(text),), {"content-encoding": "gzip"})
    assert await record(lambda _: packed, path) == [text]
    [(_, replayed)] = replay_lines(path)
    assert orjson.loads(replayed) == {"features": []}


async def test_what_says_nothing_new_is_not_recorded(tmp_path: Path) -> None:
    path = tmp_path / "etag.jsonl.zst"
    app = with_faults(with_etag(lambda _: Reply.json([])), [Reply(302, headers={"location": "/"})])
    async with httpx2.AsyncClient(transport=recording(path), follow_redirects=True) as client:
        with serving(app) as server:
            etag = (await client.get(server.url)).headers["etag"]
            assert (await client.get(server.url, headers={"if-none-match": etag})).status_code == 304
    assert [body for _, body in replay_lines(path)] == [b"[]"]


async def test_a_body_that_is_too_large_or_was_not_read_to_its_end_is_not_recorded(tmp_path: Path) -> None:
    path = tmp_path / "large.jsonl.zst"
    large = Reply.json(["x" * 200_000])
    async with httpx2.AsyncClient(transport=recording(path, largest=100_000)) as client:
        with serving(with_faults(lambda _: Reply.json([1]), [large, large])) as server:
            await client.get(server.url)
            async with client.stream("GET", server.url):
                pass
            await client.get(server.url)
    assert [body for _, body in replay_lines(path)] == [b"[1]"]


async def test_a_recording_that_was_killed_keeps_its_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "killed.jsonl.zst"
    async with httpx2.AsyncClient(transport=recording(path)) as client:
        with serving(lambda _: Reply.json({"features": ["x" * 50]})) as server:
            for _ in range(3):
                await client.get(server.url)
            so_far = path.read_bytes()
    for size in (len(so_far), len(so_far) - 3):
        cut = tmp_path / f"cut{size}.jsonl.zst"
        cut.write_bytes(so_far[:size])
        assert len(list(replay_lines(cut))) == (3 if size == len(so_far) else 2)


async def test_a_recording_is_readable_by_its_owner_alone_as_it_holds_exact_places(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl.zst"
    await record(lambda _: BROKEN_JSON, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_a_recording_never_overwrites_another(tmp_path: Path) -> None:
    path = tmp_path / "kept.jsonl.zst"
    path.write_bytes(b"precious")
    with pytest.raises(FileExistsError):
        recording(path)
    assert path.read_bytes() == b"precious"


def test_recordings_that_were_joined_are_read_through(tmp_path: Path) -> None:
    path = tmp_path / "joined.jsonl.zst"
    frames = [zstandard.compress(b'{"fetched_at":%d,"body":[%d]}\n' % (n, n)) for n in (1, 2)]
    path.write_bytes(b"".join(frames))
    assert [body for _, body in replay_lines(path)] == [b"[1]", b"[2]"]


def test_more_keys_empty_lines_and_a_missing_last_newline_do_no_harm(tmp_path: Path) -> None:
    path = pack(
        tmp_path / "x.zst", b'{"commit":"a","fetched_at":1.5,"body":{}}', b"", b'{"body":"<","fetched_at":2}'
    )
    assert list(replay_lines(path)) == [
        (datetime.fromtimestamp(1.5, UTC), b"{}"),
        (datetime.fromtimestamp(2, UTC), b"<"),
    ]


@pytest.mark.parametrize(
    "line", [b"{}", b"[]", b"nonsense", b'{"fetched_at":"x","body":1}', b'{"fetched_at":1e99,"body":1}']
)
def test_a_line_that_is_no_recording_is_named(tmp_path: Path, line: bytes) -> None:
    path = pack(tmp_path / "x.zst", b'{"fetched_at":1,"body":{}}', line, b"")
    with pytest.raises(SourceChanged, match="line 2"):
        list(replay_lines(path))


def test_a_file_that_is_not_packed_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "plain.jsonl"
    path.write_bytes(b'{"fetched_at":1,"body":{}}\n' * 10)
    with pytest.raises(SourceChanged, match="zstd"):
        list(replay_lines(path))


def test_a_long_recording_is_read_a_line_at_a_time(tmp_path: Path) -> None:
    body = b'{"fetched_at":1,"body":"' + b"x" * 100_000 + b'"}\n'
    path = pack(tmp_path / "long.zst", body * 500)
    tracemalloc.start()
    try:
        assert sum(1 for _ in replay_lines(path)) == 500
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()
