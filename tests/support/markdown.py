"""The project's pages as tests read them: their code blocks, links, and words in backquotes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)|<img src=\"([^\"]+)\"")
_CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A code block of a page."""

    page: Path
    language: str
    text: str


def pages() -> list[Path]:
    """Return every page of the project."""
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def blocks(page: Path) -> Iterator[Block]:
    """Yield a page's code blocks."""
    for found in _BLOCK.finditer(page.read_text("utf-8")):
        yield Block(page=page, language=found[1], text=found[2])


def prose(page: Path) -> str:
    """Return a page without its code blocks."""
    return _BLOCK.sub("", page.read_text("utf-8"))


def links(page: Path) -> list[str]:
    """Return where a page's links and pictures lead."""
    return [found[1] or found[2] for found in _LINK.finditer(prose(page))]


def words(page: Path) -> list[str]:
    """Return what a page says in backquotes."""
    return _CODE.findall(prose(page))


def headings(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as a forge makes them."""
    titles = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}
