"""Runs a city in one process: its feeds, publisher and web server, or its feeds alone."""

import asyncio
import logging
import signal
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, closing, contextmanager, suppress
from typing import Any

import uvicorn

from blocklight import net
from blocklight.api.limits import Admission, Limits
from blocklight.api.state import Public
from blocklight.app.archiving import Archiving
from blocklight.app.city_runtime import SETTLES_S, CityRuntime, Clock, http_client
from blocklight.app.connections import bounded_protocol
from blocklight.app.fetching import Intake
from blocklight.app.file_limit import connections_for, raise_file_limit
from blocklight.app.garbage import collect_seldom
from blocklight.app.handover import prompt_handover
from blocklight.app.memory import share_memory
from blocklight.app.opening import wall_clock
from blocklight.app.operator_figures import port_of_intake, port_of_serving
from blocklight.app.progress import Progress, unseen
from blocklight.app.public_interface import create_public_app
from blocklight.app.supervisor import keep_watchdog, notify
from blocklight.config.settings import Settings
from blocklight.errors import BlocklightError, explained
from blocklight.intake.push import Inbox
from blocklight.intake.push_keys import PushKeys
from blocklight.intake.run import Feed, run_once
from blocklight.jobs import Jobs
from blocklight.publish.publisher import Publisher
from blocklight.publish.store_watch import StoreWatch
from blocklight.store import ANSWERING, FOLLOWING, PUSHING, Store

_log = logging.getLogger(__name__)

# So long the first fetch may store nothing more before serving begins without its end.
_SILENT_S = 4.0
# So soon after the start every source has been asked, and has mostly answered.
_FIRST_ANSWERS_S = 15.0


def nothing() -> None:
    """Stand in for what need not be told: another process publishes, or nobody reads that we started."""


async def run_intake_until_stopped(runtime: CityRuntime, operator: socket.socket) -> None:
    """Run a city's intake until it is told to stop; *operator* is the operator's listening socket."""
    _on_signals(asyncio.current_task().cancel)  # type: ignore[union-attr]  # a coroutine runs in a task
    async with http_client(runtime.city, wall_clock) as client:
        feeds = polled(runtime.feeds(client, wall_clock, settles_s=SETTLES_S))
        jobs_run, watch = Jobs(), StoreWatch(runtime.store)
        intake = Intake(runtime, feeds, now=wall_clock, stored=nothing, jobs_run=jobs_run, store_watch=watch)
        port = port_of_intake(
            intake,
            feeds,
            runtime.store,
            city=runtime.city.city.id,
            host=runtime.settings.operator_host,
            now=wall_clock,
            watch=watch,
            jobs_run=jobs_run,
        )
        _on_hangup(intake.poll_now)
        with closing(intake):
            await intake.begin()
            notify("READY=1")
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(intake.run())
                tasks.create_task(jobs_run.repeat(watch.job()))
                tasks.create_task(keep_watchdog(lambda: True))
                tasks.create_task(port.serve(operator))


