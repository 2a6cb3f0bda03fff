"""Erasure's doors for people: a page of the account, and the one behind the letter's link."""

from typing import Any

from starlette.responses import Response

from watchword.flows.erasure.service import Erasing
from watchword.kernel.problems import Problem
from watchword.kernel.secret import Secret
from watchword.plumbing.shapes import Body
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import Who, page_get, page_post
from watchword.plumbing.web.link_page import link_page
from watchword.records.erasures.rules import ErasureSettings
from watchword.records.subscribers.rules import ACTIVE


class LinkForm(Body, frozen=True):
    """The token of the link."""

    token: str


async def show(call: Call[Any], problem: Problem | None = None) -> Response:
    """Show what goes, what stays, and the button."""
    days = call.part(ErasureSettings).grace.days
    return call.page("erasure/erase.html", days=days, errors=call.faults(problem))


async def ask(call: Call[None]) -> Response:
    """Close the account, and tell when it is erased."""
    receipt = await call.part(Erasing).ask(call.me, call.visitor)
    response = call.page(
        "erasure/closed.html",
        number=receipt.receipt,
        at=receipt.erases_at,
        erased=receipt.erased_at is not None,
    )
    return call.let_out(response)


async def show_undo(call: Call[Any], problem: Problem | None = None) -> Response:
    """Show the button that takes it back; opening the page spends nothing."""

    async def look(token: Secret) -> dict[str, Any]:
        return {"at": await call.part(Erasing).look(token)}

    return await link_page(call, "erasure/undo.html", look, problem)


async def undo(call: Call[LinkForm]) -> Response:
    """Take it back."""
    status = await call.part(Erasing).undo(Secret(call.body.token), call.visitor)
    return call.page("erasure/undone.html", opened=status == ACTIVE)


doors = [
    page_get("/account/erase", show, who=Who.FRESH),
    page_post("/account/erase", ask, again=show, who=Who.FRESH),
    page_get("/erasure/undo", show_undo),
    page_post("/erasure/undo", undo, body=LinkForm, again=show_undo),
]
