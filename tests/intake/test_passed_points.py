"""Which points of a source are passed as they are, and which city files are refused for want of sense."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from exact_calls import changed, lon_lat
from hypothesis import given, settings
from hypothesis import strategies as st
from small_city import ROW, TABLE, rules_of, small_city

from blocklight.config.city import parse_city
from blocklight.errors import CityFileError
from blocklight.intake.normalise import Normaliser
from blocklight.intake.record import Incident, Placed
from blocklight.intake.redact import redact
from blocklight.model.record import Place, PublicIncident
from blocklight.model.vocabulary import PlaceKind

NOW = datetime(2026, 3, 1, 13, tzinfo=UTC)
CITY = small_city()
CALL = Normaliser.of(CITY.source("calls"), CITY)(ROW, NOW)
SAYS_SO: dict[str, Any] = {
    "masked_by_publisher": {"radius_m": 120, "reason": "The dispatch centre moves every call"}
}
policies = st.fixed_dictionaries(
    {
        "resolution": st.integers(5, 9),
        "labels": st.sampled_from(["none", "hundred_block"]),
    }
)
masks = st.none() | st.sampled_from([{"place": "cell"}, {"place": "none"}, {"resolution": 9}])


incidents = st.builds(
    changed,
    st.just(CALL),
    lon=st.floats(-96.5, -94.5),
    lat=st.floats(28.5, 30.5),
    source_type=st.sampled_from(["NOISE", "THEFT", "SICK PERSON", "HUSH", "QWERTY"]),
    other_types=st.sampled_from([(), ("SICK PERSON",), ("HUSH",)]),
    placed=st.none() | st.just(Placed.FOUND),
)


@settings(max_examples=300)
@given(incident=incidents, policy=policies, mask=masks, said=st.booleans())
def test_only_where_the_city_file_says_so_is_a_point_shown_as_it_is(
    incident: Incident, policy: dict[str, Any], mask: dict[str, Any] | None, *, said: bool
) -> None:
    rules = [{"name": "all", "action": "publish", **mask}] if mask else []
    top = {"policy": {"rules": rules, **policy}}
    with_line = rules_of(small_city(top=top, **(SAYS_SO if said else {})))
    outcome = redact(incident, with_line)
    lon, lat = lon_lat(incident) or (0, 0)
    plain = said and not mask and incident.placed is None and not incident.other_types
    plain = plain and incident.source_type in ("NOISE", "THEFT")
    inside = -96 <= lon <= -95 and 29 <= lat <= 30
    if not (plain and inside):
        assert outcome == redact(incident, rules_of(small_city(top=top)))
        return
    assert isinstance(outcome, PublicIncident)
    assert outcome.place == Place(round(lon, 5), round(lat, 5), PlaceKind.PUBLISHER, 120)


def test_the_areas_are_those_of_the_point_that_is_shown(tmp_path: Path) -> None:
    # 29.500004 is rounded to 29.5, beyond the border: the areas may not tell of the digits that were cut off.
    rings = {"south": (29, 29.500002), "north": (29.500002, 30)}
    features = [
        {
            "type": "Feature",
            "properties": {"id": name, "name": name},
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[-96, low], [-95, low], [-95, high], [-96, high], [-96, low]]],
            },
        }
        for name, (low, high) in rings.items()
    ]
    (tmp_path / "beats.geojson").write_bytes(
        orjson.dumps({"type": "FeatureCollection", "features": features})
    )
    top: dict[str, Any] = {"areas": [{"kind": "beat", "label": "Beats", "file": "beats.geojson"}]}
    outcome = redact(changed(CALL, lat=29.500004), rules_of(small_city(tmp_path, top=top, **SAYS_SO)))
    assert isinstance(outcome, PublicIncident)
    assert outcome.areas == {"beat": "south"}


@pytest.mark.parametrize(
    ("line", "beside", "key", "reason"),
    [
        ({"radius_m": 49}, {}, "sources.calls.masked_by_publisher.radius_m", "greater than or equal to 50"),
        ({"radius_m": 5001}, {}, "sources.calls.masked_by_publisher.radius_m", "less than or equal to 5000"),
        ({"reason": "as it is"}, {}, "sources.calls.masked_by_publisher.reason", "at least 10 characters"),
        ({}, {"freeze_place": True}, "sources.calls", "does not go with `freeze_place`"),
        ({}, {"same_as": "calls"}, "sources.calls", "does not go with `same_as`"),
        ({}, {"fields": {"lon": None, "lat": None}}, "sources.calls", "needs a point of the source's own"),
    ],
)
def test_a_line_that_would_give_places_away_is_refused(
    line: dict[str, Any], beside: dict[str, Any], key: str, reason: str
) -> None:
    told = {"masked_by_publisher": {**SAYS_SO["masked_by_publisher"], **line}}
    with pytest.raises(CityFileError) as refused:
        small_city(Path(), **told, **beside)
    assert str(refused.value).startswith(f"smallton.toml: {key}: ")
    assert reason in str(refused.value)


def test_another_source_of_the_same_incidents_is_refused(tmp_path: Path) -> None:
    first = TABLE["sources"][0] | {"closes": "never"} | SAYS_SO
    second = TABLE["sources"][0] | {"id": "fire", "closes": "never", "same_as": "calls"}
    with pytest.raises(CityFileError, match="same_as must not name a source that is masked_by_publisher"):
        parse_city(TABLE | {"sources": [first, second]}, file="smallton.toml", folder=tmp_path)
