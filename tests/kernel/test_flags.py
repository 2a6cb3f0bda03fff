"""A share of a hundred: the same people each time, and with more of them the more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchword.kernel.flags import OFF, ON, share_of, told, within

shares = st.integers(OFF, ON)


@given(st.text(), st.text(), shares, shares)
def test_whoever_is_within_a_share_is_within_every_larger_one(
    flag: str, who: str, one: int, other: int
) -> None:
    smaller, larger = sorted((one, other))

    assert within(larger, flag, who) or not within(smaller, flag, who)


@given(st.text(), st.text())
def test_on_is_for_everybody_and_off_for_nobody(flag: str, who: str) -> None:
    assert within(ON, flag, who)
    assert not within(OFF, flag, who)


def test_a_quarter_of_the_people_is_a_quarter_and_another_flag_draws_others() -> None:
    people = [f"person-{number}@example.org" for number in range(4000)]

    one = {who for who in people if within(25, "one", who)}
    other = {who for who in people if within(25, "other", who)}

    assert 900 < len(one) < 1100
    assert 180 < len(one & other) < 320


@given(shares)
def test_what_is_told_is_read_again(share: int) -> None:
    assert share_of(told(share)) == share


@pytest.mark.parametrize(
    "text", ["", "yes", "101%", "-1%", "25", "2.5%", "%", "\N{ARABIC-INDIC DIGIT FIVE}%%"]
)
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="25%"):
        share_of(text)
