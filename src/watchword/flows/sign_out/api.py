"""Sign-out's doors for programs."""

from starlette.responses import Response

from watchword.flows.sign_out.rules import CsrfToken, SignOutBody
from watchword.flows.sign_out.service import SignOut
from watchword.kernel.secret import Secret
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import Who, get, post
from watchword.plumbing.web.shapes import read_json


async def here(call: Call[None]) -> Response:
    """End this session; the body may name a refresh token, or be left out."""
    body = await _body(call)
    refresh = Secret(body.refresh_token) if body.refresh_token is not None else None
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


async def _body(call: Call[None]) -> SignOutBody:
    headers = call.request.headers
    if headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers:
        return SignOutBody()
    return await read_json(call.request, SignOutBody)


def _nothing() -> Response:
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


doors = [
    post("/auth/logout", here, described=SignOutBody, status=204, who=Who.NOTICED),
    post("/auth/logout-all", everywhere, status=204, who=Who.SUBSCRIBER),
    get("/auth/csrf", csrf, answer=CsrfToken),
]
