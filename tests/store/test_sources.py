"""How healthy the sources are."""

from datetime import timedelta

from blocklight.model.outcomes import Held, Withheld
from blocklight.model.vocabulary import Reason
from blocklight.store import Delays, FetchReport, Gap, SourceHealth, Store
from blocklight.store.write.sources import Noticed
from store.databases import Database
from store.making import START, call, minutes, withheld


def _report(minute: float, **what: object) -> FetchReport:
    return FetchReport("dispatch", minutes(minute), late_after_s=180, **what)  # type: ignore[arg-type]  # any field


def _only(store: Store) -> SourceHealth:
    (health,) = store.sources()
    return health


def test_a_source_that_was_never_fetched_has_no_health(store: Store) -> None:
    assert store.sources() == []


def test_a_success_is_remembered_with_its_moment(store: Store) -> None:
    store.record_fetch(_report(0))
    health = _only(store)
    assert (health.last_attempt_at, health.last_success_at, health.last_failure_at) == (START, START, None)
    assert (health.failures, health.reason) == (0, None)
    assert (health.delays, health.gaps) == (None, ())


def test_failures_are_counted_until_the_next_success_and_hide_nothing_of_the_last_one(store: Store) -> None:
    store.record_fetch(_report(0))
    store.record_fetch(_report(1, failure="timeout"))
    store.record_fetch(_report(2, failure="http_500"))
    health = _only(store)
    assert (health.failures, health.reason) == (2, "http_500")
    assert (health.last_success_at, health.last_failure_at) == (START, minutes(2))
    store.record_fetch(_report(2.5))
    health = _only(store)
    assert (health.failures, health.reason, health.last_failure_at) == (0, None, minutes(2))


def test_a_source_that_fails_at_once_is_known(store: Store) -> None:
    store.record_fetch(_report(0, failure="timeout"))
    assert (_only(store).failures, _only(store).last_success_at) == (1, None)
    store.record_fetch(_report(60))
    assert _only(store).gaps == ()


def test_only_a_silence_longer_than_allowed_is_a_gap(store: Store) -> None:
    for minute in (0, 3, 6.1, 7):
        store.record_fetch(_report(minute))
    store.record_fetch(_report(8, failure="timeout"))
    store.record_fetch(_report(20))
    assert _only(store).gaps == (Gap(minutes(3), minutes(6.1)), Gap(minutes(7), minutes(20)))


def test_gaps_are_forgotten_after_three_months(store: Store) -> None:
    for day in (0, 1, 100):
        store.record_fetch(FetchReport("dispatch", START + timedelta(days=day), 3600))
    assert [gap.start for gap in _only(store).gaps] == [START + timedelta(days=1)]


def test_delays_are_measured_from_received_to_first_stored_once_the_past_is_in(store: Store) -> None:
    store.apply("dispatch", [call(number) for number in range(50)], at=minutes(60), cursor="a")
    assert _only(store).delays is None
    store.record_fetch(_report(60))
    fresh = [call(100 + number) for number in range(10)]
    store.apply("dispatch", fresh, at=minutes(110))
    store.apply("dispatch", fresh, at=minutes(500))
    assert _only(store).delays == Delays(p50=300, p90=540, p99=540)


def test_what_policy_delays_does_not_count_as_late(store: Store) -> None:
    store.record_fetch(_report(60))
    late = [Held(call(number, delayed=True), release_at=minutes(90)) for number in range(20)]
    store.apply("dispatch", late, at=minutes(61), cursor="a")
    store.apply("dispatch", late, at=minutes(100), cursor="b")
    store.release(minutes(100))
    due_already = [Held(call(100 + n, delayed=True), release_at=minutes(101 + n)) for n in range(20)]
    store.apply("dispatch", due_already, at=minutes(500), cursor="c")
    assert store.head() == 40
    assert _only(store).delays is None
    store.apply("dispatch", [call(490 + n) for n in range(5)], at=minutes(500), cursor="d")
    assert _only(store).delays == Delays(p50=480, p90=540, p99=540)


def test_only_the_latest_delays_count(store: Store) -> None:
    store.record_fetch(_report(0))
    store.apply("dispatch", [call(number) for number in range(100)], at=minutes(100_000))
    store.apply("dispatch", [call(1000 + n, received_at=minutes(n)) for n in range(500)], at=minutes(500))
    delays = _only(store).delays
    assert delays is not None
    assert delays.p99 <= 500 * 60


def test_sources_do_not_share_their_health(store: Store) -> None:
    store.apply("fire", [], at=START, cursor="9")
    store.record_fetch(_report(0))
    assert [health.source for health in store.sources()] == ["dispatch", "fire"]
    assert store.cursor("fire") == "9"


def test_health_is_there_after_reopening(store: Store, database: Database) -> None:
    store.record_fetch(_report(0))
    with database.open() as again:
        assert again.sources() == store.sources()


def test_delays_count_what_was_withheld_before_as_what_was_never_seen(store: Store) -> None:
    store.record_fetch(_report(0))
    store.apply("dispatch", [withheld(2, sensitive=False)], at=minutes(5))
    store.apply("dispatch", [call(1, received_at=START), call(2, received_at=START)], at=minutes(10))
    assert _only(store).delays == Delays(p50=600, p90=600, p99=600)
    with store._engines.read.connect() as connection:  # noqa: SLF001 - how many there are
        stored = connection.exec_driver_sql("SELECT delays FROM source").scalar_one()
    assert stored == "[600.0,600.0]"


def test_what_was_sensitive_once_is_named_and_nothing_else_is(store: Store) -> None:
    marks = [Withheld(f"s{n}", "dispatch", Reason.SENSITIVE, sensitive=True) for n in range(3)]
    store.apply("dispatch", [*marks, Withheld("u", "dispatch", Reason.UNMAPPED), call(1)], at=START)
    others = [f"x{n}" for n in range(1200)]
    assert store.once_sensitive(["s1", "u", call(1).id, *others, "s2"]) == {"s1", "s2"}
    assert store.once_sensitive([]) == set()


def test_a_fetch_may_be_reported_with_what_it_brought(store: Store) -> None:
    store.apply("dispatch", [call(1)], at=START, cursor="c1", report=_report(0))
    store.apply("dispatch", [call(1)], at=minutes(9), report=_report(9))
    health = _only(store)
    assert health.last_success_at == minutes(9)
    assert [(gap.start, gap.end) for gap in health.gaps] == [(START, minutes(9))]
    assert store.cursor("dispatch") == "c1"


def test_what_was_noticed_is_told_in_whole_tens_of_whole_days() -> None:
    counts = Noticed().plus("2026-03-01", {"places_sought": 19, "places_found": 9})
    assert counts.whole_days("2026-03-01") == {}
    assert counts.whole_days("2026-03-02") == {"places_sought": 10}
    for missed in range(6):  # not found on the day after: none is told from another
        later = counts.plus("2026-03-02", {"places_sought": 21 + missed, "places_found": 21})
        assert later.whole_days("2026-03-03") == {"places_sought": 40, "places_found": 30}
