"""Knocking at every door of the API: who may enter, what a good body is, what a problem looks like."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import httpx2
import msgspec

from tests.support.world import World
from watchword.app.asgi import placed_doors
from watchword.plumbing.web.doors import Door, Who
from watchword.records.services.service import Services
from watchword.records.subscribers.rules import ADMIN

PROBLEM = "application/problem+json"
ADMINISTRATOR = "root@example.org"
_SAMPLES: dict[type[Any], Any] = {str: "words", int: 7, bool: True}


def api_doors(world: World) -> Iterator[tuple[str, Door]]:
    """Yield (path with an id in it, door) for all that programs use."""
    for path, door in placed_doors(world.house):
        if not door.page:
            yield path.replace("{id}", str(uuid4())), door


def body_doors(world: World) -> Iterator[tuple[str, Door, type[msgspec.Struct]]]:
    """Yield (path, door, shape) for all that read a JSON body."""
    for path, door in api_doors(world):
        shape = door.body or door.described
        if shape is not None and door.method != "GET":
            yield path, door, shape


def required(shape: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the least body of the right types; what it says is nonsense."""
    return {
        field.encode_name: _SAMPLES.get(field.type, "words")
        for field in msgspec.structs.fields(shape)
        if field.required
    }


def texts(shape: type[msgspec.Struct]) -> list[str]:
    """Return the names of the fields that take any text."""
    return [
        field.encode_name
        for field in msgspec.structs.fields(shape)
        if field.type in {str, str | None}
    ]


class Knocker:
    """Somebody who may enter every door."""

    def __init__(self, client: httpx2.AsyncClient, admin: str, service: str) -> None:
        self.client = client
        self.admin = admin
        self.service = service

    def headers(self, door: Door) -> dict[str, str]:
        """Return what lets one in."""
        if door.who is Who.ANYONE:
            return {}
        token = self.service if door.who is Who.SERVICE else self.admin
        return {"Authorization": f"Bearer {token}"}

    async def knock(
        self,
        path: str,
        door: Door,
        *,
        headers: dict[str, str] | None = None,
        **what: Any,
    ) -> httpx2.Response:
        """Send one request to a door."""
        return await self.client.request(
            door.method, path, headers=self.headers(door) | (headers or {}), **what
        )


@contextlib.asynccontextmanager
async def knocker(world: World) -> AsyncIterator[Knocker]:
    """Yield one who has the tokens of an administrator and of a service."""
    await world.subscriber(ADMINISTRATOR, role=ADMIN)
    async with world.database.transaction() as tx:
        service = await world.part(Services).add(tx, "knocker", world.clock.now())
    async with world.client() as client:
        await world.sign_in(client, ADMINISTRATOR)
        admin = client.headers.pop("Authorization").removeprefix("Bearer ")
        yield Knocker(client, admin, service.reveal())


def problem(answer: httpx2.Response, status: int, code: str | None = None) -> dict[str, Any]:
    """Return the problem that an answer tells, having looked whether it is told properly."""
    where = f"{answer.request.method} {answer.request.url.path}"
    assert answer.status_code == status, f"{where}: {answer.status_code} {answer.text[:300]}"
    assert answer.headers["content-type"] == PROBLEM, where
    told: dict[str, Any] = answer.json()
    assert told["status"] == status, where
    assert told["request_id"] == answer.headers["x-request-id"], where
    assert told["code"], where
    assert told["title"], where
    assert answer.headers["cache-control"] == "no-store", where
    for trace in ("Traceback", 'File "', ".py", "sqlite", "asyncpg"):
        assert trace not in answer.text, where
    if code is not None:
        assert told["code"] == code, f"{where}: {told}"
    return told


def named(told: dict[str, Any]) -> dict[str, str]:
    """Return field -> code of a problem's faults."""
    return {error["field"]: error["code"] for error in told["errors"]}
