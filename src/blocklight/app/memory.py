"""Keeps the process small: memory that one thread gave back is used by the others."""

import ctypes
import sys

# From <malloc.h> of glibc: how many arenas there may be. By default eight for each processor, and what a
# thread's own arena once needed stays with it: tens of threads under load come to hundreds of megabytes.
_M_ARENA_MAX = -8
_ARENAS = 2


def share_memory() -> bool:
    """Let all threads that start from now on share a few arenas; whether the C library knows how."""
    if sys.platform != "linux":
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # another library than glibc has none
    return mallopt is not None and bool(mallopt(_M_ARENA_MAX, _ARENAS))
