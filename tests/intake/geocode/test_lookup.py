"""Who is asked for the place of a call: nobody where it is withheld, no outsider where its place decides."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from small_city import ROW, rules_of
from town_streets import town

from blocklight.config.city import City
from blocklight.geo.exact import ExactPoint
from blocklight.intake.connectors.push import Push
from blocklight.intake.feed import Feed
from blocklight.intake.geocode.addresses import Block, Reading
from blocklight.intake.geocode.geocoder import Geocoder
from blocklight.intake.geocode.place import NotNow
from blocklight.intake.geocode.streets import Streets
from blocklight.intake.past import Past
from blocklight.intake.tally import Tally
from blocklight.model.outcomes import Withheld
from blocklight.model.record import PublicIncident
from blocklight.model.vocabulary import Reason

NOW = datetime(2026, 3, 1, 13, tzinfo=UTC)
BEATS = (
    '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"id": "W", "name": "W"}, '
    '"geometry": {"type": "Polygon", "coordinates": '
    "[[[-96, 29], [-95.5, 29], [-95.5, 30], [-96, 30], [-96, 29]]]}}]}"
)


class Outsider:
    """A service that has time for three questions in each fetch."""

    def __init__(self) -> None:
        self.asked: list[Reading] = []
        self.deadline = 0.0
        self.left = 0

    def find(self, address: Reading, deadline: float) -> ExactPoint:
        if deadline != self.deadline:
            self.deadline, self.left = deadline, 3
        if not self.left:
            raise NotNow
        self.left -= 1
        self.asked.append(address)
        return ExactPoint(-95.4, 29.4)


def feed_of(city: City, outsider: Outsider) -> Feed:
    source = city.sources[0]
    assert city.geocoder is not None
    assert city.geocoder.streets is not None
    streets = Streets(city.geocoder.streets, city)
    geocoder = Geocoder([streets, outsider], city.city.bounds, patience_s=5)
    return Feed(source, city, Push(source, lambda: NOW), rules_of(city), geocoder=geocoder)


def row(number: object, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - a row may hold anything
    address = f"{number}00 FARAWAY ST"
    return (
        ROW | {"number": f"N{number}", "lon": None, "lat": None, "cross": None, "address": address} | changes
    )


HIDDEN = (
    {"type": "HUSH"},
    {"type": "SUICIDE"},
    {"type": "NEVER HEARD OF"},
    {"type": "THEFT"},  # by a rule, see below
)


@pytest.mark.parametrize("hidden", [0, 12])
def test_nobody_is_asked_for_what_is_withheld_and_it_takes_no_turn(tmp_path: Path, hidden: int) -> None:
    rule = {"name": "no-thefts", "category": ["theft"], "action": "withhold"}
    outsider = Outsider()
    feed = feed_of(town(tmp_path, top={"policy": {"rules": [rule]}}), outsider)
    rows = [row(n, **HIDDEN[n % len(HIDDEN)]) for n in range(20, 20 + hidden)]
    outcomes = feed.outcomes([*rows, row(1), row(2), row(3)], NOW, Tally())
    assert [type(outcome) for outcome in outcomes[-3:]] == [PublicIncident] * 3
    assert outsider.asked == [Block(100 * n, "FARAWAY ST", 100 * n) for n in (1, 2, 3)]


def test_nobody_is_asked_for_what_was_sensitive_once(tmp_path: Path) -> None:
    outsider = Outsider()
    feed = feed_of(town(tmp_path), outsider)
    feed.outcomes([row(1), row(2)], NOW, Tally(), past=Past(once_sensitive=lambda ids: set(ids[:1])))
    assert outsider.asked == [Block(200, "FARAWAY ST", 200)]


def test_where_the_place_may_withhold_a_call_it_is_looked_up_at_home_alone(tmp_path: Path) -> None:
    (tmp_path / "beats.geojson").write_text(BEATS)
    rule = {"name": "no-noise", "category": ["noise"], "area": ["beat:W"], "action": "withhold"}
    areas = [{"kind": "beat", "label": "Beats", "file": "beats.geojson"}]
    outsider, tally = Outsider(), Tally()
    feed = feed_of(town(tmp_path, top={"policy": {"rules": [rule]}, "areas": areas}), outsider)
    at_home = row(1, address="MAIN ST & 2ND AVE")
    outcomes = feed.outcomes([row(2), at_home, row(3, type="ALARM")], NOW, tally)
    assert isinstance(outcomes[0], Withheld)
    assert outcomes[0].reason is Reason.POLICY  # it may lie in the area where the rule withholds it
    assert not (isinstance(outcomes[1], Withheld) and outcomes[1].reason is Reason.NO_PLACE)
    assert isinstance(outcomes[2], PublicIncident)
    assert outsider.asked == [Block(300, "FARAWAY ST", 300)]
    assert tally.noticed["places_sought"] <= 2
