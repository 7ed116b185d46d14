"""What clients write into ``where``, and what they must not."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocklight.query.conditions import (
    AllOf,
    AnyOf,
    Comparison,
    Constant,
    FieldRef,
    IsNull,
    Not,
    OneOf,
    meets,
)
from blocklight.query.fields import incident_fields
from blocklight.standards.geoservices.errors import GeoServicesError
from blocklight.standards.geoservices.where import parse_where

NOW = datetime(2026, 1, 31, 5, 30, tzinfo=UTC)
FIELDS = incident_fields(["beat"])
_EQUAL = Comparison(FieldRef("category"), "=", "noise")


def _parsed(text: str) -> object:
    return parse_where(text, FIELDS, NOW)


def _mistake(text: str) -> GeoServicesError:
    with pytest.raises(GeoServicesError) as caught:
        parse_where(text, FIELDS, NOW)
    return caught.value


@pytest.mark.parametrize("text", ["", "  ", "1=1", "1 = 1", "(1=1)", "NOT 1=0", "'a'='a'", "not not 1=1"])
def test_what_asks_for_everything_is_no_condition(text: str) -> None:
    assert _parsed(text) is None


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("category = 'noise'", _EQUAL),
        ("'noise' = CATEGORY", _EQUAL),
        ("(\"category\" = N'noise')", _EQUAL),
        ("5 < OBJECTID", Comparison(FieldRef("OBJECTID"), ">", 5)),
        ("priority != '-2'", Comparison(FieldRef("priority"), "<>", -2)),
        ("category='o''b'", Comparison(FieldRef("category"), "=", "o'b")),
        ("upper(category) = UPPER('noise')", Comparison(FieldRef("category", "upper"), "=", "NOISE")),
        ("area_beat not in ('04X', '05')", Not(OneOf(FieldRef("area_beat"), ("04X", "05")))),
        ("units is not null", Not(IsNull(FieldRef("units")))),
        ("1=0", Constant(value=False)),
        (
            "category='noise' or category='noise' and not category='noise'",
            AnyOf((_EQUAL, AllOf((_EQUAL, Not(_EQUAL))))),
        ),
    ],
)
def test_a_condition_is_read_as_a_tree(text: str, condition: object) -> None:
    assert _parsed(text) == condition


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("timestamp '2026-01-30 08:15:00'", datetime(2026, 1, 30, 8, 15, tzinfo=UTC)),
        ("DATE '2026-01-30'", datetime(2026, 1, 30, tzinfo=UTC)),
        ("'2026-01-30T08:15:00.250Z'", datetime(2026, 1, 30, 8, 15, 0, 250_000, tzinfo=UTC)),
        ("'2026-01-30 00:15:00-08:00'", datetime(2026, 1, 30, 8, 15, tzinfo=UTC)),
        ("1769760900000", datetime(2026, 1, 30, 8, 15, tzinfo=UTC)),
        ("CURRENT_TIMESTAMP", NOW),
        ("CURRENT_DATE - 2", datetime(2026, 1, 29, tzinfo=UTC)),
        ("CURRENT_TIMESTAMP - INTERVAL '2' DAY", NOW - timedelta(days=2)),
        ("current_timestamp - interval '1 12:00:00' day to second", NOW - timedelta(hours=36)),
        ("CURRENT_TIMESTAMP + INTERVAL '00:30' HOUR TO MINUTE", NOW + timedelta(minutes=30)),
    ],
)
def test_a_time_is_read_in_every_form_that_clients_write(text: str, moment: datetime) -> None:
    assert _parsed(f"received_at >= {text}") == Comparison(FieldRef("received_at"), ">=", moment)


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("foo = 1", 1),
        ("category = 'noise' AND foo = 1", 24),
        ("category = 5", 12),
        ("priority = 'high'", 12),
        ("received_at > 'yesterday'", 15),
        ("received_at > timestamp '2026-13-45'", 25),
        ("category == 'noise'", 11),
        ("category = 'noise", 12),
        ("category = 'noise' AND", 23),
        ("status IN ()", 12),
        ("category = 'x'; DROP TABLE incident", 15),
        ("category = 'x' UNION SELECT 1", 16),
        ("category = 'x' --", 18),
        ("category = (SELECT 1)", 12),
        ("category = agency", 12),
        ("priority LIKE '1%'", 1),
        ("pg_sleep(9) = 1", 10),
        ("COUNT(OBJECTID) > 1", 1),
        ("listed_at > 0", 1),
        ("digest = 1", 1),
        ("priority = 99999999999999999999", 12),
        ("received_at > CURRENT_DATE - 999999", 15),
        ("(" * 33 + "1=1" + ")" * 33, 33),
    ],
)
def test_a_mistake_is_named_with_its_place(text: str, position: int) -> None:
    mistake = _mistake(text)
    assert mistake.parameter == "where"
    assert mistake.position == position
    assert f"position {position}" in mistake.answer()["error"]["message"]


@pytest.mark.parametrize(
    "text",
    [
        "(" * 3_000 + ")" * 3_000,
        "priority IN (" + ",".join(["1"] * 1_001) + ")",
        " OR ".join(["priority = 1"] * 301),
        "priority = 1 " * 4_000,
    ],
)
def test_what_is_too_long_deep_or_many_is_refused(text: str) -> None:
    assert "more than" in str(_mistake(text)) or "longer than" in str(_mistake(text))


def test_a_row_of_many_nots_is_read_as_one_or_none() -> None:
    assert _parsed("NOT " * 4_000 + "category = 'noise'") == _EQUAL
    assert _parsed("NOT " * 4_001 + "category = 'noise'") == Not(_EQUAL)


@given(st.text(alphabet=st.sampled_from("ab'\"()=<>!%_ 0123456789-+.,\\;\n\x00é"), max_size=60))
def test_any_text_is_a_condition_or_a_mistake_with_a_place(text: str) -> None:
    position = None
    try:
        parse_where(text, FIELDS, NOW)
    except GeoServicesError as error:
        position = error.position or -1
    assert position is None or 1 <= position <= len(text) + 1


@given(st.text(max_size=30))
def test_any_text_in_quotes_is_that_text(text: str) -> None:
    quoted = text.replace("'", "''")
    if "\x00" in text:
        assert "not a text" in str(_mistake(f"category = '{quoted}'"))
    else:
        assert _parsed(f"category = '{quoted}'") == Comparison(FieldRef("category"), "=", text)


@pytest.mark.parametrize(
    ("pattern", "text", "is_met"),
    [
        ("'14%Main St'", "1400 block of Main St", True),
        ("'14%main St'", "1400 block of Main St", False),
        ("'_400 block of Main St'", "1400 block of Main St", True),
        ("'%'", "", True),
        ("'%50!%%' ESCAPE '!'", "at 50% of", True),
        ("'%50!%' ESCAPE '!'", "at 50 of", False),
        ("'[a]*?'", "[a]*?", True),
        ("'[a]*?'", "axy", False),
    ],
)
def test_like_knows_two_wildcards_and_an_escape(pattern: str, text: str, is_met: bool) -> None:  # noqa: FBT001 - a row of a table
    condition = parse_where(f"place_label LIKE {pattern}", FIELDS, NOW)
    assert condition is not None
    assert meets({"place_label": text}, condition) is is_met
