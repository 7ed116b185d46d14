"""What was taken back, and what waited and turned out to be withheld, is not in SQLite files either."""

from datetime import timedelta
from pathlib import Path

import pytest
from living_city import START, an_incident, incident_id
from msgspec.structs import replace

from blocklight.model.outcomes import Held, Withheld
from blocklight.model.record import PublicIncident
from blocklight.model.vocabulary import Reason
from blocklight.store import Store

_COUNT = 1500
_AT = START + timedelta(days=3)


def _marked(number: int) -> PublicIncident:
    plain = an_incident(number, source_type=f"CANARYTYPE {number}")
    assert plain.place is not None
    lon = plain.place.lon + number * 1e-4
    return replace(plain, place=replace(plain.place, lon=lon, label=f"CANARYLABEL {number}"))


def _found(folder: Path) -> dict[str, int]:
    return {file.name: file.read_bytes().count(b"CANARY") for file in folder.iterdir()}


@pytest.mark.parametrize("waits", [False, True])
def test_no_file_holds_what_was_taken_back_once_it_was_tidied(tmp_path: Path, *, waits: bool) -> None:
    told = [_marked(number) for number in range(1, _COUNT + 1)]
    with Store.open(f"sqlite:///{tmp_path / 'blocklight.sqlite3'}", "smallville") as store:
        for start in range(0, _COUNT, 250):
            part = told[start : start + 250]
            store.apply("dispatch", [Held(one) for one in part] if waits else part, at=_AT)
        assert sum(_found(tmp_path).values()) >= _COUNT
        gone = [
            Withheld(incident_id(n), "dispatch", Reason.SENSITIVE, sensitive=True)
            for n in range(1, _COUNT + 1)
        ]
        store.apply("dispatch", gone, at=_AT)
        store.compact(keep_since=_AT - timedelta(days=2), keep_at_least=20_000)
        assert set(_found(tmp_path).values()) == {0}, "while the store is open"
    assert set(_found(tmp_path).values()) == {0}


def test_tidying_while_somebody_reads_waits_for_nobody(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'blocklight.sqlite3'}", "smallville") as store:
        store.apply("dispatch", [_marked(1)], at=_AT)
        with store.window_rows(START):
            store.apply("dispatch", [_marked(2)], at=_AT)
            store.compact(keep_since=_AT, keep_at_least=20_000)
        store.apply("dispatch", [_marked(3)], at=_AT)
        assert store.head() == 3
