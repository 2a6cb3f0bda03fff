"""Sign-out's doors for programs."""

from starlette.responses import Response

from watchword.flows.sign_out.rules import CsrfToken, SignOutBody
from watchword.flows.sign_out.service import SignOut
from watchword.kernel.secret import Secret
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import Who, get, post


async def here(call: Call[SignOutBody]) -> Response:
    """End this session; the body may name a refresh token, or be left out."""
    token = call.body.refresh_token
    refresh = Secret(token) if token is not None else None
    await call.part(SignOut).here(call.caller, refresh, call.visitor)
    return call.let_out(_nothing())


async def everywhere(call: Call[None]) -> Response:
    """End every session of the account, this one too."""
    await call.part(SignOut).everywhere(call.me, call.visitor)
    return call.let_out(_nothing())


async def csrf(call: Call[None]) -> Response:
    """Tell the token that calls made with a cookie must carry."""
    if call.csrf_binding is None:
        call.new_visitor = call.web.chance.draw(16).hex()
    response = call.json(CsrfToken(csrf_token=call.web.csrf.token(call.csrf_binding or "")))
    if call.new_visitor:
        call.web.cookies.put(response, "visitor", call.new_visitor)
    return response


def _nothing() -> Response:
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


doors = [
    post("/auth/logout", here, body=SignOutBody, bodiless=True, status=204, who=Who.NOTICED),
    post("/auth/logout-all", everywhere, status=204, who=Who.SUBSCRIBER),
    get("/auth/csrf", csrf, answer=CsrfToken),
]
