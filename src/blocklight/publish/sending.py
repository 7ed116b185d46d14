"""Runs a send of the ASGI server as far as it goes without waiting."""

from enum import Enum
from typing import Any


class Sent(Enum):
    """What came of a ``send`` that may not wait."""

    WHOLE = 1
    NOTHING = 2
    BROKEN = 3


def send_without_waiting(sending: Any) -> Sent:  # noqa: ANN401 - a coroutine of the ASGI server
    """Run a ``send`` as far as it goes without waiting; return what came of it.

    uvicorn waits before it writes anything, so an unfinished one has written nothing and may be dropped. It
    raises what the transport raises, for example when that has been closed already.
    """
    try:
        sending.send(None)
    except StopIteration:
        return Sent.WHOLE
    except Exception:  # noqa: BLE001 - whatever is wrong with one connection concerns nobody else
        return Sent.BROKEN
    sending.close()
    return Sent.NOTHING
