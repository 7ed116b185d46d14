"""Starts a city: store, feeds, publisher and web server, wired together in one process."""

import asyncio
import logging
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import uvicorn
import uvloop
from rich.markup import escape
from rich.progress import Progress

from blocklight import net
from blocklight.api.app import create_app
from blocklight.api.limits import Admission, Limits
from blocklight.api.state import Public
from blocklight.areas import Areas
from blocklight.city import City, SourceSpec
from blocklight.cli import err, out
from blocklight.cli.connections import bounded_protocol
from blocklight.cli.fetching import Intake
from blocklight.cli.file_limit import connections_for, raise_file_limit
from blocklight.cli.id_keys import belong_together
from blocklight.cli.listeners import address_of, listen, operator_listener, warn_if_moved
from blocklight.cli.opening import Options, configured_city, open_store, tombstone_file, wall_clock
from blocklight.cli.operator_figures import port_of_intake, port_of_serving
from blocklight.cli.service import act_as_owner
from blocklight.cli.supervisor import keep_watchdog, notify
from blocklight.errors import BlocklightError, explained
from blocklight.intake.claims import Claims
from blocklight.intake.companions import Companions
from blocklight.intake.connectors import connector
from blocklight.intake.geocode.geocoder import Geocoder
from blocklight.intake.keys import load_id_key
from blocklight.intake.push import Inbox
from blocklight.intake.push_keys import PushKeys
from blocklight.intake.redact import Rules
from blocklight.intake.run import Feed, run_once
from blocklight.publish.faults import Faults
from blocklight.publish.publisher import Publisher
from blocklight.publish.store_watch import StoreWatch
from blocklight.settings import Settings
from blocklight.store import ANSWERING, FOLLOWING, Store

__all__ = [
    "Options",
    "Town",
    "configured_city",
    "listen",
    "open_store",
    "open_town",
    "tombstone_file",
    "wall_clock",
]

_log = logging.getLogger(__name__)

_DEMO_DOMAIN = ".demo.invalid"

Clock = Callable[[], datetime]


def fast_clock(speed: float, start: datetime) -> Clock:
    """Return a clock that shows *start* now and runs *speed* times as fast as the wall's."""
    begun = wall_clock()
    return lambda: start + (wall_clock() - begun) * speed


@dataclass(frozen=True)
class Town:
    """One city opened on this machine."""

    city: City
    store: Store
    areas: Areas
    rules: Rules
    settings: Settings
    folder: Path
    geocoder: Geocoder | None = None
    keys: bytes = field(default=b"", repr=False)

    def feeds(self, client: net.AsyncClient, now: Clock, clock_rate: float = 1) -> list[Feed]:
        """Return a feed for each source of the city."""
        claims = Claims() if len(self.city.sources) > 1 else None
        companions = Companions.of(self.city)
        return [
            Feed(
                source,
                self.city,
                connector(source, client=client, settings_token=self.settings.socrata_app_token, now=now),
                self.rules,
                clock_rate=clock_rate,
                geocoder=self.geocoder,
                claims=claims,
                companions=companions,
            )
            for source in self.city.sources
        ]


def open_town(options: Options, *, reading: bool = True) -> Town:
    """Open the store, the id key and the rules of a city; raises ``BlocklightError``.

    With *reading*, what its sources need besides: street lines, where the city file names them, and the very
    key that the database was filled with.
    """
    settings = Settings()
    city = configured_city(options)
    folder = options.data or settings.data / city.city.id
    act_as_owner(folder, settings.data)
    folder.mkdir(parents=True, exist_ok=True)
    given = settings.id_key.get_secret_value() if settings.id_key else None
    areas = Areas(city)
    keys = load_id_key(folder, given)
    rules = Rules.of(city, keys, areas)
    geocoder = Geocoder.of(city) if reading else None
    store = open_store(options, city, settings)
    if reading or any(source.connector == "push" for source in city.sources):
        belong_together(store, keys, wall_clock())
    return Town(city, store, areas, rules, settings, folder, geocoder, keys)


def http_client(city: City, now: Clock, seed: int = 7) -> net.AsyncClient:
    """Return the client for a city's sources; those of the demo are answered inside this process."""
    simulated = sorted(host for host in net.hosts_of(city) if host.endswith(_DEMO_DOMAIN))
    mounts = {f"all://{host}": _dispatch_centre(now, seed) for host in simulated}
    return net.client(net.outbound(net.hosts_of(city)), mounts=mounts)


