"""How texts are read: `.env` files, and whether a secret could be guessed."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchword.app.settings import dotenv
from watchword.app.settings.checks.guessable import is_easily_guessed, is_sample


def test_a_dotenv_file_is_read_as_people_write_them() -> None:
    values, faults = dotenv.parse(
        "# a comment\n"
        "\n"
        "PLAIN=value\n"
        "export EXPORTED = spaced out \n"
        "COMMENTED=value # not this\n"
        "HASH=a#b\n"
        "SINGLE='as $it is # \\n'\n"
        'DOUBLE="two\\nlines, a \\" and a \\\\" # not this\n'
        "EMPTY=\n"
        "URL=postgresql://u:p@h/d?x=1\n"
        "ACCENT=Cité\n"
    )

    assert faults == []
    assert values == {
        "PLAIN": "value",
        "EXPORTED": "spaced out",
        "COMMENTED": "value",
        "HASH": "a#b",
        "SINGLE": "as $it is # \\n",
        "DOUBLE": 'two\nlines, a " and a \\',
        "EMPTY": "",
        "URL": "postgresql://u:p@h/d?x=1",
        "ACCENT": "Cité",
    }


@given(st.text())
def test_whatever_a_dotenv_file_holds_it_is_read_or_told_by_line(text: str) -> None:
    values, faults = dotenv.parse(text)

    assert all(isinstance(value, str) for value in values.values())
    assert all(fault.startswith("line ") for fault in faults)


@given(st.text(st.characters(blacklist_categories=["Cs", "Cc", "Zl", "Zp"])))
def test_what_is_quoted_comes_back_as_it_was(text: str) -> None:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')

    assert dotenv.parse(f'NAME="{quoted}"') == ({"NAME": text}, [])


@given(st.binary(min_size=64, max_size=64).filter(lambda drawn: len(set(drawn)) > 48))
def test_what_a_generator_draws_is_no_sample_and_not_easily_guessed(drawn: bytes) -> None:
    secret = base64.urlsafe_b64encode(drawn).decode().rstrip("=")

    assert not is_easily_guessed(secret)


@pytest.mark.parametrize("text", ["your-secret", "jwt_your_secret", "<YOUR-KEY>"])
def test_what_a_guide_asks_to_replace_is_a_sample(text: str) -> None:
    assert is_sample(text)


def test_what_stands_in_a_random_text_by_chance_is_no_sample() -> None:
    assert not is_sample("9mK2xQyour-4fZc0sYOUR_t7Lw")


def test_what_openssl_makes_is_good_enough() -> None:
    hexadecimal = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    base_64 = "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="

    for secret in (hexadecimal, base_64, hexadecimal[:32]):
        assert not is_easily_guessed(secret)
        assert not is_sample(secret)
