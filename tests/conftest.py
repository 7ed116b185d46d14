"""What every test may ask for."""

import os
from pathlib import Path

import pytest


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
