"""Reads the Markdown pages of this repository: their headings, links, tables and code blocks."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")], key=lambda page: page.relative_to(ROOT).as_posix()
)

_FENCE = re.compile(r"^```(?P<language>[\w-]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#{1,6}) +(.+?) *$", re.MULTILINE)
_LINK = re.compile(r"\[[^\]]*\]\(<?([^)\s>]+)>?\)")
_CODE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True)
class Block:
    """A fenced block of code."""

    page: Path
    language: str
    body: str


def name(page: Path) -> str:
    """Return a page's path as a person would say it."""
    return page.relative_to(ROOT).as_posix()


def read(page: str) -> str:
    """Return the text of a page named by its path from the root."""
    return (ROOT / page).read_text("utf-8")


def blocks(page: Path, *languages: str) -> list[Block]:
    """Return the fenced blocks of a page in some languages, in order."""
    found = _FENCE.finditer(page.read_text("utf-8"))
    return [Block(page, hit["language"], hit["body"]) for hit in found if hit["language"] in languages]


def prose(text: str) -> str:
    """Return a page's text without its fenced blocks."""
    return _FENCE.sub("", text)


def links(page: Path) -> list[str]:
    """Return the targets of a page's links."""
    return _LINK.findall(prose(page.read_text("utf-8")))


def anchors(page: Path) -> set[str]:
    """Return what a link to a heading of the page may say after ``#``, by GitHub's rule."""
    found: set[str] = set()
    for _, heading in _HEADING.findall(prose(page.read_text("utf-8"))):
        words = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        anchor, count = words, 0
        while anchor in found:
            count += 1
            anchor = f"{words}-{count}"
        found.add(anchor)
    return found


def headings(text: str) -> list[str]:
    """Return a page's headings in order."""
    return [heading for _, heading in _HEADING.findall(prose(text))]


def section(text: str, heading: str) -> str:
    """Return what stands under a heading of the second level, up to the next one."""
    parts = re.split(r"^## +(.+?) *$", text, flags=re.MULTILINE)
    bodies = dict(zip(parts[1::2], parts[2::2], strict=True))
    assert heading in bodies, f"no section {heading!r}; there are: {', '.join(bodies)}"
    return bodies[heading]


def tables(text: str) -> list[list[list[str]]]:
    """Return the tables of a text, each as its rows of cells, without the line of dashes."""
    found: list[list[list[str]]] = []
    rows: list[list[str]] = []
    for line in [*prose(text).splitlines(), ""]:
        if line.startswith("|"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if set("".join(cells)) - set("-: "):
                rows.append(cells)
        elif rows:
            found.append(rows)
            rows = []
    return found


def table(text: str, first_column: str) -> dict[str, list[str]]:
    """Return the one table whose first heading is *first_column*: its first code words → the other cells."""
    chosen = [rows for rows in tables(text) if rows[0][0] == first_column]
    assert len(chosen) == 1, f"{len(chosen)} tables begin with {first_column!r}"
    return {words(row[0])[0]: row[1:] for row in chosen[0][1:]}


def words(text: str) -> list[str]:
    """Return what is set as code in a text."""
    return _CODE.findall(text)
