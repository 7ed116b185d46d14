"""The commands that run a city: with its map, or its intake alone."""

import asyncio
import socket

import uvloop
from rich.markup import escape

from blocklight.app.city_runtime import CityRuntime, open_city
from blocklight.app.listeners import listen, listening_url, operator_listener, warn_if_moved
from blocklight.app.missing_ground import missing_ground
from blocklight.app.opening import Options, wall_clock
from blocklight.app.serving import run_intake_until_stopped, run_server
from blocklight.cli import say
from blocklight.cli.progress import progress_bar


def serve_city(
    options: Options, *, host: str, port: int, intake: bool, operator_port: int | None = None
) -> None:
    """Serve a city until interrupted."""
    with listen(host, port) as listener, operator_listener(operator_port) as operator:
        runtime = open_city(options, reading=intake)
        warn_if_moved(operator, operator_port)
        uvloop.run(
            run_server(
                runtime,
                listener,
                now=wall_clock,
                intake=intake,
                operator=operator,
                started=lambda: _say_all(runtime, options, listener, operator),
                progress=progress_bar,
            )
        )


def _say_all(
    runtime: CityRuntime, options: Options, listener: socket.socket, operator: socket.socket | None
) -> None:
    """Print where the map is, and what it lacks."""
    say_where(runtime, listener, operator)
    missing = missing_ground(runtime.city, options.city, runtime.settings.style_url)
    if missing is not None:
        say(escape(missing))


def say_where(runtime: CityRuntime, listener: socket.socket, operator: socket.socket | None = None) -> None:
    """Print where the map is, and after it, where the operator's figures are."""
    name = escape(runtime.city.city.name)
    say(f"[bold]{name}[/bold] is live at {listening_url(listener)}  (stop with Ctrl-C)")
    if operator is not None:
        say(f"Metrics for its operator are at {listening_url(operator)}/metrics")


def run_intake(options: Options, *, health_port: int | None = None) -> None:
    """Fetch until interrupted, without serving."""
    with operator_listener(health_port, option="--health-port") as operator:
        runtime = open_city(options)
        warn_if_moved(operator, health_port, option="--health-port")
        city = runtime.city
        say(f"Fetching {len(city.sources)} source(s) of {city.city.name}; stop with Ctrl-C.")
        say(f"Its health is at {listening_url(operator)}/healthz")
        try:
            uvloop.run(run_intake_until_stopped(runtime, operator))
        except (KeyboardInterrupt, asyncio.CancelledError):
            say("Stopped; everything stored is kept.")
        runtime.store.close()
