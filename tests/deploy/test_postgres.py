"""The files of deploy/postgres on a real PostgreSQL: what it says, who is let in, what is there at first."""

import re
import subprocess
from pathlib import Path

import asyncpg
import pytest

from tests.support.relay import certificate
from tests.support.services.operated import SHIPPED, Operated
from tests.support.world import open_world
from watchword.kernel.problems import Unavailable

pytestmark = pytest.mark.needs("postgres_by_tls")

SHOWN = {
    "max_connections": "100",
    "shared_buffers": "1GB",
    "effective_cache_size": "3GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "512MB",
    "wal_buffers": "16MB",
    "checkpoint_completion_target": "0.9",
    "checkpoint_timeout": "10min",
    "max_wal_size": "2GB",
    "min_wal_size": "1GB",
    "random_page_cost": "1.1",
    "effective_io_concurrency": "200",
    "ssl": "on",
    "ssl_min_protocol_version": "TLSv1.2",
    "password_encryption": "scram-sha-256",
    "log_destination": "csvlog",
    "logging_collector": "on",
    "log_filename": "postgresql-%Y-%m-%d_%H%M%S.log",
    "log_min_duration_statement": "1s",
    "log_checkpoints": "on",
    "log_connections": "on",
    "log_disconnections": "on",
    "log_lock_waits": "on",
    "log_parameter_max_length": "0",
}
PLACES = {
    "log_directory": "/var/log/postgresql",
    "ssl_cert_file": "/etc/ssl/certs/server.crt",
    "ssl_key_file": "/etc/ssl/private/server.key",
    "ssl_ca_file": "/etc/ssl/certs/ca.crt",
}


@pytest.mark.req("G-46", "G-47", "G-48", "G-49")
def test_the_server_says_of_itself_what_its_file_says(operated: Operated) -> None:
    names = ", ".join(f"current_setting('{name}')" for name in SHOWN)
    said = operated.psql("postgres", "-c", f"SELECT {names}").strip().split("|")
    assert dict(zip(SHOWN, said, strict=True)) == SHOWN
    read = operated.psql("postgres", "-c", "SELECT name, setting FROM pg_file_settings")
    places = dict(line.split("|") for line in read.splitlines() if line.split("|")[0] in PLACES)
    assert places == PLACES
    assert re.search(r"connection received", "".join(log(operated)))


def log(operated: Operated) -> list[str]:
    return [path.read_text() for path in (operated.folder / "log").glob("*.csv")]


@pytest.mark.req("G-48")
@pytest.mark.parametrize("role", ["postgres", "app", "migrator"])
def test_nobody_is_let_in_without_tls(operated: Operated, role: str) -> None:
    with pytest.raises(subprocess.CalledProcessError) as refused:
        operated.psql(role, "-c", "SELECT 1", PGSSLMODE="disable")
    assert "no encryption" in refused.value.stderr


@pytest.mark.req("D-22", "G-64")
async def test_the_service_verifies_the_server_in_full(operated: Operated, tmp_path: Path) -> None:
    given = {"DB_SSL": "true", "DB_SSL_CA_PATH": operated.trust}
    async with open_world(operated.url("app"), tmp_path, **given) as world:
        async with world.client() as client:
            health = (await client.get("/health")).json()
        encrypted = "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)"
        which = "WHERE application_name = 'watchword'"
        said = operated.psql("postgres", "-c", f"SELECT bool_and(ssl) FROM ({encrypted} {which}) _")
    assert (health["database"], said.strip()) == ("ok", "t")
    certificate(tmp_path)
    for untrusted in ({**given, "DB_SSL_CA_PATH": str(tmp_path / "relay.pem")}, {"DB_SSL": "true"}):
        with pytest.raises(Unavailable):
            async with open_world(operated.url("app"), tmp_path, **untrusted):
                pass
    by_url = operated.url("app", query=f"?sslmode=verify-full&sslrootcert={operated.trust}")
    async with open_world(by_url, tmp_path) as world:
        assert world.database.size == 5


@pytest.mark.req("G-50")
async def test_at_first_there_are_schemas_extensions_and_a_user_with_least_rights(
    operated: Operated,
) -> None:
    admin = await operated.connect("postgres")
    schemas = await admin.fetch(
        "SELECT nspname, nspowner::regrole::text AS owner FROM pg_namespace"
    )
    extensions = await admin.fetch("SELECT extname FROM pg_extension")
    roles = await admin.fetch(
        "SELECT rolname, rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole AS mighty"
        " FROM pg_roles WHERE rolname LIKE 'watchword%' OR rolname = 'auth_user'"
    )
    await admin.close()
    assert operated.database == "auth_db"
    owners = {row["nspname"]: row["owner"] for row in schemas}
    assert (owners["auth"], owners["audit"]) == ("watchword_owner", "watchword_owner")
    assert {row["extname"] for row in extensions} >= {"uuid-ossp", "pgcrypto", "pg_stat_statements"}
    assert {row["rolname"] for row in roles} == {
        *("watchword_owner", "watchword_migrator", "watchword_app", "watchword_auditor"),
        *("watchword_readonly", "auth_user"),
    }
    assert not [row["rolname"] for row in roles if row["mighty"]]
    user = await operated.connect("auth_user")
    assert await user.fetchval("SELECT count(*) FROM auth.services") == 0
    for deed in ("CREATE SCHEMA mine", "CREATE TABLE auth.mine (id int)", "DROP TABLE auth.users"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await user.execute(deed)
    await user.close()


@pytest.mark.req("D-27")
def test_a_role_without_a_password_is_not_made(operated: Operated, tmp_path: Path) -> None:
    for role in ("migrator", "app", "auditor"):
        (tmp_path / f"postgres_{role}_password").write_text("a word")
    with pytest.raises(subprocess.CalledProcessError) as refused:
        operated.psql(
            "postgres",
            *("-v", "database=another", "-f", str(SHIPPED / "init.sql")),
            POSTGRES_SECRETS=str(tmp_path),
        )
    assert "postgres_readonly_password" in refused.value.stderr
    made = operated.psql(
        "postgres", "-c", "SELECT count(*) FROM pg_database WHERE datname = 'another'"
    )
    assert made.strip() == "0"
