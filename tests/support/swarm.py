"""A swarm of generated requests (Schemathesis) at the whole application, as one kind of caller.

Schemathesis runs the application in an event loop of its own, so the world opens and closes there, by
the events of the lifespan. Each request comes from a person made for it alone: whoever signed out, chose
another password or was locked by a request is of no consequence to the next one.
"""

import contextlib
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from typing import Any

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from schemathesis.python.asgi import shutdown_lifespans
from starlette.types import Receive, Scope, Send

from tests.support.world import World, open_world
from watchword.kernel import assurance
from watchword.kernel.ports import Visitor
from watchword.plumbing.issuer import Issuer
from watchword.records.services.service import Services
from watchword.records.sessions.rules import TOKEN
from watchword.records.sessions.service import Sessions
from watchword.records.signing_keys.rules import Bearer
from watchword.records.signing_keys.service import SigningKeys

NOBODY, SUBSCRIBER, ADMINISTRATOR = "nobody", "user", "admin"
# No schema can say whose address, token or code it is, nor which password is easily guessed.
_WELL_FORMED = ["2xx", "400", "401", "403", "404", "409", "422"]
_SERVICE = "service"
_MARK = "a person made for this request: "
_VISITOR = Visitor(
    address="203.0.113.7", network="203.0.113.7", user_agent="swarm", language="en", request_id="s"
)


class Standing:
    """The application under attack: opened in the attacker's loop, its callers made on demand."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self._place = (database_url, folder)
        self._number = count(1)
        self._world: World | None = None
        self._service = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the lifespan."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        assert self._world is not None
        scope["headers"] = [
            (name, await self._credentials(value) if name == b"authorization" else value)
            for name, value in scope["headers"]
        ]
        scope["client"] = ("203.0.113.7", 40000)
        await self._world.app(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        async with self._opened() as self._world:
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    @contextlib.asynccontextmanager
    async def _opened(self) -> AsyncIterator[World]:
        async with open_world(
            *self._place, MAX_LOGIN_ATTEMPTS="100", RATE_LIMIT_UPLOAD="1000/60000"
        ) as world:
            async with world.database.transaction() as tx:
                token = await world.part(Services).add(tx, "swarm", world.clock.now())
            self._service = token.reveal()
            await world.subscriber()  # whose address and password are the document's examples
            yield world

    async def _credentials(self, value: bytes) -> bytes:
        """Replace the mark by the credentials of somebody new."""
        kind = value.decode("latin-1").removeprefix(f"Bearer {_MARK}")
        if kind == _SERVICE:
            return f"Bearer {self._service}".encode()
        if kind in {SUBSCRIBER, ADMINISTRATOR}:
            return f"Bearer {await self._somebody(kind)}".encode()
        return value

    async def _somebody(self, role: str) -> str:
        """Add an account, sign it in and return its access token."""
        assert self._world is not None
        world, now = self._world, self._world.clock.now()
        person = await world.subscriber(
            f"{role}{next(self._number)}@example.org", password=None, role=role
        )
        async with world.database.transaction() as tx:
            session = await world.part(Sessions).open(
                tx,
                user_id=person.id,
                methods=[assurance.PASSWORD],
                visitor=_VISITOR,
                transport=TOKEN,
                now=now,
            )
        bearer = Bearer(
            user_id=person.id,
            session_id=session.id,
            role=role,
            methods=(assurance.PASSWORD,),
            authenticated_at=now,
        )
        issuer = world.part(Issuer).url
        return await world.part(SigningKeys).access_token(bearer, issuer, now)


def attack(database_url: str, folder: Path, caller: str, examples: int) -> list[str]:
    """Send the swarm and return what was wrong with the answers, each fault once."""
    config = SchemathesisConfig.from_dict(
        {
            "seed": 7,
            "generation": {"max-examples": examples, "deterministic": True, "database": "none"},
            "phases": {"stateful": {"enabled": False}},
            "checks": {"positive_data_acceptance": {"expected-statuses": _WELL_FORMED}},
            "output": {"sanitization": {"enabled": False}},
        }
    )
    schema = schemathesis.openapi.from_asgi(
        "/openapi.json", Standing(database_url, folder), config=config
    )
    if caller != NOBODY:
        schema.auth(refresh_interval=None)(_provider(caller))
    faults: dict[str, str] = {}
    ended = False
    try:
        for event in from_schema(schema).execute():
            if isinstance(event, events.ScenarioFinished):
                faults |= _faults(event)
            elif isinstance(event, events.NonFatalError | events.FatalError):
                faults[str(event)] = repr(event)
            ended = ended or isinstance(event, events.EngineFinished)
    finally:
        shutdown_lifespans()
    assert ended
    return list(faults.values())


def _provider(caller: str) -> type:
    class Credentials:
        """Marks each request with who sends it."""

        def get(self, case: Any, _context: Any) -> str:
            """Return the mark: services are let in by nobody else's token."""
            needs = case.operation.definition.raw.get("security", [])
            return _MARK + (_SERVICE if {"service": []} in needs else caller)

        def set(self, case: Any, data: str, _context: Any) -> None:
            """Put the mark on the request."""
            case.headers = {**(case.headers or {}), "Authorization": f"Bearer {data}"}

    return Credentials


def _faults(event: Any) -> dict[str, str]:
    """Return the failed checks of a scenario by what they say."""
    found = {}
    for case_id, checks in event.recorder.checks.items():
        for check in checks:
            if check.failure_info is None:
                continue
            failure = check.failure_info.failure
            seen = event.recorder.interactions.get(case_id)
            sent = f"{seen.request.method} {seen.request.uri} {seen.request.body!r}" if seen else ""
            answer = seen.response if seen else None
            got = f"{answer.status_code} {answer.text[:400]}" if answer is not None else "nothing"
            key = f"{event.label}: {check.name}: {failure.title} ({got[:3]})"
            found[key] = f"{key}\n  {failure.message}\n  {sent}\n  {got}"
    return found


__all__ = ["ADMINISTRATOR", "NOBODY", "SUBSCRIBER", "attack"]
