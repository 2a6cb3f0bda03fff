"""Registration's doors for people: they work without JavaScript."""

from typing import Any

from msgspec import field
from msgspec.structs import replace
from starlette.responses import Response

from watchword.flows.registration.rules import GivenConsents, Register
from watchword.flows.registration.service import Registration
from watchword.kernel.problems import FieldError, InputInvalid, Problem
from watchword.kernel.secret import Secret
from watchword.plumbing.contact import email_address
from watchword.plumbing.flags import Flags, NotOffered
from watchword.plumbing.offering import Offering
from watchword.plumbing.shapes import Body
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.code_page import RESEND_AFTER, forget, remember, remembered
from watchword.plumbing.web.doors import page_get, page_post
from watchword.plumbing.web.entry import error_page
from watchword.plumbing.web.link_page import link_page, link_token
from watchword.records.consents.service import Consents
from watchword.records.passwords.rules import PasswordSettings
from watchword.records.subscribers.rules import NEW_ACCOUNTS


class RegisterForm(Register, frozen=True):
    """A new account, its consents as boxes."""

    processing: bool = field(default=False, name="consents.processing")
    marketing: bool = field(default=False, name="consents.marketing")
    transactional: bool = field(default=False, name="consents.transactional")


class VerifyForm(Body, frozen=True):
    """The token of a link; or an address and the code that its mailbox got."""

    token: str | None = None
    email: str | None = None
    code: str | None = None


class ResendForm(Body, frozen=True):
    """Whose verification to send again."""

    email: str


async def show(call: Call[Any], problem: Problem | None = None) -> Response:
    """Show the form for a new account, while there may be any."""
    if not call.part(Flags).possible(NEW_ACCOUNTS):
        raise NotOffered
    return call.page(
        "registration/register.html",
        min_length=call.part(PasswordSettings).min_length,
        consents=call.part(Consents).asked(call.language),
        providers=call.part(Offering).to(call.visitor.network).offered,
        errors=call.faults(problem),
    )


async def register(call: Call[RegisterForm]) -> Response:
    """Make an account, and show where to type the code, whoever has the address."""
    registration = call.part(Registration)
    application = registration.read(_with_consents(call.body), call.language_for)
    await registration.register(application, call.visitor)
    return _check_mailbox(call, application.email.text)


async def show_verify(call: Call[None]) -> Response:
    """Show the button that confirms an address, or where to type the code; opening spends nothing."""
    if link_token(call):
        return await _link_page(call)
    email = remembered(call)
    return _check_mailbox(call, email) if email else call.redirect("/resend-verification")


async def verify(call: Call[VerifyForm]) -> Response:
    """Confirm an address by the link or the code of the letter."""
    body, registration = call.body, call.part(Registration)
    if body.token is not None:
        has_password = await registration.verify(Secret(body.token), call.visitor)
    elif body.email is not None and body.code is not None:
        email = email_address(body.email)
        has_password = await registration.verify_by_code(email, Secret(body.code), call.visitor)
    else:
        raise InputInvalid(errors=[FieldError("code", "missing", "Type the code.")])
    page = call.page("registration/verified.html", password_required=not has_password)
    return forget(call, page)


async def verify_again(call: Call[VerifyForm], problem: Problem) -> Response:
    """Show the button or the field for the code once more."""
    if call.form.get("token"):
        return await _link_page(call, problem)
    if call.form.get("email"):
        return _check_mailbox(call, call.form["email"], problem)
    return error_page(call, problem)


async def ask(call: Call[Any], problem: Problem | None = None) -> Response:
    """Show where one asks for another letter."""
    return call.page("registration/resend.html", errors=call.faults(problem))


async def resend(call: Call[ResendForm]) -> Response:
    """Send the verification once more, and say so to anyone."""
    email = email_address(call.body.email)
    await call.part(Registration).resend(email, call.visitor)
    return _check_mailbox(call, email.text)


def _with_consents(form: RegisterForm) -> Register:
    given = GivenConsents(
        processing=form.processing, marketing=form.marketing, transactional=form.transactional
    )
    return replace(form, consents=given)


def _check_mailbox(call: Call[Any], email: str, problem: Problem | None = None) -> Response:
    page = call.page(
        "registration/check_mailbox.html",
        email=email,
        resend_in=0 if problem or not call.form else RESEND_AFTER,
        errors=call.faults(problem),
    )
    return remember(call, page, email)


async def _link_page(call: Call[Any], problem: Problem | None = None) -> Response:
    async def look(token: Secret) -> dict[str, Any]:
        await call.part(Registration).peek(token)
        return {}

    return await link_page(call, "registration/verify.html", look, problem)


doors = [
    page_get("/register", show),
    page_post("/register", register, body=RegisterForm, again=show),
    page_get("/verify-email", show_verify),
    page_post("/verify-email", verify, body=VerifyForm, again=verify_again),
    page_get("/resend-verification", ask),
    page_post("/resend-verification", resend, body=ResendForm, again=ask),
]