def transport_to(source: SourceSpec, now: Clock) -> net.AsyncTransport:
    """Return the way to one source: the network, or the demo's dispatch centre."""
    host = net.host_of(source.url)
    return _dispatch_centre(now) if host.endswith(_DEMO_DOMAIN) else net.outbound({host})


def _dispatch_centre(now: Clock, seed: int = 7) -> net.AsyncTransport:
    from blocklight.simulate.feeds import dispatch_centre  # noqa: PLC0415 - only the demo simulates

    return net.in_process(dispatch_centre(seed=seed, now=now))


def serve_city(
    options: Options, *, host: str, port: int, intake: bool, operator_port: int | None = None
) -> None:
    """Serve a city until interrupted."""
    with listen(host, port) as listener, operator_listener(operator_port) as operator:
        town = open_town(options, reading=intake)
        warn_if_moved(operator, operator_port)
        uvloop.run(serve(town, listener, now=wall_clock, intake=intake, operator=operator))


def run_intake(options: Options, *, health_port: int | None = None) -> None:
    """Fetch until interrupted, without serving."""
    with operator_listener(health_port, option="--health-port") as operator:
        town = open_town(options)
        warn_if_moved(operator, health_port, option="--health-port")
        told = f"Fetching {len(town.city.sources)} source(s) of {town.city.city.name}; stop with Ctrl-C."
        out.print(told, highlight=False, soft_wrap=True)
        out.print(f"Its health is at {address_of(operator)}/healthz", highlight=False, soft_wrap=True)
        try:
            uvloop.run(_fetch(town, operator))
        except (KeyboardInterrupt, asyncio.CancelledError):
            out.print("Stopped; everything stored is kept.")
        town.store.close()


async def _fetch(town: Town, operator: socket.socket) -> None:
    _on_signals(asyncio.current_task().cancel)  # type: ignore[union-attr]  # a coroutine runs in a task
    async with http_client(town.city, wall_clock) as client:
        feeds = polled(town.feeds(client, wall_clock))
        faults, watch = Faults(), StoreWatch(town.store)
        intake = Intake(town, feeds, now=wall_clock, stored=_nothing, faults=faults, store_watch=watch)
        port = port_of_intake(
            intake,
            feeds,
            town.store,
            city=town.city.city.id,
            host=town.settings.operator_host,
            now=wall_clock,
            watch=watch,
            faults=faults,
        )
        _on_hangup(intake.poll_now)
        with closing(intake):
            await intake.begin()
            notify("READY=1")
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(intake.run())
                tasks.create_task(watch.run())
                tasks.create_task(keep_watchdog(lambda: True))
                tasks.create_task(port.serve(operator))


async def serve(
    town: Town,
    listener: socket.socket,
    *,
    now: Clock,
    intake: bool,
    clock_rate: float = 1.0,
    client: net.AsyncClient | None = None,
    past: Callable[[], Awaitable[None]] | None = None,
    operator: socket.socket | None = None,
) -> None:
    """Run a city until it is told to stop.

    *client* reads its sources, where that is not the network; *past* fills an empty store before the first
    fetch. *operator* is the listening socket of the operator's port.
    """
    if (damage := await asyncio.to_thread(town.store.damage)) is not None:
        raise BlocklightError(f"the database cannot be served from: {damage}; restore a backup")
    publisher = Publisher(town.city, town.store.patient(FOLLOWING), now=now, clock_rate=clock_rate)
    _ = town.city.tiles  # a file of no use is refused before anybody looks
    admission = Admission(limits_of(town.settings))
    answering = town.store.patient(ANSWERING)
    state = Public(town.city, answering, publisher, town.areas, town.settings.style_url, admission=admission)
    async with AsyncExitStack() as stack:
        reader = await stack.enter_async_context(client or http_client(town.city, now))
        every = town.feeds(reader, now, clock_rate)
        feeds = polled(every) if intake else []
        inbox = _inbox(town, every, now, publisher.wake)
        fetching = None
        watch = StoreWatch(town.store) if intake or inbox is not None else None
        publisher.store_watch = watch
        if intake:
            assert watch is not None  # noqa: S101 - see above
            fetching = Intake(
                town, feeds, now=now, stored=publisher.wake, faults=publisher.faults, store_watch=watch
            )
            stack.callback(fetching.close)
        _on_hangup(_nothing if fetching is None else fetching.poll_now)
        if fetching is not None and await fetching.begin() and town.store.head() == 0:
            if past is not None:
                await past()
            await _first_fetch(feeds, town.store)
        await asyncio.to_thread(publisher.load)

        # One group with the server: a part that dies of a mistake of ours ends the process, which its
        # supervisor starts anew, and does not leave a map that looks alive and stands still.
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(publisher.run())]
            if watch is not None:
                running.append(tasks.create_task(watch.run()))
            if operator is not None:
                port = port_of_serving(
                    state,
                    town.store,
                    fetching,
                    every if watch is not None else [],
                    host=town.settings.operator_host,
                )
                running.append(tasks.create_task(port.serve(operator)))
            running.append(tasks.create_task(keep_watchdog(lambda: not publisher.stuck)))
            if fetching is not None:
                running.append(tasks.create_task(fetching.run()))
            app = create_app(state, inbox=inbox)
            name = town.city.city.name
            said = [f"[bold]{escape(name)}[/bold] is live at {address_of(listener)}  (stop with Ctrl-C)"]
            if operator is not None:  # after the map's address, which most readers want
                said.append(f"Metrics for its operator are at {address_of(operator)}/metrics")
            await _run_server(app, publisher, listener, said=said, admission=admission)
            for task in running:
                task.cancel()
    town.store.close()


