"""Password reset's doors for people: they work without JavaScript."""

from starlette.responses import Response

from watchword.flows.password_reset.service import PasswordReset
from watchword.kernel.problems import Problem
from watchword.kernel.secret import Secret
from watchword.plumbing.contact import email_address
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import page_get, page_post
from watchword.plumbing.web.entry import error_page
from watchword.plumbing.web.shapes import Body
from watchword.records.passwords.rules import PasswordSettings

_RESEND_AFTER = 60


class ForgotForm(Body, frozen=True):
    """Whose password is forgotten."""

    email: str


class ResetForm(Body, frozen=True):
    """The token of the link, and the password to be."""

    token: str
    password: str


async def ask(call: Call[None], problem: Problem | None = None) -> Response:
    """Show where one asks for a link."""
    return call.page("password_reset/forgot.html", errors=call.faults(problem))


async def begin(call: Call[ForgotForm]) -> Response:
    """Send a link, and say so to anyone."""
    email = email_address(call.body.email)
    await call.part(PasswordReset).begin(email, call.visitor)
    return call.page("password_reset/forgot_sent.html", email=email.text, resend_in=_RESEND_AFTER)


async def show(call: Call[None], problem: Problem | None = None) -> Response:
    """Show the form for a new password; opening the page spends nothing."""
    if problem is not None and not call.form:  # refused before the form was read
        return error_page(call, problem)
    token = call.form.get("token") or call.request.query_params.get("token", "")
    try:
        email = await call.part(PasswordReset).whose(Secret(token))
    except Problem as refused:
        return call.page("password_reset/link_invalid.html", refused.kind.value)
    return call.page(
        "password_reset/reset.html",
        token=token,
        email=email,
        min_length=call.part(PasswordSettings).min_length,
        errors=call.faults(problem),
    )


async def finish(call: Call[ResetForm]) -> Response:
    """Replace the password."""
    token, password = Secret(call.body.token), Secret(call.body.password)
    await call.part(PasswordReset).finish(token, password, call.visitor)
    return call.page("password_reset/reset_done.html")


doors = [
    page_get("/forgot-password", ask),
    page_post("/forgot-password", begin, body=ForgotForm, again=ask),
    page_get("/reset-password", show),
    page_post("/reset-password", finish, body=ResetForm, again=show),
]
