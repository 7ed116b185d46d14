"""The demo city at speed 60 with 200 readers: memory, descriptors and threads stay where they were."""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from served_city import Figures, ServedCity
from table import Table

HERE = Path(__file__).parent
READERS = 200
_WITHIN = 0.05


def measure(table: Table, minutes: float) -> None:
    """Add the row: the median of the last quarter beside that of the second."""
    with tempfile.TemporaryDirectory() as name:
        server = ServedCity(Path(name), "port-lumen", "--speed", "60", command=("demo",))
        server.start(300)
        readers = subprocess.Popen(
            [
                sys.executable,
                str(HERE / "swarm.py"),
                str(server.port),
                str(READERS),
                str(60 * minutes),
                "honest",
            ],
            stdout=subprocess.DEVNULL,
        )
        samples: list[Figures] = []
        begun = time.monotonic()
        try:
            while time.monotonic() - begun < 60 * minutes:
                time.sleep(5)
                samples.append(server.figures())
        finally:
            alive = server.alive()
            readers.terminate()
            readers.wait()
            server.stop()
    quarter = len(samples) // 4
    grown = {}
    texts = []
    for figure in ("resident_mb", "descriptors", "threads"):
        early = statistics.median(getattr(sample, figure) for sample in samples[quarter : 2 * quarter])
        late = statistics.median(getattr(sample, figure) for sample in samples[-quarter:])
        grown[figure] = late / early - 1
        texts.append(f"{figure.replace('_', ' ')} {early:.0f} → {late:.0f} ({grown[figure]:+.1%})")
    table.add(
        f"{minutes:g} min of the demo at speed 60 with {READERS} readers: second quarter → last quarter",
        ", ".join(texts),
        "",
        "",
        "flat within 5 %",
        met=alive and all(value <= _WITHIN for value in grown.values()),
    )
