"""Whose page, whose host, whose address: what a request says of where it comes from."""

import re
from urllib.parse import urlsplit
from uuid import uuid4

import httpx2
import pytest

from tests.support.browser import browser
from tests.support.knocking import problem
from tests.support.world import BASE, PASSWORD, SECRET, World
from tests.support.worlds import Opener
from watchword.app.asgi import placed_doors
from watchword.plumbing.sealing import derive
from watchword.plumbing.web.csrf import Csrf
from watchword.plumbing.web.doors import Who

LOGIN, ME = "/api/v1/auth/login", "/api/v1/auth/me"
FRONT, OTHER = "https://app.example.test", "https://evil.example"
COOKIE = "__Host-watchword-session"
Came = tuple[str, *tuple[str | None, ...]]
_UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


async def signed_in(world: World, client: httpx2.AsyncClient) -> None:
    await world.subscriber()
    await world.sign_in(client, transport="cookie")


# CORS: the listed origins, and no other.


@pytest.mark.req("R-40")
async def test_a_listed_origin_may_read_and_send_cookies(small_worlds: Opener) -> None:
    async with small_worlds(CORS_ORIGIN=FRONT) as world, world.client() as client:
        asked = {"Origin": FRONT, "Access-Control-Request-Method": "POST"}
        preflight = await client.options(LOGIN, headers=asked)
        assert preflight.status_code == 204
        assert preflight.headers["access-control-allow-origin"] == FRONT
        assert preflight.headers["access-control-allow-credentials"] == "true"
        allowed = set(preflight.headers["access-control-allow-methods"].split(", "))
        assert allowed == {door.method for _, door in placed_doors(world.house)}
        assert "X-CSRF-Token" in preflight.headers["access-control-allow-headers"]
        for path in (ME, LOGIN, "/nowhere"):
            answer = await client.get(path, headers={"Origin": FRONT})
            assert answer.headers["access-control-allow-origin"] == FRONT, path
            assert answer.headers["access-control-allow-credentials"] == "true", path
            assert "Origin" in answer.headers["vary"], path


@pytest.mark.req("R-40")
@pytest.mark.parametrize(
    "origin",
    [
        OTHER,
        "null",
        "*",
        f"{FRONT}.evil.example",
        "http://app.example.test",
        f"{FRONT}:8443",
        "https://evil.app.example.test",
        f"{FRONT}/",
        "",
    ],
)
async def test_another_origin_gets_no_cors_header(small_worlds: Opener, origin: str) -> None:
    async with small_worlds(CORS_ORIGIN=FRONT) as world, world.client() as client:
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        answers = [await client.options(LOGIN, headers=asked)]
        answers += [await client.get(path, headers={"Origin": origin}) for path in (ME, "/login")]
        for answer in answers:
            told = {name for name in answer.headers if name.startswith("access-control-")}
            assert told == set(), answer.url


@pytest.mark.req("R-40")
async def test_without_a_list_nobody_is_allowed(small_world: World) -> None:
    async with small_world.client() as client:
        for origin in (BASE, OTHER, "null"):
            asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
            for answer in (await client.options(LOGIN, headers=asked), await client.get(ME)):
                assert not [name for name in answer.headers if name.startswith("access-control-")]


# Cross-site request forgery: a cookie alone does nothing.


@pytest.mark.req("N-88", "G-20")
async def test_with_a_cookie_alone_no_door_does_anything(small_world: World) -> None:
    foreign: list[dict[str, str]] = [
        {},
        {"Origin": OTHER},
        {"Origin": "null"},
        {"Origin": OTHER, "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Referer": f"{BASE}/account"},
        {"X-CSRF-Token": ""},
        {"X-CSRF-Token": "0" * 64},
        {"X-CSRF-Token": "0" * 64, "Origin": BASE},
    ]
    async with small_world.client() as client:
        await signed_in(small_world, client)
        for path, door in placed_doors(small_world.house):
            if door.page or door.method not in _UNSAFE:
                continue
            if door.who not in {Who.SUBSCRIBER, Who.FRESH, Who.ADMIN, Who.NOTICED}:
                continue
            for headers in foreign:
                where = path.replace("{id}", str(uuid4()))
                answer = await client.request(door.method, where, headers=headers, json={})
                problem(answer, 403, "csrf_refused")
        assert (await client.get(ME)).status_code == 200, "nothing has happened"


