"""Bad bodies at every door of the API: refused quickly, in one form, and never a 500 (A-20)."""

import gzip
import json
from typing import Any

import pytest

from tests.support.facts import facts
from tests.support.knocking import body_doors, knocker, named, problem, required, texts
from tests.support.world import NEW_PASSWORD, PASSWORD, World

JSON = {"Content-Type": "application/json"}
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
