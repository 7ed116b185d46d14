"""How healthy each source is: state, last success, delay, and where there are gaps."""

from dataclasses import asdict
from datetime import UTC
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from blocklight.api.encoding import PublicFile
from blocklight.api.examples import json_response, problems
from blocklight.api.state import Public, public
from blocklight.publish.feature import iso

router = APIRouter(tags=["sources"])

_EXAMPLE = {
    "sources": [
        {
            "id": "dispatch",
            "label": "911 dispatch",
            "kind": "call",
            "closes": "status",
            "state": "failing",
            "last_success_at": "2026-01-31T05:02:00Z",
            "late_s": 95,
            "reason": "answered with status 500",
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


@router.get("/sources", responses=json_response("The health of every source", _EXAMPLE) | problems(503))
def get_sources(request: Request, state: Annotated[Public, Depends(public)]) -> Response:
    """Return the health of every configured source; reasons are classes of failure, never payloads."""
    return PublicFile(orjson.dumps({"sources": health(state)}), "application/json", "no-cache").respond(
        request
    )


def health(state: Public) -> list[dict[str, Any]]:
    """Return what is known of each configured source's fetches, as the API tells it.

    Nothing here counts what an answer held: ``records`` are those that stand in the public window.
    """
    now = state.publisher.now()
    published = state.publisher.published_by_source()
    known = {one.source: one for one in state.store.sources()}
    listed: list[dict[str, Any]] = []
    for source in state.city.sources:
        found = known.get(source.id)
        entry: dict[str, Any] = {
            "id": source.id,
            "label": source.label,
            "kind": source.kind,
            "closes": source.closes,
            "records": published.get(source.id, 0),
        }
        entry |= state.publisher.source_state(
            found, source.id, source.lateness_s * state.publisher.clock_rate, now
        )
        if found is not None:
            entry |= {
                "last_attempt_at": iso(found.last_attempt_at),
                "last_failure_at": iso(found.last_failure_at),
                "failures": found.failures,
                "delay_s": None if found.delays is None else asdict(found.delays),
                "gaps": [{"from": iso(gap.start), "to": iso(gap.end)} for gap in found.gaps],
                "noticed": found.noticed.whole_days(now.astimezone(UTC).date().isoformat()),
            }
        listed.append(entry)
    return listed
