"""The page behind the link of the letter about a lock."""

from typing import Any

from starlette.responses import Response

from watchword.flows.lockout.service import AccountLockout
from watchword.kernel.problems import Problem
from watchword.kernel.secret import Secret
from watchword.plumbing.shapes import Body
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import page_get, page_post
from watchword.plumbing.web.link_page import link_page


class UnlockForm(Body, frozen=True):
    """The token of an unlock link."""

    token: str


async def show(call: Call[Any], problem: Problem | None = None) -> Response:
    """Show the button that takes a lock off; opening the page spends nothing."""

    async def look(token: Secret) -> dict[str, Any]:
        await call.part(AccountLockout).peek(token)
        return {}

    return await link_page(call, "lockout/unlock.html", look, problem)


async def unlock(call: Call[UnlockForm]) -> Response:
    """Take the lock off."""
    await call.part(AccountLockout).unlock(Secret(call.body.token), call.visitor)
    return call.page("lockout/unlocked.html")


doors = [
    page_get("/unlock", show),
    page_post("/unlock", unlock, body=UnlockForm, again=show),
]
