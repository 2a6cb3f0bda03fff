"""Sealed bytes open with their key, in their place, untouched; and not otherwise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchword.kernel.chance import SystemChance
from watchword.plumbing.sealing import SealBroken, SealedElsewhere, Sealer, derive

SEALER = Sealer(derive("a secret of some length", "letters"), SystemChance())


@given(plain=st.binary(max_size=500), context=st.text(max_size=40))
def test_what_was_sealed_opens(plain: bytes, context: str) -> None:
    assert SEALER.open(SEALER.seal(plain, context), context) == plain


@given(plain=st.binary(max_size=100), place=st.integers(0, 200), bit=st.integers(0, 7))
def test_one_bit_is_enough_to_break_a_seal(plain: bytes, place: int, bit: int) -> None:
    sealed = bytearray(SEALER.seal(plain, "outbox:1"))
    sealed[place % len(sealed)] ^= 1 << bit

    with pytest.raises(SealBroken):
        SEALER.open(bytes(sealed), "outbox:1")


@given(st.binary(max_size=40))
def test_what_was_never_sealed_does_not_open(sealed: bytes) -> None:
    with pytest.raises(SealBroken):
        SEALER.open(sealed, "outbox:1")


def test_a_seal_belongs_to_its_place_and_its_purpose() -> None:
    sealed = SEALER.seal(b"letter", "outbox:1")
    other = Sealer(derive("a secret of some length", "keys"), SystemChance())

    with pytest.raises(SealBroken):
        SEALER.open(sealed, "outbox:2")
    with pytest.raises(SealBroken):
        other.open(sealed, "outbox:1")


def test_the_same_bytes_are_never_sealed_alike() -> None:
    assert len({SEALER.seal(b"letter", "outbox:1") for _ in range(100)}) == 100


def test_a_seal_says_which_key_made_it() -> None:
    sealed = SEALER.seal(b"letter", "outbox:1")
    again = Sealer(derive("a secret of some length", "letters"), SystemChance())
    other = Sealer(derive("another secret of some length", "letters"), SystemChance())

    assert sealed[1:5] == SEALER.key_id == again.key_id != other.key_id
    assert SEALER.key_id not in derive("a secret of some length", "letters")
    with pytest.raises(SealedElsewhere):
        other.open(sealed, "outbox:1")


def test_what_the_first_version_sealed_still_opens() -> None:
    sealed = SEALER.seal(b"letter", "outbox:1")

    assert SEALER.open(b"\x01" + sealed[5:], "outbox:1") == b"letter"
