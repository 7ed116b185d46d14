"""Is this usual here: the last 24 hours of an area or the city, beside those of the weeks before."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from blocklight.api.encoding import PublicFile
from blocklight.api.examples import json_response, problems
from blocklight.api.schemas import Usual, UsualKind, UsualPart
from blocklight.api.state import Public, public
from blocklight.errors import BadQuery
from blocklight.insight.predictive import TAIL
from blocklight.insight.usual import LEAST_WEEKS, Missing, Part, Told, Verdict
from blocklight.model.times import iso
from blocklight.model.vocabulary import Category, Kind, Origin

router = APIRouter(tags=["usual"])

_AREA = r"^[a-z][a-z0-9_-]{0,62}:[^:\x00-\x1f]{1,80}$"
_EXAMPLE: Usual = {
    "area": "beat:04X",
    "name": "Beat 04X",
    "categories": [Category.NOISE],
    "least_weeks": LEAST_WEEKS,
    "tail": TAIL,
    "kinds": [
        {
            "kind": Kind.CALL,
            "from": "2026-01-30T05:02:00Z",
            "to": "2026-01-31T05:02:00Z",
            "weeks": 11,
            "size": 41.3,
            "parts": [
                {
                    "origin": Origin.COMMUNITY,
                    "now": 41,
                    "mean": 38.4,
                    "low": 21,
                    "high": 60,
                    "verdict": Verdict.USUAL,
                    "past": [
                        {
                            "from": "2026-01-23T05:02:00Z",
                            "to": "2026-01-24T05:02:00Z",
                            "count": 37,
                            "missing": Missing.OUTAGE,
                        }
                    ],
                }
            ],
        }
    ],
}


class UsualParameters(BaseModel):
    """Which area, or the whole city, and of what; anything else is a mistake and answered with 400."""

    model_config = ConfigDict(extra="forbid")

    area: str | None = Field(
        None, description="kind:id, for example beat:04X; the whole city unless told", pattern=_AREA
    )
    kind: Kind | None = Field(None, description="`call` or `request`; both unless told")
    category: list[Category] = Field([], description="one or more categories", max_length=30)


@router.get(
    "/usual", responses=json_response("Now beside the weeks before", Usual, _EXAMPLE) | problems(400, 503)
)
def get_usual(
    request: Request,
    parameters: Annotated[UsualParameters, Query()],
    state: Annotated[Public, Depends(public)],
) -> Response:
    """Compare what was received during the last 24 hours with the same hours of the weeks before.

    Counts are of published incidents, by kind and by who opened them. A week that a source does not cover
    wholly is not compared; with too few weeks nothing is said but that. `low` to `high` is what the
    past lets expect; a count as usual is above it, or below it, with a probability of at most `tail` each.
    """
    body = orjson.dumps(usual_answer(state, parameters))
    return PublicFile(body, "application/json", "public, max-age=1").respond(request)


def usual_answer(state: Public, parameters: UsualParameters) -> Usual:
    """The answer as the API tells it; raises ``BadQuery`` for an area that the city does not have."""
    area, name = _area(state, parameters.area)
    categories = frozenset(parameters.category)
    kinds = [kind for kind in Kind if any(source.kind is kind for source in state.city.sources)]
    return {
        "area": parameters.area,
        "name": name,
        "categories": sorted(categories),
        "least_weeks": LEAST_WEEKS,
        "tail": TAIL,
        "kinds": [
            kind_answer(compared(state, kind, area, categories))
            for kind in kinds
            if parameters.kind in (None, kind)
        ],
    }


def _area(state: Public, text: str | None) -> tuple[tuple[str, str] | None, str]:
    """An area and its name, those of the whole city for ``None``; raises ``BadQuery``."""
    if text is None:
        return None, state.city.city.name
    kind, _, area_id = text.partition(":")
    for area in state.areas.by_kind.get(kind, ()):
        if area.id == area_id:
            return (kind, area_id), area.name
    raise BadQuery("the city has no such area", parameter="area")


def compared(
    state: Public, kind: Kind, area: tuple[str, str] | None, categories: frozenset[Category] = frozenset()
) -> Told:
    """Compare an area, or the whole city, with its past, as of now."""
    publisher = state.publisher
    return state.usual.tell(kind, area, categories, publisher.now(), version=publisher.retractions)


def kind_answer(comparison: Told) -> UsualKind:
    """The comparison of one kind as the API answers it."""
    return {
        "kind": comparison.kind,
        "from": iso(comparison.start),
        "to": iso(comparison.end),
        "weeks": comparison.weeks,
        "size": None if comparison.size is None else round(comparison.size, 1),
        "parts": [_part_answer(part) for part in comparison.parts],
    }


def _part_answer(part: Part) -> UsualPart:
    return {
        "origin": part.origin,
        "now": part.now,
        "mean": None if part.mean is None else round(part.mean, 1),
        "low": None if part.usual is None else part.usual.low,
        "high": None if part.usual is None else part.usual.high,
        "verdict": part.verdict,
        "past": [
            {"from": iso(week.start), "to": iso(week.end), "count": week.count, "missing": week.missing}
            for week in part.weeks
        ],
    }
