"""Answers what is asked of a city's past from the archive's files, and of nothing else.

So every figure can be worked out again from what anybody downloads.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pyarrow as pa

from blocklight.archive.archive import Snapshot
from blocklight.archive.engine import INCIDENTS, Engine
from blocklight.config.city import City
from blocklight.config.reported import reported
from blocklight.config.source import SourceSpec
from blocklight.errors import BadQuery
from blocklight.insight.archive_query import archive_condition, group_expression
from blocklight.insight.response_times import (
    ABSURD_S,
    ENDS,
    Calls,
    FateCounts,
    Figures,
    Refusal,
    figures,
    is_open,
)
from blocklight.insight.stage_targets import StageTargets, targets_clause
from blocklight.insight.tallies import Tally, read_tallies, tally_question
from blocklight.insight.workload import WorkCalls, Workload, workload
from blocklight.model.record import TIMES
from blocklight.model.vocabulary import Kind, Section, Stage, StageTime
from blocklight.store import IncidentQuery

T = TypeVar("T")
Key = tuple[str | int | None, ...]

# More rows than anybody reads: the question was meant for a file of the archive.
MOST_GROUPS = 20_000

# Their times are held in memory: some 100 MB, for one question at a time.
_MOST_CALLS = 2_000_000

# Answers: enough for what the pages of a city's areas ask again and again.
_REMEMBERED = 500

_MS = 1000.0
# Imported, and since then not published anew by *moment*.
_NOT_CLAIMED = "(known_at IS NULL OR (known_at > $moment AND released_at < known_at))"


class Count(NamedTuple):
    """How many incidents have the values *key* of the groups asked for."""

    key: Key
    n: int


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts as of a moment and a place in the change log; ``None`` where nothing was ever published."""

    as_of: datetime | None
    seq: int
    by: tuple[str, ...]
    rows: list[Count]


@dataclass(frozen=True, slots=True)
class Times:
    """Figures of one stage for each group, as of a moment and a place in the change log."""

    as_of: datetime | None
    seq: int
    stage: StageTime
    by: tuple[str, ...]
    rows: list[tuple[Key, Figures]]


@dataclass(frozen=True, slots=True)
class Work:
    """The work of calls, as of a moment and a place in the change log.

    No workload where no source reports when units are sent and when calls end, or nothing lies in the span.
    """

    as_of: datetime | None
    seq: int
    is_reported: bool
    workload: Workload | None


