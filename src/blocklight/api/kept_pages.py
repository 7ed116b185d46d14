"""Keeps pages that are made of what is published, for a moment and never longer than that is true."""

import time
from collections.abc import Callable
from threading import Lock

from blocklight.api.encoding import PublicFile

_FRESH_S = 1.0
_MOST = 64
_TRIES = 3


class KeptPages:
    """Makes each page at most once a second, and anew once anything was taken back; thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: dict[str, tuple[PublicFile, float, int]] = {}

    def get(
        self, key: str, retractions: Callable[[], int], make: Callable[[], PublicFile]
    ) -> PublicFile | None:
        """The page called *key*; ``None`` where something was taken back each time that it was made."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and time.monotonic() - kept[1] < _FRESH_S and kept[2] == retractions():
                return kept[0]
            for _ in range(_TRIES):
                before = retractions()
                page = make()
                if before == retractions():
                    if len(self._kept) >= _MOST:
                        self._kept.clear()
                    self._kept[key] = page, time.monotonic(), before
                    return page
        return None
