"""Bad paths, queries, methods and headers: refused quickly, in one form, and never a 500 (A-20)."""

import json
from base64 import urlsafe_b64encode

import pytest

from tests.support.knocking import api_doors, body_doors, knocker, named, problem, required, texts
from tests.support.world import World
from watchword.app.asgi import placed_doors

pytestmark = pytest.mark.req("A-20", "R-62")


async def test_unknown_parameters_of_a_query_are_refused_by_name(small_world: World) -> None:
    async with knocker(small_world) as anyone:
        for path, door in api_doors(small_world):
            browsers = "{provider}" in path  # providers may say more than we know of
            if door.method == "GET" and not door.root and not browsers:
                answer = await anyone.knock(path, door, params={"isAdmin": "1"})
                assert named(problem(answer, 422)) == {"isAdmin": "unknown_field"}, path


async def test_a_field_that_a_query_gives_twice_is_refused(small_world: World) -> None:
    async with knocker(small_world) as admin:
        headers = {"Authorization": f"Bearer {admin.admin}"}
        twice = await admin.client.get("/api/v1/admin/users?limit=1&limit=2", headers=headers)
    assert named(problem(twice, 422)) == {"limit": "repeated_field"}


async def test_every_wrong_parameter_of_a_query_is_named(small_world: World) -> None:
    wrong = {"limit": "0", "after": "7", "status": "gone", "q": "a\x00"}
    async with knocker(small_world) as anyone:
        for path, door in api_doors(small_world):
            if (door.method, path) == ("GET", "/api/v1/admin/users"):
                told = problem(await anyone.knock(path, door, params=wrong), 422)
                assert set(named(told)) == set(wrong)


@pytest.mark.parametrize("word", ["%00", "..%2f..%2fetc", "a" * 5000, "%ff%fe", "1'--", "{id}"])
async def test_an_id_that_is_none_is_not_found(small_world: World, word: str) -> None:
    async with knocker(small_world) as anyone:
        for path, door in placed_doors(small_world.house):
            if "{id}" in path and not door.page:
                answer = await anyone.knock(path.replace("{id}", word), door)
                problem(answer, 404, "not_found")


async def test_what_is_nowhere_is_a_problem_to_programs_and_a_page_to_people(
    small_world: World,
) -> None:
    html = {"Accept": "text/html"}
    async with small_world.client() as client:
        for path in ("/nowhere", "/api/v1/nowhere", "/api/v1/auth/login/", "/%00", "/a//b"):
            problem(await client.get(path), 404, "not_found")
        problem(await client.get("/api/v1/nowhere", headers=html), 404)
        problem(await client.get("/api/v1/auth/login", headers=html), 405)
        page = await client.get("/nowhere", headers=html)
        assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
        assert page.headers["x-request-id"] in page.text


async def test_a_method_that_a_door_does_not_take_is_refused_with_those_it_takes(
    small_world: World,
) -> None:
    taken: dict[str, set[str]] = {}
    for path, door in api_doors(small_world):
        taken.setdefault(path, set()).add(door.method)
    async with knocker(small_world) as anyone:
        for path, methods in taken.items():
            for method in ("PUT", "TRACE", "CONNECT", "PROPFIND", "POST", "DELETE"):
                if method in methods:
                    continue
                answer = await anyone.client.request(method, path)
                problem(answer, 405, "method_not_allowed")
                allowed = set(answer.headers["allow"].split(", ")) - {"HEAD"}
                assert allowed == methods, path


async def test_no_header_makes_another_method_of_a_request(small_world: World) -> None:
    async with knocker(small_world) as anyone:
        for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
            answer = await anyone.client.post("/api/v1/auth/me", headers={name: "GET"})
            problem(answer, 405)


async def test_endless_credentials_and_paths_are_refused(small_world: World) -> None:
    long = "a" * 60_000
    tries: list[dict[str, str]] = [
        {"Authorization": f"Bearer {long}"},
        {"Authorization": f"Bearer {long}.{long}.{long}"},
        {"Authorization": f"Basic {long}"},
        {"Authorization": "Bearer"},
        {"Authorization": f"Bearer {token_of(b'[' * 20_000)}"},
        {"Authorization": f"Bearer {token_of(b'{}')}"},
        {"Authorization": f"Bearer {token_of(b'null')}"},
        {"Authorization": "Bearer a.b.c"},
        {"Cookie": f"__Host-watchword-session={long}"},
        {"Cookie": f"__Host-watchword-session=wws_1_{long}"},
        {"Cookie": "__Host-watchword-session=wws_99999999999999999999_" + "0" * 49},
        {"Cookie": "; ".join(f"c{number}={number}" for number in range(5000))},
        {"Cookie": '__Host-watchword-session="\\377\\'},
    ]
    async with small_world.client() as client:
        for path in ("/api/v1/auth/me", "/api/v1/admin/users"):
            for headers in tries:
                problem(await client.get(path, headers=headers), 401, "unauthenticated")
        problem(await client.get("/" + long), 404)
        problem(await client.get("/api/v1/admin/users", params={"q": long}), 401)


@pytest.mark.parametrize(
    "given", ["a" * 65, "one two", "a\tb", "<script>", "é", 'a"b', "", "a,b", "%0d%0a"]
)
async def test_a_strange_request_id_is_replaced(small_world: World, given: str) -> None:
    async with small_world.client() as client:
        raw = [("X-Request-Id", given.encode())]
        answer = await client.get("/api/v1/auth/me", headers=raw)
        assert problem(answer, 401)["request_id"] not in {given, ""}
        kept = await client.get("/api/v1/auth/me", headers={"X-Request-Id": "trace-7.a_B"})
        assert problem(kept, 401)["request_id"] == "trace-7.a_B"


async def test_a_broken_part_is_a_problem_that_tells_nothing_and_is_logged_under_its_id(
    small_world: World,
) -> None:
    headers = {"X-Request-Id": "broken-1"}
    async with knocker(small_world) as anyone:
        await small_world.database.close()
        for path, door, shape in body_doors(small_world):
            body = (
                required(shape) | {"email": "alice@example.org"}
                if "email" in texts(shape)
                else None
            )
            answer = await anyone.knock(path, door, json=body or required(shape), headers=headers)
            assert answer.status_code in {400, 401, 422, 500}, path
            problem(answer, answer.status_code)
        me = await anyone.client.get(
            "/api/v1/auth/me", headers={"Authorization": f"Bearer {anyone.admin}", **headers}
        )
        problem(me, 500, "internal_error")
    lines = [json.loads(line) for line in small_world.log.getvalue().splitlines()]
    bugs = [line for line in lines if line["message"] == "unhandled error"]
    assert bugs
    assert {bug["request_id"] for bug in bugs} == {"broken-1"}


def token_of(header: bytes) -> str:
    """Return something like a token with that header."""
    return f"{urlsafe_b64encode(header).decode().rstrip('=')}.e30.AAAA"


async def test_the_description_of_the_api_is_only_read(small_world: World) -> None:
    async with small_world.client() as client:
        for method in ("PUT", "POST", "DELETE", "OPTIONS"):
            problem(await client.request(method, "/openapi.json"), 405, "method_not_allowed")
