import re
from collections import Counter

from pages import read

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
        assert names
        assert set(names) <= GROUPS
        assert len(names) == len(set(names))
        assert all("\n- " in group for group in groups)


def test_no_change_is_listed_twice() -> None:
    assert len(ENTRIES) > 60
    # Changes are merged by union: a line that two branches moved would stand here twice.
    assert [line for line, times in Counter(ENTRIES).items() if times > 1] == []
