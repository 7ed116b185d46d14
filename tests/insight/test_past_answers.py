"""How often the archive is asked: few questions for a comparison, and none twice while nothing changes."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from archived import build_all
from living_city import START, a_city
from public_side import NOW, some_incidents

from blocklight.archive.archive import Archive
from blocklight.archive.engine import Engine
from blocklight.insight.comparison import Side, compare
from blocklight.insight.past import Past
from blocklight.model.outcomes import Withheld
from blocklight.model.vocabulary import Reason, Section
from blocklight.store import IncidentQuery, Store

if TYPE_CHECKING:
    import pyarrow as pa

ZONE = ZoneInfo("America/Los_Angeles")


class CountedEngine(Engine):
    """An engine that counts what it is asked."""

    asked = 0

    def table(
        self,
        question: str,
        parameters: Mapping[str, object] = {},
        files: Sequence[str] = (),
        as_of: datetime | None = None,
    ) -> "pa.Table":
        self.asked += 1
        return super().table(question, parameters, files, as_of)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[tuple[Past, CountedEngine, Store]]:
    city = a_city(tmp_path, ("on_scene_at",))
    with Store.open(f"sqlite:///{tmp_path / 'city.sqlite3'}", "smallville") as store:
        store.apply("dispatch", some_incidents(300), at=START)
        archive = Archive(
            store, tmp_path / "archive", city="smallville", area_kinds=["beat"], now=lambda: NOW
        )
        engine = CountedEngine(archive)
        build_all(archive)
        yield Past(city, engine), engine, store
        engine.close()
        archive.close()


def test_a_comparison_of_six_asks_one_question_for_all_counts_and_one_for_each_wait(
    kept: tuple[Past, CountedEngine, Store],
) -> None:
    past, engine, _ = kept
    spans = [(START + timedelta(hours=1 + number), NOW) for number in range(6)]
    sides = tuple(Side(("beat", "01X") if n % 2 else None, *span) for n, span in enumerate(spans))
    query = IncidentQuery(section=Section.CALLS)
    first = compare(past, ZONE, query, sides)
    assert first is not None
    assert engine.asked == 7
    assert compare(past, ZONE, query, sides) == first
    assert engine.asked == 7
    for column in first.columns:
        own = IncidentQuery(
            section=Section.CALLS, area=column.side.area, since=column.since, until=column.until
        )
        assert column.calls == past.count(own).rows[0].n > 10
        by = {str(row.key[0]): row.n for row in past.count(own, ("category",)).rows}
        assert column.categories == by


def test_what_was_public_at_a_moment_is_asked_once_while_nothing_changes(
    kept: tuple[Past, CountedEngine, Store],
) -> None:
    past, engine, store = kept
    moment = START + timedelta(minutes=1)
    every = past.at(moment).count(IncidentQuery())
    past.at(moment).imported(IncidentQuery())
    past.at(moment).first_received_at()
    asked = engine.asked
    assert past.at(moment).count(IncidentQuery()) == every
    past.at(moment).imported(IncidentQuery())
    past.at(moment).first_received_at()
    assert engine.asked == asked
    assert past.at(moment - timedelta(hours=1)).count(IncidentQuery()).rows[0].n == 0
    gone = store.query(IncidentQuery(limit=1)).items[0].incident.id
    store.apply("dispatch", [Withheld(gone, "dispatch", Reason.POLICY)], at=START + timedelta(hours=1))
    assert past.at(moment).count(IncidentQuery()).rows[0].n == every.rows[0].n - 1