@pytest.mark.req("N-88", "G-20")
@pytest.mark.parametrize("proof", ["token", "origin"])
async def test_with_a_proof_the_same_call_is_taken(small_world: World, proof: str) -> None:
    async with small_world.client() as client:
        await signed_in(small_world, client)
        token = (await client.get("/api/v1/auth/csrf")).json()["csrf_token"]
        headers = {"X-CSRF-Token": token} if proof == "token" else {"Origin": BASE}
        assert (await client.post("/api/v1/auth/logout", headers=headers)).status_code == 204
        assert (await client.get(ME)).status_code == 401


@pytest.mark.req("G-20")
async def test_a_token_signed_by_another_secret_or_for_another_session_is_refused(
    small_world: World,
) -> None:
    async with small_world.client() as client, small_world.client() as other:
        await signed_in(small_world, client)
        await small_world.sign_in(other, transport="cookie")
        cookie = client.cookies[COOKIE]
        right = Csrf(derive(SECRET.format(name="CSRF_SECRET"), "csrf"), ())
        wrong = Csrf(derive(SECRET.format(name="SESSION_SECRET"), "csrf"), ())
        others = (await other.get("/api/v1/auth/csrf")).json()["csrf_token"]
        for token in (wrong.token(cookie), others, right.token(cookie)[:-1], right.token("")):
            refused = await client.post(
                "/api/v1/auth/logout", headers={"X-CSRF-Token": token, "Origin": BASE}
            )
            problem(refused, 403, "csrf_refused")
        taken = await client.post(
            "/api/v1/auth/logout", headers={"X-CSRF-Token": right.token(cookie)}
        )
        assert taken.status_code == 204


@pytest.mark.req("N-88")
async def test_a_token_in_the_authorization_header_needs_no_other_proof(small_world: World) -> None:
    await small_world.subscriber()
    async with small_world.client(headers={"Origin": OTHER}) as client:
        await small_world.sign_in(client)
        assert (await client.post("/api/v1/auth/logout")).status_code == 204


@pytest.mark.req("N-88")
async def test_no_form_of_another_site_is_taken_by_any_page(small_world: World) -> None:
    await small_world.subscriber()
    async with browser(small_world) as alice:
        await alice.sign_in()
        await alice.open("/account")
        csrf = alice.csrf
        for path, door in placed_doors(small_world.house):
            if not (door.page and door.form):
                continue
            for fields, headers in (
                ({"more": "a"}, {}),
                ({"csrf": "0" * 64}, {}),
                ({"csrf": csrf}, {"Origin": OTHER}),
                ({"csrf": csrf}, {"Sec-Fetch-Site": "cross-site"}),
            ):
                where = path.replace("{id}", str(uuid4()))
                answer = await alice.client.post(where, data=fields, headers=headers)
                assert answer.status_code == 403, path
        assert (await alice.client.get("/account")).status_code == 200


@pytest.mark.req("N-88")
async def test_nobody_is_signed_in_to_anothers_account_by_a_foreign_form(
    small_world: World,
) -> None:
    await small_world.subscriber("eve@example.org")
    fields = {"email": "eve@example.org", "password": PASSWORD, "return_to": ""}
    async with browser(small_world) as eve, browser(small_world) as alice:
        await eve.open("/login")
        stolen = eve.csrf
        await alice.open("/login")
        own = alice.csrf
        for csrf, headers in ((stolen, {}), (own, {"Origin": OTHER}), ("", {"Origin": BASE})):
            answer = await alice.client.post(
                "/login", data={**fields, "csrf": csrf}, headers=headers
            )
            assert answer.status_code == 403
            assert COOKIE not in alice.client.cookies
        taken = await alice.client.post(
            "/login", data={**fields, "csrf": own}, headers={"Origin": BASE}
        )
        assert taken.status_code == 303


# Redirects and links: only to ourselves.


