from pathlib import Path
from urllib.parse import unquote

import pytest
from pages import PAGES, ROOT, anchors, links, name, prose


def test_there_are_pages_and_links_to_check() -> None:
    assert len(PAGES) > 25
    assert sum(len(links(page)) for page in PAGES) > 60


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_relative_link_and_its_anchor_lead_somewhere(page: Path) -> None:
    for target in links(page):
        if "://" in target or target.startswith("mailto:"):
            continue
        file, _, anchor = unquote(target).partition("#")
        there = (page.parent / file).resolve() if file else page
        assert there.is_relative_to(ROOT), f"{target} leaves the repository"
        assert there.exists(), f"{target} leads nowhere"
        if anchor:
            assert anchor in anchors(there), f"{target}: there is {', '.join(sorted(anchors(there)))}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_page_begins_with_its_one_title(page: Path) -> None:
    text = page.read_text("utf-8")
    assert text.startswith("# ")
    assert sum(line.startswith("# ") for line in prose(text).splitlines()) == 1


def test_every_page_of_the_documentation_can_be_reached_from_the_readme() -> None:
    reached: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached:
            continue
        reached.add(page)
        files = (target.partition("#")[0] for target in links(page) if "://" not in target)
        waiting += [there for file in files if (there := (page.parent / file).resolve()).suffix == ".md"]
    lost = sorted(name(page) for page in set(PAGES) - reached)
    assert not lost, f"no link leads to {', '.join(lost)}"
