"""The import contracts hold for the whole house, and each wrong import breaks its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("rules", "store", "service", "api")
SLICES = ("flows/greeting", "flows/parting", "records/names", "records/hats")
FLOORS = (
    *("app", "flows", "provider", "operations", "records"),
    *("migrations", "plumbing", "plumbing/db", "plumbing/web", "adapters", "kernel"),
)

WRONG_IMPORTS = {
    "a noun uses a verb": ("records/names/service", "watchword.flows.greeting.service", "floors"),
    "a verb reaches up": ("flows/greeting/service", "watchword.app", "floors"),
    "a migration uses a noun": ("migrations/first", "watchword.records.names", "floors"),
    "the kernel reaches up": ("kernel/words", "watchword.plumbing", "floors"),
    "a store calls its service": (
        "flows/greeting/store",
        "watchword.flows.greeting.service",
        "slice",
    ),
    "rules read the store": ("records/names/rules", "watchword.records.names.store", "slice"),
    "a room of no name": ("records/names/helpers", "watchword.kernel", "slice"),
    "verbs meet": ("flows/greeting/service", "watchword.flows.parting.service", "Verbs"),
    "nouns meet": ("records/names/service", "watchword.records.hats.service", "Nouns"),
    "a verb picks an adapter": ("flows/greeting/service", "watchword.adapters", "adapters"),
    "rules do I/O": ("records/names/rules", "asyncio", "pure"),
    "rules ask a noun": ("flows/greeting/rules", "watchword.records.names.service", "values"),
    "rules read a noun": ("flows/greeting/rules", "watchword.records.names.store", "values"),
    "the web comes through": ("flows/greeting/service", "starlette.requests", "door"),
    "rules lead to the web": ("flows/greeting/rules", "watchword.plumbing.web.call", "door"),
    "a command answers a request": ("flows/greeting/commands", "starlette.responses", "door"),
    "letters answer a request": ("plumbing/letters", "starlette.responses", "Requests"),
    "a service writes SQL": ("flows/greeting/service", "sqlalchemy", "SQL"),
    "a door writes SQL": ("flows/greeting/api", "sqlalchemy", "SQL"),
    "plumbing reaches up": ("plumbing/db/first", "watchword.plumbing.web", "Plumbing"),
    "plumbing writes SQL": ("plumbing/letters", "sqlalchemy", "SQL"),
}


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A small house of the same plan, with two slices on two floors."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    root = tmp_path / "src/watchword"
    for floor in ("", *FLOORS):
        (root / floor).mkdir(parents=True)
        (root / floor / "__init__.py").touch()
    for part in SLICES:
        (root / part).mkdir()
        for room in ("__init__", *ROOMS):
            (root / part / f"{room}.py").touch()
    (root / "plumbing/web/call.py").write_text("import starlette.requests\n")
    (root / "records/names/store.py").write_text("import sqlalchemy\n")
    return tmp_path


def lint(house: Path) -> subprocess.CompletedProcess[str]:
    """Check the contracts of one house."""
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"],
        cwd=house,
        env={**os.environ, "PYTHONPATH": str(house / "src"), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_house_of_the_plan_keeps_every_contract(house: Path) -> None:
    answer = lint(house)

    assert answer.returncode == 0, answer.stdout
    assert "0 broken" in answer.stdout


@pytest.mark.parametrize("fault", WRONG_IMPORTS)
def test_a_wrong_import_breaks_its_contract(house: Path, fault: str) -> None:
    room, target, contract = WRONG_IMPORTS[fault]
    (house / f"src/watchword/{room}.py").write_text(f"import {target}\n")
    answer = lint(house)

    assert answer.returncode != 0
    broken = [line for line in answer.stdout.splitlines() if line.endswith("BROKEN")]
    assert any(contract in line for line in broken), answer.stdout
