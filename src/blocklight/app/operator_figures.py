"""Metrics for the operator only: they depend on withheld records, or describe the machine."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from prometheus_client import CollectorRegistry, Metric, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from blocklight.api.health import PublicFigures
from blocklight.api.request_figures import RequestFigures
from blocklight.api.state import Public
from blocklight.app.fetching import Intake
from blocklight.app.operator_port import OperatorPort
from blocklight.errors import StoreError
from blocklight.intake.feed import BATCH_OUTCOMES, Feed
from blocklight.jobs import Jobs
from blocklight.publish.store_watch import StoreWatch
from blocklight.store import Store

_PREFIX = "blocklight_"


class ProcessFigures(Collector):
    """Memory, processor time, descriptors and threads of this process, and how its jobs do."""

    def __init__(self, jobs_run: Jobs) -> None:
        self._jobs_run = jobs_run

    def collect(self) -> Iterator[Metric]:
        """Yield each figure with what it means."""
        # A registry of its own: the families are read anew each time.
        yield from ProcessCollector(registry=CollectorRegistry(auto_describe=False)).collect()
        yield _operator_gauge("process_threads", "threads of this process", _threads())
        faults = CounterMetricFamily(
            _PREFIX + "faults", "unexpected failures after which a task went on", labels=["task"]
        )
        for task, count in sorted(self._jobs_run.failures.items()):
            faults.add_metric([task], count)
        turns = CounterMetricFamily(
            _PREFIX + "job_turns", "turns of each job, failed ones too", labels=["job"]
        )
        age = GaugeMetricFamily(
            _PREFIX + "job_turn_age_seconds", "seconds since a turn of each job last ended", labels=["job"]
        )
        for job, ended_at in sorted(self._jobs_run.last_turn_at.items()):
            turns.add_metric([job], self._jobs_run.turns[job])
            age.add_metric([job], time.monotonic() - ended_at)
        yield from (faults, turns, age)


class StoreFigures(Collector):
    """Whether and how fast records are stored, and how much disk space is used and free."""

    def __init__(self, store: Store, watch: StoreWatch | None) -> None:
        self._store = store
        self._watch = watch

    def collect(self) -> Iterator[Metric]:
        """Yield each figure with what it means."""
        if self._watch is not None:
            yield _operator_gauge("store_ok", "1 while records can be stored", self._watch.failure is None)
        transactions = self._store.write_figures.transactions
        yield HistogramMetricFamily(
            _PREFIX + "transaction_seconds",
            "transactions that change the public record, including the wait for another one",
            buckets=transactions.buckets,
            sum_value=transactions.sum_s,
        )
        room = self._store.disk_use()
        for name, meaning, size in (
            ("database_bytes", "the database's file", room.database),
            ("wal_bytes", "the database's write-ahead log", room.write_ahead_log),
            ("disk_free_bytes", "free space on the database's disk", room.free),
        ):
            if size is not None:
                yield _operator_gauge(name, f"{meaning}, in bytes", size)


class FeedFigures(Collector):
    """The outcomes of each source's answers, and the share of records that is withheld."""

    def __init__(self, feeds: Sequence[Feed]) -> None:
        self._feeds = feeds

    def collect(self) -> Iterator[Metric]:
        """Yield each figure with what it means."""
        batches = CounterMetricFamily(
            _PREFIX + "batches", "answers of the source and pushes, by outcome", labels=["source", "outcome"]
        )
        records = GaugeMetricFamily(
            _PREFIX + "source_records",
            "records of the latest answer, by outcome and reason",
            labels=["source", "outcome", "reason"],
        )
        share = _by_source("source_withheld_share", "share of the latest records that is withheld")
        usual = _by_source("source_withheld_usual", "share that is usually withheld")
        for_weeks = _by_source("source_withheld_for_weeks", "share that was withheld over the last weeks")
        unusual = _by_source("source_withheld_unusual", "1 while unusually many records are withheld")
        rising = _by_source("source_withheld_rising", "1 while more is withheld than in the weeks before")
        for feed in self._feeds:
            source, watch = feed.source.id, feed.withheld_watch
            for outcome in BATCH_OUTCOMES:
                batches.add_metric([source, outcome], feed.batches[outcome])
            for (outcome, reason), count in sorted(watch.latest.items()):
                records.add_metric([source, outcome, reason], count)
            shares = ((share, watch.share), (usual, watch.usual), (for_weeks, watch.usual_for_weeks))
            for figure, value in shares:
                if value is not None:
                    figure.add_metric([source], value)
            unusual.add_metric([source], watch.is_unusual)
            rising.add_metric([source], watch.is_rising)
        yield from (batches, records, share, usual, for_weeks, unusual, rising)


