"""Few records that cannot be read fail alone, unless a call would be closed for it."""

from pathlib import Path

import pytest
from small_city import TABLE

from blocklight.config.city import SourceSpec, parse_city
from blocklight.errors import SourceChanged
from blocklight.intake.forms.answers import Answered, judge_answer


def source(closes: str) -> SourceSpec:
    fields = TABLE["sources"][0]["fields"]
    fields = fields | ({"status": {"from": "status", "default": "open"}} if closes == "status" else {})
    table = TABLE | {"sources": [TABLE["sources"][0] | {"closes": closes, "fields": fields}]}
    return parse_city(table, file="smallton.toml", folder=Path()).sources[0]


@pytest.mark.parametrize("closes", ["status", "never"])
def test_of_a_few_records_the_good_ones_are_shown(closes: str) -> None:
    judge_answer(source(closes), Answered(2, 4, whole=True))


@pytest.mark.parametrize(
    ("closes", "shown", "rejected"), [("vanish", 2, 4), ("status", 0, 4), ("status", 4, 9), ("never", 0, 1)]
)
def test_an_answer_that_closes_calls_shows_none_or_has_many_bad_records_fails(
    closes: str, shown: int, rejected: int
) -> None:
    with pytest.raises(SourceChanged, match="cannot be read"):
        judge_answer(source(closes), Answered(shown, rejected, whole=True))
