"""PIN reset's doors for programs."""

from starlette.responses import Response

from watchword.flows.pin_reset.rules import asked_for
from watchword.flows.pin_reset.service import PinReset
from watchword.kernel.secret import Secret
from watchword.plumbing.shapes import Answer, Body
from watchword.plumbing.throttle import TooManyAttempts
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.contact import contact_of
from watchword.plumbing.web.doors import post
from watchword.records.resets.rules import GrantInvalid, GrantUsed, ResetSettings
from watchword.records.subscribers.rules import AccountDisabled, AccountLocked
from watchword.records.tickets.rules import CodeInvalid


class PinResetRequest(Body, frozen=True):
    """Whose PIN is forgotten: a number with its `country` unless it begins with +, or a mailbox."""

    ways = (("phone",), ("email",))

    phone: str | None = None
    country: str | None = None
    email: str | None = None
    lang: str | None = None


class PinResetCode(Body, frozen=True):
    """The code, and the number or the mailbox that got it."""

    ways = (("phone",), ("email",))

    code: str
    phone: str | None = None
    country: str | None = None
    email: str | None = None


class NewPin(Body, frozen=True):
    """The grant that a code gave, and the PIN to be."""

    reset_token: str
    pin: str


class PinResetAccepted(Answer, frozen=True):
    """The request was taken; the telephone, or the mailbox, learns the rest."""

    status: str = "accepted"


class PinResetGranted(Answer, frozen=True):
    """The code was right: what lets choose a new PIN, once, for so many seconds."""

    reset_token: str
    expires_in: int


class PinResetDone(Answer, frozen=True):
    """The new PIN holds."""

    status: str = "pin_reset"


async def request(call: Call[PinResetRequest]) -> Response:
    """Send a code to choose a new PIN to a telephone or a mailbox, whoever asked."""
    contact = contact_of(call, call.body.email, call.body.phone, call.body.country)
    await call.part(PinReset).begin(asked_for(contact), call.speaking(call.body.lang))
    return call.json(PinResetAccepted(), 202)


async def verify(call: Call[PinResetCode]) -> Response:
    """Exchange the code for a `reset_token`, which is good for one new PIN."""
    contact = contact_of(call, call.body.email, call.body.phone, call.body.country)
    code = Secret(call.body.code)
    grant = await call.part(PinReset).verify(asked_for(contact), code, call.visitor)
    lasts = call.part(ResetSettings).grant_lifetime
    return call.json(
        PinResetGranted(reset_token=grant.reveal(), expires_in=int(lasts.total_seconds()))
    )


async def confirm(call: Call[NewPin]) -> Response:
    """Replace the PIN by a `reset_token`; weak ones are refused and cost nothing."""
    grant, pin = Secret(call.body.reset_token), Secret(call.body.pin)
    await call.part(PinReset).confirm(grant, pin, call.visitor)
    return call.json(PinResetDone())


_CLOSED = (AccountLocked, AccountDisabled)

doors = [
    post(
        "/auth/ussd-pin-reset/request",
        request,
        body=PinResetRequest,
        answer=PinResetAccepted,
        status=202,
        limits=("otp",),
    ),
    post(
        "/auth/ussd-pin-reset/verify",
        verify,
        body=PinResetCode,
        answer=PinResetGranted,
        limits=("auth",),
        problems=(CodeInvalid, TooManyAttempts, *_CLOSED),
    ),
    post(
        "/auth/ussd-pin-reset/confirm",
        confirm,
        body=NewPin,
        answer=PinResetDone,
        problems=(GrantInvalid, GrantUsed, *_CLOSED),
    ),
]
