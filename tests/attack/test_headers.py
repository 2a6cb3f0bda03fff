"""What every answer carries, whichever door it comes from and however it ends."""

import re

import pytest

from tests.support.browser import browser
from tests.support.knocking import api_doors, knocker
from tests.support.listening import listening, talk
from tests.support.world import PASSWORD, World
from tests.support.worlds import Opener
from watchword.app.asgi import placed_doors

ALWAYS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "strict-transport-security": "max-age=31536000; includeSubDomains; preload",
}
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", re.IGNORECASE)
LOGIN = "/api/v1/auth/login"


def secured(headers: dict[str, str], where: str) -> None:
    for name, value in ALWAYS.items():
        assert headers.get(name) == value, f"{where}: {name}"
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'self'", where
    assert policy["script-src"] == policy["style-src"] == "'self'", where
    assert policy["frame-ancestors"] == policy["object-src"] == "'none'", where
    assert policy["form-action"] == "'self'", where
    assert policy["img-src"] == "'self' data:", where
    assert "unsafe" not in headers["content-security-policy"], where
    assert headers["x-request-id"], where
    assert "x-xss-protection" not in headers, "it opened more holes than it closed"
    assert "server" not in headers, where
    assert "x-powered-by" not in headers, where


@pytest.mark.req("N-93", "N-94", "R-44", "R-62", "D-04", "D-30")
async def test_every_answer_of_every_door_carries_the_security_headers(small_world: World) -> None:
    async with knocker(small_world) as anyone:
        for path, door in placed_doors(small_world.house):
            answer = await anyone.client.request(door.method, path.replace("{id}", "0"))
            secured(dict(answer.headers), f"{door.method} {path} {answer.status_code}")
        for path, door in api_doors(small_world):
            answer = await anyone.knock(path, door)
            secured(dict(answer.headers), f"{door.method} {path} {answer.status_code}")


@pytest.mark.req("R-44", "N-94", "D-04")
async def test_errors_carry_them_too_and_each_once(small_world: World) -> None:
    async with small_world.client() as client:
        answers = [
            await client.get("/nowhere"),
            await client.put("/login"),
            await client.post(LOGIN, content=b"{"),
            await client.post(LOGIN, content=b"a" * 100_000),
            await client.get("/api/v1/auth/me"),
        ]
        await small_world.database.close()
        body = {"email": "alice@example.org", "password": PASSWORD}
        answers.append(await client.post(LOGIN, json=body))
        assert [answer.status_code for answer in answers] == [404, 405, 415, 415, 401, 500]
        for answer in answers:
            secured(dict(answer.headers), str(answer.url))
            for name in ALWAYS:
                assert len(answer.headers.get_list(name)) == 1


@pytest.mark.req("N-93", "D-30")
async def test_no_page_holds_a_script_or_a_style_of_its_own(small_world: World) -> None:
    await small_world.subscriber()
    pages = [path for path, door in placed_doors(small_world.house) if door.page]
    async with browser(small_world) as stranger, browser(small_world) as alice:
        await alice.sign_in()
        for path in pages:
            for visitor in (stranger, alice):
                page = await visitor.client.get(path)
                found = INLINE.search(page.text)
                assert found is None, f"{path}: {found}"


@pytest.mark.req("N-94")
async def test_over_plain_http_nobody_is_told_to_insist_on_https(small_worlds: Opener) -> None:
    async with (
        small_worlds(PUBLIC_BASE_URL="http://localhost:8000") as world,
        world.client(base="http://localhost:8000") as client,
    ):
        for path in ("/login", "/api/v1/auth/me", "/nowhere"):
            assert "strict-transport-security" not in (await client.get(path)).headers


async def test_what_a_person_gets_is_kept_by_nobody(small_world: World) -> None:
    kept = {"/.well-known/jwks.json", "/.well-known/security.txt", "/openapi.json"}
    async with knocker(small_world) as anyone:
        for path, door in placed_doors(small_world.house):
            where = path.replace("{id}", "0")
            answer = await anyone.client.request(
                door.method, where, headers={} if door.page else anyone.headers(door)
            )
            control = answer.headers.get("cache-control", "")
            assert control == "no-store" or path in kept or path.startswith("/docs"), path


async def test_no_software_names_itself_on_the_wire(small_world: World) -> None:
    async with listening(small_world) as port:
        for head in (
            b"GET /live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
            b"rubbish\r\n\r\n",
        ):
            said = (await talk(port, head)).lower()
            assert said.startswith(b"http/1.1 ")
            for name in (b"\r\nserver:", b"uvicorn", b"python", b"starlette", b"via:"):
                assert name not in said


@pytest.mark.req("R-61", "K-46")
async def test_plain_http_is_refused_when_https_is_required(small_worlds: Opener) -> None:
    async with small_worlds(HTTPS="true") as world:
        forwarded = {"X-Forwarded-Proto": "https"}
        for address, headers, status in (
            ("203.0.113.7", {}, 403),
            ("203.0.113.7", forwarded, 403),
            ("10.0.0.1", {}, 403),
            ("10.0.0.1", {"X-Forwarded-Proto": "http"}, 403),
            ("10.0.0.1", forwarded, 401),
        ):
            async with world.client(address, headers, base="http://auth.example.test") as client:
                for path in ("/api/v1/auth/me", "/api/v1/auth/sessions"):
                    answer = await client.get(path)
                    assert answer.status_code == status, (address, headers, path)
                    if status == 403:
                        assert answer.json()["code"] == "https_required"
                for probe in ("/live", "/ready", "/health", "/metrics"):
                    assert (await client.get(probe)).status_code == 200, "a probe speaks http"
        async with world.client() as client:
            assert (await client.get("/api/v1/auth/me")).status_code == 401
