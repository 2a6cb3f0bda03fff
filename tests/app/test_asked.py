"""What counts as being asked to stop, whoever hears it and how often."""

import os

import pytest

from watchword.app.stopping import MOMENT_SECONDS, Asked, Times, Word
from watchword.app.supervisor import deaths_in_a_row, rest

LATER = 10 * MOMENT_SECONDS


def test_where_one_process_is_the_service_the_first_signal_is_for_all_and_the_second_ends_it() -> (
    None
):
    asked = Asked()
    asked.hear(0.0)
    assert asked.with_all
    assert not asked.again
    asked.hear(LATER)
    assert asked.again


def test_a_process_and_then_its_group_within_a_moment_were_asked_once() -> None:
    times = Times()
    assert [times.hear(now) for now in (0.0, MOMENT_SECONDS / 2, LATER)] == [True, False, True]
    assert times.count == 2


def test_a_key_that_is_held_down_asks_again_after_the_moment() -> None:
    times = Times()
    for tenth in range(11):
        times.hear(tenth * MOMENT_SECONDS / 10)
    assert times.count == 2


@pytest.mark.parametrize("first", ["the group", "the supervisor"])
def test_what_a_process_heard_from_its_group_and_from_its_supervisor_was_said_once(
    first: str,
) -> None:
    word = Word(os.getppid())
    asked = Asked(word)
    if first == "the group":
        asked.hear(0.0)
        assert not asked.with_all
    word.count = 1
    asked.hear(LATER)  # however long the supervisor took
    if first == "the supervisor":
        asked.hear(2 * LATER)
    assert asked.with_all
    assert not asked.again


def test_a_group_that_is_asked_twice_ends_at_once() -> None:
    word = Word(os.getppid())
    asked = Asked(word)
    for times in (1, 2):
        asked.hear(times * 2 * LATER)
        word.count = times
        asked.hear((times * 2 + 1) * LATER)
    assert asked.again


def test_a_process_that_is_asked_twice_alone_ends_at_once_and_alone() -> None:
    asked = Asked(Word(os.getppid()))
    asked.hear(0.0)
    asked.hear(LATER)
    assert asked.again
    assert not asked.with_all


def test_a_process_whose_supervisor_is_gone_leaves_with_all_others() -> None:
    nobody = 0
    assert Asked(Word(nobody)).with_all


def test_who_left_alone_is_not_hurried_when_all_leave() -> None:
    word = Word(os.getppid())
    asked = Asked(word)
    asked.hear(0.0)
    word.count = 1
    asked.hear(LATER)
    assert asked.with_all
    assert not asked.again


def test_an_end_that_was_asked_for_is_no_death_and_its_successor_starts_at_once() -> None:
    killed, failed, asked_by_signal, asked = -9, 1, -15, 0
    assert deaths_in_a_row(3, killed, steady=False) == deaths_in_a_row(3, failed, steady=False) == 4
    assert deaths_in_a_row(3, killed, steady=True) == 1
    for code in (asked, asked_by_signal):
        assert deaths_in_a_row(3, code, steady=False) == 0
    assert rest(0) == 0
