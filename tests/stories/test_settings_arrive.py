"""What an operator sets is what people meet at the doors."""

import shutil
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx2
import pytest

from tests.support.environments import fresh_secrets, production
from tests.support.ports import free_port
from tests.support.program import serving, watchword
from tests.support.world import PASSWORD, open_world
from tests.support.worlds import Opener


@pytest.mark.req("N-01", "N-02", "R-02")
def test_a_dotenv_file_is_enough_to_start_and_development_only_minds_a_weak_secret(
    tmp_path: Path, migrated_sqlite: Path
) -> None:
    (tmp_path / "var").mkdir()
    shutil.copy(migrated_sqlite, tmp_path / "var" / "watchword.db")
    told, wins = free_port(), free_port()
    lines = [
        "NODE_ENV=development",
        "JWT_SECRET=weak",
        f"PORT={told}",
        "METRICS_PORT=0",
        "WEB_CONCURRENCY=1",
    ]
    (tmp_path / ".env").write_text("\n".join(lines))

    with serving(f"http://127.0.0.1:{told}", cwd=tmp_path) as stderr:
        assert "warning: JWT_SECRET" in stderr.read_text("utf-8")
    with serving(f"http://127.0.0.1:{wins}", cwd=tmp_path, environ={"PORT": str(wins)}):
        pass


@pytest.mark.req("N-02")
def test_production_does_not_start_without_a_strong_secret(tmp_path: Path) -> None:
    environ = production(NODE_ENV="production", JWT_SECRET="weak")
    del environ["APP_ENV"]

    answer = watchword("serve", cwd=tmp_path, environ=environ)

    assert answer.returncode == 1
    assert "JWT_SECRET" in answer.stderr


@pytest.mark.req("G-09")
async def test_the_prefix_of_the_api_moves_its_doors(small_worlds: Opener) -> None:
    async with small_worlds(API_PREFIX="/x") as world, world.client() as client:
        await world.subscriber()
        body = {"email": "alice@example.org", "password": PASSWORD}

        moved = await client.post("/x/auth/login", json=body)
        gone = await client.post("/api/v1/auth/login", json=body)

    assert (moved.status_code, gone.status_code) == (200, 404)
    assert world.settings.texts["PORT"] == "3000"


@pytest.mark.req("A-26", "K-12", "K-50")
async def test_the_names_of_nextauth_are_taken_and_links_lead_to_its_address(
    small_worlds: Opener,
) -> None:
    secret = fresh_secrets()["SESSION_SECRET"]
    given = {
        "APP_PROFILE": "ariya",
        "SESSION_SECRET": "",
        "NEXTAUTH_SECRET": secret,
        "NEXTAUTH_URL": "http://localhost:3000",
    }

    async with small_worlds(**given) as world, world.client() as client:
        await client.post(
            world.path("/auth/register"),
            json={"email": "bo@example.org", "password": PASSWORD, "name": "Bo Li"},
        )
        letter = await world.newest("bo@example.org")

    assert "http://localhost:3000/verify-email?token=" in letter.text
    assert world.settings.sources["SESSION_SECRET"].label == "NEXTAUTH_SECRET in the environment"


@pytest.mark.req("N-14")
async def test_the_clinics_window_is_a_minute(small_worlds: Opener) -> None:
    given = {
        "APP_PROFILE": "nova",
        "RATE_LIMIT_API": "",
        "RATE_LIMIT_WINDOW": "60000",
        "RATE_LIMIT_MAX": "3",
    }

    async with small_worlds(**given) as world, world.client() as client:
        await world.subscriber()
        await world.sign_in(client)

        async def ask() -> httpx2.Response:
            return await client.get(world.path("/auth/sessions"))

        allowed = [(await ask()).status_code for _ in range(3)]
        refused = await ask()
        world.clock.advance(timedelta(seconds=59))
        still_refused = await ask()
        world.clock.advance(timedelta(seconds=2))
        again = await ask()

    assert allowed == [200, 200, 200]
    assert (refused.status_code, still_refused.status_code) == (429, 429)
    assert again.status_code == 200


@pytest.mark.req("G-10")
@pytest.mark.needs("postgres")
async def test_the_database_told_in_parts_is_reached_and_the_whole_wins_over_parts(
    postgres_url: str, tmp_path: Path
) -> None:
    url = urlsplit(postgres_url)
    parts = {
        "DB_HOST": url.hostname or "",
        "DB_PORT": str(url.port),
        "DB_NAME": url.path.removeprefix("/"),
        "DB_USER": unquote(url.username or ""),
        "DB_PASSWORD": unquote(url.password or ""),
    }

    async with open_world("", tmp_path, **parts) as world:
        await world.subscriber("parts@example.org")
    more = {**parts, "DB_HOST": "192.0.2.1"}
    async with open_world(postgres_url, tmp_path, **more) as world, world.client() as client:
        told = await world.sign_in(client, "parts@example.org")

    assert told["access_token"]
    assert any("DATABASE_URL" in each and "DB_HOST" in each for each in world.settings.warnings)
