"""Where the doors stand: the canonical prefix, and the further mounts, which two profiles have."""

import pytest

from tests.support.worlds import Opener

NOVA = {
    "APP_PROFILE": "nova",
    "CLINIC_NAME": "Cabinet Dentaire NOVA",
    "CLINIC_PHONE_E164": "+213555000000",
    "CLINIC_EMAIL": "contact@nova-rdv.dz",
    "CLINIC_ADDRESS": "Cité 109, Daboussy El Achour, Alger",
}


@pytest.mark.parametrize(
    ("settings", "there", "nowhere"),
    [
        ({}, ["/api/v1/auth/me"], ["/auth/me", "/api/auth/me"]),
        ({"APP_PROFILE": "romapi"}, ["/api/v1/auth/me", "/auth/me"], ["/api/auth/me"]),
        (NOVA, ["/api/v1/auth/me", "/api/auth/me"], ["/auth/me"]),
        ({"API_PREFIX": "/x"}, ["/x/auth/me"], ["/api/v1/auth/me"]),
        ({"API_MOUNTS": "/, /api"}, ["/api/v1/auth/me", "/auth/me", "/api/auth/me"], []),
        ({"APP_PROFILE": "romapi", "API_MOUNTS": ""}, ["/api/v1/auth/me"], ["/auth/me"]),
    ],
    ids=["canonical", "romapi", "nova", "another prefix", "any profile", "none of the profile's"],
)
@pytest.mark.req("K-03", "G-09")
async def test_the_doors_stand_at_every_mount(
    small_worlds: Opener, settings: dict[str, str], there: list[str], nowhere: list[str]
) -> None:
    async with small_worlds(**settings) as world, world.client() as client:
        for path in there:
            assert (await client.get(path)).status_code == 401, path
            login = path.replace("/me", "/login")
            assert (await client.post(login, json={})).status_code == 422, login
        for path in nowhere:
            assert (await client.get(path)).status_code == 404, path


@pytest.mark.req("R-29", "A-50", "K-02")
async def test_every_health_path_of_the_seeds_answers_get_and_head(small_worlds: Opener) -> None:
    async with small_worlds() as world, world.client() as client:
        for path in (
            "/health",
            "/auth/health",
            "/api/health",
            "/api/health/auth",
            "/api/health/email",
        ):
            for method in ("GET", "HEAD"):
                answer = await client.request(method, path)
                assert answer.status_code == 200, path
                assert "ratelimit-limit" not in answer.headers
            told = (await client.get(path)).json()
            assert {
                "status",
                "checks",
                "timestamp",
                "database",
                "redis",
                "memory",
                "uptime",
            } <= set(told)
        assert (await client.get("/live")).json() == {"status": "alive"}
        assert (await client.get("/ready")).json() == {"status": "ready"}


@pytest.mark.req("G-24")
async def test_health_and_readiness_move_by_setting(small_worlds: Opener) -> None:
    moved = {"HEALTH_CHECK_PATH": "/healthz", "READY_CHECK_PATH": "/readyz"}
    async with small_worlds(**moved) as world, world.client() as client:
        for path, status in (
            ("/healthz", 200),
            ("/readyz", 200),
            ("/health", 404),
            ("/ready", 404),
        ):
            assert (await client.get(path)).status_code == status, path
