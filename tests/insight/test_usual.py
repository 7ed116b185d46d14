"""An area now against its past: which weeks count, what is said, and when nothing is."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from living_city import a_city, an_incident

from blocklight.config.city import City
from blocklight.insight.usual import LEAST_WEEKS, MOST_WEEKS, Missing, Told, Usual, Verdict, same_hours
from blocklight.model.outcomes import Withheld
from blocklight.model.record import PublicIncident
from blocklight.model.vocabulary import Category, Kind, Origin, Reason
from blocklight.store import FetchReport, Store

NOW = datetime(2026, 5, 20, 18, 30, tzinfo=UTC)
WEEK, DAY = timedelta(days=7), timedelta(days=1)
BEAT = ("beat", "01X")
_numbers = count(1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path}/usual.sqlite3", "smallville") as store:
        yield store


@pytest.fixture
def city(tmp_path: Path) -> City:
    return a_city(tmp_path)


def a_day(weeks_ago: int, n: int, **fields: object) -> list[PublicIncident]:
    """Return *n* calls in the 24 hours that end so many weeks ago."""
    start = NOW - weeks_ago * WEEK - DAY + timedelta(hours=1)
    return [
        an_incident(next(_numbers), received_at=start + timedelta(minutes=9 * k), **fields) for k in range(n)
    ]


def stored(store: Store, *incidents: PublicIncident, at: datetime = NOW) -> None:
    store.apply("dispatch", incidents, at=at)


def answered(store: Store, at: datetime = NOW, late_after_s: float = 1e12) -> None:
    store.record_fetch(FetchReport("dispatch", at, late_after_s))


def past(store: Store, counts: list[int], **fields: object) -> None:
    """Store so many calls of each week before, the latest first, and one from long before them."""
    first = an_incident(next(_numbers), received_at=NOW - (len(counts) + 2) * WEEK)
    every = (call for weeks_ago, n in enumerate(counts, 1) for call in a_day(weeks_ago, n, **fields))
    stored(store, first, *every)


def tell(city: City, store: Store, *categories: Category, now: datetime = NOW) -> Told:
    if not any(health.last_success_at for health in store.sources()):
        answered(store)
    return Usual(city, store).tell(Kind.CALL, BEAT, categories, now)


def test_what_is_received_now_stands_beside_every_week_and_their_plain_mean(city: City, store: Store) -> None:
    past(store, [8, 10, 12, 10, 9, 11])
    stored(store, *a_day(0, 10))
    told = tell(city, store)
    (part,) = told.parts
    assert (told.start, told.end) == (NOW - DAY, NOW)
    assert (part.now, part.mean, part.verdict, told.weeks) == (10, 10.0, Verdict.USUAL, 6)
    assert [week.count for week in part.weeks[:6]] == [8, 10, 12, 10, 9, 11]
    # A week without any call in the whole city is one that nobody told of.
    assert [week.missing for week in part.weeks[6:]] == [Missing.INCOMPLETE] + 5 * [Missing.NOT_COVERED]


@pytest.mark.parametrize(("now", "verdict"), [(0, Verdict.FEWER), (20, Verdict.USUAL), (60, Verdict.MORE)])
def test_the_verdict_is_whether_the_count_lies_in_the_range(
    city: City, store: Store, now: int, verdict: Verdict
) -> None:
    past(store, [20, 18, 22, 19, 21, 20])
    stored(store, *a_day(0, now), *a_day(0, 60, areas={"beat": "02Y"}))
    part = tell(city, store).parts[0]
    assert part.verdict is verdict


@pytest.mark.parametrize("weeks", range(1, LEAST_WEEKS + 2))
def test_with_too_few_weeks_it_says_so_and_how_many_there_are(city: City, store: Store, weeks: int) -> None:
    first = an_incident(next(_numbers), received_at=NOW - weeks * WEEK - DAY)
    stored(store, first, *(call for back in range(weeks + 1) for call in a_day(back, 10)))
    told = tell(city, store)
    assert told.weeks == weeks
    assert (told.parts[0].verdict is Verdict.TOO_FEW_WEEKS) == (weeks < LEAST_WEEKS)
    assert (told.parts[0].usual is None) == (weeks < LEAST_WEEKS)


def test_at_most_twelve_weeks_are_compared(city: City, store: Store) -> None:
    past(store, [5] * 20)
    assert tell(city, store).weeks == MOST_WEEKS


def test_nothing_is_said_of_a_source_that_never_answered(city: City, store: Store) -> None:
    told = Usual(city, store).tell(Kind.CALL, BEAT, (), NOW)
    assert told == Told(Kind.CALL, None, None, 0, None, ())


def test_a_week_in_which_the_whole_city_tells_less_than_half_is_not_compared(
    city: City, store: Store
) -> None:
    past(store, [20, 21, 3, 19, 20, 22, 20, 20, 20, 20, 20, 20])
    stored(store, *a_day(0, 20))
    part = tell(city, store).parts[0]
    assert [week.missing for week in part.weeks if week.count is None] == [Missing.INCOMPLETE]
    assert part.weeks[2].count is None
    assert part.verdict is Verdict.USUAL


def test_a_day_of_which_the_whole_city_knows_less_than_half_gets_no_verdict(city: City, store: Store) -> None:
    past(store, [20] * 6)
    stored(store, *a_day(0, 2))
    assert tell(city, store).parts[0].verdict is Verdict.INCOMPLETE


def test_a_feed_that_forgets_what_it_missed_makes_a_week_with_an_outage_not_count(
    city: City, store: Store
) -> None:
    vanishing = city.sources[0].model_copy(update={"closes": "vanish"})
    forgetful = city.model_copy(update={"sources": (vanishing, *city.sources[1:])})
    past(store, [20] * 6)
    down = NOW - 2 * WEEK - timedelta(hours=6)
    answered(store, down)
    answered(store, down + timedelta(hours=3), late_after_s=30)
    answered(store)
    assert tell(city, store).parts[0].weeks[1].missing is None
    assert tell(forgetful, store).parts[0].weeks[1].missing is Missing.OUTAGE
    assert tell(forgetful, store).weeks == tell(city, store).weeks - 1


def test_the_day_ends_where_nine_in_ten_are_known_already(city: City, store: Store) -> None:
    past(store, [10] * 6)
    answered(store, NOW - DAY)
    late = [an_incident(next(_numbers), received_at=NOW - timedelta(hours=2)) for _ in range(20)]
    stored(store, *late)
    answered(store)
    assert tell(city, store).end == NOW - timedelta(hours=2)


def test_a_source_that_has_not_answered_for_hours_ends_the_day_then(city: City, store: Store) -> None:
    past(store, [10] * 6)
    answered(store)
    assert tell(city, store, now=NOW + timedelta(hours=5)).end == NOW


def test_what_became_public_late_counts_neither_now_nor_in_a_week_that_was_followed(
    city: City, store: Store
) -> None:
    begun = NOW - 8 * WEEK
    stored(store, an_incident(next(_numbers), received_at=begun), at=begun)
    for weeks_ago in range(7, 0, -1):
        then = NOW - weeks_ago * WEEK
        stored(store, *a_day(weeks_ago, 10), at=then)
        stored(store, *a_day(weeks_ago, 5), at=then + 2 * DAY)
    part = tell(city, store).parts[0]
    assert [week.count for week in part.weeks[:7]] == [10] * 7


def test_what_was_imported_later_counts_whenever_it_became_public(city: City, store: Store) -> None:
    past(store, [10] * 7)
    assert [week.count for week in tell(city, store).parts[0].weeks[:7]] == [10] * 7


def test_community_calls_and_officer_activity_are_kept_apart(city: City, store: Store) -> None:
    past(store, [10] * 5, origin=Origin.COMMUNITY)
    past(store, [3] * 5, origin=Origin.OFFICER)
    stored(store, *a_day(0, 9, origin=Origin.COMMUNITY), *a_day(0, 2, origin=Origin.OFFICER))
    parts = {part.origin: (part.now, part.weeks[0].count) for part in tell(city, store).parts}
    assert parts == {Origin.COMMUNITY: (9, 10), Origin.OFFICER: (2, 3)}


def test_only_the_categories_asked_for_are_counted(city: City, store: Store) -> None:
    past(store, [10] * 5)
    past(store, [4] * 5, category=Category.FIRE)
    stored(store, *a_day(0, 10), *a_day(0, 3, category=Category.FIRE))
    assert tell(city, store, Category.FIRE).parts[0].now == 3
    assert tell(city, store).parts[0].now == 13


def test_what_is_taken_back_is_in_no_count_even_while_the_past_is_remembered(
    city: City, store: Store
) -> None:
    past(store, [10] * 6)
    today = a_day(0, 10)
    stored(store, *today)
    answered(store)
    usual = Usual(city, store)
    assert usual.tell(Kind.CALL, BEAT, (), NOW).parts[0].now == 10
    store.apply("dispatch", [Withheld(today[0].id, "dispatch", Reason.SENSITIVE, sensitive=True)], at=NOW)
    assert usual.tell(Kind.CALL, BEAT, (), NOW).parts[0].now == 9


def test_days_are_those_of_the_wall_clock_through_both_changes() -> None:
    zone = ZoneInfo("America/Los_Angeles")
    for end in (datetime(2026, 3, 10, 17, tzinfo=zone), datetime(2026, 11, 3, 17, tzinfo=zone)):
        spans = same_hours(end.astimezone(UTC), zone)
        assert len(spans) == MOST_WEEKS + 1
        assert {one.astimezone(zone).strftime("%a %H:%M") for _, one in spans} == {"Tue 17:00"}
        assert {one.astimezone(zone).strftime("%a %H:%M") for one, _ in spans} == {"Mon 17:00"}
    spring = same_hours(datetime(2026, 3, 8, 20, tzinfo=zone).astimezone(UTC), zone)
    assert [(end - start) // timedelta(hours=1) for start, end in spring[:2]] == [23, 24]
    repeated = datetime(2026, 11, 1, 1, 30, tzinfo=zone, fold=1).astimezone(UTC)
    assert same_hours(repeated, zone)[0][1] == repeated
