"""For those who run the city: is the process alive, is it ready, and its figures for Prometheus."""

from collections.abc import Iterator
from datetime import UTC
from typing import Annotated

from fastapi import APIRouter, Depends
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.responses import PlainTextResponse, Response

from blocklight.api.examples import problems, text_response
from blocklight.api.limits import Admission
from blocklight.api.problems import problem
from blocklight.api.state import Public, public
from blocklight.publish.publisher import Publisher

router = APIRouter(tags=["operations"])

_PREFIX = "blocklight_"


@router.get(
    "/healthz",
    response_class=PlainTextResponse,
    responses=text_response("The process works", "ok") | problems(503),
)
async def healthz(state: Annotated[Public, Depends(public)]) -> Response:
    """Say whether the process works; 503 when it hangs, so that only a restart helps."""
    if state.publisher.stuck:
        return problem(503, "Stuck", "the change log has not answered for a minute")
    return PlainTextResponse("ok")


@router.get(
    "/readyz",
    response_class=PlainTextResponse,
    responses=text_response("The process follows the log", "ready") | problems(503),
)
async def readyz(state: Annotated[Public, Depends(public)]) -> Response:
    """Say whether the process follows the change log and can store what comes in; 503 until it does."""
    if not state.publisher.ready:
        return problem(503, "Not ready", state.publisher.not_ready_because)
    return PlainTextResponse("ready")


@router.get(
    "/metrics", response_class=PlainTextResponse, responses=text_response("Figures", "blocklight_seq 4822.0")
)
def metrics(state: Annotated[Public, Depends(public)]) -> Response:
    """Figures in the Prometheus exposition format; those for the operator have another port."""
    registry = CollectorRegistry()
    registry.register(PublicFigures(state.publisher, state.admission))
    headers = {"cache-control": "no-store"}
    return Response(generate_latest(registry), headers=headers, media_type="text/plain; version=0.0.4")


class PublicFigures(Collector):
    """The figures that depend only on what is published and on who reads it."""

    def __init__(self, publisher: Publisher, admission: Admission) -> None:
        self._publisher = publisher
        self._admission = admission

    def collect(self) -> Iterator[Metric]:
        """Yield each figure with what it means."""
        publisher, live = self._publisher, self._publisher.live
        columns = publisher.columns
        yield _gauge("seq", "newest change published by this process", publisher.window.seq)
        yield _gauge("live_clients", "open live connections", live.clients)
        yield _counter("live_frames", "frames sent since start", live.frames_sent)
        yield _counter("live_resets", "slow clients told to start anew since start", live.resets)
        yield _counter("live_broken", "live connections that broke since start", live.broken)
        yield _gauge("connections", "open connections", self._admission.connections.total)
        yield _counter("live_opened", "live connections since start", live.readers["opened"])
        yield _counter("live_left_early", "ended within two seconds", live.readers["left_early"])
        yield _gauge("live_slow", "connections that do not take all that is sent", live.slow)
        yield _counter("live_stalled", "given up as they took nothing", live.readers["stalled"])
        yield _counter("live_replayed_bytes", "sent to readers who came back", live.readers["replayed_bytes"])
        yield _counter("live_behind", "came back after too long for a replay", live.readers["behind"])
        yield _counter("connections_opened", "connections since start", self._admission.opened)
        refused = CounterMetricFamily(_PREFIX + "refused", "what a limit refused", labels=["limit"])
        for limit, count in sorted(self._admission.refused.items()):
            refused.add_metric([limit], count)
        yield refused
        yield _gauge("window_incidents", "incidents in the public window", len(columns))
        yield _gauge("open_incidents", "open incidents", columns.open)
        yield _counter("left_out", "changes that could not be shown since start", publisher.left_out)
        age = GaugeMetricFamily(
            _PREFIX + "source_age_seconds", "since the last good fetch", labels=["source"]
        )
        good = GaugeMetricFamily(_PREFIX + "source_ok", "1 when the source is on time", labels=["source"])
        paused = GaugeMetricFamily(
            _PREFIX + "source_paused", "1 while the source, or the whole city, is paused", labels=["source"]
        )
        for source in publisher.sources_pulse(publisher.now()):
            paused.add_metric([source["id"]], source["state"] == "paused")
            good.add_metric([source["id"]], source["state"] == "ok")
            if "late_s" in source:  # a source that never answered has no age
                age.add_metric([source["id"]], source["late_s"])
        yield from (age, good, paused)
        noticed = CounterMetricFamily(
            _PREFIX + "source_noticed", "what was noticed of a source", labels=["source", "what"]
        )
        today = publisher.now().astimezone(UTC).date().isoformat()
        for health in publisher.health:
            # Whole days alone, as everywhere: who watched it grow would see when a call is withheld or held.
            for event, count in sorted(health.noticed.whole_days(today).items()):
                noticed.add_metric([health.source, event], count)
        yield noticed


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(_PREFIX + name, meaning, value)


def _counter(name: str, meaning: str, value: float) -> Metric:
    return CounterMetricFamily(_PREFIX + name, meaning, value)
