import re

from pages import ROOT, read, section, tables, words

LINES = tables(section(read("docs/availability.md"), "What holds"))[0][1:]


def test_each_line_is_there_and_names_its_tests() -> None:
    numbers = [int(line.removeprefix("**").partition(".")[0]) for line, _ in LINES]
    assert numbers == list(range(1, 20))
    for line, held_by in LINES:
        assert any(word.startswith("tests/") for word in words(held_by)), line


def test_every_test_that_a_line_names_exists() -> None:
    named = [word for _, held_by in LINES for word in words(held_by) if word.startswith("tests/")]
    assert len(named) >= 80
    for word in named:
        file, _, function = word.partition("::")
        assert re.search(rf"^(?:async )?def {function}\(", (ROOT / file).read_text("utf-8"), re.MULTILINE), (
            word
        )
