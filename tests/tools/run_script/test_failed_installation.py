"""An installation that fails says what to do, and heals."""

from pathlib import Path

import pytest

from tests.support.machine import Machine

ROOT = Path(__file__).parents[3]


def test_an_interrupted_installation_heals_on_the_next_start(machine: Machine) -> None:
    machine.run(FAKE_PIP_SAYS="Killed")
    (machine.project / ".venv/half-made").touch()
    assert not machine.is_stamped

    assert machine.run().returncode == 0
    assert machine.is_stamped
    assert not (machine.project / ".venv/half-made").exists()


@pytest.mark.parametrize(
    ("said", "code", "told"),
    [
        ("OSError: [Errno 28] No space left on device", 75, "The disk is full"),
        ("NewConnectionError: Failed to establish a new connection", 69, "cannot be reached"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", 69, "not the one the lock names"),
        ("ERROR: something unheard of", 69, ".cache/install.log"),
    ],
)
def test_a_failed_installation_says_what_to_do(
    machine: Machine, said: str, code: int, told: str
) -> None:
    answer = machine.run(FAKE_PIP_SAYS=said)

    assert answer.returncode == code
    assert told in answer.stderr
    assert not machine.is_stamped
    assert not (machine.project / ".cache/install.lock").exists()
