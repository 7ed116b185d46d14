"""Who takes a file of incidents at the moment, and the one thread that works for all of them in turns."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from blocklight.api.limits import Places

# All share one thread: more of them would be slower, and none sooner.
_MOST, _MOST_EACH = 6, 2


@dataclass(frozen=True, slots=True)
class ExportPlaces:
    """A bounded number of exports, in all and for an address."""

    places: Places = field(default_factory=lambda: Places(_MOST, _MOST_EACH))
    thread: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="export")
    )
