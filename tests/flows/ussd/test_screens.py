"""The screens of the menu: short enough, of the signs that telephones have, in every language."""

import string
from operator import mul

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.architecture.test_words import FOLDERS
from watchword.flows.ussd.rules import most_of_a_name, shown_name
from watchword.plumbing.ussd.gsm import MOST_SEPTETS, MOST_UCS2, fit, fold, is_gsm, length
from watchword.plumbing.words.languages import LANGUAGES, load_words

WORDS = load_words(FOLDERS)
SCREENS = sorted(key for key in WORDS.texts["en"] if key.startswith("ussd."))
TIMES = st.integers(1, 100)  # what is drawn is mostly short; said so often, it is past every bound


def screen(language: str, key: str) -> str:
    return WORDS.say(language, key, org="W" * most_of_a_name(language), length=8)


@pytest.mark.req("M-14")
@pytest.mark.parametrize("key", SCREENS)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_screen_has_at_most_182_signs_of_the_gsm_alphabet(language: str, key: str) -> None:
    text = f"CON {screen(language, key)}"
    assert is_gsm(text), [sign for sign in text if not is_gsm(sign)]
    assert length(text) <= MOST_SEPTETS
    assert fit(text, ucs2=False) == text


@pytest.mark.parametrize("key", SCREENS)
def test_a_screen_in_arabic_has_at_most_80(key: str) -> None:
    assert len(f"CON {screen('ar', key)}") <= MOST_UCS2


def test_every_screen_there_is_has_words() -> None:
    assert len(SCREENS) == 19
    assert set(LANGUAGES) == {"en", "fr", "ar"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Café crème", "Café crème"),
        ("forêt, reçu, Noël", "foret, recu, Noel"),
        ("l\u2019\u0153uvre \u2026", "l'oeuvre ..."),
        ("\u00abfin\u00bb", '"fin"'),
        ("Дом 5", "??? 5"),
        ("😀", "?"),
    ],
)
def test_what_the_alphabet_lacks_becomes_what_is_nearest(text: str, told: str) -> None:
    assert fold(text) == told


@pytest.mark.parametrize(
    ("name", "language", "shown"),
    [
        ("Molam", "fr", "Molam"),
        ("Forêt d\u2019Afrique", "fr", "Foret d'Afrique"),
        ("مولام", "fr", ""),
        ("Molam مولام", "en", ""),
        ("مولام", "ar", "مولام"),
        ("Who?", "en", "Who?"),
        ("{" * 24, "en", "{" * 12),
        ("😀" * 24, "ar", "😀" * 6),
    ],
)
def test_a_name_is_shown_as_far_as_there_are_signs_and_room_for_it(
    name: str, language: str, shown: str
) -> None:
    assert shown_name(name, language) == shown


@given(st.text(max_size=40), st.sampled_from(["en", "fr"]), st.sampled_from(SCREENS))
def test_whatever_the_name_a_screen_is_whole(name: str, language: str, key: str) -> None:
    org = shown_name(name, language)
    text = f"CON {WORDS.say(language, key, org=org, length=8)}"
    assert fit(text, ucs2=True) == fit(text, ucs2=False) == text


@pytest.mark.req("M-14")
@pytest.mark.parametrize(
    ("text", "ucs2", "most"),
    [
        ("é" * 182, False, 182),
        ("é" * 183, False, 182),
        ("€" * 91, False, 91),
        ("€" * 92, False, 91),
        ("é" + "€" * 91, False, 91),
        ("é" * 182 + "€", False, 182),
        ("é" * 182, True, 182),
        ("é" * 183, True, 182),
        ("م" * 80, True, 80),
        ("م" * 81, True, 80),
        ("é" * 80 + "م", True, 80),
        ("😀" * 40, True, 40),
        ("😀" * 41, True, 40),
        ("م" * 79 + "😀", True, 79),
    ],
    ids=lambda part: str(len(part) if isinstance(part, str) else part),
)
def test_a_screen_is_cut_where_it_is_full_and_no_sooner(text: str, ucs2: bool, most: int) -> None:
    assert fit(text, ucs2=ucs2) == text[:most]


@pytest.mark.parametrize(
    ("text", "told"),
    [("م" * 183, "?" * 182), ("\u2026" * 61, "." * 182)],
    ids=["none is near", "three for one"],
)
def test_what_the_alphabet_lacks_is_counted_as_it_is_shown(text: str, told: str) -> None:
    assert fit(text, ucs2=False) == told


@given(st.builds(mul, st.text(max_size=9), TIMES), st.booleans())
def test_whatever_is_said_fits(text: str, ucs2: bool) -> None:
    told = fit(text, ucs2=ucs2)
    if is_gsm(told):
        assert length(told) <= MOST_SEPTETS
    else:
        assert ucs2
        assert len(told.encode("utf-16-be")) <= 2 * MOST_UCS2


@given(st.builds(mul, st.text(string.ascii_letters + "^{}[]~|€", max_size=9), TIMES))
def test_signs_of_the_extension_count_twice(text: str) -> None:
    told = fit(text, ucs2=False)
    assert text.startswith(told)
    assert length(told) in {MOST_SEPTETS, MOST_SEPTETS - 1} or told == text
