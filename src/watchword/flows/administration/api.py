"""Administration's doors for programs: an administrator who signed in a short while ago."""

from collections.abc import Awaitable, Callable

from starlette.responses import Response

from watchword.flows.administration.rules import (
    Act,
    ListUsers,
    ManagedUser,
    ManagedUsers,
    SessionsGone,
)
from watchword.flows.administration.service import Administration
from watchword.kernel import ids
from watchword.kernel.ids import SubscriberId
from watchword.kernel.problems import NotFound
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import Door, Who, delete, get, post
from watchword.records.subscribers.rules import LastAdmin

Handler = Callable[[Call[None]], Awaitable[Response]]


async def list_users(call: Call[ListUsers]) -> Response:
    """List accounts in the order of their making; `next` is the `after` of the next page."""
    return call.json(await call.part(Administration).page(call.body))


async def show(call: Call[None]) -> Response:
    """Show an account."""
    return call.json(await call.part(Administration).show(_whose(call)))


async def lock(call: Call[None]) -> Response:
    """Lock an account: its sessions end at once, and nobody signs in to it."""
    return await _act(call, Act.LOCK)


async def unlock(call: Call[None]) -> Response:
    """Unlock an account, and forgive its wrong guesses."""
    return await _act(call, Act.UNLOCK)


async def disable(call: Call[None]) -> Response:
    """Disable an account: its sessions end at once, and nobody signs in to it."""
    return await _act(call, Act.DISABLE)


async def enable(call: Call[None]) -> Response:
    """Enable an account again."""
    return await _act(call, Act.ENABLE)


async def end_sessions(call: Call[None]) -> Response:
    """End every session of an account."""
    ended = await call.part(Administration).end_sessions(
        _whose(call), str(call.me.user_id), call.visitor
    )
    return call.json(SessionsGone(ended=ended))


async def _act(call: Call[None], act: Act) -> Response:
    by = str(call.me.user_id)
    return call.json(await call.part(Administration).act(act, _whose(call), by, call.visitor))


def _whose(call: Call[None]) -> SubscriberId:
    user_id = ids.parse(call.request.path_params["id"])
    if user_id is None:
        raise NotFound
    return SubscriberId(user_id)


def _act_door(word: str, handler: Handler) -> Door:
    return post(
        f"/admin/users/{{id}}/{word}",
        handler,
        answer=ManagedUser,
        who=Who.ADMIN,
        problems=(NotFound, LastAdmin),
    )


doors = [
    get("/admin/users", list_users, body=ListUsers, answer=ManagedUsers, who=Who.ADMIN),
    get("/admin/users/{id}", show, answer=ManagedUser, who=Who.ADMIN, problems=(NotFound,)),
    _act_door("lock", lock),
    _act_door("unlock", unlock),
    _act_door("disable", disable),
    _act_door("enable", enable),
    delete(
        "/admin/users/{id}/sessions",
        end_sessions,
        answer=SessionsGone,
        who=Who.ADMIN,
        problems=(NotFound,),
    ),
]
