"""A disk that is full, and has room again: SQLite, backups and log files of one service."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.support.backups import Keys
from tests.support.running import ask, ports, wait_until_ready
from tests.support.small_disk import command_on_a_full_disk, kinds
from tests.support.world import PASSWORD, environment
from watchword.plumbing.commands.console import Exit


def accounts(database: Path) -> set[str]:
    """Return the addresses that there are accounts of, in a file that is whole."""
    with sqlite3.connect(database) as line:
        assert line.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return {address for (address,) in line.execute("SELECT email FROM users")}


@pytest.mark.parametrize("kind", kinds())
def test_on_a_full_disk_writing_is_refused_reading_goes_on_and_room_heals_it(
    sqlite_url: str, tmp_path: Path, kind: str
) -> None:
    chosen, kept = ports(), tmp_path / "kept"
    kept.mkdir()
    database = kept / "watchword.db"
    shutil.copy(sqlite_url.removeprefix("sqlite:///"), database)
    base = f"http://127.0.0.1:{chosen['PORT']}"
    given = {"WEB_CONCURRENCY": "1", "HOST": "127.0.0.1", "LOG_DIR": str(kept / "logs"), **chosen}

    def register(name: str) -> tuple[int, object]:
        body = {"email": f"{name}@example.org", "password": PASSWORD, "first_name": "A"}
        status, told = ask(f"{base}/api/v1/auth/register", {**body, "last_name": "B"})
        return status, told.get("code")

    with kinds()[kind](kept, **environment(f"sqlite:///{database}", **given)) as disk:
        wait_until_ready(base)
        [well, _] = register("before")
        assert well < 300
        with disk.full():
            for number in range(3):
                assert register(f"during{number}") == (503, "database_unavailable")
            assert ask(f"{base}/live")[0] == 200
            assert ask(f"{base}/.well-known/jwks.json")[0] == 200
        assert register("after") == (well, None)
        assert register("during0") == (well, None)
        there = {f"{name}@example.org" for name in ("before", "after", "during0")}
        shutil.copytree(disk.seen(kept), tmp_path / "seen")
        assert accounts(tmp_path / "seen" / "watchword.db") == there
        written = (tmp_path / "seen" / "logs" / "combined.log").read_text()
        assert '"message":"request"' in written
        assert disk.service.stop() == 0


def test_commands_on_a_full_disk_say_so_and_leave_nothing_half(
    sqlite_url: str, tmp_path: Path
) -> None:
    environ = environment(
        sqlite_url,
        BACKUP_RECIPIENT=Keys().recipient,
        BACKUP_DIR=str(tmp_path / "backups"),
        BACKUP_CONFIG_PATHS="-",
    )
    made = command_on_a_full_disk("backup", "create", folder=tmp_path, **environ)
    assert made.returncode not in {0, 1}, made.stderr
    assert "Traceback" not in made.stderr
    assert [*tmp_path.glob("backups/*")] == []
    migrated = command_on_a_full_disk(
        "migrate",
        "up",
        folder=tmp_path,
        **{**environ, "DATABASE_URL": f"sqlite:///{tmp_path}/new.db"},
    )
    assert migrated.returncode == Exit.UNAVAILABLE, migrated.stderr
    assert "Traceback" not in migrated.stderr
    assert accounts(Path(sqlite_url.removeprefix("sqlite:///"))) == set()
