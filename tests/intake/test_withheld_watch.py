import logging
from datetime import UTC, datetime, timedelta

import pytest
from store.making import call

from blocklight.intake.withheld_watch import WithheldWatch
from blocklight.model.outcomes import Outcome, Rejected, Withheld
from blocklight.model.vocabulary import Reason
from blocklight.store import WithheldUsual

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
        self._usual = None if usual is None else WithheldUsual(usual, usual)
        self._whole = whole
        self._at = START

    def note(self, outcomes: list[Outcome], later: timedelta = timedelta(minutes=1)) -> bool:
        self._at += later
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
    assert watched.watch.to_store() == WithheldUsual(0.9, 0.9)
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


class Days:
    """A watch that notes an answer of 200 records every hour, *hidden* of them withheld."""

    def __init__(self, hidden: int) -> None:
        self.watched = Watched(hidden / 200)
        self.watch = self.watched.watch
        self.hidden: float = hidden

    def go_on(self, days: float, *, more_each_day: float = 0) -> tuple[bool, bool]:
        """Note the answers of *days*; whether any was unusual, and whether the share was ever rising."""
        unusual = rising = False
        for _ in range(round(24 * days)):
            self.hidden += more_each_day / 24
            hidden = round(self.hidden)
            unusual |= self.watched.note(answer(200 - hidden, hidden), timedelta(hours=1))
            rising |= self.watch.is_rising
        return unusual, rising


def test_types_that_are_renamed_three_in_a_hundred_a_day_are_noticed_within_a_week(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "blocklight.intake")
    days = Days(20)
    assert days.go_on(7, more_each_day=6) == (False, True)
    assert days.go_on(60) == (False, True)
    assert not days.watch.is_rising
    began, ended = (record.getMessage() for record in caplog.records)
    assert "% of its records were withheld lately, 1" in began
    assert "no more of its records are withheld than in the weeks before" in ended


def test_one_in_a_hundred_a_day_is_noticed_within_three_weeks() -> None:
    assert Days(20).go_on(21, more_each_day=2) == (False, True)


def test_what_was_said_at_once_is_not_said_again_for_weeks() -> None:
    days = Days(20)
    days.hidden = 120
    assert days.go_on(30) == (True, False)
    assert days.watch.usual_for_weeks == pytest.approx(0.6, abs=0.06)


def test_after_a_fault_of_half_a_day_types_that_are_renamed_slowly_are_noticed_as_soon() -> None:
    days = Days(20)
    days.hidden = 180
    assert days.go_on(0.5) == (True, False)
    days.hidden = 20
    assert days.go_on(5) == (False, False)
    assert days.watch.usual_for_weeks == pytest.approx(0.1, abs=0.03)
    assert days.go_on(8, more_each_day=6) == (False, True)


def test_a_share_that_is_higher_at_weekends_is_not_rising() -> None:
    days = Days(40)
    for _ in range(8):
        assert days.go_on(5) == (False, False)
        days.hidden = 56
        assert days.go_on(2) == (False, False)
        days.hidden = 40


def test_the_share_of_the_weeks_is_known_again_after_a_restart() -> None:
    days = Days(20)
    days.go_on(4, more_each_day=6)
    usual = days.watch.to_store()
    assert usual is not None
    assert usual.for_a_day - usual.for_weeks > 0.05
    anew = WithheldWatch("dispatch")
    anew.note(answer(150, 50), START, whole=True, usual_before=lambda _: usual)
    assert (anew.usual, anew.usual_for_weeks) == (usual.for_a_day, usual.for_weeks)
