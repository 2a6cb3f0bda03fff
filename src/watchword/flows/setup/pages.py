"""Setup's door for people: the link's page, its form, and what comes after."""

from typing import Any

from starlette.responses import Response

from watchword.flows.setup.rules import CreateAdministrator, read_candidate
from watchword.flows.setup.service import Setup
from watchword.kernel.problems import Problem
from watchword.kernel.secret import Secret
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import Who, page_get, page_post
from watchword.plumbing.web.link_page import link_page
from watchword.records.passwords.rules import PasswordSettings
from watchword.records.tickets.rules import TokenExpired, TokenInvalid, TokenUsed


async def show(call: Call[None], problem: Problem | None = None) -> Response:
    """Show the form; opening the link spends nothing."""

    async def look(token: Secret) -> dict[str, Any]:
        await call.part(Setup).peek(token)
        return {"min_length": call.part(PasswordSettings).min_length}

    return await link_page(call, "setup/setup.html", look, problem)


async def submit(call: Call[CreateAdministrator]) -> Response:
    """Make the administrator and let them in."""
    setup = call.part(Setup)
    candidate = read_candidate(call.body, setup.password_faults(call.body))
    _, admission = await setup.create(Secret(call.body.token), candidate, call.visitor)
    return call.let_in(call.redirect("/setup/done"), admission)


async def done(call: Call[None]) -> Response:
    """Say that everything is ready."""
    return call.page("setup/setup_done.html", email=call.me.email)


doors = [
    page_get("/setup", show, problems=(TokenInvalid, TokenUsed, TokenExpired)),
    page_post("/setup", submit, body=CreateAdministrator, again=show, limits=("auth",)),
    page_get("/setup/done", done, who=Who.SUBSCRIBER, hidden=True),
]
