"""How many connections all instances may want, against how many PostgreSQL allows."""

import re

import pytest

from tests.app.settings.conftest import Faults, Read
from tests.support.environments import production
from watchword.operations.doctor.rules import Server, judge_server
from watchword.plumbing.findings import Outcome
from watchword.plumbing.settings import DatabaseSettings

POOLED = "postgresql://auth:kept-elsewhere@db.example.org/auth_db"


@pytest.mark.req("K-47", "G-46")
@pytest.mark.parametrize(
    ("replicas", "processes", "pool", "most", "warned"),
    [
        (2, 2, 19, 100, False),
        (3, 2, 20, 100, True),
        (4, 1, 19, 100, False),
        (4, 1, 20, 100, True),
        (10, 1, 20, 100, True),
        (10, 1, 19, 250, False),
        (10, 4, 1, 100, False),
    ],
)
def test_a_warning_tells_when_less_than_a_fifth_is_left_to_others(
    read: Read, replicas: int, processes: int, pool: int, most: int, *, warned: bool
) -> None:
    told = read(
        production(
            REPLICAS=str(replicas),
            WEB_CONCURRENCY=str(processes),
            DB_POOL_MIN="1",
            DB_POOL_MAX=str(pool),
            DB_MAX_CONNECTIONS=str(most),
        )
    ).warnings
    assert [
        bool(re.search(rf"want {replicas * processes * (pool + 1)} connections", each))
        for each in told
    ] == ([True] if warned else [])


@pytest.mark.req("K-47")
def test_by_a_pooler_there_are_two_for_each_process(read: Read) -> None:
    told = read(production(REPLICAS="10", WEB_CONCURRENCY="4", DB_SSL="true", DB_DIRECT_URL=POOLED))
    database = told.section(DatabaseSettings)
    assert (told.warnings, database.wanted(40)) == ((), 80)
    assert (database.direct_url, database.pool().keeps_statements) == (POOLED, False)


def test_prepared_statements_are_kept_as_said(read: Read) -> None:
    for given, kept in (("on", True), ("off", False)):
        told = read(production(DB_SSL="true", DB_DIRECT_URL=POOLED, DB_STATEMENT_CACHE=given))
        assert told.section(DatabaseSettings).pool().keeps_statements is kept
    assert read(production()).section(DatabaseSettings).pool().keeps_statements


def test_a_direct_url_is_for_postgresql_and_verified(faults: Faults) -> None:
    unsafe = faults(production(DB_SSL="false", DB_DIRECT_URL=POOLED))
    assert "DB_SSL" in unsafe["DB_DIRECT_URL"]
    file = faults(production(DATABASE_URL="sqlite:////var/lib/auth.db", DB_DIRECT_URL=POOLED))
    assert "SQLite" in file["DB_DIRECT_URL"]


@pytest.mark.req("K-47")
def test_the_doctor_compares_with_what_the_server_allows() -> None:
    server = Server(name="PostgreSQL", version="18.0", most=100)
    assert judge_server(server, 80).outcome is Outcome.OK
    close = judge_server(server, 81)
    assert (close.outcome, "81 connections" in close.detail) == (Outcome.WARNING, True)
    assert "REPLICAS" in close.fix
    assert judge_server(Server(name="SQLite", version="3.40"), 1000).outcome is Outcome.OK


@pytest.mark.req("K-45")
def test_tls_that_a_url_asks_for_is_told_to_be_unread(read: Read) -> None:
    told = read(production(DATABASE_URL=f"{POOLED}?sslmode=disable")).warnings
    assert [each.partition(":")[0] for each in told if "sslmode=disable" in each] == [
        "DATABASE_URL"
    ]
