"""`watchword db ...`: demo accounts, slow statements, used indexes."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.environments import production
from tests.support.program import watchword
from tests.support.services.postgres import Postgres
from tests.support.terminal import Terminal
from tests.support.world import migrate, open_world


@pytest.mark.req("R-07")
def test_after_migrating_and_seeding_there_is_somebody_to_sign_in_as(tmp_path: Path) -> None:
    environ = {
        "APP_ENV": "development",
        "JWT_SECRET": "weak",
        "DATABASE_URL": f"sqlite:///{tmp_path}/demo.db",
    }
    for words in (("migrate", "up"), ("db", "seed")):
        done = watchword(*words, cwd=tmp_path, environ=environ)
        assert done.returncode == 0, done.stderr
    accounts = [line.split("\t") for line in done.stdout.splitlines()[1:]]
    assert [(email, role) for email, role, _ in accounts] == [
        ("ada@example.org", "admin"),
        ("zoe@example.org", "vendor"),
        ("amal@example.org", "user"),
    ]
    (password,) = {password for _, _, password in accounts}
    assert len(password) == 22

    async def everybody_enters() -> None:
        async with open_world(environ["DATABASE_URL"], tmp_path, **_secrets(tmp_path)) as world:
            for email, role, _ in accounts:
                async with world.client() as client:
                    told = await world.sign_in(client, email, password)
                    assert (told["user"]["role"], told["user"]["email_verified"]) == (role, True)

    asyncio.run(everybody_enters())
    again = watchword("db", "seed", cwd=tmp_path, environ=environ)
    assert again.returncode == 0
    assert password not in again.stdout, "what is there stays as it is"


def _secrets(folder: Path) -> dict[str, str]:
    """Return the pepper that development derived."""
    from watchword.app.settings import read
    from watchword.plumbing.settings import SecretSettings

    environ = {"APP_ENV": "development", "JWT_SECRET": "weak"}
    return {"PEPPER": read(environ, cwd=folder).section(SecretSettings).pepper.reveal()}


@pytest.mark.req("R-07")
def test_production_is_not_seeded(tmp_path: Path) -> None:
    environ = production(
        DATABASE_URL=f"sqlite:///{tmp_path}/real.db", REDIS_URL="", REDIS_REQUIRED="false"
    )
    assert watchword("migrate", "up", cwd=tmp_path, environ=environ).returncode == 0
    refused = watchword("db", "seed", cwd=tmp_path, environ=environ)
    assert (refused.returncode, refused.stdout) == (77, "")
    assert "development" in refused.stderr
    counted = watchword("stats", "--json", cwd=tmp_path, environ=environ)
    assert '"active":0' in counted.stdout.replace(" ", "")


@pytest.fixture(scope="module")
def counting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """Yield a server that counts statements."""
    folder = tmp_path_factory.mktemp("counting")
    preload = {"shared_preload_libraries": "pg_stat_statements"}
    server = Postgres.start(folder, fsync=False, settings=preload)
    yield server
    server.stop()


@pytest.mark.req("G-70", "D-53")
@pytest.mark.needs("postgres")
def test_slow_statements_are_told_by_their_mean(counting: Postgres, tmp_path: Path) -> None:
    url = counting.create_database("watched")
    asyncio.run(migrate.up(url))
    counting.execute("CREATE EXTENSION pg_stat_statements", database="watched")
    counting.execute("GRANT pg_read_all_stats TO watchword_app")
    terminal = Terminal(url, tmp_path)
    terminal.run("stats")
    found = terminal.run("db", "slow", "--most", "5", "--json").json
    assert 0 < len(found) <= 5
    means = [each["mean_ms"] for each in found]
    assert means == sorted(means, reverse=True)
    everything = terminal.run("db", "slow", "--most", "500", "--json").json
    [counted] = [each for each in everything if "FROM users GROUP BY" in each["statement"]]
    assert counted["calls"] == 1
    assert counted["total_ms"] == counted["mean_ms"] > 0


@pytest.mark.needs("postgres")
def test_a_server_that_does_not_count_is_told_so(postgres_url: str, tmp_path: Path) -> None:
    said = Terminal(postgres_url, tmp_path).run("db", "slow")
    assert (said.code, said.out) == (1, "")
    assert "pg_stat_statements" in said.err


@pytest.mark.req("G-70")
@pytest.mark.needs("postgres")
def test_indexes_are_told_by_their_use(postgres_url: str, tmp_path: Path) -> None:
    found = Terminal(postgres_url, tmp_path).run("db", "indexes", "--json").json
    names = {each["index"]: each for each in found}
    assert names["idx_sessions_digest"]["table"] == "sessions"
    assert names["idx_sessions_digest"]["bytes"] > 0
    scans = [each["scans"] for each in found]
    assert scans == sorted(scans)


@pytest.mark.parametrize("words", [("db", "slow"), ("db", "indexes")])
def test_sqlite_counts_neither(sqlite_url: str, tmp_path: Path, words: tuple[str, ...]) -> None:
    said = Terminal(sqlite_url, tmp_path).run(*words)
    assert (said.code, said.out) == (1, "")
    assert "SQLite" in said.err
