"""A development that no secret was ever made for makes its own first one; production never does."""

import stat
from pathlib import Path

import pytest

from tests.support.program import watchword
from tests.support.running import ports, started

ROOT = Path("var/secrets/JWT_SECRET")


@pytest.mark.req("N-02", "K-12")
def test_it_starts_with_a_warning_and_keeps_its_secret(tmp_path: Path) -> None:
    made = []
    for _ in range(2):
        with started(tmp_path, "serve", NODE_ENV="development", **ports()) as service:
            service.wait_for("watchword migrate up")
            service.stop()
        made.append((tmp_path / ROOT).read_text())

    assert made[0] == made[1]
    assert made[0].startswith("development-")
    assert stat.S_IMODE((tmp_path / ROOT).stat().st_mode) == 0o600


@pytest.mark.req("N-02", "K-12")
@pytest.mark.parametrize("kind", ["production", "staging"])
def test_where_people_are_served_nothing_is_made(tmp_path: Path, kind: str) -> None:
    answer = watchword("serve", cwd=tmp_path, environ={"NODE_ENV": kind})

    assert answer.returncode == 1
    assert "JWT_SECRET: is missing" in answer.stderr
    assert not (tmp_path / "var").exists()


@pytest.mark.req("K-12")
def test_where_another_folder_keeps_the_secrets_nothing_is_made(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    told = {"NODE_ENV": "development", "SECRETS_DIR": "elsewhere"}
    answer = watchword("serve", cwd=tmp_path, environ=told)

    assert answer.returncode == 1
    assert "JWT_SECRET: is missing" in answer.stderr
    assert not (tmp_path / "var").exists()
