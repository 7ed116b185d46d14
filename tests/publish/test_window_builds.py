import asyncio
import threading

import pyarrow as pa
import pytest
from living_city import START, an_incident, incident_id

from blocklight.publish import building
from blocklight.publish.building import WindowBuilds, rest_after
from blocklight.publish.columns import Columns
from blocklight.publish.window import Snapshot, Window, lengths

pytestmark = pytest.mark.anyio


class SlowWindow(Window):
    """A window that is built when the test lets it, and notes what."""

    def __init__(self, columns: Columns) -> None:
        super().__init__(columns, city_id="smallville", now=lambda: START)
        self.gets: list[tuple[int, str, str]] = []
        self.begun = threading.Semaphore(0)
        self.may_build = threading.Event()

    def get(self, hours: int, encoding: str, what: str = "window") -> Snapshot:
        self.gets.append((hours, encoding, what))
        self.begun.release()
        self.may_build.wait(20)
        return super().get(hours, encoding, what)


@pytest.fixture
def columns() -> Columns:
    columns = Columns()
    for number in (1, 2):
        columns.put_row(an_incident(number), number)
    return columns


async def test_what_many_ask_for_at_once_is_built_once(columns: Columns) -> None:
    window = SlowWindow(columns)
    builds = WindowBuilds(lambda: window)
    asking = [asyncio.create_task(builds.get(24, "br", "window")) for _ in range(50)]
    assert await asyncio.to_thread(window.begun.acquire, timeout=20)
    window.may_build.set()
    answers = await asyncio.gather(*asking)
    assert window.gets == [(24, "br", "window")]
    first = answers[0]
    assert first is not None
    assert all(answer is not None and answer.body is first.body for answer in answers)


async def test_short_windows_go_before_long_ones(columns: Columns) -> None:
    window = SlowWindow(columns)
    builds = WindowBuilds(lambda: window)
    asked = [(720, "window"), (720, "ids"), (168, "window"), (24, "window"), (1, "ids")]
    asking = [asyncio.create_task(builds.get(hours, "br", what)) for hours, what in asked]
    assert await asyncio.to_thread(window.begun.acquire, timeout=20)
    window.may_build.set()
    await asyncio.gather(*asking)
    assert [hours for hours, *_ in window.gets] == [1, 24, 168, 720, 720]


async def test_a_late_answer_is_better_than_a_long_wait(
    columns: Columns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "_PATIENCE_S", 0.05)
    window = SlowWindow(columns)
    window.may_build.set()
    builds = WindowBuilds(lambda: window)
    window.advance(2, retracted=False)
    first = await builds.get(24, "br", "window")
    monkeypatch.setattr("blocklight.publish.window._MIN_AGE_S", 0.0)
    monkeypatch.setattr("blocklight.publish.window._REBUILD_SHARE", 0)
    window.may_build.clear()
    window.advance(3, retracted=False)
    assert await builds.get(24, "br", "window") == first
    window.may_build.set()


@pytest.mark.parametrize("encoding", ["br", "identity"])
async def test_a_window_that_was_built_anew_in_another_encoding_leaves_nobody_without_one(
    encoding: str, columns: Columns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "_PATIENCE_S", 0.05)
    monkeypatch.setattr("blocklight.publish.window._MIN_AGE_S", 0.0)
    monkeypatch.setattr("blocklight.publish.window._REBUILD_SHARE", 0)
    window = SlowWindow(columns)
    window.may_build.set()
    builds = WindowBuilds(lambda: window)
    window.advance(2, retracted=False)
    assert await builds.get(24, encoding, "window") is not None
    window.may_build.clear()
    window.advance(3, retracted=False)
    waiting = asyncio.create_task(builds.get(24, encoding, "window"))
    assert await asyncio.to_thread(window.begun.acquire, timeout=20)
    Window.get(window, 24, "gzip", "window")
    assert await waiting is not None
    window.may_build.set()


async def test_what_was_taken_back_is_never_answered_however_long_building_takes(
    columns: Columns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "_LONGEST_S", 0.2)
    window = SlowWindow(columns)
    window.may_build.set()
    builds = WindowBuilds(lambda: window)
    window.advance(2, retracted=False)
    assert await builds.get(24, "br", "ids") is not None
    window.may_build.clear()
    columns.remove(incident_id(1))
    window.advance(3, retracted=True)
    assert await builds.get(24, "br", "ids") is None
    window.may_build.set()
    async with asyncio.timeout(20):
        while (answer := await builds.get(24, "identity", "ids")) is None:
            pass
    assert pa.ipc.open_stream(answer.body).read_all()["id"].to_pylist() == [incident_id(2)]


async def test_an_answer_begun_before_a_retraction_is_built_again(columns: Columns) -> None:
    window = SlowWindow(columns)
    builds = WindowBuilds(lambda: window)
    window.advance(2, retracted=False)
    before = Window.get(window, 24, "identity", "ids")
    assert window.may_tell(before)
    window.advance(3, retracted=True)
    assert not window.may_tell(before)
    window.may_build.set()
    answer = await builds.get(24, "identity", "ids")
    assert answer is not None
    assert answer.seq == 3


async def test_a_build_that_fails_is_the_failure_of_those_who_wait_for_it(columns: Columns) -> None:
    class Broken(Window):
        def get(self, hours: int, encoding: str, what: str = "window") -> Snapshot:
            raise LookupError(f"a mistake of ours with {hours}, {encoding}, {what}")

    broken = Broken(columns, city_id="smallville", now=lambda: START)
    builds = WindowBuilds(lambda: broken)
    results = await asyncio.gather(
        *(builds.get(24, "br", "window") for _ in range(3)), return_exceptions=True
    )
    assert [type(result) for result in results] == [LookupError] * 3
    works = Window(columns, city_id="smallville", now=lambda: START)
    builds = WindowBuilds(lambda: works)
    assert await builds.get(24, "br", "window") is not None


@pytest.mark.parametrize(
    ("longest", "built"),
    [(720, (1, 24, 168, 720)), (24, (1, 24)), (12, (1, 12)), (8784, (1, 24, 168, 720, 8784))],
)
def test_few_lengths_are_built(longest: int, built: tuple[int, ...]) -> None:
    assert lengths(longest) == built


@pytest.mark.parametrize(
    ("sending_share", "workers", "rest_s"),
    [(0.0, 1, 0.01), (0.5, 1, 0.03), (0.9, 1, 0.09), (0.0, 2, 0.03), (0.05, 1, 0.01)],
)
def test_building_leaves_the_processor_to_sending(sending_share: float, workers: int, rest_s: float) -> None:
    assert rest_after(0.01, sending_share, max_share=0.5, workers=workers) == pytest.approx(rest_s)


def test_no_rest_is_longer_than_half_a_second() -> None:
    assert rest_after(10, 0.9, max_share=0.5) == 0.5
