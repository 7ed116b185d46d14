"""Keeps what rows look like in answers, encoded once for each version of an incident."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MOST_BYTES = 96_000_000
_MOST_FORMS = 6
# What Python's own part of a bytes object takes, beside its content.
_OVERHEAD = 40


class Fragments:
    """Bytes by form and row; for a new form that needs room, the one unused the longest is dropped."""

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._most = most_bytes
        self._forms: dict[object, NDArray[np.object_]] = {}
        self._sizes: dict[object, int] = {}

    def of(
        self, form: object, rows: NDArray[np.int64], encode: Callable[[NDArray[np.int64]], list[bytes]]
    ) -> list[bytes]:
        """The bytes of rows, of which *encode* makes those that are not kept."""
        fragments = self._kept(form, int(rows.max()) + 1 if len(rows) else 0)
        chosen = fragments[rows]
        missing = np.array([at for at, part in enumerate(chosen.tolist()) if part is None], dtype=np.int64)
        if len(missing):
            fresh = encode(rows[missing])
            chosen[missing] = fresh
            size = sum(map(len, fresh)) + _OVERHEAD * len(fresh)
            if self._has_room(form, size):
                fragments[rows[missing]] = chosen[missing]
                self._sizes[form] += size
        encoded: list[bytes] = chosen.tolist()
        return encoded

    def forget(self, rows: Sequence[int]) -> None:
        """Drop what is kept of some rows, as they are not what they were."""
        for form, fragments in self._forms.items():
            inside = [row for row in rows if row < len(fragments)]
            dropped: Iterable[Any] = fragments[inside]
            self._sizes[form] -= sum(len(part) + _OVERHEAD for part in dropped if part is not None)
            fragments[inside] = None

    def _kept(self, form: object, end: int) -> NDArray[np.object_]:
        fragments = self._forms.pop(form, None)
        if fragments is None:
            fragments = np.full(end + end // 4 + 1, None, dtype=np.object_)
            self._sizes[form] = 0
        elif len(fragments) < end:
            fragments = np.concatenate((fragments, np.full(end, None, dtype=np.object_)))
        self._forms[form] = fragments  # the last one is the one in use
        while len(self._forms) > _MOST_FORMS:
            self._drop_oldest()
        return fragments

    def _has_room(self, form: object, size: int) -> bool:
        while sum(self._sizes.values()) + size > self._most and next(iter(self._forms)) is not form:
            self._drop_oldest()
        return sum(self._sizes.values()) + size <= self._most

    def _drop_oldest(self) -> None:
        oldest = next(iter(self._forms))
        del self._forms[oldest], self._sizes[oldest]
