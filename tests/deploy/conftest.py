"""A PostgreSQL as an operator sets it up, with the schema and what each role may do."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.support.services.operated import Operated, Programs, started
from watchword.migrations import migrate


@pytest.fixture(scope="package")
def operated(postgres_programs: Programs) -> Iterator[Operated]:
    """Yield a server on which the migrator migrated and said what each role may do."""
    with started(postgres_programs, database="auth_db", app_login="auth_user") as server:
        asyncio.run(migrate.up(server.url("migrator"), tls=server.tls))
        server.script("roles.sql", "migrator")
        yield server
