"""The page behind the link of the letter about a lock."""

from typing import Any

from starlette.responses import Response

from watchword.flows.lockout.service import Locksmith
from watchword.kernel.problems import Problem
from watchword.kernel.secret import Secret
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import page_get, page_post
from watchword.plumbing.web.entry import error_page
from watchword.plumbing.web.shapes import Body


class UnlockForm(Body, frozen=True):
    """The token of an unlock link."""

    token: str


async def show(call: Call[Any], problem: Problem | None = None) -> Response:
    """Show the button that takes a lock off; opening the page spends nothing."""
    if problem is not None and not call.form:  # refused before the form was read
        return error_page(call, problem)
    token = call.form.get("token") or call.request.query_params.get("token", "")
    try:
        await call.part(Locksmith).peek(Secret(token))
    except Problem as refused:
        return call.page("lockout/link_invalid.html", refused.kind.value)
    return call.page("lockout/unlock.html", token=token, errors=call.faults(problem))


async def unlock(call: Call[UnlockForm]) -> Response:
    """Take the lock off."""
    await call.part(Locksmith).unlock(Secret(call.body.token), call.visitor)
    return call.page("lockout/unlocked.html")


doors = [
    page_get("/unlock", show),
    page_post("/unlock", unlock, body=UnlockForm, again=show),
]
