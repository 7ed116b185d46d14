"""Both databases for every test of the store: a file of SQLite and a private PostgreSQL."""

import itertools
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from blocklight.store import Store
from store.databases import Database

_SCRIPT = Path(__file__).parents[2] / "scripts" / "postgres"
_UNAVAILABLE = 3
_numbers = itertools.count()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A throwaway cluster on loopback; its absence is said, and is a failure where CI is set."""
    with tempfile.TemporaryDirectory(prefix="blocklight-postgres-") as folder:
        cluster = Path(folder) / "cluster"
        Path(folder).chmod(0o755)  # the server is another user where the tests run as root
        started = subprocess.run([_SCRIPT, "start", cluster], capture_output=True, text=True, check=False)
        if started.returncode == _UNAVAILABLE and os.environ.get("CI") != "true":
            pytest.skip(f"NOT TESTED ON POSTGRESQL: {started.stderr.strip()}")
        if started.returncode:
            pytest.fail(f"PostgreSQL did not start: {started.stderr.strip()}")
        yield started.stdout.strip()
        subprocess.run([_SCRIPT, "stop", cluster], check=True, timeout=60)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database that the tests of a module share; ``store`` and ``Database.emptied`` empty it."""
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path_factory.mktemp('store')}/city.db")
    else:
        database = Database(_new_database(request.getfixturevalue("postgres_url")))
    yield database
    database.close()


def _new_database(server_url: str) -> str:
    server = sa.make_url(server_url).set(drivername="postgresql+psycopg")
    name = f"city_{next(_numbers)}"
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return server.set(database=name).render_as_string(hide_password=False)


@pytest.fixture
def store(database: Database) -> Iterator[Store]:
    with database.emptied() as store:
        yield store
