"""Keeps a served city's archive beside its database, in turns that nothing else waits for."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from blocklight.app.city_runtime import CityRuntime, Clock
from blocklight.archive.archive import Archive
from blocklight.archive.engine import Engine
from blocklight.errors import StoreError
from blocklight.jobs import ARCHIVING, Job
from blocklight.store import ReadStore

FOLDER = "archive"
# What was taken back leaves the files about as soon as the map.
_EVERY_S = 0.5


class Archiving:
    """The archive of a served city, and the thread that builds its files."""

    def __init__(self, runtime: CityRuntime, store: ReadStore, now: Clock) -> None:
        self.archive = archive_of(runtime, store, now)
        self.engine = Engine(self.archive)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="archive-build")

    def job(self) -> Job:
        """Build the files that need it, one a turn, so that what else the processor does comes between."""
        return Job(ARCHIVING, self._turn, every_s=_EVERY_S)

    def close(self) -> None:
        """End the thread, and let another process write to the folder."""
        self._thread.shutdown(wait=True, cancel_futures=True)
        self.engine.close()
        self.archive.close()

    async def _turn(self) -> None:
        with suppress(StoreError):  # the database fails, which its own watch says: no fault of the archive
            await asyncio.get_running_loop().run_in_executor(self._thread, self.archive.turn)


def archive_of(runtime: CityRuntime, store: ReadStore, now: Clock) -> Archive:
    """Open the archive of a city that was opened on this machine."""
    city = runtime.city
    kinds = [layer.kind for layer in city.areas]
    return Archive(store, runtime.folder / FOLDER, city=city.city.id, area_kinds=kinds, now=now)
