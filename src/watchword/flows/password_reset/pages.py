"""Password reset's doors for people: they work without JavaScript."""

from typing import Any

from starlette.responses import Response

from watchword.flows.password_reset.service import PasswordReset
from watchword.kernel.problems import Problem
from watchword.kernel.secret import Secret
from watchword.plumbing.shapes import Body
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.code_page import RESEND_AFTER, forget, remember, remembered_contact
from watchword.plumbing.web.contact import written_contact
from watchword.plumbing.web.doors import page_get, page_post
from watchword.plumbing.web.link_page import link_page
from watchword.records.passwords.rules import PasswordSettings


class ForgotForm(Body, frozen=True):
    """Whose password is forgotten; a proven telephone number does as well as the mailbox."""

    email: str


class ResetForm(Body, frozen=True):
    """The token of the link, and the password to be."""

    token: str
    password: str


class CodeForm(Body, frozen=True):
    """The code, the address or the number that got it, and the password to be."""

    email: str
    code: str
    password: str


async def ask(call: Call[None], problem: Problem | None = None) -> Response:
    """Show where one asks for a link."""
    return call.page("password_reset/forgot.html", errors=call.faults(problem))


async def begin(call: Call[ForgotForm]) -> Response:
    """Send link and code, to a telephone the code alone; show anyone where to type it."""
    contact = written_contact(call, call.body.email, "email")
    await call.part(PasswordReset).begin(contact, call.visitor)
    return _code_page(call, contact.text, RESEND_AFTER)


async def show(call: Call[None], problem: Problem | None = None) -> Response:
    """Show the form for a new password; opening the page spends nothing."""

    async def look(token: Secret) -> dict[str, Any]:
        email = await call.part(PasswordReset).whose(token)
        return {"email": email, "min_length": call.part(PasswordSettings).min_length}

    return await link_page(call, "password_reset/reset.html", look, problem)


async def finish(call: Call[ResetForm]) -> Response:
    """Replace the password."""
    token, password = Secret(call.body.token), Secret(call.body.password)
    await call.part(PasswordReset).finish(token, password, call.visitor)
    return call.page("password_reset/reset_done.html")


async def show_code(call: Call[Any], problem: Problem | None = None) -> Response:
    """Show where to type a code and a new password; without an address, ask for that as well."""
    doubtful = problem is not None and any(error.field == "email" for error in problem.errors)
    sent = "sent" in call.request.query_params
    email = remembered_contact(call) if sent and not call.form else call.form.get("email", "")
    return _code_page(call, "" if doubtful else email, 0, problem)


async def finish_by_code(call: Call[CodeForm]) -> Response:
    """Replace the password by the code of the letter."""
    contact = written_contact(call, call.body.email, "email")
    code, password = Secret(call.body.code), Secret(call.body.password)
    await call.part(PasswordReset).finish_by_code(contact, code, password, call.visitor)
    return forget(call, call.page("password_reset/reset_done.html"))


def _code_page(
    call: Call[Any], email: str, resend_in: int, problem: Problem | None = None
) -> Response:
    page = call.page(
        "password_reset/code.html",
        email=email,
        resend_in=resend_in,
        min_length=call.part(PasswordSettings).min_length,
        errors=call.faults(problem),
    )
    return remember(call, page, email)


doors = [
    page_get("/forgot-password", ask),
    page_post("/forgot-password", begin, body=ForgotForm, again=ask),
    page_get("/reset-password", show),
    page_post("/reset-password", finish, body=ResetForm, again=show),
    page_get("/reset-password/code", show_code),
    page_post("/reset-password/code", finish_by_code, body=CodeForm, again=show_code),
]
