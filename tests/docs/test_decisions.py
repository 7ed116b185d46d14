import re

from pages import ROOT, headings, links, section

FILES = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
PARTS = ["Context", "Decision", "Consequences", "Alternatives"]


def test_every_decision_has_a_number_of_its_own() -> None:
    assert len(FILES) >= 14
    assert len({int(file.name[:4]) for file in FILES}) == len(FILES)
    assert all(re.fullmatch(r"\d{4}(-[a-z]+)+\.md", file.name) for file in FILES)


def test_every_decision_says_its_context_consequences_and_alternatives() -> None:
    for file in FILES:
        number = int(file.name[:4])
        text = file.read_text("utf-8")
        title, *parts = headings(text)
        assert title.startswith(f"{number}. "), file.name
        assert parts == PARTS, file.name
        assert all(section(text, part).strip() for part in PARTS), file.name


def test_a_decision_is_one_page() -> None:
    for file in FILES:
        assert len(file.read_text("utf-8").split()) <= 500, file.name


def test_the_index_lists_every_decision_in_order_by_its_title() -> None:
    index = ROOT / "docs" / "decisions" / "README.md"
    assert links(index) == [file.name for file in FILES]
    for file in FILES:
        title = headings(file.read_text("utf-8"))[0].partition(". ")[2]
        assert f"[{title}]({file.name})" in index.read_text("utf-8")
