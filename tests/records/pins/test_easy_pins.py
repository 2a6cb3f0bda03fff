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
        ("0852", "the middle of the keys, upwards"),
        ("1313", "one pair"),
        ("1235", "among the most common of four"),
        ("1000", "among the most common of four"),
        ("1225", "among the most common of four"),
        ("12121", "one pair, the last cut short"),
        ("12312312", "one block, the last cut short"),
        ("12321", "mirrored"),
        ("123321", "mirrored"),
        ("12344321", "mirrored"),
        ("13579", "equal steps"),
        ("97531", "equal steps down"),
        ("11223", "equal steps, in pairs"),
        ("112233", "equal steps, in pairs"),
        ("111222", "two digits, thrice each"),
        ("11223344", "equal steps, in pairs"),
        ("000001", "one digit but for the last"),
        ("123450", "a run but for the last"),
        ("712345", "a run but for the first"),
        ("123789", "two runs"),
        ("000123", "one digit and a run"),
        ("246810", "numbers by steps of two"),
        ("8910111", "numbers by steps of one"),
        ("121314", "pairs by steps of one"),
        ("010203", "pairs by steps of one"),
        ("102030", "pairs by steps of ten"),
        ("05101520", "pairs by steps of five"),
        ("142536", "a pair, each time one higher"),
        ("147369", "two columns of the keys"),
        ("14725", "columns of the keys, the last cut short"),
        ("14725836", "columns of the keys, the last cut short"),
        ("159357", "the diagonals of the keys"),
        ("321987", "two rows of the keys"),
        ("240693", "day, month, year"),
        ("062493", "month, day, year"),
        ("930624", "year, month, day"),
        ("24061993", "day, month, year"),
        ("19930624", "year, month, day"),
        ("90210", "a run but for the first"),
        ("38317", "among the most common of five"),
        ("420420", "one block"),
        ("142857", "among the most common of six"),
        ("8675309", "among the most common of seven"),
        ("10203040", "pairs by steps of ten"),
        ("5501", "in the own number"),
        ("3456", "a run, and in the own number"),
    ],
)
def test_these_are_refused(pin: str, because: str) -> None:
    assert is_easy(pin, YEAR, NUMBER), because


@pytest.mark.parametrize(
    "pin", ["8391", "0937", "2027", "1899", "48291", "482917", "739502", "4829173", "73950261"]
)
def test_these_are_not(pin: str) -> None:
    assert not is_easy(pin, YEAR, NUMBER)


@pytest.mark.parametrize(
    ("length", "every", "share"),
    [(4, 1, 0.05), (5, 7, 0.08), (6, 61, 0.13), (7, 701, 0.03), (8, 7001, 0.07)],
)
def test_most_pins_are_left_to_choose_from(length: int, every: int, share: float) -> None:
    looked_at = range(0, 10**length, every)
    refused = sum(is_easy(f"{number:0{length}d}", YEAR, None) for number in looked_at)
    assert refused < share * len(looked_at)


@given(st.from_regex(r"[0-9]{4,8}", fullmatch=True))
def test_what_is_refused_is_refused_whoever_chooses_it(pin: str) -> None:
    if is_easy(pin, YEAR, None):
        assert is_easy(pin, YEAR, NUMBER)
