"""How healthy each source is: state, last success, delay, and where there are gaps."""

from datetime import UTC
from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from blocklight.api.city import source_reports
from blocklight.api.encoding import PublicFile
from blocklight.api.examples import json_response, problems
from blocklight.api.schemas import DelayPercentiles, SourceHealth, Sources
from blocklight.api.state import Public, public
from blocklight.model.times import iso
from blocklight.model.vocabulary import Kind, Stage
from blocklight.store import Delays

router = APIRouter(tags=["sources"])

_EXAMPLE: Sources = {
    "sources": [
        {
            "id": "dispatch",
            "label": "911 dispatch",
            "kind": Kind.CALL,
            "closes": "status",
            "reports": {"stages": [Stage.RECEIVED, Stage.CLOSED], "units": False},
            "state": "failing",
            "last_success_at": "2026-01-31T05:02:00Z",
            "late_s": 95,
            "reason": "HTTP 500",
            "last_attempt_at": "2026-01-31T05:03:30Z",
            "last_failure_at": "2026-01-31T05:03:30Z",
            "failures": 3,
            "records": 41,
            "delay_s": {"p50": 12, "p90": 41, "p99": 300},
            "gaps": [{"from": "2026-01-31T01:00:00Z", "to": "2026-01-31T01:12:00Z"}],
            "noticed": {"places_sought": 810, "places_found": 730},
        }
    ]
}


@router.get(
    "/sources", responses=json_response("The health of every source", Sources, _EXAMPLE) | problems(503)
)
def get_sources(request: Request, state: Annotated[Public, Depends(public)]) -> Response:
    """The health of every configured source; reasons are classes of failure, never payloads."""
    body: Sources = {"sources": health(state)}
    return PublicFile(orjson.dumps(body), "application/json", "no-cache").respond(request)


def health(state: Public) -> list[SourceHealth]:
    """What is known of each configured source's fetches, as the API tells it.

    Nothing here counts what an answer held: ``records`` are those that stand in the public window.
    """
    now = state.publisher.now()
    published = state.publisher.published_by_source()
    healths = {entry_health.source: entry_health for entry_health in state.store.sources()}
    listed: list[SourceHealth] = []
    for source in state.city.sources:
        source_health = healths.get(source.id)
        freshness = state.publisher.source_state(
            source_health, source.id, source.lateness_s * state.publisher.clock_rate, now
        )
        entry: SourceHealth = {
            "id": source.id,
            "state": freshness["state"],
            "last_success_at": freshness["last_success_at"],
            "reason": freshness["reason"],
            "label": source.label,
            "kind": source.kind,
            "closes": source.closes,
            "reports": source_reports(state.city, source),
            "records": published.get(source.id, 0),
        }
        if "late_s" in freshness:
            entry["late_s"] = freshness["late_s"]
        if source_health is not None:
            entry["last_attempt_at"] = iso(source_health.last_attempt_at)
            entry["last_failure_at"] = iso(source_health.last_failure_at)
            entry["failures"] = source_health.failures
            entry["delay_s"] = (
                None if source_health.delays is None else _delay_percentiles(source_health.delays)
            )
            entry["gaps"] = [{"from": iso(gap.start), "to": iso(gap.end)} for gap in source_health.gaps]
            entry["noticed"] = source_health.noticed.whole_days(now.astimezone(UTC).date().isoformat())
        listed.append(entry)
    return listed


def _delay_percentiles(delays: Delays) -> DelayPercentiles:
    return {"p50": delays.p50, "p90": delays.p90, "p99": delays.p99}
