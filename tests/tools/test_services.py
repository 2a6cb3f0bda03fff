"""The services that tests stand on are real, ours alone, and gone when we are."""

import smtplib
from pathlib import Path

import asyncpg
import pytest
import redis

from tests.support.services import Postgres, SmtpSink


async def test_the_application_role_cannot_pass_row_level_security(postgres_database: str) -> None:
    connection = await asyncpg.connect(postgres_database)
    role = await connection.fetchrow(
        "SELECT rolname, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole"
        " FROM pg_roles WHERE rolname = current_user"
    )
    owner = await connection.fetchval(
        "SELECT datdba::regrole::text FROM pg_database WHERE datname = current_database()"
    )
    await connection.close()

    assert role is not None
    assert [*role.values()][1:] == [False, False, False, False]
    assert owner == role["rolname"]


async def test_a_database_is_a_copy_of_its_template(
    postgres_server: Postgres, postgres_database: str
) -> None:
    template = postgres_database.rpartition("/")[2]
    connection = await asyncpg.connect(postgres_database)
    await connection.execute("CREATE TABLE word AS SELECT 'watchword' AS text")
    await connection.close()

    copied = await asyncpg.connect(postgres_server.create_database(f"{template}_copy", template))
    word = await copied.fetchval("SELECT text FROM word")
    await copied.close()
    postgres_server.drop_database(f"{template}_copy")

    assert word == "watchword"


async def test_the_server_is_recent_enough(postgres_database: str) -> None:
    connection = await asyncpg.connect(postgres_database)
    version = connection.get_server_version()
    await connection.close()

    assert version.major >= 15


def test_valkey_begins_empty(valkey_url: str) -> None:
    with redis.Redis.from_url(valkey_url) as line:
        assert line.dbsize() == 0
        line.set("left", "behind")


def test_valkey_begins_empty_again(valkey_url: str) -> None:
    with redis.Redis.from_url(valkey_url) as line:
        assert line.dbsize() == 0
        line.set("left", "behind")


def test_the_sink_keeps_a_letter(smtp_sink: SmtpSink) -> None:
    with smtplib.SMTP(smtp_sink.host, smtp_sink.port) as client:
        client.sendmail("from@example.org", ["to@example.org"], "Subject: Hello\n\nA word.")

    (letter,) = smtp_sink.wait_for(1)
    assert (letter.sender, letter.recipients) == ("from@example.org", ("to@example.org",))
    assert letter.message["Subject"] == "Hello"


async def test_a_given_server_is_left_as_it_was_found(postgres_server: Postgres) -> None:
    async def names() -> tuple[int, int]:
        connection = await asyncpg.connect(postgres_server.admin_url)
        roles = await connection.fetchval("SELECT count(*) FROM pg_roles WHERE rolname = $1", role)
        bases = await connection.fetchval(
            "SELECT count(*) FROM pg_database WHERE datname = 'guest'"
        )
        await connection.close()
        return roles, bases

    guest = Postgres.at(postgres_server.admin_url)
    role = guest.app_role
    connection = await asyncpg.connect(guest.create_database("guest"))
    assert await connection.fetchval("SELECT current_user::text") == role
    await connection.close()
    assert await names() == (1, 1)

    guest.stop()
    assert await names() == (0, 0)


@pytest.mark.parametrize("fsync", [True, False])
async def test_a_server_writes_as_safely_as_it_is_asked_to(fsync: bool, tmp_path: Path) -> None:
    server = Postgres.start(tmp_path, fsync=fsync)
    connection = await asyncpg.connect(server.create_database("safe"))
    said = (
        await connection.fetchval("SHOW fsync"),
        await connection.fetchval("SHOW synchronous_commit"),
    )
    await connection.close()
    server.stop()

    assert said == (("on", "on") if fsync else ("off", "off"))
