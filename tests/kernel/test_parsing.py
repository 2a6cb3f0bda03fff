"""Parsing: what is written in a setting is read as meant, or refused with a sentence."""

import contextlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchword.kernel.parsing import boolean, choice, duration, listed, milliseconds, whole


@pytest.mark.parametrize(
    ("text", "meant"),
    [("15m", timedelta(minutes=15)), ("7d", timedelta(days=7)), ("900", timedelta(minutes=15)),
     ("250ms", timedelta(milliseconds=250)), ("1 h", timedelta(hours=1)), ("2W", timedelta(weeks=2)),
     (" 30s ", timedelta(seconds=30))],
)  # fmt: skip
def test_durations(text: str, meant: timedelta) -> None:
    assert duration(text) == meant


@pytest.mark.parametrize("text", ["true", "YES", "on", "1", " True "])
def test_yes(text: str) -> None:
    assert boolean(text) is True


@pytest.mark.parametrize("text", ["false", "no", "OFF", "0"])
def test_no(text: str) -> None:
    assert boolean(text) is False


def test_lists_lose_their_blanks() -> None:
    assert listed(" a, b ,,c ") == ("a", "b", "c")
    assert listed("") == ()


def test_bounds_are_kept_and_told() -> None:
    assert whole(1, 10)("10") == 10
    with pytest.raises(ValueError, match="from 1 to 10"):
        whole(1, 10)("11")
    with pytest.raises(ValueError, match="at least 1"):
        whole(1)("0")


PARSERS: list[Callable[[str], Any]] = [
    boolean,
    duration,
    milliseconds,
    whole(0),
    whole(-5, 5),
    choice("a", "b"),
]


@pytest.mark.parametrize("parse", PARSERS)
@given(text=st.text(max_size=30) | st.from_regex(r"\d{1,40}(ms|s|m|h|d|w)?", fullmatch=True))
def test_whatever_is_written_is_read_or_refused(parse: Callable[[str], Any], text: str) -> None:
    with contextlib.suppress(ValueError):
        parse(text)


@pytest.mark.parametrize("text", ["", "0m", "m", "5 years", "-5m", "9" * 40, "1.5h"])
def test_what_is_no_duration_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="15m"):
        duration(text)
