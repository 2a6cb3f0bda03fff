"""What leaves this machine: encrypted, named as it should be, and nothing in the clear beside it."""

import hashlib
import subprocess
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pyrage
import pytest
import redis
from sqlalchemy import select

from tests.support.backups import Keys, create, settings, verify
from tests.support.program import COMMAND
from tests.support.world import SECRETS, World, environment, open_world
from tests.support.worlds import Opener
from watchword.operations.backup.service import Backups, Kit, Restorer
from watchword.plumbing.db.dumps.contents import DumpFailed
from watchword.plumbing.db.statements import statement
from watchword.records.subscribers.store import users

PEOPLE = statement(select(users.c.email, users.c.status))
SAID = {name: environment("")[name] for name in SECRETS}


@pytest.fixture
def keys() -> Keys:
    return Keys()


def everything(folder: Path) -> bytes:
    """Return all bytes of all files below a folder."""
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def names(folder: Path) -> list[str]:
    """Return what is in a folder."""
    return [path.name for path in folder.iterdir()]


def ran(*command: str, folder: Path | None = None) -> bytes:
    """Run a command that goes well; return what it printed."""
    return subprocess.run(command, cwd=folder, capture_output=True, check=True).stdout


def at_home(world: World, home: Path) -> Kit:
    """Let the service have its configuration there."""
    kit = replace(world.part(Kit), home=home)
    world.house.put(Kit, kit)
    return kit


@pytest.mark.req("N-103", "G-60", "D-28", "D-32")
async def test_nothing_in_the_clear_is_in_a_backup_or_left_beside_it(
    worlds: Opener, tmp_path: Path, keys: Keys
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / ".env").write_text("".join(f"{name}={value}\n" for name, value in SAID.items()))
    (home / "keys").mkdir()
    (home / "keys/signing.pem").write_text("-----BEGIN PRIVATE KEY----- canary")
    before = set(names(tmp_path)) | {"backups"}
    given = settings(tmp_path, keys, BACKUP_CONFIG_PATHS=".env,keys,ssl,config")
    async with worlds(**given) as world:
        at_home(world, home)
        await world.subscriber("canary-of-alice@example.org", phone="+213555000777")
        made = await create(world)
        folder = tmp_path / "backups" / made.id
        kept = everything(tmp_path / "backups")
    assert sorted(name for name in names(folder) if not name.endswith(".sha256")) == sorted(
        [
            f"auth_db_{made.id}.{'dump' if made.database == 'postgresql' else 'sqlite'}.age",
            f"config_{made.id[:8]}.tar.gz.age",
            f"tombstones_{made.id}.jsonl.age",
            "manifest.json",
        ]
    )
    for canary in (b"canary", b"+213555000777", b"Benali", *(v.encode() for v in SAID.values())):
        assert canary not in kept
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o400}
    assert folder.stat().st_mode & 0o777 == 0o700
    sums = [path.name for path in folder.glob("*.sha256")]
    assert ran("sha256sum", "-c", *sums, folder=folder)
    assert (tmp_path / "backups/latest").read_text().strip() == made.id
    assert {name for name in names(tmp_path) if not name.startswith("watchword.db")} <= before
    assert sorted(names(tmp_path / "backups")) == sorted([made.id, "latest", "latest.sha256"])


@pytest.mark.req("G-60", "D-32")
async def test_the_configuration_comes_back_for_its_owner_alone_and_over_nothing(
    small_worlds: Opener, tmp_path: Path, keys: Keys
) -> None:
    (tmp_path / ".env").write_text("A=1\n")
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys/signing.pem").write_text("a key")
    given = settings(tmp_path, keys, BACKUP_CONFIG_PATHS=".env,keys,ssl,config")
    async with small_worlds(**given) as world:
        kit = at_home(world, tmp_path)
        await create(world)
    back = tmp_path / "back"
    made = await Restorer(kit).configuration("latest", keys.identity, back, over=False)
    assert [path.relative_to(back).as_posix() for path in made] == [".env", "keys/signing.pem"]
    assert {path.stat().st_mode & 0o777 for path in made} == {0o600}
    assert (back / ".env").read_text() == "A=1\n"
    (back / ".env").write_text("A=newer\n")
    (back / "keys/signing.pem").unlink()
    with pytest.raises(Exception, match="is there already"):
        await Restorer(kit).configuration("latest", keys.identity, back, over=False)
    assert (back / ".env").read_text() == "A=newer\n"
    assert not (back / "keys/signing.pem").exists()
    await Restorer(kit).configuration("latest", keys.identity, back, over=True)
    assert (back / ".env").read_text() == "A=1\n"


@pytest.mark.needs("age")
async def test_the_tool_age_opens_what_is_made_here_and_finds_the_database_in_it(
    small_worlds: Opener, tmp_path: Path, keys: Keys, age: str
) -> None:
    async with small_worlds(**settings(tmp_path, keys)) as world:
        await world.subscriber()
        made = await create(world)
    sealed = tmp_path / "backups" / made.id / made.parts[0].name
    opened = ran(age, "--decrypt", "--identity", str(keys.file(tmp_path)), str(sealed))
    assert opened.startswith(b"SQLite format 3\0")
    assert hashlib.sha256(opened).hexdigest() == made.parts[0].plain_sha256


