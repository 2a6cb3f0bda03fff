"""Bad input at every door of the API: refused quickly, in one form, and never a 500 (A-20)."""

import gzip
import json
from typing import Any

import pytest

from tests.support.knocking import (
    api_doors,
    body_doors,
    knocker,
    named,
    problem,
    required,
    texts,
)
from tests.support.world import PASSWORD, World

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


async def test_of_a_repeated_field_the_last_counts_and_two_spellings_are_refused(
    small_world: World,
) -> None:
    await small_world.subscriber()
    twice = f'{{"email":"x","email":"alice@example.org","password":"{PASSWORD}"}}'
    both = {"refreshToken": "a", "refresh_token": "b"}
    async with small_world.client() as client:
        answer = await client.post("/api/v1/auth/login", content=twice, headers=JSON)
        assert answer.status_code == 200
        told = problem(await client.post("/api/v1/auth/refresh", json=both), 422)
    assert named(told) == {"refresh_token": "repeated_field"}


async def test_a_thousand_unknown_fields_do_not_make_a_long_answer(small_world: World) -> None:
    body = {f"field{number}": 1 for number in range(4000)}
    async with small_world.client() as client:
        answer = await client.post("/api/v1/auth/login", json=body)
    problem(answer, 422)
    assert len(answer.content) < 16_000


async def test_unknown_and_wrong_parameters_of_a_query_are_refused(small_world: World) -> None:
    async with knocker(small_world) as anyone:
        asked = [(path, door) for path, door in api_doors(small_world) if door.method == "GET"]
        for path, door in asked:
            if door.body is None:
                continue
            told = problem(await anyone.knock(path, door, params={"isAdmin": "1"}), 422)
            assert named(told) == {"isAdmin": "unknown_field"}
            for name in (field.name for field in door.body.__struct_fields__ and ()):
                assert name
    wrong = {"limit": "0", "after": "7", "status": "gone", "q": "a\x00"}
    async with knocker_of(small_world) as (client, path):
        told = problem(await client.get(path, params=wrong), 422)
        assert set(named(told)) == set(wrong)
