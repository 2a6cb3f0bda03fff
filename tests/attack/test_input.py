"""Bad input at every door of the API: refused quickly, in one form, and never a 500 (A-20)."""

import gzip
import json
import uuid
from base64 import urlsafe_b64encode
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.support.browser import browser
from tests.support.facts import facts
from tests.support.knocking import (
    api_doors,
    body_doors,
    knocker,
    named,
    problem,
    required,
    texts,
)
from tests.support.world import NEW_PASSWORD, PASSWORD, World
from watchword.app.asgi import placed_doors

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
DEEP = b'{"a":' * 10_000 + b"1" + b"}" * 10_000
NOT_OBJECTS = [b"[]", b"null", b"true", b"17", b'"text"', b"[{}]", b"[" * 10_000 + b"]" * 10_000]
NOT_JSON = [b"", b"{", b'{"a":}', b"{'a':1}", b'{"a":NaN}', b'{"a":1e999999}', b"\xef\xbb\xbf{}"]
NOT_UTF8 = [b'{"email":"\xff\xfe"}', '{"email":"a"}'.encode("utf-16"), b'{"email":"\xed\xa0\x80"}']
OTHER_TYPES = [
    "text/plain",
    "application/xml",
    "multipart/form-data; boundary=x",
    "application/jsonp",
    "application/json-patch",
    "json",
    "",
]
pytestmark = pytest.mark.req("A-20", "R-62")


async def test_an_unknown_field_is_refused_by_name(small_world: World) -> None:
    async with knocker(small_world) as anyone:
        for path, door, shape in body_doors(small_world):
            body = {**required(shape), "isAdmin": True, "role_": "admin"}
            told = problem(await anyone.knock(path, door, json=body), 422, "invalid_input")
            assert named(told)["isAdmin"] == named(told)["role_"] == "unknown_field", path


async def test_every_missing_field_is_named_at_once(small_world: World) -> None:
    async with knocker(small_world) as anyone:
        for path, door, shape in body_doors(small_world):
            if needed := required(shape):
                told = problem(await anyone.knock(path, door, json={}), 422, "invalid_input")
                assert named(told) == dict.fromkeys(needed, "missing"), path


@pytest.mark.parametrize("value", [17, 1.5, True, [], ["a"], {}, {"a": "b"}, 10**400])
async def test_a_field_of_another_type_is_refused_by_name(small_world: World, value: Any) -> None:
    async with knocker(small_world) as anyone:
        for path, door, shape in body_doors(small_world):
            for name in texts(shape):
                body = required(shape) | {name: value}
                told = problem(await anyone.knock(path, door, json=body), 422, "invalid_input")
                assert named(told)[name] == "invalid", path


async def test_several_faults_are_named_in_one_answer(small_world: World) -> None:
    body = {"email": 5, "firstName": [], "more": 1}
    async with small_world.client() as client:
        told = problem(await client.post("/api/v1/auth/register", json=body), 422)
    assert named(told) == {
        "email": "invalid",
        "firstName": "invalid",
        "password": "missing",
        "more": "unknown_field",
    }


async def test_a_bad_address_and_a_short_password_are_named_together(small_world: World) -> None:
    body = {"email": "nobody", "password": "short", "firstName": "Al\r\nBcc: x@example.org"}
    async with small_world.client() as client:
        told = problem(await client.post("/api/v1/auth/register", json=body), 422)
    assert named(told) == {
        "email": "invalid_email",
        "password": "password_too_short",
        "firstName": "invalid_name",
    }


@pytest.mark.parametrize("text", ['"a\\u0000b"', '"\\ud800"', '"\\udc00a"', '"\\ud800\\ud800"'])
async def test_text_that_no_table_can_keep_is_refused(small_world: World, text: str) -> None:
    async with knocker(small_world) as anyone:
        for path, door, shape in body_doors(small_world):
            for name in texts(shape):
                whole = json.dumps(required(shape) | {name: "PLACE"}).replace('"PLACE"', text)
                answer = await anyone.knock(path, door, content=whole, headers=JSON)
                assert answer.status_code in {400, 422}, path
                problem(answer, answer.status_code)


async def test_what_is_no_json_object_is_malformed(small_world: World) -> None:
    async with knocker(small_world) as anyone:
        for path, door, _ in body_doors(small_world):
            for body in [*NOT_OBJECTS, *NOT_JSON, *NOT_UTF8, DEEP]:
                if not body and door.bodiless:
                    continue
                answer = await anyone.knock(path, door, content=body, headers=JSON)
                problem(answer, 400, "malformed_body")


