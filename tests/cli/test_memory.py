"""Threads share what memory they gave back: a process of many threads stays small under load."""

import ctypes
import subprocess
import sys

import pytest

# Each thread fills and frees 8 MB in small pieces, with one kept at the end so that its arena stays.
_LOAD = """
import ctypes, re, sys, threading
from blocklight.app.memory import share_memory
if sys.argv[1] == "shared":
    assert share_memory()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
arrived = threading.Barrier(16)
def work():
    pieces = [libc.malloc(1000) for _ in range(8000)]
    arrived.wait()
    for piece in pieces[:-1]:
        libc.free(ctypes.c_void_p(piece))
    arrived.wait()
threads = [threading.Thread(target=work) for _ in range(16)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
libc.malloc_stats()
"""


def _arenas(how: str) -> int:
    done = subprocess.run([sys.executable, "-c", _LOAD, how], capture_output=True, text=True, check=True)
    return done.stderr.count("Arena ")


def test_threads_share_a_few_arenas() -> None:
    if not hasattr(ctypes.CDLL(None), "malloc_stats"):
        pytest.skip("the C library is not glibc: it has no arenas to share")
    assert _arenas("shared") <= 2 < _arenas("as usual")
