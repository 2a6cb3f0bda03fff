"""The reference: everything that a door takes and tells, on pages that people can read."""

import json
import re
import shlex
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.world import World
from tests.support.worlds import Opener
from tools.pages.problems import load_all
from watchword.kernel.problems import Forbidden
from watchword.operations.reference.rules import (
    BY_KIND,
    advice_of,
    by_code,
    chapters,
    in_words,
    problem_classes,
)
from watchword.operations.reference.service import written_advice


async def test_every_operation_of_the_document_is_on_the_page(small_world: World) -> None:
    async with small_world.client() as client:
        document = (await client.get("/openapi.json")).json()
        page = (await client.get("/docs")).text
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            assert f'id="{told["operationId"]}"' in page
            assert f"<b>{method.upper()}</b> {path}</code>" in page


async def test_the_curl_lines_are_whole_words_of_a_shell(small_world: World) -> None:
    async with small_world.client() as client:
        document = (await client.get("/openapi.json")).json()
    for chapter in chapters(document):
        for operation in chapter.operations:
            words = shlex.split(operation.curl)
            assert words[0] == "curl"
            if "--json" in words:
                sent = json.loads(words[words.index("--json") + 1])
                assert set(sent) <= {line.name for line in operation.body}


async def test_a_curl_line_does_what_it_says(small_world: World) -> None:
    async with small_world.client() as client:
        document = (await client.get("/openapi.json")).json()
        lines = {o.path: shlex.split(o.curl) for c in chapters(document) for o in c.operations}
        words = lines["/api/v1/auth/login"]
        body = words[words.index("--json") + 1]
        answer = await client.post(
            words[1], content=body, headers={"Content-Type": "application/json"}
        )
    assert answer.json()["code"] == "invalid_credentials"


async def test_the_type_of_a_problem_leads_to_its_page(small_world: World) -> None:
    async with small_world.client() as client:
        problem = (await client.get(small_world.path("/auth/me"))).json()
        page = await client.get(problem["type"])
    assert page.status_code == 200
    assert '<code dir="ltr">unauthenticated</code>' in page.text
    assert "refresh it" in page.text


async def test_every_problem_is_on_the_list_and_has_a_page(small_world: World) -> None:
    async with small_world.client() as client:
        page = (await client.get("/problems")).text
        for code in problem_classes():
            assert f'href="/problems/{code}"' in page
            assert (await client.get(f"/problems/{code}")).status_code == 200


async def test_a_problem_that_is_none_has_no_page(small_world: World) -> None:
    async with small_world.client() as client:
        answer = await client.get("/problems/no_such_thing", headers={"Accept": "text/html"})
    assert answer.status_code == 404


@pytest.mark.parametrize("path", ["/docs", "/problems", "/problems/token_expired"])
async def test_a_page_runs_no_script_but_ours_and_asks_nobody_else(
    small_world: World, path: str
) -> None:
    async with small_world.client() as client:
        page = (await client.get(path)).text
    assert all(
        src.startswith("/static/") for src in re.findall(r"<script[^>]*src=\"([^\"]+)", page)
    )
    assert "<script>" not in page
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", page)


async def test_what_the_code_tells_stays_english_on_an_arabic_page(small_world: World) -> None:
    async with small_world.client(headers={"Accept-Language": "ar"}) as client:
        page = (await client.get("/problems/token_expired")).text
    assert '<html lang="ar" dir="rtl"' in page
    assert '<p lang="en" dir="ltr">This link has expired' in page


async def test_a_page_for_each_path_that_a_profile_mounts(small_worlds: Opener) -> None:
    async with small_worlds(APP_PROFILE="romapi") as world, world.client() as client:
        page = (await client.get("/docs")).text
    assert "<b>POST</b> /auth/login</code>" in page
    assert "<b>POST</b> /api/v1/auth/login</code>" in page


async def test_who_may_enter_is_said(small_world: World) -> None:
    async with small_world.client() as client:
        document = (await client.get("/openapi.json")).json()
    who = {f"{o.method} {o.path}": o.who for c in chapters(document) for o in c.operations}
    assert who["POST /api/v1/auth/login"] == "anyone"
    assert who["GET /api/v1/auth/me"] == "subscriber"
    assert who["GET /api/v1/admin/users"] == "admin"
    assert who["POST /api/v1/auth/introspect"] == "service"


def test_every_problem_of_ours_is_advised_in_words_of_its_own() -> None:
    ours = {c: k for c, k in problem_classes().items() if k.__module__.startswith("watchword.")}
    told = {code: advice_of(kind, written_advice()) for code, kind in ours.items()}
    assert not [code for code, advice in told.items() if advice in BY_KIND.values()]


def test_two_problems_of_one_code_are_refused() -> None:
    twin: Any = SimpleNamespace(code="forbidden")
    with pytest.raises(ValueError, match="two problems have the code forbidden"):
        by_code([Forbidden, twin])


def test_no_advice_is_about_a_problem_that_is_none() -> None:
    load_all()
    assert set(written_advice()) <= set(problem_classes())


def test_types_are_said_in_words() -> None:
    document = {"components": {"schemas": {"Pet": {"type": "object"}}}}
    assert in_words(document, {"type": "string", "format": "date-time"}) == "time (RFC 3339)"
    assert in_words(document, {"enum": ["a", "b"]}) == '"a" or "b"'
    assert in_words(document, {"anyOf": [{"type": "integer"}, {"type": "null"}]}) == (
        "whole number or null"
    )
    nested = {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}}
    assert in_words(document, nested) == "list of object"
