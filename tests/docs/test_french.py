"""The French pages say what the English ones say: the same shape, the same commands, the same links."""

import re
from pathlib import Path

import pytest

from tests.support.markdown import ROOT, blocks, links, words

PAGES = ("README", "docs/operate/start")
MISREAD = re.compile("[√©ÃÂ�][©®†¨™ß]|Ã.|â€|�")
MARKS = re.compile(r"^(#+ |\||\d+\. |```)", re.MULTILINE)
TURNED = {"README.fr.md": "README.md", "docs/operate/start.fr.md": "docs/operate/start.md"}
PICTURES = re.compile(r"screens/")


def english(page: str) -> Path:
    return ROOT / f"{page}.md"


def french(page: str) -> Path:
    return ROOT / f"{page}.fr.md"


def shape(page: Path) -> list[str]:
    """Return the marks at the beginnings of lines: headings, steps, rows of tables, blocks."""
    return MARKS.findall(page.read_text("utf-8"))


def led(page: Path) -> list[str]:
    """Return where a page leads, but to its pictures and to itself in the other language."""
    own = {"README.md", "README.fr.md"}
    found = [TURNED.get(link, link) for link in links(page) if not PICTURES.search(link)]
    return sorted(link for link in found if link not in own)


@pytest.mark.req("R-03", "D-67")
@pytest.mark.parametrize("page", PAGES)
def test_it_is_utf_8_with_its_accents(page: str) -> None:
    text = french(page).read_bytes().decode("utf-8")
    assert {"é", "è", "à", "ê"} <= set(text)
    assert not MISREAD.search(text), MISREAD.findall(text)
    for wrong in ("latin-1", "mac-roman"):
        assert MISREAD.search(text.encode().decode(wrong)), "misread, it would be found"


@pytest.mark.req("R-03")
@pytest.mark.parametrize("page", PAGES)
def test_it_has_the_headings_steps_tables_and_blocks_of_the_english_page(page: str) -> None:
    assert shape(french(page)) == shape(english(page))


@pytest.mark.req("R-03")
@pytest.mark.parametrize("page", PAGES)
def test_it_tells_the_same_commands_and_settings(page: str) -> None:
    assert [b.text for b in blocks(french(page))] == [b.text for b in blocks(english(page))]
    assert set(words(french(page))) == set(words(english(page)))


@pytest.mark.req("R-03")
@pytest.mark.parametrize("page", PAGES)
def test_it_leads_where_the_english_page_leads(page: str) -> None:
    assert led(french(page)) == led(english(page))
