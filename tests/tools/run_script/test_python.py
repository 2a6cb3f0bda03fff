"""Which Python and which installer `./run` takes, and what it says where there is none."""

from pathlib import Path

from tests.support.machine import FAKE_PYTHON, FAKE_UV, Machine

ROOT = Path(__file__).parents[3]


def test_without_python_the_command_that_mends_it_is_named(bare_machine: Machine) -> None:
    answer = bare_machine.run()

    assert answer.returncode == 69
    assert "No Python 3.11 or newer found" in answer.stderr
    assert "apt-get install python3-venv" in answer.stderr


def test_an_old_python_does_not_count(machine: Machine) -> None:
    assert machine.run(FAKE_OLD="yes").returncode == 69


def test_a_chosen_python_that_is_too_old_is_refused(bare_machine: Machine) -> None:
    python = bare_machine.put("snake", FAKE_PYTHON)

    assert bare_machine.run(PYTHON=str(python)).returncode == 0
    answer = bare_machine.run(PYTHON=str(python), FAKE_OLD="yes", FAKE_VERSION="3.9.0")
    assert answer.returncode == 69
    assert f"PYTHON={python}" in answer.stderr


def test_a_python_without_ensurepip_borrows_the_system_pip(machine: Machine) -> None:
    answer = machine.run(FAKE_NO_ENSUREPIP="yes", FAKE_SYSTEM_PIP="yes")

    assert answer.returncode == 0
    assert machine.asked(f"-m pip --python {machine.project}/.venv/bin/python install")


def test_a_python_without_any_pip_names_the_command_that_mends_it(machine: Machine) -> None:
    machine.put("id", "#!/bin/sh\necho 1000\n")
    answer = machine.run(FAKE_NO_ENSUREPIP="yes")

    assert answer.returncode == 69
    assert "apt-get install python3-venv" in answer.stderr
    assert not (machine.project / ".venv").exists()


def test_root_on_a_bare_debian_installs_what_is_missing(machine: Machine) -> None:
    machine.put("id", "#!/bin/sh\necho 0\n")
    machine.put("apt-get", '#!/bin/sh\necho "apt-get $*" >>"$DIARY"\n')
    machine.run(FAKE_NO_ENSUREPIP="yes")

    assert "install -y --no-install-recommends python3-venv" in machine.asked("apt-get")[0]


def test_uv_is_used_where_it_is_at_hand(machine: Machine) -> None:
    machine.put("uv", FAKE_UV)

    assert machine.run().returncode == 0
    assert len(machine.asked("uv pip install")) == 2
    assert not machine.asked("-m pip")


def test_pip_takes_over_where_uv_fails(machine: Machine) -> None:
    machine.put("uv", FAKE_UV)

    assert machine.run(FAKE_UV_FAILS="yes").returncode == 0
    assert len(machine.asked("-m pip install --no-compile --")) == 2
