"""What every test may ask for."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

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
    """The folder of recorded public feeds, beside the checkout or where BLOCKLIGHT_SHARED_DATA says."""
    beside = Path(__file__).parents[1].parent / "shared" / "data"
    folder = Path(os.environ.get("BLOCKLIGHT_SHARED_DATA", beside))
    if not folder.is_dir():
        pytest.skip(f"no recorded feeds at {folder}: set BLOCKLIGHT_SHARED_DATA to their folder")
    return folder
