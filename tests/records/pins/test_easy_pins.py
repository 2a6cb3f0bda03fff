"""Which PINs are refused because they are among the first that somebody would try."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchword.records.pins.rules import is_easy

NUMBER = "+213550123456"
YEAR = 2026


@pytest.mark.req("M-13")
@pytest.mark.parametrize(
    ("pin", "because"),
    [
        ("0000", "one digit"),
        ("7777", "one digit"),
        ("1212", "one pair"),
        ("123123", "one block"),
        ("1234", "a run"),
        ("0123", "a run"),
        ("7890", "a run beyond nine"),
        ("4321", "a run down"),
        ("2109", "a run down beyond nought"),
        ("1900", "a year"),
        ("1987", "a year"),
        ("2026", "this year"),
        ("198704", "begins with a year"),
        ("041987", "ends with a year"),
        ("2580", "the middle of the keys"),
        ("5501", "in the own number"),
        ("3456", "a run, and in the own number"),
    ],
)
def test_these_are_refused(pin: str, because: str) -> None:
    assert is_easy(pin, YEAR, NUMBER), because


@pytest.mark.parametrize("pin", ["8391", "0937", "2027", "1899", "482917", "73950261"])
def test_these_are_not(pin: str) -> None:
    assert not is_easy(pin, YEAR, NUMBER)


def test_most_pins_are_left_to_choose_from() -> None:
    refused = sum(is_easy(f"{number:04d}", YEAR, None) for number in range(10_000))
    assert refused < 500


@given(st.from_regex(r"[0-9]{4,8}", fullmatch=True))
def test_what_is_refused_is_refused_whoever_chooses_it(pin: str) -> None:
    if is_easy(pin, YEAR, None):
        assert is_easy(pin, YEAR, NUMBER)
