import re

from pages import ROOT, read, section, tables, words

PROMISES = tables(section(read("docs/privacy.md"), "What holds"))[0][1:]


def test_each_promise_names_its_tests() -> None:
    numbers = [int(promise.removeprefix("**").partition(".")[0]) for promise, _ in PROMISES]
    assert numbers == sorted(set(numbers))
    assert set(range(1, 20)) <= set(numbers)
    for promise, held_by in PROMISES:
        assert any(word.startswith("tests/") for word in words(held_by)), promise


def test_every_test_that_a_promise_names_exists() -> None:
    named = [word for _, held_by in PROMISES for word in words(held_by) if word.startswith("tests/")]
    assert len(named) >= 45
    for word in named:
        file, _, function = word.partition("::")
        assert re.search(rf"^(?:async )?def {function}\(", (ROOT / file).read_text("utf-8"), re.MULTILINE), (
            word
        )