def polled(feeds: list[Feed]) -> list[Feed]:
    """Return the feeds that are asked, and not those whose sources push."""
    return [feed for feed in feeds if feed.source.connector != "push"]


def _inbox(town: Town, feeds: list[Feed], now: Clock, stored: Callable[[], None]) -> Inbox | None:
    """Return where sources push to, in a city that has such sources."""
    pushed = [feed for feed in feeds if feed.source.connector == "push"]
    return Inbox(pushed, town.store, PushKeys(town.folder), now=now, stored=stored) if pushed else None


async def _first_fetch(feeds: list[Feed], store: Store) -> None:
    """Fill an empty store before serving; a source that fails now is tried again later."""
    with Progress(console=err, transient=True) as progress:
        task = progress.add_task("Reading what the sources hold …", total=len(feeds))
        for feed in feeds:
            try:
                await run_once(feed, store)
            except BlocklightError as error:
                _log.warning("source %s: %s", feed.source.id, explained(error))
            progress.advance(task)


def limits_of(settings: Settings) -> Limits:
    """Return what the settings allow, and no more connections than this process may have files open."""
    wanted = settings.max_connections
    most = connections_for(raise_file_limit(wanted), wanted)
    if most < wanted:
        _log.warning("room for %d connections and not %d: raise the limit of open files", most, wanted)
    return Limits(
        connections=most,
        connections_each=settings.max_connections_per_address,
        live=settings.max_live,
        live_each=settings.max_live_per_address,
        requests_each=settings.requests_per_address,
        work_each=settings.work_per_address,
        trusted=settings.trusted_networks,
    )


async def _run_server(
    app: Any,  # noqa: ANN401 - ASGI
    publisher: Publisher,
    listener: socket.socket,
    *,
    said: Sequence[str],
    admission: Admission | None = None,
) -> None:
    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=None,  # its own would print what exceptions say
        log_level="error",  # it warns of each malformed request: whoever sends them would fill the disk
        http=bounded_protocol(admission),
        proxy_headers=False,  # uvicorn would believe whoever connects from this machine
        ws="none",
        server_header=False,
        timeout_graceful_shutdown=1,
        backlog=4096,
    )
    server = _Server(config, said)

    async def stop() -> None:
        notify("STOPPING=1")
        server.should_exit = True
        await publisher.live.close()

    _on_signals(lambda: asyncio.ensure_future(stop()))
    await server.serve(sockets=[listener])


def _on_signals(stop: Callable[[], object]) -> None:
    """Call *stop* in the running loop when the process is asked to end."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)


def _on_hangup(poll_now: Callable[[], object]) -> None:
    """Call *poll_now* on SIGHUP, which would otherwise end the process."""
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, poll_now)


class _Server(uvicorn.Server):
    """uvicorn that prints where it answers, and leaves signals to us so that live responses end too."""

    def __init__(self, config: uvicorn.Config, said: Sequence[str]) -> None:
        super().__init__(config)
        self._said = said

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then print where it answers."""
        await super().startup(sockets)
        if self.started:
            notify("READY=1")
            for line in self._said:
                out.print(line, highlight=False, soft_wrap=True)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def _nothing() -> None:
    """Stand in for waking a publisher that runs in another process."""
