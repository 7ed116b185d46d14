"""What a process remembers of rows, addresses and places once they were worked out: digests."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from held_things import reachable
from small_city import ROW, rules_of, small_city

from blocklight.config.city import Bounds
from blocklight.geo.exact import Exact, ExactAddress, ExactPoint, SourceKey, degrees
from blocklight.intake import geomask
from blocklight.intake.claims import Claims
from blocklight.intake.companions import Companions
from blocklight.intake.connectors.push import Push
from blocklight.intake.digests import digest_of, sealed, unsealed
from blocklight.intake.feed import Feed
from blocklight.intake.geocode.addresses import Block, Reading
from blocklight.intake.geocode.geocoder import Geocoder
from blocklight.intake.record import Incident
from blocklight.intake.tally import Tally
from blocklight.model.record import PublicIncident

NOW = datetime(2026, 3, 1, 13, tzinfo=UTC)


class Everywhere:
    """A locator that finds every address at a point of its own."""

    def find(self, address: Reading, deadline: float) -> ExactPoint:  # noqa: ARG002 - a protocol's
        assert isinstance(address, Block)
        return ExactPoint(-95.4 - address.number / 10_000_000, 29.6123456)


def test_nothing_exact_is_held_once_a_fetch_is_over(tmp_path: Path) -> None:
    city = small_city(tmp_path, top={"policy": {"labels": "hundred_block"}})
    source = city.sources[0]
    geocoder = Geocoder([Everywhere()], Bounds(west=-96, south=29, east=-95, north=30), patience_s=5)
    feed = Feed(
        source,
        city,
        Push(source, lambda: NOW),
        rules_of(city),
        geocoder=geocoder,
        claims=Claims(),
        companions=Companions(),
    )
    stages = dict.fromkeys(("dispatched", "en_route", "on_scene"))
    rows: list[dict[str, Any]] = [
        ROW
        | stages
        | {"number": f"P26-{n}", "lon": -95.5001 - n / 1000, "address": f"{1400 + n} MAIN ST APT 5"}
        for n in range(50)
    ]
    rows += [
        ROW | stages | {"number": f"Q26-{n}", "lon": None, "lat": None, "address": f"{7000 + 100 * n} ELM ST"}
        for n in range(50)
    ]
    rows += [
        ROW
        | stages
        | {
            "number": f"S26-{n}",
            "type": "STALKING",
            "lon": -95.2 - n / 1000,
            "address": f"{9000 + n} QUAGGA ST",
        }
        for n in range(50)
    ]
    rows += [
        ROW
        | stages
        | {
            "number": f"T26-{n}",
            "type": "STALKING",
            "lon": None,
            "lat": None,
            "address": f"{n + 3}00 OKAPI ST",
        }
        for n in range(50)
    ]
    exact = {
        *(row["number"] for row in rows), *(row["address"] for row in rows), *(row["lon"] for row in rows),
        *(-95.4 - number / 10_000_000 for number in range(7000, 12_000, 100)), "ELM ST", 29.6123456,
    } - {None}  # fmt: skip
    outcomes = feed.outcomes(rows, NOW, Tally())
    assert sum(isinstance(outcome, PublicIncident) for outcome in outcomes) == 100
    again = feed.outcomes([dict(row) for row in rows], NOW, Tally())
    assert all(one is other for one, other in zip(outcomes, again, strict=True))
    del outcomes, again
    held = reachable([feed, geomask.__dict__.values()])
    assert len(held) > 1000
    assert not [thing for thing in held if isinstance(thing, Exact | Incident)]
    texts = {thing for thing in held if isinstance(thing, str | float)}
    assert not texts & exact
    traces = (
        "APT 5",
        "Quagga St",
        "Okapi St",
    )  # nor a label of a call that is never shown; no other test has these
    assert not [text for text in texts if isinstance(text, str) and any(trace in text for trace in traces)]


def test_a_feed_whose_rows_come_once_says_the_same_of_them_and_remembers_none(tmp_path: Path) -> None:
    city, source = small_city(tmp_path), small_city(tmp_path).sources[0]
    rows: list[dict[str, Any]] = [
        ROW | {"number": f"P26-{n % 40}", "lon": -95.5 - n / 1000} for n in range(50)
    ]
    rows[7]["number"], rows[9]["received"], rows[11]["type"] = "", "never", "STALKING"
    feeds = [
        Feed(source, city, Push(source, lambda: NOW), rules_of(city), reads_once=reads_once)
        for reads_once in (False, True)
    ]
    usual, once = (feed.outcomes(rows, NOW, Tally()) for feed in feeds)
    assert once == usual
    assert len({type(outcome) for outcome in usual}) == 3
    digests = [
        {held for held in reachable([feed]) if isinstance(held, bytes) and len(held) == len(digest_of(""))}
        for feed in feeds
    ]
    assert len(digests[0]) > 40
    assert not digests[1]


def test_a_digest_tells_same_from_different_and_nothing_more() -> None:
    same = [{"a": 1, "b": None}, {"a": 1, "b": None}]
    other = [
        {"a": 1},
        {"a": "1", "b": None},
        {"a": True, "b": None},
        {"a": 1.5, "b": None},
        [1],
        "\ud800",
        2**70,
    ]
    assert len({digest_of(value) for value in same}) == 1
    assert len({digest_of(value) for value in [*same, *other]}) == 1 + len(other)


@pytest.mark.parametrize(
    "value", [SourceKey("P26-1"), ("a", ExactAddress("1 A ST")), {"a": [ExactPoint(1, 2)]}]
)
def test_a_value_that_is_closed_has_no_digest(value: object) -> None:
    with pytest.raises(ValueError, match="open what is exact"):
        digest_of(value)


def test_a_sealed_point_is_read_with_its_own_address_alone() -> None:
    point = (-95.5123, 29.6123)
    seal = sealed(ExactPoint(*point), "1400 MAIN ST")
    assert degrees(unsealed(seal, "1400 MAIN ST")) == point
    assert degrees(unsealed(seal, "1500 MAIN ST")) != point


def test_a_value_that_is_nested_too_deep_to_be_compared_is_always_a_new_one() -> None:
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    assert digest_of({"id": 1, "address": deep}) != digest_of({"id": 2, "address": deep})
