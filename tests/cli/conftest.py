"""A folder with a city file, and the command run in it, in a process of its own or in this one."""

import os
import sys
from pathlib import Path

import pytest
from workplace import CITY_FILE, Inside, Workplace

from blocklight.cli import main


@pytest.fixture
def inside(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Inside:
    """Run a command in this process, which saves the seconds of starting another; return what it said."""
    for name in [name for name in os.environ if name.startswith("BLOCKLIGHT")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(workplace.folder)

    def run(*arguments: str, code: int = 0) -> str:
        monkeypatch.setattr(sys, "argv", ["blocklight", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        assert (ended.value.code or 0) == code
        return "".join(capsys.readouterr())

    return run


@pytest.fixture
def workplace(tmp_path: Path) -> Workplace:
    (tmp_path / "smallville.toml").write_text(CITY_FILE)
    return Workplace(tmp_path)
