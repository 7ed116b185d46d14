"""A missing recording skips its tests, and is a failure where recordings are required."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from recordings import recording, shared_folder

CI = Path(__file__).parents[2] / ".ci" / "run"


def test_a_missing_recording_skips_a_test_and_fails_it_where_recordings_are_required(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BLOCKLIGHT_SHARED_DATA", str(tmp_path / "none"))
    monkeypatch.delenv("BLOCKLIGHT_REQUIRE_RECORDINGS", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no recording at"):
        recording(shared_folder())
    monkeypatch.setenv("BLOCKLIGHT_REQUIRE_RECORDINGS", "1")
    with pytest.raises(pytest.fail.Exception, match="no recording at"):
        recording(shared_folder())
    (tmp_path / "none").mkdir()
    assert recording(shared_folder()) == tmp_path / "none"


@pytest.mark.parametrize(("folder", "required"), [("shared/data", "1"), ("other/data", "no")])
def test_the_landing_check_requires_recordings_where_their_folder_is(
    tmp_path: Path, folder: str, required: str
) -> None:
    (tmp_path / "checkout" / ".ci").mkdir(parents=True)
    shutil.copy(CI, tmp_path / "checkout" / ".ci" / "run")
    (tmp_path / folder).mkdir(parents=True)
    make = tmp_path / "make"
    make.write_text('#!/bin/sh\necho "$1 ${BLOCKLIGHT_REQUIRE_RECORDINGS:-no}"\n')
    make.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BLOCKLIGHT_")}
    environment = kept | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(
        [tmp_path / "checkout" / ".ci" / "run"], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == f"test {required}\n"