@pytest.mark.needs("age")
async def test_keys_of_the_tool_age_are_ours_too(
    small_worlds: Opener, tmp_path: Path, age: str
) -> None:
    made = ran(f"{age}-keygen").decode()
    keys = Keys(pyrage.x25519.Identity.from_str(made.splitlines()[-1]))
    async with small_worlds(**settings(tmp_path, keys)) as world:
        await create(world)
        assert (await verify(world, keys)).faults == []


@pytest.mark.needs("valkey")
async def test_the_state_of_redis_goes_along_and_a_server_starts_from_it(
    small_worlds: Opener, tmp_path: Path, keys: Keys, valkey_url: str
) -> None:
    with redis.Redis.from_url(valkey_url) as line:
        line.set("a count", "7")
    given = settings(tmp_path, keys, BACKUP_REDIS="true", REDIS_URL=valkey_url)
    async with small_worlds(**given) as world:
        made = await create(world)
        kit = world.part(Kit)
        assert (await verify(world, keys)).faults == []
    assert made.part("redis") is not None
    [path] = await Restorer(kit).redis("latest", keys.identity, tmp_path / "dump.rdb", over=False)
    assert path.read_bytes()[:5] in {b"REDIS", b"VALKE"}
    assert b"a count" in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600


async def test_a_redis_that_is_away_is_no_backup(
    small_worlds: Opener, tmp_path: Path, keys: Keys
) -> None:
    given = settings(tmp_path, keys, BACKUP_REDIS="true", REDIS_URL="redis://127.0.0.1:9/0")
    async with small_worlds(**given) as world:
        with pytest.raises(DumpFailed, match="redis"):
            await create(world)
    assert names(tmp_path / "backups") == []


@pytest.mark.req("G-59", "D-28")
async def test_a_dump_that_fails_leaves_nothing(
    postgres_url: str, tmp_path: Path, keys: Keys
) -> None:
    liar = tmp_path / "bin/pg_dump"
    liar.parent.mkdir()
    liar.write_text("#!/bin/sh\necho half a dump; echo cannot go on >&2; exit 1\n")
    liar.chmod(0o755)
    given = settings(tmp_path, keys, BACKUP_POSTGRES_BIN=str(liar.parent))
    async with open_world(postgres_url, tmp_path, **given) as world:
        with pytest.raises(DumpFailed, match="cannot go on"):
            await create(world)
    assert names(tmp_path / "backups") == []


@pytest.mark.req("D-28")
async def test_nobody_reads_the_password_or_a_secret_of_ours_in_the_list_of_processes(
    postgres_url: str, tmp_path: Path, keys: Keys
) -> None:
    seen = tmp_path / "seen"
    tattler = tmp_path / "bin/pg_dump"
    tattler.parent.mkdir()
    real = Path(settings(tmp_path, keys)["BACKUP_POSTGRES_BIN"]) / "pg_dump"
    tattler.write_text(f'#!/bin/sh\n{{ printf "%s " "$@"; env; }} > {seen}\nexec {real} "$@"\n')
    tattler.chmod(0o755)
    given = settings(tmp_path, keys, BACKUP_POSTGRES_BIN=str(tattler.parent))
    async with open_world(postgres_url, tmp_path, **given) as world:
        assert (await create(world)).size
    told, password = seen.read_text(), urlsplit(postgres_url).password
    assert "--format=custom" in told
    assert "passfile=" in told
    assert password
    assert password not in told
    assert [name for name, value in SAID.items() if value in told] == []


def test_a_full_disk_leaves_nothing_and_is_told(
    sqlite_url: str, tmp_path: Path, keys: Keys
) -> None:
    """No file may grow beyond what the database has: its encrypted copy does not fit."""
    size = Path(sqlite_url.removeprefix("sqlite:///")).stat().st_size
    blocks = size // 512
    environ = environment(sqlite_url, **settings(tmp_path, keys))
    command = f"ulimit -f {blocks}; exec {COMMAND} backup create"
    ended = subprocess.run(
        ["/bin/sh", "-c", command],
        env={"PATH": "/usr/bin:/bin", **environ},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 69, ended.stderr
    assert "could not be dumped" in ended.stderr
    assert "File too large" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert names(tmp_path / "backups") == []
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


async def test_what_a_killed_process_left_is_gone_after_the_next_backup(
    small_worlds: Opener, tmp_path: Path, keys: Keys
) -> None:
    left = (tmp_path / "backups/.begun-killed", tmp_path / ".watchword.db-backup-killed")
    for folder in left:
        folder.mkdir(parents=True)
        (folder / "half").write_text("in the clear")
    async with small_worlds(**settings(tmp_path, keys)) as world:
        await create(world)
    assert [folder for folder in left if folder.exists()] == []


async def test_what_never_became_a_backup_is_not_the_latest_and_goes_after_a_day(
    small_worlds: Opener, tmp_path: Path, keys: Keys
) -> None:
    backups = tmp_path / "backups"
    async with small_worlds(**settings(tmp_path, keys)) as world:
        made = await create(world)
        for name, part in (("20290301_120000", "auth_db.age"), ("20200301_120000", ".a.begun")):
            (backups / name).mkdir()
            (backups / name / part).write_text("half")
        assert (await verify(world, keys)).name == made.id
        await world.part(Backups).prune(really=True)
    assert sorted(names(backups)) == sorted(["20290301_120000", made.id, "latest", "latest.sha256"])
