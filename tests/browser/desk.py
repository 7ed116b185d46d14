"""A dispatch desk for tests: the demo city's two feeds over calls that a test opens, moves on and closes."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from loopback.arcgis import Layer
from loopback.server import Request, serving
from loopback.soda import Dataset, soda_rows
from loopback.table import Table

_CALL_COLUMNS = (
    "OBJECTID CALL_NUMBER LASTEDIT RECEIVED DISPATCHED ENROUTE ONSCENE CLOSED STATUS CALL_TYPE AGENCY "
    "PRIORITY CALL_SOURCE UNITS DISPOSITION ADDRESS CROSS_STREET LON LAT"
).split()
_DATES = frozenset({"LASTEDIT", "RECEIVED", "DISPATCHED", "ENROUTE", "ONSCENE", "CLOSED"})

# Land in the middle of the demo city, with a spacing that gives each call a cell of its own.
_WEST, _SOUTH, _STEP = -126.115, 39.449, 0.0045


def _now_ms() -> int:
    return int(time.time() * 1000)


# Where the demo's street lines know the block, so that it is named: the 500 block of Aster St.
ON_A_BLOCK = {"ADDRESS": "512 ASTER ST", "LON": -126.12138, "LAT": 39.46029}


@dataclass
class Desk:
    """Calls as the agency's system holds them; what a test changes is on the feed at once."""

    calls: Table = field(default_factory=lambda: Table(_CALL_COLUMNS, []))
    numbers: list[int] = field(default_factory=list)

    def open(self, call_type: str, *, minutes_ago: float = 1, **columns: Any) -> str:  # noqa: ANN401 - a column's value
        """Open a call and return its number."""
        number = len(self.numbers) + 1
        self.numbers.append(number)
        row = {
            "OBJECTID": number,
            "CALL_NUMBER": f"C{number:05d}",
            "LASTEDIT": _now_ms(),
            "RECEIVED": _now_ms() - int(minutes_ago * 60_000),
            "STATUS": "PENDING",
            "CALL_TYPE": call_type,
            "AGENCY": "PD",
            "PRIORITY": 3,
            "CALL_SOURCE": "911",
            "ADDRESS": f"{number}12 LANTERN AVE",
            "LON": _WEST + _STEP * (number % 7),
            "LAT": _SOUTH + _STEP * (number // 7 % 5),
        }
        self.calls.insert([row | columns])
        return str(row["CALL_NUMBER"])

    def change(self, number: str, **columns: Any) -> None:  # noqa: ANN401 - a column's value
        self.calls.update(f"CALL_NUMBER = '{number}'", LASTEDIT=_now_ms(), **columns)

    def arrive(self, number: str) -> None:
        now = _now_ms()
        self.change(number, STATUS="ONSCENE", DISPATCHED=now - 30_000, ENROUTE=now - 20_000, ONSCENE=now)

    def close(self, number: str) -> None:
        self.change(number, STATUS="CLOSED", CLOSED=_now_ms(), DISPOSITION="REPORT TAKEN")


@dataclass(frozen=True)
class Feeds:
    """Where the desk's feeds are, as options of the command line."""

    desk: Desk
    options: tuple[str, ...]


@contextmanager
def feeds() -> Iterator[Feeds]:
    """Serve a new desk's two feeds on loopback."""
    desk = Desk()
    requests = Table((":id", ":updated_at", *_REQUEST), soda_rows([_REQUEST]))
    layer = Layer(desk.calls, dates=_DATES, point=("LON", "LAT"))
    dataset = Dataset(requests, nested=frozenset({"location"}))

    def answer(request: Request) -> Any:  # noqa: ANN401 - a reply of either feed
        return dataset(request) if request.path.endswith(".json") else layer(request)

    with serving(answer) as server:
        yield Feeds(
            desk,
            (
                f"--source-url=dispatch={server.url}/arcgis/rest/services/CAD/FeatureServer/0",
                f"--source-url=requests={server.url}/resource/demo-311a.json",
            ),
        )
    desk.calls.close()
    requests.close()


_REQUEST = {
    "request_id": "R1",
    "opened": "2020-01-01T08:00:00",
    "closed": "2020-01-02T08:00:00",
    "status": "Closed",
    "service": "Pothole",
    "agency": "Public Works",
    "outcome": "Completed",
    "address": "100 LANTERN AVE",
    "location": '{"type": "Point", "coordinates": [-126.11, 39.45]}',
}
