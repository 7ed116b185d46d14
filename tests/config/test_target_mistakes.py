"""The targets of a city file: what they say, and what is wrong with them in words."""

from datetime import date
from pathlib import Path

import pytest
from test_city import MINIMAL, _refusal

from blocklight.config.city import load_city
from blocklight.model.vocabulary import Category, StageTime

TIMES = (
    MINIMAL
    + """
dispatched_at = { from = "sent", convert = "local" }
on_scene_at = { from = "there", convert = "local" }
priority = { from = "priority", convert = "int" }
"""
)
TARGET = """
[[targets]]
stage = "response"
seconds = 480
share = 0.9
since = 2025-01-01
"""


def test_a_target_names_calls_and_the_day_from_which_on_they_have_it(tmp_path: Path) -> None:
    path = tmp_path / "smallton.toml"
    path.write_text(TIMES + TARGET + 'priority = 1\ncategory = "fire"\nagency = ["police"]\n' + TARGET)
    first, second = load_city(str(path)).targets
    assert first.stage is StageTime.RESPONSE
    assert (first.seconds, first.share, first.since) == (480, 0.9, date(2025, 1, 1))
    assert (first.priority, first.category, first.agency) == ((1,), (Category.FIRE,), ("police",))
    assert (second.priority, second.category, second.agency) == ((), (), ())


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        (TARGET.replace("0.9", "90"), "share", "less than or equal to 1"),
        (TARGET.replace("480", "0"), "seconds", "greater than 0"),
        (TARGET.replace("2025-01-01", '"2025-01-01"'), "since", "without quotes"),
        (TARGET.replace("2025-01-01", "2025-01-01T08:00:00Z"), "since", "not a day"),
        (TARGET.replace("2025-01-01", "2025"), "since", "not a day"),
        (TARGET.replace("response", "respons"), "stage", "response"),
        (TARGET.replace("response", "turnout"), "stage", "no source reports when the stage turnout ends"),
        (TARGET + 'agency = "fire"', "agency", "no agency 'fire'; there are: police"),
        (TARGET + "priority = []", "priority", "an empty list"),
        (TARGET + 'category = "fires"', "category", "fire"),
        (TARGET + 'areas = "1"', "areas", "unknown key"),
    ],
)
def test_a_mistake_in_a_target_is_told_in_words(tmp_path: Path, text: str, key: str, reason: str) -> None:
    refusal = _refusal(tmp_path, TIMES + text)
    assert refusal.key.startswith("targets.0")
    assert key in refusal.key
    assert reason in refusal.reason


def test_a_target_by_priority_needs_a_source_that_reports_one(tmp_path: Path) -> None:
    without = TIMES.replace('priority = { from = "priority", convert = "int" }', "")
    assert "no source reports a priority" in _refusal(tmp_path, without + TARGET + "priority = 1").reason


@pytest.mark.parametrize(
    ("second", "is_reached"),
    [
        (TARGET, False),
        (TARGET.replace("2025", "2026"), False),
        (TARGET.replace("2025", "2024"), True),
        (TARGET.replace("response", "queue"), True),
        (TARGET + "priority = 1", False),
    ],
)
def test_a_target_that_no_call_comes_to_is_a_mistake(
    tmp_path: Path, second: str, *, is_reached: bool
) -> None:
    path = tmp_path / "smallton.toml"
    path.write_text(TIMES + TARGET + second)
    if is_reached:
        assert len(load_city(str(path)).targets) == 2
    else:
        refusal = _refusal(tmp_path, TIMES + TARGET + second)
        assert (refusal.key, "never reached: targets.0" in refusal.reason) == ("targets.1", True)
