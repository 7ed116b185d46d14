import os
import subprocess
import sys
from pathlib import Path

import pytest

from blocklight.errors import StoreError
from blocklight.intake.keys import load_id_key


def test_a_new_key_is_kept_in_a_file_that_only_its_owner_can_read(tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        key = load_id_key(tmp_path / "data")
    finally:
        os.umask(umask)
    file = tmp_path / "data" / "id.key"
    assert len(key) == 32
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_text() == key.hex() + "\n"
    assert list(file.parent.iterdir()) == [file], "no draft is left"


def test_a_key_that_was_copied_back_is_its_owners_alone_again(tmp_path: Path) -> None:
    key = load_id_key(tmp_path)
    (tmp_path / "id.key").chmod(0o644)
    assert load_id_key(tmp_path) == key
    assert (tmp_path / "id.key").stat().st_mode & 0o777 == 0o600


def test_the_key_is_the_same_ever_after_and_another_in_another_folder(tmp_path: Path) -> None:
    key = load_id_key(tmp_path / "one")
    assert load_id_key(tmp_path / "one") == key
    assert load_id_key(tmp_path / "two") != key


def test_processes_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from blocklight.intake.keys import load_id_key;"
        "sys.stdin.readline(); print(load_id_key(Path(sys.argv[1])).hex())"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "data")]
    racers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    keys = {racer.communicate()[0] for racer in racers}
    assert len(keys) == 1
    assert keys.pop().strip() == load_id_key(tmp_path / "data").hex()


def test_a_given_key_makes_no_file(tmp_path: Path) -> None:
    assert load_id_key(tmp_path, "ab" * 32) == b"\xab" * 32
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "xyz", "ab" * 31, "ab" * 33, "ключ", "ab " * 31])
def test_what_is_no_key_is_refused_and_left_as_it_is(tmp_path: Path, text: str) -> None:
    file = tmp_path / "id.key"
    file.write_text(text, "utf-8")
    with pytest.raises(StoreError, match=r"id\.key.*32 bytes"):
        load_id_key(tmp_path)
    assert file.read_text("utf-8") == text
    with pytest.raises(StoreError, match="BLOCKLIGHT_ID_KEY"):
        load_id_key(tmp_path, text)


def test_a_refusal_does_not_quote_the_key(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        load_id_key(tmp_path, "cafe" * 15)
    assert "cafe" not in str(caught.value)
