"""Whose words: the first that was said, of languages we speak; and Molam's way to look words up."""

from pathlib import Path

import pytest

import watchword
from watchword.plumbing.words.languages import LANGUAGES, Words, choose_language, load_words

ROOT = Path(watchword.__file__).parent
SAID = {
    "asked": "fr",
    "preferred": "ar",
    "accepted": "en",
    "seen": "ar",
    "country": "SN",
    "default": "ar",
}
KEYS = (
    "OTP_SMS",
    "OTP_EMAIL_SUBJECT",
    "OTP_EMAIL_BODY",
    "PIN_OTP_EMAIL_SUBJECT",
    "PIN_OTP_EMAIL_BODY",
)


@pytest.fixture(scope="module")
def words() -> Words:
    return load_words(sorted(path.parent for path in ROOT.rglob("words/en.toml")))


@pytest.mark.req("M-43")
@pytest.mark.parametrize(
    ("silent", "chosen"),
    [
        ((), "fr"),
        (("asked",), "ar"),
        (("asked", "preferred"), "en"),
        (("asked", "preferred", "accepted"), "ar"),
        (("asked", "preferred", "accepted", "seen"), "fr"),
        (("asked", "preferred", "accepted", "seen", "country"), "ar"),
        (("asked", "preferred", "accepted", "seen", "country", "default"), "en"),
    ],
)
def test_the_first_that_speaks_is_heard(silent: tuple[str, ...], chosen: str) -> None:
    assert choose_language(**{k: v for k, v in SAID.items() if k not in silent}) == chosen


@pytest.mark.parametrize(
    ("said", "chosen"),
    [
        ({"asked": "tlh", "preferred": "fr"}, "fr"),
        ({"asked": "fr-SN"}, "fr"),
        ({"asked": "FR_dz"}, "fr"),
        ({"preferred": "", "accepted": "de, tlh;q=0.9, ar-DZ;q=0.3"}, "ar"),
        ({"accepted": "*;q=x,,;;q=,fr;q=0", "country": "dz"}, "ar"),
        ({"country": "SN", "default": "ar"}, "fr"),
        ({"country": "JP", "default": "fr"}, "fr"),
        ({"country": "", "default": "tlh"}, "en"),
        ({}, "en"),
    ],
)
def test_what_we_do_not_speak_is_not_heard(said: dict[str, str], chosen: str) -> None:
    assert choose_language(**said) == chosen


@pytest.mark.req("M-40")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", KEYS)
def test_molams_keys_are_there_in_every_language(words: Words, key: str, language: str) -> None:
    told = words.t(language, key, {"otp": "492817", "ttl": "5"})
    assert ("492817" in told) == ("SUBJECT" not in key)
    assert "{" not in told


@pytest.mark.req("M-40")
def test_a_language_we_do_not_speak_is_english(words: Words) -> None:
    assert words.t("wo", "OTP_EMAIL_SUBJECT") == words.t("en", "OTP_EMAIL_SUBJECT")


@pytest.mark.req("M-40")
def test_a_key_that_is_not_there_is_an_error(words: Words) -> None:
    with pytest.raises(KeyError):
        words.t("fr", "OTP_FAX")


@pytest.mark.req("M-39")
@pytest.mark.parametrize(
    ("seconds", "told"),
    [(300, "5 minutes"), (359, "5 minutes"), (60, "1 minute"), (59, "less than")],
)
def test_texts_tell_whole_minutes_and_never_none(words: Words, seconds: int, told: str) -> None:
    assert told in words.t("en", "OTP_SMS", {"otp": "1", "ttl": str(seconds // 60)})
    assert told in words.duration("en", seconds // 60)


@pytest.mark.parametrize(
    ("minutes", "told"),
    [
        (119, "119 minutes"),
        (120, "2 hours"),
        (2879, "47 hours"),
        (2880, "2 days"),
        (10080, "7 days"),
    ],
)
def test_a_long_time_is_told_in_hours_and_days(words: Words, minutes: int, told: str) -> None:
    assert words.duration("en", minutes) == told
