"""What `./run` is asked for, and what it hands over."""

from pathlib import Path

import pytest

from tests.support.machine import Machine

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("word", ["help", "-h", "--help"])
def test_help_lists_every_verb_and_needs_no_python(bare_machine: Machine, word: str) -> None:
    answer = bare_machine.run(word)

    assert answer.returncode == 0
    for verb in ("test", "check", "audit", "build", "bench", "trace", "docs", "lock", "help"):
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


def test_the_wheel_is_built_by_the_environment_of_tests(machine: Machine) -> None:
    assert machine.run("build").returncode == 0

    assert machine.asked("-m hatchling") == ["python -m hatchling build --target wheel"]


def test_the_packages_of_the_lock_are_asked_about_and_nothing_is_installed(
    machine: Machine,
) -> None:
    machine.put("pip-audit", '#!/bin/sh\necho "pip-audit $*" >>"$DIARY"\nexit 1\n')

    assert machine.run("audit").returncode == 1
    asked = "pip-audit --require-hashes --disable-pip --requirement requirements/run.txt"
    assert machine.asked("") == [asked]


def test_without_pip_audit_it_says_how_to_get_it(machine: Machine) -> None:
    answer = machine.run("audit")

    assert answer.returncode == 69
    assert "pipx install pip-audit" in answer.stderr
