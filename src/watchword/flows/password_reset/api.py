"""Password reset's doors for programs."""

from starlette.responses import Response

from watchword.flows.password_reset.service import PasswordReset
from watchword.kernel.problems import FieldError, InputInvalid
from watchword.kernel.secret import Secret
from watchword.plumbing.contact import Contact, email_address
from watchword.plumbing.faults import refuse_both
from watchword.plumbing.shapes import Answer, Body
from watchword.plumbing.throttle import TooManyAttempts
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.contact import contact_of
from watchword.plumbing.web.doors import post
from watchword.records.resets.rules import GrantInvalid, GrantUsed, ResetSettings
from watchword.records.subscribers.rules import AccountDisabled, AccountLocked
from watchword.records.tickets.rules import LINK_PROBLEMS, CodeInvalid


class ForgotPassword(Body, frozen=True):
    """Whose password is forgotten; `lang` is for a letter to somebody we do not know."""

    email: str
    lang: str | None = None


class ResetRequest(Body, frozen=True):
    """Whose password is forgotten: a mailbox, or a number with its `country` unless it begins with +."""

    ways = (("email",), ("phone",))

    email: str | None = None
    phone: str | None = None
    country: str | None = None
    lang: str | None = None


class ResetCode(Body, frozen=True):
    """The code, and the mailbox or the number that got it."""

    ways = (("email",), ("phone",))

    code: str
    email: str | None = None
    phone: str | None = None
    country: str | None = None


class NewPassword(Body, frozen=True):
    """The grant that a code gave, and the password to be."""

    reset_token: str
    password: str


class ResetPassword(Body, frozen=True):
    """The password to be, with the token of the link, or with the address and the code it got."""

    ways = (("token",), ("email", "code"))

    password: str
    token: str | None = None
    email: str | None = None
    code: str | None = None


class ResetAccepted(Answer, frozen=True):
    """The request was taken; the mailbox, or the telephone, learns the rest."""

    status: str = "accepted"


class ResetGranted(Answer, frozen=True):
    """The code was right: what lets choose a new password, once, for so many seconds."""

    reset_token: str
    expires_in: int


class PasswordResetDone(Answer, frozen=True):
    """The new password holds; every session has ended."""

    status: str = "password_reset"


async def begin(call: Call[ForgotPassword]) -> Response:
    """Send a link and a code to choose a new password, whoever asked."""
    contact = Contact(email=email_address(call.body.email))
    await call.part(PasswordReset).begin(contact, call.speaking(call.body.lang))
    return call.json(ResetAccepted(), 202)


async def request(call: Call[ResetRequest]) -> Response:
    """Send a code to choose a new password to a mailbox or a telephone, whoever asked."""
    contact = contact_of(call, call.body.email, call.body.phone, call.body.country)
    await call.part(PasswordReset).begin(contact, call.speaking(call.body.lang))
    return call.json(ResetAccepted(), 202)


async def verify(call: Call[ResetCode]) -> Response:
    """Exchange the code for a `reset_token`, which is good for one new password."""
    contact = contact_of(call, call.body.email, call.body.phone, call.body.country)
    grant = await call.part(PasswordReset).verify(contact, Secret(call.body.code), call.visitor)
    lasts = call.part(ResetSettings).grant_lifetime
    return call.json(
        ResetGranted(reset_token=grant.reveal(), expires_in=int(lasts.total_seconds()))
    )


async def confirm(call: Call[NewPassword]) -> Response:
    """Replace the password by a `reset_token`; it signs nobody in."""
    grant, password = Secret(call.body.reset_token), Secret(call.body.password)
    await call.part(PasswordReset).confirm(grant, password, call.visitor)
    return call.json(PasswordResetDone())


async def finish(call: Call[ResetPassword]) -> Response:
    """Replace the password by the link or the code of the letter; it signs nobody in."""
    body, reset, password = call.body, call.part(PasswordReset), Secret(call.body.password)
    refuse_both(token=body.token, code=body.code)
    if body.token is not None:
        await reset.finish(Secret(body.token), password, call.visitor)
    elif body.email is not None and body.code is not None:
        contact = Contact(email=email_address(body.email))
        await reset.finish_by_code(contact, Secret(body.code), password, call.visitor)
    else:
        raise InputInvalid(
            errors=[FieldError("token", "missing", "Send token, or email and code.")]
        )
    return call.json(PasswordResetDone())


_CLOSED = (AccountLocked, AccountDisabled)

doors = [
    post("/auth/forgot-password", begin, body=ForgotPassword, answer=ResetAccepted, status=202),
    post(
        "/auth/reset-password",
        finish,
        body=ResetPassword,
        answer=PasswordResetDone,
        problems=(*LINK_PROBLEMS, CodeInvalid, TooManyAttempts, *_CLOSED),
    ),
    post(
        "/auth/password-reset/request",
        request,
        body=ResetRequest,
        answer=ResetAccepted,
        status=202,
        limits=("otp",),
    ),
    post(
        "/auth/password-reset/verify",
        verify,
        body=ResetCode,
        answer=ResetGranted,
        limits=("auth",),
        problems=(CodeInvalid, TooManyAttempts, *_CLOSED),
    ),
    post(
        "/auth/password-reset/confirm",
        confirm,
        body=NewPassword,
        answer=PasswordResetDone,
        problems=(GrantInvalid, GrantUsed, *_CLOSED),
    ),
]