class IntakeFigures(Collector):
    """Whether this process fetches, and the health of each source as the database has it."""

    def __init__(self, intake: Intake, store: Store, now: Callable[[], datetime]) -> None:
        self._intake = intake
        self._store = store
        self._now = now

    def collect(self) -> Iterator[Metric]:
        """Yield each figure with what it means."""
        yield _operator_gauge("intake_fetching", "1 while this process fetches", self._intake.fetching)
        age = _by_source("intake_source_age_seconds", "seconds since the last successful fetch")
        failures = _by_source("intake_source_failures", "failed fetches in a row")
        with suppress(StoreError):  # the database fails: these figures are left out, and `store_ok` is 0
            for health in self._store.sources():
                failures.add_metric([health.source], health.failures)
                if health.last_success_at is not None:
                    late_s = (self._now() - health.last_success_at).total_seconds()
                    age.add_metric([health.source], late_s)
        yield from (age, failures)
        with suppress(StoreError):
            yield from self._webhooks()

    def _webhooks(self) -> Iterator[Metric]:
        attempts = CounterMetricFamily(
            _PREFIX + "webhook_attempts", "requests to webhooks, by outcome", labels=["webhook", "outcome"]
        )
        for labels, count in sorted(self._intake.delivery.attempts.items()):
            attempts.add_metric(labels, count)
        waiting = GaugeMetricFamily(
            _PREFIX + "webhook_entries", "changes that wait, or are given up", labels=["webhook", "state"]
        )
        for webhook, entries in sorted(self._intake.delivery.waiting().items()):
            waiting.add_metric([webhook, "pending"], entries.pending)
            waiting.add_metric([webhook, "dead"], entries.dead)
        yield from (attempts, waiting)


class HttpFigures(Collector):
    """Time to the first byte of each response."""

    def __init__(self, requests: RequestFigures) -> None:
        self._requests = requests

    def collect(self) -> Iterator[Metric]:
        """Yield one histogram for each route and status."""
        family = HistogramMetricFamily(
            _PREFIX + "http_seconds",
            "time from a request to the first byte of its answer",
            labels=["route", "status"],
        )
        for (route, status), histogram in sorted(self._requests.histograms.items()):
            family.add_metric([route, status], histogram.buckets, histogram.sum_s)
        yield family


class PushFigures(Collector):
    """What was refused of pushes with a right key, by the key's public id."""

    def __init__(self, refused: Mapping[tuple[str, str, str], int]) -> None:
        self._refused = refused

    def collect(self) -> Iterator[Metric]:
        """Yield one counter for each source, key and limit that refused anything."""
        family = CounterMetricFamily(
            _PREFIX + "push_refused",
            "pushes that were refused because their key had its share",
            labels=["source", "key", "limit"],
        )
        for labels, count in sorted(self._refused.items()):
            family.add_metric(labels, count)
        yield family


def port_of_serving(
    state: Public, store: Store, fetching: Intake | None, feeds: Sequence[Feed], *, host: str
) -> OperatorPort:
    """Make the operator's port of a process that serves: the public figures and all others.

    *host* is the address or name that the port was opened on.
    """
    publisher = state.publisher
    collectors: list[Collector] = [
        PublicFigures(publisher, state.admission),
        HttpFigures(state.requests),
        PushFigures(state.admission.refused_pushes),
        FeedFigures(feeds),
        StoreFigures(store, publisher.store_watch),
        ProcessFigures(publisher.jobs_run),
    ]
    if fetching is not None:
        collectors.append(IntakeFigures(fetching, store, publisher.now))
    return OperatorPort(
        collectors,
        city=state.city.city.id,
        host=host,
        alive=lambda: not publisher.stuck,
        ready=lambda: (publisher.ready, "ready" if publisher.ready else publisher.not_ready_because),
    )


def port_of_intake(
    intake: Intake,
    feeds: Sequence[Feed],
    store: Store,
    *,
    city: str,
    host: str,
    now: Callable[[], datetime],
    watch: StoreWatch,
    jobs_run: Jobs,
) -> OperatorPort:
    """Make the operator's port of a process that only fetches, opened on *host*; *city* is the city's id."""
    collectors = [
        IntakeFigures(intake, store, now),
        FeedFigures(feeds),
        StoreFigures(store, watch),
        ProcessFigures(jobs_run),
    ]
    return OperatorPort(
        collectors, city=city, host=host, alive=lambda: True, ready=lambda: _fetches(intake, watch)
    )


def _fetches(intake: Intake, watch: StoreWatch) -> tuple[bool, str]:
    """Whether an intake process fetches and can store, with a word for its state."""
    if watch.failure is not None:
        return False, "nothing can be stored"
    return intake.fetching, "fetching" if intake.fetching else "waiting"


def _threads() -> int:
    try:
        return sum(1 for _ in Path("/proc/self/task").iterdir())  # those of libraries too
    except OSError:
        return threading.active_count()


def _operator_gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(_PREFIX + name, meaning, value)


def _by_source(name: str, meaning: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(_PREFIX + name, meaning, labels=["source"])
