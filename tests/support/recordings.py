"""Where recordings of public feeds are, and what becomes of a test for which there are none."""

import os
from pathlib import Path

import pytest


def shared_folder() -> Path:
    """The folder beside the checkout, or where BLOCKLIGHT_SHARED_DATA says; it need not be there."""
    beside = Path(__file__).parents[2].parent / "shared" / "data"
    return Path(os.environ.get("BLOCKLIGHT_SHARED_DATA", beside))


def recording(path: Path) -> Path:
    """*path*, when it is there; else the test is skipped, or fails where recordings are required."""
    if path.exists():
        return path
    missing = f"no recording at {path}: set BLOCKLIGHT_SHARED_DATA to the folder of recordings"
    if os.environ.get("BLOCKLIGHT_REQUIRE_RECORDINGS") == "1":
        pytest.fail(missing)
    pytest.skip(missing)
