"""Migrations that are killed with SIGKILL half-way, and repeated."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.services.postgres import Postgres

KILLS = 6  # `python -m tests.support.killing_migrations --kills 400` takes more
ROOT = Path(__file__).parents[2]


def trial(*places: str) -> subprocess.CompletedProcess[str]:
    """Kill migrations of the second database; the first shows what would be."""
    return subprocess.run(
        [sys.executable, "-m", "tests.support.killing_migrations", "--kills", str(KILLS), *places],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def told(ended: subprocess.CompletedProcess[str]) -> None:
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.startswith(f"{KILLS} killed, 0 left something half done"), ended.stdout


@pytest.mark.req("N-42")
def test_migrations_of_sqlite_that_are_killed_leave_no_half_and_two_at_once_end_them(
    tmp_path: Path,
) -> None:
    told(trial(*(f"sqlite:///{tmp_path}/{name}.db" for name in ("reference", "killed"))))


@pytest.mark.req("N-42")
def test_migrations_of_postgres_that_are_killed_leave_no_half_and_two_at_once_end_them(
    postgres_server: Postgres, postgres_names: Iterator[str]
) -> None:
    names = next(postgres_names), next(postgres_names)
    try:
        told(trial(*map(postgres_server.create_database, names)))
    finally:
        for name in names:
            postgres_server.drop_database(name)
