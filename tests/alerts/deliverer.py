"""Forks a process that delivers webhooks for each line of its input, so that a test can kill many."""

import asyncio
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from delivering import delivering

from blocklight.jobs import Jobs


def _deliver(folder: Path) -> None:
    with delivering(folder) as side:
        asyncio.run(Jobs().repeat(side.delivery().job()))


for line in sys.stdin:
    child = os.fork()
    if not child:
        _deliver(Path(line.strip()))
        os._exit(1)  # it delivers until it is killed
    sys.stdout.write(f"{child}\n")
    sys.stdout.flush()
    os.waitpid(child, 0)