async def test_depth_within_a_field_is_malformed_too(small_world: World) -> None:
    async with knocker(small_world) as anyone:
        for path, door, shape in body_doors(small_world):
            for name in texts(shape):
                body = f'{{"{name}":'.encode() + b"[" * 10_000 + b"]" * 10_000 + b"}"
                problem(await anyone.knock(path, door, content=body, headers=JSON), 400)


async def test_another_media_type_is_not_supported(small_world: World) -> None:
    async with knocker(small_world) as anyone:
        for path, door, shape in body_doors(small_world):
            body = json.dumps(required(shape))
            for kind in OTHER_TYPES:
                headers = {"Content-Type": kind}
                answer = await anyone.knock(path, door, content=body, headers=headers)
                problem(answer, 415, "unsupported_media_type")


async def test_a_packed_body_is_not_unpacked(small_world: World) -> None:
    packed = gzip.compress(b'{"email":"' + b"a" * 1_000_000 + b'"}')
    async with knocker(small_world) as anyone:
        for path, door, _ in body_doors(small_world):
            headers = JSON | {"Content-Encoding": "gzip"}
            answer = await anyone.knock(path, door, content=packed, headers=headers)
            problem(answer, 415, "unsupported_media_type")


async def test_a_field_that_is_given_twice_is_refused_however_it_is_spelt(
    small_world: World,
) -> None:
    await small_world.subscriber()
    rest = f'"email":"alice@example.org","password":"{PASSWORD}"}}'
    async with small_world.client() as client:
        for first in ('"email":"x"', '"e\\u006dail":"alice@example.org"', '"email" : {"a":1}'):
            twice = f"{{{first},{rest}"
            answer = await client.post("/api/v1/auth/login", content=twice, headers=JSON)
            assert named(problem(answer, 422)) == {"email": "repeated_field"}, first
        within = f'{{"transport":{{"a":1,"b":2,"a":3}},{rest}'
        answer = await client.post("/api/v1/auth/login", content=within, headers=JSON)
        assert named(problem(answer, 422)) == {"a": "repeated_field"}
        both = {"refreshToken": "a", "refresh_token": "b"}
        told = problem(await client.post("/api/v1/auth/refresh", json=both), 422)
    assert named(told) == {"refresh_token": "repeated_field"}


async def test_a_field_that_a_form_gives_twice_is_refused(small_world: World) -> None:
    await small_world.subscriber()
    async with browser(small_world) as person:
        await person.open("/login")
        fields = {"csrf": person.csrf, "email": "alice@example.org", "password": PASSWORD}
        once = urlencode(fields)
        for name, text in fields.items():
            twice = f"{once}&{urlencode({name: text})}"
            answer = await person.client.post("/login", content=twice, headers=FORM)
            assert answer.status_code == 422, name
            assert "This field was sent twice." in answer.text
        answer = await person.client.post("/login", content=once, headers=FORM)
    assert answer.headers["location"] == "/account"


async def test_a_field_that_a_query_gives_twice_is_refused(small_world: World) -> None:
    async with knocker(small_world) as admin:
        headers = {"Authorization": f"Bearer {admin.admin}"}
        twice = await admin.client.get("/api/v1/admin/users?limit=1&limit=2", headers=headers)
    assert named(problem(twice, 422)) == {"limit": "repeated_field"}


async def test_a_field_given_thousands_of_times_does_not_make_a_long_answer(
    small_world: World,
) -> None:
    body = "{" + ",".join(f'"f{number % 2000}":1' for number in range(6000)) + "}"
    async with small_world.client() as client:
        answer = await client.post("/api/v1/auth/login", content=body, headers=JSON)
    problem(answer, 422)
    assert len(answer.content) < 16_000


async def test_a_link_and_a_code_at_once_are_refused_and_nothing_is_spent(
    small_world: World,
) -> None:
    both = {"token": "wwt_x", "code": "123456"}
    address = {"email": "alice@example.org"}
    doors: dict[str, dict[str, str]] = {
        "reset-password": {**address, "password": NEW_PASSWORD},
        "otp/verify": address,
        "verify-email": address,
        "change-email/confirm": {},
    }
    async with small_world.client() as client:
        for door, rest in doors.items():
            answer = await client.post(f"/api/v1/auth/{door}", json={**both, **rest})
            assert named(problem(answer, 422)) == {"token": "not_both", "code": "not_both"}, door
    assert not await facts(small_world, "otp.validated"), "nothing was judged"


async def test_a_thousand_unknown_fields_do_not_make_a_long_answer(small_world: World) -> None:
    body = {f"field{number}": 1 for number in range(4000)}
    async with small_world.client() as client:
        answer = await client.post("/api/v1/auth/login", json=body)
    problem(answer, 422)
    assert len(answer.content) < 16_000


