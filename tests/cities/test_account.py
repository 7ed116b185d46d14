"""A sample of the account of every recorded feed; ``account.py`` runs all of it."""

from pathlib import Path

import pytest
from account import EXPORTS, FEEDS, MOST, Export, Feed, Line, account_of, account_of_export


def expect_all_accounted_for(line: Line) -> None:
    assert line.fetched > 50
    assert not line.account.failed
    assert line.balanced, line.text()
    assert line.unexplained <= MOST, line.text()


def name_of(one: Feed | Export) -> str:
    return f"{one.city} {one.source}"


# Menlo Park's polls have a sample of their own beside the other recorded cities.
SAMPLED = [feed for feed in FEEDS if feed.city != "menlo-park"]


@pytest.mark.parametrize("feed", SAMPLED, ids=name_of)
def test_every_record_of_some_fetches_is_accounted_for(shared_data: Path, feed: Feed) -> None:
    every = {"san-mateo-fire": 400, "portland": 1}.get(feed.city, 20)
    expect_all_accounted_for(account_of(feed, shared_data, every, first=1 if feed.city == "houston" else 0))


@pytest.mark.parametrize("export", EXPORTS, ids=name_of)
def test_every_row_of_an_export_is_accounted_for(shared_data: Path, export: Export) -> None:
    expect_all_accounted_for(account_of_export(export, shared_data))


def test_the_years_2104_and_2914_are_rejected_alone(shared_data: Path) -> None:
    [export] = [one for one in EXPORTS if one.files == ("crime/oakland/oakcrime_190127.csv",)]
    line = account_of_export(export, shared_data)
    assert line.account.rejected["absurd_time"] == 8
    assert line.account.published > 2000
