"""How long to wait before a source is polled again."""

import random

# Sources that failed together, as with the network, do not all come back in the same moment.
_JITTER = 0.1
# After an outage of any length a feed is looked at within this time of its return.
_LONGEST_S = 60.0

# A server may ask for any pause; for longer a live map would be blind on its word.
_LONGEST_REQUESTED_S = 300.0

_SHORTEST_S = 0.05
# A far side that answers slowly is left alone for this share of `poll_s` at least.
_LEAST_SHARE = 0.5


def pause_s(poll_s: float, *, failures: int = 0, requested_s: float = 0, poll_took_s: float = 0) -> float:
    """The seconds until the next poll: longer with each failure, at most a minute from the last one.

    A far side that *requested* a longer pause gets it, within reason: its readers may be what overloads it.
    When a feed was read last is public, and withheld rows take time too: so how long a poll took is part of
    the time from one to the next, unless that is more than half of it.
    """
    jitter = random.uniform(-_JITTER, _JITTER)  # noqa: S311 - spreads load, guards nothing
    if not failures:
        return max(poll_s * (1 + jitter) - poll_took_s, poll_s * _LEAST_SHARE)
    backoff: float = min(poll_s * 2 ** min(failures, 8), _LONGEST_S)
    return max(backoff * (1 - abs(jitter)) - poll_took_s, min(requested_s, _LONGEST_REQUESTED_S), _SHORTEST_S)
