"""The catalogues: complete in every language, and as plain as what they are put into."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

import watchword
from watchword.plumbing.words.languages import FALLBACK, LANGUAGES, Words, load_words

ROOT = Path(watchword.__file__).parent
FOLDERS = sorted(path.parent for path in ROOT.rglob("words/en.toml"))
TEMPLATES = [path for path in ROOT.rglob("templates/**/*") if path.suffix in {".html", ".txt"}]
LITERAL = re.compile(r"""\b(?:t|say)\(\s*"([a-z_.]+)"(?!\s*~)""")


@pytest.fixture(scope="module")
def words() -> Words:
    return load_words(FOLDERS)


def values(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def pairs(words: Words) -> Iterator[tuple[str, str, str, str]]:
    for language in LANGUAGES:
        for key, text in words.texts[language].items():
            yield language, key, text, words.texts[FALLBACK].get(key, "")


@pytest.mark.req("M-40")
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_word(words: Words, language: str) -> None:
    assert set(words.texts[language]) == set(words.texts[FALLBACK])


def test_a_word_takes_the_same_values_in_every_language(words: Words) -> None:
    odd = [
        (language, key)
        for language, key, text, english in pairs(words)
        if values(text) != values(english) and not key.startswith("duration.")  # "two minutes"
    ]
    assert not odd


def test_no_word_is_empty_or_holds_markup(words: Words) -> None:
    assert not [(language, key) for language, key, text, _ in pairs(words) if not text.strip()]
    assert not [
        (language, key) for language, key, text, _ in pairs(words) if re.search("[<>&]", text)
    ]


@pytest.mark.req("M-40")
def test_every_word_that_a_template_asks_for_is_there(words: Words) -> None:
    asked = {key for path in TEMPLATES for key in LITERAL.findall(path.read_text("utf-8"))}
    assert asked
    assert not {key for key in asked if not words.knows(key)}


def test_no_catalogue_repeats_an_english_sentence_elsewhere() -> None:
    """A sentence left untranslated is the likeliest slip; product words may be alike."""
    alike = []
    for folder in FOLDERS:
        english = (folder / "en.toml").read_text("utf-8")
        for language in set(LANGUAGES) - {FALLBACK}:
            other = (folder / f"{language}.toml").read_text("utf-8")
            told = {text for text in _texts(english) if " " in text and not text.startswith("{n}")}
            alike += [(folder.parent.parent.name, text) for text in told & _texts(other)]
    assert not alike


def _texts(catalogue: str) -> set[str]:
    def leaves(table: dict[str, object]) -> Iterator[str]:
        for value in table.values():
            if isinstance(value, dict):
                yield from leaves(value)
            else:
                yield str(value)

    return set(leaves(tomllib.loads(catalogue)))