async def test_unknown_parameters_of_a_query_are_refused_by_name(small_world: World) -> None:
    async with knocker(small_world) as anyone:
        for path, door in api_doors(small_world):
            if door.method == "GET" and door.body is not None:
                answer = await anyone.knock(path, door, params={"isAdmin": "1"})
                assert named(problem(answer, 422)) == {"isAdmin": "unknown_field"}, path


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


@pytest.mark.parametrize(
    "name",
    [
        "Al\r\nBcc: x@example.org",
        "Al\nice",
        "Alice\u2028",
        "Al\x85ice",
        "Al\u202eecila",
        "Al\u2066ice",
        "http://evil.example",
        "visit www.evil.example",
        "<b>Alice</b>",
        "a" * 101,
        " ",
    ],
)
async def test_a_name_that_could_write_into_a_letter_is_refused(
    small_world: World, name: str
) -> None:
    body = {"email": "alice@example.org", "password": PASSWORD, "firstName": name}
    async with small_world.client() as client:
        told = problem(await client.post("/api/v1/auth/register", json=body), 422)
    assert named(told) == {"firstName": "invalid_name"}


@pytest.mark.req("D-67")
@pytest.mark.parametrize(
    "name", ["Zoë-Anne", "O'Brien", "J. R. St.John", "محمد", "Nguyễn Văn", "李"]
)
async def test_a_name_as_people_have_it_is_taken(small_world: World, name: str) -> None:
    body = {"email": "alice@example.org", "password": PASSWORD, "firstName": name}
    async with small_world.client() as client:
        assert (await client.post("/api/v1/auth/register", json=body)).status_code == 201


@pytest.mark.parametrize(
    "address",
    [
        "alice@example.org\r\nBcc: eve@example.org",
        "alice@example.org, eve@example.org",
        "Alice <alice@example.org>",
        "alice@example.org\u0000",
        '"a\r\nb"@example.org',
        "alice@[127.0.0.1]",
        "alice@" + "a" * 250 + ".org",
        "alice@example..org",
        "@",
    ],
)
async def test_an_address_that_is_not_one_mailbox_is_refused(
    small_world: World, address: str
) -> None:
    doors = {
        "register": {"password": PASSWORD, "firstName": "Alice"},
        "login": {"password": PASSWORD},
        "forgot-password": {},
        "resend-verification": {},
        "otp/request": {},
        "otp/verify": {"code": "123456"},
    }
    async with small_world.client() as client:
        for door, more in doors.items():
            answer = await client.post(f"/api/v1/auth/{door}", json={"email": address, **more})
            assert set(named(problem(answer, 422))) == {"email"}, door


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


async def test_a_door_that_needs_no_body_takes_none(small_world: World) -> None:
    await small_world.subscriber()
    async with small_world.client() as client:
        signed = await small_world.sign_in(client)
        client.headers["authorization"] = f"Bearer {signed['access_token']}"
        client.headers["content-type"] = "application/json"
        door = "/api/v1/auth/logout-all"
        for sent, status in (
            (b'{"x": 1}', 422),
            (b"{", 400),
            (b"[" * 60_000, 400),
            (b"a" * 3_000_000, 413),
        ):
            assert (await client.post(door, content=sent)).status_code == status
        assert (await client.get("/api/v1/auth/me")).status_code == 200
        assert (await client.post(door, content=b"{}")).status_code == 204


async def test_the_description_of_the_api_is_only_read(small_world: World) -> None:
    async with small_world.client() as client:
        for method in ("PUT", "POST", "DELETE", "OPTIONS"):
            problem(await client.request(method, "/openapi.json"), 405, "method_not_allowed")


@pytest.mark.parametrize("value", ["1", ""])
async def test_a_form_with_an_unknown_field_is_refused_and_does_nothing(
    small_world: World, value: str
) -> None:
    await small_world.subscriber()
    forms = [(path, door) for path, door in placed_doors(small_world.house) if door.form]
    assert len(forms) > 10
    for number, (path, door) in enumerate(forms):
        async with browser(small_world, f"198.51.{number}.7") as person:
            await person.sign_in()
            form = {**(required(door.body) if door.body else {}), "zzz": value, "csrf": person.csrf}
            refused = await person.client.post(path.replace("{id}", str(uuid.uuid4())), data=form)
            assert refused.status_code == 422, path
            assert (await person.open("/account")).status_code == 200
            assert person.path == "/account", "nobody is signed out"


async def test_no_field_makes_the_end_of_other_sessions_more_than_that(world: World) -> None:
    await world.subscriber()
    async with browser(world) as person, browser(world, "198.51.100.9") as other:
        await person.sign_in()
        await other.sign_in()
        form = {"role": "admin", "csrf": person.csrf}
        refused = await person.client.post("/account/sessions/end-others", data=form)
        assert refused.status_code == 422
        await other.open("/account")
        assert other.path == "/account"
