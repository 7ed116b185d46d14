"""A served city that takes pushes, for tests of what stands in front of it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
from living_city import START
from workplace import CITY_FILE, Running, Workplace


@dataclass(frozen=True)
class PushedCity:
    """A `blocklight serve` with few places for live readers of one address, and a key to push to it."""

    running: Running
    port: int
    key: str

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.key}", "content-type": "application/json"}

    def push(self, number: int) -> None:
        """Publish a call, not through the proxy."""
        address = f"http://127.0.0.1:{self.port}/api/v1/push/calls"
        answer = httpx2.post(address, headers=self.headers, content=a_batch(number), trust_env=False)
        assert answer.json()["published"] == 1


def a_batch(number: int) -> bytes:
    call = {"id": f"C{number}", "received": START.isoformat(), "type": "NOISE", "status": "open"}
    return json.dumps([call | {"lon": "-122.25", "lat": "37.75"}]).encode()


@contextmanager
def pushed_city(folder: Path, database: str | None = None) -> Iterator[PushedCity]:
    asked = 'connector = "socrata"\nurl = "http://127.0.0.1:9/calls.json"\n'
    assert asked in CITY_FILE
    text = CITY_FILE.replace(asked, 'connector = "push"\nlate_after_s = 900\n').replace("poll_s = 0.2\n", "")
    (folder / "smallville.toml").write_text(text)
    workplace = Workplace(folder)
    key = workplace.run("key", "create", "smallville.toml", "calls").split()[-1]
    elsewhere = ("--database", database) if database else ()
    with workplace.running(
        "serve", "smallville.toml", "--port", "0", *elsewhere, BLOCKLIGHT_MAX_LIVE_PER_ADDRESS="20"
    ) as running:
        yield PushedCity(running, int(running.address().rpartition(":")[2]), key)
