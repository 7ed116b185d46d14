"""All that hangs on some values, however deep: what a process would still have of them in its memory."""

import gc
from collections.abc import Iterable
from typing import Any


def reachable(things: Iterable[object]) -> list[Any]:
    """Return all that hangs on *things*, without code and modules."""
    found: dict[int, Any] = {}
    left = list(things)
    while left:
        thing = left.pop()
        if id(thing) in found or isinstance(thing, type) or type(thing).__name__ in ("module", "function"):
            continue
        found[id(thing)] = thing
        left += gc.get_referents(thing)
        if isinstance(thing, dict):
            left += thing.keys()  # of a table by texts, the collector names the values alone
    return list(found.values())
