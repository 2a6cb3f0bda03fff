"""Phone proof's doors for people: they work without JavaScript."""

from typing import Any

from starlette.responses import Response

from watchword.flows.phone_proof.rules import PhoneCode
from watchword.flows.phone_proof.service import PhoneProof
from watchword.kernel.problems import Problem
from watchword.kernel.secret import Secret
from watchword.plumbing.house import House
from watchword.plumbing.settings import TextCarrying
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.code_page import RESEND_AFTER
from watchword.plumbing.web.doors import Who, page_get, page_post


def enabled(house: House) -> bool:
    """Tell whether texts reach anybody."""
    return house.part(TextCarrying).leaves


async def show(call: Call[Any], problem: Problem | None = None) -> Response:
    """Show the number, and how to prove it; a code that is on its way can be typed."""
    sent = bool(call.form.get("code") or "sent" in call.request.query_params)
    return _page(call, sent=sent, resend_in=0, problem=problem)


async def begin(call: Call[None]) -> Response:
    """Text a code, and show where to type it."""
    await call.part(PhoneProof).begin(call.me, call.visitor)
    return _page(call, sent=True, resend_in=RESEND_AFTER)


async def finish(call: Call[PhoneCode]) -> Response:
    """Prove the number by the code of the text."""
    await call.part(PhoneProof).finish(call.me, Secret(call.body.code), call.visitor)
    return call.redirect("/account?saved=phone")


def _page(
    call: Call[Any], *, sent: bool, resend_in: int, problem: Problem | None = None
) -> Response:
    return call.page(
        "phone_proof/phone.html",
        number=call.me.phone or "",
        proven=call.me.phone_verified,
        sent=sent,
        resend_in=resend_in,
        errors=call.faults(problem),
    )


doors = [
    page_get("/account/phone", show, who=Who.SUBSCRIBER),
    page_post("/account/phone", begin, again=show, who=Who.SUBSCRIBER, limits=("otp",)),
    page_post(
        "/account/phone/verify",
        finish,
        body=PhoneCode,
        again=show,
        who=Who.SUBSCRIBER,
        limits=("auth",),
    ),
]
