"""Collects garbage seldom: while all objects are looked at, all readers wait."""

import asyncio
import gc

# Objects more than before, until the youngest are looked at: most of a request's are gone by then.
_YOUNG = 20_000

_MIDDLE = 50
# All objects are looked at when the youngest were fifty thousand times: hardly ever, but for ``_EVERY_S``.
_WHOLE = 1_000

_EVERY_S = 600.0


async def collect_seldom() -> None:
    """Collect until cancelled.

    A look at everything takes a tenth of a second for each thousand readers. By Python's own rule there is
    one whenever there are a quarter more objects, under load every few seconds. What is there at the start is
    never looked at again, and what requests leave has hardly any cycles (``BoundedProtocol`` sees to that).
    """
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _WHOLE)
    try:
        while True:
            await asyncio.sleep(_EVERY_S)
            gc.collect()
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
