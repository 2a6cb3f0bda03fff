"""The account's doors for programs."""

from starlette.responses import Response

from watchword.flows.account.rules import ProfilePatch, SessionList
from watchword.flows.account.service import Account
from watchword.kernel.ids import SessionId, parse
from watchword.kernel.problems import Conflict, NotFound
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import Who, delete, get, patch
from watchword.records.subscribers.rules import Profile, profile_of


async def change(call: Call[ProfilePatch]) -> Response:
    """Change names, phone or language; send `version` to be sure that nobody else did."""
    written = await call.part(Account).change(call.me, call.body, call.visitor)
    return call.json(profile_of(written))


async def list_sessions(call: Call[None]) -> Response:
    """List where the account is signed in."""
    return call.json(SessionList(sessions=await call.part(Account).list_sessions(call.me)))


async def end_session(call: Call[None]) -> Response:
    """End one session of one's own."""
    session_id = parse(call.request.path_params["id"])
    if session_id is None:
        raise NotFound
    await call.part(Account).end_session(call.me, SessionId(session_id), call.visitor)
    response = Response(status_code=204, headers={"Cache-Control": "no-store"})
    return call.let_out(response) if session_id == call.me.session_id else response


doors = [
    door
    for stem in ("/auth", "")
    for door in (
        patch(
            f"{stem}/me",
            change,
            body=ProfilePatch,
            answer=Profile,
            who=Who.SUBSCRIBER,
            problems=(Conflict,),
        ),
        get(f"{stem or '/me'}/sessions", list_sessions, answer=SessionList, who=Who.SUBSCRIBER),
        delete(
            f"{stem or '/me'}/sessions/{{id}}",
            end_session,
            status=204,
            who=Who.SUBSCRIBER,
            problems=(NotFound,),
        ),
    )
]