class Answers:
    """What was worked out of the files that there are, forgotten once any of them changes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._files: tuple[str, ...] = ()
        self._known: OrderedDict[object, Any] = OrderedDict()

    def remembered(self, snapshot: Snapshot, key: object, ask: Callable[[], T]) -> T:
        """Answer from what is known of these very files; what was made of others is forgotten."""
        files = tuple(file for month in snapshot.months for file in month.files)
        with self._lock:
            if files != self._files:
                self._known.clear()
                self._files = files
            elif key in self._known:
                self._known.move_to_end(key)
                answer: T = self._known[key]
                return answer
        answer = ask()
        with self._lock:
            if files == self._files:
                self._known[key] = answer
                if len(self._known) > _REMEMBERED:
                    self._known.popitem(last=False)
        return answer


class Past:
    """The past of one city. What was worked out is remembered until any file changes."""

    def __init__(self, city: City, engine: Engine) -> None:
        self.city = city
        self._engine = engine
        self._answers = Answers()
        self._moment: datetime | None = None

    def at(self, moment: datetime | None) -> "Past":
        """The past as it was public at an earlier moment; today's for ``None``."""
        if moment is None:
            return self
        earlier = Past(self.city, self._engine)
        earlier._answers = self._answers
        earlier._moment = moment
        return earlier

    def snapshot(self) -> Snapshot:
        """The files that answers are made of; raises ``BadQuery`` for a moment that they do not reach."""
        snapshot = self._engine.archive.complete()
        return snapshot if self._moment is None else snapshot.at(self._moment)

    def first_received_at(self) -> datetime | None:
        """The earliest received_at of all that was public, ``None`` where nothing was."""
        snapshot = self.snapshot()
        if snapshot.moment is None:
            return snapshot.months[0].first_at if snapshot.months else None
        files = snapshot.files(None, None)
        if not files:
            return None
        question = f"SELECT min(received_at) AS first FROM {INCIDENTS}"  # noqa: S608 - only our own words

        def ask() -> datetime | None:
            first: datetime | None = self._engine.table(question, {}, files, snapshot.moment)["first"][
                0
            ].as_py()
            return first

        return self._remembered(snapshot, ("first", snapshot.moment), ask)

    def imported(self, query: IncidentQuery) -> int | None:
        """How many imported incidents that match an earlier moment leaves out; ``None`` for today's past."""
        if self._moment is None:
            return None
        snapshot = self.snapshot()
        clause = archive_condition(self.city, query)
        files = replace(snapshot, moment=None).files(query.since, query.until)
        question = f"SELECT count(*) AS n FROM {INCIDENTS} WHERE {clause.text} AND {_NOT_CLAIMED}"  # noqa: S608 - only our own words
        parameters = _used(question, clause.parameters | {"moment": snapshot.moment})

        def ask() -> int:
            n: int = self._engine.table(question, parameters, files)["n"][0].as_py() if files else 0
            return n

        return self._remembered(snapshot, ("imported", question, _hashable(parameters)), ask)

    def count(self, query: IncidentQuery, by: Sequence[str] = ()) -> Counts:
        """Count incidents by groups; raises ``BadQuery`` for more than ``MOST_GROUPS`` of them."""
        snapshot = self.snapshot()
        # Plain texts: an answer to a `Period` is remembered for everybody who names the same group.
        by = tuple(map(str, by))
        groups = [group_expression(self.city, name) for name in by]
        clause = archive_condition(self.city, query)
        columns = [f"{text} AS g{number}" for number, text in enumerate(groups)]
        question = (
            f"SELECT {', '.join([*columns, 'count(*) AS n'])} FROM {INCIDENTS} WHERE {clause.text} "  # noqa: S608 - only our own words
            f"{'GROUP BY ALL ORDER BY ALL NULLS LAST' if by else ''} LIMIT {MOST_GROUPS + 1}"
        )

        def ask() -> Counts:
            files = snapshot.files(query.since, query.until)
            if not files:
                return Counts(snapshot.as_of, snapshot.seq, tuple(by), [] if by else [Count((), 0)])
            table = self._engine.table(question, _used(question, clause.parameters), files, snapshot.moment)
            if table.num_rows > MOST_GROUPS:
                raise BadQuery(f"more than {MOST_GROUPS} groups; request a shorter time", parameter="by")
            values = [column.to_pylist() for column in table.columns]
            rows = [Count(tuple(row[:-1]), row[-1]) for row in zip(*values, strict=True)]
            return Counts(snapshot.as_of, snapshot.seq, tuple(by), rows)

        return self._remembered(
            snapshot, ("count", snapshot.moment, question, _hashable(clause.parameters)), ask
        )

    def tallies(self, queries: Sequence[IncidentQuery]) -> list[Tally]:
        """Count what matches each query by section, day, category and ending, in one question."""
        snapshot = self.snapshot()
        clause = tally_question(self.city, queries)
        since = min((query.since for query in queries if query.since), default=None)
        until = max((query.until for query in queries if query.until), default=None)
        question = f"{clause.text} LIMIT {MOST_GROUPS * len(queries) + 1}"

        def ask() -> list[Tally]:
            files = snapshot.files(since, until)
            if not files:
                return read_tallies([], len(queries))
            table = self._engine.table(question, _used(question, clause.parameters), files, snapshot.moment)
            if table.num_rows > MOST_GROUPS * len(queries):
                raise BadQuery(f"more than {MOST_GROUPS} groups; request a shorter time", parameter="since")
            return read_tallies(table.to_pylist(), len(queries))

        return self._remembered(
            snapshot, ("tallies", snapshot.moment, question, _hashable(clause.parameters)), ask
        )

    def response_times(
        self, query: IncidentQuery, stage: StageTime, by: Sequence[str] = (), target_s: float | None = None
    ) -> Times:
        """How long a stage takes, by groups, of the calls for service that match."""
        snapshot = self.snapshot()
        query = replace(query, kind=Kind.CALL)
        groups = [group_expression(self.city, name) for name in by]
        clause = archive_condition(self.city, query)
        targets = targets_clause(self.city, stage, target_s)
        columns = [
            *(f"epoch_ms({name}) AS {name}" for name in TIMES),
            *("status", "disposition", "source", "time_step_min", f"{targets.clause.text} AS target"),
            *(f"{text} AS g{number}" for number, text in enumerate(groups)),
        ]
        question = f"SELECT {', '.join(columns)} FROM {INCIDENTS} WHERE {clause.text} LIMIT {_MOST_CALLS + 1}"  # noqa: S608 - only our own words
        parameters = clause.parameters | targets.clause.parameters

        def ask() -> Times:
            files = snapshot.files(query.since, query.until)
            if not files or snapshot.as_of is None:
                return Times(snapshot.as_of, snapshot.seq, stage, tuple(by), [])
            table = self._engine.table(question, _used(question, parameters), files, snapshot.moment)
            if table.num_rows > _MOST_CALLS:
                raise BadQuery("too many calls; request a shorter time", parameter="since")
            rows = self._grouped(table, len(groups), stage, snapshot.as_of.timestamp(), targets)
            return Times(snapshot.as_of, snapshot.seq, stage, tuple(by), rows)

        return self._remembered(
            snapshot, ("times", snapshot.moment, question, stage, target_s, _hashable(clause.parameters)), ask
        )

    def work(self, query: IncidentQuery, since: datetime, until: datetime) -> Work:
        """The units that calls held and the calls that waited, of the part of a span that the archive has."""
        snapshot = self.snapshot()
        sources = [source.id for source in self.city.sources if self._reports_work(source)]
        if snapshot.as_of is None or not sources:
            return Work(snapshot.as_of, snapshot.seq, bool(sources), None)
        since = max(since, self.first_received_at() or since)
        until = min(until, snapshot.as_of)
        # A call of the day before may still hold its units when the span begins.
        query = replace(query, kind=Kind.CALL, since=since - timedelta(seconds=ABSURD_S), until=until)
        clause = archive_condition(self.city, query)
        columns = [*(f"epoch_ms({name}) AS {name}" for name in TIMES), "units", "status"]
        columns.append(f"{group_expression(self.city, 'section')} AS section")
        text = f"{clause.text} AND list_contains($sources, source)"
        question = f"SELECT {', '.join(columns)} FROM {INCIDENTS} WHERE {text} LIMIT {_MOST_CALLS + 1}"  # noqa: S608 - only our own words
        parameters = clause.parameters | {"sources": sources}

        def ask() -> Work:
            files = snapshot.files(query.since, query.until)
            if not files or until <= since:
                return Work(snapshot.as_of, snapshot.seq, is_reported=True, workload=None)
            table = self._engine.table(question, _used(question, parameters), files, snapshot.moment)
            if table.num_rows > _MOST_CALLS:
                raise BadQuery("too many calls; request a shorter time", parameter="since")
            load = workload(_work_calls(table), self.city.city.zone, since, until)
            return Work(snapshot.as_of, snapshot.seq, is_reported=True, workload=load)

        return self._remembered(
            snapshot, ("work", snapshot.moment, question, until, _hashable(parameters)), ask
        )

    def reports(self, stage: StageTime) -> bool:
        """Whether any source reports when a stage ends."""
        return any(
            self._reports(source.id, stage) for source in self.city.sources if source.kind is Kind.CALL
        )

    def _reports(self, source_id: str, stage: StageTime) -> bool:
        source = next((source_spec for source_spec in self.city.sources if source_spec.id == source_id), None)
        end = Stage(ENDS[stage].removesuffix("_at"))
        return source is not None and end in reported(source, self.city.sources).stages

    def _reports_work(self, source: SourceSpec) -> bool:
        """Whether a source reports when a first unit is sent, or is there, and when a call ends."""
        stages = set(reported(source, self.city.sources).stages)
        return source.kind is Kind.CALL and Stage.CLOSED in stages and bool(stages & _COMMITTING)

    def _grouped(
        self, table: pa.Table, groups: int, stage: StageTime, as_of: float, targets: StageTargets
    ) -> list[tuple[Key, Figures]]:
        calls, sources = self._calls(table, targets), _objects(table["source"])
        telling = np.isin(
            sources,
            [source_spec.id for source_spec in self.city.sources if self._reports(source_spec.id, stage)],
        )
        if not telling.any():
            return [((None,) * groups, _UNREPORTED)] if table.num_rows and not groups else []
        calls = calls.only(telling)
        if not groups:
            return [((), figures(calls, stage, as_of))]
        keys = list(
            zip(
                *(table[f"g{number}"].filter(pa.array(telling)).to_pylist() for number in range(groups)),
                strict=True,
            )
        )
        numbers = {key: number for number, key in enumerate(sorted(set(keys), key=_in_order))}
        if len(numbers) > MOST_GROUPS:
            raise BadQuery(f"more than {MOST_GROUPS} groups; request a shorter time", parameter="by")
        codes = np.array([numbers[key] for key in keys])
        return [(key, figures(calls.only(codes == number), stage, as_of)) for key, number in numbers.items()]

    def _calls(self, table: pa.Table, targets: StageTargets) -> Calls:
        silent = [
            source.id
            for source in self.city.sources
            if Stage.EN_ROUTE not in reported(source, self.city.sources).stages
        ]
        return Calls(
            _times(table),
            is_open(_objects(table["status"])),
            _objects(table["disposition"]),
            ~np.isnan(table["time_step_min"].to_numpy().astype(float)),
            np.isin(_objects(table["source"]), silent),
            targets.of_calls(table["target"].to_numpy().astype(float)),
        )

    def _remembered(self, snapshot: Snapshot, key: object, ask: Callable[[], T]) -> T:
        return self._answers.remembered(snapshot, key, ask)


