"""Secrets: they do not print; what is minted is recognised, what is altered is not."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchword.kernel.chance import SystemChance
from watchword.kernel.secret import (
    Peppers,
    Secret,
    base62,
    mint_token,
    token_from,
    token_version,
)

entropy = st.binary(min_size=32, max_size=32)
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-."
PEPPERS = Peppers(7, {7: b"k" * 32, 6: b"o" * 32})


@given(entropy=entropy, version=st.integers(1, 9999))
def test_what_is_minted_is_recognised(entropy: bytes, version: int) -> None:
    assert token_version("rt", token_from("rt", version, entropy).reveal()) == version


@given(entropy=entropy, place=st.integers(0, 60), sign=st.sampled_from(ALPHABET))
def test_any_altered_character_is_refused(entropy: bytes, place: int, sign: str) -> None:
    token = token_from("s", 7, entropy).reveal()
    place %= len(token)
    altered = token[:place] + sign + token[place + 1 :]

    assert altered == token or token_version("s", altered) is None


@given(entropy=entropy, cut=st.integers(0, 60))
def test_a_token_cut_short_or_made_longer_is_refused(entropy: bytes, cut: int) -> None:
    token = token_from("s", 7, entropy).reveal()

    assert token_version("s", token[: cut % len(token)]) is None
    assert token_version("s", token + "0") is None


def test_a_token_of_one_kind_is_none_of_another() -> None:
    token = mint_token("rt", PEPPERS, SystemChance()).reveal()

    assert token_version("s", token) is None
    assert token_version("r", token) is None


@given(st.text(max_size=80))
def test_whatever_somebody_sends_is_read_without_trouble(text: str) -> None:
    assert token_version("s", text) is None


def test_a_token_is_long_enough_and_leak_scanners_know_it() -> None:
    token = mint_token("s", PEPPERS, SystemChance()).reveal()

    assert re.fullmatch(r"wws_7_[0-9A-Za-z]{49}", token)
    assert 62**43 >= 2**256


@given(a=entropy, b=entropy)
def test_different_entropy_gives_different_tokens(a: bytes, b: bytes) -> None:
    assert (token_from("s", 1, a) == token_from("s", 1, b)) is (a == b)


@given(st.integers(0, 62**6 - 1))
def test_base62_keeps_the_order_of_numbers(number: int) -> None:
    assert base62(number, 6) <= base62(62**6 - 1, 6)
    assert len(base62(number, 6)) == 6


def test_a_digest_is_bound_to_purpose_parts_and_version() -> None:
    digests = {
        PEPPERS.digest("reset", "a", "b"),
        PEPPERS.digest("verify", "a", "b"),
        PEPPERS.digest("reset", "b", "a"),
        PEPPERS.digest("reset", "a"),
        PEPPERS.digest("reset", "a", "b", version=6),
    }

    assert len(digests) == 5
    assert {len(digest) for digest in digests} == {32}


def test_text_and_bytes_of_the_same_letters_have_one_digest() -> None:
    assert PEPPERS.digest("p", "é") == PEPPERS.digest("p", "é".encode())


def test_an_unknown_version_is_an_error_and_not_a_guess() -> None:
    with pytest.raises(KeyError):
        PEPPERS.digest("p", "x", version=5)


def test_a_secret_does_not_print() -> None:
    secret = Secret("hunter2")

    assert "hunter2" not in f"{secret} {secret!r} {[secret]} {PEPPERS}"
    assert secret.reveal() == "hunter2"
    assert (bool(secret), bool(Secret("")), len(secret)) == (True, False, 7)
    assert secret == Secret("hunter2")
    assert secret != "hunter2"


def test_peppers_do_not_print() -> None:
    assert "k" * 32 not in repr(PEPPERS)
