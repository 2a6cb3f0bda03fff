"""Letters: every one, in every language, as text and as HTML that fetches nothing."""

import re
from pathlib import Path
from typing import Any

import pytest

from tools.letters import sample
from watchword.app import lettering, slices
from watchword.kernel.messages import Message
from watchword.plumbing.letters.forms import load_forms
from watchword.plumbing.letters.writing import Letters
from watchword.plumbing.settings.organisation import Organisation
from watchword.plumbing.words.languages import LANGUAGES

FOLDERS = slices.template_folders()
FORMS = load_forms(FOLDERS)
SOURCE = Path(slices.__file__).parents[1]


@pytest.fixture(scope="module")
def letters() -> Letters:
    return Letters(FOLDERS, lettering.every_word(), Organisation(name="L'Été & Co"))


def write(letters: Letters, letter: str, language: str = "en", **facts: Any) -> Message:
    return letters.write(
        template=letter,
        language=language,
        facts={**FORMS[letter].sample, **facts},
        to="zoe@example.org",
        sender="noreply@example.org",
        message_id="m1",
    )


def test_every_letter_has_its_three_files_and_no_other() -> None:
    for template in FORMS:
        name, letter = template.split("/")
        found = {path.name for path in (FOLDERS[name] / "letters" / letter).iterdir()}
        assert found == {"letter.toml", "subject.txt", "body.txt"}
    assert len(list(SOURCE.rglob("templates/letters/*/subject.txt"))) == len(FORMS)


@pytest.mark.req("A-09")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("letter", FORMS)
def test_a_letter_reads_well_in_every_language(
    letters: Letters, letter: str, language: str
) -> None:
    message = sample(letters, letter, language)
    assert message.subject
    assert "\n" not in message.subject
    assert not re.search("[<>&]", message.text.replace("L'Été & Co", ""))
    assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"' in message.html
    assert "L'Été & Co" in message.text
    assert "L&#39;Été &amp; Co" in message.html


@pytest.mark.req("A-09")
@pytest.mark.parametrize("letter", FORMS)
def test_a_letter_fetches_nothing_from_anywhere(letters: Letters, letter: str) -> None:
    html = write(letters, letter).html
    assert not re.search(r"<(?:img|link|script|iframe)\b|url\(|@import|@font-face|\ssrc=", html)


@pytest.mark.parametrize("letter", FORMS)
def test_what_the_html_offers_the_text_offers_too(letters: Letters, letter: str) -> None:
    message, facts = write(letters, letter), FORMS[letter].sample
    for told in (facts[name] for name in ("link", "code", "unsubscribe") if name in facts):
        assert told in message.text
        assert told.replace("&", "&amp;") in message.html


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("letter", [name for name, form in FORMS.items() if "code" in form.sample])
def test_no_subject_and_no_preview_tells_a_code(
    letters: Letters, letter: str, language: str
) -> None:
    message = write(letters, letter, language)
    preview = re.search(r"<div style=\"display:none[^>]*>(.*?)</div>", message.html)
    assert preview
    assert "492817" not in message.subject + preview[1]


@pytest.mark.parametrize("letter", [name for name, form in FORMS.items() if "code" in form.sample])
def test_a_code_comes_with_a_link(letter: str) -> None:
    assert "link" in FORMS[letter].sample


@pytest.mark.parametrize("letter", FORMS)
def test_bulk_mail_and_no_other_says_how_to_end_it(letters: Letters, letter: str) -> None:
    message, form = write(letters, letter), FORMS[letter]
    ways = {name: text for name, text in message.headers.items() if name.startswith("List-")}
    assert ways == (
        {
            "List-Unsubscribe": f"<{form.sample['unsubscribe']}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
        if form.bulk
        else {}
    )


def test_a_letter_is_known_by_its_folder_unless_it_says_otherwise(letters: Letters) -> None:
    names = {letter: write(letters, letter, "en").known_as for letter in FORMS}
    assert names.pop("login/sign_in_code") == "otp_verification"
    assert names == {letter: letter.partition("/")[2] for letter in names}


def test_a_stranger_cannot_write_to_somebody_else_through_a_name(letters: Letters) -> None:
    message = write(letters, "registration/verification", name="Zoé")
    assert "Zoé" not in message.text
    assert "Zoé" not in message.html


@pytest.mark.parametrize(
    "name",
    ["visit evil.com", "<script>x</script>", "{{7*7}}", "Bob\r\nBcc: eve@evil.com", "Bob\u202e"],
)
@pytest.mark.parametrize("letter", [name for name, form in FORMS.items() if "name" in form.sample])
def test_what_is_no_name_is_in_no_part_of_a_letter(
    letters: Letters, letter: str, name: str
) -> None:
    message, unnamed = write(letters, letter, name=name), write(letters, letter, name="")
    assert (message.subject, message.text, message.html) == (
        unnamed.subject,
        unnamed.text,
        unnamed.html,
    )
    assert message.facts["name"] == ""  # nor in a provider's template


def test_a_name_may_hold_an_apostrophe(letters: Letters) -> None:
    message = write(letters, "registration/welcome", name="O'Neill")
    assert "Hello O'Neill," in message.text
    assert "Hello O&#39;Neill," in message.html


def test_a_language_nobody_speaks_is_english(letters: Letters) -> None:
    assert write(letters, "registration/welcome", "tlh").language == "en"
