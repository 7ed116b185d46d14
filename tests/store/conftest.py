"""Both databases for every test of the store."""

from collections.abc import Iterator

import pytest

from blocklight.store import Store
from store.databases import Database


@pytest.fixture(scope="module")
def database(database_url: str) -> Iterator[Database]:
    """A database that the tests of a module share; ``store`` and ``Database.emptied`` empty it."""
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def store(database: Database) -> Iterator[Store]:
    with database.emptied() as store:
        yield store
