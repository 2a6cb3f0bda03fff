"""Machines to try `./run` on, without Python and with one."""

from pathlib import Path

import pytest

from tests.support.machine import FAKE_PYTHON, Machine, bare


@pytest.fixture
def bare_machine(tmp_path: Path) -> Machine:
    return bare(tmp_path)


@pytest.fixture
def machine(bare_machine: Machine) -> Machine:
    bare_machine.put("python3.11", FAKE_PYTHON)
    return bare_machine
