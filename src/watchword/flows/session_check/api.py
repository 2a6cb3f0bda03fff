"""`GET /auth/me`, once as an ordinary door for its description and once as a hot one."""

from collections.abc import Awaitable, Callable
from math import ceil
from typing import Any

from starlette.responses import Response
from starlette.types import Scope

from watchword.flows.session_check.rules import Me, MeInFull, in_full, me_of
from watchword.flows.session_check.service import Known, SessionCheck
from watchword.kernel.limits import Verdict
from watchword.kernel.problems import Unauthenticated
from watchword.plumbing.throttle import Throttle, refusal
from watchword.plumbing.web.call import Call, Web
from watchword.plumbing.web.doors import Door, Who, get
from watchword.plumbing.web.outgoing import spell
from watchword.plumbing.web.problems import plain

_JSON = b"content-type: application/json\r\ncache-control: no-store\r\n"


async def me(call: Call[None]) -> Response:
    """Tell the caller who they are and what their session is."""
    return call.json(me_of(call.me, call.me.methods))


async def me_in_full(call: Call[None]) -> Response:
    """Tell the caller who they are, and whether a consent of theirs is to be renewed."""
    due = await call.part(SessionCheck).renewal_required(call.me)
    return call.json(in_full(me_of(call.me, call.me.methods), due))


doors: list[Door] = [
    get("/auth/me", me, answer=Me, who=Who.SUBSCRIBER, problems=(Unauthenticated,)),
    get("/me", me_in_full, answer=MeInFull, who=Who.SUBSCRIBER, problems=(Unauthenticated,)),
]


def hot(web: Web) -> dict[str, Callable[[Scope, dict[bytes, bytes]], Awaitable[Any]]]:
    """Return the doors that stand before the router: path below the prefix -> callable."""
    check = web.house.part(SessionCheck)
    mark = f"{web.cookies.name('session')}=".encode()

    async def known(headers: dict[bytes, bytes]) -> Known | None:
        authorization = headers.get(b"authorization")
        if authorization is not None:
            if authorization[:7].lower() != b"bearer ":
                return None
            return await check.known_by_token(authorization[7:].strip().decode("latin-1"))
        for pair in headers.get(b"cookie", b"").split(b";"):
            if pair.lstrip().startswith(mark):
                return await check.known_by_cookie(pair.partition(b"=")[2].decode("latin-1"))
        return None

    async def answer(scope: Scope, headers: dict[bytes, bytes]) -> tuple[int, bytes, bytes]:
        verdict = await web.throttle.weigh("api", scope["watchword.network"], "/auth/me")
        found = await known(headers) if verdict.allowed else None
        if found is not None:
            scope["watchword.user"] = found.user
            return 200, _JSON + _limits(web.throttle, verdict), found.body
        problem = Unauthenticated() if verdict.allowed else refusal("api", verdict)
        status, lines, body = plain(problem, scope["watchword.request_id"])
        return status, spell(lines) + _limits(web.throttle, verdict), body

    return {"GET /auth/me": answer}


def _limits(throttle: Throttle, verdict: Verdict) -> bytes:
    """Spell what `Throttle.headers` says."""
    if throttle.legacy:
        told = throttle.headers(verdict).items()
        return spell([(name.lower().encode(), text.encode()) for name, text in told])
    return b"ratelimit-limit: %d\r\nratelimit-remaining: %d\r\nratelimit-reset: %d\r\n" % (
        verdict.limit,
        verdict.remaining,
        ceil(verdict.reset),
    )
