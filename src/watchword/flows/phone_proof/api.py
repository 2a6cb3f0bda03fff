"""Phone proof's doors for programs."""

from starlette.responses import Response

from watchword.flows.phone_proof.rules import PhoneCode, PhoneMissing, PhoneProven, TextAccepted
from watchword.flows.phone_proof.service import PhoneProof
from watchword.kernel.secret import Secret
from watchword.plumbing.house import House
from watchword.plumbing.settings import TextCarrying
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import Who, post
from watchword.records.tickets.rules import CodeInvalid


async def begin(call: Call[None]) -> Response:
    """Text a code to the number of one's own account."""
    await call.part(PhoneProof).begin(call.me, call.visitor)
    return call.json(TextAccepted(), 202)


async def finish(call: Call[PhoneCode]) -> Response:
    """Prove the number by the code of the text."""
    code = Secret(call.body.code)
    number = await call.part(PhoneProof).finish(call.me, code, call.visitor)
    return call.json(PhoneProven(phone=number))


def enabled(house: House) -> bool:
    """Tell whether texts reach anybody."""
    return house.part(TextCarrying).leaves


doors = [
    post(
        "/auth/phone/code",
        begin,
        answer=TextAccepted,
        status=202,
        who=Who.SUBSCRIBER,
        limits=("otp",),
        problems=(PhoneMissing,),
    ),
    post(
        "/auth/phone/verify",
        finish,
        body=PhoneCode,
        answer=PhoneProven,
        who=Who.SUBSCRIBER,
        limits=("auth",),
        problems=(PhoneMissing, CodeInvalid),
    ),
]
