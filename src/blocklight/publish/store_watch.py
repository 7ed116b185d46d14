"""Watches whether the database can be written to, and says once when it cannot and once when it can again.

It writes by itself at fixed times. Watched by the writes of records, it would show when a record came that is
withheld; and where a city pushes nothing at night, nobody would know until the morning.
"""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

from blocklight.errors import StoreError
from blocklight.store import Store

_log = logging.getLogger(__name__)

_EVERY_S = 5.0


class StoreWatch:
    """*failure* says why nothing can be stored; ``None`` while all is well."""

    def __init__(self, store: Store, every_s: float = _EVERY_S) -> None:
        self.failure: str | None = None
        self._store = store
        self._every_s = every_s
        # A thread of its own: a disk that hangs holds up nothing else.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store-watch")

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(self._every_s)

    async def look(self) -> None:
        """Try to write once."""
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._store.probe)
        except StoreError as error:
            self._note(str(error))
        else:
            self._note(None)

    def _note(self, failure: str | None) -> None:
        if failure is not None and self.failure is None:
            _log.error("nothing can be stored: %s", failure)
        if failure is None and self.failure is not None:
            _log.warning("the database can be written to again")
        self.failure = failure