async def run_server(
    runtime: CityRuntime,
    listener: socket.socket,
    *,
    now: Clock,
    intake: bool,
    clock_rate: float = 1.0,
    client: net.AsyncClient | None = None,
    past: Callable[[], Awaitable[None]] | None = None,
    operator: socket.socket | None = None,
    started: Callable[[], object] = nothing,
    progress: Progress = unseen,
) -> None:
    """Run a city until it is told to stop.

    *client* reads its sources, where that is not the network; *past* fills an empty store before the first
    fetch, which *progress* shows. *operator* is the listening socket of the operator's port; *started* is
    called once the server answers.
    """
    share_memory()
    if (damage := await asyncio.to_thread(runtime.store.damage)) is not None:
        raise BlocklightError(f"the database cannot be used: {damage}; restore a backup")
    publisher = Publisher(runtime.city, runtime.store.patient(FOLLOWING), now=now, clock_rate=clock_rate)
    _ = runtime.city.tiles  # a file of no use is refused before anybody looks
    admission = Admission(limits_of(runtime.settings))
    answering = runtime.store.patient(ANSWERING)
    archiving = Archiving(runtime, answering, now)
    state = Public(
        runtime.city,
        answering,
        publisher,
        runtime.areas,
        runtime.settings.style_url,
        admission=admission,
        archive=archiving.engine,
    )
    async with AsyncExitStack() as stack:
        stack.callback(archiving.close)
        reader = await stack.enter_async_context(client or http_client(runtime.city, now))
        every = runtime.feeds(reader, now, clock_rate, settles_s=SETTLES_S)
        feeds = polled(every) if intake else []
        watch = StoreWatch(runtime.store)
        inbox = _inbox(runtime, every, now, publisher.wake, watch)
        publisher.store_watch = watch if intake or inbox is not None else None
        fetching = None
        if intake:
            fetching = Intake(
                runtime, feeds, now=now, stored=publisher.wake, jobs_run=publisher.jobs_run, store_watch=watch
            )
            stack.callback(fetching.close)
        _on_hangup(nothing if fetching is None else fetching.poll_now)
        if fetching is not None and await fetching.begin() and runtime.store.head() == 0:
            if past is not None:
                await past()
            await _first_fetch(feeds, runtime.store, progress)
        await asyncio.to_thread(publisher.load)
        if intake:
            publisher.awaits_first_answers_until = time.monotonic() + _FIRST_ANSWERS_S

        # One group with the server: a part that dies of a mistake of ours ends the process, which its
        # supervisor starts anew, and does not leave a map that looks alive and stands still.
        stack.enter_context(prompt_handover())
        async with asyncio.TaskGroup() as tasks:
            jobs = [*publisher.jobs(), *([] if publisher.store_watch is None else [watch.job()])]
            jobs.append(archiving.job())
            running = [tasks.create_task(publisher.jobs_run.run(jobs)), tasks.create_task(collect_seldom())]
            if operator is not None:
                port = port_of_serving(
                    state,
                    runtime.store,
                    fetching,
                    every if publisher.store_watch is not None else [],
                    host=runtime.settings.operator_host,
                )
                running.append(tasks.create_task(port.serve(operator)))
            running.append(tasks.create_task(keep_watchdog(lambda: not publisher.stuck)))
            if fetching is not None:
                running.append(tasks.create_task(fetching.run()))
            app = create_public_app(state, inbox=inbox)
            await _run_server(app, publisher, listener, started=started, admission=admission)
            for task in running:
                task.cancel()
    runtime.store.close()


def polled(feeds: list[Feed]) -> list[Feed]:
    """The feeds that are asked, and not those whose sources push."""
    return [feed for feed in feeds if feed.source.connector != "push"]


def _inbox(
    runtime: CityRuntime, feeds: list[Feed], now: Clock, stored: Callable[[], None], watch: StoreWatch
) -> Inbox | None:
    """Where sources push to, in a city that has such sources."""
    pushed = [feed for feed in feeds if feed.source.connector == "push"]
    if not pushed:
        return None
    return Inbox(
        pushed,
        runtime.store.patient(PUSHING),
        PushKeys(runtime.folder),
        now=now,
        stored=stored,
        store_fails=watch.failing,
    )


async def _first_fetch(feeds: list[Feed], store: Store, progress: Progress) -> None:
    """Fill an empty store before serving, as long as the sources have something to give.

    A source that fails now is tried again later. One that says nothing must not keep the page from saying so:
    then serving begins, and the first polls go on where this stopped.
    """
    reading = asyncio.create_task(_read_each(feeds, store, progress))
    head = -1
    while not reading.done() and (stored := await asyncio.to_thread(store.head)) != head:
        head = stored
        await asyncio.wait({reading}, timeout=_SILENT_S)
    if not reading.done():
        _log.warning("no source has answered for %.0f s: serving begins without them", _SILENT_S)
        reading.cancel()
    with suppress(asyncio.CancelledError):
        await reading


async def _read_each(feeds: list[Feed], store: Store, progress: Progress) -> None:
    with progress("Reading what the sources hold …", len(feeds)) as advance:
        for feed in feeds:
            try:
                await run_once(feed, store)
            except BlocklightError as error:
                _log.warning("source %s: %s", feed.source.id, explained(error))
            advance()


def limits_of(settings: Settings) -> Limits:
    """What the settings allow, and no more connections than this process may have files open."""
    requested = settings.max_connections
    available = connections_for(raise_file_limit(requested), requested)
    if available < requested:
        _log.warning(
            "only %d connections are possible, not %d: raise the limit of open files (ulimit -n)",
            available,
            requested,
        )
    return Limits(
        connections=available,
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
    started: Callable[[], object],
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
    server = _Server(config, started)

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
    """uvicorn that tells when it answers, and leaves signals to us so that live responses end too."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], object]) -> None:
        super().__init__(config)
        self._on_started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell that it answers."""
        await super().startup(sockets)
        if self.started:
            notify("READY=1")
            self._on_started()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield
