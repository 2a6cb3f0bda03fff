"""How `./run` hands over to the service, from wherever it is called."""

import subprocess
import time
from pathlib import Path

import pytest

from tests.support.machine import Machine

ROOT = Path(__file__).parents[3]


def test_the_start_hands_over_to_the_service(machine: Machine) -> None:
    answer = machine.run("start", "--port", "9000")

    first, second, service = answer.stdout.splitlines()
    assert answer.returncode == 0
    assert first.startswith("[1/4] Python 3.11.7 found ")
    assert second.startswith("[2/4] Environment .venv ready ")
    assert first.endswith(" s")
    assert len(first) == len(second) == 64
    words = service.split()
    assert words[:6] == ["watchword", "serve", "--dev", "--port", "9000", "since"]
    assert abs(float(words[6]) - time.time()) < 60
    assert f"in {machine.project} as" in service


def test_options_without_a_verb_are_the_services(machine: Machine) -> None:
    answer = machine.run("--reload")

    service = answer.stdout.splitlines()[-1]
    assert answer.returncode == 0
    assert service.split()[:4] == ["watchword", "serve", "--dev", "--reload"]


@pytest.mark.parametrize("absolute", [True, False])
def test_a_link_to_the_script_starts_the_service_from_anywhere(
    machine: Machine, *, absolute: bool
) -> None:
    script = machine.project / "run"
    near = machine.project.parent / "watchword-run"
    near.symlink_to(script if absolute else script.relative_to(near.parent))
    far = machine.bin / "start-watchword"
    far.symlink_to(Path("..") / near.name)
    answer = subprocess.run(
        ["sh", "-c", "start-watchword start"],
        cwd=machine.elsewhere,
        env=machine.environment(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert answer.returncode == 0, answer.stderr
    assert f" in {machine.project} as " in answer.stdout


def test_a_search_path_of_cd_leads_nowhere_else(machine: Machine) -> None:
    decoy = machine.elsewhere / machine.project.name
    decoy.mkdir()
    answer = subprocess.run(
        ["sh", f"{machine.project.name}/run", "start"],
        cwd=machine.project.parent,
        env=machine.environment(CDPATH=str(machine.elsewhere)),
        capture_output=True,
        text=True,
        check=False,
    )

    assert answer.returncode == 0, answer.stderr
    assert f" in {machine.project} as " in answer.stdout


def test_the_service_takes_the_place_of_the_shell(machine: Machine) -> None:
    with subprocess.Popen(
        [machine.project / "run"],
        env=machine.environment(),
        stdout=subprocess.PIPE,
        text=True,
    ) as started:
        said, _ = started.communicate(timeout=60)

    assert said.rstrip().endswith(f"as {started.pid}")
