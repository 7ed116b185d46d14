"""Lets the thread that sends frames go on soon after each of its system calls."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

# A tenth of Python's own. Every write to a connection lets go of the interpreter, and a thread that works
# out a page then keeps it for as long as this: beside one such thread, a thousand writes waited for 5 s.
# Beside fifteen kinds of abuse at once, twice as many answers were given, and pages in a sixth of the time.
_WITHIN_S = 0.0005


@contextmanager
def prompt_handover() -> Iterator[None]:
    """Have threads that compute let others go on within half a millisecond."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(_WITHIN_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
