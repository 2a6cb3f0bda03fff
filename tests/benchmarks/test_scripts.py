"""What the load generator says is whole HTTP, and no more than it was told."""

import json

import pytest

from benchmarks.load import quantile
from benchmarks.scripts import http, http_json, script_from


def body_of(request: bytes) -> bytes:
    head, _, body = request.partition(b"\r\n\r\n")
    assert f"content-length: {len(body)}".encode() in head
    return body


def test_a_body_is_announced_with_its_length_in_bytes() -> None:
    body_of(http("POST", "/", body="é").encode())


def test_a_request_without_body_announces_none() -> None:
    assert "content-length" not in http("GET", "/")


def test_a_ring_of_requests_comes_round() -> None:
    ring = script_from({"kind": "cycle", "requests": ["a", "b"]})
    assert {ring.request(0), ring.request(0)} == {b"a", b"b"}


def test_a_fresh_request_never_repeats_and_keeps_its_length() -> None:
    request = http_json("POST", "/register", {"email": "n000000000000@example.org"})
    fresh = script_from({"kind": "fresh", "request": request, "first": 41})
    seen = [json.loads(body_of(fresh.request(0)))["email"] for _ in range(3)]
    assert seen == [f"n{number:012d}@example.org" for number in (42, 43, 44)]
    assert fresh.carry() == ["44"]


def test_a_fresh_request_needs_a_place_for_its_number() -> None:
    with pytest.raises(ValueError, match="no place"):
        script_from({"kind": "fresh", "request": "GET / HTTP/1.1", "first": 0})


def test_a_chain_sends_what_its_last_good_answer_gave() -> None:
    chain = script_from({"kind": "chain", "path": "/r", "name": "token", "tokens": ["one", "x"]})
    assert json.loads(body_of(chain.request(0))) == {"token": "one"}
    chain.answered(0, b"200", b'{"token":"two"}')
    chain.answered(0, b"401", b'{"token":"never"}')
    assert json.loads(body_of(chain.request(0))) == {"token": "two"}
    assert chain.carry() == ["two", "x"]


@pytest.mark.parametrize(("share", "value"), [(0.5, 51), (0.99, 100), (0, 1)])
def test_a_quantile_is_one_of_the_values(share: float, value: float) -> None:
    assert quantile([float(each) for each in range(1, 101)], share) == value


def test_of_nothing_the_quantile_is_zero() -> None:
    assert quantile([], 0.99) == 0
