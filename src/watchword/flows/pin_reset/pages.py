"""PIN reset's doors for people: they work without JavaScript."""

from typing import Any

from starlette.responses import Response

from watchword.flows.pin_reset.rules import asked_for
from watchword.flows.pin_reset.service import PinReset
from watchword.kernel.problems import Problem
from watchword.kernel.secret import Secret
from watchword.plumbing.shapes import Body
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.code_page import RESEND_AFTER, forget, remember, remembered_contact
from watchword.plumbing.web.contact import written_contact
from watchword.plumbing.web.doors import page_get, page_post
from watchword.plumbing.web.link_page import link_page
from watchword.records.pins.rules import PinSettings


class ForgotPinForm(Body, frozen=True):
    """Whose PIN is forgotten: a telephone number, or a mailbox."""

    contact: str


class PinCodeForm(Body, frozen=True):
    """The code, and the telephone or the mailbox that got it."""

    contact: str
    code: str


class NewPinForm(Body, frozen=True):
    """The token of the link, and the PIN to be."""

    token: str
    pin: str


class GrantedPinForm(Body, frozen=True):
    """The grant that a code gave, and the PIN to be."""

    reset_token: str
    pin: str


async def ask(call: Call[Any], problem: Problem | None = None) -> Response:
    """Show where one asks for a code."""
    return call.page("pin_reset/forgot.html", errors=call.faults(problem))


async def begin(call: Call[ForgotPinForm]) -> Response:
    """Send a code, and show anyone where to type it."""
    contact = written_contact(call, call.body.contact)
    await call.part(PinReset).begin(asked_for(contact), call.visitor)
    return _code_page(call, contact.text, RESEND_AFTER)


async def show_code(call: Call[Any], problem: Problem | None = None) -> Response:
    """Show where to type a code that is on its way; else where one asks for it."""
    contact = call.form.get("contact") or remembered_contact(call)
    if not contact:
        return await ask(call, problem) if problem else call.redirect("/forgot-pin")
    return _code_page(call, contact, 0, problem)


async def prove(call: Call[PinCodeForm]) -> Response:
    """Take the code, and show where to choose the PIN."""
    contact, code = written_contact(call, call.body.contact), Secret(call.body.code)
    grant = await call.part(PinReset).verify(asked_for(contact), code, call.visitor)
    return forget(call, _granted_page(call, grant.reveal()))


async def show(call: Call[Any], problem: Problem | None = None) -> Response:
    """Show the form for a new PIN; opening the page spends nothing."""

    async def look(token: Secret) -> dict[str, Any]:
        email = await call.part(PinReset).whose(token)
        return {"email": email, "length": call.part(PinSettings).length}

    return await link_page(call, "pin_reset/reset.html", look, problem)


async def finish(call: Call[NewPinForm]) -> Response:
    """Replace the PIN by the link of the letter."""
    token, pin = Secret(call.body.token), Secret(call.body.pin)
    await call.part(PinReset).finish(token, pin, call.visitor)
    return call.page("pin_reset/done.html")


async def confirm(call: Call[GrantedPinForm]) -> Response:
    """Replace the PIN by the grant of the page before."""
    grant, pin = Secret(call.body.reset_token), Secret(call.body.pin)
    await call.part(PinReset).confirm(grant, pin, call.visitor)
    return call.page("pin_reset/done.html")


async def confirm_again(call: Call[Any], problem: Problem) -> Response:
    """Show the form for a PIN once more."""
    return _granted_page(call, call.form.get("reset_token", ""), problem)


def _code_page(
    call: Call[Any], contact: str, resend_in: int, problem: Problem | None = None
) -> Response:
    page = call.page(
        "pin_reset/code.html", contact=contact, resend_in=resend_in, errors=call.faults(problem)
    )
    return remember(call, page, contact)


def _granted_page(call: Call[Any], grant: str, problem: Problem | None = None) -> Response:
    return call.page(
        "pin_reset/choose.html",
        reset_token=grant,
        length=call.part(PinSettings).length,
        errors=call.faults(problem),
    )


doors = [
    page_get("/forgot-pin", ask),
    page_post("/forgot-pin", begin, body=ForgotPinForm, again=ask, limits=("otp",)),
    page_get("/reset-pin/code", show_code),
    page_post("/reset-pin/code", prove, body=PinCodeForm, again=show_code, limits=("auth",)),
    page_post("/reset-pin/choose", confirm, body=GrantedPinForm, again=confirm_again),
    page_get("/reset-pin", show),
    page_post("/reset-pin", finish, body=NewPinForm, again=show),
]
