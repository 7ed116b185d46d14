import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from pages import ROOT, read

# Written backwards, so that this file does not name them itself.
HOSTS = tuple(
    name[::-1] for name in ("gro.ipyp", "gro.detsohnohtyp", "sjmpn.yrtsiger", "gro.naibed.bed", "moc.sjmpn")
)
HOMES = re.compile(rb"(?:/home/[a-z]|/Users/[A-Za-z]|[ \"'=(]/root/)")
THIS_FILE = Path(__file__).relative_to(ROOT).as_posix()


@pytest.fixture(scope="module")
def tracked() -> dict[str, bytes]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: there are no tracked files to read")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    names = [part.decode() for part in listed.split(b"\0") if part]
    return {file: (ROOT / file).read_bytes() for file in names if (ROOT / file).is_file()}


def test_no_tracked_file_names_a_package_registry(tracked: dict[str, bytes]) -> None:
    assert len(tracked) > 100
    for file, body in tracked.items():
        named = [host for host in HOSTS if host.encode() in body]
        assert not named or file == THIS_FILE, f"{file} names {named}"


def test_no_tracked_file_holds_a_path_of_this_machine(tracked: dict[str, bytes]) -> None:
    here = f"{ROOT}/".encode()
    for file, body in tracked.items():
        if file != THIS_FILE:
            assert not HOMES.search(body), file
        if not file.endswith(".md"):  # a page may name the folder that it advises to install into
            assert here not in body, file


def test_every_dependency_says_what_we_would_do_without_it() -> None:
    text = read("pyproject.toml")
    project = tomllib.loads(text)
    groups = project["dependency-groups"]
    needed = [*project["project"]["dependencies"], *groups["dev"], *groups["interop"]]
    assert len(needed) > 20
    for requirement in needed:
        line = next(line for line in text.splitlines() if line.strip().startswith(f'"{requirement}"'))
        assert re.search(r"# without it: \w.{10,}", line), requirement


def test_the_readme_begins_with_the_two_commands() -> None:
    first_screen = "\n".join(read("README.md").splitlines()[:24])
    assert "make demo" in first_screen
    assert "make test" in first_screen


def test_contributors_and_landings_see_the_readmes_test_command() -> None:
    for file in (".github/workflows/test.yml", ".github/workflows/release.yml", ".ci/run"):
        assert "make test" in read(file), file
    for file in (
        "SECURITY.md",
        "CODE_OF_CONDUCT.md",
        ".pre-commit-config.yaml",
        ".github/pull_request_template.md",
    ):
        assert read(file).strip(), file
