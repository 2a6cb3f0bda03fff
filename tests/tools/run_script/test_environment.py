"""When `./run` installs, and when it has nothing to do."""

import subprocess
from pathlib import Path

from tests.support.machine import Machine

ROOT = Path(__file__).parents[3]


def test_the_second_start_installs_nothing(machine: Machine) -> None:
    machine.run()
    installed = machine.asked("--no-deps")

    answer = machine.run()

    assert answer.returncode == 0
    assert len(installed) == 2
    assert machine.asked("--no-deps") == installed


def test_the_lock_is_installed_by_hash_and_the_package_without_a_network(machine: Machine) -> None:
    machine.run()

    lock, package = machine.asked("--no-deps")
    assert "--require-hashes --no-deps --only-binary :all: -r requirements/run.txt" in lock
    assert "--no-index --no-deps --no-build-isolation -e ." in package


def test_a_new_lock_is_installed(machine: Machine) -> None:
    machine.run()
    (machine.project / "requirements/run.txt").write_text("something==2\n")
    machine.run()

    assert len(machine.asked("--no-deps")) == 4
    assert len(machine.asked("-m venv")) == 1


def test_a_changed_tool_setting_installs_nothing(machine: Machine) -> None:
    machine.run()
    (machine.project / "pyproject.toml").write_text('[project]\nname = "x"\n[tool.x]\na = 2\n')
    machine.run()

    assert len(machine.asked("--no-deps")) == 2


def test_a_test_environment_serves_the_service_too(machine: Machine) -> None:
    machine.run("test")
    machine.run()

    assert len(machine.asked("--no-deps")) == 2


def test_a_moved_folder_gets_a_new_environment(machine: Machine) -> None:
    machine.run()
    moved = Machine(
        project=machine.project.rename(machine.project.with_name("moved")),
        bin=machine.bin,
        diary=machine.diary,
        elsewhere=machine.elsewhere,
    )

    assert moved.run().returncode == 0
    assert len(machine.asked("-m venv")) == 2


def test_another_python_gets_a_new_environment(machine: Machine) -> None:
    machine.run()
    machine.run(FAKE_VERSION="3.11.8")

    assert len(machine.asked("-m venv")) == 2


def test_of_two_starts_at_once_one_installs(machine: Machine) -> None:
    both = [
        subprocess.Popen(
            [machine.project / "run"],
            env=machine.environment(FAKE_SLOWNESS="1"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    said = [start.communicate(timeout=60) for start in both]

    assert [start.returncode for start in both] == [0, 0], said
    assert len(machine.asked("-r requirements/run.txt")) == 1
    assert sum("Another ./run" in talk for _, talk in said) == 1


def test_a_lock_whose_owner_is_gone_does_not_stop_anybody(machine: Machine) -> None:
    gone = subprocess.run(["sh", "-c", "echo $$"], capture_output=True, text=True, check=True)
    lock = machine.project / ".cache/install.lock"
    lock.mkdir(parents=True)
    (lock / "pid").write_text(gone.stdout)

    assert machine.run().returncode == 0
