"""Killed with `kill -9` again and again, delivery loses no change and keeps the order of each incident's."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from pathlib import Path

from delivering import Delivering, delivering
from living_city import PATIENCE_S, an_incident, incident_id, until
from receiver import Receiver, receiving

from blocklight.model.outcomes import Outcome, Withheld
from blocklight.model.vocabulary import Category, Reason, Status
from blocklight.publish.feature import stored_feature
from blocklight.store import IncidentQuery

KILLS = 25


class Deliverer:
    """A process that delivers, which is killed and begun again."""

    def __init__(self, process: "subprocess.Popen[str]", folder: Path) -> None:
        self._process = process
        self._folder = folder
        self._child: int | None = None

    def begin(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{self._folder}\n")
        self._process.stdin.flush()
        self._child = int(self._process.stdout.readline())

    def kill(self) -> None:
        if self._child is not None:
            os.kill(self._child, signal.SIGKILL)
            self._child = None


@contextmanager
def _deliverer(folder: Path) -> Iterator[Deliverer]:
    command = [sys.executable, str(Path(__file__).with_name("deliverer.py"))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        deliverer = Deliverer(process, folder)
        try:
            yield deliverer
        finally:
            deliverer.kill()


def _some_changes(chance: random.Random, newest: int, gone: set[int]) -> list[Outcome]:
    """Changes of the newest incidents, of which some are taken back for good."""
    outcomes: list[Outcome] = []
    for number in chance.sample(sorted(set(range(newest - 20, newest)) - gone), 3):
        if chance.random() < 0.2:
            gone.add(number)
            outcomes.append(Withheld(incident_id(number), "dispatch", Reason.SENSITIVE, sensitive=True))
        else:
            status, category = chance.choice(list(Status)), chance.choice([Category.FIRE, Category.NOISE])
            outcomes.append(an_incident(number, status=status, category=category, units=chance.randrange(99)))
    return outcomes


def _published(side: Delivering) -> dict[str, int]:
    page = side.store.query(IncidentQuery(category=frozenset([Category.FIRE]), limit=1000))
    return {stored.incident.id: stored.seq for stored in page.items}


def _live_through_kills(side: Delivering, receiver: Receiver, deliverer: Deliverer) -> None:
    """Change incidents while what delivers is killed and begun again."""
    chance = random.Random(5)  # noqa: S311 - moments, not secrets
    gone: set[int] = set()
    for kill in range(KILLS):
        deliverer.begin()
        sent = len(receiver.posted)
        for part in range(3):
            side.apply(*_some_changes(chance, 30 + 3 * kill + part, gone))
            time.sleep(chance.uniform(0, 0.05))
        if chance.random() < 0.7:  # else before it did anything
            deadline = time.monotonic() + 1
            while len(receiver.posted) == sent and time.monotonic() < deadline:
                time.sleep(0.002)
        time.sleep(chance.uniform(0, 0.03))
        deliverer.kill()


def test_killed_again_and_again_it_delivers_every_change_in_order(tmp_path: Path) -> None:
    with delivering(tmp_path) as side, receiving() as receiver:
        receiver.status = lambda _: 204 if len(receiver.posted) % 5 else 500
        side.add(receiver.url, "category=fire")
        with _deliverer(side.folder) as deliverer:
            _live_through_kills(side, receiver, deliverer)
        receiver.status = lambda _: 204
        began = time.monotonic()
        while {id_: data["properties"]["seq"] for id_, data in receiver.held().items()} != _published(side):
            assert time.monotonic() - began < PATIENCE_S
            side.deliver(later_s=600)
        assert len(receiver.posted) > KILLS
        for id_, feature in receiver.held().items():
            stored, _ = side.store.incident(id_)
            assert feature["properties"]["units"] == stored_feature(stored)["properties"]["units"]
        _assert_in_order(receiver)


def _assert_in_order(receiver: Receiver) -> None:
    by_incident: dict[str, list[int]] = {}
    for event in receiver.events:
        by_incident.setdefault(event["subject"], []).append(int(event["id"].rpartition(".")[2]))
    assert len(by_incident) > 10
    for seqs in by_incident.values():
        assert all(earlier <= later for earlier, later in pairwise(seqs))


def test_a_retraction_reaches_a_receiver_within_two_seconds(tmp_path: Path) -> None:
    with delivering(tmp_path) as side, receiving() as receiver:
        side.add(receiver.url)
        with _deliverer(side.folder) as deliverer:
            deliverer.begin()
            took_s = []
            for number in range(1, 4):  # the quickest counts: a busy machine may hold one up
                side.apply(an_incident(number))
                until(partial(_holds, receiver, number))
                side.apply(Withheld(incident_id(number), "dispatch", Reason.SENSITIVE, sensitive=True))
                began = time.monotonic()
                until(lambda: not receiver.held())
                took_s.append(time.monotonic() - began)
    assert min(took_s) < 2


def _holds(receiver: Receiver, number: int) -> bool:
    return incident_id(number) in receiver.held()
