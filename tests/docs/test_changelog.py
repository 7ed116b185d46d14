import json
import re
import tomllib
from collections import Counter

from packaging.version import Version
from pages import PAGES, read

TEXT = read("CHANGELOG.md")
RELEASES = re.split(r"^## ", TEXT, flags=re.MULTILINE)[1:]
GROUPS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
ENTRIES = [line for line in TEXT.splitlines() if line.startswith("- ")]


def test_what_is_not_released_yet_comes_first_and_every_release_has_a_version_and_a_day() -> None:
    first, *released = (release.splitlines()[0] for release in RELEASES)
    assert first == "Unreleased"
    assert [
        heading for heading in released if not re.fullmatch(r"\d+\.\d+\.\d+ - \d{4}-\d\d-\d\d", heading)
    ] == []


def test_every_entry_stands_in_a_group_of_keep_a_changelog() -> None:
    for release in RELEASES:
        before, *groups = re.split(r"^### ", release, flags=re.MULTILINE)
        assert "\n- " not in before
        names = [group.splitlines()[0] for group in groups]
        assert names or release.strip() == "Unreleased", "nothing since the last release"
        assert set(names) <= GROUPS
        assert len(names) == len(set(names))
        assert all("\n- " in group for group in groups)


def test_no_change_is_listed_twice() -> None:
    assert len(ENTRIES) > 60
    # Changes are merged by union: a line that two branches moved would stand here twice.
    assert [line for line, times in Counter(ENTRIES).items() if times > 1] == []


def test_both_sides_have_the_version_that_is_to_be_released_or_was_released_last() -> None:
    version = tomllib.loads(read("pyproject.toml"))["project"]["version"]
    assert json.loads(read("web/package.json"))["version"] == version
    released = [release.partition(" ")[0] for release in RELEASES[1:2]]
    assert all(Version(version) >= Version(last) for last in released)


def test_the_address_of_the_repository_is_left_open_in_one_place() -> None:
    assert sum(page.read_text("utf-8").count("git clone") for page in PAGES) == 1
