"""A service whose database lacks what it needs takes no requests."""

from pathlib import Path

import pytest

from tests.support.world import open_world
from watchword.migrations import migrate


@pytest.mark.req("G-25")
async def test_while_a_migration_is_pending_the_service_is_not_ready(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/watchword.db"
    async with open_world(url, tmp_path) as world, world.client() as client:
        before = await client.get("/ready")
        await migrate.up(url)
        after = await client.get("/ready")

    assert (before.status_code, before.json()["reason"]) == (503, "migrations")
    assert after.status_code == 200


async def test_before_its_migrations_a_service_says_what_it_waits_for(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/watchword.db"
    async with open_world(url, tmp_path) as world, world.client() as client:
        told = await client.post(
            world.path("/auth/login"), json={"email": "a@example.org", "password": "anything"}
        )

    assert (told.status_code, told.json()["code"]) == (503, "schema_behind")
    assert "watchword migrate up" in told.json()["detail"]
    assert int(told.headers["Retry-After"]) >= 1
