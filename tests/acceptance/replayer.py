"""Replays a recording in a child process for every line on its input, so that a test can kill the child.

Usage: replayer.py CITY SOURCE FILE. A line names a data folder; the answers are the child's pid when it has
begun and `ended`; the next line has its status told. Until then the pid belongs to nobody else. The parent
has everything loaded, so that a child begins at once.
"""

import os
import sys
from pathlib import Path

from blocklight.cli.recording import replay_source
from blocklight.config.city import load_city
from blocklight.geo.areas import Areas
from blocklight.intake.redact import Rules


def main(city: str, source: str, file: str) -> None:
    loaded = load_city(city)
    Rules.of(loaded, bytes(32), Areas(loaded))  # compiles the patterns once for all children
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            quiet = os.open(os.devnull, os.O_WRONLY)
            os.dup2(quiet, 1)
            os.dup2(quiet, 2)
            replay_source(city, source, Path(file), speed="max", data=Path(line.strip()), database=None)
            os._exit(0)
        print(child, flush=True)  # noqa: T201 - this is how the test is told
        os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        print("ended", flush=True)  # noqa: T201 - the same
        sys.stdin.readline()
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201 - the same


if __name__ == "__main__":
    main(*sys.argv[1:])
