"""What `./run` is asked for, and what it hands over."""

from pathlib import Path

import pytest

from tests.support.machine import Machine

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("word", ["help", "-h", "--help"])
def test_help_lists_every_verb_and_needs_no_python(bare_machine: Machine, word: str) -> None:
    answer = bare_machine.run(word)

    assert answer.returncode == 0
    for verb in ("test", "check", "bench", "trace", "docs", "lock", "help"):
        assert f"./run {verb}" in answer.stdout


def test_an_unknown_verb_is_a_usage_error(machine: Machine) -> None:
    answer = machine.run("frobnicate")

    assert (answer.returncode, answer.stdout) == (2, "")
    assert "Unknown verb: frobnicate" in answer.stderr


def test_tests_run_side_by_side_unless_told_otherwise(machine: Machine) -> None:
    machine.run("test", "tests/kernel", "-k", "two words")
    machine.run("test", "-n0")

    first, second = machine.asked("-m pytest")
    assert first == "python -m pytest -n 2 tests/kernel -k two words"
    assert second == "python -m pytest -n0"


def test_the_code_of_pytest_is_the_code_of_the_script(machine: Machine) -> None:
    assert machine.run("test", FAKE_PYTEST_CODE="5").returncode == 5
