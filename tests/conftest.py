"""What every test may ask for."""

import itertools
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from recordings import recording, shared_folder

_POSTGRES = Path(__file__).parents[1] / "scripts" / "postgres"
_UNAVAILABLE = 3
_numbers = itertools.count()

# No test judges time, of one example or of making one: a busy machine is not a fault.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run browser tests after all others: Playwright keeps an event loop running in the main thread.

    Within the two groups the order stays random.
    """
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of recorded public feeds."""
    return recording(shared_folder())


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A throwaway cluster on loopback; its absence is said, and is a failure where CI is set."""
    with tempfile.TemporaryDirectory(prefix="blocklight-postgres-") as folder:
        cluster = Path(folder) / "cluster"
        Path(folder).chmod(0o755)  # the server is another user where the tests run as root
        started = subprocess.run([_POSTGRES, "start", cluster], capture_output=True, text=True, check=False)
        if started.returncode == _UNAVAILABLE and os.environ.get("CI") != "true":
            pytest.skip(f"NOT TESTED ON POSTGRESQL: {started.stderr.strip()}")
        if started.returncode:
            pytest.fail(f"PostgreSQL did not start: {started.stderr.strip()}")
        yield started.stdout.strip()
        subprocess.run([_POSTGRES, "stop", cluster], check=True, timeout=60)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of an empty database, of each kind: a file of SQLite and a private PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path_factory.mktemp('store')}/city.db"
    return _new_database(request.getfixturevalue("postgres_url"))


def _new_database(server_url: str) -> str:
    server = sa.make_url(server_url).set(drivername="postgresql+psycopg")
    name = f"city_{next(_numbers)}"
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return server.set(database=name).render_as_string(hide_password=False)
