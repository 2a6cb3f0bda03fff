"""The services that tests stand on are real, ours alone, and gone when we are."""

import smtplib

import asyncpg
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
