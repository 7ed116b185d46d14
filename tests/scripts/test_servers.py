import os
import shutil
import subprocess
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "scripts" / "servers"


def test_a_program_that_is_missing_is_named_with_how_to_get_it() -> None:
    found = subprocess.run(
        [SCRIPT, "find", "nothing-of-this-name"], capture_output=True, text=True, check=False
    )
    assert (found.returncode, found.stdout) == (3, "")
    assert "Not installed: nothing-of-this-name" in found.stderr
    assert "apt-get install nginx-light caddy prometheus systemd" in found.stderr


def test_what_is_unpacked_counts_before_what_the_machine_has(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    script = shutil.copy(SCRIPT, tmp_path / "scripts")
    program = tmp_path / ".build" / "servers" / "usr" / "sbin" / "nginx"
    program.parent.mkdir(parents=True)
    program.touch(0o755)
    found = subprocess.run([script, "find", "nginx"], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == os.fspath(program)
