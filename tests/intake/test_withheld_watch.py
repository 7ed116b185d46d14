import logging
from datetime import UTC, datetime, timedelta

import pytest
from store.making import call

from blocklight.intake.withheld_watch import WithheldWatch
from blocklight.model.outcomes import Outcome, Rejected, Withheld
from blocklight.model.vocabulary import Reason

START = datetime(2026, 3, 1, 13, tzinfo=UTC)


def answer(shown: int, hidden: int, first: int = 0) -> list[Outcome]:
    calls: list[Outcome] = [call(first + number) for number in range(shown)]
    return calls + [
        Withheld(call(first + shown + number).id, "dispatch", Reason.UNMAPPED, sensitive=False)
        for number in range(hidden)
    ]


class Watched:
    """A watch that notes an answer every minute."""

    def __init__(self, usual: float | None = None, *, whole: bool = True) -> None:
        self.watch = WithheldWatch("dispatch")
        self._usual = usual
        self._whole = whole
        self._at = START

    def note(self, outcomes: list[Outcome]) -> bool:
        self._at += timedelta(minutes=1)
        self.watch.note(outcomes, self._at, whole=self._whole, usual_before=lambda _: self._usual)
        return self.watch.is_unusual


def test_a_renamed_type_that_empties_the_map_is_said_once_when_it_begins_and_once_when_it_ends(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "blocklight.intake")
    watched = Watched()
    assert [watched.note(answer(90, 10)) for _ in range(3)] == [False] * 3
    assert [watched.note(answer(10, 90)) for _ in range(3)] == [True] * 3
    assert [watched.note(answer(90, 10)) for _ in range(3)] == [False] * 3
    began, ended = (record.getMessage() for record in caplog.records)
    assert "90 % of its records are withheld, usually 10 %" in began
    assert "as usual again" in ended
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


def test_what_is_usual_is_known_again_after_a_restart() -> None:
    watched = Watched(0.1)
    assert watched.note(answer(10, 90))
    assert watched.watch.usual == pytest.approx(0.1)


def test_without_a_past_the_first_answer_is_usual() -> None:
    watched = Watched()
    assert not watched.note(answer(10, 90))
    assert watched.watch.to_store() == pytest.approx(0.9)
    assert watched.watch.to_store() is None


def test_of_a_source_that_sends_what_is_new_the_latest_hundred_records_count() -> None:
    watched = Watched(0.1, whole=False)
    for number in range(30):
        assert not watched.note(answer(4, 0, first=4 * number))
    unusual = [watched.note(answer(0, 4, first=1_000 + 4 * number)) for number in range(15)]
    assert not unusual[2]
    assert unusual[-1]


def test_where_most_is_withheld_anyway_the_last_that_is_shown_is_missed() -> None:
    watched = Watched(0.95)
    assert not watched.note(answer(15, 285))
    assert watched.note(answer(1, 299))


@pytest.mark.parametrize("hidden", [0, 5, 19])
def test_of_few_records_nothing_is_said(hidden: int) -> None:
    assert not Watched(0.0).note(answer(0, hidden))


def test_records_that_cannot_be_read_are_not_among_them() -> None:
    watched = Watched(0.1)
    unreadable: list[Outcome] = [Rejected(f"row{number}", "dispatch", "bad_time") for number in range(500)]
    assert not watched.note([*answer(27, 3), *unreadable])
    assert watched.watch.share == pytest.approx(0.1)
    assert watched.watch.latest["rejected", "bad_time"] == 500


def test_a_change_that_stays_becomes_usual_within_days() -> None:
    watched = Watched(0.1)
    for minute in range(4 * 24 * 60):
        watched.note(answer(20, 20) if minute % 60 == 0 else [])
    assert watched.watch.usual is not None
    assert watched.watch.usual > 0.45
