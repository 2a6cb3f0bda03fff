"""The doors of PINs, for programs with a token of their own."""

from starlette.responses import Response

from watchword.kernel.problems import NotFound, TooManyRequests, Unauthenticated
from watchword.kernel.secret import Secret
from watchword.plumbing.contact import PhoneSettings
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import Who, post
from watchword.provider.pin_check.rules import PinHolds, PinRight, PinToCheck, PinToSet, whom
from watchword.provider.pin_check.service import PinCheck
from watchword.records.pins.rules import PinInvalid, PinLocked
from watchword.records.subscribers.rules import AccountDisabled, AccountLocked, AccountPending

_PROBLEMS = (
    Unauthenticated,
    PinInvalid,
    PinLocked,
    TooManyRequests,
    AccountPending,
    AccountLocked,
    AccountDisabled,
)


async def set_pin(call: Call[PinToSet]) -> Response:
    """Set somebody's PIN; once there is one, only with the present one, as `currentPin`."""
    body = call.body
    current = Secret(body.current_pin) if body.current_pin is not None else None
    named = whom(body, call.part(PhoneSettings).default_country)
    assert call.service is not None
    await call.part(PinCheck).set(call.service, named, Secret(body.pin), current, call.visitor)
    return call.json(PinHolds())


async def check_pin(call: Call[PinToCheck]) -> Response:
    """Tell whether a PIN is right; a wrong one counts, and one too many locks the PIN."""
    named = whom(call.body, call.part(PhoneSettings).default_country)
    assert call.service is not None
    user_id = await call.part(PinCheck).check(
        call.service, named, Secret(call.body.pin), call.visitor
    )
    return call.json(PinRight(user_id=str(user_id)))


doors = [
    post(
        "/ussd/pin",
        set_pin,
        body=PinToSet,
        answer=PinHolds,
        who=Who.SERVICE,
        limits=(),
        problems=(NotFound, *_PROBLEMS),
    ),
    post(
        "/ussd/pin/check",
        check_pin,
        body=PinToCheck,
        answer=PinRight,
        who=Who.SERVICE,
        limits=(),
        problems=_PROBLEMS,
    ),
]
