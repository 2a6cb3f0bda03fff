"""Login's doors for programs."""

from typing import Literal

from starlette.responses import Response

from watchword.flows.login.rules import InvalidCredentials, LoginSettings, SignedIn
from watchword.flows.login.service import Login
from watchword.kernel.problems import FieldError, InputInvalid
from watchword.kernel.secret import Secret
from watchword.plumbing.contact import PhoneSettings, contact, email_address
from watchword.plumbing.faults import refuse_both
from watchword.plumbing.flags import NotOffered
from watchword.plumbing.shapes import Answer, Body
from watchword.plumbing.throttle import TooManyAttempts
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import post
from watchword.records.subscribers.rules import AccountDisabled, AccountLocked, AccountPending
from watchword.records.tickets.rules import LINK_PROBLEMS, CodeInvalid, Purpose

Purposes = Literal["sign_in", "verify_email"]
Transport = Literal["cookie", "token"]


class PasswordSignIn(Body, frozen=True):
    """A mailbox, or a proven number with its `country`, and the password; `transport`: tokens or a cookie."""

    ways = (("email",), ("phone",))

    password: str
    email: str | None = None
    phone: str | None = None
    country: str | None = None
    transport: Transport | None = None


class CodeRequest(Body, frozen=True):
    """Where to send a code, what for, in which language."""

    email: str
    purpose: Purposes = "sign_in"
    channel: Literal["email"] = "email"
    lang: str | None = None


class LetterSignIn(Body, frozen=True):
    """An address and the code that its mailbox got; or the token of the letter's link."""

    ways = (("email", "code"), ("token",))

    email: str | None = None
    code: str | None = None
    token: str | None = None
    purpose: Purposes = "sign_in"
    transport: Transport | None = None


class Accepted(Answer, frozen=True):
    """The request was taken; the mailbox learns the rest."""

    status: str = "accepted"


async def by_password(call: Call[PasswordSignIn]) -> Response:
    """Sign in by password."""
    country = call.body.country or call.part(PhoneSettings).default_country
    whose = contact(call.body.email, call.body.phone, country)
    transport = call.body.transport or call.part(LoginSettings).transport
    welcome = await call.part(Login).by_password(
        whose, Secret(call.body.password), call.visitor, transport
    )
    return call.let_in(call.json(welcome.answer), welcome.admission, welcome.device)


async def send_code(call: Call[CodeRequest]) -> Response:
    """Send a sign-in code and link to a mailbox, whoever asked."""
    email = email_address(call.body.email)
    visitor = call.speaking(call.body.lang)
    await call.part(Login).send_code(email, visitor, Purpose(call.body.purpose))
    return call.json(Accepted(), 202)


async def by_letter(call: Call[LetterSignIn]) -> Response:
    """Sign in by the code or the link of a letter; it proves the mailbox as well."""
    body, login = call.body, call.part(Login)
    refuse_both(token=body.token, code=body.code)
    transport = body.transport or call.part(LoginSettings).transport
    if body.token is not None:
        welcome = await login.by_link(Secret(body.token), call.visitor, transport)
    elif body.email is not None and body.code is not None:
        email, purpose = email_address(body.email), Purpose(body.purpose)
        welcome = await login.by_code(email, Secret(body.code), call.visitor, transport, purpose)
    else:
        raise InputInvalid(
            errors=[FieldError("token", "missing", "Send token, or email and code.")]
        )
    return call.let_in(call.json(welcome.answer), welcome.admission, welcome.device)


_REFUSALS = (AccountPending, AccountLocked, AccountDisabled, TooManyAttempts)

doors = [
    post(
        "/auth/login",
        by_password,
        body=PasswordSignIn,
        answer=SignedIn,
        limits=("auth",),
        problems=(InvalidCredentials, *_REFUSALS),
    ),
    post(
        "/auth/otp/request",
        send_code,
        body=CodeRequest,
        answer=Accepted,
        status=202,
        limits=("otp",),
        problems=(NotOffered,),
    ),
    post(
        "/auth/otp/verify",
        by_letter,
        body=LetterSignIn,
        answer=SignedIn,
        limits=("auth",),
        problems=(CodeInvalid, NotOffered, *LINK_PROBLEMS, *_REFUSALS),
    ),
]
