"""Serves the demo: an invented city with a past, in which something worth showing soon happens."""

from pathlib import Path

import uvloop

from blocklight.app.city_runtime import fast_clock, open_city
from blocklight.app.demo_past import client_of, past_of
from blocklight.app.listeners import listen
from blocklight.app.opening import Options, wall_clock
from blocklight.app.serving import run_server
from blocklight.cli.progress import progress_bar
from blocklight.cli.serving import say_where
from blocklight.demo.feeds import dispatch_centre
from blocklight.demo.showcase import Showcase


def serve_demo(*, host: str, port: int, data: Path | None, speed: float, seed: int) -> None:
    """Serve the demo city; its history is fetched first, so that nothing looks empty."""
    with listen(host, port) as listener:
        runtime = open_city(Options("demo", data=data, seed=seed))
        seen = [health.last_success_at for health in runtime.store.sources() if health.last_success_at]
        opened_at = max([wall_clock(), *seen])
        now = fast_clock(speed, opened_at)
        last_seen_s = int(max(seen).timestamp()) if seen else None
        showcase = Showcase(seed, int(opened_at.timestamp()), last_seen_s, speed=speed)
        centre = dispatch_centre(seed=seed, now=now, showcase=showcase)
        uvloop.run(
            run_server(
                runtime,
                listener,
                now=now,
                intake=True,
                clock_rate=speed,
                client=client_of(runtime.city, centre),
                past=lambda: past_of(runtime, now(), seed, progress_bar),
                started=lambda: say_where(runtime, listener),
                progress=progress_bar,
            )
        )
