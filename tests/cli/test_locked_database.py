"""While another process keeps the database, pushes and health checks say so soon; the map is still read."""

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import LiteralString

import httpx2
import psycopg
import pytest
from living_city import until
from pushed_city import PushedCity, a_batch, pushed_city
from workplace import statuses

# Far below the half minute for which a writer waits, far above what a slow machine needs.
_SOON_S = 10

_HOLD_SQLITE = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


@dataclass(frozen=True)
class Served:
    """A served city on one of the databases, and what locks it."""

    city: PushedCity
    url: str

    @property
    def is_sqlite(self) -> bool:
        return self.url.startswith("sqlite")

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.city.port}"

    def push(self, content: bytes) -> httpx2.Response:
        return httpx2.post(
            f"{self.address}/api/v1/push/calls",
            headers=self.city.headers,
            content=content,
            trust_env=False,
            timeout=_SOON_S,
        )

    def takes(self, content: bytes) -> bool:
        return self.push(content).status_code == 202

    def status(self, path: str) -> int:
        return httpx2.get(f"{self.address}{path}", trust_env=False, timeout=_SOON_S).status_code

    def is_ready(self) -> bool:
        return self.status("/readyz") == 200

    def calls(self) -> int:
        return len(statuses(self.address))

    def said(self, line: str) -> int:
        return self.city.running.said().count(line)

    def locked(self, mode: str = "SHARE") -> AbstractContextManager[None]:
        """Lock the database from another process; *mode* is how PostgreSQL's tables are locked."""
        if self.is_sqlite:
            return _sqlite_locked(self.url.removeprefix("sqlite:///"))
        return _postgresql_locked(self.url, f"LOCK TABLE incident, change, held, source IN {mode} MODE")


@contextmanager
def _sqlite_locked(file: str) -> Iterator[None]:
    command = [sys.executable, "-c", _HOLD_SQLITE, file]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield


@contextmanager
def _postgresql_locked(url: str, statement: LiteralString) -> Iterator[None]:
    with psycopg.connect(url.replace("postgresql+psycopg", "postgresql")) as connection:
        connection.execute(statement)
        yield
        connection.rollback()


@pytest.fixture(scope="module")
def served(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with pushed_city(tmp_path_factory.mktemp("city"), database=database_url) as city:
        yield Served(city, database_url)


@pytest.fixture
def number(served: Served) -> int:
    """The number of a call that nobody has pushed yet."""
    until(served.is_ready)
    return served.calls() + 1


def test_a_push_is_refused_soon_and_stored_once_when_it_is_sent_again(served: Served, number: int) -> None:
    with served.locked():
        answer = served.push(a_batch(number))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert served.calls() == number - 1, "it is still read"
    until(partial(served.takes, a_batch(number)), _SOON_S)
    assert served.takes(a_batch(number))
    assert served.calls() == number


def test_every_one_of_several_pushes_at_once_is_refused_soon(served: Served, number: int) -> None:
    batches = [a_batch(number + more) for more in range(6)]
    with served.locked(), ThreadPoolExecutor(6) as senders:
        answers = [answer.status_code for answer in senders.map(served.push, batches)]
    # So many of one sender are worked on at a time; those behind them are too many.
    assert set(answers) <= {503, 429}
    assert answers.count(503) >= 2
    for batch in batches:
        until(partial(served.takes, batch), _SOON_S)
    assert served.calls() == number + 5


def test_readiness_ends_with_a_lock_and_comes_back_after_it(served: Served, number: int) -> None:
    began = "nothing can be stored: the database failed: another process is writing to it"
    ended = "the database can be written to again"
    before = served.said(began), served.said(ended)
    with served.locked():
        until(lambda: not served.is_ready(), _SOON_S)
        assert served.status("/healthz") == 200
        assert served.status("/api/v1/window") == 200
        assert served.calls() == number - 1
    until(served.is_ready, _SOON_S)
    assert (served.said(began), served.said(ended)) == (before[0] + 1, before[1] + 1)


def test_a_sign_of_life_is_refused_soon_as_well(served: Served, number: int) -> None:
    assert number
    with served.locked():
        assert served.push(json.dumps({"alive": True}).encode()).status_code == 503


def test_tables_that_nobody_may_even_read_leave_the_map(served: Served, number: int) -> None:
    with served.locked("ACCESS EXCLUSIVE"):
        assert served.push(a_batch(number)).status_code == 503
        assert served.status("/api/v1/incidents") == (200 if served.is_sqlite else 503)
        assert served.status("/api/v1/window") == 200
        until(lambda: not served.is_ready(), _SOON_S)
    until(served.is_ready, _SOON_S)
    assert served.calls() == number - 1
