"""The look: small, readable in both themes, the same from right to left, and nothing inline."""

import re
from itertools import product
from pathlib import Path

import pytest

import watchword

ROOT = Path(watchword.__file__).parent
STATIC = ROOT / "plumbing/web/static"
CSS = (STATIC / "watchword.css").read_text("utf-8")
TEMPLATES = ROOT.rglob("templates/**/*.html")
PAGES = sorted(path for path in TEMPLATES if "letters" not in path.relative_to(ROOT).parts)

ON_SURFACES = list(product(["ink", "soft", "accent"], ["paper", "card", "sunk"]))
TEXT = [
    *ON_SURFACES,
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("alarm", "card"),
    ("alarm", "alarm-sunk"),
    ("ink", "alarm-sunk"),
]


def colours(theme: str) -> dict[str, tuple[int, int, int]]:
    """Return the variables of a theme as red, green, blue."""
    found = re.findall(r"--([a-z-]+): light-dark\(#(\w{6}), #(\w{6})\)", CSS)
    which = 1 if theme == "light" else 2
    return {row[0]: tuple(bytes.fromhex(row[which])) for row in found}


def contrast(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """Return the contrast ratio of WCAG 2.2."""

    def light(colour: tuple[int, ...]) -> float:
        parts = [c / 255 for c in colour]
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("front", "back"), TEXT)
def test_words_are_readable_in_both_themes(theme: str, front: str, back: str) -> None:
    theme_colours = colours(theme)
    assert contrast(theme_colours[front], theme_colours[back]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_one_can_type_into_has_a_visible_edge(theme: str) -> None:
    theme_colours = colours(theme)
    assert contrast(theme_colours["edge"], theme_colours["card"]) >= 3


def test_browsers_without_light_dark_get_the_light_theme() -> None:
    plain = dict(re.findall(r"--([a-z-]+): #(\w{6});", CSS))
    assert {name: tuple(bytes.fromhex(value)) for name, value in plain.items()} == colours("light")


def test_the_sheet_names_no_left_or_right() -> None:
    rules = re.sub(r"/\*.*?\*/|@media[^{]*", "", CSS, flags=re.DOTALL)
    physical = r"[{;\s](?:(?:margin|padding|border)-)?(?:left|right)\s*:|:\s*(?:left|right)\s*[;}]"
    assert not re.findall(physical, rules)


def test_what_a_page_loads_stays_small() -> None:
    scripts = sum(path.stat().st_size for path in STATIC.glob("*.js"))
    assert scripts <= 10 * 1024
    assert scripts + len(CSS.encode()) <= 24 * 1024  # leaves 6 KB for the page itself


@pytest.mark.parametrize("page", PAGES, ids=lambda path: f"{path.parent.parent.name}/{path.name}")
def test_a_page_holds_nothing_inline(page: Path) -> None:
    text = page.read_text("utf-8")
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert not re.search(r"(?:src|href|action)=\"(?:https?:)?//", text)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: f"{path.parent.parent.name}/{path.name}")
def test_every_form_that_posts_carries_its_proof(page: Path) -> None:
    for form in re.findall(
        r"<form\b[^>]*method=\"post\".*?</form>", page.read_text("utf-8"), re.DOTALL
    ):
        assert "csrf_field()" in form