@pytest.mark.parametrize(
    "wanted",
    [
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "/\tevil.example",
        "/\n/evil.example",
        " //evil.example",
        "evil.example",
        "@evil.example",
        "/account\r\nSet-Cookie: a=b",
        "",
    ],
)
async def test_signing_in_leads_to_no_other_site(small_world: World, wanted: str) -> None:
    await small_world.subscriber()
    async with browser(small_world) as alice:
        page = await alice.client.get("/login", params={"return_to": wanted})
        assert "evil" not in page.text
        await alice.open("/login")
        for name in ("return_to", "returnTo"):
            fields = {"email": "alice@example.org", "password": PASSWORD, "csrf": alice.csrf}
            answer = await alice.client.post("/login", data={**fields, name: wanted})
            if answer.status_code == 303:
                assert answer.headers["location"] == "/account"
            else:
                assert answer.status_code == 403, "the first one signed in: the token is another's"
            assert "a=b" not in answer.headers.get("set-cookie", "")


async def test_links_are_built_from_the_configured_address(small_world: World) -> None:
    await small_world.subscriber()
    for name, value in (
        ("Host", "evil.example"),
        ("X-Forwarded-Host", "evil.example"),
        ("X-Forwarded-Server", "evil.example"),
        ("Forwarded", "host=evil.example"),
        ("X-Original-URL", "https://evil.example/"),
    ):
        async with small_world.client("10.0.0.1", headers={name: value}) as client:
            body = {"email": "alice@example.org"}
            assert (await client.post("/api/v1/auth/forgot-password", json=body)).status_code == 202
            assert "evil.example" not in (await client.get("/login")).text
            assert "evil.example" not in (await client.get("/openapi.json")).text
            away = await client.get("/account")
            assert (away.status_code, urlsplit(away.headers["location"]).netloc) == (303, "")
    letters = await small_world.letters("alice@example.org")
    assert letters
    for letter in letters:
        named = letter.text + letter.html.replace("http://www.w3.org/1999/xhtml", "")
        links = re.findall(r"https?://[^\s\"<]+", named)
        assert links
        assert all(link.startswith(BASE) for link in links)


# Addresses: believed of trusted proxies only, counted by network.


async def tries(world: World, addresses: list[Came]) -> list[int]:
    """Try to sign in from (peer, lines of forwarded for), one after the other."""
    statuses = []
    for number, (peer, *lines) in enumerate(addresses):
        headers = [("X-Forwarded-For", line) for line in lines if line is not None]
        async with world.client(peer) as client:
            body = {"email": f"nobody{number}@example.org", "password": PASSWORD}
            answer = await client.post(LOGIN, json=body, headers=headers)
            statuses.append(answer.status_code)
    return statuses


@pytest.mark.req("R-45")
@pytest.mark.parametrize(
    ("addresses", "last"),
    [
        ([("203.0.113.7", f"198.51.100.{n}") for n in range(3)], 429),
        ([("10.0.0.1", f"198.51.100.{n}") for n in range(3)], 401),
        ([("10.0.0.1", f"198.51.100.{n}, 203.0.113.7") for n in range(3)], 429),
        ([("10.0.0.1", f"198.51.100.{n}, 203.0.113.7, 10.9.9.9") for n in range(3)], 429),
        ([("10.0.0.1", f"198.51.100.{n}", "203.0.113.7") for n in range(3)], 429),
        ([("10.0.0.1", f"198.51.100.{n}", "10.9.9.9") for n in range(3)], 401),
        ([("10.0.0.1", "198.51.100.7", f"203.0.113.{n}", "10.9.9.9") for n in range(3)], 401),
        ([("10.0.0.1", "198.51.100.7", "203.0.113.7", f"10.9.9.{n}") for n in range(3)], 429),
        ([(f"10.0.0.{n}", "203.0.113.7") for n in range(3)], 429),
        ([("10.0.0.1", f"rubbish{n}") for n in range(3)], 429),
        ([(f"2001:db8:0:1::{n}", None) for n in range(3)], 429),
        ([(f"2001:db8:0:{n}::1", None) for n in range(3)], 401),
        ([("10.0.0.1", f"[2001:db8:0:1::{n}]:443") for n in range(3)], 429),
        ([("::ffff:203.0.113.7", None), ("203.0.113.7", None), ("::ffff:203.0.113.7", None)], 429),
        ([(f"::ffff:203.0.113.{n}", None) for n in range(3)], 401),
    ],
)
async def test_a_network_is_counted_as_one_and_strangers_cannot_choose_theirs(
    small_worlds: Opener, addresses: list[Came], last: int
) -> None:
    async with small_worlds(RATE_LIMIT_AUTH="2/900000") as world:
        assert await tries(world, addresses) == [401, 401, last]
