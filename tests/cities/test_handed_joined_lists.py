"""Lists of active and of recent calls in one answer, as handed; and equal rows of a day of Portland."""

import copy
import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from city_runs import Run
from recordings import recording
from small_city import TABLE

from blocklight.config.city import parse_city
from blocklight.intake.digests import digest_of
from blocklight.intake.equal_rows import EqualRows
from blocklight.model.record import PublicIncident
from blocklight.store import Store

AT = datetime(2026, 11, 28, 16, 18, tzinfo=UTC)
CLOSED = "2026-11-28T16:17:10Z"


@pytest.fixture
def handed(shared_data: Path) -> Path:
    return recording(shared_data.parent / "cases" / "feeds" / "07-json-active-and-recent")


def shown(store: Store) -> list[PublicIncident]:
    return [stored.incident for block in store.window(datetime(2010, 1, 1, tzinfo=UTC)) for stored in block]


def moved(answer: dict[str, Any]) -> dict[str, Any]:
    """Move the first active call to the recent ones, with the time when it was closed."""
    later = copy.deepcopy(answer)
    lists = later["incidents"]
    lists["recent"].insert(0, lists["active"].pop(0) | {"ClosedDateTime": CLOSED, "Status": "closed"})
    return later


@pytest.mark.parametrize("order", [("calls", "recent"), ("recent", "calls")])
@pytest.mark.parametrize("name", ["city", "status", "vanish"])
def test_a_call_that_moves_from_the_active_to_the_recent_ones_is_closed(
    handed: Path, tmp_path: Path, name: str, order: tuple[str, str]
) -> None:
    run = Run.of(str(handed / f"{name}.toml"), tmp_path)
    answer = json.loads((handed / "giba.json").read_text("utf-8"))
    received = datetime.fromisoformat(answer["incidents"]["active"][0]["CallReceivedDateTime"])
    for minute, body in enumerate((answer, answer, moved(answer), moved(answer))):
        for source in order:
            run.replay(source, [(AT + timedelta(minutes=minute), json.dumps(body).encode())])
        [call] = (one for one in shown(run.store) if one.received_at == received)
        assert call.status == ("open" if body is answer else "closed")
    assert len(shown(run.store)) == len({one.id for one in shown(run.store)}) == 4
    assert call.closed_at == (None if name == "status" else datetime.fromisoformat(CLOSED))
    run.store.close()


@pytest.mark.parametrize(
    ("name", "rows", "equal"), [("rss_feed_Feb28.csv", 322, 4), ("charles_geocode.csv", 161, 2)]
)
def test_equal_rows_of_portlands_day_are_counted_apart(
    shared_data: Path, tmp_path: Path, name: str, rows: int, equal: int
) -> None:
    table = TABLE | {"sources": [TABLE["sources"][0] | {"equal_rows": "apart"}]}
    source = parse_city(table, file="smallton.toml", folder=tmp_path).sources[0]
    with (shared_data / "wire" / "georss_portland_911" / name).open(errors="replace", newline="") as lines:
        read = list(csv.DictReader(lines))
    assert len(read) == rows
    assert rows - len({digest_of(row) for row in read}) == equal
    assert len({digest_of(row) for row in EqualRows(source).numbered(read)}) == rows