_COMMITTING = {Stage.DISPATCHED, Stage.EN_ROUTE, Stage.ON_SCENE}
_UNREPORTED = Figures(FateCounts(), Refusal.NOT_REPORTED)


def since_1970(moment: datetime) -> float:
    """A moment as seconds since 1970."""
    return moment.astimezone(UTC).timestamp()


def _times(table: pa.Table) -> dict[str, Any]:
    return {name: table[name].to_numpy().astype(float) / _MS for name in TIMES}


def _work_calls(table: pa.Table) -> WorkCalls:
    return WorkCalls(
        _times(table),
        table["units"].to_numpy().astype(float),
        is_open(_objects(table["status"])),
        _objects(table["section"]) == str(Section.OFFICER),
    )


def _objects(column: pa.ChunkedArray) -> Any:  # noqa: ANN401 - a numpy array of objects
    return np.array(["" if value is None else value for value in column.to_pylist()], dtype=object)


def _used(question: str, parameters: dict[str, object]) -> dict[str, object]:
    """Keep the parameters that stand in the question: DuckDB refuses others."""
    return {name: value for name, value in parameters.items() if f"${name}" in question}


def _hashable(parameters: dict[str, object]) -> tuple[object, ...]:
    return tuple(
        (name, tuple(value) if isinstance(value, list) else value) for name, value in parameters.items()
    )


def _in_order(key: Key) -> tuple[tuple[bool, str | int], ...]:
    return tuple((value is None, "" if value is None else value) for value in key)
