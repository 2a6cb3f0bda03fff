"""The generated pages of docs/: each module yields (path below docs/, text)."""

from collections.abc import Iterator, Sequence

Page = tuple[str, str]
Pages = Iterator[Page]

MARK = "<!-- Written by ./run docs from the code: change it there. -->"


def page(title: str, *parts: str) -> str:
    """Return a page: its mark, title and parts, an empty line between them."""
    return "\n\n".join([MARK, f"# {title}", *(part for part in parts if part)]) + "\n"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table, or nothing when it has no row."""
    if not rows:
        return ""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in row) + " |" for row in lines)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
