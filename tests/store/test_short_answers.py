import math

import msgspec
import pytest
import sqlalchemy as sa

from blocklight.model.outcomes import Held
from blocklight.model.record import PublicIncident
from blocklight.store import Applied, FetchReport, Store
from blocklight.store.schema import tables
from blocklight.store.write.short_answers import LONG_LOOK_MS, SECOND_LOOK_MS
from blocklight.store.write.usual_closings import FEW, UsualClosings
from store.making import START, call, minutes

MANY = 200
_SECOND_LOOK_MIN = SECOND_LOOK_MS / 60_000
# How many calls come in each ms, as a share of the open ones, where an hour brings as many as are open.
_HOURLY = 1 / (60 * 60_000)


def answer(store: Store, numbers: range | set[int], minute: float) -> Applied:
    """Let a feed that is read whole hold the calls of these *numbers*."""
    calls: list[PublicIncident] = [call(number) for number in numbers]
    at = minutes(minute)
    report = FetchReport("dispatch", at, 60)
    return store.apply("dispatch", calls, at=at, present={one.id for one in calls}, report=report)


def short_at(store: Store) -> object:
    (health,) = store.sources()
    return health.short_at


def test_half_of_a_feed_that_is_gone_at_once_closes_nothing_and_is_said(store: Store) -> None:
    answer(store, range(MANY), 0)
    applied = answer(store, range(MANY // 2), 1)
    assert (applied.vanished, applied.updated, applied.unconfirmed) == (0, 0, MANY // 2)
    assert len(store.open_ids("dispatch")) == MANY
    assert short_at(store) == minutes(1)
    applied = answer(store, range(MANY), 2)
    assert applied.unconfirmed == 0
    assert len(store.open_ids("dispatch")) == MANY
    assert short_at(store) is None


def test_a_second_answer_without_the_same_calls_closes_them(store: Store) -> None:
    answer(store, range(MANY), 0)
    answer(store, range(MANY // 2), 1)
    applied = answer(store, range(MANY // 2 - 5), 2)
    assert (applied.vanished, applied.unconfirmed) == (MANY // 2 + 5, 0)
    assert short_at(store) is None


def test_a_second_answer_that_comes_too_soon_proves_nothing(store: Store) -> None:
    answer(store, range(MANY), 0)
    for part in range(4):
        applied = answer(store, range(MANY // 2), 1 + _SECOND_LOOK_MIN * part / 4)
        assert (applied.vanished, applied.unconfirmed) == (0, MANY // 2)
    assert answer(store, range(MANY // 2), 1 + _SECOND_LOOK_MIN).vanished == MANY // 2


def test_answers_that_lack_now_these_calls_and_now_those_close_nothing(store: Store) -> None:
    answer(store, range(MANY), 0)
    for minute in range(1, 12):
        parts = {number for number in range(MANY) if (number * 7 + number // 13 + minute) % 2}
        assert answer(store, parts, minute).vanished == 0
    assert len(store.open_ids("dispatch")) == MANY
    assert short_at(store) == minutes(1)


def test_a_person_may_say_that_a_short_answer_is_right(store: Store) -> None:
    answer(store, range(MANY), 0)
    assert not store.confirm_closings("dispatch", START)
    answer(store, range(MANY // 2), 1)
    assert store.confirm_closings("dispatch", minutes(1), by="ada")
    assert answer(store, range(MANY // 2), 1.1).vanished == MANY // 2
    assert short_at(store) is None
    assert not store.confirm_closings("dispatch", minutes(2))
    (entry,) = store.audit()
    assert (entry.action, entry.detail) == ("confirm", {"source": "dispatch", "by": "ada"})


def test_a_confirmation_does_not_outlive_the_answer_that_it_is_about(store: Store) -> None:
    answer(store, range(MANY), 0)
    answer(store, range(MANY // 2), 1)
    assert store.confirm_closings("dispatch", minutes(1))
    answer(store, range(MANY), 2)
    assert answer(store, range(MANY // 2), 3).vanished == 0


def test_few_calls_are_always_closed_at_once(store: Store) -> None:
    answer(store, range(FEW), 0)
    assert answer(store, range(0), 1).vanished == FEW
    assert short_at(store) is None


def test_what_a_feed_usually_closes_is_closed_at_once_also_after_a_restart(store: Store) -> None:
    answer(store, range(MANY), 0)
    for minute in range(1, 31):
        first = minute * 12
        assert answer(store, range(first, first + MANY), minute).vanished == 12
    store._short_answers.reset("dispatch")  # noqa: SLF001 - as a process that starts anew
    assert answer(store, range(385, 585), 31).vanished == 25
    assert answer(store, range(460, 660), 32).unconfirmed == 75


def test_after_an_outage_so_many_more_calls_are_closed_at_once(store: Store) -> None:
    for minute in range(31):
        answer(store, range(minute * 10, minute * 10 + MANY), minute)
    assert answer(store, range(400, 600), 40).vanished == 100


@pytest.mark.parametrize("lost", [3, 10, 20, 21, 30])
def test_a_feed_that_loses_a_few_more_at_every_answer_is_noticed_as_one_that_loses_them_at_once(
    store: Store, lost: int
) -> None:
    answer(store, range(300), 0)
    closed = [answer(store, range(lost * poll, 300), poll / 10).vanished for poll in range(1, 10)]
    assert sum(closed) <= FEW
    assert (short_at(store) is not None) == (lost * 9 > FEW)
    back = answer(store, range(300), 1)
    assert (back.vanished, back.unconfirmed, len(store.open_ids("dispatch"))) == (0, 0, 300)


@pytest.mark.parametrize("lost", [15, 30, 60, 120])
def test_a_new_feed_that_loses_calls_while_hardly_any_come_is_questioned_from_the_first_minutes(
    store: Store, lost: int
) -> None:
    # As one of thousands of requests that stay open for days: one in fifteen a minute was believed before.
    answer(store, range(1_800), 0)
    closed = [answer(store, range(lost * minute, 1_800 + minute), minute).vanished for minute in range(1, 10)]
    assert sum(closed) <= FEW + 2 * 9
    assert short_at(store) == minutes(1 + 20 // lost)


@pytest.mark.parametrize("lasts_min", [30, 60, 300])
def test_a_new_feed_whose_calls_end_as_others_begin_is_believed_at_once(store: Store, lasts_min: int) -> None:
    each = 600 // lasts_min
    answer(store, range(600), 0)
    for minute in range(1, 40):
        applied = answer(store, range(each * minute, 600 + each * minute), minute)
        assert (applied.vanished, applied.unconfirmed) == (each, 0), minute


def test_a_new_feed_that_gives_every_call_a_new_number_is_not_believed(store: Store) -> None:
    answer(store, range(300), 0)
    assert answer(store, range(300, 600), 1).unconfirmed == 300


def test_a_feed_that_goes_on_losing_calls_closes_those_that_were_gone_for_ten_minutes(store: Store) -> None:
    for minute in range(40):
        answer(store, range(minute, minute + MANY), minute)
    closed = [answer(store, range(40 + 15 * lost, 240), 40 + lost).vanished for lost in range(1, 13)]
    assert closed[0] == 16
    assert sum(closed[:11]) <= FEW + 15
    assert LONG_LOOK_MS == 10 * 60_000
    assert closed[11] >= 15
    assert short_at(store) is not None


def test_one_that_loses_some_then_rests_and_loses_more_is_not_believed_each_time(store: Store) -> None:
    for minute in range(40):
        answer(store, range(minute, minute + MANY), minute)
    gone = [21 * (1 + poll // 2) for poll in range(10)]
    closed = [answer(store, range(40 + lost, 240), 40 + poll).vanished for poll, lost in enumerate(gone)]
    assert sum(closed) <= FEW + 21 + 2 * 10


def test_one_of_two_sources_that_loses_its_calls_leaves_those_of_the_other(store: Store) -> None:
    def poll(source: str, numbers: range, minute: float) -> Applied:
        calls = [call(number, source=source) for number in numbers]
        return store.apply(source, calls, at=minutes(minute), present={one.id for one in calls})

    for source, numbers in (("dispatch", range(100)), ("fire", range(100, 200))):
        poll(source, numbers, 0)
    assert poll("dispatch", range(50), 1).unconfirmed == 50
    assert poll("fire", range(110, 210), 1).vanished == 10
    assert poll("dispatch", range(50), 2).vanished == 50
    assert len(store.open_ids("fire")) == 100


def test_calls_that_were_closed_and_come_back_are_open_again(store: Store) -> None:
    answer(store, range(MANY), 0)
    answer(store, range(MANY // 2), 1)
    assert answer(store, range(MANY // 2), 2).vanished == MANY // 2
    assert answer(store, range(MANY), 3).updated == MANY // 2
    assert len(store.open_ids("dispatch")) == MANY
    assert answer(store, range(MANY // 2), 4).unconfirmed == MANY // 2


def test_what_waits_is_not_closed_by_a_short_answer_either(store: Store) -> None:
    calls = [call(number) for number in range(MANY)]
    waiting = Held(call(MANY), after_close_s=600)
    store.apply("dispatch", [*calls, waiting], at=START)
    answer(store, range(MANY // 2), 1)
    assert store.release(minutes(30)) is None
    answer(store, range(MANY // 2), 2)
    released = store.release(minutes(30))
    assert released is not None
    assert released.released == 1


def test_what_waits_to_be_closed_is_closed_by_two_answers_alone_however_few_lack_it(store: Store) -> None:
    waiting = [Held(call(number), after_close_s=0) for number in range(3)]
    store.apply("dispatch", waiting, at=START)
    applied = answer(store, range(0), 1)
    assert (applied.doubtful, applied.unconfirmed) == (3, 0)
    assert store.release(minutes(1.2)) is None
    store.apply("dispatch", waiting[:1], at=minutes(1.4), present={waiting[0].id})
    assert answer(store, range(0), 1 + _SECOND_LOOK_MIN).doubtful == 1, "one of them had come back"
    released = store.release(minutes(2))
    assert released is not None
    assert released.released == 2
    assert short_at(store) is None


def _usual(share: float, minutes_known: int) -> UsualClosings:
    usual = UsualClosings()
    for minute in range(minutes_known + 1):
        usual = usual.plus(minute * 60_000, share)
    return usual


def test_a_new_feed_is_taken_to_close_as_many_calls_as_come_but_none_sooner_than_in_half_an_hour() -> None:
    half_hourly, hourly = 1 / (30 * 60_000), 1 / (60 * 60_000)
    for new in UsualClosings(), _usual(0.001, 20):
        assert new.rate(0) < 0.001 / 60_000
        assert new.rate(hourly) == pytest.approx(hourly)
        assert new.rate(half_hourly * 10) == pytest.approx(half_hourly)
    assert UsualClosings().large_share() == 0
    assert _usual(0.001, 40).rate(half_hourly) == pytest.approx(0.001 / 60_000, rel=0.1)


@pytest.mark.parametrize("share", [0.01, 0.1, 0.3])
def test_twice_the_usual_and_one_usual_large_answer_may_be_closed(share: float) -> None:
    usual = _usual(share, 60)
    at, still_open = 60 * 60_000, 100_000
    expected = -math.log1p(-share) * still_open
    most = round(usual.most_excess(still_open) + 2 * expected)
    assert most == pytest.approx((share * still_open) + 2 * expected, rel=0.05)
    assert usual.excess_after(
        round(0.9 * most), still_open, at, at + 60_000, arriving=_HOURLY
    ) < usual.most_excess(still_open)
    assert usual.excess_after(
        round(1.1 * most), still_open, at, at + 60_000, arriving=_HOURLY
    ) > usual.most_excess(still_open)


def test_answers_of_every_length_of_time_add_up_to_the_same() -> None:
    usual, one_by_one = _usual(0.01, 60), _usual(0.01, 60)
    began = 60 * 60_000
    for second in range(10, 70, 10):
        at = began + second * 1_000
        excess = one_by_one.excess_after(10, 1_000, at - 10_000, at, arriving=_HOURLY)
        one_by_one = msgspec.structs.replace(one_by_one, noted_at=at, excess=excess)
    at_once = usual.excess_after(60, 1_000, began, began + 60_000, arriving=_HOURLY)
    assert one_by_one.excess == pytest.approx(at_once, abs=0.1)


def test_answers_that_closed_nothing_take_off_what_was_closed_beyond_the_usual() -> None:
    usual = _usual(0.001, 60).plus(61 * 60_000, 0.02, excess=18)
    assert usual.excess_after(0, 1_000, 61 * 60_000, 61 * 60_000, arriving=_HOURLY) == pytest.approx(18)
    later = 71 * 60_000
    assert usual.excess_after(18, 1_000, later, later, arriving=_HOURLY) < FEW


def test_one_false_answer_that_was_believed_does_not_become_usual() -> None:
    right = wrong = UsualClosings()
    for minute in range(60):
        right = right.plus(minute * 60_000, 0.01)
        wrong = wrong.plus(minute * 60_000, 0.5 if minute == 30 else 0.01)
    assert wrong.large_share() == 0.01
    assert wrong.rate(_HOURLY) < 1.1 * right.rate(_HOURLY)


def test_a_clock_that_went_back_makes_nothing_usual() -> None:
    usual = _usual(0.01, 60).plus(30 * 60_000, 0.01)
    assert usual.excess_after(30, 1_000, 60 * 60_000, 0, arriving=_HOURLY) == pytest.approx(30)
    assert usual.rate(_HOURLY) == pytest.approx(_usual(0.01, 60).rate(_HOURLY), rel=0.05)


def test_what_earlier_versions_stored_is_read() -> None:
    usual = UsualClosings.stored("[[60000,0.01],[120000,0.02]]")
    assert [share for _, share in usual.answers] == [0.01, 0.02]
    assert UsualClosings.stored(usual.text()).text() == usual.text()
    assert UsualClosings.stored("[]") == UsualClosings()


def test_closings_that_wait_for_a_whole_step_are_missing_once(store: Store) -> None:
    def poll(first: int, minute: float) -> Applied:
        numbers = range(first, first + MANY)
        calls = [call(number, received_at=START, delayed=True, time_step_min=60) for number in numbers]
        held = [Held(one, START, step_min=60) for one in calls]
        store.release(minutes(minute))
        return store.apply("dispatch", held, at=minutes(minute), present={one.id for one in calls})

    poll(0, 0)
    for minute in range(62, 108):
        applied = poll((minute - 62) * 4, minute)
        assert applied.unconfirmed == 0, minute
    assert _closed_shares(store) == pytest.approx([4 / (MANY - 4 * left) for left in range(45)], abs=1e-3)
    store.release(minutes(122))
    assert len(store.open_ids("dispatch")) == MANY


def _closed_shares(store: Store) -> list[float]:
    with store.engines.read.begin() as connection:
        text = connection.execute(sa.select(tables.source.c.closings)).scalar_one()
    return [share for _, share in UsualClosings.stored(text).answers]
