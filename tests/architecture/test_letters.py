"""Letters: every one, in every language, as text and as HTML that fetches nothing."""

import re
from pathlib import Path

import pytest

import watchword
from watchword.kernel.messages import Message
from watchword.plumbing.languages import LANGUAGES, load_words
from watchword.plumbing.letters import Letters
from watchword.plumbing.settings.organisation import Organisation

ROOT = Path(watchword.__file__).parent
SLICES = {path.parent.parent.name: path.parent for path in ROOT.glob("*/*/templates/letters")}
LETTERS = sorted(
    f"{name}/{path.name}" for name, folder in SLICES.items() for path in folder.glob("letters/*")
)
LINK = "https://id.example.org/verify-email?token=wwt_a-b_c&lang=fr"
FACTS = {
    "name": "Zoé <b>",
    "email": "zoe@example.org",
    "new_email": "zoe@new.example.org",
    "link": LINK,
    "code": "492817",
    "minutes": 10,
    "link_minutes": 60,
    "confirms": False,
    "hours": 24,
    "device": "Firefox, Linux",
    "at": "2026-11-21 20:00 UTC",
}


@pytest.fixture(scope="module")
def letters() -> Letters:
    words = load_words(sorted(path.parent for path in ROOT.rglob("words/en.toml")))
    return Letters(SLICES, words, Organisation(name="L'Été & Co"))


def write(letters: Letters, letter: str, language: str) -> Message:
    return letters.write(
        template=letter,
        language=language,
        facts=FACTS,
        to="zoe@example.org",
        sender="noreply@example.org",
        message_id="m1",
    )


@pytest.mark.req("A-09")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("letter", LETTERS)
def test_a_letter_reads_well_in_every_language(
    letters: Letters, letter: str, language: str
) -> None:
    message = write(letters, letter, language)
    assert "L'Été & Co" in message.subject
    assert "\n" not in message.subject
    assert "&amp;" not in message.text
    assert "<" not in message.text.replace("Zoé <b>", "")
    assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}">' in message.html
    assert "Zoé <b>" not in message.html


@pytest.mark.req("A-09")
@pytest.mark.parametrize("letter", LETTERS)
def test_a_letter_fetches_nothing_from_anywhere(letters: Letters, letter: str) -> None:
    html = write(letters, letter, "en").html
    assert not re.search(r"<(?:img|link|script|iframe)\b|url\(|@import|@font-face", html)


@pytest.mark.parametrize("letter", LETTERS)
def test_what_the_html_offers_the_text_offers_too(letters: Letters, letter: str) -> None:
    message = write(letters, letter, "en")
    assert (LINK in message.text) == (LINK.replace("&", "&amp;") in message.html)
    assert ("492817" in message.text) == ("492817" in message.html)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_subject_tells_a_code(letters: Letters, language: str) -> None:
    assert "492817" not in write(letters, "login/sign_in_code", language).subject


def test_a_letter_is_known_by_its_folder_unless_it_says_otherwise(letters: Letters) -> None:
    names = {letter: write(letters, letter, "en").known_as for letter in LETTERS}
    assert names.pop("login/sign_in_code") == "otp_verification"
    assert names == {letter: letter.partition("/")[2] for letter in names}


def test_a_stranger_cannot_write_to_somebody_else_through_a_name(letters: Letters) -> None:
    message = write(letters, "registration/verification", "en")
    assert "Zoé" not in message.text
    assert "Zoé" not in message.html
