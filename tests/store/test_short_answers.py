import msgspec
import pytest
import sqlalchemy as sa

from blocklight.model.outcomes import Held
from blocklight.model.record import PublicIncident
from blocklight.store import Applied, FetchReport, Store
from blocklight.store.schema import tables
from blocklight.store.write.short_answers import FEW, SECOND_LOOK_MS, UsualClosings
from store.making import START, call, minutes

MANY = 200
_SECOND_LOOK_MIN = SECOND_LOOK_MS / 60_000


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
    for minute in range(1, 11):
        first = minute * 15
        assert answer(store, range(first, first + MANY), minute).vanished == 15
    store._short_answers.forget("dispatch")  # noqa: SLF001 - as a process that starts anew
    assert answer(store, range(175, 375), 11).vanished == 25
    assert answer(store, range(250, 450), 12).unconfirmed == 75


def test_after_an_outage_so_many_more_calls_are_closed_at_once(store: Store) -> None:
    for minute in range(11):
        answer(store, range(minute * 10, minute * 10 + MANY), minute)
    assert answer(store, range(200, 400), 20).vanished == 100


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


@pytest.mark.parametrize(("minutes_ago", "share"), [(1 / 60, 1 / 1800), (1, 1 / 30), (15, 0.5), (60, 1.0)])
def test_calls_of_a_new_feed_are_taken_to_last_half_an_hour(minutes_ago: float, share: float) -> None:
    now = 100 * 60_000
    assert UsualClosings([]).share(now - round(minutes_ago * 60_000), now) == pytest.approx(share)
    assert UsualClosings([]).share(None, now) == 0


@pytest.mark.parametrize(
    ("share", "allowed"), [(0.01, 0.0199), (0.1, 0.19), (0.3, 0.51), (0.6, 0.84), (1.0, 1.0)]
)
def test_the_share_of_twice_the_usual_time_may_be_closed(share: float, allowed: float) -> None:
    usual = UsualClosings([(number * 60_000, share) for number in range(20)])
    still_open, now = 100_000, 20 * 60_000
    most = round(still_open * allowed)
    assert usual.allow(most - 1, still_open, now - 1_000, now)
    if allowed < 1:
        assert not usual.allow(most + 1, still_open, now - 1_000, now)


def test_one_false_answer_that_was_believed_does_not_become_usual() -> None:
    closings = [(number * 60_000, 0.01) for number in range(30)]
    closings[15] = (15 * 60_000, 0.5)
    usual = UsualClosings(closings)
    assert usual.share(29 * 60_000, 30 * 60_000) < 0.05


def test_a_clock_that_went_back_makes_nothing_usual() -> None:
    usual = UsualClosings([(3_600_000, 0.01)])
    assert usual.share(3_600_000, 0) == pytest.approx(0.01)


def test_closings_that_wait_for_a_whole_step_are_missing_once(store: Store) -> None:
    def poll(first: int, minute: float) -> Applied:
        numbers = range(first, first + MANY)
        calls = [call(number, received_at=START, delayed=True, time_step_min=60) for number in numbers]
        held = [Held(one, START, step_min=60) for one in calls]
        store.release(minutes(minute))
        return store.apply("dispatch", held, at=minutes(minute), present={one.id for one in calls})

    poll(0, 0)
    for minute in range(62, 112):
        applied = poll((minute - 62) * 4, minute)
        assert applied.unconfirmed == 0, minute
    assert _closed_shares(store) == pytest.approx([4 / (MANY - 4 * left) for left in range(49)], abs=1e-3)
    store.release(minutes(122))
    assert len(store.open_ids("dispatch")) == MANY


def _closed_shares(store: Store) -> list[float]:
    with store.engines.read.begin() as connection:
        text = connection.execute(sa.select(tables.source.c.closings)).scalar_one()
    return [share for _, share in msgspec.json.decode(text, type=list[tuple[int, float]])]
