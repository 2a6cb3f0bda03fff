"""Password reset's doors for programs."""

from starlette.responses import Response

from watchword.flows.password_reset.service import PasswordReset
from watchword.kernel.problems import FieldError, InputInvalid
from watchword.kernel.secret import Secret
from watchword.plumbing.contact import email_address
from watchword.plumbing.faults import refuse_both
from watchword.plumbing.shapes import Answer, Body
from watchword.plumbing.throttle import TooManyAttempts
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import post
from watchword.records.subscribers.rules import AccountDisabled, AccountLocked
from watchword.records.tickets.rules import LINK_PROBLEMS, CodeInvalid


class ForgotPassword(Body, frozen=True):
    """Whose password is forgotten; `lang` is for a letter to somebody we do not know."""

    email: str
    lang: str | None = None


class ResetPassword(Body, frozen=True):
    """The password to be, with the token of the link, or with the address and the code it got."""

    password: str
    token: str | None = None
    email: str | None = None
    code: str | None = None


class ResetAccepted(Answer, frozen=True):
    """The request was taken; the mailbox learns the rest."""

    status: str = "accepted"


class PasswordResetDone(Answer, frozen=True):
    """The new password holds; every session has ended."""

    status: str = "password_reset"


async def begin(call: Call[ForgotPassword]) -> Response:
    """Send a link and a code to choose a new password, whoever asked."""
    email = email_address(call.body.email)
    visitor = call.speaking(call.body.lang)
    await call.part(PasswordReset).begin(email, visitor)
    return call.json(ResetAccepted(), 202)


async def finish(call: Call[ResetPassword]) -> Response:
    """Replace the password by the link or the code of the letter; it signs nobody in."""
    body, reset, password = call.body, call.part(PasswordReset), Secret(call.body.password)
    refuse_both(token=body.token, code=body.code)
    if body.token is not None:
        await reset.finish(Secret(body.token), password, call.visitor)
    elif body.email is not None and body.code is not None:
        email = email_address(body.email)
        await reset.finish_by_code(email, Secret(body.code), password, call.visitor)
    else:
        raise InputInvalid(
            errors=[FieldError("token", "missing", "Send token, or email and code.")]
        )
    return call.json(PasswordResetDone())


doors = [
    post("/auth/forgot-password", begin, body=ForgotPassword, answer=ResetAccepted, status=202),
    post(
        "/auth/reset-password",
        finish,
        body=ResetPassword,
        answer=PasswordResetDone,
        problems=(*LINK_PROBLEMS, CodeInvalid, TooManyAttempts, AccountLocked, AccountDisabled),
    ),
]
