"""Password reset's doors for programs."""

from starlette.responses import Response

from watchword.flows.password_reset.service import PasswordReset
from watchword.kernel.secret import Secret
from watchword.plumbing.contact import email_address
from watchword.plumbing.languages import known_language
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import post
from watchword.plumbing.web.shapes import Answer, Body
from watchword.records.subscribers.rules import AccountDisabled, AccountLocked
from watchword.records.tickets.rules import LINK_PROBLEMS


class ForgotPassword(Body, frozen=True):
    """Whose password is forgotten; `lang` is for a letter to somebody we do not know."""

    email: str
    lang: str | None = None


class ResetPassword(Body, frozen=True):
    """The token of the link, and the password to be."""

    token: str
    password: str


class ResetAccepted(Answer, frozen=True):
    """The request was taken; the mailbox learns the rest."""

    status: str = "accepted"


class PasswordResetDone(Answer, frozen=True):
    """The new password holds; every session has ended."""

    status: str = "password_reset"


async def begin(call: Call[ForgotPassword]) -> Response:
    """Send a link to choose a new password, whoever asked."""
    email = email_address(call.body.email)
    language = known_language(call.body.lang)
    visitor = call.speaking(language) if language else call.visitor
    await call.part(PasswordReset).begin(email, visitor)
    return call.json(ResetAccepted(), 202)


async def finish(call: Call[ResetPassword]) -> Response:
    """Replace the password by the link of the letter; it signs nobody in."""
    token, password = Secret(call.body.token), Secret(call.body.password)
    await call.part(PasswordReset).finish(token, password, call.visitor)
    return call.json(PasswordResetDone())


doors = [
    post("/auth/forgot-password", begin, body=ForgotPassword, answer=ResetAccepted, status=202),
    post(
        "/auth/reset-password",
        finish,
        body=ResetPassword,
        answer=PasswordResetDone,
        problems=(*LINK_PROBLEMS, AccountLocked, AccountDisabled),
    ),
]
