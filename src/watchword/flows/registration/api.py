"""Registration's doors for programs."""

from starlette.responses import Response

from watchword.flows.registration.rules import Register
from watchword.flows.registration.service import Registration
from watchword.kernel.problems import FieldError, InputInvalid
from watchword.kernel.secret import Secret
from watchword.plumbing.contact import email_address
from watchword.plumbing.faults import refuse_both
from watchword.plumbing.flags import NotOffered
from watchword.plumbing.shapes import Answer, Body
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import post
from watchword.records.tickets.rules import CodeInvalid, TokenExpired, TokenInvalid, TokenUsed


class Registered(Answer, frozen=True):
    """What anybody is told who registers an address."""

    status: str
    email: str


class VerifyEmail(Body, frozen=True):
    """The token of a link, or an address and the code that its mailbox got."""

    ways = (("token",), ("email", "code"))

    token: str | None = None
    email: str | None = None
    code: str | None = None


class Verified(Answer, frozen=True):
    """The mailbox is proven; `password_required`: no password survived, choose one."""

    status: str
    email_verified: bool
    password_required: bool


class Resend(Body, frozen=True):
    """Whose verification to send again."""

    email: str


class Accepted(Answer, frozen=True):
    """The request was taken; the mailbox learns the rest."""

    status: str = "accepted"


async def register(call: Call[Register]) -> Response:
    """Make an account; the answer is the same for an address that has one."""
    registration = call.part(Registration)
    application = registration.read(call.body, call.language_for)
    await registration.register(application, call.visitor)
    return call.json(Registered(status="verification_sent", email=application.email.text), 201)


async def verify(call: Call[VerifyEmail]) -> Response:
    """Prove a mailbox by the link or the code of the letter."""
    body, registration = call.body, call.part(Registration)
    refuse_both(token=body.token, code=body.code)
    if body.token is not None:
        has_password = await registration.verify(Secret(body.token), call.visitor)
    elif body.email is not None and body.code is not None:
        has_password = await registration.verify_by_code(
            email_address(body.email), Secret(body.code), call.visitor
        )
    else:
        raise InputInvalid(
            errors=[FieldError("token", "missing", "Send token, or email and code.")]
        )
    return call.json(
        Verified(status="active", email_verified=True, password_required=not has_password)
    )


async def resend(call: Call[Resend]) -> Response:
    """Send the verification once more; at most three letters an hour for one mailbox."""
    await call.part(Registration).resend(email_address(call.body.email), call.visitor)
    return call.json(Accepted(), 202)


_PROBLEMS = (TokenInvalid, TokenUsed, TokenExpired, CodeInvalid)

doors = [
    post(
        "/auth/register",
        register,
        body=Register,
        answer=Registered,
        status=201,
        problems=(NotOffered,),
    ),
    post("/auth/verify-email", verify, body=VerifyEmail, answer=Verified, problems=_PROBLEMS),
    post("/auth/resend-verification", resend, body=Resend, answer=Accepted, status=202),
]
