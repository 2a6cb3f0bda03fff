"""Sign-out's doors for people: they work without JavaScript."""

from starlette.responses import Response

from watchword.flows.sign_out.service import SignOut
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import Who, page_get, page_post

_NOTHING = '<svg xmlns="http://www.w3.org/2000/svg"/>'


async def here(call: Call[None]) -> Response:
    """End this session."""
    await call.part(SignOut).here(call.caller, None, call.visitor)
    return call.let_out(call.redirect("/signed-out"))


async def everywhere(call: Call[None]) -> Response:
    """End every session of the account."""
    await call.part(SignOut).everywhere(call.me, call.visitor)
    return call.let_out(call.redirect("/signed-out"))


async def show(call: Call[None]) -> Response:
    """Say that one is signed out."""
    return call.page("sign_out/signed_out.html")


async def forget(_call: Call[None]) -> Response:
    """Have the browser forget the pages it keeps for its back button.

    Browsers may keep even what says `no-store`, and what they keep outlives the session. The page that one
    leaves by signing out is kept only once the next one is there, so that one asks for this.
    """
    headers = {"Cache-Control": "no-store", "Clear-Site-Data": '"cache"'}
    return Response(_NOTHING, media_type="image/svg+xml", headers=headers)


doors = [
    page_post("/sign-out", here),
    page_post("/sign-out/everywhere", everywhere, who=Who.SUBSCRIBER),
    page_get("/signed-out", show),
    page_get("/signed-out/forget.svg", forget, hidden=True),
]
