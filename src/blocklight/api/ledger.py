"""The ledger: how much was published, held, withheld and rejected, told so that no small count gets out."""

import re
from calendar import monthrange
from collections import Counter
from datetime import date, timedelta
from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field, field_validator
from starlette.responses import Response

from blocklight.api.encoding import PublicFile
from blocklight.api.examples import json_response, problems
from blocklight.api.schemas import Ledger, LedgerPlaces
from blocklight.api.state import Public, public
from blocklight.errors import BadQuery
from blocklight.model.ledger import LedgerDay, LedgerMonth, day_under_way
from blocklight.store import SMALL, total

router = APIRouter(tags=["ledger"])

_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
# Four whole weeks, so that each weekday is among them as often as any other.
_USUAL_DAYS = 28

# A year, a leap day included: each day is a row for each source and reason.
_MOST_DAYS = 366

_AREA = r"^[a-z][a-z0-9_-]{0,62}:[^:\x00-\x1f]{1,80}$"

DAY_EXAMPLE: LedgerDay = {
    "day": "2026-01-30",
    "published": 210,
    "held": 12,
    "released": 2,
    "retracted": 1,
    "withheld": {
        "unmapped": 7,
        "sensitive": 21,
        "policy": None,
        "no_place": None,
        "outside_city": None,
    },
    "rejected": {"bad_time": 6, "other": None},
    "fetched": {"at_least": 256, "at_most": 272},
}
_EXAMPLE: Ledger = {
    "from": "2026-01-30",
    "to": "2026-01-30",
    "small": SMALL,
    "area_kind": "beat",
    "days": [DAY_EXAMPLE],
    "total": total([DAY_EXAMPLE]),
    "places": {"without": 3, "masked": [{"kind": "grid", "radius_m": 201, "n": 5180}]},
}


class LedgerParameters(BaseModel):
    """Which days, and whether of one area; anything else is a mistake and answered with 400."""

    model_config = ConfigDict(extra="forbid")

    from_: date | None = Field(None, alias="from", description="the first day, UTC; 28 days unless told")
    to: date | None = Field(
        None, description="the last day, UTC; never later than the newest day that is over"
    )
    area: str | None = Field(None, description="kind:id, for example beat:04X", pattern=_AREA)

    @field_validator("from_", "to", mode="before")
    @classmethod
    def _is_iso(cls, value: object) -> object:
        if isinstance(value, str) and not _ISO_DAY.fullmatch(value):  # pydantic would also take a number
            raise ValueError("needs a day, for example 2026-01-31")
        return value

    def days(self, newest: date) -> tuple[date, date]:
        """The first and the last day, none after the *newest*; raises ``BadQuery``."""
        until = min(self.to or newest, newest)
        since = self.from_ or until - timedelta(days=_USUAL_DAYS - 1)
        if (until - since).days >= _MOST_DAYS:
            raise BadQuery(f"at most {_MOST_DAYS} days", parameter="from")
        return since, until


@router.get("/ledger", responses=json_response("The ledger", Ledger, _EXAMPLE) | problems(400, 503))
def get_ledger(
    request: Request,
    parameters: Annotated[LedgerParameters, Query()],
    state: Annotated[Public, Depends(public)],
) -> Response:
    """What became of everything fetched, by day, or for one area by month.

    Fetched is published, held (published late), withheld by reason and rejected by reason together, each
    incident counted once, on the day (UTC) on which that was decided: what waits is not told of. Counts
    below `small` are null, and so is every count that would give one of them away. Only whole days and
    months that are over are told.
    """
    body = orjson.dumps(ledger_answer(state, parameters))
    return PublicFile(body, "application/json", "public, max-age=1").respond(request)


def ledger_answer(state: Public, parameters: LedgerParameters) -> Ledger:
    """The ledger as the API tells it; raises ``BadQuery``."""
    since, until = parameters.days(_newest_that_is_over(state))
    body: Ledger = {
        "from": since.isoformat(),
        "to": until.isoformat(),
        "small": SMALL,
        "area_kind": state.city.ledger_kind,
    }
    if parameters.area is None:
        days = state.store.ledger_days(since, until)
        body["days"], body["total"], body["places"] = days, total(days), places(state)
    else:
        body["area"], body["months"] = parameters.area, _months(state, parameters.area, since, until)
    return body


def newest_day(state: Public) -> LedgerDay:
    """The ledger of the newest day that is over."""
    day = _newest_that_is_over(state)
    return state.store.ledger_days(day, day)[0]


def _newest_that_is_over(state: Public) -> date:
    return day_under_way(state.publisher.now()) - timedelta(days=1)


def _months(state: Public, area: str, since: date, until: date) -> list[LedgerMonth]:
    """The months that lie wholly between two days; raises ``BadQuery`` for an area of another kind."""
    kind, _, area_id = area.partition(":")
    ids = [area_entry.id for area_entry in state.areas.by_kind.get(kind, ())]
    if kind != state.city.ledger_kind or area_id not in ids:
        raise BadQuery(f"the ledger is kept by {state.city.ledger_kind}, and has no {area}", parameter="area")
    months = [
        f"{year:04}-{month:02}"
        for year in range(since.year, until.year + 1)
        for month in range(1, 13)
        if since <= date(year, month, 1) and date(year, month, monthrange(year, month)[1]) <= until
    ]
    return state.store.ledger_months(months, kind, area_id, ids)


def places(state: Public) -> LedgerPlaces:
    """How far the incidents of the live window were moved at most, and how many have no place."""
    masked = Counter(
        (place.kind, place.radius_m) if place else None for place in state.publisher.columns.placed()
    )
    without = masked.pop(None, 0)
    listed = sorted((str(kind), radius_m, n) for (kind, radius_m), n in masked.items())  # type: ignore[misc]  # None is gone
    return {
        "without": without,
        "masked": [{"kind": kind, "radius_m": radius_m, "n": n} for kind, radius_m, n in listed],
    }
