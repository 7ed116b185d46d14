"""For those who run the city: is the process alive, is it ready, and its figures for Prometheus."""

from typing import Annotated

from fastapi import APIRouter, Depends
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from starlette.responses import PlainTextResponse, Response

from blocklight.api.problems import problem
from blocklight.api.state import Public, public

router = APIRouter(tags=["operations"])


@router.get("/healthz", response_class=PlainTextResponse)
async def healthz() -> str:
    """Say that the process answers."""
    return "ok"


@router.get("/readyz", response_class=PlainTextResponse)
async def readyz(state: Annotated[Public, Depends(public)]) -> Response:
    """Say whether the process follows the change log; 503 until it does."""
    if not state.publisher.following:
        return problem(503, "Not ready", "the change log is not being followed")
    return PlainTextResponse("ready")


@router.get("/metrics", response_class=PlainTextResponse)
def metrics(state: Annotated[Public, Depends(public)]) -> Response:
    """Return figures in the Prometheus exposition format; counts and ages only."""
    registry = CollectorRegistry()
    publisher = state.publisher

    def gauge(name: str, text: str, value: float) -> None:
        Gauge(f"blocklight_{name}", text, registry=registry).set(value)

    gauge("seq", "newest change published by this process", publisher.window.seq)
    gauge("live_clients", "open live connections", publisher.live.clients)
    gauge("live_frames", "frames sent since start", publisher.live.frames_sent)
    gauge("live_resets", "slow clients told to start anew since start", publisher.live.resets)
    gauge("window_incidents", "incidents in the public window", len(publisher.columns))
    gauge("open_incidents", "open incidents", publisher.columns.open)
    age = Gauge("blocklight_source_age_seconds", "since the last good fetch", ["source"], registry=registry)
    late = Gauge("blocklight_source_ok", "1 when the source is on time", ["source"], registry=registry)
    for source in publisher.sources_pulse(publisher.now()):
        age.labels(source["id"]).set(source.get("late_s", -1))
        late.labels(source["id"]).set(source["state"] == "ok")
    return Response(generate_latest(registry), media_type="text/plain; version=0.0.4")
