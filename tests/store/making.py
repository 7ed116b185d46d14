"""Small incidents to store."""

from datetime import UTC, datetime, timedelta
from typing import Any

from blocklight.model.outcomes import Withheld
from blocklight.model.record import Place, PublicIncident
from blocklight.model.vocabulary import Category, Kind, PlaceKind, Reason, Status

START = datetime(2026, 1, 31, 8, tzinfo=UTC)
HARBOUR = Place(-122.28, 37.79, PlaceKind.GRID, 200, "Harbour Row")
AROUND_HARBOUR = Place(-122.281, 37.791, PlaceKind.GRID, 560)
HILL = Place(-122.2, 37.85, PlaceKind.GRID, 200, "Hill Peña Street")


def minutes(number: float) -> datetime:
    return START + timedelta(minutes=number)


def call(number: int, **fields: Any) -> PublicIncident:  # noqa: ANN401 - any field of the incident
    given: dict[str, Any] = {
        "id": f"call{number:012}",
        "source": "dispatch",
        "kind": Kind.CALL,
        "agency": "police",
        "category": Category.TRAFFIC,
        "status": Status.OPEN,
        "received_at": minutes(number),
        "place": HARBOUR,
        "areas": {"beat": "04X"},
    }
    return PublicIncident(**(given | fields))


def closed(number: int, at: datetime | None = None, **fields: Any) -> PublicIncident:  # noqa: ANN401 - the same
    return call(number, status=Status.CLOSED, closed_at=at or minutes(number + 30), **fields)


def withheld(number: int, *, sensitive: bool = True) -> Withheld:
    reason = Reason.SENSITIVE if sensitive else Reason.UNMAPPED
    return Withheld(call(number).id, "dispatch", reason, sensitive)
