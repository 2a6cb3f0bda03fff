"""Reloading: who works on the source sees the change without starting the service by hand."""

import shutil
from pathlib import Path

import pytest

import watchword
from tests.support.environments import production
from tests.support.ports import own_address
from tests.support.running import ask, ports, started, until

SOURCE = Path(watchword.__file__).parent


def edit(path: Path, old: str, new: str) -> None:
    """Write other words into a file of the source."""
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


@pytest.mark.req("M-09")
def test_a_change_of_the_source_is_served_and_a_mistake_in_it_is_not_the_end(
    tmp_path: Path,
) -> None:
    copied = tmp_path / "src" / "watchword"
    shutil.copytree(SOURCE, copied, ignore=shutil.ignore_patterns("__pycache__"))
    door = copied / "operations" / "health" / "api.py"
    given = {**ports(), "PYTHONPATH": str(copied.parent)}
    base = f"http://localhost:{given['PORT']}"

    def lives(word: str) -> bool:
        try:
            return ask(f"{base}/live") == (200, {"status": word})
        except OSError:
            return False

    with started(tmp_path, "serve", "--dev", "--reload", **given) as service:
        until(lambda: lives("alive"), "served")
        edit(door, 'status: str = "alive"', 'status: str = "alive')
        service.wait_for("SyntaxError")
        edit(door, 'status: str = "alive', 'status: str = "awake"')
        until(lambda: lives("awake"), "served anew")
        assert service.stop() == 0
    assert not lives("awake")


@pytest.mark.req("A-27")
@pytest.mark.parametrize("options", [[], ["--reload"]], ids=["for good", "for development"])
def test_one_command_each_answers_on_the_profiles_port(
    tmp_path: Path, migrated_sqlite: Path, options: list[str]
) -> None:
    (tmp_path / "var").mkdir()
    shutil.copy(migrated_sqlite, tmp_path / "var" / "watchword.db")
    host = own_address()  # where port 3000 is free
    given = {"APP_ENV": "development", "APP_PROFILE": "ariya", "JWT_SECRET": "weak", "HOST": host}
    with started(tmp_path, "serve", *options, **given) as service:

        def answers() -> bool:
            try:
                return ask(f"http://{host}:3000/api/health")[0] == 200
            except OSError:
                return False

        until(answers, "answered on 3000")
        assert service.stop() == 0


@pytest.mark.parametrize("options", [["--reload"], ["--dev", "--reload"]])
def test_production_is_not_reloaded(tmp_path: Path, options: list[str]) -> None:
    with started(tmp_path, "serve", *options, **production()) as service:
        assert service.process.wait(30) == 1
        assert "is for development" in service.said
